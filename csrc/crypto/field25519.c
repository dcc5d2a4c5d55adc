// Based on: D. J. Bernstein, "Curve25519: new Diffie-Hellman speed records", PKC 2006,
// doi:10.1007/11745853_14: numbers of ten limbs, of 26 and 25 bits in turn, with signs. WebAssembly has no
// product of two 64-bit numbers with 128 bits, so that limbs of 51 bits would need four products each.
#include "crypto/field25519.h"

#include "base/bytes.h"

// Builds for size neither unroll loops nor put functions into others by themselves; these must be.
#define SL_INLINE static inline __attribute__((always_inline))
#define EACH_LIMB(DO)                                                                              \
  do {                                                                                             \
    DO(0), DO(1), DO(2), DO(3), DO(4), DO(5), DO(6), DO(7), DO(8), DO(9);                          \
  } while (0)

// How large limbs may be: what a product, a square or a decoder writes is below 1.1 * 2^25 in even limbs
// and 1.1 * 2^24 in odd ones. A sum or difference of three such numbers may go into a product: a column
// is then below 2^63.

// Columns into limbs. Rounds to the nearest, so that limbs get either sign.
SL_INLINE void carry(int64_t *h, sl_fe out) {
#define CARRY(from, to, bits, times)                                                               \
  do {                                                                                             \
    int64_t over = (h[from] + ((int64_t)1 << ((bits) - 1))) >> (bits);                             \
    h[to] += over * (times);                                                                       \
    h[from] -= over * ((int64_t)1 << (bits));                                                      \
  } while (0)
  CARRY(0, 1, 26, 1);
  CARRY(4, 5, 26, 1);
  CARRY(1, 2, 25, 1);
  CARRY(5, 6, 25, 1);
  CARRY(2, 3, 26, 1);
  CARRY(6, 7, 26, 1);
  CARRY(3, 4, 25, 1);
  CARRY(7, 8, 25, 1);
  CARRY(4, 5, 26, 1);
  CARRY(8, 9, 26, 1);
  CARRY(9, 0, 25, 19);
  CARRY(0, 1, 26, 1);
#undef CARRY
#define PUT(i) out[i] = (int32_t)h[i]
  EACH_LIMB(PUT);
#undef PUT
}

void sl_fe_multiply(sl_fe out, const sl_fe f, const sl_fe g) {
  const int64_t f0 = f[0], f1 = f[1], f2 = f[2], f3 = f[3], f4 = f[4], f5 = f[5], f6 = f[6],
                f7 = f[7], f8 = f[8], f9 = f[9];
  const int64_t g0 = g[0], g1 = g[1], g2 = g[2], g3 = g[3], g4 = g[4], g5 = g[5], g6 = g[6],
                g7 = g[7], g8 = g[8], g9 = g[9];
  // Odd limbs stand half a bit higher than their number says: two of them make twice the product.
  const int64_t t1 = 2 * f1, t3 = 2 * f3, t5 = 2 * f5, t7 = 2 * f7, t9 = 2 * f9;
  // 2^255 is 19.
  const int64_t r1 = 19 * g1, r2 = 19 * g2, r3 = 19 * g3, r4 = 19 * g4, r5 = 19 * g5, r6 = 19 * g6,
                r7 = 19 * g7, r8 = 19 * g8, r9 = 19 * g9;
  int64_t h[10];
  h[0] = f0 * g0 + t1 * r9 + f2 * r8 + t3 * r7 + f4 * r6 + t5 * r5 + f6 * r4 + t7 * r3 + f8 * r2 +
         t9 * r1;
  h[1] = f0 * g1 + f1 * g0 + f2 * r9 + f3 * r8 + f4 * r7 + f5 * r6 + f6 * r5 + f7 * r4 + f8 * r3 +
         f9 * r2;
  h[2] = f0 * g2 + t1 * g1 + f2 * g0 + t3 * r9 + f4 * r8 + t5 * r7 + f6 * r6 + t7 * r5 + f8 * r4 +
         t9 * r3;
  h[3] = f0 * g3 + f1 * g2 + f2 * g1 + f3 * g0 + f4 * r9 + f5 * r8 + f6 * r7 + f7 * r6 + f8 * r5 +
         f9 * r4;
  h[4] = f0 * g4 + t1 * g3 + f2 * g2 + t3 * g1 + f4 * g0 + t5 * r9 + f6 * r8 + t7 * r7 + f8 * r6 +
         t9 * r5;
  h[5] = f0 * g5 + f1 * g4 + f2 * g3 + f3 * g2 + f4 * g1 + f5 * g0 + f6 * r9 + f7 * r8 + f8 * r7 +
         f9 * r6;
  h[6] = f0 * g6 + t1 * g5 + f2 * g4 + t3 * g3 + f4 * g2 + t5 * g1 + f6 * g0 + t7 * r9 + f8 * r8 +
         t9 * r7;
  h[7] = f0 * g7 + f1 * g6 + f2 * g5 + f3 * g4 + f4 * g3 + f5 * g2 + f6 * g1 + f7 * g0 + f8 * r9 +
         f9 * r8;
  h[8] = f0 * g8 + t1 * g7 + f2 * g6 + t3 * g5 + f4 * g4 + t5 * g3 + f6 * g2 + t7 * g1 + f8 * g0 +
         t9 * r9;
  h[9] = f0 * g9 + f1 * g8 + f2 * g7 + f3 * g6 + f4 * g5 + f5 * g4 + f6 * g3 + f7 * g2 + f8 * g1 +
         f9 * g0;
  carry(h, out);
}

