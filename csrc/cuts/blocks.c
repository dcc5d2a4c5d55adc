// Blocks, articulation points, bridges and 2-edge-connected components, by one depth-first search
// whose path is kept in an array.
//
// Based on: J. Hopcroft, R. E. Tarjan, "Algorithm 447: efficient algorithms for graph manipulation",
// CACM 16 (1973), doi:10.1145/362248.362272. Parallel edges are merged in a graph, so that a pair of
// nodes that had several counts as one edge, and can be a bridge.
#include "cuts/question.h"

typedef struct sl_cut_blocks {
  const sl_csr *edges;
  uint32_t *place;                  // n: when it was reached, from 1; 0: not yet
  uint32_t *low;                    // n: the least place that its subtree has an edge to
  uint32_t *parent;                 // n: NONE at roots
  uint32_t *at;                     // n: next edge
  uint32_t *order;                  // n: nodes by their place
  uint32_t *stack;                  // n: nodes that are in no finished block of the path's nodes
  uint8_t *closed;                  // n: blocks it is the top of; 2: it is an articulation point
  uint32_t *nodes, *offsets, count; // blocks
  uint32_t stack_count, reached, here, next;
  uint32_t *points, point_count;
  uint32_t *smaller, *larger, bridge_count;
  uint32_t *class, class_count;
} sl_cut_blocks;

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)options, (void)nodes, (void)count;
  const uint32_t n = cuts->n;
  sl_cut_blocks *b;
  SL_TRY(TAKE_ZERO(cuts, &b, 1));
  cuts->state = b;
  b->edges = cuts->graph->outgoing;
  b->here = NONE;
  SL_TRY(TAKE_ZERO(cuts, &b->place, n));
  SL_TRY(TAKE(cuts, &b->low, n));
  SL_TRY(TAKE(cuts, &b->parent, n));
  SL_TRY(TAKE(cuts, &b->at, n));
  SL_TRY(TAKE(cuts, &b->order, n));
  SL_TRY(TAKE(cuts, &b->stack, n));
  SL_TRY(TAKE_ZERO(cuts, &b->closed, n));
  // Blocks are at most n - 1, and have at most 2 (n - 1) nodes together.
  SL_TRY(TAKE(cuts, &b->nodes, 2 * (size_t)n));
  SL_TRY(TAKE(cuts, &b->offsets, n));
  b->offsets[0] = 0;
  cuts->expected = b->edges->nnz + (uint64_t)n;
  return SL_OK;
}

static void enter(sl_cut_blocks *b, uint32_t u, uint32_t parent) {
  b->order[b->reached] = u;
  b->place[u] = b->low[u] = ++b->reached;
  b->parent[u] = parent;
  b->at[u] = b->edges->row_pointers[u];
  b->stack[b->stack_count++] = u;
  b->here = u;
}

// The subtree of `child` is done, and reaches nothing above its parent u.
static void close_block(sl_cut_blocks *b, uint32_t u, uint32_t child) {
  uint32_t at = b->offsets[b->count], v;
  do {
    v = b->stack[--b->stack_count];
    b->nodes[at++] = v;
  } while (v != child);
  b->nodes[at++] = u;
  b->offsets[++b->count] = at;
  // A root is an articulation point when it is the top of two.
  b->closed[u] = b->parent[u] != NONE || b->closed[u] > 0 ? 2 : 1;
}

SL_NOINLINE static uint64_t search(sl_cut_blocks *b, uint32_t n, uint64_t work) {
  const uint32_t *rows = b->edges->row_pointers, *columns = b->edges->columns;
  uint64_t done = 0;
  while (done < work) {
    if (b->here == NONE) {
      while (b->next < n && b->place[b->next] != 0) b->next++;
      if (b->next == n) break;
      b->stack_count = 0;
      enter(b, b->next, NONE);
    }
    const uint32_t u = b->here, end = rows[u + 1], first = b->at[u];
    uint32_t k = first, child = NONE, low = b->low[u];
    for (; k < end && done + (k - first) < work; k++) {
      const uint32_t v = columns[k];
      if (b->place[v] == 0) {
        child = v;
        k++;
        break;
      }
      if (b->place[v] < low && v != b->parent[u]) low = b->place[v];
    }
    done += 1 + k - first;
    b->at[u] = k;
    b->low[u] = low;
    if (child != NONE) {
      enter(b, child, u);
      continue;
    }
    if (k < end) break;
    const uint32_t above = b->parent[u];
    if (above != NONE) {
      if (low >= b->place[above])
        close_block(b, above, u);
      else if (low < b->low[above])
        b->low[above] = low;
    }
    b->here = above;
  }
  return done;
}

