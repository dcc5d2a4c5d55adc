// Tensors of an encoder: which there are, how they are rounded to int8, and how they are kept.
#include "inference/model.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"

#define NOINLINE __attribute__((noinline))

static uint32_t layer_tensors(const sl_encoder *e, uint32_t layer) {
  return SL_LAYER_TENSORS - (sl_encoder_has_residual(e, layer) ? 0 : 2);
}

static uint32_t count_tensors(const sl_encoder *e) {
  if (e->shape.layers == 0) return 1;
  uint32_t count = 4; // before and after the layers
  for (uint32_t l = 0; l < e->shape.layers; l++) count += layer_tensors(e, l);
  return count;
}

static uint32_t first_of_layer(const sl_encoder *e, uint32_t layer) {
  uint32_t first = sl_encoder_is_bert(e) ? 4 : 2;
  for (uint32_t l = 0; l < layer; l++) first += layer_tensors(e, l);
  return first;
}

static sl_tensor vector(uint32_t n) { return (sl_tensor){SL_TENSOR_VECTOR, n, 1}; }
static sl_tensor weights(uint32_t rows, uint32_t columns) {
  return (sl_tensor){SL_TENSOR_WEIGHTS, rows, columns};
}

static sl_tensor tensor_of_layer(const sl_encoder *e, uint32_t layer, uint32_t part) {
  const uint32_t in = sl_encoder_in(e, layer), width = e->shape.width, hidden = e->shape.hidden;
  switch (part) {
  case SL_GAIN_1:
  case SL_BIAS_1:
    return vector(in);
  case SL_ATTEND:
    return weights(in, 3 * in);
  case SL_ATTEND_BIAS:
    return vector(3 * in);
  case SL_GIVE:
  case SL_RESIDUAL:
    return weights(in, width);
  case SL_WIDEN:
    return weights(width, hidden);
  case SL_WIDEN_BIAS:
    return vector(hidden);
  case SL_NARROW:
    return weights(hidden, width);
  default:
    return vector(width);
  }
}

sl_tensor sl_encoder_tensor(const sl_encoder *e, uint32_t i) {
  if (i == 0) return (sl_tensor){SL_TENSOR_TABLE, sl_pieces_count(e->pieces), e->shape.dimension};
  const bool bert = sl_encoder_is_bert(e);
  if (i == 1 && bert) return vector(e->shape.most_tokens * e->shape.width);
  if (i == 1) return vector(e->shape.dimension / 2);
  if (bert && i < 4) return vector(e->shape.width);
  if (!bert && i + 2 == e->tensor_count) return weights(e->shape.width, e->shape.width);
  if (!bert && i + 1 == e->tensor_count) return vector(e->shape.width);
  uint32_t layer = 0, at = i - first_of_layer(e, 0);
  while (at >= layer_tensors(e, layer)) at -= layer_tensors(e, layer++);
  if (at >= SL_RESIDUAL && !sl_encoder_has_residual(e, layer)) at += 2;
  return tensor_of_layer(e, layer, at);
}

sl_kept sl_encoder_part(const sl_encoder *e, uint32_t layer, uint32_t part) {
  const bool moved = part >= SL_RESIDUAL && !sl_encoder_has_residual(e, layer);
  return e->tensors[first_of_layer(e, layer) + part - (moved ? 2 : 0)];
}

// ---- making -------------------------------------------------------------------------------------

static bool within(uint32_t n, uint32_t least, uint32_t most) { return n >= least && n <= most; }

static sl_status check_shape(const sl_encoder_shape *s) {
  SL_REQUIRE(within(s->dimension, 1, 8192), SL_ERR_OPTION, "dimension", "1 to 8192");
  SL_REQUIRE(s->layers <= SL_MOST_LAYERS, SL_ERR_OPTION, "layers", "at most 64");
  SL_REQUIRE(s->precision == SL_PRECISION_F32 || s->precision == SL_PRECISION_I8, SL_ERR_OPTION,
             "precision", "SL_PRECISION_F32 or SL_PRECISION_I8");
  const bool bert = s->pooling != SL_POOLING_NONE;
  SL_REQUIRE(s->pooling <= SL_POOLING_FIRST && !(bert && s->layers == 0), SL_ERR_OPTION, "pooling",
             "one of sl_pooling; SL_POOLING_NONE where there is no layer");
  SL_REQUIRE(s->epsilon >= 0 && s->epsilon <= (bert ? 1 : 0), SL_ERR_OPTION, "epsilon",
             "0 to 1, and 0 where pooling is SL_POOLING_NONE");
  if (s->layers == 0) {
    SL_REQUIRE(s->width == s->dimension, SL_ERR_OPTION, "width", "the dimension");
    SL_REQUIRE(s->hidden == 0, SL_ERR_OPTION, "hidden", "0 where there is no layer");
    SL_REQUIRE(s->heads == 0, SL_ERR_OPTION, "heads", "0 where there is no layer");
    SL_REQUIRE(within(s->most_tokens, 1, 1u << 30), SL_ERR_OPTION, "most_tokens", "1 to 2^30");
    return SL_OK;
  }
  SL_REQUIRE(within(s->width, 1, 8192), SL_ERR_OPTION, "width", "1 to 8192");
  SL_REQUIRE(within(s->hidden, 1, 65536), SL_ERR_OPTION, "hidden", "1 to 65536");
  SL_REQUIRE(bert || s->dimension % 2 == 0, SL_ERR_OPTION, "dimension", "an even number");
  SL_REQUIRE(!bert || s->dimension == s->width, SL_ERR_OPTION, "width", "the dimension");
  SL_REQUIRE(s->heads > 0 && s->dimension % s->heads == 0 && s->width % s->heads == 0,
             SL_ERR_OPTION, "heads", "a divisor of dimension and width");
  SL_REQUIRE(within(s->most_tokens, bert ? 2 : 1, 4096), SL_ERR_OPTION, "most_tokens",
             "1 to 4096, with pooling 2 at least");
  return SL_OK;
}

