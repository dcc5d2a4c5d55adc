#include "direct/select.h"

#include <math.h>

void sl_select_largest(const double *value, uint32_t *list, uint32_t count, uint32_t keep) {
  uint32_t low = 0, high = count;
  while (high - low > 1) {
    double split = fabs(value[list[low + (high - low) / 2]]);
    uint32_t i = low, above = low, end = high;
    // Larger ones, equal ones, smaller ones.
    while (i < end) {
      double own = fabs(value[list[i]]);
      uint32_t row = list[i];
      if (own > split) {
        list[i++] = list[above];
        list[above++] = row;
      } else if (own < split) {
        list[i] = list[--end];
        list[end] = row;
      } else {
        i++;
      }
    }
    if (keep < above)
      high = above;
    else if (keep > end)
      low = end;
    else
      return;
  }
}

// By halves.
void sl_sort_ascending(uint32_t *list, uint32_t count) {
  for (uint32_t gap = count / 2; gap > 0; gap /= 2) {
    for (uint32_t i = gap; i < count; i++) {
      uint32_t row = list[i], at = i;
      for (; at >= gap && row < list[at - gap]; at -= gap) list[at] = list[at - gap];
      list[at] = row;
    }
  }
}
