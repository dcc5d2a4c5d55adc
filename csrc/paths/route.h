// Searches for one target: the labels of nodes they touch, which stay between questions, and the
// landmarks. Internal to the room.
#ifndef SL_PATHS_ROUTE_H
#define SL_PATHS_ROUTE_H

#include "paths/search.h"

#define CLOSED UINT32_MAX
#define ACTIVE_LANDMARKS 4

// A node as one direction of a search sees it; valid where the stamp is that of the search.
typedef struct sl_label {
  double distance;
  double potential; // lower bound of what is left
  uint32_t predecessor;
  uint32_t position; // in the heap; CLOSED once it is settled
  uint32_t stamp;
  uint32_t padding;
} sl_label;

typedef struct sl_side {
  sl_label *labels; // n
  sl_heap_entry *heap;
  uint32_t heap_count;
  uint32_t stamp;
} sl_side;

static inline sl_heap_places sl_side_places(const sl_side *side) {
  return (sl_heap_places){(char *)&side->labels->position, sizeof *side->labels};
}

struct sl_routes {
  uint32_t n;
  sl_side sides[2];  // from the source, and to the target
  sl_waves waves[2]; // in place of the sides where weights are of sizes for them; made when they
                     // are first needed
  // Distances from and to landmarks, rounded: row v holds those of node v. For undirected graphs
  // both are the same.
  uint32_t landmarks;
  bool weighted;      // lengths that the landmarks know
  float *from, *to;   // n x landmarks
  uint32_t *landmark; // the nodes
  double margin;      // that rounding of the distances can make
};

// The workspace, made by the first question, with so many sides (0 .. 2). Errors: ERR_MEMORY.
sl_status sl_routes_create(sl_paths *paths, int sides);

// A side begins anew. O(1), O(n) every 2^32 times.
void sl_side_reset(sl_side *side, uint32_t n);

// A search towards a target whose potentials never say too much. Nodes whose label was too large
// when they were settled are opened again, so that rounding of the potentials does no harm.
typedef struct sl_towards {
  sl_side *side;
  sl_arcs arcs;
  uint32_t source, target;
  const double *left;         // n: lower bounds of the distance to the target, or NULL
  double share;               // what is taken of them
  const sl_routes *landmarks; // or NULL
  uint32_t active[ACTIVE_LANDMARKS], active_count;
  bool directed;
  const uint32_t *banned; // n: nodes that are not entered hold `ban`, or NULL
  uint32_t ban;
  const uint32_t *banned_first; // nodes that the first edge must not lead to
  uint32_t banned_first_count;
  double bound; // paths of this length or more are not wanted
  uint64_t settled;
  bool running;
} sl_towards;

// Chooses the landmarks that say most about a pair.
void sl_towards_choose(sl_towards *towards);
// Begins; `running` tells whether there is anything to do. Goes on for about `work` edges.
void sl_towards_start(sl_towards *towards, double distance, uint32_t n);
uint64_t sl_towards_step(sl_towards *towards, uint64_t work);

// Nodes from the source to the target by the labels of a side, written to `path`; NULL: counted.
uint32_t sl_side_path(const sl_side *side, uint32_t target, uint32_t *path);

// Sum of the lengths along a path, from its beginning. O(sum of log degree).
double sl_path_length(const sl_arcs *arcs, const uint32_t *path, uint32_t count);

#endif
