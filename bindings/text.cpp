#include "common.hpp"

extern "C" {
#include "text/fulltext.h"
}

SL_OBJECT(sl_fulltext, sl_fulltext_destroy)
SL_OBJECT(sl_fulltext_filter, sl_fulltext_filter_destroy)

SL_FIELDS(sl_fulltext_options, fields, language, positions)
SL_FIELDS(sl_fulltext_question, k, offset, scorer, k1, b, count)

EMSCRIPTEN_BINDINGS(text) {
  sl::object<sl_fulltext_filter>("TextFilter")
      .create<sl_fulltext_filter_create>("create")
      .method<sl_fulltext_filter_count>("count")
      .method<sl_fulltext_filter_bytes>("bytes");
  sl::object<sl_fulltext>("Fulltext")
      .create<sl_fulltext_create>("create")
      .create<sl_fulltext_load>("load")
      .create<sl_fulltext_save>("save")
      .create<sl_fulltext_load_head>("loadHead")
      .create<sl_fulltext_save_head>("saveHead")
      .method<sl_fulltext_job>("job")
      .method<sl_fulltext_leave_out>("leaveOut")
      .method<sl_fulltext_add>("add")
      .method<sl_fulltext_remove>("remove")
      .method<sl_fulltext_has>("has")
      .method<sl_fulltext_size>("size")
      .method<sl_fulltext_bytes>("bytes")
      .method<sl_fulltext_schema>("schema")
      .method<sl_fulltext_facts>("facts")
      .method<sl_fulltext_keys>("keys")
      .method<sl_fulltext_optimize>("optimize")
      .method<sl_fulltext_search>("search")
      .method<sl_fulltext_explain>("explain")
      .method<sl_fulltext_facets>("facets")
      .method<sl_fulltext_suggest>("suggest")
      .method<sl_fulltext_marks>("marks")
      .method<sl_fulltext_lists>("lists")
      .method<sl_fulltext_wanted>("wanted")
      .method<sl_fulltext_give>("give")
      .method<sl_fulltext_forget>("forget");
}
