// Gauss-Seidel sweeps: every node in turn pushes what it holds.
//
// Based on: H. Wu, J. Gan, Z. Wei, R. Zhang, "Unifying the global and local approaches: an
// efficient power iteration with forward push", SIGMOD 2021, arXiv:2101.03652 (its sequential
// scan). Pushing all of r_u is the Gauss-Seidel relaxation of column u, so a sweep reduces the
// residual about as much as two power iterations. It goes on from the state of push as it stands.
#include "diffusion/state.h"

#include <math.h>
#include <string.h>

SL_ALWAYS_INLINE uint64_t sweep_rows(sl_pagerank *p, uint32_t begin, uint32_t end,
                                     const sl_value_type type) {
  const sl_csr *edges = p->graph->outgoing;
  const uint32_t *pointers = edges->row_pointers, *columns = edges->columns;
  const double *inverse = p->inverse_strength;
  const double damping = p->options.damping, threshold = p->threshold;
  double *x = p->x, *r = p->r;
  uint64_t done = 0;
  for (uint32_t u = begin; u < end; u++) {
    const double mass = r[u];
    if (!(fabs(mass) * inverse[u] > threshold)) continue;
    r[u] = 0;
    x[u] += mass;
    const double share = damping * mass * inverse[u];
    done += pointers[u + 1] - pointers[u];
    for (uint32_t k = pointers[u]; k < pointers[u + 1]; k++) {
      r[columns[k]] += share * sl_weight_at(edges->values, type, k);
    }
  }
  return done;
}

SL_NOINLINE static uint64_t sweep_pattern(sl_pagerank *p, uint32_t begin, uint32_t end) {
  return sweep_rows(p, begin, end, SL_VALUES_PATTERN);
}
SL_NOINLINE static uint64_t sweep_f64(sl_pagerank *p, uint32_t begin, uint32_t end) {
  return sweep_rows(p, begin, end, SL_VALUES_F64);
}
SL_NOINLINE static uint64_t sweep_f32(sl_pagerank *p, uint32_t begin, uint32_t end) {
  return sweep_rows(p, begin, end, SL_VALUES_F32);
}

static double absolute_sum(const double *values, uint32_t count) {
  double sum = 0;
  for (uint32_t i = 0; i < count; i++) sum += fabs(values[i]);
  return sum;
}

sl_status sl_sweep_start(sl_pagerank *p) {
  p->running = SL_PAGERANK_GAUSS_SEIDEL;
  p->dense = true;
  p->cursor = 0;
  // Nodes below this share of the target may keep what they hold: together it is a quarter of it.
  p->threshold = 0.25 * p->target / p->total_strength;
  p->residual = absolute_sum(p->r, p->graph->node_count);
  return SL_OK;
}

sl_status sl_sweep_step(sl_pagerank *p, uint64_t work) {
  const sl_csr *edges = p->graph->outgoing;
  uint64_t done = 0;
  while (p->state == SL_RUN_GOING && done < work) {
    uint32_t end = sl_rows_for_work(edges, p->cursor, work - done);
    uint64_t block = SL_BY_WEIGHT(edges->value_type, sweep, p, p->cursor, end);
    done += block + 1;
    p->edge_operations += block;
    p->cursor = end;
    if (end < edges->rows) continue;
    p->cursor = 0;
    p->iterations++;
    p->residual = absolute_sum(p->r, edges->rows);
    if (p->residual <= p->target || sl_no_progress(p)) {
      sl_pagerank_reached(p);
      if (p->state == SL_RUN_GOING) SL_TRY(sl_sweep_start(p));
    } else if (p->iterations >= p->options.max_iterations) {
      sl_pagerank_end(p, SL_OUTCOME_ITERATION_LIMIT);
    }
  }
  return SL_OK;
}
