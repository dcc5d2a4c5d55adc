// The object of a chooser: its options, reports, tables, checkpoints, and its work in steps.
#include "chooser/object.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

// ---- making -------------------------------------------------------------------------------------

static bool is_count(double x, double low, double high) {
  return x >= low && x <= high && x == floor(x);
}

sl_status sl_chooser_options_read(const double *o, sl_chooser_options *out) {
  SL_REQUIRE(is_count(o[0], 1, SL_CHOOSER_MOST_METHODS), SL_ERR_OPTION, "methods",
             "an integer 1..256");
  SL_REQUIRE(is_count(o[1], 0, SL_CHOOSER_MOST_FEATURES), SL_ERR_OPTION, "features",
             "an integer 0..256");
  SL_REQUIRE(is_count(o[2], 0, SL_CHOOSER_FOREST), SL_ERR_OPTION, "policy", "one of the policies");
  SL_REQUIRE(is_count(o[3], 0, 0x1p53 - 1), SL_ERR_OPTION, "seed", "an integer in [0, 2^53)");
  SL_REQUIRE(o[4] >= 1e-200 && o[4] <= 1e300, SL_ERR_OPTION, "timeout",
             "a number in [1e-200, 1e300]");
  SL_REQUIRE(o[5] >= 1 && o[5] <= 1000, SL_ERR_OPTION, "penalty", "a number in [1, 1000]");
  SL_REQUIRE(is_count(o[6], 8, 65536), SL_ERR_OPTION, "capacity", "an integer 8..65536");
  SL_REQUIRE(is_count(o[7], 1, 64), SL_ERR_OPTION, "neighbours", "an integer 1..64");
  SL_REQUIRE(is_count(o[8], 1, 256), SL_ERR_OPTION, "trees", "an integer 1..256");
  SL_REQUIRE(o[9] > 0 && o[9] <= 1, SL_ERR_OPTION, "max_risk", "a number in (0, 1]");
  SL_REQUIRE(o[10] >= 0.5 && o[10] < 1, SL_ERR_OPTION, "confidence", "a number in [0.5, 1)");
  SL_REQUIRE(is_count(o[11], 1, 1000), SL_ERR_OPTION, "min_runs", "an integer 1..1000");
  *out = (sl_chooser_options){.methods = (uint32_t)o[0],
                              .features = (uint32_t)o[1],
                              .policy = (uint32_t)o[2],
                              .seed = (uint64_t)o[3],
                              .timeout = o[4],
                              .penalty = o[5],
                              .capacity = (uint32_t)o[6],
                              .neighbours = (uint32_t)o[7],
                              .trees = (uint32_t)o[8],
                              .most_risk = o[9],
                              .confidence = o[10],
                              .least = (uint32_t)o[11]};
  return SL_OK;
}

static sl_status set_label(sl_chooser *c, const uint8_t *label, size_t bytes) {
  uint8_t *copy;
  SL_TRY(SL_ALLOC(&copy, bytes));
  if (bytes > 0) memcpy(copy, label, bytes);
  sl_free(c->label);
  c->label = copy;
  c->label_bytes = bytes;
  return SL_OK;
}

sl_status sl_chooser_create(const double *options, const uint8_t *label, size_t label_bytes,
                            sl_chooser **out) {
  sl_chooser_options read;
  sl_chooser *c;
  *out = NULL;
  SL_TRY(sl_chooser_options_read(options, &read));
  SL_TRY(SL_ALLOC_ZERO(&c, 1));
  c->job.kind = &sl_chooser_kind;
  c->options = read;
  sl_rng_seed(&c->now.rng, read.seed);
  sl_status status = set_label(c, label, label_bytes);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&c->now.method, read.methods);
  if (status == SL_OK) c->now.methods = read.methods;
  if (status == SL_OK) status = SL_ALLOC(&c->row, read.features);
  if (status != SL_OK) {
    sl_chooser_destroy(c);
    return status;
  }
  *out = c;
  return SL_OK;
}

