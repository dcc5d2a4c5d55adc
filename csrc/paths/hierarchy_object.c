// The object of a contraction hierarchy: its work in steps, and routes.
//
// Based on: Geisberger et al. as in contraction.c; a route climbs from both ends, and leaves nodes
// alone that are reached on a shorter way from above (stall on demand).
#include "paths/hierarchy_object.h"

sl_status sl_hierarchy_create(sl_graph *graph, bool weighted, sl_hierarchy **out) {
  *out = NULL;
  const sl_csr *edges = graph->outgoing;
  weighted = weighted && edges->values != NULL;
  double largest = 1;
  for (uint32_t k = 0; weighted && k < edges->nnz; k++)
    largest = fmax(largest, sl_csr_value(edges, k));
  SL_REQUIRE(largest * graph->node_count < 0x1p1023, SL_ERR_RANGE, "graph",
             "weights whose largest times the number of nodes is below 2^1023");
  sl_hierarchy *h;
  SL_TRY(SL_ALLOC_ZERO(&h, 1));
  h->job.kind = &sl_hierarchy_kind;
  h->n = h->core = graph->node_count;
  h->edges = edges->nnz;
  h->directed = graph->directed;
  sl_status status = SL_ALLOC(&h->rank, h->n);
  if (status == SL_OK) status = SL_ALLOC(&h->node, h->n);
  if (status == SL_OK) {
    memset(h->rank, 0xff, h->n * sizeof *h->rank);
    status = sl_contraction_begin(h, graph, weighted);
  }
  if (status != SL_OK) {
    sl_hierarchy_destroy(h);
    return status;
  }
  sl_job_begin(&h->job);
  *out = h;
  return SL_OK;
}

void sl_climb_free(sl_climb *climb) {
  sl_free(climb->rows);
  sl_free(climb->heads);
  sl_free(climb->middles);
  sl_free(climb->lengths);
  *climb = (sl_climb){0};
}

static void drop_climbs(sl_hierarchy *h) {
  if (h->climbs[1].rows != h->climbs[0].rows) sl_climb_free(&h->climbs[1]);
  sl_climb_free(&h->climbs[0]);
  h->climbs[1] = (sl_climb){0};
  h->shortcuts = 0;
}

void sl_hierarchy_destroy(sl_hierarchy *h) {
  if (h == NULL) return;
  sl_contraction_end(h->contraction);
  sl_table_end(h->table);
  drop_climbs(h);
  for (int i = 0; i < 2; i++) {
    sl_free(h->sides[i].labels);
    sl_free(h->sides[i].heap);
  }
  sl_free(h->path);
  sl_free(h->stack);
  sl_free(h->rank);
  sl_free(h->node);
  sl_free(h);
}

static size_t climb_bytes(const sl_climb *climb, size_t n) {
  if (climb->rows == NULL) return 0;
  return (n + 1) * sizeof *climb->rows +
         climb->rows[n] * (sizeof *climb->heads + sizeof *climb->middles + sizeof *climb->lengths);
}

size_t sl_hierarchy_bytes(const sl_hierarchy *h) {
  const size_t n = h->n;
  size_t bytes = sizeof *h + 2 * n * sizeof *h->rank + sl_contraction_bytes(h->contraction) +
                 sl_table_bytes(h->table) + h->path_room * sizeof *h->path +
                 h->stack_room * sizeof *h->stack;
  if (h->made) {
    bytes += climb_bytes(&h->climbs[0], n);
    if (h->directed) bytes += climb_bytes(&h->climbs[1], n);
  }
  for (int i = 0; i < 2; i++)
    if (h->sides[i].labels != NULL) bytes += n * (sizeof(sl_label) + sizeof(sl_heap_entry));
  return bytes;
}

void sl_hierarchy_facts(const sl_hierarchy *h, double *facts) {
  facts[0] = h->n;
  facts[1] = h->edges;
  facts[2] = h->directed;
  facts[3] = h->made;
  facts[4] = h->shortcuts;
  facts[5] = h->made ? h->n - h->core : 0;
}

// ---- the work -----------------------------------------------------------------------------------

sl_job *sl_hierarchy_job(sl_hierarchy *h) { return &h->job; }

