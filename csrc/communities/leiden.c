// Based on: V. A. Traag, L. Waltman, N. J. van Eck, "From Louvain to Leiden: guaranteeing well-connected
// communities", Scientific Reports 9 (2019), doi:10.1038/s41598-019-41695-z; V. D. Blondel, J.-L.
// Guillaume, R. Lambiotte, E. Lefebvre, "Fast unfolding of communities in large networks", Journal
// of Statistical Mechanics (2008), doi:10.1088/1742-5468/2008/10/P10008, with the queue of the former.
//
// An iteration begins with every node of the network in the community it had at the end of the last
// one. At its end communities that are not connected (a start may have some, and an iteration that is
// stopped) are divided, which never lowers the quality.
#include "communities/leiden.h"

typedef enum phase { MOVE, REFINE, AGGREGATE, NEXT_ITERATION, DIVIDE, COMPARE, DONE } phase;

typedef struct sl_leiden {
  sl_partitioning p;
  sl_objective objective;
  double iterations; // at most
  uint32_t iteration;
  phase phase;
  bool stable;
  bool keeps_levels;
  uint32_t level_count, level_room;
  uint32_t *levels; // level_count x n, its own block
  uint32_t *start;  // the labels at the beginning, dense
  uint32_t start_count;
  uint32_t *before; // the labels at the beginning of the iteration
  uint32_t *labels, count;
  double *sums;
  sl_quality_sum quality;
  double start_quality;
  bool comparing_start;
  // Division into connected parts: a breadth-first search through each community.
  uint32_t next, found, looked_at;
} sl_leiden;

static sl_status begin(sl_communities *c, const double *options, const uint32_t *labels,
                       bool refines) {
  const size_t n = c->n;
  sl_leiden *s;
  SL_TRY(TAKE_ZERO(c, &s, 1));
  c->state = s;
  sl_partitioning *p = &s->p;
  SL_TRY(sl_objective_read(options, &s->objective));
  SL_REQUIRE(options[3] >= 1, SL_ERR_OPTION, "iterations", "a number >= 1");
  SL_REQUIRE(options[4] >= 0 && options[4] < INFINITY, SL_ERR_OPTION, "randomness",
             "a finite number >= 0");
  SL_TRY(sl_seed_read(options[5], &p->rng));
  s->iterations = options[3];
  s->keeps_levels = options[6] != 0;
  SL_TRY(sl_network_create(c, &s->objective, &p->network));
  p->refines = refines;
  p->randomness = options[4] * p->network.mean;
  SL_TRY(TAKE(c, &p->community, n));
  SL_TRY(TAKE(c, &p->out, n));
  p->in = p->out;
  if (p->network.directed) SL_TRY(TAKE(c, &p->in, n));
  SL_TRY(TAKE(c, &p->size, n));
  SL_TRY(TAKE(c, &p->vacant, n));
  SL_TRY(TAKE_ZERO(c, &p->weight_to, n));
  SL_TRY(TAKE(c, &p->touched, n));
  SL_TRY(TAKE(c, &p->queue, n));
  SL_TRY(TAKE(c, &p->queued, n));
  SL_TRY(TAKE(c, &p->refined, n));
  if (refines) {
    SL_TRY(TAKE(c, &p->refined_out, n));
    p->refined_in = p->refined_out;
    if (p->network.directed) SL_TRY(TAKE(c, &p->refined_in, n));
    SL_TRY(TAKE(c, &p->apart, n));
    SL_TRY(TAKE(c, &p->refined_size, n));
    SL_TRY(TAKE(c, &p->gains, n));
    SL_TRY(TAKE(c, &p->gain_weights, n));
  }
  SL_TRY(TAKE(c, &p->members, n));
  SL_TRY(TAKE(c, &p->starts, n + 1));
  SL_TRY(TAKE(c, &p->node_of, n));
  SL_TRY(TAKE(c, &s->start, n));
  SL_TRY(TAKE(c, &s->before, n));
  SL_TRY(TAKE(c, &s->labels, n));
  SL_TRY(TAKE(c, &s->sums, 2 * n + 2));
  if (labels != NULL) {
    SL_TRY(sl_labels_dense(c->n, labels, s->start, &s->start_count));
  } else {
    for (uint32_t u = 0; u < n; u++) s->start[u] = u;
    s->start_count = c->n;
  }
  memcpy(s->before, s->start, n * sizeof *s->before);
  s->count = s->start_count;
  s->phase = NEXT_ITERATION;
  return SL_OK;
}

static sl_status begin_leiden(sl_communities *c, const double *options, const uint32_t *labels) {
  return begin(c, options, labels, true);
}
static sl_status begin_louvain(sl_communities *c, const double *options, const uint32_t *labels) {
  return begin(c, options, labels, false);
}

