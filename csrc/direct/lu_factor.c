// The factors of a block, row by row: each row is reduced by the rows above it that it reaches, and
// a column of what is left becomes its pivot.
//
// Based on: J. R. Gilbert, T. Peierls, "Sparse partial pivoting in time proportional to arithmetic
// operations", SIAM J. Sci. Stat. Comput. 9 (1988), doi:10.1137/0909058 (a depth-first search finds
// the rows needed, in an order in which they can be applied); S. C. Eisenstat, J. W. H. Liu,
// "Exploiting structural symmetry in a sparse partial pivoting code", SIAM J. Sci. Comput. 14
// (1993), doi:10.1137/0914015 (symmetric pruning: once row k is reduced by row p and row p has the
// pivot of row k, what later rows reach through the rest of row p they reach through row k too).
#include "direct/lu_object.h"

#include <string.h>

#include "base/memory.h"
#include "direct/lu_rows.h"
#include "direct/lu_small.h"

#define NONE UINT32_MAX
#define NOINLINE __attribute__((noinline))

// Columns are named by their place before pivots were sought, less the start of the block.
struct sl_lu_search {
  double *x;           // largest block: the row being reduced; zeros in between
  uint32_t *mark;      // largest block: row that met the column last, + 1
  uint32_t *row_of;    // largest block: row with that pivot, or NONE
  uint32_t *stack;     // largest block: columns on the way from its front, rows found from its back
  uint32_t *next;      // largest block: entries of the row on the way that are not followed yet
  uint32_t *kept;      // largest block: entries of each row to follow, after pruning; or NONE
  uint32_t *wanted;    // largest block: column that each row prefers as pivot
  uint32_t *wanted_by; // largest block: and the other way round
  uint32_t *top;       // largest block: first row of the supernode that each row is in
  uint32_t *waiting;   // largest block: first row to subtract of each supernode, or NONE
  uint32_t *renamed;   // n: place of the column that had this place before
  sl_lu_small small;   // of a block of few rows
  uint32_t block;
  uint64_t lower_end, upper_end;
};

void sl_lu_search_destroy(sl_lu_search *s) {
  if (s == NULL) return;
  sl_free(s->x);
  sl_free(s->mark); // with the other arrays
  sl_free(s);
}

size_t sl_lu_search_bytes(const sl_lu *lu) {
  if (lu->search == NULL) return 0;
  return sizeof(sl_lu_search) + 44 * (size_t)lu->largest_block + 4 * (size_t)lu->n;
}

static sl_status create_search(sl_lu *lu) {
  sl_lu_search *s;
  SL_TRY(SL_ALLOC_ZERO(&s, 1));
  lu->search = s;
  uint32_t size = lu->largest_block;
  SL_TRY(SL_ALLOC_ZERO(&s->x, size));
  SL_TRY(sl_alloc(9 * (size_t)size + lu->n, sizeof *s->mark, (void **)&s->mark));
  uint32_t **parts[] = {&s->row_of,    &s->stack, &s->next,    &s->kept,   &s->wanted,
                        &s->wanted_by, &s->top,   &s->waiting, &s->renamed};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    *parts[i] = s->mark + (i + 1) * (size_t)size;
  }
  memset(s->mark, 0, size * sizeof *s->mark);
  memset(lu->joined, 0, lu->n);
  return SL_OK;
}

static void begin_block(sl_lu *lu) {
  sl_lu_search *s = lu->search;
  uint32_t size = lu->block_start[s->block + 1] - lu->block_start[s->block];
  for (uint32_t c = 0; c < size; c++) s->wanted[c] = s->wanted_by[c] = c;
  if (size <= SL_LU_SMALL) {
    sl_lu_small_begin(&s->small);
    return;
  }
  for (uint32_t c = 0; c < size; c++) s->row_of[c] = s->kept[c] = s->waiting[c] = NONE;
}

// ---- which rows are needed ----------------------------------------------------------------------

