// Single entries of x = A^{-1} b: push, certificate, and the way over to a full solve.
//
// Based on: A. Andoni, R. Krauthgamer, Y. Pogrow, "On solving linear systems in sublinear time",
// ITCS 2019, arXiv:1809.02995 (the question: one coordinate, additive error, no dependence on n);
// T. C. Kwok, Z. Wei, M. Yang, "On solving asymmetric diagonally dominant linear systems in
// sublinear time", ITCS 2026, arXiv:2509.13891 (local push for it, rows and columns). The bounds
// from slack are those of J. M. Varah, "A lower bound for the smallest singular value of a matrix",
// Linear Algebra Appl. 11 (1975), doi:10.1016/0024-3795(75)90112-3. Ours: the Jacobi step on r that
// reads no row, and the interval for x of an M-matrix.
#include "solver/local_entries.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "solver/handover.h"
#include "solver/push.h"

#define NOINLINE __attribute__((noinline))

// Edge operations of a push in a fraction of the time that it takes to set a full solve up.
#define LEAST_BUDGET 700
// Multigrid needs no more, however small the slack.
#define MOST_PASSES 4.0
// Rows for which reaching one costs as much again as the edge that leads there, and how many times
// as much it costs at most.
#define CACHED_ROWS 4096.0
#define MISS 20.0
// Below this sum of |r| the solve saves more by it than its certificate costs.
#define WORTH_KEEPING 0.1

typedef enum phase { PUSHING, SOLVING } phase;

struct sl_local_entries {
  sl_job job;
  sl_csr *matrix;
  sl_push *push;
  sl_row_slack slack;
  // the right-hand side and what follows from it for x
  bool has_b;
  sl_local_vector b;
  sl_local_box x;
  // the query
  sl_local_entries_options options;
  phase phase;
  uint32_t *indices;
  double *values, *bounds;
  uint32_t capacity, count;
  uint32_t next;     // entries before it are settled
  bool begun;        // push holds the state of entry `next`
  bool rounding_won; // some bound could not be met
  uint32_t pushed_entries;
  sl_push_goal goal;
  uint64_t touched_rows, edge_operations; // of settled entries and of solves
  double pushed_before;                   // what pushes of settled entries have cost
  bool keeps_touched;
  uint8_t *touched_marks; // n, and a list of n: NULL until they are asked for
  uint32_t *touched;
  uint32_t touched_count;
  sl_handover full;
  bool handed_over;
  sl_push_bounds current; // of entry `next` when the solve began
  bool has_current;
};

sl_local_entries_options sl_local_entries_options_default(void) {
  return (sl_local_entries_options){0};
}

// ---- object

sl_status sl_local_entries_create(sl_csr *matrix, sl_local_entries **out) {
  *out = NULL;
  sl_push *push;
  SL_TRY(sl_push_create(matrix, &push));
  sl_local_entries *entries;
  sl_status status = SL_ALLOC_ZERO(&entries, 1);
  if (status != SL_OK) {
    sl_push_destroy(push);
    return status;
  }
  entries->job.kind = &sl_local_entries_kind;
  entries->matrix = matrix;
  entries->push = push;
  if (push->row_dominant) status = sl_row_slack_measure(matrix, &entries->slack);
  if (status != SL_OK) {
    sl_local_entries_destroy(entries);
    return status;
  }
  *out = entries;
  return SL_OK;
}

void sl_local_entries_destroy(sl_local_entries *entries) {
  if (entries == NULL) return;
  sl_free(entries->touched_marks);
  sl_free(entries->touched);
  sl_handover_drop(&entries->full);
  sl_push_destroy(entries->push);
  sl_row_slack_free(&entries->slack);
  sl_free(entries->indices);
  sl_free(entries->values);
  sl_free(entries->bounds);
  sl_free(entries);
}

