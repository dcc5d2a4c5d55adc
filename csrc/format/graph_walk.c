#include "format/graph_walk.h"

#include <math.h>

#include "base/memory.h"
#include "format/graph_reader.h"

#define NONE UINT32_MAX
#define ROUNDING 0x1p-53

typedef enum kind { PUSH, CHECK, CHECKED, HOPS } kind;

typedef struct node {
  uint32_t place, next; // the next one that waits in its block
  bool waits, exact, dangling;
  uint32_t terms;
  union {
    struct {
      double share, pushed, residual; // s, x, r
      double degree;                  // a lower bound unless `exact`
      double fresh, size;             // of the certificate: r anew, and the sum of its terms' sizes
    };
    struct {
      uint32_t steps[2], parent[2]; // from both sides
    };
  };
} node;

typedef struct list {
  uint32_t *at, count, room;
} list;

struct sl_graph_walk {
  sl_remote_graph *graph; // which it keeps alive
  kind kind;
  node *nodes;
  uint32_t count, room, *slots, slot_count; // by place; a power of two
  uint32_t *heads, *tails;                  // by block: nodes that wait
  uint8_t *queued;
  list queue;      // blocks with nodes that wait
  uint32_t *rows;  // of the block that is looked at: where its rows begin
  double followed; // edges
  double damping, epsilon;
  double threshold; // epsilon in units of weights
  uint32_t longest; // row that was followed
  double bound, ratio, total;
  bool own_bounds;
  // hops
  list ends[2]; // nodes at the end of both sides
  uint32_t side, taken[2], shortest, meeting;
  bool two_sided, stepping;
};

void sl_graph_walk_destroy(sl_graph_walk *w) {
  if (w == NULL) return;
  sl_remote_graph_destroy(w->graph);
  sl_free(w->nodes);
  sl_free(w->slots);
  sl_free(w->heads);
  sl_free(w->tails);
  sl_free(w->queued);
  sl_free(w->queue.at);
  sl_free(w->rows);
  sl_free(w->ends[0].at);
  sl_free(w->ends[1].at);
  sl_free(w);
}

size_t sl_graph_walk_bytes(const sl_graph_walk *w) {
  return sizeof *w + w->room * sizeof *w->nodes + w->slot_count * sizeof *w->slots +
         9 * (size_t)w->graph->graph[GRAPH_BLOCKS];
}

static sl_status create(sl_remote_graph *g, kind k, sl_graph_walk **out) {
  const uint32_t blocks = g->graph[GRAPH_BLOCKS];
  *out = NULL;
  sl_graph_walk *w;
  SL_TRY(SL_ALLOC_ZERO(&w, 1));
  w->graph = g;
  g->users++;
  w->kind = k;
  w->shortest = w->meeting = NONE;
  sl_status status = SL_ALLOC(&w->heads, blocks);
  if (status == SL_OK) status = SL_ALLOC(&w->tails, blocks);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&w->queued, blocks);
  if (status == SL_OK) status = SL_ALLOC(&w->rows, g->widest);
  if (status != SL_OK) {
    sl_graph_walk_destroy(w);
    return status;
  }
  for (uint32_t b = 0; b < blocks; b++) w->heads[b] = NONE;
  *out = w;
  return SL_OK;
}

static sl_status append(list *l, uint32_t value) {
  if (l->count == l->room) {
    const uint32_t room = l->room < 32 ? 64 : 2 * l->room;
    SL_TRY(SL_REALLOC(&l->at, room));
    l->room = room;
  }
  l->at[l->count++] = value;
  return SL_OK;
}

static uint32_t slot_of(const sl_graph_walk *w, uint32_t place) {
  uint32_t at = place * 0x9e3779b1u & (w->slot_count - 1);
  while (w->slots[at] != NONE && w->nodes[w->slots[at]].place != place)
    at = (at + 1) & (w->slot_count - 1);
  return at;
}

