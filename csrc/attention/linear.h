// Linear attention: softmax(q k) is replaced by a product of features phi(q) phi(k), so that all keys
// go into sums of a fixed size, whatever their number:
//
//   out_i = phi(q_i) S / (phi(q_i) z),   S = sum phi(k_j) v_j^T,   z = sum phi(k_j)
//
// over the keys that are seen: all, or (causal) those up to the query's position. A state holds S and
// z, and goes on from call to call: a whole sequence, pieces of it, or token by token.
//
//   sl_linear_state_create(batch, kv_heads, size, SL_FEATURES_ELU, 0, 0, &state);
//   sl_linear_state_begin(state, &options);
//   do sl_job_step(sl_linear_state_job(state), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//
// Sums are f32. Within a chunk of tokens causal queries meet the chunk's keys in a small matrix of
// scores, and all keys before it as S; so results of two lengths of a chunk differ by rounding.
//
// Based on: A. Katharopoulos and others, "Transformers are RNNs: fast autoregressive transformers with
// linear attention" (2020), arXiv:2006.16236 (elu + 1, recurrent and chunked form); K. Choromanski and
// others, "Rethinking attention with Performers" (2020), arXiv:2009.14794 (positive orthogonal random
// features).
#ifndef SL_ATTENTION_LINEAR_H
#define SL_ATTENTION_LINEAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"

typedef struct sl_linear_state sl_linear_state;

typedef enum sl_feature_map {
  SL_FEATURES_ELU = 0,   // x > 0 ? x + 1 : exp(x), as many as elements
  SL_FEATURES_FAVOR = 1, // exp(w x' - |x'|^2 / 2) with x' = x / size^(1/4): stands for
                         // exp(q k / sqrt(size)), for the mean over random w
} sl_feature_map;

// An empty state.
//   batch, kv_heads   sequences side by side, heads of keys and values; >= 1
//   size              elements of a head, 1 .. 65536
//   map               sl_feature_map
//   features          FAVOR: how many random features, 1 .. 65536; ELU: 0
//   seed              of the random features: the same in every engine and build
//   Errors: ERR_OPTION (by name), ERR_OVERFLOW ("kv_heads"), ERR_MEMORY. O(batch kv_heads size features),
//   FAVOR: plus features size^2.
sl_status sl_linear_state_create(uint32_t batch, uint32_t kv_heads, uint32_t size, uint32_t map,
                                 uint32_t features, uint32_t seed, sl_linear_state **out);

// A copy that goes on by itself. What is running in the original is ended first, after its chunk.
// Errors: ERR_MEMORY. O(bytes).
sl_status sl_linear_state_fork(sl_linear_state *state, sl_linear_state **out);

void sl_linear_state_destroy(sl_linear_state *state); // NULL is allowed

// Forgets all keys; what is running is given up. O(bytes).
void sl_linear_state_reset(sl_linear_state *state);

// What is asked. Arrays stay the caller's, and as they are, until the job ends.
//   causal = 0   keys are added, then queries see all keys that were ever added
//   causal = 1   the last `tokens` of the keys stand at the positions of the queries, and each query
//                sees the keys up to its own
typedef struct sl_linear_options {
  const float *queries; // batch x tokens x heads x size, read
  size_t query_count;
  uint32_t tokens;
  uint32_t heads;             // a multiple of kv_heads, where there are queries
  const float *keys, *values; // batch x key_tokens x kv_heads x size each, read
  size_t key_count;
  uint32_t key_tokens; // 0 adds none
  uint32_t causal;
  uint32_t chunk; // tokens that are looked at together, 1 .. 256; 0: 64
  // As the queries, written. A query whose sum phi(q) z is 0 gives zeros, and sums beyond float32 give what is not finite.
  float *out;
} sl_linear_options;

// Begins; what was running is ended first, after its chunk.
//   Errors: ERR_SHAPE ("queries", "keys"), ERR_OPTION ("heads", "chunk"), ERR_RANGE ("queries":
//   causal, and more than keys), ERR_OVERFLOW ("keys": more than 2^32 - 1 tokens), ERR_MEMORY.
//   O(batch (heads tokens + kv_heads key_tokens) size features), causal: (size + chunk) for size.
sl_status sl_linear_state_begin(sl_linear_state *state, const sl_linear_options *options);

// The work; units are products of two elements. Stopped, the tokens of the chunk are still done:
// the state is that of sl_linear_state_length() tokens.
sl_job *sl_linear_state_job(sl_linear_state *state);
extern const sl_job_kind sl_linear_state_kind;

uint32_t sl_linear_state_length(const sl_linear_state *state); // tokens added so far
size_t sl_linear_state_bytes(const sl_linear_state *state);

// The random vectors w of FAVOR: features x size f32, row by row; NULL of ELU. Blocks of `size` rows
// are orthogonal; lengths are those of normal vectors.
uint32_t sl_linear_state_features(const sl_linear_state *state);
const float *sl_linear_state_projection(const sl_linear_state *state);

#endif
