// Saved adapters are the same; files that are cut, changed or made up are refused or can be used.
#include "files.h"

#include "lora/file.h"
#include "lora/lora.h"

static const float weights[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static bool with_weights;

static sl_lora *make(void) {
  const sl_lora_shape shape = {4, with_weights ? 3 : 4, 2, 4, 9};
  const float p[16] = {1, -2, 3, 0, 5, 6, -7, 8, 9, 1, 2, 3, 4, 5, 6, 7};
  sl_lora *lora;
  assert_ok(sl_lora_create(&shape, with_weights ? weights : NULL, with_weights ? 12 : 0, &lora));
  assert_ok(sl_lora_set_parameters(lora, p, with_weights ? 14 : 16));
  return lora;
}

static file save(const sl_lora *lora) {
  sl_writer *writer;
  assert_ok(sl_lora_save(lora, "{}", 2, &writer));
  return write_file(writer, 33);
}

static sl_status load(const uint8_t *bytes, uint64_t length, sl_lora **out) {
  sl_reader *reader;
  *out = NULL;
  sl_status status = read_file(SL_FILE_LORA, bytes, length, &reader);
  if (status == SL_OK)
    status = sl_lora_load(reader, with_weights ? weights : NULL, with_weights ? 12 : 0, out);
  sl_reader_destroy(reader);
  return status;
}

static float use(sl_lora *lora) {
  sl_lora_facts f;
  sl_outcome outcome;
  assert_ok(sl_lora_facts_read(lora, &f));
  float *x = calloc(f.inputs, sizeof *x), *y = calloc(f.outputs, sizeof *y);
  x[0] = 1;
  assert_ok(sl_lora_apply(lora, x, 1, 1, y));
  assert_ok(sl_job_step(sl_lora_job(lora), UINT64_MAX, &outcome));
  const float trace = y[0] + 3 * y[f.outputs - 1];
  free(x), free(y);
  return trace;
}

static sl_status load_and_use(const uint8_t *bytes, uint64_t length) {
  sl_lora *lora;
  const sl_status status = load(bytes, length, &lora);
  if (status == SL_OK) use(lora);
  sl_lora_destroy(lora);
  return status;
}

static void answers_as_the_original_does(void **state) {
  (void)state;
  for (int kind = 0; kind < 2; kind++) {
    with_weights = kind == 1;
    sl_lora *lora = make(), *again;
    const file f = save(lora);
    assert_ok(load(f.bytes, f.length, &again));
    const file same = save(again);
    assert_int_equal(same.length, f.length);
    assert_memory_equal(same.bytes, f.bytes, f.length);
    assert_int_equal(sl_lora_labels_bytes(again), 2);
    assert_memory_equal(sl_lora_labels(again), "{}", 2);
    assert_true(use(lora) == use(again));
    sl_lora_destroy(lora);
    sl_lora_destroy(again);
    free(f.bytes), free(same.bytes);
  }
}

static void every_byte_may_be_cut_or_changed(void **state) {
  (void)state;
  for (int kind = 0; kind < 2; kind++) {
    with_weights = kind == 1;
    sl_lora *lora = make();
    const file f = save(lora);
    survives_cuts_and_bits(f, 1, load_and_use);
    free(f.bytes);
    sl_lora_destroy(lora);
  }
}

static sl_status load_with(const file f, const float *given, size_t count) {
  sl_reader *reader;
  sl_lora *lora;
  assert_ok(read_file(SL_FILE_LORA, f.bytes, f.length, &reader));
  const sl_status status = sl_lora_load(reader, given, count, &lora);
  sl_reader_destroy(reader);
  sl_lora_destroy(lora);
  return status;
}

static void only_its_own_weights_fit(void **state) {
  (void)state;
  with_weights = true;
  sl_lora *lora = make();
  const file f = save(lora);
  float others[12] = {0};
  assert_refused(load_with(f, others, 12), SL_ERR_CHECKSUM, "weights");
  assert_refused(load_with(f, weights, 11), SL_ERR_SHAPE, "weights");
  assert_refused(load_with(f, NULL, 0), SL_ERR_SHAPE, "weights");
  assert_ok(load_with(f, weights, 12));
  sl_lora_destroy(lora);
  free(f.bytes);
  with_weights = false;
  lora = make();
  const file without = save(lora);
  assert_refused(load_with(without, weights, 12), SL_ERR_SHAPE, "weights");
  sl_lora_destroy(lora);
  free(without.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(answers_as_the_original_does),
                                     property(every_byte_may_be_cut_or_changed),
                                     property(only_its_own_weights_fit)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
