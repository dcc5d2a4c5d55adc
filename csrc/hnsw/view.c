#include "hnsw/view.h"

#include <string.h>

#include "base/memory.h"
#include "hnsw/graph.h"
#include "hnsw/hnsw.h"
#include "hnsw/model.h"
#include "hnsw/reach.h"

sl_status sl_hnsw_freeze(sl_hnsw *index) {
  SL_REQUIRE(index->build == NULL, SL_ERR_STATE, "index", SL_BUILDING);
  if (!index->frozen) SL_TRY(sl_reach_all(index));
  index->frozen = true;
  return SL_OK;
}

bool sl_hnsw_is_frozen(const sl_hnsw *index) { return index->frozen; }

sl_status sl_hnsw_may_change(const sl_hnsw *index) {
  SL_REQUIRE(!index->frozen, SL_ERR_STATE, "index", SL_FROZEN);
  SL_REQUIRE(index->build == NULL, SL_ERR_STATE, "index", SL_BUILDING);
  return SL_OK;
}

// Everything that a search writes to, and what belongs to a change or a file under way.
static void forget_scratch(sl_hnsw *view) {
  view->visited = NULL;
  view->epoch = 0;
  view->pool = view->spread = view->sorted = NULL;
  view->pool_capacity = view->pool_count = view->spread_capacity = 0;
  view->batch = NULL;
  view->keys = NULL;
  view->found = NULL;
  view->query = view->decoded = view->coded = view->pair = view->staged = NULL;
  view->staged_count = 0;
  view->scored = 0;
  view->reach = NULL;
  view->saving = NULL;
  view->build = NULL;
  view->store.model = NULL;
}

sl_status sl_hnsw_view(const sl_hnsw *index, sl_hnsw **out) {
  *out = NULL;
  SL_REQUIRE(index->frozen, SL_ERR_STATE, "index", "a frozen index");
  return sl_view_make(index, out);
}

sl_status sl_view_make(const sl_hnsw *index, sl_hnsw **out) {
  *out = NULL;
  sl_hnsw *view;
  SL_TRY(SL_ALLOC(&view, 1));
  *view = *index;
  view->is_view = true;
  forget_scratch(view);
  // A filter that was bound to another store of this thread is bound anew.
  sl_store_touch(&view->store);
  sl_status status = sl_hnsw_make_scratch(view);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&view->visited, view->graph_capacity);
  // With what the codes are measured from stands what they are read into.
  if (status == SL_OK && index->store.model != NULL) {
    status = sl_codes_copy_model(&view->store, index->store.model);
  }
  if (status != SL_OK) {
    sl_hnsw_destroy(view);
    return status;
  }
  *out = view;
  return SL_OK;
}

void sl_view_let_go(sl_hnsw *view) {
  float *model = view->store.model;
  memset(&view->store, 0, sizeof view->store);
  view->store.model = model;
  memset(&view->links0, 0, sizeof view->links0);
  view->upper = view->upper_at = view->copies = view->hashes = view->by_row = NULL;
  view->levels = NULL;
}

uint64_t sl_view_bytes(const sl_hnsw *view) {
  const sl_store *store = &view->store;
  return sizeof *view->visited * (uint64_t)view->graph_capacity +
         (store->model != NULL ? sl_codes_model_bytes(store) : 0);
}
