// BERT: the network against its formulas in float64, both ways of pooling; marks around texts; heads
// that are done in parts; files; memory that ends.
#include "encoders.h"
#include "files.h"

#include "inference/file.h"

enum { PIECES = 8, CLS = 0, SEP = 1, UNK = 2 };
static const char *piece_texts[PIECES] = {"[CLS]", "[SEP]", "[UNK]", "a", "##b", "c", "é", ""};

static sl_status create_with(const sl_encoder_shape *shape, uint32_t cutting, uint32_t pieces,
                             sl_encoder **out) {
  uint8_t text[100];
  uint32_t lengths[PIECES], bytes = 0;
  for (uint32_t i = 0; i < pieces; i++) {
    lengths[i] = (uint32_t)strlen(piece_texts[i]);
    memcpy(text + bytes, piece_texts[i], lengths[i]);
    bytes += lengths[i];
  }
  return sl_encoder_create(shape, cutting, text, bytes, lengths, NULL, pieces, 0, out);
}

static model make(sl_encoder_shape shape) {
  sl_encoder *encoder;
  assert_ok(create_with(&shape, SL_CUTTING_BERT, PIECES, &encoder));
  return filled(shape, encoder);
}

// ---- the formulas -------------------------------------------------------------------------------

enum { T = 14 };

static void norm(double *x, const model *m, const float *gain, const float *bias) {
  layer_norm(x, m->shape.width, gain, bias, m->shape.epsilon, x);
}

static void by_formula(const model *m, const uint32_t *ids, uint32_t count, double *out) {
  const sl_encoder_shape *s = &m->shape;
  const uint32_t width = s->width;
  const uint32_t tokens = count < s->most_tokens ? count : s->most_tokens;
  static double x[T][WIDE], qkv[T][3 * WIDE];
  double y[WIDE], wide[WIDE], given[WIDE];
  for (uint32_t t = 0; t < tokens; t++) {
    for (uint32_t j = 0; j < width; j++)
      x[t][j] = (double)m->tensors[0][ids[t] * width + j] + (double)m->tensors[1][t * width + j];
    norm(x[t], m, m->tensors[2], m->tensors[3]);
  }
  for (uint32_t l = 0; l < s->layers; l++) {
    float *const *w = m->tensors + 4 + 12 * l;
    for (uint32_t t = 0; t < tokens; t++) dense(x[t], width, 3 * width, w[2], w[3], qkv[t]);
    for (uint32_t t = 0; t < tokens; t++) {
      attend(width, s->heads, t, tokens, qkv, given);
      dense(given, width, width, w[4], w[5], y);
      for (uint32_t j = 0; j < width; j++) x[t][j] += y[j];
      norm(x[t], m, w[0], w[1]);
      dense(x[t], width, s->hidden, w[8], w[9], wide);
      for (uint32_t j = 0; j < s->hidden; j++) wide[j] *= 0.5 * (1 + erf(wide[j] / sqrt(2)));
      dense(wide, s->hidden, width, w[10], w[11], y);
      for (uint32_t j = 0; j < width; j++) x[t][j] += y[j];
      norm(x[t], m, w[6], w[7]);
    }
  }
  memset(out, 0, width * sizeof *out);
  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t j = 0; j < width; j++)
      out[j] += s->pooling == SL_POOLING_MEAN ? x[t][j] / tokens : t == 0 ? x[t][j] : 0;
  unit(out, width, out);
}

// ---- runs ---------------------------------------------------------------------------------------

