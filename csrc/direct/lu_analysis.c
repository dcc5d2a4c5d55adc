// The order of an LU factorisation: matching, block triangular form, and minimum degree in each
// block on the pattern of the block and its transpose.
#include "direct/lu_object.h"

#include <string.h>

#include "base/memory.h"
#include "direct/amd.h"
#include "direct/btf.h"
#include "direct/lu_small.h"
#include "simd/kernels.h"

// A matched entry below this part of the largest of its row, as a power of two, will hardly be a
// pivot: with many of them the order foresees nothing, and a product matching is made.
#define WEAK_EXPONENT (-4)
// With one below this, scaling by rows and columns could make a pivot vanish.
#define LOST_EXPONENT (-900)
// Another order is tried where the block and its transpose have so many times as many entries as the
// block, off the diagonal, and so many operations an entry are predicted; it is taken where it fills at
// most so many times as much: what is predicted for it is further above what comes.
#define LEAST_JOINED 1.5
#define LEAST_FLOPS 50
#define MOST_FILL 1.1
#define SMALL_SUBTREE 1024 // rows whose factors the fastest cache holds
#define MAX_BASE 200000    // of the exponents of a product matching, so that sums do not wrap

typedef enum stage {
  CHECK,
  MATCH,
  WEIGH,
  PRODUCT,
  BLOCKS,
  COUNT_IN, // the pattern of one block: entries of each column
  FILL_IN,
  JOIN, // entries of rows and columns together
  ORDER,
  PREDICT,
  ORDER_COLUMNS, // another order, and what it fills
  PREDICT_COLUMNS,
  FINISH,
} stage;

struct sl_lu_analysis {
  stage stage;
  uint32_t cursor, block, weak;
  bool lost;
  sl_matching matching;
  sl_product_matching product;
  sl_btf btf;
  sl_amd *amd;
  uint32_t *column_place;           // n
  uint64_t neighbours[SL_LU_SMALL]; // of each row of a small block that is ordered
  // Of the block that is ordered; its rows and columns count from 0.
  uint32_t *in_start, *in_row; // largest block + 2, then those of its size; nnz, then `indices`
  uint32_t *offsets, *indices; // largest block + 1; 2 nnz: its rows and columns together
  uint32_t *mark, *order;      // largest block
  uint32_t *parent, *count;    // largest block: elimination tree of the pattern, entries of columns
  uint32_t *place;             // largest block
  uint32_t *other;             // largest block: the first order, while there are two
  double fill, flops, other_fill, other_flops; // of the order, and of the other
  uint32_t joined;
};

void sl_lu_analysis_destroy(sl_lu_analysis *a) {
  if (a == NULL) return;
  sl_matching_destroy(&a->matching);
  sl_product_matching_destroy(&a->product);
  sl_btf_destroy(&a->btf);
  sl_amd_destroy(a->amd);
  sl_free(a->column_place);
  sl_free(a->in_start);
  sl_free(a->in_row);
  sl_free(a);
}

size_t sl_lu_analysis_bytes(const sl_lu *lu) {
  if (lu->analysis == NULL) return 0;
  return sizeof(sl_lu_analysis) + 84 * (size_t)lu->n + 12 * (size_t)lu->nnz;
}

static void enter(sl_lu_analysis *a, stage next) {
  a->stage = next;
  a->cursor = 0;
}

// ---- matching -----------------------------------------------------------------------------------

static sl_status check(sl_lu *lu, uint64_t work) {
  sl_lu_analysis *a = lu->analysis;
  const sl_csr *matrix = lu->matrix;
  uint32_t left = matrix->nnz - a->cursor, count = left < work ? left : (uint32_t)work, bad = count;
  if (matrix->value_type == SL_VALUES_F64) {
    const double *values = (const double *)matrix->values + a->cursor;
    bad = (uint32_t)sl_first_not_finite_f64(values, count);
  } else if (matrix->value_type == SL_VALUES_F32) {
    const float *values = (const float *)matrix->values + a->cursor;
    bad = (uint32_t)sl_first_not_finite_f32(values, count);
  }
  SL_REQUIRE_AT(bad == count, SL_ERR_NOT_FINITE, "matrix", "finite values", a->cursor + bad);
  a->cursor += count;
  lu->spent += count / 4 + 1;
  if (a->cursor < matrix->nnz) return SL_OK;
  enter(a, MATCH);
  return sl_matching_begin(matrix, &a->matching);
}

