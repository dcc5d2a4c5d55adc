// Tensors of a decoder.
#include "inference/decoder_parts.h"

#include <string.h>

#include "base/memory.h"

// ---- shapes -------------------------------------------------------------------------------------

typedef struct part_shape {
  uint32_t outputs, inputs; // inputs 0: a gain
} part_shape;

static part_shape shape_of(const sl_decoder *d, uint32_t part) {
  const sl_decoder_shape *s = &d->shape;
  const uint32_t queries = s->heads * s->size, keys = s->kv_heads * s->size;
  if (part == 0 || part == 2 + s->layers * SL_DECODER_LAYER)
    return (part_shape){s->vocabulary, s->width};
  if (part == 1 + s->layers * SL_DECODER_LAYER) return (part_shape){s->width, 0};
  switch ((part - 1) % SL_DECODER_LAYER) {
  case SL_DECODER_QUERIES:
    return (part_shape){queries, s->width};
  case SL_DECODER_KEYS:
  case SL_DECODER_VALUES:
    return (part_shape){keys, s->width};
  case SL_DECODER_GIVE:
    return (part_shape){s->width, queries};
  case SL_DECODER_GATE:
  case SL_DECODER_UP:
    return (part_shape){s->hidden, s->width};
  case SL_DECODER_DOWN:
    return (part_shape){s->width, s->hidden};
  default:
    return (part_shape){s->width, 0};
  }
}

static bool within(uint32_t n, uint32_t least, uint32_t most) { return n >= least && n <= most; }

static sl_status check(const sl_decoder_shape *s) {
  SL_REQUIRE(within(s->vocabulary, 1, 1u << 20), SL_ERR_OPTION, "vocabulary", "1 to 2^20");
  SL_REQUIRE(within(s->width, 1, 16384), SL_ERR_OPTION, "width", "1 to 16384");
  SL_REQUIRE(within(s->hidden, 1, 65536), SL_ERR_OPTION, "hidden", "1 to 65536");
  SL_REQUIRE(within(s->layers, 1, 128), SL_ERR_OPTION, "layers", "1 to 128");
  SL_REQUIRE(within(s->heads, 1, 256), SL_ERR_OPTION, "heads", "1 to 256");
  SL_REQUIRE(s->kv_heads >= 1 && s->heads % s->kv_heads == 0, SL_ERR_OPTION, "kv_heads",
             "a divisor of heads");
  SL_REQUIRE(within(s->size, 2, 1024) && s->size % 2 == 0, SL_ERR_OPTION, "size",
             "an even number from 2 to 1024");
  SL_REQUIRE(within(s->most_tokens, 1, 1u << 20), SL_ERR_OPTION, "most_tokens", "1 to 2^20");
  SL_REQUIRE(s->epsilon >= 0 && s->epsilon <= 1, SL_ERR_OPTION, "epsilon", "0 to 1");
  SL_REQUIRE(s->base > 0 && s->base - s->base == 0, SL_ERR_OPTION, "base", "a number above 0");
  return SL_OK;
}

// ---- making -------------------------------------------------------------------------------------

sl_status sl_decoder_create(const sl_decoder_shape *shape, sl_decoder **out) {
  *out = NULL;
  SL_TRY(check(shape));
  sl_decoder *made;
  SL_TRY(SL_ALLOC_ZERO(&made, 1));
  made->job.kind = &sl_decoder_kind;
  made->shape = *shape;
  made->part_count = 2 + shape->layers * SL_DECODER_LAYER + (shape->tied ? 0 : 1);
  sl_rng_seed(&made->rng, 0);
  // One more: the last matrix is a part of its own where it is the table.
  sl_status status = SL_ALLOC_ZERO(&made->parts, made->part_count + 1);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&made->caches, shape->layers);
  if (status == SL_OK) status = sl_product_create(&made->product);
  for (uint32_t l = 0; l < shape->layers && status == SL_OK; l++)
    status = sl_kv_cache_create(1, shape->kv_heads, shape->size, 0, 0, &made->caches[l]);
  if (status != SL_OK) {
    sl_decoder_destroy(made);
    return status;
  }
  *out = made;
  return SL_OK;
}

