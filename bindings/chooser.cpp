#include "common.hpp"

extern "C" {
#include "chooser/chooser.h"
}

SL_OBJECT(sl_chooser, sl_chooser_destroy)

EMSCRIPTEN_BINDINGS(chooser) {
  sl::object<sl_chooser>("Chooser")
      .create<sl_chooser_create>("create")
      .create<sl_chooser_save>("save")
      .create<sl_chooser_load>("load")
      .method<sl_chooser_job>("job")
      .method<sl_chooser_facts>("facts")
      .method<sl_chooser_set_methods>("setMethods")
      .method<sl_chooser_choose>("choose")
      .method<sl_chooser_report>("report")
      .method<sl_chooser_begin_fit>("beginFit")
      .method<sl_chooser_begin_compile>("beginCompile")
      .method<sl_chooser_read_compiled>("readCompiled")
      .method<sl_chooser_checkpoint>("checkpoint")
      .method<sl_chooser_exchange>("exchange")
      .method<sl_chooser_clear>("clear");
}
