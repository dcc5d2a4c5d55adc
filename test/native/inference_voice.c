// The voice detector: the network against its formulas in float64, streams cut in any way, when speech
// begins and ends, files, memory that ends.
#include "files.h"
#include "onnx.h"

#include <math.h>

#include "inference/file.h"
#include "inference/voice.h"
#include "inference/voice_parts.h"

enum { CHUNK = SL_VOICE_CHUNK, CHUNKS = 9 };

static sl_status open_network(const bytes *file, sl_voice **out) {
  sl_weights *w;
  *out = NULL;
  assert_ok(sl_weights_create(file->count, &w));
  memcpy(sl_weights_data(w), file->at, file->count);
  sl_status status = sl_weights_parse(w);
  if (status == SL_OK) status = sl_voice_create(w, out);
  sl_weights_destroy(w);
  return status;
}

static sl_voice *made_voice(void) {
  bytes file = made_network(-1);
  sl_voice *v;
  assert_ok(open_network(&file, &v));
  free(file.at);
  return v;
}

static void run(sl_voice *v, uint64_t work) {
  sl_outcome outcome = SL_OUTCOME_RUNNING;
  while (outcome == SL_OUTCOME_RUNNING) assert_ok(sl_job_step(sl_voice_job(v), work, &outcome));
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
}

static void sound(float *out, size_t count) {
  sl_rng rng;
  sl_rng_seed(&rng, 5);
  for (size_t i = 0; i < count; i++)
    out[i] = (float)(0.3 * sin((double)i * (0.02 + (double)(i / 900) * 0.01)) +
                     0.1 * (sl_rng_double(&rng) - 0.5));
}

// ---- the formulas -------------------------------------------------------------------------------

static double logistic(double x) { return 1 / (1 + exp(-x)); }

// out[o][t] = what is positive of the convolution of in[channels][places] over three places.
static uint32_t convolved(uint32_t l, double (*in)[8], uint32_t places, uint32_t stride,
                          double (*out)[8]) {
  const made_tensor *w = &made_tensors[1 + 2 * l];
  const uint32_t channels = w->dims[1], after = (places + 2 - 3) / stride + 1;
  for (uint32_t o = 0; o < w->dims[0]; o++)
    for (uint32_t t = 0; t < after; t++) {
      double sum = (double)made_number(w + 1, o);
      for (uint32_t c = 0; c < channels; c++)
        for (uint32_t k = 0; k < 3; k++) {
          const int64_t place = (int64_t)(t * stride + k) - 1;
          if (place < 0 || place >= (int64_t)places) continue;
          sum += (double)made_number(w, ((size_t)o * channels + c) * 3 + k) * in[c][place];
        }
      out[o][t] = sum > 0 ? sum : 0;
    }
  return after;
}

static double by_formula(const float *samples, const float *context, double *h, double *c) {
  static double a[129][8], b[128][8];
  double wave[640], gates[512];
  for (int i = 0; i < 576; i++) wave[i] = (double)(i < 64 ? context[i] : samples[i - 64]);
  for (int i = 0; i < 64; i++) wave[576 + i] = wave[574 - i];
  for (int k = 0; k < 129; k++)
    for (int t = 0; t < 4; t++) {
      double re = 0, im = 0;
      for (int i = 0; i < 256; i++) {
        re += (double)made_number(&made_tensors[0], (size_t)k * 256 + i) * wave[128 * t + i];
        im +=
            (double)made_number(&made_tensors[0], (size_t)(129 + k) * 256 + i) * wave[128 * t + i];
      }
      a[k][t] = sqrt(re * re + im * im);
    }
  uint32_t places = convolved(0, a, 4, 1, b);
  places = convolved(1, b, places, 2, a);
  places = convolved(2, a, places, 2, b);
  places = convolved(3, b, places, 1, a);
  assert_int_equal(places, 1);
  for (size_t g = 0; g < 512; g++) {
    gates[g] =
        (double)made_number(&made_tensors[11], g) + (double)made_number(&made_tensors[12], g);
    for (size_t j = 0; j < 128; j++)
      gates[g] += (double)made_number(&made_tensors[9], g * 128 + j) * a[j][0] +
                  (double)made_number(&made_tensors[10], g * 128 + j) * h[j];
  }
  double sum = (double)made_number(&made_tensors[14], 0);
  for (size_t j = 0; j < 128; j++) {
    c[j] = logistic(gates[128 + j]) * c[j] + logistic(gates[j]) * tanh(gates[256 + j]);
    h[j] = logistic(gates[384 + j]) * tanh(c[j]);
    if (h[j] > 0) sum += h[j] * (double)made_number(&made_tensors[13], j);
  }
  return logistic(sum);
}

