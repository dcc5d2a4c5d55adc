// Spanning forests of least and of largest weight.
//
// Based on: O. Boruvka 1926, in J. Nesetril, E. Milkova, H. Nesetrilova, "Otakar Boruvka on minimum
// spanning tree problem", Discrete Mathematics 233 (2001), doi:10.1016/S0012-365X(00)00224-7. Each
// round takes the best edge of each tree and leaves out edges within trees. The first round reads the
// graph itself, later ones a list of what is left. Edges are ordered by weight, then by their ends:
// so no two are equal, and the forest is the one that Kruskal's algorithm finds.
#include "cuts/question.h"

typedef struct sl_left_edge {
  uint32_t u, v, id; // trees, and the stored entry that it is
  double key;
} sl_left_edge;

typedef struct sl_spanning {
  const sl_csr *edges;
  double sign;          // -1 for the largest weight
  uint32_t phase, node; // what is done, and up to where
  uint32_t tree_count;  // trees of this round
  uint32_t *label;      // n: tree of each node after the first round
  uint32_t *best;       // tree_count: its best edge: an entry in round 1, later a place of the list
  uint32_t *next;       // tree_count: the tree it is joined to, then its new number
  uint8_t *chosen;      // a bit an entry (u, v), u < v
  sl_left_edge *list;
  uint32_t list_count, read, kept, chosen_count;
  uint32_t *from, *to;
  double *weights, total;
} sl_spanning;

enum { FIRST, LIST, FIND, DONE };

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)nodes, (void)count;
  const uint32_t n = cuts->n;
  REQUIRE_CHOICE(options[0], "maximum", 2, "0 or 1");
  sl_spanning *s;
  SL_TRY(TAKE_ZERO(cuts, &s, 1));
  cuts->state = s;
  s->edges = cuts->graph->outgoing;
  s->sign = options[0] != 0 ? -1 : 1;
  s->tree_count = n;
  SL_TRY(TAKE(cuts, &s->label, n));
  SL_TRY(TAKE(cuts, &s->best, n));
  SL_TRY(TAKE(cuts, &s->next, n));
  SL_TRY(TAKE_ZERO(cuts, &s->chosen, s->edges->nnz / 8 + 1));
  cuts->expected = 3 * (uint64_t)s->edges->nnz + n;
  return SL_OK;
}

static void choose(sl_spanning *s, uint32_t id) {
  s->chosen[id / 8] |= (uint8_t)(1 << (id % 8));
  s->chosen_count++;
}

// The place of u in the row of v.
static uint32_t entry_of(const sl_csr *edges, uint32_t v, uint32_t u) {
  uint32_t low = edges->row_pointers[v], high = edges->row_pointers[v + 1] - 1;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (edges->columns[middle] < u)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// The best entry of each node begin .. end - 1. Within a row entries are in the order of their edges.
SL_NOINLINE static void find_first(sl_spanning *s, uint32_t begin, uint32_t end) {
  const uint32_t *rows = s->edges->row_pointers, *columns = s->edges->columns;
  for (uint32_t u = begin; u < end; u++) {
    double least = INFINITY;
    uint32_t best = NONE;
    for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
      const double key = s->sign * sl_weight(s->edges, k);
      if (key < least && columns[k] != u) {
        least = key;
        best = k;
      }
    }
    s->best[u] = best;
    s->next[u] = best == NONE ? u : columns[best];
  }
}

// Follows `next`, of which two trees that chose each other are the only circles, to new numbers.
static uint32_t number_trees(sl_spanning *s) {
  uint32_t *next = s->next, count = 0;
  for (uint32_t a = 0; a < s->tree_count; a++)
    if (next[a] > a && next[next[a]] == a) next[a] = a;
  for (uint32_t a = 0; a < s->tree_count; a++) {
    uint32_t root = a;
    while (next[root] != root) {
      next[root] = next[next[root]];
      root = next[root];
    }
    next[a] = root;
  }
  // best is free now.
  for (uint32_t a = 0; a < s->tree_count; a++)
    if (next[a] == a) s->best[a] = count++;
  for (uint32_t a = 0; a < s->tree_count; a++) next[a] = s->best[next[a]];
  return count;
}

static sl_status end_first(sl_cuts *cuts, sl_spanning *s) {
  const uint32_t n = cuts->n;
  for (uint32_t u = 0; u < n; u++) {
    const uint32_t k = s->best[u];
    if (k == NONE) continue;
    const uint32_t v = s->edges->columns[k];
    if (v < u && s->next[v] == u) continue; // v has chosen it already
    choose(s, u < v ? k : entry_of(s->edges, v, u));
  }
  const uint32_t count = number_trees(s);
  memcpy(s->label, s->next, n * sizeof *s->label);
  // Edges between trees, counted for their memory.
  const uint32_t *rows = s->edges->row_pointers, *columns = s->edges->columns;
  uint32_t left = 0;
  for (uint32_t u = 0; u < n; u++)
    for (uint32_t k = rows[u]; k < rows[u + 1]; k++)
      left += columns[k] > u && s->label[columns[k]] != s->label[u];
  SL_TRY(TAKE(cuts, &s->list, left));
  s->tree_count = count;
  return SL_OK;
}

