// What the eigen room's object holds. Internal to the room; the contract is eigen.h.
//
// The matrices here are scaled: A = a 2^exponent_a, B = b 2^exponent_b. Where the largest eigenvalues
// are wanted a is -A, so that below the smallest are.
#ifndef SL_EIGEN_EIGEN_OBJECT_H
#define SL_EIGEN_EIGEN_OBJECT_H

#include "base/rng.h"
#include "direct/factor_object.h"
#include "eigen/eigen.h"
#include "eigen/lobpcg_state.h"
#include "eigen/tridiagonal.h"

#define SL_EIGEN_CUTS 2

typedef enum sl_eigen_phase {
  SL_EIGEN_AT_MASS,   // a bound of the mass matrix from below, by factors
  SL_EIGEN_AT_CHOOSE, // the shift
  SL_EIGEN_AT_FACTOR, // the factor of the operator
  SL_EIGEN_AT_BASIS,  // the basis
  SL_EIGEN_AT_BOUNDS, // residuals of what has been found
  SL_EIGEN_AT_COUNT,  // factors at other shifts
  SL_EIGEN_AT_ENDED,
} sl_eigen_phase;

// Lanczos at work.
typedef struct sl_krylov {
  uint32_t room;    // columns of the basis, one more for the candidate
  uint32_t columns; // accepted
  uint32_t restart; // column of the first after a restart: its products with all are unknown
  uint32_t kept;    // columns that were there at the last start from a random vector
  double *q;        // n (room + 1)
  double *t;        // room x room: the projected operator, upper half
  double *h;        // room
  double *image;    // n: B times the candidate; NULL where B is the identity
  double *side;     // n: what the operator is applied to on its way
  double *spare;    // n: of refinement
  sl_small small;
  uint32_t *chosen; // room: places in `small`, wanted ones first
  double *scratch;  // 64 room
  int stage;
  uint32_t cursor;
  int pass;
  bool fresh;       // the candidate is a random vector
  bool corrects;    // the product is being refined
  double norm;      // squared, of the candidate
  double last;      // the same one pass ago
  double beta;      // of the candidate: what the projected operator leaves over
  double size;      // largest entry of t
  uint32_t checked; // columns at the last look
  uint32_t keep;    // columns that a rotation leaves
  bool ends;        // and then the pairs are read
  uint32_t turns;   // restarts with this shift
  uint32_t tries;   // random vectors since the last column
  bool closed;      // no more columns can be found
  double next;      // the Ritz value after the wanted ones; NaN for none
} sl_krylov;

// A bound of the error of a factor that is being computed.
typedef struct sl_growth {
  double *t; // 2 n: a vector by places, and entries of each row of the factor
  int stage;
  uint32_t cursor;
  double result;
} sl_growth;

// Neighbouring pairs whose intervals touch: as many eigenvalues lie in low .. high.
typedef struct sl_eigen_cluster {
  double low, high, squares;
  uint32_t first, count; // in `sorted`; count 0: null vectors
} sl_eigen_cluster;

struct sl_eigen {
  sl_job job;
  sl_eigen_phase phase;
  uint64_t work;
  uint32_t n, k, limit, applications;
  sl_eigen_which which;
  sl_eigen_method asked, method;
  bool flipped;
  double sigma_asked, tolerance;
  bool counts;
  sl_rng rng;
  sl_csr *a, *b; // b NULL: the identity
  int32_t exponent_a, exponent_b;
  double norm_a, norm_b; // largest sums of sizes in a row
  double *initial;       // n or NULL
  // Laplacians: their null vectors are known.
  uint32_t components; // 0: not a Laplacian whose smallest values are wanted
  uint32_t nulls;      // of them that are part of the answer
  uint32_t *label;     // n
  double *null_size;   // components: B-norms squared of the vectors that are constant on each
  double *null_sum;    // components
  double *row_sum;     // n: B times ones; NULL where B is the identity
  double null_bound;   // of |A x| / |x|, for any of them
  // The mass matrix.
  double *weight;    // n: diagonal of b to the -1/2; NULL where B is the identity
  double mass_least; // b - mass_least diag(b) is positive definite; 0: not known
  uint32_t trials;
  // The operator.
  bool inverts;
  bool refines;
  bool judged; // refines is decided
  double sigma;
  double sigma_base, sigma_step; // it is chosen by these, farther away each time it fails
  uint32_t lowered;              // times that it did
  uint32_t moved;                // times that it was brought nearer
  sl_factor *factor;
  double below; // eigenvalues below sigma, or -1
  double fill;
  uint32_t factors;
  sl_krylov krylov;
  sl_lobpcg *lobpcg; // NULL: Lanczos
  uint32_t wanted;   // pairs to be found by Lanczos: k - nulls
  uint32_t found;
  bool converged;
  uint32_t injected; // times that the basis was extended by a random vector after it was done
  uint32_t recounts; // counts that found less than there is
  uint32_t pending;  // times that it will be before the next count
  // What has been found: columns of krylov.q.
  uint32_t bounded;                         // pairs whose residual is known
  double *theta, *residual, *proved, *sine; // wanted each
  // Counting.
  int bound_stage;
  uint32_t bound_cursor;
  bool corrected; // theta has been, by what its residual showed
  double sums[5];
  double size;               // of the pair at hand: its B-norm squared from below
  double unnormal;           // norm of the Gram matrix of the vectors less 1, or more
  double *drift;             // wanted: of theta from the Rayleigh quotient, or more
  uint32_t *sorted;          // wanted: pairs by value
  sl_eigen_cluster *cluster; // wanted + 2
  uint32_t cuts, cut_at;
  double cut[SL_EIGEN_CUTS], cut_slack[SL_EIGEN_CUTS], cut_count[SL_EIGEN_CUTS];
  bool cut_above; // the first attempt: between the last wanted pair and the next
  sl_factor *counter;
  sl_growth growth; // of it
  double complete;  // leading pairs that are known to be all, or -1
  sl_outcome outcome;
};

