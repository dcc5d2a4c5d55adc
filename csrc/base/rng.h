// Seeded random numbers: the same seed gives the same bits in every engine and build.
//
// Based on: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47
// (2021), doi:10.1145/3460772: xoshiro256**, its state filled by splitmix64.
#ifndef SL_BASE_RNG_H
#define SL_BASE_RNG_H

#include <stdint.h>

typedef struct sl_rng {
  uint64_t state[4];
} sl_rng;

static inline uint64_t sl_rng_rotate_(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

static inline void sl_rng_seed(sl_rng *rng, uint64_t seed) {
  for (int i = 0; i < 4; i++) {
    seed += 0x9e3779b97f4a7c15u;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    rng->state[i] = z ^ (z >> 31);
  }
}

// Uniform over all 64-bit values.
static inline uint64_t sl_rng_next(sl_rng *rng) {
  uint64_t *s = rng->state;
  uint64_t result = sl_rng_rotate_(s[1] * 5, 7) * 9;
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = sl_rng_rotate_(s[3], 45);
  return result;
}

// Uniform in [0, 1), 53 bits.
static inline double sl_rng_double(sl_rng *rng) {
  return (double)(sl_rng_next(rng) >> 11) * 0x1p-53;
}

// Uniform in [0, n), n > 0, without modulo bias (Lemire 2019, arXiv:1805.10941).
static inline uint32_t sl_rng_below(sl_rng *rng, uint32_t n) {
  uint64_t m = (sl_rng_next(rng) >> 32) * (uint64_t)n;
  if ((uint32_t)m < n) {
    uint32_t threshold = (uint32_t)(-n) % n;
    while ((uint32_t)m < threshold) m = (sl_rng_next(rng) >> 32) * (uint64_t)n;
  }
  return (uint32_t)(m >> 32);
}

#endif
