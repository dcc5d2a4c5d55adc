// TextEncoder: the network that makes a vector of a text, from its pieces to the last product.
//
//   sl_encoder_create(&shape, SL_CUTTING_UNIGRAM, ..., &encoder);
//   sl_encoder_add(encoder, values, count);                  each tensor, in the order below
//   sl_encoder_begin(encoder, texts, lengths, n, out, counts);
//   do sl_job_step(sl_encoder_job(encoder), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//
// Based on: D. Cer and others, "Universal sentence encoder" (2018), arXiv:1803.11175, in its lite
// form: a transformer (A. Vaswani and others, 2017, arXiv:1706.03762) with norms before its parts,
// the mean over the tokens, one dense layer. Where layers is 0: the sum of the pieces' vectors, of
// length 1 (S. Arora, Y. Liang, T. Ma, "A simple but tough-to-beat baseline for sentence embeddings",
// 2017, has its weights and its centre in the vectors). Where `pooling` is set: BERT (J. Devlin and
// others, 2019, arXiv:1810.04805), with norms after its parts and positions that were learnt, as
// sentence encoders of that form are used (N. Reimers, I. Gurevych, "Sentence-BERT" (2019),
// arXiv:1908.10084).
//
// Tensors, all f32, matrices row by row (inputs x outputs). `in` of layer 0 is `dimension`, of the
// others `width`; of layers = 0 the table is all there is.
//   table                 vocabulary x dimension
//   frequencies           dimension / 2; token t has sin(t f), then cos(t f), added to its vector
//   for each layer:
//     gain, bias          in: norm before attention
//     weights, bias       in x 3 in: queries, keys, values, heads one after another
//     weights, bias       in x width: what attention gives
//     weights, bias       in x width: of what is added to it; only where in is not width
//     gain, bias          width: norm before the dense part
//     weights, bias       width x hidden, then ReLU
//     weights, bias       hidden x width
//   weights, bias         width x width: of the mean, then tanh and length 1
// Only the mean over the tokens is wanted after the last layer, and its last product is linear: it is
// done with the means of what it multiplies, one row a text.
//
// Of BERT, where dimension is width:
//   table                 vocabulary x width
//   positions             most_tokens x width, added to the tokens' vectors; the row of the kind of
//                         token that all are of is in them
//   gain, bias            width: norm of that sum
//   for each layer:
//     gain, bias          width: norm of what attention gives and what was before it
//     weights, bias       width x 3 width: queries, keys, values
//     weights, bias       width x width
//     gain, bias          width: norm of what the dense part gives and what was before it
//     weights, bias       width x hidden, then GELU
//     weights, bias       hidden x width
// The vector is the mean over all tokens, or the first one's, divided by its length.
#ifndef SL_INFERENCE_ENCODER_H
#define SL_INFERENCE_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"
#include "inference/tokens.h"

typedef struct sl_encoder sl_encoder;

// How table and weights are kept, and multiplied.
//   I8   the table with a scale a row, weights with a scale a column; what they are multiplied with
//        is rounded to int8 as well (gemm/product.h, `quantize`)
typedef enum sl_precision { SL_PRECISION_F32 = 1, SL_PRECISION_I8 = 2 } sl_precision;

// What of the tokens' vectors is the text's, of BERT.
typedef enum sl_pooling {
  SL_POOLING_NONE = 0, // the network is no BERT
  SL_POOLING_MEAN = 1,
  SL_POOLING_FIRST = 2, // that of [CLS]
} sl_pooling;

typedef struct sl_encoder_shape {
  uint32_t dimension;   // of the table, 1 .. 8192; with layers even, and a multiple of heads
  uint32_t width;       // of the result, 1 .. 8192; layers = 0: the dimension
  uint32_t hidden;      // 1 .. 65536; layers = 0: 0
  uint32_t layers;      // 0 .. 64
  uint32_t heads;       // divides dimension and width; layers = 0: 0
  uint32_t most_tokens; // texts are cut off there, >= 1; with layers at most 4096; of BERT >= 2
  uint32_t precision;   // sl_precision
  uint32_t pooling;     // sl_pooling; set with SL_CUTTING_BERT, and only with it
  double epsilon;       // of BERT's norms, 0 .. 1, rounded to f32; else 0
} sl_encoder_shape;

#define SL_MODEL_ID_BYTES 32u
#define SL_STATIC_TOKENS (1u << 30)

// An encoder that waits for its tensors.
//   cutting .. reserved   the vocabulary, copied: sl_pieces_create() (inference/tokens.h)
//   Errors: ERR_OPTION (by name), those of sl_pieces_create(), ERR_MEMORY. O(text_bytes).
sl_status sl_encoder_create(const sl_encoder_shape *shape, uint32_t cutting, const uint8_t *text,
                            size_t text_bytes, const uint32_t *lengths, const double *scores,
                            uint32_t count, uint32_t reserved, sl_encoder **out);

