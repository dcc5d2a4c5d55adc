// Runs: options, sources, the choice of a method, limits, the end.
#include "diffusion/pagerank.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "diffusion/state.h"

// Below this a residual is nothing beside what rounding adds to every bound: no method goes
// further.
#define LEAST_TARGET 0x1p-56

// Targets of one run. Half each time, they make up for sum of scores that shrinks to 1 - d.
#define MOST_TARGETS 64u

// Strengths outside this range would overflow or vanish when they are inverted.
#define LEAST_STRENGTH 0x1p-300
#define MOST_STRENGTH 0x1p+300

sl_pagerank_options sl_pagerank_options_default(void) {
  return (sl_pagerank_options){.damping = 0.85,
                               .tolerance = 1e-6,
                               .method = SL_PAGERANK_AUTO,
                               .max_iterations = 10000,
                               .max_work = UINT64_MAX};
}

static sl_status read_strengths(sl_pagerank *p) {
  const uint32_t n = p->graph->node_count;
  for (uint32_t u = 0; u < n; u++) {
    const double strength = p->strength[u];
    const bool dangling =
        p->graph->outgoing->row_pointers[u] == p->graph->outgoing->row_pointers[u + 1];
    SL_REQUIRE_AT(dangling || (strength >= LEAST_STRENGTH && strength <= MOST_STRENGTH),
                  SL_ERR_RANGE, "graph", "weights of a node that sum to 2^-300 .. 2^300", u);
    p->volume += strength;
    p->inverse_strength[u] = dangling ? 1 : 1 / strength;
    p->total_strength += dangling ? 1 : strength;
  }
  return SL_OK;
}

sl_status sl_pagerank_create(sl_graph *graph, sl_pagerank **out) {
  *out = NULL;
  const uint32_t n = graph->node_count;
  sl_pagerank *p;
  SL_TRY(SL_ALLOC_ZERO(&p, 1));
  p->job.kind = &sl_pagerank_kind;
  p->graph = graph;
  sl_status status = sl_graph_out_strength(graph, &p->strength);
  if (status == SL_OK) status = SL_ALLOC(&p->inverse_strength, n);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&p->x, n);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&p->r, n);
  if (status == SL_OK) status = SL_ALLOC(&p->queue, n);
  if (status == SL_OK) status = SL_ALLOC(&p->touched, n);
  if (status == SL_OK) status = read_strengths(p);
  if (status != SL_OK) {
    sl_pagerank_destroy(p);
    return status;
  }
  *out = p;
  return SL_OK;
}

void sl_pagerank_destroy(sl_pagerank *p) {
  if (p == NULL) return;
  sl_free(p->inverse_strength);
  sl_free(p->x);
  sl_free(p->r);
  sl_free(p->queue);
  sl_free(p->touched);
  sl_free(p->source_weights);
  sl_free(p->direction);
  sl_free(p->product);
  sl_diffusion_sweep_destroy(p->sweep);
  sl_free(p->next_term);
  sl_free(p->known);
  sl_free(p->marks);
  sl_free(p->component);
  sl_free(p->component_strength);
  sl_free(p->component_residual);
  sl_free(p->hubs);
  sl_free(p->result_scores);
  sl_free(p->previous_top);
  sl_free(p);
}

size_t sl_pagerank_bytes(const sl_pagerank *p) {
  const size_t n = p->graph->node_count;
  size_t bytes = sizeof *p + n * (3 * sizeof *p->x + 2 * sizeof *p->queue);
  bytes += p->source_capacity * (sizeof *p->sources + sizeof *p->source_weights);
  bytes += sl_diffusion_sweep_bytes(p);
  if (p->next_term != NULL) bytes += n * (sizeof *p->next_term + sizeof *p->known);
  if (p->marks != NULL) bytes += n * sizeof *p->marks;
  if (p->direction != NULL) bytes += n * 2 * sizeof *p->direction;
  if (p->component != NULL) {
    bytes += n * sizeof *p->component + p->component_count * 2 * sizeof *p->component_strength;
  }
  bytes += p->hub_count * sizeof *p->hubs;
  bytes += p->result_capacity * (sizeof *p->result_nodes + sizeof *p->result_scores);
  return bytes + p->previous_capacity * sizeof *p->previous_top;
}

