#include "direct/sparse_qr.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/amd.h"

#define NONE UINT32_MAX
#define NOINLINE __attribute__((noinline))

// Columns, one after the other.
typedef struct columns {
  uint32_t *pointers; // n + 1
  uint32_t *rows;
  double *values;
  size_t room;
} columns;

struct sl_sparse_qr {
  const sl_csr *a, *t;
  uint32_t m, n, all; // all: rows of Q
  uint32_t *order;    // n: the column of A at each place
  uint32_t *place;    // m: the place of each row
  columns r, v;       // R without its diagonal; the vectors, each beginning with its own row
  double *diagonal;   // n: of R
  double *beta;       // n
  double most, least; // sizes on the diagonal
  double negligible;
  // While it is made.
  sl_amd *amd;
  bool ordered;
  uint32_t cursor;
  uint32_t *parent;   // n: elimination tree of A^T A
  uint32_t *leftmost; // m: the first place of a column in each row, or NONE
  uint32_t *mark;     // all: the last column that met a row, + 1
  uint32_t *seen;     // n: the last column that met a place, + 1
  uint32_t *path;     // n
  double *x;          // all
};

static void drop_columns(columns *c) {
  sl_free(c->pointers);
  sl_free(c->rows);
  sl_free(c->values);
}

static void settle(sl_sparse_qr *f) {
  sl_amd_destroy(f->amd);
  sl_free(f->parent);
  sl_free(f->leftmost);
  sl_free(f->mark);
  sl_free(f->seen);
  sl_free(f->path);
  sl_free(f->x);
  f->amd = NULL;
  f->parent = f->leftmost = f->mark = f->seen = f->path = NULL;
  f->x = NULL;
  f->a = f->t = NULL;
}

void sl_sparse_qr_destroy(sl_sparse_qr *f) {
  if (f == NULL) return;
  settle(f);
  drop_columns(&f->r);
  drop_columns(&f->v);
  sl_free(f->order);
  sl_free(f->place);
  sl_free(f->diagonal);
  sl_free(f);
}

size_t sl_sparse_qr_bytes(const sl_sparse_qr *f) {
  size_t n = f->n, m = f->m, bytes = sizeof *f + 28 * n + 4 * m + 12 * (f->r.room + f->v.room);
  if (f->parent != NULL) bytes += 12 * n + 4 * m;
  if (f->x != NULL) bytes += 12 * (size_t)f->all;
  if (f->amd != NULL) bytes += sl_amd_bytes(n + m, 2 * (size_t)f->a->nnz);
  return bytes;
}

uint32_t sl_sparse_qr_rows(const sl_sparse_qr *f) { return f->m + f->n; }
double sl_sparse_qr_condition(const sl_sparse_qr *f) { return f->n > 0 ? f->most / f->least : 1; }
double sl_sparse_qr_fill(const sl_sparse_qr *f) {
  return (double)f->r.pointers[f->n] + f->v.pointers[f->n] + f->n;
}

sl_status sl_sparse_qr_begin(const sl_csr *matrix, const sl_csr *transpose, sl_sparse_qr **out) {
  sl_sparse_qr *f;
  *out = NULL;
  SL_TRY(sl_alloc_zero(1, sizeof *f, (void **)&f));
  *f = (sl_sparse_qr){
      .a = matrix, .t = transpose, .m = matrix->rows, .n = matrix->cols, .least = INFINITY};
  size_t m = f->m, n = f->n;
  sl_status status = SL_OK;
  if (m + n >= UINT32_MAX) {
    status = sl_fail(SL_ERR_OVERFLOW, "matrix", "fewer rows and columns", SL_NO_POSITION);
  }
  if (status == SL_OK) status = SL_ALLOC(&f->order, n);
  if (status == SL_OK) status = SL_ALLOC(&f->place, m);
  if (status == SL_OK) status = SL_ALLOC(&f->diagonal, 2 * n);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&f->r.pointers, n + 1);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&f->v.pointers, n + 1);
  if (status == SL_OK) status = SL_ALLOC(&f->parent, n);
  if (status == SL_OK) status = SL_ALLOC(&f->leftmost, m);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&f->seen, n);
  if (status == SL_OK) status = SL_ALLOC(&f->path, n);
  if (status == SL_OK) {
    status =
        sl_amd_begin_cliques(f->n, f->m, matrix->row_pointers, matrix->columns, f->order, &f->amd);
  }
  if (status != SL_OK) {
    sl_sparse_qr_destroy(f);
    return status;
  }
  f->beta = f->diagonal + n;
  *out = f;
  return SL_OK;
}

