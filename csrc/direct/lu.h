// Sparse LU factorisation of a square matrix that need not be symmetric: A x = b and A^T x = b for
// many right-hand sides, and new values on the same pattern.
//
//   sl_lu_create(matrix, NULL, &lu);
//   sl_lu_begin(lu);                                  analysis, then the factors
//   do sl_job_step(sl_lu_job(lu), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_lu_solve(lu, b, x, 1);                         when the outcome is CONVERGED
//   sl_lu_begin_refactor(lu, values, nnz, type);      and steps again: the same pivots
//
// Based on: T. A. Davis, E. Palamadai Natarajan, "Algorithm 907: KLU, a direct sparse solver for
// circuit simulation problems", ACM TOMS 37 (2010), doi:10.1145/1824801.1824814. Rows and columns
// are matched, so that the matrix falls into blocks along the diagonal; each block is ordered by
// minimum degree and factorised with threshold pivoting that prefers the diagonal. Entries outside
// of the blocks are kept as they are. Where KLU works by columns, this works by rows, as matrices
// are stored: the pivot of a row is sought among the columns, the lower factor has the pivots on
// its diagonal, and the upper factor has ones there.
//
// Rows and columns are scaled by powers of two, which is exact, so that any finite values are
// allowed and "large enough for a pivot" does not depend on units.
#ifndef SL_DIRECT_LU_H
#define SL_DIRECT_LU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"
#include "base/status.h"
#include "sparse/csr.h"

typedef struct sl_lu sl_lu;

// Which entries are to stand on the diagonal.
typedef enum sl_lu_matching {
  SL_LU_MATCHING_AUTO = 0,      // STRUCTURE, and PRODUCT where that leaves many small ones there
  SL_LU_MATCHING_STRUCTURE = 1, // those that are there, where they can stay
  SL_LU_MATCHING_PRODUCT = 2,   // those with the largest product, scaled to 1
} sl_lu_matching;

// The order of rows and columns in each block.
typedef enum sl_lu_ordering {
  SL_LU_ORDER_AUTO = 0, // MINIMUM_DEGREE, and COLUMNS where that is predicted to fill less
  SL_LU_ORDER_MINIMUM_DEGREE = 1, // on the pattern of the block and its transpose
  SL_LU_ORDER_COLUMNS = 2, // on that of the block times its transpose: whatever the pivots are
  SL_LU_ORDER_NATURAL = 3, // as blocks and matching have them
} sl_lu_ordering;

typedef struct sl_lu_options {
  // (0, 1]: the diagonal entry is the pivot unless it is smaller than this part of the largest
  // candidate. 1: partial pivoting. Default 0.01: refinement gives the digits back that it costs.
  // At least 0.5 where the order is COLUMNS or NATURAL.
  double pivot_threshold;
  sl_lu_matching matching; // default AUTO
  sl_lu_ordering ordering; // default AUTO
} sl_lu_options;

sl_lu_options sl_lu_options_default(void);

// What is known of the factors. Counts are numbers so that they do not wrap.
typedef struct sl_lu_facts {
  uint32_t n, blocks, largest_block;
  double fill;  // entries of both factors with the pivots, and those outside of the blocks
  double flops; // additions and multiplications of the factorisation
  double bytes; // held by the object
  // min over rows of (largest entry of the row) / (largest entry of its row of the lower factor),
  // both scaled: near 1 when rounding did not grow, tiny when the factors are worthless.
  double reciprocal_growth;
  // The smallest pivot relative to the largest entry of its row, and the row and column of A where
  // it stands: near 2^-52 when the matrix is singular up to rounding.
  double smallest_pivot;
  uint32_t smallest_row, smallest_column;
  double log_determinant; // log |det A|
  int determinant_sign;   // 1 or -1
} sl_lu_facts;

// What an analysis predicts: an upper bound of the fill when every pivot stands on the diagonal.
typedef struct sl_lu_prediction {
  uint32_t blocks, largest_block;
  double fill;
  double flops;
  double bytes;            // of the object with its factors
  sl_lu_ordering ordering; // of the largest block: the one that is used
} sl_lu_prediction;

// Why a factorisation ended SINGULAR.
typedef enum sl_lu_singularity {
  SL_LU_REGULAR = 0,
  SL_LU_STRUCTURAL = 1, // whatever its values: see sl_lu_deficient
  SL_LU_NUMERICAL = 2,  // a row vanished: singular_row, singular_column
} sl_lu_singularity;

// Makes the object; nothing is begun.
//   matrix    square; read and kept until the first factorisation has ended
//   options   NULL: defaults
//   out       written: destroy it with sl_lu_destroy
//   Errors: ERR_NOT_SQUARE, ERR_OPTION ("pivot_threshold", "matching",
//           "ordering"), ERR_MEMORY. O(1).
sl_status sl_lu_create(const sl_csr *matrix, const sl_lu_options *options, sl_lu **out);

// Begins the analysis alone: the order and what it predicts. It ends CONVERGED, or SINGULAR.
//   Errors: ERR_STATE (running, or the matrix has been given up). About O(nnz log n).
sl_status sl_lu_begin_analysis(sl_lu *lu);

// Says whether the values that are begun from now on, and the matrix, have been scaled by the caller:
// no entry is above 2, and the largest of each row and column is near 1. They are then taken as they
// are, unless a product matching has exponents of its own. At first: no.
void sl_lu_set_scaled(sl_lu *lu, bool scaled);

