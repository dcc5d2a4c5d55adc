// LU with partial pivoting: panels by recursion, the columns right of a panel in chunks.
#include <math.h>
#include <string.h>

#include "linalg/object.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

enum { LEAF = 8 };

// The first place of the largest magnitude.
static NOINLINE uint32_t largest(const double *x, uint32_t n) {
  sl_f64x2 most = sl_f64x2_splat(0);
  uint32_t i = 0;
  for (; i + 2 <= n; i += 2) most = sl_f64x2_pmax(most, sl_f64x2_abs(sl_f64x2_load(x + i)));
  double found = most[0] < most[1] ? most[1] : most[0];
  for (; i < n; i++) found = found < fabs(x[i]) ? fabs(x[i]) : found;
  for (i = 0; i < n; i++)
    if (fabs(x[i]) == found) return i;
  return 0;
}

static NOINLINE void subtract_column(uint32_t n, double by, const double *x, double *y) {
  uint32_t i = 0;
  for (; i + 2 <= n; i += 2)
    sl_f64x2_store(y + i, sl_f64x2_load(y + i) - by * sl_f64x2_load(x + i));
  for (; i < n; i++) y[i] -= by * x[i];
}

static NOINLINE void divide(uint32_t n, double by, double *x) {
  // 1 / by of a very small number is infinite.
  if (fabs(by) < 0x1p-1000) {
    for (uint32_t i = 0; i < n; i++) x[i] /= by;
    return;
  }
  const double inverse = 1 / by;
  for (uint32_t i = 0; i < n; i++) x[i] *= inverse;
}

void sl_linalg_exchange(const sl_decomposition *d, double *x, uint32_t columns, uint32_t first,
                        uint32_t end, bool back) {
  for (uint32_t j = 0; j < columns; j++, x += d->ld)
    for (uint32_t k = first; k < end; k++) {
      const uint32_t i = back ? end - 1 - (k - first) : k, other = d->pivots[i];
      const double kept = x[i];
      x[i] = x[other];
      x[other] = kept;
    }
}

// Columns first .. first + width of the rows from `first` on.
static NOINLINE void leaf(sl_decomposition *d, uint32_t first, uint32_t width) {
  double *const from = d->a + first * d->ld;
  for (uint32_t j = first; j < first + width; j++) {
    double *const column = d->a + j * d->ld;
    d->pivots[j] = j + largest(column + j, d->n - j);
    sl_linalg_exchange(d, from, width, j, j + 1, false);
    if (column[j] == 0) {
      if (d->zero == d->n) d->zero = j;
      continue;
    }
    const uint32_t below = d->n - j - 1;
    divide(below, column[j], column + j + 1);
    for (uint32_t k = j + 1; k < first + width; k++) {
      double *const other = d->a + k * d->ld;
      if (other[j] != 0) subtract_column(below, other[j], column + j + 1, other + j + 1);
    }
  }
}

// Rows of U of columns right of what has been eliminated (height rows from `first`), and what these
// columns have less below.
static void eliminate(sl_decomposition *d, uint32_t first, uint32_t height, uint32_t column,
                      uint32_t width) {
  double *const to = d->a + first + column * d->ld;
  const sl_view l = {d->a + first + first * d->ld, 1, (ptrdiff_t)d->ld};
  sl_block_solve(height, width, l, true, to, 1, (ptrdiff_t)d->ld, d->scratch);
  sl_block_add(d->n - first - height, width, height, sl_view_from(l, height, 0),
               (sl_view){to, 1, (ptrdiff_t)d->ld}, true, to + height, d->ld, d->scratch);
}

static void panel(sl_decomposition *d, uint32_t first, uint32_t width) {
  if (width <= LEAF) {
    leaf(d, first, width);
    return;
  }
  const uint32_t left = (width / 2 + 3) & ~3u, right = width - left, middle = first + left;
  panel(d, first, left);
  sl_linalg_exchange(d, d->a + middle * d->ld, right, first, middle, false);
  eliminate(d, first, left, middle, right);
  panel(d, middle, right);
  sl_linalg_exchange(d, d->a + first * d->ld, left, middle, first + width, false);
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

sl_status sl_lu_step_(sl_decomposition *d, bool *done) {
  const uint32_t n = d->n, width = smaller(SL_BLOCK, n - d->at), end = d->at + width;
  const uint32_t rows = n - d->at;
  if (d->stage == 0) {
    panel(d, d->at, width);
    d->work += (uint64_t)rows * width * (width / 2 + 1);
    sl_linalg_exchange(d, d->a, d->at, d->at, end, false);
    d->stage = 1;
    d->column = end;
  } else if (d->column < n) {
    // As many columns as take some milliseconds.
    const uint32_t most = ((1u << 23) / (width * rows)) & ~7u;
    const uint32_t columns = smaller(n - d->column, most < 32 ? 32 : most > 256 ? 256 : most);
    sl_linalg_exchange(d, d->a + d->column * d->ld, columns, d->at, end, false);
    eliminate(d, d->at, width, d->column, columns);
    d->work += (uint64_t)columns * width * (rows - width / 2);
    d->column += columns;
  }
  if (d->column >= n) {
    d->stage = 0;
    d->at = end;
  }
  *done = d->at >= n;
  return SL_OK;
}
