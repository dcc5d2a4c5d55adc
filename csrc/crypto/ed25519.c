// Based on: D. J. Bernstein, N. Duif, T. Lange, P. Schwabe, B.-Y. Yang, "High-speed high-security
// signatures", J. Cryptographic Engineering 2012, doi:10.1007/s13389-012-0027-1, and RFC 8032. Points as in
// H. Hisil, K. K.-H. Wong, G. Carter, E. Dawson, "Twisted Edwards curves revisited", ASIACRYPT 2008,
// doi:10.1007/978-3-540-89255-7_20. S B - h A takes one chain of doublings for both products (Straus).
#include "crypto/ed25519.h"

#include <stdatomic.h>
#include <string.h>

#include "crypto/ed25519_scalar.h"
#include "crypto/field25519.h"
#include "crypto/sha512.h"

// x = X / Z, y = Y / Z, T = X Y / Z; coordinates are reduced.
typedef struct point {
  sl_fe x, y, z, t;
} point;

// What an addition wants of its second point: Y + X, Y - X, 2 d T, Z. Where Z is 1 it is not looked at.
typedef struct summand {
  sl_fe plus, minus, t2d, z;
} summand;

static const sl_fe d = {-10913610, 13857413, -15372611, 6949391,   114729,
                        -8787816,  -6275908, -3247719,  -18696448, -12055116};
static const sl_fe d_twice = {-21827239, -5839606,  -30745221, 13898782, 229458,
                              15978800,  -12551817, -6495438,  29715968, 9444199};
static const sl_fe root_of_minus_one = {-32595792, -7943725,  9377950,  3500415, 12389472,
                                        -272473,   -25146209, -2005654, 326686,  11406482};
static const sl_fe base_x = {-14297830, -7645148,  16144683, -16471763, 27570974,
                             -2696100,  -26142465, 8378389,  20764389,  8758491};
static const sl_fe base_y = {-26843541, -6710886,  13421773, -13421773, 26843546,
                             6710886,   -13421773, 13421773, -26843546, -6710886};
static const sl_fe zero = {0}, one = {1};

static void copy(sl_fe to, const sl_fe from) { memcpy(to, from, sizeof(sl_fe)); }

// ---- points -------------------------------------------------------------------------------------

// X = E F, Y = G H, Z = F G, T = E H, from where all formulas end. Doublings need no T.
static void complete(point *p, const sl_fe e, const sl_fe f, const sl_fe g, const sl_fe h,
                     bool with_t) {
  sl_fe_multiply(p->x, e, f);
  sl_fe_multiply(p->y, g, h);
  sl_fe_multiply(p->z, f, g);
  if (with_t) sl_fe_multiply(p->t, e, h);
}

static void double_point(point *p, bool with_t) {
  sl_fe a, b, c, e, g, h;
  sl_fe_square(a, p->x);
  sl_fe_square(b, p->y);
  sl_fe_square_twice(c, p->z);
  sl_fe_add(e, p->x, p->y);
  sl_fe_square(e, e);
  sl_fe_add(h, a, b);
  sl_fe_subtract(e, e, h);
  sl_fe_subtract(g, b, a);
  sl_fe_subtract(c, c, g);
  complete(p, e, c, g, h, with_t);
}

// p + q, or p - q.
static void add_point(point *p, const summand *q, bool negative, bool affine) {
  sl_fe a, b, c, e, f, g;
  sl_fe_subtract(a, p->y, p->x);
  sl_fe_add(b, p->y, p->x);
  sl_fe_multiply(a, a, negative ? q->plus : q->minus);
  sl_fe_multiply(b, b, negative ? q->minus : q->plus);
  sl_fe_multiply(c, p->t, q->t2d);
  if (affine)
    copy(e, p->z);
  else
    sl_fe_multiply(e, p->z, q->z);
  sl_fe_add(e, e, e);
  if (negative) sl_fe_negate(c, c);
  sl_fe_subtract(f, e, c);
  sl_fe_add(g, e, c);
  sl_fe_subtract(e, b, a);
  sl_fe_add(a, b, a);
  complete(p, e, f, g, a, true);
}

static void to_summand(summand *out, const point *p) {
  sl_fe_add(out->plus, p->y, p->x);
  sl_fe_subtract(out->minus, p->y, p->x);
  sl_fe_multiply(out->t2d, p->t, d_twice);
  copy(out->z, p->z);
}

// p, 3 p, 5 p, ...: the multiples that digits ask for.
static void odd_multiples(summand *out, int count, const point *p) {
  summand twice;
  point sum = *p, two = *p;
  double_point(&two, true);
  to_summand(&twice, &two);
  for (int i = 0; i < count; i++) {
    to_summand(&out[i], &sum);
    if (i + 1 < count) add_point(&sum, &twice, false, false);
  }
}

// ---- encodings ----------------------------------------------------------------------------------

// y of the eight points whose order divides 8.
static const uint8_t small_order_y[5][32] = {
    {0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}};

static bool is_small_order(const uint8_t *bytes) {
  uint8_t y[32];
  memcpy(y, bytes, sizeof y);
  y[31] &= 0x7f;
  for (int i = 0; i < 5; i++)
    if (memcmp(y, small_order_y[i], sizeof y) == 0) return true;
  return false;
}

