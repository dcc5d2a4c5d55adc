// Based on: R. Andersen, F. Chung, K. Lang, "Local graph partitioning using PageRank vectors", FOCS
// 2006, doi:10.1109/FOCS.2006.44, whose sweep this is.
#include "diffusion/sweep_cut.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "diffusion/method.h"

// One entry: a node, its sort key and its place in the order.
typedef struct sweep_entry {
  double key;
  uint32_t node, place;
} sweep_entry;

static bool before_by_key(const sweep_entry *a, const sweep_entry *b) {
  return a->key > b->key || (a->key == b->key && a->node < b->node);
}
static bool before_by_node(const sweep_entry *a, const sweep_entry *b) { return a->node < b->node; }

// Heap sort: no recursion, no memory, the same order in every build.
static void sift(sweep_entry *heap, uint32_t at, uint32_t size,
                 bool (*before)(const sweep_entry *, const sweep_entry *)) {
  const sweep_entry entry = heap[at];
  for (uint32_t child; (child = 2 * at + 1) < size; at = child) {
    if (child + 1 < size && before(&heap[child], &heap[child + 1])) child++;
    if (!before(&entry, &heap[child])) break;
    heap[at] = heap[child];
  }
  heap[at] = entry;
}

static void sort(sweep_entry *entries, uint32_t count,
                 bool (*before)(const sweep_entry *, const sweep_entry *)) {
  for (uint32_t i = count / 2; i-- > 0;) sift(entries, i, count, before);
  for (uint32_t size = count; size-- > 1;) {
    const sweep_entry last = entries[size];
    entries[size] = entries[0];
    entries[0] = last;
    sift(entries, 0, size, before);
  }
}

// The place of a node in the order, or UINT32_MAX. `entries` sorted by node.
static uint32_t place_of(const sweep_entry *entries, uint32_t count, uint32_t node) {
  uint32_t low = 0, high = count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (entries[middle].node < node)
      low = middle + 1;
    else
      high = middle;
  }
  return low < count && entries[low].node == node ? entries[low].place : UINT32_MAX;
}

// What the node at `place` adds to the cut when it joins those before it.
static double added_cut(const sl_pagerank *p, const sweep_entry *entries, uint32_t count,
                        uint32_t node, uint32_t place) {
  const sl_csr *edges = p->run.graph->outgoing;
  double added = 0;
  for (uint32_t k = edges->row_pointers[node]; k < edges->row_pointers[node + 1]; k++) {
    const uint32_t other = edges->columns[k];
    if (other == node) continue;
    const double weight = sl_csr_value(edges, k);
    added += place_of(entries, count, other) < place ? -weight : weight;
  }
  return added;
}

static sl_status fill_entries(const sl_pagerank *p, const uint32_t *nodes, const double *scores,
                              uint32_t count, sweep_entry *entries) {
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(nodes[i] < p->run.graph->node_count, SL_ERR_INDEX, "nodes", "a node of the graph",
                  i);
    SL_REQUIRE_AT(isfinite(scores[i]), SL_ERR_NOT_FINITE, "scores", "finite numbers", i);
    SL_REQUIRE_AT(scores[i] >= 0, SL_ERR_NOT_POSITIVE, "scores", "numbers of at least 0", i);
    entries[i] = (sweep_entry){scores[i] * p->run.inverse_strength[nodes[i]], nodes[i], 0};
  }
  sort(entries, count, before_by_key);
  return SL_OK;
}

static bool has_repeated(const sweep_entry *by_node, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    if (by_node[i].node == by_node[i - 1].node) return true;
  }
  return false;
}

sl_status sl_sweep_cut(const sl_pagerank *p, const uint32_t *nodes, const double *scores,
                       uint32_t count, uint32_t max_nodes, double max_volume, uint32_t *order,
                       sl_sweep_cut_result *result) {
  SL_REQUIRE(!p->run.graph->directed, SL_ERR_UNSUPPORTED, "graph", "an undirected graph");
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "nodes", "at least one node");
  SL_REQUIRE(max_volume > 0, SL_ERR_OPTION, "max_volume", "a number above 0");
  sweep_entry *entries;
  SL_TRY(SL_ALLOC(&entries, count));
  const sl_status status = fill_entries(p, nodes, scores, count, entries);
  if (status != SL_OK) {
    sl_free(entries);
    return status;
  }
  for (uint32_t i = 0; i < count; i++) {
    order[i] = entries[i].node;
    entries[i].place = i;
  }
  sort(entries, count, before_by_node);
  if (has_repeated(entries, count)) {
    sl_free(entries);
    return sl_fail(SL_ERR_ARGUMENT, "nodes", "each node once", SL_NO_POSITION);
  }
  *result = (sl_sweep_cut_result){.conductance = 1};
  double cut = 0, volume = 0;
  const uint32_t most = max_nodes > 0 && max_nodes < count ? max_nodes : count;
  for (uint32_t i = 0; i < most; i++) {
    volume += p->run.strength[order[i]];
    if (volume > max_volume) break; // and so is every longer prefix's
    cut += added_cut(p, entries, count, order[i], i);
    const double rest = p->run.volume - volume, smaller = rest < volume ? rest : volume;
    // Weights that do not add up exactly leave crumbs where there is no rest.
    if (!(smaller > 0x1p-40 * p->run.volume)) continue;
    const double conductance = cut > 0 ? cut / smaller : 0;
    if (result->size > 0 && !(conductance < result->conductance)) continue;
    *result = (sl_sweep_cut_result){i + 1, conductance, cut > 0 ? cut : 0, volume};
  }
  sl_free(entries);
  return SL_OK;
}
