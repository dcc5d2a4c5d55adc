// Raw ABI of crypto/hash.h, crypto/merkle.h, crypto/ed25519.h and crypto/chain.h.
#include "base/abi.h"
#include "base/abi_container.h"
#include "base/abi_job.h"
#include "base/bytes.h"

#include "crypto/chain_object.h"
#include "crypto/ed25519.h"
#include "crypto/file.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"

static const sl_kind SL_HANDLE_HASH[1] = {{"the handle of a hash"}};
static const sl_kind SL_HANDLE_MERKLE[1] = {{"the handle of a Merkle tree"}};

static sl_status hash_of(sl_handle handle, sl_hash **out) {
  return sl_handle_get(handle, SL_HANDLE_HASH, (void **)out);
}
static sl_status tree_of(sl_handle handle, sl_merkle **out) {
  return sl_handle_get(handle, SL_HANDLE_MERKLE, (void **)out);
}
static sl_status chain_of(sl_handle handle, sl_chain **out) {
  return sl_abi_job_get(handle, &sl_chain_kind, out);
}

// 0 after a failure, as after that of the call that made it.
static sl_handle give_hash(sl_status status, sl_hash *hash) {
  sl_handle handle = 0;
  if (status == SL_OK && sl_handle_create(SL_HANDLE_HASH, hash, &handle) != SL_OK)
    sl_hash_destroy(hash);
  return handle;
}

// ---- hashes -------------------------------------------------------------------------------------

// The CRC-32C of a message, `crc` being 0 or that of the bytes before.
uint32_t SL_ABI(sl_abi_crc32c)(uint32_t crc, const uint8_t *message, size_t count) {
  return sl_crc32c(crc, message, count);
}

uint32_t SL_ABI(sl_abi_hash_digest_bytes)(int32_t algorithm) {
  return sl_hash_digest_bytes((sl_hash_algorithm)algorithm);
}

int32_t SL_ABI(sl_abi_hash_of)(int32_t algorithm, const uint8_t *message, size_t count,
                               uint8_t *out, size_t length) {
  return sl_hash_of((sl_hash_algorithm)algorithm, message, count, out, length);
}

int32_t SL_ABI(sl_abi_hash_many)(int32_t algorithm, const uint8_t *messages, size_t length,
                                 const uint32_t *offsets, size_t count, uint8_t *out) {
  return sl_hash_many((sl_hash_algorithm)algorithm, messages, length, offsets, count, out);
}

sl_handle SL_ABI(sl_abi_hash_create)(int32_t algorithm) {
  sl_hash *hash = NULL;
  return give_hash(sl_hash_create((sl_hash_algorithm)algorithm, &hash), hash);
}

sl_handle SL_ABI(sl_abi_hash_clone)(sl_handle handle) {
  sl_hash *source, *hash = NULL;
  if (hash_of(handle, &source) != SL_OK) return 0;
  return give_hash(sl_hash_clone(source, &hash), hash);
}

int32_t SL_ABI(sl_abi_hash_destroy)(sl_handle handle) {
  sl_hash *hash;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_HASH, (void **)&hash));
  sl_hash_destroy(hash);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_hash_update)(sl_handle handle, const uint8_t *message, size_t count) {
  sl_hash *hash;
  SL_TRY(hash_of(handle, &hash));
  return sl_hash_update(hash, message, count);
}

int32_t SL_ABI(sl_abi_hash_digest)(sl_handle handle, uint8_t *out, size_t length) {
  sl_hash *hash;
  SL_TRY(hash_of(handle, &hash));
  return sl_hash_digest(hash, out, length);
}

int32_t SL_ABI(sl_abi_hash_squeeze)(sl_handle handle, uint8_t *out, size_t count) {
  sl_hash *hash;
  SL_TRY(hash_of(handle, &hash));
  return sl_hash_squeeze(hash, out, count);
}

int32_t SL_ABI(sl_abi_hash_reset)(sl_handle handle) {
  sl_hash *hash;
  SL_TRY(hash_of(handle, &hash));
  sl_hash_reset(hash);
  return SL_OK;
}

// ---- Ed25519 ------------------------------------------------------------------------------------

