// Making learners, what is read from them, and the ring of checkpoints.
#include "continual/object.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

sl_learner_options sl_learner_options_default(void) {
  return (sl_learner_options){.optimizer = SL_LEARNER_ADAM,
                              .learning_rate = 0.001,
                              .momentum = 0.9,
                              .clip = INFINITY,
                              .replay_rows = 32,
                              .replay_weight = 1,
                              .balanced = 1,
                              .ewc_decay = 1,
                              .temperature = 2,
                              .checkpoints = 4,
                              .seed = 1};
}

sl_learner_question sl_learner_question_default(void) {
  return (sl_learner_question){.epochs = 1, .batch = 32, .step = 1};
}

sl_status sl_learner_options_check(const sl_learner_options *o) {
  SL_REQUIRE(o->loss <= SL_LEARNER_SQUARED, SL_ERR_OPTION, "loss", "one of the losses");
  SL_REQUIRE(o->loss == SL_LEARNER_SQUARED || o->outputs != 1, SL_ERR_OPTION, "outputs",
             "two classes or more");
  SL_REQUIRE(o->optimizer <= SL_LEARNER_ADAM, SL_ERR_OPTION, "optimizer", "sgd or adam");
  SL_REQUIRE(o->learning_rate > 0 && o->learning_rate <= 100, SL_ERR_OPTION, "learning_rate",
             "above 0 and at most 100");
  SL_REQUIRE(o->momentum >= 0 && o->momentum < 1, SL_ERR_OPTION, "momentum", "0 to below 1");
  SL_REQUIRE(o->weight_decay >= 0 && o->weight_decay <= 1, SL_ERR_OPTION, "weight_decay", "0 to 1");
  SL_REQUIRE(o->clip > 0, SL_ERR_OPTION, "clip", "above 0");
  SL_REQUIRE(o->per_class <= 1 && (!o->per_class || o->loss == SL_LEARNER_CROSS_ENTROPY),
             SL_ERR_OPTION, "per_class", "0, or 1 where there are classes");
  SL_REQUIRE(o->replay_rows >= 1 && o->replay_rows <= 4096, SL_ERR_OPTION, "replay_rows",
             "1 to 4096");
  SL_REQUIRE(o->replay_weight >= 0 && o->replay_weight <= 1000, SL_ERR_OPTION, "replay_weight",
             "0 to 1000");
  SL_REQUIRE(o->balanced <= 1, SL_ERR_OPTION, "balanced", "0 or 1");
  SL_REQUIRE(o->ewc >= 0 && o->ewc <= 1e9, SL_ERR_OPTION, "ewc", "0 to 1e9");
  SL_REQUIRE(o->ewc_decay >= 0 && o->ewc_decay <= 1, SL_ERR_OPTION, "ewc_decay", "0 to 1");
  SL_REQUIRE(o->distillation >= 0 && o->distillation <= 1000, SL_ERR_OPTION, "distillation",
             "0 to 1000");
  SL_REQUIRE(o->temperature >= 0.1 && o->temperature <= 100, SL_ERR_OPTION, "temperature",
             "0.1 to 100");
  SL_REQUIRE(o->checkpoints <= SL_LEARNER_MOST_CHECKPOINTS, SL_ERR_OPTION, "checkpoints",
             "0 to 64");
  return SL_OK;
}

sl_status sl_learner_allocate(sl_learner *l, const sl_learner_options *o) {
  l->job.kind = &sl_learner_kind;
  l->options = *o;
  SL_TRY(sl_net_shape(o->inputs, o->hidden, o->hidden_layers, o->outputs, o->activation, &l->net));
  if (o->hidden_layers > 0) memcpy(l->hidden, o->hidden, o->hidden_layers * sizeof *l->hidden);
  l->options.hidden = NULL;
  const uint32_t n = l->net.parameters, rows = sl_net_rows(&l->net, SL_LEARNER_PIECE_ROWS);
  const bool classes = o->loss == SL_LEARNER_CROSS_ENTROPY;
  const sl_optimizer_options steps = {.kind = o->optimizer == SL_LEARNER_SGD ? SL_OPTIMIZER_SGD
                                                                             : SL_OPTIMIZER_ADAMW,
                                      .rate = o->learning_rate,
                                      .momentum = o->momentum,
                                      .beta1 = 0.9,
                                      .beta2 = 0.999,
                                      .epsilon = 1e-8,
                                      .decay = o->weight_decay};
  SL_TRY(SL_ALLOC(&l->parameters, n));
  SL_TRY(SL_ALLOC_ZERO(&l->gradient, n));
  SL_TRY(sl_optimizer_begin(&l->optimizer, &steps, n));
  SL_TRY(SL_ALLOC(&l->last, (size_t)rows * o->outputs));
  SL_TRY(SL_ALLOC(&l->soft, o->outputs));
  SL_TRY(SL_ALLOC_ZERO(&l->seen, o->outputs));
  SL_TRY(sl_net_work_create(&l->net, rows, &l->work));
  return sl_replay_create(o->inputs, o->outputs, classes, o->per_class, o->replay, &l->memory);
}

