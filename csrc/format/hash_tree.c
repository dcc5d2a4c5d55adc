#include "format/hash_tree.h"

#include <string.h>

#include "crypto/merkle.h"
#include "crypto/merkle_node.h"

// A tree that grows by one leaf at a time: the roots of the complete trees that stand for the bits of
// its count. There are at most 64.
typedef struct stack {
  uint8_t roots[64][SL_SHA256_BYTES];
  uint32_t height;
  uint64_t count;
} stack;

static void push(stack *s, const uint8_t *leaf) {
  memcpy(s->roots[s->height++], leaf, SL_SHA256_BYTES);
  for (uint64_t full = ++s->count; full % 2 == 0; full /= 2) {
    s->height--;
    uint8_t *left = s->roots[s->height - 1];
    sl_merkle_node(left, s->roots[s->height], left);
  }
}

static void finish(stack *s, uint8_t *root) {
  if (s->count == 0) {
    sl_sha256_of(NULL, 0, root);
    return;
  }
  for (; s->height > 1; s->height--) {
    uint8_t *left = s->roots[s->height - 2];
    sl_merkle_node(left, s->roots[s->height - 1], left);
  }
  memcpy(root, s->roots[0], SL_SHA256_BYTES);
}

void sl_hash_tree_root(const uint8_t *hashes, size_t count, uint8_t *root) {
  stack s;
  s.height = 0;
  s.count = 0;
  for (size_t i = 0; i < count; i++) push(&s, hashes + i * SL_SHA256_BYTES);
  finish(&s, root);
}

sl_status sl_hash_tree_blocks(const void *bytes, size_t count, uint32_t block, uint8_t *hashes,
                              uint8_t *root) {
  SL_REQUIRE(block > 0, SL_ERR_OPTION, "block", "a number of bytes > 0");
  const uint8_t *at = bytes;
  stack s;
  s.height = 0;
  s.count = 0;
  for (size_t done = 0; done < count;) {
    const size_t length = count - done < block ? count - done : block;
    uint8_t leaf[SL_SHA256_BYTES];
    sl_merkle_leaf_hash(at + done, length, leaf);
    if (hashes != NULL) memcpy(hashes + s.count * SL_SHA256_BYTES, leaf, sizeof leaf);
    push(&s, leaf);
    done += length;
  }
  finish(&s, root);
  return SL_OK;
}

sl_status sl_hash_tree_check(const void *bytes, size_t count, const uint8_t *hash) {
  uint8_t own[SL_SHA256_BYTES];
  sl_merkle_leaf_hash(bytes, count, own);
  SL_REQUIRE(memcmp(own, hash, sizeof own) == 0, SL_ERR_CHECKSUM, "bytes",
             "the bytes that the file's hash belongs to");
  return SL_OK;
}
