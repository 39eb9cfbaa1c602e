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

  /** 1 + e^-x; see the AVX-512 one. vmin and vmax keep not-a-number. */
  static V denominator(V x) {
    const V t = vminq_f32(splat(125), vmulq_f32(x, splat(-1.44269504088896341f)));
    const V u = vmaxq_f32(splat(-125), t);
    const V magic = splat(12582912.0f);
    const V rounded = vaddq_f32(u, magic);
    const V f = vsubq_f32(u, vsubq_f32(rounded, magic));
    V p = splat(kExp2[5]);
    p = fma(p, f, splat(kExp2[4]));
    p = fma(p, f, splat(kExp2[3]));
    p = fma(p, f, splat(kExp2[2]));
    p = fma(p, f, splat(kExp2[1]));
    p = fma(p, f, splat(1));
    const int32x4_t n = vshlq_n_s32(vreinterpretq_s32_f32(rounded), 23);
    const V e = vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), n));
    return add(e, splat(1));
  }
  /** a / d: eight good bits, doubled by each of two Newton steps; division is slow on small cores.
   */
  static V divide(V a, V d) {
    V y = vrecpeq_f32(d);
    y = mul(y, vrecpsq_f32(d, y));
    y = mul(y, vrecpsq_f32(d, y));
    return mul(a, y);
  }
  static V sigmoid(V x) { return divide(splat(1), denominator(x)); }
  static V swish(V x) { return divide(x, denominator(x)); }
};