size_t sl_local_entries_bytes(const sl_local_entries *entries) {
  size_t n = entries->matrix->rows;
  size_t bytes = sizeof *entries + sl_push_bytes(entries->push);
  if (entries->slack.inverse) bytes += n * sizeof(double);
  bytes += sl_handover_bytes(&entries->full);
  return bytes + entries->capacity * (sizeof(uint32_t) + 2 * sizeof(double));
}

uint32_t sl_local_entries_size(const sl_local_entries *entries) { return entries->matrix->rows; }

// ---- right-hand side

static sl_status set(sl_local_entries *entries, const sl_local_vector *b) {
  sl_handover_drop(&entries->full);
  sl_push_clear(entries->push);
  sl_job_drop(&entries->job);
  entries->has_b = false;
  if (b->dense == NULL) SL_TRY(sl_local_vector_check(b, entries->push, "b"));
  SL_TRY(sl_local_bound(entries->push, &entries->slack, b, "b", &entries->x));
  entries->b = *b;
  entries->has_b = true;
  return SL_OK;
}

sl_status sl_local_entries_set_dense(sl_local_entries *entries, const double *b, size_t length) {
  SL_REQUIRE(length == entries->matrix->rows, SL_ERR_SHAPE, "b", "one number for each row");
  sl_local_vector vector = {.dense = b};
  return set(entries, &vector);
}

sl_status sl_local_entries_set_sparse(sl_local_entries *entries, const uint32_t *indices,
                                      const double *values, uint32_t count) {
  sl_local_vector vector = {.indices = indices, .values = values, .count = count};
  return set(entries, &vector);
}

// ---- the certificate of one entry

typedef struct estimate {
  double value, bound;
  double rounding; // the part of `bound` that more pushing cannot lower
} estimate;

// The inner products of an entry, with the sums of absolute values that bound their rounding.
typedef struct products {
  double pb, pb_size;
  double rb, rb_size; // sum r_j b_j / a_jj
  double rg;          // sum r_j g_j
} products;

static void add_products(products *sums, const sl_push *push, uint32_t j, double b) {
  double pb = push->nodes[j].p * b, rb = sl_push_step_times(push, j, b);
  sums->pb += pb;
  sums->pb_size += fabs(pb);
  sums->rb += rb;
  sums->rb_size += fabs(rb);
}

NOINLINE static products multiply_b(const sl_local_entries *entries) {
  const sl_push *push = entries->push;
  products sums = {0};
  for (uint32_t k = 0; k < push->support_count; k++) {
    uint32_t j = push->support[k];
    sums.rg += push->nodes[j].r * push->gain[j];
    if (entries->b.dense) add_products(&sums, push, j, entries->b.dense[j]);
  }
  if (entries->b.dense) return sums;
  for (uint32_t k = 0; k < entries->b.count; k++) {
    add_products(&sums, push, entries->b.indices[k], entries->b.values[k]);
  }
  return sums;
}

static double product_terms(const sl_local_entries *entries) {
  return entries->b.dense ? entries->push->support_count : entries->b.count;
}

// What products and quotients that underflow may lose; nothing where b is zero.
static double vanished(const sl_local_entries *entries) {
  double terms = product_terms(entries);
  return terms > 0 ? (2 * terms + entries->push->support_count + 8) * 0x1p-1073 : 0;
}

// Rows: x_j = b_j / a_jj + g_j c + e_j with |e_j| <= g_j h.
static estimate estimate_by_rows(const sl_local_entries *entries, const sl_push_bounds *r,
                                 const products *sums) {
  double gamma = sl_push_rounding(2 * product_terms(entries) + entries->push->support_count);
  double size = sums->pb_size + sums->rb_size + fabs(entries->x.center) * r->gained_mass;
  estimate found;
  found.value = sums->pb + sums->rb + entries->x.center * sums->rg;
  found.rounding = entries->x.largest * r->rounding + gamma * size * (1 + 0x1p-20);
  double gain_error = fabs(entries->x.center) * r->gain_error;
  found.bound = entries->x.radius * r->gained_mass + gain_error + found.rounding;
  found.bound = found.bound * (1 + 0x1p-49) + vanished(entries);
  return found;
}

