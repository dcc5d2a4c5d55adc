// Based on: J. Edmonds, "Maximum matching and a polyhedron with 0,1-vertices", J. Research of the
// National Bureau of Standards 69B (1965), doi:10.6028/jres.069B.013; Z. Galil, "Efficient algorithms
// for finding maximum matching in graphs", ACM Computing Surveys 18 (1986), doi:10.1145/6462.6502,
// section 3. Blossoms are linked circles and all walks over nested ones are loops.
#include "cuts/weighted.h"

uint32_t sl_weighted_first_node(const sl_weighted *m, uint32_t blossom) {
  while (blossom >= m->n) blossom = m->first[blossom];
  return blossom;
}

uint32_t sl_weighted_next_node(const sl_weighted *m, uint32_t blossom, uint32_t node) {
  while (node != blossom && m->next[node] == m->first[m->parent[node]]) node = m->parent[node];
  return node == blossom ? NONE : sl_weighted_first_node(m, m->next[node]);
}

void sl_weighted_label(sl_weighted *m, uint32_t node, uint8_t label, uint32_t end) {
  for (;;) {
    const uint32_t b = m->inside[node];
    m->label[node] = m->label[b] = label;
    m->label_end[node] = m->label_end[b] = end;
    m->best[node] = m->best[b] = NONE;
    if (label == SL_OUTER) {
      for (uint32_t u = sl_weighted_first_node(m, b); u != NONE; u = sl_weighted_next_node(m, b, u))
        m->queue[m->queue_count++] = u;
      return;
    }
    // What is matched to an inner one is outer.
    const uint32_t mate = m->mate[m->base[b]];
    node = m->node_at[mate];
    end = mate ^ 1;
    label = SL_OUTER;
  }
}

// From a node of an outer blossom to the outer one before it, on the way to the root.
static uint32_t two_back(const sl_weighted *m, uint32_t blossom) {
  const uint32_t end = m->label_end[blossom];
  if (end == NONE) return NONE;
  return m->node_at[m->label_end[m->inside[m->node_at[end]]]];
}

// The base of the first blossom that the ways from both ends to their roots share; NONE: none.
static uint32_t meet(sl_weighted *m, uint32_t v, uint32_t w) {
  uint32_t count = 0, found = NONE;
  while (v != NONE || w != NONE) {
    if (v != NONE) {
      const uint32_t b = m->inside[v];
      if (m->label[b] == SL_MARKED) {
        found = m->base[b];
        break;
      }
      m->path[count++] = b;
      m->label[b] = SL_MARKED;
      v = two_back(m, b);
    }
    const uint32_t other = w;
    w = v;
    v = other;
  }
  for (uint32_t i = 0; i < count; i++) m->label[m->path[i]] = SL_OUTER;
  m->work += count;
  return found;
}

static void look_for_best(sl_weighted *m, uint32_t blossom, uint32_t k) {
  if (m->best[blossom] == NONE || sl_weighted_slack(m, k) < sl_weighted_slack(m, m->best[blossom]))
    m->best[blossom] = k;
}

// The best edges of what has become one blossom: where one leads nowhere now another is looked for.
static void gather_best(sl_weighted *m, uint32_t blossom) {
  m->best[blossom] = NONE;
  uint32_t part = m->first[blossom];
  do {
    const uint32_t k = m->best[part];
    if (m->label[part] == SL_OUTER && k != NONE) {
      if (m->inside[m->node_at[2 * k]] != m->inside[m->node_at[2 * k + 1]]) {
        look_for_best(m, blossom, k);
      } else {
        for (uint32_t u = sl_weighted_first_node(m, part); u != NONE;
             u = sl_weighted_next_node(m, part, u)) {
          for (uint32_t i = m->rows[u]; i < m->rows[u + 1]; i++) {
            const uint32_t there = m->inside[m->node_at[m->away[i]]];
            if (there != blossom && m->label[there] == SL_OUTER)
              look_for_best(m, blossom, m->away[i] / 2);
          }
          m->work += m->rows[u + 1] - m->rows[u];
        }
      }
    }
    m->best[part] = NONE;
    part = m->next[part];
  } while (part != m->first[blossom]);
}