SL_NOINLINE static void make_list(sl_spanning *s, uint32_t begin, uint32_t end) {
  const uint32_t *rows = s->edges->row_pointers, *columns = s->edges->columns;
  uint32_t count = s->list_count;
  for (uint32_t u = begin; u < end; u++) {
    const uint32_t here = s->label[u];
    for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
      const uint32_t v = columns[k];
      if (v <= u || s->label[v] == here) continue;
      s->list[count++] = (sl_left_edge){here, s->label[v], k, s->sign * sl_weight(s->edges, k)};
    }
  }
  s->list_count = count;
}

static void start_round(sl_spanning *s) {
  memset(s->best, 0xff, s->tree_count * sizeof *s->best);
  s->read = s->kept = 0;
  s->phase = s->list_count > 0 ? FIND : DONE;
}

// Edges read .. end - 1 under the numbers of this round: those between trees stay, in their order.
SL_NOINLINE static void find_best(sl_spanning *s, uint32_t end, bool renumber) {
  sl_left_edge *list = s->list;
  uint32_t kept = s->kept;
  for (uint32_t i = s->read; i < end; i++) {
    sl_left_edge edge = list[i];
    if (renumber) {
      edge.u = s->label[edge.u];
      edge.v = s->label[edge.v];
      if (edge.u == edge.v) continue;
    }
    list[kept] = edge;
    if (s->best[edge.u] == NONE || edge.key < list[s->best[edge.u]].key) s->best[edge.u] = kept;
    if (s->best[edge.v] == NONE || edge.key < list[s->best[edge.v]].key) s->best[edge.v] = kept;
    kept++;
  }
  s->kept = kept;
  s->read = end;
}

static void end_round(sl_spanning *s) {
  s->list_count = s->kept;
  for (uint32_t a = 0; a < s->tree_count; a++) {
    const uint32_t i = s->best[a];
    if (i == NONE) {
      s->next[a] = a;
      continue;
    }
    const sl_left_edge *edge = &s->list[i];
    const uint32_t b = edge->u == a ? edge->v : edge->u;
    s->next[a] = b;
    if (b > a || s->best[b] != i) choose(s, edge->id);
  }
  s->tree_count = number_trees(s);
  // From now on label is of the trees of the last round.
  uint32_t *swap = s->label;
  s->label = s->next;
  s->next = swap;
  start_round(s);
}

static sl_status gather(sl_cuts *cuts, sl_spanning *s) {
  SL_TRY(TAKE(cuts, &s->from, s->chosen_count));
  SL_TRY(TAKE(cuts, &s->to, s->chosen_count));
  SL_TRY(TAKE(cuts, &s->weights, s->chosen_count));
  const uint32_t *rows = s->edges->row_pointers;
  uint32_t at = 0;
  double total = 0;
  for (uint32_t u = 0; u < cuts->n; u++) {
    for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
      if (!(s->chosen[k / 8] >> (k % 8) & 1)) continue;
      s->from[at] = u;
      s->to[at] = s->edges->columns[k];
      s->weights[at] = sl_weight(s->edges, k);
      total += s->weights[at++];
    }
  }
  s->total = total;
  return SL_OK;
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_spanning *s = cuts->state;
  const uint32_t n = cuts->n, *rows = s->edges->row_pointers;
  uint64_t done = 0;
  if (s->phase == FIRST || s->phase == LIST) {
    while (done < work && s->node < n) {
      const uint32_t end = n - s->node > 1024 ? s->node + 1024 : n;
      if (s->phase == FIRST)
        find_first(s, s->node, end);
      else
        make_list(s, s->node, end);
      done += rows[end] - rows[s->node] + (uint64_t)(end - s->node);
      s->node = end;
    }
    if (s->node == n && s->phase == FIRST) {
      SL_TRY(end_first(cuts, s));
      s->node = 0;
      s->phase = LIST;
    } else if (s->node == n) {
      start_round(s);
      s->phase = s->list_count > 0 ? FIND : DONE;
      s->node = 0; // 0: the list has the numbers of its trees
    }
  }
  while (done < work && s->phase == FIND) {
    const uint32_t left = s->list_count - s->read, some = left > 4096 ? 4096 : left;
    find_best(s, s->read + some, s->node > 0);
    done += some;
    if (s->read < s->list_count) continue;
    end_round(s);
    s->node = 1;
  }
  cuts->work += done;
  if (s->phase < DONE) return SL_OK;
  SL_TRY(gather(cuts, s));
  sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_spanning *s = cuts->state;
  numbers[2] = s->chosen_count;
  numbers[3] = sl_address(s->from);
  numbers[4] = sl_address(s->to);
  numbers[5] = sl_address(s->weights);
  numbers[6] = s->total;
  numbers[7] = cuts->n - s->chosen_count;
  return SL_OK;
}

const sl_cut_question sl_spanning_question = {true, begin, step, read};
