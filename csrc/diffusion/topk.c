// Results: the top k by a bounded heap, or every node that has a score.
#include "diffusion/state.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define MOST_HUBS 4096u

// The order of results: by falling score, ties by rising node.
static bool better(double score, uint32_t node, double other_score, uint32_t other_node) {
  return score > other_score || (score == other_score && node < other_node);
}

// A heap in (nodes, scores) whose root is the worst of its `count` entries.
typedef struct top_heap {
  uint32_t *nodes;
  double *scores;
  uint32_t count, capacity;
} top_heap;

static void sift_down(top_heap *heap, uint32_t count, uint32_t node, double score) {
  uint32_t at = 0;
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && better(heap->scores[child], heap->nodes[child],
                                    heap->scores[child + 1], heap->nodes[child + 1])) {
      child++;
    }
    if (!better(score, node, heap->scores[child], heap->nodes[child])) break;
    heap->nodes[at] = heap->nodes[child];
    heap->scores[at] = heap->scores[child];
    at = child;
  }
  heap->nodes[at] = node;
  heap->scores[at] = score;
}

static void offer(top_heap *heap, uint32_t node, double score) {
  if (heap->count == heap->capacity) {
    if (better(score, node, heap->scores[0], heap->nodes[0])) {
      sift_down(heap, heap->count, node, score);
    }
    return;
  }
  uint32_t at = heap->count++;
  while (at > 0) {
    const uint32_t parent = (at - 1) / 2;
    if (!better(heap->scores[parent], heap->nodes[parent], score, node)) break;
    heap->nodes[at] = heap->nodes[parent];
    heap->scores[at] = heap->scores[parent];
    at = parent;
  }
  heap->nodes[at] = node;
  heap->scores[at] = score;
}

static void heapify(top_heap *heap) {
  const uint32_t count = heap->count;
  heap->count = 0;
  for (uint32_t i = 0; i < count; i++) offer(heap, heap->nodes[i], heap->scores[i]);
}

static void sort_best_first(top_heap *heap) {
  for (uint32_t last = heap->count; last-- > 1;) {
    const uint32_t node = heap->nodes[last];
    const double score = heap->scores[last];
    heap->nodes[last] = heap->nodes[0];
    heap->scores[last] = heap->scores[0];
    sift_down(heap, last, node, score);
  }
}

static void sort_ascending(uint32_t *values, uint32_t count) {
  for (uint32_t build = count / 2 + count; build-- > 1;) {
    // The first half of the steps builds the heap, the second half takes the largest off it.
    const uint32_t size = build < count ? build : count;
    uint32_t at = build < count ? 0 : build - count;
    uint32_t value = values[at];
    if (build < count) {
      value = values[build];
      values[build] = values[0];
    }
    for (uint32_t child; (child = 2 * at + 1) < size; at = child) {
      if (child + 1 < size && values[child + 1] > values[child]) child++;
      if (values[child] <= value) break;
      values[at] = values[child];
    }
    values[at] = value;
  }
}

// One block, scores before nodes. What was in it is lost.
static sl_status reserve_results(sl_pagerank *p, uint32_t count) {
  if (count <= p->result_capacity) return SL_OK;
  double *block;
  SL_TRY(sl_alloc(count, sizeof *p->result_scores + sizeof *p->result_nodes, (void **)&block));
  sl_free(p->result_scores);
  p->result_scores = block;
  p->result_nodes = (uint32_t *)(block + count);
  p->result_capacity = count;
  return SL_OK;
}

sl_status sl_diffusion_find_hubs(sl_pagerank *p) {
  if (p->hubs != NULL) return SL_OK;
  const uint32_t n = p->graph->node_count, most = n < MOST_HUBS ? n : MOST_HUBS;
  SL_TRY(reserve_results(p, most));
  top_heap heap = {p->result_nodes, p->result_scores, 0, most};
  for (uint32_t u = 0; u < n; u++) offer(&heap, u, p->strength[u]);
  sort_best_first(&heap);
  SL_TRY(SL_ALLOC(&p->hubs, most));
  memcpy(p->hubs, heap.nodes, most * sizeof *p->hubs);
  p->hub_count = most;
  return SL_OK;
}

