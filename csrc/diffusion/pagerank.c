// Runs of PageRank: options, the choice of a method, limits, the end.
#include "diffusion/pagerank.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "diffusion/method.h"
#include "graph/components.h"

// Below this a residual is nothing beside what rounding adds to every bound: no method goes
// further.
#define LEAST_TARGET 0x1p-56

// Targets of one run. Half each time, they make up for sum of scores that shrinks to 1 - d.
#define MOST_TARGETS 64u

sl_pagerank_options sl_pagerank_options_default(void) {
  return (sl_pagerank_options){.damping = 0.85,
                               .tolerance = 1e-6,
                               .method = SL_PAGERANK_AUTO,
                               .max_iterations = 10000,
                               .max_work = UINT64_MAX};
}

const char *sl_pagerank_method_name(sl_pagerank_method method) {
  switch (method) {
#define X(name, value, text)                                                                       \
  case SL_PAGERANK_##name:                                                                         \
    return text;
    SL_PAGERANK_METHOD_LIST(X)
#undef X
  }
  return "unknown";
}

// Where runs with this method begin.
static const sl_diffusion_method *method_of(sl_pagerank_method id) {
  switch (id) {
#define X(name)                                                                                    \
  case SL_PAGERANK_##name:                                                                         \
    return &sl_diffusion_method_##name;
    SL_DIFFUSION_METHOD_LIST(X)
#undef X
  default:
    return &sl_diffusion_method_PUSH;
  }
}

// ---- the workspace

sl_status sl_pagerank_create(sl_graph *graph, sl_pagerank **out) {
  *out = NULL;
  sl_pagerank *p;
  SL_TRY(SL_ALLOC_ZERO(&p, 1));
  sl_status status = sl_diffusion_run_create(&p->run, &sl_pagerank_kind, graph);
  if (status != SL_OK) {
    sl_pagerank_destroy(p);
    return status;
  }
  *out = p;
  return SL_OK;
}

void sl_pagerank_destroy(sl_pagerank *p) {
  if (p == NULL) return;
  for (int id = 0; id < SL_DIFFUSION_METHODS; id++) {
    const sl_diffusion_method *method = method_of((sl_pagerank_method)id);
    if (p->states[id] != NULL && method->destroy != NULL) method->destroy(p->states[id]);
    sl_free(p->states[id]);
  }
  sl_diffusion_run_destroy(&p->run);
  sl_free(p->direction);
  sl_free(p->product);
  sl_free(p->marks);
  sl_free(p->components.of);
  sl_free(p->components.strength);
  sl_free(p->components.residual);
  sl_free(p->settling.hubs);
  sl_free(p->settling.previous);
  sl_free(p);
}

size_t sl_pagerank_bytes(const sl_pagerank *p) {
  const size_t n = p->run.graph->node_count;
  size_t bytes = sizeof *p + sl_diffusion_run_bytes(&p->run);
  for (int id = 0; id < SL_DIFFUSION_METHODS; id++) {
    const sl_diffusion_method *method = method_of((sl_pagerank_method)id);
    if (p->states[id] == NULL) continue;
    bytes += method->size;
    if (method->bytes != NULL) bytes += method->bytes(p, p->states[id]);
  }
  if (p->marks != NULL) bytes += n * sizeof *p->marks;
  if (p->direction != NULL) bytes += n * 2 * sizeof *p->direction;
  if (p->components.of != NULL) {
    bytes += n * sizeof *p->components.of + p->components.count * 2 * sizeof(double);
  }
  return bytes + p->settling.hub_count * sizeof *p->settling.hubs +
         p->settling.capacity * sizeof *p->settling.previous;
}

sl_status sl_diffusion_prepare(sl_pagerank *p, const sl_diffusion_method *method) {
  void **state = &p->states[method->id];
  if (*state == NULL) SL_TRY(sl_alloc_zero(1, method->size, state));
  return method->prepare != NULL ? method->prepare(p) : SL_OK;
}

