// Factorisations of sparse matrices that are kept: A x = b for many right-hand sides, each answer
// refined until its backward error is near the rounding unit, and new values on the same pattern.
//
//   sl_factor_create(matrix, &options, &factor);
//   sl_job *job = sl_factor_job(factor);
//   do sl_job_step(job, work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_factor_begin_solve(factor, b, 1, false, 10, 1e-14);     and steps again
//   sl_factor_read_solve(factor, x, numbers, NULL);
//
// A symmetric matrix is ordered by minimum degree and becomes P A P^T = L D L^T: by dense panels
// (supernodes) where the factor fills, row by row where it does not. A matrix that is not definite
// gets pivots of 1 x 1 and 2 x 2, sought inside each panel; those that are too small there are
// replaced, which the refinement makes good or the outcome tells.
//
// Rows and columns are scaled by powers of two first, which is exact: any finite values are allowed.
// The factor keeps a copy of the matrix and needs the one it was made from no more.
#ifndef SL_DIRECT_FACTOR_H
#define SL_DIRECT_FACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"
#include "base/status.h"
#include "direct/file.h"
#include "sparse/csr.h"

typedef struct sl_factor sl_factor;

typedef enum sl_factor_method {
  SL_FACTOR_AUTO = 0, // CHOLESKY where the matrix may be definite, LDLT where it is symmetric and
                      // no pivot has to be replaced, else LU
  SL_FACTOR_CHOLESKY = 1, // symmetric positive definite
  SL_FACTOR_LDLT = 2,     // symmetric
  SL_FACTOR_LU = 3,       // any: direct/lu.h
} sl_factor_method;

// The order of elimination.
typedef enum sl_factor_ordering {
  SL_FACTOR_ORDER_AMD = 0,     // approximate minimum degree
  SL_FACTOR_ORDER_NATURAL = 1, // as the rows stand; LU: inside its blocks
  // AMD; COLUMNS where LU is predicted to fill less by it, and NESTED where CHOLESKY or LDLT is and so
  // many operations are predicted that looking for it pays
  SL_FACTOR_ORDER_AUTO = 2,
  SL_FACTOR_ORDER_COLUMNS =
      3, // LU: minimum degree on A A^T, which fills little whatever the pivots are
  SL_FACTOR_ORDER_NESTED = 4, // CHOLESKY and LDLT: nested dissection
} sl_factor_ordering;

// Makes the object and begins its factorisation: its job (sl_factor_job) does the work, ends
// CONVERGED, and fails with
//   ERR_NOT_DEFINITE ("matrix", position: the row of A whose pivot is not positive), CHOLESKY
//   ERR_SINGULAR     ("matrix", position: a row of A that depends on others, or one of several that
//                    have too few columns among them), LU
//   ERR_RANGE        ("matrix"): the factors leave the range of numbers, LU
//   ERR_MEMORY       before the work that the memory is for: CHOLESKY and LDLT take all of the
//                    factor at once
//   ERR_OVERFLOW     ("matrix") a factor that cannot be indexed
// and after a failure there is no factor: solving is ERR_STATE, refactorising is allowed.
//   matrix     read, not kept
//   method, ordering   values of the enums
//   Errors: ERR_NOT_SQUARE, ERR_NOT_SYMMETRIC ("matrix": CHOLESKY and LDLT), ERR_SINGULAR ("matrix", position: a row
//           without entries other than 0), ERR_OPTION ("method", "ordering": one that the method does not
//           take), ERR_MEMORY.
//   Allocates 20 bytes an entry and 12 a row. O(nnz).
sl_status sl_factor_create(sl_csr *matrix, int32_t method, int32_t ordering, sl_factor **out);

// Frees it. NULL is allowed.
void sl_factor_destroy(sl_factor *factor);

// Rows of the matrix.
uint32_t sl_factor_rows(const sl_factor *factor);

// How it is factorised (SL_FACTOR_CHOLESKY ..): as sl_factor_facts says, without the product of pivots.
int32_t sl_factor_method_of(const sl_factor *factor);

// The work that was begun last, in steps. Units are multiplications.
sl_job *sl_factor_job(sl_factor *factor);
extern const sl_job_kind sl_factor_kind;

// The analysis alone, for a prediction: makes an object whose job ends when it is known what the
// factor will take. Only sl_factor_facts may be asked of it. Errors: as above.
sl_status sl_factor_create_estimate(sl_csr *matrix, int32_t method, int32_t ordering,
                                    sl_factor **out);

// Begins a factorisation with other values on the same pattern: the order and the analysis are used
// again. Until it has ended there is no factor; a refused matrix leaves the old one.
//   values     count numbers, read: one for each entry, row by row; count = entries of the pattern
//   matrix     read, not kept: the pattern must be the same
//   Errors: ERR_SHAPE ("values"), ERR_NOT_FINITE ("values", position), ERR_NOT_SYMMETRIC,
//           ERR_SINGULAR ("matrix", position: row), ERR_ARGUMENT ("matrix": another pattern;
//           position: the first row that differs), ERR_STATE ("factor": running, or an estimate),
//           ERR_MEMORY. O(nnz).
sl_status sl_factor_begin_values(sl_factor *factor, const double *values, size_t count);
sl_status sl_factor_begin_matrix(sl_factor *factor, sl_csr *matrix);

