// The parts of Leiden and Louvain: one level of nodes, what is done with it. Internal to the room.
#ifndef SL_COMMUNITIES_LEIDEN_H
#define SL_COMMUNITIES_LEIDEN_H

#include "communities/question.h"

// Nodes of one level. Level 0 is the network; others are made by aggregation and own their arrays.
typedef struct sl_level {
  uint32_t n;
  const uint32_t *rows, *columns;
  const double *weights; // NULL: 1 each
  const double *out, *in;
} sl_level;

typedef struct sl_partitioning {
  sl_network network;
  sl_level level;
  sl_rng rng;
  bool refines;
  double randomness; // in units of the network's weights

  // Of the level's nodes, room for those of the network.
  uint32_t *community; // each node's
  double *out, *in;    // sums of the communities; in is out unless directed
  uint32_t *size;      // nodes of each community
  uint32_t *vacant;    // communities without nodes
  uint32_t vacant_count;
  double *weight_to; // by community, 0 between nodes
  uint32_t *touched;
  uint32_t *queue; // also the order of refinement
  uint8_t *queued;
  uint32_t head, waiting;
  uint64_t visits; // that are left in this round of moves

  // Refinement. Communities within communities have the number of a node of theirs.
  uint32_t *refined;
  double *refined_out, *refined_in;
  double *apart; // weight from each refined community to the rest of its community
  uint32_t *refined_size;
  double *gains, *gain_weights; // of the candidates for one node
  uint64_t position;

  // Aggregation.
  uint32_t *members, *starts; // of refined communities, n and n + 1
  uint32_t *next_rows, *next_columns;
  double *next_weights, *next_out, *next_in;
  uint32_t next_n, entries;
  void *owned[5]; // arrays of the level, when it is not level 0

  uint32_t *node_of; // the level's node of each node of the network
} sl_partitioning;

// The null model's share of bringing two sets together.
SL_ALWAYS_INLINE double sl_expected(bool directed, double factor, double out_a, double in_a,
                                    double out_b, double in_b) {
  return directed ? factor * (out_a * in_b + in_a * out_b) : factor * out_a * out_b;
}

// Puts all nodes of the level into the queue in random order, and counts communities up. community
// must be set, its numbers below the level's n.
void sl_moves_begin(sl_partitioning *p);
// Moves nodes as long as that improves, for about `most` edges. Returns the edges looked at; it has
// ended when nothing waits.
uint64_t sl_moves_step(sl_partitioning *p, uint64_t most);

// Divides communities: into communities of one node, which then grow.
void sl_refinement_begin(sl_partitioning *p);
// The same; it has ended when position is 2 n.
uint64_t sl_refinement_step(sl_partitioning *p, uint64_t most);

// Makes a level whose nodes are what `refined` has as one number; count of them, numbers 0 .. count
// - 1. Errors: ERR_MEMORY.
sl_status sl_aggregation_begin(sl_partitioning *p, uint32_t count);
// The same; it has ended when position is the number of nodes.
uint64_t sl_aggregation_step(sl_partitioning *p, uint64_t most);
// Goes to the new level. starts: communities of the new nodes are those of their members.
void sl_aggregation_end(sl_partitioning *p);
// Frees what the level and the aggregation hold.
void sl_levels_free(sl_partitioning *p);
// Bytes of it.
size_t sl_levels_bytes(const sl_partitioning *p);

#endif
