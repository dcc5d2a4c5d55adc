// Asking questions of the room communities in native tests, and partitions by their definitions.
#ifndef SL_TEST_COMMUNITIES_ASK_H
#define SL_TEST_COMMUNITIES_ASK_H

#include <math.h>
#include <string.h>

#include "communities/communities.h"
#include "graphs.h"

#define AT(type, number) ((const type *)(uintptr_t)(number))
#define OPTIONS(...) ((const double[SL_COMMUNITIES_OPTIONS]){__VA_ARGS__})
#define MOST 30

// Asks, in steps of `work`, and reads the answer. Options that are not given are 0.
static inline void ask(sl_communities *c, sl_communities_question question, uint64_t work,
                       const double *options, const uint32_t *labels, uint32_t count,
                       double *answer) {
  sl_outcome outcome;
  assert_ok(sl_communities_begin(c, question, options, labels, count));
  do assert_ok(sl_job_step(sl_communities_job(c), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_communities_read(c, answer));
  assert_int_equal(answer[0], outcome);
}

// A small graph as a dense matrix; both entries of undirected edges, loops once.
typedef struct sample {
  uint32_t n;
  bool directed;
  double weight[MOST][MOST];
  double out[MOST], in[MOST], total; // strengths and their sum
} sample;

static inline void read_sample(sample *s, const sl_graph *graph, bool weighted) {
  memset(s, 0, sizeof *s);
  s->n = graph->node_count;
  s->directed = graph->directed;
  const sl_csr *edges = graph->outgoing;
  for (uint32_t u = 0; u < s->n; u++)
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      const uint32_t v = edges->columns[k];
      const double w = weighted ? sl_csr_value(edges, k) : 1;
      s->weight[u][v] = w;
      s->out[u] += !s->directed && u == v ? 2 * w : w;
      s->in[v] += !s->directed && u == v ? 2 * w : w;
    }
  for (uint32_t u = 0; u < s->n; u++) s->total += s->out[u];
}

// Modularity and constant Potts model as sums over pairs of nodes.
static inline double quality_of(const sample *s, const uint32_t *labels, bool potts,
                                double resolution) {
  double sum = 0;
  for (uint32_t u = 0; u < s->n; u++)
    for (uint32_t v = 0; v < s->n; v++) {
      if (labels[u] != labels[v]) continue;
      const double w = !s->directed && u == v ? 2 * s->weight[u][v] : s->weight[u][v];
      if (potts)
        sum += (w - (u == v ? 0 : resolution)) / (s->directed ? 1 : 2);
      else if (s->total > 0)
        sum += w / s->total - resolution * (s->out[u] / s->total) * (s->in[v] / s->total);
    }
  return sum;
}

// A bound of the terms that a quality is the sum of.
static inline double size_of(const sample *s, bool potts, double resolution) {
  return potts ? s->total + resolution * s->n * s->n : 1 + resolution;
}

// Each community is reached from each of its nodes through itself.
static inline bool is_connected(const sample *s, const uint32_t *labels) {
  for (uint32_t start = 0; start < s->n; start++) {
    bool reached[MOST] = {false};
    reached[start] = true;
    for (bool more = true; more;) {
      more = false;
      for (uint32_t u = 0; u < s->n; u++)
        for (uint32_t v = 0; reached[u] && v < s->n; v++) {
          const bool edge = s->weight[u][v] > 0 || s->weight[v][u] > 0;
          if (reached[v] || !edge || labels[u] != labels[v]) continue;
          reached[v] = more = true;
        }
    }
    for (uint32_t v = 0; v < s->n; v++)
      if (labels[v] == labels[start] && !reached[v]) return false;
  }
  return true;
}

// By falling size, then smallest node.
static inline bool is_numbered(const uint32_t *labels, uint32_t n, uint32_t count) {
  uint32_t size[MOST] = {0}, first[MOST];
  for (uint32_t u = n; u-- > 0;) {
    if (labels[u] >= count) return false;
    size[labels[u]]++;
    first[labels[u]] = u;
  }
  for (uint32_t c = 0; c < count; c++) {
    if (size[c] == 0) return false;
    if (c > 0 && (size[c] > size[c - 1] || (size[c] == size[c - 1] && first[c] < first[c - 1])))
      return false;
  }
  return true;
}

#endif
