// Least squares with sparse matrices of any shape: x that makes |b - A x|^2 + damping^2 |x|^2
// smallest, in the 2-norm, for many right-hand sides. f64.
//
//   sl_least_squares_create(matrix, b, m, SL_LEAST_LSMR, 0, 1e-10, 1000, 0, false, 0, 0, &least);
//   sl_job *job = sl_least_squares_job(least);
//   do sl_job_step(job, work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_least_squares_read(least, x, facts);
//
// Where several x are as good (more columns than rows, columns that depend on others, a singular
// matrix) the one of least |x| is found: all iterates lie in the space of the rows.
//
// An answer is recomputed when an iteration says that it is done: its residual and A^T times that,
// in twice the precision. What they prove is the backward error, which decides whether the answer
// has converged. If it does not, the iteration begins again with the residual for a right-hand side.
//
// Columns are scaled by powers of two, which is exact: any finite values are allowed.
//
// Based on: C. C. Paige, M. A. Saunders, "LSQR: An algorithm for sparse linear equations and sparse
// least squares", ACM TOMS 8 (1982), doi:10.1145/355984.355989; D. C.-L. Fong, M. A. Saunders,
// "LSMR: An iterative algorithm for sparse least-squares problems", SIAM J. Sci. Comput. 33 (2011),
// doi:10.1137/10079687X; C. C. Paige, M. A. Saunders, "Solution of sparse indefinite systems of
// linear equations", SIAM J. Numer. Anal. 12 (1975), doi:10.1137/0712047 (MINRES; where it does not give
// the answer of least length it is run again for what A x can be, S.-C. T. Choi, C. C. Paige,
// M. A. Saunders, "MINRES-QLP", SIAM J. Sci. Comput. 33 (2011), doi:10.1137/100787921).
#ifndef SL_LEASTSQUARES_LEASTSQUARES_H
#define SL_LEASTSQUARES_LEASTSQUARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "sparse/csr.h"

typedef struct sl_least_squares sl_least_squares;

typedef enum sl_least_method {
  SL_LEAST_LSMR = 0,   // |A^T r| falls in each iteration: may be stopped earlier
  SL_LEAST_LSQR = 1,   // |r| is the smallest in each iteration
  SL_LEAST_MINRES = 2, // symmetric matrices, one product an iteration in place of two
  SL_LEAST_CG = 3, // symmetric definite matrices: conjugate gradients with an incomplete Cholesky
                   // factor (direct/incomplete.h)
  SL_LEAST_GMRES = 4, // square matrices: GMRES with incomplete LU factors (direct/ilut.h)
  SL_LEAST_QR = 5,    // a sparse QR factorisation, refined; columns that do not depend on others
} sl_least_method;

// Makes the object and begins the work.
//   matrix      m x n; read, not kept
//   b           b_count = m k numbers, column after column, k >= 1; read, not kept
//   method      a value of sl_least_method
//   damping     >= 0, finite; 0 with MINRES, CG and GMRES
//   tolerance   0 .. 1: the backward error at which an answer has converged; below 2^-50 it counts
//               as that
//   max_iterations   for each right-hand side: 1 .. 2^32 - 1
//   condition_limit  an iteration whose estimate of the condition number passes it ends with the
//               outcome SINGULAR; >= 1, or 0 for none
//   column_scaling   whether iterations see columns of norm about 1. Fewer iterations where the
//               columns differ; where several x are as good the least |D x| is found, D being the
//               norms, in place of |x|. Not with MINRES and CG; QR has it always
//   drop        of CG and GMRES: entries of the factor below this part of a row are left out; 0 .. 1
//   fill        of CG and GMRES: the factor has at most about so many times the entries of A; >= 0, finite
//   Errors: ERR_OPTION ("method": QR without damping and with more columns than rows, "damping",
//           "tolerance", "max_iterations", "condition_limit", "column_scaling", "drop_tolerance", "fill"), ERR_SHAPE ("b": not a multiple of m, or none), ERR_NOT_FINITE ("b",
//           position), ERR_NOT_SQUARE, ERR_NOT_SYMMETRIC ("matrix": MINRES, CG), ERR_OVERFLOW ("matrix": with
//           damping, more than 2^32 - 2 rows or entries), ERR_MEMORY. The job fails with ERR_MEMORY, or ERR_SINGULAR ("matrix", position: a column that depends on
//           others up to rounding: QR); without a factor with none.
//   Allocates all that it needs but the factor: about 24 nnz + 60 (m + n) + 8 (m + n) k bytes, GMRES 330 n
//   more. O(nnz).
sl_status sl_least_squares_create(sl_csr *matrix, const double *b, size_t b_count, int32_t method,
                                  double damping, double tolerance, uint32_t max_iterations,
                                  double condition_limit, bool column_scaling, double drop,
                                  double fill, sl_least_squares **out);