static void link_after(sl_weighted *m, uint32_t part, uint32_t next, uint32_t end) {
  m->next[part] = next;
  m->before[next] = part;
  m->link[part] = end;
}

static void make_blossom(sl_weighted *m, uint32_t base, uint32_t edge) {
  const uint32_t top = m->inside[base], b = m->unused[--m->unused_count];
  m->base[b] = base;
  m->first[b] = top;
  m->parent[b] = NONE;
  m->parent[top] = b;
  // Back from the first node: each part is linked to from the one before.
  uint32_t part = m->inside[m->node_at[2 * edge]], after = NONE;
  const uint32_t last = part;
  for (; part != top; part = m->inside[m->node_at[m->label_end[part]]]) {
    m->parent[part] = b;
    if (after != NONE) link_after(m, part, after, m->label_end[after]);
    after = part;
  }
  if (after != NONE) link_after(m, top, after, m->label_end[after]);
  // And back from the second one, from part to part.
  uint32_t from = last, end = 2 * edge;
  part = m->inside[m->node_at[2 * edge + 1]];
  for (; part != top; part = m->inside[m->node_at[m->label_end[part]]]) {
    m->parent[part] = b;
    link_after(m, from, part, end);
    from = part;
    end = m->label_end[part] ^ 1;
  }
  link_after(m, from, top, end);
  m->label[b] = SL_OUTER;
  m->label_end[b] = m->label_end[top];
  m->dual[b] = 0;
  for (uint32_t u = sl_weighted_first_node(m, b); u != NONE; u = sl_weighted_next_node(m, b, u)) {
    if (m->label[m->inside[u]] == SL_INNER) m->queue[m->queue_count++] = u;
    m->inside[u] = b;
    m->work++;
  }
  gather_best(m, b);
}

// The own end of the edge to the neighbour in the circle.
static uint32_t toward(const sl_weighted *m, uint32_t part, bool forward) {
  return forward ? m->link[part] : m->link[m->before[part]] ^ 1;
}
static uint32_t beside(const sl_weighted *m, uint32_t part, bool forward) {
  return forward ? m->next[part] : m->before[part];
}

// The way round on which an even number of steps leads from a part to the first one.
static bool even_way(const sl_weighted *m, uint32_t blossom, uint32_t part) {
  uint32_t steps = 0;
  for (uint32_t at = m->first[blossom]; at != part; at = m->next[at]) steps++;
  return steps % 2 == 1; // the circle is odd: forward, where it is an odd number from the first one
}

// Makes `node` the base of its blossom, by turning edges over between it and the present one.
static void rebase(sl_weighted *m, uint32_t blossom, uint32_t node) {
  uint32_t count = 0;
  if (blossom < m->n) return;
  m->tasks[count++] = blossom;
  m->tasks[count++] = node;
  while (count > 0) {
    const uint32_t v = m->tasks[--count], b = m->tasks[--count];
    uint32_t part = v;
    while (m->parent[part] != b) part = m->parent[part];
    const uint32_t entry = part;
    const bool forward = even_way(m, b, entry);
    if (part >= m->n) {
      m->tasks[count++] = part;
      m->tasks[count++] = v;
    }
    while (part != m->first[b]) {
      part = beside(m, part, forward);
      const uint32_t end = toward(m, part, forward);
      const uint32_t ends[2] = {end, end ^ 1};
      for (int i = 0; i < 2; i++) {
        if (part >= m->n) {
          m->tasks[count++] = part;
          m->tasks[count++] = m->node_at[ends[i]];
        }
        if (i == 0) part = beside(m, part, forward);
        m->mate[m->node_at[ends[i]]] = ends[1 - i];
      }
      m->work += 2;
    }
    m->first[b] = entry;
    m->base[b] = v;
  }
}

