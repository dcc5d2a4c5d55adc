// Based on: F. Chung, "The heat kernel as the pagerank of a graph", PNAS 104 (2007),
// doi:10.1073/pnas.0708838104; K. Kloster, D. F. Gleich, "Heat kernel based community detection",
// KDD 2014, arXiv:1403.3148 (a truncated series, pushed only where the term is large). The series
// is cut where its remaining weights sum to at most half the tolerance; a node passes its term on
// only when that exceeds a share of the other half, in proportion to its strength. Everything left
// out is >= 0, so its mass is the error.
#include "diffusion/heat_kernel.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "diffusion/run.h"

// Above this e^-t is too small to begin with.
#define LONGEST_TIME 500.0

// The term under way is r, the next one grows in `next`.
struct sl_heat_kernel {
  sl_diffusion_run run; // the first member
  sl_heat_kernel_options options;
  double *next;  // n; all 0 between runs
  bool *known;   // n: is in `touched`; all false between runs
  double weight; // of the term
  double left_out;
  double threshold; // a node passes its term on when term / strength is above it
  uint32_t terms;
  uint32_t listed, cursor; // nodes of the term, and which of them comes next
  uint32_t longest_sum;    // terms of a sum, for the rounding bound
  uint64_t term_began;     // edge operations when the term began
  uint64_t last_term;      // edge operations of the term before
};

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

// Longest row plus longest column: terms of a sum, for the rounding bound.
static uint32_t find_longest(sl_heat_kernel *h) {
  const sl_csr *edges = h->run.graph->outgoing;
  uint32_t row = 0, column = 0;
  memset(h->run.scratch, 0, edges->rows * sizeof *h->run.scratch);
  for (uint32_t k = 0; k < edges->nnz; k++) h->run.scratch[edges->columns[k]]++;
  for (uint32_t u = 0; u < edges->rows; u++) {
    const uint32_t degree = edges->row_pointers[u + 1] - edges->row_pointers[u];
    if (degree > row) row = degree;
    if (h->run.scratch[u] > column) column = h->run.scratch[u];
  }
  return row + column;
}

sl_heat_kernel_options sl_heat_kernel_options_default(void) {
  return (sl_heat_kernel_options){.tolerance = 1e-6, .max_work = UINT64_MAX};
}

sl_status sl_heat_kernel_create(sl_graph *graph, sl_heat_kernel **out) {
  *out = NULL;
  sl_heat_kernel *h;
  SL_TRY(SL_ALLOC_ZERO(&h, 1));
  sl_status status = sl_diffusion_run_create(&h->run, &sl_heat_kernel_kind, graph);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&h->next, graph->node_count);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&h->known, graph->node_count);
  if (status != SL_OK) {
    sl_heat_kernel_destroy(h);
    return status;
  }
  h->longest_sum = find_longest(h) + 1;
  *out = h;
  return SL_OK;
}

void sl_heat_kernel_destroy(sl_heat_kernel *h) {
  if (h == NULL) return;
  sl_diffusion_run_destroy(&h->run);
  sl_free(h->next);
  sl_free(h->known);
  sl_free(h);
}

size_t sl_heat_kernel_bytes(const sl_heat_kernel *h) {
  return sizeof *h + sl_diffusion_run_bytes(&h->run) +
         h->run.graph->node_count * (sizeof *h->next + sizeof *h->known);
}

static sl_status check_options(const sl_heat_kernel *h, const sl_heat_kernel_options *o) {
  SL_REQUIRE(o->time > 0 && o->time <= LONGEST_TIME, SL_ERR_OPTION, "time", "a number in (0, 500]");
  SL_REQUIRE(o->tolerance > 0 && isfinite(o->tolerance), SL_ERR_OPTION, "tolerance",
             "a finite number above 0");
  SL_REQUIRE(o->top_k <= h->run.graph->node_count, SL_ERR_OPTION, "top_k",
             "at most the number of nodes");
  SL_REQUIRE(o->max_work >= 1, SL_ERR_OPTION, "max_work", "at least 1");
  return SL_OK;
}

