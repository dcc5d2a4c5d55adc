#include "direct/incomplete.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/levels.h"
#include "direct/select.h"

#define NONE UINT32_MAX
#define NOINLINE __attribute__((noinline))

// Pivots below this part of the diagonal count as not positive.
#define LEAST_PIVOT 1e-8

struct sl_incomplete {
  const sl_csr *matrix;
  uint32_t n, limit; // entries that a column keeps
  double drop, shift;
  double *scale;   // n, by rows
  uint32_t *order; // n: the row at each place
  // L without its diagonal, by columns of places, rows ascending.
  uint32_t *pointers; // n + 1
  uint32_t *rows;     // room
  double *values;     // room
  size_t room;
  double *inverse; // n: of the diagonal
  // While it is made.
  uint32_t cursor;
  uint32_t *place;       // n
  uint32_t *head, *next; // n each: columns by the row that they update next
  uint32_t *at;          // n: where that row stands in each column
  uint32_t *list;        // n: rows of the column at hand
  uint32_t *mark;        // n: the last column that had a row
  double *dense;         // n: the entries of the column at hand
  double *pivot;         // n
};

static void settle(sl_incomplete *f) {
  sl_free(f->place);
  sl_free(f->head);
  sl_free(f->dense);
  f->place = f->head = f->next = f->at = f->list = f->mark = NULL;
  f->dense = f->pivot = NULL;
  f->matrix = NULL;
}

void sl_incomplete_destroy(sl_incomplete *f) {
  if (f == NULL) return;
  settle(f);
  sl_free(f->scale);
  sl_free(f->order);
  sl_free(f->pointers);
  sl_free(f->rows);
  sl_free(f->values);
  sl_free(f->inverse);
  sl_free(f);
}

size_t sl_incomplete_bytes(const sl_incomplete *f) {
  size_t n = f->n;
  return sizeof *f + 24 * n + 4 + 12 * f->room + (f->dense != NULL ? 40 * n : 0);
}

double sl_incomplete_fill(const sl_incomplete *f) { return (double)f->pointers[f->n] + f->n; }
double sl_incomplete_shift(const sl_incomplete *f) { return f->shift; }

// Columns begin anew, with this much more on the diagonal.
NOINLINE static void begin_with(sl_incomplete *f, double shift) {
  const sl_csr *a = f->matrix;
  const double *values = a->values;
  f->shift = shift;
  f->cursor = 0;
  f->pointers[0] = 0;
  memset(f->head, 0xff, f->n * sizeof *f->head);
  memset(f->mark, 0xff, f->n * sizeof *f->mark);
  for (uint32_t i = 0; i < f->n; i++) f->pivot[f->place[i]] = shift;
  for (uint32_t i = 0; i < f->n; i++) {
    for (uint32_t p = a->row_pointers[i]; p < a->row_pointers[i + 1]; p++) {
      if (a->columns[p] == i) f->pivot[f->place[i]] += values[p] * f->scale[i] * f->scale[i];
    }
  }
}

// Rows of norm 1, roughly, rather than a diagonal of ones: an entry of the diagonal may be tiny.
NOINLINE static void find_scale(sl_incomplete *f) {
  const sl_csr *a = f->matrix;
  const double *values = a->values;
  for (uint32_t i = 0; i < f->n; i++) {
    double most = 0, squares = 0;
    for (uint32_t p = a->row_pointers[i]; p < a->row_pointers[i + 1]; p++) {
      most = fmax(most, fabs(values[p]));
    }
    for (uint32_t p = a->row_pointers[i]; p < a->row_pointers[i + 1]; p++) {
      double part = most > 0 ? values[p] / most : 0;
      squares += part * part;
    }
    double scale = most > 0 ? 1 / sqrt(most * sqrt(squares)) : 1;
    f->scale[i] = scale > 0 && scale < INFINITY ? scale : 1;
  }
}

