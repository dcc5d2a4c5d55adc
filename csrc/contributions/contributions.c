// Based on: R. Andersen, C. Borgs, J. Chayes, J. Hopcroft, V. Mirrokni, S.-H. Teng, "Local
// computation of PageRank contributions", WAW 2007, doi:10.1007/978-3-540-77004-6_12 (push against
// the edges); P. Lofgren, S. Banerjee, A. Goel, "Personalized PageRank estimation and search: a
// bidirectional approach", WSDM 2016, arXiv:1507.05999 (the pair). Deviations: both run on A in the
// solver room, with its falling thresholds, its recomputed certificates and its way over to a full
// solve; dangling nodes restart at the source, so their visits h are solved for once and divided
// out.
#include "contributions/contributions.h"

#include <float.h>
#include <math.h>

#include "base/memory.h"
#include "solver/local_dot.h"
#include "solver/local_sparse.h"

#define UNIT_ROUNDOFF 0x1p-53
#define LEAST_STRENGTH 0x1p-300
#define MOST_STRENGTH 0x1p+300

typedef enum phase { VISITS, TARGET, PAIR } phase;

struct sl_contributions {
  sl_job job;
  sl_graph *graph;
  double damping;
  sl_csr *system;          // A
  double system_error;     // bound of |entries of A^-1 b| due to the rounding of A, for |b| <= 1
  sl_local_sparse *sparse; // made when first needed
  sl_local_dot *dot;
  uint32_t *dangling; // dangling_count nodes, with a 1 for each
  double *ones;
  uint32_t dangling_count;
  double *visits; // n: h, or NULL while there is none
  double visits_error;
  // The question.
  phase phase;
  bool is_pair;
  sl_contributions_options options;
  uint32_t source, target;
  double one;
  double least_denominator; // of 1 - d h over the sources asked for, its error taken off
  uint64_t visits_work;
  double *scores; // of the last target
  uint32_t *nodes;
};

sl_contributions_options sl_contributions_options_default(void) {
  return (sl_contributions_options){.tolerance = 1e-6};
}

// ---- the matrix

// Row u of A into columns and values from `fill` on; returns the place after it.
static uint32_t fill_row(const sl_csr *edges, uint32_t u, double factor, uint32_t fill,
                         uint32_t *columns, double *values) {
  uint32_t diagonal_at = UINT32_MAX;
  double diagonal = 1;
  for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
    const uint32_t v = edges->columns[k];
    const double value = factor * sl_csr_entry(edges, k);
    if (diagonal_at == UINT32_MAX && v >= u) diagonal_at = fill++;
    if (v == u) {
      diagonal -= value;
      continue;
    }
    columns[fill] = v;
    values[fill++] = -value;
  }
  if (diagonal_at == UINT32_MAX) diagonal_at = fill++;
  columns[diagonal_at] = u;
  values[diagonal_at] = diagonal;
  return fill;
}

static sl_status check_strengths(const sl_graph *graph, const double *strength) {
  const uint32_t *pointers = graph->outgoing->row_pointers;
  for (uint32_t u = 0; u < graph->node_count; u++) {
    const bool dangling = pointers[u] == pointers[u + 1];
    SL_REQUIRE_AT(dangling || (strength[u] >= LEAST_STRENGTH && strength[u] <= MOST_STRENGTH),
                  SL_ERR_RANGE, "graph", "weights of a node that sum to 2^-300 .. 2^300", u);
  }
  return SL_OK;
}

static sl_status build_system(sl_contributions *c) {
  const sl_csr *edges = c->graph->outgoing;
  const uint32_t n = c->graph->node_count;
  const double *strength;
  SL_TRY(sl_graph_out_strength(c->graph, &strength));
  SL_TRY(check_strengths(c->graph, strength));
  SL_REQUIRE((uint64_t)edges->nnz + n <= UINT32_MAX, SL_ERR_OVERFLOW, "graph",
             "fewer than 2^32 entries");
  uint32_t *pointers = NULL, *columns = NULL;
  double *values = NULL;
  sl_status status = SL_ALLOC(&pointers, (size_t)n + 1);
  if (status == SL_OK) status = SL_ALLOC(&columns, (size_t)edges->nnz + n);
  if (status == SL_OK) status = SL_ALLOC(&values, (size_t)edges->nnz + n);
  if (status != SL_OK) {
    sl_free(pointers);
    sl_free(columns);
    return status;
  }
  pointers[0] = 0;
  uint32_t longest = 0;
  for (uint32_t u = 0; u < n; u++) {
    const uint32_t degree = edges->row_pointers[u + 1] - edges->row_pointers[u];
    const double factor = degree > 0 ? c->damping / strength[u] : 0;
    pointers[u + 1] = fill_row(edges, u, factor, pointers[u], columns, values);
    c->dangling_count += degree == 0;
    if (degree > longest) longest = degree;
  }
  // Entries are off by (terms of the strength + 4) u of themselves, a row of A by that of its sum,
  // so A^-1 b by that times (1 / slack)^2: A (x - x') = (A' - A) x'.
  const double terms = edges->value_type == SL_VALUES_PATTERN ? 0 : longest;
  const double slack = 1 - c->damping;
  c->system_error = 1.01 * UNIT_ROUNDOFF * (terms + 6) / (slack * slack);
  return sl_csr_adopt(n, n, pointers, columns, values, SL_VALUES_F64, &c->system);
}

