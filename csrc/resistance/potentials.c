// Based on: D. A. Spielman, N. Srivastava, "Graph sparsification by effective resistances", SIAM J.
// Comput. 40 (2011), arXiv:0803.0929 (the sketch); D. Achlioptas, "Database-friendly random
// projections: Johnson-Lindenstrauss with binary coins", J. Comput. Syst. Sci. 66 (2003),
// doi:10.1016/S0022-0000(03)00025-4, lemma 5 (how many rows of random signs it takes); Thomson's
// principle for all bounds (forest.c). Deviations: a solve is repeated from where it ended, with a
// smaller tolerance, until the energy of what it leaves over is small enough; that energy is part
// of the error that is reported.
#include "resistance/potentials.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "resistance/forest.h"
#include "simd/kernels.h"
#include "solver/solver.h"

#define UNIT_ROUNDOFF 0x1p-53
#define MAX_SOLVES 8u // of one system
#define MAX_ROWS 1048576.0
#define LEAST_TOLERANCE 0x1p-52
// Shares of a sketch's error: of the random signs, and of each solve (of the square root).
#define SIGNS_SHARE 0.98
#define SOLVE_SHARE 0.006

typedef enum question { PAIR, SKETCH, FIXED } question;

struct sl_potentials {
  sl_job job;
  sl_graph *graph;
  uint32_t n;
  uint32_t *boundary; // boundary_count, as given
  uint32_t boundary_count;
  sl_forest forest;
  uint32_t *rows;  // row_count: node of each row of the system; NULL: row = node
  uint32_t *place; // n: row of a node, NO_ROOT for the others; NULL with `rows`
  uint32_t row_count;
  sl_csr *system;
  sl_solver *solver; // NULL when there is no row
  double reach;      // of the forest
  double *b;         // row_count
  double *x;         // row_count; v when row = node
  double *v;         // n
  // The question.
  question kind;
  sl_potentials_options options;
  uint32_t source, target;
  double least, greatest; // of the boundary's values
  double tolerance;       // of the solver
  uint32_t repeats;       // of the system under way
  double value, bound;
  double energy;     // of the last evaluation
  double energy_sum; // sketch: of all rows done
  sl_rng rng;
  uint32_t rows_wanted, rows_done;
  uint64_t first_work; // of the first row, with what the solver builds
  double *edges;       // edge_count
  uint32_t solves, iterations;
  uint64_t work;
};

sl_potentials_options sl_potentials_options_default(void) {
  return (sl_potentials_options){.tolerance = 1e-6, .confidence = 0.99};
}

// ---- creation

static sl_status copy_boundary(sl_potentials *p, const uint32_t *boundary, uint32_t count) {
  SL_TRY(SL_ALLOC(&p->boundary, count));
  SL_TRY(SL_ALLOC_ZERO(&p->place, p->n));
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(boundary[i] < p->n, SL_ERR_INDEX, "boundary", "a node of the graph", i);
    SL_REQUIRE_AT(p->place[boundary[i]] == 0, SL_ERR_ARGUMENT, "boundary", "each node once", i);
    p->place[boundary[i]] = 1;
    p->boundary[i] = boundary[i];
  }
  p->boundary_count = count;
  return SL_OK;
}