sl_status sl_diffusion_check_options(const sl_pagerank *p, const sl_pagerank_options *o,
                                     bool global) {
  SL_REQUIRE(o->damping > 0 && o->damping < 1, SL_ERR_OPTION, "damping", "a number in (0, 1)");
  SL_REQUIRE(o->tolerance > 0 && isfinite(o->tolerance), SL_ERR_OPTION, "tolerance",
             "a finite number above 0");
  SL_REQUIRE((int)o->method >= SL_PAGERANK_AUTO && (int)o->method <= SL_PAGERANK_PUSH_POWER &&
                 o->method != SL_PAGERANK_SERIES,
             SL_ERR_OPTION, "method", "one of the methods");
  SL_REQUIRE(o->top_k <= p->graph->node_count, SL_ERR_OPTION, "top_k",
             "at most the number of nodes");
  SL_REQUIRE(o->max_iterations >= 1, SL_ERR_OPTION, "max_iterations", "at least 1");
  SL_REQUIRE(o->max_work >= 1, SL_ERR_OPTION, "max_work", "at least 1");
  SL_REQUIRE(!o->settle_ranking || o->top_k > 0, SL_ERR_OPTION, "settle_ranking",
             "top_k above 0 with it");
  SL_REQUIRE(!o->settle_ranking || (!global && o->method <= SL_PAGERANK_PUSH), SL_ERR_UNSUPPORTED,
             "method", "push (or automatic) from sources when a ranking is to settle");
  SL_REQUIRE(!o->prove_ranking || (o->top_k > 0 && !o->settle_ranking), SL_ERR_OPTION,
             "prove_ranking", "top_k above 0 and no settle_ranking with it");
  SL_REQUIRE(o->method != SL_PAGERANK_CONJUGATE_GRADIENT || !p->graph->directed, SL_ERR_UNSUPPORTED,
             "method", "an undirected graph for conjugate gradients");
  return SL_OK;
}

static sl_status check_sources(const sl_pagerank *p, const uint32_t *nodes, const double *weights,
                               uint32_t count) {
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "source", "at least one node");
  double sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(nodes[i] < p->graph->node_count, SL_ERR_INDEX, "source", "a node of the graph",
                  i);
    if (weights == NULL) continue;
    SL_REQUIRE_AT(isfinite(weights[i]), SL_ERR_NOT_FINITE, "source", "finite weights", i);
    SL_REQUIRE_AT(weights[i] >= 0, SL_ERR_NOT_POSITIVE, "source", "weights of at least 0", i);
    sum += weights[i];
  }
  SL_REQUIRE(weights == NULL || (sum >= LEAST_STRENGTH && sum <= MOST_STRENGTH),
             SL_ERR_NOT_POSITIVE, "source", "weights with a sum in 2^-300 .. 2^300");
  return SL_OK;
}

// One block, weights before nodes. What was in it is lost.
sl_status sl_diffusion_reserve_sources(sl_pagerank *p, uint32_t count) {
  if (count <= p->source_capacity) return SL_OK;
  double *block;
  SL_TRY(sl_alloc(count, sizeof *p->source_weights + sizeof *p->sources, (void **)&block));
  sl_free(p->source_weights);
  p->source_weights = block;
  p->sources = (uint32_t *)(block + count);
  p->source_capacity = count;
  return SL_OK;
}

