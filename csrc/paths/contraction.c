// The preparation of a contraction hierarchy: nodes are taken out one after another, the least
// important first, and between their neighbours shortcuts are put where no other path is as short.
//
// Based on: Geisberger, Sanders, Schultes, Vetter, "Exact routing in large road networks using
// contraction hierarchies", Transportation Science 46 (2012), doi:10.1287/trsc.1110.0401. The
// importance of a node is its level, the shortcuts it needs for each arc it removes, and the same
// counted in edges.
#include "paths/hierarchy_object.h"

// Searches for another path give up after so many nodes or edges: then a shortcut is put that may
// not be needed.
enum { WITNESS_NODES = 80, WITNESS_EDGES = 3000 };

// A node with more pairs of neighbours than this, or more arcs that come in, is not looked at more
// closely; where only such nodes are left, they are the core.
enum { MOST_PAIRS = 1 << 12, MOST_IN = 256 };

// Nodes with more arcs are looked at again when they are taken, not each time a neighbour is: with
// as many searches as they have arcs that would be most of the work.
enum { FEW_ARCS = 4 };

typedef struct link {
  double length;
  uint32_t node, middle; // the other end; NONE: an edge
  uint32_t hops;         // edges that it stands for
  uint32_t next;         // in its list; NONE: the last
} link;

typedef struct neighbour {
  double length;
  uint32_t node, hops;
} neighbour;

struct sl_contraction {
  uint32_t sides;      // lists of a node: out and in, or one of an undirected graph
  uint32_t *first[2];  // n: its links
  uint32_t *degree[2]; // n: links to nodes that are left
  link *links;
  uint32_t count, room;
  uint32_t *level; // n
  double *key;     // n: importance
  sl_heap_entry *heap;
  uint32_t heap_count, *position;
  uint32_t *changed, changed_count; // nodes whose importance is to be found again
  uint8_t *is_changed;
  neighbour *ends[2]; // of the node that is contracted: where its arcs lead, and come from
  uint32_t end_count[2], end_room[2];
  sl_side witness;
  double *wanted; // n: what a witness must not be longer than; 0: none is wanted
  uint32_t contracted;
  uint32_t built; // ranks whose rows are written; counted after the contraction
  uint64_t scanned;
};

static sl_heap_places key_places(const sl_contraction *c) {
  return (sl_heap_places){(char *)c->position, sizeof *c->position};
}

static bool is_left(const sl_hierarchy *h, uint32_t u) { return h->rank[u] == NONE; }

// ---- links --------------------------------------------------------------------------------------

static sl_status add_link(sl_contraction *c, int side, uint32_t u, link made) {
  if (c->count == c->room) {
    SL_REQUIRE(c->room < NONE / 2, SL_ERR_OVERFLOW, "graph", "fewer shortcuts");
    const uint32_t room = c->room + c->room / 2 + 64;
    SL_TRY(SL_REALLOC(&c->links, room));
    c->room = room;
  }
  made.next = c->first[side][u];
  c->links[c->count] = made;
  c->first[side][u] = c->count++;
  c->degree[side][u]++;
  return SL_OK;
}

static link *find_link(sl_contraction *c, int side, uint32_t u, uint32_t node) {
  for (uint32_t k = c->first[side][u]; k != NONE; k = c->links[k].next)
    if (c->links[k].node == node) return &c->links[k];
  return NULL;
}

// Puts an arc u -> w, or makes the one that is there shorter.
static sl_status put_arc(sl_contraction *c, uint32_t u, uint32_t w, double length, uint32_t middle,
                         uint32_t hops) {
  const int in = c->sides - 1;
  link *there =
      c->degree[0][u] <= c->degree[in][w] ? find_link(c, 0, u, w) : find_link(c, in, w, u);
  if (there != NULL) {
    if (there->length <= length) return SL_OK;
    link *ends[2] = {find_link(c, 0, u, w), find_link(c, in, w, u)};
    for (int i = 0; i < 2; i++) {
      ends[i]->length = length;
      ends[i]->middle = middle;
      ends[i]->hops = hops;
    }
    return SL_OK;
  }
  SL_TRY(add_link(c, 0, u, (link){length, w, middle, hops, NONE}));
  return add_link(c, in, w, (link){length, u, middle, hops, NONE});
}

