// What a decomposition holds. Internal to the room; the contract is linalg.h.
//
// The matrix that is decomposed is A' = D A E, D and E powers of two: a'_ij = a_ij 2^-(row_i + column_j).
#ifndef SL_LINALG_OBJECT_H
#define SL_LINALG_OBJECT_H

#include "linalg/block.h"
#include "linalg/linalg.h"

typedef enum sl_linalg_phase {
  SL_LINALG_FACTOR,
  SL_LINALG_SOLVE,
  SL_LINALG_INVERSE,
  SL_LINALG_CONDITION,
} sl_linalg_phase;

// Triangular solves with the factors, one after the other, in steps of a block of rows.
typedef struct sl_sweep {
  double *x;                     // n rows, columns ld apart
  uint32_t columns, first, here; // all; those that are being solved
  bool transposed;
  int stage; // 0 the first triangle, 1 the second
  uint32_t block;
} sl_sweep;

typedef struct sl_condition {
  int stage;
  uint32_t rounds, last;
  double estimate, norm, result;
  int32_t base_row, base_column; // taken off the exponents
} sl_condition;

struct sl_decomposition {
  sl_job job; // the first member
  sl_linalg_phase phase;
  uint32_t kind, n;
  bool whole, scaled;
  size_t ld;
  double *a;                               // ld n: A', then the factors
  double *copy;                            // ld n: A'
  int32_t *row_exponent, *column_exponent; // n each
  uint32_t *pivots;                        // n: of LU, the row that row i was exchanged with
  uint32_t zero;                           // the first pivot that is 0, or n
  double *scratch;                         // SL_BLOCK_SCRATCH
  uint64_t work, expected;
  // The factorisation: panel `at`; the columns to come from `column` on.
  uint32_t at, column;
  int stage;
  // Solving.
  sl_sweep sweep;
  bool solved, inverted, estimated;
  uint32_t sides, refinements, current, corrections;
  double tolerance, last;
  double *b, *x;             // ld sides: scaled
  int32_t *side_exponent;    // sides
  double *correction, *size; // ld: of one column
  double *best;              // ld
  double *facts;             // SL_SOLVE_FACTS sides
  double *inverse;           // ld n
  sl_condition condition;
};

static inline double *sl_linalg_column(const sl_decomposition *d, double *x, uint32_t j) {
  return x + j * d->ld;
}

// Goes on with the factorisation by one piece. True: it is done. Errors: ERR_NOT_DEFINITE.
sl_status sl_lu_step_(sl_decomposition *d, bool *done);
sl_status sl_cholesky_step_(sl_decomposition *d, bool *done);

// Exchanges rows of x as the pivots say: first to last, or back.
void sl_linalg_exchange(const sl_decomposition *d, double *x, uint32_t columns, uint32_t first,
                        uint32_t end, bool back);

// Begins to solve A' x = b or A'^T x = b in place, for `columns` columns; one piece more. True: done.
void sl_sweep_begin(sl_decomposition *d, double *x, uint32_t columns, bool transposed);
bool sl_sweep_step(sl_decomposition *d);

sl_status sl_linalg_step_solve(sl_decomposition *d, bool *done);
sl_status sl_linalg_step_inverse(sl_decomposition *d, bool *done);
sl_status sl_linalg_step_condition(sl_decomposition *d, bool *done);
void sl_linalg_drop_solve(sl_decomposition *d);
size_t sl_linalg_solve_bytes(const sl_decomposition *d);

// Errors: ERR_STATE; ERR_SINGULAR.
sl_status sl_linalg_require_whole(const sl_decomposition *d);
sl_status sl_linalg_require_regular(const sl_decomposition *d);

// Begins work of this phase.
void sl_linalg_begin(sl_decomposition *d, sl_linalg_phase phase, double work);

#endif