static sl_status end_structural(sl_lu *lu) {
  const sl_matching *matching = &lu->analysis->matching;
  lu->singularity = SL_LU_STRUCTURAL;
  lu->rank = matching->size;
  SL_TRY(SL_ALLOC(&lu->deficient_rows, lu->n));
  SL_TRY(SL_ALLOC(&lu->deficient_columns, lu->n));
  SL_TRY(sl_matching_deficient(matching, lu->deficient_rows, lu->deficient_columns));
  sl_job_end(&lu->job, SL_OUTCOME_SINGULAR);
  return SL_OK;
}

static sl_status match(sl_lu *lu, uint64_t work) {
  sl_lu_analysis *a = lu->analysis;
  if (!sl_matching_step(&a->matching, work, &lu->spent)) return SL_OK;
  if (a->matching.size < lu->n) return end_structural(lu);
  if (lu->options.matching == SL_LU_MATCHING_STRUCTURE) {
    enter(a, BLOCKS);
    return sl_btf_begin(lu->matrix, a->matching.row_of, &a->btf);
  }
  if (lu->options.matching == SL_LU_MATCHING_PRODUCT) {
    enter(a, PRODUCT);
    return sl_product_matching_begin(lu->matrix, &a->product);
  }
  // Here place means number of row or column in A.
  int32_t first = lu->scaled ? 0 : SL_EXPONENT_OF_ZERO;
  for (uint32_t j = 0; j < lu->n; j++) lu->column_exponent[j] = first;
  enter(a, WEIGH);
  if (lu->scaled) a->cursor = lu->n; // the second pass is enough
  return SL_OK;
}

// Scales as the factorisation will, in two passes over the rows, and counts weak matched entries.
// No branch depends on a value.
static void weigh_row(sl_lu *lu, uint32_t row, bool second) {
  sl_lu_analysis *a = lu->analysis;
  const sl_csr *matrix = lu->matrix;
  uint32_t begin = matrix->row_pointers[row], end = matrix->row_pointers[row + 1];
  uint32_t matched_column = a->matching.column_of[row];
  int32_t largest = SL_EXPONENT_OF_ZERO, matched = SL_EXPONENT_OF_ZERO;
  int32_t *columns = lu->column_exponent;
  for (uint32_t t = begin; t < end; t++) {
    uint32_t column = matrix->columns[t];
    int32_t exponent = sl_exponent(sl_csr_value(matrix, t)) - (second ? columns[column] : 0);
    matched = column == matched_column ? exponent : matched;
    largest = exponent > largest ? exponent : largest;
  }
  if (second) {
    a->weak += matched < largest + WEAK_EXPONENT;
    a->lost |= matched < largest + LOST_EXPONENT;
    return;
  }
  for (uint32_t t = begin; t < end; t++) {
    int32_t exponent = sl_exponent(sl_csr_value(matrix, t)) - largest;
    int32_t before = columns[matrix->columns[t]];
    columns[matrix->columns[t]] = exponent > before ? exponent : before;
  }
}

