// A matching of largest weight, in exact arithmetic: weights are rounded down to whole numbers of a unit.
#include "cuts/sums.h"
#include "cuts/weighted.h"

typedef struct sl_weighted_matching {
  sl_weighted trees;
  const sl_csr *edges;
  int exponent;
  bool rounded; // some weight is no whole number of the unit
  uint32_t size;
  uint32_t *mates; // n
  sl_sum sum;
  double gap;
  double *prices, *set_prices;
  uint32_t *set_of, *around, sets; // n; sets
  uint32_t *barrier, barrier_count;
} sl_weighted_matching;

// ---- the search ---------------------------------------------------------------------------------

// A search begins with all nodes without a partner as roots; the duals stay.
static void begin_search(sl_weighted *m) {
  memset(m->label, SL_FREE, 2 * (size_t)m->n);
  memset(m->best, 0xff, 2 * (size_t)m->n * sizeof *m->best);
  memset(m->tight, 0, m->edges * sizeof *m->tight);
  m->queue_count = 0;
  for (uint32_t u = 0; u < m->n; u++)
    if (m->mate[u] == NONE && m->label[m->inside[u]] == SL_FREE)
      sl_weighted_label(m, u, SL_OUTER, NONE);
  m->work += 2 * (uint64_t)m->n + m->edges / 8;
  m->phase = SL_WEIGHTED_SEARCH;
}

// Blossoms of dual 0 that are outer would become inner with nothing to give.
static void end_search(sl_weighted *m) {
  for (uint32_t b = m->n; b < 2 * m->n; b++)
    if (m->base[b] != NONE && m->parent[b] == NONE && m->label[b] == SL_OUTER && m->dual[b] == 0)
      sl_weighted_open(m, b, true);
  m->work += m->n;
  m->phase = SL_WEIGHTED_BEGIN;
}

static void lower_best(sl_weighted *m, uint32_t which, uint32_t k, int64_t slack) {
  if (m->best[which] == NONE || slack < sl_weighted_slack(m, m->best[which])) m->best[which] = k;
}

// Follows the edges of an outer node; true: the matching has grown.
SL_NOINLINE static bool follow(sl_weighted *m, uint32_t v) {
  m->work += 1 + m->rows[v + 1] - m->rows[v];
  for (uint32_t i = m->rows[v]; i < m->rows[v + 1]; i++) {
    const uint32_t end = m->away[i], k = end / 2, w = m->node_at[end];
    if (m->inside[v] == m->inside[w]) continue;
    int64_t slack = 0;
    if (!m->tight[k]) {
      slack = sl_weighted_slack(m, k);
      m->tight[k] = slack <= 0;
    }
    const uint8_t there = m->label[m->inside[w]];
    if (m->tight[k]) {
      if (there == SL_FREE) {
        sl_weighted_label(m, w, SL_INNER, end ^ 1);
      } else if (there == SL_OUTER) {
        if (sl_weighted_join(m, k)) return true;
      } else if (m->label[w] == SL_FREE) {
        // In an inner blossom, which may be opened.
        m->label[w] = SL_INNER;
        m->label_end[w] = end ^ 1;
      }
    } else if (there == SL_OUTER) {
      lower_best(m, m->inside[v], k, slack);
    } else if (m->label[w] == SL_FREE) {
      lower_best(m, w, k, slack);
    }
  }
  return false;
}

typedef enum { NOTHING, ROOTS_DONE, TO_FREE, BETWEEN, OPENS } change_kind;

typedef struct sl_change_of_duals {
  change_kind kind;
  int64_t by;
  uint32_t which; // edge or blossom
} sl_change_of_duals;

static int64_t least_dual(const sl_weighted *m) {
  int64_t least = INT64_MAX;
  for (uint32_t u = 0; u < m->n; u++)
    if (m->dual[u] < least) least = m->dual[u];
  return least;
}

// The first thing that happens when the duals of outer nodes fall and those of inner ones rise.
SL_NOINLINE static sl_change_of_duals next_change(const sl_weighted *m) {
  sl_change_of_duals next = {NOTHING, INT64_MAX, NONE};
  if (!m->most_edges) next = (sl_change_of_duals){ROOTS_DONE, least_dual(m), NONE};
  for (uint32_t u = 0; u < m->n; u++) {
    if (m->label[m->inside[u]] != SL_FREE || m->best[u] == NONE) continue;
    const int64_t slack = sl_weighted_slack(m, m->best[u]);
    if (slack < next.by) next = (sl_change_of_duals){TO_FREE, slack, m->best[u]};
  }
  for (uint32_t b = 0; b < 2 * m->n; b++) {
    if (m->parent[b] != NONE || m->base[b] == NONE) continue;
    if (m->label[b] == SL_OUTER && m->best[b] != NONE) {
      const int64_t slack = sl_weighted_slack(m, m->best[b]) / 2;
      if (slack < next.by) next = (sl_change_of_duals){BETWEEN, slack, m->best[b]};
    } else if (b >= m->n && m->label[b] == SL_INNER && m->dual[b] < next.by) {
      next = (sl_change_of_duals){OPENS, m->dual[b], b};
    }
  }
  return next;
}

