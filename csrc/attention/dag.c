#include "attention/dag.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

// Edges by where they begin, and what the order needs.
typedef struct work {
  uint32_t *first;   // nodes + 1: edges of a node are first[i] .. first[i + 1] - 1 of `edges`
  uint32_t *edges;   // numbers of edges
  uint32_t *waiting; // of each node: edges into it whose source is not in the order yet
  uint32_t *heap;    // nodes that are possible next, the smallest first
  uint32_t held;
  uint32_t *before; // of each node: the node before it on its longest path, itself where it begins
  uint32_t *memory;
} work;

static sl_status check(const sl_dag_options *o) {
  SL_REQUIRE(o->node_count >= 1 && o->node_count <= 1u << 15, SL_ERR_OPTION, "node_count",
             "1 .. 32768");
  SL_REQUIRE(o->sight <= SL_DAG_CUT_GATED, SL_ERR_OPTION, "sight",
             "ancestors, topological, criticalPath or cutGated");
  SL_REQUIRE(o->side_count == 0 || o->sight == SL_DAG_CUT_GATED, SL_ERR_OPTION, "side",
             "none, unless a cut gates");
  for (size_t i = 0; i < o->side_count; i++)
    SL_REQUIRE_AT(o->side[i] < o->node_count, SL_ERR_INDEX, "side", "a node", i);
  SL_REQUIRE(o->edges < UINT32_MAX, SL_ERR_OVERFLOW, "from", "fewer than 2^32 - 1 edges");
  for (size_t e = 0; e < o->edges; e++) {
    SL_REQUIRE_AT(o->from[e] < o->node_count, SL_ERR_INDEX, "from", "a node", e);
    SL_REQUIRE_AT(o->to[e] < o->node_count, SL_ERR_INDEX, "to", "a node", e);
    if (o->weights == NULL) continue;
    SL_REQUIRE_AT(o->weights[e] - o->weights[e] == 0, SL_ERR_NOT_FINITE, "weights",
                  "finite numbers", e);
    SL_REQUIRE_AT(o->weights[e] >= 0, SL_ERR_RANGE, "weights", "numbers >= 0", e);
  }
  return SL_OK;
}

static void push(work *w, uint32_t node) {
  uint32_t at = w->held++;
  for (; at > 0 && w->heap[(at - 1) / 2] > node; at = (at - 1) / 2)
    w->heap[at] = w->heap[(at - 1) / 2];
  w->heap[at] = node;
}

static uint32_t pop(work *w) {
  const uint32_t least = w->heap[0], last = w->heap[--w->held];
  uint32_t at = 0;
  for (uint32_t child = 1; child < w->held; child = 2 * at + 1) {
    if (child + 1 < w->held && w->heap[child + 1] < w->heap[child]) child++;
    if (w->heap[child] >= last) break;
    w->heap[at] = w->heap[child];
    at = child;
  }
  w->heap[at] = last;
  return least;
}

static sl_status gather(const sl_dag_options *o, work *w) {
  const size_t nodes = o->node_count;
  SL_TRY(SL_ALLOC_ZERO(&w->memory, 4 * nodes + 1 + o->edges));
  w->first = w->memory;
  w->waiting = w->first + nodes + 1;
  w->heap = w->waiting + nodes;
  w->before = w->heap + nodes;
  w->edges = w->before + nodes;
  for (size_t e = 0; e < o->edges; e++) {
    w->first[o->from[e] + 1]++;
    w->waiting[o->to[e]]++;
  }
  for (size_t i = 0; i < nodes; i++) w->first[i + 1] += w->first[i];
  // The heap counts how far each node's list is.
  for (size_t e = 0; e < o->edges; e++)
    w->edges[w->first[o->from[e]] + w->heap[o->from[e]]++] = (uint32_t)e;
  return SL_OK;
}

