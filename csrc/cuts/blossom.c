// Based on: J. Edmonds, "Paths, trees, and flowers", Canadian J. Mathematics 17 (1965),
// doi:10.4153/CJM-1965-045-4; H. N. Gabow, "An efficient implementation of Edmonds' algorithm for
// maximum matching on graphs", J. ACM 23 (1976), doi:10.1145/321941.321942 (sets instead of shrinking).
// Nodes of a search that found nothing are left out of all later ones; those of them at an odd
// distance only are the set of Tutte and Berge.
#include "cuts/matching.h"
#include "cuts/sets.h"

enum { UNSEEN, ODD, EVEN };

sl_status sl_blossom_create(sl_matching *m, sl_cuts *cuts) {
  SL_TRY(TAKE(cuts, &m->queue, m->n));
  SL_TRY(TAKE_ZERO(cuts, &m->state, m->n));
  SL_TRY(TAKE(cuts, &m->before, m->n));
  SL_TRY(TAKE(cuts, &m->base, m->n));
  SL_TRY(TAKE_ZERO(cuts, &m->seen, m->n));
  SL_TRY(TAKE(cuts, &m->touched, m->n));
  for (uint32_t u = 0; u < m->n; u++) m->base[u] = u;
  return SL_OK;
}

static void touch(sl_matching *m, uint32_t u, uint8_t state) {
  m->state[u] = state;
  m->touched[m->touched_count++] = u;
}

static void make_even(sl_matching *m, uint32_t u) {
  m->state[u] = EVEN;
  m->queue[m->tail++] = u;
}

// The first base that the ways of two even nodes to the root have in common.
static uint32_t common_base(sl_matching *m, uint32_t u, uint32_t v) {
  const uint32_t stamp = ++m->stamp;
  for (;;) {
    if (u != NONE) {
      u = sl_set_root(m->base, u);
      if (m->seen[u] == stamp) return u;
      m->seen[u] = stamp;
      u = m->mate[u] == NONE ? NONE : m->before[m->mate[u]];
    }
    const uint32_t swap = u;
    u = v;
    v = swap;
  }
}

// The way from u to the base becomes part of its blossom; its odd nodes can be reached the other way
// round, through v.
static void close_way(sl_matching *m, uint32_t u, uint32_t v, uint32_t base) {
  while (sl_set_root(m->base, u) != base) {
    m->before[u] = v;
    v = m->mate[u];
    if (m->state[v] == ODD) make_even(m, v);
    if (m->base[u] == u) m->base[u] = base;
    if (m->base[v] == v) m->base[v] = base;
    u = m->before[v];
  }
}

static void flip(sl_matching *m, uint32_t end) {
  for (uint32_t v = end; v != NONE;) {
    const uint32_t u = m->before[v], next = m->mate[u];
    m->mate[v] = u;
    m->mate[u] = v;
    v = next;
  }
}

// Looks for an augmenting path from a free node.
static uint64_t search(sl_matching *m, uint32_t root) {
  const uint32_t *rows = m->edges->row_pointers, *columns = m->edges->columns;
  uint64_t done = 0;
  uint32_t end = NONE;
  m->head = m->tail = m->touched_count = 0;
  touch(m, root, EVEN);
  m->queue[m->tail++] = root;
  while (m->head < m->tail && end == NONE) {
    const uint32_t u = m->queue[m->head++];
    for (uint32_t k = rows[u]; k < rows[u + 1]; k++) {
      const uint32_t v = columns[k];
      if (m->state[v] == UNSEEN) {
        m->before[v] = u;
        if (m->mate[v] == NONE && v != root) {
          end = v;
          break;
        }
        touch(m, v, ODD);
        touch(m, m->mate[v], EVEN);
        m->queue[m->tail++] = m->mate[v];
      } else if (m->state[v] == EVEN) {
        const uint32_t a = sl_set_root(m->base, u), b = sl_set_root(m->base, v);
        if (a == b) continue;
        const uint32_t base = common_base(m, u, v);
        close_way(m, u, v, base);
        close_way(m, v, u, base);
      }
    }
    done += 1 + rows[u + 1] - rows[u];
  }
  if (end != NONE) {
    flip(m, end);
    for (uint32_t i = 0; i < m->touched_count; i++) {
      const uint32_t u = m->touched[i];
      m->state[u] = UNSEEN;
      m->base[u] = u;
    }
  }
  return done + m->touched_count;
}

uint64_t sl_blossom_step(sl_matching *m, uint64_t work) {
  uint64_t done = 0;
  for (; done < work && m->next < m->n; m->next++) {
    done++;
    if (m->mate[m->next] == NONE) done += search(m, m->next);
  }
  m->done = m->next == m->n;
  return done;
}

void sl_blossom_proof(const sl_matching *m, uint8_t *marks) {
  for (uint32_t u = 0; u < m->n; u++) marks[u] = m->state[u] == ODD;
}
