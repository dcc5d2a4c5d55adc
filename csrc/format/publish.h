// Makes the segments of a remote index (format/remote.h) from vectors.
//
//   sl_publish_create -> sl_publish_add ... -> [sl_publish_keys] -> sl_publish_begin
//   -> sl_job_step(sl_publish_job(...)) until it has ended -> sl_publish_read
//
// The same vectors, options and keys give the same bytes in every build.
#ifndef SL_FORMAT_PUBLISH_H
#define SL_FORMAT_PUBLISH_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"

#define SL_PUBLISH_OPTIONS 4
#define SL_PUBLISH_SEGMENTS 11
#define SL_PUBLISH_NUMBERS (2 * SL_PUBLISH_SEGMENTS + 4)

typedef struct sl_publish sl_publish;

//   rows, dimension   vectors that will be added, 1 .. 2^30; numbers in each, 1 .. 65,536
//   options           SL_PUBLISH_OPTIONS numbers, read: 0 metric, sl_remote_metric
//                     1 cells: 0 for 1.6 sqrt(rows), rounded; else 1 .. rows, at most 65,536, and
//                     at least rows / 65,536   2 copies of each row: 1 or 2
//                     3 seed, an integer 0 .. 2^53
//   Errors: ERR_OPTION, ERR_RANGE ("rows", "dimension"), ERR_MEMORY. Allocates the vectors.
sl_status sl_publish_create(uint32_t rows, uint32_t dimension, const double *options,
                            sl_publish **out);

// Frees it. NULL is allowed.
void sl_publish_destroy(sl_publish *publish);

// Adds the next rows; they are copied.
//   vectors   count * dimension, read: finite, at most 1e16 in magnitude; not zero under cosine
//   Errors: ERR_NOT_FINITE, ERR_RANGE ("vectors", position = row of the call), ERR_SHAPE (more than
//   were said), ERR_STATE (begun). What comes before a row that is refused stays. O(numbers).
sl_status sl_publish_add(sl_publish *publish, const float *vectors, uint32_t count);

// The keys of all rows, once, before the beginning; they are copied.
//   keys      count bytes, read: one key after another
//   lengths   a number for each row, read, at most 65,535: bytes of its key
//   kind      1: they are texts; 2: JSON
//   Errors: ERR_SHAPE ("lengths": their sum is not count), ERR_RANGE, ERR_OPTION ("kind"), ERR_STATE.
sl_status sl_publish_keys(sl_publish *publish, const uint8_t *keys, size_t count,
                          const uint32_t *lengths, uint32_t kind);

// Begins. Errors: ERR_STATE (rows are missing; it was begun before).
//   O(rows cells dimension) in all, of which k-means has 1,536 cells^2 dimension at most.
sl_status sl_publish_begin(sl_publish *publish);

// The work (base/job.h). Outcomes: CONVERGED; stopping it leaves no result: TIME_LIMIT, WORK_LIMIT.
// Errors of stepping: ERR_MEMORY.
sl_job *sl_publish_job(sl_publish *publish);
extern const sl_job_kind sl_publish_kind;

// numbers: SL_PUBLISH_NUMBERS, written: address and length in bytes of the segments index, widths,
// scales, counts, centroids, cells.ends, details.ends, recall, cells.hashes, cells, details; address
// of the row of each entry (u32), how many, cells,
// address of the root of details (32 bytes).
//   Errors: ERR_STATE (it has not ended as CONVERGED).
sl_status sl_publish_read(const sl_publish *publish, double *numbers);

size_t sl_publish_bytes(const sl_publish *publish);

#endif
