// Based on: R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972),
// doi:10.1137/0201010, without recursion. Components come out in reverse topological order.
#include "diffusion/condensation.h"

#include <string.h>

#include "base/memory.h"

// Scratch of the search: five arrays of n.
typedef struct search {
  uint32_t *index; // order of discovery from 1, 0 = not seen; n + 1 = in a finished component
  uint32_t *low;   // smallest index reachable
  uint32_t *open;  // nodes of unfinished components
  uint32_t *path;  // nodes on the way from the root
  uint32_t *next;  // next edge of each node on it
} search;

// Takes the component of `root` off the open nodes and gives it the rows before `row`, later found
// nodes last. Returns its first row.
static uint32_t close_component(sl_diffusion_condensation *c, search *s, uint32_t *open_count,
                                uint32_t root, uint32_t row) {
  uint32_t u;
  do {
    u = s->open[--*open_count];
    s->index[u] = c->node_count + 1;
    c->node[--row] = u;
  } while (u != root);
  return row;
}

// Fills c->node, and segment_start (from the end of the array) with the first row of each
// component.
static uint32_t find_components(sl_diffusion_condensation *c, const sl_csr *edges, search *s) {
  const uint32_t n = c->node_count;
  uint32_t found = 0, open_count = 0, row = n, components = 0;
  for (uint32_t start = 0; start < n; start++) {
    if (s->index[start] != 0) continue;
    uint32_t depth = 0;
    s->path[0] = s->open[open_count++] = start;
    s->index[start] = s->low[start] = ++found;
    s->next[0] = edges->row_pointers[start];
    for (;;) {
      const uint32_t u = s->path[depth];
      if (s->next[depth] < edges->row_pointers[u + 1]) {
        const uint32_t v = edges->columns[s->next[depth]++];
        if (s->index[v] == 0) {
          s->index[v] = s->low[v] = ++found;
          s->path[++depth] = s->open[open_count++] = v;
          s->next[depth] = edges->row_pointers[v];
        } else if (s->index[v] < s->low[u]) {
          s->low[u] = s->index[v]; // finished ones have an index above all
        }
        continue;
      }
      if (s->low[u] == s->index[u]) {
        row = close_component(c, s, &open_count, u, row);
        c->segment_start[n - components++] = row;
      }
      if (depth == 0) break;
      const uint32_t low = s->low[u], above = s->path[--depth];
      if (low < s->low[above]) s->low[above] = low;
    }
  }
  return components;
}

static bool has_loop(const sl_csr *edges, uint32_t u) {
  for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
    if (edges->columns[k] == u) return true;
  }
  return false;
}

// Turns the starts of components into segments: neighbours without cycles are joined.
static void join_segments(sl_diffusion_condensation *c, const sl_csr *edges, uint32_t components) {
  const uint32_t n = c->node_count;
  uint32_t count = 0;
  for (uint32_t i = 0; i < components; i++) {
    const uint32_t first = c->segment_start[n - components + 1 + i];
    const uint32_t end = i + 1 < components ? c->segment_start[n - components + 2 + i] : n;
    const bool cyclic = end - first > 1 || has_loop(edges, c->node[first]);
    if (cyclic && end - first > c->largest) c->largest = end - first;
    if (count > 0 && !cyclic && !c->cyclic[count - 1]) continue;
    // count <= i: never overtakes what is still to be read.
    c->segment_start[count] = first;
    c->cyclic[count++] = cyclic;
  }
  c->segment_start[count] = n;
  c->segment_count = count;
}

// Copies the edges of one node to its row, those with `inside` first. Returns the end of those.
static uint32_t fill_row(sl_diffusion_condensation *c, const sl_csr *edges, const uint32_t *row_of,
                         uint32_t row, uint32_t first, uint32_t end) {
  const size_t size = sl_csr_value_size(edges->value_type);
  const uint32_t u = c->node[row];
  uint32_t at = c->row_pointers[row], inner_end = at;
  for (int inside = 1; inside >= 0; inside--) {
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      const uint32_t target = row_of[edges->columns[k]];
      if ((target >= first && target < end) != inside) continue;
      c->columns[at] = target;
      if (size > 0) {
        memcpy((char *)c->values + at * size, (const char *)edges->values + k * size, size);
      }
      at++;
    }
    if (inside) inner_end = at;
  }
  c->row_pointers[row + 1] = at;
  return inner_end;
}

static void fill_rows(sl_diffusion_condensation *c, const sl_csr *edges, uint32_t *row_of) {
  for (uint32_t row = 0; row < c->node_count; row++) row_of[c->node[row]] = row;
  c->row_pointers[0] = 0;
  for (uint32_t s = 0; s < c->segment_count; s++) {
    const uint32_t first = c->segment_start[s];
    // In a run without cycles nothing counts as inside: its rows are followed once anyway.
    const uint32_t end = c->cyclic[s] ? c->segment_start[s + 1] : first;
    for (uint32_t row = first; row < c->segment_start[s + 1]; row++) {
      c->inner_end[row] = fill_row(c, edges, row_of, row, first, end);
      c->inner_edges += c->inner_end[row] - c->row_pointers[row];
    }
  }
}

static sl_status allocate(sl_diffusion_condensation *c, const sl_csr *edges, uint32_t **scratch) {
  const size_t n = c->node_count;
  SL_TRY(SL_ALLOC(&c->node, n));
  SL_TRY(SL_ALLOC(&c->row_pointers, n + 1));
  SL_TRY(SL_ALLOC(&c->inner_end, n));
  SL_TRY(SL_ALLOC(&c->columns, edges->nnz));
  SL_TRY(SL_ALLOC(&c->segment_start, n + 1));
  SL_TRY(SL_ALLOC(&c->cyclic, n));
  const size_t size = sl_csr_value_size(edges->value_type);
  if (size > 0) SL_TRY(sl_alloc(edges->nnz, size, &c->values));
  return SL_ALLOC_ZERO(scratch, 5 * n);
}

sl_status sl_diffusion_condensation_create(const sl_csr *edges, sl_diffusion_condensation **out) {
  *out = NULL;
  sl_diffusion_condensation *c;
  SL_TRY(SL_ALLOC_ZERO(&c, 1));
  const uint32_t n = c->node_count = edges->rows;
  c->edge_count = edges->nnz;
  uint32_t *scratch = NULL;
  sl_status status = allocate(c, edges, &scratch);
  if (status != SL_OK) {
    sl_diffusion_condensation_destroy(c);
    return status;
  }
  search s = {scratch, scratch + n, scratch + 2 * (size_t)n, scratch + 3 * (size_t)n,
              scratch + 4 * (size_t)n};
  const uint32_t components = find_components(c, edges, &s);
  join_segments(c, edges, components);
  fill_rows(c, edges, scratch);
  sl_free(scratch);
  *out = c;
  return SL_OK;
}

void sl_diffusion_condensation_destroy(sl_diffusion_condensation *c) {
  if (c == NULL) return;
  sl_free(c->node);
  sl_free(c->row_pointers);
  sl_free(c->inner_end);
  sl_free(c->columns);
  sl_free(c->values);
  sl_free(c->segment_start);
  sl_free(c->cyclic);
  sl_free(c);
}

size_t sl_diffusion_condensation_bytes(const sl_diffusion_condensation *c, sl_value_type type) {
  const size_t n = c->node_count, m = c->edge_count;
  return sizeof *c + (4 * n + 2) * sizeof *c->node + n * sizeof *c->cyclic +
         m * (sizeof *c->columns + sl_csr_value_size(type));
}