sl_status sl_diffusion_reserve_vectors(sl_pagerank *p) {
  if (p->direction != NULL) return SL_OK;
  double *direction;
  SL_TRY(SL_ALLOC(&direction, p->run.graph->node_count));
  sl_status status = SL_ALLOC(&p->product, p->run.graph->node_count);
  if (status != SL_OK) {
    sl_free(direction);
    return status;
  }
  p->direction = direction;
  return SL_OK;
}

sl_status sl_diffusion_find_components(sl_pagerank *p) {
  if (p->components.of != NULL) return SL_OK;
  const uint32_t n = p->run.graph->node_count;
  uint32_t *of, count;
  double *strength = NULL, *residual = NULL;
  SL_TRY(SL_ALLOC(&of, n));
  sl_graph_components(p->run.graph, of, &count);
  sl_status status = SL_ALLOC_ZERO(&strength, count);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&residual, count);
  if (status != SL_OK) {
    sl_free(of);
    sl_free(strength);
    return status;
  }
  for (uint32_t u = 0; u < n; u++) strength[of[u]] += p->run.strength[u];
  p->components = (sl_diffusion_components){of, strength, residual, count};
  return SL_OK;
}

// ---- begin

sl_status sl_diffusion_check_options(const sl_pagerank *p, const sl_pagerank_options *o,
                                     bool global) {
  SL_REQUIRE(o->damping > 0 && o->damping < 1, SL_ERR_OPTION, "damping", "a number in (0, 1)");
  SL_REQUIRE(o->tolerance > 0 && isfinite(o->tolerance), SL_ERR_OPTION, "tolerance",
             "a finite number above 0");
  SL_REQUIRE((int)o->method >= SL_PAGERANK_AUTO && (int)o->method <= SL_PAGERANK_PUSH_POWER &&
                 o->method != SL_PAGERANK_SERIES,
             SL_ERR_OPTION, "method", "one of the methods");
  SL_REQUIRE(o->top_k <= p->run.graph->node_count, SL_ERR_OPTION, "top_k",
             "at most the number of nodes");
  SL_REQUIRE(o->max_iterations >= 1, SL_ERR_OPTION, "max_iterations", "at least 1");
  SL_REQUIRE(o->max_work >= 1, SL_ERR_OPTION, "max_work", "at least 1");
  SL_REQUIRE(!o->settle_ranking || o->top_k > 0, SL_ERR_OPTION, "settle_ranking",
             "top_k above 0 with it");
  SL_REQUIRE(!o->settle_ranking || (!global && o->method <= SL_PAGERANK_PUSH), SL_ERR_UNSUPPORTED,
             "method", "push (or automatic) from sources when a ranking is to settle");
  SL_REQUIRE(!o->prove_ranking || (o->top_k > 0 && !o->settle_ranking), SL_ERR_OPTION,
             "prove_ranking", "top_k above 0 and no settle_ranking with it");
  SL_REQUIRE(o->method != SL_PAGERANK_CONJUGATE_GRADIENT || !p->run.graph->directed,
             SL_ERR_UNSUPPORTED, "method", "an undirected graph for conjugate gradients");
  return SL_OK;
}

// What the run can come to need, before anything of the last one is lost.
static sl_status prepare(sl_pagerank *p, const sl_pagerank_options *options) {
  if (options->settle_ranking) SL_TRY(sl_diffusion_settle_prepare(p));
  if (options->method == SL_PAGERANK_PUSH_POWER)
    SL_TRY(sl_diffusion_prepare(p, &sl_diffusion_method_POWER));
  return sl_diffusion_prepare(p, method_of(options->method));
}

void sl_diffusion_forget(sl_pagerank *p) {
  if (p->follows && p->run.dense) {
    memset(p->marks, 0, p->run.graph->node_count);
  } else if (p->follows) {
    for (uint32_t i = 0; i < p->run.touched_count; i++) p->marks[p->run.touched[i]] = 0;
  }
  sl_diffusion_clear(&p->run);
  p->method = NULL;
  p->follows = false;
  p->drift = (sl_diffusion_drift){.greatest = 1};
  p->stagnation = (sl_diffusion_stagnation){.best_bound = HUGE_VAL, .least_residual = HUGE_VAL};
  p->settling.count = 0;
}

