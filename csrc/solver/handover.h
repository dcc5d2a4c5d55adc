// The way over from a local answer to a full solve, when pushing is not worth it any more. Internal
// to the room.
#ifndef SL_SOLVER_HANDOVER_H
#define SL_SOLVER_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "solver/local.h"
#include "solver/solver.h"
#include "sparse/csr.h"

// A full solve of A x = b to a proved error.
typedef struct sl_handover {
  const sl_method_set *methods;
  sl_csr *matrix;
  const sl_row_slack *slack; // of its rows, or NULL
  sl_bound_norm norm;        // of the bound that is wanted: INF, or ONE where columns are dominant
  double demand;             // wanted bound
  uint64_t max_work;         // edge operations over all attempts; UINT64_MAX for no limit
  const double *b;
  double *b_copy; // when the right-hand side is sparse
  double *x;      // n: the solution so far
  sl_solver *solver;
  double tolerance;
  double look; // residual norm from which on x may be good enough
  uint32_t solves;
  // what has come of it
  sl_outcome outcome;
  double bound; // proved bound of x in `norm`; infinite when there is none
  uint64_t work, touched_rows;
} sl_handover;

// Starts it from x = `guess`, or from zero when guess is NULL.
//   methods   of the solver, kept
//   slack     of the rows of matrix, kept: lets a solve end sooner where they differ. Or NULL
//   guess   n numbers, copied. Errors: ERR_MEMORY and those of sl_solver_begin; then all is freed.
//   Allocates. O(n).
sl_status sl_handover_begin(sl_handover *handover, const sl_method_set *methods, sl_csr *matrix,
                            const sl_row_slack *slack, const sl_local_vector *b,
                            const double *guess, sl_bound_norm norm, double demand,
                            uint64_t max_work);

// Goes on; *ended once x is good enough, also before the solver has met its tolerance, or cannot
// become so. Tightens the tolerance of the solver and starts it again from x as often as the bound
// is not met.
sl_status sl_handover_step(sl_handover *handover, uint64_t work, bool *ended);

// Ends it from outside: x and its bound are what has been reached.
sl_status sl_handover_stop(sl_handover *handover, sl_outcome why);

// Frees everything; a zeroed one is allowed.
void sl_handover_drop(sl_handover *handover);

// Edge operations so far, those of the running solve included. O(1).
uint64_t sl_handover_work(const sl_handover *handover);

// Bytes held.
size_t sl_handover_bytes(const sl_handover *handover);

#endif
