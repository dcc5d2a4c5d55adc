#include "simd/distance_f16.h"

#include "simd/simd.h"

typedef int16_t sl_i16x4 __attribute__((vector_size(8)));

// Four numbers as 2^-112 of what they are: sign, exponent and fraction at their places.
static inline sl_f32x4 load(const uint16_t *p) {
  sl_i16x4 halves;
  memcpy(&halves, p, sizeof halves);
  sl_i32x4 bits = __builtin_convertvector(halves, sl_i32x4) << 13;
  return (sl_f32x4)(bits & (int32_t)0x8fffe000);
}

static inline float lanes_sum(sl_f32x4 v) { return (v[0] + v[1]) + (v[2] + v[3]); }

void sl_dot4_f16(const float *query, const uint16_t *const rows[4], size_t n, float out[4]) {
  const uint16_t *r0 = rows[0], *r1 = rows[1], *r2 = rows[2], *r3 = rows[3];
  sl_f32x4 a = {0, 0, 0, 0}, b = a, c = a, d = a;
  SL_UNROLL_2 for (size_t steps = n / 4; steps > 0; steps--) {
    sl_f32x4 q = sl_f32x4_load(query);
    a += q * load(r0);
    b += q * load(r1);
    c += q * load(r2);
    d += q * load(r3);
    query += 4, r0 += 4, r1 += 4, r2 += 4, r3 += 4;
  }
  out[0] = lanes_sum(a);
  out[1] = lanes_sum(b);
  out[2] = lanes_sum(c);
  out[3] = lanes_sum(d);
}
