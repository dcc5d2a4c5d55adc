// Based on: B. Laurie, A. Langley, E. Kasper, "Certificate Transparency", RFC 6962, 2013, section 2.1.
// Complete subtrees never change: their hashes are kept, level by level, and everything else follows from
// a logarithmic number of them.
#include "crypto/merkle.h"

#include <string.h>

#include "base/memory.h"

#include "crypto/hash.h"
#include "crypto/merkle_node.h"
#include "crypto/sha256_many.h"

#define HASH SL_SHA256_BYTES
#define LEVELS 32

// Level k holds a hash for each 2^k leaves that are there.
typedef struct level {
  uint8_t *hashes;
  size_t capacity; // hashes
} level;

struct sl_merkle {
  uint32_t size;
  level levels[LEVELS];
};

sl_status sl_merkle_create(sl_merkle **out) { return SL_ALLOC_ZERO(out, 1); }

void sl_merkle_destroy(sl_merkle *tree) {
  if (tree == NULL) return;
  for (int k = 0; k < LEVELS; k++) sl_free(tree->levels[k].hashes);
  sl_free(tree);
}

uint32_t sl_merkle_size(const sl_merkle *tree) { return tree->size; }

size_t sl_merkle_bytes(const sl_merkle *tree) {
  size_t bytes = sizeof *tree;
  for (int k = 0; k < LEVELS; k++) bytes += tree->levels[k].capacity * HASH;
  return bytes;
}

static const uint8_t *node_at(const sl_merkle *tree, int k, uint32_t i) {
  return tree->levels[k].hashes + (size_t)i * HASH;
}

// ---- growth -------------------------------------------------------------------------------------

// Room for `more` leaves in all levels, so that nothing can fail after it.
static sl_status reserve(sl_merkle *tree, size_t more) {
  SL_REQUIRE(more <= UINT32_MAX - 1 - tree->size, SL_ERR_OVERFLOW, "count",
             "less than 2^32 - 1 leaves in all");
  const size_t size = tree->size + more;
  for (int k = 0; k < LEVELS && size >> k > 0; k++) {
    level *l = &tree->levels[k];
    const size_t wanted = size >> k;
    if (wanted <= l->capacity) continue;
    const size_t capacity = wanted < 2 * l->capacity ? 2 * l->capacity : wanted;
    SL_TRY(sl_realloc((void **)&l->hashes, capacity, HASH));
    l->capacity = capacity;
  }
  return SL_OK;
}

// Where new leaves are written.
static uint8_t *new_leaves(sl_merkle *tree) {
  return tree->levels[0].hashes + (size_t)tree->size * HASH;
}

// `count` leaves have been written: the nodes above them. Two hashes one after the other are the message
// of a node.
static void grow(sl_merkle *tree, size_t count) {
  const uint32_t before = tree->size, after = before + (uint32_t)count;
  for (int k = 1; k < LEVELS && after >> k > 0; k++) {
    const uint32_t first = before >> k, end = after >> k;
    if (first == end) continue;
    sl_sha256_many_equal(SL_MERKLE_NODE, node_at(tree, k - 1, 2 * first), (size_t)2 * HASH,
                         end - first, tree->levels[k].hashes + (size_t)first * HASH);
  }
  tree->size = after;
}

sl_status sl_merkle_append(sl_merkle *tree, const uint8_t *entries, size_t length,
                           const uint32_t *offsets, size_t count) {
  SL_TRY(sl_hash_check_offsets(offsets, count, length));
  if (count == 0) return SL_OK;
  SL_TRY(reserve(tree, count));
  sl_sha256_many(SL_MERKLE_LEAF, entries, offsets, count, new_leaves(tree));
  grow(tree, count);
  return SL_OK;
}

sl_status sl_merkle_append_blocks(sl_merkle *tree, const uint8_t *bytes, size_t length,
                                  size_t block_bytes) {
  SL_REQUIRE(block_bytes > 0, SL_ERR_OPTION, "block_bytes", "at least 1");
  const size_t whole = length / block_bytes, rest = length % block_bytes;
  const size_t count = whole + (rest > 0);
  if (count == 0) return SL_OK;
  SL_TRY(reserve(tree, count));
  uint8_t *to = new_leaves(tree);
  sl_sha256_many_equal(SL_MERKLE_LEAF, bytes, block_bytes, whole, to);
  if (rest > 0) sl_merkle_leaf_hash(bytes + (length - rest), rest, to + whole * HASH);
  grow(tree, count);
  return SL_OK;
}

