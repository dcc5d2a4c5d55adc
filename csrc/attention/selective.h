// Selective scan, the recurrence of Mamba (S6): each channel keeps a few numbers h, which decay and take
// in the input at a pace that the input itself sets. With a diagonal A, of channel c and its number n:
//
//   d = delta (+ delta_bias), softplus: log(1 + exp(d))
//   h = exp(d A) h + d B x
//   y = sum C h (+ D x), times z / (1 + exp(-z)) where there is a gate
//
//   sl_selective_create(&shape, &scan);                keeps copies of A, D and delta_bias
//   sl_selective_begin(scan, &options);                some tokens: a sequence, a piece of it, one
//   do sl_job_step(sl_selective_job(scan), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//
// Token after token, f32, sums over n in four lanes: the same bits in every build, and however a
// sequence is cut into calls.
//
// Based on: A. Gu, T. Dao, "Mamba: linear-time sequence modeling with selective state spaces" (2023),
// arXiv:2312.00752, algorithm 2, with the simplified step of B of its published code.
#ifndef SL_ATTENTION_SELECTIVE_H
#define SL_ATTENTION_SELECTIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"

typedef struct sl_selective sl_selective;

// Arrays are read and copied.
typedef struct sl_selective_shape {
  uint32_t batch;    // sequences side by side, >= 1
  uint32_t channels; // >= 1
  uint32_t states;   // numbers of a channel, 1 .. 1024
  uint32_t groups;   // of channels that share B and C: divides the channels
  uint32_t softplus; // 1: of delta
  const float *a;    // channels x states: below 0 in a network that forgets
  size_t a_count;
  const float *d; // channels, or NULL
  size_t d_count;
  const float *delta_bias; // channels, or NULL
  size_t delta_bias_count;
} sl_selective_shape;

// A scan whose numbers are 0.
//   Errors: ERR_OPTION (by name), ERR_SHAPE ("a", "d", "delta_bias"), ERR_OVERFLOW ("channels"),
//   ERR_MEMORY. O(batch channels states).
sl_status sl_selective_create(const sl_selective_shape *shape, sl_selective **out);

// A copy that goes on by itself. What runs in the original is given up. Errors: ERR_MEMORY.
sl_status sl_selective_fork(sl_selective *scan, sl_selective **out);
void sl_selective_destroy(sl_selective *scan); // NULL is allowed
void sl_selective_reset(sl_selective *scan);   // to numbers of 0; what runs is given up

// What is given. Arrays stay the caller's, and as they are, until the job ends.
typedef struct sl_selective_options {
  const float *x, *delta; // batch x tokens x channels each, read
  size_t count;
  uint32_t tokens;
  const float *b, *c; // batch x tokens x groups x states each, read
  size_t state_count;
  const float *z; // as x, or NULL
  float *out;     // as x, written; may be x, delta or z
} sl_selective_options;

// Begins; what was running is given up after the tokens that it has done.
//   Errors: ERR_SHAPE ("x", "b"), ERR_OVERFLOW ("x": more than 2^32 - 1 tokens).
//   O(batch tokens channels states).
sl_status sl_selective_begin(sl_selective *scan, const sl_selective_options *options);

// The work; units are numbers of channels. A token is never cut: stopped, the state is that of
// sl_selective_length() tokens.
sl_job *sl_selective_job(sl_selective *scan);
extern const sl_job_kind sl_selective_kind;

uint32_t sl_selective_length(const sl_selective *scan);

// The numbers: batch x channels x states; out, in: as many f32. Reading changes nothing; with
// writing what runs is given up. Errors of writing: ERR_SHAPE ("state").
void sl_selective_read(const sl_selective *scan, float *out);
sl_status sl_selective_write(sl_selective *scan, const float *in, size_t count);

size_t sl_selective_bytes(const sl_selective *scan);

#endif
