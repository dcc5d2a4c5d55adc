// The hashes by name, against the vectors of NIST and Python's hashlib.
#include "crypto_vectors.h"

#include "base/rng.h"
#include "crypto/hash.h"
#include "crypto/sha256_many.h"

static const char *const NAMES[] = {"sha256",   "sha512",   "sha3-256",
                                    "sha3-512", "shake128", "shake256"};
enum { ALGORITHMS = 6 };

static sl_hash_algorithm named(const char *name) {
  for (int i = 0; i < ALGORITHMS; i++)
    if (strcmp(name, NAMES[i]) == 0) return (sl_hash_algorithm)i;
  fail_msg("no algorithm %s", name);
  return SL_HASH_SHA256;
}

// The digest of all messages of 0..300 bytes, each in pieces of random length as well.
static void check_lengths(sl_hash_algorithm algorithm, const char *expected) {
  sl_rng rng;
  sl_rng_seed(&rng, 7);
  sl_hash *all, *hash;
  assert_ok(sl_hash_create(SL_HASH_SHA256, &all));
  assert_ok(sl_hash_create(algorithm, &hash));
  const uint32_t bytes = sl_hash_digest_bytes(algorithm);
  for (size_t n = 0; n <= 300; n++) {
    uint8_t message[300], whole[64], digest[64];
    make_message(message, n);
    assert_ok(sl_hash_of(algorithm, message, n, whole, bytes));
    assert_ok(sl_hash_update(all, whole, bytes));
    sl_hash_reset(hash);
    for (size_t at = 0; at < n;) {
      size_t now = 1 + sl_rng_below(&rng, 1 + (uint32_t)(n - at) / 2);
      assert_ok(sl_hash_update(hash, message + at, now));
      at += now;
    }
    assert_ok(sl_hash_digest(hash, digest, bytes));
    assert_memory_equal(digest, whole, bytes);
    assert_ok(sl_hash_digest(hash, digest, bytes)); // it is still there
    assert_memory_equal(digest, whole, bytes);
  }
  uint8_t digest[32];
  assert_ok(sl_hash_digest(all, digest, sizeof digest));
  assert_hex(digest, sizeof digest, expected);
  sl_hash_destroy(all);
  sl_hash_destroy(hash);
}

static void published_vectors(void **state) {
  (void)state;
  for (vectors *v = open_vectors("hashes.json"); next_vector(v, 3);) {
    if (strcmp(v->words[0], "lengths") == 0) {
      check_lengths(named(v->words[1]), v->words[2]);
      continue;
    }
    uint8_t *message;
    const size_t count = from_hex(v->words[1], &message), length = strlen(v->words[2]) / 2;
    uint8_t *digest = malloc(length);
    assert_ok(sl_hash_of(named(v->words[0]), message, count, digest, length));
    assert_hex(digest, length, v->words[2]);
    free(digest);
    free(message);
  }
}

static void the_output_of_a_sponge_has_no_end(void **state) {
  (void)state;
  for (int a = SL_HASH_SHAKE128; a <= SL_HASH_SHAKE256; a++) {
    uint8_t whole[1000], parts[1000];
    assert_ok(sl_hash_of((sl_hash_algorithm)a, "sponge", 6, whole, sizeof whole));
    for (size_t step = 1; step < 400; step += 13) {
      sl_hash *hash;
      assert_ok(sl_hash_create((sl_hash_algorithm)a, &hash));
      assert_ok(sl_hash_update(hash, "sponge", 6));
      for (size_t at = 0; at < sizeof parts;) {
        const size_t now = sizeof parts - at < step ? sizeof parts - at : step;
        assert_ok(sl_hash_squeeze(hash, parts + at, now));
        at += now;
      }
      assert_memory_equal(parts, whole, sizeof whole);
      assert_refused(sl_hash_update(hash, "x", 1), SL_ERR_STATE, "bytes");
      assert_refused(sl_hash_digest(hash, parts, 32), SL_ERR_STATE, "digest");
      sl_hash_reset(hash);
      assert_ok(sl_hash_update(hash, "sponge", 6));
      assert_ok(sl_hash_digest(hash, parts, 10));
      assert_memory_equal(parts, whole, 10);
      sl_hash_destroy(hash);
    }
  }
}

