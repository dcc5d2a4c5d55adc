// Our own C core, native: the questions of bench/property.bench.ts, and what WebAssembly costs.
//
//   cmake --preset native && cmake --build --preset native --target sublinear
//   clang-19 -std=c17 -O2 -D_POSIX_C_SOURCE=200809L -I csrc bench/peers/property.c build/native/libsublinear.a -lm -o build/property-peer
//   build/property-peer [people] [repetitions] [part of a name]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "property/property.h"

#define TEXT(s) (const uint8_t *)(s), (uint32_t)strlen(s)

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void check(sl_status status) {
  if (status == SL_OK) return;
  fprintf(stderr, "property: %s\n", sl_status_text(status));
  exit(1);
}

// The generator of bench/property.bench.ts.
static uint32_t state = 1;
static double next(void) {
  state = state * 1664525u + 1013904223u;
  return (double)state / 4294967296.0;
}

static sl_property *people(uint32_t count, double *took) {
  const uint32_t edges = 10 * count;
  int32_t *id = malloc(count * sizeof *id), *age = malloc(count * sizeof *age);
  uint32_t *city = malloc(count * sizeof *city), *from = malloc(edges * sizeof *from),
           *to = malloc(edges * sizeof *to), first;
  int32_t *since = malloc(edges * sizeof *since);
  uint8_t names[1024], *p = names;
  *p++ = SL_WIRE_LIST;
  const uint32_t cities = 50;
  memcpy(p, &cities, 4);
  p += 4;
  for (uint32_t i = 0; i < cities; i++) {
    char name[16];
    const uint32_t length = (uint32_t)snprintf(name, sizeof name, "City%u", i);
    *p++ = SL_WIRE_STRING;
    memcpy(p, &length, 4);
    memcpy(p + 4, name, length);
    p += 4 + length;
  }
  for (uint32_t i = 0; i < count; i++) {
    id[i] = (int32_t)i;
    age[i] = (int32_t)(next() * 80);
    city[i] = (uint32_t)(next() * cities);
  }
  for (uint32_t i = 0; i < edges; i++) {
    from[i] = (uint32_t)(next() * count);
    const double x = next();
    to[i] = (uint32_t)(x * x * count);
    since[i] = 1990 + (int32_t)(next() * 35);
  }
  sl_property *g;
  *took = now();
  check(sl_property_create(&g));
  check(sl_property_add_nodes(g, TEXT("Person"), count, &first));
  check(sl_property_set_column(g, false, 0, count, TEXT("id"), SL_COLUMN_INT, id, NULL, NULL, 0));
  check(sl_property_set_column(g, false, 0, count, TEXT("age"), SL_COLUMN_INT, age, NULL, NULL, 0));
  check(sl_property_set_column(g, false, 0, count, TEXT("city"), SL_COLUMN_STRING, city, NULL,
                               names, (uint32_t)(p - names)));
  check(sl_property_add_relationships(g, TEXT("KNOWS"), from, to, edges, &first));
  check(sl_property_set_column(g, true, 0, edges, TEXT("since"), SL_COLUMN_INT, since, NULL, NULL,
                               0));
  check(sl_property_compact(g));
  *took = now() - *took;
  free(id), free(age), free(city), free(from), free(to), free(since);
  return g;
}

static uint32_t parameter(uint8_t *p, const char *name, int32_t value) {
  const uint32_t one = 1, length = (uint32_t)strlen(name);
  p[0] = SL_WIRE_MAP;
  memcpy(p + 1, &one, 4);
  memcpy(p + 5, &length, 4);
  memcpy(p + 9, name, length);
  p[9 + length] = SL_WIRE_INT;
  memcpy(p + 10 + length, &value, 4);
  return 14 + length;
}

static void run(sl_property_query *q, const uint8_t *parameters, uint32_t bytes, double *numbers) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  check(sl_property_begin(q, parameters, bytes, UINT64_MAX, 0, 1));
  while (outcome == SL_OUTCOME_RUNNING)
    check(sl_job_step(sl_property_job(q), UINT64_MAX, &outcome));
  sl_property_take(q, numbers);
}

