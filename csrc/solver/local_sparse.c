// Sparse solutions of A x = b for sparse b: push on the columns of A.
//
// Based on: R. Andersen, F. Chung, K. Lang, "Local graph partitioning using PageRank vectors", FOCS
// 2006, doi:10.1109/FOCS.2006.44 (push from the source); T. C. Kwok, Z. Wei, M. Yang, "On solving
// asymmetric diagonally dominant linear systems in sublinear time", ITCS 2026, arXiv:2509.13891.
// The push is that of push.h on the rows of A^T. Ours: the last Jacobi step, which reads no column.
#include "solver/local_sparse.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "solver/handover.h"

typedef enum phase { PUSHING, SOLVING } phase;

struct sl_local_sparse {
  sl_job job;
  const sl_method_set *methods; // of full solves
  sl_csr *matrix;
  sl_csr *transposed;   // owned; NULL when A is symmetric
  sl_push *push;        // on the rows of A^T
  double inverse_slack; // 1 / min column slack of A, rounded up; infinite unless dominant
  sl_local_sparse_options options;
  phase phase;
  uint32_t *b_indices; // the right-hand side
  double *b_values;
  uint32_t b_count;
  sl_push_goal goal;
  sl_handover full;
  bool handed_over;
  uint32_t *indices; // the solution
  double *values;
  uint32_t count;
  double bound;
  uint64_t touched_columns, edge_operations;
};

sl_local_sparse_options sl_local_sparse_options_default(void) {
  return (sl_local_sparse_options){0};
}

sl_status sl_local_sparse_create(sl_csr *matrix, sl_local_sparse **out) {
  return sl_local_sparse_create_of(&sl_all_methods, matrix, out);
}

sl_status sl_local_sparse_create_of(const sl_method_set *methods, sl_csr *matrix,
                                    sl_local_sparse **out) {
  *out = NULL;
  SL_REQUIRE(matrix->rows == matrix->cols, SL_ERR_NOT_SQUARE, "matrix", "as many rows as columns");
  const sl_matrix_class *class;
  SL_TRY(sl_csr_classify(matrix, &class));
  sl_local_sparse *sparse;
  SL_TRY(SL_ALLOC_ZERO(&sparse, 1));
  sparse->job.kind = &sl_local_sparse_kind;
  sparse->methods = methods;
  sparse->matrix = matrix;
  sl_status status = SL_OK;
  if (!class->symmetric) status = sl_csr_transpose(matrix, &sparse->transposed);
  if (status == SL_OK) {
    status = sl_push_create(sparse->transposed ? sparse->transposed : matrix, &sparse->push);
  }
  if (status != SL_OK) {
    sl_local_sparse_destroy(sparse);
    return status;
  }
  sparse->inverse_slack =
      sparse->push->row_dominant ? sl_inverse_above(sparse->push->min_row_slack) : INFINITY;
  *out = sparse;
  return SL_OK;
}

static void free_solution(sl_local_sparse *sparse) {
  sl_free(sparse->indices);
  sl_free(sparse->values);
  sparse->indices = NULL;
  sparse->values = NULL;
  sparse->count = 0;
}

static void free_query(sl_local_sparse *sparse) {
  sl_handover_drop(&sparse->full);
  free_solution(sparse);
  sl_free(sparse->b_indices);
  sl_free(sparse->b_values);
  sparse->b_indices = NULL;
  sparse->b_values = NULL;
  sparse->b_count = 0;
  sl_job_drop(&sparse->job);
}

void sl_local_sparse_destroy(sl_local_sparse *sparse) {
  if (sparse == NULL) return;
  free_query(sparse);
  sl_push_destroy(sparse->push);
  sl_csr_destroy(sparse->transposed);
  sl_free(sparse);
}

size_t sl_local_sparse_bytes(const sl_local_sparse *sparse) {
  size_t pair = sizeof(uint32_t) + sizeof(double);
  return sizeof *sparse + sl_push_bytes(sparse->push) +
         (sparse->transposed ? sl_csr_bytes(sparse->transposed) : 0) +
         sl_handover_bytes(&sparse->full) + pair * sparse->count + pair * sparse->b_count;
}

// ---- the query

