// The random graphs of test/vectors/graph/generate-random.py, and hashes of answers to compare with its own.
#ifndef SL_TEST_PEERS_H
#define SL_TEST_PEERS_H

#include <stdlib.h>

#include "../vectors/graph/random.h"
#include "graphs.h"

#define PEER_NODES 30
#define PEER_NONE UINT32_MAX
#define PEER_CYCLE (UINT32_MAX - 1)

typedef struct peer_random {
  uint64_t state;
} peer_random;

static inline uint32_t peer_below(peer_random *rng, uint32_t count) {
  rng->state = rng->state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)((rng->state >> 33) % count);
}

typedef struct peer_drawn {
  uint32_t number, n, count;
  bool directed, weighted, loops;
  uint32_t from[4 * PEER_NODES], to[4 * PEER_NODES];
  double weights[4 * PEER_NODES]; // 1 each in an unweighted one
  uint32_t labels[2][PEER_NODES];
  uint32_t rows, cols;
  double costs[36];
  sl_graph *graph;
} peer_drawn;

static inline void peer_draw(peer_drawn *d, uint32_t number) {
  peer_random rng = {(uint64_t)number * 2654435761u + 12345};
  bool seen[PEER_NODES][PEER_NODES] = {{false}};
  memset(d, 0, sizeof *d);
  d->number = number;
  d->n = 1 + peer_below(&rng, 30);
  d->directed = peer_below(&rng, 2) == 1;
  d->weighted = peer_below(&rng, 2) == 1;
  const bool loops = peer_below(&rng, 4) == 0;
  const bool upwards = d->directed && peer_below(&rng, 2) == 0;
  const uint32_t most = d->n * (1 + peer_below(&rng, 4));
  for (uint32_t left = peer_below(&rng, 1 + most); left > 0; left--) {
    uint32_t u = peer_below(&rng, d->n), v = peer_below(&rng, d->n);
    const uint32_t weight = 1 + peer_below(&rng, 9);
    if ((upwards || !d->directed) && u > v) {
      const uint32_t w = u;
      u = v;
      v = w;
    }
    if ((u == v && (upwards || !loops)) || seen[u][v]) continue;
    seen[u][v] = true;
    d->loops |= u == v;
    d->from[d->count] = u;
    d->to[d->count] = v;
    d->weights[d->count++] = d->weighted ? weight : 1;
  }
  for (int i = 0; i < 2; i++)
    for (uint32_t u = 0; u < d->n; u++) d->labels[i][u] = peer_below(&rng, d->n < 4 ? d->n : 4);
  d->rows = 1 + peer_below(&rng, 6);
  d->cols = 1 + peer_below(&rng, 6);
  for (uint32_t i = 0; i < d->rows * d->cols; i++) d->costs[i] = (double)peer_below(&rng, 31) - 10;
  d->graph = make_graph(d->n, d->count, d->from, d->to, d->weighted ? d->weights : NULL,
                        d->weighted ? SL_VALUES_F64 : SL_VALUES_PATTERN, d->directed);
}

static inline uint32_t peer_fnv(uint32_t state, uint32_t value) {
  for (int i = 0; i < 4; i++) {
    state = (state ^ (value & 255)) * 0x01000193u;
    value >>= 8;
  }
  return state;
}

#define PEER_START 0x811c9dc5u

static uint32_t peer_states[PEER_COUNT];
static uint32_t peer_number; // of the graph

// PEER_SHOW="17 tree" in the environment prints one answer on one graph, as the generator does.
static inline bool peer_shows(uint32_t question) {
  const char *wanted = getenv("PEER_SHOW");
  if (wanted == NULL) return false;
  char *rest;
  const unsigned long number = strtoul(wanted, &rest, 10);
  return number == peer_number && *rest == ' ' && strcmp(rest + 1, peer_names[question]) == 0;
}

static inline void peer_put(uint32_t question, uint32_t value) {
  if (peer_shows(question)) print_message("%u\n", value);
  peer_states[question] = peer_fnv(peer_states[question], value);
}

// Whole numbers; infinity is NONE.
static inline void peer_whole(uint32_t question, double value) {
  assert_true(value == INFINITY || value == floor(value));
  peer_put(question, value == INFINITY ? PEER_NONE : (uint32_t)(int64_t)value);
}

// Others, on the grid of the generator.
static inline void peer_grid(uint32_t question, double value) {
  peer_put(question, value == INFINITY ? PEER_NONE
                                       : (uint32_t)(int64_t)floor(value * 1000003.14159265 + 0.5));
}

// All blocks, or one in five under sanitizers. What differs is named.
static inline void peer_compare(void (*answer)(const peer_drawn *drawn)) {
  static peer_drawn drawn;
  int wrong = 0;
  for (uint32_t first = 0; first < (uint32_t)SL_TRIES(PEER_GRAPHS); first += PEER_BLOCK) {
    for (uint32_t i = 0; i < PEER_COUNT; i++) peer_states[i] = PEER_START;
    for (uint32_t number = first; number < first + PEER_BLOCK; number++) {
      peer_number = number;
      peer_draw(&drawn, number);
      answer(&drawn);
      sl_graph_destroy(drawn.graph);
    }
    for (uint32_t i = 0; i < PEER_COUNT; i++) {
      if (peer_states[i] == peer_hashes[first / PEER_BLOCK][i]) continue;
      print_message("%s of graphs %u .. %u differs\n", peer_names[i], first,
                    first + PEER_BLOCK - 1);
      wrong++;
    }
  }
  assert_int_equal(wrong, 0);
}

#endif