static void table_free(sl_chooser_table *table) {
  sl_free(table->features);
  sl_free(table->costs);
  sl_free(table->methods);
  sl_free(table->endings);
  *table = (sl_chooser_table){0};
}

void sl_chooser_destroy(sl_chooser *c) {
  if (c == NULL) return;
  sl_chooser_state_free(&c->now);
  sl_chooser_state_free(&c->kept);
  table_free(&c->table);
  sl_chooser_compiled_free(&c->compiled);
  sl_free(c->label);
  sl_free(c->pending);
  sl_free(c->row);
  sl_free(c);
}

static size_t state_bytes(const sl_chooser *c, const sl_chooser_state *state) {
  size_t bytes = state->methods * sizeof *state->method;
  const size_t width = c->options.features;
  for (uint32_t i = 0; i < state->methods; i++) {
    const sl_chooser_method *m = &state->method[i];
    bytes += m->room * (8 * width + 17);
    if (m->root != NULL) bytes += 4 * ((size_t)c->options.trees + 1);
    if (m->scaled != NULL) bytes += 8 * width * m->room + 16 * width;
    bytes += m->node_count * sizeof *m->nodes;
  }
  return bytes;
}

size_t sl_chooser_bytes(const sl_chooser *c) {
  const size_t width = c->options.features, table = c->table.rows, compiled = c->compiled.rows;
  size_t bytes =
      sizeof *c + c->label_bytes + 8 * width + state_bytes(c, &c->now) + state_bytes(c, &c->kept);
  if (c->pending != NULL) bytes += 8 * width * SL_CHOOSER_PENDING;
  bytes += table * (8 * width + 16);
  bytes += compiled * (8 * (width + c->now.methods) + 4 * (3 + width));
  return bytes + c->compiled.node_room * 8 * (5 + (size_t)c->now.methods);
}

void sl_chooser_facts(const sl_chooser *c, double *facts) {
  const sl_chooser_options *o = &c->options;
  double kept = 0;
  for (uint32_t i = 0; i < c->now.methods; i++) kept += c->now.method[i].count;
  const double list[SL_CHOOSER_FACTS] = {
      c->now.methods,
      o->features,
      o->policy,
      (double)o->seed,
      o->timeout,
      o->penalty,
      o->capacity,
      o->neighbours,
      o->trees,
      o->most_risk,
      o->confidence,
      o->least,
      (double)c->now.reports,
      (double)c->now.decisions,
      kept,
      c->has_kept,
      (double)c->label_bytes,
      (double)(uintptr_t)c->label,
      (double)sl_chooser_bytes(c),
      0,
  };
  memcpy(facts, list, sizeof list);
}

static sl_status grow_methods(sl_chooser_state *state, uint32_t methods) {
  if (state->method == NULL) return SL_OK;
  SL_TRY(SL_REALLOC(&state->method, methods));
  memset(state->method + state->methods, 0, (methods - state->methods) * sizeof *state->method);
  state->methods = methods;
  return SL_OK;
}

sl_status sl_chooser_set_methods(sl_chooser *c, uint32_t methods, const uint8_t *label,
                                 size_t label_bytes) {
  SL_REQUIRE(methods >= c->options.methods && methods <= SL_CHOOSER_MOST_METHODS, SL_ERR_OPTION,
             "methods", "as many as there are, or more, at most 256");
  SL_REQUIRE(!sl_job_is_running(&c->job), SL_ERR_STATE, "chooser", "no fit under way");
  // What was compiled has as many columns as there were methods.
  sl_chooser_compiled_free(&c->compiled);
  sl_job_drop(&c->job);
  SL_TRY(set_label(c, label, label_bytes));
  if (methods > c->now.methods) SL_TRY(grow_methods(&c->now, methods));
  if (methods > c->kept.methods) SL_TRY(grow_methods(&c->kept, methods));
  c->options.methods = methods;
  c->version++;
  return SL_OK;
}

// ---- reports ------------------------------------------------------------------------------------

