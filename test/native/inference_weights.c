// Files of weights: what is read from GGUF and ONNX, and that nothing wrong is accepted.
#include "files.h"
#include "onnx.h"

#include <math.h>

#include "inference/weights.h"
#include "quant/float16.h"

// An exact-size copy, so that the address sanitiser sees a byte read too far.
static sl_status parse(const uint8_t *from, size_t count, sl_weights **out) {
  assert_ok(sl_weights_create(count, out));
  if (count > 0) memcpy(sl_weights_data(*out), from, count);
  return sl_weights_parse(*out);
}

static sl_status try_parse(const uint8_t *from, size_t count) {
  sl_weights *w;
  const sl_status status = parse(from, count, &w);
  if (status == SL_OK) {
    double facts[SL_WEIGHT_FACTS];
    for (uint32_t i = 0; i < sl_weights_count(w); i++) {
      const sl_weight *t = sl_weights_get(w, i);
      uint32_t found;
      const char *name = (const char *)sl_weights_data(w) + t->name.at;
      assert_ok(sl_weights_find(w, name, t->name.bytes, &found));
      assert_int_equal(found, i);
      assert_ok(sl_weights_facts(w, i, facts));
      // Only what is there may be read: elements of 0.56 bytes and more.
      if (t->data.bytes == 0 && t->elements > 0) continue;
      assert_true(t->data.at + t->data.bytes <= count && t->elements <= 2 * count);
      float *values = malloc((t->elements + 1) * sizeof *values);
      assert_ok(sl_weights_read(w, i, values));
      free(values);
    }
    for (uint32_t i = 0; i < sl_weights_entries(w); i++) {
      const sl_weights_entry *e = sl_weights_entry_at(w, i);
      assert_true(e->key.at + e->key.bytes <= count && e->value.at + e->value.bytes <= count);
      assert_ok(sl_weights_entry_facts(w, i, facts));
    }
  }
  sl_weights_destroy(w);
  return status;
}

static uint32_t find(const sl_weights *w, const char *name) {
  uint32_t i;
  assert_ok(sl_weights_find(w, name, strlen(name), &i));
  return i;
}

// ---- GGUF ---------------------------------------------------------------------------------------

typedef struct gguf_tensor {
  const char *name;
  uint32_t type, rank;
  uint64_t dims[4], bytes;
} gguf_tensor;

enum { GGUF = 5 };
static const gguf_tensor usual[GGUF] = {
    {"w", SL_WEIGHT_F32, 2, {3, 2}, 24},    {"half", SL_WEIGHT_F16, 1, {4}, 8},
    {"q8", SL_WEIGHT_Q8_0, 2, {32, 2}, 68}, {"a.q4", SL_WEIGHT_Q4_0, 1, {64}, 36},
    {"brain", SL_WEIGHT_BF16, 0, {0}, 2},
};

static void align(bytes *b, uint64_t to) {
  while (b->count % to != 0) put(b, "", 1);
}

// What may be changed in a file that is right otherwise.
typedef struct changes {
  uint32_t version;
  uint64_t alignment; // 0: not said
  int64_t moved;      // added to the offset of tensor 2
  const char *second; // name of tensor 1
  bool twice;         // an entry has the key of another
} changes;

