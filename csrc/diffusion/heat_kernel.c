// Heat kernel: e^-t sum_k t^k / k! (P^T)^k s, the source after walking a Poisson(t) number of
// steps.
//
// Based on: F. Chung, "The heat kernel as the pagerank of a graph", PNAS 104 (2007),
// doi:10.1073/pnas.0708838104; K. Kloster, D. F. Gleich, "Heat kernel based community detection",
// KDD 2014, arXiv:1403.3148 (a truncated series, pushed only where the term is large). The series
// is cut where its remaining weights sum to at most half the tolerance; a node passes its term on
// only when that exceeds a share of the other half, in proportion to its strength. Everything left
// out is >= 0, so its mass is the error.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "diffusion/state.h"

// Above this e^-t is too small to begin with.
#define LONGEST_TIME 500.0

// sum of the weights after term k with weight `weight`, from above: a geometric series once k + 2 >
// t.
static double remaining_weight(double weight, double time, double k) {
  const double ratio = time / (k + 2);
  return ratio < 1 ? weight * (time / (k + 1)) / (1 - ratio) * (1 + 0x1p-30) : 1;
}

// Terms needed until the remaining weight is at most `enough`.
static uint32_t count_terms(double time, double enough) {
  double weight = exp(-time);
  uint32_t k = 0;
  while (remaining_weight(weight, time, k) > enough && k < 100000) weight *= time / ++k;
  return k;
}

// Longest row plus longest column: terms of a sum, for the rounding bound. `queue` is free then.
static uint32_t find_longest(sl_pagerank *p) {
  const sl_csr *edges = p->graph->outgoing;
  uint32_t row = 0, column = 0;
  memset(p->queue, 0, edges->rows * sizeof *p->queue);
  for (uint32_t k = 0; k < edges->nnz; k++) p->queue[edges->columns[k]]++;
  for (uint32_t u = 0; u < edges->rows; u++) {
    const uint32_t degree = edges->row_pointers[u + 1] - edges->row_pointers[u];
    if (degree > row) row = degree;
    if (p->queue[u] > column) column = p->queue[u];
  }
  return row + column;
}

sl_status sl_diffusion_heat_reserve(sl_pagerank *p) {
  if (p->next_term != NULL) return SL_OK;
  bool *known;
  SL_TRY(SL_ALLOC_ZERO(&known, p->graph->node_count));
  sl_status status = SL_ALLOC_ZERO(&p->next_term, p->graph->node_count);
  if (status != SL_OK) {
    sl_free(known);
    return status;
  }
  p->known = known;
  return SL_OK;
}

void sl_diffusion_heat_clear(sl_pagerank *p) {
  for (uint32_t i = 0; i < p->touched_count; i++) {
    p->next_term[p->touched[i]] = 0;
    p->known[p->touched[i]] = false;
  }
}

sl_status sl_diffusion_heat_check(double time) {
  SL_REQUIRE(time > 0 && time <= LONGEST_TIME, SL_ERR_OPTION, "time", "a number in (0, 500]");
  return SL_OK;
}

// x += weight r: the term that r has become.
static void add_term(sl_pagerank *p) {
  for (uint32_t i = 0; i < p->touched_count; i++) {
    const uint32_t u = p->touched[i];
    p->x[u] += p->weight * p->r[u];
  }
}

void sl_diffusion_heat_start(sl_pagerank *p, double time) {
  p->running = SL_PAGERANK_SERIES;
  p->time = time;
  p->weight = exp(-time);
  p->left_out = 0;
  p->cursor = 0;
  p->listed = p->touched_count;
  for (uint32_t i = 0; i < p->touched_count; i++) p->known[p->touched[i]] = true;
  if (p->longest_sum == 0) p->longest_sum = find_longest(p) + 1;
  p->terms = count_terms(time, 0.5 * p->options.tolerance);
  p->threshold = 0.45 * p->options.tolerance / ((p->terms + 1.0) * p->total_strength);
  p->residual = remaining_weight(p->weight, time, 0);
  add_term(p);
}