// The neighbours of a node that are left; links to others are taken out of its list.
static sl_status collect(sl_hierarchy *h, sl_contraction *c, int side, uint32_t v) {
  uint32_t *link_at = &c->first[side][v];
  c->end_count[side] = 0;
  while (*link_at != NONE) {
    link *here = &c->links[*link_at];
    if (!is_left(h, here->node)) {
      *link_at = here->next;
      continue;
    }
    if (c->end_count[side] == c->end_room[side]) {
      const uint32_t room = 2 * c->end_room[side] + 16;
      SL_TRY(SL_REALLOC(&c->ends[side], room));
      c->end_room[side] = room;
    }
    c->ends[side][c->end_count[side]++] = (neighbour){here->length, here->node, here->hops};
    link_at = &here->next;
  }
  return SL_OK;
}

// ---- witnesses ----------------------------------------------------------------------------------

// Shortest paths from u that avoid v, up to a length, until there is a witness for each of the
// `open` nodes that want one: labels that are not settled are lengths of paths too.
static void search_witnesses(sl_hierarchy *h, sl_contraction *c, uint32_t u, uint32_t v,
                             double most, uint32_t open) {
  sl_side *side = &c->witness;
  sl_side_reset(side, h->n);
  const sl_heap_places places = sl_side_places(side);
  side->labels[u] = (sl_label){.predecessor = NONE, .stamp = side->stamp};
  side->heap[0] = (sl_heap_entry){0, u};
  side->heap_count = 1;
  uint32_t settled = 0, edges = 0;
  while (open > 0 && side->heap_count > 0 && side->heap[0].key <= most && settled < WITNESS_NODES &&
         edges < WITNESS_EDGES) {
    const sl_heap_entry next = sl_heap_take(side->heap, &side->heap_count, places);
    side->labels[next.node].position = CLOSED;
    settled++;
    uint32_t *link_at = &c->first[0][next.node];
    while (*link_at != NONE && edges < WITNESS_EDGES) {
      const link *here = &c->links[*link_at];
      const uint32_t w = here->node;
      edges++;
      if (!is_left(h, w)) {
        *link_at = here->next;
        continue;
      }
      link_at = &c->links[*link_at].next;
      if (w == v) continue;
      const double sum = next.key + here->length;
      if (sum > most) continue;
      sl_label *label = &side->labels[w];
      const bool known = label->stamp == side->stamp;
      if (known && !(sum < label->distance)) continue;
      const uint32_t at = known ? label->position : side->heap_count++;
      // The first label that is short enough is the witness.
      open -= sum <= c->wanted[w] && !(known && label->distance <= c->wanted[w]);
      label->distance = sum;
      label->stamp = side->stamp;
      sl_heap_rise(side->heap, at, (sl_heap_entry){sum, w}, places);
    }
  }
  c->scanned += edges + settled;
}

typedef struct need {
  uint32_t arcs, hops; // shortcuts, and the edges they stand for
} need;

