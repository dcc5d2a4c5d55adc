#include "diffusion/run.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "diffusion/top.h"

// Strengths outside this range would overflow or vanish when they are inverted.
#define LEAST_STRENGTH 0x1p-300
#define MOST_STRENGTH 0x1p+300

static sl_status read_strengths(sl_diffusion_run *run) {
  const uint32_t *pointers = run->graph->outgoing->row_pointers;
  for (uint32_t u = 0; u < run->graph->node_count; u++) {
    const double strength = run->strength[u];
    const bool dangling = pointers[u] == pointers[u + 1];
    SL_REQUIRE_AT(dangling || (strength >= LEAST_STRENGTH && strength <= MOST_STRENGTH),
                  SL_ERR_RANGE, "graph", "weights of a node that sum to 2^-300 .. 2^300", u);
    run->volume += strength;
    run->inverse_strength[u] = dangling ? 1 : 1 / strength;
    run->total_strength += dangling ? 1 : strength;
  }
  return SL_OK;
}

sl_status sl_diffusion_run_create(sl_diffusion_run *run, const sl_job_kind *kind, sl_graph *graph) {
  const uint32_t n = graph->node_count;
  run->job.kind = kind;
  run->graph = graph;
  SL_TRY(sl_graph_out_strength(graph, &run->strength));
  SL_TRY(SL_ALLOC(&run->inverse_strength, n));
  SL_TRY(SL_ALLOC_ZERO(&run->x, n));
  SL_TRY(SL_ALLOC_ZERO(&run->r, n));
  SL_TRY(SL_ALLOC(&run->scratch, n));
  SL_TRY(SL_ALLOC(&run->touched, n));
  return read_strengths(run);
}

void sl_diffusion_run_destroy(sl_diffusion_run *run) {
  sl_free(run->inverse_strength);
  sl_free(run->x);
  sl_free(run->r);
  sl_free(run->scratch);
  sl_free(run->touched);
  sl_free(run->sources.weights);
  sl_free(run->listing.scores);
}

size_t sl_diffusion_run_bytes(const sl_diffusion_run *run) {
  const size_t n = run->graph->node_count, entry = sizeof(double) + sizeof(uint32_t);
  return n * (3 * sizeof(double) + 2 * sizeof(uint32_t)) +
         ((size_t)run->sources.capacity + run->listing.capacity) * entry;
}

// ---- sources

sl_status sl_diffusion_check_sources(const sl_diffusion_run *run, const uint32_t *nodes,
                                     const double *weights, uint32_t count) {
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "source", "at least one node");
  double sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(nodes[i] < run->graph->node_count, SL_ERR_INDEX, "source", "a node of the graph",
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

// One block of `count` pairs, numbers before nodes. What was in it is lost.
static sl_status reserve_pairs(uint32_t count, double **numbers, uint32_t **nodes,
                               uint32_t *capacity) {
  if (count <= *capacity) return SL_OK;
  double *block;
  SL_TRY(sl_alloc(count, sizeof **numbers + sizeof **nodes, (void **)&block));
  sl_free(*numbers);
  *numbers = block;
  *nodes = (uint32_t *)(block + count);
  *capacity = count;
  return SL_OK;
}

sl_status sl_diffusion_reserve_sources(sl_diffusion_run *run, uint32_t count) {
  sl_diffusion_sources *sources = &run->sources;
  return reserve_pairs(count, &sources->weights, &sources->nodes, &sources->capacity);
}

// The distinct nodes of the source are the first touched ones.
void sl_diffusion_set_sources(sl_diffusion_run *run, const uint32_t *nodes, const double *weights,
                              uint32_t count) {
  sl_diffusion_sources *sources = &run->sources;
  sources->global = false;
  sources->count = 0;
  double sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    const double weight = weights == NULL ? 1 : weights[i];
    if (weight == 0) continue;
    if (run->r[nodes[i]] == 0) sources->nodes[sources->count++] = nodes[i];
    run->r[nodes[i]] += weight;
    sum += weight;
  }
  for (uint32_t i = 0; i < sources->count; i++) {
    const uint32_t u = sources->nodes[i];
    run->r[u] /= sum;
    sources->weights[i] = run->r[u];
    run->touched[i] = u;
  }
  run->touched_count = sources->count;
}

void sl_diffusion_clear(sl_diffusion_run *run) {
  const uint32_t n = run->graph->node_count;
  if (run->dense) {
    memset(run->x, 0, n * sizeof *run->x);
    memset(run->r, 0, n * sizeof *run->r);
  } else {
    for (uint32_t i = 0; i < run->touched_count; i++)
      run->x[run->touched[i]] = run->r[run->touched[i]] = 0;
  }
  sl_job_drop(&run->job);
  run->dense = run->finished = false;
  run->iterations = run->touched_count = run->listing.count = 0;
  run->edge_operations = 0;
  run->certificate = (sl_diffusion_certificate){.bound = HUGE_VAL};
}

