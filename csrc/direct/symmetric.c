// Based on: E. G. Ng, B. W. Peyton, "Block sparse Cholesky algorithms on advanced uniprocessor
// computers", SIAM J. Sci. Comput. 14 (1993), doi:10.1137/0914063 (left-looking by supernodes, with
// lists of those that update one next); T. A. Davis, "Algorithm 849: a concise sparse Cholesky
// factorization package", ACM TOMS 31 (2005), doi:10.1145/1114268.1114277 (row by row, for factors
// with little fill).
#include "direct/symmetric.h"

#include <string.h>

#include "base/memory.h"

#define NONE UINT32_MAX
#define NOINLINE __attribute__((noinline))
#define BLOCK_ROWS 256

static sl_status reserve(sl_symmetric *s) {
  const sl_analysis *a = s->analysis;
  size_t n = a->n, panels = a->panels;
  if (s->values == NULL) SL_TRY(SL_ALLOC(&s->values, (size_t)a->value_count));
  if (s->d == NULL) SL_TRY(SL_ALLOC(&s->d, n));
  if (!a->simple && s->e == NULL) SL_TRY(SL_ALLOC(&s->e, n));
  if (!a->simple && s->exchanged == NULL) SL_TRY(SL_ALLOC(&s->exchanged, n));
  if (s->at == NULL) SL_TRY(SL_ALLOC(&s->at, panels));
  if (s->map == NULL) SL_TRY(SL_ALLOC(&s->map, n));
  if (a->simple) {
    if (s->stack == NULL) SL_TRY(SL_ALLOC(&s->stack, n));
    if (s->dense == NULL) SL_TRY(SL_ALLOC(&s->dense, n));
    return SL_OK;
  }
  if (s->head == NULL) SL_TRY(SL_ALLOC(&s->head, panels));
  if (s->next == NULL) SL_TRY(SL_ALLOC(&s->next, panels));
  if (s->block == NULL) SL_TRY(SL_ALLOC(&s->block, BLOCK_ROWS * SL_PANEL_WIDTH));
  if (s->packed == NULL) SL_TRY(SL_ALLOC(&s->packed, SL_PANEL_WIDTH * SL_PANEL_WIDTH));
  return SL_OK;
}

sl_status sl_symmetric_begin(sl_symmetric *s, const sl_analysis *analysis, const double *entries,
                             sl_pivoting pivoting) {
  s->analysis = analysis;
  s->entries = entries;
  SL_TRY(reserve(s));
  s->pivoting = pivoting;
  s->pivoting.perturbed = 0;
  s->perturbed_row = NONE;
  s->cursor = 0;
  s->assembled = false;
  memset(s->map, 0xff, (size_t)analysis->n * sizeof *s->map);
  if (analysis->simple)
    memset(s->dense, 0, (size_t)analysis->n * sizeof *s->dense);
  else
    memset(s->head, 0xff, (size_t)analysis->panels * sizeof *s->head);
  return SL_OK;
}

void sl_symmetric_settle(sl_symmetric *s) {
  sl_free(s->head);
  sl_free(s->next);
  sl_free(s->at);
  sl_free(s->map);
  sl_free(s->stack);
  sl_free(s->dense);
  sl_free(s->block);
  sl_free(s->packed);
  s->head = s->next = s->at = s->map = s->stack = NULL;
  s->dense = s->block = s->packed = NULL;
}

void sl_symmetric_destroy(sl_symmetric *s) {
  sl_symmetric_settle(s);
  sl_free(s->values);
  sl_free(s->d);
  sl_free(s->e);
  sl_free(s->exchanged);
  *s = (sl_symmetric){0};
}

size_t sl_symmetric_bytes(const sl_symmetric *s) {
  if (s->analysis == NULL) return 0;
  size_t n = s->analysis->n, panels = s->analysis->panels, bytes = 0;
  if (s->values) bytes += 8 * (size_t)s->analysis->value_count;
  if (s->d) bytes += 8 * n;
  if (s->e) bytes += 8 * n;
  if (s->exchanged) bytes += 4 * n;
  if (s->head) bytes += 4 * panels;
  if (s->next) bytes += 4 * panels;
  if (s->at) bytes += 4 * panels;
  if (s->map) bytes += 4 * n;
  if (s->stack) bytes += 4 * n;
  if (s->dense) bytes += 8 * n;
  if (s->block) bytes += 8 * BLOCK_ROWS * SL_PANEL_WIDTH;
  if (s->packed) bytes += 8 * SL_PANEL_WIDTH * SL_PANEL_WIDTH;
  return bytes;
}

