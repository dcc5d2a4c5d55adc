// A few eigenpairs of large sparse symmetric problems: A x = lambda x, or A x = lambda B x with B
// symmetric positive definite. f64.
//
//   sl_eigen_create(matrix, NULL, problem, NULL, 0, &eigen);
//   sl_job *job = sl_eigen_job(eigen);
//   do sl_job_step(job, work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_eigen_read(eigen, numbers, values, vectors, residuals, bounds, angles);
//
// Shift-invert: Lanczos with full reorthogonalisation and thick restarts on (A - sigma B)^-1 B, by a
// factor of A - sigma B. Lanczos: the same on B^-1 A, without a factor where B is the identity.
// Values that occur several times are found as often: by the inertia of factors at other shifts,
// which count the eigenvalues below them, or by going on from random vectors orthogonal to what has
// been found. LOBPCG: a block of vectors that goes down the Rayleigh quotient, with an incomplete
// Cholesky factor of A as preconditioner (lobpcg.c).
//
// Matrices are scaled by powers of two first, which is exact: any finite values are allowed.
//
// Based on: K. Wu, H. Simon, "Thick-restart Lanczos method for large symmetric eigenvalue problems",
// SIAM J. Matrix Anal. Appl. 22 (2000), doi:10.1137/S0895479898334605; R. G. Grimes, J. G. Lewis,
// H. D. Simon, "A shifted block Lanczos algorithm for solving sparse symmetric generalized
// eigenproblems", SIAM J. Matrix Anal. Appl. 15 (1994), doi:10.1137/S0895479888151111 (the choice
// of shifts, counts by inertia).
#ifndef SL_EIGEN_EIGEN_H
#define SL_EIGEN_EIGEN_H

#include "base/job.h"
#include "base/status.h"
#include "graph/graph.h"
#include "sparse/csr.h"

typedef struct sl_eigen sl_eigen;

typedef enum sl_eigen_which {
  SL_EIGEN_SMALLEST = 0,
  SL_EIGEN_LARGEST = 1,
  SL_EIGEN_NEAREST = 2, // to sigma
} sl_eigen_which;

typedef enum sl_eigen_method {
  // SHIFT_INVERT; LANCZOS for the largest of A x = lambda x, where most pairs are asked for (NEAREST
  // too), and for very small matrices; LOBPCG where a factor would not fit memory or take more than
  // 2^41 operations
  SL_EIGEN_AUTO = 0,
  SL_EIGEN_SHIFT_INVERT = 1,
  SL_EIGEN_LANCZOS = 2,
  SL_EIGEN_LOBPCG = 3,
} sl_eigen_method;

// Makes the object and begins the work.
//   matrix    n x n, exactly symmetric; read, not kept
//   mass      B: n x n, exactly symmetric; read, not kept; NULL for the identity
//   problem   SL_EIGEN_OPTIONS numbers, read:
//     0 how many pairs: 1 .. n
//     1 a value of sl_eigen_which
//     2 a value of sl_eigen_method; LANCZOS and LOBPCG do not go with NEAREST
//     3 sigma, finite: of meaning with NEAREST
//     4 tolerance, 0 .. 1: pairs are sought until |A x - lambda B x| is about this part of
//       |A| + |lambda| |B|; below 4 rounding units it counts as those
//     5 the largest number of applications of the operator: 1 .. 2^32 - 1
//     6 seed of the random vectors: 0 .. 2^53
//     7 whether the null vectors of a Laplacian are left out: 0 or 1
//     8 whether shift-invert counts eigenvalues by further factors: 0 or 1
//   initial   initial_count = n numbers to begin with, read; NULL and 0 for random ones
//   Errors: ERR_NOT_SQUARE, ERR_NOT_SYMMETRIC ("matrix", "mass"), ERR_SHAPE ("mass"), ERR_OPTION
//           ("k", "which", "method", "sigma", "tolerance", "max_iterations", "seed",
//           "skip_null": A is no Laplacian), ERR_SHAPE, ERR_NOT_FINITE ("initial", position), ERR_MEMORY. The
//           job fails with ERR_NOT_DEFINITE ("mass", position: a row), ERR_MEMORY (LOBPCG takes
//           over where the method is AUTO), ERR_OVERFLOW, ERR_RANGE ("mass": eigenvalues too far from
//           |A| / |B|).
//   Allocates: a copy of the matrices at once; 8 n (2 k + 20) bytes and the factor in the course;
//   LOBPCG 8 n (8 k + 25), half as much again with a mass matrix, and at most about 130 n for the preconditioner.
//   O(nnz).
#define SL_EIGEN_OPTIONS 9
sl_status sl_eigen_create(sl_csr *matrix, sl_csr *mass, const double *problem,
                          const double *initial, size_t initial_count, sl_eigen **out);

