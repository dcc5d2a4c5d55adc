// The sections of an LU factorisation in a file. What follows from others is not in it: where the
// entries of each row begin, and what lies outside of the blocks. Every index is checked before it
// is used; numbers are checked to be finite.
#include <string.h>

#include "base/memory.h"
#include "direct/lu_rows.h"
#include "simd/kernels.h"

#define TAG_HEAD SL_TAG('L', 'U', 'H', 'D')
#define TAG_ROW_START SL_TAG('R', 'W', 'S', 'T')
#define TAG_PLACE SL_TAG('P', 'L', 'C', 'E')
#define TAG_ROW_ORDER SL_TAG('R', 'O', 'R', 'D')
#define TAG_COLUMN_ORDER SL_TAG('C', 'O', 'R', 'D')
#define TAG_BLOCKS SL_TAG('B', 'L', 'C', 'K')
#define TAG_COLUMN_BASE SL_TAG('C', 'B', 'A', 'S')
#define TAG_ROW_EXPONENT SL_TAG('R', 'E', 'X', 'P')
#define TAG_COLUMN_EXPONENT SL_TAG('C', 'E', 'X', 'P')
#define TAG_PIVOT SL_TAG('P', 'V', 'O', 'T')
#define TAG_LOWER_START SL_TAG('L', 'S', 'T', 'A')
#define TAG_LOWER_INDEX SL_TAG('L', 'I', 'D', 'X')
#define TAG_LOWER_VALUE SL_TAG('L', 'V', 'A', 'L')
#define TAG_UPPER_START SL_TAG('U', 'S', 'T', 'A')
#define TAG_UPPER_INDEX SL_TAG('U', 'I', 'D', 'X')
#define TAG_UPPER_VALUE SL_TAG('U', 'V', 'A', 'L')
#define TAG_JOINED SL_TAG('J', 'O', 'I', 'N')
#define TAG_OUTSIDE SL_TAG('O', 'V', 'A', 'L')

// Section `LUHD`, as it stands in the file.
typedef struct head {
  uint32_t n, nnz, blocks, matching;
  uint32_t smallest_place, has_base, reserved[2];
  uint64_t lower, upper;
  double pivot_threshold, predicted_fill, predicted_flops;
  double flops, reciprocal_growth, smallest_pivot;
} head;

sl_status sl_lu_write(sl_writer *writer, const sl_lu *lu) {
  SL_REQUIRE(lu->factored, SL_ERR_STATE, "lu", "a factorisation that has ended CONVERGED");
  size_t n = lu->n, lower = (size_t)lu->lower_start[n], upper = (size_t)lu->upper_start[n];
  head h = {.n = lu->n,
            .nnz = lu->nnz,
            .blocks = lu->blocks,
            .matching = lu->options.matching,
            .smallest_place = lu->smallest_place,
            .has_base = lu->column_base != NULL,
            .lower = lower,
            .upper = upper,
            .pivot_threshold = lu->options.pivot_threshold,
            .predicted_fill = lu->predicted_fill,
            .predicted_flops = lu->predicted_flops,
            .flops = lu->flops,
            .reciprocal_growth = lu->reciprocal_growth,
            .smallest_pivot = lu->smallest_pivot};
  sl_writer_add_copy(writer, TAG_HEAD, &h, sizeof h);
  sl_writer_add(writer, TAG_ROW_START, lu->row_start, (n + 1) * 4);
  sl_writer_add(writer, TAG_ROW_ORDER, lu->row_order, n * 4);
  sl_writer_add(writer, TAG_COLUMN_ORDER, lu->column_order, n * 4);
  sl_writer_add(writer, TAG_BLOCKS, lu->block_start, ((size_t)lu->blocks + 1) * 4);
  sl_writer_add(writer, TAG_PLACE, lu->place, (size_t)lu->nnz * 4);
  sl_writer_add(writer, TAG_COLUMN_BASE, lu->column_base, lu->column_base != NULL ? n * 4 : 0);
  sl_writer_add(writer, TAG_ROW_EXPONENT, lu->row_exponent, n * 4);
  sl_writer_add(writer, TAG_COLUMN_EXPONENT, lu->column_exponent, n * 4);
  sl_writer_add(writer, TAG_PIVOT, lu->pivot, n * 8);
  sl_writer_add(writer, TAG_LOWER_START, lu->lower_start, (n + 1) * 8);
  sl_writer_add(writer, TAG_LOWER_INDEX, lu->lower_index, lower * 4);
  sl_writer_add(writer, TAG_LOWER_VALUE, lu->lower_value, lower * 8);
  sl_writer_add(writer, TAG_UPPER_START, lu->upper_start, (n + 1) * 8);
  sl_writer_add(writer, TAG_UPPER_INDEX, lu->upper_index, upper * 4);
  sl_writer_add(writer, TAG_UPPER_VALUE, lu->upper_value, upper * 8);
  sl_writer_add(writer, TAG_JOINED, lu->joined, n);
  sl_writer_add(writer, TAG_OUTSIDE, lu->outside_value, (size_t)lu->outside_start[n] * 8);
  return SL_OK;
}