// Sorts pairs by `keys` (below n), keeping the order of equal ones: from a, b to c, d.
static void sort_pairs(uint32_t n, uint32_t count, const uint32_t *keys, const uint32_t *a,
                       const uint32_t *b, uint32_t *starts, uint32_t *c, uint32_t *d) {
  memset(starts, 0, n * sizeof *starts);
  for (uint32_t i = 0; i < count; i++) starts[keys[i]]++;
  uint32_t sum = 0;
  for (uint32_t u = 0; u < n; u++) {
    const uint32_t here = starts[u];
    starts[u] = sum;
    sum += here;
  }
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t at = starts[keys[i]]++;
    c[at] = a[i];
    d[at] = b[i];
  }
}

static sl_status find_bridges(sl_cuts *cuts, sl_cut_blocks *b) {
  const uint32_t n = cuts->n;
  uint32_t count = 0;
  for (uint32_t u = 0; u < n; u++)
    count += b->parent[u] != NONE && b->low[u] > b->place[b->parent[u]];
  SL_TRY(TAKE(cuts, &b->smaller, count));
  SL_TRY(TAKE(cuts, &b->larger, count));
  uint32_t *from, *to;
  SL_TRY(TAKE(cuts, &from, count));
  SL_TRY(TAKE(cuts, &to, count));
  b->bridge_count = count;
  count = 0;
  for (uint32_t u = 0; u < n; u++) {
    const uint32_t v = b->parent[u];
    if (v == NONE || b->low[u] <= b->place[v]) continue;
    b->smaller[count] = u < v ? u : v;
    b->larger[count++] = u < v ? v : u;
  }
  sort_pairs(n, count, b->larger, b->smaller, b->larger, b->at, from, to);
  sort_pairs(n, count, from, from, to, b->at, b->smaller, b->larger);
  return SL_OK;
}

// Nodes of a tree stay with their parent unless a bridge leads there; classes are numbered anew by
// their smallest node.
static sl_status find_classes(sl_cuts *cuts, sl_cut_blocks *b) {
  const uint32_t n = cuts->n;
  uint32_t *number = b->at, count = 0;
  SL_TRY(TAKE(cuts, &b->class, n));
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t u = b->order[i], v = b->parent[u];
    b->class[u] = v == NONE || b->low[u] > b->place[v] ? count++ : b->class[v];
  }
  memset(number, 0xff, n * sizeof *number);
  b->class_count = 0;
  for (uint32_t u = 0; u < n; u++) {
    if (number[b->class[u]] == NONE) number[b->class[u]] = b->class_count++;
    b->class[u] = number[b->class[u]];
  }
  return SL_OK;
}

static sl_status find_points(sl_cuts *cuts, sl_cut_blocks *b) {
  const uint32_t n = cuts->n;
  for (uint32_t u = 0; u < n; u++) b->point_count += b->closed[u] == 2;
  SL_TRY(TAKE(cuts, &b->points, b->point_count));
  for (uint32_t u = 0, count = 0; u < n; u++)
    if (b->closed[u] == 2) b->points[count++] = u;
  return SL_OK;
}

// Ascending nodes in each block: from the blocks of each node, nodes ascending, back to blocks.
static sl_status sort_blocks(sl_cuts *cuts, sl_cut_blocks *b) {
  const uint32_t n = cuts->n, total = b->offsets[b->count];
  uint32_t *of, *sorted, *sorted_of;
  SL_TRY(TAKE(cuts, &of, total));
  SL_TRY(TAKE(cuts, &sorted, total));
  SL_TRY(TAKE(cuts, &sorted_of, total));
  for (uint32_t i = 0; i < b->count; i++)
    for (uint32_t k = b->offsets[i]; k < b->offsets[i + 1]; k++) of[k] = i;
  sort_pairs(n, total, b->nodes, b->nodes, of, b->at, sorted, sorted_of);
  sort_pairs(n, total, sorted_of, sorted, sorted_of, b->at, b->nodes, of);
  return SL_OK;
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_cut_blocks *b = cuts->state;
  cuts->work += search(b, cuts->n, work);
  if (b->here != NONE || b->next < cuts->n) return SL_OK;
  SL_TRY(find_bridges(cuts, b));
  SL_TRY(find_classes(cuts, b));
  SL_TRY(find_points(cuts, b));
  SL_TRY(sort_blocks(cuts, b));
  sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_cut_blocks *b = cuts->state;
  numbers[2] = b->count;
  numbers[3] = sl_address(b->offsets);
  numbers[4] = sl_address(b->nodes);
  numbers[5] = b->point_count;
  numbers[6] = sl_address(b->points);
  numbers[7] = b->bridge_count;
  numbers[8] = sl_address(b->smaller);
  numbers[9] = sl_address(b->larger);
  numbers[10] = b->class_count;
  numbers[11] = sl_address(b->class);
  return SL_OK;
}

const sl_cut_question sl_blocks_question = {true, begin, step, read};