// ---- what is known before a number is seen ------------------------------------------------------

// The tree of A^T A: rows join the columns in which they have entries.
static sl_status find_tree(sl_sparse_qr *f) {
  const sl_csr *t = f->t;
  uint32_t *ancestor = f->path, *last;
  SL_TRY(SL_ALLOC(&last, (size_t)f->m));
  memset(last, 0xff, f->m * sizeof *last);
  memset(f->leftmost, 0xff, f->m * sizeof *f->leftmost);
  for (uint32_t k = 0; k < f->n; k++) {
    uint32_t column = f->order[k];
    f->parent[k] = ancestor[k] = NONE;
    for (uint32_t p = t->row_pointers[column]; p < t->row_pointers[column + 1]; p++) {
      uint32_t row = t->columns[p], i = last[row];
      if (f->leftmost[row] == NONE) f->leftmost[row] = k;
      while (i != NONE && i < k) {
        uint32_t next = ancestor[i];
        ancestor[i] = k;
        if (next == NONE) f->parent[i] = k;
        i = next;
      }
      last[row] = k;
    }
  }
  sl_free(last);
  return SL_OK;
}

// Each column takes one of the rows that begin in it, or that columns below it in the tree have left,
// for its own; one without gets a row of zeros.
static sl_status place_rows(sl_sparse_qr *f) {
  uint32_t *first, *last, *next;
  size_t n = f->n, m = f->m;
  SL_TRY(SL_ALLOC(&first, 2 * n + m));
  last = first + n;
  next = last + n;
  memset(first, 0xff, n * sizeof *first);
  for (uint32_t i = f->m; i-- > 0;) {
    uint32_t k = f->leftmost[i];
    f->place[i] = NONE;
    if (k == NONE) continue;
    if (first[k] == NONE) last[k] = i;
    next[i] = first[k];
    first[k] = i;
  }
  f->all = f->m;
  for (uint32_t k = 0; k < f->n; k++) {
    uint32_t own = first[k], parent = f->parent[k];
    if (own == NONE) {
      f->all++;
      continue;
    }
    f->place[own] = k;
    uint32_t rest = next[own];
    if (rest == NONE || parent == NONE) continue;
    if (first[parent] == NONE)
      last[parent] = last[k];
    else
      next[last[k]] = first[parent];
    first[parent] = rest;
  }
  uint32_t at = f->n;
  for (uint32_t i = 0; i < f->m; i++) {
    if (f->place[i] == NONE) f->place[i] = at++;
  }
  sl_free(first);
  return SL_OK;
}

static sl_status prepare(sl_sparse_qr *f) {
  SL_TRY(find_tree(f));
  SL_TRY(place_rows(f));
  SL_TRY(SL_ALLOC_ZERO(&f->mark, (size_t)f->all));
  SL_TRY(SL_ALLOC_ZERO(&f->x, (size_t)f->all));
  const double *values = f->t->values;
  double most = 0;
  for (uint32_t j = 0; j < f->n; j++) {
    double squares = 0;
    for (uint32_t p = f->t->row_pointers[j]; p < f->t->row_pointers[j + 1]; p++) {
      squares += values[p] * values[p];
    }
    most = fmax(most, squares);
  }
  f->negligible = 20 * ((double)f->m + f->n) * DBL_EPSILON * sqrt(most);
  return SL_OK;
}

