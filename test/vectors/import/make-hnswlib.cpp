// Writes the files of hnswlib that test/import reads, with what hnswlib itself finds in them (neighbours.json).
//
//   npm pack hnswlib-node@3.0.0 && tar xzf hnswlib-node-3.0.0.tgz
//   g++ -O2 -std=c++17 -I package/src/hnswlib make-hnswlib.cpp -o make-hnswlib && ./make-hnswlib .
//
// 40 vectors of 6 numbers from a linear congruential generator, labels 3 i + 5; element 7 is marked as deleted. For 'cosine' the
// vectors are scaled to length 1, as hnswlib-node does before it adds them.
#include "hnswlib.h"
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

static uint32_t state = 12345;
static float number() {
  state = state * 1664525u + 1013904223u;
  return (float)((int32_t)(state >> 8) - (1 << 23)) / (float)(1 << 23);
}

int main(int argc, char **argv) {
  const std::string folder = argc > 1 ? argv[1] : ".";
  const int dimension = 6, count = 40;
  std::vector<float> vectors(dimension * count), query(dimension);
  for (float &x : vectors) x = number();
  for (float &x : query) x = number();
  auto unit = [&](const float *from) {
    std::vector<float> scaled(from, from + dimension);
    float sum = 0;
    for (float x : scaled) sum += x * x;
    for (float &x : scaled) x /= std::sqrt(sum) + 1e-30f;
    return scaled;
  };
  std::ofstream json(folder + "/neighbours.json");
  json << "{";
  for (const std::string space : {"l2", "ip", "cosine"}) {
    std::unique_ptr<hnswlib::SpaceInterface<float>> metric;
    if (space == "l2") metric.reset(new hnswlib::L2Space(dimension));
    else metric.reset(new hnswlib::InnerProductSpace(dimension));
    hnswlib::HierarchicalNSW<float> graph(metric.get(), 64, 8, 50, 100, true);
    hnswlib::BruteforceSearch<float> flat(metric.get(), 64);
    for (int i = 0; i < count; i++) {
      const float *from = &vectors[i * dimension];
      const std::vector<float> own =
          space == "cosine" ? unit(from) : std::vector<float>(from, from + dimension);
      graph.addPoint(own.data(), 3 * i + 5);
      if (i != 7) flat.addPoint(own.data(), 3 * i + 5);
    }
    graph.markDelete(3 * 7 + 5);
    graph.saveIndex(folder + "/hnswlib-" + space + ".bin");
    if (space == "l2") flat.saveIndex(folder + "/hnswlib-flat.bin");
    graph.setEf(64);
    const std::vector<float> asked = space == "cosine" ? unit(query.data()) : query;
    auto found = graph.searchKnnCloserFirst(asked.data(), 5);
    json << (space == "l2" ? "" : ",") << "\n  \"" << space << "\": [";
    for (size_t i = 0; i < found.size(); i++) {
      char text[64];
      std::snprintf(text, sizeof text, "%s[%zu, %.9g]", i ? ", " : "", found[i].second, found[i].first);
      json << text;
    }
    json << "]";
  }
  json << ",\n  \"query\": [";
  for (int j = 0; j < dimension; j++) {
    char text[32];
    std::snprintf(text, sizeof text, "%s%.9g", j ? ", " : "", query[j]);
    json << text;
  }
  json << "]\n}\n";
}
