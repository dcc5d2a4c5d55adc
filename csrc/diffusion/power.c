// Power iteration, and the product that all methods with incoming edges share.
//
// Based on: L. Page, S. Brin, R. Motwani, T. Winograd, "The PageRank citation ranking: bringing
// order to the web", Stanford InfoLab 1999-66. q <- (1 - d) s + d (P^T q + (mass in dangling nodes)
// s) keeps sum q = 1. ||q_new - q|| d / (1 - d) bounds the error of q_new; it ends the loop, and
// the certificate is recomputed from q afterwards.
#include "diffusion/method.h"

#include <math.h>

#define BLOCK_ROWS 1024u

SL_ALWAYS_INLINE void pull(const sl_csr *edges, const double *in, double *out, uint32_t begin,
                           uint32_t end, const sl_value_type type) {
  const uint32_t *pointers = edges->row_pointers, *columns = edges->columns;
  for (uint32_t i = begin; i < end; i++) {
    double sum = 0;
    for (uint32_t k = pointers[i]; k < pointers[i + 1]; k++) {
      sum += sl_diffusion_weight_at(edges->values, type, k) * in[columns[k]];
    }
    out[i] = sum;
  }
}

SL_NOINLINE static void pull_pattern(const sl_csr *edges, const double *in, double *out,
                                     uint32_t begin, uint32_t end) {
  pull(edges, in, out, begin, end, SL_VALUES_PATTERN);
}
SL_NOINLINE static void pull_f64(const sl_csr *edges, const double *in, double *out, uint32_t begin,
                                 uint32_t end) {
  pull(edges, in, out, begin, end, SL_VALUES_F64);
}
SL_NOINLINE static void pull_f32(const sl_csr *edges, const double *in, double *out, uint32_t begin,
                                 uint32_t end) {
  pull(edges, in, out, begin, end, SL_VALUES_F32);
}

void sl_diffusion_pull_rows(const sl_csr *edges, const double *in, double *out, uint32_t begin,
                            uint32_t end) {
  while (begin < end) {
    uint32_t next = end - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : end;
    SL_DIFFUSION_BY_WEIGHT(edges->value_type, pull, edges, in, out, begin, next);
    begin = next;
  }
}

uint32_t sl_diffusion_rows_for_work(const sl_csr *edges, uint32_t begin, uint64_t work) {
  const uint32_t *pointers = edges->row_pointers;
  uint32_t low = begin + 1;
  uint32_t high = edges->rows - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : edges->rows;
  while (low < high) {
    const uint32_t middle = high - (high - low) / 2;
    if ((uint64_t)pointers[middle] - pointers[begin] <= work)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

typedef struct power {
  uint32_t cursor; // next row of the product under way
  double dangling; // mass in dangling nodes
  bool in_form;    // x holds q, and r nothing
} power;

static power *state_of(const sl_pagerank *p) {
  return sl_diffusion_state(p, &sl_diffusion_method_POWER);
}

// direction = q / strength, and the mass that sits in dangling nodes.
static void begin_iteration(sl_pagerank *p) {
  double dangling = 0;
  for (uint32_t u = 0; u < p->run.graph->node_count; u++) {
    p->direction[u] = p->run.x[u] * p->run.inverse_strength[u];
    if (p->run.strength[u] == 0) dangling += p->run.x[u];
  }
  state_of(p)->cursor = 0;
  state_of(p)->dangling = dangling;
}

static sl_status start(sl_pagerank *p) {
  const uint32_t n = p->run.graph->node_count;
  const double damping = p->options.damping;
  const sl_csr *incoming;
  SL_TRY(sl_graph_incoming(p->run.graph, &incoming));
  p->method = &sl_diffusion_method_POWER;
  p->run.dense = state_of(p)->in_form = true;
  double mass = 0;
  for (uint32_t u = 0; u < n; u++) {
    double value = (1 - damping) * p->run.x[u] + p->run.r[u];
    p->run.x[u] = value > 0 ? value : 0;
    mass += p->run.x[u];
  }
  for (uint32_t u = 0; u < n; u++) p->run.x[u] /= mass;
  begin_iteration(p);
  return SL_OK;
}

// Turns product = A^T direction into q_new, keeps it in x, and returns ||q_new - q||_1.
static double complete_iteration(sl_pagerank *p) {
  const uint32_t n = p->run.graph->node_count;
  const double damping = p->options.damping;
  const double restart = (1 - damping) + damping * state_of(p)->dangling;
  double change = 0;
  for (uint32_t u = 0; u < n; u++) p->product[u] *= damping;
  if (p->run.sources.global) {
    for (uint32_t u = 0; u < n; u++) p->product[u] += restart / n;
  } else {
    for (uint32_t i = 0; i < p->run.sources.count; i++) {
      p->product[p->run.sources.nodes[i]] += restart * p->run.sources.weights[i];
    }
  }
  for (uint32_t u = 0; u < n; u++) {
    change += fabs(p->product[u] - p->run.x[u]);
    p->run.x[u] = p->product[u];
  }
  return change;
}

// Turns q in x back into the x of the identity.
static void leave(sl_pagerank *p) {
  if (!state_of(p)->in_form) return;
  const uint32_t n = p->run.graph->node_count;
  double dangling = 0;
  for (uint32_t u = 0; u < n; u++) {
    if (p->run.strength[u] == 0) dangling += p->run.x[u];
  }
  const double damping = p->options.damping;
  const double factor = 1 / ((1 - damping) + damping * dangling);
  for (uint32_t u = 0; u < n; u++) p->run.x[u] *= factor;
  state_of(p)->in_form = false;
}

static sl_status step(sl_pagerank *p, uint64_t work) {
  power *state = state_of(p);
  const sl_csr *incoming = p->run.graph->incoming;
  const double damping = p->options.damping;
  uint64_t done = 0;
  while (sl_job_is_running(&p->run.job) && done < work) {
    uint32_t end = sl_diffusion_rows_for_work(incoming, state->cursor, work - done);
    uint64_t block = incoming->row_pointers[end] - incoming->row_pointers[state->cursor];
    sl_diffusion_pull_rows(incoming, p->direction, p->product, state->cursor, end);
    done += block + 1;
    p->run.edge_operations += block;
    state->cursor = end;
    if (end < incoming->rows) continue;
    p->run.iterations++;
    p->run.residual = complete_iteration(p) * damping / (1 - damping);
    if (p->run.residual <= p->target || sl_diffusion_no_progress(p)) {
      SL_TRY(sl_diffusion_reached(p));
      if (sl_job_is_running(&p->run.job)) SL_TRY(start(p));
    } else if (p->run.iterations >= p->options.max_iterations) {
      sl_job_end(&p->run.job, SL_OUTCOME_ITERATION_LIMIT);
    } else {
      begin_iteration(p);
    }
  }
  return SL_OK;
}

const sl_diffusion_method sl_diffusion_method_POWER = {
    .id = SL_PAGERANK_POWER,
    .prepare = sl_diffusion_reserve_vectors,
    .start = start,
    .step = step,
    .leave = leave,
    .size = sizeof(power),
};
