// Based on: J. W. H. Liu, "The role of elimination trees in sparse factorization", SIAM J. Matrix
// Anal. Appl. 11 (1990), doi:10.1137/0611010 (the tree, postorder, row subtrees); J. R. Gilbert,
// E. G. Ng, B. W. Peyton, "An efficient algorithm to compute row and column counts for sparse
// Cholesky factorization", SIAM J. Matrix Anal. Appl. 15 (1994), doi:10.1137/S0895479892236921;
// Y. Chen, T. A. Davis, W. W. Hager, S. Rajamanickam, "Algorithm 887: CHOLMOD", ACM TOMS 35 (2008),
// doi:10.1145/1391989.1391995 (which supernodes are merged, and when panels pay). Where there is little fill,
// rows are walked one by one as in T. A. Davis, "Algorithm 849", ACM TOMS 31 (2005), doi:10.1145/1114268.1114277.
#include "direct/analysis.h"

#include <string.h>

#include "base/memory.h"

#define NONE (-1)
#define NO_ROW UINT32_MAX
#define NOINLINE __attribute__((noinline))

// Panels pay from so many operations an entry of the factor on.
#define PANELS_FROM 40

// Entries of the factor below the diagonal, for each of the matrix, up to which they are walked.
#define WALKED 2

enum { ORDER, TREE, POSTORDER, TREE_AGAIN, COUNTS, SUPERS, ROWS, DONE };

static sl_status take_order(sl_analysis *a, const uint32_t *order) {
  bool ties = false;
  for (uint32_t k = 0; k < a->n; k++) {
    a->order[k] = order[k] & ~SL_TIED;
    ties |= (order[k] & SL_TIED) != 0;
  }
  if (!ties) return SL_OK;
  SL_TRY(SL_ALLOC_ZERO(&a->tied, (size_t)a->n));
  for (uint32_t k = 0; k + 1 < a->n; k++) a->tied[k] = (order[k] & SL_TIED) != 0;
  return SL_OK;
}

sl_status sl_analysis_begin(const sl_csr *matrix, sl_direct_ordering ordering,
                            const uint32_t *order, bool dense, const double *entries,
                            sl_analysis *out) {
  size_t n = matrix->rows;
  *out = (sl_analysis){
      .matrix = matrix, .n = matrix->rows, .ordering = ordering, .wants_panels = dense};
  if (ordering == SL_DIRECT_ORDER_AUTO) {
    out->ordering = SL_DIRECT_ORDER_MINIMUM_DEGREE;
    out->looks = order == NULL;
  }
  SL_REQUIRE(n < 1u << 28, SL_ERR_OVERFLOW, "matrix", "fewer than 2^28 rows");
  SL_TRY(SL_ALLOC(&out->order, n));
  SL_TRY(SL_ALLOC(&out->place, n));
  out->walks = !dense;
  out->given = order != NULL;
  if (order != NULL) return take_order(out, order);
  if (ordering == SL_DIRECT_ORDER_NATURAL) {
    for (uint32_t i = 0; i < n; i++) out->order[i] = i;
    return SL_OK;
  }
  if (entries != NULL) return sl_analysis_order_pairs(out, entries);
  return sl_analysis_order(out, out->n, matrix->row_pointers, matrix->columns);
}

static void drop_order(sl_analysis *a) {
  sl_amd_destroy(a->amd);
  sl_nested_destroy(a->nested);
  sl_free(a->offsets);
  sl_free(a->indices);
  a->amd = NULL;
  a->nested = NULL;
  a->offsets = a->indices = NULL;
}

static void drop_scratch(sl_analysis *a) {
  for (int i = 0; i < 4; i++) {
    sl_free(a->scratch[i]);
    a->scratch[i] = NULL;
  }
  sl_free(a->counts);
  sl_free(a->super_start);
  a->counts = a->super_start = NULL;
}

void sl_analysis_destroy(sl_analysis *a) {
  drop_scratch(a);
  drop_order(a);
  sl_free(a->other);
  sl_free(a->order);
  sl_free(a->place);
  sl_free(a->tied);
  sl_free(a->mate);
  sl_free(a->first);
  sl_free(a->parent);
  sl_free(a->panel);
  sl_free(a->panel_of);
  sl_free(a->rows);
  *a = (sl_analysis){0};
}