// Begins solving A X = B, or A^T X = B.
//   b          n columns numbers, column after column, copied
//   refinements  how many corrections each column may get, 0 .. 100
//   tolerance  0 .. 1: a column whose backward error is at most this is CONVERGED. Every answer meets 1:
//              without refinements no residual is computed then, errors are 1, and bounds are infinite
//   Errors: ERR_STATE ("factor": no factor, or running), ERR_EMPTY, ERR_NOT_FINITE ("b", position),
//           ERR_OPTION ("refinements", "tolerance"), ERR_OVERFLOW ("b"), ERR_MEMORY. What is refused
//           leaves the last answer readable.
//   Allocates 16 bytes a row and column, kept for the next solve; 40 a row the first time.
//   O(fill + nnz) a correction and column.
sl_status sl_factor_begin_solve(sl_factor *factor, const double *b, uint32_t columns,
                                bool transpose, uint32_t refinements, double tolerance);

// What has come of it. Errors: ERR_STATE.
//   x     n columns numbers, written
//   out   4 numbers, written:
//     0   outcome: CONVERGED; STAGNATED: some backward error is above the tolerance and did not
//         become smaller; BREAKDOWN: some answer is not finite. TIME_LIMIT, WORK_LIMIT: columns that
//         had not been begun are 0, with a backward error of 1
//     1   the largest componentwise backward error: each answer x is the exact solution for a matrix
//         and a right-hand side whose entries are off by at most this part of them. Computed for the
//         array that is returned, with residuals in twice the precision. Without refinements they are
//         in double precision where that tells whether the tolerance is met, and their rounding is counted
//     2   a bound of |x - A^-1 b| in every entry of every column, rounding included, where it can
//         be proved: A strictly row dominant |r_i| / slack_i. Infinite
//         otherwise
//     3   corrections, of the column that took the most
//   errors   columns numbers, written: the backward error of each. May be NULL
sl_status sl_factor_read_solve(const sl_factor *factor, double *x, double *out, double *errors);

// The same without a copy, for hosts that share the memory. Errors: ERR_STATE. O(1).
//   out   SL_FACTOR_VIEW numbers, written: the four as above; 4 and 5: addresses of x and of the errors, which
//         stay as long as the factor does and nothing is begun
#define SL_FACTOR_VIEW 6
sl_status sl_factor_view_solve(const sl_factor *factor, double *out);

// Begins an estimate of the condition number ||A||_1 ||A^-1||_1: a lower bound that is rarely off by
// more than 3 times (N. J. Higham, ACM TOMS 14 (1988), doi:10.1145/50063.214386). Needs at most 11
// solves. Errors: ERR_STATE, ERR_MEMORY.
sl_status sl_factor_begin_condition(sl_factor *factor);

// Errors: ERR_STATE.
sl_status sl_factor_read_condition(sl_factor *factor, double *out);

// What is known, as numbers. Of an object without factor those from 6 on are -1 or 0. Fill, operations
// and bytes are known as soon as the analysis has ended: a host may ask between the steps, and drop
// a factorisation that would take too much.
//   out   SL_FACTOR_FACTS numbers, written:
//     0 rows, 1 entries, 2 method used, 3 ordering used, 4 fill: entries of the factor, its diagonal
//     included, 5 floating-point operations of the factorisation, 6 bytes held, 7 bytes predicted of
//     the object at its largest, 8 whether the factor is made of panels, 9 pivots that were replaced,
//     10 the row of the first of them or -1, 11 and 12 positive and negative eigenvalues, -1 each
//     where pivots were replaced, 13 sign of the determinant, 14 log of its size, 15 diagonal blocks that are factorised one by
//     one, 16 rows of the largest
//   O(n) the first time for each factor, else O(1).
#define SL_FACTOR_FACTS 17
void sl_factor_facts(sl_factor *factor, double *out);

// Begins the file of a factor: see direct/file.h. Errors: ERR_STATE (no factor), ERR_MEMORY.
//   factor   read; it must outlive the writer, which fails with ERR_STATE after other values are
//            begun
sl_status sl_factor_save(sl_factor *factor, sl_writer **out);

// Makes a factor from a file that has been read (sl_reader_end has succeeded). Its job takes the
// parts apart and ends CONVERGED; it fails with ERR_FORMAT ("bytes") where they do not fit.
//   Errors: ERR_FORMAT, ERR_STATE, ERR_MEMORY. Safe on untrusted bytes: yes. O(nnz).
sl_status sl_factor_load(sl_reader *reader, sl_factor **out);

size_t sl_factor_bytes(const sl_factor *factor);

#endif
