#include "direct/ilut.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/levels.h"
#include "direct/select.h"
#include "sparse/algebra.h"

#define NONE UINT32_MAX
#define NOINLINE __attribute__((noinline))
#define RUN 1024u

// Of a pivot where a row vanished, at least this part of its norm.
#define LEAST_PIVOT 1e-4

// Rows of a triangle, one after the other.
typedef struct triangle {
  uint32_t *pointers; // n + 1
  uint32_t *index;    // of U: columns of A; of L: places of rows
  double *value;
  size_t room;
} triangle;

struct sl_ilut {
  const sl_csr *matrix;
  uint32_t n, limit;
  double drop, threshold;
  double *row_scale, *column_scale; // n each
  uint32_t *order;                  // n: the row at each place
  uint32_t *column_of;              // n: the column of the pivot at each place
  double *inverse;                  // n: of the pivots
  triangle lower, upper;
  // While they are made.
  uint32_t cursor;
  uint32_t *place_of;           // n: where a column is the pivot, or NONE
  uint32_t *wanted, *wanted_by; // n each: the column that a place prefers, and the other way round
  uint32_t *mark;               // n: the last place that met a column, + 1
  uint32_t *heap, *list;        // n each: places to subtract; columns of U
  double *dense;                // n
};

static void settle(sl_ilut *f) {
  sl_free(f->place_of);
  sl_free(f->dense);
  f->place_of = f->wanted = f->wanted_by = f->mark = f->heap = f->list = NULL;
  f->dense = NULL;
  f->matrix = NULL;
}

static void drop_triangle(triangle *t) {
  sl_free(t->pointers);
  sl_free(t->index);
  sl_free(t->value);
}

void sl_ilut_destroy(sl_ilut *f) {
  if (f == NULL) return;
  settle(f);
  drop_triangle(&f->lower);
  drop_triangle(&f->upper);
  sl_free(f->row_scale);
  sl_free(f->order);
  sl_free(f->inverse);
  sl_free(f);
}

size_t sl_ilut_bytes(const sl_ilut *f) {
  size_t n = f->n;
  return sizeof *f + 40 * n + 12 * (f->lower.room + f->upper.room) + (f->dense ? 32 * n : 0);
}

double sl_ilut_fill(const sl_ilut *f) {
  return (double)f->lower.pointers[f->n] + f->upper.pointers[f->n] + f->n;
}

// Rows, then columns, are brought to a largest entry of 1.
NOINLINE static void find_scales(sl_ilut *f) {
  const sl_csr *a = f->matrix;
  const double *values = a->values;
  for (uint32_t i = 0; i < f->n; i++) {
    double most = 0;
    for (uint32_t p = a->row_pointers[i]; p < a->row_pointers[i + 1]; p++) {
      most = fmax(most, fabs(values[p]));
    }
    f->row_scale[i] = most > 0 && 1 / most < INFINITY ? 1 / most : 1;
    f->column_scale[i] = 0;
  }
  for (uint32_t i = 0; i < f->n; i++) {
    for (uint32_t p = a->row_pointers[i]; p < a->row_pointers[i + 1]; p++) {
      double *most = f->column_scale + a->columns[p];
      *most = fmax(*most, fabs(values[p]) * f->row_scale[i]);
    }
  }
  for (uint32_t j = 0; j < f->n; j++) {
    double most = f->column_scale[j];
    f->column_scale[j] = most > 0 && 1 / most < INFINITY ? 1 / most : 1;
  }
}

static sl_status find_order(sl_ilut *f) {
  sl_csr *turned, *both;
  SL_TRY(sl_csr_transpose(f->matrix, &turned));
  sl_status status = sl_csr_add(1, f->matrix, 1, turned, &both);
  sl_csr_destroy(turned);
  SL_TRY(status);
  status = sl_levels_order(f->n, both->row_pointers, both->columns, f->order);
  sl_csr_destroy(both);
  return status;
}

static sl_status reserve(sl_ilut *f) {
  size_t n = f->n;
  SL_TRY(SL_ALLOC(&f->row_scale, 2 * n));
  f->column_scale = f->row_scale + n;
  SL_TRY(SL_ALLOC(&f->order, 2 * n));
  f->column_of = f->order + n;
  SL_TRY(SL_ALLOC(&f->inverse, n));
  SL_TRY(SL_ALLOC_ZERO(&f->lower.pointers, n + 1));
  SL_TRY(SL_ALLOC_ZERO(&f->upper.pointers, n + 1));
  SL_TRY(SL_ALLOC(&f->place_of, 6 * n));
  f->wanted = f->place_of + n;
  f->wanted_by = f->wanted + n;
  f->mark = f->wanted_by + n;
  f->heap = f->mark + n;
  f->list = f->heap + n;
  return SL_ALLOC(&f->dense, n);
}

