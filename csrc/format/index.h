// What the writer and the reader of a remote index share. Internal to the room; docs/format.md
// describes the file.
#ifndef SL_FORMAT_INDEX_H
#define SL_FORMAT_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "crypto/sha256.h"
#include "format/nibbles.h"
#include "format/types.h"

// Words of the segment "index".
enum {
  INDEX_VERSION,
  INDEX_METRIC,
  INDEX_DIMENSION,
  INDEX_ROWS,
  INDEX_CELLS,
  INDEX_COPIES,
  INDEX_ENTRIES,
  INDEX_GROUP, // rows in a block of details
  INDEX_KEYS,
  INDEX_RECALLS,
  INDEX_WORDS = 16,
};
#define INDEX_VERSION_NUMBER 1u
#define INDEX_GROUP_ROWS 16u
// For each block of details: u32 length, hash.
#define INDEX_DETAIL_BYTES (4u + SL_SHA256_BYTES)
// The middle of the codes 0..255, and of the high half alone: 16 u + 7.5.
#define INDEX_MIDDLE 127.5
#define INDEX_HALF 7.5

// Groups of rows in a cell of `count` entries.
static inline uint32_t index_groups(uint32_t count) {
  return count / INDEX_GROUP_ROWS + (count % INDEX_GROUP_ROWS != 0);
}

// How a cell's block is divided: ids, scales, squared lengths (euclidean only), codes, details.
typedef struct index_cell {
  uint64_t scales, squares, codes, details, bytes;
} index_cell;

static inline index_cell index_cell_of(uint32_t metric, uint32_t dimension, uint32_t count) {
  index_cell c;
  const uint64_t n = count;
  c.scales = 4 * n;
  c.squares = 8 * n;
  c.codes = metric == SL_REMOTE_EUCLIDEAN ? 12 * n : 8 * n;
  c.details = c.codes + n * sl_nibbles_bytes(dimension);
  c.bytes = c.details + (uint64_t)index_groups(count) * INDEX_DETAIL_BYTES;
  return c;
}

static inline float index_get_f32(const uint8_t *p) {
  float v;
  memcpy(&v, p, sizeof v);
  return v;
}

// By what cells are ordered for a query, the smallest first.
//   codes    `dimension` codes of the centre, times `scale`
//   square   squared length of the centre
static inline double index_rank(uint32_t metric, const float *query, const int8_t *codes,
                                double scale, double square, uint32_t dimension) {
  double product = 0;
  for (uint32_t d = 0; d < dimension; d++) product += (double)query[d] * codes[d];
  product *= scale;
  if (metric == SL_REMOTE_EUCLIDEAN) return square - 2 * product;
  if (metric == SL_REMOTE_DOT || !(square > 0)) return -product;
  return -product / __builtin_sqrt(square);
}

#endif
