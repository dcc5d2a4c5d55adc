// QR, plain in panels or with pivoting column by column; least squares with it.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/scale.h"
#include "linalg/orthogonal_object.h"
#include "simd/kernels.h"

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

// Reflector j, applied to the columns up to `end`.
static void eliminate(sl_orthogonal *o, uint32_t j, uint32_t end) {
  double *const column = o->a + j + j * o->ld;
  const uint32_t rows = o->m - j;
  o->tau[j] = sl_reflector(column, rows);
  if (o->tau[j] == 0) return;
  const double kept = column[0];
  column[0] = 1;
  for (uint32_t c = j + 1; c < end; c++) {
    double *const other = o->a + j + c * o->ld;
    sl_column_add(rows, -o->tau[j] * sl_column_dot(column, other, rows), column, other);
  }
  column[0] = kept;
}

static bool step_panel(sl_orthogonal *o) {
  const uint32_t width = smaller(SL_REFLECTORS, o->k - o->at), end = o->at + width;
  if (o->stage == 0) {
    for (uint32_t j = o->at; j < end; j++) eliminate(o, j, end);
    o->work += (uint64_t)width * width * (o->m - o->at);
    if (end < o->n) sl_reflectors_pack(o, o->at, width);
    o->stage = 1;
    o->column = end;
  } else if (o->column < o->n) {
    const uint32_t here = smaller(SL_REFLECTED, o->n - o->column);
    sl_reflectors_apply(o, o->at, width, o->a + o->at + o->column * o->ld, o->ld, here, true);
    o->work += (uint64_t)2 * width * here * (o->m - o->at);
    o->column += here;
  }
  if (o->column >= o->n) {
    o->stage = 0;
    o->at = end;
  }
  return o->at >= o->k;
}

static double norm(const sl_orthogonal *o, uint32_t column, uint32_t row) {
  const double *x = o->a + row + column * o->ld;
  return sqrt(sl_column_dot(x, x, o->m - row));
}

static void exchange_columns(sl_orthogonal *o, uint32_t i, uint32_t j) {
  if (i == j) return;
  double *x = o->a + i * o->ld, *y = o->a + j * o->ld;
  for (uint32_t r = 0; r < o->m; r++) {
    const double kept = x[r];
    x[r] = y[r];
    y[r] = kept;
  }
  const uint32_t order = o->order[i];
  o->order[i] = o->order[j];
  o->order[j] = order;
  o->norms[j] = o->norms[i];
  o->norms[o->n + j] = o->norms[o->n + i];
}

// The column with the largest rest comes next.
static bool step_pivoted(sl_orthogonal *o) {
  const uint32_t j = o->at;
  if (j == 0)
    for (uint32_t c = 0; c < o->n; c++) o->norms[c] = o->norms[o->n + c] = norm(o, c, 0);
  uint32_t most = j;
  for (uint32_t c = j + 1; c < o->n; c++)
    if (o->norms[c] > o->norms[most]) most = c;
  exchange_columns(o, j, most);
  eliminate(o, j, o->n);
  for (uint32_t c = j + 1; c < o->n; c++) {
    if (o->norms[c] == 0) continue;
    const double part = fabs(o->a[j + c * o->ld]) / o->norms[c];
    const double left = part < 1 ? (1 - part) * (1 + part) : 0;
    const double ratio = o->norms[c] / o->norms[o->n + c];
    // Of what cancels nothing is left: computed anew. Z. Drmac, Z. Bujanovic, ACM TOMS 35 (2008).
    if (left * ratio * ratio <= 0x1p-26)
      o->norms[c] = o->norms[o->n + c] = norm(o, c, j + 1);
    else
      o->norms[c] *= sqrt(left);
  }
  o->work += (uint64_t)2 * (o->n - j) * (o->m - j);
  return ++o->at >= o->k;
}

sl_status sl_qr_step_(sl_orthogonal *o, bool *done) {
  // Singular values begin with pivoting, whatever their option.
  const bool pivots = o->option || o->kind == SL_ORTHOGONAL_SVD;
  *done = o->k == 0 || (pivots ? step_pivoted(o) : step_panel(o));
  return SL_OK;
}

// ---- Q ------------------------------------------------------------------------------------------

