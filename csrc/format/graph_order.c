#include "format/graph_order.h"

#include "base/memory.h"

#define NONE UINT32_MAX

enum { GAIN, LOSS, WALK };

static sl_status take(sl_graph_order *o, size_t count, size_t size, bool zero, void *out) {
  return sl_blocks_take(&o->blocks, count, size, zero, out);
}

// Nodes by their number of edges, the fewest first: a counting sort.
static sl_status sort_nodes(sl_graph_order *o) {
  uint32_t most = 0;
  for (uint32_t u = 0; u < o->nodes; u++) {
    const uint32_t count = o->starts[u + 1] - o->starts[u];
    most = count > most ? count : most;
  }
  uint32_t *before;
  SL_TRY(SL_ALLOC_ZERO(&before, (size_t)most + 2));
  for (uint32_t u = 0; u < o->nodes; u++) before[o->starts[u + 1] - o->starts[u] + 1]++;
  for (uint32_t i = 0; i <= most; i++) before[i + 1] += before[i];
  for (uint32_t u = 0; u < o->nodes; u++)
    o->sequence[before[o->starts[u + 1] - o->starts[u]]++] = u;
  sl_free(before);
  return SL_OK;
}

sl_status sl_graph_order_begin(sl_graph_order *o, uint32_t nodes, const uint32_t *starts,
                               const uint32_t *columns, const float *weights) {
  o->nodes = nodes;
  o->starts = starts;
  o->columns = columns;
  o->weights = weights;
  SL_TRY(take(o, nodes, sizeof *o->degree, true, &o->degree));
  SL_TRY(take(o, nodes, sizeof *o->sum, true, &o->sum));
  SL_TRY(take(o, nodes, sizeof *o->root, false, &o->root));
  SL_TRY(take(o, nodes, sizeof *o->parent, false, &o->parent));
  SL_TRY(take(o, nodes, sizeof *o->child, false, &o->child));
  SL_TRY(take(o, nodes, sizeof *o->sibling, false, &o->sibling));
  SL_TRY(take(o, nodes, sizeof *o->sequence, false, &o->sequence));
  SL_TRY(take(o, nodes, sizeof *o->touched, false, &o->touched));
  SL_TRY(take(o, nodes, sizeof *o->link_count, true, &o->link_count));
  SL_TRY(take(o, nodes, sizeof *o->links, true, &o->links));
  SL_TRY(take(o, nodes, sizeof *o->place, false, &o->place));
  for (uint32_t u = 0; u < nodes; u++) {
    o->root[u] = u;
    o->parent[u] = o->child[u] = o->sibling[u] = NONE;
    for (uint32_t e = starts[u]; e < starts[u + 1]; e++) o->degree[u] += weights ? weights[e] : 1;
    o->twice += o->degree[u];
  }
  return sort_nodes(o);
}

void sl_graph_order_free(sl_graph_order *o) {
  for (uint32_t u = 0; o->links != NULL && u < o->nodes; u++) sl_free(o->links[u]);
  sl_blocks_free(&o->blocks);
  o->links = NULL;
}

static uint32_t find(sl_graph_order *o, uint32_t u) {
  while (o->root[u] != u) u = o->root[u] = o->root[o->root[u]];
  return u;
}

static void add(sl_graph_order *o, uint32_t u, uint32_t to, double weight) {
  const uint32_t r = find(o, to);
  o->work++;
  if (r == u) return;
  if (o->sum[r] == 0) o->touched[o->touched_count++] = r;
  o->sum[r] += weight > 0 ? weight : 1e-300; // what has been touched is not touched again
}

static void add_links(sl_graph_order *o, uint32_t u, uint32_t from) {
  sl_graph_link *links = o->links[from];
  for (uint32_t i = 0; i < o->link_count[from]; i++) add(o, u, links[i].to, links[i].weight);
  sl_free(links);
  o->links[from] = NULL;
  o->link_count[from] = 0;
}

// The edges of u's community to others, summed by community.
static void gather(sl_graph_order *o, uint32_t u) {
  o->touched_count = 0;
  if (o->phase == GAIN)
    for (uint32_t e = o->starts[u]; e < o->starts[u + 1]; e++)
      add(o, u, o->columns[e], o->weights ? o->weights[e] : 1);
  add_links(o, u, u);
  for (uint32_t c = o->child[u]; c != NONE; c = o->sibling[c]) {
    if (o->links[c] != NULL) add_links(o, u, c);
    o->work++;
  }
}

// Merges u with the best of the communities around it, if there is one.
static sl_status merge(sl_graph_order *o, uint32_t u) {
  gather(o, u);
  uint32_t best = NONE;
  double most = 0;
  for (uint32_t i = 0; i < o->touched_count; i++) {
    const uint32_t r = o->touched[i];
    const double gain = o->sum[r] - o->degree[u] / o->twice * o->degree[r];
    if (best == NONE ? gain > 0 || o->phase == LOSS : gain > most) {
      best = r;
      most = gain;
    }
  }
  // Edges to the community that it becomes a part of are within that from now on.
  const uint32_t left = o->touched_count - (best != NONE);
  sl_status status = SL_OK;
  sl_graph_link *links = NULL;
  if (left > 0) status = SL_ALLOC(&links, left);
  uint32_t count = 0;
  for (uint32_t i = 0; i < o->touched_count; i++) {
    const uint32_t r = o->touched[i];
    if (links != NULL && r != best) links[count++] = (sl_graph_link){r, (float)o->sum[r]};
    o->sum[r] = 0;
  }
  o->links[u] = links;
  o->link_count[u] = count;
  if (status != SL_OK || best == NONE) return status;
  o->root[u] = o->parent[u] = best;
  o->sibling[u] = o->child[best];
  o->child[best] = u;
  o->degree[best] += o->degree[u];
  return SL_OK;
}

// A tree in preorder: a node before what was merged into it, the last one first.
static void walk(sl_graph_order *o, uint32_t top) {
  for (uint32_t u = top;;) {
    o->place[u] = o->next_place++;
    o->work++;
    if (o->child[u] != NONE) {
      u = o->child[u];
      continue;
    }
    while (u != top && o->sibling[u] == NONE) u = o->parent[u];
    if (u == top) return;
    u = o->sibling[u];
  }
}

sl_status sl_graph_order_step(sl_graph_order *o, uint64_t work) {
  const uint64_t end = o->work + work;
  while (!o->ended && o->work < end) {
    if (o->at == o->nodes) {
      o->at = 0;
      o->ended = o->phase++ == WALK;
      continue;
    }
    const uint32_t u = o->sequence[o->at++];
    o->work++;
    if (o->phase == GAIN || (o->phase == LOSS && o->parent[u] == NONE))
      SL_TRY(merge(o, u));
    else if (o->phase == WALK && o->parent[u] == NONE)
      walk(o, u);
  }
  return SL_OK;
}
