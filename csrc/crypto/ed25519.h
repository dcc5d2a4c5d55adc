// Verification of Ed25519 signatures (RFC 8032, section 5.1), by the strictest of the rules in use.
//
// Accepted is what satisfies all of:
//   S < L                                  or a signature could be changed into another one
//   the key and R are canonical            y < p, and no sign where x is 0
//   neither is of small order              or one signature would fit many messages
//   S B = R + h A, without the factor 8    h = SHA-512(R || key || message) modulo L
//
// Everything that is accepted here is accepted by the verifiers of RFC 8032 of either kind, with the
// factor 8 and without it. Where keys and signatures are made as the standard says, all of them agree; they
// differ for what was made on purpose: K. Chalkias, F. Garillot, V. Nikolaenko, "Taming the many
// EdDSAs", SSR 2020, doi:10.1007/978-3-030-64357-7_4.
//
// For public data: the time depends on keys, signatures and messages. There is no signing here.
// Safe on untrusted bytes: yes, every function.
#ifndef SL_CRYPTO_ED25519_H
#define SL_CRYPTO_ED25519_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SL_ED25519_KEY_BYTES 32u
#define SL_ED25519_SIGNATURE_BYTES 64u

// Whether it is a signature of the message by the owner of the key.
//   key         SL_ED25519_KEY_BYTES, read
//   signature   SL_ED25519_SIGNATURE_BYTES, read
//   message     count, read; may be null when count is 0
bool sl_ed25519_verify(const uint8_t *key, const uint8_t *signature, const void *message,
                       size_t count);

// The same for many signatures. Each answer is that of sl_ed25519_verify: one combined equation for all
// of them would let pairs of forgeries through that cancel each other in the subgroup of order 8. Keys
// that repeat one after the other are decoded once.
//   keys        SL_ED25519_KEY_BYTES * count, read
//   signatures  SL_ED25519_SIGNATURE_BYTES * count, read
//   messages    offsets[count], read: one after the other
//   offsets     count + 1, read: message i is [offsets[i], offsets[i + 1])
//   length      bytes of `messages`
//   valid       count, written: 1 or 0
//   Errors: ERR_INDEX ("offsets") for offsets that fall, or end beyond `length`; nothing is written then.
sl_status sl_ed25519_verify_many(const uint8_t *keys, const uint8_t *signatures,
                                 const uint8_t *messages, const uint32_t *offsets, size_t length,
                                 size_t count, uint8_t *valid);

// Whether a key could verify anything at all: canonical, on the curve, not of small order.
bool sl_ed25519_is_key(const uint8_t *key);

#endif
