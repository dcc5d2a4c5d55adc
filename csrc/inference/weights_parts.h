// What the readers of the formats add to. Internal to inference/weights.h.
#ifndef SL_INFERENCE_WEIGHTS_PARTS_H
#define SL_INFERENCE_WEIGHTS_PARTS_H

#include "inference/weights.h"

struct sl_weights {
  uint8_t *bytes;
  size_t length;
  uint32_t kind; // 0: not parsed
  sl_weight *tensors;
  uint32_t tensor_count, tensor_room;
  sl_weights_entry *entries;
  uint32_t entry_count, entry_room;
  sl_convolution *convolutions;
  uint32_t convolution_count, convolution_room;
};

// Each adds tensors, entries and nodes in the order of the file. Errors: those of sl_weights_parse().
sl_status sl_gguf_parse(sl_weights *weights);
sl_status sl_onnx_parse(sl_weights *weights);

// Room for one more of them, zeroed. Errors: ERR_MEMORY, ERR_OVERFLOW.
sl_status sl_weights_add_tensor(sl_weights *weights, sl_weight **out);
sl_status sl_weights_add_entry(sl_weights *weights, sl_weights_entry **out);
sl_status sl_weights_add_convolution(sl_weights *weights, sl_convolution **out);

// Refuses the file at this offset.
sl_status sl_weights_bad(size_t at, const char *expected);

// Elements and bytes of a shape; false where they are not below 2^48, or a row has no whole blocks.
bool sl_weight_size(sl_weight *tensor, uint64_t *bytes);

#endif
