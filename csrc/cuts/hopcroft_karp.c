// Based on: J. E. Hopcroft, R. M. Karp, "An n^5/2 algorithm for maximum matchings in bipartite graphs",
// SIAM J. Comput. 2 (1973), doi:10.1137/0202019; D. Konig 1931 for the cover.
#include "cuts/matching.h"

sl_status sl_hopcroft_karp_create(sl_matching *m, sl_cuts *cuts) {
  SL_TRY(TAKE(cuts, &m->queue, m->n));
  SL_TRY(TAKE(cuts, &m->layer, m->n));
  SL_TRY(TAKE(cuts, &m->at, m->n));
  SL_TRY(TAKE(cuts, &m->via, m->n));
  SL_TRY(TAKE(cuts, &m->stack, m->n));
  return SL_OK;
}

// Layers of nodes on side 0 from the free ones.
static void start_layers(sl_matching *m) {
  m->head = m->tail = m->next = 0;
  m->found = m->layered = false;
  for (uint32_t u = 0; u < m->n; u++) {
    m->layer[u] = NONE;
    m->at[u] = m->edges->row_pointers[u];
    if (m->side[u] != 0 || m->mate[u] != NONE) continue;
    m->layer[u] = 0;
    m->queue[m->tail++] = u;
  }
}

SL_NOINLINE static uint64_t make_layers(sl_matching *m, uint64_t work) {
  const uint32_t *rows = m->edges->row_pointers, *columns = m->edges->columns;
  uint64_t done = 0;
  for (; done < work && m->head < m->tail; m->head++) {
    const uint32_t u = m->queue[m->head];
    for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
      const uint32_t other = m->mate[columns[k]];
      if (other == NONE) {
        m->found = true;
      } else if (m->layer[other] == NONE) {
        m->layer[other] = m->layer[u] + 1;
        m->queue[m->tail++] = other;
      }
    }
    done += 1 + rows[u + 1] - rows[u];
  }
  if (m->head == m->tail) {
    m->layered = true;
    m->done = !m->found;
  }
  return done;
}

static void flip(sl_matching *m) {
  while (m->stack_count > 0) {
    const uint32_t u = m->stack[--m->stack_count];
    m->mate[u] = m->via[u];
    m->mate[m->via[u]] = u;
  }
}

// Paths from free nodes through one layer after the other, each edge looked at once.
SL_NOINLINE static uint64_t find_paths(sl_matching *m, uint64_t work) {
  const uint32_t *rows = m->edges->row_pointers, *columns = m->edges->columns;
  uint64_t done = 0;
  while (done < work) {
    if (m->stack_count == 0) {
      while (m->next < m->n && (m->layer[m->next] != 0 || m->mate[m->next] != NONE)) m->next++;
      if (m->next == m->n) {
        start_layers(m);
        break;
      }
      m->stack[m->stack_count++] = m->next++;
    }
    const uint32_t u = m->stack[m->stack_count - 1];
    done++;
    if (m->at[u] == rows[u + 1]) {
      m->stack_count--;
      continue;
    }
    const uint32_t v = columns[m->at[u]++], other = m->mate[v];
    if (other == NONE) {
      m->via[u] = v;
      flip(m);
    } else if (m->layer[other] == m->layer[u] + 1) {
      m->via[u] = v;
      m->stack[m->stack_count++] = other;
    }
  }
  return done;
}

uint64_t sl_hopcroft_karp_step(sl_matching *m, uint64_t work) {
  uint64_t done = 0;
  if (!m->begun) start_layers(m);
  m->begun = true;
  while (done < work && !m->done)
    done += m->layered ? find_paths(m, work - done) : make_layers(m, work - done);
  return done;
}

// What the last layers have not reached of side 0, and what is beside them of side 1.
void sl_hopcroft_karp_proof(const sl_matching *m, uint8_t *marks) {
  const uint32_t *rows = m->edges->row_pointers, *columns = m->edges->columns;
  memset(marks, 0, m->n);
  for (uint32_t u = 0; u < m->n; u++) {
    if (m->side[u] != 0) continue;
    if (m->layer[u] == NONE) {
      marks[u] = m->mate[u] != NONE;
      continue;
    }
    for (uint32_t k = rows[u]; k < rows[u + 1]; k++) marks[columns[k]] = 1;
  }
}
