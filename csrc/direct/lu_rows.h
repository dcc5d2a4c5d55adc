// Rows of the upper factor that lie one below another: each has the columns of the one before it
// but for its own pivot, in the same order (a supernode). What they take away from another row is
// then summed for each column before it is subtracted, two columns at a time. Internal to the room.
#ifndef SL_DIRECT_LU_ROWS_H
#define SL_DIRECT_LU_ROWS_H

#include "direct/lu_object.h"

// Rows that are kept together at most: what has to be moved when one is pruned.
#define SL_LU_MOST_ROWS 64
// With fewer columns than this a row is not worth joining.
#define SL_LU_LEAST_COLUMNS 16

// x -= factors (rows) for the rows row .. row + count - 1 of one supernode, of which `count` >= 2.
//   column    the column of the first one's pivot, as upper_index and x count
//   x         read and written: zero at the pivots of the rows afterwards
//   factors   count, written: what each row was multiplied with
void sl_lu_subtract_rows(const sl_lu *lu, uint32_t row, uint32_t count, uint32_t column, double *x,
                         double *factors);

// Multiplications of that.
static inline uint64_t sl_lu_row_products(const sl_lu *lu, uint32_t row, uint32_t count) {
  uint64_t length = lu->upper_start[row + 1] - lu->upper_start[row];
  return count * length - (uint64_t)count * (count - 1) / 2;
}

// Subtracts a single row; returns its factor.
static inline double sl_lu_subtract_row(const sl_lu *lu, uint32_t row, uint32_t column, double *x) {
  uint64_t begin = lu->upper_start[row], count = lu->upper_start[row + 1] - begin;
  const uint32_t *columns = lu->upper_index + begin;
  const double *values = lu->upper_value + begin;
  double factor = x[column];
  x[column] = 0;
  for (uint64_t t = 0; t < count; t++) x[columns[t]] -= factor * values[t];
  return factor;
}

#endif
