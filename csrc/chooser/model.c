// What is known of a method: its runs, the trees that are grown of them, and what they say of a
// task.
#include "chooser/object.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "chooser/number.h"

// Of a cost of 0, in parts of the timeout.
#define SMALLEST 1e-12

double sl_chooser_log_cost(const sl_chooser *c, double cost) {
  return sl_chooser_log(fmax(cost, c->options.timeout * SMALLEST + 1e-300));
}

double sl_chooser_log_penalty(const sl_chooser *c) {
  return sl_chooser_log(c->options.penalty) + sl_chooser_log(c->options.timeout);
}

void sl_chooser_clean(const sl_chooser *c, const double *features, double *row) {
  for (uint32_t f = 0; f < c->options.features; f++) {
    const double x = features[f];
    row[f] = isnan(x) ? NAN : fmin(fmax(x, -1e308), 1e308) + 0.0;
  }
}

sl_status sl_chooser_method_make(const sl_chooser *c, sl_chooser_method *m, uint32_t rows) {
  const size_t width = c->options.features;
  if (m->root == NULL) SL_TRY(SL_ALLOC_ZERO(&m->root, (size_t)c->options.trees + 1));
  if (m->room >= rows) return SL_OK;
  uint32_t room = m->room > 8 ? m->room : 8;
  while (room < rows) room *= 2;
  if (room > c->options.capacity) room = c->options.capacity;
  SL_TRY(SL_REALLOC(&m->values, room * width));
  SL_TRY(SL_REALLOC(&m->costs, room));
  SL_TRY(SL_REALLOC(&m->targets, room));
  SL_TRY(SL_REALLOC(&m->endings, room));
  if (c->options.policy == SL_CHOOSER_NEAREST) {
    SL_TRY(SL_REALLOC(&m->scaled, room * width));
    if (m->scale == NULL) SL_TRY(SL_ALLOC_ZERO(&m->scale, 2 * width));
  }
  m->room = room;
  return SL_OK;
}

static void method_free(sl_chooser_method *m) {
  sl_free(m->values);
  sl_free(m->costs);
  sl_free(m->targets);
  sl_free(m->endings);
  sl_free(m->scaled);
  sl_free(m->scale);
  sl_free(m->root);
  sl_free(m->nodes);
  *m = (sl_chooser_method){0};
}

void sl_chooser_state_free(sl_chooser_state *state) {
  for (uint32_t i = 0; i < state->methods; i++) method_free(&state->method[i]);
  sl_free(state->method);
  *state = (sl_chooser_state){0};
}

// ---- growing ------------------------------------------------------------------------------------

static double imputed(double limit, const sl_chooser_node *leaf, double spread, double most) {
  const double mean = leaf->mean;
  const double value = mean + spread * sl_chooser_mean_above((limit - mean) / spread);
  return fmin(fmax(value, limit), fmax(most, limit));
}

// Replaces what is censored by its expectation under the tree of contexts, which is then grown
// anew.
static sl_status grow_contexts(const sl_chooser *c, const sl_chooser_method *m,
                               sl_tree_space *space, const sl_chooser_runs *runs, double *targets,
                               sl_rng *rng, uint32_t *root) {
  const sl_tree_shape shape = {c->options.features, c->options.least, 6, 6};
  const double most = sl_chooser_log_penalty(c);
  bool censored = false;
  for (uint32_t i = 0; i < m->count; i++) censored = censored || m->endings[i] == SL_RUN_CENSORED;
  for (uint32_t i = 0; i < m->count; i++) space->weights[i] = 1;
  for (int round = 0;; round++) {
    space->node_count = 0;
    SL_TRY(sl_tree_grow(space, runs, &shape, rng, root));
    if (!censored || round == 3) return SL_OK;
    double squares = 0, count = 0;
    for (uint32_t i = 0; i < space->node_count; i++) {
      if (space->nodes[i].feature != SL_LEAF) continue;
      squares += space->nodes[i].m2;
      count += space->nodes[i].ok;
    }
    const double spread = fmax(sqrt(squares / fmax(count, 1)), 0.5);
    for (uint32_t i = 0; i < m->count; i++) {
      if (m->endings[i] != SL_RUN_CENSORED) continue;
      const uint32_t leaf =
          sl_tree_leaf(space->nodes, *root, m->values + (size_t)i * runs->features);
      targets[i] = imputed(m->costs[i], &space->nodes[leaf], spread, most);
    }
  }
}

static sl_status grow_forest(const sl_chooser *c, const sl_chooser_method *m, sl_tree_space *space,
                             const sl_chooser_runs *runs, sl_rng *rng, uint32_t *roots) {
  const uint32_t features = c->options.features;
  const sl_tree_shape shape = {(features + 1) / 2, 2, SL_TREE_DEPTH, 0};
  for (uint32_t t = 1; t <= c->options.trees; t++) {
    memset(space->weights, 0, m->count * sizeof *space->weights);
    for (uint32_t i = 0; i < m->count; i++) space->weights[sl_rng_below(rng, m->count)]++;
    SL_TRY(sl_tree_grow(space, runs, &shape, rng, &roots[t]));
  }
  return SL_OK;
}

