// The network against its formulas in float64, in both precisions; texts together and alone, in steps
// of any size; files; memory that ends.
#include "encoders.h"
#include "files.h"

#include "inference/file.h"

enum { PIECES = 9 };
static const char *piece_texts[PIECES] = {"?", "\u2581", "a", "b", "ab", "\u2581a", "c", "bc", "é"};

static sl_status create(const sl_encoder_shape *shape, sl_encoder **out) {
  uint8_t text[100];
  uint32_t lengths[PIECES], bytes = 0;
  double scores[PIECES];
  for (uint32_t i = 0; i < PIECES; i++) {
    lengths[i] = (uint32_t)strlen(piece_texts[i]);
    memcpy(text + bytes, piece_texts[i], lengths[i]);
    bytes += lengths[i];
    scores[i] = -3 - 0.3 * i;
  }
  return sl_encoder_create(shape, SL_CUTTING_UNIGRAM, text, bytes, lengths, scores, PIECES, 1, out);
}

static model make(sl_encoder_shape shape) {
  sl_encoder *encoder;
  assert_ok(create(&shape, &encoder));
  return filled(shape, encoder);
}

// ---- the formulas -------------------------------------------------------------------------------

enum { T = 12 };

static void one_layer(const model *m, uint32_t layer, uint32_t *at, uint32_t tokens,
                      double x[T][WIDE]) {
  const uint32_t in = layer == 0 ? m->shape.dimension : m->shape.width, width = m->shape.width;
  const uint32_t heads = m->shape.heads;
  float *const *w = m->tensors + *at;
  static double qkv[T][3 * WIDE], given[T][WIDE], y[T][WIDE];
  double h[WIDE], wide[WIDE];
  for (uint32_t t = 0; t < tokens; t++) {
    layer_norm(x[t], in, w[0], w[1], 1e-6, h);
    dense(h, in, 3 * in, w[2], w[3], qkv[t]);
  }
  for (uint32_t t = 0; t < tokens; t++) attend(in, heads, t, tokens, qkv, given[t]);
  const uint32_t residual = in == width ? 0 : 2;
  for (uint32_t t = 0; t < tokens; t++) {
    dense(given[t], in, width, w[4], w[5], y[t]);
    if (residual > 0)
      dense(x[t], in, width, w[6], w[7], h);
    else
      memcpy(h, x[t], sizeof h);
    for (uint32_t j = 0; j < width; j++) x[t][j] = y[t][j] + h[j];
    float *const *v = w + 6 + residual;
    layer_norm(x[t], width, v[0], v[1], 1e-6, h);
    dense(h, width, m->shape.hidden, v[2], v[3], wide);
    for (uint32_t j = 0; j < m->shape.hidden; j++) wide[j] = wide[j] < 0 ? 0 : wide[j];
    dense(wide, m->shape.hidden, width, v[4], v[5], h);
    for (uint32_t j = 0; j < width; j++) x[t][j] += h[j];
  }
  *at += 12 + residual;
}

static void by_formula(const model *m, const uint32_t *ids, uint32_t count, double *out) {
  const sl_encoder_shape *s = &m->shape;
  static double x[T][WIDE];
  double mean[WIDE] = {0}, last[WIDE];
  const uint32_t tokens = count < s->most_tokens ? count : s->most_tokens, d = s->dimension;
  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t j = 0; j < d; j++) {
      x[t][j] = (double)m->tensors[0][ids[t] * d + j];
      if (s->layers == 0) mean[j] += x[t][j];
      if (s->layers == 0) continue;
      const double angle = t * (double)m->tensors[1][j % (d / 2)];
      x[t][j] += j < d / 2 ? sin(angle) : cos(angle);
    }
  if (s->layers == 0) {
    unit(mean, d, out);
    return;
  }
  uint32_t at = 2;
  for (uint32_t l = 0; l < s->layers; l++) one_layer(m, l, &at, tokens, x);
  for (uint32_t t = 0; t < tokens; t++)
    for (uint32_t j = 0; j < s->width; j++) mean[j] += x[t][j] / tokens;
  dense(mean, s->width, s->width, m->tensors[at], m->tensors[at + 1], last);
  for (uint32_t j = 0; j < s->width; j++) last[j] = tanh(last[j]);
  unit(last, s->width, out);
}

// ---- runs ---------------------------------------------------------------------------------------

