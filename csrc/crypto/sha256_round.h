// The rounds of SHA-256 as macros: over words in sha256.c, over vectors of words in sha256_many.c.
#ifndef SL_CRYPTO_SHA256_ROUND_H
#define SL_CRYPTO_SHA256_ROUND_H

#include <stdint.h>

extern const uint32_t sl_sha256_constants[64];

#define ROTATE(x, n) ((x) >> (n) | (x) << (32 - (n)))

// One round; its callers turn the names of the eight variables, so that none is moved. `w` is W_i + K_i. The majority of a, b and c is
// b where a ^ b has no bit, else c, so b ^ ((a ^ b) & (b ^ c)); `bc` is b ^ c, which was a ^ b in the round before, `ab` room
// for the one of this round: an operation in 20 less.
#define ROUND(a, b, c, d, e, f, g, h, w)                                                           \
  do {                                                                                             \
    h += (w) + (ROTATE(e, 6) ^ ROTATE(e, 11) ^ ROTATE(e, 25)) + (g ^ (e & (f ^ g)));               \
    d += h;                                                                                        \
    ab = a ^ b;                                                                                    \
    h += (ROTATE(a, 2) ^ ROTATE(a, 13) ^ ROTATE(a, 22)) + (b ^ (ab & bc));                         \
    bc = ab;                                                                                       \
  } while (0)

// W_(i + 16) in the place of W_i; indices are taken modulo 16.
#define W(i) w[(i) & 15]
#define NEXT(i)                                                                                    \
  (w[i] += (ROTATE(W((i) + 1), 7) ^ ROTATE(W((i) + 1), 18) ^ W((i) + 1) >> 3) + W((i) + 9) +       \
           (ROTATE(W((i) + 14), 17) ^ ROTATE(W((i) + 14), 19) ^ W((i) + 14) >> 10))

#define EIGHT(word, i)                                                                             \
  do {                                                                                             \
    ROUND(a, b, c, d, e, f, g, h, word((i) + 0) + k[(i) + 0]);                                     \
    ROUND(h, a, b, c, d, e, f, g, word((i) + 1) + k[(i) + 1]);                                     \
    ROUND(g, h, a, b, c, d, e, f, word((i) + 2) + k[(i) + 2]);                                     \
    ROUND(f, g, h, a, b, c, d, e, word((i) + 3) + k[(i) + 3]);                                     \
    ROUND(e, f, g, h, a, b, c, d, word((i) + 4) + k[(i) + 4]);                                     \
    ROUND(d, e, f, g, h, a, b, c, word((i) + 5) + k[(i) + 5]);                                     \
    ROUND(c, d, e, f, g, h, a, b, word((i) + 6) + k[(i) + 6]);                                     \
    ROUND(b, c, d, e, f, g, h, a, word((i) + 7) + k[(i) + 7]);                                     \
  } while (0)

#endif
