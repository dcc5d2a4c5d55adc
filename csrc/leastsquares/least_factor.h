// Methods that make a factor first: conjugate gradients with an incomplete Cholesky factor, GMRES with
// incomplete LU factors, and QR. Internal to the room.
#ifndef SL_LEASTSQUARES_LEAST_FACTOR_H
#define SL_LEASTSQUARES_LEAST_FACTOR_H

#include "direct/ilut.h"
#include "direct/incomplete.h"
#include "direct/sparse_qr.h"
#include "leastsquares/least_object.h"

// Columns of the basis of GMRES before it begins again.
#define SL_LEAST_CYCLE 40

struct sl_least_factor {
  sl_incomplete *cholesky;
  sl_ilut *lu;
  sl_sparse_qr *qr;
  uint32_t cursor; // of a solve with it
  double *scratch; // n, or rows and columns of QR
  // GMRES.
  double *basis; // n (SL_LEAST_CYCLE + 1)
  uint32_t j;    // columns that have been multiplied
  double h[SL_LEAST_CYCLE * (SL_LEAST_CYCLE + 1)], cosine[SL_LEAST_CYCLE], sine[SL_LEAST_CYCLE];
  double g[SL_LEAST_CYCLE + 1];
  double began; // residual of the cycle
};

#endif
