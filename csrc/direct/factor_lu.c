// A factorisation by rows and columns: what the LU half does, as a part of an sl_factor.
#include <math.h>

#include "direct/factor_object.h"

sl_status sl_factor_begin_lu(sl_factor *f) {
  sl_lu_destroy(f->lu);
  f->lu = NULL;
  f->method = SL_FACTOR_LU;
  f->lu_matrix = *f->matrix;
  f->lu_matrix.values = f->scaled;
  sl_lu_options options = sl_lu_options_default();
  // A matrix that turned out to need LU has the order that LU takes.
  options.ordering = f->ordering == SL_FACTOR_ORDER_NATURAL   ? SL_LU_ORDER_NATURAL
                     : f->ordering == SL_FACTOR_ORDER_COLUMNS ? SL_LU_ORDER_COLUMNS
                     : f->ordering == SL_FACTOR_ORDER_AMD     ? SL_LU_ORDER_MINIMUM_DEGREE
                                                              : SL_LU_ORDER_AUTO;
  SL_TRY(sl_lu_create(&f->lu_matrix, &options, &f->lu));
  sl_lu_set_scaled(f->lu, f->is_scaled);
  SL_TRY(f->estimate_only ? sl_lu_begin_analysis(f->lu) : sl_lu_begin(f->lu));
  f->refactors_lu = false;
  f->phase = SL_FACTOR_PIVOTING;
  return SL_OK;
}

sl_status sl_factor_begin_lu_values(sl_factor *f) {
  if (f->lu == NULL || !f->analysed) return sl_factor_begin_lu(f);
  sl_lu_set_scaled(f->lu, f->is_scaled);
  SL_TRY(sl_lu_begin_refactor(f->lu, f->scaled, f->matrix->nnz, SL_VALUES_F64));
  f->refactors_lu = true;
  f->phase = SL_FACTOR_PIVOTING;
  return SL_OK;
}

// Which row makes it singular.
static sl_status fail_singular(const sl_factor *f) {
  uint32_t row = 0, column = 0, rank;
  const uint8_t *rows, *columns;
  if (sl_lu_get_singularity(f->lu, &row, &column) == SL_LU_STRUCTURAL) {
    sl_lu_get_deficient(f->lu, &rows, &columns, &rank);
    for (row = 0; rows != NULL && row + 1 < f->matrix->rows && rows[row] == 0;) row++;
    return sl_fail(SL_ERR_SINGULAR, "matrix",
                   "rows that do not have too few columns among them, as this one and others", row);
  }
  return sl_fail(SL_ERR_SINGULAR, "matrix",
                 "rows that do not depend on one another, as this one on others", row);
}

// Old pivots that were large enough one by one may still have made the factors worthless. They are
// asked for an answer that is known: the residual of A x = A e, by rows, is small beside the terms of
// each row, or refinement has nothing to go by.
static sl_status are_of_use(sl_factor *f, bool *out) {
  const sl_csr *m = f->matrix;
  *out = true;
  if (sl_lu_growth_bound(f->lu) <= 0x1p26) return SL_OK;
  SL_TRY(sl_factor_reserve(f));
  double *b = f->scaled_b, *x = f->scaled_x;
  for (uint32_t i = 0; i < m->rows; i++) {
    b[i] = 0;
    for (uint32_t p = m->row_pointers[i]; p < m->row_pointers[i + 1]; p++) b[i] += f->scaled[p];
  }
  SL_TRY(sl_lu_solve(f->lu, b, x, 1));
  *out = true;
  for (uint32_t i = 0; i < m->rows; i++) {
    double residual = b[i], size = fabs(b[i]);
    for (uint32_t p = m->row_pointers[i]; p < m->row_pointers[i + 1]; p++) {
      double term = f->scaled[p] * x[m->columns[p]];
      residual -= term;
      size += fabs(term);
    }
    if (!(fabs(residual) <= size * 0x1p-26)) *out = false;
  }
  f->work += m->nnz;
  return SL_OK;
}

sl_status sl_factor_step_lu(sl_factor *f, uint64_t work, bool *done) {
  sl_job *job = sl_lu_job(f->lu);
  sl_outcome outcome;
  uint64_t before = sl_job_work(job);
  SL_TRY(sl_job_step(job, work, &outcome));
  uint64_t after = sl_job_work(job);
  f->work += after > before ? after - before : 1;
  if (outcome == SL_OUTCOME_CONVERGED && f->refactors_lu) {
    bool useful;
    SL_TRY(are_of_use(f, &useful));
    if (!useful) outcome = SL_OUTCOME_BREAKDOWN;
  }
  switch (outcome) {
  case SL_OUTCOME_RUNNING:
    return SL_OK;
  case SL_OUTCOME_CONVERGED:
    *done = true;
    f->made = f->analysed = !f->estimate_only;
    return SL_OK;
  case SL_OUTCOME_SINGULAR:
    f->analysed = false;
    return fail_singular(f);
  default:
    f->analysed = false;
    // Old pivots that do not suit the new values: an old matching would not either.
    if (f->refactors_lu) return sl_factor_begin_lu(f);
    return sl_fail(SL_ERR_RANGE, "matrix", "values whose factors stay in the range of numbers",
                   SL_NO_POSITION);
  }
}

void sl_factor_lu_facts(const sl_factor *f, double *out) {
  sl_lu_prediction prediction;
  sl_lu_facts facts;
  if (f->lu == NULL) return;
  // Not known of one from a file, which has it.
  if (sl_lu_get_prediction(f->lu, &prediction) == SL_OK &&
      prediction.ordering != SL_LU_ORDER_AUTO) {
    out[3] = prediction.ordering == SL_LU_ORDER_COLUMNS   ? SL_FACTOR_ORDER_COLUMNS
             : prediction.ordering == SL_LU_ORDER_NATURAL ? SL_FACTOR_ORDER_NATURAL
                                                          : SL_FACTOR_ORDER_AMD;
  }
  if (f->made && sl_lu_get_facts(f->lu, &facts) == SL_OK) {
    double exponents = 0;
    for (uint32_t i = 0; i < f->matrix->rows; i++) {
      exponents += (double)f->row_exponent[i] + f->column_exponent[i];
    }
    out[4] = facts.fill;
    out[5] = facts.flops;
    out[13] = facts.determinant_sign;
    out[14] = facts.log_determinant - exponents * 0.6931471805599453;
    out[15] = facts.blocks;
    out[16] = facts.largest_block;
  } else if (sl_lu_get_prediction(f->lu, &prediction) == SL_OK) {
    out[4] = prediction.fill;
    out[5] = prediction.flops;
    out[7] = prediction.bytes + (double)sl_factor_bytes(f) - (double)sl_lu_bytes(f->lu);
    out[15] = prediction.blocks;
    out[16] = prediction.largest_block;
  }
}