// Adds the next tensor.
//   values   count, read
//   Errors: ERR_STATE ("values": there is no further one), ERR_SHAPE ("values": another size),
//   ERR_NOT_FINITE ("values", by position), ERR_MEMORY; then the same one is awaited. O(count).
sl_status sl_encoder_add(sl_encoder *encoder, const float *values, size_t count);

// An encoder without layers that has a copy of the same pieces and waits for its table, pieces x
// width: for a table made of what the network gives for each piece. Of BERT it cuts as WORDPIECE.
//   Errors: ERR_OPTION ("precision"), ERR_MEMORY.
sl_status sl_encoder_static(const sl_encoder *encoder, uint32_t precision, sl_encoder **out);

// Scores of the pieces, or zeros where they have none. out: one a piece, written.
void sl_encoder_scores(const sl_encoder *encoder, double *out);

// Elements of the next tensor, 0 when all are there.
double sl_encoder_awaits(const sl_encoder *encoder);

// Frees it. NULL is allowed.
void sl_encoder_destroy(sl_encoder *encoder);

// Begins: a vector for each text. What was running is given up.
//   texts     UTF-8 of all texts, one after another, in normal form NFKC (cased and parted into words
//             by spaces where the pieces are words); read until the work ends
//   lengths   bytes of each, `count`; read
//   out       count x width, row after row; written
//   counts    count: ids of each text that were used, most_tokens + 1 where it was cut off; written
//   A text without any id gets what the network makes of none; zeros where layers is 0.
//   Errors: ERR_STATE ("encoder": tensors are missing), ERR_SHAPE ("texts": bytes are not the sum of
//   lengths), ERR_OVERFLOW ("texts"), ERR_MEMORY. Allocates when stepped: for each
//   token of a group 4 bytes x (3 wide + the larger of 3 wide and hidden), where wide is the larger of
//   dimension and width; a group has at most 256 + most_tokens tokens. Beside that 1 MB, or 4 bytes x
//   the square of the tokens of the longest text.
//   O(tokens x weights).
sl_status sl_encoder_begin(sl_encoder *encoder, const uint8_t *texts, size_t text_bytes,
                           const uint32_t *lengths, uint32_t count, float *out, uint32_t *counts);

// The same of texts that are ids already: ids of all, one after another; lengths count ids. Nothing
// is put around them.
//   Errors: as above, ERR_INDEX ("ids", by position).
sl_status sl_encoder_begin_ids(sl_encoder *encoder, const uint32_t *ids, size_t id_count,
                               const uint32_t *lengths, uint32_t count, float *out,
                               uint32_t *counts);

// Ids of one text at once, at most `most`; NULL for none.
//   out     `most` ids, written
//   found   how many, most + 1 where there would have been more; written
//   Errors: ERR_OVERFLOW ("text"), ERR_MEMORY. O(bytes).
sl_status sl_encoder_tokens(sl_encoder *encoder, const uint8_t *text, size_t text_bytes,
                            uint32_t most, uint32_t *out, uint32_t *found);

// The work: units are products of two elements. Stopped, rows that were not reached keep what they
// held.
sl_job *sl_encoder_job(sl_encoder *encoder);
extern const sl_job_kind sl_encoder_kind;

// What it is. out: 14 numbers, written: the fields of the shape up to precision, cutting, reserved
// pieces, pieces, elements of the tensor that is awaited, bytes, pooling, epsilon.
#define SL_ENCODER_FACTS 14u
void sl_encoder_facts(const sl_encoder *encoder, double *out);

size_t sl_encoder_bytes(const sl_encoder *encoder);

// SHA-256 of shape, pieces and tensors as they are kept: two models with the same id give the same
// vectors. out: SL_MODEL_ID_BYTES, written. Errors: ERR_STATE ("encoder": tensors are missing). O(1).
sl_status sl_encoder_id(const sl_encoder *encoder, uint8_t *out);

// Saving and loading (base/container.h); docs/format.md describes the file. Loading is safe on
// untrusted bytes.
//   save     the encoder must stay until the file is written. Errors: ERR_STATE ("encoder"), ERR_MEMORY.
//   load     Errors: those of the reader, ERR_FORMAT ("bytes"), ERR_MEMORY. O(bytes).
sl_status sl_encoder_save(sl_encoder *encoder, sl_writer **out);
sl_status sl_encoder_load(sl_reader *reader, sl_encoder **out);

#endif
