// What a learner holds. Internal to the room; the contract is continual.h.
#ifndef SL_CONTINUAL_OBJECT_H
#define SL_CONTINUAL_OBJECT_H

#include <stdbool.h>

#include "base/rng.h"
#include "continual/continual.h"
#include "continual/net.h"
#include "continual/replay.h"
#include "train/matrix.h"
#include "train/optimizer.h"

// No example and no parameter that is given is larger.
#define SL_LEARNER_LARGEST 1e6f
// Numbers of an array of examples.
#define SL_LEARNER_MOST_NUMBERS (1u << 28)

enum { SL_LEARNER_PIECE_ROWS = 32, SL_LEARNER_MOST_CHECKPOINTS = 64 };

typedef enum sl_learner_task {
  SL_LEARNER_NOTHING,
  SL_LEARNER_LEARNS,
  SL_LEARNER_CONSOLIDATES,
  SL_LEARNER_EVALUATES,
  SL_LEARNER_PREDICTS,
} sl_learner_task;

typedef struct sl_kept {
  sl_learner_checkpoint facts;
  uint64_t calls; // of learning until then
  float *parameters;
  uint64_t *offered; // of each class
} sl_kept;

// What a job alone needs.
typedef struct sl_learner_running {
  uint32_t task, rows, epochs, batch;
  double step;
  float *inputs, *values, *answers;
  uint32_t *labels, *order;
  double *shift;            // balanced: of the scores of each class
  uint8_t *own;             // classes of this call
  float *before;            // parameters at the beginning
  float *added;             // consolidate: the Fisher information so far
  float *gathered;          // rows of a piece
  float *targets;           // answers of the earlier network to a piece
  uint32_t *wanted, *drawn; // labels of a piece; places in the memory of a batch's old rows
  uint32_t epoch, at;       // the next row of the epoch
  uint32_t batch_rows, new_left, old_rows, old_left; // of the batch under way
  bool in_batch;
  uint32_t used, updates;
  double loss, right;
} sl_learner_running;

struct sl_learner {
  sl_job job; // the first member
  sl_learner_options options;
  uint32_t hidden[SL_NET_MOST_LAYERS];
  sl_net net;
  sl_net_work work;
  sl_rng rng;
  float *parameters, *gradient;
  sl_optimizer optimizer;
  float *fisher, *anchor;                  // NULL before it was consolidated
  uint8_t *known;                          // the classes that were seen then
  float *last;                             // rows x outputs: the loss by what the net gave
  float *soft;                             // outputs
  uint8_t *seen;                           // classes
  uint64_t updates, examples, calls, done; // done: work of the job
  uint32_t consolidated, checkpoint_ids;
  sl_replay memory;
  sl_kept kept[SL_LEARNER_MOST_CHECKPOINTS];
  uint32_t kept_count;
  sl_learner_result result;
  bool has_result;
  sl_learner_running running;
  void *labels;
  size_t labels_bytes;
};

// Errors: ERR_OPTION. Allocates nothing.
sl_status sl_learner_options_check(const sl_learner_options *options);
// Allocates everything for options that were checked. A failure leaves it to sl_learner_destroy().
sl_status sl_learner_allocate(sl_learner *learner, const sl_learner_options *options);
sl_status sl_learner_allocate_anchor(sl_learner *learner);
sl_status sl_learner_allocate_kept(const sl_learner *learner, sl_kept *out);
void sl_learner_free_kept(sl_kept *kept);
// Frees what the job held; the answers stay where `keep_answers`.
void sl_learner_forget_running(sl_learner *learner, bool keep_answers);
// seen[] from the counts of the memory.
void sl_learner_see(sl_learner *learner);
sl_status sl_learner_require_idle(const sl_learner *learner);

#endif
