// What every native test needs: cmocka with its includes in order, and the rule that a test gives
// back every byte it took.
#ifndef SL_TEST_CHECK_H
#define SL_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/status.h"

// Fails with the status' name and the argument when `expr` is not SL_OK.
#define assert_ok(expr)                                                                            \
  do {                                                                                             \
    sl_status status_ = (expr);                                                                    \
    if (status_ != SL_OK) {                                                                        \
      fail_msg("%s: %s (%s, expected %s)", #expr, sl_status_name(status_),                         \
               sl_last_error()->argument, sl_last_error()->expected);                              \
    }                                                                                              \
  } while (0)

// `expr` must fail with `wanted` and blame `name`.
#define assert_refused(expr, wanted, name)                                                         \
  do {                                                                                             \
    assert_int_equal((expr), (wanted));                                                            \
    assert_int_equal(sl_last_error()->status, (wanted));                                           \
    assert_string_equal(sl_last_error()->argument, (name));                                        \
  } while (0)

// How often a random trial is made. Under AddressSanitizer, which looks for paths and not for numbers, a fifth: it takes five
// times as long.
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define SL_TRIES(n) ((n) / 5)
#endif
#endif
#ifndef SL_TRIES
#define SL_TRIES(n) (n)
#endif

// Test teardown: nothing is held any more.
static inline int nothing_held(void **state) {
  (void)state;
  sl_set_memory_limit(SIZE_MAX);
  return sl_bytes_in_use() == 0 ? 0 : -1;
}

#define property(test) cmocka_unit_test_teardown(test, nothing_held)

#endif
