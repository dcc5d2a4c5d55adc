// Based on: A. V. Goldberg, R. E. Tarjan, "A new approach to the maximum-flow problem", J. ACM 35
// (1988), doi:10.1145/48014.61051 (push-relabel); B. V. Cherkassky, A. V. Goldberg, "On implementing
// the push-relabel method for the maximum flow problem", Algorithmica 19 (1997),
// doi:10.1007/PL00009180 (highest label, exact heights now and then, gaps, two phases).
//
// Before that single paths are looked for from both ends at once, as long as that costs less than a
// few readings of the graph: where source or target have few edges it is all that is needed, and it
// ends with the part of the graph that holds the bottleneck.
#include "cuts/flow.h"

#define START (NONE - 1)

sl_status sl_flow_create(sl_flow *f, const sl_flow_network *network, sl_cuts *cuts) {
  const size_t n = network->n;
  f->network = network;
  SL_TRY(TAKE(cuts, &f->residual, network->arcs));
  SL_TRY(TAKE(cuts, &f->excess, n));
  SL_TRY(TAKE(cuts, &f->height, n));
  SL_TRY(TAKE(cuts, &f->at, n));
  SL_TRY(TAKE(cuts, &f->first_active, n + 1));
  SL_TRY(TAKE(cuts, &f->next_active, n));
  SL_TRY(TAKE(cuts, &f->first, n + 1));
  SL_TRY(TAKE(cuts, &f->after, n));
  SL_TRY(TAKE(cuts, &f->before, n));
  SL_TRY(TAKE(cuts, &f->queue, n));
  // The searches for paths come before heights are needed.
  f->reached[0] = f->height;
  f->reached[1] = f->at;
  f->stack[0] = f->queue;
  f->stack[1] = f->next_active;
  return SL_OK;
}

static void start_search(sl_flow *f) {
  const uint32_t ends[2] = {f->source, f->target};
  for (int side = 0; side < 2; side++) {
    f->reached[side][ends[side]] = START;
    f->stack[side][0] = ends[side];
    f->heads[side] = 0;
    f->ends[side] = 1;
  }
}

void sl_flow_begin(sl_flow *f, uint32_t source, uint32_t target, bool cut_only, uint32_t readings) {
  const sl_flow_network *network = f->network;
  const uint32_t n = network->n;
  f->source = source;
  f->target = target;
  f->cut_only = cut_only;
  f->value = 0;
  f->phase = SL_FLOW_AUGMENT;
  f->budget = readings * ((uint64_t)network->arcs + n);
  f->labelling = false;
  memcpy(f->residual, network->capacities, network->arcs * sizeof *f->residual);
  memset(f->excess, 0, n * sizeof *f->excess);
  for (int side = 0; side < 2; side++) memset(f->reached[side], 0xff, n * sizeof(uint32_t));
  start_search(f);
}

// Sends what fits along the path that meets at arc k, which leads from what the source has reached
// to what reaches the target.
static void augment(sl_flow *f, uint32_t meeting) {
  const uint32_t *heads = f->network->heads, *twins = f->network->twins;
  int64_t least = f->residual[meeting];
  const uint32_t u = heads[twins[meeting]], v = heads[meeting];
  for (uint32_t x = u, k; (k = f->reached[0][x]) != START; x = heads[twins[k]])
    if (f->residual[k] < least) least = f->residual[k];
  for (uint32_t x = v, k; (k = f->reached[1][x]) != START; x = heads[k])
    if (f->residual[k] < least) least = f->residual[k];
  for (uint32_t x = u, k; (k = f->reached[0][x]) != START; x = heads[twins[k]]) {
    f->residual[k] -= least;
    f->residual[twins[k]] += least;
  }
  for (uint32_t x = v, k; (k = f->reached[1][x]) != START; x = heads[k]) {
    f->residual[k] -= least;
    f->residual[twins[k]] += least;
  }
  f->residual[meeting] -= least;
  f->residual[twins[meeting]] += least;
  f->value += least;
}

// Looks at the arcs of the next node of a side. An arc between the sides, or NONE.
SL_ALWAYS_INLINE uint32_t widen(sl_flow *f, int side, uint64_t *done) {
  const sl_flow_network *network = f->network;
  const uint32_t u = f->stack[side][f->heads[side]++];
  uint32_t *reached = f->reached[side], *stack = f->stack[side], end = f->ends[side];
  const uint32_t *others = f->reached[1 - side], begin = network->rows[u];
  const uint32_t last = network->rows[u + 1];
  for (uint32_t k = begin; k < last; k++) {
    const uint32_t v = network->heads[k];
    if (reached[v] != NONE) continue;
    const uint32_t twin = network->twins[k];
    if (f->residual[side == 0 ? k : twin] == 0) continue;
    if (others[v] != NONE) {
      *done += k - begin;
      f->ends[side] = end;
      return side == 0 ? k : twin;
    }
    reached[v] = side == 0 ? k : twin;
    stack[end++] = v;
  }
  f->ends[side] = end;
  *done += 1 + last - begin;
  return NONE;
}

