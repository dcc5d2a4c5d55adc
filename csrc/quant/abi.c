// Raw ABI of quant/int8.h, quant/binary.h and quant/float16.h: arrays in, arrays out, no objects.
#include "base/abi.h"

#include "quant/binary.h"
#include "quant/float16.h"
#include "quant/int8.h"

int32_t SL_ABI(sl_abi_int8_encode)(const float *vectors, uint32_t count, uint32_t dimension,
                                   int8_t *codes, float *scales) {
  return sl_int8_encode_all(vectors, count, dimension, codes, scales);
}
int32_t SL_ABI(sl_abi_int8_decode)(const int8_t *codes, const float *scales, uint32_t count,
                                   uint32_t dimension, float *vectors) {
  return sl_int8_decode_all(codes, scales, count, dimension, vectors);
}
int32_t SL_ABI(sl_abi_binary_encode)(const float *vectors, uint32_t count, uint32_t dimension,
                                     uint8_t *bits) {
  return sl_binary_encode_all(vectors, count, dimension, bits);
}
void SL_ABI(sl_abi_float16_encode)(const float *from, size_t n, uint16_t *to) {
  sl_float16_encode(from, n, to);
}
void SL_ABI(sl_abi_float16_decode)(const uint16_t *from, size_t n, float *to) {
  sl_float16_decode(from, n, to);
}
