// Register-tiled matrix products for tall, narrow matrices whose right-hand side fits the cache.
#pragma once

#include <cstddef>
#include <stdexcept>

#include "simd.h"

namespace seesaw {

// C[i][j] (+)= sum over k of A(i, k) B[k][j], for MR rows and NV vectors of columns.
// A(i, k) is a[i * lda + k], or a[k * lda + i] when kTransposed.
// kStats adds the column sums of C and of its squares to sum[] and square[].
template <int MR, int NV, bool kTransposed, bool kAccumulate, bool kStats>
inline void micro(int depth, const float* a, ptrdiff_t lda, const float* b, ptrdiff_t ldb, float* c,
                  ptrdiff_t ldc, float* sum, float* square) {
  Vec acc[MR][NV];
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) {
      acc[i][j] = kAccumulate ? load(c + i * ldc + j * kLanes) : Vec{};
    }
  }
  for (int k = 0; k < depth; ++k) {
    Vec right[NV];
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) right[j] = load(b + k * ldb + j * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < MR; ++i) {
      const Vec left = splat(kTransposed ? a[k * lda + i] : a[i * lda + k]);
#pragma GCC unroll 4
      for (int j = 0; j < NV; ++j) acc[i][j] += left * right[j];
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) store(c + i * ldc + j * kLanes, acc[i][j]);
  }
  if (kStats) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) {
      Vec s = acc[0][j], q = acc[0][j] * acc[0][j];
#pragma GCC unroll 16
      for (int i = 1; i < MR; ++i) {
        s += acc[i][j];
        q += acc[i][j] * acc[i][j];
      }
      add_to(sum + j * kLanes, s);
      add_to(square + j * kLanes, q);
    }
  }
}

template <int MR, int NV, bool kTransposed, bool kAccumulate, bool kStats>
inline void tile(int rows, int columns, int depth, const float* a, ptrdiff_t lda, const float* b,
                 ptrdiff_t ldb, float* c, ptrdiff_t ldc, float* sum, float* square) {
  for (int j = 0; j < columns; j += NV * kLanes) {
    for (int i = 0; i < rows; i += MR) {
      micro<MR, NV, kTransposed, kAccumulate, kStats>(
          depth, a + (kTransposed ? i : i * lda), lda, b + j, ldb, c + i * ldc + j, ldc,
          kStats ? sum + j : nullptr, kStats ? square + j : nullptr);
    }
  }
}

// Tiles are as large as the accumulators fit the registers: 32 with AVX-512, else 16.

// C = A B with `rows` a multiple of 7 (feature maps are 56, 28, 14 or 7 pixels wide) and `columns`
// a multiple of the lanes.
template <bool kStats>
void multiply(int rows, int columns, int depth, const float* a, ptrdiff_t lda, const float* b,
              ptrdiff_t ldb, float* c, ptrdiff_t ldc, float* sum, float* square) {
  const int even = rows / 14 * 14;
#ifdef __AVX512F__
  if (columns % 48 == 0) {
    tile<7, 3, false, false, kStats>(rows, columns, depth, a, lda, b, ldb, c, ldc, sum, square);
    return;
  }
  if (columns % 32 == 0) {
    tile<14, 2, false, false, kStats>(even, columns, depth, a, lda, b, ldb, c, ldc, sum, square);
    tile<7, 2, false, false, kStats>(rows - even, columns, depth, a + even * lda, lda, b, ldb,
                                     c + even * ldc, ldc, sum, square);
    return;
  }
#endif
  tile<14, 1, false, false, kStats>(even, columns, depth, a, lda, b, ldb, c, ldc, sum, square);
  tile<7, 1, false, false, kStats>(rows - even, columns, depth, a + even * lda, lda, b, ldb,
                                   c + even * ldc, ldc, sum, square);
}

// C += A' B, the sum running over `depth` rows of both; `rows` of C a multiple of 8, `columns` of
// the lanes.
inline void multiply_transposed(int rows, int columns, int depth, const float* a, ptrdiff_t lda,
                                const float* b, ptrdiff_t ldb, float* c, ptrdiff_t ldc) {
#ifdef __AVX512F__
  if (columns % 48 == 0) {
    tile<8, 3, true, true, false>(rows, columns, depth, a, lda, b, ldb, c, ldc, nullptr, nullptr);
  } else if (columns % 32 == 0) {
    tile<8, 2, true, true, false>(rows, columns, depth, a, lda, b, ldb, c, ldc, nullptr, nullptr);
  } else if (rows % 16 == 0) {
    tile<16, 1, true, true, false>(rows, columns, depth, a, lda, b, ldb, c, ldc, nullptr, nullptr);
  } else {
    tile<8, 1, true, true, false>(rows, columns, depth, a, lda, b, ldb, c, ldc, nullptr, nullptr);
  }
#else
  if (columns % (3 * kLanes) == 0) {
    tile<4, 3, true, true, false>(rows, columns, depth, a, lda, b, ldb, c, ldc, nullptr, nullptr);
  } else {
    tile<8, 1, true, true, false>(rows, columns, depth, a, lda, b, ldb, c, ldc, nullptr, nullptr);
  }
#endif
}

}  // namespace seesaw