static void equals_the_formulas(void **state) {
  (void)state;
  static float samples[CHUNKS * CHUNK];
  float out[CHUNKS], context[64] = {0};
  double h[128] = {0}, c[128] = {0}, least = 1, most = 0;
  sound(samples, CHUNKS * CHUNK);
  sl_voice *v = made_voice();
  assert_ok(sl_voice_begin(v, samples, CHUNKS * CHUNK, false, out, CHUNKS));
  run(v, UINT64_MAX);
  for (int i = 0; i < CHUNKS; i++) {
    const double wanted = by_formula(samples + i * CHUNK, context, h, c);
    memcpy(context, samples + (i + 1) * CHUNK - 64, sizeof context);
    assert_true(fabs(wanted - (double)out[i]) < 1e-5);
    least = wanted < least ? wanted : least;
    most = wanted > most ? wanted : most;
  }
  // The numbers are not all alike: an error would be seen.
  assert_true(most - least > 0.01);
  sl_voice_destroy(v);
}

static void streams_may_be_cut_anywhere(void **state) {
  (void)state;
  enum { COUNT = CHUNKS * CHUNK - 100 };
  static float samples[COUNT];
  float whole[CHUNKS], parts[CHUNKS + 1];
  sl_rng rng;
  sound(samples, COUNT);
  sl_rng_seed(&rng, 6);
  sl_voice *v = made_voice();
  assert_ok(sl_voice_begin(v, samples, COUNT, true, whole, CHUNKS));
  run(v, UINT64_MAX);
  for (int trial = 0; trial < 20; trial++) {
    size_t at = 0, found = 0;
    while (at < COUNT) {
      size_t n = sl_rng_below(&rng, 1500);
      n = n < COUNT - at ? n : COUNT - at;
      const size_t chunks = sl_voice_chunks(v, n, false);
      assert_ok(sl_voice_begin(v, samples + at, n, false, parts + found, chunks));
      run(v, 1);
      at += n;
      found += chunks;
    }
    assert_int_equal(found, CHUNKS - 1);
    assert_int_equal(sl_voice_chunks(v, 0, true), 1);
    assert_ok(sl_voice_begin(v, NULL, 0, true, parts + found, 1));
    run(v, 1);
    assert_memory_equal(parts, whole, sizeof whole);
  }
  // Nothing at all is a stream as well.
  assert_ok(sl_voice_begin(v, NULL, 0, true, parts, 0));
  run(v, 1);
  sl_voice_destroy(v);
}

static void refuses_what_is_wrong(void **state) {
  (void)state;
  float samples[CHUNK + 1] = {0}, out[2];
  double facts[SL_VOICE_FACTS];
  sl_voice *v = made_voice();
  samples[7] = NAN;
  assert_refused(sl_voice_begin(v, samples, CHUNK, false, out, 2), SL_ERR_NOT_FINITE, "samples");
  assert_int_equal(sl_last_error()->position, 7);
  samples[7] = 0;
  assert_refused(sl_voice_begin(v, samples, CHUNK, false, out, 0), SL_ERR_SHAPE, "out");
  assert_refused(sl_voice_begin(v, samples, CHUNK + 1, true, out, 1), SL_ERR_SHAPE, "out");
  sl_voice_options o = {0.5, 0.6, 0, 0, 0, 0};
  assert_refused(sl_voice_set(v, &o), SL_ERR_OPTION, "release");
  o.threshold = NAN;
  assert_refused(sl_voice_set(v, &o), SL_ERR_OPTION, "threshold");
  o = (sl_voice_options){0.5, 0.5, 0, 0, 0, 0};
  assert_ok(sl_voice_set(v, &o));
  assert_ok(sl_voice_begin(v, samples, CHUNK, false, out, 1));
  run(v, 1);
  assert_refused(sl_voice_set(v, &o), SL_ERR_STATE, "voice");
  // Given up: the stream is forgotten.
  assert_ok(sl_voice_begin(v, samples, CHUNK, false, out, 1));
  assert_ok(sl_voice_begin(v, samples, 10, false, out, 0));
  run(v, 1);
  sl_voice_facts(v, facts);
  assert_true(facts[1] == 10 && facts[2] == 10);
  assert_ok(sl_voice_begin(v, samples, CHUNK, false, out, 1));
  assert_ok(sl_job_stop(sl_voice_job(v), SL_OUTCOME_WORK_LIMIT));
  sl_voice_facts(v, facts);
  assert_true(facts[2] == 0);
  sl_voice_destroy(v);
}

