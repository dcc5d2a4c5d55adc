// A 4-ary heap of nodes whose keys can fall; `position` knows where each of them stands. Internal.
//
// Based on: D. B. Johnson, "Priority queues with update and finding minimum spanning trees",
// Information Processing Letters 4 (1975), doi:10.1016/0020-0190(75)90001-0 (d-ary heaps).
#ifndef SL_PATHS_HEAP_H
#define SL_PATHS_HEAP_H

#include "paths/search.h"

// Where `at(node)` is an lvalue: the place of a node in the heap.
#define SL_HEAP_RISE(heap, i, entry, at)                                                           \
  do {                                                                                             \
    uint32_t i_ = (i);                                                                             \
    const sl_heap_entry entry_ = (entry);                                                          \
    while (i_ > 0 && entry_.key < (heap)[(i_ - 1) >> 2].key) {                                     \
      (heap)[i_] = (heap)[(i_ - 1) >> 2];                                                          \
      at((heap)[i_].node) = i_;                                                                    \
      i_ = (i_ - 1) >> 2;                                                                          \
    }                                                                                              \
    (heap)[i_] = entry_;                                                                           \
    at(entry_.node) = i_;                                                                          \
  } while (0)

// Takes the first entry off: the last one sinks from the top.
#define SL_HEAP_TAKE(heap, count, first, at)                                                       \
  do {                                                                                             \
    (first) = (heap)[0];                                                                           \
    const sl_heap_entry entry_ = (heap)[--(count)];                                                \
    uint32_t i_ = 0;                                                                               \
    for (uint32_t c_; (c_ = 4 * i_ + 1) < (count);) {                                              \
      const uint32_t end_ = c_ + 4 < (count) ? c_ + 4 : (count);                                   \
      uint32_t least_ = c_;                                                                        \
      for (uint32_t j_ = c_ + 1; j_ < end_; j_++)                                                  \
        if ((heap)[j_].key < (heap)[least_].key) least_ = j_;                                      \
      if ((heap)[least_].key >= entry_.key) break;                                                 \
      (heap)[i_] = (heap)[least_];                                                                 \
      at((heap)[i_].node) = i_;                                                                    \
      i_ = least_;                                                                                 \
    }                                                                                              \
    if ((count) > 0) {                                                                             \
      (heap)[i_] = entry_;                                                                         \
      at(entry_.node) = i_;                                                                        \
    }                                                                                              \
  } while (0)

#endif
