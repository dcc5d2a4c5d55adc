// What the questions of the room have in common. Internal to the room.
#ifndef SL_CUTS_QUESTION_H
#define SL_CUTS_QUESTION_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/blocks.h"
#include "base/job.h"
#include "base/memory.h"
#include "cuts/cuts.h"
#include "graph/graph.h"

#define SL_NOINLINE __attribute__((noinline))
#define SL_ALWAYS_INLINE static inline __attribute__((always_inline))
#define NONE SL_CUTS_NONE

// A kind of question. Its state is allocated with TAKE, and freed by whoever ends it.
typedef struct sl_cut_question {
  bool undirected; // a directed graph is refused
  sl_status (*begin)(sl_cuts *cuts, const double *options, const uint32_t *nodes, uint32_t count);
  sl_status (*step)(sl_cuts *cuts, uint64_t work);   // sl_job_end when it is answered
  sl_status (*read)(sl_cuts *cuts, double *numbers); // from number 2 on; of an answered one
} sl_cut_question;

extern const sl_cut_question sl_components_question, sl_strong_question, sl_blocks_question,
    sl_bipartite_question, sl_cores_question, sl_triangles_question, sl_colouring_question,
    sl_spanning_question, sl_max_flow_question, sl_minimum_cut_question, sl_cut_tree_question,
    sl_matching_question, sl_cover_question, sl_weighted_question;

struct sl_cuts {
  sl_job job; // the first member
  sl_graph *graph;
  uint32_t n;
  const sl_cut_question *question; // NULL: none
  void *state;
  sl_blocks blocks; // of the question
  uint64_t work, expected;
};

// Memory of the question, freed with it.
#define TAKE(cuts, pointer, count)                                                                 \
  sl_blocks_take(&(cuts)->blocks, (count), sizeof(**(pointer)), false, (void **)(pointer))
#define TAKE_ZERO(cuts, pointer, count)                                                            \
  sl_blocks_take(&(cuts)->blocks, (count), sizeof(**(pointer)), true, (void **)(pointer))

// Weight of the stored entry k; 1 in an unweighted graph.
SL_ALWAYS_INLINE double sl_weight(const sl_csr *edges, uint32_t k) {
  return edges->value_type == SL_VALUES_F64   ? ((const double *)edges->values)[k]
         : edges->value_type == SL_VALUES_F32 ? (double)((const float *)edges->values)[k]
                                              : 1.0;
}

static inline double sl_address(const void *array) { return (double)(uintptr_t)array; }

#define REQUIRE_CHOICE(option, name, count, expected)                                              \
  SL_REQUIRE((option) >= 0 && (option) < (count) && floor(option) == (option), SL_ERR_OPTION,      \
             (name), (expected))

#endif
