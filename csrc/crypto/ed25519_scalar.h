// Numbers modulo L = 2^252 + 27742317777372353535851937790883648493, the order of the group of Ed25519,
// as 32 little-endian bytes.
#ifndef SL_CRYPTO_ED25519_SCALAR_H
#define SL_CRYPTO_ED25519_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

// Whether a number of 32 bytes is below L.
bool sl_scalar_is_canonical(const uint8_t *bytes);

// A number of 64 bytes modulo L.
//   out   32, written
void sl_scalar_reduce(uint8_t *out, const uint8_t *bytes);

// Digits of which few are not zero: odd, below 2^(width - 1) in size, and followed by at least width - 1
// zeros. Their sum, digit i times 2^i, is the number.
//   bytes    32, read: below 2^255
//   width    2..8
//   digits   256, written
void sl_scalar_digits(const uint8_t *bytes, int width, int8_t *digits);

#endif