static sl_status require_qr(const sl_orthogonal *o) {
  SL_TRY(sl_orthogonal_require_whole(o));
  SL_REQUIRE(o->kind == SL_ORTHOGONAL_QR, SL_ERR_UNSUPPORTED, "matrix", "a QR decomposition");
  return SL_OK;
}

sl_status sl_orthogonal_begin_q(sl_orthogonal *o, uint32_t columns) {
  SL_TRY(require_qr(o));
  SL_REQUIRE(columns >= o->k && columns <= o->m, SL_ERR_OPTION, "columns",
             "min(rows, columns) .. rows");
  sl_orthogonal_drop_solve(o);
  SL_REQUIRE(columns == 0 || o->ld <= SIZE_MAX / 8 / columns, SL_ERR_OVERFLOW, "columns",
             "fewer columns");
  SL_TRY(SL_ALLOC_ZERO(&o->q, o->ld * columns));
  o->q_columns = columns;
  for (uint32_t j = 0; j < columns; j++) o->q[j + j * o->ld] = 1;
  sl_reflecting_begin(o, o->q, columns, false);
  sl_orthogonal_begin(o, SL_AT_Q, 2.0 * o->m * columns * o->k);
  return SL_OK;
}

// ---- least squares ------------------------------------------------------------------------------

enum { AT_TURN, AT_INNER, AT_INNER_Q };

void sl_orthogonal_drop_solve(sl_orthogonal *o) {
  double **arrays[] = {&o->q, &o->b, &o->facts, &o->solution};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    sl_free(*arrays[i]);
    *arrays[i] = NULL;
  }
  sl_free(o->side_exponent);
  o->side_exponent = NULL;
  sl_orthogonal_destroy(o->inner);
  o->inner = NULL;
  o->solved = false;
  o->sides = o->q_columns = 0;
  // Work that is under way has lost its arrays: where no other begins, no step may go on with it.
  sl_job_drop(&o->job);
}

// The rows of R that count, transposed, as a matrix of its own.
static sl_status make_inner(sl_orthogonal *o) {
  double *rows;
  const size_t count = (size_t)o->n * o->rank;
  SL_TRY(SL_ALLOC(&rows, count));
  for (uint32_t j = 0; j < o->n; j++)
    for (uint32_t i = 0; i < o->rank; i++)
      rows[(size_t)j * o->rank + i] = j >= i ? o->a[i + j * o->ld] : 0;
  const sl_status status =
      sl_orthogonal_create(rows, count, o->n, o->rank, SL_ORTHOGONAL_QR, 0, &o->inner);
  sl_free(rows);
  return status;
}

static sl_status reserve_solve(sl_orthogonal *o, uint32_t columns) {
  const size_t all = o->ld * columns, answers = (size_t)sl_block_stride(o->n) * columns;
  SL_REQUIRE(columns == 0 || (all / columns == o->ld && answers / columns == sl_block_stride(o->n)),
             SL_ERR_OVERFLOW, "b", "fewer columns");
  SL_TRY(SL_ALLOC_ZERO(&o->b, all));
  SL_TRY(SL_ALLOC_ZERO(&o->solution, answers));
  SL_TRY(SL_ALLOC_ZERO(&o->facts, (size_t)columns));
  SL_TRY(SL_ALLOC_ZERO(&o->side_exponent, (size_t)columns));
  return o->rank < o->n && o->rank > 0 ? make_inner(o) : SL_OK;
}

