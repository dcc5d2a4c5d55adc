// Any text as a number: accepted exactly when it is one, and then the same double as strtod, which
// is correctly rounded.
#include <ctype.h>
#include <math.h>

#include "readers.h"
#include "sparse/number.h"

// The grammar of number.h, written down once more. *letter: where the exponent begins, or NULL.
static bool is_decimal(const char *text, const char **letter) {
  *letter = NULL;
  if (*text == '+' || *text == '-') text++;
  size_t digits = 0;
  for (; isdigit((unsigned char)*text); text++) digits++;
  bool point = *text == '.';
  if (point) {
    for (text++; isdigit((unsigned char)*text); text++) digits++;
  }
  if (digits == 0) return false;
  if (point && (*text == '+' || *text == '-') && strlen(text) == 4) *letter = text;
  if (strchr("eEdD", *text) && *text != 0) *letter = text++;
  if (*letter) {
    if (*text == '+' || *text == '-') text++;
    if (!isdigit((unsigned char)*text)) return false;
    while (isdigit((unsigned char)*text)) text++;
  }
  return *text == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > SL_NUMBER_LONGEST || memchr(data, 0, size) != NULL) return 0;
  char *text = malloc(size + 1);
  memcpy(text, data, size);
  text[size] = 0;
  // Without the terminator: reading past the end is found.
  char *exact = malloc(size ? size : 1);
  memcpy(exact, data, size);
  double value;
  sl_number kind = sl_parse_double(exact, size, &value);
  const char *letter;
  if (is_decimal(text, &letter)) {
    // C knows Fortran's letter as e, and wants one.
    char *plain = malloc(size + 2);
    size_t before = letter ? (size_t)(letter - text) : size;
    const char *rest = letter && isalpha((unsigned char)*letter) ? letter + 1 : letter;
    snprintf(plain, size + 2, "%.*s%s%s", (int)before, text, letter ? "e" : "", letter ? rest : "");
    double wanted = strtod(plain, NULL);
    free(plain);
    REQUIRE(kind == (isinf(wanted) ? SL_NUMBER_NOT_FINITE : SL_NUMBER_OK));
    REQUIRE(isinf(wanted) || memcmp(&value, &wanted, sizeof value) == 0);
  } else {
    REQUIRE(kind != SL_NUMBER_OK);
  }
  uint64_t whole;
  bool digits = size > 0 && size < 20;
  for (size_t i = 0; i < size; i++) digits &= isdigit(data[i]) != 0;
  if (digits)
    REQUIRE(sl_parse_u64(exact, size, &whole) && whole == strtoull(text, NULL, 10));
  else if (size > 0 && !isdigit(data[0]))
    REQUIRE(!sl_parse_u64(exact, size, &whole));
  free(exact);
  free(text);
  return 0;
}
