#include "common.hpp"

extern "C" {
#include "solver/local_dot.h"
#include "solver/local_entries.h"
#include "solver/local_sparse.h"
}

SL_OBJECT(sl_local_entries, sl_local_entries_destroy)
SL_OBJECT(sl_local_entries_options, sl_free)
SL_OBJECT(sl_local_entries_result, sl_free)
SL_OBJECT(sl_local_sparse, sl_local_sparse_destroy)
SL_OBJECT(sl_local_sparse_options, sl_free)
SL_OBJECT(sl_local_sparse_result, sl_free)
SL_OBJECT(sl_local_dot, sl_local_dot_destroy)
SL_OBJECT(sl_local_dot_options, sl_free)
SL_OBJECT(sl_local_dot_result, sl_free)

EMSCRIPTEN_BINDINGS(solver_local) {
  using options = sl_local_entries_options;
  using result = sl_local_entries_result;
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
  sl::object<options>("LocalEntriesOptions")
      .defaults<sl_local_entries_options_default>("create")
      .option<&options::absolute_error>("absoluteError")
      .option<&options::push_work>("pushWork")
      .option<&options::max_work>("maxWork");
  sl::object<result>("LocalEntriesResult")
      .zeroed("create")
      .field<&result::outcome>("outcome")
      .field<&result::method>("method")
      .field<&result::count>("count")
      .field<&result::pushed_entries>("pushedEntries")
      .field<&result::values>("values")
      .field<&result::error_bounds>("errorBounds")
      .field<&result::error_bound>("errorBound")
      .field<&result::touched_rows>("touchedRows")
      .field<&result::edge_operations>("edgeOperations");

  using sparse_options = sl_local_sparse_options;
  using sparse_result = sl_local_sparse_result;
  sl::object<sl_local_sparse>("LocalSparse")
      .create<sl_local_sparse_create>("create")
      .method<sl_local_sparse_begin>("begin")
      .method<sl_local_sparse_job>("job")
      .method<sl_local_sparse_finish>("finish");
  sl::object<sparse_options>("LocalSparseOptions")
      .defaults<sl_local_sparse_options_default>("create")
      .option<&sparse_options::absolute_error>("absoluteError")
      .option<&sparse_options::norm>("norm")
      .option<&sparse_options::push_work>("pushWork")
      .option<&sparse_options::max_work>("maxWork");
  sl::object<sparse_result>("LocalSparseResult")
      .zeroed("create")
      .field<&sparse_result::outcome>("outcome")
      .field<&sparse_result::method>("method")
      .field<&sparse_result::count>("count")
      .field<&sparse_result::indices>("indices")
      .field<&sparse_result::values>("values")
      .field<&sparse_result::error_bound>("errorBound")
      .field<&sparse_result::error_bound_norm>("errorBoundNorm")
      .field<&sparse_result::touched_columns>("touchedColumns")
      .field<&sparse_result::edge_operations>("edgeOperations");

  using dot_options = sl_local_dot_options;
  using dot_result = sl_local_dot_result;
  sl::object<sl_local_dot>("LocalDot")
      .create<sl_local_dot_create>("create")
      .method<sl_local_dot_begin_arrays>("begin")
      .method<sl_local_dot_job>("job")
      .method<sl_local_dot_finish>("finish");
  sl::object<dot_options>("LocalDotOptions")
      .defaults<sl_local_dot_options_default>("create")
      .option<&dot_options::absolute_error>("absoluteError")
      .option<&dot_options::confidence>("confidence")
      .option<&dot_options::seed>("seed")
      .option<&dot_options::push_work>("pushWork")
      .option<&dot_options::max_work>("maxWork");
  sl::object<dot_result>("LocalDotResult")
      .zeroed("create")
      .field<&dot_result::outcome>("outcome")
      .field<&dot_result::method>("method")
      .field<&dot_result::value>("value")
      .field<&dot_result::error_bound>("errorBound")
      .field<&dot_result::half_width>("halfWidth")
      .field<&dot_result::walks>("walks")
      .field<&dot_result::touched_rows>("touchedRows")
      .field<&dot_result::edge_operations>("edgeOperations");
}
