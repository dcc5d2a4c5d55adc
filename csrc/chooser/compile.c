// One decision tree of what a chooser predicts: its leaves name the method whose cost is lowest
// there. A leaf costs, for each of its tasks, the logarithm of the cost of the leaf's method over
// that of the task's best.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "chooser/number.h"
#include "chooser/object.h"

#define MOST_TASKS 1024u

void sl_chooser_compiled_free(sl_chooser_compiled *compiled) {
  sl_free(compiled->features);
  sl_free(compiled->costs);
  sl_free(compiled->rows_of);
  sl_free(compiled->moved);
  sl_free(compiled->sorted);
  sl_free(compiled->sums);
  sl_free(compiled->nodes);
  *compiled = (sl_chooser_compiled){0};
}

static sl_status reserve(sl_chooser_compiled *t, uint32_t rows, uint32_t features,
                         uint32_t methods) {
  SL_TRY(SL_ALLOC(&t->features, (size_t)rows * features));
  SL_TRY(SL_ALLOC(&t->costs, (size_t)rows * methods));
  SL_TRY(SL_ALLOC(&t->rows_of, rows));
  SL_TRY(SL_ALLOC(&t->moved, rows));
  SL_TRY(SL_ALLOC(&t->sorted, rows));
  return SL_ALLOC(&t->sums, 4 * (size_t)methods);
}

sl_status sl_chooser_begin_compile(sl_chooser *c, uint32_t depth, uint32_t least) {
  SL_REQUIRE(depth <= 16, SL_ERR_OPTION, "depth", "an integer 0..16");
  SL_REQUIRE(least >= 1, SL_ERR_OPTION, "least", "an integer >= 1");
  uint64_t known = 0;
  for (uint32_t i = 0; i < c->now.methods; i++)
    known += c->now.method[i].roots > 0 ? c->now.method[i].count : 0;
  SL_REQUIRE(known > 0, SL_ERR_EMPTY, "chooser", "a run that was reported");
  const uint32_t rows = known < MOST_TASKS ? (uint32_t)known : MOST_TASKS,
                 width = c->options.features;
  sl_job_drop(&c->job);
  sl_free(c->table.features);
  sl_free(c->table.costs);
  sl_free(c->table.methods);
  sl_free(c->table.endings);
  c->table = (sl_chooser_table){0};
  sl_chooser_compiled *t = &c->compiled;
  sl_chooser_compiled_free(t);
  const sl_status status = reserve(t, rows, width, c->now.methods);
  if (status != SL_OK) {
    sl_chooser_compiled_free(t);
    return status;
  }
  // Evenly among all runs kept, whichever method they are of.
  uint64_t before = 0;
  for (uint32_t i = 0; i < c->now.methods; i++) {
    const sl_chooser_method *m = &c->now.method[i];
    if (m->roots == 0) continue;
    for (uint32_t k = 0; k < m->count; k++, before++) {
      if (t->rows >= rows || before * rows / known < t->rows) continue;
      memcpy(t->features + (size_t)t->rows * width, m->values + (size_t)k * width,
             width * sizeof(double));
      t->rows_of[t->rows] = t->rows;
      t->rows++;
    }
  }
  t->depth = depth;
  t->least = least;
  c->work = 0;
  sl_job_begin(&c->job);
  return SL_OK;
}

static double *node_at(const sl_chooser *c, uint32_t i) {
  return c->compiled.nodes + (size_t)i * (5 + c->now.methods);
}

static sl_status add_leaf(sl_chooser *c, uint32_t begin, uint32_t end, uint32_t *out) {
  sl_chooser_compiled *t = &c->compiled;
  const uint32_t methods = c->now.methods;
  if (t->node_count == t->node_room) {
    const uint32_t room = t->node_room > 0 ? 2 * t->node_room : 16;
    SL_TRY(sl_realloc((void **)&t->nodes, room, 8 * (5 + (size_t)methods)));
    t->node_room = room;
  }
  double *node = node_at(c, t->node_count);
  memset(node, 0, (5 + methods) * sizeof *node);
  node[0] = -1;
  for (uint32_t i = 0; i < methods; i++) {
    double sum = 0;
    for (uint32_t k = begin; k < end; k++) sum += t->costs[(size_t)t->rows_of[k] * methods + i];
    node[5 + i] = sum / (end - begin); // a logarithm until the end
  }
  *out = t->node_count++;
  return SL_OK;
}

