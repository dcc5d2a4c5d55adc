// Based on: M. Riondato, E. M. Kornaropoulos, "Fast approximation of betweenness centrality through
// sampling", WSDM 2014, doi:10.1145/2556195.2556224 (a random shortest path between two random
// nodes); M. Borassi, E. Natale, "KADABRA is an adaptive algorithm for betweenness via random
// approximation", ESA 2016, arXiv:1604.08553 (both ends are searched from, the one with fewer edges
// goes on; sampling stops by what has been seen).
//
// The stopping rule is not theirs. Each sample is 0 or 1 at a node, so Chernoff's bound in the form
// of relative entropy holds: a share p^ of r samples and the true share p satisfy r KL(p^ || p) <= L
// but for a probability of e^-L on each side. L = ln(2 n j (j + 1) / (1 - confidence)) makes that
// hold for all n nodes, on both sides, at every check j = 1, 2, ... at once.
#include "base/rng.h"
#include "paths/search.h"

#define FIRST_CHECK 512

// One end of an unweighted search.
typedef struct sl_ball {
  sl_arcs arcs, against; // followed outwards, and back to the centre
  uint32_t *level;       // n: NONE outside
  double *paths;         // n: shortest paths from the centre
  uint32_t *order;       // n
  uint32_t count, level_begin, depth;
  uint64_t frontier; // edges of the outermost level
} sl_ball;

typedef struct sl_sampled {
  sl_rng rng;
  double epsilon, confidence;
  uint64_t samples, check, checks;
  uint64_t counted; // samples at the last check
  uint32_t *hits;   // n
  double *scores;   // n
  double half_width;
  uint32_t most;
  bool weighted;
  sl_ball balls[2];
  uint32_t *crossing_from, *crossing_to, crossings, crossing_capacity;
  double *crossing_sum;
  // weighted
  sl_search search;
  sl_arcs incoming;
  double *paths;
  bool begun;
  uint32_t source, target;
} sl_sampled;

static sl_status begin(sl_paths *paths, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)nodes, (void)count;
  const uint32_t n = paths->n;
  SL_REQUIRE(options[1] > 0 && options[1] < 1, SL_ERR_OPTION, "epsilon", "a number in (0, 1)");
  SL_REQUIRE(options[2] > 0 && options[2] < 1, SL_ERR_OPTION, "confidence", "a number in (0, 1)");
  SL_REQUIRE(options[3] >= 0 && options[3] < 0x1p64, SL_ERR_OPTION, "seed", "a whole number >= 0");
  sl_sampled *b;
  SL_TRY(TAKE_ZERO(paths, &b, 1));
  paths->state = b;
  b->epsilon = options[1];
  b->confidence = options[2];
  sl_rng_seed(&b->rng, (uint64_t)options[3]);
  b->weighted = sl_paths_flag(options[0]) && paths->graph->outgoing->values != NULL;
  b->check = FIRST_CHECK;
  b->half_width = n < 3 ? 0 : 1;
  SL_TRY(TAKE_ZERO(paths, &b->hits, n));
  SL_TRY(TAKE_ZERO(paths, &b->scores, n));
  if (b->weighted) {
    SL_TRY(sl_search_create(&b->search, paths, true, false, false));
    SL_TRY(sl_paths_arcs(paths, true, true, &b->incoming));
    return TAKE(paths, &b->paths, n);
  }
  for (int i = 0; i < 2; i++) {
    sl_ball *ball = &b->balls[i];
    SL_TRY(sl_paths_arcs(paths, false, i == 1, &ball->arcs));
    SL_TRY(sl_paths_arcs(paths, false, i == 0, &ball->against));
    SL_TRY(TAKE(paths, &ball->level, n));
    memset(ball->level, 0xff, n * sizeof *ball->level);
    SL_TRY(TAKE(paths, &ball->paths, n));
    SL_TRY(TAKE(paths, &ball->order, n));
  }
  return SL_OK;
}

static void end(sl_paths *paths) {
  sl_sampled *b = paths->state;
  if (b == NULL) return;
  sl_search_end(&b->search);
  sl_free(b->crossing_from);
  sl_free(b->crossing_to);
  sl_free(b->crossing_sum);
}

// ---- without weights ----------------------------------------------------------------------------

static void centre(sl_ball *ball, uint32_t node) {
  for (uint32_t i = 0; i < ball->count; i++) ball->level[ball->order[i]] = NONE;
  ball->order[0] = node;
  ball->count = 1;
  ball->level_begin = ball->depth = 0;
  ball->level[node] = 0;
  ball->paths[node] = 1;
  ball->frontier = ball->arcs.rows[node + 1] - ball->arcs.rows[node];
}

