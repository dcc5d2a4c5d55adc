// Based on: H. Nagamochi, T. Ono, T. Ibaraki, "Implementing an efficient minimum capacity cut
// algorithm", Mathematical Programming 67 (1994), doi:10.1007/BF01582226: one search of maximum
// adjacency finds many edges whose ends no smaller cut divides, which are contracted; M. Henzinger, A.
// Noe, C. Schulz, "Shared-memory exact minimum cuts", IPDPS 2019, doi:10.1109/IPDPS.2019.00013: keys
// of the queue stop at the best cut so far; M. Padberg, G. Rinaldi, "An efficient algorithm for the
// minimum capacity cut problem", Mathematical Programming 47 (1990), doi:10.1007/BF01580850: edges
// that are heavy beside the best cut, or beside all that is at one of their ends, are contracted too.
#include "cuts/shrink.h"

#include "cuts/sets.h"

sl_status sl_shrink_take(sl_shrink *m, sl_blocks *blocks, uint32_t n, uint32_t arcs) {
#define BLOCK(pointer, count, zero)                                                                \
  SL_TRY(sl_blocks_take(blocks, (count), sizeof(**(pointer)), (zero), (void **)(pointer)))
  m->whole = m->n = n;
  sl_shrunk *both[2] = {&m->graph, &m->spare};
  for (int i = 0; i < 2; i++) {
    BLOCK(&both[i]->rows, (size_t)n + 1, false);
    BLOCK(&both[i]->heads, arcs, false);
    BLOCK(&both[i]->weights, arcs, false);
  }
  BLOCK(&m->label, n, false);
  BLOCK(&m->parent, n, false);
  BLOCK(&m->degree, n, false);
  BLOCK(&m->side, n, true);
  BLOCK(&m->connected, n, false);
  BLOCK(&m->place, n, false);
  BLOCK(&m->waiting, n, false);
  BLOCK(&m->heap.entries, n, false);
  BLOCK(&m->heap.position, n, false);
  BLOCK(&m->slot, n, false);
#undef BLOCK
  return SL_OK;
}

// The smallest degree is a cut.
void sl_shrink_look_at_degrees(sl_shrink *m) {
  uint32_t best = NONE;
  for (uint32_t u = 0; u < m->n; u++) {
    if (m->degree[u] >= m->least) continue;
    m->least = m->degree[u];
    best = u;
  }
  if (best == NONE) return;
  for (uint32_t v = 0; v < m->whole; v++) m->side[v] = m->label[v] == best;
}

// An edge at a node of that degree which no cut but that of the node alone divides, unless another one
// is lighter by the slack at least.
static bool is_heavy(const sl_shrink *m, uint64_t weight, uint64_t degree) {
  return degree >= m->least + m->slack && 2 * weight >= degree + m->slack;
}

// Contracts edges as heavy as the best cut, and edges that are at least half of what is at one of
// their ends; of the latter one for each node, since a contraction changes what is around it.
SL_NOINLINE static void contract_heavy(sl_shrink *m) {
  const sl_shrunk *g = &m->graph;
  const uint64_t bound = m->least + m->slack;
  memset(m->waiting, 0, m->n); // 1: an end of a contracted edge
  for (uint32_t u = 0; u < m->n; u++) {
    for (uint32_t k = g->rows[u]; k < g->rows[u + 1]; k++) {
      const uint32_t v = g->heads[k];
      const uint64_t weight = g->weights[k];
      if (v < u) continue;
      if (weight >= bound) {
        sl_set_unite(m->parent, u, v);
        m->waiting[u] = m->waiting[v] = 1;
      } else if ((is_heavy(m, weight, m->degree[u]) || is_heavy(m, weight, m->degree[v])) &&
                 !m->waiting[u] && !m->waiting[v]) {
        sl_set_unite(m->parent, u, v);
        m->waiting[u] = m->waiting[v] = 1;
      }
    }
  }
}

static void start_search(sl_shrink *m) {
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
SL_NOINLINE static uint64_t search(sl_shrink *m, uint64_t work) {
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
      const uint64_t bound = m->least + m->slack;
      if (before < bound && after >= bound) sl_set_unite(m->parent, u, v);
      const uint64_t key = after < bound ? after : bound;
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
SL_NOINLINE void sl_shrink_contract(sl_shrink *m) {
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

static void end_search(sl_shrink *m) {
  if (m->best_prefix > 0)
    for (uint32_t v = 0; v < m->whole; v++) m->side[v] = m->place[m->label[v]] < m->best_prefix;
  sl_shrink_contract(m);
  for (uint32_t v = 0; v < m->whole; v++) m->label[v] = m->place[m->label[v]];
  if (m->n > 1) sl_shrink_look_at_degrees(m);
  m->running = false;
}

uint64_t sl_shrink_step(sl_shrink *m, uint64_t work) {
  const uint64_t arcs = m->graph.rows[m->n] + (uint64_t)m->n;
  uint64_t done = 0;
  if (!m->running) {
    start_search(m);
    done += arcs;
  }
  done += search(m, work);
  if (m->taken == m->n) {
    end_search(m);
    done += 2 * arcs;
  }
  return done;
}
