// A detector's parts. Internal to inference/voice.h.
#ifndef SL_INFERENCE_VOICE_PARTS_H
#define SL_INFERENCE_VOICE_PARTS_H

#include "crypto/sha256.h"
#include "gemm/dense_matrix.h"
#include "inference/voice.h"

// What the network consists of, in the order of the file. Matrices are inputs x outputs, row by row;
// of a convolution the inputs are place after place. Of the LSTM: inputs, then its own last outputs;
// gates in, forget, cell, out.
typedef enum sl_voice_part {
  SL_VOICE_BASIS,
  SL_VOICE_CONV_0,
  SL_VOICE_BIAS_0,
  SL_VOICE_CONV_1,
  SL_VOICE_BIAS_1,
  SL_VOICE_CONV_2,
  SL_VOICE_BIAS_2,
  SL_VOICE_CONV_3,
  SL_VOICE_BIAS_3,
  SL_VOICE_GATES,
  SL_VOICE_GATE_BIAS,
  SL_VOICE_HEAD, // 128 weights, then the bias
  SL_VOICE_PARTS,
} sl_voice_part;

typedef struct sl_voice_shape {
  uint32_t rows, columns; // rows 0: a vector
} sl_voice_shape;
extern const sl_voice_shape sl_voice_shapes[SL_VOICE_PARTS];

enum { SL_VOICE_FRAMES = 4, SL_VOICE_TONES = 129, SL_VOICE_STATE = 128, SL_VOICE_DEEPEST = 387 };

// Chunks are never cut: all that one needs lies here.
typedef struct sl_voice_scratch {
  float wave[SL_VOICE_CONTEXT + SL_VOICE_CHUNK + SL_VOICE_CONTEXT];
  float left[SL_VOICE_DEEPEST * 4]; // packed
  float sums[SL_VOICE_FRAMES * 264];
  // Rows of what is seen at a place, with one of zeros before and after them.
  float spectrum[(SL_VOICE_FRAMES + 2) * SL_VOICE_TONES];
  float first[(SL_VOICE_FRAMES + 2) * 128];
  float second[2 * 64], third[64];
  float both[2 * SL_VOICE_STATE]; // what the LSTM is given, and its last outputs
} sl_voice_scratch;

struct sl_voice {
  sl_job job;
  struct {
    sl_dense_matrix *matrix;
    float *vector;
  } parts[SL_VOICE_PARTS];
  uint32_t kept; // parts that are there
  sl_sha256 hash;
  float *row; // of save: a row of a matrix
  sl_voice_options options;

  // The stream.
  float context[SL_VOICE_CONTEXT], pending[SL_VOICE_CHUNK];
  float hidden[SL_VOICE_STATE], cell[SL_VOICE_STATE];
  uint32_t held; // samples that are pending
  double given;  // samples of the stream
  double heard;  // samples of the chunks that were heard
  bool speaking, told, silent;
  double began, silence; // samples at which they began
  double ended;          // of the speech before, with what is added to it

  struct {
    const float *samples;
    size_t count, at;
    bool last;
    float *out;
    size_t chunk, chunks;
  } run;
  sl_voice_event *events;
  size_t event_count, event_room;
  sl_voice_scratch scratch;
};

// A detector without parts. Errors: ERR_MEMORY.
sl_status sl_voice_make(sl_voice **out);

// Keeps a copy of the next part. Errors: ERR_NOT_FINITE ("bytes"), ERR_MEMORY.
sl_status sl_voice_keep(sl_voice *voice, const float *values);

uint32_t sl_voice_elements(uint32_t part);

// The network: how likely there is speech in a chunk.
float sl_voice_hear(sl_voice *voice, const float *chunk);

// What the next chunk's probability means for speech; and the end of the stream.
void sl_voice_follow(sl_voice *voice, float probability);
void sl_voice_finish(sl_voice *voice);

#endif
