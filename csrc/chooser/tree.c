#include "chooser/tree.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

sl_status sl_tree_space_make(sl_tree_space *space, uint32_t rows, uint32_t features) {
  *space = (sl_tree_space){.rows = rows, .features = features};
  const size_t all = ((size_t)features + 1) * rows;
  sl_status status = SL_ALLOC(&space->sorted, all);
  if (status == SL_OK) status = SL_ALLOC(&space->orders, all);
  if (status == SL_OK) status = SL_ALLOC(&space->moved, rows);
  if (status == SL_OK) status = SL_ALLOC(&space->weights, rows);
  if (status == SL_OK) status = SL_ALLOC(&space->picked, (size_t)features + 1);
  if (status == SL_OK) status = SL_ALLOC(&space->right, rows);
  if (status != SL_OK) sl_tree_space_free(space);
  return status;
}

void sl_tree_space_free(sl_tree_space *space) {
  sl_free(space->sorted);
  sl_free(space->orders);
  sl_free(space->moved);
  sl_free(space->weights);
  sl_free(space->picked);
  sl_free(space->right);
  sl_free(space->nodes);
  *space = (sl_tree_space){0};
}

// Whether row i comes before row j: missing values last.
static bool before(const sl_chooser_runs *runs, uint32_t feature, uint32_t i, uint32_t j) {
  const double a = runs->values[(size_t)i * runs->features + feature],
               b = runs->values[(size_t)j * runs->features + feature];
  if (isnan(a) || isnan(b)) return isnan(a) == isnan(b) ? i < j : isnan(b);
  return a < b || (a == b && i < j);
}

void sl_tree_sort(sl_tree_space *space, const sl_chooser_runs *runs) {
  const uint32_t n = runs->count;
  for (uint32_t f = 0; f <= runs->features; f++) {
    uint32_t *order = space->sorted + (size_t)f * n, *from = order, *to = space->moved;
    for (uint32_t i = 0; i < n; i++) order[i] = i;
    for (uint32_t width = 1; f > 0 && width < n; width *= 2) {
      for (uint32_t at = 0; at < n; at += 2 * width) {
        const uint32_t middle = n - at < width ? n : at + width,
                       end = n - at < 2 * width ? n : at + 2 * width;
        uint32_t i = at, j = middle;
        for (uint32_t k = at; k < end; k++) {
          const bool first = j >= end || (i < middle && before(runs, f - 1, from[i], from[j]));
          to[k] = first ? from[i++] : from[j++];
        }
      }
      uint32_t *other = from;
      from = to;
      to = other;
    }
    if (from != order) memcpy(order, from, n * sizeof *order);
  }
}

void sl_tree_add(sl_chooser_node *leaf, double target, uint8_t ending, double weight) {
  if (ending == SL_RUN_FAILED) {
    leaf->fail += weight;
    return;
  }
  if (ending == SL_RUN_CENSORED) leaf->censored += weight;
  leaf->ok += weight;
  const double away = target - leaf->mean;
  leaf->mean += away * weight / leaf->ok;
  // Rounding must not take it below 0.
  leaf->m2 += fmax(weight * away * (target - leaf->mean), 0);
}

uint32_t sl_tree_leaf(const sl_chooser_node *nodes, uint32_t root, const double *row) {
  uint32_t at = root;
  while (nodes[at].feature != SL_LEAF) {
    const double value = row[nodes[at].feature];
    const bool left = isnan(value) ? nodes[at].missing_left != 0 : value <= nodes[at].threshold;
    at = left ? nodes[at].left : nodes[at].right;
  }
  return at;
}

typedef struct grower {
  sl_tree_space *space;
  const sl_chooser_runs *runs;
  const sl_tree_shape *shape;
  uint32_t stride; // between orders: rows of the tree
} grower;

typedef struct split {
  double gain, threshold;
  uint32_t feature;
  bool missing_left;
} split;

// Appends a leaf with the statistics of rows begin .. end - 1.
static sl_status add_node(grower *g, uint32_t begin, uint32_t end, uint32_t *out) {
  sl_tree_space *s = g->space;
  if (s->node_count == s->node_room) {
    const uint32_t room = s->node_room > 0 ? s->node_room * 2 : 64;
    SL_TRY(SL_REALLOC(&s->nodes, room));
    s->node_room = room;
  }
  sl_chooser_node *node = &s->nodes[s->node_count];
  *node = (sl_chooser_node){.feature = SL_LEAF};
  for (uint32_t k = begin; k < end; k++) {
    const uint32_t row = s->orders[k];
    sl_tree_add(node, g->runs->targets[row], g->runs->endings[row], s->weights[row]);
  }
  *out = s->node_count++;
  return SL_OK;
}