static void drop_preparation(sl_hierarchy *h) {
  sl_contraction_end(h->contraction);
  h->contraction = NULL;
  if (!h->made) drop_climbs(h);
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_hierarchy *h = (sl_hierarchy *)job;
  const uint64_t begin = h->work;
  bool done = false;
  sl_status status = SL_OK;
  while (status == SL_OK && !done && h->work - begin < work) {
    status = h->contraction != NULL ? sl_contraction_step(h, work, &done)
                                    : sl_table_step(h, work, &done);
  }
  if (status != SL_OK) {
    drop_preparation(h);
    sl_table_end(h->table);
    h->table = NULL;
    return status;
  }
  if (!done) return SL_OK;
  if (h->contraction != NULL) h->made = true;
  drop_preparation(h);
  sl_job_end(job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  drop_preparation((sl_hierarchy *)job);
  sl_job_end(job, why);
  return SL_OK;
}
static uint64_t work_done(const sl_job *job) { return ((const sl_hierarchy *)job)->work; }
static size_t job_bytes(const sl_job *job) { return sl_hierarchy_bytes((const sl_hierarchy *)job); }
static void destroy(sl_job *job) { sl_hierarchy_destroy((sl_hierarchy *)job); }

const sl_job_kind sl_hierarchy_kind = {"hierarchy", step,      stop,   work_done,
                                       NULL,        job_bytes, destroy};

sl_status sl_hierarchy_reserve(sl_hierarchy *h) {
  SL_REQUIRE(h->made, SL_ERR_STATE, "hierarchy", "a preparation that has ended");
  if (sl_job_is_running(&h->job)) {
    sl_table_end(h->table);
    h->table = NULL;
    sl_job_drop(&h->job);
  }
  for (int i = 0; i < 2; i++) {
    if (h->sides[i].labels == NULL) SL_TRY(SL_ALLOC_ZERO(&h->sides[i].labels, h->n));
    if (h->sides[i].heap == NULL) SL_TRY(SL_ALLOC(&h->sides[i].heap, h->n));
  }
  return SL_OK;
}

// ---- routes -------------------------------------------------------------------------------------

uint32_t sl_climb_find(const sl_climb *climb, uint32_t rank, uint32_t head) {
  uint32_t low = climb->rows[rank], high = climb->rows[rank + 1];
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (climb->heads[middle] < head)
      low = middle + 1;
    else
      high = middle;
  }
  return low < climb->rows[rank + 1] && climb->heads[low] == head ? low : NONE;
}

void sl_side_open(sl_side *side, uint32_t rank, uint32_t n) {
  sl_side_reset(side, n);
  side->labels[rank] = (sl_label){.predecessor = NONE, .stamp = side->stamp};
  side->heap[0] = (sl_heap_entry){0, rank};
  side->heap_count = 1;
}

// A higher node leads to this one on a shorter way than was found: no shortest path goes on here.
bool sl_side_is_stalled(const sl_side *side, const sl_climb *down, sl_heap_entry here) {
  for (uint32_t k = down->rows[here.node]; k < down->rows[here.node + 1]; k++) {
    const sl_label *label = &side->labels[down->heads[k]];
    if (label->stamp == side->stamp && label->distance + down->lengths[k] < here.key) return true;
  }
  return false;
}

void sl_side_relax(sl_side *side, const sl_climb *up, sl_heap_entry here) {
  const sl_heap_places places = sl_side_places(side);
  for (uint32_t k = up->rows[here.node]; k < up->rows[here.node + 1]; k++) {
    const uint32_t v = up->heads[k];
    sl_label *label = &side->labels[v];
    const double sum = here.key + up->lengths[k];
    const bool known = label->stamp == side->stamp;
    if (known && !(sum < label->distance)) continue;
    const uint32_t at = known ? label->position : side->heap_count++;
    label->distance = sum;
    label->predecessor = here.node;
    label->stamp = side->stamp;
    sl_heap_rise(side->heap, at, (sl_heap_entry){sum, v}, places);
  }
}

// The highest node of the shortest path; NONE: there is none.
static uint32_t meet(sl_hierarchy *h, uint32_t *settled) {
  double best = INFINITY;
  uint32_t meeting = NONE;
  for (;;) {
    sl_side *sides = h->sides;
    const bool open[2] = {sides[0].heap_count > 0 && sides[0].heap[0].key < best,
                          sides[1].heap_count > 0 && sides[1].heap[0].key < best};
    if (!open[0] && !open[1]) return meeting;
    const int i = !open[0] || (open[1] && sides[1].heap[0].key < sides[0].heap[0].key) ? 1 : 0;
    sl_side *side = &sides[i];
    const sl_side *other = &sides[1 - i];
    const sl_heap_entry here = sl_heap_take(side->heap, &side->heap_count, sl_side_places(side));
    side->labels[here.node].position = CLOSED;
    ++*settled;
    const sl_label *there = &other->labels[here.node];
    if (there->stamp == other->stamp && here.key + there->distance < best) {
      best = here.key + there->distance;
      meeting = here.node;
    }
    if (!sl_side_is_stalled(side, &h->climbs[1 - i], here))
      sl_side_relax(side, &h->climbs[i], here);
  }
}

