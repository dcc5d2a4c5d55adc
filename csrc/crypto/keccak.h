// The sponge of FIPS 202: SHA3-256, SHA3-512, SHAKE128 and SHAKE256 are one function with other
// numbers.
#ifndef SL_CRYPTO_KECCAK_H
#define SL_CRYPTO_KECCAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SL_KECCAK_LANES 25u

// Bytes of a block, and the bits with which the padding begins.
enum {
  SL_SHA3_256_RATE = 136,
  SL_SHA3_512_RATE = 72,
  SL_SHAKE128_RATE = 168,
  SL_SHAKE256_RATE = 136,
  SL_SHA3_SUFFIX = 0x06,
  SL_SHAKE_SUFFIX = 0x1f,
};

// A hash under way. Plain memory: the caller owns it, a copy of it (`a = b`) goes on independently.
typedef struct sl_keccak {
  uint64_t lanes[SL_KECCAK_LANES];
  uint32_t rate;   // bytes of a block: a multiple of 8, below 200
  uint32_t at;     // bytes of the block that were taken in, or given out
  uint32_t suffix; // one of the suffixes above
  bool squeezing;  // nothing is taken in any more
} sl_keccak;

// The hash of no byte so far, for a rate and a suffix of the list above.
void sl_keccak_init(sl_keccak *hash, uint32_t rate, uint32_t suffix);

// Appends bytes; never after sl_keccak_squeeze. O(count), nothing is allocated.
//   bytes   count, read; any alignment; may be null when count is 0
void sl_keccak_update(sl_keccak *hash, const void *bytes, size_t count);

// The next `count` bytes of the output, which has no end. SHA3-256 and SHA3-512 are its first 32 and
// 64 bytes.
//   out     count, written; may be null when count is 0
void sl_keccak_squeeze(sl_keccak *hash, uint8_t *out, size_t count);

// The permutation Keccak-f[1600].
//   lanes   SL_KECCAK_LANES, read and written; lane x + 5 y is A[x, y] of the standard
void sl_keccak_permute(uint64_t *lanes);

#endif