static void scale_row(const double *scale, uint32_t features, const double *row, double *out) {
  for (uint32_t f = 0; f < features; f++) {
    const double x =
        isnan(row[f]) ? 0 : (sl_chooser_signed_log(row[f]) - scale[2 * f]) * scale[2 * f + 1];
    out[f] = x;
  }
}

void sl_chooser_scale_kept(const sl_chooser *c, sl_chooser_method *m) {
  const uint32_t features = c->options.features;
  for (uint32_t i = 0; i < m->count; i++)
    scale_row(m->scale, features, m->values + (size_t)i * features,
              m->scaled + (size_t)i * features);
}

static void scale_rows(const sl_chooser *c, sl_chooser_method *m) {
  const uint32_t features = c->options.features;
  for (uint32_t f = 0; f < features; f++) {
    double count = 0, mean = 0, m2 = 0;
    for (uint32_t i = 0; i < m->count; i++) {
      const double x = m->values[(size_t)i * features + f];
      if (isnan(x)) continue;
      const double y = sl_chooser_signed_log(x), away = y - mean;
      count++;
      mean += away / count;
      m2 += away * (y - mean);
    }
    m->scale[2 * f] = mean;
    m->scale[2 * f + 1] = m2 > 1e-18 * count * (1 + mean * mean) ? 1 / sqrt(m2 / count) : 0;
  }
  sl_chooser_scale_kept(c, m);
}

sl_status sl_chooser_grow(sl_chooser *c, sl_chooser_method *m, uint32_t number) {
  if (m->count == 0) return SL_OK;
  sl_tree_space space;
  double *targets;
  uint32_t *roots = NULL;
  SL_TRY(sl_tree_space_make(&space, m->count, c->options.features));
  sl_status status = SL_ALLOC(&targets, m->count);
  if (status == SL_OK) {
    status = SL_ALLOC_ZERO(&roots, (size_t)c->options.trees + 1);
    memcpy(targets, m->costs, m->count * sizeof *targets);
  }
  if (status == SL_OK) {
    const sl_chooser_runs runs = {m->count, c->options.features, m->values, targets, m->endings};
    sl_rng rng;
    sl_rng_seed(&rng, c->options.seed ^ (uint64_t)(number + 1) << 40 ^ m->seen);
    sl_tree_sort(&space, &runs);
    status = grow_contexts(c, m, &space, &runs, targets, &rng, &roots[0]);
    if (status == SL_OK && c->options.policy == SL_CHOOSER_FOREST)
      status = grow_forest(c, m, &space, &runs, &rng, roots);
  }
  // The block of nodes is cut to what is used: where that fails it stays as it is.
  if (status == SL_OK) status = SL_REALLOC(&space.nodes, space.node_count);
  if (status == SL_OK) {
    const uint32_t trees = c->options.policy == SL_CHOOSER_FOREST ? c->options.trees : 0;
    memcpy(m->root, roots, (trees + 1) * sizeof *roots);
    memcpy(m->targets, targets, m->count * sizeof *targets);
    sl_free(m->nodes);
    m->nodes = space.nodes;
    m->node_count = space.node_count;
    m->roots = trees + 1;
    m->next = m->seen + (m->seen + 3) / 4;
    space.nodes = NULL;
    if (c->options.policy == SL_CHOOSER_NEAREST) scale_rows(c, m);
  }
  sl_free(roots);
  sl_free(targets);
  sl_tree_space_free(&space);
  return status;
}

sl_status sl_chooser_take_run(sl_chooser *c, const double *features, uint32_t method, double cost,
                              uint32_t ending, bool grow) {
  sl_chooser_method *m = &c->now.method[method];
  const uint32_t width = c->options.features;
  if (m->count < c->options.capacity) SL_TRY(sl_chooser_method_make(c, m, m->count + 1));
  // A run over the limit has failed, also one that was stopped there.
  if (cost >= c->options.timeout && (ending == SL_RUN_CENSORED || cost > c->options.timeout))
    ending = SL_RUN_FAILED;
  const double log_cost =
      ending == SL_RUN_FAILED ? sl_chooser_log_penalty(c) : sl_chooser_log_cost(c, cost);
  double target = log_cost;
  if (ending == SL_RUN_CENSORED && m->roots > 0) {
    const sl_chooser_node *leaf = &m->nodes[sl_tree_leaf(m->nodes, m->root[0], features)];
    const double spread = fmax(sqrt(leaf->m2 / fmax(leaf->ok, 1)), 0.5);
    target = imputed(log_cost, leaf, spread, sl_chooser_log_penalty(c));
  }
  uint32_t place = m->count;
  bool keep = true;
  if (m->count == c->options.capacity) {
    const double at = sl_rng_double(&c->now.rng) * (double)(m->seen + 1);
    keep = at < c->options.capacity;
    place = keep ? (uint32_t)at : 0;
  }
  // Trees are grown from what there will be; when there is no memory for that the next report tries
  // again.
  c->version++;
  c->now.reports++;
  m->seen++;
  if (keep) {
    memcpy(m->values + (size_t)place * width, features, width * sizeof *features);
    m->costs[place] = log_cost;
    m->targets[place] = target;
    m->endings[place] = (uint8_t)ending;
    if (m->scaled != NULL) scale_row(m->scale, width, features, m->scaled + (size_t)place * width);
    if (place == m->count) m->count++;
  }
  for (uint32_t t = 0; t < m->roots; t++)
    sl_tree_add(&m->nodes[sl_tree_leaf(m->nodes, m->root[t], features)], target, (uint8_t)ending,
                1);
  if (!grow || m->seen < m->next) return SL_OK;
  const sl_status status = sl_chooser_grow(c, m, method);
  if (status == SL_OK || m->roots > 0) return SL_OK;
  // Nothing could be asked of it.
  m->count--;
  m->seen--;
  c->now.reports--;
  return status;
}