SL_NOINLINE static void change_duals(sl_weighted *m, int64_t by) {
  for (uint32_t u = 0; u < m->n; u++) {
    const uint8_t label = m->label[m->inside[u]];
    m->dual[u] += label == SL_OUTER ? -by : label == SL_INNER ? by : 0;
  }
  for (uint32_t b = m->n; b < 2 * m->n; b++)
    if (m->parent[b] == NONE && m->base[b] != NONE)
      m->dual[b] += m->label[b] == SL_OUTER ? by : m->label[b] == SL_INNER ? -by : 0;
}

static void take_edge(sl_weighted *m, uint32_t k) {
  uint32_t u = m->node_at[2 * k];
  if (m->label[m->inside[u]] != SL_OUTER) u = m->node_at[2 * k + 1];
  m->tight[k] = true;
  m->queue[m->queue_count++] = u;
}

void sl_weighted_step(sl_weighted *m) {
  if (m->phase == SL_WEIGHTED_BEGIN) {
    begin_search(m);
    return;
  }
  if (m->queue_count > 0) {
    if (follow(m, m->queue[--m->queue_count])) end_search(m);
    return;
  }
  const sl_change_of_duals next = next_change(m);
  m->work += 4 * (uint64_t)m->n;
  if (next.kind == NOTHING) {
    m->phase = SL_WEIGHTED_DONE;
    return;
  }
  change_duals(m, next.by);
  if (next.kind == ROOTS_DONE)
    m->phase = SL_WEIGHTED_DONE;
  else if (next.kind == OPENS)
    sl_weighted_open(m, next.which, false);
  else
    take_edge(m, next.which);
}

// ---- the question -------------------------------------------------------------------------------

static sl_status take_trees(sl_weighted *m, sl_cuts *cuts) {
  const size_t n = m->n, both = 2 * n;
  SL_TRY(TAKE(cuts, &m->node_at, 2 * (size_t)m->edges));
  SL_TRY(TAKE(cuts, &m->weight, m->edges));
  SL_TRY(TAKE(cuts, &m->rows, n + 1));
  SL_TRY(TAKE(cuts, &m->away, 2 * (size_t)m->edges));
  SL_TRY(TAKE(cuts, &m->tight, m->edges));
  SL_TRY(TAKE(cuts, &m->mate, n));
  SL_TRY(TAKE(cuts, &m->inside, n));
  SL_TRY(TAKE(cuts, &m->unused, n));
  SL_TRY(TAKE(cuts, &m->label, both));
  SL_TRY(TAKE_ZERO(cuts, &m->dual, both));
  SL_TRY(TAKE(cuts, &m->queue, both + 4));
  SL_TRY(TAKE(cuts, &m->path, both));
  SL_TRY(TAKE(cuts, &m->tasks, both));
  uint32_t **const links[] = {&m->label_end, &m->parent, &m->base, &m->first,
                              &m->next,      &m->before, &m->link, &m->best};
  for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
    SL_TRY(TAKE(cuts, links[i], both));
    memset(*links[i], 0xff, both * sizeof **links[i]);
  }
  return SL_OK;
}

