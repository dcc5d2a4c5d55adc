// SHA-256 against FIPS 180-4 and Python's hashlib.
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "crypto/sha256.h"

static void assert_hex(const uint8_t *bytes, size_t count, const char *expected) {
  char text[129] = "";
  for (size_t i = 0; i < count; i++) sprintf(text + 2 * i, "%02x", bytes[i]);
  assert_string_equal(text, expected);
}

// The examples of NIST, "Cryptographic Standards and Guidelines: Example Values", SHA-256, and those
// of its test vector sets for long messages.
static void the_standards_examples(void **state) {
  (void)state;
  uint8_t out[SL_SHA256_BYTES];
  sl_sha256_of(NULL, 0, out);
  assert_hex(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  sl_sha256_of("abc", 3, out);
  assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  sl_sha256_of(two_blocks, sizeof two_blocks - 1, out);
  assert_hex(out, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");

  sl_sha256 hash;
  sl_sha256_init(&hash);
  char piece[125];
  memset(piece, 'a', sizeof piece);
  for (int i = 0; i < 8000; i++) sl_sha256_update(&hash, piece, sizeof piece);
  sl_sha256_final(&hash, out);
  assert_hex(out, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The hash of the hashes of messages of 0..300 bytes, byte i of message n being i * i + 7 n:
//   h = hashlib.sha256()
//   for n in range(301): h.update(hashlib.sha256(bytes((i*i + 7*n) & 255 for i in range(n))).digest())
static void every_length_whole_and_in_pieces(void **state) {
  (void)state;
  sl_sha256 all;
  sl_sha256_init(&all);
  uint8_t message[300];
  for (size_t n = 0; n <= 300; n++) {
    for (size_t i = 0; i < n; i++) message[i] = (uint8_t)(i * i + 7 * n);
    uint8_t whole[SL_SHA256_BYTES];
    sl_sha256_of(message, n, whole);
    sl_sha256_update(&all, whole, sizeof whole);
    for (size_t cut = 0; cut <= n; cut++) {
      sl_sha256 hash;
      sl_sha256_init(&hash);
      sl_sha256_update(&hash, message, cut);
      sl_sha256 copy = hash;
      sl_sha256_update(&hash, NULL, 0);
      sl_sha256_update(&hash, message + cut, n - cut);
      uint8_t out[SL_SHA256_BYTES];
      sl_sha256_final(&hash, out);
      assert_memory_equal(out, whole, sizeof out);
      for (size_t i = cut; i < n; i++) sl_sha256_update(&copy, message + i, 1);
      sl_sha256_final(&copy, out);
      assert_memory_equal(out, whole, sizeof out);
    }
  }
  uint8_t out[SL_SHA256_BYTES];
  sl_sha256_final(&all, out);
  assert_hex(out, 32, "56654c77a609969c4b292fbec08212b629faab83e3c420e29b1ba1fd11cd8a03");
}

static void the_hash_may_overwrite_its_message(void **state) {
  (void)state;
  uint8_t bytes[64] = "abc";
  sl_sha256_of(bytes, 3, bytes);
  assert_hex(bytes, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_standards_examples),
      cmocka_unit_test(every_length_whole_and_in_pieces),
      cmocka_unit_test(the_hash_may_overwrite_its_message),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
