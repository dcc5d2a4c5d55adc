// A graph from another one and a few changes: rows are merged, nothing is sorted but the changes.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "graph/graph.h"

// Place of the entry (u, v), or UINT32_MAX.
static uint32_t place_of(const sl_csr *edges, uint32_t u, uint32_t v) {
  uint32_t low = edges->row_pointers[u], high = edges->row_pointers[u + 1];
  const uint32_t end = high;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (edges->columns[middle] < v)
      low = middle + 1;
    else
      high = middle;
  }
  return low < end && edges->columns[low] == v ? low : UINT32_MAX;
}

// removed[k] = 1 for the entries that go.
static sl_status mark_removed(const sl_graph *graph, uint32_t count, const uint32_t *from,
                              const uint32_t *to, uint8_t *removed) {
  const uint32_t n = graph->node_count;
  for (uint32_t i = 0; i < count; i++) {
    const bool inside = from[i] < n && to[i] < n;
    const uint32_t place = inside ? place_of(graph->outgoing, from[i], to[i]) : UINT32_MAX;
    SL_REQUIRE_AT(place != UINT32_MAX && !removed[place], SL_ERR_ARGUMENT, "removed",
                  "an edge of the graph, once", i);
    removed[place] = 1;
    if (!graph->directed) removed[place_of(graph->outgoing, to[i], from[i])] = 1;
  }
  return SL_OK;
}

static void store(void *values, sl_value_type type, size_t k, double value) {
  if (type == SL_VALUES_F64) ((double *)values)[k] = value;
  if (type == SL_VALUES_F32) ((float *)values)[k] = (float)value;
}

// One row of the result; returns the place after it. False in *finite when a sum overflows.
static uint32_t merge_row(const sl_csr *old, const uint8_t *removed, const sl_csr *added,
                          uint32_t u, uint32_t fill, uint32_t *columns, void *values,
                          bool *finite) {
  uint32_t i = u < old->rows ? old->row_pointers[u] : 0;
  const uint32_t i_end = u < old->rows ? old->row_pointers[u + 1] : 0;
  uint32_t j = added->row_pointers[u];
  const uint32_t j_end = added->row_pointers[u + 1];
  while (i < i_end || j < j_end) {
    if (i < i_end && removed[i]) {
      i++;
      continue;
    }
    const bool take_old = i < i_end && (j == j_end || old->columns[i] <= added->columns[j]);
    const bool take_new = j < j_end && (i == i_end || added->columns[j] <= old->columns[i]);
    double value = take_old ? sl_csr_value(old, i) : 0;
    if (take_new) value += sl_csr_value(added, j);
    columns[fill] = take_old ? old->columns[i] : added->columns[j];
    store(values, old->value_type, fill++, value);
    *finite &= isfinite(old->value_type == SL_VALUES_F32 ? (double)(float)value : value);
    i += take_old;
    j += take_new;
  }
  return fill;
}

static sl_status merge(const sl_csr *old, const uint8_t *removed, const sl_csr *added,
                       sl_csr **out) {
  const size_t most = (size_t)old->nnz + added->nnz, size = sl_csr_value_size(old->value_type);
  SL_REQUIRE((uint64_t)old->nnz + added->nnz <= UINT32_MAX, SL_ERR_OVERFLOW, "graph",
             "fewer than 2^32 entries");
  uint32_t *pointers = NULL, *columns = NULL;
  void *values = NULL;
  sl_status status = SL_ALLOC(&pointers, (size_t)added->rows + 1);
  if (status == SL_OK) status = SL_ALLOC(&columns, most);
  if (status == SL_OK && size > 0) status = sl_alloc(most, size, &values);
  bool finite = true;
  if (status == SL_OK) {
    pointers[0] = 0;
    for (uint32_t u = 0; u < added->rows; u++) {
      pointers[u + 1] = merge_row(old, removed, added, u, pointers[u], columns, values, &finite);
    }
    const size_t nnz = pointers[added->rows];
    if (!finite) status = sl_fail(SL_ERR_NOT_FINITE, "weights", "finite sums", SL_NO_POSITION);
    if (status == SL_OK) status = SL_REALLOC(&columns, nnz);
    if (status == SL_OK && size > 0) status = sl_realloc(&values, nnz, size);
  }
  if (status != SL_OK) {
    sl_free(pointers);
    sl_free(columns);
    sl_free(values);
    return status;
  }
  return sl_csr_adopt(added->rows, added->rows, pointers, columns, values, old->value_type, out);
}

sl_status sl_graph_edit(const sl_graph *graph, uint32_t node_count, uint32_t removed_count,
                        const uint32_t *removed_from, const uint32_t *removed_to,
                        uint32_t added_count, const uint32_t *added_from, const uint32_t *added_to,
                        const void *weights, sl_value_type value_type, sl_graph **out) {
  *out = NULL;
  const sl_csr *old = graph->outgoing;
  SL_REQUIRE(node_count >= graph->node_count && node_count < UINT32_MAX, SL_ERR_OPTION,
             "node_count", "no fewer nodes than the graph has");
  SL_REQUIRE(value_type == old->value_type, SL_ERR_ARGUMENT, "weights",
             "weights of the graph's type, none for an unweighted graph");
  sl_graph *added = NULL;
  sl_csr *merged = NULL;
  uint8_t *removed;
  SL_TRY(SL_ALLOC_ZERO(&removed, old->nnz));
  sl_status status = mark_removed(graph, removed_count, removed_from, removed_to, removed);
  if (status == SL_OK) {
    status = sl_graph_from_edges(node_count, added_count, added_from, added_to, weights, value_type,
                                 graph->directed, &added);
  }
  if (status == SL_OK) status = merge(old, removed, added->outgoing, &merged);
  sl_free(removed);
  sl_graph_destroy(added);
  if (status != SL_OK) return status;
  return sl_graph_adopt(merged, graph->directed, out);
}