// The point of an encoding (RFC 8032, 5.1.3), or false where it is not canonical or there is none.
static bool decode(point *p, const uint8_t *bytes) {
  uint8_t again[32];
  bool sign = bytes[31] >> 7;
  sl_fe_decode(p->y, bytes);
  sl_fe_encode(again, p->y);
  again[31] |= (uint8_t)(sign << 7);
  if (memcmp(again, bytes, sizeof again) != 0) return false;

  // x^2 = u / v = (y^2 - 1) / (d y^2 + 1); x = u v^3 (u v^7)^((p - 5) / 8), or that times sqrt(-1).
  sl_fe u, v, v3, x, check;
  sl_fe_square(u, p->y);
  sl_fe_multiply(v, u, d);
  sl_fe_subtract(u, u, one);
  sl_fe_add(v, v, one);
  sl_fe_square(v3, v);
  sl_fe_multiply(v3, v3, v);
  sl_fe_square(x, v3);
  sl_fe_multiply(x, x, v);
  sl_fe_multiply(x, x, u);
  sl_fe_power_for_root(x, x);
  sl_fe_multiply(x, x, v3);
  sl_fe_multiply(x, x, u);

  sl_fe_square(check, x);
  sl_fe_multiply(check, check, v);
  sl_fe_subtract(v3, check, u);
  if (!sl_fe_is_zero(v3)) {
    sl_fe_add(v3, check, u);
    if (!sl_fe_is_zero(v3)) return false;
    sl_fe_multiply(x, x, root_of_minus_one);
  }
  if (sl_fe_is_zero(x) && sign) return false;
  if (sl_fe_is_odd(x) != sign) sl_fe_negate(x, x);
  copy(p->x, x);
  copy(p->z, one);
  sl_fe_multiply(p->t, p->x, p->y);
  return true;
}

static void encode(uint8_t *out, const point *p, const sl_fe z_inverse) {
  sl_fe x, y;
  sl_fe_multiply(x, p->x, z_inverse);
  sl_fe_multiply(y, p->y, z_inverse);
  sl_fe_encode(out, y);
  out[31] |= (uint8_t)(sl_fe_is_odd(x) << 7);
}

// Inverts all: one inversion and three products a number. None is 0.
//   scratch   count, written
static void invert_all(sl_fe *numbers, sl_fe *scratch, size_t count) {
  sl_fe product;
  copy(product, one);
  for (size_t i = 0; i < count; i++) {
    copy(scratch[i], product);
    sl_fe_multiply(product, product, numbers[i]);
  }
  sl_fe_invert(product, product);
  for (size_t i = count; i-- > 0;) {
    sl_fe inverse;
    sl_fe_multiply(inverse, product, scratch[i]);
    sl_fe_multiply(product, product, numbers[i]);
    copy(numbers[i], inverse);
  }
}

// ---- S B - h A ----------------------------------------------------------------------------------

#define BASE_WIDTH 8
#define BASE_COUNT 64 // odd numbers below 2^(BASE_WIDTH - 1)
#define KEY_WIDTH 5
#define KEY_COUNT 8

// Odd multiples of the base point with Z = 1, made with the first use: 6 KB less in each module. Threads that
// come meanwhile wait.
static summand base_multiples[BASE_COUNT];
static _Atomic int base_state; // one of these
enum { EMPTY, BEING_FILLED, READY };

static void fill_base(void) {
  point base;
  sl_fe z[BASE_COUNT], scratch[BASE_COUNT];
  copy(base.x, base_x);
  copy(base.y, base_y);
  copy(base.z, one);
  sl_fe_multiply(base.t, base_x, base_y);
  odd_multiples(base_multiples, BASE_COUNT, &base);
  for (int i = 0; i < BASE_COUNT; i++) copy(z[i], base_multiples[i].z);
  invert_all(z, scratch, BASE_COUNT);
  for (int i = 0; i < BASE_COUNT; i++) {
    summand *multiple = &base_multiples[i];
    sl_fe_multiply(multiple->plus, multiple->plus, z[i]);
    sl_fe_multiply(multiple->minus, multiple->minus, z[i]);
    sl_fe_multiply(multiple->t2d, multiple->t2d, z[i]);
  }
}

static void need_base(void) {
  if (atomic_load_explicit(&base_state, memory_order_acquire) == READY) return;
  int expected = EMPTY;
  if (atomic_compare_exchange_strong(&base_state, &expected, BEING_FILLED)) {
    fill_base();
    atomic_store_explicit(&base_state, READY, memory_order_release);
  } else {
    while (atomic_load_explicit(&base_state, memory_order_acquire) != READY) continue;
  }
}

static void add_digit(point *p, const summand *multiples, int digit, bool affine) {
  if (digit != 0) add_point(p, &multiples[(digit < 0 ? -digit : digit) / 2], digit < 0, affine);
}

