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
  template <int kLane>
  static V mul_lane(V a, V b) {
    return vmulq_laneq_f32(a, b, kLane);
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

  /**
   * Swish in as few instructions as were found: fourteen for a vector, where an exponential with
   * its own reduction of the range, and a division to the last bit, take twenty-five.
   *
   * Of x, a 32nd of the number, e^-x is p^16 / c with p = b - x + (r - x + x^2)^2, which is the
   * Taylor series of e^-2x up to the fourth power times 3/2 where r = 1, b = 1/2, c = 1.5^16. Here
   * they are minimax for the error of the result, x / (c + p^16), which is 1 / (32 c) of swish. The
   * reciprocal has eight good bits, doubled by a Newton step. Where the number is more than 14.5,
   * e^-x is taken of 14.5: it is below half a unit in the last place. In all the result is off by
   * 6e-6 at most where the number is negative, and by 1.3e-5 of it elsewhere.
   */
  class Swish {
   public:
    static constexpr float kR = 0.990226269f, kB = 0.509712577f, kC = 591.828918f;

    Swish() {
      alignas(16) static constexpr float kNumbers[4][4] = {
          {14.5f / 32, 14.5f / 32, 14.5f / 32, 14.5f / 32},
          {kR, kR, kR, kR},
          {kB, kB, kB, kB},
          {kC, kC, kC, kC}};
      // Where they come from is hidden: taken into registers earlier, they would displace sums.
      const float* from = kNumbers[0];
      __asm__ volatile("" : "+r"(from));
      most_ = load(from);
      r_ = load(from + 4);
      b_ = load(from + 8);
      c_ = load(from + 12);
    }
    /** Of some vectors in step, as each instruction waits for the one before it. */
    template <int kCount>
    inline __attribute__((always_inline)) void apply(V (&x)[kCount]) const {
      V q[kCount], t[kCount], p[kCount];
      for (int i = 0; i < kCount; ++i) q[i] = min(x[i], most_);
      for (int i = 0; i < kCount; ++i) t[i] = sub(r_, q[i]);
      for (int i = 0; i < kCount; ++i) t[i] = fma(q[i], q[i], t[i]);
      for (int i = 0; i < kCount; ++i) p[i] = sub(b_, q[i]);
      for (int i = 0; i < kCount; ++i) p[i] = fma(t[i], t[i], p[i]);
      for (int n = 0; n < 4; ++n) {
        for (int i = 0; i < kCount; ++i) p[i] = mul(p[i], p[i]);
      }
      for (int i = 0; i < kCount; ++i) p[i] = add(p[i], c_);
      for (int i = 0; i < kCount; ++i) q[i] = vrecpeq_f32(p[i]);
      for (int i = 0; i < kCount; ++i) p[i] = vrecpsq_f32(p[i], q[i]);
      for (int i = 0; i < kCount; ++i) x[i] = mul(x[i], q[i]);
      for (int i = 0; i < kCount; ++i) x[i] = mul(x[i], p[i]);
    }

   private:
    V most_, r_, b_, c_;
  };
};

constexpr SwishUnits kSwishUnits{1.0f / 32, 1.0f / 32 / Simd::Swish::kC};