sl_status sl_ilut_begin(const sl_csr *matrix, double drop, double fill, double threshold,
                        sl_ilut **out) {
  sl_ilut *f;
  *out = NULL;
  SL_TRY(sl_alloc_zero(1, sizeof *f, (void **)&f));
  *f = (sl_ilut){.matrix = matrix, .n = matrix->rows, .drop = drop, .threshold = threshold};
  double average = f->n > 0 ? (double)matrix->nnz / f->n / 2 : 0;
  f->limit = (uint32_t)fmin(fill * fmax(average, 1) + 1, (double)f->n);
  sl_status status = reserve(f);
  if (status == SL_OK) status = find_order(f);
  if (status != SL_OK) {
    sl_ilut_destroy(f);
    return status;
  }
  find_scales(f);
  for (uint32_t k = 0; k < f->n; k++) {
    f->place_of[k] = NONE;
    f->mark[k] = 0;
    f->wanted[k] = f->order[k];
    f->wanted_by[f->order[k]] = k;
  }
  *out = f;
  return SL_OK;
}

// ---- a row --------------------------------------------------------------------------------------

static void push(uint32_t *heap, uint32_t *count, uint32_t place) {
  uint32_t at = (*count)++;
  for (; at > 0 && place < heap[(at - 1) / 2]; at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
  heap[at] = place;
}

static uint32_t pop(uint32_t *heap, uint32_t *count) {
  uint32_t first = heap[0], last = heap[--*count], at = 0;
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= *count) break;
    if (child + 1 < *count && heap[child + 1] < heap[child]) child++;
    if (last <= heap[child]) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = last;
  return first;
}

static sl_status grow(triangle *t, size_t count, size_t least) {
  if (count <= t->room) return SL_OK;
  size_t room = count + count / 2;
  if (room < least) room = least;
  SL_REQUIRE(count < UINT32_MAX, SL_ERR_OVERFLOW, "matrix", "fewer entries");
  SL_TRY(SL_REALLOC(&t->index, room));
  SL_TRY(SL_REALLOC(&t->value, room));
  t->room = room;
  return SL_OK;
}

// An entry of the row at hand: of L or of U.
static void meet(sl_ilut *f, uint32_t column, double value, uint32_t *heaped, uint32_t *listed) {
  if (f->mark[column] == f->cursor + 1) {
    f->dense[column] += value;
    return;
  }
  f->mark[column] = f->cursor + 1;
  f->dense[column] = value;
  if (f->place_of[column] != NONE)
    push(f->heap, heaped, f->place_of[column]);
  else
    f->list[(*listed)++] = column;
}

// Rows above, in their order. Multipliers go to the end of L; returns how many.
NOINLINE static sl_status reduce(sl_ilut *f, double least, uint32_t heaped, uint32_t *listed,
                                 uint32_t *kept, uint64_t *spent) {
  uint32_t begin = f->lower.pointers[f->cursor], count = 0;
  while (heaped > 0) {
    uint32_t k = pop(f->heap, &heaped);
    double factor = f->dense[f->column_of[k]] * f->inverse[k];
    ++*spent;
    if (!(fabs(factor) > least) || !(fabs(factor) < INFINITY)) continue;
    SL_TRY(grow(&f->lower, (size_t)begin + count + 1, f->matrix->nnz));
    f->lower.index[begin + count] = k;
    f->lower.value[begin + count++] = factor;
    for (uint32_t p = f->upper.pointers[k]; p < f->upper.pointers[k + 1]; p++) {
      meet(f, f->upper.index[p], -factor * f->upper.value[p], &heaped, listed);
    }
    *spent += f->upper.pointers[k + 1] - f->upper.pointers[k];
  }
  *kept = count;
  return SL_OK;
}

// The largest multipliers, moved to the front of what the row has in L.
static uint32_t limit_lower(sl_ilut *f, uint32_t count) {
  uint32_t begin = f->lower.pointers[f->cursor];
  if (count <= f->limit) return count;
  uint32_t *places = f->heap; // empty by now; `dense` gets the multipliers by place
  for (uint32_t k = 0; k < count; k++) {
    places[k] = k;
  }
  sl_select_largest(f->lower.value + begin, places, count, f->limit);
  sl_sort_ascending(places, f->limit);
  for (uint32_t k = 0; k < f->limit; k++) {
    f->lower.index[begin + k] = f->lower.index[begin + places[k]];
    f->lower.value[begin + k] = f->lower.value[begin + places[k]];
  }
  return f->limit;
}

static uint32_t choose(const sl_ilut *f, uint32_t listed) {
  uint32_t best = NONE, wanted = f->wanted[f->cursor];
  double most = 0;
  for (uint32_t k = 0; k < listed; k++) {
    double size = fabs(f->dense[f->list[k]]);
    if (size > most && size < INFINITY) {
      most = size;
      best = f->list[k];
    }
  }
  if (best == NONE) return NONE;
  bool there = f->mark[wanted] == f->cursor + 1;
  return there && fabs(f->dense[wanted]) >= f->threshold * most ? wanted : best;
}

