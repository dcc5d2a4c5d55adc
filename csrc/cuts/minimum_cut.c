// Based on: H. Nagamochi, T. Ono, T. Ibaraki, "Implementing an efficient minimum capacity cut
// algorithm", Mathematical Programming 67 (1994), doi:10.1007/BF01582226: one search of maximum
// adjacency finds many edges whose ends no smaller cut divides, which are contracted; M. Henzinger, A.
// Noe, C. Schulz, "Shared-memory exact minimum cuts", IPDPS 2019, doi:10.1109/IPDPS.2019.00013: keys
// of the queue stop at the best cut so far; M. Padberg, G. Rinaldi, "An efficient algorithm for the
// minimum capacity cut problem", Mathematical Programming 47 (1990), doi:10.1007/BF01580850: edges
// that are heavy beside the best cut, or beside all that is at one of their ends, are contracted too.
#include "cuts/heap.h"
#include "cuts/question.h"
#include "cuts/sets.h"
#include "cuts/sums.h"

typedef struct sl_shrunk {
  uint32_t *rows, *heads; // n + 1, arcs
  uint64_t *weights;      // arcs
} sl_shrunk;

typedef struct sl_minimum_cut {
  const sl_csr *edges;
  double largest; // weights count as at most that
  int exponent;
  uint32_t n;       // nodes of the graph that is left
  sl_shrunk graph;  // it
  sl_shrunk spare;  // the next one is made here
  uint32_t *label;  // of each node of the whole graph: what it has become
  uint32_t *parent; // n: sets that will be one node
  uint64_t *degree; // n: weight around
  uint64_t least;   // of all cuts so far
  uint32_t *side;   // that cut, in the whole graph
  // the search
  bool running;
  uint64_t *connected; // n: weight to what was taken
  uint32_t *place;     // n: when it was taken; NONE
  uint8_t *waiting;    // n: it is in the heap
  uint32_t taken, next, best_prefix;
  uint64_t around; // weight around all that was taken
  sl_top_heap heap;
  uint32_t *slot; // n: where the neighbours of a new node begin
  sl_sum sum;
  double gap;
  sl_crossing crossing;
} sl_minimum_cut;

// The smallest degree is a cut.
static void look_at_degrees(sl_minimum_cut *m, uint32_t whole) {
  uint32_t best = NONE;
  for (uint32_t u = 0; u < m->n; u++) {
    if (m->degree[u] >= m->least) continue;
    m->least = m->degree[u];
    best = u;
  }
  if (best == NONE) return;
  for (uint32_t v = 0; v < whole; v++) m->side[v] = m->label[v] == best;
}

// Begins with the whole graph, no weight above `largest`, which is more than the least cut.
static sl_status start(sl_minimum_cut *m, uint32_t n, double largest) {
  const sl_csr *edges = m->edges;
  double total = 0;
  for (uint32_t k = 0; k < edges->nnz; k++) {
    const double weight = sl_weight(edges, k);
    total += weight < largest ? weight : largest;
  }
  SL_REQUIRE(total < 0x1p1022, SL_ERR_RANGE, "graph", "weights whose sum is below 2^1021");
  m->largest = largest;
  m->exponent = sl_unit_of(total);
  m->n = n;
  m->least = UINT64_MAX;
  uint32_t at = 0;
  for (uint32_t u = 0; u < n; u++) {
    uint64_t sum = 0;
    m->graph.rows[u] = at;
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      if (edges->columns[k] == u) continue;
      m->graph.heads[at] = edges->columns[k];
      const double weight = sl_weight(edges, k);
      m->graph.weights[at] = (uint64_t)ldexp(weight < largest ? weight : largest, -m->exponent);
      sum += m->graph.weights[at++];
    }
    m->degree[u] = sum;
    m->label[u] = u;
  }
  m->graph.rows[n] = at;
  look_at_degrees(m, n);
  return SL_OK;
}

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)options, (void)nodes, (void)count;
  const uint32_t n = cuts->n;
  SL_REQUIRE(n > 1, SL_ERR_UNSUPPORTED, "graph", "a graph of at least two nodes");
  sl_minimum_cut *m;
  SL_TRY(TAKE_ZERO(cuts, &m, 1));
  cuts->state = m;
  const sl_csr *edges = m->edges = cuts->graph->outgoing;
  sl_shrunk *both[2] = {&m->graph, &m->spare};
  for (int i = 0; i < 2; i++) {
    SL_TRY(TAKE(cuts, &both[i]->rows, (size_t)n + 1));
    SL_TRY(TAKE(cuts, &both[i]->heads, edges->nnz));
    SL_TRY(TAKE(cuts, &both[i]->weights, edges->nnz));
  }
  SL_TRY(TAKE(cuts, &m->label, n));
  SL_TRY(TAKE(cuts, &m->parent, n));
  SL_TRY(TAKE(cuts, &m->degree, n));
  SL_TRY(TAKE_ZERO(cuts, &m->side, n));
  SL_TRY(TAKE(cuts, &m->connected, n));
  SL_TRY(TAKE(cuts, &m->place, n));
  SL_TRY(TAKE(cuts, &m->waiting, n));
  SL_TRY(TAKE(cuts, &m->heap.entries, n));
  SL_TRY(TAKE(cuts, &m->heap.position, n));
  SL_TRY(TAKE(cuts, &m->slot, n));
  return start(m, n, INFINITY);
}

