// Rankings that are to settle: the top k as far as a small budget shows them, with what has not
// been pushed yet taken as mixed.
#include <string.h>

#include "base/memory.h"
#include "diffusion/method.h"
#include "diffusion/top.h"

#define MOST_HUBS 4096u

static sl_status find_hubs(sl_pagerank *p) {
  if (p->settling.hubs != NULL) return SL_OK;
  const uint32_t n = p->run.graph->node_count, most = n < MOST_HUBS ? n : MOST_HUBS;
  SL_TRY(sl_diffusion_reserve_listing(&p->run, most));
  sl_diffusion_top heap = {p->run.listing.nodes, p->run.listing.scores, 0, most};
  for (uint32_t u = 0; u < n; u++) sl_diffusion_top_offer(&heap, u, p->run.strength[u]);
  sl_diffusion_top_sort(&heap);
  SL_TRY(SL_ALLOC(&p->settling.hubs, most));
  memcpy(p->settling.hubs, heap.nodes, most * sizeof *p->settling.hubs);
  p->settling.hub_count = most;
  return SL_OK;
}

sl_status sl_diffusion_settle_prepare(sl_pagerank *p) {
  if (p->run.graph->directed) return SL_OK;
  SL_TRY(sl_diffusion_find_components(p));
  return find_hubs(p);
}

// share[c] = d (residual in component c) / strength of c, for the components with touched nodes;
// all others are 0 and stay so. Returns the largest.
static double find_shares(sl_pagerank *p) {
  double *share = p->components.residual, largest = 0;
  if (p->components.count == 1 && p->components.strength[0] > 0) {
    return share[0] = p->options.damping * p->run.residual / p->components.strength[0];
  }
  for (uint32_t i = 0; i < p->run.touched_count; i++) {
    const uint32_t u = p->run.touched[i], c = p->components.of[u];
    if (p->run.strength[u] > 0)
      share[c] += p->options.damping * p->run.r[u] / p->components.strength[c];
    if (share[c] > largest) largest = share[c];
  }
  return largest;
}

static void clear_shares(sl_pagerank *p) {
  double *share = p->components.residual;
  for (uint32_t i = 0; i < p->run.touched_count; i++)
    share[p->components.of[p->run.touched[i]]] = 0;
}

static bool in_hubs(const sl_pagerank *p, uint32_t node) {
  const uint32_t last = p->settling.hubs[p->settling.hub_count - 1];
  return node == last ||
         sl_diffusion_better(p->run.strength[node], node, p->run.strength[last], last);
}

// Offers nodes that push has not reached. They are worth share * strength, so the strongest come
// first and the search ends where no better one can follow.
static void offer_untouched(const sl_pagerank *p, sl_diffusion_top *heap, double largest) {
  const double *share = p->components.residual;
  for (uint32_t i = 0; i < p->settling.hub_count; i++) {
    const uint32_t u = p->settling.hubs[i];
    if (heap->count == heap->capacity && largest * p->run.strength[u] <= heap->scores[0]) return;
    if (share[p->components.of[u]] > 0 && p->run.x[u] + p->run.r[u] == 0) {
      sl_diffusion_top_offer(heap, u, share[p->components.of[u]] * p->run.strength[u]);
    }
  }
  for (uint32_t u = 0; u < p->run.graph->node_count; u++) {
    if (share[p->components.of[u]] > 0 && p->run.x[u] + p->run.r[u] == 0 && !in_hubs(p, u)) {
      sl_diffusion_top_offer(heap, u, share[p->components.of[u]] * p->run.strength[u]);
    }
  }
}