// Nodes begin .. end of the list pass their term on. Returns edges followed.
SL_ALWAYS_INLINE uint64_t pass_on(sl_pagerank *p, uint32_t begin, uint32_t end,
                                  const sl_value_type type) {
  const sl_csr *edges = p->graph->outgoing;
  double *next = p->next_term;
  uint64_t done = 0;
  for (uint32_t i = begin; i < end; i++) {
    const uint32_t u = p->touched[i];
    const double mass = p->r[u], share = mass * p->inverse_strength[u];
    if (share <= p->threshold) {
      p->left_out += mass * p->residual;
      continue;
    }
    const uint32_t last = edges->row_pointers[u + 1];
    uint32_t k = edges->row_pointers[u];
    if (k == last) next[u] += mass; // a dangling node: the walker stays
    done += last - k;
    for (; k < last; k++) {
      const uint32_t v = edges->columns[k];
      const double before = next[v],
                   after = before + share * sl_diffusion_weight_at(edges->values, type, k);
      next[v] = after;
      if (before == 0 && after > 0 && !p->known[v]) {
        p->known[v] = true;
        p->touched[p->touched_count++] = v;
      }
    }
  }
  return done;
}

SL_NOINLINE static uint64_t pass_pattern(sl_pagerank *p, uint32_t begin, uint32_t end) {
  return pass_on(p, begin, end, SL_VALUES_PATTERN);
}
SL_NOINLINE static uint64_t pass_f64(sl_pagerank *p, uint32_t begin, uint32_t end) {
  return pass_on(p, begin, end, SL_VALUES_F64);
}
SL_NOINLINE static uint64_t pass_f32(sl_pagerank *p, uint32_t begin, uint32_t end) {
  return pass_on(p, begin, end, SL_VALUES_F32);
}

// The next term is complete.
static void end_term(sl_pagerank *p) {
  p->iterations++;
  p->weight *= p->time / p->iterations;
  p->residual = remaining_weight(p->weight, p->time, p->iterations);
  for (uint32_t i = 0; i < p->touched_count; i++) {
    const uint32_t u = p->touched[i];
    p->r[u] = p->next_term[u];
    p->next_term[u] = 0;
  }
  add_term(p);
  p->cursor = 0;
  p->listed = p->touched_count;
}

sl_status sl_diffusion_heat_step(sl_pagerank *p, uint64_t work) {
  const sl_value_type type = p->graph->outgoing->value_type;
  uint64_t done = 0;
  while (sl_job_is_running(&p->job) && done < work) {
    if (p->iterations >= p->terms) {
      sl_diffusion_certify(p);
      sl_job_end(&p->job,
                 p->bound <= p->options.tolerance ? SL_OUTCOME_CONVERGED : SL_OUTCOME_STAGNATED);
      break;
    }
    const uint32_t left = p->listed - p->cursor;
    const uint32_t end = p->cursor + (left > 64 ? 64 : left);
    const uint64_t block = SL_DIFFUSION_BY_WEIGHT(type, pass, p, p->cursor, end);
    done += block + 1;
    p->edge_operations += block;
    p->cursor = end;
    if (end == p->listed) end_term(p);
  }
  return SL_OK;
}

// A term is off by at most its number times (longest row + longest column + 5) u of its mass, and
// the weights times their numbers sum to t; x itself adds up `terms` products.
void sl_diffusion_heat_certify(sl_pagerank *p) {
  const double rounding = (p->time * (p->longest_sum + 8) + 6.0 * p->terms + 20) * SL_UNIT_ROUNDOFF;
  // Terms that were not passed on in full when the run was stopped count as left out already.
  p->bound = (p->residual + p->left_out) * (1 + 0x1p-30) + 1.01 * rounding +
             (p->source_count + 10.0) * SL_UNIT_ROUNDOFF;
  p->rounding = rounding;
  p->scale = 1;
  p->last_step = false;
  p->certified = true;
}
