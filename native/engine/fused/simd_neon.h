// The numbers of the NEON kernels, four at a time. Included
// inside the anonymous namespace of each file that is compiled for such processors.

struct Simd {
  using V = float32x4_t;
  static constexpr int kLanes = 4;
  static constexpr int kPairs = 0;  // one group times three vectors: 21 sums, 7 inputs, 3 weights

  static V load(const float* p) { return vld1q_f32(p); }
  static void store(float* p, V v) { vst1q_f32(p, v); }
  static V load_first(const float* p, int lanes) {
    float all[4] = {};
    for (int i = 0; i < lanes; ++i) all[i] = p[i];
    return vld1q_f32(all);
  }
  static void store_first(float* p, V v, int lanes) {
    float all[4];
    vst1q_f32(all, v);
    for (int i = 0; i < lanes; ++i) p[i] = all[i];
  }
  static V splat(float x) { return vdupq_n_f32(x); }
  static V fma(V a, V b, V c) { return vfmaq_f32(c, a, b); }
  template <int kLane>
  static V fma_lane(V a, V b, V c) {
    return vfmaq_laneq_f32(c, a, b, kLane);
  }
  static V add(V a, V b) { return vaddq_f32(a, b); }
  static V max(V a, V b) { return vmaxq_f32(a, b); }
  static V min(V a, V b) { return vminq_f32(a, b); }
  static V mul(V a, V b) { return vmulq_f32(a, b); }
  static V prelu(V x, V slope) { return vbslq_f32(vcltzq_f32(x), vmulq_f32(x, slope), x); }

  static V sub(V a, V b) { return vsubq_f32(a, b); }
  /** p times two to the power of the whole number in the low bits of `rounded`. */
  static V scale_exponent(V p, V rounded) {
    const int32x4_t n = vshlq_n_s32(vreinterpretq_s32_f32(rounded), 23);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), n));
  }
  /** a / d: eight good bits, doubled by each of two Newton steps; division is slow on small cores.
   */
  static V divide(V a, V d) {
    V y = vrecpeq_f32(d);
    y = mul(y, vrecpsq_f32(d, y));
    y = mul(y, vrecpsq_f32(d, y));
    return mul(a, y);
  }
};
