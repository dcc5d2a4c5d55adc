// A decoder's parts. Internal to inference/decoder.h.
#ifndef SL_INFERENCE_DECODER_PARTS_H
#define SL_INFERENCE_DECODER_PARTS_H

#include <stdbool.h>

#include "attention/kv_cache.h"
#include "base/rng.h"
#include "gemm/product.h"
#include "inference/decoder.h"

// Tensors of a layer by their place.
enum {
  SL_DECODER_NORM_1,
  SL_DECODER_QUERIES,
  SL_DECODER_KEYS,
  SL_DECODER_VALUES,
  SL_DECODER_GIVE,
  SL_DECODER_NORM_2,
  SL_DECODER_GATE,
  SL_DECODER_UP,
  SL_DECODER_DOWN,
  SL_DECODER_LAYER,
};

typedef struct sl_decoder_part {
  sl_dense_matrix *matrix; // inputs x outputs; or NULL
  float *gain;
} sl_decoder_part;

// A token and how likely it is, in any unit.
typedef struct sl_candidate {
  double weight;
  uint32_t id;
} sl_candidate;

struct sl_decoder {
  sl_job job;
  sl_decoder_shape shape;
  sl_decoder_part *parts; // table, layers, last norm, last matrix
  uint32_t part_count, kept;
  sl_kv_cache **caches; // one a layer
  sl_product *product;
  sl_rng rng;
  struct {
    const uint32_t *ids;
    uint32_t count, at, tokens; // tokens of the group that begins at `at`
    uint32_t layer, before;     // before: tokens when it was begun
    bool all;
    float *logits;
    uint64_t work;
    float *block; // of a group: x, h, queries, attention, keys, values, gate, up
    size_t room;
    float *x, *h, *queries, *given, *keys, *values, *gate, *up;
  } run;
  sl_candidate *candidates; // of sl_decoder_choose
};

// Forgets tokens from `length` on; it is at most what there are.
void sl_decoder_forget(sl_decoder *decoder, uint32_t length);

#endif