// The shortest of several, and a checksum of the rows.
static const char *only = "";

static void ask(sl_property *g, const char *name, const char *text, int times, int queries) {
  sl_property_query *q;
  double numbers[3], best = 1e300;
  uint8_t parameters[64];
  if (strstr(name, only) == NULL) return;
  check(sl_property_prepare(g, TEXT(text), &q));
  for (int t = 0; t < times; t++) {
    const double start = now();
    for (int i = 0; i < queries; i++)
      run(q, parameters, parameter(parameters, "id", (i * 7919) % 1000), numbers);
    const double took = now() - start;
    best = took < best ? took : best;
  }
  uint32_t sum = 0;
  const uint8_t *p = (const uint8_t *)(uintptr_t)numbers[0];
  for (size_t i = 0; i < (size_t)numbers[1]; i++) sum = sum * 31 + p[i];
  int32_t value = 0;
  if (numbers[1] >= 5) memcpy(&value, p + 1, 4);
  printf("%-28s %10.4f ms   rows %.0f first %d checksum %08x\n", name, best / queries, numbers[2],
         value, sum);
  fflush(stdout);
  sl_property_query_destroy(q);
}

int main(int argc, char **argv) {
  const uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
  const int times = argc > 2 ? atoi(argv[2]) : 5;
  if (argc > 3) only = argv[3];
  double took;
  sl_property *g = people(count, &took);
  printf("%-28s %10.4f ms\n", "load", took);
  ask(g, "lookup", "MATCH (p:Person {id: $id}) RETURN p.age AS age", times, 1000);
  ask(g, "3 hops, 100 sources",
      "MATCH (a:Person)-[:KNOWS]->()-[:KNOWS]->()-[:KNOWS]->(d) WHERE a.id < 100 RETURN count(*) "
      "AS n",
      times, 1);
  ask(g, "2 hops, all", "MATCH (a)-[:KNOWS]->(b)-[:KNOWS]->(c) RETURN count(*) AS n", times, 1);
  ask(g, "2 hops, filters",
      "MATCH (a:Person)-[:KNOWS]->(b)-[:KNOWS]->(c:Person) WHERE a.age < 40 AND c.age > 50 RETURN "
      "count(*) AS n",
      times, 1);
  ask(g, "2 hops, distinct",
      "MATCH (a:Person)-[:KNOWS]->()-[:KNOWS]->(c) WHERE a.id < 100 RETURN count(DISTINCT c) AS n",
      times, 1);
  ask(g, "group by, edge filter",
      "MATCH (a:Person)-[k:KNOWS]->(b:Person) WHERE k.since > 2010 RETURN count(*) AS n, a.city AS "
      "city, avg(b.age) AS age ORDER BY city",
      times, 1);
  ask(g, "group by, pair of keys",
      "MATCH (a:Person)-[k:KNOWS]->(b:Person) WHERE k.since > 2010 RETURN count(*) AS n, a.city AS "
      "x, b.city AS y, max(k.since) AS s ORDER BY x, y",
      times, 1);
  ask(g, "rows, sorted",
      "MATCH (a:Person)-[k:KNOWS]->(b:Person) WHERE k.since > 2022 AND b.age > 75 RETURN k.since "
      "AS s, a.id AS a, b.id AS b ORDER BY s DESC, a, b LIMIT 10",
      times, 1);
  ask(g, "triangles", "MATCH (a)-[:KNOWS]->(b)-[:KNOWS]->(c)-[:KNOWS]->(a) RETURN count(*) AS n",
      times, 1);
  ask(g, "shortest path",
      "MATCH (a:Person {id: $id}), (b:Person {id: 5}), p = shortestPath((a)-[:KNOWS*]->(b)) RETURN "
      "length(p) AS n",
      times, 20);
  sl_property_destroy(g);
  return 0;
}