static sl_status check_run(const sl_chooser *c, uint32_t method, double cost, uint32_t ending,
                           uint64_t place) {
  SL_REQUIRE_AT(method < c->now.methods, SL_ERR_INDEX, "method", "the number of a method", place);
  SL_REQUIRE_AT(isfinite(cost), SL_ERR_NOT_FINITE, "cost", "a finite number", place);
  SL_REQUIRE_AT(cost >= 0, SL_ERR_RANGE, "cost", "a number >= 0", place);
  SL_REQUIRE_AT(ending < SL_RUN_ENDINGS, SL_ERR_OPTION, "ending", "solved, failed or censored",
                place);
  return SL_OK;
}

sl_status sl_chooser_report(sl_chooser *c, double id, const double *features, uint32_t method,
                            double cost, uint32_t ending) {
  const double *row = c->row;
  SL_TRY(check_run(c, method, cost, ending, SL_NO_POSITION));
  if (id == 0) {
    sl_chooser_clean(c, features, c->row);
  } else {
    const double last = (double)c->decided;
    SL_REQUIRE(is_count(id, 1, last) && last - id < SL_CHOOSER_PENDING && c->pending != NULL,
               SL_ERR_INDEX, "id", "one of the last 1024 decisions of this object");
    row = c->pending + (uint64_t)id % SL_CHOOSER_PENDING * c->options.features;
  }
  return sl_chooser_take_run(c, row, method, cost, ending, true);
}

// ---- tables -------------------------------------------------------------------------------------

sl_status sl_chooser_begin_fit(sl_chooser *c, uint32_t count, const double *features,
                               const uint32_t *methods, const double *costs,
                               const uint32_t *endings) {
  for (uint32_t i = 0; i < count; i++) SL_TRY(check_run(c, methods[i], costs[i], endings[i], i));
  const size_t width = c->options.features;
  sl_chooser_table *t = &c->table;
  sl_job_drop(&c->job);
  table_free(t);
  sl_chooser_compiled_free(&c->compiled);
  sl_status status = SL_ALLOC(&t->features, count * width);
  if (status == SL_OK) status = SL_ALLOC(&t->methods, count);
  if (status == SL_OK) status = SL_ALLOC(&t->costs, count);
  if (status == SL_OK) status = SL_ALLOC(&t->endings, count);
  if (status != SL_OK) {
    table_free(t);
    return status;
  }
  for (uint32_t i = 0; i < count; i++) {
    sl_chooser_clean(c, features + i * width, t->features + i * width);
    t->methods[i] = methods[i];
    t->costs[i] = costs[i];
    t->endings[i] = endings[i];
  }
  t->rows = count;
  c->work = 0;
  sl_job_begin(&c->job);
  return SL_OK;
}

static sl_status fit_step(sl_chooser *c, uint64_t work, bool *done) {
  sl_chooser_table *t = &c->table;
  const uint64_t begin = c->work;
  const uint32_t width = c->options.features;
  while (c->work - begin < work) {
    if (t->at < t->rows) {
      const uint32_t i = t->at++;
      SL_TRY(sl_chooser_take_run(c, t->features + (size_t)i * width, t->methods[i], t->costs[i],
                                 t->endings[i], false));
      c->work += 1 + width;
    } else if (t->method < c->now.methods) {
      sl_chooser_method *m = &c->now.method[t->method];
      SL_TRY(sl_chooser_grow(c, m, t->method++));
      c->work += (uint64_t)(m->count + 1) * (width + 1) * (m->roots + 1);
      c->version++;
    } else {
      *done = true;
      return SL_OK;
    }
  }
  return SL_OK;
}

// ---- the job ------------------------------------------------------------------------------------

sl_job *sl_chooser_job(sl_chooser *c) { return &c->job; }

static bool compiles(const sl_chooser *c) { return c->compiled.rows > 0; }

