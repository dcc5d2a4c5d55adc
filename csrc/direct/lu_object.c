#include "direct/lu.h"

#include <string.h>

#include "base/memory.h"
#include "direct/lu_object.h"
#include "simd/kernels.h"

// Entries that are read from where they are, row by row in another order, without waiting for memory.
#define MOST_IN_CACHE 65536

sl_lu_options sl_lu_options_default(void) {
  return (sl_lu_options){
      .pivot_threshold = 0.01, .matching = SL_LU_MATCHING_AUTO, .ordering = SL_LU_ORDER_AUTO};
}

// ---- memory -------------------------------------------------------------------------------------

static void free_factors(sl_lu *lu) {
  sl_free(lu->lower_index);
  sl_free(lu->lower_value);
  sl_free(lu->upper_index);
  sl_free(lu->upper_value);
  sl_free(lu->outside_index);
  sl_free(lu->outside_value);
  lu->lower_index = lu->upper_index = lu->outside_index = NULL;
  lu->lower_value = lu->upper_value = lu->outside_value = NULL;
  lu->lower_room = lu->upper_room = 0;
  lu->factored = false;
}

// What only a job that runs needs.
static void free_scratch(sl_lu *lu) {
  sl_lu_analysis_destroy(lu->analysis);
  sl_lu_search_destroy(lu->search);
  sl_free(lu->scratch);
  sl_free(lu->entries);
  lu->entries = NULL;
  lu->analysis = NULL;
  lu->search = NULL;
  lu->scratch = NULL;
}

static void free_deficient(sl_lu *lu) {
  sl_free(lu->deficient_rows);
  sl_free(lu->deficient_columns);
  lu->deficient_rows = lu->deficient_columns = NULL;
}

void sl_lu_destroy(sl_lu *lu) {
  if (lu == NULL) return;
  free_scratch(lu);
  free_factors(lu);
  free_deficient(lu);
  sl_free(lu->row_start);
  sl_free(lu->entry_start);
  sl_free(lu->place);
  sl_free(lu->row_order);
  sl_free(lu->column_order);
  sl_free(lu->block_start);
  sl_free(lu->column_base);
  sl_free(lu->row_exponent);
  sl_free(lu->column_exponent);
  sl_free(lu->pivot);
  sl_free(lu->joined);
  sl_free(lu->lower_start);
  sl_free(lu->upper_start);
  sl_free(lu->outside_start);
  sl_free(lu);
}

// Of everything but factors, what lies outside of the blocks, and scratch.
static size_t fixed_bytes(const sl_lu *lu) {
  size_t n = lu->n, bytes = sizeof *lu + n * (6 * 4 + 8 + 16 + 5) + (size_t)lu->nnz * 4;
  if (lu->block_start != NULL) bytes += ((size_t)lu->blocks + 1) * 4;
  if (lu->column_base != NULL) bytes += n * 4;
  if (lu->deficient_rows != NULL) bytes += 2 * n;
  return bytes;
}

size_t sl_lu_bytes(const sl_lu *lu) {
  size_t n = lu->n, bytes = fixed_bytes(lu);
  if (lu->outside_index != NULL) bytes += (size_t)lu->outside_start[n] * 12;
  if (lu->scratch != NULL) bytes += n * 8;
  if (lu->entries != NULL) bytes += (size_t)lu->nnz * 8;
  bytes += (size_t)(lu->lower_room + lu->upper_room) * 12;
  return bytes + sl_lu_analysis_bytes(lu) + sl_lu_search_bytes(lu);
}

static sl_status reserve(uint32_t **index, double **value, uint64_t *room, uint64_t wanted) {
  if (wanted <= *room) return SL_OK;
  uint64_t grown = *room + *room / 2;
  if (grown < wanted) grown = wanted;
  SL_REQUIRE(grown <= SIZE_MAX / sizeof(double), SL_ERR_OVERFLOW, "matrix",
             "factors that fit the address space");
  SL_TRY(SL_REALLOC(index, (size_t)grown));
  SL_TRY(SL_REALLOC(value, (size_t)grown));
  *room = grown;
  return SL_OK;
}

sl_status sl_lu_reserve(sl_lu *lu, uint64_t lower, uint64_t upper) {
  SL_TRY(reserve(&lu->lower_index, &lu->lower_value, &lu->lower_room, lower));
  return reserve(&lu->upper_index, &lu->upper_value, &lu->upper_room, upper);
}

