#include "crypto/chain_object.h"

#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"

#define HASH SL_SHA256_BYTES

static const char GENESIS[] = "sublinear.witness.1";
static const char STATEMENT[24] = "sublinear.witness.head.1";

static uint8_t *head_at(const sl_chain *chain, uint32_t i) {
  return chain->heads + (size_t)i * HASH;
}

void sl_chain_first_head(const sl_chain *chain, uint8_t *out) {
  sl_sha256 hash;
  sl_sha256_init(&hash);
  sl_sha256_update(&hash, GENESIS, sizeof GENESIS);
  sl_sha256_update(&hash, chain->context, chain->context_bytes);
  sl_sha256_final(&hash, out);
}

// The hash of an entry up to its payload.
static void begin_entry(sl_sha256 *hash, const uint8_t *head, uint32_t type) {
  uint8_t bytes[4];
  sl_put_u32(bytes, type);
  sl_sha256_init(hash);
  sl_sha256_update(hash, head, HASH);
  sl_sha256_update(hash, bytes, sizeof bytes);
}

sl_status sl_chain_create(const uint8_t *context, size_t count, sl_chain **out) {
  *out = NULL;
  sl_chain *chain;
  SL_TRY(SL_ALLOC_ZERO(&chain, 1));
  chain->job.kind = &sl_chain_kind;
  sl_status status = SL_ALLOC(&chain->context, count);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&chain->offsets, 1);
  if (status == SL_OK) status = SL_ALLOC(&chain->heads, HASH);
  if (status != SL_OK) {
    sl_chain_destroy(chain);
    return status;
  }
  if (count > 0) memcpy(chain->context, context, count);
  chain->context_bytes = count;
  sl_chain_first_head(chain, chain->heads);
  *out = chain;
  return SL_OK;
}

void sl_chain_destroy(sl_chain *chain) {
  if (chain == NULL) return;
  sl_free(chain->context);
  sl_free(chain->types);
  sl_free(chain->offsets);
  sl_free(chain->heads);
  sl_free(chain->payloads);
  sl_free(chain);
}

// Room for one more entry, so that nothing can fail after it.
static sl_status reserve(sl_chain *chain, size_t count) {
  SL_REQUIRE(chain->count < UINT32_MAX - 1, SL_ERR_OVERFLOW, "entries", "less than 2^32 - 1");
  if (chain->count == chain->entries) {
    const uint32_t entries =
        chain->entries < UINT32_MAX / 2 ? 2 * chain->entries + 8 : UINT32_MAX - 1;
    SL_TRY(SL_REALLOC(&chain->types, entries));
    SL_TRY(SL_REALLOC(&chain->offsets, (size_t)entries + 1));
    SL_TRY(sl_realloc((void **)&chain->heads, (size_t)entries + 1, HASH));
    chain->entries = entries;
  }
  const uint64_t held = chain->offsets[chain->count];
  if (count > chain->room - held) {
    const uint64_t wanted = held + count, twice = (uint64_t)chain->room * 2;
    const uint64_t room = wanted > twice ? wanted : twice;
    SL_REQUIRE(room <= SIZE_MAX, SL_ERR_OVERFLOW, "payload", "what an address can say");
    SL_TRY(SL_REALLOC(&chain->payloads, (size_t)room));
    chain->room = (size_t)room;
  }
  return SL_OK;
}

sl_status sl_chain_append(sl_chain *chain, uint32_t type, const uint8_t *payload, size_t count) {
  SL_TRY(reserve(chain, count));
  const uint32_t i = chain->count;
  const uint64_t held = chain->offsets[i];
  if (count > 0) memcpy(chain->payloads + held, payload, count);
  chain->types[i] = type;
  chain->offsets[i + 1] = held + count;
  sl_sha256 hash;
  begin_entry(&hash, head_at(chain, i), type);
  sl_sha256_update(&hash, payload, count);
  sl_sha256_final(&hash, head_at(chain, i + 1));
  chain->count = i + 1;
  chain->version++;
  sl_job_drop(&chain->job); // what was verified is not the whole chain any more
  return SL_OK;
}

uint32_t sl_chain_count(const sl_chain *chain) { return chain->count; }