static sl_status weigh(sl_lu *lu, uint64_t work) {
  sl_lu_analysis *a = lu->analysis;
  const uint32_t *entry_of = a->matching.entry_of;
  uint64_t begin = lu->spent;
  while (a->cursor < 2 * (uint64_t)lu->n && lu->spent - begin < work) {
    bool second = a->cursor >= lu->n;
    uint32_t row = second ? a->cursor - lu->n : a->cursor;
    a->cursor++;
    lu->spent++;
    // No entry is 4 or more: of most rows the matched one says enough.
    if (lu->scaled && sl_exponent(sl_csr_value(lu->matrix, entry_of[row])) > WEAK_EXPONENT) {
      continue;
    }
    weigh_row(lu, row, second);
    lu->spent += lu->matrix->row_pointers[row + 1] - lu->matrix->row_pointers[row];
  }
  if (a->cursor < 2 * (uint64_t)lu->n) return SL_OK;
  if (a->weak > lu->n / 16 || a->lost) {
    enter(a, PRODUCT);
    return sl_product_matching_begin(lu->matrix, &a->product);
  }
  enter(a, BLOCKS);
  return sl_btf_begin(lu->matrix, a->matching.row_of, &a->btf);
}

static sl_status product(sl_lu *lu, uint64_t work) {
  sl_lu_analysis *a = lu->analysis;
  if (!sl_product_matching_step(&a->product, work, &lu->spent)) return SL_OK;
  enter(a, BLOCKS);
  // Stored zeros on the diagonal of every matching: the other one will do as well.
  if (a->product.size < lu->n) sl_product_matching_destroy(&a->product);
  const uint32_t *row_of = a->product.row_of;
  return sl_btf_begin(lu->matrix, row_of != NULL ? row_of : a->matching.row_of, &a->btf);
}

// ---- blocks -------------------------------------------------------------------------------------

static bool is_small(const sl_lu *lu, uint32_t size) {
  return size <= SL_LU_SMALL && (lu->options.ordering == SL_LU_ORDER_AUTO ||
                                 lu->options.ordering == SL_LU_ORDER_MINIMUM_DEGREE);
}

static sl_status allocate_blocks(sl_lu *lu) {
  sl_lu_analysis *a = lu->analysis;
  size_t n = lu->n, size = lu->largest_block;
  SL_TRY(SL_ALLOC(&lu->block_start, (size_t)lu->blocks + 1));
  memcpy(lu->block_start, a->btf.block_start, ((size_t)lu->blocks + 1) * sizeof *lu->block_start);
  if (a->product.column_dual != NULL) SL_TRY(SL_ALLOC(&lu->column_base, n));
  SL_TRY(SL_ALLOC(&a->column_place, n));
  if (size == 1) return SL_OK;
  SL_TRY(sl_alloc(size + 1, 8 * sizeof *a->in_start, (void **)&a->in_start));
  uint32_t **parts[] = {&a->offsets, &a->mark,  &a->parent, &a->count,
                        &a->place,   &a->other, &a->order};
  uint32_t *part = a->in_start + size + 2;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    *parts[i] = part;
    part += size + (i == 0);
  }
  if (is_small(lu, lu->largest_block)) return SL_OK;
  SL_TRY(sl_alloc(lu->nnz, 3 * sizeof *a->in_row, (void **)&a->in_row));
  a->indices = a->in_row + lu->nnz;
  return SL_OK;
}

// Rows and columns at their places, as blocks and order have them by now.
static void take_places(sl_lu *lu, const uint32_t *rows) {
  sl_lu_analysis *a = lu->analysis;
  const uint32_t *column_of =
      a->product.column_of != NULL ? a->product.column_of : a->matching.column_of;
  for (uint32_t k = 0; k < lu->n; k++) {
    lu->row_order[k] = rows[k];
    lu->column_order[k] = column_of[rows[k]];
    a->column_place[lu->column_order[k]] = k;
  }
}

static sl_status blocks(sl_lu *lu, uint64_t work) {
  sl_lu_analysis *a = lu->analysis;
  if (!sl_btf_step(&a->btf, work, &lu->spent)) return SL_OK;
  lu->blocks = a->btf.blocks;
  lu->largest_block = 0;
  for (uint32_t b = 0; b < lu->blocks; b++) {
    uint32_t size = a->btf.block_start[b + 1] - a->btf.block_start[b];
    if (size > lu->largest_block) lu->largest_block = size;
  }
  SL_TRY(allocate_blocks(lu));
  take_places(lu, a->btf.order);
  lu->spent += lu->n;
  enter(a, COUNT_IN);
  return SL_OK;
}

