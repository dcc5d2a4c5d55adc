// Tables of distances from a contraction hierarchy: a search from each target leaves its distance in
// every node that it reaches, and a search from each source picks up what lies in the nodes it
// reaches itself.
//
// Based on: Knopp, Sanders, Schultes, Schulz, Wagner, "Computing many-to-many shortest paths using
// highway hierarchies", ALENEX 2007, doi:10.1137/1.9781611972870.4.
#include "paths/hierarchy_object.h"

typedef struct entry {
  double distance; // to a target
  uint32_t target, node;
} entry;

struct sl_table {
  uint32_t source_count, target_count;
  uint32_t *sources, *targets; // ranks
  double *distances;
  uint32_t targets_done, sources_done;
  entry *entries; // of all targets; by node once they are sorted
  uint32_t count, room;
  uint32_t *begins; // n + 1, once they are sorted
};

void sl_table_end(sl_table *t) {
  if (t == NULL) return;
  sl_free(t->sources);
  sl_free(t->distances);
  sl_free(t->entries);
  sl_free(t->begins);
  sl_free(t);
}

size_t sl_table_bytes(const sl_table *t) {
  if (t == NULL) return 0;
  return sizeof *t + (size_t)t->source_count * t->target_count * sizeof *t->distances +
         ((size_t)t->source_count + t->target_count) * sizeof *t->sources +
         t->room * sizeof *t->entries;
}

static sl_status to_ranks(const sl_hierarchy *h, const char *name, const uint32_t *nodes,
                          uint32_t count, uint32_t *out) {
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(nodes[i] < h->n, SL_ERR_INDEX, name, "nodes of the graph", i);
    out[i] = h->rank[nodes[i]];
  }
  return SL_OK;
}

static sl_status make_table(const sl_hierarchy *h, const uint32_t *sources, const uint32_t *targets,
                            sl_table *t) {
  SL_TRY(SL_ALLOC(&t->sources, (size_t)t->source_count + t->target_count));
  t->targets = t->sources + t->source_count;
  SL_TRY(sl_alloc(t->source_count, t->target_count * sizeof *t->distances, (void **)&t->distances));
  SL_TRY(to_ranks(h, "sources", sources, t->source_count, t->sources));
  return to_ranks(h, "targets", targets, t->target_count, t->targets);
}

sl_status sl_hierarchy_begin_table(sl_hierarchy *h, const uint32_t *sources, uint32_t source_count,
                                   const uint32_t *targets, uint32_t target_count) {
  SL_TRY(sl_hierarchy_reserve(h));
  SL_REQUIRE(source_count > 0, SL_ERR_EMPTY, "sources", "at least one");
  SL_REQUIRE(target_count > 0, SL_ERR_EMPTY, "targets", "at least one");
  SL_REQUIRE((uint64_t)source_count * target_count < NONE, SL_ERR_OVERFLOW, "targets",
             "fewer pairs");
  sl_table *t;
  SL_TRY(SL_ALLOC_ZERO(&t, 1));
  t->source_count = source_count;
  t->target_count = target_count;
  const sl_status status = make_table(h, sources, targets, t);
  if (status != SL_OK) {
    sl_table_end(t);
    return status;
  }
  sl_table_end(h->table);
  h->table = t;
  h->work = 0;
  sl_job_begin(&h->job);
  return SL_OK;
}

static sl_status leave(sl_table *t, entry left) {
  if (t->count == t->room) {
    SL_REQUIRE(t->room < NONE / 2, SL_ERR_OVERFLOW, "targets", "fewer of them");
    const uint32_t room = t->room + t->room / 2 + 256;
    SL_TRY(SL_REALLOC(&t->entries, room));
    t->room = room;
  }
  t->entries[t->count++] = left;
  return SL_OK;
}

static void pick_up(const sl_table *t, double *row, sl_heap_entry here) {
  for (uint32_t k = t->begins[here.node]; k < t->begins[here.node + 1]; k++) {
    const double sum = here.key + t->entries[k].distance;
    if (sum < row[t->entries[k].target]) row[t->entries[k].target] = sum;
  }
}

// Everything above a node, on one side. With `row` distances are picked up, without they are left.
static sl_status search(sl_hierarchy *h, sl_table *t, int i, uint32_t from, uint32_t target,
                        double *row) {
  sl_side *side = &h->sides[i];
  sl_side_open(side, from, h->n);
  while (side->heap_count > 0) {
    const sl_heap_entry here = sl_heap_take(side->heap, &side->heap_count, sl_side_places(side));
    side->labels[here.node].position = CLOSED;
    h->work++;
    if (sl_side_is_stalled(side, &h->climbs[1 - i], here)) continue;
    if (row != NULL) {
      pick_up(t, row, here);
      h->work += t->begins[here.node + 1] - t->begins[here.node];
    } else {
      SL_TRY(leave(t, (entry){here.key, target, here.node}));
    }
    sl_side_relax(side, &h->climbs[i], here);
    h->work += h->climbs[i].rows[here.node + 1] - h->climbs[i].rows[here.node];
  }
  return SL_OK;
}

// The entries by node.
static sl_status sort_entries(sl_hierarchy *h, sl_table *t) {
  entry *sorted;
  SL_TRY(SL_ALLOC_ZERO(&t->begins, (size_t)h->n + 2));
  SL_TRY(SL_ALLOC(&sorted, t->count));
  uint32_t *at = t->begins + 1; // ends one node further on, when all have moved
  for (uint32_t k = 0; k < t->count; k++) at[t->entries[k].node + 1]++;
  for (uint32_t r = 0; r < h->n; r++) at[r + 1] += at[r];
  for (uint32_t k = 0; k < t->count; k++) sorted[at[t->entries[k].node]++] = t->entries[k];
  sl_free(t->entries);
  t->entries = sorted;
  t->room = t->count;
  h->work += h->n + 2 * (uint64_t)t->count;
  return SL_OK;
}

sl_status sl_table_step(sl_hierarchy *h, uint64_t work, bool *done) {
  sl_table *t = h->table;
  const uint64_t begin = h->work;
  do {
    if (t->targets_done < t->target_count) {
      SL_TRY(search(h, t, 1, t->targets[t->targets_done], t->targets_done, NULL));
      t->targets_done++;
    } else if (t->begins == NULL) {
      SL_TRY(sort_entries(h, t));
    } else {
      double *row = t->distances + (size_t)t->sources_done * t->target_count;
      for (uint32_t k = 0; k < t->target_count; k++) row[k] = INFINITY;
      SL_TRY(search(h, t, 0, t->sources[t->sources_done], 0, row));
      t->sources_done++;
    }
    *done = t->sources_done == t->source_count;
  } while (!*done && h->work - begin < work);
  return SL_OK;
}

sl_status sl_hierarchy_read_table(const sl_hierarchy *h, double *numbers) {
  SL_TRY(sl_job_require_ended(&h->job));
  SL_REQUIRE(h->table != NULL, SL_ERR_STATE, "hierarchy", "a table that was begun");
  numbers[0] = h->job.outcome;
  numbers[1] = (double)h->work;
  numbers[2] = (double)(uintptr_t)h->table->distances;
  numbers[3] = h->table->sources_done;
  return SL_OK;
}