// ---- what a file must hold ----------------------------------------------------------------------

static bool is_permutation(const uint32_t *order, uint32_t n, uint8_t *seen) {
  memset(seen, 0, n);
  for (uint32_t k = 0; k < n; k++) {
    if (order[k] >= n || seen[order[k]]) return false;
    seen[order[k]] = 1;
  }
  return true;
}

static bool are_starts(const uint32_t *start, uint32_t count, uint32_t total, bool strict) {
  if (start[0] != 0 || start[count] != total) return false;
  for (uint32_t k = 0; k < count; k++) {
    if (start[k + 1] < start[k] || (strict && start[k + 1] == start[k])) return false;
  }
  return true;
}

static bool are_exponents(const int32_t *exponents, uint32_t n) {
  for (uint32_t k = 0; k < n; k++) {
    if (exponents[k] > SL_LU_MAX_EXPONENT || exponents[k] < -SL_LU_MAX_EXPONENT) return false;
  }
  return true;
}

// The rows of both factors stay inside of their blocks, on their side of the diagonal.
static bool are_triangles(const sl_lu *lu, uint64_t lower, uint64_t upper) {
  if (lu->lower_start[0] != 0 || lu->lower_start[lu->n] != lower) return false;
  if (lu->upper_start[0] != 0 || lu->upper_start[lu->n] != upper) return false;
  // Of all rows first, so that no entry is looked for where there is none.
  for (uint32_t k = 0; k < lu->n; k++) {
    if (lu->lower_start[k + 1] < lu->lower_start[k]) return false;
    if (lu->upper_start[k + 1] < lu->upper_start[k]) return false;
  }
  for (uint32_t b = 0; b < lu->blocks; b++) {
    uint32_t first = lu->block_start[b], end = lu->block_start[b + 1];
    for (uint32_t k = first; k < end; k++) {
      for (uint64_t t = lu->lower_start[k]; t < lu->lower_start[k + 1]; t++) {
        if (lu->lower_index[t] < first || lu->lower_index[t] >= k) return false;
      }
      for (uint64_t t = lu->upper_start[k]; t < lu->upper_start[k + 1]; t++) {
        if (lu->upper_index[t] <= k || lu->upper_index[t] >= end) return false;
      }
    }
  }
  return true;
}

// Joined rows are in one block, have the columns of the row before, and are not too many.
static bool are_supernodes(const sl_lu *lu) {
  for (uint32_t b = 0; b < lu->blocks; b++) {
    uint32_t rows = 0;
    for (uint32_t k = lu->block_start[b]; k < lu->block_start[b + 1]; k++) {
      if (lu->joined[k] > 1) return false;
      rows = lu->joined[k] ? rows + 1 : 1;
      if (!lu->joined[k]) continue;
      if (k == lu->block_start[b] || rows > SL_LU_MOST_ROWS) return false;
      uint64_t before = lu->upper_start[k - 1], begin = lu->upper_start[k];
      uint64_t count = lu->upper_start[k + 1] - begin;
      if (begin - before != count + 1 || lu->upper_index[before] != k) return false;
      const uint32_t *index = lu->upper_index;
      if (memcmp(index + before + 1, index + begin, (size_t)count * 4) != 0) return false;
    }
  }
  return true;
}

static bool are_places(const sl_lu *lu) {
  for (uint32_t b = 0; b < lu->blocks; b++) {
    uint32_t end = lu->block_start[b + 1];
    for (uint32_t t = lu->entry_start[lu->block_start[b]]; t < lu->entry_start[end]; t++) {
      if (lu->place[t] >= end) return false;
    }
  }
  return true;
}

static bool are_pivots(const sl_lu *lu) {
  for (uint32_t k = 0; k < lu->n; k++) {
    if (lu->pivot[k] == 0) return false;
  }
  return sl_first_not_finite_f64(lu->pivot, lu->n) == lu->n;
}

static bool is_part(double x) { return x >= 0 && x <= 1; }