// The rows of the Laplacian whose nodes are inside: reached by the forest, and no roots.
static sl_status build_inner_system(sl_potentials *p) {
  const sl_csr *edges = p->graph->outgoing;
  const sl_forest *f = &p->forest;
  SL_TRY(SL_ALLOC(&p->rows, p->n));
  uint64_t entries = 0;
  for (uint32_t u = 0; u < p->n; u++) {
    const bool inside = f->root[u] != SL_FOREST_NO_ROOT && f->root[u] != u;
    p->place[u] = inside ? p->row_count : SL_FOREST_NO_ROOT;
    if (!inside) continue;
    p->rows[p->row_count++] = u;
    entries += edges->row_pointers[u + 1] - edges->row_pointers[u] + 1;
  }
  if (p->row_count == 0) return SL_OK;
  SL_REQUIRE(entries <= UINT32_MAX, SL_ERR_OVERFLOW, "graph", "fewer than 2^32 entries");
  uint32_t *pointers = NULL, *columns = NULL, fill = 0;
  double *values = NULL;
  sl_status status = SL_ALLOC(&pointers, (size_t)p->row_count + 1);
  if (status == SL_OK) status = SL_ALLOC(&columns, (size_t)entries);
  if (status == SL_OK) status = SL_ALLOC(&values, (size_t)entries);
  bool finite = true;
  for (uint32_t row = 0; status == SL_OK && row < p->row_count; row++) {
    const uint32_t u = p->rows[row];
    uint32_t diagonal = UINT32_MAX;
    double sum = 0;
    pointers[row] = fill;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      const uint32_t v = edges->columns[k];
      if (diagonal == UINT32_MAX && v >= u) diagonal = fill++;
      if (v == u) continue;
      sum += sl_csr_entry(edges, k);
      if (p->place[v] == SL_FOREST_NO_ROOT) continue;
      columns[fill] = p->place[v];
      values[fill++] = -sl_csr_entry(edges, k);
    }
    if (diagonal == UINT32_MAX) diagonal = fill++;
    columns[diagonal] = row;
    values[diagonal] = sum;
    finite &= isfinite(sum);
  }
  if (status == SL_OK && !finite) {
    status = sl_fail(SL_ERR_NOT_FINITE, "weights", "weights whose sum at a node is finite",
                     SL_NO_POSITION);
  }
  if (status != SL_OK) {
    sl_free(pointers);
    sl_free(columns);
    sl_free(values);
    return status;
  }
  pointers[p->row_count] = fill;
  return sl_csr_adopt(p->row_count, p->row_count, pointers, columns, values, SL_VALUES_F64,
                      &p->system);
}

static sl_status set_up(sl_potentials *p, const uint32_t *boundary, uint32_t count) {
  if (count > 0) SL_TRY(copy_boundary(p, boundary, count));
  SL_TRY(sl_forest_create(p->graph, p->boundary, count, &p->forest));
  p->reach = sl_forest_reach(&p->forest);
  SL_TRY(SL_ALLOC_ZERO(&p->v, p->n));
  if (count > 0) {
    SL_TRY(build_inner_system(p));
    SL_TRY(SL_ALLOC_ZERO(&p->x, p->row_count));
  } else {
    SL_TRY(sl_graph_laplacian(p->graph, 0, &p->system));
    p->row_count = p->n;
    p->x = p->v;
  }
  SL_TRY(SL_ALLOC(&p->b, p->row_count));
  if (p->row_count == 0) return SL_OK;
  return sl_solver_create(p->system, NULL, &p->solver);
}

sl_status sl_potentials_create(sl_graph *graph, const uint32_t *boundary, uint32_t count,
                               sl_potentials **out) {
  *out = NULL;
  SL_REQUIRE(!graph->directed, SL_ERR_UNSUPPORTED, "graph", "an undirected graph");
  sl_potentials *p;
  SL_TRY(SL_ALLOC_ZERO(&p, 1));
  p->job.kind = &sl_potentials_kind;
  p->graph = graph;
  p->n = graph->node_count;
  sl_status status = set_up(p, boundary, count);
  if (status != SL_OK) {
    sl_potentials_destroy(p);
    return status;
  }
  *out = p;
  return SL_OK;
}

void sl_potentials_destroy(sl_potentials *p) {
  if (p == NULL) return;
  sl_solver_destroy(p->solver);
  sl_csr_destroy(p->system);
  sl_forest_destroy(&p->forest);
  if (p->x != p->v) sl_free(p->x);
  sl_free(p->v);
  sl_free(p->b);
  sl_free(p->boundary);
  sl_free(p->rows);
  sl_free(p->place);
  sl_free(p->edges);
  sl_free(p);
}

size_t sl_potentials_bytes(const sl_potentials *p) {
  size_t bytes = sizeof *p + sl_forest_bytes(&p->forest);
  bytes += (p->n + p->row_count) * sizeof(double) + p->boundary_count * sizeof(uint32_t);
  if (p->rows) bytes += p->n * 2 * sizeof(uint32_t) + p->row_count * sizeof(double);
  if (p->system) bytes += sl_csr_bytes(p->system);
  if (p->solver) bytes += sl_solver_bytes(p->solver);
  if (p->edges) bytes += p->graph->edge_count * sizeof(double);
  return bytes;
}

// ---- what a solve has reached

// Sum over the edges of u of sqrt(w): what the current of a sketch is made of.
static double sum_roots(const sl_csr *edges, uint32_t u) {
  double sum = 0;
  for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
    sum += sqrt(sl_csr_entry(edges, k));
  }
  return sum;
}

