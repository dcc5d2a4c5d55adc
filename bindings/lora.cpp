#include "common.hpp"

extern "C" {
#include "lora/lora.h"
}

SL_OBJECT(sl_lora, sl_lora_destroy)
SL_FIELDS(sl_lora_shape, inputs, outputs, rank, alpha, seed)
SL_FIELDS(sl_lora_question, loss, rows, vectors, targets, labels, documents, document_count,
          negative_begins, negatives, both, temperature, epochs, batch, clip, optimizer, rate,
          momentum, beta1, beta2, epsilon, decay, schedule, warmup, last, every, factor, seed)
SL_FIELDS(sl_optimizer_options, kind, rate, momentum, beta1, beta2, epsilon, decay)
SL_FIELDS(sl_lora_facts, inputs, outputs, rank, has_weights, merged, alpha, outcome, epochs, steps,
          loss, norm)

EMSCRIPTEN_BINDINGS(lora) {
  sl::object<sl_lora>("Lora")
      .create<sl_lora_create>("create")
      .create<sl_lora_save>("save")
      .create<sl_lora_load>("load")
      .method<sl_lora_bytes>("bytes")
      .method<sl_lora_job>("job")
      .method<sl_lora_facts_read>("facts")
      .method<sl_lora_apply>("apply")
      .method<sl_lora_backward>("backward")
      .method<sl_lora_optimizer>("optimizer")
      .method<sl_lora_descend>("descend")
      .method<sl_lora_learn>("learn")
      .method<sl_lora_history>("history")
      .method<sl_lora_parameters>("parameters")
      .method<sl_lora_set_parameters>("setParameters")
      .method<sl_lora_merge>("merge")
      .method<sl_lora_unmerge>("unmerge")
      .method<sl_lora_matrix>("matrix")
      .method<sl_lora_labels>("labels")
      .method<sl_lora_labels_bytes>("labelsBytes");
  sl::defaults<sl_lora_question_default>("loraDefaults");
}
