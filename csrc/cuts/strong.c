// Strongly connected components and the graph between them.
//
// Based on: R. E. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972),
// doi:10.1137/0201010, with D. J. Pearce, "A space-efficient algorithm for finding strongly connected
// components", Information Processing Letters 116 (2016), doi:10.1016/j.ipl.2015.08.010: one number a
// node, which is its place in the search until its component is known. The search keeps its path in
// an array.
#include "cuts/question.h"

typedef struct sl_strong {
  const sl_csr *edges;
  bool condense;
  uint32_t *label; // n: 0 not seen; place + 1, falling to the least reached; component from the top
  uint32_t *at;    // n: next edge of the nodes on the path
  uint32_t *path, *waiting; // n: the path; nodes that have no component yet
  bool *is_root;            // n: nothing before it was reached
  uint32_t path_count, waiting_count, place, count, next;
  uint32_t *sizes;
  uint32_t *by_component, *starts; // nodes in the order of their components
  uint32_t *from, *to, *seen, edge_count;
} sl_strong;

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)nodes, (void)count;
  const uint32_t n = cuts->n;
  REQUIRE_CHOICE(options[0], "condense", 2, "0 or 1");
  sl_strong *s;
  SL_TRY(TAKE_ZERO(cuts, &s, 1));
  cuts->state = s;
  s->edges = cuts->graph->outgoing;
  s->condense = options[0] != 0;
  SL_TRY(TAKE_ZERO(cuts, &s->label, n));
  SL_TRY(TAKE(cuts, &s->at, n));
  SL_TRY(TAKE(cuts, &s->path, n));
  SL_TRY(TAKE(cuts, &s->waiting, n));
  SL_TRY(TAKE(cuts, &s->is_root, n));
  cuts->expected = s->edges->nnz + (uint64_t)n;
  return SL_OK;
}

static void enter(sl_strong *s, uint32_t u) {
  s->label[u] = ++s->place;
  s->at[u] = s->edges->row_pointers[u];
  s->is_root[u] = true;
  s->path[s->path_count++] = u;
}

// Components count down from 2^32 - 1, above every place, so that a finished node is never the
// smaller one in a comparison.
SL_NOINLINE static uint64_t search(sl_strong *s, uint32_t n, uint64_t work) {
  const uint32_t *rows = s->edges->row_pointers, *columns = s->edges->columns;
  uint64_t done = 0;
  while (done < work) {
    if (s->path_count == 0) {
      while (s->next < n && s->label[s->next] != 0) s->next++;
      if (s->next == n) break;
      enter(s, s->next);
    }
    const uint32_t u = s->path[s->path_count - 1], end = rows[u + 1];
    uint32_t k = s->at[u], child = NONE;
    const uint32_t first = k;
    for (; k < end && done + (k - first) < work; k++) {
      const uint32_t v = columns[k];
      if (s->label[v] == 0) {
        child = v;
        break;
      }
      if (s->label[v] < s->label[u]) {
        s->label[u] = s->label[v];
        s->is_root[u] = false;
      }
    }
    done += 1 + k - first;
    s->at[u] = k;
    if (child != NONE) {
      enter(s, child); // the edge is looked at again when the child is done
      continue;
    }
    if (k < end) break;
    s->path_count--;
    if (!s->is_root[u]) {
      s->waiting[s->waiting_count++] = u;
      continue;
    }
    const uint32_t place = s->label[u], component = UINT32_MAX - s->count++;
    while (s->waiting_count > 0 && s->label[s->waiting[s->waiting_count - 1]] >= place) {
      s->label[s->waiting[--s->waiting_count]] = component;
      s->place--;
    }
    s->label[u] = component;
    s->place--;
  }
  return done;
}

static sl_status number(sl_cuts *cuts, sl_strong *s) {
  // Found first is what leads nowhere else: the last number.
  SL_TRY(TAKE_ZERO(cuts, &s->sizes, s->count));
  for (uint32_t u = 0; u < cuts->n; u++) {
    s->label[u] = s->count - 1 - (UINT32_MAX - s->label[u]);
    s->sizes[s->label[u]]++;
  }
  return SL_OK;
}

// The edges between components, in two passes: how many there are, then themselves.
static sl_status condense(sl_cuts *cuts, sl_strong *s) {
  const uint32_t n = cuts->n, *rows = s->edges->row_pointers, *columns = s->edges->columns;
  SL_TRY(TAKE_ZERO(cuts, &s->starts, (size_t)s->count + 1));
  SL_TRY(TAKE(cuts, &s->seen, s->count));
  s->by_component = s->path;
  for (uint32_t c = 0; c < s->count; c++) s->starts[c + 1] = s->starts[c] + s->sizes[c];
  uint32_t *next = s->waiting;
  memcpy(next, s->starts, s->count * sizeof *next);
  for (uint32_t u = 0; u < n; u++) s->by_component[next[s->label[u]]++] = u;
  for (int pass = 0; pass < 2; pass++) {
    memset(s->seen, 0xff, s->count * sizeof *s->seen);
    s->edge_count = 0;
    for (uint32_t c = 0; c < s->count; c++) {
      for (uint32_t i = s->starts[c]; i < s->starts[c + 1]; i++) {
        const uint32_t u = s->by_component[i];
        for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
          const uint32_t d = s->label[columns[k]];
          if (d == c || s->seen[d] == c) continue;
          s->seen[d] = c;
          if (pass == 1) {
            s->from[s->edge_count] = c;
            s->to[s->edge_count] = d;
          }
          s->edge_count++;
        }
      }
    }
    if (pass == 1) break;
    SL_TRY(TAKE(cuts, &s->from, s->edge_count));
    SL_TRY(TAKE(cuts, &s->to, s->edge_count));
  }
  return SL_OK;
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_strong *s = cuts->state;
  cuts->work += search(s, cuts->n, work);
  if (s->path_count > 0 || s->next < cuts->n) return SL_OK;
  SL_TRY(number(cuts, s));
  if (s->condense) SL_TRY(condense(cuts, s));
  sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_strong *s = cuts->state;
  numbers[2] = s->count;
  numbers[3] = sl_address(s->label);
  numbers[4] = sl_address(s->sizes);
  numbers[5] = s->edge_count;
  numbers[6] = sl_address(s->from);
  numbers[7] = sl_address(s->to);
  return SL_OK;
}

const sl_cut_question sl_strong_question = {false, begin, step, read};