// The node of a place, as an index: pointers are good until the next call only.
static sl_status node_of(sl_graph_walk *w, uint32_t place, uint32_t *out) {
  if (2 * (uint64_t)(w->count + 1) > w->slot_count) {
    const uint32_t slots = w->slot_count == 0 ? 64 : 2 * w->slot_count;
    uint32_t *table;
    SL_TRY(SL_ALLOC(&table, slots));
    sl_free(w->slots);
    w->slots = table;
    w->slot_count = slots;
    for (uint32_t i = 0; i < slots; i++) table[i] = NONE;
    for (uint32_t i = 0; i < w->count; i++) table[slot_of(w, w->nodes[i].place)] = i;
  }
  const uint32_t slot = slot_of(w, place);
  *out = w->slots[slot];
  if (*out != NONE) return SL_OK;
  if (w->count == w->room) {
    const uint32_t room = w->room == 0 ? 32 : 2 * w->room;
    SL_TRY(SL_REALLOC(&w->nodes, room));
    w->room = room;
  }
  node fresh;
  memset(&fresh, 0, sizeof fresh);
  fresh.place = place;
  if (w->kind == HOPS) fresh.steps[0] = fresh.steps[1] = fresh.parent[0] = fresh.parent[1] = NONE;
  *out = w->slots[slot] = w->count;
  w->nodes[w->count++] = fresh;
  return SL_OK;
}

// A node that waits for its block.
static sl_status wait_for(sl_graph_walk *w, uint32_t i) {
  node *x = &w->nodes[i];
  if (x->waits) return SL_OK;
  uint32_t block = 0;
  SL_TRY(sl_remote_graph_block_of(w->graph, x->place, &block));
  if (w->queued[block] == 0) {
    SL_TRY(append(&w->queue, block));
    w->queued[block] = 1;
  }
  x->waits = true;
  x->next = NONE;
  if (w->heads[block] == NONE)
    w->heads[block] = i;
  else
    w->nodes[w->tails[block]].next = i;
  w->tails[block] = i;
  return SL_OK;
}

sl_status sl_graph_walk_push(sl_remote_graph *g, const uint32_t *nodes, const double *shares,
                             uint32_t count, double damping, double epsilon, sl_graph_walk **out) {
  *out = NULL;
  SL_REQUIRE(damping > 0 && damping < 1, SL_ERR_OPTION, "damping", "a number above 0, below 1");
  SL_REQUIRE(epsilon >= 1e-18 && epsilon <= 1, SL_ERR_OPTION, "epsilon", "1e-18 to 1");
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "nodes", "one node at least");
  double sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(nodes[i] < g->graph[GRAPH_NODES], SL_ERR_INDEX, "nodes", "nodes of the file", i);
    const double share = shares == NULL ? 1 : shares[i];
    SL_REQUIRE_AT(share - share == 0, SL_ERR_NOT_FINITE, "shares", "finite numbers", i);
    SL_REQUIRE_AT(share >= 0, SL_ERR_NOT_POSITIVE, "shares", "numbers >= 0", i);
    sum += share;
  }
  SL_REQUIRE(sum > 0 && sum - sum == 0, SL_ERR_NOT_POSITIVE, "shares", "a sum above 0, finite");
  SL_TRY(create(g, PUSH, out));
  sl_graph_walk *w = *out;
  w->damping = damping;
  w->epsilon = epsilon;
  w->threshold = epsilon / g->mean;
  sl_status status = SL_OK;
  for (uint32_t i = 0; i < count && status == SL_OK; i++) {
    uint32_t at;
    status = node_of(w, nodes[i], &at);
    if (status != SL_OK) break;
    w->nodes[at].share += (shares == NULL ? 1 : shares[i]) / sum;
    w->nodes[at].residual = w->nodes[at].share;
    if (w->nodes[at].share > 0) status = wait_for(w, at);
  }
  if (status != SL_OK) {
    sl_graph_walk_destroy(w);
    *out = NULL;
  }
  return status;
}

static sl_status begin_at(sl_graph_walk *w, uint32_t side, const uint32_t *places, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    uint32_t at;
    SL_TRY(node_of(w, places[i], &at));
    node *x = &w->nodes[at];
    if (x->steps[side] == 0) continue;
    x->steps[side] = 0;
    SL_TRY(append(&w->ends[side], at));
    if (w->nodes[at].steps[1 - side] == 0) {
      w->shortest = 0;
      w->meeting = at;
    }
  }
  return SL_OK;
}