SL_NOINLINE static sl_status widen(sl_sampled *b) {
  const uint32_t capacity = b->crossing_capacity > 0 ? 2 * b->crossing_capacity : 256;
  SL_TRY(SL_REALLOC(&b->crossing_from, capacity));
  SL_TRY(SL_REALLOC(&b->crossing_to, capacity));
  SL_TRY(SL_REALLOC(&b->crossing_sum, capacity));
  b->crossing_capacity = capacity;
  return SL_OK;
}

// One level more of a ball. Edges into the other ball, which then end on its outermost level, are
// the crossings: every shortest path has one of them.
SL_NOINLINE static sl_status grow(sl_sampled *b, int which, uint64_t *done) {
  sl_ball *ball = &b->balls[which];
  const sl_ball *other = &b->balls[1 - which];
  const uint32_t *rows = ball->arcs.rows, *columns = ball->arcs.columns;
  const uint32_t end = ball->count, next = ball->depth + 1;
  uint64_t frontier = 0;
  *done += ball->frontier + (end - ball->level_begin);
  for (uint32_t i = ball->level_begin; i < end; i++) {
    const uint32_t u = ball->order[i];
    for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
      const uint32_t v = columns[k];
      if (other->level[v] != NONE) {
        if (b->crossings == b->crossing_capacity) SL_TRY(widen(b));
        const double before = b->crossings > 0 ? b->crossing_sum[b->crossings - 1] : 0;
        b->crossing_from[b->crossings] = u;
        b->crossing_to[b->crossings] = v;
        b->crossing_sum[b->crossings++] = before + ball->paths[u] * other->paths[v];
      }
      if (ball->level[v] == NONE) {
        ball->level[v] = next;
        ball->paths[v] = ball->paths[u];
        ball->order[ball->count++] = v;
        frontier += rows[v + 1] - rows[v];
      } else if (ball->level[v] == next) {
        ball->paths[v] += ball->paths[u];
      }
    }
  }
  ball->level_begin = end;
  ball->depth = next;
  ball->frontier = frontier;
  return SL_OK;
}

static void hit(sl_sampled *b, uint32_t node) {
  if (++b->hits[node] > b->most) b->most = b->hits[node];
}

// Walks from a node of a ball to its centre by random shortest paths, and counts what is between.
static void walk_back(sl_sampled *b, const sl_ball *ball, uint32_t node, uint64_t *done) {
  while (ball->level[node] > 0) {
    hit(b, node);
    double left = sl_rng_double(&b->rng) * ball->paths[node];
    const uint32_t last = ball->against.rows[node + 1], before = ball->level[node] - 1;
    uint32_t chosen = NONE;
    for (uint32_t k = ball->against.rows[node]; k < last; k++) {
      const uint32_t u = ball->against.columns[k];
      if (ball->level[u] != before) continue;
      chosen = u;
      left -= ball->paths[u];
      if (left < 0) break;
    }
    *done += last - ball->against.rows[node];
    node = chosen;
  }
}

static sl_status sample_unweighted(sl_sampled *b, uint64_t *done) {
  sl_ball *balls = b->balls;
  centre(&balls[0], b->source);
  centre(&balls[1], b->target);
  b->crossings = 0;
  while (b->crossings == 0) {
    const bool none[2] = {balls[0].level_begin == balls[0].count,
                          balls[1].level_begin == balls[1].count};
    if (none[0] || none[1]) return SL_OK; // no path: a sample without nodes
    const int which = balls[0].frontier <= balls[1].frontier ? 0 : 1;
    SL_TRY(grow(b, which, done));
    if (b->crossings == 0) continue;
    const double total = b->crossing_sum[b->crossings - 1];
    SL_REQUIRE(total < INFINITY, SL_ERR_RANGE, "graph",
               "at most 10^308 shortest paths between two nodes");
    const double chosen = sl_rng_double(&b->rng) * total;
    uint32_t low = 0, high = b->crossings - 1;
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      if (b->crossing_sum[middle] > chosen)
        high = middle;
      else
        low = middle + 1;
    }
    walk_back(b, &balls[which], b->crossing_from[low], done);
    walk_back(b, &balls[1 - which], b->crossing_to[low], done);
  }
  return SL_OK;
}

// ---- with weights -------------------------------------------------------------------------------

static bool is_tight(const sl_sampled *b, uint32_t k, uint32_t u, double distance) {
  const double before = sl_search_distance(&b->search, u);
  return before < distance && before + sl_arc_length(&b->incoming, k) == distance;
}

