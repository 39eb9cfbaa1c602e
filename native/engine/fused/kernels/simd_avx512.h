// The numbers of the AVX-512 kernels, sixteen at a time. Included
// inside the anonymous namespace of each file that is compiled for such processors.

struct Simd {
  using V = __m512;
  static constexpr int kLanes = 16;
  static constexpr int kPairs = 2;  // 28 of the 32 registers hold sums

  static V load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, V v) { _mm512_storeu_ps(p, v); }
  static V load_first(const float* p, int lanes) {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << lanes) - 1), p);
  }
  static void store_first(float* p, V v, int lanes) {
    _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << lanes) - 1), v);
  }
  static V splat(float x) { return _mm512_set1_ps(x); }
  static V fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
  static V add(V a, V b) { return _mm512_add_ps(a, b); }
  static V max(V a, V b) { return _mm512_max_ps(a, b); }
  static V min(V a, V b) { return _mm512_min_ps(a, b); }
  static V mul(V a, V b) { return _mm512_mul_ps(a, b); }
  static V prelu(V x, V slope) {
    return _mm512_mask_mul_ps(x, _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ), x, slope);
  }

  static V sub(V a, V b) { return _mm512_sub_ps(a, b); }
  /** p times two to the power of the whole number in the low bits of `rounded`. */
  static V scale_exponent(V p, V rounded) {
    const __m512i n = _mm512_slli_epi32(_mm512_castps_si512(rounded), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), n));
  }
  /** a / d: fourteen good bits, then one step of Newton's. */
  static V divide(V a, V d) {
    const V y = _mm512_rcp14_ps(d);
    return mul(mul(a, y), _mm512_fnmadd_ps(d, y, splat(2)));
  }
};