sl_status sl_graph_walk_hops(sl_remote_graph *g, const uint32_t *from, uint32_t from_count,
                             const uint32_t *to, uint32_t to_count, sl_graph_walk **out) {
  *out = NULL;
  SL_REQUIRE(from_count > 0, SL_ERR_EMPTY, "from", "one node at least");
  for (uint32_t i = 0; i < from_count; i++)
    SL_REQUIRE_AT(from[i] < g->graph[GRAPH_NODES], SL_ERR_INDEX, "from", "nodes of the file", i);
  for (uint32_t i = 0; i < to_count; i++)
    SL_REQUIRE_AT(to[i] < g->graph[GRAPH_NODES], SL_ERR_INDEX, "to", "nodes of the file", i);
  SL_TRY(create(g, HOPS, out));
  sl_graph_walk *w = *out;
  w->two_sided = to_count > 0 && g->graph[GRAPH_DIRECTED] == 0;
  sl_status status = begin_at(w, 0, from, from_count);
  if (status == SL_OK) status = begin_at(w, 1, to, to_count);
  if (status != SL_OK) {
    sl_graph_walk_destroy(w);
    *out = NULL;
  }
  return status;
}

sl_status sl_graph_walk_wants(sl_graph_walk *w, uint32_t most, uint32_t *blocks, double *amounts,
                              uint32_t *found) {
  uint32_t left = 0;
  *found = 0;
  for (uint32_t i = 0; i < w->queue.count; i++) {
    const uint32_t block = w->queue.at[i];
    if (w->heads[block] == NONE) {
      w->queued[block] = 0;
      continue;
    }
    w->queue.at[left++] = block;
    if (*found == most) continue;
    double amount = 0;
    for (uint32_t j = w->heads[block]; j != NONE; j = w->nodes[j].next)
      amount += w->kind == PUSH ? w->nodes[j].residual : w->kind == CHECK ? w->nodes[j].pushed : 1;
    blocks[*found] = block;
    amounts[(*found)++] = amount;
  }
  w->queue.count = left;
  return SL_OK;
}

// What a row gives to node `i` in a push.
static sl_status receive(sl_graph_walk *w, uint32_t block, uint32_t i, double amount,
                         double level) {
  node *v = &w->nodes[i];
  if (v->exact && level > v->degree) return sl_remote_graph_bad(w->graph, block, 0);
  if (!v->exact && v->degree < level) v->degree = level;
  if (level == 0 && !v->exact) {
    // No edge leads away from it: it is pushed without its row.
    v->dangling = true;
    v->pushed += v->residual + amount;
    v->residual = 0;
    return SL_OK;
  }
  v->residual += amount;
  // Products of tiny numbers may be 0.
  const bool active = v->residual > 0 && v->residual >= w->threshold * v->degree;
  return active ? wait_for(w, i) : SL_OK;
}

static sl_status follow(sl_graph_walk *w, uint32_t block, uint32_t i, const graph_row *row) {
  const sl_remote_graph *g = w->graph;
  const uint32_t weights = g->graph[GRAPH_WEIGHTS], place = w->nodes[i].place;
  double amount = 0;
  uint32_t target = 0;
  const uint8_t *at = row->targets;
  node *u = &w->nodes[i];
  u->waits = false;
  if (w->kind == PUSH) {
    if (row->degree < u->degree) return sl_remote_graph_bad(g, block, 0);
    u->degree = row->degree;
    u->exact = true;
    u->dangling = row->count == 0;
    if (!(u->residual > 0 && u->residual >= w->threshold * u->degree)) return SL_OK;
    amount = w->damping * u->residual;
    u->pushed += u->residual;
    u->residual = 0;
  } else if (w->kind == CHECK) {
    u->exact = true;
    amount = w->damping * u->pushed;
  }
  w->followed += row->count;
  w->longest = row->count > w->longest ? row->count : w->longest;
  const uint32_t side = w->side;
  for (uint32_t j = 0; j < row->count; j++) {
    at = graph_target(at, row, place, j == 0, g->graph[GRAPH_NODES], &target);
    if (at == NULL) return sl_remote_graph_bad(g, block, 0);
    uint32_t v;
    SL_TRY(node_of(w, target, &v));
    if (w->kind == HOPS) {
      node *x = &w->nodes[v];
      if (x->steps[side] != NONE) continue;
      x->steps[side] = w->taken[side] + 1;
      x->parent[side] = i;
      const uint32_t other = x->steps[1 - side];
      if (other != NONE && other + x->steps[side] < w->shortest) {
        w->shortest = other + x->steps[side];
        w->meeting = v;
      }
      SL_TRY(append(&w->ends[side], v));
      continue;
    }
    const double part = amount * (graph_weight(row, weights, j) / row->degree);
    if (w->kind == PUSH) {
      SL_TRY(receive(w, block, v, part, g->levels[row->codes[j]]));
    } else {
      w->nodes[v].fresh += part;
      w->nodes[v].size += part;
      w->nodes[v].terms++;
    }
  }
  return SL_OK;
}

