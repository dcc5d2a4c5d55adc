// Based on: V. A. Traag, L. Waltman, N. J. van Eck, "From Louvain to Leiden: guaranteeing well-connected
// communities", Scientific Reports 9 (2019), doi:10.1038/s41598-019-41695-z: the fast local move,
// and the refinement. A difference of qualities counts when it is larger than what rounding can make
// of none.
#include "communities/leiden.h"

void sl_moves_begin(sl_partitioning *p) {
  const sl_level *level = &p->level;
  const uint32_t n = level->n;
  memset(p->size, 0, n * sizeof *p->size);
  memset(p->out, 0, n * sizeof *p->out);
  if (p->in != p->out) memset(p->in, 0, n * sizeof *p->in);
  for (uint32_t u = 0; u < n; u++) {
    const uint32_t c = p->community[u];
    p->size[c]++;
    p->out[c] += level->out[u];
    if (p->in != p->out) p->in[c] += level->in[u];
  }
  p->vacant_count = 0;
  for (uint32_t c = n; c-- > 0;)
    if (p->size[c] == 0) p->vacant[p->vacant_count++] = c;
  sl_shuffle(&p->rng, p->queue, n);
  memset(p->queued, 1, n);
  p->head = 0;
  p->waiting = n;
  p->visits = 64 * (uint64_t)n + 4096;
}

SL_ALWAYS_INLINE uint64_t move_some(sl_partitioning *p, uint64_t most, bool weighted,
                                    bool directed) {
  const sl_level level = p->level;
  const double factor = p->network.factor, all = p->network.total;
  uint32_t *const community = p->community, *const touched = p->touched, *const queue = p->queue;
  double *const weight_to = p->weight_to;
  uint64_t done = 0;
  while (p->waiting > 0 && done < most) {
    const uint32_t v = queue[p->head];
    p->head = p->head + 1 == level.n ? 0 : p->head + 1;
    p->waiting--;
    p->queued[v] = 0;
    const uint32_t own = community[v], first = level.rows[v], last = level.rows[v + 1];
    uint32_t count = 0;
    for (uint32_t k = first; k < last; k++) {
      const uint32_t c = community[level.columns[k]];
      if (weight_to[c] == 0) touched[count++] = c;
      weight_to[c] += weighted ? level.weights[k] : 1;
    }
    done += last - first + 1;
    const double out = level.out[v], in = directed ? level.in[v] : out;
    const double stay = weight_to[own];
    const double stay_expected =
        sl_expected(directed, factor, out, in, p->out[own] - out, directed ? p->in[own] - in : 0);
    double best = stay - stay_expected, best_weight = stay, best_expected = stay_expected;
    uint32_t to = own;
    weight_to[own] = 0;
    for (uint32_t i = 0; i < count; i++) {
      const uint32_t c = touched[i];
      const double w = weight_to[c];
      weight_to[c] = 0;
      const double expected =
          sl_expected(directed, factor, out, in, p->out[c], directed ? p->in[c] : 0);
      if (c != own && w - expected > best) {
        best = w - expected;
        best_weight = w;
        best_expected = expected;
        to = c;
      }
    }
    if (best < 0 && p->size[own] > 1 && p->vacant_count > 0) {
      best = best_weight = best_expected = 0;
      to = p->vacant[p->vacant_count - 1];
    }
    if (to == own) continue;
    const double noise = 1e-12 * (best_weight + fabs(best_expected) + stay + fabs(stay_expected)) +
                         1e-14 * sl_expected(directed, factor, out, in, all, all);
    if (!(best - (stay - stay_expected) > noise) || p->visits == 0) continue;
    p->visits--;
    if (p->size[to] == 0) p->vacant_count--;
    if (--p->size[own] == 0) p->vacant[p->vacant_count++] = own;
    p->size[to]++;
    p->out[own] -= out;
    p->out[to] += out;
    if (directed) {
      p->in[own] -= in;
      p->in[to] += in;
    }
    community[v] = to;
    uint32_t tail = p->head + p->waiting;
    if (tail >= level.n) tail -= level.n;
    for (uint32_t k = first; k < last; k++) {
      const uint32_t u = level.columns[k];
      if (p->queued[u] || community[u] == to) continue;
      p->queued[u] = 1;
      queue[tail] = u;
      tail = tail + 1 == level.n ? 0 : tail + 1;
      p->waiting++;
    }
  }
  return done;
}

SL_NOINLINE static uint64_t move_directed(sl_partitioning *p, uint64_t most) {
  return move_some(p, most, true, true);
}
SL_NOINLINE static uint64_t move_weighted(sl_partitioning *p, uint64_t most) {
  return move_some(p, most, true, false);
}
SL_NOINLINE static uint64_t move_plain(sl_partitioning *p, uint64_t most) {
  return move_some(p, most, false, false);
}

uint64_t sl_moves_step(sl_partitioning *p, uint64_t most) {
  uint64_t done = 0;
  while (p->waiting > 0 && done < most) {
    const uint64_t part = most - done < 20000 ? most - done : 20000;
    done += p->network.directed        ? move_directed(p, part)
            : p->level.weights != NULL ? move_weighted(p, part)
                                       : move_plain(p, part);
  }
  return done;
}

void sl_refinement_begin(sl_partitioning *p) {
  const uint32_t n = p->level.n;
  for (uint32_t u = 0; u < n; u++) {
    p->refined[u] = u;
    p->refined_size[u] = 1;
    p->refined_out[u] = p->level.out[u];
    if (p->network.directed) p->refined_in[u] = p->level.in[u];
  }
  sl_shuffle(&p->rng, p->queue, n);
  p->position = 0;
}

