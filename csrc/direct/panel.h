// Dense kernels of the panels of a factor, in 128-bit vectors. Internal to the room.
//
// All arrays are column by column; ld is the distance of columns. Each result is summed in the order
// of the columns, so that every build gives the same bits.
#ifndef SL_DIRECT_PANEL_H
#define SL_DIRECT_PANEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Packs the transpose of the first n rows of a panel, times its pivots, for
// sl_panel_subtract.
//   a        n x k, read
//   d, e     k, read: the diagonal of the pivots, and e[p] != 0 where a 2 x 2 pivot of columns p and
//            p + 1 begins; e is NULL where there is none
//   packed   n k, written
void sl_panel_pack(uint32_t n, uint32_t k, const double *a, size_t lda, const double *d,
                   const double *e, double *packed);

// c -= a b.
//   a        m x k, read
//   packed   b, k x n, as sl_panel_pack leaves it
//   c        m x n, read and written
// O(m n k).
void sl_panel_subtract(uint32_t m, uint32_t n, uint32_t k, const double *a, size_t lda,
                       const double *packed, double *c, size_t ldc);

// How the pivots of a panel are chosen, and what came of it.
typedef struct sl_pivoting {
  bool definite;      // no exchanges: stops at the first pivot that is not positive
  double threshold;   // a pivot smaller than this is replaced by it
  uint32_t perturbed; // pivots that were replaced
  uint32_t
      first_perturbed; // column of the first of them in this panel, of meaning when there is one
} sl_pivoting;

// Factors the diagonal block of a panel: P A P^T = L D L^T.
//   a          count x width, ld = count: rows of the diagonal block, read and written: strictly
//              below the diagonal L; columns below it are exchanged alike
//   diagonal   width, read: size of the matrix's diagonal, for `definite`
//   d, e       width, written: the pivots, as in sl_panel_pack
//   exchanged  width, written: the column that stands at each place
//   Returns width, or with `definite` the place of the first pivot that is not positive.
uint32_t sl_panel_factor(double *a, uint32_t count, uint32_t width, const double *diagonal,
                         double *d, double *e, uint32_t *exchanged, sl_pivoting *pivoting);

// The rows below the diagonal block: A becomes A L^-T D^-1.
//   scratch   width x width, written
void sl_panel_divide(double *a, uint32_t count, uint32_t width, const double *d, const double *e,
                     double *scratch);

#endif