static sl_status check_options(const sl_local_sparse *sparse,
                               const sl_local_sparse_options *options) {
  SL_REQUIRE(options->absolute_error > 0 && options->absolute_error <= DBL_MAX, SL_ERR_OPTION,
             "absolute_error", "a finite number > 0");
  SL_REQUIRE(options->norm == SL_BOUND_NONE || options->norm == SL_BOUND_INF ||
                 options->norm == SL_BOUND_ONE,
             SL_ERR_OPTION, "norm", "infinity or 1");
  SL_REQUIRE(options->norm != SL_BOUND_ONE || sparse->push->row_dominant, SL_ERR_NOT_DOMINANT,
             "norm", "a matrix with strictly dominant columns");
  return SL_OK;
}

static sl_status copy_b(sl_local_sparse *sparse, const sl_local_vector *b) {
  SL_TRY(sl_local_vector_check(b, sparse->push, "b"));
  SL_TRY(SL_ALLOC(&sparse->b_indices, b->count));
  SL_TRY(SL_ALLOC(&sparse->b_values, b->count));
  sparse->b_count = b->count;
  if (b->count > 0) {
    memcpy(sparse->b_indices, b->indices, b->count * sizeof *b->indices);
    memcpy(sparse->b_values, b->values, b->count * sizeof *b->values);
  }
  return SL_OK;
}

sl_status sl_local_sparse_begin(sl_local_sparse *sparse, const sl_local_sparse_options *options,
                                const uint32_t *indices, const double *values, uint32_t count) {
  free_query(sparse);
  sl_push_clear(sparse->push);
  SL_TRY(check_options(sparse, options));
  sl_local_vector b = {.indices = indices, .values = values, .count = count};
  sl_status status = copy_b(sparse, &b);
  if (status != SL_OK) {
    free_query(sparse);
    return status;
  }
  for (uint32_t k = 0; k < count; k++) sl_push_seed(sparse->push, indices[k], values[k]);
  sparse->options = *options;
  if (options->norm == SL_BOUND_NONE) {
    sparse->options.norm = sparse->push->column_dominant ? SL_BOUND_INF : SL_BOUND_ONE;
  }
  bool rows = sparse->options.norm == SL_BOUND_INF && sparse->push->column_dominant;
  sparse->goal = (sl_push_goal){
      .allowed = options->absolute_error * (1 - 0x1p-20),
      .mass_factor = sparse->inverse_slack,
      .largest_factor = rows ? 1 : INFINITY,
  };
  sparse->handed_over = false;
  sparse->touched_columns = sparse->edge_operations = 0;
  sparse->phase = PUSHING;
  sl_job_begin(&sparse->job);
  return SL_OK;
}

static void end(sl_local_sparse *sparse, sl_outcome limit) {
  sl_handover_drop(&sparse->full);
  sl_push_clear(sparse->push);
  bool met = sparse->bound <= sparse->options.absolute_error;
  sl_job_end(&sparse->job, met ? SL_OUTCOME_CONVERGED : limit);
}

typedef struct estimate {
  double bound, rounding;
  bool with_step; // x = p + D^{-1} r; otherwise x = p
} estimate;

// The smaller of the bounds that hold for the asked norm.
static estimate certify(sl_local_sparse *sparse, sl_push_bounds *bounds) {
  sl_push *push = sparse->push;
  sl_push_certify(push, sparse->b_indices, sparse->b_values, sparse->b_count, bounds);
  const sl_push_bounds r = *bounds;
  estimate best = {.bound = INFINITY};
  if (push->row_dominant) {
    // Adding r_j / a_jj to p_j rounds: at most 2 u |p_j| + 4 u |r_j / a_jj| in each entry of x.
    double size = 0;
    for (uint32_t k = 0; k < push->support_count; k++) {
      uint32_t j = push->support[k];
      size += fabs(push->nodes[j].p) + fabs(sl_push_step_times(push, j, 1));
    }
    double lost = r.rounding > 0 ? 0x1p-1074 : 0; // of which a small slack would make more
    best.rounding = (r.rounding + r.mass * 0x1p-50 + lost) * sparse->inverse_slack + size * 0x1p-50;
    best.bound = (r.gained_mass * sparse->inverse_slack + best.rounding) * (1 + 0x1p-49);
    best.with_step = true;
  }
  if (sparse->options.norm == SL_BOUND_INF && push->column_dominant) {
    double rounding = r.rounding / r.least_slack;
    double bound = (r.largest + rounding) * (1 + 0x1p-49);
    if (!(best.bound <= bound)) best = (estimate){.bound = bound, .rounding = rounding};
  }
  // What quotients and products that underflow may lose; nothing where b is zero.
  if (sparse->b_count > 0) best.bound += (2.0 * push->support_count + 8) * 0x1p-1073;
  if (!(best.bound <= INFINITY)) best.bound = INFINITY;
  return best;
}