static sl_status list_dangling(sl_contributions *c) {
  if (c->dangling_count == 0) return SL_OK;
  SL_TRY(SL_ALLOC(&c->dangling, c->dangling_count));
  SL_TRY(SL_ALLOC(&c->ones, c->dangling_count));
  const uint32_t *pointers = c->graph->outgoing->row_pointers;
  uint32_t count = 0;
  for (uint32_t u = 0; u < c->graph->node_count; u++) {
    if (pointers[u] == pointers[u + 1]) c->dangling[count++] = u;
  }
  for (uint32_t k = 0; k < count; k++) c->ones[k] = 1;
  return SL_OK;
}

sl_status sl_contributions_create(sl_graph *graph, double damping, sl_contributions **out) {
  *out = NULL;
  SL_REQUIRE(damping > 0 && damping < 1, SL_ERR_OPTION, "damping", "a number in (0, 1)");
  sl_contributions *c;
  SL_TRY(SL_ALLOC_ZERO(&c, 1));
  c->job.kind = &sl_contributions_kind;
  c->graph = graph;
  c->damping = damping;
  sl_status status = build_system(c);
  if (status == SL_OK) status = list_dangling(c);
  if (status != SL_OK) {
    sl_contributions_destroy(c);
    return status;
  }
  *out = c;
  return SL_OK;
}

void sl_contributions_destroy(sl_contributions *c) {
  if (c == NULL) return;
  sl_local_sparse_destroy(c->sparse);
  sl_local_dot_destroy(c->dot);
  sl_csr_destroy(c->system);
  sl_free(c->dangling);
  sl_free(c->ones);
  sl_free(c->visits);
  sl_free(c->scores);
  sl_free(c->nodes);
  sl_free(c);
}

size_t sl_contributions_bytes(const sl_contributions *c) {
  size_t bytes = sizeof *c + sl_csr_bytes(c->system);
  bytes += c->dangling_count * (sizeof *c->dangling + sizeof *c->ones);
  if (c->visits) bytes += c->graph->node_count * sizeof *c->visits;
  if (c->sparse) bytes += sl_local_sparse_bytes(c->sparse);
  if (c->dot) bytes += sl_local_dot_bytes(c->dot);
  return bytes;
}

double sl_contributions_damping(const sl_contributions *c) { return c->damping; }

// ---- the question

static sl_status begin_sparse(sl_contributions *c, double error, const uint32_t *nodes,
                              const double *values, uint32_t count) {
  if (c->sparse == NULL)
    SL_TRY(sl_local_sparse_create_of(&sl_light_methods, c->system, &c->sparse));
  const sl_local_sparse_options options = {
      .absolute_error = error,
      .norm = SL_BOUND_INF,
      .push_work = c->options.push_work,
      .max_work = c->options.max_work,
  };
  return sl_local_sparse_begin(c->sparse, &options, nodes, values, count);
}

// The error of g that the tolerance leaves room for, rounding of A and the error of h taken off.
static double allowed_error(const sl_contributions *c) {
  const double all = 0.94 * c->options.tolerance * c->least_denominator / (1 - c->damping);
  const double left = all - c->system_error;
  return left > 0.5 * all ? left : 0.5 * all;
}