static const char *head_fault(const head *h) {
  bool right = h->n > 0 && h->n < UINT32_MAX && h->blocks > 0 && h->blocks <= h->n &&
               h->matching <= SL_LU_MATCHING_PRODUCT && h->smallest_place < h->n &&
               h->has_base <= 1 && h->reserved[0] == 0 && h->reserved[1] == 0;
  if (!right) return "counts and options that fit, then zeros";
  right = h->pivot_threshold > 0 && h->pivot_threshold <= 1 && is_part(h->reciprocal_growth) &&
          is_part(h->smallest_pivot) && h->flops >= 0 && h->flops < INFINITY &&
          h->predicted_fill >= 0 && h->predicted_fill < INFINITY && h->predicted_flops >= 0 &&
          h->predicted_flops < INFINITY;
  if (!right) return "a pivot threshold and measures that are finite";
  return h->lower < SIZE_MAX / 8 && h->upper < SIZE_MAX / 8 ? NULL : "factors that fit memory";
}

// ---- reading ------------------------------------------------------------------------------------

static sl_status take(sl_reader *reader, uint32_t tag, uint64_t count, size_t size, void *out) {
  return sl_reader_take(reader, tag, count * size, (void **)out);
}

static sl_status take_order(sl_lu *lu, sl_reader *reader, const head *h) {
  uint64_t n = h->n;
  uint8_t *seen;
  SL_TRY(take(reader, TAG_ROW_START, n + 1, 4, &lu->row_start));
  if (!are_starts(lu->row_start, lu->n, lu->nnz, false)) {
    return sl_reader_bad(reader, "rows that begin one after another");
  }
  SL_TRY(take(reader, TAG_ROW_ORDER, n, 4, &lu->row_order));
  SL_TRY(take(reader, TAG_COLUMN_ORDER, n, 4, &lu->column_order));
  SL_TRY(SL_ALLOC(&seen, (size_t)n));
  bool right =
      is_permutation(lu->row_order, lu->n, seen) && is_permutation(lu->column_order, lu->n, seen);
  sl_free(seen);
  if (!right) return sl_reader_bad(reader, "orders of all rows and columns");
  SL_TRY(take(reader, TAG_BLOCKS, (uint64_t)h->blocks + 1, 4, &lu->block_start));
  lu->blocks = h->blocks;
  if (!are_starts(lu->block_start, lu->blocks, lu->n, true)) {
    return sl_reader_bad(reader, "blocks that begin one after another");
  }
  for (uint32_t b = 0; b < lu->blocks; b++) {
    uint32_t size = lu->block_start[b + 1] - lu->block_start[b];
    if (size > lu->largest_block) lu->largest_block = size;
  }
  SL_TRY(SL_ALLOC(&lu->entry_start, (size_t)n + 1));
  lu->entry_start[0] = 0;
  for (uint32_t k = 0; k < lu->n; k++) {
    uint32_t row = lu->row_order[k];
    lu->entry_start[k + 1] = lu->entry_start[k] + lu->row_start[row + 1] - lu->row_start[row];
  }
  SL_TRY(take(reader, TAG_PLACE, h->nnz, 4, &lu->place));
  return are_places(lu) ? SL_OK : sl_reader_bad(reader, "entries in blocks and before them");
}

static sl_status take_scaling(sl_lu *lu, sl_reader *reader, const head *h) {
  SL_TRY(take(reader, TAG_COLUMN_BASE, h->has_base ? h->n : 0, 4, &lu->column_base));
  if (!h->has_base) {
    sl_free(lu->column_base);
    lu->column_base = NULL;
  }
  SL_TRY(take(reader, TAG_ROW_EXPONENT, h->n, 4, &lu->row_exponent));
  SL_TRY(take(reader, TAG_COLUMN_EXPONENT, h->n, 4, &lu->column_exponent));
  bool right = are_exponents(lu->row_exponent, lu->n) &&
               are_exponents(lu->column_exponent, lu->n) &&
               (lu->column_base == NULL || are_exponents(lu->column_base, lu->n));
  if (!right) return sl_reader_bad(reader, "exponents of a scaling");
  lu->unit_scale = lu->column_base == NULL;
  for (uint32_t k = 0; k < lu->n; k++) {
    lu->unit_scale = lu->unit_scale && lu->row_exponent[k] == 0 && lu->column_exponent[k] == 0;
  }
  sl_lu_judge_scale(lu);
  return SL_OK;
}

