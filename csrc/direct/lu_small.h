// Blocks of few rows, of which circuits have hundreds: the columns of a row are bits of a number, so that an
// order and a factorisation need no lists and no searches. Internal to the room.
#ifndef SL_DIRECT_LU_SMALL_H
#define SL_DIRECT_LU_SMALL_H

#include "direct/lu_object.h"

// Orders a block by minimum degree: exactly, the first of equals. A row with one neighbour, which fills nothing
// either, is as good as one with none.
//   neighbours     size, read and destroyed: bit j of number i: row i has an entry in column j, or row j one
//                  in column i; bit i may be set
//   order          size, written
//   fill, flops    written: entries off the diagonal and operations, when every pivot is on the diagonal
void sl_lu_small_order(uint64_t *neighbours, uint32_t size, uint32_t *order, double *fill,
                       double *flops);

// A block that is being factorised. Columns count from its first, by their places before pivots were sought.
typedef struct sl_lu_small {
  double x[SL_LU_SMALL];         // the row at hand; zeros in between
  uint64_t row_bit[SL_LU_SMALL]; // of the row that has the column as its pivot, or 0
  uint64_t taken;                // columns that are pivots
  uint32_t column[SL_LU_SMALL];  // pivot of each row
} sl_lu_small;

typedef struct sl_lu_small_row {
  uint32_t lower, upper; // entries that were written, without the pivot
  uint32_t pivot;        // SL_LU_NO_PIVOT: the row vanished
  bool finite;           // false: it left the range of numbers, and nothing was written
  uint64_t products;
} sl_lu_small_row;

#define SL_LU_NO_PIVOT UINT32_MAX

// Begins a block.
void sl_lu_small_begin(sl_lu_small *small);

// Factorises row k of a block that begins at `first`; there is room for its entries at `lower_at` and
// `upper_at`. Columns of the upper factor count from the first of the block, as here. Entries outside of the
// block go to where they are kept.
//   wanted    column that is preferred as pivot
//   renamed   n: places of columns of earlier blocks
void sl_lu_small_factor(sl_lu *lu, sl_lu_small *small, uint32_t k, uint32_t first,
                        uint64_t lower_at, uint64_t upper_at, uint32_t wanted,
                        const uint32_t *renamed, sl_lu_small_row *out);

#endif