// The shortcuts that taking v out needs; put, if wanted.
static sl_status shortcuts(sl_hierarchy *h, sl_contraction *c, uint32_t v, bool put, need *out) {
  *out = (need){0};
  const uint32_t in = c->sides - 1;
  SL_TRY(collect(h, c, 0, v));
  if (in > 0) SL_TRY(collect(h, c, 1, v));
  for (uint32_t i = 0; i < c->end_count[in]; i++) {
    const neighbour from = c->ends[in][i];
    // Of an undirected graph each pair once.
    const uint32_t begin = in > 0 ? 0 : i + 1;
    double most = 0;
    uint32_t open = 0;
    for (uint32_t j = begin; j < c->end_count[0]; j++) {
      const neighbour *to = &c->ends[0][j];
      if (to->node == from.node) continue;
      const double length = from.length + to->length;
      c->wanted[to->node] = length;
      most = length > most ? length : most;
      open++;
    }
    if (open == 0) continue;
    search_witnesses(h, c, from.node, v, most, open);
    for (uint32_t j = begin; j < c->end_count[0]; j++) c->wanted[c->ends[0][j].node] = 0;
    for (uint32_t j = begin; j < c->end_count[0]; j++) {
      const neighbour to = c->ends[0][j];
      if (to.node == from.node) continue;
      const double length = from.length + to.length;
      const sl_label *label = &c->witness.labels[to.node];
      if (label->stamp == c->witness.stamp && label->distance <= length) continue;
      out->arcs++;
      out->hops += from.hops + to.hops;
      if (put) SL_TRY(put_arc(c, from.node, to.node, length, v, from.hops + to.hops));
    }
  }
  return SL_OK;
}

static bool has_many_pairs(const sl_contraction *c, uint32_t v) {
  const uint32_t in = c->degree[c->sides - 1][v];
  return in > MOST_IN || (uint64_t)c->degree[0][v] * in > MOST_PAIRS;
}

static sl_status find_key(sl_hierarchy *h, sl_contraction *c, uint32_t v, double *out) {
  if (has_many_pairs(c, v)) {
    *out = INFINITY;
    return SL_OK;
  }
  need added;
  SL_TRY(shortcuts(h, c, v, false, &added));
  uint32_t arcs = 0, hops = 0;
  for (uint32_t side = 0; side < c->sides; side++) {
    arcs += c->end_count[side];
    for (uint32_t i = 0; i < c->end_count[side]; i++) hops += c->ends[side][i].hops;
  }
  *out = c->level[v];
  if (arcs > 0) *out += (double)added.arcs / arcs + (double)added.hops / hops;
  return SL_OK;
}

// ---- the order ----------------------------------------------------------------------------------

static void mark(sl_contraction *c, uint32_t u) {
  if (c->is_changed[u]) return;
  c->is_changed[u] = 1;
  if (c->degree[0][u] + c->degree[c->sides - 1][u] <= 2 * FEW_ARCS || c->position[u] == CLOSED)
    c->changed[c->changed_count++] = u;
}

// Finds the importance of a node again. In the heap one that became more important stays where it is
// until it is taken.
static sl_status refresh(sl_hierarchy *h, sl_contraction *c, uint32_t u) {
  double key;
  c->is_changed[u] = 0;
  SL_TRY(find_key(h, c, u, &key));
  if (c->position[u] == CLOSED)
    sl_heap_rise(c->heap, c->heap_count++, (sl_heap_entry){key, u}, key_places(c));
  else if (key < c->heap[c->position[u]].key)
    sl_heap_rise(c->heap, c->position[u], (sl_heap_entry){key, u}, key_places(c));
  c->key[u] = key;
  return SL_OK;
}

static sl_status contract(sl_hierarchy *h, sl_contraction *c, uint32_t v) {
  need added;
  SL_TRY(shortcuts(h, c, v, true, &added));
  h->rank[v] = c->contracted;
  h->node[c->contracted++] = v;
  for (uint32_t side = 0; side < c->sides; side++) {
    const uint32_t other = c->sides - 1 - side;
    for (uint32_t i = 0; i < c->end_count[side]; i++) {
      const uint32_t u = c->ends[side][i].node;
      c->degree[other][u]--;
      if (c->level[u] <= c->level[v]) c->level[u] = c->level[v] + 1;
      mark(c, u);
    }
  }
  return SL_OK;
}