// Contracts edges as heavy as the best cut, and edges that are at least half of what is at one of
// their ends; of the latter one for each node, since a contraction changes what is around it.
SL_NOINLINE static void contract_heavy(sl_minimum_cut *m) {
  const sl_shrunk *g = &m->graph;
  memset(m->waiting, 0, m->n); // 1: an end of a contracted edge
  for (uint32_t u = 0; u < m->n; u++) {
    for (uint32_t k = g->rows[u]; k < g->rows[u + 1]; k++) {
      const uint32_t v = g->heads[k];
      const uint64_t weight = g->weights[k];
      if (v < u) continue;
      if (weight >= m->least) {
        sl_set_unite(m->parent, u, v);
        m->waiting[u] = m->waiting[v] = 1;
      } else if ((2 * weight >= m->degree[u] || 2 * weight >= m->degree[v]) && !m->waiting[u] &&
                 !m->waiting[v]) {
        sl_set_unite(m->parent, u, v);
        m->waiting[u] = m->waiting[v] = 1;
      }
    }
  }
}

static void start_search(sl_minimum_cut *m) {
  for (uint32_t u = 0; u < m->n; u++) m->parent[u] = u;
  contract_heavy(m);
  memset(m->connected, 0, m->n * sizeof *m->connected);
  memset(m->place, 0xff, m->n * sizeof *m->place);
  memset(m->waiting, 0, m->n);
  m->taken = m->next = m->best_prefix = 0;
  m->around = 0;
  m->heap.count = 0;
  m->running = true;
}

// Takes nodes in the order of their connection to what was taken.
SL_NOINLINE static uint64_t search(sl_minimum_cut *m, uint64_t work) {
  const sl_shrunk *g = &m->graph;
  uint64_t done = 0;
  while (done < work && m->taken < m->n) {
    uint32_t u;
    if (m->heap.count > 0) {
      u = sl_top_heap_take(&m->heap).node;
    } else {
      while (m->place[m->next] != NONE) m->next++;
      u = m->next;
    }
    m->place[u] = m->taken++;
    m->around += m->degree[u] - 2 * m->connected[u];
    if (m->around < m->least && m->taken < m->n) {
      m->least = m->around;
      m->best_prefix = m->taken;
    }
    for (uint32_t k = g->rows[u]; k < g->rows[u + 1]; k++) {
      const uint32_t v = g->heads[k];
      if (m->place[v] != NONE) continue;
      const uint64_t before = m->connected[v], after = before + g->weights[k];
      m->connected[v] = after;
      if (before < m->least && after >= m->least) sl_set_unite(m->parent, u, v);
      const uint64_t key = after < m->least ? after : m->least;
      if (!m->waiting[v]) {
        m->waiting[v] = 1;
        sl_top_heap_add(&m->heap, key, v);
      } else if (key > m->heap.entries[m->heap.position[v]].key) {
        sl_top_heap_raise(&m->heap, key, v);
      }
    }
    done += 1 + g->rows[u + 1] - g->rows[u];
  }
  return done;
}

