// Undirected graphs: conjugate gradients, with the part that converges slowest solved exactly.
//
// Based on: M. R. Hestenes, E. Stiefel, "Methods of conjugate gradients for solving linear
// systems", J. Res. NBS 49 (1952), doi:10.6028/jres.049.044. With x = D w (D = strengths) the
// system (I - d P^T) x = s of an undirected graph is (D - d A) w = s: symmetric, strictly dominant,
// positive definite. The preconditioner is D. The eigenvector of its smallest eigenvalue 1 - d is
// known on each connected component (w constant: x in proportion to the strengths), so that the
// residual's part along it is removed before the first step; on graphs that mix fast what remains
// falls by the second eigenvalue, not by d.
#include "diffusion/method.h"

#include <math.h>

#define BLOCK_ROWS 1024u

typedef struct symmetric {
  uint32_t cursor;     // next row of the product under way
  double sum, sum_old; // r^T D^-1 r of this iteration and the last; direction^T product meanwhile
} symmetric;

static symmetric *state_of(const sl_pagerank *p) {
  return sl_diffusion_state(p, &sl_diffusion_method_CONJUGATE_GRADIENT);
}

// Nodes without edges are done at once, and each component's residual mass R is replaced by its
// exact answer R strength / (component's strength) / (1 - d).
static void deflate(sl_pagerank *p) {
  const uint32_t n = p->run.graph->node_count;
  const double factor = 1 / (1 - p->options.damping);
  for (uint32_t u = 0; u < n; u++) {
    if (p->run.strength[u] == 0) {
      p->run.x[u] += p->run.r[u];
      p->run.r[u] = 0;
    }
    p->components.residual[p->components.of[u]] += p->run.r[u];
  }
  for (uint32_t c = 0; c < p->components.count; c++) {
    const double strength = p->components.strength[c];
    p->components.residual[c] = strength > 0 ? p->components.residual[c] / strength : 0;
  }
  for (uint32_t u = 0; u < n; u++) {
    const double part = p->components.residual[p->components.of[u]] * p->run.strength[u];
    p->run.x[u] += factor * part;
    p->run.r[u] -= part;
  }
  for (uint32_t c = 0; c < p->components.count; c++) p->components.residual[c] = 0;
}

// direction = r / strength + beta direction
SL_NOINLINE static void turn(const double *r, const double *inverse, double beta, double *direction,
                             uint32_t begin, uint32_t end) {
  for (uint32_t u = begin; u < end; u++) direction[u] = r[u] * inverse[u] + beta * direction[u];
}

// product = (D - d A) direction for the block, from product = A direction; returns `sum` plus the
// block's part of direction^T product.
SL_NOINLINE static double complete_product(const double *strength, double damping,
                                           const double *direction, double *product, uint32_t begin,
                                           uint32_t end, double sum) {
  for (uint32_t u = begin; u < end; u++) {
    const double value = strength[u] * direction[u] - damping * product[u];
    product[u] = value;
    sum += value * direction[u];
  }
  return sum;
}

// x += alpha D direction, r -= alpha product; sums |r| and r^2 / strength.
SL_NOINLINE static void advance(sl_pagerank *p, double alpha, uint32_t begin, uint32_t end) {
  const double *strength = p->run.strength, *inverse = p->run.inverse_strength;
  const double *direction = p->direction, *product = p->product;
  double *x = p->run.x, *r = p->run.r;
  double sum = 0, absolute = 0;
  for (uint32_t u = begin; u < end; u++) {
    x[u] += alpha * direction[u] * strength[u];
    const double value = r[u] - alpha * product[u];
    r[u] = value;
    absolute += fabs(value);
    sum += value * value * inverse[u];
  }
  p->run.residual += absolute;
  state_of(p)->sum += sum;
}

static uint32_t block_end(uint32_t begin, uint32_t n) {
  return n - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : n;
}

static void begin_iteration(sl_pagerank *p, double beta) {
  symmetric *state = state_of(p);
  const uint32_t n = p->run.graph->node_count;
  for (uint32_t begin = 0, end; begin < n; begin = end) {
    end = block_end(begin, n);
    turn(p->run.r, p->run.inverse_strength, beta, p->direction, begin, end);
  }
  state->sum_old = state->sum;
  state->sum = 0;
  state->cursor = 0;
}

static sl_status start(sl_pagerank *p) {
  SL_TRY(sl_diffusion_find_components(p));
  const uint32_t n = p->run.graph->node_count;
  p->method = &sl_diffusion_method_CONJUGATE_GRADIENT;
  p->run.dense = true;
  deflate(p);
  symmetric *state = state_of(p);
  p->run.residual = state->sum = 0;
  for (uint32_t u = 0; u < n; u++) {
    p->direction[u] = 0;
    p->run.residual += fabs(p->run.r[u]);
    state->sum += p->run.r[u] * p->run.r[u] * p->run.inverse_strength[u];
  }
  begin_iteration(p, 0);
  return SL_OK;
}

static void end_iteration(sl_pagerank *p) {
  symmetric *state = state_of(p);
  const uint32_t n = p->run.graph->node_count;
  const double curvature = state->sum;
  state->sum = 0;
  if (!(curvature > 0)) return;
  const double alpha = state->sum_old / curvature;
  p->run.residual = 0;
  for (uint32_t begin = 0, end; begin < n; begin = end) {
    end = block_end(begin, n);
    advance(p, alpha, begin, end);
  }
  p->run.iterations++;
}

static sl_status step(sl_pagerank *p, uint64_t work) {
  symmetric *state = state_of(p);
  const sl_csr *edges = p->run.graph->outgoing;
  uint64_t done = 0;
  while (sl_job_is_running(&p->run.job) && done < work) {
    // Nothing left along the direction: only the certificate can say whether that is enough.
    bool exhausted = !(state->sum_old > 0);
    if (!exhausted && p->run.residual > p->target) {
      const uint32_t end = sl_diffusion_rows_for_work(edges, state->cursor, work - done);
      const uint64_t block = edges->row_pointers[end] - edges->row_pointers[state->cursor];
      sl_diffusion_pull_rows(edges, p->direction, p->product, state->cursor, end);
      state->sum = complete_product(p->run.strength, p->options.damping, p->direction, p->product,
                                    state->cursor, end, state->sum);
      done += block + 1;
      p->run.edge_operations += block;
      state->cursor = end;
      if (end < edges->rows) continue;
      end_iteration(p);
      exhausted = !(state->sum > 0) || sl_diffusion_no_progress(p);
    }
    if (exhausted || p->run.residual <= p->target) {
      SL_TRY(sl_diffusion_reached(p));
      if (sl_job_is_running(&p->run.job)) SL_TRY(start(p));
    } else if (p->run.iterations >= p->options.max_iterations) {
      sl_job_end(&p->run.job, SL_OUTCOME_ITERATION_LIMIT);
    } else {
      begin_iteration(p, state->sum / state->sum_old);
    }
  }
  return SL_OK;
}

const sl_diffusion_method sl_diffusion_method_CONJUGATE_GRADIENT = {
    .id = SL_PAGERANK_CONJUGATE_GRADIENT,
    .prepare = sl_diffusion_reserve_vectors,
    .start = start,
    .step = step,
    .size = sizeof(symmetric),
};