// Forgets the last run. O(what it touched).
static void clear(sl_heat_kernel *h) {
  for (uint32_t i = 0; i < h->run.touched_count; i++) {
    h->next[h->run.touched[i]] = 0;
    h->known[h->run.touched[i]] = false;
  }
  sl_diffusion_clear(&h->run);
}

// x += weight r: the term that r has become.
static void add_term(sl_heat_kernel *h) {
  for (uint32_t i = 0; i < h->run.touched_count; i++) {
    const uint32_t u = h->run.touched[i];
    h->run.x[u] += h->weight * h->run.r[u];
  }
}

sl_status sl_heat_kernel_begin(sl_heat_kernel *h, const sl_heat_kernel_options *options,
                               const uint32_t *nodes, const double *weights, uint32_t count) {
  SL_TRY(check_options(h, options));
  SL_TRY(sl_diffusion_check_sources(&h->run, nodes, weights, count));
  SL_TRY(sl_diffusion_reserve_sources(&h->run, count));
  clear(h);
  sl_diffusion_set_sources(&h->run, nodes, weights, count);
  h->options = *options;
  h->run.top_k = options->top_k;
  h->weight = exp(-options->time);
  h->left_out = 0;
  h->cursor = 0;
  h->listed = h->run.touched_count;
  h->term_began = h->last_term = 0;
  for (uint32_t i = 0; i < h->listed; i++) h->known[h->run.touched[i]] = true;
  h->terms = count_terms(options->time, 0.5 * options->tolerance);
  h->threshold = 0.45 * options->tolerance / ((h->terms + 1.0) * h->run.total_strength);
  h->run.residual = remaining_weight(h->weight, options->time, 0);
  add_term(h);
  sl_job_begin(&h->run.job);
  return SL_OK;
}

sl_status sl_heat_kernel_begin_numbers(sl_heat_kernel *h, const double *numbers,
                                       const uint32_t *nodes, const double *weights,
                                       uint32_t count) {
  const bool fits = numbers[2] >= 0 && numbers[2] <= UINT32_MAX;
  SL_REQUIRE(fits, SL_ERR_OPTION, "top_k", "at most the number of nodes");
  const bool limited = numbers[3] > 0 && numbers[3] < 0x1p63;
  const sl_heat_kernel_options options = {.time = numbers[0],
                                          .tolerance = numbers[1],
                                          .top_k = (uint32_t)numbers[2],
                                          .max_work = limited ? (uint64_t)numbers[3] : UINT64_MAX};
  return sl_heat_kernel_begin(h, &options, nodes, weights, count);
}

// Nodes begin .. end of the list pass their term on. Returns edges followed.
SL_ALWAYS_INLINE uint64_t pass_on(sl_heat_kernel *h, uint32_t begin, uint32_t end,
                                  const sl_value_type type) {
  const sl_csr *edges = h->run.graph->outgoing;
  double *next = h->next;
  uint64_t done = 0;
  for (uint32_t i = begin; i < end; i++) {
    const uint32_t u = h->run.touched[i];
    const double mass = h->run.r[u], share = mass * h->run.inverse_strength[u];
    if (share <= h->threshold) {
      h->left_out += mass * h->run.residual;
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
      if (before == 0 && after > 0 && !h->known[v]) {
        h->known[v] = true;
        h->run.touched[h->run.touched_count++] = v;
      }
    }
  }
  return done;
}

SL_NOINLINE static uint64_t pass_pattern(sl_heat_kernel *h, uint32_t begin, uint32_t end) {
  return pass_on(h, begin, end, SL_VALUES_PATTERN);
}
SL_NOINLINE static uint64_t pass_f64(sl_heat_kernel *h, uint32_t begin, uint32_t end) {
  return pass_on(h, begin, end, SL_VALUES_F64);
}
SL_NOINLINE static uint64_t pass_f32(sl_heat_kernel *h, uint32_t begin, uint32_t end) {
  return pass_on(h, begin, end, SL_VALUES_F32);
}

