// Merkle trees as RFC 6962 (Certificate Transparency, section 2.1) defines them: roots of lists that
// only grow, proofs that an entry is in a list, and that a list is the beginning of another.
//
// SHA-256; a leaf is H(0x00 || data), a node H(0x01 || left || right). Hashes are SL_SHA256_BYTES each.
// The list without an entry has the root H("").
#ifndef SL_CRYPTO_MERKLE_H
#define SL_CRYPTO_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "crypto/sha256.h"

// The longest proof of any tree, in hashes.
#define SL_MERKLE_PROOF_MAX 65u

typedef struct sl_merkle sl_merkle;

// A tree without a leaf. Errors: ERR_MEMORY.
sl_status sl_merkle_create(sl_merkle **out);
void sl_merkle_destroy(sl_merkle *tree);

// Appends entries. O(bytes); takes 64 bytes an entry. After an error nothing was appended.
//   entries   length, read: one after the other
//   offsets   count + 1, read: entry i is [offsets[i], offsets[i + 1])
//   Errors: ERR_INDEX ("offsets"), ERR_MEMORY, ERR_OVERFLOW (2^32 - 1 leaves).
sl_status sl_merkle_append(sl_merkle *tree, const uint8_t *entries, size_t length,
                           const uint32_t *offsets, size_t count);

// Appends entries of `block` bytes each, of which the last may be shorter.
//   block   >= 1
//   Errors: ERR_OPTION ("block_bytes"), ERR_MEMORY, ERR_OVERFLOW.
sl_status sl_merkle_append_blocks(sl_merkle *tree, const uint8_t *bytes, size_t length,
                                  size_t block_bytes);

// Appends leaves by their hashes.
//   hashes   SL_SHA256_BYTES * count, read
sl_status sl_merkle_append_hashes(sl_merkle *tree, const uint8_t *hashes, size_t count);

// How many leaves there are.
uint32_t sl_merkle_size(const sl_merkle *tree);
size_t sl_merkle_bytes(const sl_merkle *tree);

// The hash of a leaf. Errors: ERR_INDEX ("index").
sl_status sl_merkle_leaf(const sl_merkle *tree, uint32_t index, uint8_t *out);

// The root of the first `size` leaves. Errors: ERR_INDEX ("size"). O(log size) hashes.
sl_status sl_merkle_root(const sl_merkle *tree, uint32_t size, uint8_t *out);

// The hashes from which the root of the first `size` leaves follows, for leaf `index` (RFC 6962, 2.1.1).
//   out     SL_SHA256_BYTES * SL_MERKLE_PROOF_MAX, written
//   count   written: hashes
//   Errors: ERR_INDEX ("size", "index" >= size). O(log^2 size).
sl_status sl_merkle_inclusion(const sl_merkle *tree, uint32_t index, uint32_t size, uint8_t *out,
                              uint32_t *count);

// The hashes that show that the first `from` leaves are the beginning of the first `to` (RFC 6962,
// 2.1.2). None where from is 0 or to.
//   Errors: ERR_INDEX ("to", "from" > to).
sl_status sl_merkle_consistency(const sl_merkle *tree, uint32_t from, uint32_t to, uint8_t *out,
                                uint32_t *count);

// ---- for those who have no tree. Safe on untrusted bytes: yes -------------------------------------

// H(0x00 || data)
void sl_merkle_leaf_hash(const void *data, size_t length, uint8_t *out);

// Whether the proof shows that a leaf is number `index` of a list of `size` with that root (RFC 9162,
// 2.1.3.2). Sizes up to 2^64 - 1.
//   proof   SL_SHA256_BYTES * count, read
bool sl_merkle_verify_inclusion(const uint8_t *leaf_hash, uint64_t index, uint64_t size,
                                const uint8_t *proof, uint32_t count, const uint8_t *root);

// Whether the proof shows that the list of `to` leaves with root `to_root` begins with the list of
// `from` leaves with root `from_root` (RFC 9162, 2.1.4.2).
bool sl_merkle_verify_consistency(uint64_t from, uint64_t to, const uint8_t *from_root,
                                  const uint8_t *to_root, const uint8_t *proof, uint32_t count);

#endif
