// Based on: U. N. Raghavan, R. Albert, S. Kumara, "Near linear time algorithm to detect community
// structures in large-scale networks", Physical Review E 76 (2007), doi:10.1103/PhysRevE.76.036106;
// the queue: V. A. Traag, L. Subelj, "Large network community detection by fast label propagation",
// Scientific Reports 13 (2023), doi:10.1038/s41598-023-29610-z; colour classes: G. Cordasco, L.
// Gargano, "Community detection via semi-synchronous label propagation algorithms", 2010,
// arXiv:1103.4550. A node keeps its label when it is among the best, in both: then every change adds to
// the weight within labels, and it ends.
#include "communities/question.h"

typedef enum phase { COLOUR, SWEEP, QUEUE } phase;

typedef struct sl_propagation {
  sl_network network;
  sl_rng rng;
  phase phase;
  double most_sweeps;
  uint32_t sweeps, position, count;
  bool changed, ended;
  double *loops; // by node, or NULL
  uint32_t *labels;
  double *weight_to; // by label, 0 between nodes
  uint32_t *touched;
  uint32_t *order; // colour classes, or the queue
  uint8_t *queued;
  uint32_t head, waiting;
  uint32_t *colour, *taken;
} sl_propagation;

static sl_status find_loops(sl_communities *c, sl_propagation *s, bool weighted) {
  const sl_csr *edges = c->graph->outgoing;
  for (uint32_t u = 0; u < c->n; u++) {
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      if (edges->columns[k] != u) continue;
      if (s->loops == NULL) SL_TRY(TAKE_ZERO(c, &s->loops, c->n));
      const double w = weighted ? sl_csr_value(edges, k) : 1;
      s->loops[u] = ldexp(c->graph->directed ? 2 * w : w, -s->network.exponent);
    }
  }
  return SL_OK;
}

// Nodes by falling degree, a loop counting twice, of one degree by number.
static void order_by_degree(const sl_propagation *s, uint32_t *order, uint32_t *places) {
  const sl_network *net = &s->network;
  const uint32_t n = net->n;
#define DEGREE(u)                                                                                  \
  (net->rows[(u) + 1] - net->rows[u] + (s->loops != NULL && s->loops[u] > 0 ? 2 : 0))
  memset(places, 0, ((size_t)n + 3) * sizeof *places);
  for (uint32_t u = 0; u < n; u++) places[n + 1 - DEGREE(u)]++;
  uint32_t before = 0;
  for (uint32_t i = 0; i < n + 3; i++) {
    const uint32_t here = places[i];
    places[i] = before;
    before += here;
  }
  for (uint32_t u = 0; u < n; u++) order[places[n + 1 - DEGREE(u)]++] = u;
#undef DEGREE
}

static sl_status begin(sl_communities *c, const double *options, const uint32_t *labels) {
  const size_t n = c->n;
  const sl_objective objective = {.weighted = options[0] != 0};
  sl_propagation *s;
  SL_TRY(TAKE_ZERO(c, &s, 1));
  c->state = s;
  SL_REQUIRE(options[1] == 0 || options[1] == 1, SL_ERR_OPTION, "method",
             "0 (queue) or 1 (colour classes)");
  SL_TRY(sl_seed_read(options[2], &s->rng));
  SL_REQUIRE(options[1] == 0 || options[3] >= 1, SL_ERR_OPTION, "sweeps", "a number >= 1");
  s->most_sweeps = options[3];
  SL_TRY(sl_network_create(c, &objective, &s->network));
  SL_TRY(find_loops(c, s, objective.weighted));
  SL_TRY(TAKE(c, &s->labels, n));
  if (labels != NULL) {
    SL_TRY(sl_labels_dense(c->n, labels, s->labels, &s->count));
  } else {
    for (uint32_t u = 0; u < n; u++) s->labels[u] = u;
  }
  SL_TRY(TAKE_ZERO(c, &s->weight_to, n));
  SL_TRY(TAKE(c, &s->touched, 2 * n + 2)); // also scratch of the numbering at the end
  SL_TRY(TAKE(c, &s->order, n));
  if (options[1] == 0) {
    SL_TRY(TAKE(c, &s->queued, n));
    sl_shuffle(&s->rng, s->order, c->n);
    memset(s->queued, 1, n);
    s->waiting = c->n;
    s->phase = QUEUE;
  } else {
    SL_TRY(TAKE(c, &s->colour, n));
    SL_TRY(TAKE(c, &s->taken, n + 3));
    order_by_degree(s, s->order, s->taken);
    memset(s->colour, 0xff, n * sizeof *s->colour);
    memset(s->taken, 0xff, n * sizeof *s->taken);
    s->phase = COLOUR;
  }
  return SL_OK;
}

// The smallest colour that no neighbour has; taken[colour] is the node that found it taken.
SL_NOINLINE static uint64_t colour_some(sl_propagation *s, uint64_t most) {
  const sl_network *net = &s->network;
  uint64_t done = 0;
  for (; s->position < net->n && done < most; s->position++) {
    const uint32_t v = s->order[s->position];
    for (uint32_t k = net->rows[v]; k < net->rows[v + 1]; k++) {
      const uint32_t colour = s->colour[net->columns[k]];
      if (colour != NONE) s->taken[colour] = v;
    }
    uint32_t colour = 0;
    while (s->taken[colour] == v) colour++;
    s->colour[v] = colour;
    done += net->rows[v + 1] - net->rows[v] + 1;
  }
  return done;
}