// Is this not the row that its neighbours spoke of? Of the nodes that were met every one is compared.
static bool contradicts(const sl_graph_walk *w, uint32_t place, const graph_row *row) {
  const uint32_t i = w->slots[slot_of(w, place)];
  return i != NONE &&
         (row->degree < w->nodes[i].degree || (w->nodes[i].dangling && row->count > 0));
}

sl_status sl_graph_walk_give(sl_graph_walk *w, uint32_t block, const uint8_t *rows, size_t length,
                             uint32_t steps) {
  const sl_remote_graph *g = w->graph;
  SL_REQUIRE(block < g->graph[GRAPH_BLOCKS], SL_ERR_INDEX, "graph_block", "a block of the file");
  SL_REQUIRE_AT(length == g->ends[block] - graph_block_begin(g, block), SL_ERR_TRUNCATED, "bytes",
                "the whole block", length);
  const uint32_t first = g->firsts[block], count = graph_block_nodes(g, block);
  const uint32_t weights = g->graph[GRAPH_WEIGHTS], labels = g->graph[GRAPH_LABELS];
  const uint8_t *at = rows;
  graph_row row;
  for (uint32_t i = 0; i < count; i++) {
    w->rows[i] = (uint32_t)(at - rows);
    at = graph_row_read(at, rows + length, first + i, weights, labels, &row);
    if (at == NULL || (w->kind == CHECK && contradicts(w, first + i, &row)))
      return sl_remote_graph_bad(g, block, w->rows[i]);
  }
  const double end = w->followed + steps;
  while (w->heads[block] != NONE && w->followed <= end) {
    const uint32_t i = w->heads[block], of = w->nodes[i].place - first;
    w->heads[block] = w->nodes[i].next;
    graph_row_read(rows + w->rows[of], rows + length, first + of, weights, labels, &row);
    SL_TRY(follow(w, block, i, &row));
  }
  return SL_OK;
}

static bool something_waits(const sl_graph_walk *w) {
  for (uint32_t i = 0; i < w->queue.count; i++)
    if (w->heads[w->queue.at[i]] != NONE) return true;
  return false;
}

// A step is taken when nothing waits any more.
static void settle(sl_graph_walk *w) {
  if (!w->stepping || something_waits(w)) return;
  w->stepping = false;
  w->taken[w->side]++;
}

// No path that is not known is shorter than the levels of both sides together.
static bool is_final(const sl_graph_walk *w) {
  return (w->shortest != NONE && w->shortest <= w->taken[0] + w->taken[1]) ||
         w->ends[0].count == 0 || (w->two_sided && w->ends[1].count == 0);
}

