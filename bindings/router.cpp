#include "common.hpp"

extern "C" {
#include "router/router.h"
}

SL_OBJECT(sl_router, sl_router_destroy)
SL_FIELDS(sl_router_question, examples, dimension, routes, vectors, labels, values, scorer,
          calibration, holdout, neighbours, l2, iterations, hidden, rank, steps, learning_rate,
          seed)
SL_FIELDS(sl_router_facts, outcome, routes, dimension, trained, held, scorer, calibration, by_value,
          temperature, steps_of_calibration, iterations, accuracy, error)
SL_FIELDS(sl_router_threshold, threshold, share, share_low, share_high, quality, quality_low,
          quality_high, reached)

EMSCRIPTEN_BINDINGS(router) {
  sl::object<sl_router>("Router")
      .create<sl_router_create>("create")
      .create<sl_router_save>("save")
      .create<sl_router_load>("load")
      .method<sl_router_bytes>("bytes")
      .method<sl_router_job>("job")
      .method<sl_router_facts_read>("facts")
      .method<sl_router_score>("score")
      .method<sl_router_nearest>("nearest")
      .method<sl_router_level>("level")
      .method<sl_router_softmax>("softmax")
      .method<sl_router_threshold_find>("threshold")
      .method<sl_router_held>("held")
      .method<sl_router_parameters>("parameters")
      .method<sl_router_labels>("labels")
      .method<sl_router_labels_bytes>("labelsBytes");
  sl::defaults<sl_router_question_default>("routerDefaults");
}
