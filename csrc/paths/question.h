// What the questions of the room have in common. Internal to the room.
#ifndef SL_PATHS_QUESTION_H
#define SL_PATHS_QUESTION_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/blocks.h"
#include "base/job.h"
#include "base/memory.h"
#include "graph/graph.h"
#include "paths/paths.h"

#define SL_NOINLINE __attribute__((noinline))
#define SL_ALWAYS_INLINE static inline __attribute__((always_inline))
#define NONE SL_PATHS_NONE

// The edges that a search follows, from one node's point of view. `pairs`: weight << 32 | column, where
// all weights are whole and no path is longer than 2^32 - 2; else NULL. Both stand in one cache line.
typedef struct sl_arcs {
  const uint32_t *rows, *columns;
  const void *values;
  const uint64_t *pairs;
  sl_value_type type;
} sl_arcs;

SL_ALWAYS_INLINE double sl_arc_length(const sl_arcs *arcs, uint32_t k) {
  return arcs->type == SL_VALUES_F64   ? ((const double *)arcs->values)[k]
         : arcs->type == SL_VALUES_F32 ? (double)((const float *)arcs->values)[k]
                                       : 1.0;
}

// A kind of question. Its state is allocated with TAKE, and freed by whoever ends it.
typedef struct sl_question_kind {
  sl_status (*begin)(sl_paths *paths, const double *options, const uint32_t *nodes, uint32_t count);
  sl_status (*step)(sl_paths *paths, uint64_t work);   // sl_job_end when it is answered
  sl_status (*read)(sl_paths *paths, double *numbers); // from number 2 on
  void (*end)(sl_paths *paths); // frees what was not taken with TAKE; may be NULL
} sl_question_kind;

extern const sl_question_kind sl_tree_question, sl_route_question, sl_prepare_question,
    sl_simple_question, sl_order_question, sl_critical_question, sl_all_question,
    sl_eccentricity_question, sl_closeness_question, sl_betweenness_question, sl_sampled_question,
    sl_reduction_question;

typedef struct sl_routes sl_routes; // route.h
void sl_routes_destroy(sl_routes *routes);
size_t sl_routes_bytes(const sl_routes *routes);

struct sl_paths {
  sl_job job; // the first member
  sl_graph *graph;
  uint32_t n;
  const sl_question_kind *question; // NULL: none
  void *state;
  sl_blocks blocks; // of the question
  uint64_t work, expected;
  bool measured;                  // what follows is known
  double smallest, mean, largest; // weight; 1 when there are none
  bool whole;                     // integer weights, no path longer than 2^32 - 2
  bool exact;                     // whole weights, every sum of them exact in f64
  uint64_t *forward, *backward;   // `pairs` of sl_arcs, made when they are first needed
  sl_routes *routes;              // kept from question to question
};

// Memory of the question, freed with it.
#define TAKE(paths, pointer, count)                                                                \
  sl_blocks_take(&(paths)->blocks, (count), sizeof(**(pointer)), false, (void **)(pointer))
#define TAKE_ZERO(paths, pointer, count)                                                           \
  sl_blocks_take(&(paths)->blocks, (count), sizeof(**(pointer)), true, (void **)(pointer))

// The edges to follow. Without weights every length is 1, whatever the graph.
//   Errors: ERR_RANGE ("graph"), ERR_MEMORY. O(edges) the first time.
sl_status sl_paths_arcs(sl_paths *paths, bool weighted, bool reverse, sl_arcs *out);

// An option that is 0 or 1.
static inline bool sl_paths_flag(double option) { return option != 0; }

sl_status sl_paths_check_node(const sl_paths *paths, const char *name, uint32_t node);

#endif