static void augment(sl_weighted *m, uint32_t edge) {
  for (uint32_t side = 0; side < 2; side++) {
    uint32_t node = m->node_at[2 * edge + side], far = 2 * edge + 1 - side;
    for (;;) {
      const uint32_t outer = m->inside[node];
      rebase(m, outer, node);
      m->mate[node] = far;
      if (m->label_end[outer] == NONE) break;
      const uint32_t inner = m->inside[m->node_at[m->label_end[outer]]];
      const uint32_t end = m->label_end[inner], entry = m->node_at[end ^ 1];
      rebase(m, inner, entry);
      m->mate[entry] = end;
      node = m->node_at[end];
      far = end ^ 1;
      m->work++;
    }
  }
}

bool sl_weighted_join(sl_weighted *m, uint32_t edge) {
  const uint32_t base = meet(m, m->node_at[2 * edge], m->node_at[2 * edge + 1]);
  if (base == NONE) {
    augment(m, edge);
    return true;
  }
  make_blossom(m, base, edge);
  return false;
}

// The parts of an inner blossom between where it was reached and its base stay in the tree, outer and
// inner in turn; others are free, unless a tight edge has reached one of their nodes.
static void relabel_parts(sl_weighted *m, uint32_t b) {
  uint32_t end = m->label_end[b];
  const uint32_t entry = m->inside[m->node_at[end ^ 1]];
  const bool forward = even_way(m, b, entry);
  uint32_t part = entry;
  while (part != m->first[b]) {
    const uint32_t there = toward(m, part, forward);
    m->label[m->node_at[end ^ 1]] = SL_FREE;
    m->label[m->node_at[there ^ 1]] = SL_FREE;
    sl_weighted_label(m, m->node_at[end ^ 1], SL_INNER, end);
    m->tight[there / 2] = true;
    part = beside(m, part, forward);
    end = toward(m, part, forward);
    m->tight[end / 2] = true;
    part = beside(m, part, forward);
  }
  m->label[m->node_at[end ^ 1]] = m->label[part] = SL_INNER;
  m->label_end[m->node_at[end ^ 1]] = m->label_end[part] = end;
  m->best[part] = NONE;
  for (part = beside(m, part, forward); part != entry; part = beside(m, part, forward)) {
    if (m->label[part] == SL_OUTER) continue;
    uint32_t reached = sl_weighted_first_node(m, part);
    while (reached != NONE && m->label[reached] == SL_FREE)
      reached = sl_weighted_next_node(m, part, reached);
    if (reached == NONE) continue;
    m->label[reached] = SL_FREE;
    m->label[m->node_at[m->mate[m->base[part]]]] = SL_FREE;
    sl_weighted_label(m, reached, SL_INNER, m->label_end[reached]);
  }
}

void sl_weighted_open(sl_weighted *m, uint32_t blossom, bool at_end) {
  uint32_t count = 0;
  m->tasks[count++] = blossom;
  while (count > 0) {
    const uint32_t b = m->tasks[--count];
    uint32_t part = m->first[b];
    do {
      const bool opened = at_end && part >= m->n && m->dual[part] == 0;
      if (opened)
        m->tasks[count++] = part;
      else
        for (uint32_t u = sl_weighted_first_node(m, part); u != NONE;
             u = sl_weighted_next_node(m, part, u))
          m->inside[u] = part;
      m->parent[part] = NONE;
      part = m->next[part];
    } while (part != m->first[b]);
    if (!at_end && m->label[b] == SL_INNER) relabel_parts(m, b);
    m->label[b] = SL_FREE;
    m->base[b] = m->first[b] = m->best[b] = NONE;
    m->unused[m->unused_count++] = b;
  }
}