// The first of rows from .. count that is `column` or more.
static uint32_t first_from(const uint32_t *rows, uint32_t from, uint32_t count, uint32_t column) {
  while (from < count && rows[from] < column) from++;
  return from;
}

// ---- by panels ----------------------------------------------------------------------------------

// Puts panel k into the list of the panel that it updates next.
static void enlist(sl_symmetric *s, uint32_t k) {
  const sl_analysis *a = s->analysis;
  const sl_panel *panel = a->panel + k;
  if (s->at[k] >= panel->count) return;
  uint32_t target = a->panel_of[a->rows[panel->rows_at + s->at[k]]];
  s->next[k] = s->head[target];
  s->head[target] = k;
}

// Zeroes the panel, fills in its entries of the matrix, and notes where each row stands.
NOINLINE static uint64_t assemble(sl_symmetric *s, const sl_panel *panel) {
  const sl_analysis *a = s->analysis;
  const sl_csr *m = a->matrix;
  const uint32_t *rows = a->rows + panel->rows_at;
  double *values = s->values + panel->values_at;
  uint64_t work = (uint64_t)panel->count * panel->width;
  memset(values, 0, work * sizeof *values);
  for (uint32_t i = 0; i < panel->count; i++) s->map[rows[i]] = i;
  for (uint32_t c = 0; c < panel->width; c++, values += panel->count) {
    uint32_t column = panel->first + c, row = a->order[column];
    for (uint32_t p = m->row_pointers[row]; p < m->row_pointers[row + 1]; p++) {
      uint32_t i = a->place[m->columns[p]];
      if (i >= column) values[s->map[i]] = s->entries[p];
    }
    work += m->row_pointers[row + 1] - m->row_pointers[row];
  }
  return work;
}

// Adds rows of an update where they belong.
NOINLINE static void scatter(const uint32_t *rows, const uint32_t *map, uint32_t count,
                             const uint32_t *columns, uint32_t first, uint32_t width,
                             const double *block, double *values, size_t ld) {
  for (uint32_t j = 0; j < width; j++, block += count) {
    double *column = values + (columns[j] - first) * ld;
    for (uint32_t i = 0; i < count; i++) column[map[rows[i]]] += block[i];
  }
}

// Subtracts from `panel` what panel k, complete, contributes to it.
static uint64_t update(sl_symmetric *s, const sl_panel *panel, uint32_t k) {
  const sl_analysis *a = s->analysis;
  const sl_panel *from = a->panel + k;
  const uint32_t *rows = a->rows + from->rows_at;
  const double *source = s->values + from->values_at;
  uint32_t begin = s->at[k];
  uint32_t end = first_from(rows, begin, from->count, panel->first + panel->width);
  uint32_t columns = end - begin, left = from->count - begin;
  double *target = s->values + panel->values_at;
  sl_panel_pack(columns, from->width, source + begin, from->count, s->d + from->first,
                s->e + from->first, s->packed);
  // The rows are those of the target: nothing has to be scattered.
  bool direct = left == panel->count && columns == panel->width;
  if (direct) {
    sl_panel_subtract(left, columns, from->width, source + begin, from->count, s->packed, target,
                      panel->count);
  } else {
    for (uint32_t i = begin; i < from->count; i += BLOCK_ROWS) {
      uint32_t count = from->count - i < BLOCK_ROWS ? from->count - i : BLOCK_ROWS;
      memset(s->block, 0, (size_t)count * columns * sizeof *s->block);
      sl_panel_subtract(count, columns, from->width, source + i, from->count, s->packed, s->block,
                        count);
      scatter(rows + i, s->map, count, rows + begin, panel->first, columns, s->block, target,
              panel->count);
    }
  }
  s->at[k] = end;
  return (uint64_t)left * columns * (from->width + 4);
}

// The panel is complete but for its own elimination.
static sl_status eliminate(sl_symmetric *s, uint32_t k) {
  const sl_analysis *a = s->analysis;
  const sl_panel *panel = a->panel + k;
  const sl_csr *m = a->matrix;
  double diagonal[SL_PANEL_WIDTH] = {0};
  if (s->pivoting.definite) {
    for (uint32_t c = 0; c < panel->width; c++) {
      uint32_t row = a->order[panel->first + c];
      for (uint32_t p = m->row_pointers[row]; p < m->row_pointers[row + 1]; p++) {
        if (m->columns[p] == row) diagonal[c] = s->entries[p];
      }
    }
  }
  uint32_t before = s->pivoting.perturbed;
  double *values = s->values + panel->values_at, *d = s->d + panel->first, *e = s->e + panel->first;
  uint32_t reached = sl_panel_factor(values, panel->count, panel->width, diagonal, d, e,
                                     s->exchanged + panel->first, &s->pivoting);
  SL_REQUIRE_AT(reached == panel->width, SL_ERR_NOT_DEFINITE, "matrix",
                "a positive definite matrix: method ldlt or lu takes others",
                a->order[panel->first + reached]);
  if (before == 0 && s->pivoting.perturbed > 0) {
    s->perturbed_row = a->order[panel->first + s->pivoting.first_perturbed];
  }
  sl_panel_divide(values, panel->count, panel->width, d, e, s->packed);
  s->at[k] = panel->width;
  enlist(s, k);
  return SL_OK;
}