// share[c] = d (residual in component c) / strength of c, for the components with touched nodes;
// all others are 0 and stay so. Returns the largest.
static double find_shares(sl_pagerank *p) {
  double *share = p->component_residual, largest = 0;
  if (p->component_count == 1 && p->component_strength[0] > 0) {
    return share[0] = p->options.damping * p->residual / p->component_strength[0];
  }
  for (uint32_t i = 0; i < p->touched_count; i++) {
    const uint32_t u = p->touched[i], c = p->component[u];
    if (p->strength[u] > 0) share[c] += p->options.damping * p->r[u] / p->component_strength[c];
    if (share[c] > largest) largest = share[c];
  }
  return largest;
}

static void clear_shares(sl_pagerank *p) {
  double *share = p->component_residual;
  for (uint32_t i = 0; i < p->touched_count; i++) share[p->component[p->touched[i]]] = 0;
}

static bool in_hubs(const sl_pagerank *p, uint32_t node) {
  const uint32_t last = p->hubs[p->hub_count - 1];
  return node == last || better(p->strength[node], node, p->strength[last], last);
}

// Offers nodes that push has not reached. They are worth share * strength, so the strongest come
// first and the search ends where no better one can follow.
static void offer_untouched(const sl_pagerank *p, top_heap *heap, double largest) {
  const double *share = p->component_residual;
  for (uint32_t i = 0; i < p->hub_count; i++) {
    const uint32_t u = p->hubs[i];
    if (heap->count == heap->capacity && largest * p->strength[u] <= heap->scores[0]) return;
    if (share[p->component[u]] > 0 && p->x[u] + p->r[u] == 0) {
      offer(heap, u, share[p->component[u]] * p->strength[u]);
    }
  }
  for (uint32_t u = 0; u < p->graph->node_count; u++) {
    if (share[p->component[u]] > 0 && p->x[u] + p->r[u] == 0 && !in_hubs(p, u)) {
      offer(heap, u, share[p->component[u]] * p->strength[u]);
    }
  }
}

// Offers (1 - d) (x + r) plus, on undirected graphs, d times what each node gets of its component's
// residual once walks have mixed: the exact effect of the residual's part along the stationary
// distribution (strength / component's strength). sl_diffusion_certify bounds the error of just
// this estimate.
static void offer_refined(sl_pagerank *p, top_heap *heap) {
  const double kept = 1 - p->options.damping;
  const bool mixed = !p->graph->directed;
  double *share = p->component_residual;
  const double largest = mixed ? find_shares(p) : 0;
  const bool connected = mixed && p->component_count == 1;
  for (uint32_t i = 0; i < p->touched_count; i++) {
    const uint32_t u = p->touched[i];
    const double near = kept * (p->x[u] + p->r[u]);
    const double far = mixed ? share[connected ? 0 : p->component[u]] * p->strength[u] : 0;
    if (near > 0) offer(heap, u, near + far);
  }
  if (!mixed) return;
  offer_untouched(p, heap, largest);
  clear_shares(p);
}

// Takes the first step of the residual exactly for the candidates, by looking at their neighbours:
// (1 - d) (x + r + d (P^T r)_v) + d^2 (what has mixed then). Undirected graphs only.
static void look_around(sl_pagerank *p, top_heap *heap) {
  const sl_csr *edges = p->graph->outgoing;
  const double damping = p->options.damping, kept = 1 - damping;
  const double *share = p->component_residual;
  find_shares(p);
  for (uint32_t i = 0; i < heap->count; i++) {
    const uint32_t v = heap->nodes[i], end = edges->row_pointers[v + 1];
    double inflow = 0;
    for (uint32_t k = edges->row_pointers[v]; k < end; k++) {
      const uint32_t u = edges->columns[k];
      inflow += sl_csr_value(edges, k) * p->r[u] * p->inverse_strength[u];
    }
    heap->scores[i] = kept * (p->x[v] + p->r[v] + damping * inflow) +
                      damping * share[p->component[v]] * p->strength[v];
    p->edge_operations += end - edges->row_pointers[v];
  }
  clear_shares(p);
}

static uint32_t places(const sl_pagerank *p) {
  const uint32_t n = p->graph->node_count;
  return p->options.top_k < n ? p->options.top_k : n;
}

