// Which methods apply to a matrix, and in which order the automatic choice tries them.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "solver/method.h"
#include "solver/solver.h"

const char *sl_solver_method_name(sl_solver_method method) {
  switch (method) {
#define X(name, value, text)                                                                       \
  case SL_SOLVER_##name:                                                                           \
    return text;
    SL_SOLVER_METHOD_LIST(X)
#undef X
  }
  return "unknown";
}

const char *sl_solver_reason_text(sl_solver_reason reason) {
  switch (reason) {
#define X(name, value, text)                                                                       \
  case SL_REASON_##name:                                                                           \
    return text;
    SL_SOLVER_REASON_LIST(X)
#undef X
  }
  return "unknown";
}

sl_status sl_solver_method_from_name(const char *name, sl_solver_method *out) {
#define X(method, value, text)                                                                     \
  if (strcmp(name, text) == 0) {                                                                   \
    *out = SL_SOLVER_##method;                                                                     \
    return SL_OK;                                                                                  \
  }
  SL_SOLVER_METHOD_LIST(X)
#undef X
  return sl_fail(SL_ERR_OPTION, "method", "the name of a method", SL_NO_POSITION);
}

const sl_method_set sl_all_methods = {{
#define X(name, value, text) [SL_SOLVER_##name] = &sl_method_##name,
    SL_SOLVER_CONCRETE_METHOD_LIST(X)
#undef X
}};

const sl_method_set sl_light_methods = {{
    [SL_SOLVER_CG] = &sl_method_CG,
    [SL_SOLVER_GAUSS_SEIDEL] = &sl_method_GAUSS_SEIDEL,
    [SL_SOLVER_BICGSTAB] = &sl_method_BICGSTAB,
    [SL_SOLVER_LU] = &sl_method_LU,
    [SL_SOLVER_GMRES] = &sl_method_GMRES,
}};

// NULL for AUTO, for what is no method, and for what the set leaves out.
static const sl_method *table_of(const sl_solver *solver, sl_solver_method method) {
  const size_t count = sizeof solver->methods->tables / sizeof *solver->methods->tables;
  return (size_t)method < count ? solver->methods->tables[method] : NULL;
}

sl_solver_options sl_solver_options_default(void) {
  return (sl_solver_options){.method = SL_SOLVER_AUTO, .tolerance = 1e-8};
}

// A matrix with a row or a column of zeros has no inverse whatever its other entries are.
static sl_status find_empty_lines(sl_solver *solver) {
  const sl_csr *matrix = solver->matrix;
  const uint32_t *columns = matrix->columns;
  const double *values = matrix->value_type == SL_VALUES_F64 ? matrix->values : NULL;
  unsigned char *used;
  SL_TRY(SL_ALLOC_ZERO(&used, solver->n));
  uint32_t k = 0;
  for (uint32_t i = 0; i < solver->n; i++) {
    bool any = false;
    for (uint32_t end = matrix->row_pointers[i + 1]; k < end; k++) {
      if ((values ? values[k] : sl_csr_entry(matrix, k)) == 0) continue;
      any = true;
      used[columns[k]] = 1;
    }
    if (!any) solver->traits.structurally_singular = true;
  }
  if (memchr(used, 0, solver->n) != NULL) solver->traits.structurally_singular = true;
  sl_free(used);
  return SL_OK;
}

sl_status sl_solver_find_traits(sl_solver *solver) {
  const sl_csr *matrix = solver->matrix;
  const sl_matrix_class *facts = solver->facts;
  uint32_t n = solver->n;
  sl_traits *traits = &solver->traits;
  *traits = (sl_traits){.sdd = facts->symmetric, .zero_diagonal_row = n, .diagonal_sign = 1};
  // The common cases need no look at the entries. Where all of the diagonal is there, no line is empty.
  if (!facts->symmetric) {
    if (!facts->zero_diagonal) return SL_OK;
    traits->zero_diagonal_row = facts->zero_diagonal_row;
    return find_empty_lines(solver);
  }
  // A row that is short of dominance by more than rounding leaves open only whether others have no slack.
  bool lacks = facts->min_relative_row_slack < -(facts->max_row_nnz + 8.0) * 0x1p-50;
  if (facts->positive_diagonal && (facts->min_row_slack > 0 || lacks)) {
    traits->sdd = !lacks;
    traits->tight = lacks;
    return SL_OK;
  }
  bool positive = false, negative = false;
  for (uint32_t i = 0; i < n; i++) {
    sl_row_sums sums = sl_sum_row(matrix, i);
    if (sums.diagonal > 0) positive = true;
    if (sums.diagonal < 0) negative = true;
    if (fabs(sums.diagonal) < sums.off * (1 - (sums.terms + 4) * 0x1p-52)) traits->sdd = false;
    if (sl_has_no_slack(&sums)) traits->tight = true;
    bool isolated = sums.off == 0;
    if (sums.diagonal == 0 && !isolated && traits->zero_diagonal_row == n) {
      traits->zero_diagonal_row = i;
    }
  }
  traits->diagonal_sign = positive && negative ? 0 : negative ? -1 : 1;
  return SL_OK;
}

