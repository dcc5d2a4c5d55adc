// Nearest neighbours in C++: an HNSW index of 5,000 points, saved, loaded again, and compared with
// an exact search. Link with `pkg-config --cflags --libs sublinear`.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include <sublinear/base/version.h>
#include <sublinear/hnsw/file.h>
#include <sublinear/hnsw/flat.h>
#include <sublinear/hnsw/hnsw.h>

namespace {

void check(sl_status status, const char *what) {
  if (status == SL_OK) return;
  const sl_error *error = sl_last_error();
  std::fprintf(stderr, "%s: %s (%s: expected %s)\n", what, sl_status_text(status), error->argument,
               error->expected);
  std::exit(1);
}

struct Destroy {
  void operator()(sl_hnsw *index) const { sl_hnsw_destroy(index); }
  void operator()(sl_flat *index) const { sl_flat_destroy(index); }
};

} // namespace

int main() {
  constexpr uint32_t count = 5000, dimension = 24, queries = 200, k = 10;
  std::vector<uint32_t> ids(count);
  std::vector<float> points(count * dimension);
  uint32_t seed = 1;
  for (uint32_t i = 0; i < count; i++) ids[i] = i;
  for (float &x : points) {
    seed = seed * 1664525u + 1013904223u; // Numerical Recipes' generator
    x = static_cast<float>(seed >> 8) / (1 << 24);
  }

  sl_hnsw_options options = sl_hnsw_options_default();
  options.metric = SL_METRIC_EUCLIDEAN;
  options.dimension = dimension;
  sl_hnsw *made = nullptr;
  sl_flat *flat = nullptr;
  uint32_t added = 0;
  check(sl_hnsw_create(&options, &made), "create");
  std::unique_ptr<sl_hnsw, Destroy> index(made);
  check(sl_hnsw_add(index.get(), ids.data(), points.data(), count, SL_DUPLICATE_ERROR, &added),
        "add");
  check(sl_flat_create(SL_METRIC_EUCLIDEAN, dimension, 1, count, &flat), "create");
  std::unique_ptr<sl_flat, Destroy> exact(flat);
  check(sl_flat_add(exact.get(), ids.data(), points.data(), count, SL_DUPLICATE_ERROR, &added),
        "add");

  std::vector<uint8_t> file(sl_hnsw_file_size(index.get()));
  uint32_t written = 0;
  check(sl_hnsw_save(index.get(), 0, file.data(), static_cast<uint32_t>(file.size()), &written),
        "save");
  check(sl_hnsw_load(file.data(), file.size(), true, &made), "load");
  index.reset(made);

  std::vector<uint32_t> found(queries * k), right(queries * k), counts(queries);
  std::vector<float> distances(queries * k);
  check(sl_hnsw_search(index.get(), points.data(), queries, k, 100, nullptr, found.data(),
                       distances.data(), counts.data()),
        "search");
  check(sl_flat_search(exact.get(), points.data(), queries, k, nullptr, right.data(),
                       distances.data(), counts.data()),
        "search");
  uint32_t hits = 0;
  for (uint32_t q = 0; q < queries; q++) {
    for (uint32_t i = 0; i < k; i++) {
      for (uint32_t j = 0; j < k; j++) hits += found[q * k + i] == right[q * k + j];
    }
  }
  std::printf("sublinear %s\n", sl_version());
  std::printf("%zu bytes saved, recall %.3f\n", file.size(), hits / double(queries * k));
  return 0;
}

// prints: [0-9]+ bytes saved, recall (0[.]9[0-9][0-9]|1[.]000)
