#include "crypto/ed25519_scalar.h"

#include <string.h>

#include "base/bytes.h"

static const uint32_t order[8] = {0x5cf5d3ed, 0x5812631a, 0xa2f79cd6, 0x14def9de,
                                  0x00000000, 0x00000000, 0x00000000, 0x10000000};
#define LOW_WORDS 4 // L - 2^252 has 125 bits: the first words of `order`

bool sl_scalar_is_canonical(const uint8_t *bytes) {
  for (int i = 7; i >= 0; i--) {
    uint32_t word = sl_get_u32(bytes + 4 * i);
    if (word != order[i]) return word < order[i];
  }
  return false;
}

// sum += sign * (x modulo 2^252), and x becomes (L - 2^252) * (x / 2^252): what is left to be subtracted.
//   words   of x; returns how many it has then
static int fold(int64_t *sum, int sign, uint32_t *x, int words) {
  for (int i = 0; i < 8 && i < words; i++)
    sum[i] += sign * (int64_t)(i == 7 ? x[i] & 0x0fffffff : x[i]);
  uint32_t high[9] = {0}, product[9 + LOW_WORDS] = {0};
  int count = words > 7 ? words - 7 : 0;
  for (int i = 0; i < count; i++) high[i] = x[i + 7] >> 28 | (i + 8 < words ? x[i + 8] << 4 : 0);
  for (int i = 0; i < count; i++) {
    uint64_t over = 0;
    for (int j = 0; j < LOW_WORDS; j++) {
      over += (uint64_t)high[i] * order[j] + product[i + j];
      product[i + j] = (uint32_t)over;
      over >>= 32;
    }
    product[i + LOW_WORDS] = (uint32_t)over;
  }
  int left = count + LOW_WORDS;
  while (left > 0 && product[left - 1] == 0) left--;
  memcpy(x, product, sizeof(uint32_t) * (size_t)left);
  return left;
}

// sum -= L where that leaves no negative number.
static bool subtract_order(int64_t *sum) {
  int64_t less[8], over = 0;
  for (int i = 0; i < 8; i++) {
    over += sum[i] - order[i];
    less[i] = over & 0xffffffff;
    over >>= 32;
  }
  if (over < 0) return false;
  memcpy(sum, less, sizeof less);
  return true;
}

void sl_scalar_reduce(uint8_t *out, const uint8_t *bytes) {
  uint32_t x[16];
  for (int i = 0; i < 16; i++) x[i] = sl_get_u32(bytes + 4 * i);
  // 2^252 is -(L - 2^252): the signs of what is folded in alternate. Numbers of 512, 385, 258 and 131 bits.
  int64_t sum[8] = {0};
  int sign = 1;
  for (int words = 16; words > 0; sign = -sign) words = fold(sum, sign, x, words);
  // Above -2^253, and with 2 L above 0.
  int64_t over = 0;
  for (int i = 0; i < 8; i++) {
    over += sum[i] + 2 * (int64_t)order[i];
    sum[i] = over & 0xffffffff;
    over >>= 32;
  }
  while (subtract_order(sum)) continue;
  for (int i = 0; i < 8; i++) sl_put_u32(out + 4 * i, (uint32_t)sum[i]);
}

void sl_scalar_digits(const uint8_t *bytes, int width, int8_t *digits) {
  memset(digits, 0, 256);
  uint8_t padded[34] = {0}; // a window may reach beyond the end
  memcpy(padded, bytes, 32);
  int carry = 0;
  for (int i = 0; i < 256;) {
    int bits = padded[i / 8] | padded[i / 8 + 1] << 8; // width <= 8: a window lies in two bytes
    int window = (bits >> i % 8 & ((1 << width) - 1)) + carry;
    if (window % 2 == 0) { // this bit and the carry together: 0, or 2, which is carried on
      carry = (bits >> i % 8 & 1) + carry > 1;
      i++;
      continue;
    }
    carry = window >= 1 << (width - 1);
    digits[i] = (int8_t)(window - (carry << width));
    i += width;
  }
}
