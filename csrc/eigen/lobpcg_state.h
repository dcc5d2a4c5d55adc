// The block of the locally optimal preconditioned conjugate gradient method. Internal to the room.
#ifndef SL_EIGEN_LOBPCG_STATE_H
#define SL_EIGEN_LOBPCG_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "direct/incomplete.h"

typedef enum sl_lobpcg_stage {
  SL_LOBPCG_CANDIDATE,
  SL_LOBPCG_PRECONDITION,
  SL_LOBPCG_DOTS,
  SL_LOBPCG_SUBTRACT,
  SL_LOBPCG_IMAGE,
  SL_LOBPCG_MULTIPLY,
  SL_LOBPCG_AGAINST,
  SL_LOBPCG_SMALL,
  SL_LOBPCG_CHOOSE,
  SL_LOBPCG_DIRECT,
  SL_LOBPCG_PROJECT,
  SL_LOBPCG_ROTATE,
  SL_LOBPCG_ROTATE_A,
  SL_LOBPCG_ROTATE_B,
  SL_LOBPCG_RESIDUAL,
  SL_LOBPCG_JUDGE,
} sl_lobpcg_stage;

// The basis S = [X P W] lies in krylov.q: x Ritz vectors, p directions they came by, w new ones. All
// columns are orthonormal in B.
typedef struct sl_lobpcg {
  sl_incomplete *preconditioner; // of A; NULL for none
  uint32_t width;                // columns of X that are sought
  uint32_t room;                 // columns of S
  uint32_t x, p, w;
  double *as, *bs;    // n room each: A S, B S; bs is NULL where B is the identity
  double *mix;        // room x 2 width: [X P] = S mix
  double *theta;      // width: Ritz values, ascending
  double *left;       // width: norms of residuals, as parts of what the tolerance is a part of
  uint32_t *active;   // width: columns that are still sought, ascending
  uint32_t count;     // of them
  uint32_t candidate; // of W
  sl_lobpcg_stage stage;
  uint32_t cursor; // row
  uint32_t at;     // column
  uint32_t keep;   // columns that the rotation leaves
  uint32_t kept;   // of them X
  int pass;
  uint32_t solve; // cursor of the preconditioner
  double length;  // of the candidate before the last pass
  double sums[2];
  uint32_t randoms; // candidates that are to be random vectors
  uint32_t probes;  // iterations to go on for after such
  double best;      // the least of the largest `left`
  uint32_t stale;   // iterations since it became smaller
} sl_lobpcg;

static inline uint32_t sl_lobpcg_columns(const sl_lobpcg *l) { return l->x + l->p + l->w; }

static inline void sl_lobpcg_go_to(sl_lobpcg *l, sl_lobpcg_stage stage) {
  l->stage = stage;
  l->cursor = 0;
  l->at = 0;
}

#endif
