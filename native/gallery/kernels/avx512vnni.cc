// Sums for AVX-512 with VNNI, whose dot products take bytes without a sign on one side: rows have
// 128 added, which the sum of the query takes away again. All is modulo 2^32, and the result fits.
#include <immintrin.h>

#include "gallery/kernels/kernel_tables.h"

namespace seesaw::gallery {
namespace {

/** Modulo 2^32: GCC's _mm512_reduce_add_epi32 adds as ints, whose overflow is undefined. */
std::uint32_t sum_of(__m512i numbers) {
  const __m256i half =
      _mm256_add_epi32(_mm512_castsi512_si256(numbers), _mm512_extracti64x4_epi64(numbers, 1));
  __m128i quarter = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  quarter = _mm_add_epi32(quarter, _mm_shuffle_epi32(quarter, 0x4e));
  quarter = _mm_add_epi32(quarter, _mm_shuffle_epi32(quarter, 0xb1));
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(quarter));
}

void sums_of(const std::int8_t* rows, std::size_t count, std::size_t stride,
             const QueryNumbers& query, std::int32_t* sums) {
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  const std::uint32_t excess = 128 * query.sum;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int8_t* row = rows + i * stride;
    __m512i high = _mm512_setzero_si512(), low = high;
    for (std::size_t j = 0; j < stride; j += 64) {
      const __m512i bytes = _mm512_xor_si512(_mm512_loadu_si512(row + j), flip);
      high = _mm512_dpbusd_epi32(high, bytes, _mm512_loadu_si512(query.high.data() + j));
      low = _mm512_dpbusd_epi32(low, bytes, _mm512_loadu_si512(query.low.data() + j));
    }
    const __m512i both = _mm512_add_epi32(_mm512_slli_epi32(high, 8), low);
    sums[i] = static_cast<std::int32_t>(sum_of(both) - excess);
  }
}

}  // namespace

const Kernels kAvx512Vnni{"avx512vnni", sums_of};

}  // namespace seesaw::gallery