static bytes gguf(changes c) {
  bytes b = {NULL, 0, 0};
  const uint64_t alignment = c.alignment > 0 ? c.alignment : 32;
  put(&b, "GGUF", 4);
  put_u32(&b, c.version);
  put_u64(&b, GGUF);
  put_u64(&b, 4 + (c.alignment > 0));
  put_text(&b, "z.name");
  put_u32(&b, 8);
  put_text(&b, "a text");
  put_text(&b, "layers");
  put_u32(&b, 4);
  put_u32(&b, 7);
  put_text(&b, c.twice ? "layers" : "words");
  put_u32(&b, 9);
  put_u32(&b, 8);
  put_u64(&b, 2);
  put_text(&b, "one");
  put_text(&b, "");
  put_text(&b, "numbers");
  put_u32(&b, 9);
  put_u32(&b, 2);
  put_u64(&b, 3);
  put(&b, (const uint16_t[]){1, 2, 3}, 6);
  if (c.alignment > 0) {
    put_text(&b, "general.alignment");
    put_u32(&b, 4);
    put_u32(&b, (uint32_t)alignment);
  }
  uint64_t at = 0;
  for (int i = 0; i < GGUF; i++) {
    const gguf_tensor *t = &usual[i];
    put_text(&b, i == 1 && c.second ? c.second : t->name);
    put_u32(&b, t->rank);
    for (uint32_t d = 0; d < t->rank; d++) put_u64(&b, t->dims[d]);
    put_u32(&b, t->type);
    put_u64(&b, at + (uint64_t)(i == 2 ? c.moved : 0));
    at = (at + t->bytes + alignment - 1) / alignment * alignment;
  }
  align(&b, alignment);
  put(&b, (const float[]){1, -2, 0.5f, 4, 5, -6}, 24);
  align(&b, alignment);
  put(&b, (const uint16_t[]){0x3c00, 0xc000, 0x0001, 0x7bff}, 8);
  align(&b, alignment);
  for (int block = 0; block < 2; block++) {
    put(&b, block == 0 ? (const uint16_t[]){0x3800} : (const uint16_t[]){0xc000}, 2);
    for (int i = 0; i < 32; i++) put(&b, &(int8_t){(int8_t)(i * 8 - 128)}, 1);
  }
  align(&b, alignment);
  for (int block = 0; block < 2; block++) {
    put(&b, (const uint16_t[]){0x3400}, 2);
    for (int i = 0; i < 16; i++) put(&b, &(uint8_t){(uint8_t)(i | (15 - i) << 4)}, 1);
  }
  align(&b, alignment);
  put(&b, (const uint16_t[]){0x4049}, 2);
  return b;
}
static const changes plain = {3, 0, 0, NULL, false};

static void gguf_is_read(void **state) {
  (void)state;
  for (uint32_t version = 2; version <= 3; version++)
    for (uint64_t alignment = 0; alignment <= 64; alignment += 8) {
      bytes b = gguf((changes){version, alignment, 0, NULL, false});
      sl_weights *w;
      float out[64];
      assert_ok(parse(b.at, b.count, &w));
      assert_int_equal(sl_weights_kind_of(w), SL_WEIGHTS_GGUF);
      assert_int_equal(sl_weights_count(w), GGUF);
      const sl_weight *t = sl_weights_get(w, find(w, "w"));
      // Three elements lie side by side.
      assert_true(t->rank == 2 && t->dims[0] == 2 && t->dims[1] == 3);
      assert_ok(sl_weights_read(w, find(w, "w"), out));
      assert_true(out[0] == 1 && out[1] == -2 && out[5] == -6);
      assert_ok(sl_weights_read(w, find(w, "half"), out));
      assert_true(out[0] == 1 && out[1] == -2 && out[2] == 0x1p-24f && out[3] == 65504);
      assert_ok(sl_weights_read(w, find(w, "q8"), out));
      for (int i = 0; i < 64; i++)
        assert_true(out[i] == (i < 32 ? 0.5f : -2.0f) * (float)(i % 32 * 8 - 128));
      assert_ok(sl_weights_read(w, find(w, "a.q4"), out));
      for (int i = 0; i < 64; i++)
        assert_true(out[i] == 0.25f * (float)((i % 32 < 16 ? i % 32 : 31 - i % 32) - 8));
      assert_ok(sl_weights_read(w, find(w, "brain"), out));
      assert_true(out[0] == 3.140625f);
      assert_int_equal(sl_weights_entries(w), 4 + (alignment > 0));
      uint32_t none;
      assert_refused(sl_weights_find(w, "q", 1, &none), SL_ERR_FORMAT, "bytes");
      assert_refused(sl_weights_read(w, GGUF, out), SL_ERR_INDEX, "tensor");
      assert_refused(sl_weights_parse(w), SL_ERR_STATE, "weights");
      sl_weights_destroy(w);
      free(b.at);
    }
}

