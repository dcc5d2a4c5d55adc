// Decoder: a transformer that tells the next token from those before, of the form of Llama.
//
//   sl_decoder_create(&shape, &decoder);
//   sl_decoder_add(decoder, values, count);                  each tensor, in the order below
//   sl_decoder_begin(decoder, ids, count, false, logits, vocabulary);
//   do sl_job_step(sl_decoder_job(decoder), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_decoder_choose(decoder, logits, &choice, &id);        and begin again with that one
//
// Keys and values of the tokens so far are kept (attention/kv_cache.h): tokens given one by one and
// all at once give the same bits.
//
// Based on: H. Touvron and others, "LLaMA" (2023), arXiv:2302.13971: norms by the root of the mean of
// squares (arXiv:1910.07467), rotary positions (arXiv:2104.09864), SwiGLU (arXiv:2002.05202), groups
// of heads that share keys and values (J. Ainslie and others, "GQA" (2023), arXiv:2305.13245). Choice:
// A. Fan, M. Lewis, Y. Dauphin, "Hierarchical neural story generation" (2018), arXiv:1805.04833 (the
// most likely k); A. Holtzman and others, "The curious case of neural text degeneration" (2019),
// arXiv:1904.09751 (the fewest that together are as likely as p).
//
// Tensors, all f32, matrices as files have them, outputs x inputs, row by row:
//   table               vocabulary x width
//   for each layer:
//     gain              width: norm before attention
//     queries           heads size x width
//     keys, values      kv_heads size x width each
//     weights           width x heads size: what attention gives
//     gain              width: norm before the dense part
//     gate, up          hidden x width each: silu(gate x) up x
//     down              width x hidden
//   gain                width: the last norm
//   weights             vocabulary x width; not where `tied`, when it is the table
#ifndef SL_INFERENCE_DECODER_H
#define SL_INFERENCE_DECODER_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"

typedef struct sl_decoder sl_decoder;

typedef struct sl_decoder_shape {
  uint32_t vocabulary;  // 1 .. 2^20
  uint32_t width;       // 1 .. 16384
  uint32_t hidden;      // 1 .. 65536
  uint32_t layers;      // 1 .. 128
  uint32_t heads;       // 1 .. 256
  uint32_t kv_heads;    // divides heads
  uint32_t size;        // of a head, 2 .. 1024, even
  uint32_t most_tokens; // 1 .. 2^20
  uint32_t tied;        // 1: the table is the last matrix as well
  uint32_t interleaved; // 1: pairs of positions are (0, 1), ...; 0: (0, size / 2), ...
  uint32_t int8;        // 1: matrices are rounded to int8 (a scale an output), and what they are
                        // multiplied with is; not the table
  double epsilon;       // of the norms, 0 .. 1
  double base;          // of the positions, above 0
} sl_decoder_shape;

// Which token is next.
//   temperature   0: the most likely one, of equal ones the first. Else logits are divided by it
//   top_k         only so many, the most likely ones; 0: all
//   top_p         of these the fewest that together are at least as likely; 1: all
typedef struct sl_decoder_choice {
  double temperature, top_p;
  uint32_t top_k;
} sl_decoder_choice;

// A decoder that waits for its tensors. Errors: ERR_OPTION (by name), ERR_MEMORY.
sl_status sl_decoder_create(const sl_decoder_shape *shape, sl_decoder **out);
void sl_decoder_destroy(sl_decoder *decoder); // NULL is allowed

// Adds the next tensor.
//   values   count, read
//   Errors: ERR_STATE ("values": there is no further one), ERR_SHAPE ("values"), ERR_NOT_FINITE
//   ("values", by position), ERR_MEMORY; then the same one is awaited. O(count).
sl_status sl_decoder_add(sl_decoder *decoder, const float *values, size_t count);

// Elements of the next tensor, 0 when all are there.
double sl_decoder_awaits(const sl_decoder *decoder);

// Begins with the next tokens. What was running is given up, with its tokens.
//   ids      count >= 1, read until the work ends
//   all      1: logits of each of these tokens; 0: of the last one
//   logits   vocabulary a token; written at the end
//   room     elements of logits, exactly as many
//   Errors: ERR_STATE ("decoder": tensors are missing), ERR_INDEX ("ids", by position), ERR_EMPTY
//   ("ids"), ERR_RANGE ("ids": more than most_tokens in all), ERR_SHAPE ("logits").
//   Allocates when stepped. O(tokens x weights + tokens^2 x layers x heads x size).
sl_status sl_decoder_begin(sl_decoder *decoder, const uint32_t *ids, uint32_t count, uint32_t all,
                           float *logits, size_t room);

// The work: units are products of two elements; a layer for up to 64 tokens is never cut. Stopped,
// its tokens are forgotten.
sl_job *sl_decoder_job(sl_decoder *decoder);
extern const sl_job_kind sl_decoder_kind;

// Tokens so far; and all but the first `length` are forgotten. Errors: ERR_RANGE ("length").
uint32_t sl_decoder_length(const sl_decoder *decoder);
sl_status sl_decoder_truncate(sl_decoder *decoder, uint32_t length);

// Begins the random numbers of sl_decoder_choose() anew.
void sl_decoder_seed(sl_decoder *decoder, uint64_t seed);

// The next token. logits: vocabulary, read. out: written.
//   Errors: ERR_OPTION (by name), ERR_NOT_FINITE ("logits": none is a number), ERR_MEMORY.
//   O(vocabulary log vocabulary).
sl_status sl_decoder_choose(sl_decoder *decoder, const float *logits,
                            const sl_decoder_choice *choice, uint32_t *out);

size_t sl_decoder_bytes(const sl_decoder *decoder);

#endif