// The same for the Laplacian of an undirected graph, D - W, or I - D^-1/2 W D^-1/2.
//   normalized   the latter, where rows of nodes without edges are 0
//   problem      as above
//   Errors: ERR_UNSUPPORTED ("graph": directed), ERR_NOT_FINITE ("weights": a sum overflows), and as
//           above, where "k" is limited by the nodes less the components if null vectors are left
//           out.
sl_status sl_eigen_create_graph(const sl_graph *graph, bool normalized, const double *problem,
                                sl_eigen **out);

// The same for the largest singular values of a matrix of any shape: eigenvalues of [0 A; A^T 0], whose
// vectors are [u; v] / sqrt(2), rows + cols numbers each.
//   matrix    m x n; read, not kept
//   problem   as above; k <= min(m, n), LARGEST
//   Errors: ERR_OPTION ("k", "which"), ERR_OVERFLOW ("matrix": 2 nnz or m + n is too much), and as above.
sl_status sl_eigen_create_singular(const sl_csr *matrix, const double *problem, sl_eigen **out);

// Frees it. NULL is allowed.
void sl_eigen_destroy(sl_eigen *eigen);

// The work. Units are multiplications. Outcomes: CONVERGED; STAGNATED: some residual is more than
// 10^4 times what the tolerance asks for; BREAKDOWN: the mass matrix is too near to a singular one for
// so many vectors; ITERATION_LIMIT, TIME_LIMIT, WORK_LIMIT. What has been reached may be read, perhaps
// fewer pairs than were asked for.
sl_job *sl_eigen_job(sl_eigen *eigen);
extern const sl_job_kind sl_eigen_kind;

// The lengths of what sl_eigen_read writes. out: two numbers, written: n and k.
void sl_eigen_shape(const sl_eigen *eigen, double *out);

// What has come of it.
//   out         SL_EIGEN_FACTS numbers, written:
//     0 outcome, 1 pairs there are, p <= k, 2 method used, 3 applications of the operator, 4 sigma
//     used: the factor is of A - sigma B; NaN without, 5 eigenvalues below that sigma by inertia, or
//     -1, 6 leading pairs, counted from the end that was asked for, of which it is checked by inertia
//     that no eigenvalue between or beyond them is missing, -1 where that was not checked,
//     7 components of a Laplacian's graph, 0 where it is none, 8 factorisations made, 9 entries of
//     the factor, or of the preconditioner, 10 bytes held, 11 pairs that reached the tolerance
//   values      k, written: p eigenvalues, ascending; with LARGEST descending, with NEAREST by
//               distance from sigma
//   vectors     n k, written: column after column, the B-norm of each is 1 and its largest entry
//               positive. Null vectors of a Laplacian are constant on a component
//   residuals   k, written: a bound of |A x - lambda B x| / |x| in the 2-norm, rounding included
//   bounds      k, written: some eigenvalue is no farther from values[i] than this. Proved: the
//               B^-1-norm of the residual over the B-norm of x, and its square over the gap where the
//               gap has been proved by inertia; infinite where B could not be bounded from below
//   angles      k, written: a bound of the sine of the angle (in the B-inner product) between x and
//               the eigenvector, or for a null vector of a Laplacian the null space; 1 where it is
//               not known, as for eigenvalues that occur several times
//   Errors: ERR_STATE. What is beyond p is 0. O(n k).
//
// The bounds: B. N. Parlett, "The Symmetric Eigenvalue Problem", SIAM (1998),
// doi:10.1137/1.9781611971163, theorems 4.5.1, 11.5.1 and 11.7.1; Z.-H. Cao, J.-J. Xie, R.-C. Li, "A
// sharp version of Kahan's theorem on clustered eigenvalues", Linear Algebra Appl. 245 (1996).
#define SL_EIGEN_FACTS 12
sl_status sl_eigen_read(sl_eigen *eigen, double *out, double *values, double *vectors,
                        double *residuals, double *bounds, double *angles);

size_t sl_eigen_bytes(const sl_eigen *eigen);

#endif
