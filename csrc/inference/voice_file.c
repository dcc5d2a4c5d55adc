// Detectors from a file of ONNX, and saved ones.
#include <string.h>

#include "base/memory.h"
#include "inference/file.h"
#include "inference/voice_parts.h"

#define NOINLINE __attribute__((noinline))
#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_PART SL_TAG('P', 'A', 'R', 'T')

enum { LARGEST = 256 * 512, SILERO = 1 };

// ---- from ONNX ----------------------------------------------------------------------------------

// The names of tensors begin with what the branch for 16,000 samples a second is called.
typedef struct names {
  const sl_weights *weights;
  sl_span prefix;
  float *numbers, *turned; // LARGEST each
} names;

static sl_status missing(void) {
  return sl_fail(SL_ERR_FORMAT, "bytes",
                 "the network of Silero VAD v5 or v6 for 16000 samples a second", SL_NO_POSITION);
}

static bool same_name(const sl_weights *w, sl_span span, sl_span prefix, const char *name) {
  const uint8_t *bytes = sl_weights_data(w);
  return span.bytes == prefix.bytes + strlen(name) &&
         memcmp(bytes + span.at, bytes + prefix.at, prefix.bytes) == 0 &&
         memcmp(bytes + span.at + prefix.bytes, name, strlen(name)) == 0;
}

// Reads a tensor of this shape. c = 0: of one dimension less, b = 0: of one.
static sl_status take(const names *n, const char *name, uint32_t a, uint32_t b, uint32_t c,
                      float *out) {
  const uint32_t rank = b == 0 ? 1 : c == 0 ? 2 : 3, dims[3] = {a, b, c};
  for (uint32_t i = 0; i < sl_weights_count(n->weights); i++) {
    const sl_weight *t = sl_weights_get(n->weights, i);
    if (!same_name(n->weights, t->name, n->prefix, name)) continue;
    if (t->rank != rank || memcmp(t->dims, dims, rank * sizeof *dims) != 0) return missing();
    return sl_weights_read(n->weights, i, out);
  }
  return missing();
}

// The convolution with these weights moves by `stride` and sees `pad` zeros at each end.
static sl_status require_convolution(const names *n, const char *name, uint32_t stride,
                                     uint32_t pad) {
  for (uint32_t i = 0; i < sl_weights_convolutions(n->weights); i++) {
    const sl_convolution *c = sl_weights_convolution(n->weights, i);
    if (!same_name(n->weights, c->weights, n->prefix, name)) continue;
    if (c->plain && c->stride == stride && c->before == pad && c->after == pad) return SL_OK;
  }
  return missing();
}

// Outputs x inputs x places as places x inputs x outputs.
static NOINLINE void turn(const float *from, uint32_t outputs, uint32_t inputs, uint32_t places,
                          float *to) {
  for (uint32_t o = 0; o < outputs; o++)
    for (uint32_t i = 0; i < inputs; i++)
      for (uint32_t p = 0; p < places; p++) to[((size_t)p * inputs + i) * outputs + o] = *from++;
}

static sl_status keep_convolution(const names *n, sl_voice *v, uint32_t l) {
  static const char *const weights[] = {
      "encoder.0.reparam_conv.weight", "encoder.1.reparam_conv.weight",
      "encoder.2.reparam_conv.weight", "encoder.3.reparam_conv.weight"};
  static const char *const biases[] = {"encoder.0.reparam_conv.bias", "encoder.1.reparam_conv.bias",
                                       "encoder.2.reparam_conv.bias",
                                       "encoder.3.reparam_conv.bias"};
  const sl_voice_shape s = sl_voice_shapes[SL_VOICE_CONV_0 + 2 * l];
  SL_TRY(require_convolution(n, weights[l], l == 1 || l == 2 ? 2 : 1, 1));
  SL_TRY(take(n, weights[l], s.columns, s.rows / 3, 3, n->numbers));
  turn(n->numbers, s.columns, s.rows / 3, 3, n->turned);
  SL_TRY(sl_voice_keep(v, n->turned));
  SL_TRY(take(n, biases[l], s.columns, 0, 0, n->numbers));
  return sl_voice_keep(v, n->numbers);
}