// Of nodes that never got their turn each has an edge from another one: walking back ends in a circle.
static uint32_t find_cycle(const sl_dag_options *o, work *w) {
  const uint32_t nodes = o->node_count;
  uint32_t *from = w->before, *seen = w->heap;
  for (size_t e = 0; e < o->edges; e++)
    if (w->waiting[o->from[e]] > 0 && w->waiting[o->to[e]] > 0) from[o->to[e]] = o->from[e];
  memset(seen, 0, nodes * sizeof *seen);
  uint32_t at = 0;
  while (w->waiting[at] == 0) at++;
  for (; seen[at] == 0; at = from[at]) seen[at] = 1;
  uint32_t count = 0;
  const uint32_t begin = at;
  do {
    o->order[count++] = at;
    at = from[at];
  } while (at != begin);
  for (uint32_t i = 0; i < count / 2; i++) {
    const uint32_t other = o->order[i];
    o->order[i] = o->order[count - 1 - i];
    o->order[count - 1 - i] = other;
  }
  return count;
}

// The order, and longest paths on the way; of equal ones the one whose edge comes first.
static uint32_t sort(const sl_dag_options *o, work *w) {
  uint32_t done = 0;
  w->held = 0;
  for (uint32_t i = 0; i < o->node_count; i++) {
    o->longest[i] = 0;
    w->before[i] = i;
    if (w->waiting[i] == 0) push(w, i);
  }
  while (w->held > 0) {
    const uint32_t node = pop(w);
    o->order[done++] = node;
    for (uint32_t k = w->first[node]; k < w->first[node + 1]; k++) {
      const uint32_t e = w->edges[k], target = o->to[e];
      const double length = o->longest[node] + (o->weights == NULL ? 1 : o->weights[e]);
      if (length > o->longest[target] || w->before[target] == target) {
        o->longest[target] = length;
        w->before[target] = node;
      }
      if (--w->waiting[target] == 0) push(w, target);
    }
  }
  return done;
}

static void see(const sl_dag_options *o, const work *w) {
  const size_t nodes = o->node_count;
  memset(o->mask, 0, nodes * nodes);
  for (size_t at = 0; at < nodes; at++) {
    const uint32_t node = o->order[at];
    uint8_t *row = o->mask + node * nodes;
    row[node] = 1;
    if (o->sight == SL_DAG_TOPOLOGICAL) {
      if (at > 0) memcpy(row, o->mask + o->order[at - 1] * nodes, nodes);
      row[node] = 1;
    } else if (o->sight == SL_DAG_CRITICAL_PATH) {
      const uint32_t before = w->before[node];
      if (before != node) memcpy(row, o->mask + before * nodes, nodes);
      row[node] = 1;
    } else {
      for (uint32_t k = w->first[node]; k < w->first[node + 1]; k++) {
        uint8_t *other = o->mask + o->to[w->edges[k]] * nodes;
        for (size_t j = 0; j < nodes; j++) other[j] |= row[j];
      }
    }
  }
}

// Hides what lies beyond the cut, but the nodes that edges lead from across it.
static void gate(const sl_dag_options *o, work *w) {
  const size_t nodes = o->node_count;
  uint32_t *side = w->waiting, *gates = w->heap; // done with
  memset(side, 0, nodes * sizeof *side);
  memset(gates, 0, nodes * sizeof *gates);
  for (size_t i = 0; i < o->side_count; i++) side[o->side[i]] = 1;
  for (size_t e = 0; e < o->edges; e++)
    if (side[o->from[e]] != side[o->to[e]]) gates[o->from[e]] = 1;
  for (size_t i = 0; i < nodes; i++)
    for (size_t j = 0; j < nodes; j++)
      if (side[i] != side[j] && gates[j] == 0) o->mask[i * nodes + j] = 0;
}

sl_status sl_dag_mask(const sl_dag_options *o, uint32_t *cycle) {
  *cycle = 0;
  SL_TRY(check(o));
  work w = {0};
  SL_TRY(gather(o, &w));
  if (sort(o, &w) < o->node_count)
    *cycle = find_cycle(o, &w);
  else
    see(o, &w);
  if (*cycle == 0 && o->sight == SL_DAG_CUT_GATED) gate(o, &w);
  sl_free(w.memory);
  SL_REQUIRE(*cycle == 0, SL_ERR_UNSUPPORTED, "edges", "no cycle");
  return SL_OK;
}
