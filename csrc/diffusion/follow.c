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
#include "diffusion/method.h"
#include "diffusion/pagerank.h"

static sl_status check(const sl_pagerank *p, const sl_pagerank *previous,
                       const sl_pagerank_options *options) {
  SL_REQUIRE(previous->run.finished && !previous->options.settle_ranking, SL_ERR_STATE, "previous",
             "a finished run of PageRank to a tolerance");
  SL_REQUIRE(p != previous && p->run.graph->directed == previous->run.graph->directed &&
                 p->run.graph->node_count >= previous->run.graph->node_count,
             SL_ERR_UNSUPPORTED, "graph", "another graph of the same kind with no fewer nodes");
  SL_TRY(sl_diffusion_check_options(p, options, previous->run.sources.global));
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
  p->run.touched[p->run.touched_count++] = u;
}

// r += factor * (row u of the edges).
static void add_row(sl_pagerank *p, const sl_csr *edges, uint32_t u, double factor) {
  const uint32_t begin = edges->row_pointers[u], end = edges->row_pointers[u + 1];
  double size = 0;
  for (uint32_t k = begin; k < end; k++) {
    const uint32_t v = edges->columns[k];
    const double share = factor * sl_csr_value(edges, k);
    touch(p, v);
    p->run.r[v] += share;
    size += fabs(p->run.r[v]) + (end - begin + 5.0) * fabs(share);
  }
  p->drift.taken_over += 1.01 * SL_UNIT_ROUNDOFF * size;
  p->run.edge_operations += end - begin;
}

static void take_over(sl_pagerank *p, const sl_pagerank *previous) {
  const uint32_t n = p->run.graph->node_count, old_n = previous->run.graph->node_count;
  const uint32_t count = previous->run.dense ? old_n : previous->run.touched_count;
  p->drift.taken_over = previous->drift.residual_error;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t u = previous->run.dense ? i : previous->run.touched[i];
    touch(p, u);
    p->run.x[u] = previous->run.x[u];
    p->run.r[u] = previous->run.r[u];
  }
  if (p->run.sources.global && n > old_n) {
    // Every node is a source, and there are more of them.
    const double change = 1.0 / n - 1.0 / old_n;
    for (uint32_t u = 0; u < n; u++) {
      touch(p, u);
      p->run.r[u] += u < old_n ? change : 1.0 / n;
    }
    p->drift.taken_over += 8.0 * SL_UNIT_ROUNDOFF * (2 + previous->run.residual);
  }
  const sl_csr *before = previous->run.graph->outgoing, *after = p->run.graph->outgoing;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t u = previous->run.dense ? i : previous->run.touched[i];
    if (p->run.x[u] == 0 || same_row(before, after, u)) continue;
    const double share = p->options.damping * p->run.x[u];
    add_row(p, before, u, -(share * previous->run.inverse_strength[u]));
    add_row(p, after, u, share * p->run.inverse_strength[u]);
  }
}

sl_status sl_pagerank_follow(sl_pagerank *p, const sl_pagerank *previous,
                             const sl_pagerank_options *options) {
  SL_TRY(check(p, previous, options));
  SL_TRY(sl_diffusion_reserve_sources(&p->run, previous->run.sources.count));
  SL_TRY(sl_diffusion_prepare(p, &sl_diffusion_method_PUSH));
  if (p->marks == NULL) SL_TRY(SL_ALLOC_ZERO(&p->marks, p->run.graph->node_count));
  sl_diffusion_forget(p);
  p->follows = true;
  p->options = *options;
  p->run.sources.global = previous->run.sources.global;
  p->run.sources.count = previous->run.sources.count;
  if (p->run.sources.count > 0) {
    memcpy(p->run.sources.nodes, previous->run.sources.nodes,
           p->run.sources.count * sizeof *p->run.sources.nodes);
    memcpy(p->run.sources.weights, previous->run.sources.weights,
           p->run.sources.count * sizeof *p->run.sources.weights);
  }
  take_over(p, previous);
  double sum = 0;
  for (uint32_t i = 0; i < p->run.touched_count; i++) sum += fabs(p->run.r[p->run.touched[i]]);
  p->drift.greatest = 1 + sum;
  return sl_diffusion_start(p, options);
}