sl_status sl_merkle_append_hashes(sl_merkle *tree, const uint8_t *hashes, size_t count) {
  if (count == 0) return SL_OK;
  SL_TRY(reserve(tree, count));
  memcpy(new_leaves(tree), hashes, count * HASH);
  grow(tree, count);
  return SL_OK;
}

// ---- roots and proofs ---------------------------------------------------------------------------

// The largest power of two below `count`, as an exponent; count >= 2.
static int split_of(uint32_t count) { return 31 - __builtin_clz(count - 1); }

// The root of leaves begin..begin + count - 1: count >= 1, `begin` a multiple of the largest power of two
// in it. The complete trees that it consists of, from the last and smallest one up.
static void root_of(const sl_merkle *tree, uint32_t begin, uint32_t count, uint8_t *out) {
  uint32_t end = begin + count;
  bool any = false;
  while (end > begin) {
    const int k = __builtin_ctz(end - begin);
    end -= (uint32_t)1 << k;
    const uint8_t *node = node_at(tree, k, end >> k);
    if (any)
      sl_merkle_node(node, out, out);
    else
      memcpy(out, node, HASH);
    any = true;
  }
}

static sl_status check_size(const sl_merkle *tree, uint32_t size, const char *argument) {
  if (size <= tree->size) return SL_OK;
  return sl_fail(SL_ERR_INDEX, argument, "no more leaves than the tree has", size);
}

sl_status sl_merkle_leaf(const sl_merkle *tree, uint32_t index, uint8_t *out) {
  SL_REQUIRE_AT(index < tree->size, SL_ERR_INDEX, "index", "a leaf of the tree", index);
  memcpy(out, node_at(tree, 0, index), HASH);
  return SL_OK;
}

sl_status sl_merkle_root(const sl_merkle *tree, uint32_t size, uint8_t *out) {
  SL_TRY(check_size(tree, size, "size"));
  if (size == 0)
    sl_sha256_of(NULL, 0, out);
  else
    root_of(tree, 0, size, out);
  return SL_OK;
}

// Proofs are found from the root down and given from the leaf up.
static void reverse(uint8_t *hashes, uint32_t count) {
  for (uint32_t i = 0; i < count / 2; i++) {
    uint8_t kept[HASH], *a = hashes + (size_t)i * HASH,
                        *b = hashes + (size_t)(count - 1 - i) * HASH;
    memcpy(kept, a, HASH);
    memcpy(a, b, HASH);
    memcpy(b, kept, HASH);
  }
}

sl_status sl_merkle_inclusion(const sl_merkle *tree, uint32_t index, uint32_t size, uint8_t *out,
                              uint32_t *count) {
  *count = 0;
  SL_TRY(check_size(tree, size, "size"));
  SL_REQUIRE_AT(index < size, SL_ERR_INDEX, "index", "a leaf below size", index);
  for (uint32_t begin = 0, left = size; left > 1;) {
    const uint32_t half = (uint32_t)1 << split_of(left);
    uint8_t *to = out + (size_t)(*count)++ * HASH;
    if (index - begin < half) {
      root_of(tree, begin + half, left - half, to);
      left = half;
    } else {
      root_of(tree, begin, half, to);
      begin += half;
      left -= half;
    }
  }
  reverse(out, *count);
  return SL_OK;
}

sl_status sl_merkle_consistency(const sl_merkle *tree, uint32_t from, uint32_t to, uint8_t *out,
                                uint32_t *count) {
  *count = 0;
  SL_TRY(check_size(tree, to, "to"));
  SL_REQUIRE_AT(from <= to, SL_ERR_INDEX, "from", "no more leaves than `to`", from);
  if (from == 0) return SL_OK;
  uint32_t begin = 0, left = to;
  while (from - begin < left) {
    const uint32_t half = (uint32_t)1 << split_of(left);
    uint8_t *next = out + (size_t)(*count)++ * HASH;
    if (from - begin <= half) {
      root_of(tree, begin + half, left - half, next);
      left = half;
    } else {
      root_of(tree, begin, half, next);
      begin += half;
      left -= half;
    }
  }
  // What the smaller list ends with, unless that is all of it: its root is known then.
  if (begin > 0) root_of(tree, begin, left, out + (size_t)(*count)++ * HASH);
  reverse(out, *count);
  return SL_OK;
}
