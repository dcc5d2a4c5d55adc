#include "crypto/hash.h"

#include <string.h>

#include "base/memory.h"

#include "crypto/keccak.h"
#include "crypto/sha256.h"
#include "crypto/sha256_many.h"
#include "crypto/sha512.h"

struct sl_hash {
  sl_hash_algorithm algorithm;
  union {
    sl_sha256 sha256;
    sl_sha512 sha512;
    sl_keccak keccak;
  };
};

// The sponges by their algorithm; the two others have a rate of 0.
static const struct {
  uint8_t rate, suffix, digest_bytes;
} table[] = {
    {0, 0, SL_SHA256_BYTES},
    {0, 0, SL_SHA512_BYTES},
    {SL_SHA3_256_RATE, SL_SHA3_SUFFIX, 32},
    {SL_SHA3_512_RATE, SL_SHA3_SUFFIX, 64},
    {SL_SHAKE128_RATE, SL_SHAKE_SUFFIX, 32},
    {SL_SHAKE256_RATE, SL_SHAKE_SUFFIX, 64},
};

uint32_t sl_hash_digest_bytes(sl_hash_algorithm algorithm) {
  return (uint32_t)algorithm <= SL_HASH_SHAKE256 ? table[algorithm].digest_bytes : 0;
}

static sl_status check(sl_hash_algorithm algorithm) {
  SL_REQUIRE(sl_hash_digest_bytes(algorithm) > 0, SL_ERR_OPTION, "algorithm",
             "one of the six algorithms");
  return SL_OK;
}

static bool has_any_length(sl_hash_algorithm algorithm) { return algorithm >= SL_HASH_SHAKE128; }

static sl_status check_length(sl_hash_algorithm algorithm, size_t length) {
  SL_REQUIRE(has_any_length(algorithm) || length == table[algorithm].digest_bytes, SL_ERR_OPTION,
             "length",
             "the bytes of a digest of this algorithm; SHAKE128 and SHAKE256 give any number");
  return SL_OK;
}

static void begin(sl_hash *hash, sl_hash_algorithm algorithm) {
  hash->algorithm = algorithm;
  switch (algorithm) {
  case SL_HASH_SHA256:
    sl_sha256_init(&hash->sha256);
    break;
  case SL_HASH_SHA512:
    sl_sha512_init(&hash->sha512);
    break;
  default:
    sl_keccak_init(&hash->keccak, table[algorithm].rate, table[algorithm].suffix);
  }
}

static void append(sl_hash *hash, const void *bytes, size_t count) {
  switch (hash->algorithm) {
  case SL_HASH_SHA256:
    sl_sha256_update(&hash->sha256, bytes, count);
    break;
  case SL_HASH_SHA512:
    sl_sha512_update(&hash->sha512, bytes, count);
    break;
  default:
    sl_keccak_update(&hash->keccak, bytes, count);
  }
}

static void end(sl_hash *hash, uint8_t *out, size_t length) {
  switch (hash->algorithm) {
  case SL_HASH_SHA256:
    sl_sha256_final(&hash->sha256, out);
    break;
  case SL_HASH_SHA512:
    sl_sha512_final(&hash->sha512, out);
    break;
  default:
    sl_keccak_squeeze(&hash->keccak, out, length);
  }
}

static bool is_squeezing(const sl_hash *hash) {
  return table[hash->algorithm].rate > 0 && hash->keccak.squeezing;
}

sl_status sl_hash_of(sl_hash_algorithm algorithm, const void *bytes, size_t count, uint8_t *out,
                     size_t length) {
  SL_TRY(check(algorithm));
  SL_TRY(check_length(algorithm, length));
  sl_hash hash;
  begin(&hash, algorithm);
  append(&hash, bytes, count);
  end(&hash, out, length);
  return SL_OK;
}

sl_status sl_hash_check_offsets(const uint32_t *offsets, size_t count, size_t length) {
  for (size_t i = 0; i <= count; i++) {
    size_t next = i < count ? offsets[i + 1] : length;
    SL_REQUIRE_AT(offsets[i] <= next, SL_ERR_INDEX, "offsets",
                  "offsets that do not fall and end within the messages", i);
  }
  return SL_OK;
}

sl_status sl_hash_many(sl_hash_algorithm algorithm, const uint8_t *messages, size_t length,
                       const uint32_t *offsets, size_t count, uint8_t *out) {
  SL_TRY(check(algorithm));
  SL_TRY(sl_hash_check_offsets(offsets, count, length));
  if (algorithm == SL_HASH_SHA256) {
    sl_sha256_many(SL_SHA256_NO_PREFIX, messages, offsets, count, out);
    return SL_OK;
  }
  size_t bytes = table[algorithm].digest_bytes;
  for (size_t i = 0; i < count; i++) {
    sl_hash hash;
    begin(&hash, algorithm);
    append(&hash, messages + offsets[i], offsets[i + 1] - offsets[i]);
    end(&hash, out + bytes * i, bytes);
  }
  return SL_OK;
}

// ---- in pieces ----------------------------------------------------------------------------------

sl_status sl_hash_create(sl_hash_algorithm algorithm, sl_hash **out) {
  *out = NULL;
  SL_TRY(check(algorithm));
  SL_TRY(SL_ALLOC(out, 1));
  begin(*out, algorithm);
  return SL_OK;
}

sl_status sl_hash_clone(const sl_hash *hash, sl_hash **out) {
  SL_TRY(SL_ALLOC(out, 1));
  **out = *hash;
  return SL_OK;
}

sl_status sl_hash_update(sl_hash *hash, const void *bytes, size_t count) {
  SL_REQUIRE(!is_squeezing(hash), SL_ERR_STATE, "bytes",
             "a hash that was not squeezed; reset() begins anew");
  append(hash, bytes, count);
  return SL_OK;
}

sl_status sl_hash_digest(const sl_hash *hash, uint8_t *out, size_t length) {
  SL_REQUIRE(!is_squeezing(hash), SL_ERR_STATE, "digest",
             "a hash that was not squeezed; reset() begins anew");
  SL_TRY(check_length(hash->algorithm, length));
  sl_hash copy = *hash;
  end(&copy, out, length);
  return SL_OK;
}

sl_status sl_hash_squeeze(sl_hash *hash, uint8_t *out, size_t count) {
  SL_REQUIRE(has_any_length(hash->algorithm), SL_ERR_UNSUPPORTED, "algorithm",
             "SHAKE128 or SHAKE256");
  sl_keccak_squeeze(&hash->keccak, out, count);
  return SL_OK;
}

void sl_hash_reset(sl_hash *hash) { begin(hash, hash->algorithm); }

sl_hash_algorithm sl_hash_algorithm_of(const sl_hash *hash) { return hash->algorithm; }

size_t sl_hash_bytes(const sl_hash *hash) { return sizeof *hash; }

void sl_hash_destroy(sl_hash *hash) { sl_free(hash); }
