// Bytes of a file: little-endian numbers and CRC-32C.
#ifndef SL_BASE_BYTES_H
#define SL_BASE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "files are little-endian and arrays are copied as they stand in memory"
#endif

static inline void sl_put_u32(uint8_t *p, uint32_t v) { memcpy(p, &v, sizeof v); }
static inline void sl_put_u64(uint8_t *p, uint64_t v) { memcpy(p, &v, sizeof v); }
static inline void sl_put_f64(uint8_t *p, double v) { memcpy(p, &v, sizeof v); }
static inline uint32_t sl_get_u32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline uint64_t sl_get_u64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline double sl_get_f64(const uint8_t *p) {
  double v;
  memcpy(&v, p, sizeof v);
  return v;
}

// CRC-32C (Castagnoli) as iSCSI defines it: RFC 3720, section 12.1; "123456789" gives 0xe3069283.
//   crc    0 to begin, or the value of the bytes before, so that pieces chain
//   bytes  count, read. Finds every error burst of up to 32 bits. O(count).
uint32_t sl_crc32c(uint32_t crc, const void *bytes, size_t count);

#endif
