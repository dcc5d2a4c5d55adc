// A memory that learns in one shot: binary synapses from many inputs to many neurons, changed by
// plateau potentials alone. An item is a set of active inputs. While it is stored, a few neurons,
// drawn at random, have a plateau, and their synapses from active inputs are changed; the neurons
// that fire when the item, or a part of it, is shown again are its trace.
//
//   sl_btsp_create(&options, &memory);
//   sl_btsp_store(memory, active, count, plateaus, &plateau_count);
//   sl_btsp_recall(memory, cue, cue_count, NAN, trace, &trace_count);
//
// The same options, seed and calls give the same bits in every build.
//
// Based on: Y. Wu, W. Maass, "A simple model for Behavioral Time Scale Synaptic Plasticity (BTSP)
// provides content addressable memory with binary synapses and one-shot learning", Nature
// Communications 16, 342 (2025), doi:10.1038/s41467-024-55563-6: the core rule. A synapse of an
// active input and a neuron with a plateau changes from 0 to 1, or from 1 to 0, with probability 1/2;
// all others stay. A deviation: the threshold of firing is not fixed by search, but the one of the
// smallest error for what has been stored (see sl_btsp_chances).
#ifndef SL_CONTINUAL_BTSP_H
#define SL_CONTINUAL_BTSP_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct sl_btsp sl_btsp;

typedef struct sl_btsp_options {
  uint32_t inputs;  // 1 to 2^20
  uint32_t neurons; // 1 to 2^20; inputs * neurons at most 2^33
  double plateau;   // probability that a neuron has one while an item is stored, above 0, below 1
  double connected; // probability that an input has a synapse to a neuron, above 0, at most 1
  uint32_t seed;
} sl_btsp_options;

// plateau 0.005, connected 0.6 (those of the paper), seed 1; sizes are 0.
sl_btsp_options sl_btsp_options_default(void);

// Draws which synapses there are; all weights are 0. 2 bits a pair of input and neuron.
//   Errors: ERR_OPTION (the name of the field), ERR_OVERFLOW ("neurons"), ERR_MEMORY.
//   O(inputs * neurons).
sl_status sl_btsp_create(const sl_btsp_options *options, sl_btsp **out);
void sl_btsp_destroy(sl_btsp *memory);
size_t sl_btsp_bytes(const sl_btsp *memory);

// Stores an item.
//   active     count different numbers below `inputs`, read
//   plateaus   `neurons` numbers, written: the neurons that had a plateau, ascending
//   plateau_count   written: how many
//   Errors: ERR_EMPTY, ERR_INDEX, ERR_ARGUMENT ("active"). O(count * plateaus + neurons).
sl_status sl_btsp_store(sl_btsp *memory, const uint32_t *active, uint32_t count, uint32_t *plateaus,
                        uint32_t *plateau_count);

// The neurons that fire.
//   active      count different numbers below `inputs`, read
//   threshold   weights of active inputs that make a neuron fire, 0 or more. NaN: the number of the
//               smallest error, which depends on how many of the inputs a neuron is connected to
//   trace       `neurons` numbers, written: those that fire, ascending; none before anything is stored
//   trace_count     written: how many
//   Errors: ERR_EMPTY, ERR_INDEX, ERR_ARGUMENT ("active"), ERR_OPTION ("threshold").
//   O(count * neurons).
sl_status sl_btsp_recall(sl_btsp *memory, const uint32_t *active, uint32_t count, double threshold,
                         uint32_t *trace, uint32_t *trace_count);

typedef struct sl_btsp_facts {
  uint32_t inputs, neurons;
  double items;  // stored
  double active; // mean number of active inputs of an item; 0 before any
  double weight; // share of synapses that are 1
} sl_btsp_facts;
void sl_btsp_facts_read(const sl_btsp *memory, sl_btsp_facts *out);

// A load that a memory may have.
typedef struct sl_btsp_load {
  uint32_t inputs;  // 1 to 2^20
  uint32_t active;  // of each item, 1 to `inputs` and at most 4096; they are drawn independently
  uint32_t cue;     // that are shown, 1 to `active`
  double items;     // stored, 1 to 1e9
  double plateau;   // as in sl_btsp_options
  double connected; // the same
} sl_btsp_load;

typedef struct sl_btsp_chance {
  double hit;         // probability that a neuron which had a plateau for the item fires
  double false_alarm; // that one which had none does
  double weight;      // share of synapses that are 1
} sl_btsp_chance;

// What recall is worth under a load, in closed form, at the threshold of the smallest error. A neuron
// that had a plateau for an item holds it in half of its synapses, however long ago: later plateaus
// draw them again with the same probability. What grows with the load is the rest: after L plateaus a
// synapse is 1 with probability (1 - (1 - active / inputs)^L) / 2, and L is binomial.
//   Errors: ERR_OPTION (the name of the field). O(cue^2 * sqrt(items * plateau)), of the last factor 256 at most.
sl_status sl_btsp_chances(const sl_btsp_load *load, sl_btsp_chance *out);

#endif
