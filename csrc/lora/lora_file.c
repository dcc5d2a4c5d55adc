// Saving and loading adapters. A file may come from anywhere: shapes are those that an adapter can have
// and all numbers finite.
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"
#include "lora/file.h"
#include "lora/object.h"
#include "simd/distance_f32.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_PARAMETERS SL_TAG('P', 'A', 'R', 'A')
#define TAG_LABELS SL_TAG('L', 'A', 'B', 'L')

// Section `META`, as it stands in the file.
typedef struct meta {
  double alpha;
  uint32_t inputs, outputs, rank, seed;
  uint32_t has_weights, weights; // 0 or 1; their CRC-32C
} meta;

static uint32_t checksum(const float *weights, uint64_t count) {
  return weights == NULL ? 0 : sl_crc32c(0, weights, (size_t)count * sizeof *weights);
}

static uint64_t weights_of(const sl_lora_shape *s) { return (uint64_t)s->inputs * s->outputs; }

sl_status sl_lora_save(const sl_lora *lora, const void *labels, size_t bytes, sl_writer **out) {
  *out = NULL;
  SL_TRY(sl_writer_create(SL_FILE_LORA, out));
  const sl_lora_shape *s = &lora->shape;
  const meta m = {.alpha = s->alpha,
                  .inputs = s->inputs,
                  .outputs = s->outputs,
                  .rank = s->rank,
                  .seed = s->seed,
                  .has_weights = lora->weights != NULL,
                  .weights = checksum(lora->weights, weights_of(s))};
  sl_writer_add_copy(*out, TAG_META, &m, sizeof m);
  // A copy: learning may go on while the file is written.
  sl_writer_add_copy(*out, TAG_PARAMETERS, lora->parameters, lora->count * sizeof(float));
  sl_writer_add_copy(*out, TAG_LABELS, labels, bytes);
  return SL_OK;
}

static sl_status read_state(sl_lora *lora, sl_reader *reader) {
  void *parameters, *labels;
  SL_TRY(
      sl_reader_take(reader, TAG_PARAMETERS, (uint64_t)lora->count * sizeof(float), &parameters));
  sl_free(lora->parameters);
  lora->parameters = parameters;
  if (sl_first_beyond_f32(lora->parameters, lora->count, SL_LORA_LARGEST) < lora->count)
    return sl_reader_bad(reader, "finite parameters");
  sl_section section;
  SL_TRY(sl_reader_section(reader, &section));
  SL_TRY(sl_reader_take(reader, TAG_LABELS, section.bytes, &labels));
  lora->labels = labels;
  lora->labels_bytes = section.bytes;
  return sl_reader_close(reader);
}

sl_status sl_lora_load(sl_reader *reader, const float *weights, size_t weight_count,
                       sl_lora **out) {
  *out = NULL;
  meta m;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  const sl_lora_shape shape = {
      .inputs = m.inputs, .outputs = m.outputs, .rank = m.rank, .alpha = m.alpha, .seed = m.seed};
  if (m.has_weights > 1 ||
      sl_lora_shape_check(&shape, m.has_weights != 0, weights_of(&shape)) != SL_OK)
    return sl_reader_bad(reader, "a shape that an adapter can have");
  SL_REQUIRE((weights != NULL) == (m.has_weights != 0), SL_ERR_SHAPE, "weights",
             m.has_weights ? "the weights of this adapter" : "none: this adapter has no weights");
  if (weights != NULL) {
    SL_REQUIRE(weight_count == weights_of(&shape), SL_ERR_SHAPE, "weights",
               "outputs * inputs numbers");
    SL_TRY(sl_lora_check("weights", weights, weight_count));
    SL_REQUIRE(checksum(weights, weight_count) == m.weights, SL_ERR_CHECKSUM, "weights",
               "the weights that the adapter was made for");
  }
  // A forged size must not take memory before the bytes are seen to be there.
  sl_section section;
  SL_TRY(sl_reader_section(reader, &section));
  const uint64_t count = (uint64_t)shape.rank * ((uint64_t)shape.inputs + shape.outputs);
  if (section.bytes != count * sizeof(float))
    return sl_reader_bad(reader, "as many parameters as the shape has");
  sl_lora *lora;
  SL_TRY(sl_lora_make(&shape, weights, &lora));
  const sl_status status = read_state(lora, reader);
  if (status != SL_OK) {
    sl_lora_destroy(lora);
    return status;
  }
  *out = lora;
  return SL_OK;
}