// key: 32 bytes, signature: 64 bytes. Writes 1 where it is a signature of the message, or 0.
int32_t SL_ABI(sl_abi_ed25519_verify)(const uint8_t *key, const uint8_t *signature,
                                      const uint8_t *message, size_t count, uint32_t *valid) {
  *valid = sl_ed25519_verify(key, signature, message, count);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_ed25519_verify_many)(const uint8_t *keys, const uint8_t *signatures,
                                           const uint8_t *messages, const uint32_t *offsets,
                                           size_t length, size_t count, uint8_t *valid) {
  return sl_ed25519_verify_many(keys, signatures, messages, offsets, length, count, valid);
}

uint32_t SL_ABI(sl_abi_ed25519_is_key)(const uint8_t *key) { return sl_ed25519_is_key(key); }

// ---- Merkle trees -------------------------------------------------------------------------------

sl_handle SL_ABI(sl_abi_merkle_create)(void) {
  sl_merkle *tree;
  sl_handle handle = 0;
  if (sl_merkle_create(&tree) == SL_OK &&
      sl_handle_create(SL_HANDLE_MERKLE, tree, &handle) != SL_OK)
    sl_merkle_destroy(tree);
  return handle;
}

int32_t SL_ABI(sl_abi_merkle_destroy)(sl_handle handle) {
  sl_merkle *tree;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_MERKLE, (void **)&tree));
  sl_merkle_destroy(tree);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_merkle_append)(sl_handle handle, const uint8_t *messages, size_t length,
                                     const uint32_t *offsets, size_t count) {
  sl_merkle *tree;
  SL_TRY(tree_of(handle, &tree));
  return sl_merkle_append(tree, messages, length, offsets, count);
}

int32_t SL_ABI(sl_abi_merkle_append_blocks)(sl_handle handle, const uint8_t *message, size_t count,
                                            size_t block_bytes) {
  sl_merkle *tree;
  SL_TRY(tree_of(handle, &tree));
  return sl_merkle_append_blocks(tree, message, count, block_bytes);
}

int32_t SL_ABI(sl_abi_merkle_append_hashes)(sl_handle handle, const uint8_t *hashes, size_t count) {
  sl_merkle *tree;
  SL_TRY(tree_of(handle, &tree));
  return sl_merkle_append_hashes(tree, hashes, count);
}

int32_t SL_ABI(sl_abi_merkle_size)(sl_handle handle, uint32_t *out) {
  sl_merkle *tree;
  SL_TRY(tree_of(handle, &tree));
  *out = sl_merkle_size(tree);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_merkle_leaf)(sl_handle handle, uint32_t index, uint8_t *out) {
  sl_merkle *tree;
  SL_TRY(tree_of(handle, &tree));
  return sl_merkle_leaf(tree, index, out);
}

int32_t SL_ABI(sl_abi_merkle_root)(sl_handle handle, uint32_t size, uint8_t *out) {
  sl_merkle *tree;
  SL_TRY(tree_of(handle, &tree));
  return sl_merkle_root(tree, size, out);
}

// out: 65 hashes at most, written; count: how many.
int32_t SL_ABI(sl_abi_merkle_inclusion)(sl_handle handle, uint32_t index, uint32_t size,
                                        uint8_t *out, uint32_t *count) {
  sl_merkle *tree;
  SL_TRY(tree_of(handle, &tree));
  return sl_merkle_inclusion(tree, index, size, out, count);
}

int32_t SL_ABI(sl_abi_merkle_consistency)(sl_handle handle, uint32_t from, uint32_t to,
                                          uint8_t *out, uint32_t *count) {
  sl_merkle *tree;
  SL_TRY(tree_of(handle, &tree));
  return sl_merkle_consistency(tree, from, to, out, count);
}

int32_t SL_ABI(sl_abi_merkle_leaf_hash)(const uint8_t *message, size_t count, uint8_t *out) {
  sl_merkle_leaf_hash(message, count, out);
  return SL_OK;
}