static void forget_search(sl_flow *f) {
  for (int side = 0; side < 2; side++)
    for (uint32_t i = 0; i < f->ends[side]; i++) f->reached[side][f->stack[side][i]] = NONE;
}

SL_NOINLINE static uint64_t find_paths(sl_flow *f, uint64_t work) {
  uint64_t done = 0;
  while (done < work) {
    const uint32_t left[2] = {f->ends[0] - f->heads[0], f->ends[1] - f->heads[1]};
    if (left[0] == 0 || left[1] == 0) {
      f->phase = SL_FLOW_DONE;
      break;
    }
    const uint32_t meeting = left[0] <= left[1] ? widen(f, 0, &done) : widen(f, 1, &done);
    if (meeting == NONE) continue;
    augment(f, meeting);
    forget_search(f);
    start_search(f);
  }
  return done;
}

static void add_active(sl_flow *f, uint32_t u) {
  const uint32_t h = f->height[u];
  f->next_active[u] = f->first_active[h];
  f->first_active[h] = u;
  if (h > f->top_active) f->top_active = h;
  if (h > f->top) f->top = h;
}

static void add_idle(sl_flow *f, uint32_t u) {
  const uint32_t h = f->height[u], first = f->first[h];
  f->after[u] = first;
  f->before[u] = NONE;
  if (first != NONE) f->before[first] = u;
  f->first[h] = u;
  if (h > f->top) f->top = h;
}

static void remove_idle(sl_flow *f, uint32_t u) {
  const uint32_t before = f->before[u], after = f->after[u];
  if (before == NONE)
    f->first[f->height[u]] = after;
  else
    f->after[before] = after;
  if (after != NONE) f->before[after] = before;
}

// Begins to find the exact distance of each node from the sink; n where there is no way to it.
static void start_heights(sl_flow *f) {
  const uint32_t n = f->network->n;
  for (uint32_t u = 0; u < n; u++) f->height[u] = n;
  memset(f->first, 0xff, ((size_t)n + 1) * sizeof *f->first);
  memset(f->first_active, 0xff, ((size_t)n + 1) * sizeof *f->first_active);
  f->top = f->top_active = 0;
  f->height[f->sink] = 0;
  f->queue[0] = f->sink;
  f->heads[0] = 0;
  f->ends[0] = 1;
  f->labelling = true;
}

SL_NOINLINE static uint64_t find_heights(sl_flow *f, uint64_t work) {
  const sl_flow_network *network = f->network;
  const uint32_t n = network->n, other = f->sink == f->target ? f->source : f->target;
  uint64_t done = 0;
  while (done < work && f->heads[0] < f->ends[0]) {
    const uint32_t u = f->queue[f->heads[0]++], h = f->height[u] + 1;
    for (uint32_t k = network->rows[u]; k < network->rows[u + 1]; k++) {
      const uint32_t v = network->heads[k];
      if (f->height[v] < n || f->residual[network->twins[k]] == 0 || v == other) continue;
      f->height[v] = h;
      f->at[v] = network->rows[v];
      f->queue[f->ends[0]++] = v;
      if (f->excess[v] > 0)
        add_active(f, v);
      else
        add_idle(f, v);
    }
    done += 1 + network->rows[u + 1] - network->rows[u];
  }
  if (f->heads[0] == f->ends[0]) {
    f->labelling = false;
    f->since = 0;
  }
  return done;
}

// No node is left at a height: those above it have no way to the sink any more.
static void lift_above(sl_flow *f, uint32_t h) {
  const uint32_t n = f->network->n;
  for (uint32_t i = h + 1; i <= f->top; i++) {
    for (uint32_t u = f->first[i]; u != NONE; u = f->after[u]) f->height[u] = n;
    for (uint32_t u = f->first_active[i]; u != NONE; u = f->next_active[u]) f->height[u] = n;
    f->first[i] = f->first_active[i] = NONE;
  }
  f->top = h > 0 ? h - 1 : 0;
  if (f->top_active > f->top) f->top_active = f->top;
}

