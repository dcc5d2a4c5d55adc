// Saving and loading of encoders.
#include <string.h>

#include "base/memory.h"
#include "inference/file.h"
#include "inference/model.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_LENGTHS SL_TAG('L', 'E', 'N', 'S')
#define TAG_PIECES SL_TAG('P', 'I', 'E', 'C')
#define TAG_SCORES SL_TAG('S', 'C', 'O', 'R')
#define TAG_TENSOR SL_TAG('T', 'E', 'N', 'S')

// Section META, as it stands in the file.
typedef struct meta {
  uint32_t shape[7]; // up to precision
  uint32_t pieces, cutting, reserved, pooling;
  float epsilon;
} meta;

static sl_encoder_shape shape_of(const meta *m) {
  const uint32_t *s = m->shape;
  return (sl_encoder_shape){
      s[0], s[1], s[2], s[3], s[4], s[5], s[6], m->pooling, (double)m->epsilon};
}

// ---- writing ------------------------------------------------------------------------------------

// One row of weights as the file has it: numbers, or codes, which lie in pairs of rows of 8 columns.
static const void *weight_row(sl_encoder *e, const sl_dense_matrix *m, uint32_t row) {
  if (m->element == SL_ELEMENT_F32) {
    // Cannot fail: the row is there.
    (void)sl_dense_matrix_read(m, row, 1, e->row);
    return e->row;
  }
  int8_t *codes = (int8_t *)e->row;
  for (uint32_t j = 0; j < m->columns; j++) {
    const int8_t *panel = sl_dense_matrix_panel(m, 0, j / 8);
    codes[j] = panel[(size_t)(row & ~1u) * 8 + 2 * (j % 8) + (row & 1)];
  }
  return codes;
}

typedef struct source {
  sl_encoder *encoder;
  uint32_t tensor;
} source;

static const void *piece_of(const void *from, uint32_t tag, uint32_t i, size_t *bytes) {
  const source *s = from;
  (void)tag;
  const sl_dense_matrix *m = s->encoder->tensors[s->tensor].weights;
  if (m->element == SL_ELEMENT_I8 && i == 0) {
    *bytes = m->columns * sizeof *m->scales;
    return m->scales;
  }
  *bytes = m->columns * (m->element == SL_ELEMENT_I8 ? 1ul : 4ul);
  return weight_row(s->encoder, m, m->element == SL_ELEMENT_I8 ? i - 1 : i);
}

static void add_tensor(sl_encoder *e, uint32_t i, sl_writer *writer, source *from) {
  const sl_tensor t = sl_encoder_tensor(e, i);
  if (t.kind != SL_TENSOR_WEIGHTS) {
    sl_writer_add(writer, TAG_TENSOR, e->tensors[i].numbers, sl_encoder_stored_bytes(e, i));
    return;
  }
  *from = (source){e, i};
  const bool codes = e->shape.precision == SL_PRECISION_I8;
  sl_writer_add_pieces(writer, TAG_TENSOR, from, t.rows + (codes ? 1 : 0), piece_of);
}

// Rows that pass through, and where each tensor's come from: kept until the encoder goes.
static sl_status prepare(sl_encoder *e, source **sources) {
  size_t most = 1;
  for (uint32_t i = 0; i < e->tensor_count; i++) {
    const sl_tensor t = sl_encoder_tensor(e, i);
    most = most < t.columns ? t.columns : most;
  }
  if (e->row == NULL) {
    const size_t bytes = most * sizeof(float) + 16 + e->tensor_count * sizeof(source);
    SL_TRY(sl_alloc(bytes, 1, (void **)&e->row));
  }
  *sources = (source *)(void *)((uint8_t *)e->row + (most * sizeof(float) + 15) / 16 * 16);
  return SL_OK;
}

