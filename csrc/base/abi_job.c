// Raw ABI of base/job.h, for the objects of all modules.
#include "base/abi_job.h"

#include "base/memory.h"

static const sl_kind SL_HANDLE_JOB[1] = {{"the handle of long work"}};

typedef struct abi_job {
  sl_job *job;
  sl_handle parent;
  sl_handle_kind parent_kind;
} abi_job;

sl_handle sl_abi_job_register(sl_job *job, sl_handle parent, sl_handle_kind parent_kind) {
  abi_job *made;
  sl_handle handle = 0;
  sl_status status = SL_ALLOC(&made, 1);
  if (status == SL_OK) {
    *made = (abi_job){job, parent, parent_kind};
    status = sl_handle_create(SL_HANDLE_JOB, made, &handle);
    if (status != SL_OK) sl_free(made);
  }
  if (status != SL_OK) sl_job_destroy(job);
  return handle;
}

static sl_status find(sl_handle handle, abi_job **out) {
  void *parent;
  SL_TRY(sl_handle_get(handle, SL_HANDLE_JOB, (void **)out));
  if ((*out)->parent == 0) return SL_OK;
  return sl_handle_get((*out)->parent, (*out)->parent_kind, &parent);
}

static sl_status check_kind(const abi_job *found, const sl_job_kind *kind) {
  SL_REQUIRE(found->job->kind == kind, SL_ERR_HANDLE, "handle", "a live handle of this kind");
  return SL_OK;
}

sl_status sl_abi_job_get(sl_handle handle, const sl_job_kind *kind, void *out) {
  abi_job *found;
  SL_TRY(find(handle, &found));
  SL_TRY(check_kind(found, kind));
  *(void **)out = found->job;
  return SL_OK;
}

sl_status sl_abi_job_close(sl_handle handle, const sl_job_kind *kind) {
  abi_job *found;
  SL_TRY(sl_handle_get(handle, SL_HANDLE_JOB, (void **)&found));
  SL_TRY(check_kind(found, kind));
  SL_TRY(sl_handle_release(handle, SL_HANDLE_JOB, (void **)&found));
  sl_job_destroy(found->job);
  sl_free(found);
  return SL_OK;
}

// Goes on for about `work` edge operations. outcome: 9 while it is running.
int32_t SL_ABI(sl_abi_job_step)(sl_handle handle, double work, int32_t *outcome) {
  abi_job *found;
  uint64_t units;
  sl_outcome reached;
  SL_TRY(find(handle, &found));
  SL_TRY(sl_abi_count(work, "work", &units));
  SL_TRY(sl_job_step(found->job, units, &reached));
  *outcome = (int32_t)reached;
  return SL_OK;
}

// why: 2 work limit, 3 time limit.
int32_t SL_ABI(sl_abi_job_stop)(sl_handle handle, int32_t why) {
  abi_job *found;
  SL_TRY(find(handle, &found));
  return sl_job_stop(found->job, (sl_outcome)why);
}

// out: two doubles, written: edge operations so far, and in all as far as that is known (else 0).
int32_t SL_ABI(sl_abi_job_progress)(sl_handle handle, double *out) {
  abi_job *found;
  SL_TRY(find(handle, &found));
  out[0] = (double)sl_job_work(found->job);
  out[1] = (double)sl_job_expected(found->job);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_job_bytes)(sl_handle handle, size_t *bytes) {
  abi_job *found;
  SL_TRY(find(handle, &found));
  *bytes = sl_job_bytes(found->job);
  return SL_OK;
}
