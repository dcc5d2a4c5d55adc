// What has been added to and taken from the weights of pairs of nodes since some moment, and how much
// a cut can have lost by it. Internal to the room.
#ifndef SL_CUTS_CHANGES_H
#define SL_CUTS_CHANGES_H

#include <stdint.h>

#include "base/status.h"

typedef struct sl_change {
  uint64_t pair;
  int64_t net;
  uint32_t since, gains; // what it was written in; an earlier one: nothing, no gain
} sl_change;

typedef struct sl_changes {
  sl_change *table;
  uint32_t room, count; // a power of two; entries of `since`
  uint32_t since, gains;
  int64_t lost; // sum of the losses of all pairs: no cut can have lost more
} sl_changes;

// Room for one more pair. Errors: ERR_MEMORY.
sl_status sl_changes_reserve(sl_changes *changes);

// Adds to what has happened to a pair, for which there is room.
void sl_changes_add(sl_changes *changes, uint32_t u, uint32_t v, int64_t change);

// Forgets everything; forgets what pairs have gained, so that it makes up for no loss.
void sl_changes_clear(sl_changes *changes);
void sl_changes_forget_gains(sl_changes *changes);

void sl_changes_free(sl_changes *changes);

#endif
