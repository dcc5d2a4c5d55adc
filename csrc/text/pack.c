#include "text/pack.h"

#include <string.h>

#include "simd/simd.h"

typedef uint32_t u32x4 __attribute__((vector_size(16)));

uint32_t sl_pack_bits(const uint32_t *numbers) {
  uint32_t all = 0;
  for (int i = 0; i < SL_PACK; i++) all |= numbers[i];
  return all == 0 ? 0 : 32 - (uint32_t)__builtin_clz(all);
}

void sl_pack(const uint32_t *numbers, uint32_t bits, uint8_t *to) {
  u32x4 held = {0}, v;
  uint32_t used = 0;
  for (int i = 0; i < SL_PACK && bits > 0; i += 4) {
    memcpy(&v, numbers + i, sizeof v);
    held |= v << used;
    used += bits;
    if (used < 32) continue;
    memcpy(to, &held, sizeof held);
    to += sizeof held;
    used -= 32;
    held = used == 0 ? (u32x4){0} : v >> (bits - used);
  }
}

void sl_unpack(const uint8_t *from, uint32_t bits, uint32_t *numbers) {
  if (bits == 0) {
    memset(numbers, 0, SL_PACK * sizeof *numbers);
    return;
  }
  const uint32_t most = bits == 32 ? UINT32_MAX : (1u << bits) - 1;
  const u32x4 mask = {most, most, most, most};
  u32x4 held, v;
  uint32_t used = 0;
  memcpy(&held, from, sizeof held);
  for (int i = 0; i < SL_PACK; i += 4) {
    v = held >> used;
    used += bits;
    if (used >= 32 && i + 4 < SL_PACK) {
      from += sizeof held;
      memcpy(&held, from, sizeof held);
      used -= 32;
      if (used > 0) v |= held << (bits - used);
    }
    v &= mask;
    memcpy(numbers + i, &v, sizeof v);
  }
}
