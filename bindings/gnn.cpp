#include "common.hpp"

extern "C" {
#include "gnn/gnn.h"
#include "gnn/logistic.h"
#include "gnn/smoothing.h"
}

SL_OBJECT(sl_smoothing, sl_smoothing_destroy)
SL_OBJECT(sl_logistic, sl_logistic_destroy)
SL_OBJECT(sl_gnn, sl_gnn_destroy)
SL_OBJECT(sl_gnn_answer, sl_gnn_answer_destroy)

EMSCRIPTEN_BINDINGS(gnn) {
  sl::object<sl_smoothing>("Smoothing")
      .create<sl_smoothing_create>("create")
      .method<sl_smoothing_job>("job")
      .method<sl_smoothing_read>("read");
  sl::object<sl_logistic>("Logistic")
      .create<sl_logistic_create>("create")
      .create<sl_logistic_load>("load")
      .create<sl_logistic_save>("save")
      .method<sl_logistic_job>("job")
      .method<sl_logistic_read>("read")
      .method<sl_logistic_predict>("predict");
  sl::object<sl_gnn>("Gnn")
      .create<sl_gnn_create>("create")
      .create<sl_gnn_train>("train")
      .create<sl_gnn_load>("load")
      .create<sl_gnn_save>("save")
      .method<sl_gnn_job>("job")
      .method<sl_gnn_read>("read")
      .method<sl_gnn_history>("history");
  sl::object<sl_gnn_answer>("GnnAnswer")
      .create<sl_gnn_answer_create>("create")
      .method<sl_gnn_answer_job>("job")
      .method<sl_gnn_answer_begin>("begin")
      .method<sl_gnn_answer_read>("read");
}
