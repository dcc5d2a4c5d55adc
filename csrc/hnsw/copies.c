#include "hnsw/copies.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "hnsw/exact.h"
#include "hnsw/model.h"

// Vectors are near when no element differs by more than this part of the largest number in their
// exact rows: a 16-bit float that was rounded several times is within it.
static const float NEAR = 1.0f / 128;

static bool rows_are_vectors(const sl_store *store) {
  return store->codes == SL_CODES_NONE && store->metric != SL_METRIC_HAMMING;
}

// Multiply and fold, eight bytes at a time; rows are padded to a multiple of 16 bytes.
static uint32_t hash_bytes(const unsigned char *row, uint32_t bytes, bool numbers) {
  uint64_t hash = 0x9e3779b97f4a7c15u;
  for (uint32_t at = 0; at < bytes; at += 8) {
    uint64_t word;
    if (numbers) {
      float pair[2];
      memcpy(pair, row + at, sizeof pair);
      pair[0] += 0.0f; // -0 becomes 0
      pair[1] += 0.0f;
      memcpy(&word, pair, sizeof word);
    } else {
      memcpy(&word, row + at, sizeof word);
    }
    hash = (hash ^ word) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  }
  return (uint32_t)(hash ^ hash >> 32);
}

// Of signs and prefixes with the exact row: many vectors may have the same ones.
static uint32_t hash_row(const sl_store *store, uint32_t slot) {
  uint32_t hash = hash_bytes(sl_store_row(store, slot), store->row_bytes, rows_are_vectors(store));
  if (sl_codes_have_tails(store->codes) || store->exact_bytes == 0) return hash;
  uint32_t rest = hash_bytes(sl_store_exact(store, slot), store->exact_bytes & ~7u, false);
  return hash ^ rest * 0x9e3779b9u;
}

bool sl_copies_keep_hashes(const sl_store *store) {
  return sl_codes_have_tails(store->codes) && store->exact == SL_EXACT_FLOAT16;
}

void sl_copies_hash_vectors(sl_hnsw *index) {
  const sl_store *store = &index->store;
  for (uint32_t slot = 0; slot < store->used; slot++) {
    const void *vector = sl_store_vector(store, slot, index->decoded);
    index->hashes[slot] = hash_bytes(vector, store->vector_bytes, true);
  }
}

static bool rows_are_equal(const sl_store *store, uint32_t a, uint32_t b) {
  const unsigned char *x = sl_store_row(store, a), *y = sl_store_row(store, b);
  if (!rows_are_vectors(store)) return memcmp(x, y, store->row_bytes) == 0;
  const float *p = (const float *)x, *q = (const float *)y;
  for (uint32_t i = 0; i < store->dimension; i++) {
    if (p[i] != q[i]) return false;
  }
  return true;
}

// Is what is known beside the rows equal as well?
static bool rests_are_equal(const sl_store *store, uint32_t a, uint32_t b) {
  if (store->exact_bytes > 0 &&
      memcmp(sl_store_exact(store, a), sl_store_exact(store, b), store->exact_bytes) != 0) {
    return false;
  }
  bool early = a < store->early_rows;
  if (early != (b < store->early_rows)) return false;
  size_t n = store->dimension;
  return !early ||
         memcmp(store->early + a * n, store->early + b * n, n * sizeof *store->early) == 0;
}

static float largest_exact(const sl_store *store, uint32_t slot) {
  float most;
  memcpy(&most, sl_store_exact(store, slot), sizeof most);
  return most;
}

static bool vectors_are_near(const sl_hnsw *index, uint32_t a, uint32_t b) {
  const sl_store *store = &index->store;
  const float *x = sl_store_vector(store, a, index->decoded);
  const float *y = sl_store_vector(store, b, sl_codes_read_buffer(store));
  float least = largest_exact(store, a), most = largest_exact(store, b);
  float near = NEAR * (least < most ? most : least);
  for (uint32_t i = 0; i < store->dimension; i++) {
    if (!(fabsf(x[i] - y[i]) <= near)) return false;
  }
  return true;
}

static bool are_copies(const sl_hnsw *index, uint32_t a, uint32_t b) {
  const sl_store *store = &index->store;
  if (sl_copies_keep_hashes(store)) return vectors_are_near(index, a, b);
  return rows_are_equal(store, a, b) && rests_are_equal(store, a, b);
}

static void insert(sl_hnsw *index, uint32_t node) {
  uint32_t mask = index->by_row_size - 1, at = index->hashes[node] & mask;
  while (index->by_row[at] != 0) at = (at + 1) & mask;
  index->by_row[at] = node + 1;
  index->by_row_count++;
}

// The node that `slot`, whose hash is set, is a copy of, or SL_NO_SLOT.
static uint32_t find(const sl_hnsw *index, uint32_t slot) {
  uint32_t mask = index->by_row_size - 1, hash = index->hashes[slot];
  for (uint32_t at = hash & mask; index->by_row[at] != 0; at = (at + 1) & mask) {
    uint32_t node = index->by_row[at] - 1;
    if (index->hashes[node] == hash && are_copies(index, node, slot)) return node;
  }
  return SL_NO_SLOT;
}

