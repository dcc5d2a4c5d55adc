// Any bytes as the file of a text encoder: loading fails cleanly or gives one that cuts and embeds
// any text, and is saved again as the same bytes.
#include "saved.h"

#include "inference/encoder.h"
#include "inference/file.h"

enum { GOOD = 6, MOST_WIDTH = 4096 };
static saved_file good[GOOD];

// A network and BERT in both precisions, and tables of words and of word pieces.
static void make_good(uint32_t i) {
  const bool bert = i >= 4;
  const bool layers = i < 2 || bert;
  const sl_encoder_shape shape = {.dimension = 4,
                                  .width = i < 2 ? 6 : 4,
                                  .hidden = layers ? 5 : 0,
                                  .layers = layers ? 2 : 0,
                                  .heads = layers ? 2 : 0,
                                  .most_tokens = 9,
                                  .precision = i % 2 + 1,
                                  .pooling = bert ? i - 3 : 0,
                                  .epsilon = bert ? 1e-12 : 0};
  const uint32_t lengths[] = {1, 3, 1, 3, 2, 5, 5, 5};
  const double scores[] = {0, -1, -2, -3, -2.5};
  sl_encoder *e;
  sl_writer *writer = NULL;
  if (sl_encoder_create(&shape,
                        bert    ? SL_CUTTING_BERT
                        : i < 2 ? SL_CUTTING_UNIGRAM
                                : i - 1,
                        (const uint8_t *)"?\xe2\x96\x81"
                                         "a##bab[CLS][SEP][UNK]",
                        bert ? 25 : 10, lengths, i < 2 ? scores : NULL, bert ? 8 : 5, bert ? 0 : 1,
                        &e) != SL_OK)
    abort();
  float values[200];
  for (int j = 0; j < 200; j++) values[j] = (float)(j * 37 % 17) / 8 - 1;
  for (;;) {
    double facts[SL_ENCODER_FACTS];
    sl_encoder_facts(e, facts);
    if (facts[10] == 0) break;
    if (sl_encoder_add(e, values, (size_t)facts[10]) != SL_OK) abort();
  }
  good[i] = write_saved(sl_encoder_save(e, &writer), writer);
  sl_encoder_destroy(e);
}

static void use(sl_encoder *e, saved_file file) {
  static const char texts[] = "a bab\xe2\x96\x81\xf0\x9f a  ab";
  static float out[3 * MOST_WIDTH];
  const uint32_t lengths[] = {4, 0, sizeof texts - 5};
  uint32_t counts[3], ids[20], found;
  sl_writer *writer = NULL;
  saved_file again = write_saved(sl_encoder_save(e, &writer), writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
  double facts[SL_ENCODER_FACTS];
  sl_encoder_facts(e, facts);
  const uint8_t *text = (const uint8_t *)texts;
  if (sl_encoder_tokens(e, text, sizeof texts - 1, 20, ids, &found) != SL_OK) abort();
  for (uint32_t i = 0; i < found && i < 20; i++)
    if (!(ids[i] < facts[9])) abort();
  if (facts[1] > MOST_WIDTH) return;
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  if (sl_encoder_begin(e, text, sizeof texts - 1, lengths, 3, out, counts) != SL_OK) return;
  while (outcome == SL_OUTCOME_RUNNING)
    if (sl_job_step(sl_encoder_job(e), 100, &outcome) != SL_OK) return;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  for (uint32_t i = 0; i < GOOD; i++) {
    if (good[i].bytes == NULL) make_good(i);
  }
  sl_set_memory_limit((size_t)1 << 26);
  saved_file file = saved_from(bytes, length, good[length > 0 ? (bytes[0] >> 1) % GOOD : 0]);
  sl_reader *reader = read_saved(SL_FILE_ENCODER, file);
  sl_encoder *e;
  if (reader != NULL && sl_encoder_load(reader, &e) == SL_OK) {
    use(e, file);
    sl_encoder_destroy(e);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