void sl_decoder_destroy(sl_decoder *d) {
  if (d == NULL) return;
  for (uint32_t i = 0; d->parts != NULL && i <= d->part_count; i++) {
    sl_dense_matrix_destroy(d->parts[i].matrix);
    sl_free(d->parts[i].gain);
  }
  for (uint32_t l = 0; d->caches != NULL && l < d->shape.layers; l++)
    sl_kv_cache_destroy(d->caches[l]);
  sl_free(d->parts);
  sl_free(d->caches);
  sl_product_destroy(d->product);
  sl_free(d->run.block);
  sl_free(d->candidates);
  sl_free(d);
}

double sl_decoder_awaits(const sl_decoder *d) {
  if (d->kept == d->part_count) return 0;
  const part_shape s = shape_of(d, d->kept);
  return (double)s.outputs * (s.inputs > 0 ? s.inputs : 1);
}

static sl_status turned(const sl_decoder *d, const float *values, part_shape s,
                        sl_dense_matrix **out) {
  return sl_dense_matrix_from(values, (size_t)s.outputs * s.inputs, SL_ELEMENT_F32, s.inputs,
                              s.outputs, 1, d->shape.int8 ? SL_ELEMENT_I8 : SL_ELEMENT_F32, 1, NULL,
                              0, out);
}

static sl_status keep(sl_decoder *d, const float *values, part_shape s) {
  sl_decoder_part *part = &d->parts[d->kept];
  if (s.inputs == 0) {
    SL_TRY(SL_ALLOC(&part->gain, s.outputs));
    memcpy(part->gain, values, s.outputs * sizeof *values);
    return SL_OK;
  }
  if (d->kept > 0) return turned(d, values, s, &part->matrix);
  // The table as it is: its rows are looked up.
  SL_TRY(sl_dense_matrix_from(values, (size_t)s.outputs * s.inputs, SL_ELEMENT_F32, s.outputs,
                              s.inputs, 0, SL_ELEMENT_F32, 0, NULL, 0, &part->matrix));
  if (!d->shape.tied) return SL_OK;
  const sl_status status = turned(d, values, s, &d->parts[d->part_count].matrix);
  if (status == SL_OK) return SL_OK;
  sl_dense_matrix_destroy(part->matrix);
  part->matrix = NULL;
  return status;
}

sl_status sl_decoder_add(sl_decoder *d, const float *values, size_t count) {
  SL_REQUIRE(d->kept < d->part_count, SL_ERR_STATE, "values", "no further tensor");
  SL_REQUIRE((double)count == sl_decoder_awaits(d), SL_ERR_SHAPE, "values",
             "as many numbers as the next tensor has");
  for (size_t i = 0; i < count; i++)
    SL_REQUIRE_AT(values[i] - values[i] == 0, SL_ERR_NOT_FINITE, "values", "finite numbers", i);
  SL_TRY(keep(d, values, shape_of(d, d->kept)));
  d->kept++;
  return SL_OK;
}

size_t sl_decoder_bytes(const sl_decoder *d) {
  size_t bytes = sizeof *d + (d->part_count + 1) * sizeof *d->parts +
                 d->shape.layers * sizeof(sl_kv_cache *) + sl_product_bytes(d->product) +
                 d->run.room * sizeof(float);
  for (uint32_t i = 0; i <= d->part_count; i++) {
    if (d->parts[i].matrix != NULL) bytes += sl_dense_matrix_bytes(d->parts[i].matrix);
    if (d->parts[i].gain != NULL) bytes += d->shape.width * sizeof(float);
  }
  for (uint32_t l = 0; l < d->shape.layers; l++) bytes += sl_kv_cache_bytes(d->caches[l]);
  return bytes + (d->candidates != NULL ? d->shape.vocabulary * sizeof *d->candidates : 0);
}