static sl_status keep_all(const names *n, sl_voice *v) {
  enum { GATES = 4 * SL_VOICE_STATE, STATE = SL_VOICE_STATE };
  SL_TRY(require_convolution(n, "stft.forward_basis_buffer", 128, 0));
  SL_TRY(take(n, "stft.forward_basis_buffer", 258, 1, 256, n->numbers));
  turn(n->numbers, 258, 1, 256, n->turned);
  SL_TRY(sl_voice_keep(v, n->turned));
  for (uint32_t l = 0; l < 4; l++) SL_TRY(keep_convolution(n, v, l));
  SL_TRY(take(n, "decoder.rnn.weight_ih", GATES, STATE, 0, n->numbers));
  turn(n->numbers, GATES, STATE, 1, n->turned);
  SL_TRY(take(n, "decoder.rnn.weight_hh", GATES, STATE, 0, n->numbers));
  turn(n->numbers, GATES, STATE, 1, n->turned + (size_t)STATE * GATES);
  SL_TRY(sl_voice_keep(v, n->turned));
  SL_TRY(take(n, "decoder.rnn.bias_ih", GATES, 0, 0, n->numbers));
  SL_TRY(take(n, "decoder.rnn.bias_hh", GATES, 0, 0, n->turned));
  for (uint32_t i = 0; i < GATES; i++) n->numbers[i] += n->turned[i];
  SL_TRY(sl_voice_keep(v, n->numbers));
  SL_TRY(require_convolution(n, "decoder.decoder.2.weight", 1, 0));
  SL_TRY(take(n, "decoder.decoder.2.weight", 1, STATE, 1, n->numbers));
  SL_TRY(take(n, "decoder.decoder.2.bias", 1, 0, 0, n->numbers + STATE));
  return sl_voice_keep(v, n->numbers);
}

// The branch whose windows have 256 samples: that of 8,000 samples a second has 128.
static sl_status find_branch(const sl_weights *w, sl_span *out) {
  static const char name[] = "stft.forward_basis_buffer";
  for (uint32_t i = 0; i < sl_weights_count(w); i++) {
    const sl_weight *t = sl_weights_get(w, i);
    if (t->rank != 3 || t->dims[0] != 258 || t->name.bytes < sizeof name - 1) continue;
    *out = (sl_span){t->name.at, t->name.bytes - (sizeof name - 1)};
    if (same_name(w, t->name, *out, name)) return SL_OK;
  }
  return missing();
}

sl_status sl_voice_create(const sl_weights *w, sl_voice **out) {
  names n = {w, {0, 0}, NULL, NULL};
  sl_voice *made = NULL;
  *out = NULL;
  if (sl_weights_kind_of(w) != SL_WEIGHTS_ONNX) return missing();
  SL_TRY(find_branch(w, &n.prefix));
  SL_TRY(SL_ALLOC(&n.numbers, 2 * LARGEST));
  n.turned = n.numbers + LARGEST;
  sl_status status = sl_voice_make(&made);
  if (status == SL_OK) status = keep_all(&n, made);
  sl_free(n.numbers);
  if (status != SL_OK) {
    sl_voice_destroy(made);
    return status;
  }
  *out = made;
  return SL_OK;
}

// ---- saving and loading -------------------------------------------------------------------------

typedef struct source {
  sl_voice *voice;
  uint32_t part;
} source;

static const void *row_of(const void *from, uint32_t tag, uint32_t i, size_t *bytes) {
  const source *s = from;
  (void)tag;
  const sl_dense_matrix *m = s->voice->parts[s->part].matrix;
  *bytes = m->columns * sizeof *s->voice->row;
  // Cannot fail: the row is there.
  (void)sl_dense_matrix_read(m, i, 1, s->voice->row);
  return s->voice->row;
}

sl_status sl_voice_save(sl_voice *v, sl_writer **out) {
  enum { WIDEST = 512 };
  *out = NULL;
  if (v->row == NULL)
    SL_TRY(sl_alloc(WIDEST * sizeof(float) + SL_VOICE_PARTS * sizeof(source), 1, (void **)&v->row));
  source *sources = (source *)(void *)(v->row + WIDEST);
  const uint32_t meta[2] = {SILERO, SL_VOICE_RATE};
  SL_TRY(sl_writer_create(SL_FILE_VOICE, out));
  sl_writer_add_copy(*out, TAG_META, meta, sizeof meta);
  for (uint32_t i = 0; i < SL_VOICE_PARTS; i++) {
    sources[i] = (source){v, i};
    if (sl_voice_shapes[i].rows == 0)
      sl_writer_add(*out, TAG_PART, v->parts[i].vector, sl_voice_elements(i) * sizeof(float));
    else
      sl_writer_add_pieces(*out, TAG_PART, &sources[i], sl_voice_shapes[i].rows, row_of);
  }
  return SL_OK;
}

static sl_status take_parts(sl_reader *reader, sl_voice *v) {
  while (v->kept < SL_VOICE_PARTS) {
    void *block;
    SL_TRY(sl_reader_take(reader, TAG_PART, sl_voice_elements(v->kept) * (uint64_t)4, &block));
    const sl_status status = sl_voice_keep(v, block);
    sl_free(block);
    if (status == SL_ERR_NOT_FINITE) return sl_reader_bad(reader, "finite numbers");
    SL_TRY(status);
  }
  return sl_reader_close(reader);
}

sl_status sl_voice_load(sl_reader *reader, sl_voice **out) {
  uint32_t meta[2];
  sl_voice *made;
  *out = NULL;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, meta, sizeof meta));
  if (meta[0] != SILERO || meta[1] != SL_VOICE_RATE)
    return sl_reader_bad(reader, "a network that is known here");
  SL_TRY(sl_voice_make(&made));
  const sl_status status = take_parts(reader, made);
  if (status != SL_OK) {
    sl_voice_destroy(made);
    return status;
  }
  *out = made;
  return SL_OK;
}
