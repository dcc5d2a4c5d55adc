// One round of Keccak-f[1600] as macros: over numbers in keccak.c, over pairs of numbers in
// keccak_pair.c.
//
// Based on: NIST, "SHA-3 Standard: Permutation-Based Hash and Extendable-Output Functions", FIPS PUB
// 202, 2015, doi:10.6028/NIST.FIPS.202. The order of the steps, plane by plane from one set of
// variables into another, is that of G. Bertoni, J. Daemen, M. Peeters, G. Van Assche, R. Van Keer,
// "Keccak implementation overview", version 3.2, 2012, section 2.5.
#ifndef SL_CRYPTO_KECCAK_ROUND_H
#define SL_CRYPTO_KECCAK_ROUND_H

#include <stdint.h>

#define SL_KECCAK_ROUNDS 24

extern const uint64_t sl_keccak_constants[SL_KECCAK_ROUNDS];

#define SL_ROTATE_LEFT(x, n) ((x) << (n) | (x) >> (64 - (n)))

// theta: the parity of column x, and what it does to each lane of column x.
#define SL_KECCAK_PARITY(a, x)                                                                     \
  ((a)[x] ^ (a)[(x) + 5] ^ (a)[(x) + 10] ^ (a)[(x) + 15] ^ (a)[(x) + 20])

// rho, pi and chi for one plane: lanes i0..i4 of `a` become lanes to..to+4 of `e`. `first` is iota's
// constant or 0.
#define SL_KECCAK_PLANE(T, a, e, to, first, i0, r0, i1, r1, i2, r2, i3, r3, i4, r4)                \
  do {                                                                                             \
    T b0 = (a)[i0] ^ d[(i0) % 5], b1 = (a)[i1] ^ d[(i1) % 5], b2 = (a)[i2] ^ d[(i2) % 5];          \
    T b3 = (a)[i3] ^ d[(i3) % 5], b4 = (a)[i4] ^ d[(i4) % 5];                                      \
    b0 = (r0) == 0 ? b0 : SL_ROTATE_LEFT(b0, (r0) == 0 ? 1 : (r0));                                \
    b1 = SL_ROTATE_LEFT(b1, r1);                                                                   \
    b2 = SL_ROTATE_LEFT(b2, r2);                                                                   \
    b3 = SL_ROTATE_LEFT(b3, r3);                                                                   \
    b4 = SL_ROTATE_LEFT(b4, r4);                                                                   \
    (e)[(to) + 0] = b0 ^ (~b1 & b2) ^ (first);                                                     \
    (e)[(to) + 1] = b1 ^ (~b2 & b3);                                                               \
    (e)[(to) + 2] = b2 ^ (~b3 & b4);                                                               \
    (e)[(to) + 3] = b3 ^ (~b4 & b0);                                                               \
    (e)[(to) + 4] = b4 ^ (~b0 & b1);                                                               \
  } while (0)

// A whole round, from `a` into `e`: arrays of 25 lanes of type T, whose indices are constants, so
// that compilers keep them in registers as far as those reach.
#define SL_KECCAK_ROUND(T, a, e, constant)                                                         \
  do {                                                                                             \
    T c0 = SL_KECCAK_PARITY(a, 0), c1 = SL_KECCAK_PARITY(a, 1), c2 = SL_KECCAK_PARITY(a, 2);       \
    T c3 = SL_KECCAK_PARITY(a, 3), c4 = SL_KECCAK_PARITY(a, 4);                                    \
    T d[5] = {c4 ^ SL_ROTATE_LEFT(c1, 1), c0 ^ SL_ROTATE_LEFT(c2, 1), c1 ^ SL_ROTATE_LEFT(c3, 1),  \
              c2 ^ SL_ROTATE_LEFT(c4, 1), c3 ^ SL_ROTATE_LEFT(c0, 1)};                             \
    SL_KECCAK_PLANE(T, a, e, 0, constant, 0, 0, 6, 44, 12, 43, 18, 21, 24, 14);                    \
    SL_KECCAK_PLANE(T, a, e, 5, 0, 3, 28, 9, 20, 10, 3, 16, 45, 22, 61);                           \
    SL_KECCAK_PLANE(T, a, e, 10, 0, 1, 1, 7, 6, 13, 25, 19, 8, 20, 18);                            \
    SL_KECCAK_PLANE(T, a, e, 15, 0, 4, 27, 5, 36, 11, 10, 17, 15, 23, 56);                         \
    SL_KECCAK_PLANE(T, a, e, 20, 0, 2, 62, 8, 55, 14, 39, 15, 41, 21, 2);                          \
  } while (0)

#endif