size_t sl_analysis_bytes(const sl_analysis *a) {
  size_t n = a->n, bytes = 0;
  if (a->order) bytes += 8 * n;
  if (a->parent) bytes += 4 * n;
  if (a->tied) bytes += n;
  if (a->mate) bytes += 4 * n;
  if (a->first) bytes += 4 * n;
  if (a->counts) bytes += 4 * n;
  for (int i = 0; i < 4; i++) bytes += a->scratch[i] ? 4 * n : 0;
  if (a->super_start) bytes += 4 * (n + 1);
  if (a->amd) bytes += sl_amd_bytes(a->n, a->matrix->nnz);
  if (a->nested) bytes += sl_nested_bytes(a->n);
  if (a->offsets) bytes += 4 * (n + a->matrix->nnz);
  if (a->other) bytes += 4 * n;
  if (a->panel) bytes += a->panels * sizeof *a->panel + 4 * (size_t)a->row_count;
  if (a->panel_of) bytes += 4 * n;
  return bytes;
}

bool sl_analysis_has_counts(const sl_analysis *a) { return a->stage > COUNTS; }

static sl_status scratch(sl_analysis *a, int i, int fill) {
  if (a->scratch[i] == NULL) SL_TRY(SL_ALLOC(&a->scratch[i], (size_t)a->n));
  memset(a->scratch[i], fill, (size_t)a->n * sizeof *a->scratch[i]);
  return SL_OK;
}

static void next_stage(sl_analysis *a) {
  a->stage++;
  a->cursor = 0;
}

// ---- the elimination tree -----------------------------------------------------------------------

static sl_status begin_tree(sl_analysis *a) {
  for (uint32_t k = 0; k < a->n; k++) a->place[a->order[k]] = k;
  if (a->parent == NULL) SL_TRY(SL_ALLOC(&a->parent, (size_t)a->n));
  a->walked = 0;
  if (a->walks && a->counts == NULL) SL_TRY(SL_ALLOC(&a->counts, (size_t)a->n));
  return scratch(a, 0, 0xff);
}

// The tree and the counts at once, by a walk to each entry of the factor. Its first part is that of the tree,
// which starts anew when there are too many.
NOINLINE static uint32_t walk_tree(sl_analysis *a, uint32_t k, uint64_t *work) {
  const sl_csr *m = a->matrix;
  uint32_t *seen = a->scratch[0], *counts = a->counts;
  uint64_t walked = a->walked, most = WALKED * (uint64_t)m->nnz;
  for (; k < a->n && *work > 0; k++) {
    uint32_t row = a->order[k], done = 1;
    a->parent[k] = NONE;
    counts[k] = 1;
    for (uint32_t p = m->row_pointers[row]; p < m->row_pointers[row + 1]; p++, done++) {
      for (uint32_t i = a->place[m->columns[p]]; i < k && seen[i] != k; done++) {
        seen[i] = k;
        counts[i]++;
        if (a->parent[i] == NONE) a->parent[i] = (int32_t)k;
        i = (uint32_t)a->parent[i];
      }
    }
    walked += done - 1 - (m->row_pointers[row + 1] - m->row_pointers[row]);
    *work = *work > done ? *work - done : 0;
    if (walked > most) {
      a->walks = false;
      return 0;
    }
  }
  a->walked = walked;
  return k;
}

// The parent of a column is the first row below the diagonal of its column of the factor. Paths to
// the root are shortened as they are walked.
NOINLINE static uint32_t grow_tree(sl_analysis *a, uint32_t k, uint64_t *work) {
  const sl_csr *m = a->matrix;
  int32_t *ancestor = (int32_t *)a->scratch[0];
  for (; k < a->n && *work > 0; k++) {
    uint32_t row = a->order[k];
    a->parent[k] = NONE;
    for (uint32_t p = m->row_pointers[row]; p < m->row_pointers[row + 1]; p++) {
      int32_t i = (int32_t)a->place[m->columns[p]];
      while (i != NONE && i < (int32_t)k) {
        int32_t next = ancestor[i];
        ancestor[i] = (int32_t)k;
        if (next == NONE) a->parent[i] = (int32_t)k;
        i = next;
      }
    }
    uint32_t length = m->row_pointers[row + 1] - m->row_pointers[row] + 1;
    *work = *work > length ? *work - length : 0;
  }
  return k;
}

