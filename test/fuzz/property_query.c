// Any bytes as a query of a small graph: refused, or run in steps to its end or its budget, with rows that are whole; then
// the graph can be asked, and nothing is held when it is gone.
#include "cypher_mutator.h"
#include "readers.h"

#include "property/property.h"
#include "property/value.h"
#include "property/wire.h"

// {p: 1, list: [1, 'a'], map: {k: null}}
static const uint8_t parameters[] = {
    8,   3,   0,   0,   0, 1,   0,   0,   0, 'p', 3, 1, 0, 0, 0, 4, 0, 0,   0,
    'l', 'i', 's', 't', 7, 2,   0,   0,   0, 3,   1, 0, 0, 0, 6, 1, 0, 0,   0,
    'a', 3,   0,   0,   0, 'm', 'a', 'p', 8, 1,   0, 0, 0, 1, 0, 0, 0, 'k', 0};

static sl_property *make(void) {
  static const uint32_t from[] = {0, 0, 1, 2, 3, 4, 4}, to[] = {1, 2, 2, 3, 0, 4, 1};
  static const int32_t numbers[] = {1, 2, 3, 3, -1, 0};
  static const double reals[] = {0.5, 1e300, -0.0, 2, 3, 4, 5};
  sl_property *g;
  uint32_t first;
  REQUIRE(sl_property_create(&g) == SL_OK);
  REQUIRE(sl_property_add_nodes(g, (const uint8_t *)"A\nB", 3, 3, &first) == SL_OK);
  REQUIRE(sl_property_add_nodes(g, (const uint8_t *)"A", 1, 3, &first) == SL_OK);
  REQUIRE(sl_property_add_relationships(g, (const uint8_t *)"R", 1, from, to, 5, &first) == SL_OK);
  REQUIRE(sl_property_add_relationships(g, (const uint8_t *)"S", 1, from + 5, to + 5, 2, &first) ==
          SL_OK);
  REQUIRE(sl_property_set_column(g, false, 0, 6, (const uint8_t *)"i", 1, SL_COLUMN_INT, numbers,
                                 NULL, NULL, 0) == SL_OK);
  REQUIRE(sl_property_set_column(g, true, 0, 7, (const uint8_t *)"f", 1, SL_COLUMN_FLOAT, reals,
                                 NULL, NULL, 0) == SL_OK);
  return g;
}

// The number of bytes that a value takes.
static size_t value_at(const uint8_t *p, const uint8_t *end) {
  static const uint8_t fixed[] = {1, 1, 1, 5, 9, 9};
  uint32_t n;
  REQUIRE(p < end);
  if (*p <= SL_WIRE_FLOAT) return fixed[*p];
  if (*p == SL_WIRE_TEMPORAL) {
    REQUIRE(p[1] < 6);
    memcpy(&n, p + 2, sizeof n);
    return 6 + (size_t)n;
  }
  memcpy(&n, p + 1, sizeof n);
  if (*p == SL_WIRE_STRING) return 5 + (size_t)n;
  size_t at = 5;
  const uint8_t kind = *p;
  if (kind == SL_WIRE_PATH) {
    for (uint32_t i = 0; i < 2 * n + 1; i++) at += value_at(p + at, end);
    return at;
  }
  if (kind == SL_WIRE_LIST) {
    for (uint32_t i = 0; i < n; i++) at += value_at(p + at, end);
    return at;
  }
  uint32_t bytes;
  if (kind == SL_WIRE_NODE) {
    memcpy(&n, p + at, sizeof n); // labels
    for (at += 4; n > 0; n--) {
      memcpy(&bytes, p + at, sizeof bytes);
      at += 4 + (size_t)bytes;
    }
  } else if (kind == SL_WIRE_RELATIONSHIP) {
    at += 8;
    memcpy(&bytes, p + at, sizeof bytes);
    at += 4 + (size_t)bytes;
  } else
    REQUIRE(kind == SL_WIRE_MAP);
  if (kind != SL_WIRE_MAP) {
    memcpy(&n, p + at, sizeof n); // properties
    at += 4;
  } else
    memcpy(&n, p + 1, sizeof n);
  for (; n > 0; n--) {
    memcpy(&bytes, p + at, sizeof bytes);
    at += 4 + (size_t)bytes;
    at += value_at(p + at, end);
  }
  return at;
}

static void take(sl_property_query *q, uint32_t columns) {
  double numbers[3];
  sl_property_take(q, numbers);
  const uint8_t *p = (const uint8_t *)(uintptr_t)numbers[0], *end = p;
  if (numbers[1] > 0) end += (size_t)numbers[1];
  for (uint64_t i = 0; i < (uint64_t)numbers[2] * columns; i++) p += value_at(p, end);
  REQUIRE(numbers[2] == 0 || p == end);
}

static void run(sl_property *g, const uint8_t *text, uint32_t length, uint64_t work) {
  sl_property_query *q;
  double facts[SL_PROPERTY_QUERY_FACTS], numbers[SL_PROPERTY_PROBLEM];
  sl_status status = sl_property_prepare(g, text, length, &q);
  if (status != SL_OK) {
    REQUIRE(q == NULL);
    return;
  }
  sl_property_query_facts(q, facts);
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  status = sl_property_begin(q, parameters, sizeof parameters, 1000, 1e12, 7);
  for (int i = 0; i < 40 && status == SL_OK && outcome == SL_OUTCOME_RUNNING; i++) {
    status = sl_job_step(sl_property_job(q), work, &outcome);
    if (status == SL_OK) take(q, (uint32_t)facts[0]);
  }
  REQUIRE(status == SL_OK || status == SL_ERR_ARGUMENT || status == SL_ERR_MEMORY ||
          status == SL_ERR_OVERFLOW);
  if (status == SL_ERR_ARGUMENT) {
    sl_property_problem(g, numbers);
    REQUIRE(numbers[1] > 0 && numbers[2] <= length);
  }
  if (sl_property_profile(q, numbers) == SL_OK)
    REQUIRE(value_at((const uint8_t *)(uintptr_t)numbers[0],
                     (const uint8_t *)(uintptr_t)numbers[0] + (size_t)numbers[1]) ==
            (size_t)numbers[1]);
  sl_property_query_destroy(q);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  static const char after[] = "MATCH (n)-[r]->(m) RETURN n, r, m";
  sl_set_memory_limit((size_t)8 << 20);
  sl_property *g = make();
  run(g, bytes, (uint32_t)length, 300);
  run(g, bytes, (uint32_t)length, 1); // again, on what has changed
  run(g, (const uint8_t *)after, sizeof after - 1, 1000);
  sl_property_destroy(g);
  REQUIRE(sl_bytes_in_use() == 0);
  return 0;
}