static estimate estimate_by_columns(const sl_local_entries *entries, const sl_push_bounds *r,
                                    const products *sums) {
  double gamma = sl_push_rounding(product_terms(entries));
  estimate found;
  found.value = sums->pb;
  double off = r->rounding / r->least_slack;
  if (r->rounding > 0) off += 0x1p-1074; // of which a large b would make more
  found.rounding = off * entries->x.norm1 + gamma * sums->pb_size * (1 + 0x1p-20);
  found.bound = (r->largest * entries->x.norm1 + found.rounding) * (1 + 0x1p-49);
  found.bound += vanished(entries);
  return found;
}

// Certifies what the push has for entry `next`. A bound that is not a number is infinite.
NOINLINE static estimate certify(sl_local_entries *entries, sl_push_bounds *r) {
  double one = 1;
  sl_push_certify(entries->push, &entries->indices[entries->next], &one, 1, r);
  products sums = multiply_b(entries);
  estimate best = {.bound = INFINITY};
  if (entries->push->row_dominant) best = estimate_by_rows(entries, r, &sums);
  if (entries->push->column_dominant) {
    estimate other = estimate_by_columns(entries, r, &sums);
    if (!(best.bound <= other.bound)) best = other;
  }
  if (!(best.bound <= INFINITY) || !(best.value - best.value == 0)) best.bound = INFINITY;
  return best;
}

// ---- the query

sl_status sl_local_entries_begin(sl_local_entries *entries, const sl_local_entries_options *options,
                                 const uint32_t *indices, uint32_t count) {
  sl_handover_drop(&entries->full);
  sl_push_clear(entries->push);
  sl_job_drop(&entries->job);
  SL_REQUIRE(entries->has_b, SL_ERR_STATE, "b", "a right-hand side that was set");
  SL_REQUIRE(options->absolute_error > 0 && options->absolute_error <= DBL_MAX, SL_ERR_OPTION,
             "absolute_error", "a finite number > 0");
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "indices", "at least one index");
  for (uint32_t k = 0; k < count; k++) {
    SL_REQUIRE_AT(indices[k] < entries->matrix->rows, SL_ERR_INDEX, "indices",
                  "indices below the number of rows", k);
  }
  if (count > entries->capacity) {
    SL_TRY(SL_REALLOC(&entries->indices, count));
    SL_TRY(SL_REALLOC(&entries->values, count));
    SL_TRY(SL_REALLOC(&entries->bounds, count));
    entries->capacity = count;
  }
  memcpy(entries->indices, indices, count * sizeof *indices);
  entries->options = *options;
  entries->count = count;
  entries->next = entries->pushed_entries = 0;
  entries->touched_rows = entries->edge_operations = 0;
  entries->pushed_before = 0;
  for (uint32_t k = 0; k < entries->touched_count; k++)
    entries->touched_marks[entries->touched[k]] = 0;
  entries->touched_count = 0;
  entries->handed_over = false;
  entries->begun = entries->rounding_won = entries->has_current = false;
  entries->phase = PUSHING;
  sl_job_begin(&entries->job);
  return SL_OK;
}

// Forgets the push, but for what it has touched.
static void clear_push(sl_local_entries *entries) {
  if (entries->keeps_touched) {
    entries->touched_count = sl_push_touched(entries->push, entries->touched_marks,
                                             entries->touched, entries->touched_count);
  }
  sl_push_clear(entries->push);
}

NOINLINE static void end(sl_local_entries *entries, sl_outcome outcome) {
  sl_handover_drop(&entries->full);
  clear_push(entries);
  entries->begun = false;
  sl_job_end(&entries->job, outcome);
}

static void end_settled(sl_local_entries *entries) {
  end(entries, entries->rounding_won ? SL_OUTCOME_STAGNATED : SL_OUTCOME_CONVERGED);
}