// ---- a column -----------------------------------------------------------------------------------

static sl_status grow(columns *c, size_t count, size_t least) {
  if (count <= c->room) return SL_OK;
  size_t room = count + count / 2;
  if (room < least) room = least;
  SL_REQUIRE(count < UINT32_MAX, SL_ERR_OVERFLOW, "matrix", "fewer entries");
  SL_TRY(SL_REALLOC(&c->rows, room));
  SL_TRY(SL_REALLOC(&c->values, room));
  c->room = room;
  return SL_OK;
}

// x -= beta v (v^T x).
static void reflect(const sl_sparse_qr *f, uint32_t k, double *x) {
  const columns *v = &f->v;
  double sum = 0;
  for (uint32_t p = v->pointers[k]; p < v->pointers[k + 1]; p++)
    sum += v->values[p] * x[v->rows[p]];
  sum *= f->beta[k];
  for (uint32_t p = v->pointers[k]; p < v->pointers[k + 1]; p++)
    x[v->rows[p]] -= v->values[p] * sum;
}

// The vector that makes `count` numbers [s, 0, .., 0]: in their place. Returns s >= 0.
static double householder(double *x, uint32_t count, double *beta) {
  double first = x[0], rest = 0;
  for (uint32_t i = 1; i < count; i++) rest += x[i] * x[i];
  *beta = 0;
  if (rest == 0) {
    x[0] = 1;
    *beta = first < 0 ? 2 : 0;
    return fabs(first);
  }
  double s = sqrt(first * first + rest);
  // Without cancellation.
  x[0] = first <= 0 ? first - s : -rest / (first + s);
  *beta = -1 / (s * x[0]);
  return s;
}

// The places above k of column k of R, in an order in which they can be applied, from `top` to the end
// of the path; the rows of the new vector below.
static sl_status find_pattern(sl_sparse_qr *f, uint32_t k, uint32_t *top) {
  const sl_csr *t = f->t;
  const double *values = t->values;
  uint32_t column = f->order[k], at = f->n, end = f->v.pointers[k], stamp = k + 1;
  f->seen[k] = stamp;
  SL_TRY(grow(&f->v, (size_t)end + 1, 2 * (size_t)t->nnz));
  f->mark[k] = stamp;
  f->v.rows[end++] = k;
  for (uint32_t p = t->row_pointers[column]; p < t->row_pointers[column + 1]; p++) {
    uint32_t row = t->columns[p], length = 0, i = f->leftmost[row];
    for (; f->seen[i] != stamp; i = f->parent[i]) {
      f->path[length++] = i;
      f->seen[i] = stamp;
    }
    while (length > 0) f->path[--at] = f->path[--length];
    uint32_t place = f->place[row];
    f->x[place] = values[p];
    if (place > k && f->mark[place] != stamp) {
      f->mark[place] = stamp;
      SL_TRY(grow(&f->v, (size_t)end + 1, 0));
      f->v.rows[end++] = place;
    }
  }
  f->v.pointers[k + 1] = end;
  *top = at;
  return SL_OK;
}

// Rows of a vector whose place is a child of k in the tree are rows of the new one.
static sl_status inherit(sl_sparse_qr *f, uint32_t k, uint32_t child) {
  uint32_t end = f->v.pointers[k + 1], stamp = k + 1;
  SL_TRY(grow(&f->v, (size_t)end + (f->v.pointers[child + 1] - f->v.pointers[child]), 0));
  for (uint32_t p = f->v.pointers[child]; p < f->v.pointers[child + 1]; p++) {
    uint32_t row = f->v.rows[p];
    if (row <= k || f->mark[row] == stamp) continue;
    f->mark[row] = stamp;
    f->v.rows[end++] = row;
  }
  f->v.pointers[k + 1] = end;
  return SL_OK;
}