static void order_by_colour(sl_propagation *s) {
  const uint32_t n = s->network.n;
  uint32_t *places = s->taken;
  memset(places, 0, ((size_t)n + 1) * sizeof *places);
  for (uint32_t u = 0; u < n; u++) places[s->colour[u] + 1]++;
  for (uint32_t i = 0; i < n; i++) places[i + 1] += places[i];
  for (uint32_t u = 0; u < n; u++) s->order[places[s->colour[u]]++] = u;
}

// Gives node v the label it should have. True when that is another one.
SL_ALWAYS_INLINE bool relabel(sl_propagation *s, uint32_t v, bool at_random) {
  const sl_network *net = &s->network;
  uint32_t *labels = s->labels;
  const uint32_t own = labels[v];
  uint32_t count = 0;
  for (uint32_t k = net->rows[v]; k < net->rows[v + 1]; k++) {
    const uint32_t label = labels[net->columns[k]];
    if (s->weight_to[label] == 0) s->touched[count++] = label;
    s->weight_to[label] += net->weights ? net->weights[k] : 1;
  }
  const double keep = s->weight_to[own] + (s->loops ? s->loops[v] : 0);
  double best = 0;
  for (uint32_t i = 0; i < count; i++)
    if (s->weight_to[s->touched[i]] > best) best = s->weight_to[s->touched[i]];
  const double least = best * (1 - 1e-12);
  uint32_t to = own;
  if (keep < least) {
    uint32_t ties = 0;
    to = 0;
    for (uint32_t i = 0; i < count; i++) {
      const uint32_t label = s->touched[i];
      if (s->weight_to[label] < least) continue;
      if (at_random ? sl_rng_below(&s->rng, ++ties) == 0 : label >= to) to = label;
    }
  }
  for (uint32_t i = 0; i < count; i++) s->weight_to[s->touched[i]] = 0;
  labels[v] = to;
  return to != own;
}

SL_NOINLINE static uint64_t sweep_some(sl_propagation *s, uint64_t most) {
  const sl_network *net = &s->network;
  uint64_t done = 0;
  for (; s->position < net->n && done < most; s->position++) {
    const uint32_t v = s->order[s->position];
    if (relabel(s, v, false)) s->changed = true;
    done += net->rows[v + 1] - net->rows[v] + 1;
  }
  return done;
}

SL_NOINLINE static uint64_t queue_some(sl_propagation *s, uint64_t most) {
  const sl_network *net = &s->network;
  uint64_t done = 0;
  while (s->waiting > 0 && done < most) {
    const uint32_t v = s->order[s->head];
    s->head = s->head + 1 == net->n ? 0 : s->head + 1;
    s->waiting--;
    s->queued[v] = 0;
    done += net->rows[v + 1] - net->rows[v] + 1;
    if (!relabel(s, v, true)) continue;
    for (uint32_t k = net->rows[v]; k < net->rows[v + 1]; k++) {
      const uint32_t u = net->columns[k];
      if (s->queued[u] || s->labels[u] == s->labels[v]) continue;
      s->queued[u] = 1;
      s->order[(uint32_t)(((uint64_t)s->head + s->waiting++) % net->n)] = u;
    }
  }
  return done;
}

static void finish(sl_communities *c, sl_propagation *s) {
  s->count = sl_labels_first_seen(c->n, s->labels, s->labels, s->touched, c->n);
  sl_labels_by_size(c->n, s->labels, s->count, s->touched);
  s->ended = true;
}

static sl_status step(sl_communities *c, uint64_t work) {
  sl_propagation *s = c->state;
  const uint64_t until = sl_pause(c->work, work);
  while (c->work < until && !s->ended) {
    const uint64_t most = until - c->work < 20000 ? until - c->work : 20000;
    if (s->phase == QUEUE) {
      c->work += queue_some(s, most);
      if (s->waiting > 0) continue;
      finish(c, s);
      sl_job_end(&c->job, SL_OUTCOME_CONVERGED);
    } else if (s->phase == COLOUR) {
      c->work += colour_some(s, most);
      if (s->position < c->n) continue;
      order_by_colour(s);
      s->position = 0;
      s->phase = SWEEP;
    } else {
      c->work += sweep_some(s, most);
      if (s->position < c->n) continue;
      s->sweeps++;
      if (s->changed && s->sweeps < s->most_sweeps) {
        s->changed = false;
        s->position = 0;
        continue;
      }
      finish(c, s);
      sl_job_end(&c->job, s->changed ? SL_OUTCOME_ITERATION_LIMIT : SL_OUTCOME_CONVERGED);
    }
  }
  return SL_OK;
}

static sl_status stop(sl_communities *c) {
  finish(c, c->state);
  return SL_OK;
}

static sl_status read(sl_communities *c, double *numbers) {
  const sl_propagation *s = c->state;
  numbers[2] = s->count;
  numbers[4] = (double)(uintptr_t)s->labels;
  numbers[5] = s->sweeps;
  return SL_OK;
}

const sl_communities_kind_of sl_propagation_question = {begin, step, stop, read, NULL};
