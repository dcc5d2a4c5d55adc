// The network of a detector, one chunk at a time.
#include <math.h>
#include <string.h>

#include "gemm/activation.h"
#include "gemm/functions.h"
#include "gemm/kernel.h"
#include "gemm/recurrent.h"
#include "inference/voice_parts.h"

#define NOINLINE __attribute__((noinline))

enum { HOP = 128, WINDOW = 256, WIDE = 128, NARROW = 64, STATE = SL_VOICE_STATE };

// sums = left times rows first .. first + depth of a matrix, and their stride is its columns, rounded
// up to whole panels. first + depth is in one block of rows with first, or first is 0.
static void multiply(const sl_voice *v, sl_voice_part part, uint32_t rows, uint32_t first,
                     uint32_t depth, const float *left, float *sums) {
  const sl_dense_matrix *m = v->parts[part].matrix;
  const uint32_t panels = (m->columns + SL_PANEL_F32 - 1) / SL_PANEL_F32;
  const size_t stride = (size_t)panels * SL_PANEL_F32;
  for (uint32_t at = 0; at < depth; at += SL_BLOCK_DEPTH) {
    const uint32_t here = depth - at < SL_BLOCK_DEPTH ? depth - at : SL_BLOCK_DEPTH;
    for (uint32_t j = 0; j < panels; j++) {
      const float *panel = sl_dense_matrix_panel(m, at, j);
      sl_panel_f32(rows, here, left + (size_t)at * SL_TILE_ROWS,
                   panel + (size_t)first * SL_PANEL_F32, SL_PANEL_F32,
                   sums + (size_t)j * SL_PANEL_F32, stride, at > 0);
    }
  }
}

// out = what is positive of sums + bias.
static NOINLINE void rectify(const float *sums, uint32_t rows, uint32_t columns, const float *bias,
                             float *out) {
  const sl_f32x4 zero = sl_f32x4_splat(0);
  for (uint32_t i = 0; i < rows; i++)
    for (uint32_t j = 0; j < columns; j += 4, sums += 4, out += 4)
      sl_f32x4_store(out, sl_f32x4_max(zero, sl_f32x4_load(sums) + sl_f32x4_load(bias + j)));
}

// A convolution over three places, whose rows begin `stride` places apart.
static void convolve(sl_voice *v, sl_voice_part part, const float *from, uint32_t channels,
                     uint32_t rows, uint32_t stride, float *out) {
  sl_voice_scratch *s = &v->scratch;
  sl_pack_left_f32(from, (size_t)stride * channels, 1, rows, 3 * channels, s->left);
  multiply(v, part, rows, 0, 3 * channels, s->left, s->sums);
  rectify(s->sums, rows, sl_voice_shapes[part].columns, v->parts[part + 1].vector, out);
}

// One whose only row sees places first, ...; the others are before or after the first and last one, where
// all is zero.
static void convolve_one(sl_voice *v, sl_voice_part part, const float *from, uint32_t channels,
                         uint32_t first, uint32_t places, float *out) {
  sl_voice_scratch *s = &v->scratch;
  sl_pack_left_f32(from, 0, 1, 1, places * channels, s->left);
  multiply(v, part, 1, first * channels, places * channels, s->left, s->sums);
  rectify(s->sums, 1, sl_voice_shapes[part].columns, v->parts[part + 1].vector, out);
}

// Sizes of the frequencies of each frame; the row before and after them stays zero.
static NOINLINE void sizes(const float *sums, float *out) {
  const uint32_t stride = (2 * SL_VOICE_TONES + SL_PANEL_F32 - 1) / SL_PANEL_F32 * SL_PANEL_F32;
  for (uint32_t t = 0; t < SL_VOICE_FRAMES; t++)
    for (uint32_t k = 0; k < SL_VOICE_TONES; k++) {
      const float re = sums[t * stride + k], im = sums[t * stride + SL_VOICE_TONES + k];
      out[(t + 1) * SL_VOICE_TONES + k] = sqrtf(re * re + im * im);
    }
}

static NOINLINE float judge(const float *hidden, const float *head) {
  double sum = (double)head[STATE];
  for (uint32_t j = 0; j < STATE; j++)
    sum += hidden[j] > 0 ? (double)hidden[j] * (double)head[j] : 0;
  float likely = (float)sum;
  (void)sl_activate(&likely, 1, SL_ACTIVATION_SIGMOID);
  return likely;
}

float sl_voice_hear(sl_voice *v, const float *chunk) {
  sl_voice_scratch *s = &v->scratch;
  enum { HEARD = SL_VOICE_CONTEXT + SL_VOICE_CHUNK };
  memcpy(s->wave, v->context, sizeof v->context);
  memcpy(s->wave + SL_VOICE_CONTEXT, chunk, SL_VOICE_CHUNK * sizeof *chunk);
  // Beyond its end it goes back, the last sample once.
  for (uint32_t i = 0; i < SL_VOICE_CONTEXT; i++) s->wave[HEARD + i] = s->wave[HEARD - 2 - i];
  memcpy(v->context, chunk + SL_VOICE_CHUNK - SL_VOICE_CONTEXT, sizeof v->context);
  sl_pack_left_f32(s->wave, HOP, 1, SL_VOICE_FRAMES, WINDOW, s->left);
  multiply(v, SL_VOICE_BASIS, SL_VOICE_FRAMES, 0, WINDOW, s->left, s->sums);
  sizes(s->sums, s->spectrum);
  convolve(v, SL_VOICE_CONV_0, s->spectrum, SL_VOICE_TONES, SL_VOICE_FRAMES, 1, s->first + WIDE);
  convolve(v, SL_VOICE_CONV_1, s->first, WIDE, 2, 2, s->second);
  convolve_one(v, SL_VOICE_CONV_2, s->second, NARROW, 1, 2, s->third);
  convolve_one(v, SL_VOICE_CONV_3, s->third, NARROW, 1, 1, s->both);
  memcpy(s->both + STATE, v->hidden, sizeof v->hidden);
  sl_pack_left_f32(s->both, 0, 1, 1, 2 * STATE, s->left);
  multiply(v, SL_VOICE_GATES, 1, 0, 2 * STATE, s->left, s->sums);
  const float *bias = v->parts[SL_VOICE_GATE_BIAS].vector;
  for (uint32_t j = 0; j < 4 * STATE; j++) s->sums[j] += bias[j];
  sl_lstm_gates(s->sums, STATE, v->cell, v->hidden);
  return judge(v->hidden, v->parts[SL_VOICE_HEAD].vector);
}
