// A run that goes on where a run on another graph has ended.
//
// Based on: N. Ohsaka, T. Maehara, K. Kawarabayashi, "Efficient PageRank tracking in evolving
// networks", KDD 2015, doi:10.1145/2783258.2783297; H. Zhang, P. Lofgren, A. Goel, "Approximate
// personalized PageRank on dynamic graphs", KDD 2016, arXiv:1603.07796 (both: correct the residual
// where edges changed, then push what is too large). Deviations: which rows changed is found by
// comparing the two graphs, so that nobody can get it wrong; the rounding of what is taken over is
// kept in the certificate, and where it matters the residual is recomputed.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "diffusion/state.h"

static sl_status check(const sl_pagerank *p, const sl_pagerank *previous,
                       const sl_pagerank_options *options) {
  SL_REQUIRE(previous->finished && previous->running != SL_PAGERANK_SERIES &&
                 !previous->options.settle_ranking,
             SL_ERR_STATE, "previous", "a finished run of PageRank to a tolerance");
  SL_REQUIRE(p != previous && p->graph->directed == previous->graph->directed &&
                 p->graph->node_count >= previous->graph->node_count,
             SL_ERR_UNSUPPORTED, "graph", "another graph of the same kind with no fewer nodes");
  SL_TRY(sl_diffusion_check_options(p, options, previous->global));
  SL_REQUIRE(options->damping == previous->options.damping, SL_ERR_OPTION, "damping",
             "that of the previous run");
  SL_REQUIRE(options->method <= SL_PAGERANK_PUSH && !options->settle_ranking, SL_ERR_UNSUPPORTED,
             "method", "automatic or push, to a tolerance");
  return SL_OK;
}

static bool same_row(const sl_csr *a, const sl_csr *b, uint32_t u) {
  const uint32_t at = a->row_pointers[u], bt = b->row_pointers[u];
  const uint32_t count = a->row_pointers[u + 1] - at;
  if (b->row_pointers[u + 1] - bt != count || a->value_type != b->value_type) return false;
  if (memcmp(a->columns + at, b->columns + bt, count * sizeof *a->columns) != 0) return false;
  const size_t size = sl_csr_value_size(a->value_type);
  if (size == 0) return true;
  return memcmp((const char *)a->values + at * size, (const char *)b->values + bt * size,
                count * size) == 0;
}

static void touch(sl_pagerank *p, uint32_t u) {
  if (p->marks[u]) return;
  p->marks[u] = SL_MARK_TOUCHED;
  p->touched[p->touched_count++] = u;
}

// r += factor * (row u of the edges).
static void add_row(sl_pagerank *p, const sl_csr *edges, uint32_t u, double factor) {
  const uint32_t begin = edges->row_pointers[u], end = edges->row_pointers[u + 1];
  double size = 0;
  for (uint32_t k = begin; k < end; k++) {
    const uint32_t v = edges->columns[k];
    const double share = factor * sl_csr_value(edges, k);
    touch(p, v);
    p->r[v] += share;
    size += fabs(p->r[v]) + (end - begin + 5.0) * fabs(share);
  }
  p->taken_over += 1.01 * SL_UNIT_ROUNDOFF * size;
  p->edge_operations += end - begin;
}

static void take_over(sl_pagerank *p, const sl_pagerank *previous) {
  const uint32_t n = p->graph->node_count, old_n = previous->graph->node_count;
  const uint32_t count = previous->dense ? old_n : previous->touched_count;
  p->taken_over = previous->residual_error;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t u = previous->dense ? i : previous->touched[i];
    touch(p, u);
    p->x[u] = previous->x[u];
    p->r[u] = previous->r[u];
  }
  if (p->global && n > old_n) {
    // Every node is a source, and there are more of them.
    const double change = 1.0 / n - 1.0 / old_n;
    for (uint32_t u = 0; u < n; u++) {
      touch(p, u);
      p->r[u] += u < old_n ? change : 1.0 / n;
    }
    p->taken_over += 8.0 * SL_UNIT_ROUNDOFF * (2 + previous->residual);
  }
  const sl_csr *before = previous->graph->outgoing, *after = p->graph->outgoing;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t u = previous->dense ? i : previous->touched[i];
    if (p->x[u] == 0 || same_row(before, after, u)) continue;
    const double share = p->options.damping * p->x[u];
    add_row(p, before, u, -(share * previous->inverse_strength[u]));
    add_row(p, after, u, share * p->inverse_strength[u]);
  }
}

sl_status sl_pagerank_follow(sl_pagerank *p, const sl_pagerank *previous,
                             const sl_pagerank_options *options) {
  SL_TRY(check(p, previous, options));
  SL_TRY(sl_diffusion_reserve_sources(p, previous->source_count));
  if (p->marks == NULL) SL_TRY(SL_ALLOC_ZERO(&p->marks, p->graph->node_count));
  sl_diffusion_forget(p);
  p->follows = true;
  p->options = *options;
  p->global = previous->global;
  p->source_count = previous->source_count;
  if (p->source_count > 0) {
    memcpy(p->sources, previous->sources, p->source_count * sizeof *p->sources);
    memcpy(p->source_weights, previous->source_weights,
           p->source_count * sizeof *p->source_weights);
  }
  take_over(p, previous);
  double sum = 0;
  for (uint32_t i = 0; i < p->touched_count; i++) sum += fabs(p->r[p->touched[i]]);
  p->greatest = 1 + sum;
  return sl_diffusion_start(p, options);
}

void sl_diffusion_follow_clear(sl_pagerank *p) {
  if (p->dense) {
    memset(p->marks, 0, p->graph->node_count);
  } else {
    for (uint32_t i = 0; i < p->touched_count; i++) p->marks[p->touched[i]] = 0;
  }
}