// The nodes that are left are the core, in the order of their numbers.
static void leave_core(sl_hierarchy *h, sl_contraction *c) {
  h->core = c->contracted;
  for (uint32_t u = 0; u < h->n; u++) {
    if (!is_left(h, u)) continue;
    h->node[c->contracted++] = u;
  }
  for (uint32_t r = h->core; r < h->n; r++) h->rank[h->node[r]] = r;
  c->heap_count = 0;
}

static sl_status take_next(sl_hierarchy *h, sl_contraction *c) {
  const sl_heap_entry next = sl_heap_take(c->heap, &c->heap_count, key_places(c));
  const uint32_t u = next.node;
  c->position[u] = CLOSED;
  if (c->is_changed[u])
    SL_TRY(refresh(h, c, u));
  else if (next.key < c->key[u])
    sl_heap_rise(c->heap, c->heap_count++, (sl_heap_entry){c->key[u], u}, key_places(c));
  else if (next.key == INFINITY)
    leave_core(h, c);
  else
    return contract(h, c, u);
  return SL_OK;
}

// ---- rows ---------------------------------------------------------------------------------------

// Lists keep links to nodes that were contracted since they were walked last: those lead down, from
// nodes of the core as well.
static bool climbs(const sl_hierarchy *h, uint32_t from, uint32_t to) {
  return h->rank[to] > h->rank[from] || (h->rank[from] >= h->core && h->rank[to] >= h->core);
}

static sl_status count_rows(sl_hierarchy *h, const sl_contraction *c, int side) {
  sl_climb *climb = &h->climbs[side];
  SL_TRY(SL_ALLOC(&climb->rows, (size_t)h->n + 1));
  uint32_t total = 0;
  for (uint32_t r = 0; r < h->n; r++) {
    const uint32_t u = h->node[r];
    climb->rows[r] = total;
    for (uint32_t k = c->first[side][u]; k != NONE; k = c->links[k].next)
      total += climbs(h, u, c->links[k].node);
  }
  climb->rows[h->n] = total;
  SL_TRY(SL_ALLOC(&climb->heads, total));
  SL_TRY(SL_ALLOC(&climb->middles, total));
  return SL_ALLOC(&climb->lengths, total);
}

// One row, by ascending heads: rows are short, and those of the core are at most as long as it.
static uint64_t write_row(sl_hierarchy *h, const sl_contraction *c, int side, uint32_t r) {
  sl_climb *climb = &h->climbs[side];
  const uint32_t u = h->node[r], begin = climb->rows[r];
  uint32_t end = begin;
  uint64_t moved = 1;
  for (uint32_t k = c->first[side][u]; k != NONE; k = c->links[k].next) {
    const link *here = &c->links[k];
    if (!climbs(h, u, here->node)) continue;
    const uint32_t head = h->rank[here->node];
    uint32_t at = end++;
    for (; at > begin && climb->heads[at - 1] > head; at--) {
      climb->heads[at] = climb->heads[at - 1];
      climb->middles[at] = climb->middles[at - 1];
      climb->lengths[at] = climb->lengths[at - 1];
      moved++;
    }
    climb->heads[at] = head;
    climb->middles[at] = here->middle == NONE ? NONE : h->rank[here->middle];
    h->shortcuts += here->middle != NONE;
    climb->lengths[at] = here->length;
    moved++;
  }
  return moved;
}

static sl_status write_rows(sl_hierarchy *h, sl_contraction *c, uint64_t work, bool *done) {
  if (h->climbs[0].rows == NULL) {
    for (uint32_t side = 0; side < c->sides; side++) SL_TRY(count_rows(h, c, (int)side));
    if (c->sides == 1) h->climbs[1] = h->climbs[0];
    h->work += h->n;
    return SL_OK;
  }
  for (uint64_t moved = 0; c->built < h->n && moved < work; c->built++) {
    for (uint32_t side = 0; side < c->sides; side++) {
      const uint64_t here = write_row(h, c, (int)side, c->built);
      moved += here;
      h->work += here;
    }
  }
  *done = c->built == h->n;
  return SL_OK;
}