// The current entering at u and what its rounding is at most.
static double injected(const sl_potentials *p, uint32_t u, double *doubt) {
  *doubt = 0;
  if (p->kind == PAIR) return (u == p->source) - (double)(u == p->target);
  if (p->kind == FIXED) return 0;
  const sl_csr *edges = p->graph->outgoing;
  const double degree = edges->row_pointers[u + 1] - edges->row_pointers[u];
  *doubt = (degree + 3) * UNIT_ROUNDOFF * sum_roots(edges, u);
  return p->b[u];
}

// sqrt(a b), rounded up, for a, b > 0.
static double mean_above(double a, double b) {
  const double product = a * b;
  const bool plain = product > 0x1p-1000 && product <= DBL_MAX;
  return (plain ? sqrt(product) : sqrt(a) * sqrt(b)) * (1 + 0x1p-48) + 0x1p-1073;
}

// The energy of what v leaves over; for a pair the resistance with its bound, otherwise the bound.
static void evaluate(sl_potentials *p) {
  sl_forest *f = &p->forest;
  double dot = 0, size = 0, dot_doubt = 0;
  for (uint32_t i = 0; i < f->reached; i++) {
    const uint32_t u = f->order[i];
    f->current[u] = f->doubt[u] = 0;
    if (p->kind == FIXED && f->parent[u] == u) continue;
    double doubt;
    const double b = injected(p, u, &doubt);
    sl_forest_measure(f, u, p->v, b, doubt);
    const double product = f->current[u] * p->v[u];
    dot += product;
    size += fabs(product);
    dot_doubt += f->doubt[u] * fabs(p->v[u]);
  }
  p->work += p->graph->outgoing->nnz;
  p->energy = sl_forest_energy(f);
  if (p->kind == PAIR) {
    const double ends = p->v[p->source] - p->v[p->target];
    const double rounding = (p->n + 4.0) * UNIT_ROUNDOFF * (size + dot_doubt) + dot_doubt;
    p->value = ends + dot + p->energy / 2;
    p->bound = p->energy / 2 + rounding + 4 * UNIT_ROUNDOFF * (fabs(ends) + fabs(dot) + p->energy);
    p->bound = p->bound * (1 + 0x1p-48) + (p->n + 8.0) * 0x1p-1072; // and what underflows
    // Beyond the largest number nothing is known.
    if (!(p->bound <= DBL_MAX && fabs(p->value) <= DBL_MAX)) {
      p->bound = INFINITY;
      p->value = 0;
    }
    // No resistance is negative, and 0 is as near as the bound allows.
    if (!(p->value > 0)) p->value = 0;
  } else if (p->kind == FIXED) {
    const double spread = (p->greatest - p->least) * (1 + 0x1p-52);
    const double error = mean_above(p->reach, p->energy);
    p->bound = error <= spread ? error : spread;
  }
}

// The energy that the question leaves room for.
static double wanted_energy(const sl_potentials *p) {
  const double tolerance = p->options.tolerance;
  if (p->kind == PAIR) return 1.9 * tolerance * p->value;
  if (p->kind == SKETCH) return SOLVE_SHARE * tolerance * (SOLVE_SHARE * tolerance);
  const double error = 0.99 * tolerance * (p->greatest - p->least);
  return error * error / p->reach;
}

static bool is_met(const sl_potentials *p) {
  if (p->kind == PAIR) return p->bound <= p->options.tolerance * p->value;
  if (p->kind == FIXED) return p->bound <= p->options.tolerance * (p->greatest - p->least);
  return p->energy <= wanted_energy(p);
}

// ---- the sketch

// Number of edges times 2 over the risk, as a logarithm.
static double log_of_events(const sl_potentials *p) {
  return log(2 * fmax(p->graph->edge_count, 1) / (1 - p->options.confidence));
}

static double rate(double epsilon) { return epsilon * epsilon * (1.0 / 4 - epsilon / 6); }

// The error that so many rows of signs keep with the confidence asked for; infinite above 1.
static double error_of_signs(const sl_potentials *p) {
  const double needed = log_of_events(p) / p->rows_done;
  if (!(needed <= rate(1))) return INFINITY;
  double low = 0, high = 1;
  for (int i = 0; i < 60; i++) {
    const double middle = 0.5 * (low + high);
    if (rate(middle) >= needed)
      high = middle;
    else
      low = middle;
  }
  return high;
}