// Once h is known, or not needed.
static sl_status begin_question(sl_contributions *c) {
  double most = 0;
  if (c->visits != NULL) {
    const uint32_t first = c->is_pair ? c->source : 0;
    const uint32_t end = c->is_pair ? c->source + 1 : c->graph->node_count;
    for (uint32_t u = first; u < end; u++) most = c->visits[u] > most ? c->visits[u] : most;
    most = fmin(most + c->visits_error, 1);
  }
  c->least_denominator = 1 - c->damping * most;
  const double error = allowed_error(c);
  SL_REQUIRE(error > 0 && error <= DBL_MAX, SL_ERR_OPTION, "tolerance", "a finite number above 0");
  c->phase = c->is_pair ? PAIR : TARGET;
  if (!c->is_pair) return begin_sparse(c, error, &c->target, &c->one, 1);
  if (c->dot == NULL) SL_TRY(sl_local_dot_create_of(&sl_light_methods, c->system, &c->dot));
  const sl_local_dot_options options = {
      .absolute_error = error,
      .confidence = c->options.confidence,
      .seed = c->options.seed,
      .push_work = c->options.push_work,
      .max_work = c->options.max_work,
  };
  const sl_local_vector from = {.indices = &c->source, .values = &c->one, .count = 1};
  const sl_local_vector to = {.indices = &c->target, .values = &c->one, .count = 1};
  return sl_local_dot_begin(c->dot, &options, &from, &to);
}

static sl_status begin_any(sl_contributions *c, const sl_contributions_options *options,
                           bool is_pair, uint32_t source, uint32_t target) {
  sl_job_drop(&c->job);
  const uint32_t n = c->graph->node_count;
  SL_REQUIRE(options->tolerance > 0 && options->tolerance <= DBL_MAX, SL_ERR_OPTION, "tolerance",
             "a finite number above 0");
  SL_REQUIRE(source < n, SL_ERR_INDEX, "source", "a node of the graph");
  SL_REQUIRE(target < n, SL_ERR_INDEX, "target", "a node of the graph");
  c->options = *options;
  c->is_pair = is_pair;
  c->source = source;
  c->target = target;
  c->one = 1;
  c->visits_work = 0;
  // A share of the tolerance that is lost beside what g may take.
  const double needed = 0.02 * options->tolerance * (1 - c->damping) / c->damping;
  sl_status status;
  if (c->dangling_count > 0 && !(c->visits != NULL && c->visits_error <= needed)) {
    // Much better than needed: the next tolerance may be smaller.
    const double error = 0x1p-10 * needed > 0x1p-900 ? 0x1p-10 * needed : 0x1p-900;
    c->phase = VISITS;
    status = begin_sparse(c, error, c->dangling, c->ones, c->dangling_count);
  } else {
    status = begin_question(c);
  }
  if (status == SL_OK) sl_job_begin(&c->job);
  return status;
}

sl_status sl_contributions_begin_target(sl_contributions *c,
                                        const sl_contributions_options *options, uint32_t target) {
  SL_REQUIRE(options->confidence == 0, SL_ERR_OPTION, "confidence", "0 for a single target");
  return begin_any(c, options, false, 0, target);
}

sl_status sl_contributions_begin_pair(sl_contributions *c, const sl_contributions_options *options,
                                      uint32_t source, uint32_t target) {
  SL_REQUIRE(options->confidence >= 0 && options->confidence < 1, SL_ERR_OPTION, "confidence",
             "a number in (0, 1)");
  return begin_any(c, options, true, source, target);
}

sl_status sl_contributions_begin(sl_contributions *c, const sl_contributions_options *options,
                                 uint32_t source, uint32_t target) {
  return source == UINT32_MAX ? sl_contributions_begin_target(c, options, target)
                              : sl_contributions_begin_pair(c, options, source, target);
}

// Keeps h, which lies in [0, 1], and goes on to the question.
static sl_status take_visits(sl_contributions *c) {
  sl_local_sparse_result found;
  SL_TRY(sl_local_sparse_finish(c->sparse, &found));
  const uint32_t n = c->graph->node_count;
  if (c->visits == NULL) SL_TRY(SL_ALLOC(&c->visits, n));
  for (uint32_t u = 0; u < n; u++) c->visits[u] = 0;
  for (uint32_t k = 0; k < found.count; k++) {
    c->visits[found.indices[k]] = fmin(fmax(found.values[k], 0), 1);
  }
  c->visits_error = fmin(found.error_bound + c->system_error, 1);
  c->visits_work = found.edge_operations;
  return begin_question(c);
}

// The work of the solver room that goes on in this phase.
static sl_job *inner_job(const sl_contributions *c) {
  return c->phase == PAIR ? sl_local_dot_job(c->dot) : sl_local_sparse_job(c->sparse);
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_contributions *c = (sl_contributions *)job;
  sl_outcome inner;
  SL_TRY(sl_job_step(inner_job(c), work, &inner));
  if (inner == SL_OUTCOME_RUNNING) return SL_OK;
  if (c->phase == VISITS) return take_visits(c);
  sl_job_end(job, inner);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_contributions *c = (sl_contributions *)job;
  if (c->phase == VISITS) {
    SL_TRY(sl_job_stop(inner_job(c), why));
    SL_TRY(take_visits(c));
  }
  SL_TRY(sl_job_stop(inner_job(c), why));
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) {
  const sl_contributions *c = (const sl_contributions *)job;
  return c->visits_work + sl_job_work(inner_job(c));
}

