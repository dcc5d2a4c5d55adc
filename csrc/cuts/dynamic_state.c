// Based on: M. Henzinger, A. Noe, C. Schulz, "Practical fully dynamic minimum cut algorithms", ALENEX
// 2022 (arXiv:2101.05033). As there, the graph in which all light cuts can be seen is kept, most changes
// are seen not to matter, and edges that are taken away are answered by a flow that stops as soon as
// it is large enough. Deviations: the parts of that graph are kept without the cactus of its minimum
// cuts, and without being as coarse as they can be; what pairs of nodes have lost is counted against a
// bound, so that an edge that goes and comes back costs nothing.
#include "cuts/dynamic_state.h"

#define LARGEST_SUM 0x1p53

static void destroy(sl_job *job) { sl_dynamic_cut_destroy((sl_dynamic_cut *)job); }

static void forget_reading(sl_dynamic_cut *c) {
  sl_free(c->read_side);
  sl_free(c->read_from);
  sl_free(c->read_to);
  sl_free(c->read_weights);
  c->read_side = c->read_from = c->read_to = NULL;
  c->read_weights = NULL;
}

static void forget_list(sl_dynamic_cut *c) {
  sl_free(c->ends[0]);
  sl_free(c->ends[1]);
  sl_free(c->wishes);
  sl_free(c->values);
  c->ends[0] = c->ends[1] = NULL;
  c->wishes = c->values = NULL;
  c->count = c->next = 0;
}

void sl_dynamic_cut_destroy(sl_dynamic_cut *c) {
  if (c == NULL) return;
  sl_blocks_free(&c->blocks);
  sl_rows_free(&c->rows);
  sl_rows_flow_free(&c->flow);
  sl_changes_free(&c->changes);
  forget_reading(c);
  forget_list(c);
  void *const arrays[] = {c->degree, c->part, c->part_size, c->unused, c->lightest, c->side};
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) sl_free(arrays[i]);
  sl_free(c);
}

size_t sl_dynamic_cut_bytes(const sl_dynamic_cut *c) {
  return sizeof *c + sl_rows_bytes(&c->rows) + sl_rows_flow_bytes(&c->flow, c->n) +
         c->changes.room * sizeof *c->changes.table + 37 * (size_t)c->n + c->blocks.bytes +
         24 * (size_t)c->count;
}

static sl_status check_weights(const sl_graph *graph, double *total) {
  const sl_csr *edges = graph->outgoing;
  *total = 0;
  for (uint32_t u = 0; u < graph->node_count; u++) {
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      if (edges->columns[k] <= u) continue;
      const double weight = sl_weight(edges, k);
      SL_REQUIRE_AT(floor(weight) == weight, SL_ERR_RANGE, "graph",
                    "whole weights: multiply by a power of ten and round", k);
      *total += weight;
    }
  }
  SL_REQUIRE(*total < LARGEST_SUM, SL_ERR_RANGE, "graph", "weights whose sum is below 2^53");
  return SL_OK;
}

static sl_status fill(sl_dynamic_cut *c, const sl_graph *graph) {
  const uint32_t n = c->n;
  SL_TRY(sl_rows_create(&c->rows, graph));
  SL_TRY(sl_rows_flow_create(&c->flow, n));
  SL_TRY(SL_ALLOC_ZERO(&c->degree, n));
  SL_TRY(SL_ALLOC_ZERO(&c->part, n));
  SL_TRY(SL_ALLOC(&c->part_size, n));
  SL_TRY(SL_ALLOC(&c->unused, n));
  SL_TRY(SL_ALLOC(&c->lightest, 2 * (size_t)n));
  SL_TRY(SL_ALLOC_ZERO(&c->side, n));
  for (uint32_t u = 0; u < n; u++)
    for (uint32_t k = c->rows.start[u]; k < c->rows.start[u] + c->rows.size[u]; k++)
      c->degree[u] += c->rows.arcs[k].weight;
  return SL_OK;
}

sl_status sl_dynamic_cut_create(const sl_graph *graph, sl_dynamic_cut **out) {
  *out = NULL;
  SL_REQUIRE(!graph->directed, SL_ERR_UNSUPPORTED, "graph", "an undirected graph");
  SL_REQUIRE(graph->node_count > 1, SL_ERR_UNSUPPORTED, "graph", "a graph of at least two nodes");
  double total;
  SL_TRY(check_weights(graph, &total));
  sl_dynamic_cut *c;
  SL_TRY(SL_ALLOC_ZERO(&c, 1));
  c->job.kind = &sl_dynamic_cut_kind;
  c->n = graph->node_count;
  c->total = (int64_t)total;
  c->stale = true;
  c->kept = NONE;
  const sl_status status = fill(c, graph);
  if (status != SL_OK) {
    sl_dynamic_cut_destroy(c);
    return status;
  }
  *out = c;
  return SL_OK;
}