// b = sum over edges of (+-1) sqrt(w) (e_u - e_v).
static void draw_signs(sl_potentials *p) {
  const sl_csr *edges = p->graph->outgoing;
  uint64_t bits = 0;
  uint32_t left = 0;
  memset(p->b, 0, p->n * sizeof *p->b);
  for (uint32_t u = 0; u < p->n; u++) {
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      const uint32_t v = edges->columns[k];
      if (v <= u) continue;
      if (left == 0) {
        bits = sl_rng_next(&p->rng);
        left = 64;
      }
      const double root = sqrt(sl_csr_entry(edges, k));
      const double current = bits & 1 ? root : -root;
      bits >>= 1;
      left--;
      p->b[u] += current;
      p->b[v] -= current;
    }
  }
}

// Adds what one solve says of every edge.
static void add_row(sl_potentials *p) {
  const sl_csr *edges = p->graph->outgoing;
  uint32_t e = 0;
  for (uint32_t u = 0; u < p->n; u++) {
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      const uint32_t v = edges->columns[k];
      if (v < u) continue;
      const double difference = p->v[u] - p->v[v];
      p->edges[e++] += difference * difference;
    }
  }
  p->energy_sum += p->energy;
  if (p->rows_done++ == 0) p->first_work = p->work;
}

// Means of what was added, none above 1 / w, and the error of them all.
static void end_sketch(sl_potentials *p) {
  const sl_csr *edges = p->graph->outgoing;
  uint32_t e = 0;
  bool fits = true; // resistances that overflow, or are so small that their squares lost digits
  for (uint32_t u = 0; u < p->n; u++) {
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      if (edges->columns[k] < u) continue;
      const double most = edges->columns[k] == u ? 0 : 1 / sl_csr_entry(edges, k);
      const double mean = p->edges[e] / p->rows_done;
      p->edges[e] = mean < most ? mean : most;
      if (!(p->edges[e] <= DBL_MAX)) p->edges[e] = 0, fits = false;
      if (most > 0 && p->edges[e] < 0x1p-1000) fits = false;
      e++;
    }
  }
  const double epsilon = error_of_signs(p);
  const double solve = sqrt(p->energy_sum / p->rows_done);
  const double above = sqrt(1 + epsilon) + solve, below = sqrt(1 - epsilon) - solve;
  p->bound = fmax(above * above - 1, below > 0 ? 1 - below * below : 1) * (1 + 0x1p-40);
  if (!fits || !(above <= DBL_MAX)) p->bound = INFINITY;
}

// ---- begin

static sl_status begin_any(sl_potentials *p, const sl_potentials_options *options, question kind) {
  sl_job_drop(&p->job);
  SL_REQUIRE(options->tolerance > 0 && options->tolerance < 1, SL_ERR_OPTION, "tolerance",
             "a number in (0, 1)");
  SL_REQUIRE((kind == FIXED) == (p->boundary_count > 0), SL_ERR_STATE, "boundary",
             "boundary nodes for fixed values alone");
  p->options = *options;
  p->solves = p->iterations = p->repeats = 0;
  p->work = 0;
  p->value = p->energy_sum = 0;
  p->bound = INFINITY;
  p->rows_wanted = p->rows_done = 0;
  sl_free(p->edges);
  p->edges = NULL;
  return SL_OK;
}

