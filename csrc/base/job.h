// Long work: the one way in which everything that takes long is done in steps.
//
//   sl_solver_begin(solver, b, NULL);                   what is wanted: each module's own functions
//   sl_job *job = sl_solver_job(solver);
//   do sl_job_step(job, work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_solver_finish(solver, x, &result);               what has come of it, with its bounds
//
// The host decides how much is done at a time, and with that about time, progress and cancelling.
// How the work is cut into steps never shows in a result.
//
// An object that works long holds its sl_job as its first member, so that one is the other, and
// gives it away with sl_<object>_job: the same pointer for as long as the object lives, whatever is
// begun with it. The job is always the work that was begun last.
#ifndef SL_BASE_JOB_H
#define SL_BASE_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct sl_job sl_job;

// What a kind of work provides. Only a job that is running is stepped, stopped or measured.
typedef struct sl_job_kind {
  const char *name; // of the argument in errors ("solver"), static
  // Goes on for about `work` (>= 1) units, one indivisible piece at least; sl_job_end when it ends.
  // After an error nothing is begun any more: what it holds for this work alone is to be freed.
  sl_status (*step)(sl_job *job, uint64_t work);
  // Ends it for the reason given, or with a better outcome: what has been reached is its result.
  sl_status (*stop)(sl_job *job, sl_outcome why);
  // Units done since it was begun; also asked of a job that has ended.
  uint64_t (*work)(const sl_job *job);
  // Units that it will have taken at its end, as far as can be known; 0 where nothing is. NULL:
  // nothing ever is.
  uint64_t (*expected)(const sl_job *job);
  size_t (*bytes)(const sl_job *job); // of the whole object
  void (*destroy)(sl_job *job);       // the whole object
} sl_job_kind;

struct sl_job {
  const sl_job_kind *kind;
  bool begun;
  sl_outcome outcome; // RUNNING, or how it ended; of no meaning before it was begun
};

// ---- for hosts ----------------------------------------------------------------------------------

// Goes on for about `work` units, which are edge operations: stored entries of a matrix or of a
// preconditioner multiplied, edges followed. At least one piece of work is done, whatever `work`.
//   out   written: RUNNING, or how it ended. Stepping a job that has ended changes nothing.
//   Errors: ERR_STATE (nothing begun); ERR_MEMORY, and what else a module says of its own work. Then
//   nothing is begun any more. May allocate.
sl_status sl_job_step(sl_job *job, uint64_t work, sl_outcome *out);

// Ends a running job from outside: its result is what has been reached, with the bounds that hold
// for it. Stopping a job that has ended changes nothing.
//   why   TIME_LIMIT or WORK_LIMIT
//   Errors: ERR_STATE (nothing begun), ERR_OPTION ("why"), ERR_MEMORY.
sl_status sl_job_stop(sl_job *job, sl_outcome why);

// Units done so far; 0 when nothing is begun. O(1).
uint64_t sl_job_work(const sl_job *job);

// Units that the whole job will take: a prediction, which may change. 0 when it is not known, or
// when more than that has been done already. O(1).
uint64_t sl_job_expected(const sl_job *job);

// Bytes that the object of the job holds.
size_t sl_job_bytes(const sl_job *job);

// Destroys the object of the job, as its own function does. NULL is allowed.
void sl_job_destroy(sl_job *job);

// ---- for the objects that hold one --------------------------------------------------------------

static inline void sl_job_begin(sl_job *job) {
  job->begun = true;
  job->outcome = SL_OUTCOME_RUNNING;
}
static inline void sl_job_end(sl_job *job, sl_outcome outcome) { job->outcome = outcome; }
// Nothing is begun any more.
static inline void sl_job_drop(sl_job *job) { job->begun = false; }

static inline bool sl_job_is_running(const sl_job *job) {
  return job->begun && job->outcome == SL_OUTCOME_RUNNING;
}
static inline bool sl_job_has_ended(const sl_job *job) {
  return job->begun && job->outcome != SL_OUTCOME_RUNNING;
}

// A `stop` where what has been reached is the result as it is. Cannot fail.
sl_status sl_job_stop_here(sl_job *job, sl_outcome why);

// Errors: ERR_STATE unless the job has ended, for functions that give its result.
sl_status sl_job_require_ended(const sl_job *job);

#endif
