// A remote index in memory, for the searches in it. Internal to the room.
#ifndef SL_FORMAT_READER_H
#define SL_FORMAT_READER_H

#include <stdbool.h>

#include "base/blocks.h"
#include "format/index.h"

struct sl_remote {
  sl_blocks blocks;
  bool verify;
  uint32_t users; // its owner, and the searches in it
  uint32_t index[INDEX_WORDS];
  uint64_t cells_at, details_at; // offsets in the file
  float *widths, *scales, *recall;
  uint32_t *counts;
  int8_t *centroids;
  uint64_t *cell_ends, *detail_ends;
  uint8_t *cell_hashes;
  double *squares; // of the lengths of centres
};

// How the block of a cell is divided. Errors: ERR_INDEX ("cell"), ERR_TRUNCATED ("bytes": it has
// another length).
sl_status sl_remote_cell_layout(const sl_remote *remote, uint32_t cell, size_t count,
                                index_cell *out);

// Errors: ERR_INDEX ("cell", "group"), ERR_TRUNCATED ("bytes").
sl_status sl_remote_group_size(const sl_remote *remote, uint32_t cell, uint32_t group,
                               size_t count);

#endif
