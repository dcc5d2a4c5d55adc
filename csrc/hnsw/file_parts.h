// What the writer (file.c) and the reader (file_load.c) of index files share; docs/format.md has every
// byte.
#ifndef SL_HNSW_FILE_PARTS_H
#define SL_HNSW_FILE_PARTS_H

#include "base/container.h"
#include "hnsw/rows.h"

enum { META, IDS, STATES, ROWS, LEVELS, LINKS, UPPER, EXACT, SECTIONS };
// Version 0 ends before the last two numbers. Version 2 has the hashes of vectors behind the exact
// rows, and is written where they are kept (copies.h).
enum { META_VERSION = 1, META_HASHES = 2, META_BYTES_0 = 80, META_BYTES = 88 };
// In the file a copy (copies.h) has a state of its own, and one link: to the next slot of its ring.
enum { STATE_COPY = 4 };

static const uint32_t TAGS[SECTIONS] = {SL_TAG('M', 'E', 'T', 'A'), SL_TAG('I', 'D', 'S', ' '),
                                        SL_TAG('S', 'T', 'A', 'T'), SL_TAG('R', 'O', 'W', 'S'),
                                        SL_TAG('L', 'E', 'V', 'L'), SL_TAG('L', 'N', 'K', '0'),
                                        SL_TAG('L', 'N', 'K', 'U'), SL_TAG('E', 'X', 'C', 'T')};

// Of codes that are prefixes, their elements stand above the number of the codes.
enum { PREFIX_SHIFT = 8 };

// What stands in front of rows of codes with tails.
enum { NO_MODEL, MODEL, MODEL_AND_EARLY };

// Vectors and prefixes without their padding, codes as they stand.
static inline size_t saved_row_bytes(const sl_store *store) {
  if (store->codes == SL_CODES_PREFIX) return sizeof(float) * (size_t)store->prefix;
  return store->codes == SL_CODES_NONE ? sl_metric_input_bytes(store->metric, store->dimension)
                                       : store->row_bytes;
}

#endif
