// What such a decomposition holds. Internal to the room; the contract is orthogonal.h.
#ifndef SL_LINALG_ORTHOGONAL_OBJECT_H
#define SL_LINALG_ORTHOGONAL_OBJECT_H

#include "linalg/block.h"
#include "linalg/orthogonal.h"

enum { SL_REFLECTORS = 32 }; // reflectors of a panel

typedef enum sl_orthogonal_phase {
  SL_AT_FACTOR,  // reflectors
  SL_AT_FORM,    // of EIGEN and SVD: the product of them
  SL_AT_ITERATE, // QL, Jacobi
  SL_AT_FINISH,  // residuals; left vectors
  SL_AT_Q,
  SL_AT_SOLVE,
} sl_orthogonal_phase;

// Products of all reflectors with a matrix, in steps of a panel and some columns.
typedef struct sl_reflecting {
  double *x; // m rows, columns ld apart
  uint32_t columns, first, panel;
  bool transposed; // Q^T x
} sl_reflecting;

struct sl_orthogonal {
  sl_job job; // the first member
  sl_orthogonal_phase phase;
  uint32_t kind, option;
  uint32_t rows, columns; // as given
  uint32_t m, n, k;       // of what is kept: m >= n for SVD; k = min(m, n)
  uint32_t below;         // reflector j begins in row j + below
  bool turned;            // the transpose is kept
  bool whole;
  size_t ld;
  double *a;   // ld n: R above the diagonal, reflectors on and below it (first element 1, not kept)
  double *tau; // k
  int32_t exponent;         // A = a 2^exponent
  int32_t *column_exponent; // n, of QR without pivoting, besides
  uint32_t *order; // n: columns as they stand; of EIGEN and SVD places of values in their order
  double *norms;   // 2 n: of what is left of each column, and when last computed
  double *v, *w;   // ld SL_REFLECTORS each, and for w as many columns as are reflected at once
  double *t;       // SL_REFLECTORS^2
  double *scratch; // SL_BLOCK_SCRATCH
  uint64_t work, expected;
  uint32_t at, column; // reflector or pass; column
  int stage;
  sl_reflecting reflecting;
  // EIGEN: diagonal and what is beside it; SVD: squares of norms.
  double *values, *off, *rotations; // n, n, 2 n
  double *copy;                     // ld n: the symmetric matrix
  double *x;         // of EIGEN ld n: eigenvectors; of SVD n n: R^T, then V diag(values)
  double *z;         // SVD: n n: rotations
  double *left;      // SVD: ld n
  double *residuals; // n
  size_t xd;         // distance of columns of x and z
  uint32_t turns, rotated;
  bool stagnated;
  // QR: Q, solutions.
  double *q;
  uint32_t q_columns;
  double *b, *facts, *solution;
  int32_t *side_exponent;
  uint32_t sides, rank;
  sl_orthogonal *inner; // of the rows of R that count, transposed
  bool solved;
};

// ---- reflect.c ----------------------------------------------------------------------------------

// The reflector H = I - tau v v^T, v[0] = 1, with H x = beta e_0. x: n numbers, read; v beyond its first
// and beta in the first place, written. Returns tau.
double sl_reflector(double *x, uint32_t n);

double sl_column_dot(const double *x, const double *y, uint32_t n);
void sl_column_add(uint32_t n, double by, const double *x, double *y);

// Panel of reflectors first .. first + count: V into o->v, T into o->t. Rows from first + below on.
void sl_reflectors_pack(sl_orthogonal *o, uint32_t first, uint32_t count);
// c = (I - V T V^T) c or its transpose, of `columns` columns of c from the same row on.
void sl_reflectors_apply(sl_orthogonal *o, uint32_t first, uint32_t count, double *c, size_t ldc,
                         uint32_t columns, bool transposed);
enum { SL_REFLECTED = 64 }; // columns at a time

void sl_reflecting_begin(sl_orthogonal *o, double *x, uint32_t columns, bool transposed);
bool sl_reflecting_step(sl_orthogonal *o);

// ---- the kinds ----------------------------------------------------------------------------------

// One piece more. Errors: ERR_MEMORY.
sl_status sl_qr_step_(sl_orthogonal *o, bool *done);
sl_status sl_symmetric_step_(sl_orthogonal *o, bool *done);
sl_status sl_svd_step_(sl_orthogonal *o, bool *done);
sl_status sl_orthogonal_step_solve(sl_orthogonal *o, bool *done);
void sl_orthogonal_drop_solve(sl_orthogonal *o);

void sl_orthogonal_begin(sl_orthogonal *o, sl_orthogonal_phase phase, double work);
sl_status sl_orthogonal_require_whole(const sl_orthogonal *o);
double sl_orthogonal_threshold(const sl_orthogonal *o, double tolerance);

#endif
