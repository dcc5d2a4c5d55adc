// Any bytes as a key, a signature and a message; as a leaf, a proof and a root: an answer, the same alone and among
// others.
#include <stdlib.h>
#include <string.h>

#include "crypto/ed25519.h"
#include "crypto/merkle.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void verify(const uint8_t *bytes, size_t length) {
  enum { FIXED = SL_ED25519_KEY_BYTES + SL_ED25519_SIGNATURE_BYTES };
  if (length < FIXED) return;
  // A copy as long as it is: the sanitizers see a read beyond its end.
  const size_t count = length - FIXED;
  uint8_t *message = malloc(count > 0 ? count : 1), valid[3];
  memcpy(message, bytes + FIXED, count);
  const bool alone = sl_ed25519_verify(bytes, bytes + 32, message, count);
  if (alone && !sl_ed25519_is_key(bytes)) abort();
  uint8_t keys[96], signatures[192];
  for (int i = 0; i < 3; i++) {
    memcpy(keys + 32 * i, bytes, 32);
    memcpy(signatures + 64 * i, bytes + 32, 64);
  }
  signatures[64 + count % 64] ^= 1;
  const uint32_t end = (uint32_t)count, offsets[] = {0, end, end, end};
  if (sl_ed25519_verify_many(keys, signatures, message, offsets, count, 3, valid) != SL_OK) abort();
  if (valid[0] != alone || (count > 0 && alone && valid[2])) abort();
  free(message);
}

static void prove(const uint8_t *bytes, size_t length) {
  if (length < 80) return;
  uint64_t index, size;
  memcpy(&index, bytes, 8);
  memcpy(&size, bytes + 8, 8);
  index >>= bytes[70] % 64;
  size >>= bytes[71] % 64;
  const uint32_t count = (uint32_t)((length - 80) / 32);
  uint8_t *proof = malloc((size_t)count * 32 + 1);
  memcpy(proof, bytes + 80, (size_t)count * 32);
  if (sl_merkle_verify_inclusion(bytes + 16, index, size, proof, count, bytes + 48) &&
      index >= size)
    abort();
  if (sl_merkle_verify_consistency(index, size, bytes + 16, bytes + 48, proof, count) &&
      index > size)
    abort();
  free(proof);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  verify(bytes, length);
  prove(bytes, length);
  return 0;
}
