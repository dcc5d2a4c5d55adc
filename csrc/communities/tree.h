// A quadtree (octree in space) over points that are sorted along a Z-order curve; cells in preorder.
// Internal to the room.
#ifndef SL_COMMUNITIES_TREE_H
#define SL_COMMUNITIES_TREE_H

#include "communities/question.h"

// Points of a leaf, which are looked at together.
#define SL_LEAF 8

typedef struct sl_cell {
  float centre[3], mass; // of its points
  float reach;         // it counts as one body from where the square of the distance is above that
  uint32_t next;       // the first cell behind it that is not within it
  uint32_t begin, end; // its points, in sorted order
} sl_cell;

typedef struct sl_tree {
  uint32_t n, dimensions;
  float theta;
  // n each: points in sorted order. The arrays have room for SL_LEAF more.
  uint32_t *order, *order_next;
  uint32_t *key, *key_next;
  float *x[3], *mass;
  sl_cell *cells;
  uint32_t *parent;
  uint8_t *level;
  uint32_t count, room;
  // The building of it.
  double low[3], side;
  uint32_t position, pass;
  struct sl_pending {
    uint32_t begin, end, parent;
    uint8_t level;
  } pending[384];
  uint32_t waiting;
} sl_tree;

// Errors: ERR_MEMORY. What was allocated is freed with sl_tree_free, after an error too.
sl_status sl_tree_create(sl_tree *tree, uint32_t n, uint32_t dimensions, double theta);
void sl_tree_free(sl_tree *tree);
size_t sl_tree_bytes(const sl_tree *tree);

void sl_tree_begin(sl_tree *tree);
// Goes on building for about `most` points. positions: dimensions a node. *done: whether it is ready.
// Errors: ERR_MEMORY.
sl_status sl_tree_step(sl_tree *tree, const float *positions, const float *mass, uint64_t most,
                       uint64_t *work, bool *done);

// The force that all points have on those of a leaf, without the factor of their own mass: force is
// dimensions numbers a node, written for the leaf's nodes. Returns the bodies met.
uint64_t sl_tree_repel(const sl_tree *tree, uint32_t leaf, float *force);

#endif
