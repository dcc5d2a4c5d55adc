// Which nodes share a block of a file: those with the strongest ties, as far as they fit. It begins with an order that was cut
// into blocks; a node then moves to the block that it has more ties with than with its own, or changes places with one there
// where both together gain. Internal to the room; format/graph_publish.h drives it in steps.
//
// Based on: B. W. Kernighan, S. Lin, "An efficient heuristic procedure for partitioning graphs", Bell System Technical
// Journal 49 (1970), doi:10.1002/j.1538-7305.1970.tb01770.x, for exchanges of pairs; here a block at a time, in a few passes.
#ifndef SL_FORMAT_GRAPH_PACK_H
#define SL_FORMAT_GRAPH_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/blocks.h"
#include "base/status.h"
#include "format/graph_ties.h"

// Zeroed before sl_graph_pack_begin; `held` are freed by sl_blocks_free.
typedef struct sl_graph_pack {
  sl_blocks held;
  const sl_graph_ties *ties;
  const uint32_t *sizes; // bytes of the row of each node
  uint32_t *place;       // of each node; written anew when it ends
  uint32_t *block;       // the result: of each node, ascending with places
  uint32_t full, blocks; // bytes of a block; how many there are
  uint32_t at, pass, moves;
  uint64_t work;
  uint32_t *sequence;              // nodes in the order of the beginning
  uint32_t *first, *next, *before; // members of blocks
  uint64_t *filled;                // bytes, by block
  double *sums;                    // ties of the node that is looked at, by block
  uint32_t *touched;
  bool ended;
} sl_graph_pack;

// The bytes at which blocks of so many bytes in all are full: the head of the file grows with their number, what a question reads
// with their size, so about the square root, from 512 to 16,384.
uint32_t sl_graph_pack_full(double bytes);

// The arrays stay as they are until it has ended.
//   ties    which ended
//   sizes   a number for each node, read
//   place   of each node, 0 .. nodes - 1, read; written when it ends
//   full    bytes of a block; a longer row has a block of its own
//   Errors: ERR_MEMORY. Allocates 40 bytes a node. O(nodes).
sl_status sl_graph_pack_begin(sl_graph_pack *pack, const sl_graph_ties *ties, const uint32_t *sizes,
                              uint32_t *place, uint32_t full);

// Goes on for about `work` ties; `ended` says when it is done. O(edges * nodes of a block) in all as a rule.
void sl_graph_pack_step(sl_graph_pack *pack, uint64_t work);

#endif
