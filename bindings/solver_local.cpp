#include "common.hpp"

extern "C" {
#include "solver/local_entries.h"
}

SL_OBJECT(sl_local_entries, sl_local_entries_destroy)
SL_OBJECT(sl_local_entries_options, sl_free)
SL_OBJECT(sl_local_entries_result, sl_free)

EMSCRIPTEN_BINDINGS(solver_local) {
  using options = sl_local_entries_options;
  using result = sl_local_entries_result;
  sl::object<sl_local_entries>("LocalEntries")
      .create<sl_local_entries_create>("create")
      .method<sl_local_entries_set_dense>("setDense")
      .method<sl_local_entries_set_sparse>("setSparse")
      .method<sl_local_entries_begin>("begin")
      .method<sl_local_entries_step>("step")
      .method<sl_local_entries_stop>("stop")
      .method<sl_local_entries_progress>("progress")
      .method<sl_local_entries_finish>("finish")
      .method<sl_local_entries_bytes>("bytes");
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
}
