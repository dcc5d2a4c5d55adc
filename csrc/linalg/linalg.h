// Decompositions of dense matrices: LU and Cholesky, with what is asked of them. f64.
//
//   sl_decomposition_create(values, n * n, n, n, SL_DECOMPOSITION_LU, &d);
//   sl_job *job = sl_decomposition_job(d);
//   do sl_job_step(job, work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_decomposition_begin_solve(d, b, n * k, k, false, 3, 0);      and steps of the same job again
//   sl_decomposition_read_solve(d, x, facts);
//
// Matrices come and go row by row. They are copied, and scaled by powers of two, which is exact: any
// finite values are allowed. Right-looking panels of 64 columns, the rest by products of blocks: the
// same bits in every build and however the work is cut into steps.
//
// Based on: E. Anderson et al., "LAPACK Users' Guide", SIAM (1999), doi:10.1137/1.9780898719604
// (blocked LU, Cholesky and refinement); S. Toledo, "Locality of reference in LU decomposition with
// partial pivoting", SIAM J. Matrix Anal. Appl. 18 (1997), doi:10.1137/S0895479896297744 (panels).
#ifndef SL_LINALG_LINALG_H
#define SL_LINALG_LINALG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"

typedef struct sl_decomposition sl_decomposition;

typedef enum sl_decomposition_kind {
  SL_DECOMPOSITION_LU = 0,       // P A = L U, partial pivoting; square
  SL_DECOMPOSITION_CHOLESKY = 1, // A = L L^T; symmetric positive definite
} sl_decomposition_kind;

// Makes the object and begins the work.
//   values   count = rows * columns numbers, row by row; read, not kept
//   kind     a value of sl_decomposition_kind
//   Errors: ERR_OPTION ("kind"), ERR_SHAPE ("matrix": count), ERR_NOT_FINITE ("matrix", position),
//           ERR_NOT_SQUARE, ERR_NOT_SYMMETRIC ("matrix", position: a row), ERR_OVERFLOW, ERR_MEMORY. The
//           job fails with ERR_NOT_DEFINITE ("matrix", position: the row of the first pivot that is
//           not positive). A matrix that is singular is decomposed all the same.
//   Allocates all that the decomposition takes (sl_decomposition_estimate). O(rows columns).
sl_status sl_decomposition_create(const double *values, size_t count, uint32_t rows,
                                  uint32_t columns, uint32_t kind, sl_decomposition **out);

// Frees it. NULL is allowed.
void sl_decomposition_destroy(sl_decomposition *d);

// Bytes that the object takes at most until the decomposition is there; solving takes
// 16 (n + 3) k bytes more, the inverse 8 n (n + 3).
double sl_decomposition_estimate(uint32_t rows, uint32_t columns, uint32_t kind);

// The work that was begun last. Units are multiplications: n^3 / 3 of LU, n^3 / 6 of Cholesky.
// Outcomes: CONVERGED, TIME_LIMIT, WORK_LIMIT. What was stopped has no result; a decomposition that
// was stopped is none.
sl_job *sl_decomposition_job(sl_decomposition *d);
extern const sl_job_kind sl_decomposition_job_kind;

// What is known of a decomposition.
typedef struct sl_decomposition_facts {
  uint32_t kind, rows, columns;
  double pivot;           // the first that is exactly 0: the matrix is singular; -1: none is
  double sign;            // of the determinant: -1, 0, 1
  double log_determinant; // log |determinant|, -inf where it is 0
  double determinant;     // infinite or 0 where it is beyond the range of numbers
  bool
      scaled; // its entries span more than 2^900: L and U are those of a matrix with scaled rows and
              // columns
} sl_decomposition_facts;
//   Errors: ERR_STATE (not decomposed). O(n).
sl_status sl_decomposition_facts_read(const sl_decomposition *d, sl_decomposition_facts *out);

typedef enum sl_decomposition_part {
  SL_PART_LOWER = 0,       // L: rows x columns; of LU 1 on the diagonal
  SL_PART_UPPER = 1,       // U, or L^T
  SL_PART_PERMUTATION = 2, // row i of P A is row out[i] of A: `rows` numbers. Not of CHOLESKY
} sl_decomposition_part;

// One of its parts, row by row.
//   out   out_count numbers, written
//   Errors: ERR_STATE, ERR_OPTION ("part"), ERR_UNSUPPORTED ("part": `scaled`), ERR_SHAPE ("out").
//   O(rows columns).
sl_status sl_decomposition_read(const sl_decomposition *d, uint32_t part, double *out,
                                size_t out_count);

// Begins to solve A X = B, or A^T X = B.
//   b             b_count = rows * columns numbers, row by row; read, not kept
//   columns       right-hand sides
//   transposed    whether A^T
//   refinements   the most corrections of each column, 0 .. 100
//   tolerance     a column is corrected until its backward error is at most this, or is not halved;
//                 0 .. 1
//   Errors: ERR_STATE (not decomposed), ERR_SHAPE, ERR_NOT_FINITE ("b", position), ERR_OPTION
//           ("refinements", "tolerance"), ERR_SINGULAR ("matrix", position: the pivot that is 0), ERR_MEMORY.
//   Allocates 16 (n + 3) columns bytes. O(n^2 columns) in all steps.
sl_status sl_decomposition_begin_solve(sl_decomposition *d, const double *b, size_t b_count,
                                       uint32_t columns, bool transposed, uint32_t refinements,
                                       double tolerance);

// The solution of what was begun last.
//   x       x_count = n * columns numbers, row by row, written. What is beyond the range of numbers is
//           infinite
//   facts   SL_SOLVE_FACTS numbers for each column, written:
//     0 backward error, componentwise: x solves a system whose entries, and right-hand side, differ
//       from those given by at most this part of each (W. Oettli, W. Prager 1964); from a residual in
//       twice the precision
//     1 corrections made
//     2 |b - A x| in the 2-norm, of the same residual
//   Errors: ERR_STATE (nothing solved), ERR_SHAPE ("x"). O(n columns).
#define SL_SOLVE_FACTS 3
sl_status sl_decomposition_read_solve(const sl_decomposition *d, double *x, size_t x_count,
                                      double *facts);

// Begins the inverse: n^3 multiplications. Errors: ERR_STATE, ERR_SINGULAR, ERR_MEMORY.
sl_status sl_decomposition_begin_inverse(sl_decomposition *d);

// The inverse, row by row: out_count = n * n numbers, written. Errors: ERR_STATE, ERR_SHAPE ("out").
sl_status sl_decomposition_read_inverse(const sl_decomposition *d, double *out, size_t out_count);

// Begins to estimate |A|_1 |A^-1|_1 by at most 11 solves: seldom below a third of it, and but for
// rounding never above. Infinite where the matrix is singular. Errors: ERR_STATE, ERR_MEMORY.
// Based on: N. J. Higham, ACM TOMS 14 (1988), doi:10.1145/50063.214386.
sl_status sl_decomposition_begin_condition(sl_decomposition *d);
sl_status sl_decomposition_read_condition(const sl_decomposition *d, double *out);

size_t sl_decomposition_bytes(const sl_decomposition *d);

#endif