// Nothing has to be solved.
static sl_status begin_ended(sl_potentials *p) {
  p->bound = 0;
  sl_job_begin(&p->job);
  sl_job_end(&p->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status start_solve(sl_potentials *p, bool again) {
  p->repeats = again ? p->repeats + 1 : 0;
  SL_TRY(sl_solver_set_tolerance(p->solver, p->tolerance));
  return sl_solver_begin(p->solver, p->b, again ? p->x : NULL);
}

sl_status sl_potentials_begin_pair(sl_potentials *p, const sl_potentials_options *options,
                                   uint32_t source, uint32_t target) {
  SL_TRY(begin_any(p, options, PAIR));
  SL_REQUIRE(source < p->n, SL_ERR_INDEX, "source", "a node of the graph");
  SL_REQUIRE(target < p->n, SL_ERR_INDEX, "target", "a node of the graph");
  p->source = source;
  p->target = target;
  p->kind = PAIR;
  if (source == target || p->forest.root[source] != p->forest.root[target]) {
    p->value = source == target ? 0 : INFINITY;
    return begin_ended(p);
  }
  memset(p->b, 0, p->n * sizeof *p->b);
  p->b[source] = 1;
  p->b[target] = -1;
  // The error of a resistance is the square of that of the potentials.
  p->tolerance = fmax(0.1 * sqrt(options->tolerance), LEAST_TOLERANCE);
  SL_TRY(start_solve(p, false));
  sl_job_begin(&p->job);
  return SL_OK;
}

sl_status sl_potentials_begin_sketch(sl_potentials *p, const sl_potentials_options *options) {
  SL_TRY(begin_any(p, options, SKETCH));
  SL_REQUIRE(options->confidence > 0 && options->confidence < 1, SL_ERR_OPTION, "confidence",
             "a number in (0, 1)");
  const double rows = ceil(log_of_events(p) / rate(SIGNS_SHARE * options->tolerance));
  SL_REQUIRE(rows <= MAX_ROWS, SL_ERR_OPTION, "tolerance",
             "a relative error that 2^20 solves can reach");
  SL_TRY(SL_ALLOC_ZERO(&p->edges, p->graph->edge_count));
  sl_rng_seed(&p->rng, options->seed);
  p->rows_wanted = (uint32_t)rows;
  p->tolerance = 1e-6;
  p->kind = SKETCH;
  draw_signs(p);
  SL_TRY(start_solve(p, false));
  sl_job_begin(&p->job);
  return SL_OK;
}

sl_status sl_potentials_begin_fixed(sl_potentials *p, const sl_potentials_options *options,
                                    const double *values) {
  SL_TRY(begin_any(p, options, FIXED));
  const size_t bad = sl_first_not_finite_f64(values, p->boundary_count);
  SL_REQUIRE_AT(bad == p->boundary_count, SL_ERR_NOT_FINITE, "values", "finite numbers", bad);
  p->least = p->greatest = values[0];
  for (uint32_t i = 0; i < p->boundary_count; i++) {
    if (values[i] < p->least) p->least = values[i];
    if (values[i] > p->greatest) p->greatest = values[i];
  }
  SL_REQUIRE(p->greatest - p->least <= 0x1p+1000, SL_ERR_RANGE, "values", "a spread below 2^1000");
  p->kind = FIXED;
  for (uint32_t u = 0; u < p->n; u++) {
    p->v[u] = p->forest.root[u] == SL_FOREST_NO_ROOT ? NAN : p->least;
  }
  for (uint32_t i = 0; i < p->boundary_count; i++) p->v[p->boundary[i]] = values[i];
  if (p->row_count == 0 || p->greatest == p->least) return begin_ended(p);
  // What the boundary sends in, with the least value as zero.
  const sl_csr *edges = p->graph->outgoing;
  for (uint32_t row = 0; row < p->row_count; row++) {
    const uint32_t u = p->rows[row];
    p->b[row] = 0;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      const uint32_t v = edges->columns[k];
      if (p->forest.parent[v] == v) p->b[row] += sl_csr_entry(edges, k) * (p->v[v] - p->least);
    }
  }
  if (!isfinite(sl_norm2_f64(p->b, p->row_count))) {
    return sl_fail(SL_ERR_RANGE, "values", "a spread that times the weights is finite",
                   SL_NO_POSITION);
  }
  p->tolerance = fmax(0.1 * options->tolerance, LEAST_TOLERANCE);
  SL_TRY(start_solve(p, false));
  sl_job_begin(&p->job);
  return SL_OK;
}

// ---- steps

// Takes what the solver has; potentials inside lie between those of the boundary.
static sl_status take_solution(sl_potentials *p, bool *converged) {
  sl_solve_result found;
  SL_TRY(sl_solver_finish(p->solver, p->x, &found));
  *converged = found.outcome == SL_OUTCOME_CONVERGED;
  p->iterations += found.iterations;
  p->work += found.work;
  p->solves++;
  for (uint32_t row = 0; p->rows != NULL && row < p->row_count; row++) {
    const double value = p->x[row] + p->least;
    p->v[p->rows[row]] = value < p->least ? p->least : value > p->greatest ? p->greatest : value;
  }
  evaluate(p);
  return SL_OK;
}

static sl_status next_solve(sl_potentials *p, bool converged) {
  const bool met = is_met(p);
  if (!met && converged && p->repeats + 1 < MAX_SOLVES && p->tolerance > LEAST_TOLERANCE) {
    const double factor = 0.5 * sqrt(wanted_energy(p) / p->energy);
    p->tolerance *= factor < 0.5 ? (factor > 1e-4 ? factor : 1e-4) : 0.5;
    if (!(p->tolerance > LEAST_TOLERANCE)) p->tolerance = LEAST_TOLERANCE;
    return start_solve(p, true);
  }
  if (p->kind != SKETCH) {
    sl_job_end(&p->job, met ? SL_OUTCOME_CONVERGED : SL_OUTCOME_STAGNATED);
    return SL_OK;
  }
  add_row(p);
  if (p->rows_done < p->rows_wanted) {
    draw_signs(p);
    return start_solve(p, false);
  }
  end_sketch(p);
  sl_job_end(&p->job,
             p->bound <= p->options.tolerance ? SL_OUTCOME_CONVERGED : SL_OUTCOME_STAGNATED);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) {
  const sl_potentials *p = (const sl_potentials *)job;
  return p->work + (sl_job_is_running(job) ? sl_job_work(sl_solver_job(p->solver)) : 0);
}

// A sketch takes as much for each system to come as for those that it has solved. Not for the first,
// which comes with what the solver builds: nothing is known before the second.
static uint64_t work_expected(const sl_job *job) {
  const sl_potentials *p = (const sl_potentials *)job;
  if (p->kind != SKETCH || p->rows_done < 2) return 0;
  const uint64_t others = p->work - p->first_work;
  const double each = (double)others / (p->rows_done - 1);
  return (uint64_t)((double)p->first_work + each * (p->rows_wanted - 1));
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_potentials *p = (sl_potentials *)job;
  if (p->kind == SKETCH) {
    // The row under way is dropped.
    if (p->rows_done > 0) end_sketch(p);
    sl_job_end(job, why);
    return SL_OK;
  }
  bool converged;
  SL_TRY(sl_job_stop(sl_solver_job(p->solver), why));
  SL_TRY(take_solution(p, &converged));
  sl_job_end(job, is_met(p) ? SL_OUTCOME_CONVERGED : why);
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_potentials *p = (sl_potentials *)job;
  const uint64_t limit = p->options.max_work, before = work_done(job);
  const uint64_t until = before + work < work ? UINT64_MAX : before + work;
  while (sl_job_is_running(job) && work_done(job) < until) {
    sl_outcome inner;
    SL_TRY(sl_job_step(sl_solver_job(p->solver), until - work_done(job), &inner));
    if (inner != SL_OUTCOME_RUNNING) {
      bool converged;
      SL_TRY(take_solution(p, &converged));
      SL_TRY(next_solve(p, converged));
    }
    if (sl_job_is_running(job) && limit > 0 && work_done(job) >= limit) {
      SL_TRY(stop(job, SL_OUTCOME_WORK_LIMIT));
    }
  }
  return SL_OK;
}

static size_t job_bytes(const sl_job *job) {
  return sl_potentials_bytes((const sl_potentials *)job);
}
static void destroy(sl_job *job) { sl_potentials_destroy((sl_potentials *)job); }

const sl_job_kind sl_potentials_kind = {"potentials",  step,      stop,   work_done,
                                        work_expected, job_bytes, destroy};

sl_job *sl_potentials_job(sl_potentials *p) { return &p->job; }

sl_status sl_potentials_finish(const sl_potentials *p, sl_potentials_result *result) {
  SL_TRY(sl_job_require_ended(&p->job));
  const bool fixed = p->kind == FIXED;
  const uint32_t undetermined = fixed ? p->n - p->forest.reached : 0;
  *result = (sl_potentials_result){
      .outcome = undetermined > 0 && p->job.outcome == SL_OUTCOME_CONVERGED ? SL_OUTCOME_SINGULAR
                                                                            : p->job.outcome,
      .value = p->kind == PAIR ? p->value : 0,
      .error_bound = p->bound,
      .undetermined = undetermined,
      .solves = p->solves,
      .iterations = p->iterations,
      .work = p->work,
      .count = fixed               ? p->n
               : p->kind == SKETCH ? p->graph->edge_count
                                   : 0,
      .values = fixed ? p->v : p->edges,
  };
  return SL_OK;
}

// ---- any of them

sl_status sl_potentials_begin(sl_potentials *p, const sl_potentials_options *options,
                              uint32_t source, uint32_t target, const double *values) {
  if (values != NULL) return sl_potentials_begin_fixed(p, options, values);
  if (source == UINT32_MAX && target == UINT32_MAX) return sl_potentials_begin_sketch(p, options);
  return sl_potentials_begin_pair(p, options, source, target);
}