// ---- the job ------------------------------------------------------------------------------------

static void drop(sl_lu *lu) {
  free_scratch(lu);
  lu->values = NULL;
  if (!lu->factored) free_factors(lu);
}

static void enter(sl_lu *lu, sl_lu_stage stage) {
  lu->stage = stage;
  lu->cursor = lu->block = 0;
}

static sl_status begin_numbers(sl_lu *lu) {
  lu->flops = lu->refactor ? lu->flops : 0;
  lu->reciprocal_growth = 1;
  lu->smallest_pivot = 1;
  lu->smallest_place = 0;
  lu->largest_multiplier = 1;
  lu->factored = false;
  lu->unit_scale = lu->scaled && lu->column_base == NULL;
  enter(lu, SL_LU_SCALE);
  lu->copied = 0;
  bool direct = lu->unit_scale && lu->value_type == SL_VALUES_F64;
  if (direct && lu->nnz <= MOST_IN_CACHE) return SL_OK;
  return SL_ALLOC(&lu->entries, lu->nnz);
}

static sl_status scaled(sl_lu *lu) {
  if (lu->refactor) {
    enter(lu, SL_LU_REFACTOR);
    return SL_ALLOC_ZERO(&lu->scratch, lu->n);
  }
  enter(lu, SL_LU_FACTOR);
  // What is predicted, which may be far too much where the pattern is not symmetric; it grows by
  // halves. Never nothing: loops over no entries begin somewhere too.
  double half = lu->predicted_fill / 2, most = 8.0 * lu->nnz;
  uint64_t guess = (uint64_t)(half < most ? half : most) + 1;
  lu->lower_start[0] = lu->upper_start[0] = 0;
  SL_TRY(sl_lu_gather_outside(lu));
  return sl_lu_reserve(lu, guess, guess);
}

// Gives back what was reserved for nothing; where that fails, it stays.
static void shrink(uint32_t **index, double **value, uint64_t *room, uint64_t used) {
  if (used == 0) used = 1;
  if (*room - used < *room / 8) return;
  if (SL_REALLOC(index, (size_t)used) != SL_OK) return;
  *room = used; // of the shorter one
  (void)SL_REALLOC(value, (size_t)used);
}

void sl_lu_judge_scale(sl_lu *lu) {
  uint32_t outside = 0;
  for (uint32_t k = 0; k < lu->n && !lu->unit_scale; k++) {
    outside |= (uint32_t)(lu->row_exponent[k] + SL_LU_MILD) > 2 * SL_LU_MILD;
    outside |= (uint32_t)(lu->column_exponent[k] + SL_LU_MILD) > 2 * SL_LU_MILD;
  }
  lu->mild_scale = outside == 0;
}

static void end_factors(sl_lu *lu) {
  sl_lu_judge_scale(lu);
  if (!lu->refactor) {
    shrink(&lu->lower_index, &lu->lower_value, &lu->lower_room, lu->lower_start[lu->n]);
    shrink(&lu->upper_index, &lu->upper_value, &lu->upper_room, lu->upper_start[lu->n]);
  }
  lu->factored = true;
  lu->matrix = NULL;
  drop(lu);
  sl_job_end(&lu->job, SL_OUTCOME_CONVERGED);
}

// What comes after a stage that is done.
static sl_status next_stage(sl_lu *lu) {
  switch (lu->stage) {
  case SL_LU_ANALYSE:
    sl_lu_analysis_destroy(lu->analysis);
    lu->analysis = NULL;
    lu->analysed = true;
    if (!lu->only_analysis) return begin_numbers(lu);
    sl_job_end(&lu->job, SL_OUTCOME_CONVERGED);
    return SL_OK;
  case SL_LU_SCALE:
    return scaled(lu);
  case SL_LU_FACTOR:
    enter(lu, SL_LU_RENAME);
    return SL_OK;
  default:
    end_factors(lu);
    return SL_OK;
  }
}

