// Based on: B. Laurie, E. Messeri, R. Stradling, "Certificate Transparency Version 2.0", RFC 9162, 2021,
// sections 2.1.3.2 and 2.1.4.2. The trees are those of RFC 6962.
#include <string.h>

#include "crypto/merkle.h"
#include "crypto/merkle_node.h"

void sl_merkle_leaf_hash(const void *data, size_t length, uint8_t *out) {
  sl_sha256 hash;
  const uint8_t prefix = SL_MERKLE_LEAF;
  sl_sha256_init(&hash);
  sl_sha256_update(&hash, &prefix, 1);
  sl_sha256_update(&hash, data, length);
  sl_sha256_final(&hash, out);
}

void sl_merkle_node(const uint8_t *left, const uint8_t *right, uint8_t *out) {
  sl_sha256 hash;
  const uint8_t prefix = SL_MERKLE_NODE;
  sl_sha256_init(&hash);
  sl_sha256_update(&hash, &prefix, 1);
  sl_sha256_update(&hash, left, SL_SHA256_BYTES);
  sl_sha256_update(&hash, right, SL_SHA256_BYTES);
  sl_sha256_final(&hash, out);
}

// One level up. Where `at` is the end of a list whose size is no power of two, it is the same node in
// several levels.
static void climb(uint64_t *at, uint64_t *last) {
  *at >>= 1;
  *last >>= 1;
}

static bool same(const uint8_t *a, const uint8_t *b) { return memcmp(a, b, SL_SHA256_BYTES) == 0; }

bool sl_merkle_verify_inclusion(const uint8_t *leaf_hash, uint64_t index, uint64_t size,
                                const uint8_t *proof, uint32_t count, const uint8_t *root) {
  if (index >= size) return false;
  uint64_t at = index, last = size - 1;
  uint8_t hash[SL_SHA256_BYTES];
  memcpy(hash, leaf_hash, sizeof hash);
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *other = proof + SL_SHA256_BYTES * (size_t)i;
    if (last == 0) return false; // more hashes than the tree has levels
    if ((at & 1) != 0 || at == last) {
      sl_merkle_node(other, hash, hash);
      while ((at & 1) == 0 && at != 0) climb(&at, &last);
    } else {
      sl_merkle_node(hash, other, hash);
    }
    climb(&at, &last);
  }
  return last == 0 && same(hash, root);
}

bool sl_merkle_verify_consistency(uint64_t from, uint64_t to, const uint8_t *from_root,
                                  const uint8_t *to_root, const uint8_t *proof, uint32_t count) {
  if (from > to) return false;
  if (from == 0) { // every list begins with the empty one
    uint8_t empty[SL_SHA256_BYTES];
    sl_sha256_of(NULL, 0, empty);
    return count == 0 && same(from_root, empty) && (to > 0 || same(to_root, empty));
  }
  if (from == to) return count == 0 && same(from_root, to_root);
  if (count == 0) return false;
  uint64_t at = from - 1, last = to - 1;
  while ((at & 1) != 0) climb(&at, &last);
  // A complete tree of `from` leaves is a node of the larger tree: its root stands for it.
  uint32_t i = 0;
  const uint8_t *begin = at == 0 ? from_root : proof + SL_SHA256_BYTES * (size_t)i++;
  uint8_t smaller[SL_SHA256_BYTES], larger[SL_SHA256_BYTES];
  memcpy(smaller, begin, sizeof smaller);
  memcpy(larger, begin, sizeof larger);
  for (; i < count; i++) {
    const uint8_t *other = proof + SL_SHA256_BYTES * (size_t)i;
    if (last == 0) return false;
    if ((at & 1) != 0 || at == last) {
      sl_merkle_node(other, smaller, smaller);
      sl_merkle_node(other, larger, larger);
      while ((at & 1) == 0 && at != 0) climb(&at, &last);
    } else {
      sl_merkle_node(larger, other, larger);
    }
    climb(&at, &last);
  }
  return last == 0 && same(smaller, from_root) && same(larger, to_root);
}