static sl_status reserve(sl_incomplete *f, double fill) {
  size_t n = f->n;
  double average = n > 0 ? ((double)f->matrix->nnz - (double)n) / 2 / (double)n : 0;
  f->limit = (uint32_t)fmin(fill * fmax(average, 1) + 1, (double)n);
  SL_TRY(SL_ALLOC(&f->scale, n));
  SL_TRY(SL_ALLOC(&f->order, n));
  SL_TRY(SL_ALLOC(&f->pointers, n + 1));
  SL_TRY(SL_ALLOC(&f->inverse, n));
  SL_TRY(SL_ALLOC(&f->place, n));
  SL_TRY(SL_ALLOC(&f->head, 5 * n));
  f->next = f->head + n;
  f->at = f->next + n;
  f->list = f->at + n;
  f->mark = f->list + n;
  SL_TRY(SL_ALLOC(&f->dense, 2 * n));
  f->pivot = f->dense + n;
  return SL_OK;
}

sl_status sl_incomplete_begin(const sl_csr *matrix, double drop, double fill, sl_incomplete **out) {
  sl_incomplete *f;
  *out = NULL;
  SL_TRY(sl_alloc_zero(1, sizeof *f, (void **)&f));
  *f = (sl_incomplete){.matrix = matrix, .n = matrix->rows, .drop = drop};
  sl_status status = reserve(f, fill);
  if (status == SL_OK) {
    status = sl_levels_order(f->n, matrix->row_pointers, matrix->columns, f->order);
  }
  if (status != SL_OK) {
    sl_incomplete_destroy(f);
    return status;
  }
  for (uint32_t k = 0; k < f->n; k++) f->place[f->order[k]] = k;
  find_scale(f);
  begin_with(f, 0);
  *out = f;
  return SL_OK;
}

// ---- a column -----------------------------------------------------------------------------------

static uint32_t add_own(sl_incomplete *f, uint32_t j, double *norm) {
  const sl_csr *a = f->matrix;
  const double *values = a->values;
  uint32_t row = f->order[j], count = 0;
  double squares = f->shift * f->shift;
  for (uint32_t p = a->row_pointers[row]; p < a->row_pointers[row + 1]; p++) {
    uint32_t column = a->columns[p], i = f->place[column];
    double value = values[p] * f->scale[row] * f->scale[column];
    squares += value * value;
    if (i <= j) continue;
    f->dense[i] = value;
    f->mark[i] = j;
    f->list[count++] = i;
  }
  *norm = sqrt(squares);
  return count;
}

// Takes the column k into the list of the row that it updates next.
static void hand_on(sl_incomplete *f, uint32_t k, uint32_t p) {
  f->at[k] = p;
  if (p == f->pointers[k + 1]) return;
  f->next[k] = f->head[f->rows[p]];
  f->head[f->rows[p]] = k;
}

NOINLINE static uint32_t add_updates(sl_incomplete *f, uint32_t j, uint32_t count,
                                     uint64_t *spent) {
  double *dense = f->dense;
  for (uint32_t k = f->head[j], after; k != NONE; k = after) {
    after = f->next[k];
    uint32_t p = f->at[k], end = f->pointers[k + 1];
    double factor = f->values[p];
    for (uint32_t q = p + 1; q < end; q++) {
      uint32_t i = f->rows[q];
      double product = factor * f->values[q];
      if (f->mark[i] != j) {
        f->mark[i] = j;
        dense[i] = -product;
        f->list[count++] = i;
      } else {
        dense[i] -= product;
      }
    }
    *spent += end - p;
    hand_on(f, k, p + 1);
  }
  return count;
}

static sl_status grow(sl_incomplete *f, size_t count) {
  if (count <= f->room) return SL_OK;
  size_t room = count + count / 2, least = (size_t)f->matrix->nnz / 2 + f->n;
  if (room < least) room = least;
  SL_REQUIRE(count < UINT32_MAX, SL_ERR_OVERFLOW, "matrix", "fewer entries");
  SL_TRY(SL_REALLOC(&f->rows, room));
  SL_TRY(SL_REALLOC(&f->values, room));
  f->room = room;
  return SL_OK;
}