// Everything that column `root`, the pivot of a row, leads to. Returns where the rows found begin
// in the stack; columns without a row are added to the new row of the upper factor.
static uint32_t reach(const sl_lu *lu, uint32_t first, uint32_t root, uint32_t stamp, uint32_t top,
                      uint32_t **pattern) {
  sl_lu_search *s = lu->search;
  uint32_t *stack = s->stack, *next = s->next, *mark = s->mark;
  const uint32_t *row_of = s->row_of;
  uint32_t *out = *pattern, depth = 1;
  stack[0] = root;
  mark[root] = 0; // entered below
  do {
    uint32_t column = stack[depth - 1], row = row_of[column];
    uint64_t start = lu->upper_start[first + row];
    if (mark[column] != stamp) {
      mark[column] = stamp;
      next[depth - 1] = s->kept[row] != NONE ? s->kept[row]
                                             : (uint32_t)(lu->upper_start[first + row + 1] - start);
    }
    const uint32_t *index = lu->upper_index + start;
    uint32_t left = next[depth - 1];
    bool deeper = false;
    while (left > 0) {
      uint32_t c = index[--left];
      if (mark[c] == stamp) continue;
      if (row_of[c] != NONE) {
        next[depth - 1] = left;
        stack[depth++] = c;
        deeper = true;
        break;
      }
      mark[c] = stamp;
      *out++ = c;
    }
    if (!deeper) {
      depth--;
      stack[--top] = column;
    }
  } while (depth > 0);
  *pattern = out;
  return top;
}

// ---- a row of numbers ---------------------------------------------------------------------------

// Scatters the scaled row k; returns its largest entry. Those outside of the block go to where they are
// kept: their columns have got their places.
static double scatter(sl_lu *lu, uint32_t k, uint32_t first) {
  const uint32_t *renamed = lu->search->renamed;
  double *x = lu->search->x;
  uint64_t largest = 0;
  int32_t exponent = lu->row_exponent[k];
  uint32_t outside = lu->outside_start[k];
  const uint32_t *place = lu->place + lu->entry_start[k];
  const double *entries = sl_lu_row_entries(lu, k);
  for (uint32_t t = 0; t < lu->entry_start[k + 1] - lu->entry_start[k]; t++) {
    uint32_t q = place[t];
    double value = sl_lu_scaled_entry(lu, entries[t], exponent, q);
    if (q < first) {
      lu->outside_index[outside] = renamed[q];
      lu->outside_value[outside++] = value;
      continue;
    }
    x[q - first] = value;
    uint64_t size = sl_size_bits(value);
    largest = size > largest ? size : largest;
  }
  return sl_size_of_bits(largest);
}

// Subtracts the rows found, and notes them in their order. Rows of a supernode wait for its last
// one: what lies between does not depend on them. Returns the multiplications.
NOINLINE static uint64_t reduce(const sl_lu *lu, uint32_t first, uint32_t top, uint32_t size,
                                uint32_t *index, double *value, double *largest) {
  const sl_lu_search *s = lu->search;
  const uint8_t *joined = lu->joined + first;
  double *x = s->x;
  uint64_t flops = 0, most = 0;
  for (uint32_t at = top; at < size; at++) {
    uint32_t column = s->stack[at], row = s->row_of[column], begin = row, count = 1;
    uint32_t *waiting = s->waiting + s->top[row];
    if (row + 1 < size && joined[row + 1]) {
      if (*waiting == NONE) *waiting = row;
      continue;
    }
    if (*waiting != NONE) {
      begin = *waiting;
      count = row - begin + 1;
      *waiting = NONE;
    }
    for (uint32_t r = 0; r < count; r++) index[r] = first + begin + r;
    flops += sl_lu_row_products(lu, first + begin, count);
    if (count == 1) {
      value[0] = sl_lu_subtract_row(lu, first + row, column, x);
    } else {
      sl_lu_subtract_rows(lu, first + begin, count, s->wanted[begin], x, value);
    }
    for (uint32_t r = 0; r < count; r++) {
      uint64_t magnitude = sl_size_bits(value[r]);
      most = magnitude > most ? magnitude : most;
    }
    index += count;
    value += count;
  }
  *largest = sl_size_of_bits(most);
  return flops;
}