sl_status sl_encoder_save(sl_encoder *e, sl_writer **out) {
  uint8_t id[SL_MODEL_ID_BYTES];
  source *sources;
  *out = NULL;
  SL_TRY(sl_encoder_id(e, id));
  SL_TRY(prepare(e, &sources));
  SL_TRY(sl_writer_create(SL_FILE_ENCODER, out));
  const sl_pieces *p = e->pieces;
  const sl_encoder_shape *s = &e->shape;
  const meta m = {
      {s->dimension, s->width, s->hidden, s->layers, s->heads, s->most_tokens, s->precision},
      sl_pieces_count(p),
      sl_pieces_cutting(p),
      sl_pieces_reserved(p),
      s->pooling,
      (float)s->epsilon};
  size_t bytes;
  const uint8_t *text = sl_pieces_text(p, &bytes);
  sl_writer_add_copy(*out, TAG_META, &m, sizeof m);
  sl_writer_add(*out, TAG_LENGTHS, sl_pieces_lengths(p), m.pieces * sizeof(uint32_t));
  sl_writer_add(*out, TAG_PIECES, text, bytes);
  if (sl_pieces_scores(p) != NULL)
    sl_writer_add(*out, TAG_SCORES, sl_pieces_scores(p), m.pieces * sizeof(double));
  for (uint32_t i = 0; i < e->tensor_count; i++) add_tensor(e, i, *out, &sources[i]);
  return SL_OK;
}

// ---- reading ------------------------------------------------------------------------------------

typedef struct taken {
  uint32_t *lengths;
  uint8_t *text;
  double *scores;
} taken;

static sl_status take_pieces(sl_reader *reader, const meta *m, taken *t, sl_pieces **out) {
  sl_section section;
  SL_TRY(sl_reader_take(reader, TAG_LENGTHS, m->pieces * (uint64_t)4, (void **)&t->lengths));
  SL_TRY(sl_reader_section(reader, &section));
  const size_t bytes = section.bytes;
  SL_TRY(sl_reader_take(reader, TAG_PIECES, bytes, (void **)&t->text));
  if (m->cutting == SL_CUTTING_UNIGRAM)
    SL_TRY(sl_reader_take(reader, TAG_SCORES, m->pieces * (uint64_t)8, (void **)&t->scores));
  const sl_status status = sl_pieces_create(m->cutting, t->text, bytes, t->lengths, t->scores,
                                            m->pieces, m->reserved, out);
  if (status == SL_OK || status == SL_ERR_MEMORY) return status;
  return sl_reader_bad(reader, "pieces with their lengths and scores");
}

static sl_status take_tensors(sl_encoder *e, sl_reader *reader) {
  while (e->kept < e->tensor_count) {
    const sl_tensor t = sl_encoder_tensor(e, e->kept);
    void *block;
    SL_TRY(sl_reader_take(reader, TAG_TENSOR, sl_encoder_stored_bytes(e, e->kept), &block));
    // Numbers of f32 tensors, and scales, which come first.
    const bool codes = e->shape.precision == SL_PRECISION_I8 && t.kind != SL_TENSOR_VECTOR;
    const size_t count = !codes                      ? (size_t)t.rows * t.columns
                         : t.kind == SL_TENSOR_TABLE ? t.rows
                                                     : t.columns;
    const float *numbers = block;
    bool right = true;
    for (size_t i = 0; i < count; i++)
      right = right && numbers[i] - numbers[i] == 0 && (!codes || numbers[i] >= 0);
    if (!right) {
      sl_free(block);
      return sl_reader_bad(reader, "finite numbers");
    }
    SL_TRY(sl_encoder_keep(e, block));
  }
  return sl_reader_close(reader);
}

sl_status sl_encoder_load(sl_reader *reader, sl_encoder **out) {
  *out = NULL;
  meta m;
  taken t = {NULL, NULL, NULL};
  sl_pieces *pieces = NULL;
  sl_encoder *made;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  if (m.cutting > SL_CUTTING_BERT) return sl_reader_bad(reader, "a shape");
  sl_status status = take_pieces(reader, &m, &t, &pieces);
  sl_free(t.lengths);
  sl_free(t.text);
  sl_free(t.scores);
  SL_TRY(status);
  const sl_encoder_shape shape = shape_of(&m);
  status = sl_encoder_make(&shape, pieces, &made);
  if (status == SL_ERR_OPTION) return sl_reader_bad(reader, "the shape of a network");
  SL_TRY(status);
  status = take_tensors(made, reader);
  if (status != SL_OK) {
    sl_encoder_destroy(made);
    return status;
  }
  *out = made;
  return SL_OK;
}
