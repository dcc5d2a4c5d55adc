// Based on: M. Jacomy, T. Venturini, S. Heymann, M. Bastian, "ForceAtlas2, a continuous graph layout
// algorithm for handy network visualization designed for the Gephi software", PLOS ONE 9 (2014),
// doi:10.1371/journal.pone.0098679, with the adaptation of the global speed that Gephi has.
#include "communities/layout.h"

#include "communities/question.h"
#include "communities/tree.h"

typedef enum phase { TREE, REPEL, ATTRACT, MOVE } phase;

struct sl_layout {
  sl_job job; // the first member
  uint32_t n, dimensions, steps, left, position;
  phase phase;
  double scaling, gravity, jitter;
  bool linlog, strong, dissuades;
  uint32_t *rows, *columns; // edges without loops, from both ends
  float *pull;              // by edge entry, or NULL: 1 each
  float *positions, *mass, *force, *last;
  uint8_t *fixed;
  sl_tree tree;
  double swinging, traction, speed, efficiency, moved;
  uint64_t work, met;
};

static sl_status check(const double *o) {
  SL_REQUIRE(o[0] == 2 || o[0] == 3, SL_ERR_OPTION, "dimensions", "2 or 3");
  SL_REQUIRE(o[1] > 0 && o[1] <= 1e12, SL_ERR_OPTION, "scaling", "a number > 0, at most 10^12");
  SL_REQUIRE(o[2] >= 0 && o[2] <= 1e12, SL_ERR_OPTION, "gravity", "a number >= 0, at most 10^12");
  SL_REQUIRE(o[3] >= 0, SL_ERR_OPTION, "theta", "a number >= 0");
  SL_REQUIRE(o[4] >= 0 && o[4] <= 16, SL_ERR_OPTION, "edge_weight_influence",
             "a number from 0 to 16");
  SL_REQUIRE(o[5] > 0 && o[5] <= 1e6, SL_ERR_OPTION, "jitter_tolerance",
             "a number > 0, at most 10^6");
  return SL_OK;
}

// The layout's own copy of the edges: it outlives the graph.
static sl_status copy_edges(sl_layout *l, const sl_network *net, double influence) {
  const uint32_t entries = net->rows[net->n];
  SL_TRY(SL_ALLOC(&l->rows, (size_t)l->n + 1));
  SL_TRY(SL_ALLOC(&l->columns, entries));
  memcpy(l->rows, net->rows, ((size_t)l->n + 1) * sizeof *l->rows);
  memcpy(l->columns, net->columns, entries * sizeof *l->columns);
  if (net->weights == NULL || influence == 0) return SL_OK;
  SL_TRY(SL_ALLOC(&l->pull, entries));
  for (uint32_t k = 0; k < entries; k++) {
    const double ratio = fmin(net->weights[k] / net->mean, 1e6);
    l->pull[k] = (float)fmin(influence == 1 ? ratio : pow(ratio, influence), 1e12);
  }
  return SL_OK;
}

static sl_status read_edges(sl_layout *l, sl_graph *graph, const double *o) {
  const sl_objective objective = {.weighted = o[9] != 0};
  sl_communities *holder; // of the network's arrays
  sl_network network;
  SL_TRY(sl_communities_create(graph, &holder));
  sl_status status = sl_network_create(holder, &objective, &network);
  if (status == SL_OK) status = copy_edges(l, &network, o[4]);
  sl_communities_destroy(holder);
  return status;
}

