// How a scan is held. Internal to the room.
#ifndef SL_ATTENTION_SELECTIVE_PARTS_H
#define SL_ATTENTION_SELECTIVE_PARTS_H

#include "attention/selective.h"

struct sl_selective {
  sl_job job; // the first member
  uint32_t batch, channels, states, groups, softplus;
  uint32_t wide;  // states, up to a multiple of 4: the ones more stay 0, as their B and C are
  uint32_t lanes; // channels, up to a multiple of 4
  uint32_t length;
  float *memory;
  float *state;               // batch x channels x wide
  float *a;                   // channels x wide
  float *d, *delta_bias;      // lanes each
  float *delta, *row, *b, *c; // of one token: lanes, lanes, wide, wide

  // What runs.
  sl_selective_options o;
  uint32_t at;
  uint64_t work;
};

#endif