// As in the table of ids (store.c). A node that is not there is another with an equal row (file_load.c).
static void erase(sl_hnsw *index, uint32_t node) {
  uint32_t mask = index->by_row_size - 1, hole = index->hashes[node] & mask;
  while (index->by_row[hole] != node + 1) {
    if (index->by_row[hole] == 0) return;
    hole = (hole + 1) & mask;
  }
  for (uint32_t at = (hole + 1) & mask; index->by_row[at] != 0; at = (at + 1) & mask) {
    uint32_t from = index->hashes[index->by_row[at] - 1] & mask;
    if (((at - from) & mask) >= ((at - hole) & mask)) {
      index->by_row[hole] = index->by_row[at];
      hole = at;
    }
  }
  index->by_row[hole] = 0;
  index->by_row_count--;
}

uint32_t sl_copies_room(uint32_t count) {
  uint32_t size = 16;
  while (size < 0x80000000u && size / 4 * 3 < count) size *= 2;
  return size;
}

// A table of another size, with the nodes of the old one.
static sl_status resize(sl_hnsw *index, uint32_t size) {
  uint32_t *old = index->by_row, old_size = index->by_row_size, *table;
  SL_TRY(SL_ALLOC_ZERO(&table, size));
  index->by_row = table;
  index->by_row_size = size;
  index->by_row_count = 0;
  for (uint32_t at = 0; at < old_size; at++) {
    if (old[at] != 0) insert(index, old[at] - 1);
  }
  sl_free(old);
  return SL_OK;
}

sl_status sl_copies_reserve(sl_hnsw *index) {
  uint32_t size = sl_copies_room(index->by_row_count + 1);
  return size > index->by_row_size ? resize(index, size) : SL_OK;
}

bool sl_copies_join(sl_hnsw *index, uint32_t slot, const void *vector) {
  const sl_store *store = &index->store;
  bool keep = sl_copies_keep_hashes(store);
  if (!keep && index->recodings != store->recodings) {
    index->copies[slot] = slot | SL_COPY_MARK; // not yet
    sl_copies_index(index); // needs no memory: there are no more nodes than before
  }
  index->hashes[slot] =
      keep ? hash_bytes(vector, store->vector_bytes, true) : hash_row(store, slot);
  index->copies[slot] = slot;
  uint32_t node = find(index, slot);
  if (node == SL_NO_SLOT) {
    insert(index, slot);
    return false;
  }
  index->copies[slot] = sl_copies_next(index, node) | SL_COPY_MARK;
  index->copies[node] = slot;
  index->copy_count++;
  return true;
}

// Makes `slot`, a node or a copy, lead to where the copy behind it leads. Returns that copy.
static uint32_t pass_over_next(sl_hnsw *index, uint32_t slot) {
  uint32_t next = sl_copies_next(index, slot), mark = index->copies[slot] & SL_COPY_MARK;
  index->copies[slot] = sl_copies_next(index, next) | mark;
  index->copies[next] = next;
  index->copy_count--;
  return next;
}

void sl_copies_remove(sl_hnsw *index, uint32_t slot) {
  sl_store *store = &index->store;
  uint32_t next = sl_copies_next(index, slot), gone;
  if (next == slot) {
    erase(index, slot);
    sl_store_kill(store, slot);
    return;
  }
  // Only the copy behind a slot can leave a ring in O(1): it gives its place up for the one that is
  // removed. Behind the last copy comes the node, which must stay.
  gone = pass_over_next(index, sl_is_copy(index, next) ? slot : next);
  if (gone == slot) {
    sl_store_kill(store, slot);
    sl_store_release(store, slot);
  } else {
    sl_store_replace(store, slot, gone);
  }
}

sl_status sl_copies_trim(sl_hnsw *index) {
  uint32_t size = sl_copies_room(index->by_row_count);
  return size < index->by_row_size ? resize(index, size) : SL_OK;
}

sl_status sl_copies_index(sl_hnsw *index) {
  sl_store *store = &index->store;
  index->by_row_count = 0;
  index->recodings = store->recodings;
  uint32_t size = sl_copies_room(store->live - index->copy_count);
  if (size > index->by_row_size) {
    sl_free(index->by_row);
    index->by_row = NULL;
    index->by_row_size = 0;
    SL_TRY(SL_ALLOC(&index->by_row, size));
    index->by_row_size = size;
  }
  if (index->by_row_size > 0) {
    memset(index->by_row, 0, (size_t)index->by_row_size * sizeof *index->by_row);
  }
  for (uint32_t slot = 0; slot < store->used; slot++) {
    if (!sl_is_node(index, slot)) continue;
    if (!sl_copies_keep_hashes(store)) index->hashes[slot] = hash_row(store, slot);
    // A file of version 0 can have several nodes with one row: the first takes the copies.
    if (find(index, slot) == SL_NO_SLOT) insert(index, slot);
  }
  return SL_OK;
}