// ---- searching ----------------------------------------------------------------------------------

// Takes memory for a search, and the whole graph as what is to be contracted.
static sl_status load(sl_dynamic_cut *c) {
  sl_shrink *s = &c->shrink;
  const uint64_t arcs = 2 * c->rows.edges;
  if (c->blocks.count == 0) SL_TRY(sl_shrink_take(s, &c->blocks, c->n, (uint32_t)arcs));
  s->n = c->n;
  s->slack = 0;
  s->least = UINT64_MAX;
  s->running = false;
  uint32_t at = 0;
  for (uint32_t u = 0; u < c->n; u++) {
    s->graph.rows[u] = at;
    for (uint32_t k = c->rows.start[u]; k < c->rows.start[u] + c->rows.size[u]; k++, at++) {
      s->graph.heads[at] = c->rows.arcs[k].head;
      s->graph.weights[at] = (uint64_t)c->rows.arcs[k].weight;
    }
    s->degree[u] = (uint64_t)c->degree[u];
    s->label[u] = u;
  }
  s->graph.rows[c->n] = at;
  c->work += arcs + c->n;
  return SL_OK;
}

static sl_status search_whole(sl_dynamic_cut *c, int64_t enough) {
  c->stale = true; // until it is found
  SL_TRY(load(c));
  sl_shrink_look_at_degrees(&c->shrink);
  c->enough = (uint64_t)enough;
  c->phase = SL_DYNAMIC_WHOLE;
  c->searches++;
  return SL_OK;
}

static sl_status search_parts(sl_dynamic_cut *c, int64_t enough) {
  SL_TRY(load(c));
  sl_shrink *s = &c->shrink;
  uint32_t *first = s->slot;
  memset(first, 0xff, c->n * sizeof *first);
  for (uint32_t u = 0; u < c->n; u++) {
    if (first[c->part[u]] == NONE) first[c->part[u]] = u;
    s->parent[u] = first[c->part[u]];
  }
  sl_shrink_contract(s);
  for (uint32_t u = 0; u < c->n; u++) s->label[u] = s->place[u];
  sl_shrink_look_at_degrees(s);
  c->enough = (uint64_t)enough;
  c->phase = SL_DYNAMIC_PARTS;
  return SL_OK;
}

// Begins with new parts; the least cut is known.
static sl_status shrink(sl_dynamic_cut *c) {
  SL_TRY(load(c));
  c->shrink.least = (uint64_t)c->value;
  // Room for some losses, but few nodes beside those of the lightest cuts.
  c->shrink.slack = 1 + (uint64_t)c->value / 8;
  c->phase = SL_DYNAMIC_SHRINK;
  return SL_OK;
}

static void take_side(sl_dynamic_cut *c) {
  for (uint32_t u = 0; u < c->n; u++) c->side[u] = c->shrink.side[u] == 1;
  c->kept = NONE;
}

// A part as the side of the cut, where one will do: that is sooner asked.
static void keep_lightest(sl_dynamic_cut *c) {
  if (c->lightest[1] == c->value) c->kept = sl_dynamic_lightest(c);
}

static void take_parts(sl_dynamic_cut *c) {
  const sl_shrink *s = &c->shrink;
  memset(c->part_size, 0, c->n * sizeof *c->part_size);
  for (uint32_t u = 0; u < c->n; u++) {
    c->part[u] = s->label[u];
    c->part_size[c->part[u]]++;
  }
  c->unused_count = 0;
  for (uint32_t p = c->n; p-- > 0;) {
    c->lightest[c->n + p] = p < s->n ? (int64_t)s->degree[p] : INT64_MAX;
    if (p >= s->n) c->unused[c->unused_count++] = p;
  }
  for (uint32_t i = c->n - 1; i > 0; i--) {
    const int64_t a = c->lightest[2 * i], b = c->lightest[2 * i + 1];
    c->lightest[i] = a < b ? a : b;
  }
  c->floor = c->value;
  c->bound = c->value + (int64_t)s->slack;
  sl_changes_clear(&c->changes);
  keep_lightest(c);
}