static void begin_iteration(sl_communities *c, sl_leiden *s) {
  sl_partitioning *p = &s->p;
  const sl_network *net = &p->network;
  sl_levels_free(p);
  p->level = (sl_level){.n = net->n,
                        .rows = net->rows,
                        .columns = net->columns,
                        .weights = net->weights,
                        .out = net->out,
                        .in = net->in};
  for (uint32_t u = 0; u < c->n; u++) p->node_of[u] = u;
  memcpy(p->community, s->before, c->n * sizeof *p->community);
  s->level_count = 0;
  s->phase = MOVE;
  sl_moves_begin(p);
}

// The partition of the network's nodes that a partition of the level's nodes is.
static void flatten(const sl_communities *c, sl_leiden *s) {
  const sl_partitioning *p = &s->p;
  for (uint32_t u = 0; u < c->n; u++) s->labels[u] = p->community[p->node_of[u]];
  s->count = sl_labels_first_seen(c->n, s->labels, s->labels, p->touched, p->level.n);
}

static sl_status keep_level(sl_communities *c, sl_leiden *s, const uint32_t *labels) {
  if (s->level_count == s->level_room) {
    const uint32_t room = s->level_room + 4;
    SL_TRY(SL_REALLOC(&s->levels, (size_t)room * c->n));
    c->blocks.bytes += 4 * sizeof *s->levels * c->n;
    s->level_room = room;
  }
  memcpy(s->levels + (size_t)s->level_count++ * c->n, labels, c->n * sizeof *s->levels);
  return SL_OK;
}

// What comes after the moves have ended, or the refinement.
static sl_status aggregate(sl_leiden *s) {
  sl_partitioning *p = &s->p;
  const uint32_t n = p->level.n;
  const uint32_t *from = p->refines ? p->refined : p->community;
  const uint32_t count = sl_labels_first_seen(n, from, p->refined, p->touched, n);
  if (count == n) { // nothing became one
    s->phase = NEXT_ITERATION;
    return SL_OK;
  }
  s->phase = AGGREGATE;
  return sl_aggregation_begin(p, count);
}

static void begin_division(sl_communities *c, sl_leiden *s) {
  sl_levels_free(&s->p);
  memset(s->p.queued, 0, c->n);
  s->p.head = s->p.waiting = 0;
  s->next = s->found = s->looked_at = 0;
  s->phase = DIVIDE;
}

// Breadth-first through the communities; the part that each node is in goes to p->refined.
SL_NOINLINE static uint64_t divide_some(sl_leiden *s, uint64_t most) {
  sl_partitioning *p = &s->p;
  const sl_network *net = &p->network;
  const uint32_t *labels = s->labels;
  uint64_t done = 0;
  while (done < most) {
    if (s->looked_at == s->found) {
      while (s->next < net->n && p->queued[s->next]) s->next++;
      if (s->next == net->n) break;
      p->queued[s->next] = 1;
      p->queue[s->found++] = s->next;
      p->waiting++;
    }
    const uint32_t v = p->queue[s->looked_at++];
    p->refined[v] = p->waiting - 1;
    for (uint32_t k = net->rows[v]; k < net->rows[v + 1]; k++) {
      const uint32_t u = net->columns[k];
      if (labels[u] != labels[v] || p->queued[u]) continue;
      p->queued[u] = 1;
      p->queue[s->found++] = u;
    }
    done += net->rows[v + 1] - net->rows[v] + 1;
  }
  return done;
}

static bool is_divided(const sl_leiden *s) {
  return s->looked_at == s->found && s->found == s->p.network.n;
}

static void begin_quality(sl_communities *c, sl_leiden *s, bool start) {
  s->comparing_start = start;
  s->phase = COMPARE;
  sl_quality_begin(&s->quality, c, &s->objective, start ? s->start : s->labels,
                   start ? s->start_count : s->count, s->sums);
}

// Levels as an answer has them, with the labels as the last one.
static sl_status end_levels(sl_communities *c, sl_leiden *s) {
  for (uint32_t i = 0; i < s->level_count; i++) {
    uint32_t *level = s->levels + (size_t)i * c->n;
    const uint32_t count = sl_labels_first_seen(c->n, level, level, s->p.touched, c->n);
    sl_labels_by_size(c->n, level, count, (uint32_t *)s->sums);
  }
  const size_t bytes = c->n * sizeof *s->labels;
  if (s->level_count > 0 &&
      memcmp(s->levels + (size_t)(s->level_count - 1) * c->n, s->labels, bytes) == 0)
    return SL_OK;
  return keep_level(c, s, s->labels);
}

static sl_status end_quality(sl_communities *c, sl_leiden *s) {
  if (s->comparing_start) {
    s->start_quality = s->quality.value;
    begin_quality(c, s, false);
    return SL_OK;
  }
  // Rounding can make a loss of what was no gain.
  if (s->quality.value < s->start_quality) {
    memcpy(s->labels, s->start, c->n * sizeof *s->labels);
    s->count = s->start_count;
    s->level_count = 0;
    s->start_quality = -INFINITY;
    begin_division(c, s);
    return SL_OK;
  }
  sl_labels_by_size(c->n, s->labels, s->count, (uint32_t *)s->sums);
  if (s->keeps_levels) SL_TRY(end_levels(c, s));
  s->phase = DONE;
  return SL_OK;
}

