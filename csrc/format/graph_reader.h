// A remote graph in memory, for the walks in it. Internal to the room.
#ifndef SL_FORMAT_GRAPH_READER_H
#define SL_FORMAT_GRAPH_READER_H

#include "base/blocks.h"
#include "base/status.h"
#include "format/graph_file.h"
#include "format/types.h"

struct sl_remote_graph {
  sl_blocks blocks;
  bool verify;
  uint32_t users; // its owner, and the walks in it
  uint32_t graph[GRAPH_WORDS];
  uint32_t widest;   // most nodes in a block
  uint32_t per_page; // hashes in a page
  uint64_t entries, loops, rows_at, hashes_at;
  double mean; // weight of an entry
  uint32_t *firsts;
  uint64_t *ends;
  double *levels; // GRAPH_LEVELS, zeros from level_count on
  uint32_t level_count;
  uint8_t *pages;
};

// ERR_FORMAT of "bytes", at an offset of the block.
sl_status sl_remote_graph_bad(const sl_remote_graph *graph, uint32_t block, uint64_t at);

static inline uint64_t graph_block_begin(const sl_remote_graph *g, uint32_t block) {
  return block == 0 ? 0 : g->ends[block - 1];
}
static inline uint32_t graph_block_nodes(const sl_remote_graph *g, uint32_t block) {
  const uint32_t next =
      block + 1 < g->graph[GRAPH_BLOCKS] ? g->firsts[block + 1] : g->graph[GRAPH_NODES];
  return next - g->firsts[block];
}

#endif
