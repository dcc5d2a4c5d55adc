// What incomplete factors share: the largest entries of a row, and short lists in order. Internal to
// the room.
#ifndef SL_DIRECT_SELECT_H
#define SL_DIRECT_SELECT_H

#include <stdint.h>

// Moves the `keep` entries of `list` whose |value[list[k]]| is largest to its front, in no order.
//   keep   < count. Expected O(count)
void sl_select_largest(const double *value, uint32_t *list, uint32_t count, uint32_t keep);

// O(count^1.3): for short lists.
void sl_sort_ascending(uint32_t *list, uint32_t count);

#endif
