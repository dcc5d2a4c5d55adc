// Witness chains: a log in which each entry vouches for all before it.
//
//   head_0     = SHA-256("sublinear.witness.1" || 0x00 || context)
//   head_(i+1) = SHA-256(head_i || type, 4 bytes || payload)          numbers are little-endian
//
// Whoever knows one head knows that no entry before it was changed, left out or moved. What a chain alone
// cannot show is that it is the one that was meant: anybody can make another. Its head is to be
// published, or signed: sl_chain_statement gives the bytes to sign.
#ifndef SL_CRYPTO_CHAIN_H
#define SL_CRYPTO_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"

#include "crypto/sha256.h"

// Bytes of what is signed: a text of 24 bytes, the number of entries in 8 bytes, the head.
#define SL_CHAIN_STATEMENT_BYTES 64u

typedef struct sl_chain sl_chain;

// A chain without an entry.
//   context   count, read and copied: what the chain is about; a chain with another context has other heads
//   Errors: ERR_MEMORY.
sl_status sl_chain_create(const uint8_t *context, size_t count, sl_chain **out);
void sl_chain_destroy(sl_chain *chain);

// Appends an entry. O(count). After an error nothing was appended.
//   type      any number: what the application calls this kind of entry
//   payload   count, read and copied
//   Errors: ERR_MEMORY, ERR_OVERFLOW (2^32 - 1 entries).
sl_status sl_chain_append(sl_chain *chain, uint32_t type, const uint8_t *payload, size_t count);

uint32_t sl_chain_count(const sl_chain *chain);
size_t sl_chain_bytes(const sl_chain *chain);

// Entry i. Errors: ERR_INDEX ("index").
//   payload   written: where its bytes are, until the next append
//   count     written: how many
sl_status sl_chain_entry(const sl_chain *chain, uint32_t index, uint32_t *type,
                         const uint8_t **payload, size_t *count);

// The context, as above.
void sl_chain_context(const sl_chain *chain, const uint8_t **context, size_t *count);

// The head after the first `entries`. O(1): heads are kept. Errors: ERR_INDEX ("entries").
//   out   SL_SHA256_BYTES, written
sl_status sl_chain_head(const sl_chain *chain, uint32_t entries, uint8_t *out);

// What a signature of the head after the first `entries` signs.
//   out   SL_CHAIN_STATEMENT_BYTES, written
//   Errors: ERR_INDEX ("entries").
sl_status sl_chain_statement(const sl_chain *chain, uint32_t entries, uint8_t *out);

// ---- verification -------------------------------------------------------------------------------

// Begins to compute all heads anew, as a job (base/job.h): O(bytes), a unit of work is a block of 64
// bytes.
sl_status sl_chain_begin_verify(sl_chain *chain);
sl_job *sl_chain_job(sl_chain *chain);

// The first entry whose head is another than the one that is kept, or `count` where all are right.
//   Errors: ERR_STATE unless the job has ended.
sl_status sl_chain_finish_verify(const sl_chain *chain, uint32_t *out);

#endif