static void end_iteration(sl_communities *c, sl_leiden *s) {
  flatten(c, s);
  s->iteration++;
  uint32_t *start = s->p.refined; // first seen, as labels are
  sl_labels_first_seen(c->n, s->before, start, s->p.touched, c->n);
  s->stable = memcmp(start, s->labels, c->n * sizeof *start) == 0;
  if (s->stable || s->iteration >= s->iterations) {
    begin_division(c, s);
  } else {
    memcpy(s->before, s->labels, c->n * sizeof *s->before);
    begin_iteration(c, s);
  }
}

static sl_status advance(sl_communities *c, sl_leiden *s, uint64_t most) {
  sl_partitioning *p = &s->p;
  switch (s->phase) {
  case NEXT_ITERATION:
    if (p->level.n == 0)
      begin_iteration(c, s);
    else
      end_iteration(c, s);
    c->work += c->n;
    return SL_OK;
  case MOVE:
    c->work += sl_moves_step(p, most);
    if (p->waiting > 0) return SL_OK;
    if (p->vacant_count == 0) { // every node alone
      s->phase = NEXT_ITERATION;
    } else if (p->refines) {
      sl_refinement_begin(p);
      s->phase = REFINE;
    } else {
      return aggregate(s);
    }
    return SL_OK;
  case REFINE:
    c->work += sl_refinement_step(p, most);
    return p->position < 2 * (uint64_t)p->level.n ? SL_OK : aggregate(s);
  case AGGREGATE:
    c->work += sl_aggregation_step(p, most);
    if (p->position < p->next_n) return SL_OK;
    sl_aggregation_end(p);
    if (s->keeps_levels) SL_TRY(keep_level(c, s, p->node_of));
    sl_moves_begin(p);
    s->phase = MOVE;
    return SL_OK;
  case DIVIDE:
    if (p->refines) {
      c->work += divide_some(s, most);
      if (!is_divided(s)) return SL_OK;
      const uint32_t parts = p->waiting;
      memcpy(s->labels, p->refined, c->n * sizeof *s->labels);
      // Nodes may gain by joining a part now.
      if (s->stable && parts > s->count && s->iteration < s->iterations) {
        memcpy(s->before, s->labels, c->n * sizeof *s->before);
        begin_iteration(c, s);
        return SL_OK;
      }
    }
    s->count = sl_labels_first_seen(c->n, s->labels, s->labels, p->touched, c->n);
    begin_quality(c, s, s->start_quality != -INFINITY);
    return SL_OK;
  case COMPARE:
    return sl_quality_step(&s->quality, c, &s->objective, most, &c->work) ? end_quality(c, s)
                                                                          : SL_OK;
  case DONE:
    return SL_OK;
  }
  return SL_OK;
}

static sl_status step(sl_communities *c, uint64_t work) {
  sl_leiden *s = c->state;
  const uint64_t until = sl_pause(c->work, work);
  while (c->work < until && s->phase != DONE) SL_TRY(advance(c, s, until - c->work));
  if (s->phase == DONE)
    sl_job_end(&c->job, s->stable ? SL_OUTCOME_CONVERGED : SL_OUTCOME_ITERATION_LIMIT);
  return SL_OK;
}

static sl_status stop(sl_communities *c) {
  sl_leiden *s = c->state;
  s->stable = false;
  if (s->phase < DIVIDE) {
    // What has been moved so far is a partition already. Before the first move it is the start.
    if (s->p.level.n == 0) {
      memcpy(s->labels, s->start, c->n * sizeof *s->labels);
      s->count = s->start_count;
    } else {
      flatten(c, s);
    }
    begin_division(c, s);
  }
  while (s->phase != DONE) SL_TRY(advance(c, s, UINT64_MAX));
  return SL_OK;
}

static sl_status read(sl_communities *c, double *numbers) {
  const sl_leiden *s = c->state;
  SL_REQUIRE(isfinite(s->quality.value), SL_ERR_RANGE, "graph",
             "a quality within the range of f64");
  numbers[2] = s->count;
  numbers[3] = s->quality.value;
  numbers[4] = (double)(uintptr_t)s->labels;
  numbers[5] = s->iteration;
  numbers[6] = s->level_count;
  numbers[7] = (double)(uintptr_t)s->levels;
  return SL_OK;
}

static void end(sl_communities *c) {
  sl_leiden *s = c->state;
  if (s == NULL) return;
  sl_levels_free(&s->p);
  sl_free(s->levels);
}

const sl_communities_kind_of sl_leiden_question = {begin_leiden, step, stop, read, end};
const sl_communities_kind_of sl_louvain_question = {begin_louvain, step, stop, read, end};
