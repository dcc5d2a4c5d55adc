#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "sparse/number.h"

// glibc's strtod is correctly rounded (its own claim and tests): the reference here.
static void check_text(const char *text) {
  double found = -77, wanted = strtod(text, NULL);
  sl_number kind = sl_parse_double(text, strlen(text), &found);
  if (isinf(wanted)) {
    assert_int_equal(kind, SL_NUMBER_NOT_FINITE);
    return;
  }
  if (kind != SL_NUMBER_OK || memcmp(&found, &wanted, sizeof found) != 0) {
    fail_msg("%s: %.17g instead of %.17g", text, found, wanted);
  }
}

static void hard_cases_are_rounded_correctly(void **state) {
  (void)state;
  static const char *const texts[] = {"0",
                                      "-0",
                                      "+0",
                                      "0.0",
                                      ".5",
                                      "5.",
                                      "00012",
                                      "1e0",
                                      "1E+2",
                                      "1e-2",
                                      "-1.5e3",
                                      "0e99999999999",
                                      "1e99999999999",
                                      "1e-99999999999",
                                      "9007199254740992",
                                      "9007199254740993",
                                      "9007199254740993.0",
                                      "9007199254740993.00000000000000000000000000000000000001",
                                      "9007199254740995",
                                      "18446744073709551615",
                                      "9223372036854775808e-5",
                                      "9999999999999999999e-7",
                                      "1e22",
                                      "1e23",
                                      "8.5e22",
                                      "123456789012345678e22",
                                      "1.7976931348623157e308",
                                      "1.7976931348623158e308",
                                      "1.7976931348623159e308",
                                      "1.8e308",
                                      "1e309",
                                      "179769313486231580793728971405303415079934132710037826936173"
                                      "778980444968292764750946649017977587207"
                                      "096330286416692887910946555547851940402630657488671505820681"
                                      "908902000708383676273854845817711531764"
                                      "475730270069855571366959622842914819860834936475292719074168"
                                      "444365510704342711559699508093042880"
                                      "177904174497791.999",
                                      "179769313486231580793728971405303415079934132710037826936173"
                                      "778980444968292764750946649017977587207"
                                      "096330286416692887910946555547851940402630657488671505820681"
                                      "908902000708383676273854845817711531764"
                                      "475730270069855571366959622842914819860834936475292719074168"
                                      "444365510704342711559699508093042880"
                                      "177904174497792",
                                      "4.9406564584124654e-324",
                                      "2.4703282292062327e-324",
                                      "2.4703282292062328e-324",
                                      "2.47e-324",
                                      "2.48e-324",
                                      "2.4703282292062327208e-324",
                                      "1e-324",
                                      "9e-325",
                                      "7.4e-324",
                                      "1.1125369292536007e-308",
                                      "2.2250738585072011e-308",
                                      "2.2250738585072012e-308",
                                      "2.2250738585072014e-308",
                                      "2.225073858507201e-308",
                                      "6.9294956446009195e15",
                                      "3.7455744005952583e15",
                                      "0.500000000000000166533453693773481063544750213623046875",
                                      "3.518437208883201171875e13",
                                      "62.5364939768271845828",
                                      "8.10109172351e-10",
                                      "1.50000000000000011102230246251565",
                                      "0.1000000000000000055511151231257827021181583404541015625",
                                      "2.0e-308",
                                      "5.0e-324",
                                      "123456.7890123456789e-27",
                                      "1.00000000000000011102230246251565404236316680908203125",
                                      "1.00000000000000011102230246251565404236316680908203124",
                                      "1.00000000000000011102230246251565404236316680908203126",
                                      "100000000000000016777215",
                                      "100000000000000016777216",
                                      "1.0000000000000000e+00"};
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) check_text(texts[k]);
}

static double random_bits(sl_rng *rng) {
  double value;
  do {
    uint64_t bits = sl_rng_next(rng);
    // Every fourth subnormal or tiny, every fourth of everyday size.
    if ((bits & 3) == 0) bits = (bits & ~(UINT64_C(0x7fe) << 52)) >> (bits >> 58);
    if ((bits & 3) == 1) bits = (bits & 0x800fffffffffffff) | (uint64_t)(1000 + (bits >> 60)) << 52;
    memcpy(&value, &bits, sizeof value);
  } while (!isfinite(value));
  return value;
}

static void every_way_of_printing_a_double_reads_back(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 99);
  char text[1500];
  for (int trial = 0; trial < SL_TRIES(200000); trial++) {
    double value = random_bits(&rng);
    snprintf(text, sizeof text, "%.*e", 1 + (int)sl_rng_below(&rng, 25), value);
    check_text(text);
    snprintf(text, sizeof text, "%.17g", value);
    double found;
    assert_int_equal(sl_parse_double(text, strlen(text), &found), SL_NUMBER_OK);
    assert_memory_equal(&found, &value, sizeof value);
    snprintf(text, sizeof text, "%.*f", (int)sl_rng_below(&rng, 20), fmod(value, 1e6));
    check_text(text);
  }
}