// Goes on over the rows of the block; true at its end.
static inline __attribute__((always_inline)) bool
over_rows(sl_lu *lu, uint64_t work, uint32_t first, uint32_t size,
          void (*visit)(sl_lu *, uint32_t first, uint32_t size, uint32_t row)) {
  sl_lu_analysis *a = lu->analysis;
  uint64_t begin = lu->spent;
  while (a->cursor < size && lu->spent - begin < work) {
    uint32_t local = a->cursor++, row = lu->row_order[first + local];
    visit(lu, first, size, local);
    lu->spent += lu->matrix->row_pointers[row + 1] - lu->matrix->row_pointers[row] + 1;
  }
  return a->cursor == size;
}

// The entries of the block are kept row by row, counted from its first: in the arrays of the places,
// which are written at the end of the analysis.
static void count_in(sl_lu *lu, uint32_t first, uint32_t size, uint32_t local) {
  sl_lu_analysis *a = lu->analysis;
  const sl_csr *matrix = lu->matrix;
  uint32_t row = lu->row_order[first + local], at = local == 0 ? 0 : lu->entry_start[local];
  for (uint32_t t = matrix->row_pointers[row]; t < matrix->row_pointers[row + 1]; t++) {
    uint32_t column = a->column_place[matrix->columns[t]] - first;
    if (column >= size) continue;
    a->in_start[column + 2]++;
    lu->place[at++] = column;
  }
  lu->entry_start[local + 1] = at;
}

static void fill_in(sl_lu *lu, uint32_t first, uint32_t size, uint32_t local) {
  (void)first;
  (void)size;
  sl_lu_analysis *a = lu->analysis;
  uint32_t begin = local == 0 ? 0 : lu->entry_start[local];
  for (uint32_t t = begin; t < lu->entry_start[local + 1]; t++) {
    a->in_row[a->in_start[lu->place[t] + 1]++] = local;
  }
}

static void join(sl_lu *lu, uint32_t first, uint32_t size, uint32_t local) {
  (void)first;
  (void)size;
  sl_lu_analysis *a = lu->analysis;
  uint32_t begin = local == 0 ? 0 : lu->entry_start[local], joined = a->joined;
  a->mark[local] = local + 1;
  for (uint32_t t = begin; t < lu->entry_start[local + 1]; t++) {
    uint32_t column = lu->place[t];
    if (a->mark[column] == local + 1) continue;
    a->mark[column] = local + 1;
    a->indices[joined++] = column;
  }
  for (uint32_t t = a->in_start[local]; t < a->in_start[local + 1]; t++) {
    uint32_t other = a->in_row[t];
    if (a->mark[other] == local + 1) continue;
    a->mark[other] = local + 1;
    a->indices[joined++] = other;
  }
  a->joined = joined;
  a->offsets[local + 1] = joined;
}

// The rows of the Cholesky factor of the joined pattern, which holds all that the factors can when
// every pivot is on the diagonal: for row k the paths in the tree from its entries up to k.
//
// Based on: J. W. H. Liu, "The role of elimination trees in sparse factorization", SIAM J. Matrix
// Anal. Appl. 11 (1990), doi:10.1137/0611010.
static bool predict(sl_lu *lu, uint32_t size, uint64_t work) {
  sl_lu_analysis *a = lu->analysis;
  uint32_t *place = a->place;
  if (a->cursor == 0) {
    a->fill = a->flops = 0;
    for (uint32_t k = 0; k < size; k++) place[a->order[k]] = k;
    lu->spent += size;
  }
  uint64_t begin = lu->spent;
  while (a->cursor < size && lu->spent - begin < work) {
    uint32_t k = a->cursor++, row = a->order[k];
    a->parent[k] = SL_UNMATCHED;
    a->count[k] = 0;
    a->mark[k] = k;
    for (uint32_t t = a->offsets[row]; t < a->offsets[row + 1]; t++) {
      uint32_t i = place[a->indices[t]];
      if (i > k) continue;
      for (; a->mark[i] != k; i = a->parent[i], lu->spent++) {
        if (a->parent[i] == SL_UNMATCHED) a->parent[i] = k;
        a->count[i]++;
        a->mark[i] = k;
      }
    }
    lu->spent += a->offsets[row + 1] - a->offsets[row] + 1;
  }
  if (a->cursor < size) return false;
  for (uint32_t k = 0; k < size; k++) {
    double count = a->count[k];
    a->fill += 2 * count;
    a->flops += count * (2 * count + 1);
  }
  return true;
}