// After a fit that was cut short: what came in is known without trees until its methods are
// reported again.
static void drop(sl_chooser *c) {
  table_free(&c->table);
  sl_chooser_compiled_free(&c->compiled);
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_chooser *c = (sl_chooser *)job;
  bool done = false;
  const sl_status status =
      compiles(c) ? sl_chooser_compile_step(c, work, &done) : fit_step(c, work, &done);
  if (status != SL_OK) {
    drop(c);
    sl_job_drop(job);
    return status;
  }
  if (done) {
    table_free(&c->table);
    sl_job_end(job, SL_OUTCOME_CONVERGED);
  }
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  drop((sl_chooser *)job);
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_chooser *)job)->work; }
static size_t job_bytes(const sl_job *job) { return sl_chooser_bytes((const sl_chooser *)job); }
static void destroy(sl_job *job) { sl_chooser_destroy((sl_chooser *)job); }

const sl_job_kind sl_chooser_kind = {.name = "chooser",
                                     .step = step,
                                     .stop = stop,
                                     .work = work_done,
                                     .bytes = job_bytes,
                                     .destroy = destroy};

// ---- checkpoints --------------------------------------------------------------------------------

static sl_status copy_block(void *out, const void *from, size_t bytes) {
  void *block = NULL;
  if (from != NULL) {
    SL_TRY(sl_alloc(bytes, 1, &block));
    memcpy(block, from, bytes);
  }
  *(void **)out = block;
  return SL_OK;
}

static sl_status copy_method(const sl_chooser *c, const sl_chooser_method *m,
                             sl_chooser_method *out) {
  const size_t rows = m->room, width = c->options.features;
  *out = *m;
  out->values = out->costs = out->targets = out->scaled = out->scale = NULL;
  out->endings = NULL;
  out->root = NULL;
  out->nodes = NULL;
  SL_TRY(copy_block(&out->values, m->values, rows * width * 8));
  SL_TRY(copy_block(&out->costs, m->costs, rows * 8));
  SL_TRY(copy_block(&out->targets, m->targets, rows * 8));
  SL_TRY(copy_block(&out->endings, m->endings, rows));
  SL_TRY(copy_block(&out->scaled, m->scaled, rows * width * 8));
  SL_TRY(copy_block(&out->scale, m->scale, width * 16));
  SL_TRY(copy_block(&out->root, m->root, ((size_t)c->options.trees + 1) * 4));
  return copy_block(&out->nodes, m->nodes, m->node_count * sizeof *m->nodes);
}

sl_status sl_chooser_checkpoint(sl_chooser *c) {
  sl_chooser_state made = c->now;
  made.methods = 0;
  SL_TRY(SL_ALLOC_ZERO(&made.method, c->now.methods));
  sl_status status = SL_OK;
  while (status == SL_OK && made.methods < c->now.methods) {
    const uint32_t i = made.methods++;
    status = copy_method(c, &c->now.method[i], &made.method[i]);
  }
  if (status != SL_OK) {
    sl_chooser_state_free(&made);
    return status;
  }
  sl_chooser_state_free(&c->kept);
  c->kept = made;
  c->has_kept = true;
  return SL_OK;
}

sl_status sl_chooser_exchange(sl_chooser *c) {
  SL_REQUIRE(c->has_kept && !sl_job_is_running(&c->job), SL_ERR_STATE, "chooser",
             "a checkpoint, and no fit under way");
  const sl_chooser_state now = c->now;
  c->now = c->kept;
  c->kept = now;
  c->version++;
  return SL_OK;
}

void sl_chooser_clear(sl_chooser *c) {
  sl_chooser_state *now = &c->now;
  drop(c);
  sl_job_drop(&c->job);
  // The arrays stay: there is nothing that can fail.
  for (uint32_t i = 0; i < now->methods; i++) {
    sl_chooser_method *m = &now->method[i];
    sl_free(m->nodes);
    m->nodes = NULL;
    m->count = m->roots = m->node_count = 0;
    m->seen = m->next = 0;
  }
  now->reports = now->decisions = 0;
  sl_rng_seed(&now->rng, c->options.seed);
  c->version++;
}