static sl_status run(sl_lu *lu, uint64_t work, bool *done) {
  switch (lu->stage) {
  case SL_LU_ANALYSE:
    return sl_lu_analyse(lu, work, done);
  case SL_LU_SCALE:
    sl_lu_scale(lu, work, done);
    return SL_OK;
  case SL_LU_FACTOR:
    return sl_lu_factor(lu, work, done);
  case SL_LU_RENAME:
    sl_lu_rename(lu, work, done);
    return SL_OK;
  default:
    sl_lu_refactor(lu, work, done);
    return SL_OK;
  }
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_lu *lu = (sl_lu *)job;
  uint64_t begin = lu->spent;
  sl_status status = SL_OK;
  while (status == SL_OK && sl_job_is_running(job) && lu->spent - begin < work) {
    bool done = false;
    status = run(lu, work - (lu->spent - begin), &done);
    if (status == SL_OK && done) status = next_stage(lu);
  }
  // Ended by a matrix that is singular, or failed: no factors.
  if (status != SL_OK || (!sl_job_is_running(job) && !lu->factored)) drop(lu);
  return status;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_lu *lu = (sl_lu *)job;
  bool done;
  // Half renamed, the pattern would be lost.
  if (lu->stage == SL_LU_RENAME) sl_lu_rename(lu, UINT64_MAX, &done);
  drop(lu);
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_lu *)job)->spent; }
static size_t bytes(const sl_job *job) { return sl_lu_bytes((const sl_lu *)job); }
static void destroy(sl_job *job) { sl_lu_destroy((sl_lu *)job); }

static const sl_job_kind job_kind = {.name = "lu",
                                     .step = step,
                                     .stop = stop,
                                     .work = work_done,
                                     .bytes = bytes,
                                     .destroy = destroy};

sl_job *sl_lu_job(sl_lu *lu) { return &lu->job; }

// ---- what is begun ------------------------------------------------------------------------------

static sl_status allocate(sl_lu *lu) {
  size_t n = lu->n;
  SL_TRY(SL_ALLOC(&lu->row_start, n + 1));
  SL_TRY(SL_ALLOC(&lu->entry_start, n + 1));
  SL_TRY(SL_ALLOC(&lu->place, lu->nnz));
  SL_TRY(SL_ALLOC(&lu->row_order, n));
  SL_TRY(SL_ALLOC(&lu->column_order, n));
  SL_TRY(SL_ALLOC(&lu->row_exponent, n));
  SL_TRY(SL_ALLOC(&lu->column_exponent, n));
  SL_TRY(SL_ALLOC(&lu->pivot, n));
  SL_TRY(SL_ALLOC(&lu->joined, n));
  SL_TRY(SL_ALLOC(&lu->lower_start, n + 1));
  SL_TRY(SL_ALLOC(&lu->upper_start, n + 1));
  return SL_ALLOC(&lu->outside_start, n + 1);
}

sl_status sl_lu_create_empty(sl_lu **out) {
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  (*out)->job.kind = &job_kind;
  return SL_OK;
}

sl_status sl_lu_create(const sl_csr *matrix, const sl_lu_options *options, sl_lu **out) {
  *out = NULL;
  sl_lu_options chosen = options != NULL ? *options : sl_lu_options_default();
  SL_REQUIRE(matrix->rows == matrix->cols, SL_ERR_NOT_SQUARE, "matrix", "as many rows as columns");
  SL_REQUIRE(chosen.pivot_threshold > 0 && chosen.pivot_threshold <= 1, SL_ERR_OPTION,
             "pivot_threshold", "a number in (0, 1]");
  SL_REQUIRE((unsigned)chosen.matching <= SL_LU_MATCHING_PRODUCT, SL_ERR_OPTION, "matching",
             "AUTO, STRUCTURE or PRODUCT");
  SL_REQUIRE((unsigned)chosen.ordering <= SL_LU_ORDER_NATURAL, SL_ERR_OPTION, "ordering",
             "AUTO, MINIMUM_DEGREE, COLUMNS or NATURAL");
  sl_lu *lu;
  SL_TRY(sl_lu_create_empty(&lu));
  lu->n = matrix->rows;
  lu->nnz = matrix->nnz;
  lu->matrix = matrix;
  lu->options = chosen;
  sl_status status = allocate(lu);
  if (status != SL_OK) {
    sl_lu_destroy(lu);
    return status;
  }
  *out = lu;
  return SL_OK;
}