sl_status sl_diffusion_settled_changes(sl_pagerank *p, uint32_t *changed) {
  const uint32_t k = places(p);
  SL_TRY(reserve_results(p, k));
  if (p->previous_capacity < 2 * k) {
    SL_TRY(SL_REALLOC(&p->previous_top, 2 * (size_t)k));
    p->previous_capacity = 2 * k;
  }
  top_heap heap = {p->result_nodes, p->result_scores, 0, k};
  offer_refined(p, &heap);
  uint32_t *before = p->previous_top, *now = p->previous_top + k;
  memcpy(now, heap.nodes, heap.count * sizeof *now);
  sort_ascending(now, heap.count);
  uint32_t common = 0;
  for (uint32_t i = 0, j = 0; i < p->previous_count && j < heap.count;) {
    common += before[i] == now[j];
    if (before[i] < now[j])
      i++;
    else if (before[i] > now[j])
      j++;
    else
      i++, j++;
  }
  *changed = p->previous_count == 0 ? UINT32_MAX : heap.count - common;
  memcpy(before, now, heap.count * sizeof *now);
  p->previous_count = p->result_count = heap.count;
  return SL_OK;
}

// A place is proved when the gaps to both neighbours exceed the L1 bound: two scores that are off
// by e_1 and e_2 with |e_1| + |e_2| <= bound cannot change their order then.
static uint32_t count_proved(const sl_pagerank *p, uint32_t count, double next, bool all_listed) {
  uint32_t proved = 0;
  bool above = true;
  for (uint32_t i = 0; i < count; i++) {
    const bool last = i + 1 == count;
    const double below = last ? next : p->result_scores[i + 1];
    const bool gap = (last && all_listed) || p->result_scores[i] - below > p->bound;
    proved += above && gap;
    above = gap;
  }
  return proved;
}

static sl_status collect_top(sl_pagerank *p, uint32_t *proved) {
  const uint32_t k = places(p), n = p->graph->node_count;
  // One more than asked for, to know the gap after the last; to settle a ranking, some more to
  // choose from.
  const uint32_t wanted = p->options.settle_ranking ? 2 * k + 16 : k + 1;
  SL_TRY(reserve_results(p, wanted));
  top_heap heap = {p->result_nodes, p->result_scores, 0, wanted};
  if (p->options.settle_ranking) {
    offer_refined(p, &heap);
    if (!p->graph->directed) {
      look_around(p, &heap);
      heapify(&heap);
    }
    for (uint32_t i = 0; i < heap.count; i++) heap.scores[i] *= p->scale / (1 - p->options.damping);
  } else {
    const uint32_t count = p->dense ? n : p->touched_count;
    for (uint32_t i = 0; i < count; i++) {
      const uint32_t u = p->dense ? i : p->touched[i];
      const double value = sl_diffusion_final_x(p, u);
      if (value > 0) offer(&heap, u, value * p->scale);
    }
  }
  sort_best_first(&heap);
  p->result_count = heap.count < k ? heap.count : k;
  const double next = heap.count > k ? heap.scores[k] : 0;
  if (p->options.settle_ranking) return SL_OK;
  *proved = count_proved(p, p->result_count, next, p->result_count == n);
  return SL_OK;
}

static sl_status collect_touched(sl_pagerank *p) {
  const uint32_t n = p->graph->node_count;
  // Going through all nodes is faster than sorting once many are touched.
  const bool scan = p->dense || p->touched_count > n / 16;
  const uint32_t listed = scan ? n : p->touched_count;
  uint32_t count = 0;
  for (uint32_t i = 0; i < listed; i++)
    count += sl_diffusion_final_x(p, scan ? i : p->touched[i]) > 0;
  SL_TRY(reserve_results(p, count));
  p->result_count = count;
  count = 0;
  for (uint32_t i = 0; i < listed; i++) {
    const uint32_t u = scan ? i : p->touched[i];
    if (sl_diffusion_final_x(p, u) > 0) p->result_nodes[count++] = u;
  }
  if (!scan) sort_ascending(p->result_nodes, count);
  for (uint32_t i = 0; i < count; i++) {
    p->result_scores[i] = sl_diffusion_final_x(p, p->result_nodes[i]) * p->scale;
  }
  return SL_OK;
}

sl_status sl_diffusion_collect(sl_pagerank *p, uint32_t *proved) {
  *proved = 0;
  if (p->options.top_k > 0) return collect_top(p, proved);
  return collect_touched(p);
}