sl_status sl_learner_create(const sl_learner_options *options, sl_learner **out) {
  *out = NULL;
  SL_TRY(sl_learner_options_check(options));
  sl_learner *l;
  SL_TRY(SL_ALLOC_ZERO(&l, 1));
  const sl_status status = sl_learner_allocate(l, options);
  if (status != SL_OK) {
    sl_learner_destroy(l);
    return status;
  }
  sl_rng_seed(&l->rng, options->seed);
  sl_net_draw(&l->net, &l->rng, 1, l->parameters);
  *out = l;
  return SL_OK;
}

sl_status sl_learner_allocate_anchor(sl_learner *l) {
  if (l->fisher == NULL) SL_TRY(SL_ALLOC_ZERO(&l->fisher, l->net.parameters));
  if (l->anchor == NULL) SL_TRY(SL_ALLOC(&l->anchor, l->net.parameters));
  if (l->known == NULL) SL_TRY(SL_ALLOC_ZERO(&l->known, l->options.outputs));
  return SL_OK;
}

sl_status sl_learner_allocate_kept(const sl_learner *l, sl_kept *out) {
  *out = (sl_kept){0};
  SL_TRY(SL_ALLOC(&out->parameters, l->net.parameters));
  const sl_status status = SL_ALLOC(&out->offered, sl_replay_counters(&l->memory));
  if (status != SL_OK) sl_learner_free_kept(out);
  return status;
}

void sl_learner_free_kept(sl_kept *kept) {
  sl_free(kept->parameters);
  sl_free(kept->offered);
  *kept = (sl_kept){0};
}

void sl_learner_forget_running(sl_learner *l, bool keep_answers) {
  sl_learner_running *r = &l->running;
  float *answers = r->answers;
  const uint32_t rows = r->rows;
  sl_free(r->inputs);
  sl_free(r->values);
  sl_free(r->labels);
  sl_free(r->order);
  sl_free(r->own);
  sl_free(r->shift);
  sl_free(r->before);
  sl_free(r->added);
  sl_free(r->gathered);
  sl_free(r->targets);
  sl_free(r->wanted);
  sl_free(r->drawn);
  if (!keep_answers) sl_free(answers);
  memset(r, 0, sizeof *r);
  if (!keep_answers) return;
  r->answers = answers;
  r->rows = rows;
}

void sl_learner_destroy(sl_learner *l) {
  if (l == NULL) return;
  sl_learner_forget_running(l, false);
  for (uint32_t i = 0; i < l->kept_count; i++) sl_learner_free_kept(&l->kept[i]);
  sl_replay_free(&l->memory);
  sl_net_work_free(&l->work);
  sl_optimizer_end(&l->optimizer);
  sl_free(l->parameters);
  sl_free(l->gradient);
  sl_free(l->fisher);
  sl_free(l->anchor);
  sl_free(l->known);
  sl_free(l->last);
  sl_free(l->soft);
  sl_free(l->seen);
  sl_free(l->labels);
  sl_free(l);
}

sl_job *sl_learner_job(sl_learner *l) { return &l->job; }

size_t sl_learner_bytes(const sl_learner *l) {
  const sl_replay *m = &l->memory;
  const size_t n = l->net.parameters, row = m->inputs + (m->by_label ? 1 : m->outputs) + 2;
  size_t arrays = 2 + l->kept_count + (l->anchor != NULL ? 2 : 0);
  arrays += sl_optimizer_slots(&l->optimizer.options);
  size_t bytes =
      sizeof *l + (arrays * n + (size_t)m->places * row + SL_MULTIPLY_WORK) * sizeof(float);
  bytes += (size_t)l->work.rows * (l->net.widest * 6 + m->inputs) * sizeof(float);
  const sl_learner_running *r = &l->running;
  if (r->inputs != NULL) bytes += (size_t)r->rows * (m->inputs + 2) * sizeof(float);
  if (r->answers != NULL) bytes += (size_t)r->rows * m->outputs * sizeof(float);
  return bytes + l->labels_bytes;
}

sl_status sl_learner_require_idle(const sl_learner *l) {
  SL_REQUIRE(!sl_job_is_running(&l->job), SL_ERR_STATE, "learner", "one that has no job running");
  return SL_OK;
}

void sl_learner_see(sl_learner *l) {
  if (!l->memory.by_label) return;
  for (uint32_t k = 0; k < l->options.outputs; k++) l->seen[k] = l->memory.offered[k] > 0;
}

void sl_learner_facts_read(const sl_learner *l, sl_learner_facts *out) {
  uint32_t classes = 0;
  for (uint32_t k = 0; k < l->options.outputs; k++) classes += l->seen[k];
  *out = (sl_learner_facts){.inputs = l->options.inputs,
                            .outputs = l->options.outputs,
                            .parameters = l->net.parameters,
                            .loss = l->options.loss,
                            .remembered = l->memory.count,
                            .classes = classes,
                            .checkpoints = l->kept_count,
                            .consolidated = l->consolidated,
                            .updates = (double)l->updates,
                            .examples = (double)l->examples};
}