static void start_entry(sl_local_entries *entries) {
  sl_push_clear(entries->push);
  sl_push_seed(entries->push, entries->indices[entries->next], 1);
  entries->goal = (sl_push_goal){
      // A little room for rounding, so that one certificate is enough as a rule.
      .allowed = entries->options.absolute_error * (1 - 0x1p-20),
      .mass_factor = entries->x.radius,
      .largest_factor = entries->x.norm1,
  };
  entries->begun = true;
}

// What pushing for the running entry has cost, in edge operations. Looking at a row between two
// thresholds is as much; reaching it for the first time brings its state from memory where there
// are more rows than a cache holds.
static double push_cost(const sl_push *push) {
  double miss = fmin(push->matrix->rows / CACHED_ROWS, MISS);
  return (double)push->edge_operations + (double)push->looked_rows + push->support_count * miss;
}

// Writes the answer of entry `next` and adds its work up.
NOINLINE static void record(sl_local_entries *entries, double value, double bound) {
  // What overflowed says nothing, and its bound is infinite.
  entries->values[entries->next] = isfinite(value) ? value : 0;
  entries->bounds[entries->next] = bound;
  if (!(bound <= entries->options.absolute_error)) entries->rounding_won = true;
  if (entries->begun) {
    entries->touched_rows += entries->push->touched_rows;
    entries->edge_operations += entries->push->edge_operations;
    entries->pushed_before += push_cost(entries->push);
    clear_push(entries);
  }
  entries->begun = false;
  entries->next++;
}

// What pushing may cost in one query before a full solve takes over, in edge operations of a push:
// a third of what conjugate gradients are expected to take by the condition number 2 / slack of
// D^-1 A, or a tenth of the least that Gauss-Seidel does. For that, slack says little: where signs
// differ it is much faster. A push reads an entry in about 5 times the time of a product.
static double push_budget(const sl_local_entries *entries) {
  const sl_matrix_class *class = &entries->matrix->matrix_class;
  bool rows = entries->push->row_dominant;
  double largest = rows ? entries->x.largest : entries->x.norm1 / class->min_column_slack;
  double passes = log(2 + largest / entries->options.absolute_error);
  if (class->symmetric) passes *= sqrt(18 / entries->push->mean_slack);
  return LEAST_BUDGET + fmin(0.012 * (passes + 4), MOST_PASSES) * entries->matrix->nnz;
}

// Edge operations that pushing may still use for this entry before it has to give way (0) or to be
// judged again. A limit that was asked for is used up; the default one is given back early when the
// push will not make it.
static uint64_t push_allowance(const sl_local_entries *entries) {
  uint64_t used = entries->push->edge_operations;
  uint64_t limit = sl_local_push_limit(entries->matrix, entries->options.push_work);
  if (entries->options.push_work == 0) {
    uint64_t next = limit;
    double left = push_budget(entries) - entries->pushed_before - push_cost(entries->push);
    if (!(left > 0)) return 0;
    if (used + left < limit) limit = used + (uint64_t)left;
    if (sl_push_is_hopeless(entries->push, limit, &next)) return 0;
    if (next < limit) limit = next;
  }
  return limit > used ? limit - used : 0;
}

static uint64_t edges_so_far(const sl_local_entries *entries) {
  return entries->edge_operations + (entries->begun ? entries->push->edge_operations : 0);
}

static uint64_t total_allowance(const sl_local_entries *entries) {
  uint64_t limit = entries->options.max_work, used = edges_so_far(entries);
  if (limit == 0) return UINT64_MAX;
  return limit > used ? limit - used : 0;
}

// ---- the full solve

// Hands over. The last entry needs x only to absolute_error / ||r||; ones that follow have no p yet
// and need all of it, and then the one whose push gave way is read off x like them.
static sl_status start_solve(sl_local_entries *entries) {
  double demand = entries->options.absolute_error;
  entries->has_current =
      entries->begun && entries->next + 1 == entries->count && entries->push->mass < WORTH_KEEPING;
  if (entries->has_current) {
    estimate found = certify(entries, &entries->current);
    if (found.bound < INFINITY && entries->current.mass > 0) {
      double room = entries->options.absolute_error - found.rounding;
      double relaxed = 0.9 * room / entries->current.mass;
      if (relaxed > demand) demand = relaxed;
    }
  }
  entries->phase = SOLVING;
  entries->handed_over = true;
  return sl_handover_begin(&entries->full, &sl_all_methods, entries->matrix, &entries->slack,
                           &entries->b, NULL, SL_BOUND_INF, demand, total_allowance(entries));
}

