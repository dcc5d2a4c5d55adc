// What an LU factorisation holds, and the parts that it is made of. Internal to the room.
//
// A place is where a row or column stands in the factors. Row and column k of the permuted and
// scaled matrix are row row_order[k] and column column_order[k] of A; its blocks lie along the
// diagonal, and left of them is what is kept as it is.
#ifndef SL_DIRECT_LU_OBJECT_H
#define SL_DIRECT_LU_OBJECT_H

#include "direct/lu.h"
#include "direct/matching.h"
#include "direct/scale.h"

typedef struct sl_lu_analysis sl_lu_analysis; // lu_analysis.c
typedef struct sl_lu_search sl_lu_search;     // lu_factor.c

// Blocks of at most so many rows are ordered and factorised by sets of columns, each a number with a bit
// for every column.
#define SL_LU_SMALL 64

typedef enum sl_lu_stage {
  SL_LU_ANALYSE,
  SL_LU_SCALE,
  SL_LU_FACTOR,
  SL_LU_RENAME, // columns by the pivots that were found
  SL_LU_REFACTOR,
} sl_lu_stage;

struct sl_lu {
  sl_job job;
  uint32_t n, nnz, blocks, largest_block;
  sl_lu_options options;
  const sl_csr *matrix; // until the first factorisation has ended; then NULL
  const void *values;   // nnz, while factors are made
  sl_value_type value_type;
  double *entries; // nnz: the same in the order of `place`; NULL: they are read where they are
  uint32_t copied; // rows of the factors whose entries are there
  bool scaled;     // by the caller
  bool unit_scale; // all exponents of the factors are 0
  bool mild_scale; // none is above SL_LU_MILD, once there are factors
  sl_lu_stage stage;
  uint32_t cursor; // rows below this one are done in this stage
  uint32_t block;  // the block of that row (SL_LU_REFACTOR)
  double *scratch; // n zeros (SL_LU_REFACTOR)
  bool only_analysis, refactor;
  bool analysed, factored;
  uint64_t spent;

  // The pattern and its order.
  uint32_t *row_start;    // n + 1: as in the matrix
  uint32_t *entry_start;  // n + 1: the entries of row k of the factors in `place`
  uint32_t *place;        // nnz: place of the column of each entry
  uint32_t *row_order;    // n
  uint32_t *column_order; // n
  uint32_t *block_start;  // blocks + 1
  int32_t *column_base;   // n, by place: exponents from the product matching; NULL: all 0
  uint32_t outside_count; // entries outside of the blocks
  double predicted_fill;  // off the diagonal, in blocks
  double predicted_flops;
  sl_lu_ordering ordering; // of the largest block

  // The factors. Places of a row in the lower one are in an order in which it can be computed
  // again: each comes after all that its own row of the upper factor is needed for.
  int32_t *row_exponent;    // n, by place: the row was multiplied by two to that
  int32_t *column_exponent; // n, by place
  double *pivot;            // n
  uint64_t *lower_start;    // n + 1
  uint64_t *upper_start;    // n + 1
  uint32_t *lower_index;    // places before the row, in its block
  double *lower_value;
  uint32_t *upper_index; // places after the row, in its block
  double *upper_value;
  uint8_t *joined; // n: 1: the row has the columns of the one before it, but for its
                   // pivot, and in the same order
  uint64_t lower_room, upper_room; // entries that there is memory for
  uint32_t *outside_start;         // n + 1
  uint32_t *outside_index;         // places before the block
  double *outside_value;
  double flops, reciprocal_growth, smallest_pivot;
  double largest_multiplier; // of the upper factor, after a refactorisation
  uint32_t smallest_place;

  sl_lu_singularity singularity;
  uint32_t singular_row, singular_column, rank;
  uint8_t *deficient_rows, *deficient_columns; // n each, or NULL

  sl_lu_analysis *analysis;
  sl_lu_search *search;
};

// Powers of two that take no number of a usual size out of the range, twice and beside pivots.
#define SL_LU_MILD 40

// Notes whether the exponents of the factors are no larger. O(n).
void sl_lu_judge_scale(sl_lu *lu);

// Of any exponent that is kept.
#define SL_LU_MAX_EXPONENT (1 << 20)

// An object that holds nothing yet.
sl_status sl_lu_create_empty(sl_lu **out);

// Each goes on for about `work` units, adds what it spent to lu->spent, and sets *done at its end.
// They end the job where the matrix turns out singular.
sl_status sl_lu_analyse(sl_lu *lu, uint64_t work, bool *done);
sl_status sl_lu_factor(sl_lu *lu, uint64_t work, bool *done);
void sl_lu_rename(sl_lu *lu, uint64_t work, bool *done); // columns by the pivots that were found
void sl_lu_scale(sl_lu *lu, uint64_t work, bool *done);
void sl_lu_refactor(sl_lu *lu, uint64_t work, bool *done);

// Memory for the entries outside of the blocks. O(1).
sl_status sl_lu_gather_outside(sl_lu *lu);

// Called between two stages, and when the object is destroyed. NULL is allowed.
void sl_lu_analysis_destroy(sl_lu_analysis *analysis);
void sl_lu_search_destroy(sl_lu_search *search);
size_t sl_lu_analysis_bytes(const sl_lu *lu);
size_t sl_lu_search_bytes(const sl_lu *lu);

// Memory for the entries of factors of at least this many entries; what is there is kept.
sl_status sl_lu_reserve(sl_lu *lu, uint64_t lower, uint64_t upper);

// Records that row `k` of the factors vanished, and ends the job.
void sl_lu_end_singular(sl_lu *lu, uint32_t k);

// Copies the entries of row lu->copied and of some after it.
void sl_lu_copy_rows(sl_lu *lu);

// The entries of row k, in the order of `place`.
static inline const double *sl_lu_row_entries(const sl_lu *lu, uint32_t k) {
  if (lu->entries != NULL) return lu->entries + lu->entry_start[k];
  return (const double *)lu->values + lu->row_start[lu->row_order[k]];
}

// An entry of column q and a row with this exponent, as it is factorised.
static inline double sl_lu_scaled_entry(const sl_lu *lu, double value, int32_t row_exponent,
                                        uint32_t q) {
  if (lu->unit_scale) return value;
  return sl_times_power(value, row_exponent + lu->column_exponent[q]);
}

// A pivot that is preferred is at least this part of the largest. In an order that does not foresee pivots
// the diagonal need not be kept to.
static inline double sl_lu_threshold(const sl_lu *lu) {
  double threshold = lu->options.pivot_threshold;
  bool is_free = lu->ordering != SL_LU_ORDER_MINIMUM_DEGREE;
  return is_free && threshold < 0.5 ? 0.5 : threshold;
}

// Keeps the worst of each row of the factors.
static inline void sl_lu_note_pivot(sl_lu *lu, uint32_t k, double pivot, double largest,
                                    double largest_lower) {
  double growth = largest / largest_lower, size = (pivot < 0 ? -pivot : pivot) / largest;
  if (growth < lu->reciprocal_growth) lu->reciprocal_growth = growth;
  if (size < lu->smallest_pivot) {
    lu->smallest_pivot = size;
    lu->smallest_place = k;
  }
}

#endif
