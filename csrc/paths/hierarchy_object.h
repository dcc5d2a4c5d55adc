// What a contraction hierarchy holds. Internal to the room; the contract is hierarchy.h.
//
// Nodes are renamed by their rank, the order in which they were contracted: most of what a question
// reads then lies at the end of the arrays. The core has the last ranks.
#ifndef SL_PATHS_HIERARCHY_OBJECT_H
#define SL_PATHS_HIERARCHY_OBJECT_H

#include <string.h>

#include "base/memory.h"
#include "paths/hierarchy.h"
#include "paths/route.h"

// Arcs between a node and higher ones; between nodes of the core, all. Row r holds those of rank r,
// by ascending heads.
typedef struct sl_climb {
  uint32_t *rows;    // n + 1
  uint32_t *heads;   // the other end
  uint32_t *middles; // the contracted node that the shortcut goes through; NONE: an edge
  double *lengths;
} sl_climb;

typedef struct sl_contraction sl_contraction;
typedef struct sl_table sl_table;

struct sl_hierarchy {
  sl_job job; // the first member
  uint32_t n, edges;
  bool directed;
  bool made;
  uint32_t core; // the first rank of it; n: there is none
  uint32_t shortcuts;
  uint32_t *rank, *node; // of a node, and back
  sl_climb climbs[2];    // arcs that lead up, and arcs that come down; the same ones if undirected
  uint64_t work;
  sl_contraction *contraction; // while it is prepared
  sl_side sides[2];            // of a question: up from the source, up from the target
  uint32_t *path, path_room;   // of the last route
  uint64_t *stack;             // arcs that are still to be unpacked, as pairs of ranks
  uint32_t stack_room;
  sl_table *table;
};

// The preparation. `graph` is read now. Errors: ERR_RANGE ("graph"), ERR_MEMORY.
sl_status sl_contraction_begin(sl_hierarchy *h, sl_graph *graph, bool weighted);
// Goes on for about `work` edges; `done`: written. Errors: ERR_MEMORY.
sl_status sl_contraction_step(sl_hierarchy *h, uint64_t work, bool *done);
void sl_contraction_end(sl_contraction *c);
size_t sl_contraction_bytes(const sl_contraction *c);

// The table that was begun last.
sl_status sl_table_step(sl_hierarchy *h, uint64_t work, bool *done);
void sl_table_end(sl_table *table);
size_t sl_table_bytes(const sl_table *table);

// Room for questions. Errors: ERR_MEMORY.
sl_status sl_hierarchy_reserve(sl_hierarchy *h);

// Arc head of row `rank`, or NONE. O(log degree).
uint32_t sl_climb_find(const sl_climb *climb, uint32_t rank, uint32_t head);

// A search in a hierarchy: it begins at a rank, leaves settled nodes alone that a higher one leads to
// on a shorter way, and follows the arcs of the others.
void sl_side_open(sl_side *side, uint32_t rank, uint32_t n);
bool sl_side_is_stalled(const sl_side *side, const sl_climb *down, sl_heap_entry here);
void sl_side_relax(sl_side *side, const sl_climb *up, sl_heap_entry here);

void sl_climb_free(sl_climb *climb);

#endif