static const sl_encoder_shape shapes[] = {
    {8, 8, 10, 2, 2, 7, SL_PRECISION_F32, SL_POOLING_MEAN, 1e-12},
    {8, 8, 10, 2, 4, 12, SL_PRECISION_F32, SL_POOLING_FIRST, 1e-12},
    {48, 48, 40, 3, 8, T, SL_PRECISION_F32, SL_POOLING_MEAN, 1e-5},
    {3, 3, 2, 1, 1, 2, SL_PRECISION_F32, SL_POOLING_FIRST, 1e-3},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static void draw(asked *a) { draw_of(a, PIECES); }

static void equals_the_formulas(void **state) {
  (void)state;
  sl_rng_seed(&rng, 21);
  static asked a;
  for (int s = 0; s < SHAPES; s++) {
    for (uint32_t precision = SL_PRECISION_F32; precision <= SL_PRECISION_I8; precision++) {
      sl_encoder_shape shape = shapes[s];
      shape.precision = precision;
      model m = make(shape);
      draw(&a);
      embed(m.encoder, &a, 1u << 30);
      const uint32_t *ids = a.ids;
      for (uint32_t t = 0; t < TEXTS; ids += a.lengths[t++]) {
        double wanted[WIDE], cosine = 0, length = 0;
        by_formula(&m, ids, a.lengths[t], wanted);
        const float *found = a.out + t * shape.width;
        for (uint32_t j = 0; j < shape.width; j++) {
          cosine += wanted[j] * (double)found[j];
          length += (double)found[j] * (double)found[j];
          if (precision == SL_PRECISION_F32) assert_true(fabs(wanted[j] - (double)found[j]) < 1e-5);
        }
        if (a.lengths[t] == 0) assert_true(length == 0);
        // Networks of a few random numbers feel the rounding to int8 more than trained ones.
        if (a.lengths[t] > 0 && shape.width > 3)
          assert_true(cosine > (precision == SL_PRECISION_F32 ? 0.99999 : 0.9));
      }
      drop(&m);
    }
  }
}

static void the_same_alone_and_in_steps(void **state) {
  (void)state;
  sl_rng_seed(&rng, 22);
  for (uint32_t precision = SL_PRECISION_F32; precision <= SL_PRECISION_I8; precision++) {
    sl_encoder_shape shape = shapes[2];
    shape.precision = precision;
    model m = make(shape);
    assert_same_alone_and_in_steps(&m, PIECES);
    drop(&m);
  }
}

// So many tokens that heads are done one by one: as the same text's heads done together in a network
// that has a copy of each token, which the mean cannot tell apart.
static void long_texts_head_by_head(void **state) {
  (void)state;
  sl_rng_seed(&rng, 23);
  const uint32_t most = 600;
  model m = make((sl_encoder_shape){8, 8, 6, 1, 4, most, SL_PRECISION_F32, SL_POOLING_MEAN, 1e-12});
  // Positions that are alike: a text twice as long has the same mean.
  float *values = calloc(most * 8, sizeof *values);
  sl_encoder *alike;
  assert_ok(create_with(&m.shape, SL_CUTTING_BERT, PIECES, &alike));
  for (uint32_t i = 0; i < m.count; i++)
    assert_ok(
        sl_encoder_add(alike, i == 1 ? values : m.tensors[i], (size_t)sl_encoder_awaits(alike)));
  uint32_t ids[600], lengths[2] = {50, 600}, counts[2];
  static uint32_t both[650];
  float out[16];
  for (uint32_t i = 0; i < 600; i++) ids[i] = i < 50 ? below(PIECES) : ids[i % 50];
  memcpy(both, ids, 50 * sizeof *ids);
  memcpy(both + 50, ids, sizeof ids);
  assert_ok(sl_encoder_begin_ids(alike, both, 650, lengths, 2, out, counts));
  run(alike, 10000);
  for (int j = 0; j < 8; j++) assert_true(fabsf(out[j] - out[8 + j]) < 1e-5f);
  free(values);
  sl_encoder_destroy(alike);
  drop(&m);
}

// ---- marks --------------------------------------------------------------------------------------

static void assert_tokens(sl_encoder *e, const char *text, uint32_t most, uint32_t found,
                          uint32_t count, const uint32_t *ids) {
  uint32_t got[20], n;
  assert_ok(sl_encoder_tokens(e, (const uint8_t *)text, strlen(text), most, got, &n));
  assert_int_equal(n, found);
  assert_memory_equal(got, ids, count * sizeof *ids);
}

static void marks_stand_around_texts(void **state) {
  (void)state;
  sl_rng_seed(&rng, 24);
  model m = make(shapes[0]);
  sl_encoder *e = m.encoder;
  assert_tokens(e, "", 9, 2, 2, (uint32_t[]){CLS, SEP});
  assert_tokens(e, "   ", 9, 2, 2, (uint32_t[]){CLS, SEP});
  assert_tokens(e, "abb c", 9, 6, 6, (uint32_t[]){CLS, 3, 4, 4, 5, SEP});
  assert_tokens(e, "ax b [UNK] é", 9, 6, 6, (uint32_t[]){CLS, UNK, UNK, UNK, 6, SEP});
  assert_tokens(e, "a c a c", 6, 6, 6, (uint32_t[]){CLS, 3, 5, 3, 5, SEP});
  assert_tokens(e, "a c a c a", 6, 7, 6, (uint32_t[]){CLS, 3, 5, 3, 5, SEP});
  assert_tokens(e, "abbbb", 4, 5, 4, (uint32_t[]){CLS, 3, 4, SEP});
  assert_tokens(e, "a", 2, 3, 2, (uint32_t[]){CLS, SEP});
  assert_tokens(e, "", 2, 2, 2, (uint32_t[]){CLS, SEP});
  assert_tokens(e, "", 1, 2, 1, (uint32_t[]){CLS});
  assert_tokens(e, "a", 1, 2, 1, (uint32_t[]){CLS});
  assert_tokens(e, "a", 0, 1, 0, NULL);
  assert_tokens(e, "", 0, 1, 0, NULL);
  // 100 characters are a word, 101 are unknown.
  char word[102];
  memset(word, 'b', sizeof word);
  word[0] = 'a';
  word[101] = 0;
  assert_tokens(e, word, 20, 3, 3, (uint32_t[]){CLS, UNK, SEP});
  word[100] = 0;
  assert_tokens(e, word, 20, 21, 3, (uint32_t[]){CLS, 3, 4});
  // The same through the network: texts, and their ids.
  const char *all = "abb ca c a c a c a c";
  const uint32_t lengths[3] = {5, 0, 15};
  uint32_t counts[3], by_ids[30], id_lengths[3], total = 0, at = 0;
  float texts[3 * 8], ids[3 * 8];
  for (int t = 0; t < 3; at += lengths[t++]) {
    assert_ok(sl_encoder_tokens(e, (const uint8_t *)all + at, lengths[t], 7, by_ids + total,
                                &id_lengths[t]));
    if (id_lengths[t] > 7) id_lengths[t] = 7;
    total += id_lengths[t];
  }
  assert_ok(sl_encoder_begin(e, (const uint8_t *)all, 20, lengths, 3, texts, counts));
  run(e, 1);
  assert_true(counts[0] == 6 && counts[1] == 2 && counts[2] == 8);
  assert_ok(sl_encoder_begin_ids(e, by_ids, total, id_lengths, 3, ids, counts));
  run(e, 1000);
  assert_memory_equal(texts, ids, sizeof ids);
  // Its table of pieces cuts without marks.
  sl_encoder *table;
  assert_ok(sl_encoder_static(e, SL_PRECISION_F32, &table));
  assert_tokens(table, "abb x c", 9, 4, 4, (uint32_t[]){3, 4, 4, 5});
  sl_encoder_destroy(table);
  drop(&m);
}

static void vocabularies_without_marks(void **state) {
  (void)state;
  sl_encoder *e;
  const sl_encoder_shape other = {4, 4, 4, 1, 1, 4, SL_PRECISION_F32, 0, 0};
  for (uint32_t pieces = 1; pieces < 3; pieces++)
    assert_refused(create_with(&shapes[0], SL_CUTTING_BERT, pieces, &e), SL_ERR_OPTION, "pieces");
  assert_refused(create_with(&shapes[0], SL_CUTTING_WORDPIECE, 3, &e), SL_ERR_OPTION, "cutting");
  assert_refused(create_with(&other, SL_CUTTING_BERT, 3, &e), SL_ERR_OPTION, "cutting");
  assert_refused(create_with(&shapes[0], SL_CUTTING_BERT + 1, 3, &e), SL_ERR_OPTION, "cutting");
}

// ---- files --------------------------------------------------------------------------------------

static sl_status load(const uint8_t *bytes, uint64_t length, sl_encoder **out) {
  sl_reader *reader;
  *out = NULL;
  sl_status status = read_file(SL_FILE_ENCODER, bytes, length, &reader);
  if (status == SL_OK) status = sl_encoder_load(reader, out);
  sl_reader_destroy(reader);
  return status;
}

static file saved(sl_encoder *e) {
  sl_writer *writer = NULL;
  assert_ok(sl_encoder_save(e, &writer));
  return write_file(writer, 100);
}

static void the_same_from_a_file(void **state) {
  (void)state;
  sl_rng_seed(&rng, 25);
  static asked a, b;
  for (int s = 0; s < SHAPES; s++) {
    for (uint32_t precision = SL_PRECISION_F32; precision <= SL_PRECISION_I8; precision++) {
      sl_encoder_shape shape = shapes[s];
      shape.precision = precision;
      model m = make(shape);
      uint8_t id[2][SL_MODEL_ID_BYTES];
      file f = saved(m.encoder);
      sl_encoder *again;
      assert_ok(load(f.bytes, f.length, &again));
      assert_ok(sl_encoder_id(m.encoder, id[0]));
      assert_ok(sl_encoder_id(again, id[1]));
      assert_memory_equal(id[0], id[1], sizeof id[0]);
      draw(&a);
      b = a;
      embed(m.encoder, &a, 1u << 20);
      embed(again, &b, 1u << 20);
      assert_memory_equal(a.out, b.out, TEXTS * shape.width * sizeof *a.out);
      sl_encoder_destroy(again);
      // Other pooling or another epsilon is another model.
      sl_encoder *other;
      shape.epsilon /= 2;
      assert_ok(create_with(&shape, SL_CUTTING_BERT, PIECES, &other));
      for (uint32_t i = 0; i < m.count; i++)
        assert_ok(sl_encoder_add(other, m.tensors[i], (size_t)sl_encoder_awaits(other)));
      assert_ok(sl_encoder_id(other, id[1]));
      assert_memory_not_equal(id[0], id[1], sizeof id[0]);
      sl_encoder_destroy(other);
      free(f.bytes);
      drop(&m);
    }
  }
}

static void changed_files_are_refused_or_work(void **state) {
  (void)state;
  sl_rng_seed(&rng, 26);
  model m = make(shapes[0]);
  file f = saved(m.encoder);
  sl_encoder *e;
  for (uint64_t length = 0; length < f.length; length += 1 + length / 30)
    assert_int_not_equal(load(f.bytes, length, &e), SL_OK);
  uint8_t *changed = malloc(f.length);
  static asked a;
  const int rounds = SL_TRIES(3000);
  for (int round = 0; round < rounds; round++) {
    memcpy(changed, f.bytes, f.length);
    const uint64_t head = below(3) ? 1200 : f.length;
    for (uint32_t n = 1 + below(3); n > 0; n--)
      changed[below((uint32_t)(head < f.length ? head : f.length))] ^= (uint8_t)(1 << below(8));
    mend_file(changed, f.length);
    sl_set_memory_limit(sl_bytes_in_use() + (8u << 20));
    if (load(changed, f.length, &e) == SL_OK) {
      double facts[SL_ENCODER_FACTS];
      sl_encoder_facts(e, facts);
      draw(&a);
      for (uint32_t i = 0; i < a.count; i++) a.ids[i] %= (uint32_t)facts[9];
      if (facts[1] <= WIDE) embed(e, &a, 1u << 20);
      sl_encoder_destroy(e);
    }
    sl_set_memory_limit(SIZE_MAX);
  }
  free(changed);
  free(f.bytes);
  drop(&m);
}

static void memory_that_ends(void **state) {
  (void)state;
  sl_rng_seed(&rng, 27);
  sl_encoder_shape shape = shapes[0];
  shape.precision = SL_PRECISION_I8;
  model m = make(shape);
  file f = saved(m.encoder);
  const char *text = "abb c a c x abbb c a";
  const uint32_t lengths[3] = {5, 6, 9};
  uint32_t counts[3], loaded = 0, embedded = 0;
  float out[3 * 8];
  for (uint64_t limit = 0; limit < 60000; limit += 1 + limit / 40) {
    sl_memory_budget budget;
    sl_encoder *e;
    sl_outcome outcome = SL_OUTCOME_RUNNING;
    sl_reader *reader;
    assert_ok(read_file(SL_FILE_ENCODER, f.bytes, f.length, &reader));
    sl_memory_budget_begin(&budget, limit);
    sl_status status = sl_encoder_load(reader, &e);
    if (status == SL_OK) {
      loaded++;
      status = sl_encoder_begin(e, (const uint8_t *)text, 20, lengths, 3, out, counts);
      while (status == SL_OK && outcome == SL_OUTCOME_RUNNING)
        status = sl_job_step(sl_encoder_job(e), 10000, &outcome);
      embedded += status == SL_OK;
    }
    assert_true(status == SL_OK || status == SL_ERR_MEMORY);
    sl_memory_budget_end(&budget);
    sl_encoder_destroy(e);
    sl_reader_destroy(reader);
  }
  assert_true(loaded > embedded && embedded > 0);
  free(f.bytes);
  drop(&m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(equals_the_formulas),
      property(the_same_alone_and_in_steps),
      property(long_texts_head_by_head),
      property(marks_stand_around_texts),
      property(vocabularies_without_marks),
      property(the_same_from_a_file),
      property(changed_files_are_refused_or_work),
      property(memory_that_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