static sl_status fill(sl_layout *l, sl_graph *graph, const double *o, const float *positions) {
  const size_t n = l->n, all = n * l->dimensions;
  sl_rng rng;
  SL_TRY(sl_seed_read(o[10], &rng));
  SL_TRY(read_edges(l, graph, o));
  SL_TRY(SL_ALLOC(&l->positions, all));
  SL_TRY(SL_ALLOC(&l->mass, n));
  SL_TRY(SL_ALLOC(&l->force, all));
  SL_TRY(SL_ALLOC_ZERO(&l->last, all));
  SL_TRY(SL_ALLOC_ZERO(&l->fixed, n));
  SL_TRY(sl_tree_create(&l->tree, l->n, l->dimensions, o[3]));
  for (uint32_t u = 0; u < n; u++) l->mass[u] = (float)(1 + l->rows[u + 1] - l->rows[u]);
  const double side = 20 * pow((double)n, 1.0 / l->dimensions);
  for (size_t i = 0; i < all; i++)
    l->positions[i] =
        positions != NULL ? positions[i] : (float)((sl_rng_double(&rng) - 0.5) * side);
  return SL_OK;
}

sl_status sl_layout_create(sl_graph *graph, const double *options, const float *positions,
                           uint32_t count, sl_layout **out) {
  *out = NULL;
  SL_TRY(check(options));
  const uint32_t dimensions = (uint32_t)options[0];
  SL_REQUIRE(count == 0 || count == (uint64_t)graph->node_count * dimensions, SL_ERR_SHAPE,
             "positions", "two or three numbers a node, as many as there are dimensions");
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(fabsf(positions[i]) <= 1e9f, SL_ERR_NOT_FINITE, "positions",
                  "finite numbers of at most 10^9", i);
  sl_layout *l;
  SL_TRY(SL_ALLOC_ZERO(&l, 1));
  l->job.kind = &sl_layout_kind;
  l->n = graph->node_count;
  l->dimensions = dimensions;
  l->scaling = options[1];
  l->gravity = options[2];
  l->jitter = options[5];
  l->linlog = options[6] != 0;
  l->strong = options[7] != 0;
  l->dissuades = options[8] != 0;
  l->speed = l->efficiency = 1;
  const sl_status status = fill(l, graph, options, count == 0 ? NULL : positions);
  if (status != SL_OK) {
    sl_layout_destroy(l);
    return status;
  }
  *out = l;
  return SL_OK;
}

void sl_layout_destroy(sl_layout *l) {
  if (l == NULL) return;
  sl_free(l->rows);
  sl_free(l->columns);
  sl_free(l->pull);
  sl_free(l->positions);
  sl_free(l->mass);
  sl_free(l->force);
  sl_free(l->last);
  sl_free(l->fixed);
  sl_tree_free(&l->tree);
  sl_free(l);
}

size_t sl_layout_bytes(const sl_layout *l) {
  const size_t entries = l->rows[l->n];
  return sizeof *l + sl_tree_bytes(&l->tree) + (l->pull != NULL ? 8 : 4) * entries +
         (size_t)l->n * (9 + 12 * l->dimensions);
}

sl_status sl_layout_begin(sl_layout *l, uint32_t steps) {
  SL_REQUIRE(steps > 0, SL_ERR_OPTION, "steps", "a number of steps >= 1");
  l->left = steps;
  l->work = 0;
  l->phase = TREE;
  sl_tree_begin(&l->tree);
  sl_job_begin(&l->job);
  return SL_OK;
}

// Cells from position on: the leaves among them.
static uint64_t repel_some(sl_layout *l, uint64_t most) {
  const sl_tree *tree = &l->tree;
  uint64_t done = 0;
  for (; l->position < tree->count && done < most; l->position++) {
    const sl_cell *cell = &tree->cells[l->position];
    if (cell->end - cell->begin > SL_LEAF) continue;
    const uint64_t met = sl_tree_repel(tree, l->position, l->force);
    l->met += met;
    done += met;
  }
  return done;
}

