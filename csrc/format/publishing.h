// What the two writers of files, of vectors and of graphs, have in common. Internal to the room.
#ifndef SL_FORMAT_PUBLISHING_H
#define SL_FORMAT_PUBLISHING_H

#include <stddef.h>
#include <stdint.h>

#include "base/blocks.h"
#include "base/job.h"
#include "base/status.h"

// Texts of rows, one after another.
typedef struct sl_row_texts {
  uint8_t *bytes;
  uint64_t *ends; // rows: where each ends
} sl_row_texts;

// Copies them into `blocks`.
//   bytes     count, read; lengths: rows, read: of each text, at most 65,535, `count` in all
//   argument  what errors call the texts
//   Errors: ERR_RANGE (`argument`, position), ERR_SHAPE ("lengths"), ERR_MEMORY. O(count + rows).
sl_status sl_row_texts_copy(sl_row_texts *texts, sl_blocks *blocks, const char *argument,
                            uint32_t rows, const uint8_t *bytes, size_t count,
                            const uint32_t *lengths);

static inline uint32_t sl_row_text_length(const sl_row_texts *texts, uint32_t row) {
  return (uint32_t)(texts->ends[row] - (row == 0 ? 0 : texts->ends[row - 1]));
}

// The text of a row, and how long it is.
static inline const uint8_t *sl_row_text(const sl_row_texts *texts, uint32_t row,
                                         uint32_t *length) {
  *length = sl_row_text_length(texts, row);
  return texts->bytes + texts->ends[row] - *length;
}

// Where a segment is in memory.
typedef struct sl_written {
  const void *at;
  uint64_t bytes;
} sl_written;

// Of a job that has ended without being stopped: numbers: 2 * count, written: address and length of each
// segment. Errors: ERR_STATE.
sl_status sl_written_read(const sl_job *job, const sl_written *segments, uint32_t count,
                          double *numbers);

// What a writer does when it is stopped: nothing of the file is there.
sl_status sl_publishing_stop(sl_job *job, sl_outcome why);

#endif
