// Asking questions of the room paths in native tests.
#ifndef SL_TEST_PATHS_ASK_H
#define SL_TEST_PATHS_ASK_H

#include <math.h>

#include "graphs.h"
#include "paths/paths.h"

#define AT(type, number) ((const type *)(uintptr_t)(number))

// Asks, in steps of `work`, and reads the answer. Options that are not given are 0.
static inline void ask(sl_paths *paths, sl_paths_question question, uint64_t work,
                       const double *options, const uint32_t *nodes, uint32_t count,
                       double *answer) {
  sl_outcome outcome;
  assert_ok(sl_paths_begin(paths, question, options, nodes, count));
  do assert_ok(sl_job_step(sl_paths_job(paths), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_paths_read(paths, answer));
  assert_int_equal(answer[0], SL_OUTCOME_CONVERGED);
}

#define OPTIONS(...) ((const double[SL_PATHS_OPTIONS]){__VA_ARGS__})
#define NODES(...) ((const uint32_t[]){__VA_ARGS__})

#endif