// positive: written: whether the pivot is; if not, the column is not made.
static sl_status add_column(sl_incomplete *f, uint32_t j, uint64_t *spent, bool *positive) {
  double norm, pivot = f->pivot[j];
  *positive = pivot > LEAST_PIVOT && pivot < INFINITY;
  if (!*positive) return SL_OK;
  uint32_t count = add_own(f, j, &norm);
  *spent += count + 4;
  count = add_updates(f, j, count, spent);
  double root = sqrt(pivot), least = f->drop * norm * root;
  uint32_t kept = 0;
  for (uint32_t k = 0; k < count; k++) {
    uint32_t i = f->list[k];
    if (fabs(f->dense[i]) > least) {
      f->list[k] = f->list[kept];
      f->list[kept++] = i;
    }
  }
  if (kept > f->limit) {
    sl_select_largest(f->dense, f->list, kept, f->limit);
    kept = f->limit;
  }
  uint32_t begin = f->pointers[j];
  sl_status status = grow(f, (size_t)begin + kept);
  if (status == SL_OK) {
    sl_sort_ascending(f->list, kept);
    for (uint32_t k = 0; k < kept; k++) {
      uint32_t i = f->list[k];
      double value = f->dense[i] / root;
      f->rows[begin + k] = i;
      f->values[begin + k] = value;
      f->pivot[i] -= value * value;
    }
    f->inverse[j] = 1 / root;
    f->pointers[j + 1] = begin + kept;
    hand_on(f, j, begin);
  }
  return status;
}

sl_status sl_incomplete_step(sl_incomplete *f, uint64_t work, uint64_t *spent, bool *done) {
  uint64_t begin = *spent;
  *done = false;
  do {
    bool positive;
    SL_TRY(add_column(f, f->cursor, spent, &positive));
    f->cursor++;
    if (!positive) {
      // Little at first: a singular matrix needs no more.
      begin_with(f, f->shift == 0 ? 1e-6 : f->shift * (f->shift < 1e-3 ? 32 : 4));
      *spent += f->matrix->nnz;
    }
  } while (f->cursor < f->n && *spent - begin < work);
  if (f->cursor < f->n) return SL_OK;
  settle(f);
  *done = true;
  return SL_OK;
}

// ---- its use ------------------------------------------------------------------------------------

NOINLINE static uint64_t down(const sl_incomplete *f, double *y, uint32_t begin, uint32_t end) {
  for (uint32_t j = begin; j < end; j++) {
    double x = y[j] * f->inverse[j];
    y[j] = x;
    for (uint32_t p = f->pointers[j]; p < f->pointers[j + 1]; p++) {
      y[f->rows[p]] -= f->values[p] * x;
    }
  }
  return f->pointers[end] - f->pointers[begin] + (end - begin);
}

NOINLINE static uint64_t up(const sl_incomplete *f, double *y, uint32_t begin, uint32_t end) {
  for (uint32_t j = end; j-- > begin;) {
    double sum = y[j];
    for (uint32_t p = f->pointers[j]; p < f->pointers[j + 1]; p++) {
      sum -= f->values[p] * y[f->rows[p]];
    }
    y[j] = sum * f->inverse[j];
  }
  return f->pointers[end] - f->pointers[begin] + (end - begin);
}

bool sl_incomplete_solve(const sl_incomplete *f, const double *b, double *x, double *y,
                         uint64_t work, uint32_t *cursor) {
  const uint32_t n = f->n, run = 1024;
  uint64_t spent = 0;
  if (*cursor == 0) {
    for (uint32_t k = 0; k < n; k++) y[k] = b[f->order[k]] * f->scale[f->order[k]];
  }
  // Runs of the same rows whatever the work is: the cursor counts them, down and up.
  uint32_t runs = (n + run - 1) / run;
  while (*cursor < 2 * runs && spent < work) {
    uint32_t at = *cursor < runs ? *cursor : 2 * runs - 1 - *cursor, begin = at * run;
    uint32_t end = n - begin < run ? n : begin + run;
    spent += *cursor < runs ? down(f, y, begin, end) : up(f, y, begin, end);
    ++*cursor;
  }
  if (*cursor < 2 * runs) return false;
  for (uint32_t k = 0; k < n; k++) x[f->order[k]] = y[k] * f->scale[f->order[k]];
  return true;
}