// The bound of power iteration is coarser than that of a residual.
static void aim_at_power(sl_pagerank *p) {
  const double target = fmax(0.95 * p->options.tolerance / p->options.damping, LEAST_TARGET);
  if (target < p->target) p->target = target;
}

sl_status sl_diffusion_go_global(sl_pagerank *p) {
  const sl_diffusion_method *next = &sl_diffusion_method_POWER;
  if (p->options.method != SL_PAGERANK_PUSH_POWER) {
    next = p->run.graph->directed ? &sl_diffusion_method_GAUSS_SEIDEL
                                  : &sl_diffusion_method_CONJUGATE_GRADIENT;
  }
  SL_TRY(sl_diffusion_prepare(p, next));
  p->may_switch = false;
  if (next == &sl_diffusion_method_POWER) aim_at_power(p);
  return next->start(p);
}

sl_status sl_diffusion_start(sl_pagerank *p, const sl_pagerank_options *options) {
  p->options = *options;
  p->run.top_k = options->top_k;
  // The last, free step multiplies the residual by the damping. The rest is left to rounding.
  const double target = fmax(0.98 * options->tolerance / options->damping, LEAST_TARGET);
  p->target = options->settle_ranking ? 0 : target;
  p->run.residual = 1;
  p->may_switch = options->method == SL_PAGERANK_PUSH_POWER ||
                  (options->method == SL_PAGERANK_AUTO && !options->settle_ranking);
  sl_job_begin(&p->run.job);
  const sl_diffusion_method *method = method_of(options->method);
  if (method == &sl_diffusion_method_POWER) aim_at_power(p);
  const bool everywhere = p->may_switch && p->run.sources.global && !p->follows;
  sl_status status = everywhere ? sl_diffusion_go_global(p) : method->start(p);
  if (status != SL_OK) sl_job_drop(&p->run.job);
  p->first_error = sl_pagerank_error(p);
  return status;
}

sl_status sl_pagerank_begin(sl_pagerank *p, const sl_pagerank_options *options,
                            const uint32_t *nodes, const double *weights, uint32_t count) {
  SL_TRY(sl_diffusion_check_options(p, options, false));
  SL_TRY(sl_diffusion_check_sources(&p->run, nodes, weights, count));
  SL_TRY(sl_diffusion_reserve_sources(&p->run, count));
  SL_TRY(prepare(p, options));
  sl_diffusion_forget(p);
  sl_diffusion_set_sources(&p->run, nodes, weights, count);
  return sl_diffusion_start(p, options);
}

sl_status sl_pagerank_begin_global(sl_pagerank *p, const sl_pagerank_options *options) {
  SL_TRY(sl_diffusion_check_options(p, options, true));
  SL_TRY(prepare(p, options));
  sl_diffusion_forget(p);
  const uint32_t n = p->run.graph->node_count;
  p->run.sources.global = true;
  p->run.sources.count = 0;
  p->run.touched_count = n;
  for (uint32_t u = 0; u < n; u++) {
    p->run.r[u] = 1.0 / n;
    p->run.touched[u] = u;
  }
  return sl_diffusion_start(p, options);
}

// ---- progress and end

bool sl_diffusion_no_progress(sl_pagerank *p) {
  if (p->run.residual < p->stagnation.least_residual) {
    p->stagnation.least_residual = p->run.residual;
    p->stagnation.least_iteration = p->run.iterations;
  }
  return p->run.iterations - p->stagnation.least_iteration >= 40;
}