sl_status sl_learner_result_read(const sl_learner *l, sl_learner_result *out) {
  SL_TRY(sl_job_require_ended(&l->job));
  *out = l->result;
  return SL_OK;
}

sl_status sl_learner_answers(const sl_learner *l, const float **out, uint32_t *rows) {
  SL_TRY(sl_job_require_ended(&l->job));
  SL_REQUIRE(l->running.answers != NULL, SL_ERR_STATE, "learner", "a prediction to its end");
  *out = l->running.answers;
  *rows = l->running.rows;
  return SL_OK;
}

sl_status sl_learner_parameters(const sl_learner *l, const float **out, uint32_t *count) {
  SL_TRY(sl_learner_require_idle(l));
  *out = l->parameters;
  *count = l->net.parameters;
  return SL_OK;
}

sl_status sl_learner_fisher(const sl_learner *l, const float **out, uint32_t *count) {
  SL_TRY(sl_learner_require_idle(l));
  *out = l->fisher;
  *count = l->fisher == NULL ? 0 : l->net.parameters;
  return SL_OK;
}

sl_status sl_learner_set_parameters(sl_learner *l, const float *values, uint32_t count) {
  SL_TRY(sl_learner_require_idle(l));
  SL_REQUIRE(count == l->net.parameters, SL_ERR_SHAPE, "values", "one number a parameter");
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(fabsf(values[i]) <= SL_LEARNER_LARGEST, SL_ERR_NOT_FINITE, "values",
                  "finite numbers of at most 10^6", i);
  memcpy(l->parameters, values, count * sizeof *values);
  sl_optimizer_reset(&l->optimizer);
  return SL_OK;
}

const void *sl_learner_labels(const sl_learner *l) { return l->labels; }
size_t sl_learner_labels_bytes(const sl_learner *l) { return l->labels_bytes; }

// ---- checkpoints --------------------------------------------------------------------------------

sl_status sl_learner_checkpoint_make(sl_learner *l, double loss, uint32_t *id) {
  SL_TRY(sl_learner_require_idle(l));
  SL_REQUIRE(l->options.checkpoints > 0, SL_ERR_STATE, "checkpoints", "room for one or more");
  SL_REQUIRE(isfinite(loss), SL_ERR_NOT_FINITE, "loss", "a finite number");
  sl_kept made;
  if (l->kept_count < l->options.checkpoints) {
    SL_TRY(sl_learner_allocate_kept(l, &made));
  } else {
    uint32_t worst = 0;
    for (uint32_t i = 1; i < l->kept_count; i++)
      if (l->kept[i].facts.loss > l->kept[worst].facts.loss) worst = i;
    made = l->kept[worst];
    l->kept_count--;
    memmove(&l->kept[worst], &l->kept[worst + 1], (l->kept_count - worst) * sizeof made);
  }
  memcpy(made.parameters, l->parameters, l->net.parameters * sizeof *made.parameters);
  memcpy(made.offered, l->memory.offered, sl_replay_counters(&l->memory) * sizeof *made.offered);
  made.calls = l->calls;
  made.facts = (sl_learner_checkpoint){
      .id = ++l->checkpoint_ids, .loss = loss, .examples = (double)l->examples};
  l->kept[l->kept_count++] = made;
  *id = made.facts.id;
  return SL_OK;
}

sl_status sl_learner_checkpoint_read(const sl_learner *l, uint32_t index,
                                     sl_learner_checkpoint *out) {
  SL_REQUIRE(index < l->kept_count, SL_ERR_INDEX, "index", "one that is kept");
  *out = l->kept[index].facts;
  return SL_OK;
}

sl_status sl_learner_rollback(sl_learner *l, uint32_t id, sl_learner_checkpoint *out) {
  SL_TRY(sl_learner_require_idle(l));
  SL_REQUIRE(l->kept_count > 0, SL_ERR_STATE, "checkpoints", "one that was made before");
  const sl_kept *found = NULL;
  for (uint32_t i = 0; i < l->kept_count; i++) {
    const sl_kept *kept = &l->kept[i];
    if (id != 0 ? kept->facts.id == id : found == NULL || kept->facts.loss <= found->facts.loss)
      found = kept;
  }
  SL_REQUIRE(found != NULL, SL_ERR_INDEX, "id", "a checkpoint that is kept");
  memcpy(l->parameters, found->parameters, l->net.parameters * sizeof *l->parameters);
  // A later one brings no example back: those of other calls have left already.
  sl_replay_forget(&l->memory, found->calls, found->offered);
  sl_learner_see(l);
  sl_optimizer_reset(&l->optimizer);
  l->examples = (uint64_t)found->facts.examples;
  *out = found->facts;
  return SL_OK;
}
