// How a state of linear attention is held. Internal to the room.
#ifndef SL_ATTENTION_LINEAR_PARTS_H
#define SL_ATTENTION_LINEAR_PARTS_H

#include "attention/linear.h"

enum { LINEAR_CHUNK = 64, MOST_CHUNK = 256 };

struct sl_linear_state {
  sl_job job; // the first member
  uint32_t batch, kv_heads, size, map;
  uint32_t features, wide; // wide: features, up to a multiple of 8
  uint32_t padded;         // size + 1 (the 1 that sums z), up to a multiple of 8
  uint32_t length;
  // Of each item and head of keys: wide x padded sums, column `size` is z.
  float *sums;
  float *most;       // FAVOR, of each item and head: keys were scaled down by exp(-most)
  float *projection; // FAVOR, features x size
  float *panels;     // the same as panels of a right operand, size deep

  // What runs.
  sl_linear_options o;
  uint32_t at, item, head; // key or query token, item and head of keys
  bool asking;             // not causal: the keys have been added
  uint64_t work, expected;
  float *scratch;
  size_t room;
  float *key_features, *query_features, *left, *key_panels, *values, *scores, *answers;
};

// features x size numbers: rows of orthogonal blocks, as long as normal vectors. `size` rows of
// scratch memory are not needed: each block is made orthogonal in place. O(features size^2).
void sl_linear_draw(float *projection, uint32_t features, uint32_t size, uint32_t seed);

// out[j] = x[j] > 0 ? x[j] + 1 : exp(x[j]); n elements, room for a multiple of four in out.
void sl_linear_elu(const float *x, uint32_t n, float *out);

#endif
