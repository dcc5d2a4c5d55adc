#include "common.hpp"

extern "C" {
#include "base/bytes.h"
#include "hnsw/build.h"
#include "hnsw/file.h"
#include "hnsw/inverted.h"
#include "hnsw/view.h"
}

namespace {

// The u32 of sl_hnsw_stats, one after another.
sl_status stats(const sl_hnsw *index, void *out) {
  return sl_hnsw_stats_of(index, static_cast<sl_hnsw_stats *>(out));
}

sl_status freeze(sl_flat *flat) {
  sl_flat_freeze(flat);
  return SL_OK;
}

} // namespace

SL_OBJECT(sl_filter, sl_filter_destroy)
SL_OBJECT(sl_flat, sl_flat_destroy)
SL_OBJECT(sl_hnsw, sl_hnsw_destroy)
SL_OBJECT(sl_hnsw_build, sl_hnsw_build_destroy)
SL_OBJECT(sl_inverted, sl_inverted_destroy)

SL_FIELDS(sl_hnsw_options, metric, dimension, m, ef_construction, capacity, max_elements, seed,
          curvature, codes, exact, prefix)

EMSCRIPTEN_BINDINGS(hnsw) {
  sl::function<sl_crc32c>("crc32c");
  sl::object<sl_filter>("Filter")
      .create<sl_filter_create>("create")
      .create<sl_filter_from_bits>("fromBits")
      .field<&sl_filter::count>("count")
      .method<sl_filter_ids>("ids")
      .method<sl_filter_bytes>("bytes");
  sl::object<sl_flat>("Flat")
      .create<sl_flat_create_coded>("create")
      .create<sl_flat_load>("load")
      .create<sl_flat_read>("read")
      .method<sl_flat_metric>("metric")
      .method<sl_flat_dimension>("dimension")
      .method<sl_flat_add>("add")
      .method<sl_flat_remove>("remove")
      .method<sl_flat_remove_many>("removeMany")
      .method<sl_flat_shrink>("shrink")
      .method<freeze>("freeze")
      .method<sl_flat_is_frozen>("frozen")
      .method<sl_flat_search>("search")
      .method<sl_flat_search_radius>("searchRadius")
      .method<sl_flat_diversify>("diversify")
      .method<sl_flat_get>("get")
      .method<sl_flat_has>("has")
      .method<sl_flat_size>("size")
      .method<sl_flat_ids>("ids")
      .method<sl_flat_bytes>("bytes")
      .method<sl_flat_file_size>("fileSize")
      .method<sl_flat_save>("save");
  sl::defaults<sl_hnsw_options_default>("hnswDefaults");
  sl::function<sl_hnsw_estimate_bytes>("estimateHnswBytes");
  sl::object<sl_hnsw>("Hnsw")
      .create<sl_hnsw_create>("create")
      .create<sl_hnsw_load>("load")
      .create<sl_hnsw_read>("read")
      .method<sl_hnsw_metric>("metric")
      .method<sl_hnsw_dimension>("dimension")
      .method<sl_hnsw_freeze>("freeze")
      .method<sl_hnsw_is_frozen>("frozen")
      .method<sl_hnsw_reserve>("reserve")
      .method<sl_hnsw_add>("add")
      .method<sl_hnsw_stage>("stage")
      .method<sl_hnsw_add_staged>("addStaged")
      .method<sl_hnsw_remove>("remove")
      .method<sl_hnsw_remove_many>("removeMany")
      .method<sl_hnsw_repair>("repair")
      .method<sl_hnsw_repair_step>("repairStep")
      .method<sl_hnsw_optimize>("optimize")
      .method<sl_hnsw_shrink>("shrink")
      .method<stats>("stats")
      .method<sl_hnsw_search>("search")
      .method<sl_hnsw_search_radius>("searchRadius")
      .method<sl_hnsw_diversify>("diversify")
      .method<sl_hnsw_recall>("recall")
      .method<sl_hnsw_get>("get")
      .method<sl_hnsw_has>("has")
      .method<sl_hnsw_size>("size")
      .method<sl_hnsw_dead>("dead")
      .method<sl_hnsw_ids>("ids")
      .method<sl_hnsw_bytes>("bytes")
      .method<sl_hnsw_file_size>("fileSize")
      .method<sl_hnsw_save>("save");
  sl::object<sl_hnsw_build>("HnswBuild")
      .create<sl_hnsw_build_create>("create")
      .method<sl_hnsw_build_add>("add")
      .method<sl_hnsw_build_next>("next")
      .method<sl_hnsw_build_unit>("unit")
      .method<sl_hnsw_build_done>("done");
  sl::function<sl_inverted_estimate_bytes>("estimateSparseBytes");
  sl::object<sl_inverted>("SparseIndex")
      .create<sl_inverted_create>("create")
      .create<sl_inverted_load>("load")
      .create<sl_inverted_save>("save")
      .method<sl_inverted_add>("add")
      .method<sl_inverted_remove>("remove")
      .method<sl_inverted_rename>("rename")
      .method<sl_inverted_shrink>("shrink")
      .method<sl_inverted_search>("search")
      .method<sl_inverted_length>("length")
      .method<sl_inverted_get>("get")
      .method<sl_inverted_has>("has")
      .method<sl_inverted_size>("size")
      .method<sl_inverted_ids>("ids")
      .method<sl_inverted_facts>("facts")
      .method<sl_inverted_bytes>("bytes");
}
