// A stream of sound: chunks of samples through the network, and the work that this is.
#include <string.h>

#include "base/memory.h"
#include "inference/voice_parts.h"

enum { CHUNK = SL_VOICE_CHUNK, CHUNK_WORK = 650000 };

const sl_voice_shape sl_voice_shapes[SL_VOICE_PARTS] = {
    {256, 258}, {387, 128}, {0, 128}, {384, 64},  {0, 64},  {192, 64},
    {0, 64},    {192, 128}, {0, 128}, {256, 512}, {0, 512}, {0, 129},
};

static const sl_voice_options usual = {0.5, 0.35, 4000, 1600, 480, 480};

uint32_t sl_voice_elements(uint32_t part) {
  const sl_voice_shape s = sl_voice_shapes[part];
  return (s.rows > 0 ? s.rows : 1) * s.columns;
}

// ---- making -------------------------------------------------------------------------------------

sl_status sl_voice_make(sl_voice **out) {
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  (*out)->job.kind = &sl_voice_kind;
  (*out)->options = usual;
  sl_sha256_init(&(*out)->hash);
  return SL_OK;
}

void sl_voice_destroy(sl_voice *v) {
  if (v == NULL) return;
  for (uint32_t i = 0; i < v->kept; i++) {
    sl_dense_matrix_destroy(v->parts[i].matrix);
    sl_free(v->parts[i].vector);
  }
  sl_free(v->row);
  sl_free(v->events);
  sl_free(v);
}

sl_status sl_voice_keep(sl_voice *v, const float *values) {
  const uint32_t part = v->kept, count = sl_voice_elements(part);
  const sl_voice_shape shape = sl_voice_shapes[part];
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(values[i] - values[i] == 0, SL_ERR_NOT_FINITE, "bytes", "finite numbers", i);
  if (shape.rows == 0) {
    SL_TRY(SL_ALLOC(&v->parts[part].vector, count));
    memcpy(v->parts[part].vector, values, count * sizeof *values);
  } else {
    SL_TRY(sl_dense_matrix_from(values, count, SL_ELEMENT_F32, shape.rows, shape.columns, 0,
                                SL_ELEMENT_F32, 1, NULL, 0, &v->parts[part].matrix));
  }
  v->kept++;
  sl_sha256_update(&v->hash, values, count * sizeof *values);
  return SL_OK;
}

void sl_voice_id(const sl_voice *v, uint8_t *out) {
  sl_sha256 hash = v->hash;
  sl_sha256_final(&hash, out);
}

// ---- streams ------------------------------------------------------------------------------------

sl_status sl_voice_set(sl_voice *v, const sl_voice_options *o) {
  SL_REQUIRE(v->given == 0, SL_ERR_STATE, "voice", "the beginning of a stream");
  SL_REQUIRE(o->threshold >= 0 && o->threshold <= 1, SL_ERR_OPTION, "threshold", "0 to 1");
  SL_REQUIRE(o->release >= 0 && o->release <= o->threshold, SL_ERR_OPTION, "release",
             "0 to the threshold");
  v->options = *o;
  return SL_OK;
}

// All but the events, which wait until they are taken.
static void begin_stream(sl_voice *v) {
  memset(v->context, 0, sizeof v->context);
  memset(v->hidden, 0, sizeof v->hidden);
  memset(v->cell, 0, sizeof v->cell);
  v->held = 0;
  v->given = v->heard = 0;
  v->speaking = v->told = v->silent = false;
  v->began = v->silence = v->ended = 0;
}

void sl_voice_reset(sl_voice *v) {
  sl_job_drop(&v->job);
  v->event_count = 0;
  begin_stream(v);
}

size_t sl_voice_chunks(const sl_voice *v, size_t count, bool last) {
  // Both are far from SIZE_MAX: samples are f32 in memory.
  const size_t all = v->held + count;
  return (all + (last ? CHUNK - 1 : 0)) / CHUNK;
}

sl_status sl_voice_begin(sl_voice *v, const float *samples, size_t count, bool last, float *out,
                         size_t room) {
  if (sl_job_is_running(&v->job)) sl_voice_reset(v);
  for (size_t i = 0; i < count; i++)
    SL_REQUIRE_AT(samples[i] - samples[i] == 0, SL_ERR_NOT_FINITE, "samples", "finite numbers", i);
  const size_t chunks = sl_voice_chunks(v, count, last);
  SL_REQUIRE(room >= chunks, SL_ERR_SHAPE, "out", "a place for each chunk");
  // Of each chunk at most one event comes, and one of the stream's end.
  const size_t wanted = v->event_count + chunks + 1;
  if (v->event_room < wanted) {
    SL_TRY(SL_REALLOC(&v->events, wanted));
    v->event_room = wanted;
  }
  v->run.samples = samples;
  v->run.count = count;
  v->run.at = 0;
  v->run.last = last;
  v->run.out = out;
  v->run.chunk = 0;
  v->run.chunks = chunks;
  v->given += (double)count;
  sl_job_begin(&v->job);
  return SL_OK;
}

