// Contraction hierarchies: a graph prepared once for routes and tables of distances that are asked
// often. Nodes are ranked, and shortcuts added, so that every shortest path has a form that first
// climbs and then descends: a question reads a few hundred nodes of a road network of millions.
//
//   sl_hierarchy_create -> sl_job_step(sl_hierarchy_job(...), ...)     the preparation
//     -> [ sl_hierarchy_route
//        | sl_hierarchy_begin_table -> steps -> sl_hierarchy_read_table ]*
//
// It holds everything it needs: the graph may be destroyed. Where contracting further would add too
// many shortcuts (graphs with hubs), the nodes left are the core, which is searched as it is.
//
// Lengths are summed in f64. Those of shortcuts are summed in another order than along the path: of
// paths whose lengths differ by rounding alone either may be given. Whole lengths are exact.
#ifndef SL_PATHS_HIERARCHY_H
#define SL_PATHS_HIERARCHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"
#include "base/status.h"
#include "graph/file.h"

typedef struct sl_hierarchy sl_hierarchy;

// Makes it, and begins the preparation.
//   graph      read, not kept
//   weighted   true: lengths are the graph's weights, or 1 each where it has none
//   Errors: ERR_RANGE ("graph": the largest weight times the number of nodes is above 2^1023),
//           ERR_MEMORY. Allocates about 100 bytes a node and 24 an edge, half of it until the end.
//   The preparation takes some us a node on road networks.
sl_status sl_hierarchy_create(sl_graph *graph, bool weighted, sl_hierarchy **out);

// Frees it. NULL is allowed.
void sl_hierarchy_destroy(sl_hierarchy *hierarchy);

// Bytes held.
size_t sl_hierarchy_bytes(const sl_hierarchy *hierarchy);

// The preparation or the table that was begun last, as work in steps. Outcomes: CONVERGED. Stopped
// from outside, a preparation leaves nothing to ask, and a table the rows that are done.
sl_job *sl_hierarchy_job(sl_hierarchy *hierarchy);
extern const sl_job_kind sl_hierarchy_kind;

// Six numbers, written: nodes, edges of the graph as its arrays hold them, whether it is directed,
// whether it is prepared, shortcuts, nodes of the core.
#define SL_HIERARCHY_FACTS 6
void sl_hierarchy_facts(const sl_hierarchy *hierarchy, double *facts);

// The shortest path between two nodes. numbers: four, written: length (Infinity: there is none),
// number of nodes on it, their address (u32; until the next question), nodes settled.
// A table that is running is dropped.
//   Errors: ERR_STATE ("hierarchy": not prepared), ERR_INDEX ("source",
//           "target"), ERR_MEMORY, ERR_FORMAT ("hierarchy": it came from a file that no preparation
//           wrote). The first question allocates 96 bytes a node. O(what it touches).
sl_status sl_hierarchy_route(sl_hierarchy *hierarchy, uint32_t source, uint32_t target,
                             double *numbers);

// Begins a table of the distances from each source to each target.
//   sources, targets   their numbers of nodes, copied; nodes may stand there more than once
//   Errors: as sl_hierarchy_route ("sources", "targets", position), ERR_EMPTY, ERR_OVERFLOW.
//   One search for each of them, then the pairs that meet.
sl_status sl_hierarchy_begin_table(sl_hierarchy *hierarchy, const uint32_t *sources,
                                   uint32_t source_count, const uint32_t *targets,
                                   uint32_t target_count);

// numbers: four, written: outcome, edge operations, address of the distances (f64, a row a source,
// until the next table; Infinity: no path), rows done. Errors: ERR_STATE.
sl_status sl_hierarchy_read_table(const sl_hierarchy *hierarchy, double *numbers);

// Saves, as base/container.h says; the hierarchy must stay as long as the writer.
//   labels   label_bytes, read and copied: what the host calls the nodes, as sl_graph_save
//   Errors: ERR_STATE ("hierarchy": not prepared), ERR_MEMORY.
sl_status sl_hierarchy_save(sl_hierarchy *hierarchy, sl_graph_labels label_kind, const void *labels,
                            size_t label_bytes, sl_writer **out);

// From a file that was read whole. Labels, when there are any, are what the reader has left:
// sl_reader_peek(). Errors: those of the reader, ERR_FORMAT, ERR_MEMORY. Safe on untrusted bytes:
// yes. O(nodes + shortcuts * log).
sl_status sl_hierarchy_load(sl_reader *reader, sl_hierarchy **out);

#endif
