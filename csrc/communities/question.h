// What the questions of the room have in common. Internal to the room.
#ifndef SL_COMMUNITIES_QUESTION_H
#define SL_COMMUNITIES_QUESTION_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/blocks.h"
#include "base/job.h"
#include "base/memory.h"
#include "base/rng.h"
#include "communities/communities.h"
#include "graph/graph.h"

#define SL_NOINLINE __attribute__((noinline))
#define SL_ALWAYS_INLINE static inline __attribute__((always_inline))
#define NONE UINT32_MAX

// A kind of question. Its state is allocated with TAKE, and freed by whoever ends it.
typedef struct sl_communities_kind_of {
  sl_status (*begin)(sl_communities *c, const double *options, const uint32_t *labels);
  sl_status (*step)(sl_communities *c, uint64_t work); // sl_job_end when it is answered
  sl_status (*stop)(sl_communities *c);                // makes an answer of what there is
  sl_status (*read)(sl_communities *c, double *numbers);
  void (*end)(sl_communities *c); // frees what was not taken with TAKE; may be NULL
} sl_communities_kind_of;

extern const sl_communities_kind_of sl_leiden_question, sl_louvain_question,
    sl_propagation_question, sl_quality_question, sl_embedding_question;

struct sl_communities {
  sl_job job; // the first member
  sl_graph *graph;
  uint32_t n;
  const sl_communities_kind_of *question; // NULL: none
  void *state;
  sl_blocks blocks; // of the question, and what it counts itself
  uint64_t work, expected;
};

// Memory of the question, freed with it.
#define TAKE(c, pointer, count)                                                                    \
  sl_blocks_take(&(c)->blocks, (count), sizeof(**(pointer)), false, (void **)(pointer))
#define TAKE_ZERO(c, pointer, count)                                                               \
  sl_blocks_take(&(c)->blocks, (count), sizeof(**(pointer)), true, (void **)(pointer))

// A graph as communities want it: symmetric, without loops, with what the null model knows of each
// node. Weights are scaled by a power of two where they are very large or small.
typedef struct sl_network {
  uint32_t n;
  const uint32_t *rows, *columns;
  const double *weights; // NULL: 1 each
  double *out, *in;      // the null model's: strengths, or 1 each; in is out unless `directed`
  bool directed;         // out and in differ
  double total;          // sum of out
  double mean;           // weight of an edge
  double factor;         // of the null model
  int exponent;          // weights were multiplied by 2^-exponent
} sl_network;

// Where work that has come to `done` pauses after `work` units more.
static inline uint64_t sl_pause(uint64_t done, uint64_t work) {
  return work > UINT64_MAX - done ? UINT64_MAX : done + work;
}

// What is asked of it.
typedef struct sl_objective {
  bool weighted, potts;
  double resolution;
} sl_objective;

// Reads options 0 .. 2. Errors: ERR_OPTION ("objective", "resolution").
sl_status sl_objective_read(const double *options, sl_objective *out);

// Seed of the random numbers. Errors: ERR_OPTION ("seed").
sl_status sl_seed_read(double option, sl_rng *rng);

// Errors: ERR_MEMORY. O(edges + nodes).
sl_status sl_network_create(sl_communities *c, const sl_objective *objective, sl_network *out);

// Exponent by which weights are scaled: 0 unless the largest is outside of 2^-200 .. 2^200.
int sl_network_exponent(const sl_graph *graph, bool weighted);

// Numbers from any labels: 0 .. count - 1 in the order in which they appear first. in and out may be
// the same array. Errors: ERR_MEMORY. O(n) where the labels are below 4n + 1024, else O(n log n).
sl_status sl_labels_dense(uint32_t n, const uint32_t *in, uint32_t *out, uint32_t *count);

// The same where all labels are below `most`: table is `most` numbers, overwritten. O(n + most).
uint32_t sl_labels_first_seen(uint32_t n, const uint32_t *in, uint32_t *out, uint32_t *table,
                              uint32_t most);

// Numbers of an answer: by falling size, then smallest node. labels are dense ones, in order of first
// appearance, read and written; scratch: 2 * (n + 1) numbers. O(n).
void sl_labels_by_size(uint32_t n, uint32_t *labels, uint32_t count, uint32_t *scratch);

// Random order of 0 .. n - 1.
void sl_shuffle(sl_rng *rng, uint32_t *order, uint32_t n);

// The quality of labels, summed up row by row.
typedef struct sl_quality_sum {
  const uint32_t *labels; // dense
  uint32_t count, row;
  int exponent;
  double inside, total; // weights within communities and of all edges, scaled
  double *out, *in;     // n each: sums of the communities
  double value;         // when all rows are done
} sl_quality_sum;

// `sums`: count of them, or twice as many when the graph is directed; overwritten.
void sl_quality_begin(sl_quality_sum *q, const sl_communities *c, const sl_objective *objective,
                      const uint32_t *labels, uint32_t count, double *sums);
// True when all rows are done. *work is counted up.
bool sl_quality_step(sl_quality_sum *q, const sl_communities *c, const sl_objective *objective,
                     uint64_t most, uint64_t *work);

#endif
