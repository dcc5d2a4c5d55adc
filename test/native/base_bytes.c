#include "check.h"

#include "base/bytes.h"

// Values of RFC 3720, appendix B.4, and the check value of the CRC catalogue.
static void crc32c_matches_the_standard(void **state) {
  (void)state;
  uint8_t bytes[32] = {0};
  assert_int_equal(sl_crc32c(0, bytes, 32), 0x8a9136aau);
  memset(bytes, 0xff, 32);
  assert_int_equal(sl_crc32c(0, bytes, 32), 0x62a8ab43u);
  for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)i;
  assert_int_equal(sl_crc32c(0, bytes, 32), 0x46dd794eu);
  for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)(31 - i);
  assert_int_equal(sl_crc32c(0, bytes, 32), 0x113fdb5cu);
  assert_int_equal(sl_crc32c(0, "123456789", 9), 0xe3069283u);
  assert_int_equal(sl_crc32c(0, "", 0), 0);
}

static void pieces_chain(void **state) {
  (void)state;
  const char text[] = "The quick brown fox jumps over the lazy dog";
  uint32_t whole = sl_crc32c(0, text, sizeof text);
  for (size_t cut = 0; cut <= sizeof text; cut++) {
    assert_int_equal(sl_crc32c(sl_crc32c(0, text, cut), text + cut, sizeof text - cut), whole);
  }
}

static void numbers_are_little_endian(void **state) {
  (void)state;
  uint8_t bytes[8];
  sl_put_u64(bytes, 0x0807060504030201u);
  for (int i = 0; i < 8; i++) assert_int_equal(bytes[i], i + 1);
  assert_int_equal(sl_get_u32(bytes + 1), 0x05040302u);
  assert_true(sl_get_u64(bytes) == 0x0807060504030201u);
  sl_put_f64(bytes, -0.1);
  assert_true(sl_get_f64(bytes) == -0.1);
  sl_put_u32(bytes, 0xfffefdfcu);
  assert_int_equal(bytes[0], 0xfc);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(crc32c_matches_the_standard),
      cmocka_unit_test(pieces_chain),
      cmocka_unit_test(numbers_are_little_endian),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