static void hash_u32(sl_sha256 *hash, const uint32_t *numbers, size_t count) {
  sl_sha256_update(hash, numbers, count * sizeof *numbers);
}

static void hash_head(sl_encoder *e) {
  const uint32_t facts[3] = {sl_pieces_count(e->pieces), sl_pieces_cutting(e->pieces),
                             sl_pieces_reserved(e->pieces)};
  size_t bytes;
  const uint8_t *text = sl_pieces_text(e->pieces, &bytes);
  const double *scores = sl_pieces_scores(e->pieces);
  sl_sha256_init(&e->hash);
  const uint32_t *shape = (const uint32_t *)(const void *)&e->shape;
  hash_u32(&e->hash, shape, 7);
  if (sl_encoder_is_bert(e)) {
    const float epsilon = (float)e->shape.epsilon;
    hash_u32(&e->hash, &e->shape.pooling, 1);
    sl_sha256_update(&e->hash, &epsilon, sizeof epsilon);
  }
  hash_u32(&e->hash, facts, 3);
  hash_u32(&e->hash, sl_pieces_lengths(e->pieces), facts[0]);
  sl_sha256_update(&e->hash, text, bytes);
  if (scores != NULL) sl_sha256_update(&e->hash, scores, facts[0] * sizeof *scores);
}

sl_status sl_encoder_make(const sl_encoder_shape *shape, sl_pieces *pieces, sl_encoder **out) {
  *out = NULL;
  sl_encoder *made = NULL;
  sl_status status = check_shape(shape);
  if (status == SL_OK &&
      (shape->pooling != SL_POOLING_NONE) != (sl_pieces_cutting(pieces) == SL_CUTTING_BERT))
    status = sl_fail(SL_ERR_OPTION, "cutting",
                     "SL_CUTTING_BERT where pooling is set, and only there", SL_NO_POSITION);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&made, 1);
  if (status != SL_OK) {
    sl_pieces_destroy(pieces);
    return status;
  }
  made->job.kind = &sl_encoder_kind;
  made->shape = *shape;
  made->shape.epsilon = (double)(float)shape->epsilon;
  made->pieces = pieces;
  made->tensor_count = count_tensors(made);
  status = sl_alloc_zero(made->tensor_count, sizeof *made->tensors, (void **)&made->tensors);
  if (status == SL_OK) status = sl_product_create(&made->product);
  if (status != SL_OK) {
    sl_encoder_destroy(made);
    return status;
  }
  hash_head(made);
  *out = made;
  return SL_OK;
}

sl_status sl_encoder_create(const sl_encoder_shape *shape, uint32_t cutting, const uint8_t *text,
                            size_t text_bytes, const uint32_t *lengths, const double *scores,
                            uint32_t count, uint32_t reserved, sl_encoder **out) {
  sl_pieces *pieces;
  *out = NULL;
  SL_TRY(sl_pieces_create(cutting, text, text_bytes, lengths, scores, count, reserved, &pieces));
  return sl_encoder_make(shape, pieces, out);
}

void sl_encoder_destroy(sl_encoder *e) {
  if (e == NULL) return;
  for (uint32_t i = 0; i < e->kept; i++) {
    if (sl_encoder_tensor(e, i).kind == SL_TENSOR_WEIGHTS)
      sl_dense_matrix_destroy(e->tensors[i].weights);
    else
      sl_free(e->tensors[i].numbers);
  }
  sl_pieces_destroy(e->pieces);
  sl_free(e->tensors);
  if (!sl_encoder_is_bert(e)) sl_free(e->timing);
  sl_free(e->row);
  sl_cutter_drop(&e->cutter);
  sl_cutter_drop(&e->single);
  sl_product_destroy(e->product);
  sl_free(e->run.group);
  sl_free(e->run.lengths);
  sl_free(e->run.block);
  sl_free(e);
}

