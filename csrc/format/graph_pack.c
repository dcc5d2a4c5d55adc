#include "format/graph_pack.h"

#include <math.h>

#define NONE UINT32_MAX
#define PASSES 8u
#define CANDIDATES 4u
// Nodes with more ties than these stay where they are: they are near everything.
#define HUB 512u

uint32_t sl_graph_pack_full(double bytes) {
  const double full = 0.4 * sqrt(bytes);
  return full < 512 ? 512 : full > 16384 ? 16384 : (uint32_t)full;
}

static sl_status hold(sl_graph_pack *p, size_t count, size_t size, bool zero, void *out) {
  return sl_blocks_take(&p->held, count, size, zero, out);
}

static void put(sl_graph_pack *p, uint32_t u, uint32_t to) {
  p->block[u] = to;
  p->filled[to] += p->sizes[u];
  p->before[u] = NONE;
  p->next[u] = p->first[to];
  if (p->first[to] != NONE) p->before[p->first[to]] = u;
  p->first[to] = u;
}

static void take(sl_graph_pack *p, uint32_t u) {
  const uint32_t from = p->block[u];
  p->filled[from] -= p->sizes[u];
  if (p->before[u] == NONE)
    p->first[from] = p->next[u];
  else
    p->next[p->before[u]] = p->next[u];
  if (p->next[u] != NONE) p->before[p->next[u]] = p->before[u];
}

sl_status sl_graph_pack_begin(sl_graph_pack *p, const sl_graph_ties *ties, const uint32_t *sizes,
                              uint32_t *place, uint32_t full) {
  const uint32_t n = ties->nodes;
  p->ties = ties;
  p->sizes = sizes;
  p->place = place;
  p->full = full;
  SL_TRY(hold(p, n, sizeof *p->block, false, &p->block));
  SL_TRY(hold(p, n, sizeof *p->sequence, false, &p->sequence));
  SL_TRY(hold(p, n, sizeof *p->first, false, &p->first));
  SL_TRY(hold(p, n, sizeof *p->next, false, &p->next));
  SL_TRY(hold(p, n, sizeof *p->before, false, &p->before));
  SL_TRY(hold(p, n, sizeof *p->filled, true, &p->filled));
  SL_TRY(hold(p, n, sizeof *p->sums, true, &p->sums));
  SL_TRY(hold(p, n, sizeof *p->touched, false, &p->touched));
  for (uint32_t u = 0; u < n; u++) {
    p->sequence[place[u]] = u;
    p->first[u] = NONE;
  }
  // A tenth stays free for nodes that move.
  uint32_t last = 0;
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t u = p->sequence[i];
    if (p->filled[last] > 0 && p->filled[last] + p->sizes[u] > full - full / 10) last++;
    put(p, u, last);
  }
  p->blocks = last + 1;
  return SL_OK;
}

static uint32_t degree_of(const sl_graph_pack *p, uint32_t u) {
  return p->ties->starts[u + 1] - p->ties->starts[u];
}

// The member of block `x` whose exchange with u gains most; NONE where none gains. toward: ties of u with x, own: with its own.
static uint32_t partner(sl_graph_pack *p, uint32_t u, uint32_t x, double toward, double own) {
  const sl_graph_ties *t = p->ties;
  const uint32_t from = p->block[u];
  uint32_t best = NONE;
  double most = 1e-9;
  for (uint32_t v = p->first[x]; v != NONE; v = p->next[v]) {
    p->work++;
    if (degree_of(p, v) > HUB || p->filled[x] - p->sizes[v] + p->sizes[u] > p->full ||
        p->filled[from] - p->sizes[u] + p->sizes[v] > p->full)
      continue;
    double gain = toward - own;
    for (uint32_t e = t->starts[v]; e < t->starts[v + 1]; e++) {
      const uint32_t y = t->columns[e], of = p->block[y];
      if (of == x || y == u) // a tie with u is gained once, and lost from both sides
        gain -= t->weights[e];
      else if (of == from)
        gain += t->weights[e];
    }
    p->work += degree_of(p, v);
    if (gain > most) {
      most = gain;
      best = v;
    }
  }
  return best;
}

static void look_at(sl_graph_pack *p, uint32_t u) {
  const sl_graph_ties *t = p->ties;
  const uint32_t from = p->block[u], end = t->starts[u + 1];
  uint32_t best[CANDIDATES], found = 0, touched = 0;
  p->work += degree_of(p, u) + 1;
  if (degree_of(p, u) > HUB) return;
  for (uint32_t e = t->starts[u]; e < end; e++) {
    const uint32_t of = p->block[t->columns[e]];
    if (p->sums[of] == 0) p->touched[touched++] = of; // ties are above 0
    p->sums[of] += t->weights[e];
  }
  const double own = p->sums[from];
  for (uint32_t i = 0; i < touched; i++) {
    const uint32_t of = p->touched[i];
    if (of == from || !(p->sums[of] > own)) continue;
    if (found == CANDIDATES && !(p->sums[of] > p->sums[best[CANDIDATES - 1]])) continue;
    uint32_t to = found < CANDIDATES ? found++ : CANDIDATES - 1;
    for (; to > 0 && p->sums[of] > p->sums[best[to - 1]]; to--) best[to] = best[to - 1];
    best[to] = of;
  }
  for (uint32_t i = 0; i < found; i++) {
    const uint32_t x = best[i];
    uint32_t other = NONE;
    if (p->filled[x] + p->sizes[u] > p->full) {
      other = partner(p, u, x, p->sums[x], own);
      if (other == NONE) continue;
    }
    take(p, u);
    if (other != NONE) {
      take(p, other);
      put(p, other, from);
    }
    put(p, u, x);
    p->moves++;
    break;
  }
  for (uint32_t i = 0; i < touched; i++) p->sums[p->touched[i]] = 0;
}

// Blocks in the order of the beginning without those that are empty now, and their nodes as well.
static void finish(sl_graph_pack *p) {
  const uint32_t n = p->ties->nodes;
  uint32_t *begins = p->touched, *number = p->next, *counts = p->before;
  for (uint32_t b = 0; b < n; b++) counts[b] = 0;
  for (uint32_t u = 0; u < n; u++) counts[p->block[u]]++;
  uint32_t at = 0, blocks = 0;
  for (uint32_t b = 0; b < p->blocks; b++) {
    begins[b] = at;
    at += counts[b];
    number[b] = blocks;
    blocks += counts[b] > 0;
  }
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t u = p->sequence[i];
    p->place[u] = begins[p->block[u]]++;
    p->block[u] = number[p->block[u]];
  }
  p->blocks = blocks;
  p->ended = true;
}

void sl_graph_pack_step(sl_graph_pack *p, uint64_t work) {
  const uint64_t end = p->work + work;
  while (!p->ended && p->work < end) {
    if (p->at < p->ties->nodes) {
      look_at(p, p->sequence[p->at++]);
      continue;
    }
    // What one node in a thousand gains is not worth another pass.
    const bool little = p->moves <= p->ties->nodes / 1000;
    p->at = p->moves = 0;
    if (++p->pass == PASSES || little) finish(p);
  }
}