static sl_status reserve_solution(sl_local_sparse *sparse, uint32_t count) {
  free_solution(sparse);
  SL_TRY(SL_ALLOC(&sparse->indices, count));
  return SL_ALLOC(&sparse->values, count);
}

static sl_status take_from_push(sl_local_sparse *sparse, const estimate *found) {
  const sl_push *push = sparse->push;
  sparse->bound = found->bound;
  SL_TRY(reserve_solution(sparse, push->support_count));
  for (uint32_t k = 0; k < push->support_count; k++) {
    uint32_t j = push->support[k];
    double value = push->nodes[j].p + (found->with_step ? sl_push_step_times(push, j, 1) : 0);
    if (value == 0) continue;
    // What overflowed says nothing: 0 is as good.
    if (!isfinite(value)) {
      sparse->bound = INFINITY;
      continue;
    }
    sparse->indices[sparse->count] = j;
    sparse->values[sparse->count++] = value;
  }
  sparse->touched_columns = push->touched_rows;
  sparse->edge_operations = push->edge_operations;
  return SL_OK;
}

static sl_status take_from_solve(sl_local_sparse *sparse) {
  const sl_handover *full = &sparse->full;
  uint32_t n = sparse->matrix->rows, count = 0;
  for (uint32_t i = 0; i < n; i++) count += full->x[i] != 0;
  SL_TRY(reserve_solution(sparse, count));
  for (uint32_t i = 0; i < n; i++) {
    if (full->x[i] == 0) continue;
    sparse->indices[sparse->count] = i;
    sparse->values[sparse->count++] = full->x[i];
  }
  sparse->bound = full->bound;
  sparse->touched_columns += full->touched_rows;
  sparse->edge_operations += full->work;
  return SL_OK;
}

static uint64_t total_allowance(const sl_local_sparse *sparse) {
  uint64_t limit = sparse->options.max_work, used = sparse->push->edge_operations;
  if (limit == 0) return UINT64_MAX;
  return limit > used ? limit - used : 0;
}

static uint64_t push_allowance(const sl_local_sparse *sparse) {
  uint64_t used = sparse->push->edge_operations;
  uint64_t limit = sl_local_push_limit(sparse->matrix, sparse->options.push_work);
  if (sparse->options.push_work == 0) {
    uint64_t next;
    if (sl_push_is_hopeless(sparse->push, limit, &next)) return 0;
    if (next < limit) limit = next;
  }
  return limit > used ? limit - used : 0;
}

// The full solve starts from the x that push has.
static sl_status start_solve(sl_local_sparse *sparse) {
  const sl_push *push = sparse->push;
  double *guess;
  SL_TRY(SL_ALLOC_ZERO(&guess, push->matrix->rows));
  for (uint32_t k = 0; k < push->support_count; k++) {
    const sl_push_node *node = &push->nodes[push->support[k]];
    guess[push->support[k]] = node->p + node->r * node->inverse;
  }
  sparse->touched_columns = push->touched_rows;
  sparse->edge_operations = push->edge_operations;
  sl_local_vector b = {
      .indices = sparse->b_indices, .values = sparse->b_values, .count = sparse->b_count};
  sl_status status = sl_handover_begin(&sparse->full, sparse->methods, sparse->matrix, NULL, &b,
                                       guess, sparse->options.norm, sparse->options.absolute_error,
                                       total_allowance(sparse));
  sl_free(guess);
  sparse->phase = SOLVING;
  sparse->handed_over = true;
  return status;
}

