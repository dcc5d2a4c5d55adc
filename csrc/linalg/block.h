// Products and triangular solves of blocks of matrices, on the tiles of room gemm. Internal to the room.
//
// Matrices are kept column by column, columns `ld` apart. A sum over more than SL_BLOCK_DEPTH places is
// made of the sums of blocks, added in their order, products rounded before they are added: the same
// bits in every build.
//
// What is written to a column may reach three elements below the rows asked for, which keep their
// values: ld is at least three more than the rows (sl_block_stride).
#ifndef SL_LINALG_BLOCK_H
#define SL_LINALG_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  SL_BLOCK = 64,          // columns of a panel
  SL_BLOCK_TALL = 128,    // rows that are packed at a time
  SL_BLOCK_TILE = 8,      // columns that are packed at a time
  SL_BLOCK_PACKED = 4096, // numbers of a packed triangle of SL_BLOCK rows; a little less than that
};

// Numbers of scratch memory that each function takes.
enum { SL_BLOCK_SCRATCH = (SL_BLOCK_TALL + SL_BLOCK_TILE) * 256 + SL_BLOCK_PACKED + 4 * SL_BLOCK };

// Element (i, j) is at[i * row + j * column].
typedef struct sl_view {
  const double *at;
  ptrdiff_t row, column;
} sl_view;

// How far apart columns of `rows` elements lie: room for three elements more, and no multiple of 64,
// where all elements of a row would fall into the same few lines of a cache.
size_t sl_block_stride(uint32_t rows);

// c += a b, or c -= a b where `minus`.
//   a   m x k, read
//   b   k x n, read
//   c   m x n, read and written; overlaps neither
// O(m n k).
void sl_block_add(uint32_t m, uint32_t n, uint32_t k, sl_view a, sl_view b, bool minus, double *c,
                  size_t ldc, double *scratch);

// Solves T X = B, T lower triangular of at most SL_BLOCK rows.
//   t     w x w, read; only on and below the diagonal, below where `unit`
//   x     w x n: B, then X; element (i, j) at x[i * row + j * column]
// Negative strides make an upper triangle of a lower one. O(w^2 n).
void sl_block_solve(uint32_t w, uint32_t n, sl_view t, bool unit, double *x, ptrdiff_t row,
                    ptrdiff_t column, double *scratch);

// The elements of a view that begin at (i, j).
static inline sl_view sl_view_from(sl_view v, size_t i, size_t j) {
  return (sl_view){v.at + (ptrdiff_t)i * v.row + (ptrdiff_t)j * v.column, v.row, v.column};
}
static inline sl_view sl_view_turned(sl_view v) { return (sl_view){v.at, v.column, v.row}; }

#endif