// Another order of the same elimination, after `predict`: a subtree of the elimination tree stands together,
// the rows that it needs before it, so that little lies between what is written and where it is read.
// Small subtrees keep the order they have: there many rows one after another do not depend on each
// other, and are about as long.
static void gather_subtrees(sl_lu *lu, uint32_t size) {
  sl_lu_analysis *a = lu->analysis;
  uint32_t *rows = a->count, *root = a->parent, *start = a->place, *end = a->mark, last = size;
  for (uint32_t k = 0; k < size; k++) rows[k] = 1;
  for (uint32_t k = 0; k < size; k++) {
    if (a->parent[k] != SL_UNMATCHED) rows[a->parent[k]] += rows[k];
  }
  // From the roots down: where a subtree ends, less what of it was placed, and where it starts. Parents
  // that were passed are overwritten by the root of the small subtree that they are in.
  for (uint32_t k = size; k-- > 0;) {
    uint32_t parent = a->parent[k], *before = parent == SL_UNMATCHED ? &last : end + parent;
    *before -= rows[k];
    start[k] = *before;
    end[k] = start[k] + rows[k] - 1;
    bool inside = parent != SL_UNMATCHED && rows[parent] <= SMALL_SUBTREE;
    root[k] = inside ? root[parent] : k;
  }
  for (uint32_t k = 0; k < size; k++) {
    bool small = rows[k] <= SMALL_SUBTREE;
    a->other[small ? start[root[k]]++ : start[k] + rows[k] - 1] = a->order[k];
  }
  memcpy(a->order, a->other, size * sizeof *a->order);
  lu->spent += 2 * (uint64_t)size;
}

static void end_order(sl_lu *lu, uint32_t first, uint32_t size) {
  sl_lu_analysis *a = lu->analysis;
  uint32_t *rows = a->btf.order + first;
  for (uint32_t k = 0; k < size; k++) a->mark[k] = rows[a->order[k]];
  memcpy(rows, a->mark, size * sizeof *rows);
}

// Whether another order may fill less: the pattern is far from a symmetric one, and fills.
static bool is_worth_another(const sl_lu *lu, uint32_t size) {
  const sl_lu_analysis *a = lu->analysis;
  double entries = (double)a->in_start[size] - size, joined = (double)a->joined - size;
  return lu->options.ordering == SL_LU_ORDER_AUTO && joined > LEAST_JOINED * entries &&
         a->flops > LEAST_FLOPS * entries;
}

static void take_order(sl_lu *lu, uint32_t first, uint32_t size, sl_lu_ordering ordering) {
  sl_lu_analysis *a = lu->analysis;
  lu->predicted_fill += a->fill;
  lu->predicted_flops += a->flops;
  if (size == lu->largest_block) lu->ordering = ordering;
  end_order(lu, first, size);
  a->block++;
  enter(a, COUNT_IN);
}

static sl_status begin_columns(sl_lu *lu, uint32_t size, stage next) {
  sl_lu_analysis *a = lu->analysis;
  enter(a, next);
  return sl_amd_begin_cliques(size, size, a->in_start, a->in_row, a->order, &a->amd);
}

static sl_status begin_order(sl_lu *lu, uint32_t size) {
  sl_lu_analysis *a = lu->analysis;
  if (lu->options.ordering == SL_LU_ORDER_COLUMNS) return begin_columns(lu, size, ORDER);
  enter(a, ORDER);
  if (lu->options.ordering == SL_LU_ORDER_NATURAL) {
    for (uint32_t k = 0; k < size; k++) a->order[k] = k;
    return SL_OK;
  }
  return sl_amd_begin(size, a->offsets, a->indices, a->order, &a->amd);
}

