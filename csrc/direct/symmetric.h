// The numbers of a symmetric factorisation: P A P^T = L D L^T, with D of 1 x 1 blocks where A is
// definite and of 1 x 1 and 2 x 2 blocks otherwise. Internal to the room.
#ifndef SL_DIRECT_SYMMETRIC_H
#define SL_DIRECT_SYMMETRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "direct/analysis.h"
#include "direct/panel.h"

typedef struct sl_symmetric {
  const sl_analysis *analysis;
  const double *entries; // of the matrix, scaled
  double *values;        // analysis.value_count: the panels
  double *d;             // n: diagonal of D, by place
  double *e;             // n: e[k] != 0: a 2 x 2 block of k and k + 1 with it; NULL where simple
  uint32_t *exchanged;   // n: in each panel, which column stands where; NULL where simple
  sl_pivoting pivoting;
  uint32_t perturbed_row;
  // While it is made.
  uint32_t cursor;       // panel, or row of a simple one
  bool assembled;        // the panel's own entries are in place
  uint32_t updating;     // the panel that updates it next
  uint32_t *head, *next; // panels: those that update a panel first
  uint32_t *at;          // panels: the next row of each that has not been used; simple: entries of
                         // a column so far
  uint32_t *map;         // n: where a row stands in the panel; simple: marks
  uint32_t *stack;       // n: simple
  double *dense;         // simple: n
  double *block;         // one block of an update
  double *packed;        // SL_PANEL_WIDTH^2
} sl_symmetric;

// Begins a factorisation; called again for other entries it uses what it has.
//   symmetric  read and written: zeroed, or of the same analysis
//   analysis   complete; kept
//   entries    nnz of the matrix, kept: in the places of its pattern
//   pivoting   definite and threshold
//   Errors: ERR_MEMORY. Allocates 8 bytes a value and about 30 a row.
sl_status sl_symmetric_begin(sl_symmetric *symmetric, const sl_analysis *analysis,
                             const double *entries, sl_pivoting pivoting);

// Goes on for about `work` multiplications. done: written. *spent grows.
//   Errors: ERR_NOT_DEFINITE ("matrix", position: the row), with `definite`.
sl_status sl_symmetric_step(sl_symmetric *symmetric, uint64_t work, uint64_t *spent, bool *done);

// Frees what only making it needs. It is allocated again by the next begin.
void sl_symmetric_settle(sl_symmetric *symmetric);

void sl_symmetric_destroy(sl_symmetric *symmetric);

size_t sl_symmetric_bytes(const sl_symmetric *symmetric);

// A part of y = (L D L^T)^-1 y, y by places.
//   y        n, read and written
//   scratch  analysis.largest_count, written
//   cursor   read and written: 0 begins; grows to 2 panels, when it is done
void sl_symmetric_solve(const sl_symmetric *symmetric, double *y, double *scratch, uint64_t work,
                        uint32_t *cursor);

#endif
