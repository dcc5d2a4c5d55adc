#include "common.hpp"

extern "C" {
#include "diffusion/heat_kernel.h"
#include "diffusion/pagerank.h"
#include "diffusion/sweep_cut.h"
}

SL_OBJECT(sl_pagerank, sl_pagerank_destroy)
SL_OBJECT(sl_pagerank_options, sl_free)
SL_OBJECT(sl_diffusion_result, sl_free)
SL_OBJECT(sl_heat_kernel, sl_heat_kernel_destroy)
SL_OBJECT(sl_sweep_cut_result, sl_free)

EMSCRIPTEN_BINDINGS(diffusion) {
  using options = sl_pagerank_options;
  using result = sl_diffusion_result;
  sl::object<options>("PageRankOptions")
      .defaults<sl_pagerank_options_default>("create")
      .option<&options::damping>("damping")
      .option<&options::tolerance>("tolerance")
      .option<&options::method>("method")
      .option<&options::top_k>("topK")
      .option<&options::settle_ranking>("settleRanking")
      .option<&options::prove_ranking>("proveRanking")
      .option<&options::max_iterations>("maxIterations")
      .option<&options::max_work>("maxWork");
  sl::object<result>("DiffusionResult")
      .zeroed("create")
      .field<&result::outcome>("outcome")
      .field<&result::method>("method")
      .field<&result::iterations>("iterations")
      .field<&result::error_bound>("errorBound")
      .field<&result::touched_nodes>("touchedNodes")
      .field<&result::edge_operations>("edgeOperations")
      .field<&result::proved_places>("provedPlaces")
      .field<&result::count>("count")
      .field<&result::nodes>("nodes")
      .field<&result::scores>("scores");
  using cut = sl_sweep_cut_result;
  sl::object<cut>("SweepCutResult")
      .zeroed("create")
      .field<&cut::size>("size")
      .field<&cut::conductance>("conductance")
      .field<&cut::cut>("cut")
      .field<&cut::volume>("volume");
  sl::object<sl_pagerank>("PageRank")
      .create<sl_pagerank_create>("create")
      .method<sl_pagerank_begin>("begin")
      .method<sl_pagerank_begin_global>("beginGlobal")
      .method<sl_pagerank_follow>("follow")
      .method<sl_sweep_cut>("sweepCut")
      .method<sl_pagerank_job>("job")
      .method<sl_pagerank_error>("error")
      .method<sl_pagerank_finish>("finish")
      .method<sl_pagerank_scores>("scores");
  sl::object<sl_heat_kernel>("HeatKernel")
      .create<sl_heat_kernel_create>("create")
      .method<sl_heat_kernel_begin_numbers>("begin")
      .method<sl_heat_kernel_job>("job")
      .method<sl_heat_kernel_error>("error")
      .method<sl_heat_kernel_finish>("finish")
      .method<sl_heat_kernel_scores>("scores");
}
