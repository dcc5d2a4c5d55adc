// Shortest paths where edges may have negative lengths, from a list of edges: a graph holds positive
// weights only. Either distances, or a cycle of negative length that proves that there are none.
//
//   sl_bellman_ford_create -> sl_job_step(sl_bellman_ford_job(...), ...) -> sl_bellman_ford_read
#ifndef SL_PATHS_BELLMAN_FORD_H
#define SL_PATHS_BELLMAN_FORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"

typedef struct sl_bellman_ford sl_bellman_ford;

// Makes it, and begins.
//   node_count   1 .. 2^32 - 2
//   from, to, lengths   count entries each, read; finite lengths of either sign, parallel edges and
//                loops allowed
//   source       where paths begin; 2^32 - 1: in every node, at distance 0
//   Errors: ERR_EMPTY ("node_count"), ERR_OVERFLOW, ERR_INDEX ("from", "to", position; "source"),
//           ERR_NOT_FINITE ("lengths", position), ERR_RANGE ("lengths": the largest times the number
//           of nodes is above 2^1022), ERR_MEMORY. Allocates 16 bytes an edge and 24 a node.
sl_status sl_bellman_ford_create(uint32_t node_count, uint32_t count, const uint32_t *from,
                                 const uint32_t *to, const double *lengths, uint32_t source,
                                 sl_bellman_ford **out);

// Frees it. NULL is allowed.
void sl_bellman_ford_destroy(sl_bellman_ford *b);

// Bytes held.
size_t sl_bellman_ford_bytes(const sl_bellman_ford *b);

// The work in steps. At most node_count rounds over the edges; it ends with the first round that
// changes nothing, or that closes a negative cycle. Outcomes: CONVERGED; STAGNATED: a cycle whose
// length is 0 keeps changing the distances in their last bits.
sl_job *sl_bellman_ford_job(sl_bellman_ford *b);
extern const sl_job_kind sl_bellman_ford_kind;

// The answer, 8 numbers, written: outcome, edge operations, address of distances (node_count f64,
// Infinity: not reached), of predecessors and of the edges that lead there (node_count u32 each,
// 2^32 - 1: none), number of edges of a negative cycle (0: there is none that the source reaches),
// their address (u32, one after the other), their length.
//   Errors: ERR_STATE.
sl_status sl_bellman_ford_read(const sl_bellman_ford *b, double *numbers);

#endif
