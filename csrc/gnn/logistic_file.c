// Saving and loading fitted logistic regressions.
#include <math.h>

#include "base/memory.h"
#include "gnn/file.h"
#include "gnn/logistic_object.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_PARAMETERS SL_TAG('P', 'A', 'R', 'A')

// Section `META`, as it stands in the file.
typedef struct meta {
  uint32_t classes, columns, intercept, outcome, iterations, reserved;
  double loss, gradient;
} meta;

sl_status sl_logistic_save(const sl_logistic *l, sl_writer **out) {
  *out = NULL;
  SL_TRY(sl_job_require_ended(&l->job));
  SL_TRY(sl_writer_create(SL_FILE_LOGISTIC, out));
  const meta m = {.classes = l->classes,
                  .columns = l->columns,
                  .intercept = l->intercept,
                  .outcome = (uint32_t)l->job.outcome,
                  .iterations = l->iterations,
                  .loss = l->loss,
                  .gradient = l->largest};
  sl_writer_add_copy(*out, TAG_META, &m, sizeof m);
  sl_writer_add(*out, TAG_PARAMETERS, l->at, (size_t)l->classes * (l->columns + 1) * 8);
  return SL_OK;
}

static sl_status read_file(sl_logistic *l, sl_reader *reader, sl_outcome *outcome) {
  meta m;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  const bool ended = m.outcome != SL_OUTCOME_RUNNING && m.outcome <= SL_OUTCOME_MEMORY_LIMIT;
  if (m.classes < 2 || m.columns == 0 || m.columns >= UINT32_MAX - 8 || m.intercept > 1 ||
      m.reserved != 0 || !ended || !(m.gradient >= 0) || isnan(m.loss))
    return sl_reader_bad(reader, "two classes or more and a column or more");
  l->classes = m.classes;
  l->columns = m.columns;
  l->intercept = m.intercept != 0;
  l->iterations = m.iterations;
  l->loss = m.loss;
  l->largest = m.gradient;
  *outcome = (sl_outcome)m.outcome;
  const uint64_t parameters = (uint64_t)m.classes * (m.columns + 1);
  if (parameters > UINT64_MAX / 8) return sl_reader_bad(reader, "fewer parameters");
  SL_TRY(sl_reader_take(reader, TAG_PARAMETERS, parameters * 8, (void **)&l->at));
  l->parameters = (size_t)parameters;
  for (size_t i = 0; i < l->parameters; i++)
    if (!isfinite(l->at[i])) return sl_reader_bad(reader, "finite parameters");
  return sl_reader_close(reader);
}

sl_status sl_logistic_load(sl_reader *reader, sl_logistic **out) {
  *out = NULL;
  sl_logistic *l;
  sl_outcome outcome = SL_OUTCOME_CONVERGED;
  SL_TRY(SL_ALLOC_ZERO(&l, 1));
  l->job.kind = &sl_logistic_kind;
  const sl_status status = read_file(l, reader, &outcome);
  if (status != SL_OK) {
    sl_logistic_destroy(l);
    return status;
  }
  sl_job_begin(&l->job);
  sl_job_end(&l->job, outcome);
  *out = l;
  return SL_OK;
}
