// Ordered indexes against scans that cannot use one: through 10,000 random operations, with statements that are undone, and
// where memory ends.
#include "property_ask.h"

#include <stdio.h>

#include "base/rng.h"

static void value_of(sl_rng *rng, char *out, size_t room) {
  const uint32_t n = sl_rng_below(rng, 1000);
  switch (sl_rng_below(rng, 20)) {
  case 0:
    snprintf(out, room, "0.0 / 0");
    return;
  case 1:
    snprintf(out, room, "[%u]", n);
    return;
  case 2:
    snprintf(out, room, "%s", n % 2 ? "true" : "9007199254740993");
    return;
  case 3:
  case 4:
  case 5:
    snprintf(out, room, "date('20%02u-%02u-%02u')", n % 100, 1 + n % 12, 1 + n % 28);
    return;
  case 6:
  case 7:
  case 8:
  case 9:
    snprintf(out, room, "'%c%c%u'", "ab"[n % 2], "xyz"[n % 3], n);
    return;
  case 10:
  case 11:
  case 12:
    snprintf(out, room, "%u.25", n);
    return;
  default:
    snprintf(out, room, "%d", (int)n - 500);
  }
}

static void condition_of(sl_rng *rng, char *out, size_t room) {
  static const char *const ops[] = {"<", "<=", ">", ">=", "="};
  char a[40], b[40];
  const char *first = ops[sl_rng_below(rng, 5)], *second = ops[sl_rng_below(rng, 5)];
  value_of(rng, a, sizeof a);
  value_of(rng, b, sizeof b);
  const uint32_t n = sl_rng_below(rng, 950);
  switch (sl_rng_below(rng, 6)) {
  case 0:
    snprintf(out, room, "n.x %s %s", first, a);
    return;
  case 1:
    snprintf(out, room, "%s %s n.x %s %s", a, first, second, b);
    return;
  case 2:
    snprintf(out, room, "n.x STARTS WITH '%c%c%.*s'", "ab"[n % 2], "xyz"[n % 3], (int)(n % 3),
             "123");
    return;
  case 3:
    snprintf(out, room, "n.x >= %u AND n.x < %u.5 AND n.y > %u", n, n + 40, n / 2);
    return;
  case 4:
    snprintf(out, room, "n.x > date('20%02u-05-05') AND n.x <= date('20%02u-05-05')", n % 90,
             n % 90 + 9);
    return;
  default:
    snprintf(out, room, "%u < n.x AND n.y = %u", n, n % 40);
  }
}

static bool explains(sl_property *g, const char *text, const char *wanted) {
  sl_property_query *q;
  double numbers[2];
  char plan[1000] = {0};
  assert_ok(sl_property_prepare(g, TEXT(text), &q));
  assert_ok(sl_property_explain(q, numbers));
  assert_true(numbers[1] < sizeof plan);
  memcpy(plan, (const char *)(uintptr_t)numbers[0], (size_t)numbers[1]);
  sl_property_query_destroy(q);
  return strstr(plan, wanted) != NULL;
}

// WHERE behind WITH is a filter of its own.
static void assert_agree(sl_property *g, const char *condition) {
  char text[300];
  snprintf(text, sizeof text,
           "MATCH (n:N) WHERE %s "
           "RETURN count(*) + sum(id(n) * id(n)) * 10000",
           condition);
  const int64_t found = answer(g, text);
  snprintf(text, sizeof text,
           "MATCH (n:N) WITH n WHERE %s "
           "RETURN count(*) + sum(id(n) * id(n)) * 10000",
           condition);
  if (answer(g, text) != found) fail_msg("differs: %s", condition);
}