// The next term is complete.
static void end_term(sl_heat_kernel *h) {
  h->run.iterations++;
  h->weight *= h->options.time / h->run.iterations;
  h->run.residual = remaining_weight(h->weight, h->options.time, h->run.iterations);
  for (uint32_t i = 0; i < h->run.touched_count; i++) {
    const uint32_t u = h->run.touched[i];
    h->run.r[u] = h->next[u];
    h->next[u] = 0;
  }
  add_term(h);
  h->cursor = 0;
  h->listed = h->run.touched_count;
  h->last_term = h->run.edge_operations - h->term_began;
  h->term_began = h->run.edge_operations;
}

// A term is off by at most its number times (longest row + longest column + 5) u of its mass, and
// the weights times their numbers sum to t; x itself adds up `terms` products.
static void certify(sl_heat_kernel *h) {
  const double rounding =
      (h->options.time * (h->longest_sum + 8) + 6.0 * h->terms + 20) * SL_UNIT_ROUNDOFF;
  // Terms that were not passed on in full when the run was stopped count as left out already.
  h->run.certificate = (sl_diffusion_certificate){
      .known = true,
      .bound = (h->run.residual + h->left_out) * (1 + 0x1p-30) + 1.01 * rounding +
               (h->run.sources.count + 10.0) * SL_UNIT_ROUNDOFF,
      .rounding = rounding,
      .scale = 1,
  };
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_heat_kernel *h = (sl_heat_kernel *)job;
  const sl_value_type type = h->run.graph->outgoing->value_type;
  const uint64_t limit = h->options.max_work;
  uint64_t done = 0;
  while (sl_job_is_running(job) && done < work) {
    if (h->run.edge_operations >= limit) {
      sl_job_end(job, SL_OUTCOME_WORK_LIMIT);
    } else if (h->run.iterations >= h->terms) {
      certify(h);
      const bool met = h->run.certificate.bound <= h->options.tolerance;
      sl_job_end(job, met ? SL_OUTCOME_CONVERGED : SL_OUTCOME_STAGNATED);
    } else {
      const uint32_t left = h->listed - h->cursor;
      const uint32_t end = h->cursor + (left > 64 ? 64 : left);
      const uint64_t block = SL_DIFFUSION_BY_WEIGHT(type, pass, h, h->cursor, end);
      done += block + 1;
      h->run.edge_operations += block;
      h->cursor = end;
      if (end == h->listed) end_term(h);
    }
  }
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) {
  return ((const sl_heat_kernel *)job)->run.edge_operations;
}

// Each term to come as much as the last one. They grow at first, and the number of terms is known.
static uint64_t work_expected(const sl_job *job) {
  const sl_heat_kernel *h = (const sl_heat_kernel *)job;
  return h->term_began + h->last_term * (h->terms - h->run.iterations);
}

static size_t job_bytes(const sl_job *job) {
  return sl_heat_kernel_bytes((const sl_heat_kernel *)job);
}
static void destroy(sl_job *job) { sl_heat_kernel_destroy((sl_heat_kernel *)job); }

const sl_job_kind sl_heat_kernel_kind = {"heat_kernel", step,      sl_job_stop_here, work_done,
                                         work_expected, job_bytes, destroy};

sl_job *sl_heat_kernel_job(sl_heat_kernel *h) { return &h->run.job; }

double sl_heat_kernel_error(const sl_heat_kernel *h) {
  return h->run.certificate.known ? h->run.certificate.bound : h->run.residual + h->left_out;
}

sl_status sl_heat_kernel_finish(sl_heat_kernel *h, sl_diffusion_result *result) {
  SL_TRY(sl_job_require_ended(&h->run.job));
  if (!h->run.finished) {
    uint32_t proved;
    if (!h->run.certificate.known) certify(h);
    SL_TRY(sl_diffusion_list(&h->run, &proved));
    sl_diffusion_keep_result(&h->run, SL_PAGERANK_SERIES, proved);
  }
  *result = h->run.result;
  return SL_OK;
}

sl_status sl_heat_kernel_scores(const sl_heat_kernel *h, double *scores) {
  SL_REQUIRE(h->run.finished, SL_ERR_STATE, "heat_kernel", "a finished run");
  sl_diffusion_write_scores(&h->run, scores);
  return SL_OK;
}