// ---- the job ------------------------------------------------------------------------------------

sl_status sl_contraction_step(sl_hierarchy *h, uint64_t work, bool *done) {
  sl_contraction *c = h->contraction;
  *done = false;
  c->scanned = 0;
  do {
    if (c->changed_count > 0) {
      SL_TRY(refresh(h, c, c->changed[--c->changed_count]));
    } else if (c->heap_count > 0) {
      SL_TRY(take_next(h, c));
    } else {
      h->work += c->scanned;
      return write_rows(h, c, work, done);
    }
    c->scanned++;
  } while (c->scanned < work);
  h->work += c->scanned;
  return SL_OK;
}

static sl_status read_edges(sl_hierarchy *h, sl_contraction *c, const sl_csr *edges,
                            bool weighted) {
  for (uint32_t u = 0; u < h->n; u++) {
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      const uint32_t v = edges->columns[k];
      if (v == u) continue;
      const double length = weighted ? sl_csr_value(edges, k) : 1;
      SL_TRY(add_link(c, 0, u, (link){length, v, NONE, 1, NONE}));
      if (c->sides == 2) SL_TRY(add_link(c, 1, v, (link){length, u, NONE, 1, NONE}));
    }
  }
  return SL_OK;
}

static sl_status allocate(sl_contraction *c, size_t n, size_t edges) {
  for (uint32_t side = 0; side < c->sides; side++) {
    SL_TRY(SL_ALLOC(&c->first[side], n));
    memset(c->first[side], 0xff, n * sizeof *c->first[side]);
    SL_TRY(SL_ALLOC_ZERO(&c->degree[side], n));
  }
  SL_TRY(SL_ALLOC(&c->links, edges * c->sides));
  c->room = (uint32_t)(edges * c->sides);
  SL_TRY(SL_ALLOC_ZERO(&c->level, n));
  SL_TRY(SL_ALLOC_ZERO(&c->key, n));
  SL_TRY(SL_ALLOC(&c->heap, n));
  SL_TRY(SL_ALLOC(&c->position, n));
  memset(c->position, 0xff, n * sizeof *c->position);
  SL_TRY(SL_ALLOC(&c->changed, n));
  SL_TRY(SL_ALLOC_ZERO(&c->is_changed, n));
  SL_TRY(SL_ALLOC_ZERO(&c->wanted, n));
  SL_TRY(SL_ALLOC_ZERO(&c->witness.labels, n));
  return SL_ALLOC(&c->witness.heap, n);
}

sl_status sl_contraction_begin(sl_hierarchy *h, sl_graph *graph, bool weighted) {
  const sl_csr *edges = graph->outgoing;
  sl_contraction *c;
  SL_TRY(SL_ALLOC_ZERO(&c, 1));
  h->contraction = c;
  c->sides = graph->directed ? 2 : 1;
  SL_REQUIRE(edges->nnz < NONE / 2, SL_ERR_OVERFLOW, "graph", "fewer edges");
  SL_TRY(allocate(c, h->n, edges->nnz));
  SL_TRY(read_edges(h, c, edges, weighted));
  for (uint32_t u = h->n; u-- > 0;) mark(c, u);
  return SL_OK;
}

void sl_contraction_end(sl_contraction *c) {
  if (c == NULL) return;
  for (int side = 0; side < 2; side++) {
    sl_free(c->first[side]);
    sl_free(c->degree[side]);
    sl_free(c->ends[side]);
  }
  sl_free(c->links);
  sl_free(c->level);
  sl_free(c->key);
  sl_free(c->heap);
  sl_free(c->position);
  sl_free(c->changed);
  sl_free(c->is_changed);
  sl_free(c->wanted);
  sl_free(c->witness.labels);
  sl_free(c->witness.heap);
  sl_free(c);
}

size_t sl_contraction_bytes(const sl_contraction *c) {
  return c == NULL ? 0 : sizeof *c + c->room * sizeof *c->links;
}
