// A memory of examples: a uniform sample of all that were offered, in all or of each class. Internal
// to the room.
//
// Based on: J. S. Vitter, "Random sampling with a reservoir", ACM TOMS 11 (1985),
// doi:10.1145/3147.3165, algorithm R.
#ifndef SL_CONTINUAL_REPLAY_H
#define SL_CONTINUAL_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/status.h"

typedef struct sl_replay {
  uint32_t inputs, outputs; // numbers of an example; classes or numbers of an answer
  bool by_label, per_class;
  uint32_t quota;    // of a class where per_class, else in all
  uint32_t room;     // places at most
  uint32_t places;   // that there is memory for
  uint32_t count;    // examples, at places 0 .. count - 1
  float *vectors;    // room x inputs
  uint32_t *labels;  // by_label: room
  float *values;     // else room x outputs
  uint64_t *born;    // room: the call that brought it
  uint64_t *offered; // outputs (by_label) or 1: how many came
  uint32_t *held;    // the same: how many are here
} sl_replay;

// Allocates no places. Errors: ERR_OVERFLOW ("replay"), ERR_MEMORY.
sl_status sl_replay_create(uint32_t inputs, uint32_t outputs, bool by_label, bool per_class,
                           uint32_t quota, sl_replay *out);
void sl_replay_free(sl_replay *memory);

// Makes room for `more` examples beyond those that are held, as far as that many are kept: offers do
// not allocate. Errors: ERR_MEMORY; nothing has changed then.
sl_status sl_replay_reserve(sl_replay *memory, uint32_t more);

// Offers an example, after sl_replay_reserve(). O(inputs); O(count) where it takes the place of one of its class.
void sl_replay_offer(sl_replay *memory, sl_rng *rng, const float *vector, uint32_t label,
                     const float *values, uint64_t born);

// Forgets examples of calls after `calls`; offered: counts as they were then.
void sl_replay_forget(sl_replay *memory, uint64_t calls, const uint64_t *offered);

// Places of `rows` examples, each drawn with equal probability; count > 0.
void sl_replay_draw(const sl_replay *memory, sl_rng *rng, uint32_t rows, uint32_t *out);

static inline uint32_t sl_replay_counters(const sl_replay *memory) {
  return memory->by_label ? memory->outputs : 1;
}

#endif
