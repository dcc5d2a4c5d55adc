#include "common.hpp"

extern "C" {
#include "diffusion/heat_kernel.h"
#include "diffusion/pagerank.h"
#include "diffusion/sweep_cut.h"
}

SL_OBJECT(sl_pagerank, sl_pagerank_destroy)
SL_OBJECT(sl_heat_kernel, sl_heat_kernel_destroy)

SL_FIELDS(sl_pagerank_options, damping, tolerance, method, top_k, settle_ranking, prove_ranking,
          max_iterations, max_work)
SL_FIELDS(sl_diffusion_result, outcome, method, iterations, error_bound, touched_nodes,
          edge_operations, proved_places, count, nodes, scores)
SL_FIELDS(sl_sweep_cut_result, size, conductance, cut, volume)

EMSCRIPTEN_BINDINGS(diffusion) {
  sl::defaults<sl_pagerank_options_default>("pageRankDefaults");
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