// Exactly half way between two doubles, and one digit off in the last place of hundreds.
static void ties_of_hundreds_of_digits_are_decided(void **state) {
  (void)state;
  sl_rng rng;
  sl_rng_seed(&rng, 98);
  char text[SL_NUMBER_LONGEST + 100];
  for (int trial = 0; trial < SL_TRIES(3000); trial++) {
    double low = fabs(random_bits(&rng)), high = nextafter(low, INFINITY);
    if (isinf(high)) continue;
    long double middle = ((long double)low + high) / 2;
    int length = snprintf(text, sizeof text, "%.1100Le", middle);
    assert_true(length < SL_NUMBER_LONGEST);
    check_text(text);
    char *last = strchr(text, 'e') - 1;
    while (*last == '0') last--;
    (*last)++;
    if (*last <= '9') check_text(text);
    *last = (char)(*last - 2);
    check_text(text);
  }
}

// What gfortran writes for values of double precision; the same value with the letter e.
static void exponents_of_fortran_are_read(void **state) {
  (void)state;
  static const char *const pairs[][2] = {
      {"1.5D+02", "1.5e+02"},
      {"1.5d2", "1.5e2"},
      {"-.3D-05", "-.3e-05"},
      {"1.5-102", "1.5e-102"},
      {"-0.1+101", "-0.1e+101"},
      {"12.d0", "12.e0"},
      {"1D22", "1e22"},
      {"5.-324", "5.e-324"},
      {"1.7976931348623157D308", "1.7976931348623157e308"},
  };
  for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
    double found, wanted = strtod(pairs[k][1], NULL);
    assert_int_equal(sl_parse_double(pairs[k][0], strlen(pairs[k][0]), &found), SL_NUMBER_OK);
    assert_memory_equal(&found, &wanted, sizeof found);
  }
  double value;
  assert_int_equal(sl_parse_double("1.5+309", 7, &value), SL_NUMBER_NOT_FINITE);
}

static void what_is_not_a_number_is_refused(void **state) {
  (void)state;
  static const char *const bad[] = {
      "",        "+",       "-",          ".",      "e5",    ".e5",    "1e",       "1e+",
      "1e1.5",   "1.2.3",   "1x",         "x1",     "--1",   "1-",     "0x10",     "1,5",
      "1_0",     "1 ",      " 1",         "1f5",    "in",    "nanx",   "infinit",  "i",
      "1e5e5",   "\xff",    "1d",         "1ed5",   "1.5-1", "1.5-12", "1.5-1020", "15-102",
      "2024-01", "1.5--12", "2024-01-31", "1.5-1e2"};
  double value;
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    assert_int_equal(sl_parse_double(bad[k], strlen(bad[k]), &value), SL_NUMBER_MALFORMED);
  }
  static const char *const infinite[] = {"inf", "-Inf",  "INFINITY",    "+nan",
                                         "NaN", "1e400", "-1e999999999"};
  for (size_t k = 0; k < sizeof infinite / sizeof *infinite; k++) {
    assert_int_equal(sl_parse_double(infinite[k], strlen(infinite[k]), &value),
                     SL_NUMBER_NOT_FINITE);
  }
  char longest[SL_NUMBER_LONGEST + 1];
  memset(longest, '9', sizeof longest);
  longest[1] = '.';
  assert_int_equal(sl_parse_double(longest, SL_NUMBER_LONGEST, &value), SL_NUMBER_OK);
  assert_true(value == 10);
  assert_int_equal(sl_parse_double(longest, SL_NUMBER_LONGEST + 1, &value), SL_NUMBER_MALFORMED);
  // The longest intermediate: many digits and the smallest exponent that still matters.
  memset(longest, '9', sizeof longest);
  memcpy(longest + SL_NUMBER_LONGEST - 6, "e-1517", 6);
  assert_int_equal(sl_parse_double(longest, SL_NUMBER_LONGEST, &value), SL_NUMBER_OK);
  assert_true(value == 0x1p-1073);
}

static void whole_numbers_stop_at_two_to_the_64(void **state) {
  (void)state;
  uint64_t value;
  assert_true(sl_parse_u64("18446744073709551615", 20, &value) && value == UINT64_MAX);
  assert_false(sl_parse_u64("18446744073709551616", 20, &value));
  assert_false(sl_parse_u64("99999999999999999999", 20, &value));
  assert_true(sl_parse_u64("0000000000000000000000000000012", 31, &value) && value == 12);
  assert_true(sl_parse_u64("0", 1, &value) && value == 0);
  const char *bad[] = {"", "-1", "+1", "1.0", "1e3", " 1", "1 ", "0x1", "a"};
  for (int k = 0; k < 9; k++) assert_false(sl_parse_u64(bad[k], strlen(bad[k]), &value));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(hard_cases_are_rounded_correctly),
      property(every_way_of_printing_a_double_reads_back),
      property(ties_of_hundreds_of_digits_are_decided),
      property(exponents_of_fortran_are_read),
      property(what_is_not_a_number_is_refused),
      property(whole_numbers_stop_at_two_to_the_64),
  };
  return cmocka_run_group_tests_name("sparse_number", tests, NULL, NULL);
}