// ---- results

sl_status sl_diffusion_reserve_listing(sl_diffusion_run *run, uint32_t count) {
  sl_diffusion_listing *listing = &run->listing;
  return reserve_pairs(count, &listing->scores, &listing->nodes, &listing->capacity);
}

// A place is proved when the gaps to both neighbours exceed the L1 bound: two scores that are off
// by e_1 and e_2 with |e_1| + |e_2| <= bound cannot change their order then.
//   next   the score after the last one that is listed
static uint32_t count_proved(const sl_diffusion_run *run, double next) {
  const sl_diffusion_listing *listing = &run->listing;
  const bool all = listing->count == run->graph->node_count;
  uint32_t proved = 0;
  bool above = true;
  for (uint32_t i = 0; i < listing->count; i++) {
    const bool last = i + 1 == listing->count;
    const double below = last ? next : listing->scores[i + 1];
    const bool gap = (last && all) || listing->scores[i] - below > run->certificate.bound;
    proved += above && gap;
    above = gap;
  }
  return proved;
}

static sl_status list_top(sl_diffusion_run *run, uint32_t *proved) {
  const uint32_t n = run->graph->node_count, k = run->top_k;
  // One more than asked for, to know the gap after the last.
  SL_TRY(sl_diffusion_reserve_listing(run, k + 1));
  sl_diffusion_top top = {run->listing.nodes, run->listing.scores, 0, k + 1};
  const uint32_t count = run->dense ? n : run->touched_count;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t u = run->dense ? i : run->touched[i];
    const double value = sl_diffusion_final_x(run, u);
    if (value > 0) sl_diffusion_top_offer(&top, u, value * run->certificate.scale);
  }
  sl_diffusion_top_sort(&top);
  run->listing.count = top.count < k ? top.count : k;
  *proved = count_proved(run, top.count > k ? top.scores[k] : 0);
  return SL_OK;
}

static sl_status list_touched(sl_diffusion_run *run) {
  const uint32_t n = run->graph->node_count;
  // Going through all nodes is faster than sorting once many are touched.
  const bool scan = run->dense || run->touched_count > n / 16;
  const uint32_t candidates = scan ? n : run->touched_count;
  uint32_t count = 0;
  for (uint32_t i = 0; i < candidates; i++)
    count += sl_diffusion_final_x(run, scan ? i : run->touched[i]) > 0;
  SL_TRY(sl_diffusion_reserve_listing(run, count));
  sl_diffusion_listing *listing = &run->listing;
  listing->count = count;
  count = 0;
  for (uint32_t i = 0; i < candidates; i++) {
    const uint32_t u = scan ? i : run->touched[i];
    if (sl_diffusion_final_x(run, u) > 0) listing->nodes[count++] = u;
  }
  if (!scan) sl_diffusion_sort_ascending(listing->nodes, count);
  for (uint32_t i = 0; i < count; i++) {
    listing->scores[i] = sl_diffusion_final_x(run, listing->nodes[i]) * run->certificate.scale;
  }
  return SL_OK;
}

sl_status sl_diffusion_list(sl_diffusion_run *run, uint32_t *proved) {
  *proved = 0;
  return run->top_k > 0 ? list_top(run, proved) : list_touched(run);
}

static uint32_t count_touched(const sl_diffusion_run *run) {
  if (!run->dense) return run->touched_count;
  uint32_t touched = 0;
  for (uint32_t u = 0; u < run->graph->node_count; u++) touched += run->x[u] != 0 || run->r[u] != 0;
  return touched;
}

void sl_diffusion_keep_result(sl_diffusion_run *run, sl_pagerank_method method, uint32_t proved) {
  run->result = (sl_diffusion_result){
      .outcome = run->job.outcome,
      .method = method,
      .iterations = run->iterations,
      .error_bound = run->certificate.bound,
      .touched_nodes = count_touched(run),
      .edge_operations = run->edge_operations,
      .proved_places = proved,
      .count = run->listing.count,
      .nodes = run->listing.nodes,
      .scores = run->listing.scores,
  };
  run->finished = true;
}

void sl_diffusion_write_scores(const sl_diffusion_run *run, double *scores) {
  for (uint32_t u = 0; u < run->graph->node_count; u++)
    scores[u] = sl_diffusion_final_x(run, u) * run->certificate.scale;
}
