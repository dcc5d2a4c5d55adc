// igraph's and Boost's distances, breadth-first search and betweenness, and igraph's Leiden, on one
// undirected weighted graph. The graphs are built before the clock starts.
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>
#include <string>
#include <utility>
#include <vector>

#include "edges.h"

namespace {

struct Arc {
  double length;
};
using Roads = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, Arc>;

Roads roads;
std::vector<double> result;

void load(const char *path) {
  std::vector<std::pair<uint32_t, uint32_t>> ends;
  std::vector<Arc> arcs;
  uint32_t nodes = 0;
  peer_edges(
      path, [&](uint32_t n) { nodes = n; },
      [&](uint32_t from, uint32_t to, double weight) {
        ends.emplace_back(from, to);
        ends.emplace_back(to, from);
        arcs.insert(arcs.end(), 2, Arc{weight});
      });
  roads = Roads(boost::edges_are_unsorted, ends.begin(), ends.end(), arcs.begin(), nodes);
}

void copy(const igraph_vector_t &values) {
  result.assign(VECTOR(values), VECTOR(values) + igraph_vector_size(&values));
}

// `tolerance` is the seed of what is random.
const char *run(const char *method, double tolerance, peer_answer *answer) {
  const std::string name = method;
  const igraph_integer_t n = igraph_vcount(&graph);
  double start = 0, stop = 0;
  if (name == "dijkstra" || name == "steps") {
    igraph_matrix_t found;
    igraph_matrix_init(&found, 0, 0);
    start = peer_now();
    if (name == "steps")
      igraph_distances(&graph, &found, igraph_vss_1(0), igraph_vss_all(), IGRAPH_ALL);
    else
      igraph_distances_dijkstra(&graph, &found, igraph_vss_1(0), igraph_vss_all(), &weights,
                                IGRAPH_ALL);
    stop = peer_now();
    result.assign(&MATRIX(found, 0, 0), &MATRIX(found, 0, 0) + n);
    igraph_matrix_destroy(&found);
  } else if (name == "boost") {
    std::vector<double> distance(n);
    std::vector<Roads::vertex_descriptor> before(n);
    start = peer_now();
    boost::dijkstra_shortest_paths(roads, 0,
                                   boost::weight_map(get(&Arc::length, roads))
                                       .distance_map(boost::make_iterator_property_map(
                                           distance.begin(), get(boost::vertex_index, roads)))
                                       .predecessor_map(boost::make_iterator_property_map(
                                           before.begin(), get(boost::vertex_index, roads))));
    stop = peer_now();
    for (double &each : distance)
      if (each == std::numeric_limits<double>::max())
        each = std::numeric_limits<double>::infinity();
    result = distance;
  } else if (name == "betweenness") {
    igraph_vector_t scores;
    igraph_vector_init(&scores, n);
    start = peer_now();
    igraph_betweenness(&graph, &scores, igraph_vss_all(), false, nullptr);
    stop = peer_now();
    copy(scores);
    igraph_vector_destroy(&scores);
  } else if (name == "leiden") {
    // Modularity: strengths of the nodes, resolution 1 / (2 m).
    igraph_vector_t degree;
    igraph_vector_int_t membership;
    igraph_integer_t count;
    igraph_real_t quality;
    igraph_vector_init(&degree, n);
    igraph_vector_int_init(&membership, n);
    igraph_rng_seed(igraph_rng_default(), static_cast<igraph_uint_t>(tolerance) + 1);
    start = peer_now();
    igraph_strength(&graph, &degree, igraph_vss_all(), IGRAPH_ALL, IGRAPH_LOOPS, nullptr);
    igraph_community_leiden(&graph, nullptr, &degree,
                            1.0 / (2.0 * static_cast<double>(igraph_ecount(&graph))), 0.01, false,
                            2, &membership, &count, &quality);
    stop = peer_now();
    result.assign(VECTOR(membership), VECTOR(membership) + n);
    igraph_vector_int_destroy(&membership);
    igraph_vector_destroy(&degree);
  } else {
    return "unknown method";
  }
  answer->milliseconds = stop - start;
  answer->iterations = 0;
  answer->result = result.data();
  answer->length = result.size();
  return nullptr;
}

} // namespace

int main() { return peer_serve(load, run); }