// Offers (1 - d) (x + r) plus, on undirected graphs, d times what each node gets of its component's
// residual once walks have mixed: the exact effect of the residual's part along the stationary
// distribution (strength / component's strength). sl_diffusion_certify bounds the error of just
// this estimate.
static void offer_refined(sl_pagerank *p, sl_diffusion_top *heap) {
  const double kept = 1 - p->options.damping;
  const bool mixed = !p->run.graph->directed;
  double *share = p->components.residual;
  const double largest = mixed ? find_shares(p) : 0;
  const bool connected = mixed && p->components.count == 1;
  for (uint32_t i = 0; i < p->run.touched_count; i++) {
    const uint32_t u = p->run.touched[i];
    const double near = kept * (p->run.x[u] + p->run.r[u]);
    const double far = mixed ? share[connected ? 0 : p->components.of[u]] * p->run.strength[u] : 0;
    if (near > 0) sl_diffusion_top_offer(heap, u, near + far);
  }
  if (!mixed) return;
  offer_untouched(p, heap, largest);
  clear_shares(p);
}

// Takes the first step of the residual exactly for the candidates, by looking at their neighbours:
// (1 - d) (x + r + d (P^T r)_v) + d^2 (what has mixed then). Undirected graphs only.
static void look_around(sl_pagerank *p, sl_diffusion_top *heap) {
  const sl_csr *edges = p->run.graph->outgoing;
  const double damping = p->options.damping, kept = 1 - damping;
  const double *share = p->components.residual;
  find_shares(p);
  for (uint32_t i = 0; i < heap->count; i++) {
    const uint32_t v = heap->nodes[i], end = edges->row_pointers[v + 1];
    double inflow = 0;
    for (uint32_t k = edges->row_pointers[v]; k < end; k++) {
      const uint32_t u = edges->columns[k];
      inflow += sl_csr_value(edges, k) * p->run.r[u] * p->run.inverse_strength[u];
    }
    heap->scores[i] = kept * (p->run.x[v] + p->run.r[v] + damping * inflow) +
                      damping * share[p->components.of[v]] * p->run.strength[v];
    p->run.edge_operations += end - edges->row_pointers[v];
  }
  clear_shares(p);
}

sl_status sl_diffusion_settled_changes(sl_pagerank *p, uint32_t *changed) {
  const uint32_t k = p->options.top_k;
  SL_TRY(sl_diffusion_reserve_listing(&p->run, k));
  if (p->settling.capacity < 2 * k) {
    SL_TRY(SL_REALLOC(&p->settling.previous, 2 * (size_t)k));
    p->settling.capacity = 2 * k;
  }
  sl_diffusion_top heap = {p->run.listing.nodes, p->run.listing.scores, 0, k};
  offer_refined(p, &heap);
  uint32_t *before = p->settling.previous, *now = p->settling.previous + k;
  memcpy(now, heap.nodes, heap.count * sizeof *now);
  sl_diffusion_sort_ascending(now, heap.count);
  uint32_t common = 0;
  for (uint32_t i = 0, j = 0; i < p->settling.count && j < heap.count;) {
    common += before[i] == now[j];
    if (before[i] < now[j])
      i++;
    else if (before[i] > now[j])
      j++;
    else
      i++, j++;
  }
  *changed = p->settling.count == 0 ? UINT32_MAX : heap.count - common;
  memcpy(before, now, heap.count * sizeof *now);
  p->settling.count = p->run.listing.count = heap.count;
  return SL_OK;
}

sl_status sl_diffusion_settle_list(sl_pagerank *p) {
  const uint32_t k = p->options.top_k;
  // Some more than asked for, to choose from.
  const uint32_t wanted = 2 * k + 16;
  SL_TRY(sl_diffusion_reserve_listing(&p->run, wanted));
  sl_diffusion_top heap = {p->run.listing.nodes, p->run.listing.scores, 0, wanted};
  offer_refined(p, &heap);
  if (!p->run.graph->directed) {
    look_around(p, &heap);
    sl_diffusion_top_restore(&heap);
  }
  const double scale = p->run.certificate.scale / (1 - p->options.damping);
  for (uint32_t i = 0; i < heap.count; i++) heap.scores[i] *= scale;
  sl_diffusion_top_sort(&heap);
  p->run.listing.count = heap.count < k ? heap.count : k;
  return SL_OK;
}
