// Cells of vectors: k-means, each row in one or two cells, near cells with near numbers. Internal to
// the room; format/publish.h drives it in steps.
//
// Based on: S. Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28 (1982),
// doi:10.1109/TIT.1982.1056489; the second cell: P. Sun, D. Simcha, D. Dopson, R. Guo, S. Kumar,
// "SOAR: improved indexing for approximate nearest neighbor search", NeurIPS 2023,
// arXiv:2404.00774: the second residual should not point where the first one does.
#ifndef SL_FORMAT_CELLS_H
#define SL_FORMAT_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/status.h"

// Nearest cells among which the second one is chosen.
#define SL_CELLS_NEAR 16u
#define SL_CELLS_ROUNDS 12u
// Rows a cell that k-means looks at.
#define SL_CELLS_SAMPLE 128u

typedef struct sl_cells {
  uint32_t rows, dimension, stride, cells, sample;
  const float *vectors; // rows * stride, zeros behind each row
  float *centres;       // cells * stride
  float *halves;        // cells: half the squared lengths
  double *sums;         // cells * dimension
  uint32_t *counts;     // cells
  uint32_t *sampled;    // sample rows
  float *keys;          // cells, of one row
} sl_cells;

// Draws the sample and the first centres. All arrays are there. O(sample + cells * dimension).
void sl_cells_begin(sl_cells *c, sl_rng *rng);

// Adds sampled row i to its nearest centre's sum. O(cells * dimension).
void sl_cells_add(sl_cells *c, uint32_t i);

// Moves the centres to the means; an empty cell gets a row at random. O(cells * dimension).
void sl_cells_move(sl_cells *c, sl_rng *rng);

// Half the squared lengths anew. O(cells * dimension).
void sl_cells_measure(sl_cells *c);

// The nearest cells of a row, the nearest first; halves of squared distances go to `keys`.
//   near   `most` places, written
// Returns how many: `most`, or all there are. O(cells * dimension).
uint32_t sl_cells_near(sl_cells *c, const float *row, uint32_t most, uint32_t *near);

// The first cell of a row and, with two copies, the second; the same where there is one cell only.
//   residual   dimension numbers of room
void sl_cells_assign(sl_cells *c, const float *row, float *residual, uint32_t out[2]);

// A tour through the centres, each time to the nearest that was not visited: step `i` (from 1)
// exchanges centre i with the nearest one of those from i on. O(cells * dimension).
void sl_cells_tour(sl_cells *c, uint32_t i);

#endif
