#include "common.hpp"

extern "C" {
#include "quant/binary.h"
#include "quant/float16.h"
#include "quant/int8.h"
}

EMSCRIPTEN_BINDINGS(quant) {
  sl::function<sl_int8_encode_all>("int8Encode");
  sl::function<sl_int8_decode_all>("int8Decode");
  sl::function<sl_binary_encode_all>("binaryEncode");
  sl::function<sl_float16_encode>("float16Encode");
  sl::function<sl_float16_decode>("float16Decode");
}
