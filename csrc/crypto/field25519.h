// Numbers modulo 2^255 - 19.
#ifndef SL_CRYPTO_FIELD25519_H
#define SL_CRYPTO_FIELD25519_H

#include <stdbool.h>
#include <stdint.h>

// Ten limbs with signs: limb i counts 2^ceil(25.5 i). Products, squares, powers and decoded numbers are
// *reduced*; sums and differences of up to three reduced numbers may be multiplied and encoded.
// Results may lie where arguments lie.
typedef int32_t sl_fe[10];

void sl_fe_add(sl_fe out, const sl_fe f, const sl_fe g);
void sl_fe_subtract(sl_fe out, const sl_fe f, const sl_fe g);
void sl_fe_negate(sl_fe out, const sl_fe f);
void sl_fe_multiply(sl_fe out, const sl_fe f, const sl_fe g);
void sl_fe_square(sl_fe out, const sl_fe f);
void sl_fe_square_twice(sl_fe out, const sl_fe f); // 2 f^2

// 1 / f; 0 for 0. 254 squares, 11 products.
void sl_fe_invert(sl_fe out, const sl_fe f);

// f^((p - 5) / 8), from which square roots are made. 252 squares, 11 products.
void sl_fe_power_for_root(sl_fe out, const sl_fe f);

// 32 bytes, little-endian. Decoding leaves the highest bit out and takes numbers of p and above for
// what they are modulo p; what is encoded is below p.
void sl_fe_decode(sl_fe out, const uint8_t *bytes);
void sl_fe_encode(uint8_t *out, const sl_fe f);

bool sl_fe_is_zero(const sl_fe f);
bool sl_fe_is_odd(const sl_fe f); // of the number from 0 to p - 1

#endif