static const sl_encoder_shape shapes[] = {
    {8, 12, 10, 2, 2, 7, SL_PRECISION_F32, 0, 0}, {16, 16, 40, 1, 4, 12, SL_PRECISION_F32, 0, 0},
    {12, 6, 1, 3, 3, 5, SL_PRECISION_F32, 0, 0},  {64, 72, 80, 2, 8, 12, SL_PRECISION_F32, 0, 0},
    {2, 2, 3, 1, 1, 1, SL_PRECISION_F32, 0, 0},   {24, 24, 0, 0, 0, 12, SL_PRECISION_F32, 0, 0},
    {1, 1, 0, 0, 0, 1, SL_PRECISION_F32, 0, 0},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static void draw(asked *a) { draw_of(a, PIECES); }

static void equals_the_formulas(void **state) {
  (void)state;
  sl_rng_seed(&rng, 11);
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
        double wanted[WIDE], cosine = 0;
        by_formula(&m, ids, a.lengths[t], wanted);
        const float *found = a.out + t * shape.width;
        for (uint32_t j = 0; j < shape.width; j++) {
          cosine += wanted[j] * (double)found[j];
          if (precision == SL_PRECISION_F32) assert_true(fabs(wanted[j] - (double)found[j]) < 2e-5);
        }
        // Networks of a few random numbers feel the rounding to int8 more than trained ones.
        const bool none = a.lengths[t] == 0 && shape.layers == 0;
        assert_true(none || cosine > (precision == SL_PRECISION_F32 ? 0.99999 : 0.9));
        const uint32_t most = shape.most_tokens;
        assert_int_equal(a.counts[t], a.lengths[t] > most ? most + 1 : a.lengths[t]);
      }
      drop(&m);
    }
  }
}

static void the_same_alone_and_in_steps(void **state) {
  (void)state;
  sl_rng_seed(&rng, 12);
  for (uint32_t precision = SL_PRECISION_F32; precision <= SL_PRECISION_I8; precision++) {
    sl_encoder_shape shape = shapes[3];
    shape.precision = precision;
    model m = make(shape);
    assert_same_alone_and_in_steps(&m, PIECES);
    drop(&m);
  }
}

static void texts_are_cut_first(void **state) {
  (void)state;
  sl_rng_seed(&rng, 13);
  model m = make(shapes[0]);
  const char *texts[] = {"a bc", "", "abcabc ab", "ééab", " "};
  char all[100] = "";
  uint32_t lengths[5], counts[5], ids[100], id_lengths[5], total = 0;
  for (int t = 0; t < 5; t++) {
    lengths[t] = (uint32_t)strlen(texts[t]);
    strcat(all, texts[t]);
    uint32_t found;
    assert_ok(sl_encoder_tokens(m.encoder, (const uint8_t *)texts[t], lengths[t], 50, ids + total,
                                &found));
    id_lengths[t] = found;
    total += found;
  }
  float by_text[5 * 12], by_id[5 * 12];
  assert_ok(
      sl_encoder_begin(m.encoder, (const uint8_t *)all, strlen(all), lengths, 5, by_text, counts));
  run(m.encoder, 3);
  assert_ok(sl_encoder_begin_ids(m.encoder, ids, total, id_lengths, 5, by_id, counts));
  run(m.encoder, 3000);
  assert_memory_equal(by_text, by_id, sizeof by_id);
  // Many texts, more than one group holds; none at all.
  static float many[700 * 12];
  static uint32_t ones[700], many_counts[700];
  static uint8_t letters[700];
  for (int i = 0; i < 700; i++) ones[i] = 1, letters[i] = i % 2 ? 'a' : 'c';
  assert_ok(sl_encoder_begin(m.encoder, letters, 700, ones, 700, many, many_counts));
  run(m.encoder, 100000);
  assert_memory_equal(many, many + 698 * 12, 12 * sizeof *many);
  assert_memory_equal(many + 12, many + 699 * 12, 12 * sizeof *many);
  assert_ok(sl_encoder_begin(m.encoder, NULL, 0, NULL, 0, NULL, NULL));
  assert_false(sl_job_is_running(sl_encoder_job(m.encoder)));
  drop(&m);
}