sl_status sl_diffusion_reached(sl_pagerank *p) {
  sl_diffusion_certify(p);
  if (p->run.certificate.bound <= p->options.tolerance) {
    uint32_t proved = 0;
    if (p->options.prove_ranking) SL_TRY(sl_diffusion_list(&p->run, &proved));
    if (!p->options.prove_ranking || proved == p->run.listing.count) {
      sl_job_end(&p->run.job, SL_OUTCOME_CONVERGED);
      return SL_OK;
    }
  }
  // Not yet: rounding, or S shrinks as dangling nodes take their mass. Stagnation is when rounding
  // matters and lower targets bring nothing.
  const bool gained = p->run.certificate.bound < 0.9 * p->stagnation.best_bound ||
                      p->run.certificate.rounding < 0.2 * p->run.certificate.bound;
  p->stagnation.failures = gained ? 0 : p->stagnation.failures + 1;
  p->stagnation.targets++;
  if (p->stagnation.failures >= 3 || p->target <= LEAST_TARGET ||
      p->stagnation.targets >= MOST_TARGETS) {
    sl_job_end(&p->run.job, SL_OUTCOME_STAGNATED);
    return SL_OK;
  }
  if (p->run.certificate.bound < p->stagnation.best_bound)
    p->stagnation.best_bound = p->run.certificate.bound;
  const double ratio = 0.9 * p->options.tolerance / p->run.certificate.bound;
  const double most = p->options.prove_ranking ? 0.05 : 0.5;
  const double target = p->target * (ratio < most ? ratio : most);
  p->target = fmax(target, LEAST_TARGET);
  p->run.certificate.known = false;
  p->stagnation.least_residual = HUGE_VAL;
  p->stagnation.least_iteration = p->run.iterations;
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_pagerank *p = (sl_pagerank *)job;
  uint64_t done = 0;
  while (sl_job_is_running(job) && done < work) {
    const uint64_t before = p->run.edge_operations;
    if (before >= p->options.max_work) {
      sl_job_end(job, SL_OUTCOME_WORK_LIMIT);
      break;
    }
    const uint64_t left = p->options.max_work - before;
    SL_TRY(p->method->step(p, work - done < left ? work - done : left));
    done += p->run.edge_operations - before + 1;
  }
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) {
  return ((const sl_pagerank *)job)->run.edge_operations;
}

// log2 of a positive number, to 0.09: its exponent, and its digits as the share of the next.
static double rough_log2(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return (double)bits * 0x1p-52;
}

// Errors fall by factors: the share of the work is about that of the logarithms.
static uint64_t work_expected(const sl_job *job) {
  const sl_pagerank *p = (const sl_pagerank *)job;
  const double error = sl_pagerank_error(p), tolerance = p->options.tolerance;
  const bool known =
      !p->options.settle_ranking && error > tolerance && error < 0.9 * p->first_error;
  if (!known) return 0;
  const double all = rough_log2(p->first_error) - rough_log2(tolerance);
  const double done = rough_log2(p->first_error) - rough_log2(error);
  const double expected = all / done * (double)p->run.edge_operations;
  return expected < 0x1p63 ? (uint64_t)expected : 0;
}

static size_t job_bytes(const sl_job *job) { return sl_pagerank_bytes((const sl_pagerank *)job); }
static void destroy(sl_job *job) { sl_pagerank_destroy((sl_pagerank *)job); }

const sl_job_kind sl_pagerank_kind = {"pagerank",    step,      sl_job_stop_here, work_done,
                                      work_expected, job_bytes, destroy};

sl_job *sl_pagerank_job(sl_pagerank *p) { return &p->run.job; }

double sl_pagerank_error(const sl_pagerank *p) {
  if (p->run.certificate.known) return p->run.certificate.bound;
  return p->options.damping * p->run.residual;
}

sl_status sl_pagerank_finish(sl_pagerank *p, sl_diffusion_result *result) {
  SL_TRY(sl_job_require_ended(&p->run.job));
  if (!p->run.finished) {
    uint32_t proved = 0;
    if (!p->run.certificate.known) sl_diffusion_certify(p);
    SL_TRY(p->options.settle_ranking ? sl_diffusion_settle_list(p)
                                     : sl_diffusion_list(&p->run, &proved));
    sl_diffusion_keep_result(&p->run, p->method->id, proved);
  }
  *result = p->run.result;
  return SL_OK;
}

sl_status sl_pagerank_scores(const sl_pagerank *p, double *scores) {
  SL_REQUIRE(p->run.finished && !p->options.settle_ranking, SL_ERR_STATE, "pagerank",
             "a finished run that was not only to settle a ranking");
  sl_diffusion_write_scores(&p->run, scores);
  return SL_OK;
}
