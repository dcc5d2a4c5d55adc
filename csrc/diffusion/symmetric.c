// Undirected graphs: conjugate gradients, with the part that converges slowest solved exactly.
//
// Based on: M. R. Hestenes, E. Stiefel, "Methods of conjugate gradients for solving linear
// systems", J. Res. NBS 49 (1952), doi:10.6028/jres.049.044. With x = D w (D = strengths) the
// system (I - d P^T) x = s of an undirected graph is (D - d A) w = s: symmetric, strictly dominant,
// positive definite. The preconditioner is D. The eigenvector of its smallest eigenvalue 1 - d is
// known on each connected component (w constant: x in proportion to the strengths), so that the
// residual's part along it is removed before the first step; on graphs that mix fast what remains
// falls by the second eigenvalue, not by d.
#include "diffusion/state.h"

#include <math.h>

#include "base/memory.h"

#define BLOCK_ROWS 1024u

sl_status sl_diffusion_find_components(sl_pagerank *p) {
  if (p->component != NULL) return SL_OK;
  const sl_csr *edges = p->graph->outgoing;
  const uint32_t n = edges->rows;
  uint32_t *component, *stack, count = 0;
  SL_TRY(SL_ALLOC(&component, n));
  sl_status status = SL_ALLOC(&stack, n);
  if (status != SL_OK) {
    sl_free(component);
    return status;
  }
  for (uint32_t u = 0; u < n; u++) component[u] = UINT32_MAX;
  for (uint32_t root = 0; root < n; root++) {
    if (component[root] != UINT32_MAX) continue;
    uint32_t height = 0;
    stack[height++] = root;
    component[root] = count;
    while (height > 0) {
      const uint32_t u = stack[--height];
      for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
        const uint32_t v = edges->columns[k];
        if (component[v] != UINT32_MAX) continue;
        component[v] = count;
        stack[height++] = v;
      }
    }
    count++;
  }
  sl_free(stack);
  double *strength, *residual;
  status = SL_ALLOC_ZERO(&strength, count);
  if (status == SL_OK) {
    status = SL_ALLOC_ZERO(&residual, count);
    if (status != SL_OK) sl_free(strength);
  }
  if (status != SL_OK) {
    sl_free(component);
    return status;
  }
  for (uint32_t u = 0; u < n; u++) strength[component[u]] += p->strength[u];
  p->component = component;
  p->component_count = count;
  p->component_strength = strength;
  p->component_residual = residual;
  return SL_OK;
}

// Nodes without edges are done at once, and each component's residual mass R is replaced by its
// exact answer R strength / (component's strength) / (1 - d).
static void deflate(sl_pagerank *p) {
  const uint32_t n = p->graph->node_count;
  const double factor = 1 / (1 - p->options.damping);
  for (uint32_t u = 0; u < n; u++) {
    if (p->strength[u] == 0) {
      p->x[u] += p->r[u];
      p->r[u] = 0;
    }
    p->component_residual[p->component[u]] += p->r[u];
  }
  for (uint32_t c = 0; c < p->component_count; c++) {
    const double strength = p->component_strength[c];
    p->component_residual[c] = strength > 0 ? p->component_residual[c] / strength : 0;
  }
  for (uint32_t u = 0; u < n; u++) {
    const double part = p->component_residual[p->component[u]] * p->strength[u];
    p->x[u] += factor * part;
    p->r[u] -= part;
  }
  for (uint32_t c = 0; c < p->component_count; c++) p->component_residual[c] = 0;
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
  const double *strength = p->strength, *inverse = p->inverse_strength;
  const double *direction = p->direction, *product = p->product;
  double *x = p->x, *r = p->r;
  double sum = 0, absolute = 0;
  for (uint32_t u = begin; u < end; u++) {
    x[u] += alpha * direction[u] * strength[u];
    const double value = r[u] - alpha * product[u];
    r[u] = value;
    absolute += fabs(value);
    sum += value * value * inverse[u];
  }
  p->residual += absolute;
  p->sum += sum;
}

static uint32_t block_end(uint32_t begin, uint32_t n) {
  return n - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : n;
}

static void begin_iteration(sl_pagerank *p, double beta) {
  const uint32_t n = p->graph->node_count;
  for (uint32_t begin = 0, end; begin < n; begin = end) {
    end = block_end(begin, n);
    turn(p->r, p->inverse_strength, beta, p->direction, begin, end);
  }
  p->sum_old = p->sum;
  p->sum = 0;
  p->cursor = 0;
}

sl_status sl_diffusion_symmetric_start(sl_pagerank *p) {
  SL_TRY(sl_diffusion_find_components(p));
  const uint32_t n = p->graph->node_count;
  p->running = SL_PAGERANK_CONJUGATE_GRADIENT;
  p->dense = true;
  deflate(p);
  p->residual = p->sum = 0;
  for (uint32_t u = 0; u < n; u++) {
    p->direction[u] = 0;
    p->residual += fabs(p->r[u]);
    p->sum += p->r[u] * p->r[u] * p->inverse_strength[u];
  }
  begin_iteration(p, 0);
  return SL_OK;
}

static void end_iteration(sl_pagerank *p) {
  const uint32_t n = p->graph->node_count;
  const double curvature = p->sum;
  p->sum = 0;
  if (!(curvature > 0)) return;
  const double alpha = p->sum_old / curvature;
  p->residual = 0;
  for (uint32_t begin = 0, end; begin < n; begin = end) {
    end = block_end(begin, n);
    advance(p, alpha, begin, end);
  }
  p->iterations++;
}

sl_status sl_diffusion_symmetric_step(sl_pagerank *p, uint64_t work) {
  const sl_csr *edges = p->graph->outgoing;
  uint64_t done = 0;
  while (sl_job_is_running(&p->job) && done < work) {
    // Nothing left along the direction: only the certificate can say whether that is enough.
    bool exhausted = !(p->sum_old > 0);
    if (!exhausted && p->residual > p->target) {
      const uint32_t end = sl_diffusion_rows_for_work(edges, p->cursor, work - done);
      const uint64_t block = edges->row_pointers[end] - edges->row_pointers[p->cursor];
      sl_diffusion_pull_rows(edges, p->direction, p->product, p->cursor, end);
      p->sum = complete_product(p->strength, p->options.damping, p->direction, p->product,
                                p->cursor, end, p->sum);
      done += block + 1;
      p->edge_operations += block;
      p->cursor = end;
      if (end < edges->rows) continue;
      end_iteration(p);
      exhausted = !(p->sum > 0) || sl_diffusion_no_progress(p);
    }
    if (exhausted || p->residual <= p->target) {
      SL_TRY(sl_pagerank_reached(p));
      if (sl_job_is_running(&p->job)) SL_TRY(sl_diffusion_symmetric_start(p));
    } else if (p->iterations >= p->options.max_iterations) {
      sl_job_end(&p->job, SL_OUTCOME_ITERATION_LIMIT);
    } else {
      begin_iteration(p, p->sum / p->sum_old);
    }
  }
  return SL_OK;
}
