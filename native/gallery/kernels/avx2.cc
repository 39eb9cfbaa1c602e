// Sums for AVX2: bytes widened to 16 bits, two products added in 32 bits by one instruction.
#include <immintrin.h>

#include "gallery/kernels/kernel_tables.h"

namespace seesaw::gallery {
namespace {

inline __m256i widened(const std::int8_t* bytes) {
  return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)));
}

inline __m256i added(__m256i sum, const std::int8_t* row, __m256i query) {
  return _mm256_add_epi32(sum, _mm256_madd_epi16(widened(row), query));
}

inline __m128i halves_added(__m256i sum) {
  return _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
}

void sums_of(const std::int8_t* rows, std::size_t count, std::size_t stride,
             const QueryNumbers& query, std::int32_t* sums) {
  const std::int16_t* words = query.words.data();
  const auto load = [words](std::size_t j) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words + j));
  };
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const std::int8_t* row = rows + i * stride;
    __m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;
    for (std::size_t j = 0; j < stride; j += 16) {
      const __m256i t = load(j);
      a = added(a, row + j, t);
      b = added(b, row + stride + j, t);
      c = added(c, row + 2 * stride + j, t);
      d = added(d, row + 3 * stride + j, t);
    }
    const __m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + i), halves_added(all));
  }
  for (; i < count; ++i) {
    __m256i a = _mm256_setzero_si256();
    for (std::size_t j = 0; j < stride; j += 16) a = added(a, rows + i * stride + j, load(j));
    __m128i sum = halves_added(a);
    sum = _mm_hadd_epi32(sum, sum);
    sums[i] = _mm_cvtsi128_si32(_mm_hadd_epi32(sum, sum));
  }
}

}  // namespace

const Kernels kAvx2{"avx2", sums_of};

}  // namespace seesaw::gallery
