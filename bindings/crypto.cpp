#include "common.hpp"

extern "C" {
#include "base/bytes.h"
#include "crypto/chain.h"
#include "crypto/ed25519.h"
#include "crypto/file.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
}

SL_OBJECT(sl_hash, sl_hash_destroy)
SL_OBJECT(sl_merkle, sl_merkle_destroy)
SL_OBJECT(sl_chain, sl_chain_destroy)

EMSCRIPTEN_BINDINGS(crypto) {
  sl::function<sl_crc32c>("crc32c");
  sl::function<sl_hash_digest_bytes>("hashDigestBytes");
  sl::function<sl_hash_of>("hashOf");
  sl::function<sl_hash_many>("hashMany");
  sl::object<sl_hash>("Hash")
      .create<sl_hash_create>("create")
      .create<sl_hash_clone>("clone")
      .method<sl_hash_update>("update")
      .method<sl_hash_digest>("digest")
      .method<sl_hash_squeeze>("squeeze")
      .method<sl_hash_reset>("reset")
      .method<sl_hash_algorithm_of>("algorithm")
      .method<sl_hash_bytes>("bytes");
  sl::function<sl_ed25519_verify_many>("ed25519VerifyMany");
  sl::function<sl_ed25519_is_key>("ed25519IsKey");
  sl::object<sl_merkle>("Merkle")
      .create<sl_merkle_create>("create")
      .method<sl_merkle_append>("append")
      .method<sl_merkle_append_blocks>("appendBlocks")
      .method<sl_merkle_append_hashes>("appendHashes")
      .method<sl_merkle_size>("size")
      .method<sl_merkle_bytes>("bytes")
      .method<sl_merkle_leaf>("leaf")
      .method<sl_merkle_root>("root")
      .method<sl_merkle_inclusion>("inclusion")
      .method<sl_merkle_consistency>("consistency");
  sl::function<sl_merkle_leaf_hash>("merkleLeafHash");
  sl::function<sl_merkle_verify_inclusion>("merkleVerifyInclusion");
  sl::function<sl_merkle_verify_consistency>("merkleVerifyConsistency");
  sl::object<sl_chain>("Chain")
      .create<sl_chain_create>("create")
      .create<sl_chain_save>("save")
      .create<sl_chain_load>("load")
      .method<sl_chain_append>("append")
      .method<sl_chain_count>("count")
      .method<sl_chain_bytes>("bytes")
      .method<sl_chain_entry>("entry")
      .method<sl_chain_context>("context")
      .method<sl_chain_head>("head")
      .method<sl_chain_statement>("statement")
      .method<sl_chain_begin_verify>("beginVerify")
      .method<sl_chain_job>("job")
      .method<sl_chain_finish_verify>("finishVerify");
}
