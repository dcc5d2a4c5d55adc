// Makes one mistake on purpose, named by the argument. CTest runs it to see that the mistake is
// noticed: a sanitizer job that cannot fail would pass for ever.
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void fails(void **state) {
  (void)state;
  assert_int_equal(1, 2);
}

int main(int argc, char **argv) {
  const char *mistake = argc > 1 ? argv[1] : "";
  if (strcmp(mistake, "failing-test") == 0) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
  }
  // volatile: the compiler must neither see the mistake coming nor leave it out.
  volatile size_t four = 4;
  volatile int largest = INT_MAX;
  char *volatile block = malloc(four);
  if (block == NULL) return 0;
  memset(block, 1, four);
  if (strcmp(mistake, "heap-overflow") == 0) return block[four];
  if (strcmp(mistake, "signed-overflow") == 0) return largest + 1 == 0;
  if (strcmp(mistake, "leak") == 0) {
    block = NULL;
    return 0;
  }
  free(block);
  if (strcmp(mistake, "use-after-free") == 0) return block[0];
  return 0;
}