// Attraction and gravity of nodes from position on, added to the repulsion, whose factor comes here.
SL_ALWAYS_INLINE uint64_t attract(sl_layout *l, uint64_t most, uint32_t dimensions, bool weighted,
                                  bool linlog) {
  const float *positions = l->positions;
  uint64_t done = 0;
  for (; l->position < l->n && done < most; l->position++) {
    const uint32_t u = l->position, begin = l->rows[u], end = l->rows[u + 1];
    const float mass = l->mass[u];
    float at[3], sum[3] = {0};
    for (uint32_t d = 0; d < dimensions; d++) at[d] = positions[(size_t)u * dimensions + d];
    for (uint32_t k = begin; k < end; k++) {
      const float *to = positions + (size_t)l->columns[k] * dimensions;
      float delta[3], factor = weighted ? l->pull[k] : 1;
      for (uint32_t d = 0; d < dimensions; d++) delta[d] = to[d] - at[d];
      if (linlog) {
        float square = 0;
        for (uint32_t d = 0; d < dimensions; d++) square += delta[d] * delta[d];
        const float length = sqrtf(square);
        factor *= length > 0 ? log1pf(length) / length : 0;
      }
      for (uint32_t d = 0; d < dimensions; d++) sum[d] += factor * delta[d];
    }
    const float share = l->dissuades ? 1 / mass : 1, scaling = (float)l->scaling * mass;
    float square = 0;
    for (uint32_t d = 0; d < dimensions; d++) square += at[d] * at[d];
    const float length = sqrtf(square), gravity = (float)l->gravity * mass;
    const float inwards = l->strong ? gravity : length > 0 ? gravity / length : 0;
    float *force = l->force + (size_t)u * dimensions;
    for (uint32_t d = 0; d < dimensions; d++)
      force[d] = scaling * force[d] + share * sum[d] - inwards * at[d];
    done += end - begin + 2;
  }
  return done;
}

SL_NOINLINE static uint64_t attract_plain(sl_layout *l, uint64_t most) {
  return attract(l, most, 2, false, false);
}
SL_NOINLINE static uint64_t attract_weighted(sl_layout *l, uint64_t most) {
  return attract(l, most, 2, true, false);
}
SL_NOINLINE static uint64_t attract_other(sl_layout *l, uint64_t most) {
  return attract(l, most, l->dimensions, l->pull != NULL, l->linlog);
}

static uint64_t attract_some(sl_layout *l, uint64_t most) {
  uint64_t done = 0;
  while (l->position < l->n && done < most) {
    const uint64_t part = most - done < 20000 ? most - done : 20000;
    done += l->linlog || l->dimensions != 2 ? attract_other(l, part)
            : l->pull != NULL               ? attract_weighted(l, part)
                                            : attract_plain(l, part);
  }
  return done;
}

SL_NOINLINE static void sum_motion(sl_layout *l) {
  double swinging = 0, traction = 0;
  for (uint32_t u = 0; u < l->n; u++) {
    if (l->fixed[u]) continue;
    double apart = 0, along = 0;
    for (uint32_t d = 0; d < l->dimensions; d++) {
      const size_t i = (size_t)u * l->dimensions + d;
      const double now = l->force[i], before = l->last[i];
      apart += (now - before) * (now - before);
      along += (now + before) * (now + before);
    }
    swinging += l->mass[u] * sqrt(apart);
    traction += l->mass[u] * sqrt(along) / 2;
  }
  l->swinging = swinging;
  l->traction = traction;
}

// How fast all of it moves: as fast as the share of nodes that swing allows.
static void adapt_speed(sl_layout *l) {
  const double n = l->n, optimum = 0.05 * sqrt(n);
  double jitter = l->jitter * fmax(sqrt(optimum), fmin(10, optimum * l->traction / (n * n)));
  if (!(l->traction > 0) || !(l->swinging > 0)) return;
  if (l->swinging / l->traction > 2) {
    if (l->efficiency > 0.05) l->efficiency *= 0.5;
    jitter = fmax(jitter, l->jitter);
  }
  const double target = jitter * l->efficiency * l->traction / l->swinging;
  if (l->swinging > jitter * l->traction) {
    if (l->efficiency > 0.05) l->efficiency *= 0.7;
  } else if (l->speed < 1000) {
    l->efficiency *= 1.3;
  }
  l->speed += fmin(target - l->speed, 0.5 * l->speed);
}