// ---- asking -------------------------------------------------------------------------------------

static void view_of_leaf(const sl_chooser_node *leaf, sl_chooser_view *view) {
  view->mean = leaf->mean;
  view->m2 = leaf->m2;
  view->ok = leaf->ok;
  view->fail = leaf->fail;
}

// The nearest runs, nearest first; equally near ones by their place. Returns how many.
static uint32_t nearest(const sl_chooser *c, const sl_chooser_method *m, const double *row,
                        uint32_t *near) {
  const uint32_t width = c->options.features, most = c->options.neighbours;
  double scaled[SL_CHOOSER_MOST_FEATURES], distance[64];
  uint32_t count = 0;
  scale_row(m->scale, width, row, scaled);
  for (uint32_t i = 0; i < m->count; i++) {
    const double *other = m->scaled + (size_t)i * width;
    double sum = 0;
    for (uint32_t f = 0; f < width; f++) sum += (scaled[f] - other[f]) * (scaled[f] - other[f]);
    if (count == most && !(sum < distance[count - 1])) continue;
    uint32_t at = count < most ? count++ : count - 1;
    for (; at > 0 && sum < distance[at - 1]; at--) {
      distance[at] = distance[at - 1];
      near[at] = near[at - 1];
    }
    distance[at] = sum;
    near[at] = i;
  }
  return count;
}

uint32_t sl_chooser_near(const sl_chooser *c, const sl_chooser_method *m, const double *row,
                         uint32_t *near) {
  if (m->roots == 0) return 0;
  if (c->options.policy == SL_CHOOSER_NEAREST && c->options.features > 0)
    return nearest(c, m, row, near);
  const uint32_t leaf = sl_tree_leaf(m->nodes, m->root[0], row);
  uint32_t count = 0;
  for (uint32_t i = 0; i < m->count; i++)
    if (sl_tree_leaf(m->nodes, m->root[0], m->values + (size_t)i * c->options.features) == leaf)
      near[count++] = i;
  return count;
}

sl_chooser_view sl_chooser_look(const sl_chooser *c, const sl_chooser_method *m, const double *row,
                                uint32_t tree) {
  sl_chooser_view view = {0};
  if (m->roots == 0) return view;
  view.leaf = sl_tree_leaf(m->nodes, m->root[0], row);
  const sl_chooser_node *context = &m->nodes[view.leaf];
  view_of_leaf(context, &view);
  view.failures = (uint32_t)context->fail;
  view.runs = (uint32_t)(context->ok - context->censored + context->fail);
  if (c->options.policy == SL_CHOOSER_NEAREST && c->options.features > 0) {
    uint32_t near[64];
    const uint32_t count = nearest(c, m, row, near);
    sl_chooser_node sum = {0};
    for (uint32_t k = 0; k < count; k++)
      sl_tree_add(&sum, m->targets[near[k]], m->endings[near[k]], 1);
    view_of_leaf(&sum, &view);
  }
  if (m->roots > 1) {
    double mean = 0, share = 0;
    const uint32_t from = tree > 0 ? tree : 1, to = tree > 0 ? tree + 1 : m->roots;
    for (uint32_t t = from; t < to; t++) {
      const sl_chooser_node *leaf = &m->nodes[sl_tree_leaf(m->nodes, m->root[t], row)];
      const double part = leaf->ok / (leaf->ok + leaf->fail);
      share += part;
      mean += part * leaf->mean;
    }
    view.mean = share > 0 ? mean / share : 0;
    view.ok = share / (to - from);
    view.fail = 1 - view.ok;
    view.m2 = 0;
  }
  return view;
}

double sl_chooser_expected(const sl_chooser *c, const sl_chooser_view *view) {
  const double all = view->ok + view->fail;
  if (!(all > 0)) return INFINITY;
  const double fails = view->fail / all, worst = c->options.penalty * c->options.timeout;
  return (1 - fails) * (view->ok > 0 ? sl_chooser_exp(view->mean) : 0) + fails * worst;
}
