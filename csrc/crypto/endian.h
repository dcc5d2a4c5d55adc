// Words in bytes of big-endian order, at any address; those of little-endian order are in base/bytes.h.
// Compilers make single instructions of these.
#ifndef SL_CRYPTO_ENDIAN_H
#define SL_CRYPTO_ENDIAN_H

#include <stdint.h>
#include <string.h>

static inline uint32_t sl_big32(const void *at) {
  uint32_t word;
  memcpy(&word, at, sizeof word);
  return __builtin_bswap32(word);
}
static inline uint64_t sl_big64(const void *at) {
  uint64_t word;
  memcpy(&word, at, sizeof word);
  return __builtin_bswap64(word);
}
static inline void sl_put_big32(void *at, uint32_t word) {
  word = __builtin_bswap32(word);
  memcpy(at, &word, sizeof word);
}
static inline void sl_put_big64(void *at, uint64_t word) {
  word = __builtin_bswap64(word);
  memcpy(at, &word, sizeof word);
}

#endif