// The column of the pivot among the candidates; *finite: none of them has overflowed.
static uint32_t choose(const sl_lu *lu, const uint32_t *candidates, uint32_t count, uint32_t wanted,
                       bool is_candidate, bool *finite) {
  const double *x = lu->search->x;
  uint32_t best = NONE;
  uint64_t largest = 0;
  for (uint32_t t = 0; t < count; t++) {
    uint64_t size = sl_size_bits(x[candidates[t]]);
    best = size > largest ? candidates[t] : best;
    largest = size > largest ? size : largest;
  }
  *finite = sl_size_of_bits(largest) < INFINITY;
  double least = sl_lu_threshold(lu) * sl_size_of_bits(largest);
  // The product may underflow, so that 0 would be large enough.
  if (is_candidate && x[wanted] != 0 && fabs(x[wanted]) >= least) return wanted;
  return best;
}

// ---- pruning ------------------------------------------------------------------------------------

// Exchanges two columns of row `row`, counted from its first, and of all rows of its supernode.
static void exchange(const sl_lu *lu, uint32_t first, uint32_t row, uint32_t i, uint32_t j) {
  for (uint32_t r = first + lu->search->top[row - first]; r <= row; r++) {
    uint64_t begin = lu->upper_start[r] + (row - r);
    uint32_t column = lu->upper_index[begin + i];
    double value = lu->upper_value[begin + i];
    lu->upper_index[begin + i] = lu->upper_index[begin + j];
    lu->upper_value[begin + i] = lu->upper_value[begin + j];
    lu->upper_index[begin + j] = column;
    lu->upper_value[begin + j] = value;
  }
}

// Where the column stands among the first `length` of a row; length: nowhere.
static uint32_t find(const uint32_t *index, uint32_t length, uint32_t column) {
  uint32_t t = 0;
  while (t < length && index[t] != column) t++;
  return t;
}

// Row p of the upper factor keeps, for searches, the columns that have rows by now.
static void prune(const sl_lu *lu, uint32_t first, const uint32_t *lower, uint32_t count,
                  uint32_t pivot) {
  sl_lu_search *s = lu->search;
  for (uint32_t at = 0; at < count; at++) {
    uint32_t row = lower[at];
    if (s->kept[row - first] != NONE) continue;
    const uint32_t *index = lu->upper_index + lu->upper_start[row];
    uint32_t length = (uint32_t)(lu->upper_start[row + 1] - lu->upper_start[row]);
    if (find(index, length, pivot) == length) continue;
    uint32_t head = 0, tail = length;
    while (head < tail) {
      if (s->row_of[index[head]] != NONE) {
        head++;
      } else if (--tail != head) {
        exchange(lu, first, row, head, tail);
      }
    }
    s->kept[row - first] = tail;
  }
}

// Makes row k, whose pivot is known, the next one of the supernode of the row before it, where it
// has its columns: they then come in the same order, the pivots of later rows first.
static void join(sl_lu *lu, uint32_t first, uint32_t k, uint32_t *pattern, uint32_t count,
                 uint32_t pivot) {
  sl_lu_search *s = lu->search;
  uint32_t local = k - first;
  s->top[local] = local;
  if (count < SL_LU_LEAST_COLUMNS || local == 0) return;
  if (s->mark[s->wanted[local - 1]] != local + 1) return;
  const uint32_t *before = lu->upper_index + lu->upper_start[k - 1];
  if (lu->upper_start[k] - lu->upper_start[k - 1] != count) return;
  uint32_t top = s->top[local - 1];
  if (local - top >= SL_LU_MOST_ROWS) return;
  uint32_t at = find(before, count, pivot);
  if (at != 0) exchange(lu, first, k - 1, 0, at);
  // The pivot stands at the end, and is left out.
  for (uint32_t t = 0; t + 1 < count; t++) pattern[t] = before[t + 1];
  pattern[count - 1] = pivot;
  s->top[local] = top;
  s->kept[local - 1] = 1;
  lu->joined[k] = 1;
}

// ---- one row ------------------------------------------------------------------------------------

static void want_other(sl_lu_search *s, uint32_t row, uint32_t taken) {
  // The row that wanted the column gets the one that this row leaves.
  uint32_t left = s->wanted[row], other = s->wanted_by[taken];
  s->wanted[other] = left;
  s->wanted_by[left] = other;
  s->wanted[row] = taken;
  s->wanted_by[taken] = row;
}

