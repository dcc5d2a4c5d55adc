// Any bytes as the file of a router: loading fails cleanly or gives one that can be asked, and that
// is saved as the same bytes.
#include "saved.h"

#include "router/file.h"
#include "router/router.h"

static saved_file good[4];

static void make_good(int which) {
  static float x[60 * 4], values[60 * 2];
  static uint32_t labels[60];
  for (uint32_t i = 0; i < 60; i++) {
    labels[i] = i % 2;
    for (uint32_t j = 0; j < 4; j++) x[4 * i + j] = (float)((i * 7 + j * 5) % 11) + (j == i % 2);
    values[2 * i] = (float)(i % 3 == 0);
    values[2 * i + 1] = (float)(i % 2);
  }
  sl_router_question q = sl_router_question_default();
  q.examples = 60;
  q.dimension = 4;
  q.routes = 2;
  q.vectors = x;
  q.labels = which == 1 ? NULL : labels;
  q.values = which == 1 ? values : NULL;
  q.scorer = (uint32_t)which;
  q.holdout = 0.5;
  q.iterations = 2;
  q.hidden = 2;
  sl_router *r;
  sl_writer *writer = NULL;
  sl_outcome outcome;
  if (sl_router_create(&q, &r) != SL_OK) abort();
  do {
    if (sl_job_step(sl_router_job(r), 1000, &outcome) != SL_OK) abort();
  } while (outcome == SL_OUTCOME_RUNNING);
  good[which] = write_saved(sl_router_save(r, "[0,2]", 5, &writer), writer);
  sl_router_destroy(r);
}

static void use(sl_router *r, saved_file file) {
  sl_writer *writer = NULL;
  sl_router_facts f;
  saved_file again = write_saved(
      sl_router_save(r, sl_router_labels(r), sl_router_labels_bytes(r), &writer), writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
  if (sl_router_facts_read(r, &f) != SL_OK) abort();
  if ((uint64_t)f.dimension * f.routes > 1 << 16) return; // as right, and slow
  float *x = calloc(f.dimension, sizeof *x);
  double *p = calloc(f.routes, sizeof *p), *s = calloc(f.routes, sizeof *s), level;
  uint32_t ids[64], count;
  double near[64];
  sl_router_threshold t;
  x[0] = 1;
  if (sl_router_score(r, x, p, s) == SL_OK) sl_router_softmax(r, s, p);
  sl_router_nearest(r, x, 0, ids, near, &count);
  sl_router_threshold_find(r, SL_ROUTER_SHARE, 0.5, &t);
  sl_router_level(r, 0.1, &level);
  free(x);
  free(p);
  free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good[0].bytes == NULL)
    for (int i = 0; i < 4; i++) make_good(i);
  const saved_file file = saved_from(bytes, length, good[length > 1 ? bytes[1] % 4 : 0]);
  sl_reader *reader = read_saved(SL_FILE_ROUTER, file);
  sl_router *router = NULL;
  if (reader != NULL && sl_router_load(reader, &router) == SL_OK) use(router, file);
  sl_router_destroy(router);
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