static void end_change(sl_dynamic_cut *c) {
  sl_blocks_free(&c->blocks);
  c->phase = SL_DYNAMIC_NEXT;
  if (c->stale) {
    c->stale = false;
    if (c->next == 0) return; // what was left over by the changes before these
  }
  c->values[c->next - 1] = (double)c->value;
}

static sl_status end_parts(sl_dynamic_cut *c) {
  const int64_t least = (int64_t)c->shrink.least, limit = c->bound - c->changes.lost;
  if (least > limit) return search_whole(c, limit);
  c->value = least;
  take_side(c);
  // A cut that divides a part may weigh as little: no loss could be borne any more.
  if (least == limit) return shrink(c);
  if (c->changes.lost > 0) {
    c->bound = limit;
    c->floor = least;
    sl_changes_clear(&c->changes);
  } else {
    if (least > c->floor) c->floor = least;
    sl_changes_forget_gains(&c->changes);
  }
  keep_lightest(c);
  end_change(c);
  return SL_OK;
}

static sl_status step_search(sl_dynamic_cut *c, uint64_t work) {
  sl_shrink *s = &c->shrink;
  if (c->phase == SL_DYNAMIC_SHRINK) {
    // Ends where a search has found little to contract.
    const uint32_t before = s->n;
    c->work += sl_shrink_step(s, work);
    if (s->running || (s->n > 2 && s->n <= before - before / 16 && s->n < before)) return SL_OK;
    take_parts(c);
    end_change(c);
    return SL_OK;
  }
  if (s->running || (s->n > 1 && s->least > c->enough)) {
    c->work += sl_shrink_step(s, work);
    return SL_OK;
  }
  if (c->phase == SL_DYNAMIC_PARTS) return end_parts(c);
  c->value = (int64_t)s->least;
  take_side(c);
  return shrink(c);
}

// ---- changes ------------------------------------------------------------------------------------

static sl_status end_flow(sl_dynamic_cut *c, int exhausted) {
  const int64_t flow = c->got, taken = -c->change;
  if (flow < c->upper) {
    c->upper = flow;
    memset(c->side, 0, c->n);
    for (uint32_t i = 0; i < c->flow.tail[exhausted]; i++) c->side[c->flow.queue[exhausted][i]] = 1;
    c->kept = NONE;
    c->value = flow;
  } else if (c->upper < c->value) {
    c->value = c->upper;
    keep_lightest(c);
  }
  const bool enough = c->bound - c->changes.lost >= c->value;
  if (!enough || c->wanted == c->bound) {
    // All cuts between the ends weigh that much, and the loss need not be counted.
    bool done = flow >= c->bound;
    sl_changes_add(&c->changes, c->from, c->to, taken);
    if (!done && !enough && c->changes.lost <= flow)
      SL_TRY(sl_dynamic_split(c, flow, exhausted, &done));
    if (done) {
      sl_changes_forget_gains(&c->changes);
      if (flow < c->floor) c->floor = flow;
      keep_lightest(c);
    } else {
      sl_changes_add(&c->changes, c->from, c->to, c->change);
    }
  }
  sl_rows_flow_undo(&c->flow, &c->rows, 0);
  if (c->bound - c->changes.lost < c->value) return search_whole(c, 0);
  end_change(c);
  return SL_OK;
}

static sl_status step_flow(sl_dynamic_cut *c) {
  int64_t sent;
  int exhausted = 0;
  SL_TRY(sl_rows_flow_send(&c->flow, &c->rows, c->from, c->to, c->wanted - c->got, &sent,
                           &exhausted, &c->work));
  c->got += sent;
  return sent > 0 && c->got < c->wanted ? SL_OK : end_flow(c, exhausted);
}

static sl_status add_weight(sl_dynamic_cut *c, bool divided) {
  if (!divided) {
    end_change(c);
    return SL_OK;
  }
  const int64_t lower =
                    c->floor - c->changes.lost > c->value ? c->floor - c->changes.lost : c->value,
                kept = c->value + c->change;
  c->upper = c->lightest[1] < kept ? c->lightest[1] : kept;
  if (c->upper > lower) return search_parts(c, lower);
  c->value = c->upper;
  keep_lightest(c);
  end_change(c);
  return SL_OK;
}

static sl_status take_weight(sl_dynamic_cut *c, bool divided) {
  const int64_t left = c->bound - c->changes.lost;
  if (divided) {
    c->value += c->change;
    keep_lightest(c);
  } else if (c->lightest[1] == c->value + c->change) {
    c->value = c->lightest[1];
    keep_lightest(c);
  } else if (left < c->value ||
             (c->part[c->from] != c->part[c->to] && c->floor - c->changes.lost < c->value)) {
    c->upper = c->lightest[1] < c->value ? c->lightest[1] : c->value;
    c->wanted = left < c->value ? c->bound : c->upper;
    c->got = 0;
    c->phase = SL_DYNAMIC_FLOW;
    c->flows++;
    return SL_OK;
  }
  end_change(c);
  return SL_OK;
}

