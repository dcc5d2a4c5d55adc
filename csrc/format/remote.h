// Vector search in a file of which only a little is read.
//
// Rows are in cells around centres, each in one or two; a cell is one block, of which 4-bit codes of
// the rows relative to the centre are the largest part. Groups of 16 rows have a block of details
// each: four bits more of every code, and keys. A search reads the cells nearest to the query, then
// the details of the best candidates.
//
// Based on: H. Jegou, M. Douze, C. Schmid, "Product quantization for nearest neighbor search", IEEE
// TPAMI 33 (2011), doi:10.1109/TPAMI.2010.57, section IV (inverted lists of residuals); C.
// Aguerrebere, I. Bhati, M. Hildebrand, M. Tepper, T. Willke, "Similarity search in the blink of an
// eye with compressed indices", PVLDB 16 (2023), arXiv:2304.04759 (two levels of scalar codes).
//
//   sl_remote_create      the head of the file: everything before the segment "cells"
//   sl_remote_search_create      a query; any number of them at the same time
//   sl_remote_search_cells       which cells to read, in which order
//   sl_remote_search_scan        a cell that has come
//   sl_remote_search_pick        of which candidates details are wanted
//   sl_remote_search_refine      a block of details that has come
//   sl_remote_search_results     the nearest
//
// All bytes may be hostile: what is not as it should be is an error, never a crash.
#ifndef SL_FORMAT_REMOTE_H
#define SL_FORMAT_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "format/types.h"

#define SL_REMOTE_NUMBERS 16
#define SL_REMOTE_PLACE 4

// Reads the head of a file.
//   bytes    count, read: the file from its beginning up to the segment "cells" at least
//   verify   1: compare the hashes of what is read
//   Errors: those of sl_segments_check(); ERR_FORMAT ("bytes"; position = offset in the file),
//   ERR_CHECKSUM, ERR_TRUNCATED, ERR_MEMORY. Allocates about as much as the head has. O(head).
sl_status sl_remote_create(const uint8_t *bytes, size_t count, uint32_t verify, sl_remote **out);

// Searches in it go on: the last one frees it. NULL is allowed.
void sl_remote_destroy(sl_remote *remote);
size_t sl_remote_bytes(const sl_remote *remote);

// numbers: SL_REMOTE_NUMBERS, written: 0 metric, 1 dimension, 2 rows, 3 cells, 4 copies, 5 entries,
// 6 rows in a group, 7 keys (0 none, 1 texts, 2 JSON), 8 offset of the segment "cells" in the file, 9
// of "details", 10 address of the measured recalls (f32: with 1, 2, ... cells), 11 how many, 12 1 to
// verify.
void sl_remote_read(const sl_remote *remote, double *numbers);

// Where a cell is: place[0] offset in the file, [1] length of its block, [2] offset of its details,
// [3] entries in it. Errors: ERR_INDEX ("cell").
sl_status sl_remote_place(const sl_remote *remote, uint32_t cell, double *place);

// Is this the block of a cell? To be asked once of each that arrives; what follows checks sizes only.
//   Errors: ERR_INDEX ("cell"), ERR_TRUNCATED, ERR_CHECKSUM, ERR_FORMAT ("bytes"). O(count).
sl_status sl_remote_check_cell(const sl_remote *remote, uint32_t cell, const uint8_t *bytes,
                               size_t count);

// The same for the details of a group.
//   block    block_count, read: the block of the cell
//   group    place of the group in the cell
//   Errors: as above; ERR_INDEX ("group"). O(count).
sl_status sl_remote_check_group(const sl_remote *remote, uint32_t cell, const uint8_t *block,
                                size_t block_count, uint32_t group, const uint8_t *bytes,
                                size_t count);

// Where details of a group are. place[0] offset in the file, [1] length. Errors: as above. O(groups).
sl_status sl_remote_group(const sl_remote *remote, uint32_t cell, const uint8_t *block,
                          size_t block_count, uint32_t group, double *place);

// The key of an entry, in the details of its group, which were checked.
//   entry   place in the cell
//   place   [0] offset in `bytes`, [1] length. Errors: ERR_INDEX ("entry"), ERR_FORMAT ("bytes").
sl_status sl_remote_key(const sl_remote *remote, uint32_t cell, uint32_t entry,
                        const uint8_t *bytes, size_t count, double *place);

// A search.
//   query   dimension numbers, read: finite, at most 1e16 in magnitude, not zero under cosine
//   Errors: ERR_SHAPE, ERR_NOT_FINITE, ERR_RANGE ("query"), ERR_MEMORY. O(cells dimension).
sl_status sl_remote_search_create(sl_remote *remote, const float *query, uint32_t dimension,
                                  sl_remote_search **out);
void sl_remote_search_destroy(sl_remote_search *search);

// The cells nearest to the query, the nearest first.
//   cells     `most` places, written; found: how many: `most`, or all there are
//   O(cells most) at most.
sl_status sl_remote_search_cells(const sl_remote_search *search, uint32_t most, uint32_t *cells,
                                 uint32_t *found);

// Looks at the rows of a cell.
//   allowed   a byte for each entry, read: 0 leaves it out; NULL: all are allowed
//   Errors: ERR_INDEX ("cell"), ERR_TRUNCATED, ERR_FORMAT ("bytes"), ERR_MEMORY. Allocates up to 64
//   bytes a row. O(entries dimension).
sl_status sl_remote_search_scan(sl_remote_search *search, uint32_t cell, const uint8_t *bytes,
                                size_t count, const uint8_t *allowed);

// Candidates that may be among the k nearest, the most promising first.
//   k, most   how many are looked for, how many candidates at most
//   cells, entries   `most` numbers each, written: where each is; found: how many
//   A candidate is taken when its distance, less three times the deviation that the coarse codes have, is not above the
//   k-th smallest distance; at least k where there are so many.
//   O(rows log rows). Forgets the candidates that are not taken.
sl_status sl_remote_search_pick(sl_remote_search *search, uint32_t k, uint32_t most,
                                uint32_t *cells, uint32_t *entries, uint32_t *found);

// Makes the distances of picked candidates more exact.
//   bytes    count, read: details of the group, which were checked
//   Errors: ERR_INDEX ("cell", "group"), ERR_TRUNCATED ("bytes"). O(candidates + dimension).
sl_status sl_remote_search_refine(sl_remote_search *search, uint32_t cell, uint32_t group,
                                  const uint8_t *bytes, size_t count);

// The k nearest of the picked candidates, the nearest first; of equal ones the smaller row.
//   ids, distances, cells, entries   k each, written; found: how many
//   O(candidates k).
sl_status sl_remote_search_results(sl_remote_search *search, uint32_t k, uint32_t *ids,
                                   float *distances, uint32_t *cells, uint32_t *entries,
                                   uint32_t *found);

#endif