// Reorders so that each subtree is a run of columns: children before their parent, nothing between.
// Columns without links keep their order.
static sl_status postorder(sl_analysis *a) {
  SL_TRY(scratch(a, 1, 0xff)); // first child
  SL_TRY(scratch(a, 2, 0xff)); // next sibling
  int32_t *child = (int32_t *)a->scratch[1], *sibling = (int32_t *)a->scratch[2];
  int32_t *stack = (int32_t *)a->scratch[0];
  uint32_t *order;
  SL_TRY(SL_ALLOC(&order, (size_t)a->n));
  for (int32_t k = (int32_t)a->n - 1; k >= 0; k--) {
    int32_t parent = a->parent[k];
    if (parent == NONE) continue;
    sibling[k] = child[parent];
    child[parent] = k;
  }
  uint32_t placed = 0;
  for (uint32_t root = 0; root < a->n; root++) {
    if (a->parent[root] != NONE) continue;
    uint32_t depth = 0;
    stack[depth++] = (int32_t)root;
    while (depth > 0) {
      int32_t k = stack[depth - 1], first = child[k];
      if (first != NONE) {
        child[k] = sibling[first];
        stack[depth++] = first;
      } else {
        depth--;
        order[placed++] = a->order[k];
      }
    }
  }
  sl_free(a->order);
  a->order = order;
  return SL_OK;
}

// ---- how many entries each column of the factor has ---------------------------------------------

static sl_status begin_counts(sl_analysis *a) {
  if (a->counts == NULL) SL_TRY(SL_ALLOC(&a->counts, (size_t)a->n));
  SL_TRY(scratch(a, 0, 0)); // ancestors with shortened paths
  SL_TRY(scratch(a, 1, 0)); // the first column of each subtree
  SL_TRY(scratch(a, 2, 0)); // of a row: 1 + the first column of the last leaf's subtree
  SL_TRY(scratch(a, 3, 0)); // of a row: 1 + the last leaf of its subtree
  uint32_t *first = a->scratch[1];
  for (uint32_t k = 0; k < a->n; k++) {
    a->scratch[0][k] = k;
    first[k] = k;
    a->counts[k] = 1;
  }
  for (uint32_t k = 0; k < a->n; k++) {
    int32_t parent = a->parent[k];
    if (parent == NONE) continue;
    if (first[k] < first[parent]) first[parent] = first[k];
    a->counts[parent] = 0; // only leaves begin with 1
  }
  return SL_OK;
}

static uint32_t find_ancestor(uint32_t *ancestor, uint32_t k) {
  uint32_t root = k;
  while (ancestor[root] != root) root = ancestor[root];
  while (ancestor[k] != root) {
    uint32_t next = ancestor[k];
    ancestor[k] = root;
    k = next;
  }
  return root;
}

// Row i of the factor has the columns of a subtree of the tree that is rooted at i: each leaf of it
// adds a path, which ends where the path of the leaf before it is met. Counts are differences along
// the tree here, in wrapping arithmetic.
NOINLINE static uint32_t count_columns(sl_analysis *a, uint32_t j, uint64_t *work) {
  const sl_csr *m = a->matrix;
  uint32_t *ancestor = a->scratch[0], *first = a->scratch[1], *seen = a->scratch[2];
  uint32_t *leaf = a->scratch[3], *counts = a->counts;
  for (; j < a->n && *work > 0; j++) {
    uint32_t row = a->order[j];
    int32_t parent = a->parent[j];
    if (parent != NONE) counts[parent]--;
    for (uint32_t p = m->row_pointers[row]; p < m->row_pointers[row + 1]; p++) {
      uint32_t i = a->place[m->columns[p]];
      if (i <= j || first[j] + 1 <= seen[i]) continue;
      seen[i] = first[j] + 1;
      counts[j]++;
      if (leaf[i] != 0) counts[find_ancestor(ancestor, leaf[i] - 1)]--;
      leaf[i] = j + 1;
    }
    if (parent != NONE) ancestor[j] = (uint32_t)parent;
    uint32_t length = m->row_pointers[row + 1] - m->row_pointers[row] + 1;
    *work = *work > length ? *work - length : 0;
  }
  return j;
}

