// Based on: W. Hamilton, R. Ying, J. Leskovec, "Inductive representation learning on large graphs",
// NIPS 2017, arXiv:1706.02216, algorithm 2, with all neighbours in place of a sample.
#include "gnn/reach.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

static uint32_t slot_of(const sl_reach *r, uint32_t node) {
  uint32_t at = (node * 0x9e3779b1u) & (r->slots - 1);
  while (r->slot[at] != 0 && r->nodes[r->slot[at] - 1] != node) at = (at + 1) & (r->slots - 1);
  return at;
}

// Room for one node more.
static sl_status widen(sl_reach *r) {
  if (r->count == r->room_nodes) {
    const uint32_t most = r->graph->node_count;
    const uint32_t room = r->room_nodes > most / 2 ? most : 2 * r->room_nodes;
    SL_TRY(SL_REALLOC(&r->nodes, room));
    r->room_nodes = room;
  }
  if (r->count < r->slots / 2) return SL_OK;
  SL_REQUIRE(r->slots <= UINT32_MAX / 4, SL_ERR_OVERFLOW, "graph", "fewer nodes");
  uint32_t *wider;
  SL_TRY(SL_ALLOC_ZERO(&wider, (size_t)r->slots * 2));
  sl_free(r->slot);
  r->slot = wider;
  r->slots *= 2;
  for (uint32_t i = 0; i < r->count; i++) r->slot[slot_of(r, r->nodes[i])] = i + 1;
  return SL_OK;
}

// The number of a node; a new one when it has none.
static sl_status number_of(sl_reach *r, uint32_t node, uint32_t *out) {
  uint32_t at = slot_of(r, node);
  if (r->slot[at] == 0) {
    SL_TRY(widen(r));
    at = slot_of(r, node);
    r->nodes[r->count++] = node;
    r->slot[at] = r->count;
  }
  *out = r->slot[at] - 1;
  return SL_OK;
}

sl_status sl_reach_begin(sl_reach *r, sl_graph *graph, const uint32_t *nodes, uint32_t count,
                         uint32_t hops, bool weighted) {
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "nodes", "one node or more");
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(nodes[i] < graph->node_count, SL_ERR_INDEX, "nodes", "a node of the graph", i);
  SL_REQUIRE(count <= graph->node_count, SL_ERR_ARGUMENT, "nodes", "different nodes");
  SL_TRY(sl_graph_incoming(graph, &r->incoming));
  r->graph = graph;
  r->hops = hops;
  r->weighted = weighted && r->incoming->value_type != SL_VALUES_PATTERN;
  r->slots = 64;
  while (r->slots / 2 <= count && r->slots <= UINT32_MAX / 4) r->slots *= 2;
  r->room_nodes = count;
  SL_TRY(SL_ALLOC_ZERO(&r->slot, r->slots));
  SL_TRY(SL_ALLOC(&r->nodes, count));
  for (uint32_t i = 0; i < count; i++) {
    uint32_t number;
    SL_TRY(number_of(r, nodes[i], &number));
    SL_REQUIRE_AT(number == i, SL_ERR_ARGUMENT, "nodes", "different nodes", i);
  }
  r->counts[0] = count;
  r->room_neighbours = 64;
  SL_TRY(SL_ALLOC(&r->neighbours, r->room_neighbours));
  SL_TRY(SL_ALLOC(&r->rows, (size_t)count + 1));
  SL_TRY(SL_ALLOC_ZERO(&r->loops, count));
  r->rows[0] = 0;
  return SL_OK;
}

static sl_status add_row(sl_reach *r) {
  const uint32_t node = r->nodes[r->position];
  const uint32_t begin = r->incoming->row_pointers[node];
  const uint32_t end = r->incoming->row_pointers[node + 1];
  uint32_t at = r->rows[r->position];
  SL_REQUIRE(at <= UINT32_MAX - (end - begin), SL_ERR_OVERFLOW, "graph", "fewer edges");
  if (at + (end - begin) > r->room_neighbours) {
    const uint32_t least = at + (end - begin);
    const uint32_t room = least > UINT32_MAX / 2 ? UINT32_MAX : 2 * least;
    SL_TRY(SL_REALLOC(&r->neighbours, room));
    r->room_neighbours = room;
  }
  for (uint32_t k = begin; k < end; k++) {
    const uint32_t other = r->incoming->columns[k];
    if (other == node)
      r->loops[r->position] = true;
    else
      SL_TRY(number_of(r, other, &r->neighbours[at++]));
  }
  r->rows[++r->position] = at;
  return SL_OK;
}