// The arrays that the method can come to need, before anything of the last run is lost.
static sl_status reserve_method(sl_pagerank *p, const sl_pagerank_options *options) {
  if (options->settle_ranking && !p->graph->directed) {
    SL_TRY(sl_diffusion_find_components(p));
    SL_TRY(sl_diffusion_find_hubs(p));
  }
  if (options->method == SL_PAGERANK_GAUSS_SEIDEL) return sl_diffusion_sweep_reserve(p);
  if (options->method > SL_PAGERANK_PUSH && p->direction == NULL) {
    double *direction;
    SL_TRY(SL_ALLOC(&direction, p->graph->node_count));
    sl_status status = SL_ALLOC(&p->product, p->graph->node_count);
    if (status != SL_OK) {
      sl_free(direction);
      return status;
    }
    p->direction = direction;
  }
  return SL_OK;
}

// Forgets the last run: costs what that run touched.
void sl_diffusion_forget(sl_pagerank *p) {
  const uint32_t n = p->graph->node_count;
  if (p->dense) {
    memset(p->x, 0, n * sizeof *p->x);
    memset(p->r, 0, n * sizeof *p->r);
  } else {
    for (uint32_t i = 0; i < p->touched_count; i++) p->x[p->touched[i]] = p->r[p->touched[i]] = 0;
  }
  if (p->running == SL_PAGERANK_SERIES) sl_diffusion_heat_clear(p);
  if (p->follows) sl_diffusion_follow_clear(p);
  p->running = SL_PAGERANK_AUTO;
  sl_job_drop(&p->job);
  p->finished = false;
  p->dense = p->power_form = p->certified = p->follows = false;
  p->iterations = p->failures = p->targets = p->least_iteration = 0;
  p->edge_operations = p->pushes = p->push_edges = 0;
  p->touched_count = p->result_count = p->previous_count = p->unchanged_levels = 0;
  p->best_bound = p->least_residual = HUGE_VAL;
  p->bound = HUGE_VAL;
  p->taken_over = 0;
  p->greatest = 1;
}

// r = s. The distinct nodes of the source become `sources` and the first touched ones.
static void set_sources(sl_pagerank *p, const uint32_t *nodes, const double *weights,
                        uint32_t count) {
  p->source_count = 0;
  double sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    const double weight = weights == NULL ? 1 : weights[i];
    if (weight == 0) continue;
    if (p->r[nodes[i]] == 0) p->sources[p->source_count++] = nodes[i];
    p->r[nodes[i]] += weight;
    sum += weight;
  }
  for (uint32_t i = 0; i < p->source_count; i++) {
    const uint32_t u = p->sources[i];
    p->r[u] /= sum;
    p->source_weights[i] = p->r[u];
    p->touched[i] = u;
  }
  p->touched_count = p->source_count;
}

// The bound of power iteration is coarser than that of a residual.
static sl_status start_power(sl_pagerank *p) {
  const double target = fmax(0.95 * p->options.tolerance / p->options.damping, LEAST_TARGET);
  if (target < p->target) p->target = target;
  return sl_diffusion_power_start(p);
}

sl_status sl_pagerank_go_global(sl_pagerank *p) {
  sl_pagerank_options wanted = p->options;
  const bool power = wanted.method == SL_PAGERANK_PUSH_POWER;
  if (!power)
    wanted.method = p->graph->directed ? SL_PAGERANK_GAUSS_SEIDEL : SL_PAGERANK_CONJUGATE_GRADIENT;
  SL_TRY(reserve_method(p, &wanted));
  p->may_switch = false;
  if (power) return start_power(p);
  return p->graph->directed ? sl_diffusion_sweep_start(p) : sl_diffusion_symmetric_start(p);
}

sl_status sl_diffusion_start(sl_pagerank *p, const sl_pagerank_options *options) {
  p->options = *options;
  // The last, free step multiplies the residual by the damping. The rest is left to rounding.
  const double target = fmax(0.98 * options->tolerance / options->damping, LEAST_TARGET);
  p->target = options->settle_ranking ? 0 : target;
  p->residual = 1;
  p->may_switch = options->method == SL_PAGERANK_PUSH_POWER ||
                  (options->method == SL_PAGERANK_AUTO && !options->settle_ranking);
  sl_job_begin(&p->job);
  sl_status status = SL_OK;
  switch (options->method) {
  case SL_PAGERANK_POWER:
    status = start_power(p);
    break;
  case SL_PAGERANK_GAUSS_SEIDEL:
    status = sl_diffusion_sweep_start(p);
    break;
  case SL_PAGERANK_CONJUGATE_GRADIENT:
    status = sl_diffusion_symmetric_start(p);
    break;
  default:
    if (p->may_switch && p->global && !p->follows)
      status = sl_pagerank_go_global(p);
    else
      sl_diffusion_push_start(p);
  }
  if (status != SL_OK) sl_job_drop(&p->job);
  return status;
}