static void take_pivot(sl_ilut *f, uint32_t column, double value) {
  uint32_t i = f->cursor, left = f->wanted[i], other = f->wanted_by[column];
  // The place that wanted the column gets the one that this place leaves.
  f->wanted[other] = left;
  f->wanted_by[left] = other;
  f->place_of[column] = i;
  f->column_of[i] = column;
  f->inverse[i] = 1 / value;
}

static sl_status add_row(sl_ilut *f, uint64_t *spent) {
  const sl_csr *a = f->matrix;
  const double *values = a->values;
  uint32_t row = f->order[f->cursor], heaped = 0, listed = 0, lower = 0, kept = 0;
  double squares = 0;
  for (uint32_t p = a->row_pointers[row]; p < a->row_pointers[row + 1]; p++) {
    double value = values[p] * f->row_scale[row] * f->column_scale[a->columns[p]];
    squares += value * value;
    meet(f, a->columns[p], value, &heaped, &listed);
  }
  double norm = squares > 0 ? sqrt(squares) : 1, least = f->drop * norm;
  *spent += a->row_pointers[row + 1] - a->row_pointers[row] + 4;
  SL_TRY(reduce(f, least, heaped, &listed, &lower, spent));
  lower = limit_lower(f, lower);
  uint32_t pivot = choose(f, listed), begin = f->upper.pointers[f->cursor];
  double value = pivot != NONE ? f->dense[pivot] : 0;
  if (!(fabs(value) > 1e-14 * norm)) {
    if (pivot == NONE) pivot = f->wanted[f->cursor];
    value = fmax(LEAST_PIVOT, f->drop) * norm;
  }
  for (uint32_t k = 0; k < listed; k++) {
    uint32_t column = f->list[k];
    double size = fabs(f->dense[column]);
    if (column != pivot && size > least && size < INFINITY) f->list[kept++] = column;
  }
  if (kept > f->limit) {
    sl_select_largest(f->dense, f->list, kept, f->limit);
    kept = f->limit;
  }
  SL_TRY(grow(&f->upper, (size_t)begin + kept, a->nnz));
  for (uint32_t k = 0; k < kept; k++) {
    f->upper.index[begin + k] = f->list[k];
    f->upper.value[begin + k] = f->dense[f->list[k]];
  }
  take_pivot(f, pivot, value);
  f->lower.pointers[f->cursor + 1] = f->lower.pointers[f->cursor] + lower;
  f->upper.pointers[f->cursor + 1] = begin + kept;
  *spent += listed;
  return SL_OK;
}

sl_status sl_ilut_step(sl_ilut *f, uint64_t work, uint64_t *spent, bool *done) {
  uint64_t begin = *spent;
  *done = false;
  while (f->cursor < f->n && *spent - begin < work) {
    SL_TRY(add_row(f, spent));
    f->cursor++;
  }
  if (f->cursor < f->n) return SL_OK;
  settle(f);
  *done = true;
  return SL_OK;
}

// ---- their use ----------------------------------------------------------------------------------

NOINLINE static uint64_t down(const sl_ilut *f, const double *b, double *y, uint32_t begin,
                              uint32_t end) {
  const triangle *t = &f->lower;
  for (uint32_t i = begin; i < end; i++) {
    double sum = b[f->order[i]] * f->row_scale[f->order[i]];
    for (uint32_t p = t->pointers[i]; p < t->pointers[i + 1]; p++)
      sum -= t->value[p] * y[t->index[p]];
    y[i] = sum;
  }
  return t->pointers[end] - t->pointers[begin] + (end - begin);
}

NOINLINE static uint64_t up(const sl_ilut *f, const double *y, double *x, uint32_t begin,
                            uint32_t end) {
  const triangle *t = &f->upper;
  for (uint32_t i = end; i-- > begin;) {
    double sum = y[i];
    for (uint32_t p = t->pointers[i]; p < t->pointers[i + 1]; p++)
      sum -= t->value[p] * x[t->index[p]];
    x[f->column_of[i]] = sum * f->inverse[i];
  }
  return t->pointers[end] - t->pointers[begin] + (end - begin);
}

bool sl_ilut_solve(const sl_ilut *f, const double *b, double *x, double *y, uint64_t work,
                   uint32_t *cursor) {
  uint32_t n = f->n, runs = (n + RUN - 1) / RUN;
  uint64_t spent = 0;
  while (*cursor < 2 * runs && spent < work) {
    uint32_t at = *cursor < runs ? *cursor : 2 * runs - 1 - *cursor, begin = at * RUN;
    uint32_t end = n - begin < RUN ? n : begin + RUN;
    spent += *cursor < runs ? down(f, b, y, begin, end) : up(f, y, x, begin, end);
    ++*cursor;
  }
  if (*cursor < 2 * runs) return false;
  for (uint32_t j = 0; j < n; j++) x[j] *= f->column_scale[j];
  return true;
}
