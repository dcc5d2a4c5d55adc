// What networkx and igraph say of ten thousand random graphs (test/vectors/graph/generate-random.py).
#define PEERS_OF_COMMUNITIES
#include "peers.h"

#include "communities/compare.h"
#include "communities_ask.h"

static void qualities(const peer_drawn *d, sl_communities *c) {
  double a[SL_COMMUNITIES_NUMBERS];
  const double resolutions[2] = {1, 0.5};
  for (int i = 0; i < 2 && d->count > 0; i++) {
    ask(c, SL_COMMUNITIES_QUALITY, UINT64_MAX, OPTIONS(1, 0, resolutions[i]), d->labels[0], d->n,
        a);
    peer_grid(PEER_MODULARITY, a[3]);
  }
  ask(c, SL_COMMUNITIES_QUALITY, UINT64_MAX, OPTIONS(1, 1, 0.25), d->labels[0], d->n, a);
  peer_grid(PEER_POTTS, a[3]);
  // What is found is worth as much as it is said to be, and not less than these labels.
  for (int louvain = 0; louvain < 2; louvain++) {
    uint32_t labels[PEER_NODES];
    ask(c, louvain ? SL_COMMUNITIES_LOUVAIN : SL_COMMUNITIES_LEIDEN, UINT64_MAX,
        OPTIONS(1, 1, 0.25, 2, 0.01, d->number), d->labels[0], d->n, a);
    const double found = a[3], count = a[2];
    memcpy(labels, AT(uint32_t, a[4]), d->n * sizeof *labels);
    ask(c, SL_COMMUNITIES_QUALITY, UINT64_MAX, OPTIONS(1, 1, 0.25), labels, d->n, a);
    assert_true(a[3] == found && a[2] == count);
    ask(c, SL_COMMUNITIES_QUALITY, UINT64_MAX, OPTIONS(1, 1, 0.25), d->labels[0], d->n, a);
    assert_true(found >= a[3] - 1e-9);
  }
}

static void likeness(const peer_drawn *d) {
  double alike[SL_COMPARE_NUMBERS];
  assert_ok(sl_compare_labels(d->n, d->labels[0], d->labels[1], alike));
  peer_grid(PEER_ALIKE, alike[0]);
  peer_grid(PEER_ALIKE, alike[2]);
  if (d->n > 1) peer_grid(PEER_ALIKE, alike[3]);
  if (!(alike[4] == alike[5] && (alike[4] == 1 || alike[4] == d->n)))
    peer_grid(PEER_ALIKE, alike[1]);
}

static void propagation(const peer_drawn *d, sl_communities *c) {
  double a[SL_COMMUNITIES_NUMBERS];
  uint32_t seen[PEER_NODES], count = 0;
  if (d->directed) return;
  ask(c, SL_COMMUNITIES_PROPAGATION, UINT64_MAX, OPTIONS(0, 1, 0, INFINITY), NULL, 0, a);
  for (uint32_t u = 0; u < d->n; u++) {
    uint32_t i = 0;
    while (i < count && seen[i] != AT(uint32_t, a[4])[u]) i++;
    if (i == count) seen[count++] = AT(uint32_t, a[4])[u];
    peer_put(PEER_PROPAGATION, i);
  }
}

static void answer_all(const peer_drawn *d) {
  sl_communities *c;
  assert_ok(sl_communities_create(d->graph, &c));
  qualities(d, c);
  likeness(d);
  propagation(d, c);
  sl_communities_destroy(c);
}

static void random_graphs_as_networkx_and_igraph_see_them(void **state) {
  (void)state;
  peer_compare(answer_all);
}

int main(void) {
  const struct CMUnitTest tests[] = {property(random_graphs_as_networkx_and_igraph_see_them)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
