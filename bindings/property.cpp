#include "common.hpp"

extern "C" {
#include "property/property.h"
}

SL_OBJECT(sl_property, sl_property_destroy)
SL_OBJECT(sl_property_query, sl_property_query_destroy)

EMSCRIPTEN_BINDINGS(property) {
  sl::object<sl_property>("PropertyGraph")
      .create<sl_property_create>("create")
      .create<sl_property_load>("load")
      .create<sl_property_save>("save")
      .create<sl_property_save_since>("saveSince")
      .method<sl_property_apply>("apply")
      .create<sl_property_prepare>("prepare")
      .create<sl_property_view>("view")
      .method<sl_property_commit>("commit")
      .method<sl_property_roll_back>("rollBack")
      .method<sl_property_bytes>("bytes")
      .method<sl_property_facts>("facts")
      .method<sl_property_add_nodes>("addNodes")
      .method<sl_property_add_relationships>("addRelationships")
      .method<sl_property_set_column>("setColumn")
      .method<sl_property_compact>("compact")
      .method<sl_property_define>("define")
      .method<sl_property_list_nodes>("listNodes")
      .method<sl_property_list_relationships>("listRelationships")
      .method<sl_property_problem>("problem");
  sl::function<sl_property_estimate>("estimatePropertyBytes");
  sl::object<sl_property_query>("PropertyQuery")
      .method<sl_property_job>("job")
      .method<sl_property_query_bytes>("bytes")
      .method<sl_property_begin>("begin")
      .method<sl_property_limit>("limit")
      .method<sl_property_ask>("ask")
      .method<sl_property_room>("room")
      .method<sl_property_take>("take")
      .method<sl_property_wanted>("wanted")
      .method<sl_property_answer>("answer")
      .method<sl_property_query_facts>("facts")
      .method<sl_property_columns>("columns")
      .method<sl_property_explain>("explain")
      .method<sl_property_profile>("profile");
}