static void end_counts(sl_analysis *a) {
  a->fill = a->flops = 0;
  for (uint32_t k = 0; k < a->n; k++) {
    if (!a->walks && a->parent[k] != NONE) a->counts[a->parent[k]] += a->counts[k];
    double count = a->counts[k];
    a->fill += count;
    a->flops += count * count;
  }
  a->simple = !a->wants_panels && a->flops < PANELS_FROM * a->fill;
}

// ---- panels -------------------------------------------------------------------------------------

// Columns that follow one another in the tree with the same rows. Those that are tied are made so: the
// first one gets the rows of the second.
static uint32_t find_supers(sl_analysis *a) {
  uint32_t supers = 0;
  for (uint32_t k = a->n - 1; a->tied != NULL && k > 0; k--) {
    if (a->tied[k - 1] && a->parent[k - 1] == (int32_t)k) a->counts[k - 1] = a->counts[k] + 1;
  }
  for (uint32_t k = 0; k < a->n; k++) {
    bool joins = k > 0 && a->parent[k - 1] == (int32_t)k && a->counts[k - 1] == a->counts[k] + 1;
    if (!joins) a->super_start[supers++] = k;
  }
  a->super_start[supers] = a->n;
  return supers;
}

// Merges a supernode with its parent where that adds few zeros. From the last to the first, so that
// what a supernode is merged into is complete.
static void merge_supers(sl_analysis *a) {
  uint32_t *start = a->super_start;
  // Of the supernode that begins with a column: rows, columns, zeros.
  uint32_t *rows = a->counts, *width = a->scratch[1], *zeros = a->scratch[2];
  uint32_t to = a->supers; // merged supernodes are collected at the end of `start`
  for (uint32_t s = a->supers; s-- > 0;) {
    uint32_t first = start[s], own = start[s + 1] - first;
    uint32_t next = to < a->supers ? start[to] : a->n;
    width[first] = own;
    zeros[first] = 0;
    if (next < a->n && a->parent[next - 1] == (int32_t)next) {
      double columns = (double)own + width[next];
      double added = (double)own * ((double)own + rows[next] - rows[first]);
      double all = zeros[next] + added;
      double size = columns * (columns + 1) / 2 + columns * (rows[next] - width[next]);
      double share = all / size;
      if (all < 0x1p32 && (added == 0 || columns <= 4 || (columns <= 16 && share < 0.8) ||
                           (columns <= 48 && share < 0.1) || share < 0.05)) {
        rows[first] = own + rows[next];
        width[first] = own + width[next];
        zeros[first] = (uint32_t)all;
        to++;
      }
    }
    // start[s + 1] has been read: `to` never falls below s.
    start[--to] = first;
  }
  uint32_t left = a->supers - to;
  memmove(start, start + to, left * sizeof *start);
  start[left] = a->n;
  a->supers = left;
}

// Where the panel ends that begins with column `first` of a supernode. Ties are not cut.
static uint32_t panel_end(const sl_analysis *a, uint32_t first, uint32_t end) {
  if (end - first <= SL_PANEL_WIDTH) return end;
  uint32_t cut = first + SL_PANEL_WIDTH;
  return a->tied != NULL && a->tied[cut - 1] ? cut - 1 : cut;
}

