// VoiceDetector: where in a stream of sound somebody speaks, by the network Silero VAD (v5, v6).
//
//   sl_voice_create(weights, &voice);                     the user's file of ONNX
//   sl_voice_begin(voice, samples, count, last, out, room);
//   do sl_job_step(sl_voice_job(voice), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_voice_take_events(voice, events, room, &count);
//
// Sound is one channel, 16,000 samples a second, f32 from -1 to 1. It is heard in chunks of 512
// samples (32 ms), each with the 64 samples before it. Of each chunk the network tells how likely
// there is speech in it, from this chunk and all before. How a stream is cut into calls never shows
// in a result.
//
// Based on: Silero Team, "Silero VAD" (2024), github.com/snakers4/silero-vad (MIT): the network as
// it stands in silero_vad.onnx, and the rule of get_speech_timestamps() for speech that begins and
// ends. A window of 256 samples each 128 of them, by a stored table of sines and cosines; the size of
// each of its 129 frequencies; four convolutions over three places with ReLU; one LSTM of 128 (S.
// Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997),
// doi:10.1162/neco.1997.9.8.1735); a weighted sum of its positive outputs, and 1 / (1 + exp(-x)).
#ifndef SL_INFERENCE_VOICE_H
#define SL_INFERENCE_VOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"
#include "inference/weights.h"

typedef struct sl_voice sl_voice;

enum { SL_VOICE_RATE = 16000, SL_VOICE_CHUNK = 512, SL_VOICE_CONTEXT = 64 };

// When speech begins and ends. Lengths are samples.
typedef struct sl_voice_options {
  double threshold;       // speech begins with a chunk that is as likely as this, 0 .. 1
  double release;         // and may end with one that is less likely than this, 0 .. threshold
  uint32_t least_speech;  // what is not longer is no speech
  uint32_t least_silence; // speech ends after so much silence
  uint32_t before, after; // added to speech where it begins and ends
} sl_voice_options;

typedef enum sl_voice_event_kind { SL_VOICE_START = 1, SL_VOICE_END = 2 } sl_voice_event_kind;

// Samples are counted from the beginning of the stream.
//   START   speech that began at `start` has lasted longer than least_speech at `end`
//   END     speech was from `start` to `end`
// START and END alternate, and `start` is never before the `end` of the speech before.
typedef struct sl_voice_event {
  uint32_t kind; // sl_voice_event_kind
  double start, end;
} sl_voice_event;

// A detector from the tensors of a file, which is not needed afterwards. The options are 0.5, 0.35,
// 4000 (250 ms), 1600 (100 ms), 480 (30 ms), 480.
//   Errors: ERR_FORMAT ("bytes": the file has not the network for 16,000 samples a second; names,
//   shapes and convolutions are compared), ERR_NOT_FINITE ("bytes"), ERR_MEMORY. Allocates 1.3 MB.
sl_status sl_voice_create(const sl_weights *weights, sl_voice **out);
void sl_voice_destroy(sl_voice *voice); // NULL is allowed

// Errors: ERR_OPTION (by name), ERR_STATE ("voice": in the middle of a stream).
sl_status sl_voice_set(sl_voice *voice, const sl_voice_options *options);

// Forgets the stream: the next sample is the first one. What was running is given up.
void sl_voice_reset(sl_voice *voice);

// Begins with the next samples of the stream. What was running is given up, and the stream with it.
//   samples   count, read until the work ends
//   last      the stream ends with them: a chunk that is not full is filled with zeros, and speech
//             that lasts ends. The next samples are those of another stream
//   out       the probability of speech of each chunk that is full, written
//   room      of out: at least sl_voice_chunks()
//   Errors: ERR_NOT_FINITE ("samples", by position; the stream stays as it was), ERR_SHAPE ("out"),
//   ERR_MEMORY. Allocates 24 bytes a chunk for events.
sl_status sl_voice_begin(sl_voice *voice, const float *samples, size_t count, bool last, float *out,
                         size_t room);

// Chunks that so many samples more will fill.
size_t sl_voice_chunks(const sl_voice *voice, size_t count, bool last);

// The work: units are products of two elements, about 650,000 a chunk. Stopped, the stream is
// forgotten.
sl_job *sl_voice_job(sl_voice *voice);
extern const sl_job_kind sl_voice_kind;

// Events since the last call, the oldest first; those that are taken are forgotten.
//   out     three numbers each: kind, start, end; room for `room` events; written
//   count   how many were written; written
void sl_voice_take_events(sl_voice *voice, double *out, uint32_t room, uint32_t *count);

// Events that wait, samples that wait for a chunk to be full, samples of the stream, and whether
// speech lasts that was told of. out: 4 numbers, written.
#define SL_VOICE_FACTS 4u
void sl_voice_facts(const sl_voice *voice, double *out);

size_t sl_voice_bytes(const sl_voice *voice);

// SHA-256 of the network's numbers as they are kept. out: 32 bytes, written.
void sl_voice_id(const sl_voice *voice, uint8_t *out);

// Saving and loading (base/container.h); docs/format.md describes the file, which has the network
// alone. Loading is safe on untrusted bytes.
//   save   the detector must stay until the file is written. Errors: ERR_MEMORY.
//   load   Errors: those of the reader, ERR_FORMAT ("bytes"), ERR_MEMORY. O(bytes).
sl_status sl_voice_save(sl_voice *voice, sl_writer **out);
sl_status sl_voice_load(sl_reader *reader, sl_voice **out);

#endif
