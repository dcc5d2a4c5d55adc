// Greedy colouring in three orders.
//
// Based on: D. J. A. Welsh, M. B. Powell, "An upper bound for the chromatic number of a graph and its
// application to timetabling problems", Computer Journal 10 (1967), doi:10.1093/comjnl/10.1.85
// (falling degree); D. W. Matula, L. L. Beck 1983 (smallest last: the order of cores.c from behind);
// D. Brelaz, "New methods to color the vertices of a graph", CACM 22 (1979),
// doi:10.1145/359094.359101 (DSATUR; ties: the largest degree, then the smallest node).
#include "cuts/cores.h"
#include "cuts/heap.h"

enum { LARGEST_FIRST, SMALLEST_LAST, SATURATION };

typedef struct sl_colouring {
  const sl_csr *edges;
  uint32_t way;
  sl_peeling peeling;
  uint32_t *order;  // n: by falling degree
  uint32_t *colour; // n: NONE not yet
  uint32_t *taken;  // node + 1 that a colour is not free for
  uint32_t next, colours;
  // DSATUR
  sl_top_heap heap;
  uint32_t *rank;   // n: place in the order
  uint32_t *words;  // n + 1: where the bits of a node begin: the colours of its neighbours
  uint32_t *beside; // bits
  uint32_t *number; // n: how many there are
} sl_colouring;

// Nodes by falling degree, equal ones ascending.
static sl_status by_degree(sl_cuts *cuts, sl_colouring *c, uint32_t most) {
  const uint32_t n = cuts->n, *rows = c->edges->row_pointers;
  uint32_t *starts;
  SL_TRY(TAKE(cuts, &c->order, n));
  SL_TRY(TAKE_ZERO(cuts, &starts, (size_t)most + 2));
  for (uint32_t u = 0; u < n; u++) starts[most - (rows[u + 1] - rows[u]) + 1]++;
  for (uint32_t d = 0; d <= most; d++) starts[d + 1] += starts[d];
  for (uint32_t u = 0; u < n; u++) c->order[starts[most - (rows[u + 1] - rows[u])]++] = u;
  return SL_OK;
}

static uint64_t key_of(const sl_colouring *c, uint32_t u) {
  return (uint64_t)c->number[u] << 32 | (UINT32_MAX - c->rank[u]);
}

static sl_status begin_saturation(sl_cuts *cuts, sl_colouring *c) {
  const uint32_t n = cuts->n, *rows = c->edges->row_pointers;
  SL_TRY(TAKE(cuts, &c->rank, n));
  SL_TRY(TAKE(cuts, &c->words, (size_t)n + 1));
  SL_TRY(TAKE_ZERO(cuts, &c->number, n));
  SL_TRY(TAKE(cuts, &c->heap.entries, n));
  SL_TRY(TAKE(cuts, &c->heap.position, n));
  c->words[0] = 0;
  for (uint32_t u = 0; u < n; u++) {
    c->rank[c->order[u]] = u;
    c->words[u + 1] = c->words[u] + (rows[u + 1] - rows[u]) / 32 + 1;
  }
  SL_TRY(TAKE_ZERO(cuts, &c->beside, c->words[n]));
  for (uint32_t i = 0; i < n; i++) sl_top_heap_add(&c->heap, key_of(c, c->order[i]), c->order[i]);
  return SL_OK;
}

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)nodes, (void)count;
  const uint32_t n = cuts->n;
  REQUIRE_CHOICE(options[0], "order", 3, "0, 1 or 2");
  sl_colouring *c;
  SL_TRY(TAKE_ZERO(cuts, &c, 1));
  cuts->state = c;
  c->edges = cuts->graph->outgoing;
  c->way = (uint32_t)options[0];
  const uint32_t *rows = c->edges->row_pointers, *columns = c->edges->columns;
  uint32_t most = 0;
  for (uint32_t u = 0; u < n; u++) {
    if (rows[u + 1] - rows[u] > most) most = rows[u + 1] - rows[u];
    for (uint32_t k = rows[u]; k < rows[u + 1] && columns[k] <= u; k++)
      SL_REQUIRE_AT(columns[k] != u, SL_ERR_UNSUPPORTED, "graph",
                    "a graph without loops: this node has one", u);
  }
  SL_TRY(TAKE(cuts, &c->colour, n));
  SL_TRY(TAKE_ZERO(cuts, &c->taken, (size_t)most + 2));
  memset(c->colour, 0xff, n * sizeof *c->colour);
  cuts->expected = (c->way == LARGEST_FIRST ? 1 : 2) * ((uint64_t)c->edges->nnz + n);
  if (c->way == SMALLEST_LAST) return sl_peeling_create(&c->peeling, cuts);
  SL_TRY(by_degree(cuts, c, most));
  return c->way == SATURATION ? begin_saturation(cuts, c) : SL_OK;
}