// How much room the panels take.
static sl_status measure(sl_analysis *a) {
  if (a->simple) {
    a->panels = a->n;
    a->row_count = a->value_count = a->fill;
    return SL_OK;
  }
  SL_TRY(SL_ALLOC(&a->super_start, (size_t)a->n + 1));
  a->supers = find_supers(a);
  merge_supers(a);
  a->panels = 0;
  double rows = 0, values = 0;
  for (uint32_t s = 0; s < a->supers; s++) {
    uint32_t begin = a->super_start[s], end = a->super_start[s + 1];
    double count = a->counts[begin];
    rows += count;
    for (uint32_t first = begin; first < end; a->panels++) {
      uint32_t next = panel_end(a, first, end);
      values += (count - (first - begin)) * (next - first);
      first = next;
    }
  }
  a->row_count = rows;
  a->value_count = values;
  return SL_OK;
}

// Lays out the panels: how many rows each has is known, which ones not yet.
static sl_status lay_out(sl_analysis *a) {
  SL_REQUIRE(a->row_count < 0x1p32 && a->value_count < (double)(SIZE_MAX / 8), SL_ERR_OVERFLOW,
             "matrix", "a factor that can be indexed");
  SL_TRY(SL_ALLOC(&a->panel, (size_t)a->panels));
  SL_TRY(SL_ALLOC(&a->rows, (size_t)a->row_count));
  size_t rows = 0, values = 0;
  for (uint32_t k = 0; a->simple && k < a->n; k++) {
    uint32_t count = a->counts[k];
    a->panel[k] = (sl_panel){
        .first = k, .width = 1, .rows_at = (uint32_t)values, .count = count, .values_at = values};
    values += count;
    if (count > a->largest_count) a->largest_count = count;
  }
  if (a->simple) return SL_OK;
  SL_TRY(SL_ALLOC(&a->panel_of, (size_t)a->n));
  uint32_t panel = 0;
  for (uint32_t s = 0; s < a->supers; s++) {
    uint32_t begin = a->super_start[s], end = a->super_start[s + 1], count = a->counts[begin];
    for (uint32_t first = begin; first < end; panel++) {
      uint32_t width = panel_end(a, first, end) - first;
      uint32_t left = count - (first - begin);
      for (uint32_t k = first; k < first + width; k++) a->panel_of[k] = panel;
      a->panel[panel] = (sl_panel){.first = first,
                                   .width = width,
                                   .rows_at = (uint32_t)(rows + (first - begin)),
                                   .count = left,
                                   .values_at = values};
      values += (size_t)left * width;
      if (left > a->largest_count) a->largest_count = left;
      first += width;
    }
    rows += count;
  }
  return SL_OK;
}

static sl_status begin_rows(sl_analysis *a) {
  SL_TRY(lay_out(a));
  if (a->simple && !a->given) return SL_OK;
  // Of a supernode, at its first column: the row that was appended last, how many there are, the
  // first column of its parent.
  SL_TRY(scratch(a, 0, 0xff));
  SL_TRY(scratch(a, 1, 0));
  if (a->simple) return SL_OK;
  SL_TRY(scratch(a, 2, 0xff));
  SL_TRY(scratch(a, 3, 0)); // of a column: the first of its supernode
  for (uint32_t s = 0; s < a->supers; s++) {
    uint32_t begin = a->super_start[s], end = a->super_start[s + 1];
    for (uint32_t k = begin; k < end; k++) a->scratch[3][k] = begin;
  }
  for (uint32_t s = 0; s < a->supers; s++) {
    int32_t parent = a->parent[a->super_start[s + 1] - 1];
    if (parent != NONE) a->scratch[2][a->super_start[s]] = a->scratch[3][parent];
  }
  return SL_OK;
}

// Appends row k to every supernode that has an entry in it: those on the paths from the entries of
// the matrix up to k. So the rows of each come in ascending order.
NOINLINE static uint32_t append_rows(sl_analysis *a, uint32_t k, uint64_t *work) {
  const sl_csr *m = a->matrix;
  uint32_t *last = a->scratch[0], *have = a->scratch[1], *parent = a->scratch[2];
  const uint32_t *super = a->scratch[3];
  for (; k < a->n && *work > 0; k++) {
    uint32_t row = a->order[k], own = super[k], done = 1;
    last[own] = k;
    a->rows[a->panel[a->panel_of[own]].rows_at + have[own]++] = k;
    for (uint32_t p = m->row_pointers[row]; p < m->row_pointers[row + 1]; p++, done++) {
      uint32_t i = a->place[m->columns[p]];
      if (i >= k) continue;
      for (uint32_t s = super[i]; s != NO_ROW && last[s] != k; s = parent[s], done++) {
        last[s] = k;
        a->rows[a->panel[a->panel_of[s]].rows_at + have[s]++] = k;
      }
    }
    *work = *work > done ? *work - done : 0;
  }
  return k;
}