sl_status sl_graph_walk_next(sl_graph_walk *w, double epsilon) {
  SL_REQUIRE(w->kind == PUSH || w->kind == HOPS, SL_ERR_STATE, "walk", "one that goes on");
  SL_REQUIRE(!something_waits(w), SL_ERR_STATE, "walk", "the blocks that it wants");
  if (w->kind == PUSH) {
    SL_REQUIRE(epsilon >= 1e-18 && epsilon <= 1, SL_ERR_OPTION, "epsilon", "1e-18 to 1");
    w->epsilon = epsilon;
    w->threshold = epsilon / w->graph->mean;
    for (uint32_t i = 0; i < w->count; i++) {
      const node *x = &w->nodes[i];
      if (x->residual > 0 && x->residual >= w->threshold * x->degree) SL_TRY(wait_for(w, i));
    }
    return SL_OK;
  }
  settle(w);
  if (is_final(w) || w->taken[0] + w->taken[1] == UINT32_MAX - 2) return SL_OK;
  w->side = w->two_sided && w->ends[1].count < w->ends[0].count;
  list *ends = &w->ends[w->side];
  for (uint32_t i = 0; i < ends->count; i++) SL_TRY(wait_for(w, ends->at[i]));
  ends->count = 0;
  w->stepping = true;
  return SL_OK;
}

sl_status sl_graph_walk_check(sl_graph_walk *w) {
  SL_REQUIRE(w->kind == PUSH || w->kind == CHECK, SL_ERR_STATE, "walk",
             "a push whose certificate has not ended");
  for (uint32_t i = 0; i < w->queue.count; i++) {
    w->heads[w->queue.at[i]] = NONE;
    w->queued[w->queue.at[i]] = 0;
  }
  w->queue.count = 0;
  if (w->kind == CHECK) return SL_OK; // nodes that wait go on to do so: `certify` counts them
  w->kind = CHECK;
  for (uint32_t i = 0; i < w->count; i++) {
    node *x = &w->nodes[i];
    x->waits = false;
    x->fresh = x->share - x->pushed;
    x->size = x->share + x->pushed;
    // Of a node without edges another row has said so: its own one is to confirm it.
    if (x->pushed > 0 && !(x->dangling && x->exact)) SL_TRY(wait_for(w, i));
  }
  return SL_OK;
}

// The certificate from residuals that were computed anew. Of a row that was not given all is possible:
// with u, the mass that it sends on, r is off by at most u, S is too small by at most u, and with S
// the scores, by u / S and the little by which they sum to more than 1.
static void certify(sl_graph_walk *w) {
  double pushed = 0, sum = 0, size = 0, slack = 0, ratio = 0, unknown = 0;
  bool dangling = false;
  for (uint32_t i = 0; i < w->count; i++) {
    const node *x = &w->nodes[i];
    // Terms, and in each of them the sum of a row.
    const double own = (x->terms + (double)w->longest + 16) * ROUNDING * x->size;
    pushed += x->pushed;
    if (x->waits) unknown += w->damping * x->pushed;
    sum += x->fresh;
    size += fabs(x->fresh);
    slack += own;
    dangling = dangling || x->dangling;
    if (x->degree > 0 && (fabs(x->fresh) + own) / x->degree > ratio)
      ratio = (fabs(x->fresh) + own) / x->degree;
    else if (!(x->degree > 0) && fabs(x->fresh) + own > 0 && !x->exact)
      dangling = true; // its degree is not known
  }
  const double rounding = (w->count + 16.0) * ROUNDING;
  w->total = (1 - w->damping) * pushed + sum;
  const double least = w->total - slack - rounding * ((1 - w->damping) * pushed + size);
  const double off = size + slack + unknown;
  w->bound =
      least > 0 ? (off + unknown * (1 + off / least)) / least * (1 + 2 * rounding) + rounding : 2;
  if (w->bound > 2) w->bound = 2; // two distributions do not differ by more
  w->ratio = least > 0 ? ratio / least * (1 + 2 * rounding) : 2;
  w->own_bounds = w->graph->graph[GRAPH_DIRECTED] == 0 && !dangling && !(unknown > 0);
  w->kind = CHECKED;
}

