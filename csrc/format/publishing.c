#include "format/publishing.h"

#include <string.h>

sl_status sl_row_texts_copy(sl_row_texts *texts, sl_blocks *blocks, const char *argument,
                            uint32_t rows, const uint8_t *bytes, size_t count,
                            const uint32_t *lengths) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < rows; i++) {
    SL_REQUIRE_AT(lengths[i] <= UINT16_MAX, SL_ERR_RANGE, argument, "at most 65,535 bytes", i);
    sum += lengths[i];
  }
  SL_REQUIRE(sum == count, SL_ERR_SHAPE, "lengths", "the number of bytes as their sum");
  SL_TRY(sl_blocks_take(blocks, count, 1, true, (void *)&texts->bytes));
  SL_TRY(sl_blocks_take(blocks, rows, sizeof *texts->ends, true, (void *)&texts->ends));
  if (count > 0) memcpy(texts->bytes, bytes, count);
  sum = 0;
  for (uint32_t i = 0; i < rows; i++) texts->ends[i] = sum += lengths[i];
  return SL_OK;
}

sl_status sl_written_read(const sl_job *job, const sl_written *segments, uint32_t count,
                          double *numbers) {
  SL_TRY(sl_job_require_ended(job));
  SL_REQUIRE(job->outcome == SL_OUTCOME_CONVERGED, SL_ERR_STATE, "publish",
             "work that was not stopped");
  for (uint32_t i = 0; i < count; i++) {
    numbers[2 * i] = (double)(uintptr_t)segments[i].at;
    numbers[2 * i + 1] = (double)segments[i].bytes;
  }
  return SL_OK;
}

sl_status sl_publishing_stop(sl_job *job, sl_outcome why) {
  sl_job_end(job, why);
  return SL_OK;
}