// The same where every column is one: for values that are there already.
NOINLINE static uint32_t append_simple(sl_analysis *a, uint32_t k, uint64_t *work) {
  const sl_csr *m = a->matrix;
  uint32_t *last = a->scratch[0], *have = a->scratch[1];
  for (; k < a->n && *work > 0; k++) {
    uint32_t row = a->order[k], done = 1;
    a->rows[a->panel[k].rows_at + have[k]++] = k;
    for (uint32_t p = m->row_pointers[row]; p < m->row_pointers[row + 1]; p++, done++) {
      uint32_t i = a->place[m->columns[p]];
      for (; i < k && last[i] != k; i = (uint32_t)a->parent[i], done++) {
        last[i] = k;
        a->rows[a->panel[i].rows_at + have[i]++] = k;
      }
    }
    *work = *work > done ? *work - done : 0;
  }
  return k;
}

// ---- steps --------------------------------------------------------------------------------------

// Tree and counts are found by one walk, or the tree alone where there is more fill than that is meant for.
static sl_status step_walk(sl_analysis *a, uint64_t *left) {
  a->cursor = walk_tree(a, a->cursor, left);
  if (a->walks && a->cursor < a->n) return SL_OK;
  if (a->walks) end_counts(a);
  a->walks &= a->simple;
  a->cursor = 0;
  if (!a->walks) return scratch(a, 0, 0xff);
  a->stage = SUPERS;
  return measure(a);
}

sl_status sl_analysis_step(sl_analysis *a, uint64_t work, bool *done) {
  uint64_t left = work, spent = 0;
  switch (a->stage) {
  case ORDER:
    if (a->amd != NULL && !sl_amd_step(a->amd, work, &spent)) break;
    if (a->nested != NULL) {
      bool ordered;
      SL_TRY(sl_nested_step(a->nested, work, &spent, &ordered));
      if (!ordered) break;
    }
    drop_order(a);
    if (a->first != NULL) sl_analysis_expand_pairs(a);
    SL_TRY(begin_tree(a));
    next_stage(a);
    break;
  case TREE:
  case TREE_AGAIN:
    if (a->walks) {
      SL_TRY(step_walk(a, &left));
      break;
    }
    a->cursor = grow_tree(a, a->cursor, &left);
    if (a->cursor < a->n) break;
    next_stage(a);
    if (a->stage == COUNTS) SL_TRY(begin_counts(a));
    break;
  case POSTORDER:
    SL_TRY(postorder(a));
    if (a->mate != NULL) SL_TRY(sl_analysis_tie(a));
    SL_TRY(begin_tree(a));
    next_stage(a);
    spent = a->n;
    break;
  case COUNTS:
    a->cursor = count_columns(a, a->cursor, &left);
    if (a->cursor < a->n) break;
    end_counts(a);
    bool again;
    SL_TRY(sl_analysis_look_further(a, &again));
    if (again) {
      drop_scratch(a);
      a->stage = ORDER;
      a->cursor = 0;
      break;
    }
    SL_TRY(measure(a));
    next_stage(a);
    break;
  case SUPERS:
    SL_TRY(begin_rows(a));
    next_stage(a);
    spent = a->n;
    break;
  case ROWS:
    if (!a->simple)
      a->cursor = append_rows(a, a->cursor, &left);
    else
      a->cursor = a->given ? append_simple(a, a->cursor, &left) : a->n;
    if (a->cursor < a->n) break;
    drop_scratch(a);
    next_stage(a);
    break;
  default:
    break;
  }
  a->work += work - left + spent;
  *done = a->stage == DONE;
  return SL_OK;
}
