// igraph's personalised PageRank with PRPACK, its default and fastest method. The graph is built
// before the clock starts. PRPACK's own tolerance is fixed (1e-10); the asked one is ignored.
#include <igraph/igraph.h>

#include "protocol.h"

static igraph_t graph;
static bool loaded;
static uint32_t source;
static igraph_vector_t scores;

static void load(const char *path) {
  peer_graph g = peer_read_graph(path);
  igraph_vector_int_t edges;
  igraph_vector_int_init(&edges, 2 * (igraph_integer_t)g.edges);
  for (uint32_t u = 0, k = 0; u < g.n; u++) {
    for (; k < g.row_pointers[u + 1]; k++) {
      VECTOR(edges)[2 * (size_t)k] = u;
      VECTOR(edges)[2 * (size_t)k + 1] = g.columns[k];
    }
  }
  if (loaded) igraph_destroy(&graph);
  igraph_create(&graph, &edges, g.n, IGRAPH_DIRECTED);
  igraph_vector_int_destroy(&edges);
  source = g.source;
  loaded = true;
  free(g.row_pointers);
  free(g.columns);
}

static const char *run(const char *method, double tolerance, peer_answer *answer) {
  (void)tolerance;
  if (strcmp(method, "prpack") != 0) return "unknown method";
  igraph_vector_t reset;
  igraph_vector_init(&reset, igraph_vcount(&graph));
  VECTOR(reset)[source] = 1;
  double start = peer_now();
  igraph_error_t error = igraph_personalized_pagerank(&graph, IGRAPH_PAGERANK_ALGO_PRPACK, &scores, NULL,
                                                      igraph_vss_all(), IGRAPH_DIRECTED, 0.85, &reset, NULL, NULL);
  answer->milliseconds = peer_now() - start;
  igraph_vector_destroy(&reset);
  answer->iterations = 0;
  answer->result = VECTOR(scores);
  answer->length = (size_t)igraph_vector_size(&scores);
  return error == IGRAPH_SUCCESS ? NULL : igraph_strerror(error);
}

int main(void) {
  igraph_vector_init(&scores, 0);
  return peer_serve(load, run);
}
