// 128 whole numbers in the bits that the largest of them needs. Internal to the room.
//
// Based on: D. Lemire, L. Boytsov, "Decoding billions of integers per second through vectorization",
// Software: Practice and Experience 45 (2015), arXiv:1209.2137: four lanes side by side, so that a
// vector of four numbers is unpacked at a time.
#ifndef SL_TEXT_PACK_H
#define SL_TEXT_PACK_H

#include <stdint.h>

enum { SL_PACK = 128 };

// Bits that each of SL_PACK numbers needs: 0 to 32. Packed they take 16 bytes a bit.
uint32_t sl_pack_bits(const uint32_t *numbers);

// Writes 16 * bits bytes. `to` and `from` may have any alignment.
void sl_pack(const uint32_t *numbers, uint32_t bits, uint8_t *to);
void sl_unpack(const uint8_t *from, uint32_t bits, uint32_t *numbers);

#endif