NOINLINE static sl_status factor_row(sl_lu *lu, uint32_t k) {
  sl_lu_search *s = lu->search;
  uint32_t first = lu->block_start[s->block], end = lu->block_start[s->block + 1];
  uint32_t size = end - first, local = k - first, stamp = local + 1, top = size;
  if (s->lower_end + local > lu->lower_room || s->upper_end + size > lu->upper_room) {
    SL_TRY(sl_lu_reserve(lu, s->lower_end + local, s->upper_end + size));
  }
  uint32_t *pattern = lu->upper_index + s->upper_end, *last = pattern;
  for (uint32_t t = lu->entry_start[k]; t < lu->entry_start[k + 1]; t++) {
    if (lu->place[t] < first) continue;
    uint32_t column = lu->place[t] - first;
    if (s->mark[column] == stamp) continue;
    if (s->row_of[column] != NONE) {
      top = reach(lu, first, column, stamp, top, &last);
    } else {
      s->mark[column] = stamp;
      *last++ = column;
    }
  }
  uint32_t count = (uint32_t)(last - pattern), *lower = lu->lower_index + s->lower_end;
  double largest = scatter(lu, k, first), largest_lower;
  uint64_t products =
      reduce(lu, first, top, size, lower, lu->lower_value + s->lower_end, &largest_lower);
  uint32_t wanted = s->wanted[local];
  bool finite;
  uint32_t pivot = choose(lu, pattern, count, wanted, s->mark[wanted] == stamp, &finite);
  if (!finite || !(largest_lower < INFINITY)) {
    sl_job_end(&lu->job, SL_OUTCOME_BREAKDOWN);
    return SL_OK;
  }
  if (pivot == NONE) {
    sl_lu_end_singular(lu, k);
    return SL_OK;
  }
  if (pivot != wanted) want_other(s, local, pivot);
  join(lu, first, k, pattern, count, pivot);
  double value = s->x[pivot], *values = lu->upper_value + s->upper_end;
  uint32_t kept = 0;
  for (uint32_t t = 0; t < count; t++) {
    uint32_t column = pattern[t];
    double quotient = s->x[column] / value;
    s->x[column] = 0;
    if (column == pivot) continue;
    pattern[kept] = column;
    values[kept++] = quotient;
  }
  s->row_of[pivot] = local;
  lu->pivot[k] = value;
  double magnitude = fabs(value);
  sl_lu_note_pivot(lu, k, value, largest, magnitude > largest_lower ? magnitude : largest_lower);
  uint32_t reduced = size - top;
  s->lower_end += reduced;
  s->upper_end += kept;
  lu->lower_start[k + 1] = s->lower_end;
  lu->upper_start[k + 1] = s->upper_end;
  lu->flops += 2.0 * (double)products + kept;
  lu->spent += products + count + reduced + 4;
  prune(lu, first, lower, reduced, pivot);
  return SL_OK;
}

// A row of a block of few.
static sl_status factor_small(sl_lu *lu, uint32_t k) {
  sl_lu_search *s = lu->search;
  uint32_t first = lu->block_start[s->block], local = k - first;
  SL_TRY(sl_lu_reserve(lu, s->lower_end + SL_LU_SMALL, s->upper_end + SL_LU_SMALL));
  sl_lu_small_row row;
  sl_lu_small_factor(lu, &s->small, k, first, s->lower_end, s->upper_end, s->wanted[local],
                     s->renamed, &row);
  if (!row.finite) {
    sl_job_end(&lu->job, SL_OUTCOME_BREAKDOWN);
    return SL_OK;
  }
  if (row.pivot == SL_LU_NO_PIVOT) {
    sl_lu_end_singular(lu, k);
    return SL_OK;
  }
  if (row.pivot != s->wanted[local]) want_other(s, local, row.pivot);
  s->row_of[row.pivot] = local;
  s->lower_end += row.lower;
  s->upper_end += row.upper;
  lu->lower_start[k + 1] = s->lower_end;
  lu->upper_start[k + 1] = s->upper_end;
  lu->flops += 2.0 * (double)row.products + row.upper;
  lu->spent +=
      row.products + row.upper + row.lower + 5 + lu->entry_start[k + 1] - lu->entry_start[k];
  return SL_OK;
}