// The losses as they are become part of what cuts weigh at least, and pairs are forgotten.
static void write_off(sl_dynamic_cut *c) {
  c->bound -= c->changes.lost;
  c->floor -= c->changes.lost;
  sl_changes_clear(&c->changes);
}

static sl_status make_change(sl_dynamic_cut *c) {
  const uint32_t i = c->next, u = c->ends[0][i], v = c->ends[1][i];
  double there;
  SL_TRY(sl_dynamic_cut_weight(c, u, v, &there));
  double change = c->wishes == NULL ? 1 : c->wishes[i];
  if (change == -INFINITY && there > 0) change = -there;
  SL_REQUIRE_AT(there + change >= 0, SL_ERR_ARGUMENT, "changes",
                "no more to be taken away than is there", i);
  SL_REQUIRE_AT((double)c->total + change < LARGEST_SUM, SL_ERR_RANGE, "changes",
                "weights whose sum is below 2^53", i);
  if (c->changes.count > 1024 && c->changes.count > c->n) write_off(c);
  SL_TRY(sl_changes_reserve(&c->changes));
  c->change = (int64_t)change;
  SL_TRY(sl_rows_change(&c->rows, u, v, c->change));
  const bool divided = sl_dynamic_divides(c, u, v);
  c->from = u;
  c->to = v;
  c->next++;
  c->total += c->change;
  c->degree[u] += c->change;
  c->degree[v] += c->change;
  c->work += 1 + (c->rows.size[u] < c->rows.size[v] ? c->rows.size[u] : c->rows.size[v]);
  if (c->part[u] != c->part[v]) {
    sl_dynamic_set_lightest(c, c->part[u], c->lightest[c->n + c->part[u]] + c->change);
    sl_dynamic_set_lightest(c, c->part[v], c->lightest[c->n + c->part[v]] + c->change);
  }
  sl_changes_add(&c->changes, u, v, c->change);
  c->stale = true; // until the value is known
  return c->change > 0 ? add_weight(c, divided) : take_weight(c, divided);
}

// ---- the job ------------------------------------------------------------------------------------

// Leaves everything as it is between two changes, but for the value.
static void halt(sl_dynamic_cut *c) {
  sl_rows_flow_undo(&c->flow, &c->rows, 0);
  sl_blocks_free(&c->blocks);
  c->phase = SL_DYNAMIC_NEXT;
}

static sl_status step_once(sl_dynamic_cut *c, uint64_t work) {
  switch (c->phase) {
  case SL_DYNAMIC_NEXT:
    if (c->stale) return search_whole(c, 0);
    if (c->next < c->count) return make_change(c);
    sl_job_end(&c->job, SL_OUTCOME_CONVERGED);
    return SL_OK;
  case SL_DYNAMIC_FLOW:
    return step_flow(c);
  default:
    return step_search(c, work);
  }
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_dynamic_cut *c = (sl_dynamic_cut *)job;
  const uint64_t before = c->work;
  sl_status status = SL_OK;
  while (status == SL_OK && sl_job_is_running(job) && c->work - before < work)
    status = step_once(c, work);
  if (status == SL_OK) return SL_OK;
  halt(c);
  sl_job_drop(job);
  return status;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  halt((sl_dynamic_cut *)job);
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_dynamic_cut *)job)->work; }
static size_t job_bytes(const sl_job *job) {
  return sl_dynamic_cut_bytes((const sl_dynamic_cut *)job);
}

const sl_job_kind sl_dynamic_cut_kind = {"cut", step, stop, work_done, NULL, job_bytes, destroy};

sl_job *sl_dynamic_cut_job(sl_dynamic_cut *c) { return &c->job; }