static void ranges_are_those_of_scans(void **state) {
  (void)state;
  sl_property *g;
  sl_rng rng;
  int64_t ignored;
  char text[300], value[40], condition[200];
  sl_rng_seed(&rng, 17);
  assert_ok(sl_property_create(&g));
  answer(g, "UNWIND range(0, 599) AS i CREATE (:N {x: (i * 7919) % 1000 - 500, y: i % 97}) "
            "CREATE (:M {k: i})");
  const char *const asked = "MATCH (n:N) WHERE n.x > 3 RETURN count(*)";
  assert_false(explains(g, asked, "index"));
  for (int i = 0; i < SL_TRIES(10000); i++) {
    const uint32_t what = sl_rng_below(&rng, 100), n = sl_rng_below(&rng, 1300);
    value_of(&rng, value, sizeof value);
    if (what < 25)
      snprintf(text, sizeof text, "MATCH (n) WHERE id(n) = %u SET n.x = %s", n, value);
    else if (what < 27)
      snprintf(text, sizeof text, "CREATE (:N {x: %s, y: %u})", value, n % 97);
    else if (what < 28)
      snprintf(text, sizeof text, "MATCH (n) WHERE id(n) = %u DELETE n", n);
    else if (what < 30)
      snprintf(text, sizeof text, "MATCH (n) WHERE id(n) = %u REMOVE n.x", n);
    else if (what < 33) // undone
      snprintf(text, sizeof text,
               "MATCH (n:N) WHERE n.y = %u SET n.x = %s, n.y = 1000 CREATE (:N {x: %s}) WITH n "
               "MATCH (k:N) WHERE k.y > 999 RETURN 1 / 0",
               n % 97, value, value);
    else if (what < 36)
      snprintf(text, sizeof text, "MATCH (n:N) WHERE n.x > %u AND n.x < %u SET n.x = n.x - 3", n,
               n + 20);
    else {
      condition_of(&rng, condition, sizeof condition);
      assert_agree(g, condition);
      continue;
    }
    const sl_status status = ask(g, text, &ignored);
    if (what >= 30 && what < 33 && status == SL_ERR_ARGUMENT) continue;
    if (status != SL_OK) fail_msg("%s: %s", text, sl_status_name(status));
  }
  assert_true(explains(g, asked, "Scan (n:N), ordered index of x, filtered"));
  assert_true(explains(g, "MATCH (n:N) WHERE n.x >= 1 AND n.y < 3 RETURN n.x, n",
                       "ordered index of x, ordered index of y"));
  // An inner pattern whose bounds come from an outer one.
  assert_int_equal(
      answer(g,
             "MATCH (m:M) WHERE m.k < 40 MATCH (n:N) WHERE m.k <= n.x <= m.k + 1 RETURN count(*)"),
      answer(g, "MATCH (m:M) MATCH (n:N) WITH m, n WHERE m.k < 40 AND m.k <= n.x <= m.k + 1 "
                "RETURN count(*)"));
  sl_property_destroy(g);
}

static void values_that_repeat_are_found_by_order(void **state) {
  (void)state;
  sl_property *g;
  assert_ok(sl_property_create(&g));
  answer(g, "UNWIND range(0, 9999) AS i CREATE (:N {x: i % 50})");
  for (int i = 0; i < 100; i++)
    assert_int_equal(answer(g, "MATCH (n:N {x: 7}) RETURN count(*)"), 200);
  assert_true(explains(g, "MATCH (n:N {x: 7}) RETURN n", "Seek (n:N {x}), ordered index of x"));
  answer(g, "MATCH (n:N {x: 7}) SET n.x = 50");
  assert_int_equal(answer(g, "MATCH (n:N {x: 7}) RETURN count(*)"), 0);
  assert_int_equal(answer(g, "MATCH (n:N {x: 50}) RETURN count(*)"), 200);
  sl_property_destroy(g);
}

// Many changes merge the short list into the long one, and what does not hold is left out of it.
static void memory_stays_bounded(void **state) {
  (void)state;
  sl_property *g;
  assert_ok(sl_property_create(&g));
  answer(g, "UNWIND range(0, 1999) AS i CREATE (:N {x: i})");
  for (int i = 0; i < 100; i++) answer(g, "MATCH (n:N) WHERE n.x < 5 RETURN count(*)");
  assert_true(explains(g, "MATCH (n:N) WHERE n.x < 5 RETURN n", "index"));
  const size_t before = sl_property_bytes(g);
  for (int i = 0; i < SL_TRIES(50); i++) {
    answer(g, "MATCH (n:N) SET n.x = n.x + 2000");
    assert_agree(g, "n.x % 2000 < 3 AND n.x < 1000000");
  }
  assert_true(sl_property_bytes(g) < 4 * before);
  assert_true(explains(g, "MATCH (n:N) WHERE n.x < 5 RETURN n", "index"));
  sl_property_destroy(g);
}

static void memory_may_end_while_it_is_made(void **state) {
  (void)state;
  for (uint64_t bytes = 0;; bytes += 256 + bytes / 8) {
    sl_property *g;
    sl_memory_budget budget;
    int64_t n = 0;
    bool failed = false;
    assert_ok(sl_property_create(&g));
    answer(g, "UNWIND range(0, 999) AS i CREATE (:N {x: i})");
    sl_memory_budget_begin(&budget, bytes);
    for (int i = 0; i < 80; i++) {
      const sl_status status = ask(g, "MATCH (n:N) WHERE n.x >= 990 RETURN count(*)", &n);
      if (status == SL_OK)
        assert_int_equal(n, 10);
      else
        assert_int_equal(status, SL_ERR_MEMORY);
      failed |= status != SL_OK;
    }
    sl_memory_budget_end(&budget);
    assert_int_equal(answer(g, "MATCH (n:N) WHERE n.x >= 990 RETURN count(*)"), 10);
    sl_property_destroy(g);
    if (!failed) return;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(ranges_are_those_of_scans),
      property(values_that_repeat_are_found_by_order),
      property(memory_stays_bounded),
      property(memory_may_end_while_it_is_made),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
