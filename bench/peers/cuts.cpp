// igraph's components, cores, triangles, spanning trees and minimum cuts, and Boost's maximum flow of
// Boykov and Kolmogorov, on one undirected weighted graph. The graphs are built before the clock starts.
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/boykov_kolmogorov_max_flow.hpp>
#include <string>
#include <vector>

#include "edges.h"

namespace {

using Traits = boost::adjacency_list_traits<boost::vecS, boost::vecS, boost::directedS>;
struct Arc {
  double capacity, residual;
  Traits::edge_descriptor reverse;
};
using Network =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, boost::no_property, Arc>;

Network network;
std::vector<double> result;

void load(const char *path) {
  peer_edges(
      path, [](uint32_t n) { network = Network(n); },
      [](uint32_t from, uint32_t to, double weight) {
        const auto there = add_edge(from, to, network).first;
        const auto back = add_edge(to, from, network).first;
        network[there].capacity = network[back].capacity = weight;
        network[there].reverse = back;
        network[back].reverse = there;
      });
}

double flow() {
  const size_t n = num_vertices(network);
  std::vector<Traits::edge_descriptor> before(n);
  std::vector<boost::default_color_type> colour(n);
  std::vector<long> distance(n);
  return boykov_kolmogorov_max_flow(network, get(&Arc::capacity, network),
                                    get(&Arc::residual, network), get(&Arc::reverse, network),
                                    before.data(), colour.data(), distance.data(),
                                    get(boost::vertex_index, network), 0, n - 1);
}

const char *run(const char *method, double, peer_answer *answer) {
  const std::string name = method;
  const igraph_integer_t n = igraph_vcount(&graph);
  double value = 0, start = 0, stop = 0;
  if (name == "components") {
    igraph_vector_int_t membership;
    igraph_integer_t count;
    igraph_vector_int_init(&membership, n);
    start = peer_now();
    igraph_connected_components(&graph, &membership, nullptr, &count, IGRAPH_WEAK);
    stop = peer_now();
    value = static_cast<double>(count);
    igraph_vector_int_destroy(&membership);
  } else if (name == "cores") {
    igraph_vector_int_t cores;
    igraph_vector_int_init(&cores, n);
    start = peer_now();
    igraph_coreness(&graph, &cores, IGRAPH_ALL);
    stop = peer_now();
    for (igraph_integer_t i = 0; i < n; i++) value += static_cast<double>(VECTOR(cores)[i]);
    igraph_vector_int_destroy(&cores);
  } else if (name == "triangles") {
    igraph_vector_t counts;
    igraph_vector_init(&counts, n);
    start = peer_now();
    igraph_adjacent_triangles(&graph, &counts, igraph_vss_all());
    stop = peer_now();
    for (igraph_integer_t i = 0; i < n; i++) value += VECTOR(counts)[i];
    igraph_vector_destroy(&counts);
  } else if (name == "spanning") {
    igraph_vector_int_t tree;
    igraph_vector_int_init(&tree, 0);
    start = peer_now();
    igraph_minimum_spanning_tree(&graph, &tree, &weights);
    stop = peer_now();
    for (igraph_integer_t i = 0; i < igraph_vector_int_size(&tree); i++)
      value += VECTOR(weights)[VECTOR(tree)[i]];
    igraph_vector_int_destroy(&tree);
  } else if (name == "blocks") {
    igraph_integer_t count;
    start = peer_now();
    igraph_biconnected_components(&graph, &count, nullptr, nullptr, nullptr, nullptr);
    stop = peer_now();
    value = static_cast<double>(count);
  } else if (name == "minimum") {
    igraph_real_t cut;
    start = peer_now();
    igraph_mincut_value(&graph, &cut, &weights);
    stop = peer_now();
    value = cut;
  } else if (name == "flow") {
    start = peer_now();
    value = flow();
    stop = peer_now();
  } else {
    return "unknown method";
  }
  result.assign(1, value);
  answer->milliseconds = stop - start;
  answer->iterations = 0;
  answer->result = result.data();
  answer->length = 1;
  return nullptr;
}

} // namespace

int main() { return peer_serve(load, run); }