static void static_tables_from_a_network(void **state) {
  (void)state;
  sl_rng_seed(&rng, 14);
  model m = make(shapes[0]);
  sl_encoder *table;
  assert_ok(sl_encoder_static(m.encoder, SL_PRECISION_F32, &table));
  double facts[SL_ENCODER_FACTS], scores[PIECES];
  sl_encoder_facts(table, facts);
  assert_true(facts[0] == 12 && facts[3] == 0 && facts[9] == PIECES && facts[10] == 12 * PIECES);
  sl_encoder_scores(table, scores);
  assert_true(scores[2] == -3.6);
  float values[12 * PIECES] = {0}, out[12];
  uint32_t count, length = 2;
  values[2 * 12] = 3;
  values[3 * 12 + 1] = 4;
  assert_ok(sl_encoder_add(table, values, 12 * PIECES));
  assert_ok(sl_encoder_begin_ids(table, (uint32_t[]){2, 3}, 2, &length, 1, out, &count));
  run(table, 1);
  assert_true(fabsf(out[0] - 0.6f) < 1e-7f && fabsf(out[1] - 0.8f) < 1e-7f);
  sl_encoder_destroy(table);
  drop(&m);
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
  sl_rng_seed(&rng, 15);
  static asked a, b;
  for (int s = 0; s < SHAPES; s++) {
    for (uint32_t precision = SL_PRECISION_F32; precision <= SL_PRECISION_I8; precision++) {
      sl_encoder_shape shape = shapes[s];
      shape.precision = precision;
      model m = make(shape), other = make(shape);
      uint8_t id[3][SL_MODEL_ID_BYTES];
      file f = saved(m.encoder);
      sl_encoder *again;
      assert_ok(load(f.bytes, f.length, &again));
      file g = saved(again);
      assert_int_equal(f.length, g.length);
      assert_memory_equal(f.bytes, g.bytes, f.length);
      assert_ok(sl_encoder_id(m.encoder, id[0]));
      assert_ok(sl_encoder_id(again, id[1]));
      assert_ok(sl_encoder_id(other.encoder, id[2]));
      assert_memory_equal(id[0], id[1], sizeof id[0]);
      assert_memory_not_equal(id[0], id[2], sizeof id[0]);
      draw(&a);
      b = a;
      embed(m.encoder, &a, 1u << 20);
      embed(again, &b, 1u << 20);
      assert_memory_equal(a.out, b.out, TEXTS * shape.width * sizeof *a.out);
      sl_encoder_destroy(again);
      free(f.bytes);
      free(g.bytes);
      drop(&m);
      drop(&other);
    }
  }
}