// ---- tensors ------------------------------------------------------------------------------------

static uint32_t scales_of(const sl_encoder *e, const sl_tensor *t) {
  if (e->shape.precision == SL_PRECISION_F32 || t->kind == SL_TENSOR_VECTOR) return 0;
  return t->kind == SL_TENSOR_TABLE ? t->rows : t->columns;
}

size_t sl_encoder_stored_bytes(const sl_encoder *e, uint32_t i) {
  const sl_tensor t = sl_encoder_tensor(e, i);
  const uint32_t scales = scales_of(e, &t);
  const double bytes = (double)t.rows * t.columns * (scales > 0 ? 1 : 4) + 4.0 * scales;
  return bytes < (double)(SIZE_MAX / 2) ? (size_t)bytes : SIZE_MAX;
}

double sl_encoder_awaits(const sl_encoder *e) {
  if (e->kept == e->tensor_count) return 0;
  const sl_tensor t = sl_encoder_tensor(e, e->kept);
  return (double)t.rows * t.columns;
}

// Sines and cosines of the positions. The angle is rounded to f32, as in the network this equals.
static sl_status make_timing(sl_encoder *e) {
  const uint32_t d = e->shape.dimension, half = d / 2;
  const float *frequencies = e->tensors[1].numbers;
  SL_TRY(SL_ALLOC(&e->timing, (size_t)e->shape.most_tokens * d));
  for (uint32_t t = 0; t < e->shape.most_tokens; t++)
    for (uint32_t j = 0; j < half; j++) {
      const float angle = (float)t * frequencies[j];
      e->timing[(size_t)t * d + j] = (float)sin((double)angle);
      e->timing[(size_t)t * d + half + j] = (float)cos((double)angle);
    }
  return SL_OK;
}

static sl_status keep(sl_encoder *e, const sl_tensor *t, void *block, sl_kept *out) {
  if (t->kind != SL_TENSOR_WEIGHTS) {
    out->numbers = block;
    return SL_OK;
  }
  const size_t count = (size_t)t->rows * t->columns;
  const bool codes = e->shape.precision == SL_PRECISION_I8;
  const float *scales = block;
  return sl_dense_matrix_from(codes ? (const void *)(scales + t->columns) : block, count,
                              codes ? SL_ELEMENT_I8 : SL_ELEMENT_F32, t->rows, t->columns, 0,
                              codes ? SL_ELEMENT_I8 : SL_ELEMENT_F32, 1, codes ? scales : NULL,
                              codes ? t->columns : 0, &out->weights);
}

sl_status sl_encoder_keep(sl_encoder *e, void *block) {
  const sl_tensor t = sl_encoder_tensor(e, e->kept);
  const size_t bytes = sl_encoder_stored_bytes(e, e->kept);
  sl_sha256 hash = e->hash;
  sl_sha256_update(&hash, block, bytes);
  sl_kept kept;
  const sl_status status = keep(e, &t, block, &kept);
  if (status != SL_OK || t.kind == SL_TENSOR_WEIGHTS) sl_free(block);
  SL_TRY(status);
  e->tensors[e->kept++] = kept;
  e->tensor_bytes += t.kind == SL_TENSOR_WEIGHTS ? sl_dense_matrix_bytes(kept.weights) : bytes;
  e->hash = hash;
  return SL_OK;
}

// As sl_dense_matrix_from() does it: the largest number is 127.
static float scale_for(double most) {
  const double wanted = most / 127 < 0x1p-126 && most > 0 ? 0x1p-126 : most / 127;
  return wanted > (double)FLT_MAX ? FLT_MAX : (float)wanted;
}
static int8_t code_of(float value, float scale) {
  if (!(scale > 0)) return 0;
  const double whole = ((double)value / (double)scale + 0x1.8p52) - 0x1.8p52; // to even
  return (int8_t)(whole < -127 ? -127 : whole > 127 ? 127 : whole);
}

static NOINLINE void quantize(const sl_tensor *t, const float *values, float *scales) {
  const bool by_row = t->kind == SL_TENSOR_TABLE;
  const uint32_t count = by_row ? t->rows : t->columns;
  const uint32_t rows = t->rows, columns = t->columns;
  for (uint32_t s = 0; s < count; s++) scales[s] = 0;
  for (uint32_t i = 0; i < rows; i++)
    for (uint32_t j = 0; j < columns; j++) {
      const float size = fabsf(values[(size_t)i * columns + j]);
      float *most = &scales[by_row ? i : j];
      *most = *most < size ? size : *most;
    }
  for (uint32_t s = 0; s < count; s++) scales[s] = scale_for((double)scales[s]);
  int8_t *codes = (int8_t *)(scales + count);
  for (uint32_t i = 0; i < rows; i++)
    for (uint32_t j = 0; j < columns; j++) {
      const size_t at = (size_t)i * columns + j;
      codes[at] = code_of(values[at], scales[by_row ? i : j]);
    }
}