// A block of one: its entry is the pivot, and all others lie outside.
static void factor_single(sl_lu *lu, uint32_t k) {
  sl_lu_search *s = lu->search;
  double value = 0;
  const uint32_t *place = lu->place + lu->entry_start[k];
  const double *entries = sl_lu_row_entries(lu, k);
  uint32_t count = lu->entry_start[k + 1] - lu->entry_start[k], at = lu->outside_start[k];
  int32_t exponent = lu->row_exponent[k];
  for (uint32_t t = 0; t < count; t++) {
    uint32_t q = place[t];
    double entry = sl_lu_scaled_entry(lu, entries[t], exponent, q);
    if (q == k) {
      value = entry;
      continue;
    }
    lu->outside_index[at] = s->renamed[q];
    lu->outside_value[at++] = entry;
  }
  lu->spent += count + 1;
  lu->pivot[k] = value;
  lu->lower_start[k + 1] = s->lower_end;
  lu->upper_start[k + 1] = s->upper_end;
  if (value == 0) sl_lu_end_singular(lu, k);
}

// Columns of the block get the places of their rows.
static void end_block(sl_lu *lu) {
  sl_lu_search *s = lu->search;
  uint32_t first = lu->block_start[s->block], size = lu->block_start[s->block + 1] - first;
  if (size == 1) {
    s->renamed[first] = first;
    return;
  }
  uint64_t end = lu->upper_start[first + size];
  for (uint64_t t = lu->upper_start[first]; t < end; t++) {
    lu->upper_index[t] = first + s->row_of[lu->upper_index[t]];
  }
  for (uint32_t c = 0; c < size; c++) s->renamed[first + c] = first + s->row_of[c];
  if (size > SL_LU_SMALL) memset(s->mark, 0, size * sizeof *s->mark);
}

sl_status sl_lu_factor(sl_lu *lu, uint64_t work, bool *done) {
  if (lu->search == NULL) SL_TRY(create_search(lu));
  sl_lu_search *s = lu->search;
  uint64_t begin = lu->spent;
  while (lu->cursor < lu->n && lu->spent - begin < work) {
    uint32_t k = lu->cursor++, first = lu->block_start[s->block];
    uint32_t end = lu->block_start[s->block + 1];
    if (k == lu->copied && lu->entries != NULL) sl_lu_copy_rows(lu);
    if (end - first == 1) {
      factor_single(lu, k);
    } else {
      if (k == first) begin_block(lu);
      SL_TRY(end - first <= SL_LU_SMALL ? factor_small(lu, k) : factor_row(lu, k));
    }
    if (!sl_job_is_running(&lu->job)) return SL_OK;
    if (k + 1 == end) {
      end_block(lu);
      s->block++;
    }
  }
  *done = lu->cursor == lu->n;
  return SL_OK;
}

// ---- afterwards ---------------------------------------------------------------------------------

static void rename_exponents(int32_t *exponents, const uint32_t *renamed, uint32_t first,
                             uint32_t size, int32_t *scratch) {
  for (uint32_t c = 0; c < size; c++) scratch[renamed[c] - first] = exponents[c];
  memcpy(exponents, scratch, size * sizeof *scratch);
}

static void rename_block(sl_lu *lu, uint32_t first, uint32_t size) {
  const uint32_t *renamed = lu->search->renamed + first;
  uint32_t *scratch = lu->search->stack; // no longer needed
  for (uint32_t c = 0; c < size; c++) scratch[renamed[c] - first] = lu->column_order[first + c];
  memcpy(lu->column_order + first, scratch, size * sizeof *scratch);
  rename_exponents(lu->column_exponent + first, renamed, first, size, (int32_t *)scratch);
  if (lu->column_base == NULL) return;
  rename_exponents(lu->column_base + first, renamed, first, size, (int32_t *)scratch);
}

void sl_lu_rename(sl_lu *lu, uint64_t work, bool *done) {
  const uint32_t *renamed = lu->search->renamed;
  if (lu->cursor == 0) {
    for (uint32_t b = 0; b < lu->blocks; b++) {
      uint32_t size = lu->block_start[b + 1] - lu->block_start[b];
      if (size > 1) rename_block(lu, lu->block_start[b], size);
    }
    lu->spent += lu->n;
  }
  uint32_t end = lu->nnz - lu->cursor < work ? lu->nnz : lu->cursor + (uint32_t)work;
  for (uint32_t t = lu->cursor; t < end; t++) lu->place[t] = renamed[lu->place[t]];
  lu->spent += end - lu->cursor;
  lu->cursor = end;
  *done = end == lu->nnz;
}