size_t sl_chain_bytes(const sl_chain *chain) {
  return sizeof *chain + chain->context_bytes + (size_t)chain->entries * (4 + 8 + HASH) + 8 + HASH +
         chain->room;
}

sl_status sl_chain_entry(const sl_chain *chain, uint32_t index, uint32_t *type,
                         const uint8_t **payload, size_t *count) {
  SL_REQUIRE_AT(index < chain->count, SL_ERR_INDEX, "index", "an entry of the chain", index);
  const uint64_t begin = chain->offsets[index];
  *type = chain->types[index];
  *payload = chain->payloads == NULL ? NULL : chain->payloads + begin;
  *count = (size_t)(chain->offsets[index + 1] - begin);
  return SL_OK;
}

void sl_chain_context(const sl_chain *chain, const uint8_t **context, size_t *count) {
  *context = chain->context;
  *count = chain->context_bytes;
}

static sl_status check_entries(const sl_chain *chain, uint32_t entries) {
  if (entries <= chain->count) return SL_OK;
  return sl_fail(SL_ERR_INDEX, "entries", "no more entries than the chain has", entries);
}

sl_status sl_chain_head(const sl_chain *chain, uint32_t entries, uint8_t *out) {
  SL_TRY(check_entries(chain, entries));
  memcpy(out, head_at(chain, entries), HASH);
  return SL_OK;
}

sl_status sl_chain_statement(const sl_chain *chain, uint32_t entries, uint8_t *out) {
  SL_TRY(check_entries(chain, entries));
  memcpy(out, STATEMENT, sizeof STATEMENT);
  sl_put_u64(out + sizeof STATEMENT, entries);
  memcpy(out + sizeof STATEMENT + 8, head_at(chain, entries), HASH);
  return SL_OK;
}

// ---- verification -------------------------------------------------------------------------------

sl_status sl_chain_begin_verify(sl_chain *chain) {
  chain->at = 0;
  chain->done = 0;
  chain->blocks = 0;
  sl_job_begin(&chain->job);
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_chain *chain = (sl_chain *)job;
  const uint64_t end = work < UINT64_MAX - chain->blocks ? chain->blocks + work : UINT64_MAX;
  while (chain->at < chain->count && chain->blocks < end) {
    const uint64_t begin = chain->offsets[chain->at];
    const size_t count = (size_t)(chain->offsets[chain->at + 1] - begin);
    if (chain->done == 0)
      begin_entry(&chain->hash, head_at(chain, chain->at), chain->types[chain->at]);
    const uint64_t can = (end - chain->blocks) * SL_SHA256_BLOCK_BYTES;
    const size_t left = count - chain->done;
    const size_t now = left < can ? left : (size_t)can;
    if (now > 0) sl_sha256_update(&chain->hash, chain->payloads + begin + chain->done, now);
    chain->done += now;
    chain->blocks += now / SL_SHA256_BLOCK_BYTES + 1;
    if (chain->done < count) continue;
    uint8_t head[HASH];
    sl_sha256_final(&chain->hash, head);
    if (memcmp(head, head_at(chain, chain->at + 1), HASH) != 0) {
      sl_job_end(job, SL_OUTCOME_CONVERGED);
      return SL_OK;
    }
    chain->at++;
    chain->done = 0;
  }
  if (chain->at == chain->count) sl_job_end(job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static uint64_t work_of(const sl_job *job) { return ((const sl_chain *)job)->blocks; }

static uint64_t expected_of(const sl_job *job) {
  const sl_chain *chain = (const sl_chain *)job;
  return chain->offsets[chain->count] / SL_SHA256_BLOCK_BYTES + chain->count;
}

static size_t bytes_of(const sl_job *job) { return sl_chain_bytes((const sl_chain *)job); }
static void destroy(sl_job *job) { sl_chain_destroy((sl_chain *)job); }

const sl_job_kind sl_chain_kind = {"chain",     step,     sl_job_stop_here, work_of,
                                   expected_of, bytes_of, destroy};

sl_job *sl_chain_job(sl_chain *chain) { return &chain->job; }

sl_status sl_chain_finish_verify(const sl_chain *chain, uint32_t *out) {
  SL_TRY(sl_job_require_ended(&chain->job));
  *out = chain->at;
  return SL_OK;
}