// The push believes it has met its goal: proves it, or sets a lower goal when that can help. Where
// numbers are too large or too small for it, a solve may still be able to.
static sl_status settle(sl_local_sparse *sparse) {
  sl_push_bounds r;
  estimate found = certify(sparse, &r);
  if (found.bound == INFINITY && total_allowance(sparse) > 0) return start_solve(sparse);
  double truncation = found.bound - found.rounding;
  bool enough = found.bound <= sparse->options.absolute_error;
  if (!enough && truncation > found.rounding && found.bound < INFINITY) {
    double lower = truncation < sparse->goal.allowed ? truncation : sparse->goal.allowed;
    if (sl_push_lower_goal(&sparse->goal, &r, lower / 2)) return SL_OK;
  }
  SL_TRY(take_from_push(sparse, &found));
  end(sparse, SL_OUTCOME_STAGNATED);
  return SL_OK;
}

static sl_status finish_solve(sl_local_sparse *sparse) {
  SL_TRY(take_from_solve(sparse));
  sl_outcome why = sparse->full.outcome;
  bool limited = why == SL_OUTCOME_WORK_LIMIT || why == SL_OUTCOME_TIME_LIMIT;
  end(sparse, limited ? why : SL_OUTCOME_STAGNATED);
  return SL_OK;
}

static sl_status stop_push(sl_local_sparse *sparse, sl_outcome why) {
  sl_push_bounds r;
  estimate found = certify(sparse, &r);
  SL_TRY(take_from_push(sparse, &found));
  end(sparse, why);
  return SL_OK;
}

static sl_status step_once(sl_local_sparse *sparse, uint64_t work, uint64_t *spent) {
  if (sparse->phase == SOLVING) {
    bool ended;
    *spent += work;
    SL_TRY(sl_handover_step(&sparse->full, work, &ended));
    return ended ? finish_solve(sparse) : SL_OK;
  }
  uint64_t total = total_allowance(sparse);
  if (total == 0) return stop_push(sparse, SL_OUTCOME_WORK_LIMIT);
  uint64_t allowance = push_allowance(sparse);
  if (allowance == 0) return start_solve(sparse);
  if (total < allowance) allowance = total;
  if (allowance < work) work = allowance;
  return sl_push_run(sparse->push, &sparse->goal, work, spent) ? settle(sparse) : SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_local_sparse *sparse = (sl_local_sparse *)job;
  uint64_t spent = 0;
  while (sl_job_is_running(job) && spent < work) {
    sl_status status = step_once(sparse, work - spent, &spent);
    if (status != SL_OK) {
      free_query(sparse);
      sl_push_clear(sparse->push);
      return status;
    }
  }
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_local_sparse *sparse = (sl_local_sparse *)job;
  if (sparse->phase == PUSHING) return stop_push(sparse, why);
  SL_TRY(sl_handover_stop(&sparse->full, why));
  return finish_solve(sparse);
}

static uint64_t work_done(const sl_job *job) {
  const sl_local_sparse *sparse = (const sl_local_sparse *)job;
  if (sl_job_has_ended(job)) return sparse->edge_operations;
  if (sparse->phase == PUSHING) return sparse->push->edge_operations;
  return sparse->edge_operations + sl_handover_work(&sparse->full);
}

static size_t job_bytes(const sl_job *job) {
  return sl_local_sparse_bytes((const sl_local_sparse *)job);
}
static void destroy(sl_job *job) { sl_local_sparse_destroy((sl_local_sparse *)job); }

const sl_job_kind sl_local_sparse_kind = {"sparse", step,      stop,   work_done,
                                          NULL,     job_bytes, destroy};

sl_job *sl_local_sparse_job(sl_local_sparse *sparse) { return &sparse->job; }

sl_status sl_local_sparse_finish(const sl_local_sparse *sparse, sl_local_sparse_result *result) {
  SL_TRY(sl_job_require_ended(&sparse->job));
  *result = (sl_local_sparse_result){
      .outcome = sparse->job.outcome,
      .method = sparse->handed_over ? SL_LOCAL_PUSH_FULL : SL_LOCAL_PUSH,
      .count = sparse->count,
      .indices = sparse->indices,
      .values = sparse->values,
      .error_bound = sparse->bound,
      .error_bound_norm = sparse->options.norm,
      .touched_columns = sparse->touched_columns,
      .edge_operations = sparse->edge_operations,
  };
  return SL_OK;
}