// Sizes as doubles: whole numbers up to 2^53. Writes 1 where the proof is right, or 0.
int32_t SL_ABI(sl_abi_merkle_verify_inclusion)(const uint8_t *leaf_hash, double leaf,
                                               double leaf_count, const uint8_t *proof,
                                               uint32_t proof_count, const uint8_t *root,
                                               uint32_t *valid) {
  uint64_t index, size;
  SL_TRY(sl_abi_count(leaf, "index", &index));
  SL_TRY(sl_abi_count(leaf_count, "size", &size));
  *valid = sl_merkle_verify_inclusion(leaf_hash, index, size, proof, proof_count, root);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_merkle_verify_consistency)(double from_count, double to_count,
                                                 const uint8_t *from_root, const uint8_t *to_root,
                                                 const uint8_t *proof, uint32_t proof_count,
                                                 uint32_t *valid) {
  uint64_t from, to;
  SL_TRY(sl_abi_count(from_count, "from", &from));
  SL_TRY(sl_abi_count(to_count, "to", &to));
  *valid = sl_merkle_verify_consistency(from, to, from_root, to_root, proof, proof_count);
  return SL_OK;
}

// ---- witness chains -----------------------------------------------------------------------------

// The handle of a chain, or 0.
sl_handle SL_ABI(sl_abi_chain_create)(const uint8_t *context, size_t count) {
  sl_chain *chain;
  if (sl_chain_create(context, count, &chain) != SL_OK) return 0;
  return sl_abi_job_register(sl_chain_job(chain), 0, NULL);
}

int32_t SL_ABI(sl_abi_chain_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_chain_kind);
}

int32_t SL_ABI(sl_abi_chain_append)(sl_handle handle, uint32_t type, const uint8_t *message,
                                    size_t count) {
  sl_chain *chain;
  SL_TRY(chain_of(handle, &chain));
  return sl_chain_append(chain, type, message, count);
}

int32_t SL_ABI(sl_abi_chain_count)(sl_handle handle, uint32_t *out) {
  sl_chain *chain;
  SL_TRY(chain_of(handle, &chain));
  *out = sl_chain_count(chain);
  return SL_OK;
}

// Where the payload is, until the next append, and its length.
int32_t SL_ABI(sl_abi_chain_entry)(sl_handle handle, uint32_t index, uint32_t *type,
                                   const uint8_t **payload, size_t *count) {
  sl_chain *chain;
  SL_TRY(chain_of(handle, &chain));
  return sl_chain_entry(chain, index, type, payload, count);
}

int32_t SL_ABI(sl_abi_chain_head)(sl_handle handle, uint32_t size, uint8_t *out) {
  sl_chain *chain;
  SL_TRY(chain_of(handle, &chain));
  return sl_chain_head(chain, size, out);
}

// out: 64 bytes, written: what a signature of the head signs.
int32_t SL_ABI(sl_abi_chain_statement)(sl_handle handle, uint32_t size, uint8_t *out) {
  sl_chain *chain;
  SL_TRY(chain_of(handle, &chain));
  return sl_chain_statement(chain, size, out);
}

// Then sl_abi_job_step.
int32_t SL_ABI(sl_abi_chain_begin_verify)(sl_handle handle) {
  sl_chain *chain;
  SL_TRY(chain_of(handle, &chain));
  return sl_chain_begin_verify(chain);
}

// The first entry that is wrong, or the number of entries.
int32_t SL_ABI(sl_abi_chain_finish_verify)(sl_handle handle, uint32_t *out) {
  sl_chain *chain;
  SL_TRY(chain_of(handle, &chain));
  return sl_chain_finish_verify(chain, out);
}

// The handle of a writer, or 0.
sl_handle SL_ABI(sl_abi_chain_save)(sl_handle handle) {
  sl_chain *chain;
  sl_writer *writer = NULL;
  if (chain_of(handle, &chain) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_chain_save(chain, &writer), writer, handle, SL_HANDLE_JOB);
}

// The chain, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_chain_load)(sl_handle reader_handle) {
  sl_reader *reader;
  sl_chain *chain;
  if (sl_abi_get_reader(reader_handle, &reader) != SL_OK) return 0;
  if (sl_chain_load(reader, &chain) != SL_OK) return 0;
  return sl_abi_job_register(sl_chain_job(chain), 0, NULL);
}
