#include "base/job.h"

static sl_status require_begun(const sl_job *job) {
  SL_REQUIRE(job->begun, SL_ERR_STATE, job->kind->name, "a call of begin() first");
  return SL_OK;
}

sl_status sl_job_step(sl_job *job, uint64_t work, sl_outcome *out) {
  SL_TRY(require_begun(job));
  if (sl_job_is_running(job)) {
    sl_status status = job->kind->step(job, work > 0 ? work : 1);
    if (status != SL_OK) {
      sl_job_drop(job);
      return status;
    }
  }
  *out = job->outcome;
  return SL_OK;
}

sl_status sl_job_stop(sl_job *job, sl_outcome why) {
  SL_TRY(require_begun(job));
  SL_REQUIRE(why == SL_OUTCOME_TIME_LIMIT || why == SL_OUTCOME_WORK_LIMIT, SL_ERR_OPTION, "why",
             "TIME_LIMIT or WORK_LIMIT");
  if (!sl_job_is_running(job)) return SL_OK;
  sl_status status = job->kind->stop(job, why);
  if (status != SL_OK) sl_job_drop(job);
  return status;
}

uint64_t sl_job_work(const sl_job *job) { return job->begun ? job->kind->work(job) : 0; }

uint64_t sl_job_expected(const sl_job *job) {
  if (!sl_job_is_running(job) || job->kind->expected == NULL) return 0;
  uint64_t expected = job->kind->expected(job);
  return expected > job->kind->work(job) ? expected : 0;
}

size_t sl_job_bytes(const sl_job *job) { return job->kind->bytes(job); }

void sl_job_destroy(sl_job *job) {
  if (job != NULL) job->kind->destroy(job);
}

sl_status sl_job_stop_here(sl_job *job, sl_outcome why) {
  sl_job_end(job, why);
  return SL_OK;
}

sl_status sl_job_require_ended(const sl_job *job) {
  SL_REQUIRE(sl_job_has_ended(job), SL_ERR_STATE, job->kind->name, "steps until it has ended");
  return SL_OK;
}
