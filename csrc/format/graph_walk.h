// Walks through a remote graph: PageRank by push, and steps. The walk says which blocks it wants, the
// host reads and gives them, as often as they are wanted; nothing of them is kept here.
//
//   sl_graph_walk_push | sl_graph_walk_hops
//   loop  sl_graph_walk_wants -> sl_graph_walk_give of each     until none are wanted
//         sl_graph_walk_next                                    a finer threshold, or one step more
//   [sl_graph_walk_check -> the same loop]                      push: the certificate
//   [sl_graph_walk_check]                                       without the rows that are still wanted
//   sl_graph_walk_read, sl_graph_walk_results, sl_graph_walk_path
//
// Push. With x, the mass that was pushed, and the residual r = s - x + d Q^T x, the score of a node is
// (1 - d) x / S, S = (1 - d) sum(x) + sum(r); the identity is that of diffusion/pagerank.h, dangling nodes
// restart there as well. A node is pushed while r >= epsilon * (sum of its weights) / (mean weight in the graph), as in R. Andersen,
// F. Chung, K. Lang, "Local graph partitioning using PageRank vectors", FOCS 2006,
// doi:10.1109/FOCS.2006.44. The certificate computes r anew, from x and the rows of all nodes that
// were pushed, with a bound of its rounding: sum |r| / S bounds the L1 error, whatever the file says of
// rows that were not read. In an undirected graph the error of a node is at most its degree times max
// r / degree, divided by S, too. That one rests on two things that nobody can see without the whole file: that
// each edge is in both of its rows, and that degrees are at least what the rows of neighbours say. Where a
// row that is read contradicts what another one said of its degree the file is refused.
#ifndef SL_FORMAT_GRAPH_WALK_H
#define SL_FORMAT_GRAPH_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "format/remote_graph.h"

#define SL_GRAPH_WALK_NUMBERS 16

typedef struct sl_graph_walk sl_graph_walk;

// PageRank with restarts at some nodes.
//   nodes     count, read: of the file; repeated ones add up
//   shares    count, read: how often the walk restarts at each; finite, >= 0, scaled to sum 1. NULL:
//             all alike
//   damping   above 0, below 1
//   epsilon   1e-18 .. 1
//   Errors: ERR_EMPTY, ERR_INDEX ("nodes", position), ERR_NOT_FINITE, ERR_NOT_POSITIVE ("shares"),
//   ERR_OPTION ("damping", "epsilon"), ERR_MEMORY. Allocates 10 bytes a block of the file.
sl_status sl_graph_walk_push(sl_remote_graph *graph, const uint32_t *nodes, const double *shares,
                             uint32_t count, double damping, double epsilon, sl_graph_walk **out);

// Steps from some nodes, and the shortest path to others.
//   from, to   nodes of the file, read; to_count 0: no path is looked for. With `to`, in an undirected
//              graph, steps are taken from both sides
//   Errors: ERR_EMPTY ("from"), ERR_INDEX ("from", "to"), ERR_MEMORY. Allocates as above.
sl_status sl_graph_walk_hops(sl_remote_graph *graph, const uint32_t *from, uint32_t from_count,
                             const uint32_t *to, uint32_t to_count, sl_graph_walk **out);

void sl_graph_walk_destroy(sl_graph_walk *walk);
size_t sl_graph_walk_bytes(const sl_graph_walk *walk);

// Blocks without which it cannot go on.
//   blocks   most, written; amounts: most, written: residual, mass that was pushed (certificate), or
//   nodes (hops) that wait for each
//   found    written: how many; 0: there is nothing to do before sl_graph_walk_next
//   O(blocks wanted + nodes that wait).
sl_status sl_graph_walk_wants(sl_graph_walk *walk, uint32_t most, uint32_t *blocks, double *amounts,
                              uint32_t *found);

// Goes on with a block.
//   rows     rows_length, read: the block, which was checked
//   steps    edges that are followed at most, about: what is left is wanted again
//   Errors: ERR_INDEX ("graph_block"), ERR_TRUNCATED, ERR_FORMAT ("bytes"), ERR_MEMORY.
sl_status sl_graph_walk_give(sl_graph_walk *walk, uint32_t graph_block, const uint8_t *rows,
                             size_t rows_length, uint32_t steps);

// Once nothing is wanted: with `epsilon` as the threshold from now on, or (hops) one step further on the
// side with fewer nodes at its end. Errors: ERR_STATE (blocks are wanted; checked), ERR_OPTION
// ("epsilon"), ERR_MEMORY. O(nodes).
sl_status sl_graph_walk_next(sl_graph_walk *walk, double epsilon);

// Begins the certificate of a push: whatever waits is given up, all blocks with pushed nodes are
// wanted once more, and those of nodes that were pushed because others said that they have no edges.
// The second call ends it: what is still wanted is not given, and the bound counts all that these rows may
// say. Errors: ERR_STATE (hops; after the certificate), ERR_MEMORY. O(nodes).
sl_status sl_graph_walk_check(sl_graph_walk *walk);

// numbers: SL_GRAPH_WALK_NUMBERS, written. 0 nodes that were met, 1 edges followed, 2 epsilon.
// Push: 3 sum of residuals, as far as it is known; 4 nodes with a score; after the certificate 5 bound
// of the L1 error, 6 max residual / degree, 7 1 when each score has a bound of its own, S below 8.
// Hops: 3, 4 nodes at the end of both sides; 5, 6 steps taken from them; 7 length of the shortest path
// that is known, 2^32 - 1: none; 8 1 when that is final, or no node is left. O(nodes).
void sl_graph_walk_read(const sl_graph_walk *walk, double *numbers);

// Push: nodes with the largest scores, scores, and bounds of their errors; of equal ones the smaller
// node first. Hops: nodes by their steps from `from`, which are `values`; bounds: 0.
//   nodes, values, bounds   most, written; found: written: how many
//   Errors: ERR_STATE (push: the certificate has not ended), ERR_MEMORY. O(nodes log nodes).
sl_status sl_graph_walk_results(sl_graph_walk *walk, uint32_t most, uint32_t *nodes, double *values,
                                double *bounds, uint32_t *found);

// The shortest path that is known. nodes: most, written; found: written: how many it has, which may be
// more; 0: none is known. Errors: ERR_STATE (push). O(length).
sl_status sl_graph_walk_path(const sl_graph_walk *walk, uint32_t most, uint32_t *nodes,
                             uint32_t *found);

#endif