static sl_status push(sl_hierarchy *h, uint32_t *count, uint32_t from, uint32_t to) {
  if (*count == h->stack_room) {
    const uint32_t room = 2 * h->stack_room + 64;
    SL_TRY(SL_REALLOC(&h->stack, room));
    h->stack_room = room;
  }
  h->stack[(*count)++] = (uint64_t)from << 32 | to;
  return SL_OK;
}

static sl_status damaged(void) {
  return sl_fail(SL_ERR_FORMAT, "hierarchy", "one that a preparation has written", SL_NO_POSITION);
}

// Writes the edges that an arc stands for, and adds their lengths. A path has no node twice.
static sl_status unpack(sl_hierarchy *h, uint32_t from, uint32_t to, uint32_t *count,
                        double *length) {
  uint32_t waiting = 0;
  SL_TRY(push(h, &waiting, from, to));
  while (waiting > 0) {
    const uint64_t arc = h->stack[--waiting];
    const uint32_t u = (uint32_t)(arc >> 32), v = (uint32_t)arc;
    const sl_climb *climb = &h->climbs[u < v ? 0 : 1];
    const uint32_t k = sl_climb_find(climb, u < v ? u : v, u < v ? v : u);
    if (k == NONE) return damaged();
    const uint32_t middle = climb->middles[k];
    if (middle != NONE) {
      SL_TRY(push(h, &waiting, middle, v));
      SL_TRY(push(h, &waiting, u, middle));
      continue;
    }
    if (*count == h->n) return damaged();
    if (*count == h->path_room) {
      const uint32_t wanted = 2 * h->path_room + 64, room = wanted < h->n ? wanted : h->n;
      SL_TRY(SL_REALLOC(&h->path, room));
      h->path_room = room;
    }
    h->path[(*count)++] = h->node[v];
    *length += climb->lengths[k];
  }
  return SL_OK;
}

static sl_status write_path(sl_hierarchy *h, uint32_t source, uint32_t meeting, double *numbers) {
  const sl_side *up = &h->sides[0], *down = &h->sides[1];
  uint32_t count = 0, climbed = sl_side_path(up, meeting, NULL);
  double length = 0;
  uint32_t *ranks;
  SL_TRY(SL_ALLOC(&ranks, climbed));
  sl_side_path(up, meeting, ranks);
  sl_status status = SL_OK;
  if (h->path_room == 0) {
    status = SL_ALLOC(&h->path, 1);
    if (status == SL_OK) h->path_room = 1;
  }
  if (status == SL_OK) h->path[count++] = source;
  for (uint32_t i = 1; i < climbed && status == SL_OK; i++)
    status = unpack(h, ranks[i - 1], ranks[i], &count, &length);
  sl_free(ranks);
  for (uint32_t u = meeting; status == SL_OK && down->labels[u].predecessor != NONE;
       u = down->labels[u].predecessor)
    status = unpack(h, u, down->labels[u].predecessor, &count, &length);
  SL_TRY(status);
  numbers[0] = length;
  numbers[1] = count;
  numbers[2] = (double)(uintptr_t)h->path;
  return SL_OK;
}

sl_status sl_hierarchy_route(sl_hierarchy *h, uint32_t source, uint32_t target, double *numbers) {
  SL_REQUIRE(source < h->n, SL_ERR_INDEX, "source", "a node of the graph");
  SL_REQUIRE(target < h->n, SL_ERR_INDEX, "target", "a node of the graph");
  SL_TRY(sl_hierarchy_reserve(h));
  uint32_t settled = 0;
  sl_side_open(&h->sides[0], h->rank[source], h->n);
  sl_side_open(&h->sides[1], h->rank[target], h->n);
  const uint32_t meeting = meet(h, &settled);
  numbers[0] = INFINITY;
  numbers[1] = numbers[2] = 0;
  numbers[3] = settled;
  return meeting == NONE ? SL_OK : write_path(h, source, meeting, numbers);
}