// ---- speech -------------------------------------------------------------------------------------

typedef struct segment {
  double start, end;
} segment;

// get_speech_timestamps() of Silero's utils_vad.py, without what it adds at both ends. The end of the
// stream ends speech there where silence had begun.
static uint32_t speech_of(const float *p, uint32_t count, const sl_voice_options *o, segment *out) {
  bool triggered = false;
  double start = 0, silent = -1;
  uint32_t found = 0;
  for (uint32_t i = 0; i < count; i++) {
    const double at = (double)CHUNK * i, x = (double)p[i];
    if (x >= o->threshold && silent >= 0) silent = -1;
    if (x >= o->threshold && !triggered) {
      triggered = true;
      start = at;
      continue;
    }
    if (x < o->release && triggered) {
      if (silent < 0) silent = at;
      if (at - silent < o->least_silence) continue;
      if (silent - start > o->least_speech) out[found++] = (segment){start, silent};
      triggered = false;
      silent = -1;
    }
  }
  const double end = silent >= 0 ? silent : (double)CHUNK * count;
  if (triggered && end - start > o->least_speech) out[found++] = (segment){start, end};
  return found;
}

static void speech_is_as_by_its_rule(void **state) {
  (void)state;
  enum { MOST = 300 };
  static sl_voice v; // of speech alone: no network
  static sl_voice_event events[MOST];
  static float p[MOST];
  static segment wanted[MOST];
  static double told[3 * MOST];
  uint32_t some = 0;
  sl_rng rng;
  sl_rng_seed(&rng, 8);
  for (int trial = 0; trial < 2000; trial++) {
    sl_voice_options o = {0.5, 0.35, sl_rng_below(&rng, 4000), sl_rng_below(&rng, 3000), 0, 0};
    if (trial % 4 == 0) o.least_silence = 0;
    const uint32_t count = sl_rng_below(&rng, MOST);
    double x = 0;
    for (uint32_t i = 0; i < count; i++) {
      x += (sl_rng_double(&rng) - 0.5) * 0.5;
      x = x < 0 ? 0 : x > 1 ? 1 : x;
      p[i] = (float)x;
    }
    memset(&v, 0, sizeof v);
    v.options = o;
    v.events = events;
    v.given = (double)CHUNK * count;
    for (uint32_t i = 0; i < count; i++) sl_voice_follow(&v, p[i]);
    sl_voice_finish(&v);
    const uint32_t found = speech_of(p, count, &o, wanted);
    uint32_t taken;
    sl_voice_take_events(&v, told, MOST, &taken);
    assert_int_equal(taken, 2 * found);
    for (uint32_t i = 0; i < found; i++) {
      assert_true(told[6 * i] == SL_VOICE_START && told[6 * i + 3] == SL_VOICE_END);
      assert_true(told[6 * i + 1] == wanted[i].start && told[6 * i + 4] == wanted[i].start);
      assert_true(told[6 * i + 5] == wanted[i].end);
      // It is told with the chunk in which it has lasted long enough.
      assert_true(told[6 * i + 2] - wanted[i].start > o.least_speech);
      assert_true(told[6 * i + 2] <= wanted[i].end + CHUNK);
    }
    some += found;
    // With something added: within the stream, in order, no overlaps.
    memset(&v, 0, sizeof v);
    o.before = o.after = 700;
    v.options = o;
    v.events = events;
    v.given = (double)CHUNK * count;
    for (uint32_t i = 0; i < count; i++) sl_voice_follow(&v, p[i]);
    sl_voice_finish(&v);
    double before = 0;
    uint32_t one;
    for (uint32_t i = 0; i < found; i++) {
      // One event at a time.
      sl_voice_take_events(&v, told, 1, &one);
      sl_voice_take_events(&v, told, 1, &one);
      assert_int_equal(one, 1);
      const double start = wanted[i].start - 700, end = wanted[i].end + 700;
      assert_true(told[1] == (start > before ? start : before));
      assert_true(told[2] <= end && told[2] >= wanted[i].end && told[2] <= v.given);
      before = told[2];
    }
  }
  assert_true(some > 5000);
}

