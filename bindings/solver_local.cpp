#include "common.hpp"

extern "C" {
#include "solver/local_dot.h"
#include "solver/local_entries.h"
#include "solver/local_sparse.h"
}

SL_OBJECT(sl_local_entries, sl_local_entries_destroy)
SL_OBJECT(sl_local_sparse, sl_local_sparse_destroy)
SL_OBJECT(sl_local_dot, sl_local_dot_destroy)

SL_FIELDS(sl_local_entries_options, absolute_error, push_work, max_work)
SL_FIELDS(sl_local_entries_result, outcome, method, count, pushed_entries, values, error_bounds,
          error_bound, touched_rows, edge_operations)
SL_FIELDS(sl_local_sparse_options, absolute_error, norm, push_work, max_work)
SL_FIELDS(sl_local_sparse_result, outcome, method, count, indices, values, error_bound,
          error_bound_norm, touched_columns, edge_operations)
SL_FIELDS(sl_local_dot_options, absolute_error, confidence, seed, push_work, max_work)
SL_FIELDS(sl_local_dot_result, outcome, method, value, error_bound, half_width, walks, touched_rows,
          edge_operations)

EMSCRIPTEN_BINDINGS(solver_local) {
  sl::object<sl_local_entries>("LocalEntries")
      .create<sl_local_entries_create>("create")
      .method<sl_local_entries_set_dense>("setDense")
      .method<sl_local_entries_set_sparse>("setSparse")
      .method<sl_local_entries_begin>("begin")
      .method<sl_local_entries_job>("job")
      .method<sl_local_entries_settled>("settled")
      .method<sl_local_entries_finish>("finish")
      .method<sl_local_entries_keep_touched>("keepTouched")
      .method<sl_local_entries_touched>("touched");
  sl::object<sl_local_sparse>("LocalSparse")
      .create<sl_local_sparse_create>("create")
      .method<sl_local_sparse_begin>("begin")
      .method<sl_local_sparse_job>("job")
      .method<sl_local_sparse_finish>("finish");
  sl::object<sl_local_dot>("LocalDot")
      .create<sl_local_dot_create>("create")
      .method<sl_local_dot_begin_arrays>("begin")
      .method<sl_local_dot_job>("job")
      .method<sl_local_dot_finish>("finish");
}