// True: it is there.
static bool step_order(sl_lu *lu, uint64_t work) {
  sl_lu_analysis *a = lu->analysis;
  if (a->amd == NULL) return true;
  if (!sl_amd_step(a->amd, work, &lu->spent)) return false;
  sl_amd_destroy(a->amd);
  a->amd = NULL;
  return true;
}

// ---- small blocks -------------------------------------------------------------------------------

static void note_neighbours(sl_lu *lu, uint32_t first, uint32_t size, uint32_t local) {
  sl_lu_analysis *a = lu->analysis;
  const sl_csr *matrix = lu->matrix;
  uint32_t row = lu->row_order[first + local], end = matrix->row_pointers[row + 1];
  const uint32_t *columns = matrix->columns, *places = a->column_place;
  uint64_t *neighbours = a->neighbours, own = (uint64_t)1 << local, found = 0;
  for (uint32_t t = matrix->row_pointers[row]; t < end; t++) {
    uint32_t column = places[columns[t]] - first;
    if (column >= size) continue;
    found |= (uint64_t)1 << column;
    neighbours[column] |= own;
  }
  neighbours[local] |= found;
}

// Blocks that are small, from the current one on.
static void order_small_blocks(sl_lu *lu, uint64_t work) {
  sl_lu_analysis *a = lu->analysis;
  uint64_t begin = lu->spent;
  while (a->block < lu->blocks && lu->spent - begin < work) {
    uint32_t first = lu->block_start[a->block], size = lu->block_start[a->block + 1] - first;
    if (size <= 2) { // either order does
      lu->predicted_fill += size == 2 ? 2 : 0;
      lu->predicted_flops += size == 2 ? 3 : 0;
      a->block++;
      lu->spent++;
      continue;
    }
    if (!is_small(lu, size)) return;
    if (a->cursor == 0) memset(a->neighbours, 0, size * sizeof *a->neighbours);
    if (!over_rows(lu, work - (lu->spent - begin), first, size, note_neighbours)) return;
    sl_lu_small_order(a->neighbours, size, a->order, &a->fill, &a->flops);
    lu->spent += (uint64_t)size * size / 4;
    take_order(lu, first, size, SL_LU_ORDER_MINIMUM_DEGREE);
  }
}

// One piece of the ordering of the current block, which is not small.
static sl_status order_block(sl_lu *lu, uint64_t work) {
  sl_lu_analysis *a = lu->analysis;
  uint32_t first = lu->block_start[a->block], size = lu->block_start[a->block + 1] - first;
  switch (a->stage) {
  case COUNT_IN:
    if (a->cursor == 0) memset(a->in_start, 0, ((size_t)size + 2) * sizeof *a->in_start);
    if (!over_rows(lu, work, first, size, count_in)) return SL_OK;
    for (uint32_t c = 0; c < size; c++) a->in_start[c + 2] += a->in_start[c + 1];
    enter(a, FILL_IN);
    return SL_OK;
  case FILL_IN:
    if (!over_rows(lu, work, first, size, fill_in)) return SL_OK;
    memset(a->mark, 0, size * sizeof *a->mark);
    a->joined = a->offsets[0] = 0;
    enter(a, JOIN);
    return SL_OK;
  case JOIN:
    if (!over_rows(lu, work, first, size, join)) return SL_OK;
    return begin_order(lu, size);
  case ORDER:
    if (step_order(lu, work)) enter(a, PREDICT);
    return SL_OK;
  case PREDICT:
    if (!predict(lu, size, work)) return SL_OK;
    bool columns = lu->options.ordering == SL_LU_ORDER_COLUMNS;
    bool natural = lu->options.ordering == SL_LU_ORDER_NATURAL;
    if (!columns && !natural) gather_subtrees(lu, size);
    if (!is_worth_another(lu, size)) {
      take_order(lu, first, size,
                 columns   ? SL_LU_ORDER_COLUMNS
                 : natural ? SL_LU_ORDER_NATURAL
                           : SL_LU_ORDER_MINIMUM_DEGREE);
      return SL_OK;
    }
    memcpy(a->other, a->order, size * sizeof *a->order);
    a->other_fill = a->fill;
    a->other_flops = a->flops;
    return begin_columns(lu, size, ORDER_COLUMNS);
  case ORDER_COLUMNS:
    if (step_order(lu, work)) enter(a, PREDICT_COLUMNS);
    return SL_OK;
  default:
    if (!predict(lu, size, work)) return SL_OK;
    if (a->fill < MOST_FILL * a->other_fill) {
      take_order(lu, first, size, SL_LU_ORDER_COLUMNS);
      return SL_OK;
    }
    memcpy(a->order, a->other, size * sizeof *a->order);
    a->fill = a->other_fill;
    a->flops = a->other_flops;
    take_order(lu, first, size, SL_LU_ORDER_MINIMUM_DEGREE);
    return SL_OK;
  }
}

