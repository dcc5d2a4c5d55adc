// Verification of Ed25519, against vectors of RFC 8032 and signatures that were made on purpose; the
// arithmetic, against itself in other forms and Fermat's theorem.
#include "crypto_vectors.h"

#include "base/rng.h"
#include "crypto/ed25519.h"
#include "crypto/ed25519_scalar.h"
#include "crypto/field25519.h"

static void vectors_of_all_kinds(void **state) {
  (void)state;
  int count = 0;
  for (vectors *v = open_vectors("ed25519.json"); next_vector(v, 5); count++) {
    uint8_t *key, *signature, *message;
    assert_int_equal(from_hex(v->words[0], &key), 32);
    assert_int_equal(from_hex(v->words[1], &signature), 64);
    const size_t length = from_hex(v->words[2], &message);
    const bool valid = v->words[3][0] == '1';
    if (sl_ed25519_verify(key, signature, message, length) != valid) fail_msg("%s", v->words[4]);
    // Any flipped bit makes it wrong.
    for (int bit = 0; valid && bit < 512; bit += 7) {
      signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
      assert_false(sl_ed25519_verify(key, signature, message, length));
      signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
      key[bit / 16] ^= (uint8_t)(1 << bit % 8);
      assert_false(sl_ed25519_verify(key, signature, message, length));
      key[bit / 16] ^= (uint8_t)(1 << bit % 8);
    }
    free(key);
    free(signature);
    free(message);
  }
  assert_true(count > 40);
}

// Many at once: keys that repeat and keys that do not, right and wrong.
static void many_are_each_of_them(void **state) {
  (void)state;
  enum { MOST = 150, BYTES = 1 << 17 };
  uint8_t *keys = malloc(MOST * 32), *signatures = malloc(MOST * 64), *messages = malloc(BYTES);
  uint32_t offsets[MOST + 1] = {0};
  uint8_t valid[MOST], expected[MOST];
  uint32_t count = 0;
  for (int round = 0; round < 2; round++) {
    for (vectors *v = open_vectors("ed25519.json"); next_vector(v, 5);) {
      for (int copies = 0; copies <= round % 2 && count < MOST; copies++) {
        uint8_t *part;
        from_hex(v->words[0], &part);
        memcpy(keys + 32 * count, part, 32);
        free(part);
        from_hex(v->words[1], &part);
        memcpy(signatures + 64 * count, part, 64);
        free(part);
        const size_t length = from_hex(v->words[2], &part);
        memcpy(messages + offsets[count], part, length);
        free(part);
        expected[count] = v->words[3][0] == '1';
        offsets[count + 1] = offsets[count] + (uint32_t)length;
        count++;
      }
    }
  }
  assert_ok(sl_ed25519_verify_many(keys, signatures, messages, offsets, BYTES, count, valid));
  assert_memory_equal(valid, expected, count);
  assert_ok(sl_ed25519_verify_many(keys, signatures, messages, offsets, BYTES, 0, valid));
  offsets[3] = BYTES + 1;
  assert_refused(sl_ed25519_verify_many(keys, signatures, messages, offsets, BYTES, count, valid),
                 SL_ERR_INDEX, "offsets");
  free(keys);
  free(signatures);
  free(messages);
}

static void random_number(sl_rng *rng, sl_fe out) {
  uint8_t bytes[32];
  const bool extreme = sl_rng_below(rng, 4) == 0;
  for (int i = 0; i < 32; i++)
    bytes[i] = extreme ? (sl_rng_below(rng, 2) ? 0xff : 0) : (uint8_t)sl_rng_next(rng);
  sl_fe_decode(out, bytes);
}

static void assert_same(const sl_fe a, const sl_fe b) {
  uint8_t x[32], y[32];
  sl_fe_encode(x, a);
  sl_fe_encode(y, b);
  assert_memory_equal(x, y, 32);
}