// The best place to split a node by one feature, if it is better than `best`.
static void try_feature(const grower *g, uint32_t feature, uint32_t begin, uint32_t end,
                        double weight, double sum, double centre, split *best) {
  const uint32_t *order = g->space->orders + (size_t)(feature + 1) * g->stride;
  const sl_chooser_runs *runs = g->runs;
  const uint32_t width = runs->features;
  double missing_weight = 0, missing_sum = 0, w = 0, s = 0;
  while (end > begin && isnan(runs->values[(size_t)order[end - 1] * width + feature])) {
    const double each = g->space->weights[order[--end]];
    missing_weight += each;
    missing_sum += each * (runs->targets[order[end]] - centre);
  }
  for (uint32_t k = begin; k + 1 < end; k++) {
    const uint32_t row = order[k];
    const double each = g->space->weights[row];
    w += each;
    s += each * (runs->targets[row] - centre);
    const double a = runs->values[(size_t)row * width + feature],
                 b = runs->values[(size_t)order[k + 1] * width + feature];
    if (a == b) continue;
    for (int left = 0; left <= (missing_weight > 0); left++) {
      const double lw = w + (left ? missing_weight : 0), ls = s + (left ? missing_sum : 0);
      const double rw = weight - lw, rs = sum - ls;
      if (lw < g->shape->least || rw < g->shape->least) continue;
      const double gain = ls * ls / lw + rs * rs / rw - sum * sum / weight;
      if (gain <= best->gain) continue;
      double threshold = 0.5 * a + 0.5 * b;
      if (!(threshold >= a && threshold < b)) threshold = a;
      *best = (split){gain, threshold, feature, missing_weight > 0 ? left : lw >= rw};
    }
  }
}

static split find_split(const grower *g, sl_rng *rng, uint32_t begin, uint32_t end) {
  split best = {.feature = SL_LEAF};
  const uint32_t *natural = g->space->orders;
  double weight = 0, sum = 0, squares = 0;
  const double centre = g->runs->targets[natural[begin]];
  for (uint32_t k = begin; k < end; k++) {
    const double each = g->space->weights[natural[k]], y = g->runs->targets[natural[k]] - centre;
    weight += each;
    sum += each * y;
    squares += each * y * y;
  }
  const double spread = squares - sum * sum / weight;
  if (weight < 2.0 * g->shape->least || !(spread > 1e-9)) return best;
  best.gain = 1e-9 * spread;
  uint32_t *picked = g->space->picked;
  const uint32_t features = g->runs->features, tried = g->shape->tried;
  for (uint32_t f = 0; f < features; f++) picked[f] = f;
  // Further ones where none of those that were to be tried can split it.
  for (uint32_t k = 0; k < features && (k < tried || best.feature == SL_LEAF); k++) {
    if (tried < features) {
      const uint32_t other = k + sl_rng_below(rng, features - k), kept = picked[k];
      picked[k] = picked[other];
      picked[other] = kept;
    }
    try_feature(g, picked[k], begin, end, weight, sum, centre, &best);
  }
  const double left = (spread - best.gain) / fmax(weight - 2, 1);
  if (best.gain < g->shape->gain * left) best.feature = SL_LEAF;
  return best;
}

// Puts the rows of each order that go left before the others, which keep their order. Returns where
// those begin.
static uint32_t partition(grower *g, const split *at, uint32_t begin, uint32_t end) {
  sl_tree_space *s = g->space;
  for (uint32_t k = begin; k < end; k++) {
    const uint32_t row = s->orders[k];
    const double value = g->runs->values[(size_t)row * g->runs->features + at->feature];
    s->right[row] = isnan(value) ? !at->missing_left : !(value <= at->threshold);
  }
  uint32_t middle = begin;
  for (uint32_t f = 0; f <= g->runs->features; f++) {
    uint32_t *order = s->orders + (size_t)f * g->stride;
    uint32_t lefts = begin, rights = 0;
    for (uint32_t k = begin; k < end; k++) {
      if (s->right[order[k]])
        s->moved[rights++] = order[k];
      else
        order[lefts++] = order[k];
    }
    memcpy(order + lefts, s->moved, rights * sizeof *order);
    middle = lefts;
  }
  return middle;
}

sl_status sl_tree_grow(sl_tree_space *space, const sl_chooser_runs *runs,
                       const sl_tree_shape *shape, sl_rng *rng, uint32_t *root) {
  uint32_t rows = 0;
  for (uint32_t i = 0; i < runs->count; i++) rows += space->weights[i] > 0;
  grower g = {space, runs, shape, rows};
  for (uint32_t f = 0; f <= runs->features; f++) {
    const uint32_t *all = space->sorted + (size_t)f * runs->count;
    uint32_t *order = space->orders + (size_t)f * rows;
    for (uint32_t i = 0, k = 0; i < runs->count; i++)
      if (space->weights[all[i]] > 0) order[k++] = all[i];
  }
  struct {
    uint32_t node, begin, end, depth;
  } stack[SL_TREE_DEPTH + 2];
  uint32_t open = 1;
  SL_TRY(add_node(&g, 0, rows, root));
  stack[0].node = *root;
  stack[0].begin = 0;
  stack[0].end = rows;
  stack[0].depth = 0;
  while (open > 0) {
    const uint32_t node = stack[--open].node, begin = stack[open].begin, end = stack[open].end,
                   depth = stack[open].depth;
    if (depth >= shape->depth) continue;
    const split at = find_split(&g, rng, begin, end);
    if (at.feature == SL_LEAF) continue;
    const uint32_t middle = partition(&g, &at, begin, end);
    uint32_t left, right;
    SL_TRY(add_node(&g, begin, middle, &left));
    SL_TRY(add_node(&g, middle, end, &right));
    space->nodes[node].feature = at.feature;
    space->nodes[node].threshold = at.threshold;
    space->nodes[node].missing_left = at.missing_left;
    space->nodes[node].left = left;
    space->nodes[node].right = right;
    for (int side = 1; side >= 0; side--) {
      stack[open].node = side ? right : left;
      stack[open].begin = side ? middle : begin;
      stack[open].end = side ? end : middle;
      stack[open++].depth = depth + 1;
    }
  }
  return SL_OK;
}
