#include "common.hpp"

extern "C" {
#include "inference/decoder.h"
#include "inference/encoder.h"
#include "inference/voice.h"
#include "inference/weights.h"
}

SL_OBJECT(sl_encoder, sl_encoder_destroy)
SL_OBJECT(sl_weights, sl_weights_destroy)
SL_OBJECT(sl_voice, sl_voice_destroy)
SL_OBJECT(sl_decoder, sl_decoder_destroy)
SL_FIELDS(sl_encoder_shape, dimension, width, hidden, layers, heads, most_tokens, precision,
          pooling, epsilon)
SL_FIELDS(sl_decoder_shape, vocabulary, width, hidden, layers, heads, kv_heads, size, most_tokens,
          tied, interleaved, int8, epsilon, base)
SL_FIELDS(sl_decoder_choice, temperature, top_p, top_k)
SL_FIELDS(sl_voice_options, threshold, release, least_speech, least_silence, before, after)

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
  sl::object<sl_weights>("Weights")
      .create<sl_weights_create>("create")
      .method<sl_weights_data>("data")
      .method<sl_weights_parse>("parse")
      .method<sl_weights_kind_of>("kind")
      .method<sl_weights_count>("count")
      .method<sl_weights_entries>("entries")
      .method<sl_weights_facts>("facts")
      .method<sl_weights_entry_facts>("entryFacts")
      .method<sl_weights_read>("read")
      .method<sl_weights_held>("bytes");
  sl::object<sl_voice>("Voice")
      .create<sl_voice_create>("create")
      .create<sl_voice_load>("load")
      .create<sl_voice_save>("save")
      .method<sl_voice_set>("set")
      .method<sl_voice_reset>("reset")
      .method<sl_voice_begin>("begin")
      .method<sl_voice_chunks>("chunks")
      .method<sl_voice_take_events>("takeEvents")
      .method<sl_voice_facts>("facts")
      .method<sl_voice_id>("id")
      .method<sl_voice_job>("job")
      .method<sl_voice_bytes>("bytes");
  sl::object<sl_decoder>("Decoder")
      .create<sl_decoder_create>("create")
      .method<sl_decoder_add>("add")
      .method<sl_decoder_begin>("begin")
      .method<sl_decoder_length>("length")
      .method<sl_decoder_truncate>("truncate")
      .method<sl_decoder_seed>("seed")
      .method<sl_decoder_choose>("choose")
      .method<sl_decoder_job>("job")
      .method<sl_decoder_bytes>("bytes");
}
