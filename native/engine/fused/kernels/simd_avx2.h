// The numbers of the AVX2 kernels, eight at a time. Included
// inside the anonymous namespace of each file that is compiled for such processors.

struct Simd {
  using V = __m256;
  static constexpr int kLanes = 8;
  static constexpr int kPairs = 1;  // 14 of the 16 registers hold sums

  static V load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, V v) { _mm256_storeu_ps(p, v); }
  static __m256i first(int lanes) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static V load_first(const float* p, int lanes) { return _mm256_maskload_ps(p, first(lanes)); }
  static void store_first(float* p, V v, int lanes) { _mm256_maskstore_ps(p, first(lanes), v); }
  static V splat(float x) { return _mm256_set1_ps(x); }
  static V fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
  static V add(V a, V b) { return _mm256_add_ps(a, b); }
  static V max(V a, V b) { return _mm256_max_ps(a, b); }
  static V min(V a, V b) { return _mm256_min_ps(a, b); }
  static V mul(V a, V b) { return _mm256_mul_ps(a, b); }
  static V prelu(V x, V slope) {
    return _mm256_blendv_ps(x, mul(x, slope), _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_LT_OQ));
  }

  static V sub(V a, V b) { return _mm256_sub_ps(a, b); }
  /** p times two to the power of the whole number in the low bits of `rounded`. */
  static V scale_exponent(V p, V rounded) {
    const __m256i n = _mm256_slli_epi32(_mm256_castps_si256(rounded), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), n));
  }
  // Eleven good bits and one Newton step would not do for fp32: a true division.
  static V divide(V a, V d) { return _mm256_div_ps(a, d); }
};