void sl_graph_walk_read(const sl_graph_walk *walk, double *numbers) {
  sl_graph_walk *w = (sl_graph_walk *)(uintptr_t)walk;
  if (w->kind == CHECK && !something_waits(w)) certify(w);
  settle(w);
  memset(numbers, 0, SL_GRAPH_WALK_NUMBERS * sizeof *numbers);
  numbers[0] = w->count;
  numbers[1] = w->followed;
  numbers[2] = w->epsilon;
  if (w->kind == HOPS) {
    numbers[3] = w->ends[0].count;
    numbers[4] = w->ends[1].count;
    numbers[5] = w->taken[0];
    numbers[6] = w->taken[1];
    numbers[7] = w->shortest;
    numbers[8] = !w->stepping && is_final(w);
    return;
  }
  double sum = 0, scores = 0;
  for (uint32_t i = 0; i < w->count; i++) {
    sum += w->nodes[i].residual;
    scores += w->nodes[i].pushed > 0;
  }
  numbers[3] = sum;
  numbers[4] = scores;
  if (w->kind != CHECKED) return;
  numbers[5] = w->bound;
  numbers[6] = w->ratio;
  numbers[7] = w->own_bounds;
  numbers[8] = w->total;
}

// By what results are ordered, the smallest first.
static double key_of(const sl_graph_walk *w, const node *x) {
  return w->kind == HOPS ? x->steps[0] : -x->pushed;
}
static bool before(const sl_graph_walk *w, uint32_t a, uint32_t b) {
  const node *x = &w->nodes[a], *y = &w->nodes[b];
  const double p = key_of(w, x), q = key_of(w, y);
  return p < q || (p == q && x->place < y->place);
}
static void sift(const sl_graph_walk *w, uint32_t *heap, uint32_t from, uint32_t end) {
  const uint32_t x = heap[from];
  for (uint32_t child; (child = 2 * from + 1) < end; from = child) {
    if (child + 1 < end && before(w, heap[child + 1], heap[child])) child++;
    if (!before(w, heap[child], x)) break;
    heap[from] = heap[child];
  }
  heap[from] = x;
}

sl_status sl_graph_walk_results(sl_graph_walk *w, uint32_t most, uint32_t *nodes, double *values,
                                double *bounds, uint32_t *found) {
  double numbers[SL_GRAPH_WALK_NUMBERS];
  sl_graph_walk_read(w, numbers);
  SL_REQUIRE(w->kind == HOPS || w->kind == CHECKED, SL_ERR_STATE, "walk",
             "a certificate that has ended");
  uint32_t *heap, count = 0;
  *found = 0;
  SL_TRY(SL_ALLOC(&heap, w->count + 1));
  for (uint32_t i = 0; i < w->count; i++) {
    const node *x = &w->nodes[i];
    if (w->kind == HOPS ? x->steps[0] != NONE : x->pushed > 0) heap[count++] = i;
  }
  for (uint32_t i = count / 2; i-- > 0;) sift(w, heap, i, count);
  for (; *found < most && count > 0; (*found)++) {
    const node *x = &w->nodes[heap[0]];
    nodes[*found] = x->place;
    if (w->kind == HOPS) {
      values[*found] = x->steps[0];
      bounds[*found] = 0;
    } else {
      values[*found] = (1 - w->damping) * x->pushed / w->total;
      const double rounding = (w->count + 16.0) * ROUNDING * values[*found];
      const double own = w->own_bounds ? x->degree * w->ratio + rounding : w->bound;
      bounds[*found] = own < w->bound ? own : w->bound;
    }
    heap[0] = heap[--count];
    if (count > 0) sift(w, heap, 0, count);
  }
  sl_free(heap);
  return SL_OK;
}

sl_status sl_graph_walk_path(const sl_graph_walk *w, uint32_t most, uint32_t *nodes,
                             uint32_t *found) {
  SL_REQUIRE(w->kind == HOPS, SL_ERR_STATE, "walk", "hops");
  *found = 0;
  if (w->shortest == NONE) return SL_OK;
  *found = w->shortest + 1;
  uint32_t at = w->nodes[w->meeting].steps[0];
  for (uint32_t i = w->meeting; i != NONE; i = w->nodes[i].parent[0], at--)
    if (at < most) nodes[at] = w->nodes[i].place;
  at = w->nodes[w->meeting].steps[0] + 1;
  for (uint32_t i = w->nodes[w->meeting].parent[1]; i != NONE; i = w->nodes[i].parent[1], at++)
    if (at < most) nodes[at] = w->nodes[i].place;
  return SL_OK;
}