static sl_status take_list(sl_dynamic_cut *c, uint32_t count, const uint32_t *from,
                           const uint32_t *to, const double *changes) {
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(from[i] < c->n, SL_ERR_INDEX, "from", "a node of the graph", i);
    SL_REQUIRE_AT(to[i] < c->n, SL_ERR_INDEX, "to", "a node of the graph", i);
    SL_REQUIRE_AT(from[i] != to[i], SL_ERR_ARGUMENT, "to", "another node than from", i);
    if (changes == NULL || changes[i] == -INFINITY) continue;
    SL_REQUIRE_AT(floor(changes[i]) == changes[i] && changes[i] != 0 &&
                      fabs(changes[i]) < LARGEST_SUM,
                  SL_ERR_RANGE, "changes", "whole numbers but 0, below 2^53", i);
  }
  for (int end = 0; end < 2; end++) {
    SL_TRY(SL_ALLOC(&c->ends[end], count));
    if (count > 0) memcpy(c->ends[end], end == 0 ? from : to, count * sizeof *from);
  }
  if (changes != NULL) {
    SL_TRY(SL_ALLOC(&c->wishes, count));
    memcpy(c->wishes, changes, count * sizeof *changes);
  }
  SL_TRY(SL_ALLOC(&c->values, count));
  c->count = count;
  return SL_OK;
}

sl_status sl_dynamic_cut_begin(sl_dynamic_cut *c, uint32_t count, const uint32_t *from,
                               const uint32_t *to, const double *changes) {
  halt(c);
  sl_job_drop(&c->job);
  forget_list(c);
  const sl_status status = take_list(c, count, from, to, changes);
  if (status != SL_OK) {
    forget_list(c);
    return status;
  }
  c->work = 0;
  sl_job_begin(&c->job);
  return SL_OK;
}

sl_status sl_dynamic_cut_read(const sl_dynamic_cut *c, double *numbers) {
  SL_TRY(sl_job_require_ended(&c->job));
  memset(numbers, 0, SL_DYNAMIC_CUT_NUMBERS * sizeof *numbers);
  numbers[0] = c->job.outcome;
  numbers[1] = (double)c->work;
  numbers[2] = c->stale ? NAN : (double)c->value;
  // The value after the last change may not be known.
  numbers[3] = c->next;
  numbers[4] = sl_address(c->values);
  numbers[5] = (double)c->rows.edges;
  numbers[6] = (double)c->total;
  numbers[7] = (double)c->searches;
  numbers[8] = (double)c->flows;
  numbers[9] = c->n - c->unused_count;
  numbers[10] = c->n;
  return SL_OK;
}

sl_status sl_dynamic_cut_side(sl_dynamic_cut *c, double *numbers) {
  SL_TRY(sl_job_require_ended(&c->job));
  SL_REQUIRE(!c->stale, SL_ERR_STATE, "cut", "a cut that was found: begin again");
  forget_reading(c);
  SL_TRY(SL_ALLOC(&c->read_side, c->n));
  for (uint32_t u = 0; u < c->n; u++)
    c->read_side[u] = c->kept == NONE ? c->side[u] : c->part[u] == c->kept;
  uint32_t count = 0;
  double sum = 0;
  for (int writing = 0; writing < 2; writing++) {
    if (writing) {
      SL_TRY(SL_ALLOC(&c->read_from, count));
      SL_TRY(SL_ALLOC(&c->read_to, count));
      SL_TRY(SL_ALLOC(&c->read_weights, count));
      count = 0;
    }
    for (uint32_t u = 0; u < c->n; u++) {
      if (c->read_side[u] == 0) continue;
      for (uint32_t k = c->rows.start[u]; k < c->rows.start[u] + c->rows.size[u]; k++) {
        const sl_arc *arc = &c->rows.arcs[k];
        if (c->read_side[arc->head] == 1) continue;
        if (writing) {
          c->read_from[count] = u;
          c->read_to[count] = arc->head;
          c->read_weights[count] = (double)arc->weight;
          sum += (double)arc->weight;
        }
        count++;
      }
    }
  }
  memset(numbers, 0, SL_DYNAMIC_CUT_NUMBERS * sizeof *numbers);
  numbers[2] = sum;
  numbers[3] = sl_address(c->read_side);
  numbers[4] = count;
  numbers[5] = sl_address(c->read_from);
  numbers[6] = sl_address(c->read_to);
  numbers[7] = sl_address(c->read_weights);
  return SL_OK;
}

sl_status sl_dynamic_cut_weight(const sl_dynamic_cut *c, uint32_t from, uint32_t to, double *out) {
  SL_REQUIRE(from < c->n, SL_ERR_INDEX, "from", "a node of the graph");
  SL_REQUIRE(to < c->n, SL_ERR_INDEX, "to", "a node of the graph");
  const uint32_t arc = sl_rows_find(&c->rows, from, to);
  *out = arc == NONE ? 0 : (double)c->rows.arcs[arc].weight;
  return SL_OK;
}
