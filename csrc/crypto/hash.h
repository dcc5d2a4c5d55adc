// Hashes by the name of their algorithm: of bytes that are there, of bytes that arrive in pieces, and of
// many messages in one call.
#ifndef SL_CRYPTO_HASH_H
#define SL_CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum sl_hash_algorithm {
  SL_HASH_SHA256 = 0,
  SL_HASH_SHA512 = 1,
  SL_HASH_SHA3_256 = 2,
  SL_HASH_SHA3_512 = 3,
  SL_HASH_SHAKE128 = 4,
  SL_HASH_SHAKE256 = 5,
} sl_hash_algorithm;

// Bytes of a digest unless another number is asked for: 32 or 64, of SHAKE128 32 and of SHAKE256 64
// (twice its strength against collisions). 0 for an algorithm that does not exist.
uint32_t sl_hash_digest_bytes(sl_hash_algorithm algorithm);

// The hash of one message.
//   bytes    count, read; may be null when count is 0
//   length   bytes of the digest: what sl_hash_digest_bytes says, of SHAKE128 and SHAKE256 any number
//   out      length, written; may be null when length is 0
//   Errors: ERR_OPTION ("algorithm", "length"). O(count + length), allocates nothing.
sl_status sl_hash_of(sl_hash_algorithm algorithm, const void *bytes, size_t count, uint8_t *out,
                     size_t length);

// The hashes of many messages; SHA-256 works on four of them at a time in the SIMD variants.
//   messages  length, read: one after the other
//   offsets   count + 1, read: message i is [offsets[i], offsets[i + 1])
//   out       count * sl_hash_digest_bytes(algorithm), written
//   Errors: ERR_OPTION ("algorithm"), ERR_INDEX ("offsets"). O(length + count), allocates nothing.
sl_status sl_hash_many(sl_hash_algorithm algorithm, const uint8_t *messages, size_t length,
                       const uint32_t *offsets, size_t count, uint8_t *out);

// Errors: ERR_INDEX ("offsets") where offsets fall or end beyond `length`.
sl_status sl_hash_check_offsets(const uint32_t *offsets, size_t count, size_t length);

// ---- in pieces ----------------------------------------------------------------------------------

typedef struct sl_hash sl_hash;

// The hash of no byte so far. Errors: ERR_OPTION ("algorithm"), ERR_MEMORY. Allocates some 300 bytes.
sl_status sl_hash_create(sl_hash_algorithm algorithm, sl_hash **out);

// A second hash that has taken in what this one has, and goes on independently. Errors: ERR_MEMORY.
sl_status sl_hash_clone(const sl_hash *hash, sl_hash **out);

// Appends bytes; they may be cut anywhere.
//   Errors: ERR_STATE ("bytes") after sl_hash_squeeze. O(count).
sl_status sl_hash_update(sl_hash *hash, const void *bytes, size_t count);

// The digest of all that was appended. The hash stays as it is, and can go on.
//   length, out   as sl_hash_of
//   Errors: ERR_OPTION ("length"); ERR_STATE after sl_hash_squeeze.
sl_status sl_hash_digest(const sl_hash *hash, uint8_t *out, size_t length);

// The next bytes of the output of SHAKE128 or SHAKE256, which has no end. Nothing can be appended then.
//   Errors: ERR_UNSUPPORTED ("algorithm") for the others. O(count).
sl_status sl_hash_squeeze(sl_hash *hash, uint8_t *out, size_t count);

// Back to the hash of no byte.
void sl_hash_reset(sl_hash *hash);

sl_hash_algorithm sl_hash_algorithm_of(const sl_hash *hash);
size_t sl_hash_bytes(const sl_hash *hash);

// Frees it. NULL is allowed.
void sl_hash_destroy(sl_hash *hash);

#endif
