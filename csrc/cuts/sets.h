// Sets of nodes as trees of parents, a root being its own. Internal to the room.
//
// Based on: R. E. Tarjan, J. van Leeuwen, "Worst-case analysis of set union algorithms", J. ACM 31
// (1984), doi:10.1145/62.2160 (path halving), linked by index: a root is the smallest of its set.
#ifndef SL_CUTS_SETS_H
#define SL_CUTS_SETS_H

#include <stdint.h>

static inline uint32_t sl_set_root(uint32_t *parents, uint32_t u) {
  while (parents[u] != u) {
    parents[u] = parents[parents[u]];
    u = parents[u];
  }
  return u;
}

static inline void sl_set_unite(uint32_t *parents, uint32_t u, uint32_t v) {
  const uint32_t a = sl_set_root(parents, u), b = sl_set_root(parents, v);
  if (a < b)
    parents[b] = a;
  else
    parents[a] = b;
}

#endif
