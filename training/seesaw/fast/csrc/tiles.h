// Products of bfloat16 blocks with float sums: by AMX tiles where processor and system allow them,
// else by AVX512_BF16. Both read the same layouts:
//   left    rows of `kDepth` neighbouring numbers, 16 rows a block, any distance between rows
//   right   rows of 16 pairs: pair n of row k holds (2k, n) and (2k + 1, n)
#pragma once

#include "simd.h"

#ifdef __AVX512BF16__

namespace seesaw {

constexpr int kSide = 16;   // rows and columns of a block of sums
constexpr int kDepth = 32;  // summed over at once
constexpr int kBlock = kSide * kDepth;
constexpr int kPairSide = 2 * kSide;

// Whether this process may use AMX tiles; asks the system for them the first time.
bool have_tiles();
// Makes the calls below use AVX512_BF16 although there are tiles, for tests.
void forbid_tiles(bool forbidden);

// For as long as it lives, the calling thread's tiles have the shape that is used here.
class TileScope {
 public:
  TileScope();
  ~TileScope();
  TileScope(const TileScope&) = delete;
  TileScope& operator=(const TileScope&) = delete;
  bool tiles() const { return tiles_; }

 private:
  bool tiles_;
};

#ifdef __AMX_BF16__

// The intrinsics do not tell the compiler which memory they read.
inline void memory_is_read() { __asm__ volatile("" ::: "memory"); }

// c[16 MB][16 NB] (+)= left right. `at(k)` tells where the k-th depth begins in a row of `left`, in
// numbers; blocks of `right` lie `right_step` numbers apart in depth, 16 pairs apart sideways when
// their rows are `right_row` apart.
template <int MB, int NB, bool kAccumulate, class At>
inline void multiply_by_tiles(const Bf16* left, ptrdiff_t left_row, const At& at, int depths,
                              const Bf16* right, ptrdiff_t right_row, ptrdiff_t right_step,
                              ptrdiff_t right_side, float* c, ptrdiff_t c_row) {
  const ptrdiff_t left_bytes = left_row * sizeof(Bf16), right_bytes = right_row * sizeof(Bf16),
                  c_bytes = c_row * sizeof(float);
  memory_is_read();
  if (kAccumulate) {
    _tile_loadd(0, c, c_bytes);
    if (NB == 2) _tile_loadd(1, c + kSide, c_bytes);
    if (MB == 2) _tile_loadd(2, c + kSide * c_row, c_bytes);
    if (MB == 2 && NB == 2) _tile_loadd(3, c + kSide * c_row + kSide, c_bytes);
  } else {
    _tile_zero(0);
    if (NB == 2) _tile_zero(1);
    if (MB == 2) _tile_zero(2);
    if (MB == 2 && NB == 2) _tile_zero(3);
  }
  for (int k = 0; k < depths; ++k) {
    const Bf16* a = left + at(k);
    const Bf16* b = right + k * right_step;
    _tile_loadd(4, a, left_bytes);
    _tile_loadd(6, b, right_bytes);
    _tile_dpbf16ps(0, 4, 6);
    if (NB == 2) {
      _tile_loadd(7, b + right_side, right_bytes);
      _tile_dpbf16ps(1, 4, 7);
    }
    if (MB == 2) {
      _tile_loadd(5, a + kSide * left_row, left_bytes);
      _tile_dpbf16ps(2, 5, 6);
    }
    if (MB == 2 && NB == 2) _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, c_bytes);
  if (NB == 2) _tile_stored(1, c + kSide, c_bytes);
  if (MB == 2) _tile_stored(2, c + kSide * c_row, c_bytes);
  if (MB == 2 && NB == 2) _tile_stored(3, c + kSide * c_row + kSide, c_bytes);
  memory_is_read();
}

#endif

template <int MB, int NB, bool kAccumulate, class At>
inline void multiply_by_vectors(const Bf16* left, ptrdiff_t left_row, const At& at, int depths,
                                const Bf16* right, ptrdiff_t right_row, ptrdiff_t right_step,
                                ptrdiff_t right_side, float* c, ptrdiff_t c_row) {
  constexpr int kRows = 8;
  for (int first = 0; first < kSide * MB; first += kRows) {
    Vec sums[kRows][NB];
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
      for (int j = 0; j < NB; ++j) {
        sums[i][j] = kAccumulate ? load(c + (first + i) * c_row + j * kSide) : Vec{};
      }
    }
    for (int k = 0; k < depths; ++k) {
      const Bf16* a = left + first * left_row + at(k);
      const Bf16* b = right + k * right_step;
      for (int pair = 0; pair < kDepth / 2; ++pair) {
        __m512bh r[NB];
#pragma GCC unroll 2
        for (int j = 0; j < NB; ++j) {
          r[j] = (__m512bh)_mm512_loadu_si512(b + pair * right_row + j * right_side);
        }
#pragma GCC unroll 8
        for (int i = 0; i < kRows; ++i) {
          int32_t two;
          std::memcpy(&two, a + i * left_row + 2 * pair, sizeof two);
          const __m512bh l = (__m512bh)_mm512_set1_epi32(two);
#pragma GCC unroll 2
          for (int j = 0; j < NB; ++j) {
            sums[i][j] = (Vec)_mm512_dpbf16_ps((__m512)sums[i][j], l, r[j]);
          }
        }
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
#pragma GCC unroll 2
      for (int j = 0; j < NB; ++j) store(c + (first + i) * c_row + j * kSide, sums[i][j]);
    }
  }
}

// c (+)= left right for `mb` times `nb` blocks, each one or two.
template <bool kAccumulate, class At>
inline void multiply_blocks(bool tiles, int mb, int nb, const Bf16* left, ptrdiff_t left_row,
                            const At& at, int depths, const Bf16* right, ptrdiff_t right_row,
                            ptrdiff_t right_step, ptrdiff_t right_side, float* c, ptrdiff_t c_row) {
#ifdef __AMX_BF16__
#define SEESAW_BLOCKS(M, N)                                                                     \
  (tiles ? multiply_by_tiles<M, N, kAccumulate>(left, left_row, at, depths, right, right_row,   \
                                                right_step, right_side, c, c_row)               \
         : multiply_by_vectors<M, N, kAccumulate>(left, left_row, at, depths, right, right_row, \
                                                  right_step, right_side, c, c_row))
#else
#define SEESAW_BLOCKS(M, N)                                                                        \
  multiply_by_vectors<M, N, kAccumulate>(left, left_row, at, depths, right, right_row, right_step, \
                                         right_side, c, c_row)
#endif
  if (mb == 2) {
    nb == 2 ? SEESAW_BLOCKS(2, 2) : SEESAW_BLOCKS(2, 1);
  } else {
    nb == 2 ? SEESAW_BLOCKS(1, 2) : SEESAW_BLOCKS(1, 1);
  }
#undef SEESAW_BLOCKS
}

// Columns of numbers to rows: to[column][row], rows from `rows` on zeros. `count`, a multiple of
// kDepth, is the distance between rows of `to`.
void transpose(const Bf16* from, int rows, int columns, int count, Bf16* to);

}  // namespace seesaw

#endif
