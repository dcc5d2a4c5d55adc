// What chain_object.c and chain_file.c share.
#ifndef SL_CRYPTO_CHAIN_OBJECT_H
#define SL_CRYPTO_CHAIN_OBJECT_H

#include "crypto/chain.h"

struct sl_chain {
  sl_job job;       // first: one is the other
  uint32_t count;   // entries
  uint32_t entries; // that there is room for
  size_t room;      // bytes of payload that there is room for
  size_t context_bytes;
  uint8_t *context;
  uint32_t *types;   // count
  uint64_t *offsets; // count + 1: where payloads begin
  uint8_t *heads;    // count + 1
  uint8_t *payloads;
  uint64_t version; // of what a writer saves

  // Verification: entry `at`, of which `done` bytes are in `hash`.
  uint32_t at;
  size_t done;
  uint64_t blocks; // of work
  sl_sha256 hash;
};

extern const sl_job_kind sl_chain_kind;

// The head of no entry, which follows from the context.
//   out   SL_SHA256_BYTES, written
void sl_chain_first_head(const sl_chain *chain, uint8_t *out);

#endif