static void square(sl_fe out, const sl_fe f, int64_t twice) {
  const int64_t f0 = f[0], f1 = f[1], f2 = f[2], f3 = f[3], f4 = f[4], f5 = f[5], f6 = f[6],
                f7 = f[7], f8 = f[8], f9 = f[9];
  const int64_t t0 = 2 * f0, t1 = 2 * f1, t2 = 2 * f2, t3 = 2 * f3, t4 = 2 * f4, t5 = 2 * f5,
                t6 = 2 * f6, t7 = 2 * f7;
  // 19 times a limb, and 38 times an odd one: 2^255 is 19.
  const int64_t r5 = 38 * f5, r6 = 19 * f6, r7 = 38 * f7, r8 = 19 * f8, r9 = 38 * f9;
  int64_t h[10];
  h[0] = f0 * f0 + t1 * r9 + t2 * r8 + t3 * r7 + t4 * r6 + f5 * r5;
  h[1] = t0 * f1 + f2 * r9 + t3 * r8 + f4 * r7 + t5 * r6;
  h[2] = t0 * f2 + t1 * f1 + t3 * r9 + t4 * r8 + t5 * r7 + f6 * r6;
  h[3] = t0 * f3 + t1 * f2 + f4 * r9 + t5 * r8 + f6 * r7;
  h[4] = t0 * f4 + t1 * t3 + f2 * f2 + t5 * r9 + t6 * r8 + f7 * r7;
  h[5] = t0 * f5 + t1 * f4 + t2 * f3 + f6 * r9 + t7 * r8;
  h[6] = t0 * f6 + t1 * t5 + t2 * f4 + t3 * f3 + t7 * r9 + f8 * r8;
  h[7] = t0 * f7 + t1 * f6 + t2 * f5 + t3 * f4 + f8 * r9;
  h[8] = t0 * f8 + t1 * t7 + t2 * f6 + t3 * t5 + f4 * f4 + f9 * r9;
  h[9] = t0 * f9 + t1 * f8 + t2 * f7 + t3 * f6 + t4 * f5;
#define TWICE(i) h[i] += h[i] & twice
  EACH_LIMB(TWICE);
#undef TWICE
  carry(h, out);
}

void sl_fe_square(sl_fe out, const sl_fe f) { square(out, f, 0); }
void sl_fe_square_twice(sl_fe out, const sl_fe f) { square(out, f, -1); }

// f^(2^count)
static void square_times(sl_fe out, const sl_fe f, int count) {
  square(out, f, 0);
  for (int i = 1; i < count; i++) square(out, out, 0);
}