// ---- places -------------------------------------------------------------------------------------

static int32_t base_exponent(double dual) {
  return dual > MAX_BASE ? MAX_BASE : dual < -MAX_BASE ? -MAX_BASE : (int32_t)floor(dual + 0.5);
}

static void finish(sl_lu *lu, uint64_t work, bool *done) {
  sl_lu_analysis *a = lu->analysis;
  const sl_csr *matrix = lu->matrix;
  if (a->cursor == 0) {
    take_places(lu, a->btf.order);
    memcpy(lu->row_start, matrix->row_pointers, ((size_t)lu->n + 1) * sizeof *lu->row_start);
    for (uint32_t q = 0; lu->column_base != NULL && q < lu->n; q++) {
      lu->column_base[q] = base_exponent(a->product.column_dual[lu->column_order[q]]);
    }
    lu->entry_start[0] = lu->outside_start[0] = 0;
    a->block = 0;
    lu->spent += lu->n;
  }
  uint64_t begin = lu->spent;
  while (a->cursor < lu->n && lu->spent - begin < work) {
    uint32_t k = a->cursor++, row = lu->row_order[k], at = lu->entry_start[k];
    if (k == lu->block_start[a->block + 1]) a->block++;
    uint32_t first = lu->block_start[a->block], outside = lu->outside_start[k];
    for (uint32_t t = matrix->row_pointers[row]; t < matrix->row_pointers[row + 1]; t++) {
      uint32_t q = a->column_place[matrix->columns[t]];
      lu->place[at++] = q;
      outside += q < first;
    }
    lu->entry_start[k + 1] = at;
    lu->outside_start[k + 1] = outside;
    lu->spent += at - lu->entry_start[k] + 1;
  }
  *done = a->cursor == lu->n;
  lu->outside_count = lu->outside_start[a->cursor];
}

// Whether the current block is one of them.
static bool is_at_small(const sl_lu *lu) {
  const sl_lu_analysis *a = lu->analysis;
  uint32_t size = lu->block_start[a->block + 1] - lu->block_start[a->block];
  return size <= 2 || is_small(lu, size);
}

sl_status sl_lu_analyse(sl_lu *lu, uint64_t work, bool *done) {
  if (lu->analysis == NULL) SL_TRY(SL_ALLOC_ZERO(&lu->analysis, 1));
  sl_lu_analysis *a = lu->analysis;
  switch (a->stage) {
  case CHECK:
    return check(lu, work);
  case MATCH:
    return match(lu, work);
  case WEIGH:
    return weigh(lu, work);
  case PRODUCT:
    return product(lu, work);
  case BLOCKS:
    return blocks(lu, work);
  case FINISH:
    finish(lu, work, done);
    return SL_OK;
  default:
    if (a->block == lu->blocks) {
      enter(a, FINISH);
    } else if (is_at_small(lu)) {
      order_small_blocks(lu, work);
    } else {
      return order_block(lu, work);
    }
    return SL_OK;
  }
}
