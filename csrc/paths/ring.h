// A ring of buckets: a queue of nodes for whole lengths below SL_RING, with a bucket for each
// distance; or for others with buckets that are as wide as the shortest edge, so that no node of a
// bucket makes another one of it nearer. What waits is of a range of buckets that is smaller than the
// ring, so that each has a place of its own. A node that has come to a bucket before has a second
// entry; whoever takes the first one passes it over. Internal to the room.
//
// Based on: R. B. Dial, "Algorithm 360: Shortest-path forest with topological ordering", CACM 12
// (1969), doi:10.1145/363269.363610; here with bits that say which buckets are empty. Wide buckets:
// E. A. Dinic, "Economical algorithms for finding shortest paths in a network", 1978; E. V. Denardo,
// B. L. Fox, "Shortest-route methods: 1. Reaching, pruning, and buckets", Operations Research 27
// (1979), doi:10.1287/opre.27.1.161.
#ifndef SL_PATHS_RING_H
#define SL_PATHS_RING_H

#include "paths/question.h"

#define SL_RING 4096

typedef struct sl_ring_entry {
  uint32_t node, next; // the next one of the bucket, or of those that are free
} sl_ring_entry;

typedef struct sl_ring {
  uint32_t *heads; // SL_RING, the first entry of each; NONE
  sl_ring_entry *entries;
  uint32_t count, capacity, free;
  uint64_t last;                        // the number of the bucket in turn: its distance
  uint64_t filled[SL_RING / 64], words; // bits: buckets with entries, words with bits
} sl_ring;

static inline void sl_ring_reset(sl_ring *ring) {
  memset(ring->heads, 0xff, SL_RING * sizeof *ring->heads);
  memset(ring->filled, 0, sizeof ring->filled);
  ring->words = 0;
  ring->count = ring->last = 0;
  ring->free = NONE;
}

static inline void sl_ring_end(sl_ring *ring) {
  sl_free(ring->entries);
  ring->entries = NULL;
  ring->capacity = 0;
}

SL_NOINLINE static sl_status sl_ring_widen(sl_ring *ring) {
  const uint32_t capacity = ring->capacity > 0 ? 2 * ring->capacity : 1024;
  SL_TRY(SL_REALLOC(&ring->entries, capacity));
  ring->capacity = capacity;
  return SL_OK;
}

// A node that belongs to bucket `key`: at least `last`, and less than SL_RING more. Errors: ERR_MEMORY.
SL_ALWAYS_INLINE sl_status sl_ring_put(sl_ring *ring, uint64_t key, uint32_t node) {
  uint32_t entry = ring->free;
  if (entry != NONE) {
    ring->free = ring->entries[entry].next;
  } else {
    if (ring->count == ring->capacity) SL_TRY(sl_ring_widen(ring));
    entry = ring->count++;
  }
  const uint32_t b = (uint32_t)(key % SL_RING);
  ring->entries[entry] = (sl_ring_entry){node, ring->heads[b]};
  ring->heads[b] = entry;
  ring->filled[b / 64] |= 1ull << b % 64;
  ring->words |= 1ull << b / 64;
  return SL_OK;
}

// Goes to the next bucket with entries, whose number `last` is then. False: there is none.
static inline bool sl_ring_turn(sl_ring *ring) {
  const uint32_t b = (uint32_t)(ring->last % SL_RING), word = b / 64;
  uint64_t bits = ring->filled[word] & ~0ull << b % 64;
  uint32_t found = word;
  if (bits == 0) {
    const uint64_t later = word == 63 ? 0 : ring->words & ~0ull << (word + 1);
    const uint64_t words = later != 0 ? later : ring->words;
    if (words == 0) return false;
    found = (uint32_t)__builtin_ctzll(words);
    bits = ring->filled[found];
  }
  ring->last += (64 * found + (uint32_t)__builtin_ctzll(bits) - b) % SL_RING;
  return true;
}

// Takes a node from the bucket in turn, which must have one.
SL_ALWAYS_INLINE uint32_t sl_ring_take(sl_ring *ring) {
  const uint32_t b = (uint32_t)(ring->last % SL_RING), entry = ring->heads[b],
                 node = ring->entries[entry].node;
  ring->heads[b] = ring->entries[entry].next;
  ring->entries[entry].next = ring->free;
  ring->free = entry;
  if (ring->heads[b] == NONE) {
    ring->filled[b / 64] &= ~(1ull << b % 64);
    if (ring->filled[b / 64] == 0) ring->words &= ~(1ull << b / 64);
  }
  return node;
}

#endif
