// Decompositions of dense matrices by orthogonal ones: QR with least squares, eigenpairs of symmetric
// matrices, singular values. f64.
//
//   sl_orthogonal_create(values, m * n, m, n, SL_ORTHOGONAL_SVD, 1, &o);
//   sl_job *job = sl_orthogonal_job(o);
//   do sl_job_step(job, work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_orthogonal_read(o, SL_ORTHOGONAL_VALUES, values, k);
//
// Matrices come and go row by row. They are copied, and scaled by a power of two, which is exact: any
// finite values are allowed. What is below 2^-500 of the largest entry may count as 0 (of QR without
// pivoting columns are scaled one by one). The same bits in every build and however the work is cut
// into steps.
//
// Based on: R. Schreiber, C. Van Loan, "A storage-efficient WY representation for products of
// Householder transformations", SIAM J. Sci. Stat. Comput. 10 (1989), doi:10.1137/0910005;
// P. Businger, G. H. Golub, "Linear least squares solutions by Householder transformations", Numer.
// Math. 7 (1965), doi:10.1007/BF01436084; A. Dubrulle, R. S. Martin, J. H. Wilkinson, "The implicit
// QL algorithm", Numer. Math. 12 (1968), doi:10.1007/BF02165404; Z. Drmac, K. Veselic, "New fast and
// accurate Jacobi SVD algorithm", SIAM J. Matrix Anal. Appl. 29 (2008), doi:10.1137/050639193.
#ifndef SL_LINALG_ORTHOGONAL_H
#define SL_LINALG_ORTHOGONAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"

typedef struct sl_orthogonal sl_orthogonal;

typedef enum sl_orthogonal_kind {
  SL_ORTHOGONAL_QR = 0,    // A = Q R; with `option` A P = Q R, |R_kk| falling
  SL_ORTHOGONAL_EIGEN = 1, // A = X diag(values) X^T, A symmetric; with `option` X as well
  SL_ORTHOGONAL_SVD = 2,   // A = U diag(values) V^T; with `option` U and V as well
} sl_orthogonal_kind;

// Makes the object and begins the work.
//   values   count = rows * columns numbers, row by row; read, not kept
//   kind     a value of sl_orthogonal_kind
//   option   0 or 1, see there
//   Errors: ERR_OPTION ("kind", "option"), ERR_SHAPE ("matrix": count), ERR_NOT_FINITE ("matrix",
//           position), ERR_NOT_SQUARE, ERR_NOT_SYMMETRIC ("matrix", position: a row; EIGEN),
//           ERR_OVERFLOW, ERR_MEMORY. The job fails with ERR_MEMORY.
//   Allocates what sl_orthogonal_estimate says, some of it in the course.
sl_status sl_orthogonal_create(const double *values, size_t count, uint32_t rows, uint32_t columns,
                               uint32_t kind, uint32_t option, sl_orthogonal **out);

// Frees it. NULL is allowed.
void sl_orthogonal_destroy(sl_orthogonal *o);

// Bytes that the object takes at most until the decomposition is there.
double sl_orthogonal_estimate(uint32_t rows, uint32_t columns, uint32_t kind, uint32_t option);

// The work that was begun last. Units are multiplications. Outcomes: CONVERGED; STAGNATED (EIGEN, SVD:
// too many iterations, which is not known to happen); TIME_LIMIT, WORK_LIMIT. What was stopped has no
// result.
sl_job *sl_orthogonal_job(sl_orthogonal *o);
extern const sl_job_kind sl_orthogonal_job_kind;

typedef enum sl_orthogonal_part {
  SL_ORTHOGONAL_VALUES = 0, // of QR the diagonal of R; k = min(rows, columns) numbers; eigenvalues
                            // ascending, singular values descending
  SL_ORTHOGONAL_LEFT = 1,   // rows x k: U, eigenvectors in columns; of QR the last Q that was begun
  SL_ORTHOGONAL_RIGHT = 2,  // columns x k: V; of QR R, k x columns
  SL_ORTHOGONAL_PERMUTATION = 3, // of QR: column i of A P is column out[i] of A; `columns` numbers
  SL_ORTHOGONAL_RESIDUALS =
      4, // of EIGEN with vectors: bounds of |A x - value x|, rounding included
} sl_orthogonal_part;

// One of its parts, row by row.
//   out   out_count numbers, written
//   Errors: ERR_STATE (not decomposed, no Q begun), ERR_OPTION ("part"), ERR_SHAPE ("out").
sl_status sl_orthogonal_read(const sl_orthogonal *o, uint32_t part, double *out, size_t out_count);

// Of QR: begins Q, `columns` of it: min(rows, columns of A) .. rows. Errors: ERR_STATE, ERR_OPTION
// ("columns"), ERR_MEMORY. O(rows columns^2).
sl_status sl_orthogonal_begin_q(sl_orthogonal *o, uint32_t columns);

// Of QR with pivoting: begins the X that makes |B - A X| smallest, of all of them the shortest.
//   b           b_count = rows * columns numbers, row by row; read, not kept
//   tolerance   the rank is that of the R_kk with |R_kk| > tolerance |R_00|; 0 .. 1, or below 0 for
//               2^-52 max(rows, columns of A)
//   Errors: ERR_STATE, ERR_UNSUPPORTED ("matrix": no pivoting), ERR_SHAPE, ERR_NOT_FINITE ("b", position),
//           ERR_OPTION ("tolerance"), ERR_MEMORY.
// Where the rank is below the columns of A by the complete orthogonal decomposition: QR of the rows of
// R that count, transposed.
sl_status sl_orthogonal_begin_solve(sl_orthogonal *o, const double *b, size_t b_count,
                                    uint32_t columns, double tolerance);

// The solution that was begun last.
//   x       x_count = columns of A * columns of B numbers, row by row, written
//   facts   1 + columns of B numbers, written: the rank, |B - A X| of each column in the 2-norm
//   Errors: ERR_STATE, ERR_SHAPE ("x").
sl_status sl_orthogonal_read_solve(const sl_orthogonal *o, double *x, size_t x_count,
                                   double *facts);

// How many values are above tolerance times the largest (below 0: 2^-52 max(rows, columns)); of QR
// those of R_kk. Errors: ERR_STATE, ERR_OPTION ("tolerance").
sl_status sl_orthogonal_rank(const sl_orthogonal *o, double tolerance, uint32_t *out);

size_t sl_orthogonal_bytes(const sl_orthogonal *o);

#endif