// Frees it. NULL is allowed.
void sl_least_squares_destroy(sl_least_squares *least);

// Begins anew with other right-hand sides, as many as before. What was made of the matrix is kept, a
// factor too; answers are forgotten, and what is still running is given up.
//   b               m k numbers; read, not kept
//   max_iterations  for each right-hand side from now on: 1 .. 2^32 - 1
//   of_b            true: an answer has converged when |b - A x| <= tolerance |b|. What
//                   sl_least_squares_read gives as the backward error is then a proved bound of
//                   |b - A x| / |b|. Without damping; false: as sl_least_squares_create says
//   Errors: ERR_OPTION ("max_iterations", "of_b": with damping), ERR_NOT_FINITE ("b", position), ERR_STATE
//   (its factor could not be made). Allocates nothing. O(m k).
sl_status sl_least_squares_begin(sl_least_squares *least, const double *b, uint32_t max_iterations,
                                 bool of_b);

// Units of work that a factor has taken so far; 0 without one.
uint64_t sl_least_squares_setup_work(const sl_least_squares *least);

// The work. Units are multiplications. Outcomes: CONVERGED, or that of the first right-hand side
// whose outcome is another.
sl_job *sl_least_squares_job(sl_least_squares *least);
extern const sl_job_kind sl_least_squares_kind;

// The lengths of what sl_least_squares_read writes. out: two numbers, written: n and k.
void sl_least_squares_shape(const sl_least_squares *least, double *out);

// What has come of it.
//   x       n k numbers, written, column after column: of each right-hand side the best answer
//           that was recomputed
//   facts   SL_LEAST_FACTS k numbers, written: for each right-hand side
//     0 outcome: CONVERGED; STAGNATED: the backward error is above the tolerance and beginning again did
//       not halve it, or (MINRES) it is not for the x of least length, which was not found; ITERATION_LIMIT, TIME_LIMIT, WORK_LIMIT; SINGULAR: the condition number
//       passed its limit; BREAKDOWN: x is beyond the range of numbers, and is 0
//     1 iterations, 2 how often the iteration began again
//     3 a bound of |b - A x|, in the 2-norm, rounding included
//     4 the same of |A^T (b - A x) - damping^2 x|, which is 0 for the exact answer
//     5 backward error, a proved bound (after sl_least_squares_begin it may be another one): x is an exact answer for a matrix, or for a matrix and a
//       right-hand side, that differ from those given by at most this part of their (Frobenius, 2-)
//       norms. With damping: for the matrix [A; damping I]
//     6 1 where A x = b but for the tolerance, else 0
//     7 an estimate of the condition number of A, a lower one; with column_scaling of A D^-1; 1 with CG
//       and GMRES, which make none
//     8 |x|, about
//   Errors: ERR_STATE. O((n + 1) k).
//
// The backward error is the smaller of |A^T r| / (|r| |A|), G. W. Stewart, "Research, development,
// and LINPACK", Mathematical Software III (1977), and |r| / (|A| |x| + |b|), J. L. Rigal, J. Gaches,
// J. ACM 14 (1967), doi:10.1145/321406.321416.
#define SL_LEAST_FACTS 9
sl_status sl_least_squares_read(sl_least_squares *least, double *x, double *facts);

size_t sl_least_squares_bytes(const sl_least_squares *least);

#endif