sl_status sl_pagerank_begin(sl_pagerank *p, const sl_pagerank_options *options,
                            const uint32_t *nodes, const double *weights, uint32_t count) {
  SL_TRY(sl_diffusion_check_options(p, options, false));
  SL_TRY(check_sources(p, nodes, weights, count));
  SL_TRY(sl_diffusion_reserve_sources(p, count));
  SL_TRY(reserve_method(p, options));
  sl_diffusion_forget(p);
  p->global = false;
  set_sources(p, nodes, weights, count);
  return sl_diffusion_start(p, options);
}

sl_status sl_heat_kernel_begin(sl_pagerank *p, const sl_pagerank_options *options, double time,
                               const uint32_t *nodes, const double *weights, uint32_t count) {
  SL_TRY(sl_diffusion_check_options(p, options, false));
  SL_TRY(sl_diffusion_heat_check(time));
  SL_REQUIRE(options->method == SL_PAGERANK_AUTO, SL_ERR_UNSUPPORTED, "method",
             "the automatic one");
  SL_REQUIRE(!options->settle_ranking && !options->prove_ranking, SL_ERR_UNSUPPORTED,
             "settle_ranking", "none of the ranking options");
  SL_TRY(check_sources(p, nodes, weights, count));
  SL_TRY(sl_diffusion_reserve_sources(p, count));
  SL_TRY(sl_diffusion_heat_reserve(p));
  sl_diffusion_forget(p);
  p->global = false;
  set_sources(p, nodes, weights, count);
  p->options = *options;
  sl_job_begin(&p->job);
  p->may_switch = false;
  sl_diffusion_heat_start(p, time);
  return SL_OK;
}

sl_status sl_pagerank_begin_global(sl_pagerank *p, const sl_pagerank_options *options) {
  SL_TRY(sl_diffusion_check_options(p, options, true));
  SL_TRY(reserve_method(p, options));
  sl_diffusion_forget(p);
  const uint32_t n = p->graph->node_count;
  p->global = true;
  p->source_count = 0;
  p->touched_count = n;
  for (uint32_t u = 0; u < n; u++) {
    p->r[u] = 1.0 / n;
    p->touched[u] = u;
  }
  return sl_diffusion_start(p, options);
}

bool sl_diffusion_no_progress(sl_pagerank *p) {
  if (p->residual < p->least_residual) {
    p->least_residual = p->residual;
    p->least_iteration = p->iterations;
  }
  return p->iterations - p->least_iteration >= 40;
}