// s B + h P, of whose odd multiples the first KEY_COUNT are given.
static void multiply_both(point *out, const uint8_t *s, const uint8_t *h,
                          const summand *multiples) {
  int8_t base_digits[256], key_digits[256];
  sl_scalar_digits(s, BASE_WIDTH, base_digits);
  sl_scalar_digits(h, KEY_WIDTH, key_digits);
  copy(out->x, zero);
  copy(out->y, one);
  copy(out->z, one);
  copy(out->t, zero);
  int i = 255;
  while (i >= 0 && base_digits[i] == 0 && key_digits[i] == 0) i--;
  for (; i >= 0; i--) {
    double_point(out, base_digits[i] != 0 || key_digits[i] != 0);
    add_digit(out, multiples, key_digits[i], false);
    add_digit(out, base_multiples, base_digits[i], true);
  }
}

// ---- signatures ---------------------------------------------------------------------------------

// A key that has been looked at: multiples of its negative.
typedef struct prepared_key {
  const uint8_t *bytes; // NULL: none yet
  bool valid;
  summand multiples[KEY_COUNT];
} prepared_key;

static void prepare_key(prepared_key *key, const uint8_t *bytes) {
  if (key->bytes != NULL && memcmp(key->bytes, bytes, SL_ED25519_KEY_BYTES) == 0) return;
  point p;
  key->bytes = bytes;
  key->valid = !is_small_order(bytes) && decode(&p, bytes);
  if (!key->valid) return;
  sl_fe_negate(p.x, p.x);
  sl_fe_negate(p.t, p.t);
  odd_multiples(key->multiples, KEY_COUNT, &p);
}

// What R must be, S B - h A; false where that need not be known.
static bool find_r(point *r, prepared_key *key, const uint8_t *key_bytes, const uint8_t *signature,
                   const void *message, size_t count) {
  const uint8_t *s = signature + 32;
  // An R that is not canonical is never what `encode` writes.
  if (!sl_scalar_is_canonical(s) || is_small_order(signature)) return false;
  prepare_key(key, key_bytes);
  if (!key->valid) return false;
  sl_sha512 hash;
  uint8_t digest[SL_SHA512_BYTES], h[32];
  sl_sha512_init(&hash);
  sl_sha512_update(&hash, signature, 32);
  sl_sha512_update(&hash, key_bytes, SL_ED25519_KEY_BYTES);
  sl_sha512_update(&hash, message, count);
  sl_sha512_final(&hash, digest);
  sl_scalar_reduce(h, digest);
  multiply_both(r, s, h, key->multiples);
  return true;
}

// Signatures that share an inversion.
#define TOGETHER 32

static void verify_some(prepared_key *key, const uint8_t *keys, const uint8_t *signatures,
                        const uint8_t *messages, const uint32_t *offsets, size_t count,
                        uint8_t *valid) {
  point r[TOGETHER];
  sl_fe z[TOGETHER], scratch[TOGETHER];
  size_t which[TOGETHER], found = 0;
  for (size_t i = 0; i < count; i++) {
    valid[i] = 0;
    if (find_r(&r[found], key, keys + SL_ED25519_KEY_BYTES * i,
               signatures + SL_ED25519_SIGNATURE_BYTES * i, messages + offsets[i],
               offsets[i + 1] - offsets[i])) {
      copy(z[found], r[found].z);
      which[found++] = i;
    }
  }
  invert_all(z, scratch, found);
  for (size_t k = 0; k < found; k++) {
    uint8_t bytes[32];
    encode(bytes, &r[k], z[k]);
    size_t i = which[k];
    valid[i] = memcmp(bytes, signatures + SL_ED25519_SIGNATURE_BYTES * i, sizeof bytes) == 0;
  }
}

bool sl_ed25519_verify(const uint8_t *key, const uint8_t *signature, const void *message,
                       size_t count) {
  need_base();
  prepared_key prepared;
  prepared.bytes = NULL;
  point r;
  if (!find_r(&r, &prepared, key, signature, message, count)) return false;
  uint8_t bytes[32];
  sl_fe_invert(r.z, r.z);
  encode(bytes, &r, r.z);
  return memcmp(bytes, signature, sizeof bytes) == 0;
}

sl_status sl_ed25519_verify_many(const uint8_t *keys, const uint8_t *signatures,
                                 const uint8_t *messages, const uint32_t *offsets, size_t length,
                                 size_t count, uint8_t *valid) {
  for (size_t i = 0; i <= count; i++) {
    size_t next = i < count ? offsets[i + 1] : length;
    SL_REQUIRE_AT(offsets[i] <= next, SL_ERR_INDEX, "offsets",
                  "offsets that do not fall and end within the messages", i);
  }
  need_base();
  prepared_key key;
  key.bytes = NULL;
  for (size_t begin = 0; begin < count; begin += TOGETHER) {
    size_t now = count - begin < TOGETHER ? count - begin : TOGETHER;
    verify_some(&key, keys + SL_ED25519_KEY_BYTES * begin,
                signatures + SL_ED25519_SIGNATURE_BYTES * begin, messages, offsets + begin, now,
                valid + begin);
  }
  return SL_OK;
}

bool sl_ed25519_is_key(const uint8_t *key) {
  point p;
  return !is_small_order(key) && decode(&p, key);
}