// Whether a node has a loop. O(log edges of the node).
static bool has_loop(const sl_csr *in, uint32_t node) {
  uint32_t low = in->row_pointers[node], high = in->row_pointers[node + 1];
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (in->columns[middle] < node)
      low = middle + 1;
    else
      high = middle;
  }
  return low < in->row_pointers[node + 1] && in->columns[low] == node;
}

// Weights are taken times this, so that no sum of them overflows. Coefficients are quotients, and
// beside a loop of weight 1 what becomes too small does not count.
static const double SCALE = 0x1p-64;

// Root of the weight of the incoming edges of a node, with the loop that it is given.
static double root_of(const sl_reach *r, uint32_t node) {
  const sl_csr *in = r->incoming;
  const uint32_t begin = in->row_pointers[node], end = in->row_pointers[node + 1];
  double degree = has_loop(in, node) ? 0 : SCALE;
  if (!r->weighted) return sqrt(degree + (end - begin) * SCALE);
  for (uint32_t k = begin; k < end; k++) degree += sl_csr_value(in, k) * SCALE;
  return sqrt(degree);
}

static void weigh_row(sl_reach *r, uint32_t i) {
  const sl_csr *in = r->incoming;
  const uint32_t node = r->nodes[i];
  double loop = SCALE;
  uint32_t at = r->rows[i];
  for (uint32_t k = in->row_pointers[node]; k < in->row_pointers[node + 1]; k++) {
    const double w = r->weighted ? sl_csr_value(in, k) * SCALE : SCALE;
    if (in->columns[k] == node) {
      loop = w;
      continue;
    }
    r->coefficients[at] = w / r->roots[i] / r->roots[r->neighbours[at]];
    at++;
  }
  r->own[i] = loop / r->roots[i] / r->roots[i];
}

// The nodes beyond the last neighbours are known: room for what follows.
static sl_status end_search(sl_reach *r) {
  sl_free(r->slot);
  r->slot = NULL;
  SL_TRY(SL_ALLOC(&r->own, r->position));
  SL_TRY(SL_ALLOC(&r->coefficients, r->rows[r->position]));
  return SL_ALLOC(&r->roots, r->count);
}

static sl_status next_hop(sl_reach *r) {
  r->counts[++r->hop] = r->count;
  if (r->hop == r->hops) return end_search(r);
  SL_TRY(SL_REALLOC(&r->rows, (size_t)r->count + 1));
  SL_TRY(SL_REALLOC(&r->loops, r->count));
  memset(r->loops + r->position, 0, r->count - r->position);
  return SL_OK;
}

static uint64_t edges_of(const sl_reach *r, uint32_t node) {
  return 1 + r->incoming->row_pointers[node + 1] - r->incoming->row_pointers[node];
}

static void end_growing(sl_reach *r) {
  sl_free(r->roots);
  r->roots = NULL;
  r->graph = NULL;
  r->incoming = NULL;
  r->bytes = (size_t)r->room_nodes * 4 + (size_t)r->room_neighbours * 4 + (size_t)r->position * 13 +
             (size_t)r->rows[r->position] * 8;
}

sl_status sl_reach_grow(sl_reach *r, uint64_t work, uint64_t *done, bool *ended) {
  *ended = false;
  uint64_t spent = 0;
  while (spent < work && !*ended) {
    if (r->hop < r->hops && r->position == r->counts[r->hop]) {
      SL_TRY(next_hop(r));
    } else if (r->hop < r->hops) {
      spent += edges_of(r, r->nodes[r->position]);
      SL_TRY(add_row(r));
    } else if (r->rooted < r->count) {
      const uint32_t node = r->nodes[r->rooted];
      r->roots[r->rooted++] = root_of(r, node);
      spent += r->weighted ? edges_of(r, node) : 1;
    } else if (r->weighed < r->position) {
      spent += edges_of(r, r->nodes[r->weighed]);
      weigh_row(r, r->weighed++);
    } else {
      end_growing(r);
      *ended = true;
    }
  }
  *done += spent;
  return SL_OK;
}

void sl_reach_free(sl_reach *r) {
  sl_free(r->nodes);
  sl_free(r->rows);
  sl_free(r->neighbours);
  sl_free(r->loops);
  sl_free(r->own);
  sl_free(r->coefficients);
  sl_free(r->roots);
  sl_free(r->slot);
  *r = (sl_reach){0};
}