// Weights to the rest of their communities, of nodes from position on.
SL_NOINLINE static uint64_t weigh_some(sl_partitioning *p, uint64_t most) {
  const sl_level level = p->level;
  const uint32_t *community = p->community;
  uint64_t done = 0;
  for (; p->position < level.n && done < most; p->position++) {
    const uint32_t v = (uint32_t)p->position, own = community[v];
    double sum = 0;
    for (uint32_t k = level.rows[v]; k < level.rows[v + 1]; k++)
      if (community[level.columns[k]] == own) sum += level.weights ? level.weights[k] : 1;
    p->apart[v] = sum;
    done += level.rows[v + 1] - level.rows[v] + 1;
  }
  return done;
}

// Chance of a gain, over that of the largest one. Below e^-40 there is none.
SL_ALWAYS_INLINE double chance(double below, double randomness) {
  return below >= -40 * randomness ? exp(below / randomness) : 0;
}

// Which of the candidates: in touched, their gains in gains, `best` the largest one. Staying gains 0.
static uint32_t choose(sl_partitioning *p, uint32_t count, const double *gains, uint32_t stay,
                       uint32_t best_one, double best) {
  if (p->randomness == 0) return best > 0 ? best_one : stay;
  double sum = chance(0 - best, p->randomness);
  const double alone = sum;
  for (uint32_t i = 0; i < count; i++) sum += chance(gains[i] - best, p->randomness);
  if (sum == 1) return best_one;
  double draw = sl_rng_double(&p->rng) * sum - alone;
  if (draw < 0) return stay;
  for (uint32_t i = 0; i < count; i++) {
    draw -= chance(gains[i] - best, p->randomness);
    if (draw < 0) return p->touched[i];
  }
  return best_one;
}

SL_ALWAYS_INLINE uint64_t refine_some(sl_partitioning *p, uint64_t most, bool weighted,
                                      bool directed) {
  const sl_level level = p->level;
  const double factor = p->network.factor;
  const uint32_t *community = p->community;
  uint32_t *const refined = p->refined, *const touched = p->touched;
  double *const weight_to = p->weight_to;
  uint64_t done = 0;
  for (; p->position < 2 * (uint64_t)level.n && done < most; p->position++) {
    const uint32_t v = p->queue[p->position - level.n], own = community[v];
    done++;
    if (p->refined_size[refined[v]] != 1 || p->size[own] == 1) continue;
    const double out = level.out[v], in = directed ? level.in[v] : out;
    const double all_out = p->out[own], all_in = directed ? p->in[own] : 0;
    // Well connected to the rest, or it stays alone.
    if (p->apart[v] < sl_expected(directed, factor, out, in, all_out - out, all_in - in)) continue;
    uint32_t count = 0;
    for (uint32_t k = level.rows[v]; k < level.rows[v + 1]; k++) {
      const uint32_t u = level.columns[k];
      if (community[u] != own) continue;
      const uint32_t r = refined[u];
      if (weight_to[r] == 0) touched[count++] = r;
      weight_to[r] += weighted ? level.weights[k] : 1;
    }
    done += level.rows[v + 1] - level.rows[v];
    double best = -1, best_weight = 0;
    uint32_t best_one = v, candidates = 0;
    for (uint32_t i = 0; i < count; i++) {
      const uint32_t r = touched[i];
      const double r_out = p->refined_out[r], r_in = directed ? p->refined_in[r] : 0;
      const double gain = weight_to[r] - sl_expected(directed, factor, out, in, r_out, r_in);
      if (gain >= 0 && p->apart[r] >= sl_expected(directed, factor, r_out, r_in, all_out - r_out,
                                                  all_in - r_in)) {
        if (gain > best) {
          best = gain;
          best_one = r;
        }
        touched[candidates] = r;
        p->gains[candidates] = gain;
        p->gain_weights[candidates++] = weight_to[r];
      }
      weight_to[r] = 0;
    }
    if (candidates == 0) continue;
    const uint32_t to = choose(p, candidates, p->gains, v, best_one, best);
    if (to == v) continue;
    for (uint32_t i = 0; i < candidates; i++)
      if (touched[i] == to) best_weight = p->gain_weights[i];
    p->apart[to] += p->apart[v] - 2 * best_weight;
    p->refined_out[to] += out;
    if (directed) p->refined_in[to] += in;
    p->refined_size[to]++;
    p->refined_size[v] = 0;
    refined[v] = to;
  }
  return done;
}

SL_NOINLINE static uint64_t refine_directed(sl_partitioning *p, uint64_t most) {
  return refine_some(p, most, true, true);
}
SL_NOINLINE static uint64_t refine_weighted(sl_partitioning *p, uint64_t most) {
  return refine_some(p, most, true, false);
}
SL_NOINLINE static uint64_t refine_plain(sl_partitioning *p, uint64_t most) {
  return refine_some(p, most, false, false);
}

uint64_t sl_refinement_step(sl_partitioning *p, uint64_t most) {
  uint64_t done = 0;
  while (p->position < 2 * (uint64_t)p->level.n && done < most) {
    const uint64_t part = most - done < 20000 ? most - done : 20000;
    done += p->position < p->level.n   ? weigh_some(p, part)
            : p->network.directed      ? refine_directed(p, part)
            : p->level.weights != NULL ? refine_weighted(p, part)
                                       : refine_plain(p, part);
  }
  return done;
}