static inline double sl_eigen_value_of(const sl_eigen *e, double mu) {
  return e->inverts ? e->sigma + 1 / mu : mu;
}

// Shifts (shift.c). a - sigma b; errors: ERR_MEMORY, ERR_OVERFLOW, ERR_NOT_FINITE.
sl_status sl_eigen_shifted(const sl_eigen *e, double sigma, sl_csr **out);
// The phases that make factors; each may go on to another phase.
sl_status sl_eigen_step_mass(sl_eigen *e, uint64_t work);
sl_status sl_eigen_choose(sl_eigen *e);
sl_status sl_eigen_step_factor(sl_eigen *e, uint64_t work);
// Moves the shift nearer to the wanted values, of which the first and the last are known roughly.
void sl_eigen_move_shift(sl_eigen *e, double first, double last);
// A shift that lies on a value drowns the others in its rounding: leaves it by a little, once. True: it
// did, and the basis is to be begun anew.
bool sl_eigen_leave_value(sl_eigen *e);
void sl_eigen_drop_factor(sl_factor **factor);
// What a symmetric factor is off by: W E W, in the largest sum of sizes in a row, is below `result` when
// a step is done. Errors of begin: ERR_MEMORY.
sl_status sl_eigen_begin_error(const sl_eigen *e, sl_growth *growth);
bool sl_eigen_step_error(sl_eigen *e, const sl_factor *factor, sl_growth *growth, uint64_t work);
void sl_growth_drop(sl_growth *growth);
// That, with the rounding of A - sigma B: no eigenvalue of the problem is moved by more.
double sl_eigen_shift_error(const sl_eigen *e, double growth, double sigma);

// LOBPCG (lobpcg.c): the preconditioner, which is `fill` entries, and then the block in krylov.q.
sl_status sl_eigen_begin_preconditioner(sl_eigen *e);
sl_status sl_eigen_step_preconditioner(sl_eigen *e, uint64_t work);
sl_status sl_eigen_begin_lobpcg(sl_eigen *e);
sl_status sl_eigen_step_lobpcg(sl_eigen *e, uint64_t work);
// What sl_eigen_inject and sl_eigen_extract do.
void sl_lobpcg_inject(sl_eigen *e);
void sl_lobpcg_extract(sl_eigen *e);
void sl_lobpcg_destroy(sl_lobpcg *lobpcg);
// The projected problem (lobpcg_project.c): begins it; takes its smallest pairs; adds directions; and the
// projected operator of the next basis.
void sl_lobpcg_begin_small(sl_eigen *e);
void sl_lobpcg_choose(sl_eigen *e);
void sl_lobpcg_step_direct(sl_eigen *e, uint64_t work);
void sl_lobpcg_step_project(sl_eigen *e, uint64_t work);
size_t sl_lobpcg_bytes(const sl_lobpcg *lobpcg, size_t n);

// Lanczos (lanczos.c).
// Workspace for so many columns. Errors: ERR_MEMORY.
sl_status sl_krylov_reserve(sl_eigen *e, uint32_t room);
sl_status sl_eigen_begin_lanczos(sl_eigen *e);
sl_status sl_eigen_step_lanczos(sl_eigen *e, uint64_t work);
// Forgets the basis.
void sl_eigen_begin_again(sl_eigen *e);
// Goes on from a random vector, with what has been found.
void sl_eigen_inject(sl_eigen *e);
// Makes pairs of what there is, at once.
void sl_eigen_extract(sl_eigen *e);
void sl_krylov_destroy(sl_krylov *krylov);
size_t sl_krylov_bytes(const sl_krylov *krylov, size_t n);

// Bounds (bounds.c).
sl_status sl_eigen_step_bounds(sl_eigen *e, uint64_t work, bool *done);
sl_status sl_eigen_begin_count(sl_eigen *e);
sl_status sl_eigen_step_count(sl_eigen *e, uint64_t work);
// Bounds by gaps, from what has been counted.
void sl_eigen_close_bounds(sl_eigen *e);

// Null vectors of Laplacians (null.c).
sl_status sl_eigen_find_nulls(sl_eigen *e);
// x less its part in the null space.
void sl_eigen_deflate(sl_eigen *e, double *x);

#endif