static void changed_files_are_refused_or_work(void **state) {
  (void)state;
  sl_rng_seed(&rng, 16);
  for (uint32_t precision = SL_PRECISION_F32; precision <= SL_PRECISION_I8; precision++) {
    sl_encoder_shape shape = shapes[0];
    shape.precision = precision;
    model m = make(shape);
    file f = saved(m.encoder);
    sl_encoder *e;
    for (uint64_t length = 0; length < f.length; length += 1 + length / 30)
      assert_int_not_equal(load(f.bytes, length, &e), SL_OK);
    uint8_t *changed = malloc(f.length);
    static asked a;
    for (int round = 0; round < 3000; round++) {
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
}

// ---- misuse -------------------------------------------------------------------------------------

static void wrong_shapes_and_orders(void **state) {
  (void)state;
  const struct {
    sl_encoder_shape shape;
    const char *name;
  } wrong[] = {
      {{0, 4, 4, 1, 1, 4, 1, 0, 0}, "dimension"},
      {{9000, 4, 4, 1, 1, 4, 1, 0, 0}, "dimension"},
      {{3, 3, 4, 1, 1, 4, 1, 0, 0}, "dimension"},
      {{4, 0, 4, 1, 1, 4, 1, 0, 0}, "width"},
      {{4, 8, 0, 0, 0, 4, 1, 0, 0}, "width"},
      {{4, 4, 0, 1, 1, 4, 1, 0, 0}, "hidden"},
      {{4, 4, 1, 0, 0, 4, 1, 0, 0}, "hidden"},
      {{4, 4, 4, 65, 1, 4, 1, 0, 0}, "layers"},
      {{4, 4, 4, 1, 0, 4, 1, 0, 0}, "heads"},
      {{4, 4, 4, 1, 3, 4, 1, 0, 0}, "heads"},
      {{4, 6, 4, 1, 4, 4, 1, 0, 0}, "heads"},
      {{4, 4, 0, 0, 1, 4, 1, 0, 0}, "heads"},
      {{4, 4, 4, 1, 1, 0, 1, 0, 0}, "most_tokens"},
      {{4, 4, 4, 1, 1, 5000, 1, 0, 0}, "most_tokens"},
      {{4, 4, 4, 1, 1, 4, 1, 3, 0}, "pooling"},
      {{4, 4, 0, 0, 0, 4, 1, 1, 0}, "pooling"},
      {{4, 4, 4, 1, 1, 4, 1, 0, 1e-6}, "epsilon"},
      {{4, 4, 4, 1, 1, 4, 1, 1, 2}, "epsilon"},
      {{4, 4, 4, 1, 1, 4, 1, 1, (double)NAN}, "epsilon"},
      {{4, 6, 4, 1, 1, 4, 1, 1, 0}, "width"},
      {{4, 4, 4, 1, 1, 1, 1, 1, 0}, "most_tokens"},
      {{4, 4, 4, 1, 1, 4, 1, 1, 0}, "cutting"},
      {{4, 4, 4, 1, 1, 4, 0, 0, 0}, "precision"},
      {{4, 4, 4, 1, 1, 4, 3, 0, 0}, "precision"},
  };
  sl_encoder *e;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_refused(create(&wrong[i].shape, &e), SL_ERR_OPTION, wrong[i].name);
  assert_ok(create(&shapes[6], &e));
  uint8_t id[SL_MODEL_ID_BYTES];
  float out[2], values[PIECES] = {NAN};
  uint32_t counts[2], length = 2;
  sl_writer *writer;
  assert_refused(sl_encoder_id(e, id), SL_ERR_STATE, "encoder");
  assert_refused(sl_encoder_save(e, &writer), SL_ERR_STATE, "encoder");
  assert_refused(sl_encoder_begin(e, NULL, 0, NULL, 0, out, counts), SL_ERR_STATE, "encoder");
  assert_refused(sl_encoder_add(e, values, 8), SL_ERR_SHAPE, "values");
  assert_refused(sl_encoder_add(e, values, PIECES), SL_ERR_NOT_FINITE, "values");
  values[0] = 1;
  assert_ok(sl_encoder_add(e, values, PIECES));
  assert_refused(sl_encoder_add(e, values, PIECES), SL_ERR_STATE, "values");
  assert_refused(sl_encoder_begin(e, (const uint8_t *)"abc", 3, &length, 1, out, counts),
                 SL_ERR_SHAPE, "texts");
  assert_refused(sl_encoder_begin_ids(e, (uint32_t[]){0, 9}, 2, &length, 1, out, counts),
                 SL_ERR_INDEX, "ids");
  sl_outcome outcome;
  assert_int_equal(sl_job_step(sl_encoder_job(e), 1, &outcome), SL_ERR_STATE);
  assert_ok(sl_encoder_begin(e, (const uint8_t *)"ab", 2, &length, 1, out, counts));
  assert_ok(sl_job_stop(sl_encoder_job(e), SL_OUTCOME_WORK_LIMIT));
  sl_encoder_destroy(e);
}

static void numbers_of_any_size(void **state) {
  (void)state;
  sl_rng_seed(&rng, 17);
  static asked a;
  for (uint32_t precision = SL_PRECISION_F32; precision <= SL_PRECISION_I8; precision++)
    for (int size = -140; size <= 120; size += 20) {
      sl_encoder_shape shape = shapes[0];
      shape.precision = precision;
      sl_encoder *e;
      assert_ok(create(&shape, &e));
      double facts[SL_ENCODER_FACTS];
      float values[600];
      for (sl_encoder_facts(e, facts); facts[10] > 0; sl_encoder_facts(e, facts)) {
        for (int i = 0; i < 600; i++) values[i] = ldexpf(uniform(), size);
        assert_ok(sl_encoder_add(e, values, (size_t)facts[10]));
      }
      draw(&a);
      embed(e, &a, 1u << 20);
      sl_encoder_destroy(e);
    }
}

static void memory_that_ends(void **state) {
  (void)state;
  sl_rng_seed(&rng, 18);
  sl_encoder_shape shape = shapes[0];
  shape.precision = SL_PRECISION_I8;
  model m = make(shape);
  file f = saved(m.encoder);
  static asked a;
  draw(&a);
  uint32_t loaded = 0, embedded = 0;
  for (uint64_t limit = 0; limit < 120000; limit += 1 + limit / 40) {
    sl_memory_budget budget;
    sl_encoder *e;
    sl_outcome outcome = SL_OUTCOME_RUNNING;
    sl_reader *reader;
    assert_ok(read_file(SL_FILE_ENCODER, f.bytes, f.length, &reader));
    sl_memory_budget_begin(&budget, limit);
    sl_status status = sl_encoder_load(reader, &e);
    if (status == SL_OK) {
      loaded++;
      status = sl_encoder_begin_ids(e, a.ids, a.count, a.lengths, TEXTS, a.out, a.counts);
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
      property(equals_the_formulas),     property(the_same_alone_and_in_steps),
      property(texts_are_cut_first),     property(static_tables_from_a_network),
      property(the_same_from_a_file),    property(changed_files_are_refused_or_work),
      property(wrong_shapes_and_orders), property(numbers_of_any_size),
      property(memory_that_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
