// Connected components: sets that are joined edge by edge.
//
// Based on: M. Sutton, T. Ben-Nun, A. Barak, "Optimizing parallel graph connectivity computation via
// subgraph sampling", IPDPS 2018, doi:10.1109/IPDPS.2018.00012 (Afforest): two neighbours of each node
// are joined first; nodes that are then in the component that most of a sample is in need no more of
// their edges, since those that lead out of it are seen from their other end. In a directed graph they
// are not, and all edges are joined.
#include "cuts/question.h"
#include "cuts/sets.h"

enum { FIRST_EDGES = 2, SAMPLE = 512 };

typedef struct sl_components {
  uint32_t *labels, *sizes, count, next;
  uint32_t large; // the component that most of a sample is in, by its root; NONE: not known yet
  bool sampled;
} sl_components;

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)options, (void)nodes, (void)count;
  sl_components *c;
  SL_TRY(TAKE_ZERO(cuts, &c, 1));
  cuts->state = c;
  c->large = NONE;
  c->sampled = cuts->graph->directed;
  SL_TRY(TAKE(cuts, &c->labels, cuts->n));
  for (uint32_t u = 0; u < cuts->n; u++) c->labels[u] = u;
  cuts->expected = cuts->graph->outgoing->nnz + (uint64_t)cuts->n;
  return SL_OK;
}

// Joins the first edges of each node of a range, or the others of those outside `large`. A function
// of its own, called for block after block, so that an engine can take better code meanwhile.
SL_NOINLINE static uint64_t join(sl_components *c, const sl_csr *edges, uint32_t begin,
                                 uint32_t end) {
  const uint32_t *rows = edges->row_pointers, *columns = edges->columns;
  uint64_t done = end - begin;
  for (uint32_t u = begin; u < end; u++) {
    uint32_t k = rows[u], last = rows[u + 1];
    if (!c->sampled) {
      if (last - k > FIRST_EDGES) last = k + FIRST_EDGES;
    } else if (c->large != NONE) {
      if (last - k <= FIRST_EDGES || sl_set_root(c->labels, u) == c->large) continue;
      k += FIRST_EDGES;
    }
    done += last - k;
    for (; k < last; k++)
      if (c->labels[u] != c->labels[columns[k]]) sl_set_unite(c->labels, u, columns[k]);
  }
  return done;
}

// The root of most nodes of a sample (Boyer, Moore: a majority survives its pairing).
static uint32_t root_of_most(sl_components *c, uint32_t n) {
  const uint32_t stride = n / SAMPLE + 1;
  uint32_t root = NONE, votes = 0;
  for (uint32_t u = 0; u < n; u += stride) {
    const uint32_t here = sl_set_root(c->labels, u);
    if (votes == 0) root = here;
    votes = here == root ? votes + 1 : votes - 1;
    if (n - u <= stride) break;
  }
  return root;
}

// A parent is smaller than its node, so that it has its number first: parents become numbers in place.
SL_NOINLINE static void number(sl_components *c, uint32_t n) {
  uint32_t *labels = c->labels, count = 0;
  for (uint32_t u = 0; u < n; u++) labels[u] = labels[u] == u ? count++ : labels[labels[u]];
  c->count = count;
}

// Neighbours in number are mostly in one component: a run of them is added at once.
SL_NOINLINE static void measure(sl_components *c, uint32_t n) {
  const uint32_t *labels = c->labels;
  for (uint32_t u = 0; u < n;) {
    const uint32_t label = labels[u], first = u;
    while (u < n && labels[u] == label) u++;
    c->sizes[label] += u - first;
  }
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_components *c = cuts->state;
  const uint32_t n = cuts->n;
  for (uint64_t done = 0; done < work && (c->next < n || !c->sampled);) {
    if (c->next == n) {
      c->large = root_of_most(c, n);
      c->sampled = true;
      c->next = 0;
    }
    const uint32_t end = n - c->next > 1024 ? c->next + 1024 : n;
    const uint64_t some = join(c, cuts->graph->outgoing, c->next, end);
    done += some;
    cuts->work += some;
    if (c->large != NONE) c->large = sl_set_root(c->labels, c->large); // it may have grown
    c->next = end;
  }
  if (c->next < n || !c->sampled) return SL_OK;
  number(c, n);
  SL_TRY(TAKE_ZERO(cuts, &c->sizes, c->count));
  measure(c, n);
  sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_components *c = cuts->state;
  numbers[2] = c->count;
  numbers[3] = sl_address(c->labels);
  numbers[4] = sl_address(c->sizes);
  return SL_OK;
}

const sl_cut_question sl_components_question = {false, begin, step, read};
