// Cholesky, lower: the diagonal block by recursion, the columns below it, then what is right of them in
// chunks of columns from the diagonal down.
#include <math.h>

#include "linalg/object.h"

enum { LEAF = 8 };

static sl_status leaf(sl_decomposition *d, uint32_t first, uint32_t width) {
  for (uint32_t j = first; j < first + width; j++) {
    double *const column = d->a + j * d->ld;
    for (uint32_t k = first; k < j; k++) {
      const double *const other = d->a + k * d->ld;
      for (uint32_t i = j; i < first + width; i++) column[i] -= other[j] * other[i];
    }
    SL_REQUIRE_AT(column[j] > 0 && column[j] < INFINITY, SL_ERR_NOT_DEFINITE, "matrix",
                  "a positive definite matrix", j);
    column[j] = sqrt(column[j]);
    for (uint32_t i = j + 1; i < first + width; i++) column[i] /= column[j];
  }
  return SL_OK;
}

// Rows from `row` on of the columns first .. first + width: X L^T = A.
static void below(sl_decomposition *d, uint32_t first, uint32_t width, uint32_t row,
                  uint32_t rows) {
  const ptrdiff_t ld = (ptrdiff_t)d->ld;
  sl_block_solve(width, rows, (sl_view){d->a + first + first * d->ld, 1, ld}, false,
                 d->a + row + first * d->ld, ld, 1, d->scratch);
}

// Columns column .. column + width, from their diagonal to `end`, less what the `depth` columns from
// `first` on give.
static void subtract(sl_decomposition *d, uint32_t first, uint32_t depth, uint32_t column,
                     uint32_t width, uint32_t end) {
  const sl_view l = {d->a + column + first * d->ld, 1, (ptrdiff_t)d->ld};
  sl_block_add(end - column, width, depth, l, sl_view_turned(l), true,
               d->a + column + column * d->ld, d->ld, d->scratch);
}

static sl_status diagonal(sl_decomposition *d, uint32_t first, uint32_t width) {
  if (width <= LEAF) return leaf(d, first, width);
  const uint32_t left = (width / 2 + 3) & ~3u, middle = first + left;
  SL_TRY(diagonal(d, first, left));
  below(d, first, left, middle, width - left);
  subtract(d, first, left, middle, width - left, first + width);
  return diagonal(d, middle, width - left);
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

sl_status sl_cholesky_step_(sl_decomposition *d, bool *done) {
  const uint32_t n = d->n, width = smaller(SL_BLOCK, n - d->at), end = d->at + width;
  if (d->stage == 0) {
    SL_TRY(diagonal(d, d->at, width));
    d->stage = 1;
    d->column = end;
    d->work += (uint64_t)width * width * width / 6 + 1;
  } else if (d->stage == 1) {
    // The rows below, some at a time.
    const uint32_t rows = smaller(n - d->column, 1024);
    below(d, d->at, width, d->column, rows);
    d->work += (uint64_t)rows * width * width / 2;
    d->column += rows;
    if (d->column == n) d->column = end, d->stage = 2;
  } else {
    const uint32_t columns = smaller(n - d->column, SL_BLOCK);
    subtract(d, d->at, width, d->column, columns, n);
    d->work += (uint64_t)columns * width * (n - d->column);
    d->column += columns;
  }
  if (d->column >= n) {
    d->stage = 0;
    d->at = end;
  }
  *done = d->at >= n;
  return SL_OK;
}
