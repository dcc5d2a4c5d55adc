// Based on: M. Latapy, "Main-memory triangle computations for very large (sparse (power-law))
// graphs", Theoretical Computer Science 407 (2008), doi:10.1016/j.tcs.2008.07.017 (forward): edges
// lead to the end of larger degree, so that no node has more than sqrt(2 edges) of them; nodes are
// numbered by degree.
#include "cuts/question.h"

typedef struct sl_triangles {
  const sl_csr *edges;
  uint32_t *node;           // n: by rank, falling from the largest degree
  uint32_t *rank, *degree;  // n, degree without loops
  uint32_t *rows, *columns; // n + 1, edges: neighbours of larger rank, by rank, as ranks
  uint32_t *marked;         // n: rank + 1 whose neighbour a rank is
  uint32_t built, next;     // ranks whose edges are there; that are counted
  double *count, *local;    // n, by node
  double total, mean, pairs;
  double *by_rank; // n
} sl_triangles;

static sl_status begin(sl_cuts *cuts, const double *options, const uint32_t *nodes,
                       uint32_t count) {
  (void)options, (void)nodes, (void)count;
  const uint32_t n = cuts->n;
  sl_triangles *t;
  SL_TRY(TAKE_ZERO(cuts, &t, 1));
  cuts->state = t;
  t->edges = cuts->graph->outgoing;
  const uint32_t *rows = t->edges->row_pointers, *columns = t->edges->columns;
  SL_TRY(TAKE(cuts, &t->node, n));
  SL_TRY(TAKE(cuts, &t->rank, n));
  SL_TRY(TAKE(cuts, &t->degree, n));
  SL_TRY(TAKE(cuts, &t->rows, (size_t)n + 1));
  SL_TRY(TAKE_ZERO(cuts, &t->marked, n));
  SL_TRY(TAKE(cuts, &t->count, n));
  SL_TRY(TAKE(cuts, &t->local, n));
  SL_TRY(TAKE_ZERO(cuts, &t->by_rank, n));
  uint32_t most = 0, loops = 0;
  for (uint32_t u = 0; u < n; u++) {
    uint32_t degree = rows[u + 1] - rows[u], loop = 0;
    for (uint32_t k = rows[u]; k < rows[u + 1] && columns[k] <= u; k++) loop |= columns[k] == u;
    loops += loop;
    t->degree[u] = degree - loop;
    if (t->degree[u] > most) most = t->degree[u];
  }
  SL_TRY(TAKE(cuts, &t->columns, (t->edges->nnz - loops) / 2));
  uint32_t *starts;
  SL_TRY(TAKE_ZERO(cuts, &starts, (size_t)most + 2));
  for (uint32_t u = 0; u < n; u++) starts[t->degree[u] + 1]++;
  for (uint32_t d = 0; d <= most; d++) starts[d + 1] += starts[d];
  for (uint32_t u = 0; u < n; u++) {
    t->rank[u] = starts[t->degree[u]]++;
    t->node[t->rank[u]] = u;
  }
  t->rows[0] = 0;
  cuts->expected = 3 * (uint64_t)t->edges->nnz + n;
  return SL_OK;
}

SL_NOINLINE static uint64_t build(sl_triangles *t, uint32_t n, uint64_t work) {
  const uint32_t *rows = t->edges->row_pointers, *columns = t->edges->columns;
  uint64_t done = 0;
  for (; done < work && t->built < n; t->built++) {
    const uint32_t r = t->built, u = t->node[r];
    uint32_t at = t->rows[r];
    for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
      const uint32_t s = t->rank[columns[k]];
      if (s > r) t->columns[at++] = s;
    }
    t->rows[r + 1] = at;
    done += 1 + rows[u + 1] - rows[u];
  }
  return done;
}

SL_NOINLINE static uint64_t count_triangles(sl_triangles *t, uint32_t n, uint64_t work) {
  const uint32_t *rows = t->rows, *columns = t->columns;
  uint32_t *marked = t->marked;
  double *by_rank = t->by_rank;
  uint64_t done = 0;
  for (; done < work && t->next < n; t->next++) {
    const uint32_t r = t->next, mark = r + 1, begin = rows[r], end = rows[r + 1];
    done += 1 + end - begin;
    if (end - begin < 2) continue;
    for (uint32_t k = begin; k < end; k++) marked[columns[k]] = mark;
    uint64_t here = 0;
    for (uint32_t k = begin; k < end; k++) {
      const uint32_t s = columns[k], last = rows[s + 1];
      uint32_t with = 0;
      for (uint32_t j = rows[s]; j < last; j++) {
        if (marked[columns[j]] != mark) continue;
        with++;
        by_rank[columns[j]] += 1;
      }
      by_rank[s] += with;
      here += with;
      done += last - rows[s];
    }
    by_rank[r] += (double)here;
    t->total += (double)here;
  }
  return done;
}

static void find_coefficients(sl_triangles *t, uint32_t n) {
  double sum = 0;
  for (uint32_t u = 0; u < n; u++) {
    const double d = t->degree[u], pairs = d * (d - 1) / 2, count = t->by_rank[t->rank[u]];
    t->count[u] = count;
    t->local[u] = pairs > 0 ? count / pairs : 0;
    t->pairs += pairs;
    sum += t->local[u];
  }
  t->mean = sum / n;
}

static sl_status step(sl_cuts *cuts, uint64_t work) {
  sl_triangles *t = cuts->state;
  const uint32_t n = cuts->n;
  if (t->built < n) {
    cuts->work += build(t, n, work);
    return SL_OK;
  }
  cuts->work += count_triangles(t, n, work);
  if (t->next < n) return SL_OK;
  find_coefficients(t, n);
  sl_job_end(&cuts->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status read(sl_cuts *cuts, double *numbers) {
  const sl_triangles *t = cuts->state;
  numbers[2] = t->total;
  numbers[3] = sl_address(t->count);
  numbers[4] = sl_address(t->local);
  numbers[5] = t->mean;
  numbers[6] = t->pairs > 0 ? 3 * t->total / t->pairs : 0;
  return SL_OK;
}

const sl_cut_question sl_triangles_question = {true, begin, step, read};