// Pushes the excess of a node, which is in no list, to lower ones, and lifts it until it has none.
static uint64_t discharge(sl_flow *f, uint32_t u) {
  const sl_flow_network *network = f->network;
  const uint32_t n = network->n, begin = network->rows[u], end = network->rows[u + 1];
  uint64_t done = 0;
  for (;;) {
    const uint32_t h = f->height[u];
    uint32_t k = f->at[u];
    const uint32_t from = k;
    for (; k < end; k++) {
      const uint32_t v = network->heads[k];
      if (f->height[v] + 1 != h || f->residual[k] == 0) continue;
      const int64_t some = f->excess[u] < f->residual[k] ? f->excess[u] : f->residual[k];
      f->residual[k] -= some;
      f->residual[network->twins[k]] += some;
      if (f->excess[v] == 0 && v != f->sink) {
        remove_idle(f, v);
        add_active(f, v);
      }
      f->excess[v] += some;
      f->excess[u] -= some;
      if (f->excess[u] == 0) break;
    }
    done += k - from + 1;
    if (f->excess[u] == 0) {
      f->at[u] = k;
      add_idle(f, u);
      return done;
    }
    if (f->first[h] == NONE && f->first_active[h] == NONE) {
      f->height[u] = n;
      lift_above(f, h);
      return done;
    }
    uint32_t least = n;
    for (k = begin; k < end; k++) {
      if (f->residual[k] == 0 || f->height[network->heads[k]] + 1 >= least) continue;
      least = f->height[network->heads[k]] + 1;
      f->at[u] = k;
    }
    f->height[u] = least;
    done += 12 + end - begin;
    if (least >= n) return done;
    if (least > f->top) f->top = least;
  }
}

// Takes the flow out of the source, or what is left back to it.
static void start_phase(sl_flow *f, int phase) {
  const sl_flow_network *network = f->network;
  f->phase = phase;
  f->sink = phase == SL_FLOW_TO_TARGET ? f->target : f->source;
  if (phase == SL_FLOW_TO_TARGET) {
    const uint32_t s = f->source;
    for (uint32_t k = network->rows[s]; k < network->rows[s + 1]; k++) {
      f->excess[network->heads[k]] += f->residual[k];
      f->residual[network->twins[k]] += f->residual[k];
      f->residual[k] = 0;
    }
  }
  f->excess[f->source] = 0;
  start_heights(f);
}

SL_NOINLINE static uint64_t push(sl_flow *f, uint64_t work) {
  const uint64_t often = 6 * (uint64_t)f->network->n + f->network->arcs;
  uint64_t done = 0;
  while (done < work) {
    while (f->top_active > 0 && f->first_active[f->top_active] == NONE) f->top_active--;
    if (f->top_active == 0) {
      if (f->phase == SL_FLOW_TO_TARGET) f->value += f->excess[f->target];
      if (f->phase == SL_FLOW_TO_SOURCE || f->cut_only)
        f->phase = SL_FLOW_DONE;
      else
        start_phase(f, SL_FLOW_TO_SOURCE);
      break;
    }
    const uint32_t u = f->first_active[f->top_active];
    f->first_active[f->top_active] = f->next_active[u];
    const uint64_t some = discharge(f, u);
    done += some;
    f->since += some;
    if (f->since > often) {
      start_heights(f);
      break;
    }
  }
  return done;
}

uint64_t sl_flow_step(sl_flow *f, uint64_t work) {
  uint64_t done = 0;
  while (done < work && f->phase != SL_FLOW_DONE) {
    if (f->phase == SL_FLOW_AUGMENT && f->budget == 0) start_phase(f, SL_FLOW_TO_TARGET);
    if (f->phase != SL_FLOW_AUGMENT) {
      done += f->labelling ? find_heights(f, work - done) : push(f, work - done);
      continue;
    }
    const uint64_t some = find_paths(f, f->budget < work - done ? f->budget : work - done);
    done += some;
    f->budget -= some < f->budget ? some : f->budget;
  }
  return done;
}

void sl_flow_side(sl_flow *f, uint32_t *side) {
  const sl_flow_network *network = f->network;
  const bool backwards = f->cut_only;
  uint32_t head = 0, end = 1;
  for (uint32_t u = 0; u < network->n; u++) side[u] = backwards;
  f->queue[0] = backwards ? f->target : f->source;
  side[f->queue[0]] = !backwards;
  while (head < end) {
    const uint32_t u = f->queue[head++];
    for (uint32_t k = network->rows[u]; k < network->rows[u + 1]; k++) {
      const uint32_t v = network->heads[k];
      if (side[v] != backwards || f->residual[backwards ? network->twins[k] : k] == 0) continue;
      side[v] = !backwards;
      f->queue[end++] = v;
    }
  }
}