// The smallest colour that no neighbour has.
static uint32_t paint(sl_colouring *c, uint32_t u) {
  const uint32_t *rows = c->edges->row_pointers, *columns = c->edges->columns;
  const uint32_t room = rows[u + 1] - rows[u]; // more colours are never needed
  for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
    const uint32_t other = c->colour[columns[k]];
    if (other <= room) c->taken[other] = u + 1;
  }
  uint32_t colour = 0;
  while (c->taken[colour] == u + 1) colour++;
  c->colour[u] = colour;
  if (colour >= c->colours) c->colours = colour + 1;
  return colour;
}

// Whether a neighbour of v other than u has the colour. Only for colours beyond the bits of v, which
// are more than it has neighbours.
static bool seen_beyond(const sl_colouring *c, uint32_t v, uint32_t u, uint32_t colour) {
  const uint32_t *rows = c->edges->row_pointers, *columns = c->edges->columns;
  for (uint32_t k = rows[v]; k < rows[v + 1]; k++)
    if (columns[k] != u && c->colour[columns[k]] == colour) return true;
  return false;
}

// The neighbours of u that have no colour yet see its own.
static void tell(sl_colouring *c, uint32_t u, uint32_t colour) {
  const uint32_t *rows = c->edges->row_pointers, *columns = c->edges->columns;
  for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
    const uint32_t v = columns[k], bits = 32 * (c->words[v + 1] - c->words[v]);
    if (c->colour[v] != NONE) continue;
    if (colour < bits) {
      uint32_t *word = &c->beside[c->words[v] + colour / 32];
      if (*word >> (colour % 32) & 1) continue;
      *word |= 1u << (colour % 32);
    } else if (seen_beyond(c, v, u, colour)) {
      continue;
    }
    c->number[v]++;
    sl_top_heap_raise(&c->heap, key_of(c, v), v);
  }
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_colouring *c = cuts->state;
  const uint32_t n = cuts->n, *rows = c->edges->row_pointers;
  if (c->way == SMALLEST_LAST && c->peeling.next < n) {
    cuts->work += sl_peeling_step(&c->peeling, n, work);
    return SL_OK;
  }
  for (uint64_t done = 0; done < work && c->next < n; c->next++) {
    const uint32_t u = c->way == SMALLEST_LAST   ? c->peeling.order[n - 1 - c->next]
                       : c->way == LARGEST_FIRST ? c->order[c->next]
                                                 : sl_top_heap_take(&c->heap).node;
    const uint32_t colour = paint(c, u);
    if (c->way == SATURATION) tell(c, u, colour);
    const uint64_t some = 1 + rows[u + 1] - rows[u];
    done += some;
    cuts->work += some;
  }
  if (c->next == n) sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_colouring *c = cuts->state;
  numbers[2] = c->colours;
  numbers[3] = sl_address(c->colour);
  return SL_OK;
}

const sl_cut_question sl_colouring_question = {true, begin, step, read};