static double least_of(const double *sums, uint32_t methods) {
  double least = sums[0];
  for (uint32_t i = 1; i < methods; i++) least = fmin(least, sums[i]);
  return least;
}

// Heap sort by a feature; equal ones by their number.
static bool after(const sl_chooser_compiled *t, uint32_t width, uint32_t feature, uint32_t i,
                  uint32_t j) {
  const double a = t->features[(size_t)i * width + feature],
               b = t->features[(size_t)j * width + feature];
  return a > b || (a == b && i > j);
}

static void sift(const sl_chooser_compiled *t, uint32_t width, uint32_t feature, uint32_t at,
                 uint32_t count) {
  uint32_t *heap = t->sorted;
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= count) return;
    if (child + 1 < count && after(t, width, feature, heap[child + 1], heap[child])) child++;
    if (!after(t, width, feature, heap[child], heap[at])) return;
    const uint32_t kept = heap[at];
    heap[at] = heap[child];
    heap[child] = kept;
    at = child;
  }
}

static void sort(const sl_chooser_compiled *t, uint32_t width, uint32_t feature, uint32_t count) {
  for (uint32_t i = count / 2; i-- > 0;) sift(t, width, feature, i, count);
  for (uint32_t end = count; end-- > 1;) {
    const uint32_t kept = t->sorted[0];
    t->sorted[0] = t->sorted[end];
    t->sorted[end] = kept;
    sift(t, width, feature, 0, end);
  }
}

typedef struct split {
  double sum, threshold; // of logarithms on both sides
  uint32_t feature;
  bool missing_left;
} split;

static void try_feature(sl_chooser *c, uint32_t feature, uint32_t begin, uint32_t end,
                        split *best) {
  sl_chooser_compiled *t = &c->compiled;
  const uint32_t methods = c->now.methods, width = c->options.features;
  double *all = t->sums, *left = all + methods, *missing = left + methods,
         *side = missing + methods;
  uint32_t count = 0, absent = 0;
  memset(all, 0, 4 * (size_t)methods * sizeof *all);
  for (uint32_t k = begin; k < end; k++) {
    const uint32_t row = t->rows_of[k];
    const bool there = !isnan(t->features[(size_t)row * width + feature]);
    if (there) t->sorted[count++] = row;
    absent += !there;
    for (uint32_t i = 0; i < methods; i++) {
      const double cost = t->costs[(size_t)row * methods + i];
      all[i] += cost;
      if (!there) missing[i] += cost;
    }
  }
  sort(t, width, feature, count);
  for (uint32_t k = 0; k + 1 < count; k++) {
    const double *costs = t->costs + (size_t)t->sorted[k] * methods;
    for (uint32_t i = 0; i < methods; i++) left[i] += costs[i];
    const double a = t->features[(size_t)t->sorted[k] * width + feature],
                 b = t->features[(size_t)t->sorted[k + 1] * width + feature];
    if (a == b) continue;
    for (uint32_t with = 0; with <= (absent > 0); with++) {
      const uint32_t lefts = k + 1 + (with ? absent : 0), rights = end - begin - lefts;
      if (lefts < t->least || rights < t->least) continue;
      for (uint32_t i = 0; i < methods; i++) side[i] = left[i] + (with ? missing[i] : 0);
      double sum = least_of(side, methods);
      for (uint32_t i = 0; i < methods; i++) side[i] = all[i] - side[i];
      sum += least_of(side, methods);
      if (!(sum < best->sum)) continue;
      double threshold = 0.5 * a + 0.5 * b;
      if (!(threshold >= a && threshold < b)) threshold = a;
      *best = (split){sum, threshold, feature, absent > 0 ? with : lefts >= rights};
    }
  }
}