sl_status sl_orthogonal_begin_solve(sl_orthogonal *o, const double *b, size_t b_count,
                                    uint32_t columns, double tolerance) {
  SL_TRY(require_qr(o));
  SL_REQUIRE(o->option, SL_ERR_UNSUPPORTED, "matrix", "a decomposition with pivoting");
  SL_REQUIRE((double)b_count == (double)o->m * columns, SL_ERR_SHAPE, "b",
             "as many rows as the matrix");
  const size_t bad = sl_first_not_finite_f64(b, b_count);
  SL_REQUIRE_AT(bad == b_count, SL_ERR_NOT_FINITE, "b", "finite numbers", bad);
  uint32_t rank;
  SL_TRY(sl_orthogonal_rank(o, tolerance, &rank));
  sl_orthogonal_drop_solve(o);
  o->rank = rank;
  const sl_status status = reserve_solve(o, columns);
  if (status != SL_OK) {
    sl_orthogonal_drop_solve(o);
    return status;
  }
  o->sides = columns;
  for (uint32_t j = 0; j < columns; j++) {
    int32_t most = SL_EXPONENT_OF_ZERO;
    for (uint32_t i = 0; i < o->m; i++) {
      const int32_t e = sl_exponent(b[(size_t)i * columns + j]);
      most = e > most ? e : most;
    }
    o->side_exponent[j] = most == SL_EXPONENT_OF_ZERO ? 0 : most;
    for (uint32_t i = 0; i < o->m; i++)
      o->b[i + j * o->ld] = sl_times_power(b[(size_t)i * columns + j], -o->side_exponent[j]);
  }
  o->stage = AT_TURN;
  sl_reflecting_begin(o, o->b, columns, true);
  sl_orthogonal_begin(o, SL_AT_SOLVE, 2.0 * o->m * columns * o->k);
  return SL_OK;
}

// Q^T b is there: what no x changes is the residual, the rest is solved.
static void substitute(sl_orthogonal *o) {
  const size_t xd = sl_block_stride(o->n);
  const double *r = o->inner != NULL ? o->inner->a : o->a;
  const size_t ld = o->inner != NULL ? o->inner->ld : o->ld;
  for (uint32_t j = 0; j < o->sides; j++) {
    const double *const b = o->b + j * o->ld;
    double *const x = o->solution + j * xd;
    o->facts[j] = sqrt(sl_column_dot(b + o->rank, b + o->rank, o->m - o->rank));
    memcpy(x, b, o->rank * sizeof *x);
    if (o->inner == NULL) {
      for (uint32_t i = o->rank; i-- > 0;) {
        x[i] /= r[i + i * ld];
        sl_column_add(i, -x[i], r + i * ld, x);
      }
    } else {
      // The inner matrix is scaled as a whole and column by column.
      for (uint32_t i = 0; i < o->rank; i++) {
        const int32_t e = o->inner->exponent + o->inner->column_exponent[i];
        x[i] = (sl_times_power(x[i], -e) - sl_column_dot(r + i * ld, x, i)) / r[i + i * ld];
      }
    }
    o->work += (uint64_t)o->rank * o->rank / 2;
  }
}

sl_status sl_orthogonal_step_solve(sl_orthogonal *o, bool *done) {
  if (o->stage == AT_TURN) {
    if (!sl_reflecting_step(o)) return SL_OK;
    o->stage = AT_INNER;
    if (o->inner == NULL) {
      substitute(o);
      *done = true;
    }
  } else if (o->stage == AT_INNER) {
    sl_outcome outcome;
    SL_TRY(sl_job_step(&o->inner->job, 1, &outcome));
    o->work++;
    if (outcome == SL_OUTCOME_RUNNING) return SL_OK;
    substitute(o);
    sl_reflecting_begin(o->inner, o->solution, o->sides, false);
    o->stage = AT_INNER_Q;
  } else {
    *done = sl_reflecting_step(o->inner);
    o->work++;
  }
  o->solved = *done;
  return SL_OK;
}

sl_status sl_orthogonal_read_solve(const sl_orthogonal *o, double *x, size_t x_count,
                                   double *facts) {
  SL_TRY(sl_job_require_ended(&o->job));
  SL_REQUIRE(o->solved, SL_ERR_STATE, "decomposition", "a solution that was begun");
  SL_REQUIRE((double)x_count == (double)o->n * o->sides, SL_ERR_SHAPE, "x",
             "as many numbers as the solution");
  const size_t xd = sl_block_stride(o->n);
  facts[0] = o->rank;
  for (uint32_t j = 0; j < o->sides; j++) {
    facts[1 + j] = sl_times_power(o->facts[j], o->side_exponent[j]);
    for (uint32_t i = 0; i < o->n; i++)
      x[(size_t)o->order[i] * o->sides + j] =
          sl_times_power(o->solution[i + j * xd], o->side_exponent[j] - o->exponent);
  }
  return SL_OK;
}