static size_t job_bytes(const sl_job *job) {
  return sl_contributions_bytes((const sl_contributions *)job);
}
static void destroy(sl_job *job) { sl_contributions_destroy((sl_contributions *)job); }

const sl_job_kind sl_contributions_kind = {"contributions", step,   stop, work_done, NULL,
                                           job_bytes,       destroy};

sl_job *sl_contributions_job(sl_contributions *c) { return &c->job; }

// ---- the answer

// (1 - d) g / (1 - d h) at node u.
static double score(const sl_contributions *c, uint32_t u, double g) {
  const double h = c->visits ? c->visits[u] : 0;
  return fmin(fmax((1 - c->damping) * g / (1 - c->damping * h), 0), 1);
}

// Bound of |score - exact| for scores of at most `most`, with g off by at most `error`: the error
// of the quotient N / D is at most (error of N + N / D error of D) / least D.
static double bound(const sl_contributions *c, double error, double most) {
  const double numerator = (1 - c->damping) * (error + c->system_error);
  const double denominator = c->visits ? c->damping * c->visits_error : 0;
  const double found = (numerator + most * denominator) / c->least_denominator;
  return fmin(found * (1 + 0x1p-40) + 8 * UNIT_ROUNDOFF * most, 1);
}

static void sift(uint32_t *nodes, double *values, uint32_t at, uint32_t size) {
  const uint32_t node = nodes[at];
  const double value = values[at];
  for (uint32_t child; (child = 2 * at + 1) < size; at = child) {
    if (child + 1 < size && nodes[child + 1] > nodes[child]) child++;
    if (nodes[child] <= node) break;
    nodes[at] = nodes[child];
    values[at] = values[child];
  }
  nodes[at] = node;
  values[at] = value;
}

static void sort_by_node(uint32_t *nodes, double *values, uint32_t count) {
  for (uint32_t i = count / 2; i-- > 0;) sift(nodes, values, i, count);
  for (uint32_t size = count; size-- > 1;) {
    const uint32_t node = nodes[size];
    const double value = values[size];
    nodes[size] = nodes[0];
    values[size] = values[0];
    nodes[0] = node;
    values[0] = value;
    sift(nodes, values, 0, size);
  }
}

static sl_status finish_target(sl_contributions *c, sl_contributions_result *result) {
  sl_local_sparse_result found;
  SL_TRY(sl_local_sparse_finish(c->sparse, &found));
  SL_TRY(SL_REALLOC(&c->nodes, found.count));
  SL_TRY(SL_REALLOC(&c->scores, found.count));
  uint32_t count = 0;
  double most = 0;
  for (uint32_t k = 0; k < found.count; k++) {
    const double value = score(c, found.indices[k], found.values[k]);
    if (!(value > 0)) continue;
    if (value > most) most = value;
    c->nodes[count] = found.indices[k];
    c->scores[count++] = value;
  }
  sort_by_node(c->nodes, c->scores, count);
  *result = (sl_contributions_result){
      .method = found.method,
      .error_bound = bound(c, found.error_bound, most),
      .half_width = INFINITY,
      .count = count,
      .nodes = c->nodes,
      .scores = c->scores,
      .touched_nodes = found.touched_columns,
      .edge_operations = c->visits_work + found.edge_operations,
  };
  return SL_OK;
}

static sl_status finish_pair(sl_contributions *c, sl_contributions_result *result) {
  sl_local_dot_result found;
  SL_TRY(sl_local_dot_finish(c->dot, &found));
  const double value = score(c, c->source, found.value);
  *result = (sl_contributions_result){
      .method = found.method,
      .value = value,
      .error_bound = bound(c, found.error_bound, value),
      .half_width = found.walks > 0 ? bound(c, found.half_width, value) : INFINITY,
      .walks = found.walks,
      .touched_nodes = found.touched_rows,
      .edge_operations = c->visits_work + found.edge_operations,
  };
  return SL_OK;
}

sl_status sl_contributions_finish(sl_contributions *c, sl_contributions_result *result) {
  SL_TRY(sl_job_require_ended(&c->job));
  SL_TRY(c->is_pair ? finish_pair(c, result) : finish_target(c, result));
  const double tolerance = c->options.tolerance;
  const bool met = result->error_bound <= tolerance || result->half_width <= tolerance;
  result->outcome = met                                      ? SL_OUTCOME_CONVERGED
                    : c->job.outcome == SL_OUTCOME_CONVERGED ? SL_OUTCOME_STAGNATED
                                                             : c->job.outcome;
  return SL_OK;
}
