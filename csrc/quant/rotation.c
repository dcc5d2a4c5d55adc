#include "quant/rotation.h"

#include <math.h>
#include <stdbool.h>

#include "simd/simd.h"

// 64 signs (S. Vigna's SplitMix64 as a hash of the round and the place).
static uint64_t signs_of(uint32_t round, uint32_t block) {
  uint64_t z = ((uint64_t)round << 32 | block) * 0x9e3779b97f4a7c15u + 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static void flip_signs(float *x, uint32_t n, uint32_t round) {
  const sl_i32x4 bits = {1, 2, 4, 8}, signs = {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN};
  for (uint32_t block = 0; block * 64 < n; block++) {
    uint64_t flips = signs_of(round, block);
    uint32_t end = n - block * 64 < 64 ? n - block * 64 : 64;
    for (uint32_t i = 0; i < end; i += 4, flips >>= 4) {
      int32_t four = (int32_t)(flips & 15);
      sl_i32x4 flip = ((sl_i32x4){four, four, four, four} & bits) == bits;
      float *at = x + block * 64 + i;
      sl_f32x4_store(at, (sl_f32x4)((sl_i32x4)sl_f32x4_load(at) ^ (flip & signs)));
    }
  }
}

// Distances below four are in the lanes of a vector, those above between vectors: two of them in a
// pass, the last one, where it is alone, with the scale.
static __attribute__((noinline)) void hadamard(float *x, uint32_t n) {
  for (uint32_t i = 0; i < n; i += 4) {
    sl_f32x4 v = sl_f32x4_load(x + i);
    sl_f32x4 other = __builtin_shufflevector(v, v, 1, 0, 3, 2);
    v = other + (v * (sl_f32x4){1, -1, 1, -1});
    other = __builtin_shufflevector(v, v, 2, 3, 0, 1);
    sl_f32x4_store(x + i, other + (v * (sl_f32x4){1, 1, -1, -1}));
  }
  uint32_t half = 4;
  for (; 4 * half <= n; half *= 4) {
    for (uint32_t start = 0; start < n; start += 4 * half) {
      for (float *p = x + start, *end = p + half; p < end; p += 4) {
        sl_f32x4 a = sl_f32x4_load(p), b = sl_f32x4_load(p + half);
        sl_f32x4 c = sl_f32x4_load(p + 2 * half), d = sl_f32x4_load(p + 3 * half);
        sl_f32x4 e = a + b, f = a - b, g = c + d, h = c - d;
        sl_f32x4_store(p, e + g);
        sl_f32x4_store(p + half, f + h);
        sl_f32x4_store(p + 2 * half, e - g);
        sl_f32x4_store(p + 3 * half, f - h);
      }
    }
  }
  sl_f32x4 scale = sl_f32x4_splat((float)(1 / sqrt((double)n)));
  bool alone = half < n;
  uint32_t end = alone ? half : n;
  for (uint32_t i = 0; i < end; i += 4) {
    sl_f32x4 a = sl_f32x4_load(x + i);
    if (alone) {
      sl_f32x4 b = sl_f32x4_load(x + i + half);
      sl_f32x4_store(x + i + half, (a - b) * scale);
      a += b;
    }
    sl_f32x4_store(x + i, a * scale);
  }
}

static uint32_t power_within(uint32_t n) {
  uint32_t power = 8;
  while (2 * power <= n) power *= 2;
  return power;
}
static uint32_t rounds_for(uint32_t n, uint32_t power) { return power == n ? 2 : 4; }

void sl_rotate(float *x, uint32_t n) {
  uint32_t power = power_within(n), rounds = rounds_for(n, power);
  for (uint32_t round = 0; round < rounds; round++) {
    flip_signs(x, n, round);
    hadamard(round % 2 == 0 ? x : x + (n - power), power);
  }
}

void sl_rotate_back(float *x, uint32_t n) {
  uint32_t power = power_within(n);
  for (uint32_t round = rounds_for(n, power); round-- > 0;) {
    hadamard(round % 2 == 0 ? x : x + (n - power), power); // its own inverse
    flip_signs(x, n, round);
  }
}