static sl_status require_idle(const sl_lu *lu) {
  SL_REQUIRE(!sl_job_is_running(&lu->job), SL_ERR_STATE, "lu", "the work that was begun to end");
  return SL_OK;
}

static void begin(sl_lu *lu) {
  lu->spent = 0;
  lu->singularity = SL_LU_REGULAR;
  free_deficient(lu);
  sl_job_begin(&lu->job);
}

// Where that fails, nothing has begun; what there was is gone.
static sl_status begin_or_drop(sl_lu *lu) {
  sl_status status = begin_numbers(lu);
  if (status != SL_OK) {
    sl_job_drop(&lu->job);
    drop(lu);
  }
  return status;
}

void sl_lu_set_scaled(sl_lu *lu, bool scaled) { lu->scaled = scaled; }

static sl_status begin_with_matrix(sl_lu *lu, bool only_analysis) {
  SL_TRY(require_idle(lu));
  SL_REQUIRE(lu->matrix != NULL, SL_ERR_STATE, "lu",
             "values for another factorisation: the matrix is not kept");
  begin(lu);
  lu->only_analysis = only_analysis;
  lu->refactor = false;
  lu->values = lu->matrix->values;
  lu->value_type = lu->matrix->value_type;
  if (!lu->analysed) {
    sl_free(lu->block_start); // of an analysis that was stopped
    sl_free(lu->column_base);
    lu->block_start = NULL;
    lu->column_base = NULL;
    lu->predicted_fill = lu->predicted_flops = 0;
    enter(lu, SL_LU_ANALYSE);
  } else if (only_analysis) {
    sl_job_end(&lu->job, SL_OUTCOME_CONVERGED);
  } else {
    return begin_or_drop(lu);
  }
  return SL_OK;
}

sl_status sl_lu_begin_analysis(sl_lu *lu) { return begin_with_matrix(lu, true); }

sl_status sl_lu_begin(sl_lu *lu) { return begin_with_matrix(lu, false); }

static sl_status begin_with_values(sl_lu *lu, const void *values, size_t count,
                                   sl_value_type value_type, bool refactor) {
  SL_TRY(require_idle(lu));
  SL_REQUIRE(lu->analysed, SL_ERR_STATE, "lu", "an analysis first");
  SL_REQUIRE(!refactor || lu->factored, SL_ERR_STATE, "lu", "a factorisation first");
  SL_REQUIRE(value_type == SL_VALUES_PATTERN || count == lu->nnz, SL_ERR_SHAPE, "values",
             "as many values as the matrix has entries");
  size_t bad = count;
  if (value_type == SL_VALUES_F64) bad = sl_first_not_finite_f64(values, count);
  if (value_type == SL_VALUES_F32) bad = sl_first_not_finite_f32(values, count);
  SL_REQUIRE_AT(bad == count, SL_ERR_NOT_FINITE, "values", "finite numbers", bad);
  begin(lu);
  lu->only_analysis = false;
  lu->refactor = refactor;
  lu->values = values;
  lu->value_type = value_type;
  return begin_or_drop(lu);
}

sl_status sl_lu_begin_values(sl_lu *lu, const void *values, size_t count,
                             sl_value_type value_type) {
  return begin_with_values(lu, values, count, value_type, false);
}

sl_status sl_lu_begin_refactor(sl_lu *lu, const void *values, size_t count,
                               sl_value_type value_type) {
  return begin_with_values(lu, values, count, value_type, true);
}

bool sl_lu_has_pattern(const sl_lu *lu, const sl_csr *matrix) {
  if (!lu->analysed || matrix->rows != lu->n || matrix->cols != lu->n || matrix->nnz != lu->nnz ||
      memcmp(matrix->row_pointers, lu->row_start, ((size_t)lu->n + 1) * sizeof *lu->row_start)) {
    return false;
  }
  for (uint32_t k = 0; k < lu->n; k++) {
    const uint32_t *columns = matrix->columns + lu->row_start[lu->row_order[k]];
    const uint32_t *place = lu->place + lu->entry_start[k];
    for (uint32_t t = 0; t < lu->entry_start[k + 1] - lu->entry_start[k]; t++) {
      if (lu->column_order[place[t]] != columns[t]) return false;
    }
  }
  return true;
}

// ---- what has come of it ------------------------------------------------------------------------