// The push believes it has met its goal: proves it, or sets a lower goal when that can help. Where
// numbers are too large or too small for it, a solve may still be able to.
static sl_status settle(sl_local_entries *entries) {
  sl_push_bounds r;
  estimate found = certify(entries, &r);
  if (found.bound == INFINITY && total_allowance(entries) > 0) return start_solve(entries);
  double truncation = found.bound - found.rounding;
  bool enough = found.bound <= entries->options.absolute_error;
  if (!enough && truncation > found.rounding && found.bound < INFINITY) {
    double lower = truncation < entries->goal.allowed ? truncation : entries->goal.allowed;
    if (sl_push_lower_goal(&entries->goal, &r, lower / 2)) return SL_OK;
  }
  entries->pushed_entries++;
  record(entries, found.value, found.bound);
  if (entries->next == entries->count) end_settled(entries);
  return SL_OK;
}

// x_t = p.b + r.x for the entry whose push gave way.
static estimate combine(const sl_local_entries *entries) {
  const sl_push *push = entries->push;
  const sl_push_bounds *r = &entries->current;
  const double *x = entries->full.x;
  products sums = multiply_b(entries);
  double rx = 0, size = sums.pb_size;
  for (uint32_t k = 0; k < push->support_count; k++) {
    uint32_t j = push->support[k];
    double product = push->nodes[j].r * x[j];
    rx += product;
    size += fabs(product);
  }
  double largest = sl_norm_inf_f64(x, push->matrix->rows) + entries->full.bound;
  double terms = product_terms(entries) + push->support_count;
  double bound =
      (r->mass * entries->full.bound + largest * r->rounding + sl_push_rounding(terms) * size) *
          (1 + 0x1p-40) +
      (terms + 8) * 0x1p-1073; // and what products that underflow lose
  double value = sums.pb + rx;
  bool is_number = value - value == 0 && bound <= INFINITY;
  return (estimate){.value = value, .bound = is_number ? bound : INFINITY};
}

// Entries that neither push nor solve has reached: x_t = b_t / a_tt + g_t c +- g_t h.
NOINLINE static void settle_without_work(sl_local_entries *entries) {
  while (entries->next < entries->count) {
    if (!entries->begun) start_entry(entries);
    sl_push_bounds r;
    estimate found = certify(entries, &r);
    record(entries, found.value, found.bound);
  }
}

// Answers everything that is left from x, or from push where that bound is smaller.
static void use_solution(sl_local_entries *entries) {
  const sl_handover *full = &entries->full;
  entries->edge_operations += full->work;
  entries->touched_rows += full->touched_rows;
  if (full->bound < INFINITY) {
    if (entries->has_current) {
      estimate found = combine(entries);
      if (found.bound <= full->bound)
        record(entries, found.value, found.bound);
      else
        record(entries, full->x[entries->indices[entries->next]], full->bound);
    }
    while (entries->next < entries->count) {
      record(entries, full->x[entries->indices[entries->next]], full->bound);
    }
  }
  settle_without_work(entries);
  sl_outcome why = full->outcome;
  bool limited = why == SL_OUTCOME_WORK_LIMIT || why == SL_OUTCOME_TIME_LIMIT;
  if (entries->rounding_won && limited)
    end(entries, why);
  else
    end_settled(entries);
}

// ---- steps