static void refuse(changes c, const char *expected) {
  bytes b = gguf(c);
  assert_int_equal(try_parse(b.at, b.count), SL_ERR_FORMAT);
  assert_non_null(strstr(sl_last_error()->expected, expected));
  free(b.at);
}

static void gguf_is_refused(void **state) {
  (void)state;
  refuse((changes){1, 0, 0, NULL, false}, "version");
  refuse((changes){3, 12, 0, NULL, false}, "alignment");
  refuse((changes){3, 0, 32, NULL, false}, "gaps or overlaps");
  refuse((changes){3, 0, -32, NULL, false}, "gaps or overlaps");
  refuse((changes){3, 0, 0, "w", false}, "stand once");
  refuse((changes){3, 0, 0, NULL, true}, "stand once");
  bytes b = gguf(plain);
  // A name of 2^63 bytes, as many tensors, as many entries.
  for (size_t at = 8; at <= 24; at += 8) {
    bytes c = gguf(plain);
    memset(c.at + at, 0x7f, 8);
    assert_int_not_equal(try_parse(c.at, c.count), SL_OK);
    free(c.at);
  }
  for (size_t cut = 0; cut < b.count; cut++) assert_int_not_equal(try_parse(b.at, cut), SL_OK);
  // More than the alignment asks for.
  for (int i = 0; i < 32; i++) put(&b, "", 1);
  assert_int_equal(try_parse(b.at, b.count), SL_ERR_FORMAT);
  free(b.at);
}

static uint32_t survives(const bytes *b, int tries) {
  sl_rng rng;
  uint32_t usable = 0;
  sl_rng_seed(&rng, 3);
  for (int i = 0; i < tries; i++) {
    const uint32_t at = sl_rng_below(&rng, (uint32_t)b->count);
    const uint8_t kept = b->at[at];
    b->at[at] =
        i % 2 ? (uint8_t)sl_rng_below(&rng, 256) : (uint8_t)(kept ^ 1u << sl_rng_below(&rng, 8));
    usable += try_parse(b->at, b->count) == SL_OK;
    b->at[at] = kept;
  }
  return usable;
}

static void gguf_survives_changes(void **state) {
  (void)state;
  bytes b = gguf(plain);
  const uint32_t usable = survives(&b, SL_TRIES(20000));
  assert_true(usable > 100 && usable < (uint32_t)SL_TRIES(20000) / 2 + SL_TRIES(5000));
  free(b.at);
}

// ---- ONNX ---------------------------------------------------------------------------------------

// A node with a graph in it, `depth` deep, in which a constant stands.
static void put_nested(bytes *graph, int depth) {
  bytes inner = {NULL, 0, 0};
  if (depth == 0) {
    put_constant(graph, "deep", (const uint32_t[]){2}, 1, (const float[]){3, 4});
    return;
  }
  put_nested(&inner, depth - 1);
  bytes n = node_of("If", NULL, 0, "y"), a = {NULL, 0, 0};
  put_name(&a, 1, "then_branch");
  put_message(&a, 6, &inner);
  put_message(&n, 5, &a);
  put_message(graph, 1, &n);
}

static bytes onnx(int depth, const char *operator, const char * name) {
  bytes graph = {NULL, 0, 0};
  bytes t = tensor_of("w", (const uint32_t[]){2, 1, 3}, 3, (const float[]){1, 2, 3, 4, 5, 6});
  bytes n = node_of(operator, NULL, 0, "z");
  put_nested(&graph, depth);
  put_message(&graph, 5, &t);
  put_constant(&graph, name, NULL, 0, (const float[]){0.5f});
  put_message(&graph, 1, &n);
  put_convolution(&graph, "w", 2, 1);
  return model_of(&graph);
}