void sl_lu_end_singular(sl_lu *lu, uint32_t k) {
  lu->singularity = SL_LU_NUMERICAL;
  lu->singular_row = lu->row_order[k];
  lu->singular_column = lu->column_order[k];
  sl_job_end(&lu->job, SL_OUTCOME_SINGULAR);
}

sl_lu_singularity sl_lu_get_singularity(const sl_lu *lu, uint32_t *row, uint32_t *column) {
  if (row != NULL) *row = lu->singular_row;
  if (column != NULL) *column = lu->singular_column;
  return lu->singularity;
}

void sl_lu_get_deficient(const sl_lu *lu, const uint8_t **rows, const uint8_t **columns,
                         uint32_t *rank) {
  *rows = lu->deficient_rows;
  *columns = lu->deficient_columns;
  *rank = lu->singularity == SL_LU_STRUCTURAL ? lu->rank : lu->n;
}

// -1 for an odd permutation, else 1.
static int permutation_sign(const uint32_t *order, uint32_t n, uint8_t *seen) {
  int sign = 1;
  memset(seen, 0, n);
  for (uint32_t k = 0; k < n; k++) {
    for (uint32_t at = k; !seen[at];) {
      seen[at] = 1;
      at = order[at];
      if (at != k) sign = -sign;
    }
  }
  return sign;
}

// The product of the pivots as mantissa and exponent: neither overflows.
static sl_status determinant(const sl_lu *lu, sl_lu_facts *out) {
  uint8_t *seen;
  SL_TRY(SL_ALLOC(&seen, lu->n));
  int sign = permutation_sign(lu->row_order, lu->n, seen) *
             permutation_sign(lu->column_order, lu->n, seen);
  sl_free(seen);
  double mantissa = 1;
  int64_t exponent = 0;
  for (uint32_t k = 0; k < lu->n; k++) {
    int shift;
    mantissa = frexp(mantissa * lu->pivot[k], &shift);
    exponent += (int64_t)shift - lu->row_exponent[k] - lu->column_exponent[k];
  }
  out->determinant_sign = mantissa < 0 ? -sign : sign;
  out->log_determinant = log(fabs(mantissa)) + (double)exponent * 0.693147180559945309417232;
  return SL_OK;
}

sl_status sl_lu_get_facts(const sl_lu *lu, sl_lu_facts *out) {
  SL_REQUIRE(lu->factored, SL_ERR_STATE, "lu", "a factorisation that has ended CONVERGED");
  uint32_t n = lu->n;
  *out = (sl_lu_facts){
      .n = n,
      .blocks = lu->blocks,
      .largest_block = lu->largest_block,
      .fill = (double)lu->lower_start[n] + (double)lu->upper_start[n] + n + lu->outside_start[n],
      .flops = lu->flops,
      .bytes = (double)sl_lu_bytes(lu),
      .reciprocal_growth = lu->reciprocal_growth,
      .smallest_pivot = lu->smallest_pivot,
      .smallest_row = lu->row_order[lu->smallest_place],
      .smallest_column = lu->column_order[lu->smallest_place],
  };
  return determinant(lu, out);
}

double sl_lu_growth_bound(const sl_lu *lu) {
  uint64_t longest = 0;
  for (uint32_t k = 0; k < lu->n; k++) {
    uint64_t length = lu->lower_start[k + 1] - lu->lower_start[k] + 1;
    if (length > longest) longest = length;
  }
  double multiplier = 1 / lu->options.pivot_threshold;
  if (multiplier < lu->largest_multiplier) multiplier = lu->largest_multiplier;
  return (double)longest * multiplier / lu->reciprocal_growth;
}

sl_status sl_lu_get_prediction(const sl_lu *lu, sl_lu_prediction *out) {
  SL_REQUIRE(lu->analysed, SL_ERR_STATE, "lu", "an analysis that has ended CONVERGED");
  *out = (sl_lu_prediction){.blocks = lu->blocks,
                            .largest_block = lu->largest_block,
                            .fill = lu->predicted_fill + lu->n + lu->outside_count,
                            .flops = lu->predicted_flops,
                            .ordering = lu->ordering};
  out->bytes = (double)fixed_bytes(lu) + 12 * (lu->predicted_fill + lu->outside_count);
  return SL_OK;
}
