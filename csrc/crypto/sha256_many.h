// SHA-256 of many messages, four at a time where the machine has vectors of four words.
#ifndef SL_CRYPTO_SHA256_MANY_H
#define SL_CRYPTO_SHA256_MANY_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/sha256.h"

#define SL_SHA256_NO_PREFIX (-1)

// The hashes of messages that lie one after the other.
//   prefix    a byte that stands before each message, or SL_SHA256_NO_PREFIX
//   messages  offsets[count], read
//   offsets   count + 1, read, not falling: message i is [offsets[i], offsets[i + 1])
//   out       SL_SHA256_BYTES * count, written; must not overlap `messages`
//   O(bytes). Messages of like length gain most: about 2.5 times.
void sl_sha256_many(int prefix, const uint8_t *messages, const uint32_t *offsets, size_t count,
                    uint8_t *out);

// The same for messages of `each` bytes.
void sl_sha256_many_equal(int prefix, const uint8_t *messages, size_t each, size_t count,
                          uint8_t *out);

#endif