NOINLINE static sl_status add_column(sl_sparse_qr *f, uint32_t k, uint64_t *spent) {
  uint32_t top, column = f->order[k];
  SL_TRY(find_pattern(f, k, &top));
  uint32_t count = f->n - top, at = f->r.pointers[k];
  SL_TRY(grow(&f->r, (size_t)at + count, 2 * (size_t)f->t->nnz));
  for (uint32_t p = top; p < f->n; p++) {
    uint32_t i = f->path[p];
    reflect(f, i, f->x);
    *spent += 2 * (uint64_t)(f->v.pointers[i + 1] - f->v.pointers[i]);
    f->r.rows[at] = i;
    f->r.values[at++] = f->x[i];
    f->x[i] = 0;
    if (f->parent[i] == k) SL_TRY(inherit(f, k, i));
  }
  f->r.pointers[k + 1] = at;
  uint32_t begin = f->v.pointers[k], end = f->v.pointers[k + 1];
  SL_TRY(grow(&f->v, end, 0));
  for (uint32_t p = begin; p < end; p++) {
    f->v.values[p] = f->x[f->v.rows[p]];
    f->x[f->v.rows[p]] = 0;
  }
  double size = householder(f->v.values + begin, end - begin, f->beta + k);
  *spent += 3 * (uint64_t)(end - begin) + 4;
  SL_REQUIRE_AT(size > f->negligible && size < INFINITY, SL_ERR_SINGULAR, "matrix",
                "columns that do not depend on one another, as this one on others: lsmr takes them",
                column);
  f->diagonal[k] = size;
  f->most = fmax(f->most, size);
  f->least = fmin(f->least, size);
  return SL_OK;
}

sl_status sl_sparse_qr_step(sl_sparse_qr *f, uint64_t work, uint64_t *spent, bool *done) {
  uint64_t begin = *spent;
  *done = false;
  if (!f->ordered) {
    if (!sl_amd_step(f->amd, work, spent)) return SL_OK;
    sl_amd_destroy(f->amd);
    f->amd = NULL;
    f->ordered = true;
    *spent += f->t->nnz;
    return prepare(f);
  }
  while (f->cursor < f->n && *spent - begin < work) SL_TRY(add_column(f, f->cursor++, spent));
  if (f->cursor < f->n) return SL_OK;
  settle(f);
  *done = true;
  return SL_OK;
}

// ---- its use ------------------------------------------------------------------------------------

NOINLINE static uint64_t divide(const sl_sparse_qr *f, double *y, uint32_t k) {
  const columns *r = &f->r;
  double x = y[k] / f->diagonal[k];
  y[k] = x;
  for (uint32_t p = r->pointers[k]; p < r->pointers[k + 1]; p++) y[r->rows[p]] -= r->values[p] * x;
  return r->pointers[k + 1] - r->pointers[k] + 1;
}

bool sl_sparse_qr_solve(const sl_sparse_qr *f, const double *b, double *x, double *y, uint64_t work,
                        uint32_t *cursor) {
  uint64_t spent = 0;
  if (*cursor == 0) {
    memset(y, 0, f->all * sizeof *y);
    for (uint32_t i = 0; i < f->m; i++) y[f->place[i]] = b[i];
  }
  for (; *cursor < f->n && spent < work; ++*cursor) {
    reflect(f, *cursor, y);
    spent += 2 * (uint64_t)(f->v.pointers[*cursor + 1] - f->v.pointers[*cursor]);
  }
  for (; *cursor >= f->n && *cursor < 2 * f->n && spent < work; ++*cursor) {
    spent += divide(f, y, 2 * f->n - 1 - *cursor);
  }
  if (*cursor < 2 * f->n) return false;
  for (uint32_t k = 0; k < f->n; k++) x[f->order[k]] = y[k];
  return true;
}