// Samples that are left wait, or are the end.
static void finish(sl_voice *v) {
  const size_t left = v->run.count - v->run.at;
  if (left > 0) memcpy(v->pending + v->held, v->run.samples + v->run.at, left * sizeof *v->pending);
  v->held += (uint32_t)left;
  v->run.at = v->run.count;
  if (v->run.last) {
    sl_voice_finish(v);
    begin_stream(v);
  }
  sl_job_end(&v->job, SL_OUTCOME_CONVERGED);
}

// The next chunk where it lies, or put together.
static const float *next_chunk(sl_voice *v) {
  const size_t left = v->run.count - v->run.at;
  if (v->held == 0 && left >= CHUNK) {
    v->run.at += CHUNK;
    return v->run.samples + v->run.at - CHUNK;
  }
  const size_t wanted = CHUNK - v->held, taken = left < wanted ? left : wanted;
  if (taken > 0)
    memcpy(v->pending + v->held, v->run.samples + v->run.at, taken * sizeof *v->pending);
  memset(v->pending + v->held + taken, 0, (wanted - taken) * sizeof *v->pending);
  v->run.at += taken;
  v->held = 0;
  return v->pending;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_voice *v = (sl_voice *)job;
  for (uint64_t done = 0; v->run.chunk < v->run.chunks && (done == 0 || done < work);
       done += CHUNK_WORK) {
    const float probability = sl_voice_hear(v, next_chunk(v));
    v->run.out[v->run.chunk++] = probability;
    sl_voice_follow(v, probability);
  }
  if (v->run.chunk == v->run.chunks) finish(v);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_voice *v = (sl_voice *)job;
  sl_voice_reset(v);
  sl_job_begin(job);
  sl_job_end(job, why);
  return SL_OK;
}
static uint64_t work_done(const sl_job *job) {
  return (uint64_t)((const sl_voice *)job)->run.chunk * CHUNK_WORK;
}
static uint64_t work_expected(const sl_job *job) {
  return (uint64_t)((const sl_voice *)job)->run.chunks * CHUNK_WORK;
}
static size_t job_bytes(const sl_job *job) { return sl_voice_bytes((const sl_voice *)job); }
static void destroy(sl_job *job) { sl_voice_destroy((sl_voice *)job); }

sl_job *sl_voice_job(sl_voice *v) { return &v->job; }

const sl_job_kind sl_voice_kind = {"voice",       step,      stop,   work_done,
                                   work_expected, job_bytes, destroy};

// ---- speech -------------------------------------------------------------------------------------

static void tell(sl_voice *v, uint32_t kind, double end) {
  double start = v->began - v->options.before;
  start = start > v->ended ? start : v->ended;
  v->events[v->event_count++] = (sl_voice_event){kind, start, end};
}

static void end_speech(sl_voice *v, double at, double most) {
  if (v->told) {
    const double end = at + v->options.after;
    tell(v, SL_VOICE_END, end < most ? end : most);
    v->ended = v->events[v->event_count - 1].end;
  }
  v->speaking = v->told = v->silent = false;
}

void sl_voice_follow(sl_voice *v, float probability) {
  const sl_voice_options *o = &v->options;
  const double p = (double)probability, at = v->heard;
  v->heard += CHUNK;
  if (p >= o->threshold) {
    v->silent = false;
    if (!v->speaking) v->began = at;
    v->speaking = true;
  } else if (v->speaking && p < o->release) {
    if (!v->silent) v->silence = at;
    v->silent = true;
    if (at - v->silence >= o->least_silence) end_speech(v, v->silence, v->heard);
  }
  if (v->speaking && !v->silent && !v->told && v->heard - v->began > o->least_speech) {
    tell(v, SL_VOICE_START, v->heard);
    v->told = true;
  }
}

void sl_voice_finish(sl_voice *v) {
  if (!v->speaking) return;
  // Zeros that a chunk was filled with are no part of the stream.
  const double end = v->silent && v->silence < v->given ? v->silence : v->given;
  end_speech(v, end, v->given);
}

void sl_voice_take_events(sl_voice *v, double *out, uint32_t room, uint32_t *count) {
  const size_t taken = v->event_count < room ? v->event_count : room;
  for (size_t i = 0; i < taken; i++) {
    out[3 * i] = v->events[i].kind;
    out[3 * i + 1] = v->events[i].start;
    out[3 * i + 2] = v->events[i].end;
  }
  v->event_count -= taken;
  if (v->event_count > 0) memmove(v->events, v->events + taken, v->event_count * sizeof *v->events);
  *count = (uint32_t)taken;
}

void sl_voice_facts(const sl_voice *v, double *out) {
  out[0] = (double)v->event_count;
  out[1] = v->held;
  out[2] = v->given;
  out[3] = v->told;
}

size_t sl_voice_bytes(const sl_voice *v) {
  size_t bytes = sizeof *v + v->event_room * sizeof *v->events;
  for (uint32_t i = 0; i < v->kept; i++)
    bytes += v->parts[i].matrix != NULL ? sl_dense_matrix_bytes(v->parts[i].matrix)
                                        : sl_voice_elements(i) * sizeof(float);
  return bytes;
}
