#include "common.hpp"

extern "C" {
#include "inference/encoder.h"
}

SL_OBJECT(sl_encoder, sl_encoder_destroy)
SL_FIELDS(sl_encoder_shape, dimension, width, hidden, layers, heads, most_tokens, precision,
          pooling, epsilon)

EMSCRIPTEN_BINDINGS(inference) {
  sl::object<sl_encoder>("Encoder")
      .create<sl_encoder_create>("create")
      .create<sl_encoder_static>("createStatic")
      .create<sl_encoder_load>("load")
      .create<sl_encoder_save>("save")
      .method<sl_encoder_add>("add")
      .method<sl_encoder_facts>("facts")
      .method<sl_encoder_scores>("scores")
      .method<sl_encoder_id>("id")
      .method<sl_encoder_begin>("begin")
      .method<sl_encoder_begin_ids>("beginIds")
      .method<sl_encoder_tokens>("tokens")
      .method<sl_encoder_job>("job")
      .method<sl_encoder_bytes>("bytes");
}