static void the_field_is_a_field(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 3);
  for (int i = 0; i < 2000; i++) {
    sl_fe a, b, c, left, right, part;
    random_number(&rng, a);
    random_number(&rng, b);
    random_number(&rng, c);
    // The largest that may go into a product: sums of three.
    sl_fe_add(left, a, b);
    sl_fe_add(left, left, c);
    sl_fe_multiply(part, left, left);
    sl_fe_square(right, left);
    assert_same(part, right);
    sl_fe_square_twice(part, left);
    sl_fe_add(right, right, right);
    assert_same(part, right);
    // a (b - c) = a b - a c
    sl_fe_subtract(left, b, c);
    sl_fe_multiply(left, a, left);
    sl_fe_multiply(right, a, b);
    sl_fe_multiply(part, a, c);
    sl_fe_subtract(right, right, part);
    assert_same(left, right);
    if (i % 20 == 0 && !sl_fe_is_zero(a)) {
      const sl_fe one = {1};
      sl_fe_invert(part, a);
      sl_fe_multiply(part, part, a);
      assert_same(part, one);
    }
  }
  // Numbers of p and above are what they are modulo p.
  for (int k = 0; k < 19; k++) {
    uint8_t bytes[32], again[32], small[32] = {(uint8_t)k};
    memset(bytes, 0xff, sizeof bytes);
    bytes[0] = (uint8_t)(0xed + k);
    bytes[31] = 0x7f;
    sl_fe number;
    sl_fe_decode(number, bytes);
    sl_fe_encode(again, number);
    assert_memory_equal(again, small, 32);
  }
}

// n, modulo L, is what the digits say, added up modulo 2^64 - 59 instead; and modulo L as long division
// finds it, bit by bit.
static void scalars(void **state) {
  (void)state;
  static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                    0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                    0,    0,    0,    0,    0,    0,    0,    0,
                                    0,    0,    0,    0,    0,    0,    0,    0x10};
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (int round = 0; round < SL_TRIES(1000); round++) {
    uint8_t wide[64], reduced[32];
    for (int i = 0; i < 64; i++)
      wide[i] = round % 5 == 0   ? 0xff
                : round % 5 == 1 ? (sl_rng_below(&rng, 2) ? 0xff : 0)
                                 : (uint8_t)sl_rng_next(&rng);
    if (round == 2) memset(wide, 0, 64);
    if (round == 3) memcpy(memset(wide, 0, 64), order, 32);
    sl_scalar_reduce(reduced, wide);
    assert_true(sl_scalar_is_canonical(reduced));
    uint8_t rest[33] = {0};
    for (int bit = 511; bit >= 0; bit--) {
      int carry = wide[bit / 8] >> bit % 8 & 1;
      for (int i = 0; i < 33; i++) {
        const int byte = rest[i] << 1 | carry;
        rest[i] = (uint8_t)byte;
        carry = byte >> 8;
      }
      uint8_t less[33];
      int borrow = 0;
      for (int i = 0; i < 33; i++) {
        const int byte = rest[i] - (i < 32 ? order[i] : 0) - borrow;
        less[i] = (uint8_t)byte;
        borrow = byte < 0;
      }
      if (!borrow) memcpy(rest, less, sizeof rest);
    }
    assert_memory_equal(reduced, rest, 32);

    for (int width = 2; width <= 8; width++) {
      int8_t digits[256];
      sl_scalar_digits(reduced, width, digits);
      const uint64_t modulus = 0xffffffff; // small, so that sums fit
      uint64_t value = 0, sum = 0;
      for (int i = 255; i >= 0; i--) {
        value = (value * 2 + (reduced[i / 8] >> i % 8 & 1)) % modulus;
        sum = (sum * 2 + modulus + (uint64_t)(int64_t)digits[i]) % modulus;
        assert_true(digits[i] == 0 || digits[i] % 2 != 0);
        assert_true(abs(digits[i]) < 1 << (width - 1));
        for (int k = 1; digits[i] != 0 && k < width && i + k < 256; k++)
          assert_int_equal(digits[i + k], 0);
      }
      assert_true(value == sum);
    }
  }
  assert_false(sl_scalar_is_canonical(order));
}

static void keys(void **state) {
  (void)state;
  uint8_t key[32] = {1};
  assert_false(sl_ed25519_is_key(key)); // of order 1
  key[0] = 2;                           // no point: 3 / (4 d + 1) is no square
  assert_false(sl_ed25519_is_key(key));
  memset(key, 0x66, 32); // the base point: y = 4 / 5
  key[0] = 0x58;
  assert_true(sl_ed25519_is_key(key));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(vectors_of_all_kinds),
      property(many_are_each_of_them),
      property(the_field_is_a_field),
      property(scalars),
      property(keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