// ---- files --------------------------------------------------------------------------------------

static void wants_the_whole_network(void **state) {
  (void)state;
  sl_voice *v;
  for (int i = 0; i < MADE_TENSORS; i++) {
    bytes file = made_network(i);
    assert_refused(open_network(&file, &v), SL_ERR_FORMAT, "bytes");
    assert_non_null(strstr(sl_last_error()->expected, "Silero"));
    free(file.at);
  }
  // A number that is none.
  bytes file = made_network(-1);
  memset(file.at + file.count / 2, 0xff, 8);
  assert_refused(open_network(&file, &v), SL_ERR_NOT_FINITE, "bytes");
  free(file.at);
}

static sl_status try_voice(const uint8_t *from, uint64_t length) {
  sl_reader *reader;
  sl_voice *v;
  sl_status status = read_file(SL_FILE_VOICE, from, length, &reader);
  if (status == SL_OK) status = sl_voice_load(reader, &v);
  if (status == SL_OK) {
    float samples[CHUNK] = {0.5f}, out[1];
    assert_ok(sl_voice_begin(v, samples, CHUNK, true, out, 1));
    run(v, 1);
    sl_voice_destroy(v);
  }
  sl_reader_destroy(reader);
  return status;
}

static void files_keep_everything(void **state) {
  (void)state;
  sl_voice *v = made_voice(), *again;
  sl_writer *writer;
  sl_reader *reader;
  assert_ok(sl_voice_save(v, &writer));
  file f = write_file(writer, 70001);
  assert_ok(read_file(SL_FILE_VOICE, f.bytes, f.length, &reader));
  assert_ok(sl_voice_load(reader, &again));
  sl_reader_destroy(reader);
  uint8_t id[32], same[32];
  sl_voice_id(v, id);
  sl_voice_id(again, same);
  assert_memory_equal(id, same, 32);
  float samples[2 * CHUNK], out[2], others[2];
  sound(samples, 2 * CHUNK);
  assert_ok(sl_voice_begin(v, samples, 2 * CHUNK, false, out, 2));
  run(v, 1);
  assert_ok(sl_voice_begin(again, samples, 2 * CHUNK, false, others, 2));
  run(again, 1);
  assert_memory_equal(out, others, sizeof out);
  // A bit of the body in a thousand places, with the sums made right again, loads or fails.
  sl_rng rng;
  sl_rng_seed(&rng, 9);
  for (int i = 0; i < SL_TRIES(60); i++) {
    const uint64_t head = head_bytes(f.bytes), at = i < 30 ? sl_rng_below(&rng, (uint32_t)head)
                                                           : sl_rng_below(&rng, (uint32_t)f.length);
    const uint8_t kept = f.bytes[at];
    f.bytes[at] ^= (uint8_t)(1 << sl_rng_below(&rng, 8));
    assert_int_not_equal(try_voice(f.bytes, f.length), SL_OK);
    file changed = {malloc(f.length), f.length};
    memcpy(changed.bytes, f.bytes, f.length);
    mend_file(changed.bytes, changed.length);
    (void)try_voice(changed.bytes, changed.length);
    free(changed.bytes);
    f.bytes[at] = kept;
  }
  assert_int_equal(try_voice(f.bytes, f.length / 2), SL_ERR_TRUNCATED);
  free(f.bytes);
  sl_voice_destroy(v);
  sl_voice_destroy(again);
}

static void memory_may_end_anywhere(void **state) {
  (void)state;
  bytes network = made_network(-1);
  sl_voice *v;
  int failed = 0;
  for (size_t limit = 0;; limit += 40000, failed++) {
    sl_weights *w;
    sl_set_memory_limit(limit);
    sl_status status = sl_weights_create(network.count, &w);
    if (status == SL_OK) {
      memcpy(sl_weights_data(w), network.at, network.count);
      status = sl_weights_parse(w);
      if (status == SL_OK) status = sl_voice_create(w, &v);
      sl_weights_destroy(w);
    }
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
    assert_int_equal(sl_bytes_in_use(), 0);
  }
  assert_true(failed > 10);
  sl_set_memory_limit(SIZE_MAX);
  sl_voice_destroy(v);
  free(network.at);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(equals_the_formulas),     property(streams_may_be_cut_anywhere),
      property(refuses_what_is_wrong),   property(speech_is_as_by_its_rule),
      property(wants_the_whole_network), property(files_keep_everything),
      property(memory_may_end_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
