// SHA-512 (FIPS 180-4): of bytes that are there as a whole, and of bytes that arrive in pieces.
#ifndef SL_CRYPTO_SHA512_H
#define SL_CRYPTO_SHA512_H

#include <stddef.h>
#include <stdint.h>

#define SL_SHA512_BYTES 64u
#define SL_SHA512_BLOCK_BYTES 128u

// A hash under way. Plain memory: the caller owns it, a copy of it (`a = b`) goes on independently.
typedef struct sl_sha512 {
  uint64_t state[8];
  uint64_t length; // bytes so far
  uint8_t block[SL_SHA512_BLOCK_BYTES];
} sl_sha512;

// The hash of no byte so far.
void sl_sha512_init(sl_sha512 *hash);

// Appends bytes. O(count), nothing is allocated.
//   bytes   count, read; any alignment; may be null when count is 0
void sl_sha512_update(sl_sha512 *hash, const void *bytes, size_t count);

// The hash of all that was appended. Use sl_sha512_init before the hash is used again; a copy made
// before goes on.
//   out     SL_SHA512_BYTES, written
void sl_sha512_final(sl_sha512 *hash, uint8_t *out);

#endif
