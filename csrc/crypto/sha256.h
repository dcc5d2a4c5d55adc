// SHA-256 (FIPS 180-4): of bytes that are there as a whole, and of bytes that arrive in pieces.
//
// Not for secrets: the time depends on the length only, but nothing erases what was hashed from memory.
#ifndef SL_CRYPTO_SHA256_H
#define SL_CRYPTO_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SL_SHA256_BYTES 32u
#define SL_SHA256_BLOCK_BYTES 64u

// A hash under way. Plain memory: the caller owns it, a copy of it (`a = b`) goes on independently.
typedef struct sl_sha256 {
  uint32_t state[8];
  uint64_t length; // bytes so far
  uint8_t block[SL_SHA256_BLOCK_BYTES];
} sl_sha256;

// The hash of no byte so far.
void sl_sha256_init(sl_sha256 *hash);

// Appends bytes. O(count), nothing is allocated. The standard ends at 2^61 - 1 bytes in all, which no
// host reaches.
//   bytes   count, read; any alignment; may be null when count is 0
void sl_sha256_update(sl_sha256 *hash, const void *bytes, size_t count);

// The hash of all that was appended. Use sl_sha256_init before the hash is used again; a copy made
// before goes on.
//   out     SL_SHA256_BYTES, written
void sl_sha256_final(sl_sha256 *hash, uint8_t *out);

// The three in one. `out` may lie in `bytes`.
void sl_sha256_of(const void *bytes, size_t count, uint8_t *out);

// ---- for hashes of many short messages -----------------------------------------------------------

// The state before the first block.
extern const uint32_t sl_sha256_start[8];

// Goes on with `count` whole blocks.
//   state    8 words, read and written
//   blocks   SL_SHA256_BLOCK_BYTES * count, read; any alignment
void sl_sha256_blocks(uint32_t *state, const uint8_t *blocks, size_t count);

#endif