sl_status sl_encoder_add(sl_encoder *e, const float *values, size_t count) {
  SL_REQUIRE(e->kept < e->tensor_count, SL_ERR_STATE, "values", "no further tensor");
  const sl_tensor t = sl_encoder_tensor(e, e->kept);
  SL_REQUIRE((double)count == (double)t.rows * t.columns, SL_ERR_SHAPE, "values",
             "as many numbers as the next tensor has");
  for (size_t i = 0; i < count; i++)
    SL_REQUIRE_AT(values[i] - values[i] == 0, SL_ERR_NOT_FINITE, "values", "finite numbers", i);
  void *block;
  SL_TRY(sl_alloc(sl_encoder_stored_bytes(e, e->kept), 1, &block));
  if (scales_of(e, &t) > 0)
    quantize(&t, values, block);
  else
    memcpy(block, values, count * sizeof *values);
  return sl_encoder_keep(e, block);
}

static sl_status require_whole(const sl_encoder *e) {
  SL_REQUIRE(e->kept == e->tensor_count, SL_ERR_STATE, "encoder", "all of its tensors first");
  return SL_OK;
}

sl_status sl_encoder_ready(sl_encoder *e) {
  SL_TRY(require_whole(e));
  if (e->shape.layers == 0 || e->timing != NULL) return SL_OK;
  if (!sl_encoder_is_bert(e)) return make_timing(e);
  e->timing = e->tensors[1].numbers;
  return SL_OK;
}

sl_status sl_encoder_id(const sl_encoder *e, uint8_t *out) {
  SL_TRY(require_whole(e));
  sl_sha256 hash = e->hash;
  sl_sha256_final(&hash, out);
  return SL_OK;
}

sl_status sl_encoder_static(const sl_encoder *e, uint32_t precision, sl_encoder **out) {
  *out = NULL;
  sl_pieces *pieces;
  size_t bytes;
  const uint8_t *text = sl_pieces_text(e->pieces, &bytes);
  const uint32_t cutting = sl_pieces_cutting(e->pieces);
  SL_TRY(sl_pieces_create(cutting == SL_CUTTING_BERT ? SL_CUTTING_WORDPIECE : cutting, text, bytes,
                          sl_pieces_lengths(e->pieces), sl_pieces_scores(e->pieces),
                          sl_pieces_count(e->pieces), sl_pieces_reserved(e->pieces), &pieces));
  const sl_encoder_shape shape = {.dimension = e->shape.width,
                                  .width = e->shape.width,
                                  .most_tokens = SL_STATIC_TOKENS,
                                  .precision = precision};
  return sl_encoder_make(&shape, pieces, out);
}

void sl_encoder_scores(const sl_encoder *e, double *out) {
  const double *scores = sl_pieces_scores(e->pieces);
  const uint32_t count = sl_pieces_count(e->pieces);
  for (uint32_t i = 0; i < count; i++) out[i] = scores != NULL ? scores[i] : 0;
}

void sl_encoder_facts(const sl_encoder *e, double *out) {
  const sl_encoder_shape *s = &e->shape;
  const double facts[SL_ENCODER_FACTS] = {
      s->dimension,
      s->width,
      s->hidden,
      s->layers,
      s->heads,
      s->most_tokens,
      s->precision,
      sl_pieces_cutting(e->pieces),
      sl_pieces_reserved(e->pieces),
      sl_pieces_count(e->pieces),
      sl_encoder_awaits(e),
      (double)sl_encoder_bytes(e),
      s->pooling,
      s->epsilon,
  };
  for (uint32_t i = 0; i < SL_ENCODER_FACTS; i++) out[i] = facts[i];
}

size_t sl_encoder_bytes(const sl_encoder *e) {
  return sizeof *e + e->tensor_count * sizeof *e->tensors + e->tensor_bytes +
         sl_pieces_bytes(e->pieces) + sl_product_bytes(e->product) +
         (e->timing != NULL && !sl_encoder_is_bert(e)
              ? (size_t)e->shape.most_tokens * e->shape.dimension * 4
              : 0) +
         (e->run.group_room + e->run.lengths_room) * sizeof *e->run.group +
         e->run.block_room * sizeof(float) + sl_cutter_bytes(&e->cutter) +
         sl_cutter_bytes(&e->single);
}