// Begins the factorisation, with the analysis unless it has been made. It ends CONVERGED; SINGULAR;
// or BREAKDOWN, where entries grew beyond the largest number.
//   Errors: ERR_STATE (running; the matrix has been given up: use sl_lu_begin_values).
//   Steps: ERR_NOT_FINITE ("matrix", position), ERR_MEMORY.
sl_status sl_lu_begin(sl_lu *lu);

// Begins a factorisation with other values on the same pattern; new pivots are sought.
//   values       count = entries of the matrix, in its order; read and kept until the job has ended
//   value_type   F32 or F64; PATTERN: values is NULL and every entry is 1
//   Errors: ERR_STATE (running, or never analysed), ERR_SHAPE ("values"). As above.
sl_status sl_lu_begin_values(sl_lu *lu, const void *values, size_t count, sl_value_type value_type);

// The same with the pivots of the last factorisation: much cheaper. Ends CONVERGED; or BREAKDOWN,
// where those pivots are too small for the new values. The factors are then gone, and
// sl_lu_begin_values is called for. Errors: as above; ERR_STATE also without factors.
sl_status sl_lu_begin_refactor(sl_lu *lu, const void *values, size_t count,
                               sl_value_type value_type);

// The job of the object, the same pointer for as long as it lives. Stopping it drops what was
// begun: there are no factors then.
sl_job *sl_lu_job(sl_lu *lu);

// True when the matrix has the pattern that was analysed. O(nnz).
bool sl_lu_has_pattern(const sl_lu *lu, const sl_csr *matrix);

// Solves A X = B. In the order of the factors: no refinement.
//   b, x    count columns of n numbers, read and written; they may be the same array
//   Errors: ERR_STATE (no factors), ERR_MEMORY. Allocates 8 n to 32 n bytes for the time of the
//   call. NaN and infinities go where they go. O(count fill).
sl_status sl_lu_solve(const sl_lu *lu, const double *b, double *x, size_t count);

// Solves A^T X = B. As above.
sl_status sl_lu_solve_transpose(const sl_lu *lu, const double *b, double *x, size_t count);

// The same for one right-hand side in steps: begin, step until it is true, end.
//   y       n, written by begin: the workspace of the solve
//   b, x    n, read by begin and written by end; they may be the same array
//   spent   read and written: grows by the entries passed
// There must be factors: the caller's duty. None of them allocates.
typedef struct sl_lu_pass {
  bool transpose, second; // of the two triangles of a block
  int32_t common;         // exponent that b was divided by
  uint32_t blocks, rows;  // passed; rows of the triangle at hand
} sl_lu_pass;
void sl_lu_pass_begin(const sl_lu *lu, bool transpose, const double *b, double *y,
                      sl_lu_pass *pass);
bool sl_lu_pass_step(const sl_lu *lu, double *y, uint64_t work, uint64_t *spent, sl_lu_pass *pass);
void sl_lu_pass_end(const sl_lu *lu, const double *y, const sl_lu_pass *pass, double *x);

// Errors: ERR_STATE (no factors). O(n).
sl_status sl_lu_get_facts(const sl_lu *lu, sl_lu_facts *out);

// How much the factors can have made of rounding: entries of |L| |U| in a row are at most this many
// times the largest entry of the row of the scaled matrix. A bound, often a large one; small beside
// 2^52, it proves the factors good. There must be factors. O(n).
double sl_lu_growth_bound(const sl_lu *lu);

// Errors: ERR_STATE (not analysed). O(1).
sl_status sl_lu_get_prediction(const sl_lu *lu, sl_lu_prediction *out);

// Why the last job ended SINGULAR. O(1).
//   row, column   written: of A, for NUMERICAL: the row that vanished, and the column that was to
//                 be its pivot. May be NULL.
sl_lu_singularity sl_lu_get_singularity(const sl_lu *lu, uint32_t *row, uint32_t *column);

// After STRUCTURAL: rows that have too few columns among them, and columns that have too few rows.
//   rows, columns   n flags each, as long as the object lives and nothing is begun; NULL otherwise
//   rank            the largest rank that values can give this pattern
void sl_lu_get_deficient(const sl_lu *lu, const uint8_t **rows, const uint8_t **columns,
                         uint32_t *rank);

// The sections of a factorisation in a file of another kind.
//   write   lu: read; it must outlive the writer and may not be begun again meanwhile. Errors:
//           ERR_STATE (no factors)
//   read    takes the sections from a reader that holds the whole file. No matrix is kept: other
//           values are begun with sl_lu_begin_values or sl_lu_begin_refactor. Errors: ERR_FORMAT
//           ("bytes"), ERR_STATE, ERR_MEMORY. Safe on untrusted bytes: yes, sl_lu_has_pattern says
//           whether the factors belong to a matrix, but not whether they are right. O(fill + nnz).
sl_status sl_lu_write(sl_writer *writer, const sl_lu *lu);
sl_status sl_lu_read(sl_reader *reader, sl_lu **out);

// Bytes held.
size_t sl_lu_bytes(const sl_lu *lu);

// Frees it at any stage. NULL is allowed.
void sl_lu_destroy(sl_lu *lu);

#endif
