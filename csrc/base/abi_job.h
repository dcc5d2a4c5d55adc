// Handles of objects that work in steps (base/job.h), in the raw ABI. Whatever made such a handle,
// the functions sl_abi_job_... take it; the functions of its module take it when its job is of
// their kind.
#ifndef SL_BASE_ABI_JOB_H
#define SL_BASE_ABI_JOB_H

#include "base/abi.h"
#include "base/job.h"

// Registers the object of a job, which is the handle's from now on: after a failure it is
// destroyed.
//   parent, parent_kind   the handle of what the object reads in every step (a matrix, a graph). It
//                         is kept, so that destroying that first is an error and not a read of
//                         freed memory. 0: it reads nothing but its own
//   Returns the handle, 0 after a failure (ERR_MEMORY, ERR_OVERFLOW). Allocates. O(1).
sl_handle sl_abi_job_register(sl_job *job, sl_handle parent, sl_handle_kind parent_kind);

// Looks the object up.
//   kind   of its job
//   out    a pointer to a pointer, written: the object
//   Errors: ERR_HANDLE, also when the parent is gone. O(1).
sl_status sl_abi_job_get(sl_handle handle, const sl_job_kind *kind, void *out);

// Forgets the handle and destroys the object. Errors: ERR_HANDLE.
sl_status sl_abi_job_close(sl_handle handle, const sl_job_kind *kind);

#endif