sl_status sl_pagerank_reached(sl_pagerank *p) {
  sl_diffusion_certify(p);
  if (p->bound <= p->options.tolerance) {
    uint32_t proved = 0;
    if (p->options.prove_ranking) SL_TRY(sl_diffusion_collect(p, &proved));
    if (!p->options.prove_ranking || proved == p->result_count) {
      sl_job_end(&p->job, SL_OUTCOME_CONVERGED);
      return SL_OK;
    }
  }
  // Not yet: rounding, or S shrinks as dangling nodes take their mass. Stagnation is when rounding
  // matters and lower targets bring nothing.
  const bool gained = p->bound < 0.9 * p->best_bound || p->rounding < 0.2 * p->bound;
  p->failures = gained ? 0 : p->failures + 1;
  p->targets++;
  if (p->failures >= 3 || p->target <= LEAST_TARGET || p->targets >= MOST_TARGETS) {
    sl_job_end(&p->job, SL_OUTCOME_STAGNATED);
    return SL_OK;
  }
  if (p->bound < p->best_bound) p->best_bound = p->bound;
  const double ratio = 0.9 * p->options.tolerance / p->bound;
  const double most = p->options.prove_ranking ? 0.05 : 0.5;
  const double target = p->target * (ratio < most ? ratio : most);
  p->target = fmax(target, LEAST_TARGET);
  p->certified = false;
  p->least_residual = HUGE_VAL;
  p->least_iteration = p->iterations;
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_pagerank *p = (sl_pagerank *)job;
  uint64_t done = 0;
  while (sl_job_is_running(&p->job) && done < work) {
    const uint64_t before = p->edge_operations;
    if (before >= p->options.max_work) {
      sl_job_end(&p->job, SL_OUTCOME_WORK_LIMIT);
      break;
    }
    const uint64_t left = p->options.max_work - before;
    const uint64_t now = work - done < left ? work - done : left;
    switch (p->running) {
    case SL_PAGERANK_POWER:
      SL_TRY(sl_diffusion_power_step(p, now));
      break;
    case SL_PAGERANK_GAUSS_SEIDEL:
      SL_TRY(sl_diffusion_sweep_step(p, now));
      break;
    case SL_PAGERANK_CONJUGATE_GRADIENT:
      SL_TRY(sl_diffusion_symmetric_step(p, now));
      break;
    case SL_PAGERANK_SERIES:
      SL_TRY(sl_diffusion_heat_step(p, now));
      break;
    default:
      SL_TRY(sl_diffusion_push_step(p, now));
    }
    done += p->edge_operations - before + 1;
  }
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_pagerank *)job)->edge_operations; }

static size_t job_bytes(const sl_job *job) { return sl_pagerank_bytes((const sl_pagerank *)job); }
static void destroy(sl_job *job) { sl_pagerank_destroy((sl_pagerank *)job); }

const sl_job_kind sl_pagerank_kind = {"pagerank", step, stop, work_done, NULL, job_bytes, destroy};

sl_job *sl_pagerank_job(sl_pagerank *p) { return &p->job; }

double sl_pagerank_error(const sl_pagerank *p) {
  if (p->certified) return p->bound;
  if (p->running == SL_PAGERANK_SERIES) return p->residual + p->left_out;
  return p->options.damping * p->residual;
}

static uint32_t count_touched(const sl_pagerank *p) {
  if (!p->dense) return p->touched_count;
  uint32_t touched = 0;
  for (uint32_t u = 0; u < p->graph->node_count; u++) touched += p->x[u] != 0 || p->r[u] != 0;
  return touched;
}

sl_status sl_pagerank_finish(sl_pagerank *p, sl_pagerank_result *result) {
  SL_TRY(sl_job_require_ended(&p->job));
  if (p->finished) {
    *result = p->result;
    return SL_OK;
  }
  if (!p->certified) sl_diffusion_certify(p);
  const uint32_t touched = count_touched(p);
  uint32_t proved;
  SL_TRY(sl_diffusion_collect(p, &proved));
  p->result = (sl_pagerank_result){
      .outcome = p->job.outcome,
      .method = p->running,
      .iterations = p->iterations,
      .error_bound = p->bound,
      .touched_nodes = touched,
      .edge_operations = p->edge_operations,
      .proved_places = proved,
      .count = p->result_count,
      .nodes = p->result_nodes,
      .scores = p->result_scores,
  };
  p->finished = true;
  *result = p->result;
  return SL_OK;
}

sl_status sl_pagerank_scores(const sl_pagerank *p, double *scores) {
  SL_REQUIRE(p->finished && !p->options.settle_ranking, SL_ERR_STATE, "pagerank",
             "a finished run that was not only to settle a ranking");
  for (uint32_t u = 0; u < p->graph->node_count; u++)
    scores[u] = sl_diffusion_final_x(p, u) * p->scale;
  return SL_OK;
}
