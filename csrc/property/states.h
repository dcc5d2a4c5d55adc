// States of a graph that readers keep while it is changed.
//
// A state is an sl_store of its own. The newest one, which is live, shares its arrays and pages with older ones; before one that
// is shared is written to, it is copied, and the copy is the live state's. A block is *born* in an epoch, the number of the
// state that made it: the live state shares it when the state before it is of that epoch or a later one. What an older state
// alone still reads is kept in a list until the last state that reads it is released.
//
// Making a state costs O(columns + labels + types), and the first write to each block afterwards a copy of it. Without older
// states nothing is copied. Nothing of reading differs.
#ifndef SL_PROPERTY_STATES_H
#define SL_PROPERTY_STATES_H

#include "property/store.h"

typedef struct sl_kept {
  void *block;
  uint32_t born, died; // died: the epoch of the state that has it no more
  uint32_t bytes;
} sl_kept;

// Zeroed: none.
typedef struct sl_states {
  sl_kept *kept; // died ascends
  uint32_t count, room;
  uint32_t frozen; // older states
  size_t bytes;    // of the blocks
} sl_states;

// Makes *live an older state that stays as it is, and a new one live. It is released with the last pin.
//   Errors: ERR_MEMORY: as before then.
sl_status sl_store_freeze(sl_store **live);
void sl_store_pin(sl_store *s);
void sl_store_unpin(sl_store *s);

// Before an older state is read: what all states have in common may have moved.
void sl_store_see(sl_store *s, const sl_store *live);
// After names were added to it, as plans do.
void sl_store_tell(const sl_store *s, sl_store *live);

// Of an empty graph. Errors: ERR_MEMORY. Allocates.
sl_status sl_states_begin(sl_store **live);
// All of them, and the live one.
void sl_states_drop(sl_store *live);

#endif