static void a_clone_goes_on_alone(void **state) {
  (void)state;
  for (int a = 0; a < ALGORITHMS; a++) {
    sl_hash *hash, *clone;
    uint8_t one[64], two[64], whole[64];
    const sl_hash_algorithm algorithm = (sl_hash_algorithm)a;
    const uint32_t bytes = sl_hash_digest_bytes(algorithm);
    assert_ok(sl_hash_create(algorithm, &hash));
    assert_ok(sl_hash_update(hash, "abc", 3));
    assert_ok(sl_hash_clone(hash, &clone));
    assert_ok(sl_hash_update(hash, "def", 3));
    assert_ok(sl_hash_update(clone, "xyz", 3));
    assert_ok(sl_hash_digest(hash, one, bytes));
    assert_ok(sl_hash_digest(clone, two, bytes));
    assert_ok(sl_hash_of(algorithm, "abcdef", 6, whole, bytes));
    assert_memory_equal(one, whole, bytes);
    assert_ok(sl_hash_of(algorithm, "abcxyz", 6, whole, bytes));
    assert_memory_equal(two, whole, bytes);
    sl_hash_destroy(hash);
    sl_hash_destroy(clone);
  }
}

// Runs of messages of like and unlike lengths, around the ends of blocks, with and without a prefix.
static void many_are_each_of_them(void **state) {
  (void)state;
  enum { COUNT = 41, MOST = 200 };
  sl_rng rng;
  sl_rng_seed(&rng, 11);
  for (int round = 0; round < 60; round++) {
    uint32_t offsets[COUNT + 1] = {0};
    const uint32_t same = sl_rng_below(&rng, MOST);
    for (int i = 0; i < COUNT; i++)
      offsets[i + 1] = offsets[i] + (round % 2 ? same : sl_rng_below(&rng, MOST));
    uint8_t *messages = malloc(offsets[COUNT] + 1);
    for (uint32_t i = 0; i < offsets[COUNT]; i++) messages[i] = (uint8_t)sl_rng_next(&rng);
    for (int a = 0; a < ALGORITHMS; a++) {
      const sl_hash_algorithm algorithm = (sl_hash_algorithm)a;
      const uint32_t bytes = sl_hash_digest_bytes(algorithm);
      uint8_t digests[COUNT * 64], digest[64];
      assert_ok(sl_hash_many(algorithm, messages, offsets[COUNT], offsets, COUNT, digests));
      for (int i = 0; i < COUNT; i++) {
        assert_ok(sl_hash_of(algorithm, messages + offsets[i], offsets[i + 1] - offsets[i], digest,
                             bytes));
        assert_memory_equal(digests + bytes * (uint32_t)i, digest, bytes);
      }
    }
    uint8_t digests[COUNT * 32], digest[32], before = 0x5a;
    sl_sha256_many(before, messages, offsets, COUNT, digests);
    for (int i = 0; i < COUNT; i++) {
      sl_sha256 hash;
      sl_sha256_init(&hash);
      sl_sha256_update(&hash, &before, 1);
      sl_sha256_update(&hash, messages + offsets[i], offsets[i + 1] - offsets[i]);
      sl_sha256_final(&hash, digest);
      assert_memory_equal(digests + 32 * i, digest, 32);
    }
    free(messages);
  }
}

static void refuses(void **state) {
  (void)state;
  uint8_t out[64];
  sl_hash *hash;
  assert_refused(sl_hash_create((sl_hash_algorithm)6, &hash), SL_ERR_OPTION, "algorithm");
  assert_refused(sl_hash_of((sl_hash_algorithm)-1, "", 0, out, 32), SL_ERR_OPTION, "algorithm");
  assert_refused(sl_hash_of(SL_HASH_SHA256, "", 0, out, 31), SL_ERR_OPTION, "length");
  assert_ok(sl_hash_of(SL_HASH_SHAKE128, NULL, 0, NULL, 0));
  const uint32_t falling[] = {0, 5, 4, 6}, beyond[] = {0, 2, 9};
  assert_refused(sl_hash_many(SL_HASH_SHA256, out, 6, falling, 3, out), SL_ERR_INDEX, "offsets");
  assert_refused(sl_hash_many(SL_HASH_SHA256, out, 8, beyond, 2, out), SL_ERR_INDEX, "offsets");
  assert_ok(sl_hash_create(SL_HASH_SHA512, &hash));
  assert_refused(sl_hash_squeeze(hash, out, 1), SL_ERR_UNSUPPORTED, "algorithm");
  sl_hash_destroy(hash);
  sl_memory_budget budget;
  sl_memory_budget_begin(&budget, 10);
  assert_int_equal(sl_hash_create(SL_HASH_SHA512, &hash), SL_ERR_MEMORY);
  sl_memory_budget_end(&budget);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(published_vectors),
      property(the_output_of_a_sponge_has_no_end),
      property(a_clone_goes_on_alone),
      property(many_are_each_of_them),
      property(refuses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
