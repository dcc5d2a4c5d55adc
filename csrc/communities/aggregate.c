// Aggregation: communities of one level become the nodes of the next.
#include "communities/leiden.h"

enum { ROWS, COLUMNS, WEIGHTS, OUT, IN };

static void drop(void **arrays, int count) {
  for (int i = 0; i < count; i++) {
    sl_free(arrays[i]);
    arrays[i] = NULL;
  }
}

static void drop_next(sl_partitioning *p) {
  sl_free(p->next_rows);
  sl_free(p->next_columns);
  sl_free(p->next_weights);
  sl_free(p->next_out);
  sl_free(p->next_in);
  p->next_rows = p->next_columns = NULL;
  p->next_weights = p->next_out = p->next_in = NULL;
}

void sl_levels_free(sl_partitioning *p) {
  drop(p->owned, 5);
  drop_next(p);
}

size_t sl_levels_bytes(const sl_partitioning *p) {
  const size_t entry = sizeof(uint32_t) + sizeof(double),
               node = sizeof(uint32_t) + 2 * sizeof(double);
  size_t bytes = 0;
  if (p->owned[ROWS] != NULL) bytes += p->level.rows[p->level.n] * entry + p->level.n * node;
  if (p->next_rows != NULL) bytes += p->level.rows[p->level.n] * entry + p->next_n * node;
  return bytes;
}

sl_status sl_aggregation_begin(sl_partitioning *p, uint32_t count) {
  const sl_level *level = &p->level;
  const size_t most = level->rows[level->n];
  p->next_n = count;
  SL_TRY(SL_ALLOC(&p->next_rows, (size_t)count + 1));
  SL_TRY(SL_ALLOC(&p->next_columns, most));
  SL_TRY(SL_ALLOC(&p->next_weights, most));
  SL_TRY(SL_ALLOC_ZERO(&p->next_out, count));
  if (p->network.directed) SL_TRY(SL_ALLOC_ZERO(&p->next_in, count));
  memset(p->starts, 0, ((size_t)count + 1) * sizeof *p->starts);
  for (uint32_t v = 0; v < level->n; v++) p->starts[p->refined[v]]++;
  uint32_t before = 0;
  for (uint32_t r = 0; r <= count; r++) {
    before += r < count ? p->starts[r] : 0;
    p->starts[r] = before;
  }
  for (uint32_t v = level->n; v-- > 0;) p->members[--p->starts[p->refined[v]]] = v;
  p->position = 0;
  p->entries = 0;
  return SL_OK;
}

SL_NOINLINE static uint64_t aggregate_some(sl_partitioning *p, uint64_t most) {
  const sl_level level = p->level;
  const uint32_t *refined = p->refined;
  double *weight_to = p->weight_to;
  uint64_t done = 0;
  for (; p->position < p->next_n && done < most; p->position++) {
    const uint32_t r = (uint32_t)p->position;
    uint32_t *columns = p->next_columns + p->entries, count = 0;
    p->next_rows[r] = p->entries;
    for (uint32_t i = p->starts[r]; i < p->starts[r + 1]; i++) {
      const uint32_t v = p->members[i];
      for (uint32_t k = level.rows[v]; k < level.rows[v + 1]; k++) {
        const uint32_t to = refined[level.columns[k]];
        if (to == r) continue;
        if (weight_to[to] == 0) columns[count++] = to;
        weight_to[to] += level.weights ? level.weights[k] : 1;
      }
      p->next_out[r] += level.out[v];
      if (p->network.directed) p->next_in[r] += level.in[v];
      done += level.rows[v + 1] - level.rows[v] + 1;
    }
    for (uint32_t i = 0; i < count; i++) {
      p->next_weights[p->entries + i] = weight_to[columns[i]];
      weight_to[columns[i]] = 0;
    }
    p->entries += count;
  }
  if (p->position == p->next_n) p->next_rows[p->next_n] = p->entries;
  return done;
}

uint64_t sl_aggregation_step(sl_partitioning *p, uint64_t most) {
  uint64_t done = 0;
  while (p->position < p->next_n && done < most)
    done += aggregate_some(p, most - done < 20000 ? most - done : 20000);
  return done;
}

void sl_aggregation_end(sl_partitioning *p) {
  // Communities of the new nodes; refined is read before community changes.
  for (uint32_t r = 0; r < p->next_n; r++) p->touched[r] = p->community[p->members[p->starts[r]]];
  sl_labels_first_seen(p->next_n, p->touched, p->community, p->vacant, p->level.n);
  for (uint32_t u = 0; u < p->network.n; u++) p->node_of[u] = p->refined[p->node_of[u]];
  drop(p->owned, 5);
  // Smaller blocks: shrinking that fails is no loss.
  if (SL_REALLOC(&p->next_columns, p->entries) == SL_OK)
    (void)SL_REALLOC(&p->next_weights, p->entries);
  p->owned[ROWS] = p->next_rows;
  p->owned[COLUMNS] = p->next_columns;
  p->owned[WEIGHTS] = p->next_weights;
  p->owned[OUT] = p->next_out;
  p->owned[IN] = p->next_in;
  p->level = (sl_level){.n = p->next_n,
                        .rows = p->next_rows,
                        .columns = p->next_columns,
                        .weights = p->next_weights,
                        .out = p->next_out,
                        .in = p->network.directed ? p->next_in : p->next_out};
  p->next_rows = p->next_columns = NULL;
  p->next_weights = p->next_out = p->next_in = NULL;
}