static sl_status take_factors(sl_lu *lu, sl_reader *reader, const head *h) {
  uint64_t n = h->n;
  SL_TRY(take(reader, TAG_PIVOT, n, 8, &lu->pivot));
  if (!are_pivots(lu)) return sl_reader_bad(reader, "finite pivots other than 0");
  SL_TRY(take(reader, TAG_LOWER_START, n + 1, 8, &lu->lower_start));
  SL_TRY(take(reader, TAG_LOWER_INDEX, h->lower, 4, &lu->lower_index));
  SL_TRY(take(reader, TAG_LOWER_VALUE, h->lower, 8, &lu->lower_value));
  SL_TRY(take(reader, TAG_UPPER_START, n + 1, 8, &lu->upper_start));
  SL_TRY(take(reader, TAG_UPPER_INDEX, h->upper, 4, &lu->upper_index));
  SL_TRY(take(reader, TAG_UPPER_VALUE, h->upper, 8, &lu->upper_value));
  lu->lower_room = h->lower;
  lu->upper_room = h->upper;
  if (!are_triangles(lu, h->lower, h->upper)) {
    return sl_reader_bad(reader, "rows of triangles inside of their blocks");
  }
  SL_TRY(take(reader, TAG_JOINED, n, 1, &lu->joined));
  if (!are_supernodes(lu)) return sl_reader_bad(reader, "rows that have the same columns");
  bool finite = sl_first_not_finite_f64(lu->lower_value, (size_t)h->lower) == h->lower &&
                sl_first_not_finite_f64(lu->upper_value, (size_t)h->upper) == h->upper;
  return finite ? SL_OK : sl_reader_bad(reader, "factors of finite numbers");
}

static void count_outside(sl_lu *lu) {
  uint32_t count = 0;
  for (uint32_t b = 0; b < lu->blocks; b++) {
    uint32_t first = lu->block_start[b];
    for (uint32_t k = first; k < lu->block_start[b + 1]; k++) {
      lu->outside_start[k] = count;
      for (uint32_t t = lu->entry_start[k]; t < lu->entry_start[k + 1]; t++) {
        count += lu->place[t] < first;
      }
    }
  }
  lu->outside_start[lu->n] = count;
}

static sl_status take_outside(sl_lu *lu, sl_reader *reader) {
  SL_TRY(SL_ALLOC(&lu->outside_start, (size_t)lu->n + 1));
  count_outside(lu);
  SL_TRY(sl_lu_gather_outside(lu));
  uint32_t count = lu->outside_start[lu->n];
  sl_free(lu->outside_value);
  lu->outside_value = NULL;
  SL_TRY(take(reader, TAG_OUTSIDE, count, 8, &lu->outside_value));
  if (sl_first_not_finite_f64(lu->outside_value, count) != count) {
    return sl_reader_bad(reader, "finite numbers outside of the blocks");
  }
  uint32_t at = 0;
  for (uint32_t b = 0; b < lu->blocks; b++) {
    uint32_t first = lu->block_start[b];
    for (uint32_t t = lu->entry_start[first]; t < lu->entry_start[lu->block_start[b + 1]]; t++) {
      if (lu->place[t] < first) lu->outside_index[at++] = lu->place[t];
    }
  }
  lu->outside_count = count;
  return SL_OK;
}

static sl_status take_all(sl_lu *lu, sl_reader *reader, const head *h) {
  SL_TRY(take_order(lu, reader, h));
  SL_TRY(take_scaling(lu, reader, h));
  SL_TRY(take_factors(lu, reader, h));
  return take_outside(lu, reader);
}

sl_status sl_lu_read(sl_reader *reader, sl_lu **out) {
  head h;
  *out = NULL;
  SL_TRY(sl_reader_copy(reader, TAG_HEAD, &h, sizeof h));
  const char *fault = head_fault(&h);
  if (fault != NULL) return sl_reader_bad(reader, fault);
  sl_lu *lu;
  SL_TRY(sl_lu_create_empty(&lu));
  lu->n = h.n;
  lu->nnz = h.nnz;
  // The order is there: it is not made again.
  lu->options =
      (sl_lu_options){.pivot_threshold = h.pivot_threshold, .matching = (sl_lu_matching)h.matching};
  lu->predicted_fill = h.predicted_fill;
  lu->predicted_flops = h.predicted_flops;
  lu->flops = h.flops;
  lu->reciprocal_growth = h.reciprocal_growth;
  lu->smallest_pivot = h.smallest_pivot;
  lu->smallest_place = h.smallest_place;
  sl_status status = take_all(lu, reader, &h);
  if (status != SL_OK) {
    sl_lu_destroy(lu);
    return status;
  }
  lu->analysed = lu->factored = true;
  *out = lu;
  return SL_OK;
}
