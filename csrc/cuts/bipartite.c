// Two sides, or an odd cycle: breadth-first search, in which an edge within a level closes one.
#include "cuts/bipartite.h"

sl_status sl_bipartite_create(sl_bipartite *b, sl_cuts *cuts) {
  const uint32_t n = cuts->n;
  b->edges[0] = cuts->graph->outgoing;
  if (cuts->graph->directed) SL_TRY(sl_graph_incoming(cuts->graph, &b->edges[1]));
  SL_TRY(TAKE(cuts, &b->side, n));
  SL_TRY(TAKE(cuts, &b->parent, n));
  SL_TRY(TAKE(cuts, &b->queue, n));
  memset(b->side, 0xff, n * sizeof *b->side);
  return SL_OK;
}

// The neighbour u of v is on the side of v: both at the same distance from the root.
static sl_status find_cycle(sl_cuts *cuts, sl_bipartite *b, uint32_t u, uint32_t v) {
  uint32_t half = 0;
  for (uint32_t x = u, y = v; x != y; x = b->parent[x], y = b->parent[y]) half++;
  b->cycle_count = 2 * half + 1;
  SL_TRY(TAKE(cuts, &b->cycle, b->cycle_count));
  for (uint32_t i = 0; i < half; i++) {
    b->cycle[i] = u;
    b->cycle[2 * half - i] = v;
    u = b->parent[u];
    v = b->parent[v];
  }
  b->cycle[half] = u;
  return SL_OK;
}

sl_status sl_bipartite_step(sl_bipartite *b, sl_cuts *cuts, uint64_t work) {
  uint64_t done = 0;
  while (done < work && b->cycle == NULL) {
    if (b->head == b->tail) {
      while (b->next < cuts->n && b->side[b->next] != NONE) b->next++;
      if (b->next == cuts->n) break;
      b->side[b->next] = 0;
      b->parent[b->next] = NONE;
      b->queue[b->tail++] = b->next;
    }
    const uint32_t u = b->queue[b->head++];
    for (int i = 0; i < 2 && b->edges[i] != NULL && b->cycle == NULL; i++) {
      const uint32_t *columns = b->edges[i]->columns, first = b->edges[i]->row_pointers[u],
                     end = b->edges[i]->row_pointers[u + 1];
      for (uint32_t k = first; k < end; k++) {
        const uint32_t v = columns[k];
        if (b->side[v] == NONE) {
          b->side[v] = 1 - b->side[u];
          b->parent[v] = u;
          b->queue[b->tail++] = v;
        } else if (b->side[v] == b->side[u]) {
          SL_TRY(find_cycle(cuts, b, u, v));
          break;
        }
      }
      done += end - first;
    }
    done++;
  }
  cuts->work += done;
  b->done = b->cycle != NULL || (b->head == b->tail && b->next == cuts->n);
  return SL_OK;
}

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)options, (void)nodes, (void)count;
  sl_bipartite *b;
  SL_TRY(TAKE_ZERO(cuts, &b, 1));
  cuts->state = b;
  cuts->expected = (1 + (uint64_t)cuts->graph->directed) * cuts->graph->outgoing->nnz + cuts->n;
  return sl_bipartite_create(b, cuts);
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_bipartite *b = cuts->state;
  SL_TRY(sl_bipartite_step(b, cuts, work));
  if (b->done) sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_bipartite *b = cuts->state;
  numbers[2] = b->cycle_count;
  numbers[3] = sl_address(b->cycle);
  numbers[4] = sl_address(b->side);
  return SL_OK;
}

const sl_cut_question sl_bipartite_question = {false, begin, step, read};