// The edges, each once, and the rows of their far ends. The unit is such that no dual leaves int64: they
// are at most nodes times the largest weight in size.
static void fill_trees(sl_weighted_matching *s) {
  sl_weighted *m = &s->trees;
  const sl_csr *edges = s->edges;
  double largest = 0;
  for (uint32_t k = 0; k < edges->nnz; k++) largest = fmax(largest, sl_weight(edges, k));
  s->exponent = largest > 0 ? ilogb(largest) + ilogb((double)m->n) + 6 - 61 : 0;
  uint32_t k = 0;
  int64_t heaviest = 0;
  memset(m->rows, 0, ((size_t)m->n + 1) * sizeof *m->rows);
  for (uint32_t u = 0; u < m->n; u++) {
    for (uint32_t i = edges->row_pointers[u]; i < edges->row_pointers[u + 1]; i++) {
      if (edges->columns[i] <= u) continue;
      const double units = ldexp(sl_weight(edges, i), -s->exponent);
      m->node_at[2 * k] = u;
      m->node_at[2 * k + 1] = edges->columns[i];
      m->weight[k] = (int64_t)units;
      s->rounded |= floor(units) != units;
      if (m->weight[k] > heaviest) heaviest = m->weight[k];
      m->rows[u + 1]++;
      m->rows[edges->columns[i] + 1]++;
      k++;
    }
  }
  for (uint32_t u = 0; u < m->n; u++) m->rows[u + 1] += m->rows[u];
  uint32_t *at = m->path;
  memcpy(at, m->rows, m->n * sizeof *at);
  for (uint32_t end = 0; end < 2 * m->edges; end++) m->away[at[m->node_at[end]]++] = end ^ 1;
  memset(m->mate, 0xff, m->n * sizeof *m->mate);
  for (uint32_t u = 0; u < m->n; u++) {
    m->inside[u] = m->base[u] = u;
    m->dual[u] = heaviest;
    m->unused[u] = 2 * m->n - 1 - u;
  }
  m->unused_count = m->n;
}

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)nodes, (void)count;
  REQUIRE_CHOICE(options[0], "most", 2, "0 or 1");
  const sl_csr *edges = cuts->graph->outgoing;
  SL_REQUIRE(cuts->n < 1u << 30 && edges->nnz < UINT32_MAX - 1, SL_ERR_OVERFLOW, "graph",
             "fewer than 2^30 nodes and 2^31 edges");
  sl_weighted_matching *s;
  SL_TRY(TAKE_ZERO(cuts, &s, 1));
  cuts->state = s;
  s->edges = edges;
  s->trees.n = cuts->n;
  s->trees.most_edges = options[0] == 1;
  for (uint32_t u = 0; u < cuts->n; u++)
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++)
      s->trees.edges += edges->columns[k] > u;
  SL_TRY(take_trees(&s->trees, cuts));
  SL_TRY(TAKE(cuts, &s->mates, cuts->n));
  SL_TRY(TAKE(cuts, &s->prices, cuts->n));
  SL_TRY(TAKE(cuts, &s->set_of, cuts->n));
  SL_TRY(TAKE(cuts, &s->barrier, cuts->n));
  fill_trees(s);
  return SL_OK;
}

// Partners, and their weights in the order of the rows.
static void read_mates(sl_weighted_matching *s) {
  const sl_weighted *m = &s->trees;
  const sl_csr *edges = s->edges;
  for (uint32_t u = 0; u < m->n; u++)
    s->mates[u] = m->mate[u] == NONE ? NONE : m->node_at[m->mate[u]];
  for (uint32_t u = 0; u < m->n; u++) {
    for (uint32_t k = edges->row_pointers[u]; k < edges->row_pointers[u + 1]; k++) {
      if (edges->columns[k] <= u || edges->columns[k] != s->mates[u]) continue;
      sl_sum_add(&s->sum, sl_weight(edges, k));
      s->size++;
    }
  }
  // A matching has n / 2 edges at most, none of which lost more than a unit.
  s->gap = sl_sum_error(&s->sum);
  if (s->rounded) s->gap += ldexp((double)(m->n / 2), s->exponent);
}

static sl_status read_prices(sl_weighted_matching *s, sl_cuts *cuts) {
  sl_weighted *m = &s->trees;
  uint32_t *number = m->path;
  s->sets = m->n - m->unused_count;
  SL_TRY(TAKE(cuts, &s->around, s->sets));
  SL_TRY(TAKE(cuts, &s->set_prices, s->sets));
  uint32_t count = 0;
  for (uint32_t b = m->n; b < 2 * m->n; b++)
    if (m->base[b] != NONE) number[b] = count++;
  for (uint32_t b = m->n; b < 2 * m->n; b++) {
    if (m->base[b] == NONE) continue;
    s->around[number[b]] = m->parent[b] == NONE ? NONE : number[m->parent[b]];
    s->set_prices[number[b]] = ldexp((double)m->dual[b], s->exponent);
  }
  for (uint32_t u = 0; u < m->n; u++) {
    s->prices[u] = ldexp((double)m->dual[u], s->exponent - 1);
    s->set_of[u] = m->parent[u] == NONE ? NONE : number[m->parent[u]];
    // At the end of the search no inner blossom is left.
    if (m->most_edges && m->label[m->inside[u]] == SL_INNER) s->barrier[s->barrier_count++] = u;
  }
  return SL_OK;
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_weighted_matching *s = cuts->state;
  sl_weighted *m = &s->trees;
  const uint64_t before = m->work;
  while (m->phase != SL_WEIGHTED_DONE && m->work - before < work) sl_weighted_step(m);
  cuts->work = m->work;
  if (m->phase != SL_WEIGHTED_DONE) return SL_OK;
  read_mates(s);
  SL_TRY(read_prices(s, cuts));
  sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_weighted_matching *s = cuts->state;
  numbers[2] = s->size;
  numbers[3] = sl_address(s->mates);
  numbers[4] = s->sum.value;
  numbers[5] = s->gap;
  numbers[6] = sl_address(s->prices);
  numbers[7] = s->sets;
  numbers[8] = sl_address(s->set_of);
  numbers[9] = sl_address(s->around);
  numbers[10] = sl_address(s->set_prices);
  numbers[11] = s->barrier_count;
  numbers[12] = sl_address(s->barrier);
  return SL_OK;
}

const sl_cut_question sl_weighted_question = {true, begin, step, read};