static void onnx_is_read(void **state) {
  (void)state;
  bytes b = onnx(3, "Relu", "one");
  sl_weights *w;
  float out[6];
  assert_ok(parse(b.at, b.count, &w));
  assert_int_equal(sl_weights_kind_of(w), SL_WEIGHTS_ONNX);
  assert_int_equal(sl_weights_count(w), 3);
  assert_ok(sl_weights_read(w, find(w, "deep"), out));
  assert_true(out[0] == 3 && out[1] == 4);
  assert_ok(sl_weights_read(w, find(w, "one"), out));
  assert_true(out[0] == 0.5f);
  const sl_weight *t = sl_weights_get(w, find(w, "w"));
  assert_true(t->rank == 3 && t->dims[0] == 2 && t->dims[1] == 1 && t->dims[2] == 3);
  assert_ok(sl_weights_read(w, find(w, "w"), out));
  assert_true(out[5] == 6);
  assert_int_equal(sl_weights_convolutions(w), 1);
  const sl_convolution *c = sl_weights_convolution(w, 0);
  assert_true(c->plain && c->stride == 2 && c->before == 1 && c->after == 1);
  assert_int_equal(c->weights.bytes, 1);
  sl_weights_destroy(w);
  free(b.at);
}

static void refuse_onnx(bytes b, const char *expected) {
  assert_int_equal(try_parse(b.at, b.count), SL_ERR_FORMAT);
  assert_non_null(strstr(sl_last_error()->expected, expected));
  free(b.at);
}

static void onnx_is_refused(void **state) {
  (void)state;
  refuse_onnx(onnx(1, "Einsum", "one"), "operators");
  refuse_onnx(onnx(1, "Rel", "one"), "operators");
  refuse_onnx(onnx(1, "Relu", "w"), "stand once");
  refuse_onnx(onnx(1, "Relu", ""), "names");
  refuse_onnx(onnx(8, "Relu", "one"), "within graphs");
  bytes graph = {NULL, 0, 0};
  bytes t = tensor_of("w", (const uint32_t[]){2}, 1, (const float[]){1, 2});
  put_number(&t, 1, 2);
  put_message(&graph, 5, &t);
  refuse_onnx(model_of(&graph), "shape");
  t = tensor_of("w", (const uint32_t[]){2}, 1, (const float[]){1, 2});
  put_name(&t, 13, "elsewhere");
  put_message(&graph, 5, &t);
  refuse_onnx(model_of(&graph), "in the file");
  t = tensor_of("w", (const uint32_t[]){2}, 1, (const float[]){1, 2});
  put_number(&t, 2, 11);
  put_message(&graph, 5, &t);
  refuse_onnx(model_of(&graph), "FLOAT");
  assert_int_equal(try_parse(NULL, 0), SL_ERR_FORMAT);
  bytes b = onnx(2, "Relu", "one");
  for (size_t cut = 0; cut < b.count; cut++) assert_int_not_equal(try_parse(b.at, cut), SL_OK);
  free(b.at);
}

static void onnx_survives_changes(void **state) {
  (void)state;
  bytes b = onnx(2, "Relu", "one");
  assert_true(survives(&b, SL_TRIES(20000)) > 100);
  free(b.at);
}

static void memory_may_end_anywhere(void **state) {
  (void)state;
  bytes b = gguf(plain);
  int failed = 0;
  for (size_t limit = 0;; limit += 64, failed++) {
    sl_weights *w;
    sl_set_memory_limit(limit);
    sl_status status = sl_weights_create(b.count, &w);
    if (status == SL_OK) {
      memcpy(sl_weights_data(w), b.at, b.count);
      status = sl_weights_parse(w);
      sl_weights_destroy(w);
    }
    assert_int_equal(sl_bytes_in_use(), 0);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
  }
  assert_true(failed > 10);
  free(b.at);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(gguf_is_read),
      property(gguf_is_refused),
      property(gguf_survives_changes),
      property(onnx_is_read),
      property(onnx_is_refused),
      property(onnx_survives_changes),
      property(memory_may_end_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