// f^(2^250 - 1), and f^11 beside it: the common part of both powers below.
static void power_250(sl_fe out, sl_fe eleven, const sl_fe f) {
  sl_fe a, b, c;
  sl_fe_square(a, f);
  square_times(b, a, 2);
  sl_fe_multiply(b, b, f);      // 9
  sl_fe_multiply(eleven, a, b); // 11
  sl_fe_square(a, eleven);
  sl_fe_multiply(a, a, b); // 2^5 - 1
  square_times(b, a, 5);
  sl_fe_multiply(a, b, a); // 2^10 - 1
  square_times(b, a, 10);
  sl_fe_multiply(b, b, a); // 2^20 - 1
  square_times(c, b, 20);
  sl_fe_multiply(b, c, b); // 2^40 - 1
  square_times(b, b, 10);
  sl_fe_multiply(a, b, a); // 2^50 - 1
  square_times(b, a, 50);
  sl_fe_multiply(b, b, a); // 2^100 - 1
  square_times(c, b, 100);
  sl_fe_multiply(b, c, b); // 2^200 - 1
  square_times(b, b, 50);
  sl_fe_multiply(out, b, a);
}

void sl_fe_invert(sl_fe out, const sl_fe f) { // f^(2^255 - 21)
  sl_fe power, eleven;
  power_250(power, eleven, f);
  square_times(power, power, 5);
  sl_fe_multiply(out, power, eleven);
}

void sl_fe_power_for_root(sl_fe out, const sl_fe f) { // f^(2^252 - 3)
  sl_fe power, eleven;
  power_250(power, eleven, f);
  square_times(power, power, 2);
  sl_fe_multiply(out, power, f);
}

void sl_fe_add(sl_fe out, const sl_fe f, const sl_fe g) {
#define LIMB(i) out[i] = f[i] + g[i]
  EACH_LIMB(LIMB);
#undef LIMB
}
void sl_fe_subtract(sl_fe out, const sl_fe f, const sl_fe g) {
#define LIMB(i) out[i] = f[i] - g[i]
  EACH_LIMB(LIMB);
#undef LIMB
}
void sl_fe_negate(sl_fe out, const sl_fe f) {
#define LIMB(i) out[i] = -f[i]
  EACH_LIMB(LIMB);
#undef LIMB
}

// Where limb i begins, in bits: ceil(25.5 i).
static int begin_of(int i) { return (51 * i + 1) / 2; }

void sl_fe_decode(sl_fe out, const uint8_t *bytes) {
  int64_t h[10];
  for (int i = 0; i < 10; i++) {
    int begin = begin_of(i), bits = 26 - i % 2;
    uint64_t word = 0;
    for (int k = 0; k < 5 && begin / 8 + k < 32; k++)
      word |= (uint64_t)bytes[begin / 8 + k] << 8 * k;
    h[i] = (int64_t)(word >> begin % 8 & (((uint64_t)1 << bits) - 1));
  }
  carry(h, out);
}

void sl_fe_encode(uint8_t *out, const sl_fe f) {
  // The quotient by 2^255 - 19: what would be carried out of the top if 19 were added below.
  int64_t h[10];
  int64_t quotient = (19 * (int64_t)f[9] + ((int64_t)1 << 24)) >> 25;
  for (int i = 0; i < 10; i++) quotient = (f[i] + quotient) >> (26 - i % 2);
  for (int i = 0; i < 10; i++) h[i] = f[i];
  h[0] += 19 * quotient;
  for (int i = 0; i < 10; i++) {
    int bits = 26 - i % 2;
    int64_t over = h[i] >> bits;
    if (i < 9) h[i + 1] += over; // out of the last limb goes quotient * 2^255
    h[i] -= over * ((int64_t)1 << bits);
  }
  for (int i = 0; i < 32; i++) out[i] = 0;
  for (int i = 0; i < 10; i++) {
    int begin = begin_of(i);
    uint64_t word = (uint64_t)h[i] << begin % 8;
    for (int k = 0; k < 5 && begin / 8 + k < 32; k++)
      out[begin / 8 + k] |= (uint8_t)(word >> 8 * k);
  }
}

bool sl_fe_is_zero(const sl_fe f) {
  uint8_t bytes[32];
  sl_fe_encode(bytes, f);
  uint8_t any = 0;
  for (int i = 0; i < 32; i++) any |= bytes[i];
  return any == 0;
}

bool sl_fe_is_odd(const sl_fe f) {
  uint8_t bytes[32];
  sl_fe_encode(bytes, f);
  return bytes[0] & 1;
}