static sl_status step_panels(sl_symmetric *s, uint64_t work, uint64_t *spent) {
  const sl_analysis *a = s->analysis;
  uint64_t done = 0;
  while (s->cursor < a->panels && done < work) {
    const sl_panel *panel = a->panel + s->cursor;
    if (!s->assembled) {
      done += assemble(s, panel);
      s->assembled = true;
      s->updating = s->head[s->cursor];
    }
    while (s->updating != NONE && done < work) {
      uint32_t k = s->updating;
      s->updating = s->next[k];
      done += update(s, panel, k);
      enlist(s, k);
    }
    if (s->updating != NONE) break;
    SL_TRY(eliminate(s, s->cursor));
    done += (uint64_t)panel->count * panel->width * (panel->width / 2 + 1);
    s->cursor++;
    s->assembled = false;
  }
  *spent += done;
  return SL_OK;
}

// ---- row by row ---------------------------------------------------------------------------------

// The columns with an entry in row k of the factor, from stack[returned] on, each before those that
// depend on it; the entries of the matrix go to `dense`.
static uint32_t reach(sl_symmetric *s, uint32_t k, double *diagonal) {
  const sl_analysis *a = s->analysis;
  const sl_csr *m = a->matrix;
  uint32_t row = a->order[k], top = a->n;
  s->map[k] = k;
  for (uint32_t p = m->row_pointers[row]; p < m->row_pointers[row + 1]; p++) {
    uint32_t i = a->place[m->columns[p]], length = 0;
    if (i == k) *diagonal = s->entries[p];
    if (i >= k) continue;
    s->dense[i] = s->entries[p];
    for (; s->map[i] != k; i = (uint32_t)a->parent[i]) {
      s->stack[length++] = i;
      s->map[i] = k;
    }
    while (length > 0) s->stack[--top] = s->stack[--length];
  }
  return top;
}

// Makes row k of L, and notes it in the rows of its columns; returns its pivot. *diagonal: written, that of
// the matrix.
NOINLINE static double solve_row(sl_symmetric *s, uint32_t k, double *diagonal, uint64_t *spent) {
  const sl_analysis *a = s->analysis;
  *diagonal = 0;
  uint32_t top = reach(s, k, diagonal);
  double pivot = *diagonal, *y = s->dense;
  uint64_t work = a->n - top;
  for (; top < a->n; top++) {
    uint32_t j = s->stack[top], length = s->at[j];
    const sl_panel *column = a->panel + j;
    uint32_t *rows = a->rows + column->rows_at;
    double *values = s->values + column->values_at, entry = y[j];
    y[j] = 0;
    for (uint32_t p = 1; p < length; p++) y[rows[p]] -= values[p] * entry;
    double factor = entry / s->d[j];
    pivot -= factor * entry;
    values[length] = factor;
    rows[length] = k;
    s->at[j] = length + 1;
    work += length;
  }
  *spent += work + 1;
  return pivot;
}

static sl_status step_rows(sl_symmetric *s, uint64_t work, uint64_t *spent) {
  const sl_analysis *a = s->analysis;
  uint64_t done = 0;
  for (; s->cursor < a->n && done < work; s->cursor++) {
    uint32_t k = s->cursor;
    double diagonal, pivot = solve_row(s, k, &diagonal, &done);
    SL_REQUIRE_AT(pivot > diagonal * 0x1p-52 && pivot <= 0x1.fffffffffffffp1023,
                  SL_ERR_NOT_DEFINITE, "matrix",
                  "a positive definite matrix: method ldlt or lu takes others", a->order[k]);
    s->d[k] = pivot;
    s->values[a->panel[k].values_at] = 1;
    a->rows[a->panel[k].rows_at] = k;
    s->at[k] = 1;
  }
  *spent += done;
  return SL_OK;
}

sl_status sl_symmetric_step(sl_symmetric *s, uint64_t work, uint64_t *spent, bool *done) {
  if (s->analysis->simple)
    SL_TRY(step_rows(s, work, spent));
  else
    SL_TRY(step_panels(s, work, spent));
  *done = s->cursor >= s->analysis->panels;
  return SL_OK;
}
