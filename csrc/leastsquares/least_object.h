// What the object of the leastsquares room holds. Internal to the room; the contract is
// leastsquares.h.
//
// The equations here are scaled: column j of `a` is column j of [A; damping I] times
// 2^-column_exponent[j], b is that given times 2^-exponent_b, and an answer x' of them stands for
// x_j = x'_j 2^(exponent_b - column_exponent[j]).
#ifndef SL_LEASTSQUARES_LEAST_OBJECT_H
#define SL_LEASTSQUARES_LEAST_OBJECT_H

#include "base/blocks.h"
#include "leastsquares/leastsquares.h"

typedef struct sl_least_factor sl_least_factor; // least_factor.h

typedef enum sl_least_phase {
  SL_LEAST_AT_FACTOR,   // made before the first right-hand side
  SL_LEAST_AT_COLUMN,   // the next right-hand side
  SL_LEAST_AT_PASS,     // the iteration
  SL_LEAST_AT_RESIDUAL, // of an answer: r = b - A x
  SL_LEAST_AT_NORMAL,   // A^T r
  SL_LEAST_AT_JUDGE,
} sl_least_phase;

// Why a pass of the iteration ended.
typedef enum sl_least_end {
  SL_LEAST_BY_RULE, // it takes its answer for good enough, or has nothing left to do
  SL_LEAST_BY_ITERATIONS,
  SL_LEAST_BY_CONDITION,
  SL_LEAST_FROM_OUTSIDE,
} sl_least_end;

// What has been computed of an answer. In scaled numbers.
typedef struct sl_least_proof {
  double residual; // bound of |b - A x|, without the rows of the damping
  double normal;   // bound of |A^T r|, of the columns as they were given, over 2^largest_exponent
  double error;    // backward error
  double size;     // |x|, of the unknowns as they were given, times 2^largest_exponent
  bool consistent;
} sl_least_proof;

struct sl_least_squares {
  sl_job job;
  sl_blocks blocks;
  sl_least_phase phase;
  sl_outcome outcome; // of the first right-hand side that has not converged
  sl_outcome why;     // of a stop from outside
  uint64_t work;
  uint32_t m, n, rows; // of A, and of [A; damping I]
  uint32_t columns;    // right-hand sides
  sl_least_method method;
  double tolerance, condition_limit;
  uint32_t limit;
  bool of_b;      // answers are judged by |b - A x| / |b|
  bool made;      // the factor is
  uint64_t setup; // work of the factor
  sl_csr *a, *t;  // t: the transpose; a itself with MINRES
  int32_t *column_exponent;
  int32_t largest_exponent; // of them
  double norm;        // a bound of |[A; damping I]| / 2^largest_exponent from below, Frobenius
  double norm_scaled; // |a|, Frobenius, about
  double widest;      // bound of the same from above
  double *b;          // m columns
  double *answers;    // n columns, in the user's units when a column has ended
  double *facts;      // SL_LEAST_FACTS columns
  // The right-hand side at work.
  uint32_t column, iterations, restarts;
  int32_t exponent_b;
  double norm_b;     // bound of |b| from below
  double *right;     // rows: b, and 0 for the damping
  double *base;      // n: where the pass began
  double *x;         // n: what it adds
  double *candidate; // n: the answer that is being judged
  double *best;      // n
  double *residual;  // rows
  double *normal;    // n
  double best_error;
  sl_least_proof proof, best_proof;
  double slack; // bound of |r - residual|
  // MINRES, once it is known what is left over: the answer of least length is sought.
  bool shortens;
  double shortest_error; // of the best of them
  double *left;          // n: what is left over
  double left_size;
  sl_least_factor *factor; // of CG, GMRES and QR; NULL otherwise
  // The pass.
  sl_least_end ended_by;
  int stage;
  uint32_t cursor;   // rows of the product that are done
  uint32_t count;    // iterations of this pass
  double base_size;  // |base|
  double condition;  // estimate
  double *u, *v;     // rows, n
  double *w, *w_old; // n
  double *y;         // MINRES: n
  double alpha, beta;
  double s[16]; // scalars of the recurrences
};

// y = matrix x - scale y, up to about `until` units of e->work. True when all rows are done; e->cursor
// is 0 then and to begin with.
bool sl_least_product(sl_least_squares *e, const sl_csr *matrix, const double *x, double scale,
                      double *y, uint64_t until);

// Begins a pass with e->residual for a right-hand side, and goes on with it; true when it has ended:
// e->x is what is to be added to e->base, e->ended_by says why.
void sl_least_begin_golub_kahan(sl_least_squares *e);
bool sl_least_step_golub_kahan(sl_least_squares *e, uint64_t until);
void sl_least_begin_minres(sl_least_squares *e);
bool sl_least_step_minres(sl_least_squares *e, uint64_t until);

// The same for the methods with a factor (least_factor.c), which is made first.
//   Errors of begin: ERR_MEMORY, ERR_OVERFLOW; of step: ERR_MEMORY, ERR_SINGULAR ("matrix", position: a
//   column).
sl_status sl_least_begin_factor(sl_least_squares *e, double drop, double fill);
sl_status sl_least_step_factor(sl_least_squares *e, uint64_t until);
void sl_least_drop_factor(sl_least_squares *e);
size_t sl_least_factor_bytes(const sl_least_squares *e);
void sl_least_begin_factored(sl_least_squares *e);
bool sl_least_step_factored(sl_least_squares *e, uint64_t until);

// Whether |r| and |A^T r| / |r|, as a pass estimates them, are small enough.
bool sl_least_is_enough(const sl_least_squares *e, double residual, double normal);

// The candidate as it will be returned, its residual, A^T times that, and what they prove.
// step_*: true when done. judge: fills e->proof.
void sl_least_round_candidate(sl_least_squares *e);
bool sl_least_step_residual(sl_least_squares *e, uint64_t until);
bool sl_least_step_normal(sl_least_squares *e, uint64_t until);
void sl_least_prove(sl_least_squares *e);

#endif