// Splits the node on top of the stack, or leaves it a leaf.
static sl_status grow_one(sl_chooser *c) {
  sl_chooser_compiled *t = &c->compiled;
  const struct sl_chooser_open top = t->stack[--t->open];
  const uint32_t methods = c->now.methods, width = c->options.features, count = top.end - top.begin;
  c->work += (uint64_t)count * methods * (width + 1);
  if (top.depth >= t->depth || count < 2 * (uint64_t)t->least) return SL_OK;
  const double *node = node_at(c, top.node);
  const double now = count * least_of(node + 5, methods);
  // Less than a thousandth a task is not worth a node.
  split best = {.sum = now - 1e-3 * count - 1e-12 * fabs(now), .feature = SL_LEAF};
  for (uint32_t f = 0; f < width; f++) try_feature(c, f, top.begin, top.end, &best);
  if (best.feature == SL_LEAF) return SL_OK;
  uint32_t middle = top.begin, rights = 0, left, right;
  for (uint32_t k = top.begin; k < top.end; k++) {
    const uint32_t row = t->rows_of[k];
    const double value = t->features[(size_t)row * width + best.feature];
    if (isnan(value) ? best.missing_left : value <= best.threshold)
      t->rows_of[middle++] = row;
    else
      t->moved[rights++] = row;
  }
  memcpy(t->rows_of + middle, t->moved, rights * sizeof *t->moved);
  SL_TRY(add_leaf(c, top.begin, middle, &left));
  SL_TRY(add_leaf(c, middle, top.end, &right));
  double *split_node = node_at(c, top.node);
  split_node[0] = best.feature;
  split_node[1] = best.threshold;
  split_node[2] = best.missing_left;
  split_node[3] = left;
  split_node[4] = right;
  t->stack[t->open++] = (struct sl_chooser_open){right, middle, top.end, top.depth + 1};
  t->stack[t->open++] = (struct sl_chooser_open){left, top.begin, middle, top.depth + 1};
  return SL_OK;
}

static void predict_one(sl_chooser *c) {
  sl_chooser_compiled *t = &c->compiled;
  const uint32_t methods = c->now.methods, width = c->options.features;
  const double *row = t->features + (size_t)t->predicted * width;
  double *costs = t->costs + (size_t)t->predicted++ * methods;
  const double worst = sl_chooser_log_penalty(c);
  for (uint32_t i = 0; i < methods; i++) {
    const sl_chooser_view view = sl_chooser_look(c, &c->now.method[i], row, 0);
    const double expected = sl_chooser_expected(c, &view);
    // What is unknown must not be chosen.
    costs[i] = isfinite(expected) ? sl_chooser_log_cost(c, expected) : worst + 7;
    c->work += width + c->now.method[i].roots + 1;
  }
}

sl_status sl_chooser_compile_step(sl_chooser *c, uint64_t work, bool *done) {
  sl_chooser_compiled *t = &c->compiled;
  const uint64_t begin = c->work;
  while (c->work - begin < work) {
    if (t->predicted < t->rows) {
      predict_one(c);
      if (t->predicted < t->rows) continue;
      uint32_t root;
      SL_TRY(add_leaf(c, 0, t->rows, &root));
      t->stack[t->open++] = (struct sl_chooser_open){root, 0, t->rows, 0};
    } else if (t->open > 0) {
      SL_TRY(grow_one(c));
    } else {
      for (uint32_t i = 0; i < t->node_count; i++) {
        double *node = node_at(c, i);
        for (uint32_t k = 0; k < c->now.methods; k++) node[5 + k] = sl_chooser_exp(node[5 + k]);
      }
      *done = true;
      return SL_OK;
    }
  }
  return SL_OK;
}

// The leaf of a task.
static const double *leaf_of(const sl_chooser *c, const double *row) {
  const double *node = node_at(c, 0);
  while (node[0] >= 0) {
    const double value = row[(uint32_t)node[0]];
    const bool left = isnan(value) ? node[2] != 0 : value <= node[1];
    node = node_at(c, (uint32_t)node[left ? 3 : 4]);
  }
  return node;
}

sl_status sl_chooser_read_compiled(const sl_chooser *c, double *numbers) {
  const sl_chooser_compiled *t = &c->compiled;
  const uint32_t methods = c->now.methods, width = c->options.features;
  SL_REQUIRE(sl_job_has_ended(&c->job) && t->node_count > 0, SL_ERR_STATE, "chooser",
             "a tree that was compiled");
  double sum = 0;
  for (uint32_t r = 0; r < t->rows; r++) {
    const double *leaf = leaf_of(c, t->features + (size_t)r * width),
                 *costs = t->costs + (size_t)r * methods;
    uint32_t chosen = 0;
    for (uint32_t i = 1; i < methods; i++)
      if (leaf[5 + i] < leaf[5 + chosen]) chosen = i;
    sum += costs[chosen] - least_of(costs, methods);
  }
  numbers[0] = t->node_count;
  numbers[1] = (double)(uintptr_t)t->nodes;
  numbers[2] = t->rows;
  numbers[3] = sum / t->rows;
  return SL_OK;
}