// The search from the source has settled the target. False: a number of paths does not fit f64.
SL_NOINLINE static bool sample_weighted(sl_sampled *b, uint64_t *done) {
  const sl_search *s = &b->search;
  if (s->settled == 0 || s->order[s->settled - 1] != b->target) return true; // no path
  for (uint32_t i = 0; i < s->settled; i++) {
    const uint32_t v = s->order[i];
    const double distance = sl_search_distance(s, v);
    double sum = i == 0 ? 1 : 0;
    for (uint32_t k = b->incoming.rows[v]; k < b->incoming.rows[v + 1]; k++) {
      const uint32_t u = b->incoming.columns[k];
      if (is_tight(b, k, u, distance)) sum += b->paths[u];
    }
    if (!(sum < INFINITY)) return false;
    b->paths[v] = sum;
    *done += b->incoming.rows[v + 1] - b->incoming.rows[v];
  }
  for (uint32_t v = b->target;;) {
    const double distance = sl_search_distance(s, v);
    double left = sl_rng_double(&b->rng) * b->paths[v];
    uint32_t chosen = NONE;
    for (uint32_t k = b->incoming.rows[v]; k < b->incoming.rows[v + 1]; k++) {
      const uint32_t u = b->incoming.columns[k];
      if (!is_tight(b, k, u, distance)) continue;
      chosen = u;
      left -= b->paths[u];
      if (left < 0) break;
    }
    if (chosen == NONE || chosen == b->source) return true;
    hit(b, chosen);
    v = chosen;
  }
}

// ---- how many are enough ------------------------------------------------------------------------

static double divergence(double a, double p) {
  const double left = a > 0 ? a * log(a / p) : 0,
               right = a < 1 ? (1 - a) * log((1 - a) / (1 - p)) : 0;
  return left + right;
}

// The furthest that the true share can be from `share` on the side towards `end` (0 or 1).
static double furthest(double share, double end, double budget) {
  double near = share, far = end;
  for (int i = 0; i < 60; i++) {
    const double middle = 0.5 * (near + far);
    if (divergence(share, middle) <= budget)
      near = middle;
    else
      far = middle;
  }
  return fabs(far - share) * (1 + 0x1p-30);
}

// Scores and half width of the samples so far. The widths of the interval grow with the share as long
// as it stays below 1/2, so the node met most often has the widest; above, Pinsker's inequality
// bounds all of them.
static void measure(sl_sampled *b, uint32_t n) {
  const double j = (double)++b->checks, samples = (double)b->samples,
               budget = (log(2.0 * n * j * (j + 1) / (1 - b->confidence)) + 0x1p-40) / samples,
               share = b->most / samples;
  const double up = share < 0.5 ? furthest(share, 1, budget) : 1;
  if (share + up > 0.5) {
    b->half_width = sqrt(0.5 * budget) * (1 + 0x1p-30);
  } else {
    const double down = furthest(share, 0, budget);
    b->half_width = up > down ? up : down;
  }
  b->counted = b->samples;
  for (uint32_t u = 0; u < n; u++) b->scores[u] = b->hits[u] / samples;
}

static sl_status step(sl_paths *paths, uint64_t work) {
  sl_sampled *b = paths->state;
  const uint32_t n = paths->n;
  uint64_t done = 0;
  if (n < 3) sl_job_end(&paths->job, SL_OUTCOME_CONVERGED);
  while (done < work && sl_job_is_running(&paths->job)) {
    if (!b->begun) {
      b->source = sl_rng_below(&b->rng, n);
      b->target = sl_rng_below(&b->rng, n - 1);
      if (b->target >= b->source) b->target++;
      if (b->weighted) SL_TRY(sl_search_start(&b->search, &b->source, 1, INFINITY, b->target));
      b->begun = true;
    }
    if (b->weighted) {
      SL_TRY(sl_search_step(&b->search, work, &done));
      if (b->search.running) break;
      SL_REQUIRE(sample_weighted(b, &done), SL_ERR_RANGE, "graph",
                 "at most 10^308 shortest paths between two nodes");
    } else {
      SL_TRY(sample_unweighted(b, &done));
    }
    done += 16;
    b->begun = false;
    if (++b->samples < b->check) continue;
    measure(b, n);
    // A quarter more until the next look: few looks, and little done in vain.
    b->check = b->samples + b->samples / 4;
    if (b->half_width <= b->epsilon || b->samples >= UINT32_MAX)
      sl_job_end(&paths->job,
                 b->half_width <= b->epsilon ? SL_OUTCOME_CONVERGED : SL_OUTCOME_STAGNATED);
  }
  paths->work += done;
  return SL_OK;
}

static sl_status read(sl_paths *paths, double *numbers) {
  // Stopped between two checks: what holds is what the last of them gave.
  const sl_sampled *b = paths->state;
  numbers[2] = (double)(uintptr_t)b->scores;
  numbers[3] = b->half_width;
  numbers[4] = (double)b->counted;
  return SL_OK;
}

const sl_question_kind sl_sampled_question = {begin, step, read, end};