static sl_status check_method(const sl_solver *solver, const sl_method *method) {
  const sl_traits *traits = &solver->traits;
  SL_REQUIRE(!method->definite || solver->facts->symmetric, SL_ERR_NOT_SYMMETRIC, "matrix",
             "a symmetric matrix for this method");
  SL_REQUIRE_AT(!method->diagonal || traits->zero_diagonal_row == solver->n, SL_ERR_ZERO_DIAGONAL,
                "matrix", "a diagonal without zeros for this method", traits->zero_diagonal_row);
  SL_REQUIRE(!method->dominant || traits->sdd, SL_ERR_NOT_DOMINANT, "matrix",
             "a diagonally dominant matrix");
  SL_REQUIRE(!method->dense || solver->n <= SL_SOLVER_MAX_DENSE, SL_ERR_UNSUPPORTED, "method",
             "at most 400 rows for this method");
  return SL_OK;
}

// A method that the set leaves out is not tried.
static void add(sl_solver *solver, sl_solver_method method, sl_solver_reason reason) {
  const sl_method *table = table_of(solver, method);
  if (table == NULL) return;
  solver->plan.entries[solver->plan.length++] =
      (sl_plan_entry){.id = method, .reason = reason, .method = table};
}

// Slack, in parts of the diagonal, from which a sweep of Gauss-Seidel is sure to gain enough.
#define CLEAR_SLACK 0.02
// Not less than 0, but for rounding.
#define NO_SLACK (-1e-12)
// A row so many times as long as the mean is one of a social network, which coarsens badly.
#define LONG_ROW 16

static void plan_automatically(sl_solver *solver) {
  const sl_matrix_class *facts = solver->facts;
  const sl_traits *traits = &solver->traits;
  bool has_diagonal = traits->zero_diagonal_row == solver->n;
  bool small = solver->n <= SL_SOLVER_MAX_DENSE;
  double slack = fmax(facts->min_relative_row_slack, facts->min_relative_column_slack);
  bool definite = facts->symmetric && has_diagonal && traits->diagonal_sign != 0;
  bool direct = small && !(definite && traits->sdd) && slack < NO_SLACK;
  if (direct) add(solver, SL_SOLVER_LU, SL_REASON_SMALL);
  if (definite) {
    // Where nothing is stronger, CG is not left for it.
    const bool stronger = table_of(solver, SL_SOLVER_AMG) != NULL;
    const sl_solver_reason reason =
        traits->sdd ? SL_REASON_DEFINITE_DOMINANT : SL_REASON_MAYBE_DEFINITE;
    if (stronger) {
      add(solver, SL_SOLVER_CG, reason);
      const bool coarsens = facts->max_row_nnz / LONG_ROW <= solver->matrix->nnz / solver->n;
      if (coarsens || !traits->sdd) add(solver, SL_SOLVER_AMG, SL_REASON_PREDICTED);
      if (traits->sdd) add(solver, SL_SOLVER_APPROXIMATE_CHOLESKY, SL_REASON_COARSENS_BADLY);
    }
    add(solver, SL_SOLVER_CG, SL_REASON_REMAINS);
  } else if (slack >= NO_SLACK) {
    const bool clear = slack >= CLEAR_SLACK;
    add(solver, clear ? SL_SOLVER_GAUSS_SEIDEL : SL_SOLVER_BICGSTAB_ILU,
        clear ? SL_REASON_CLEAR_SLACK : SL_REASON_DOMINANT);
  }
  if (small && !direct) add(solver, SL_SOLVER_LU, SL_REASON_SMALL);
  add(solver, SL_SOLVER_GMRES, SL_REASON_GENERAL);
  add(solver, SL_SOLVER_BICGSTAB, SL_REASON_GENERAL);
  if (slack > 0) add(solver, SL_SOLVER_GAUSS_SEIDEL, SL_REASON_DOMINANT);
}

sl_status sl_solver_make_plan(sl_solver *solver) {
  const sl_solver_options *options = &solver->options;
  const sl_method *method = table_of(solver, options->method);
  SL_REQUIRE(options->method == SL_SOLVER_AUTO || method != NULL, SL_ERR_OPTION, "method",
             "a known method");
  uint32_t orderings = method != NULL ? method->orderings : 0;
  SL_REQUIRE(options->ordering == SL_ORDER_AUTO ||
                 ((uint32_t)options->ordering < 32 && orderings >> options->ordering & 1),
             SL_ERR_OPTION, "ordering", "one that the method takes");
  solver->plan.length = 0;
  if (method == NULL) {
    plan_automatically(solver);
    return SL_OK;
  }
  SL_TRY(check_method(solver, method));
  add(solver, options->method, SL_REASON_ASKED);
  return SL_OK;
}

sl_status sl_solver_invert_diagonal(sl_solver *solver) {
  const sl_csr *matrix = solver->matrix;
  uint32_t n = solver->n;
  double *inverse = solver->inverse_diagonal;
  sl_csr_diagonal(matrix, inverse);
  bool zeros = false;
  for (uint32_t i = 0; i < n && !zeros; i++) zeros = inverse[i] == 0;
  if (zeros) {
    double *largest;
    SL_TRY(SL_ALLOC_ZERO(&largest, n));
    for (size_t k = 0; k < matrix->nnz; k++) {
      double size = fabs(sl_csr_entry(matrix, k));
      if (size > largest[matrix->columns[k]]) largest[matrix->columns[k]] = size;
    }
    for (uint32_t i = 0; i < n; i++) {
      if (inverse[i] == 0) inverse[i] = largest[i] > 0 ? largest[i] : 1;
    }
    sl_free(largest);
  }
  for (uint32_t i = 0; i < n; i++) inverse[i] = 1 / inverse[i];
  return SL_OK;
}