SL_NOINLINE static void move(sl_layout *l) {
  double moved = 0;
  for (uint32_t u = 0; u < l->n; u++) {
    double apart = 0, way = 0;
    const size_t first = (size_t)u * l->dimensions;
    for (uint32_t d = 0; d < l->dimensions; d++) {
      const double change = (double)l->force[first + d] - l->last[first + d];
      apart += change * change;
    }
    const double factor =
        l->fixed[u] ? 0 : l->speed / (1 + sqrt(l->speed * l->mass[u] * sqrt(apart)));
    for (uint32_t d = 0; d < l->dimensions; d++) {
      const size_t i = first + d;
      const double by = l->force[i] * factor, to = l->positions[i] + by;
      l->last[i] = l->force[i];
      // Forces beyond f32 move nothing.
      if (!(fabs(to) <= 1e9)) continue;
      way += by * by;
      l->positions[i] = (float)to;
    }
    moved += sqrt(way);
  }
  l->moved = moved / l->n;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_layout *l = (sl_layout *)job;
  const uint64_t until = sl_pause(l->work, work);
  while (l->work < until) {
    const uint64_t most = until - l->work;
    if (l->phase == TREE) {
      bool done;
      const sl_status status = sl_tree_step(&l->tree, l->positions, l->mass, most, &l->work, &done);
      if (status != SL_OK) {
        sl_job_drop(job);
        return status;
      }
      if (!done) continue;
      l->position = 0;
      l->met = 0;
      l->phase = REPEL;
    } else if (l->phase == REPEL) {
      l->work += repel_some(l, most) + 1;
      if (l->position < l->tree.count) continue;
      l->position = 0;
      l->phase = ATTRACT;
    } else if (l->phase == ATTRACT) {
      l->work += attract_some(l, most);
      if (l->position < l->n) continue;
      sum_motion(l);
      l->work += l->n;
      l->phase = MOVE;
    } else {
      adapt_speed(l);
      move(l);
      l->work += l->n;
      l->steps++;
      l->phase = TREE;
      sl_tree_begin(&l->tree);
      if (--l->left > 0) continue;
      sl_job_end(job, SL_OUTCOME_CONVERGED);
      return SL_OK;
    }
  }
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_layout *)job)->work; }
static size_t job_bytes(const sl_job *job) { return sl_layout_bytes((const sl_layout *)job); }
static void destroy(sl_job *job) { sl_layout_destroy((sl_layout *)job); }

const sl_job_kind sl_layout_kind = {"layout", step,      sl_job_stop_here, work_done,
                                    NULL,     job_bytes, destroy};

sl_job *sl_layout_job(sl_layout *l) { return &l->job; }

sl_status sl_layout_place(sl_layout *l, uint32_t node, const double *position, uint32_t fixed) {
  SL_REQUIRE(!sl_job_is_running(&l->job), SL_ERR_STATE, "layout", "steps that have ended");
  SL_REQUIRE(node < l->n, SL_ERR_INDEX, "node", "a node of the graph");
  for (uint32_t d = 0; position != NULL && d < l->dimensions; d++)
    SL_REQUIRE_AT(fabs(position[d]) <= 1e9, SL_ERR_NOT_FINITE, "position",
                  "finite numbers of at most 10^9", d);
  for (uint32_t d = 0; position != NULL && d < l->dimensions; d++)
    l->positions[(size_t)node * l->dimensions + d] = (float)position[d];
  l->fixed[node] = fixed != 0;
  return SL_OK;
}

sl_status sl_layout_read(const sl_layout *l, double *numbers) {
  memset(numbers, 0, SL_LAYOUT_NUMBERS * sizeof *numbers);
  numbers[0] = (double)(uintptr_t)l->positions;
  numbers[1] = l->steps;
  numbers[2] = l->moved;
  numbers[3] = l->speed;
  numbers[4] = l->dimensions;
  numbers[5] = (double)l->met;
  numbers[6] = l->n;
  numbers[7] = l->job.begun ? l->job.outcome : SL_OUTCOME_CONVERGED;
  return SL_OK;
}
