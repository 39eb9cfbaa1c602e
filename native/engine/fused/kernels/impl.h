// The fused kernels, written once over a vector type. Each instruction set includes this file
// with its own `Simd` inside a namespace of its own: the file is compiled with flags of that
// instruction set, so nothing in it may be shared with code that runs elsewhere (no std:: here).
//
// Simd gives: V, kLanes, kPairs (whether two groups of pixels fit the registers with `n` vectors),
// load, store, load_first, store_first (of so many numbers), splat, fma(a, b, c) = a b + c, add,
// sub, mul, min, max, divide, prelu and scale_exponent. With SEESAW_LANE_FMA, for processors whose
// instructions take one of a vector's numbers as a factor, also fma_lane, mul_lane, a Swish of its
// own, and kSwishUnits beside it.

#if defined(__clang__)
#define SEESAW_UNROLL _Pragma("clang loop unroll(full)")
#else
#define SEESAW_UNROLL _Pragma("GCC unroll 32")
#endif

using V = Simd::V;
constexpr int kLanes = Simd::kLanes;

/** Distances in bytes from a pixel to the others of its group. */
struct Group {
  std::ptrdiff_t bytes[kGroup];

  inline __attribute__((always_inline)) explicit Group(std::ptrdiff_t pixel) {
    SEESAW_UNROLL
    for (int i = 0; i < kGroup; ++i) {
      bytes[i] = i * pixel;
#ifdef SEESAW_LANE_FMA
      // Kept in registers as they are: they need not be added up again for each access.
      __asm__("" : "+r"(bytes[i]));
#endif
    }
  }
  template <typename Number>
  inline __attribute__((always_inline)) const Number* from(const Number* first, int i) const {
    return reinterpret_cast<const Number*>(reinterpret_cast<const char*>(first) + bytes[i]);
  }
  inline __attribute__((always_inline)) float* to(float* first, int i) const {
    return reinterpret_cast<float*>(reinterpret_cast<char*>(first) + bytes[i]);
  }
};

#include "engine/fused/kernels/activation.h"
#include "engine/fused/kernels/dense.h"
#include "engine/fused/kernels/depthwise.h"
#include "engine/fused/kernels/tile.h"

inline void pointwise(const PointwiseJob& job) { pointwise_by<FloatTile>(job); }
inline void expand_depthwise(const ExpandDepthwiseJob& job) { expand_depthwise_by<FloatTile>(job); }
