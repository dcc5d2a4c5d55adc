// Merkle trees over the blocks of a segment: a block that arrives alone can be checked against the
// root. Hashes of leaves and nodes are those of crypto/merkle.h, whose object keeps a tree for proofs;
// here nothing is kept and nothing allocated.
//
// Based on: B. Laurie, A. Langley, E. Kasper, "Certificate transparency", RFC 6962 (2013), section
// 2.1: the hash of a block is SHA-256(00, block), that of two hashes SHA-256(01, left, right), and a
// tree of n leaves splits at the largest power of two below n. No block at all: SHA-256 of nothing.
#ifndef SL_FORMAT_HASH_TREE_H
#define SL_FORMAT_HASH_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "crypto/sha256.h"

// The root over the hashes of blocks.
//   hashes   SL_SHA256_BYTES * count, read
//   root     SL_SHA256_BYTES, written
// Allocates nothing. O(count).
void sl_hash_tree_root(const uint8_t *hashes, size_t count, uint8_t *root);

// Hashes blocks of one size, of which the last may be shorter, and gives the root over them.
//   bytes    count, read
//   block    size of a block, > 0
//   hashes   SL_SHA256_BYTES for each block, written; NULL: they are not wanted
//   root     SL_SHA256_BYTES, written
//   Errors: ERR_OPTION ("block"). Allocates nothing. O(count).
sl_status sl_hash_tree_blocks(const void *bytes, size_t count, uint32_t block, uint8_t *hashes,
                              uint8_t *root);

// Is this the block that `hash` belongs to? bytes: count, read; hash: SL_SHA256_BYTES, read.
//   Errors: ERR_CHECKSUM ("bytes"). O(count).
sl_status sl_hash_tree_check(const void *bytes, size_t count, const uint8_t *hash);

#endif