static sl_status push_step(sl_local_entries *entries, uint64_t work, uint64_t *spent) {
  if (total_allowance(entries) == 0) {
    settle_without_work(entries);
    end(entries, entries->rounding_won ? SL_OUTCOME_WORK_LIMIT : SL_OUTCOME_CONVERGED);
    return SL_OK;
  }
  if (!entries->begun) start_entry(entries);
  uint64_t allowance = push_allowance(entries);
  if (allowance == 0) return start_solve(entries);
  if (total_allowance(entries) < allowance) allowance = total_allowance(entries);
  if (allowance < work) work = allowance;
  return sl_push_run(entries->push, &entries->goal, work, spent) ? settle(entries) : SL_OK;
}

static sl_status solve_step(sl_local_entries *entries, uint64_t work, uint64_t *spent) {
  bool ended;
  *spent += work;
  SL_TRY(sl_handover_step(&entries->full, work, &ended));
  if (ended) use_solution(entries);
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_local_entries *entries = (sl_local_entries *)job;
  uint64_t spent = 0;
  while (sl_job_is_running(job) && spent < work) {
    sl_status status = entries->phase == PUSHING ? push_step(entries, work - spent, &spent)
                                                 : solve_step(entries, work - spent, &spent);
    if (status != SL_OK) {
      end(entries, SL_OUTCOME_BREAKDOWN);
      return status;
    }
  }
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_local_entries *entries = (sl_local_entries *)job;
  if (entries->phase == SOLVING) {
    SL_TRY(sl_handover_stop(&entries->full, why));
    use_solution(entries);
    return SL_OK;
  }
  settle_without_work(entries);
  end(entries, entries->rounding_won ? why : SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) {
  const sl_local_entries *entries = (const sl_local_entries *)job;
  return edges_so_far(entries) + sl_handover_work(&entries->full);
}

// As much for each entry to come as for those that are settled.
static uint64_t work_expected(const sl_job *job) {
  const sl_local_entries *entries = (const sl_local_entries *)job;
  if (entries->phase != PUSHING || entries->next == 0) return 0;
  return (uint64_t)((double)entries->edge_operations / entries->next * entries->count);
}

static size_t job_bytes(const sl_job *job) {
  return sl_local_entries_bytes((const sl_local_entries *)job);
}
static void destroy(sl_job *job) { sl_local_entries_destroy((sl_local_entries *)job); }

const sl_job_kind sl_local_entries_kind = {"entries",     step,      stop,   work_done,
                                           work_expected, job_bytes, destroy};

sl_job *sl_local_entries_job(sl_local_entries *entries) { return &entries->job; }

uint32_t sl_local_entries_settled(const sl_local_entries *entries) {
  return entries->job.begun ? entries->next : 0;
}

sl_status sl_local_entries_keep_touched(sl_local_entries *entries, bool keep) {
  uint32_t n = entries->matrix->rows;
  if (keep && entries->touched_marks == NULL) {
    if (entries->touched == NULL) SL_TRY(SL_ALLOC(&entries->touched, n));
    SL_TRY(SL_ALLOC_ZERO(&entries->touched_marks, n));
  }
  entries->keeps_touched = keep;
  return SL_OK;
}

sl_status sl_local_entries_touched(const sl_local_entries *entries, const uint32_t **rows,
                                   uint32_t *count) {
  SL_TRY(sl_job_require_ended(&entries->job));
  *rows = entries->touched;
  *count = entries->touched_count;
  return SL_OK;
}

sl_status sl_local_entries_finish(sl_local_entries *entries, sl_local_entries_result *result) {
  SL_TRY(sl_job_require_ended(&entries->job));
  double most = 0;
  for (uint32_t k = 0; k < entries->count; k++) {
    if (entries->bounds[k] > most) most = entries->bounds[k];
  }
  *result = (sl_local_entries_result){
      .outcome = entries->job.outcome,
      .method = entries->handed_over ? SL_LOCAL_PUSH_FULL : SL_LOCAL_PUSH,
      .count = entries->count,
      .pushed_entries = entries->pushed_entries,
      .values = entries->values,
      .error_bounds = entries->bounds,
      .error_bound = most,
      .touched_rows = entries->touched_rows,
      .edge_operations = entries->edge_operations,
  };
  return SL_OK;
}