// Numbers the sets, and makes the graph of them.
SL_NOINLINE static void contract(sl_minimum_cut *m) {
  const sl_shrunk *g = &m->graph;
  sl_shrunk *next = &m->spare;
  uint32_t *number = m->place, *members = m->heap.position, *starts = m->slot, count = 0;
  // A root is the smallest of its set.
  for (uint32_t u = 0; u < m->n; u++) {
    const uint32_t root = sl_set_root(m->parent, u);
    number[u] = root == u ? count++ : number[root];
  }
  memset(next->rows, 0, ((size_t)count + 1) * sizeof *next->rows);
  for (uint32_t u = 0; u < m->n; u++) next->rows[number[u] + 1]++;
  for (uint32_t c = 0; c < count; c++) next->rows[c + 1] += next->rows[c];
  for (uint32_t u = 0; u < m->n; u++) members[next->rows[number[u]]++] = u;
  // rows[c] is now where the members of c end.
  uint32_t *seen = starts, at = 0, i = 0;
  memset(seen, 0xff, count * sizeof *seen);
  for (uint32_t c = 0; c < count; c++) {
    const uint32_t begin = at, last = next->rows[c];
    uint64_t degree = 0;
    next->rows[c] = begin;
    for (; i < last; i++) {
      const uint32_t u = members[i];
      for (uint32_t k = g->rows[u]; k < g->rows[u + 1]; k++) {
        const uint32_t d = number[g->heads[k]];
        if (d == c) continue;
        degree += g->weights[k];
        // What is seen from an earlier node lies before this one's row.
        if (seen[d] != NONE && seen[d] >= begin && seen[d] < at && next->heads[seen[d]] == d) {
          next->weights[seen[d]] += g->weights[k];
          continue;
        }
        seen[d] = at;
        next->heads[at] = d;
        next->weights[at++] = g->weights[k];
      }
    }
    m->connected[c] = degree;
  }
  next->rows[count] = at;
  const sl_shrunk swap = m->graph;
  m->graph = m->spare;
  m->spare = swap;
  memcpy(m->degree, m->connected, count * sizeof *m->degree);
  m->n = count;
}

static void end_search(sl_minimum_cut *m, uint32_t whole) {
  if (m->best_prefix > 0)
    for (uint32_t v = 0; v < whole; v++) m->side[v] = m->place[m->label[v]] < m->best_prefix;
  contract(m);
  for (uint32_t v = 0; v < whole; v++) m->label[v] = m->place[m->label[v]];
  if (m->n > 1) look_at_degrees(m, whole);
  m->running = false;
}

static bool is_running(const sl_minimum_cut *m) { return m->running || (m->n > 1 && m->least > 0); }

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_minimum_cut *m = cuts->state;
  for (uint64_t done = 0; done < work && is_running(m);) {
    const uint64_t arcs = m->graph.rows[m->n] + (uint64_t)m->n;
    uint64_t some = 0;
    if (!m->running) {
      start_search(m);
      some += arcs;
    }
    some += search(m, work);
    if (m->taken == m->n) {
      end_search(m, cuts->n);
      some += 2 * arcs;
    }
    done += some;
    cuts->work += some;
  }
  if (is_running(m)) return SL_OK;
  m->sum = sl_sum_across(m->edges, m->side);
  m->gap = sl_sum_gap(&m->sum, (int64_t)m->least, m->exponent);
  // Weights were rounded down: a finer unit, where the cut is small beside them.
  if (m->gap > 0x1p-48 * m->sum.value && m->sum.value < 0.25 * m->largest)
    return start(m, cuts->n, 2 * m->sum.value);
  SL_TRY(sl_crossing_take(&m->crossing, cuts, m->side, (uint32_t)m->sum.count));
  sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_minimum_cut *m = cuts->state;
  (void)cuts;
  numbers[2] = m->sum.value;
  numbers[3] = m->gap;
  numbers[4] = sl_address(m->side);
  numbers[5] = m->crossing.count;
  numbers[6] = sl_address(m->crossing.from);
  numbers[7] = sl_address(m->crossing.to);
  numbers[8] = sl_address(m->crossing.weights);
  return SL_OK;
}

const sl_cut_question sl_minimum_cut_question = {true, begin, step, read};
