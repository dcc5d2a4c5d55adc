// Saving and loading routers.
//
// A file may come from anywhere: sizes are those that a router can have and all numbers finite and
// within bounds, so that every function can be called. That they were learned from examples cannot be
// seen from the file.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "router/file.h"
#include "router/object.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_PARAMETERS SL_TAG('P', 'A', 'R', 'A')
#define TAG_BEGINS SL_TAG('B', 'E', 'G', 'N')
#define TAG_EXAMPLES SL_TAG('E', 'X', 'M', 'P')
#define TAG_IDS SL_TAG('I', 'D', 'S', ' ')
#define TAG_KNOT_BEGINS SL_TAG('K', 'B', 'E', 'G')
#define TAG_KNOTS SL_TAG('K', 'N', 'O', 'T')
#define TAG_LEVELS SL_TAG('L', 'E', 'V', 'L')
#define TAG_TABLE SL_TAG('T', 'A', 'B', 'L')
#define TAG_LABELS SL_TAG('L', 'A', 'B', 'L')

// No number that examples lead to is larger.
#define MOST 1e100

// Section `META`, as it stands in the file.
typedef struct meta {
  double holdout, l2, learning_rate, temperature, accuracy, error;
  uint32_t dimension, routes, scorer, asked, neighbours, limit, hidden, rank, steps, seed;
  uint32_t by_value, trained, held, calibration, iterations, reserved;
} meta;

sl_status sl_router_save(const sl_router *r, const void *labels, size_t bytes, sl_writer **out) {
  *out = NULL;
  SL_TRY(sl_job_require_ended(&r->job));
  SL_REQUIRE(r->has_model, SL_ERR_STATE, "router", "one that was not stopped while it learned");
  SL_TRY(sl_writer_create(SL_FILE_ROUTER, out));
  const sl_router_question *q = &r->question;
  const meta m = {.holdout = q->holdout,
                  .l2 = q->l2,
                  .learning_rate = q->learning_rate,
                  .temperature = r->temperature,
                  .accuracy = r->accuracy,
                  .error = r->error,
                  .dimension = q->dimension,
                  .routes = q->routes,
                  .scorer = q->scorer,
                  .asked = q->calibration,
                  .neighbours = q->neighbours,
                  .limit = q->iterations,
                  .hidden = q->hidden,
                  .rank = q->rank,
                  .steps = q->steps,
                  .seed = q->seed,
                  .by_value = r->by_value,
                  .trained = r->trained,
                  .held = r->held,
                  .calibration = r->calibration,
                  .iterations = r->iterations};
  sl_writer *w = *out;
  const size_t examples = r->examples == NULL ? 0 : r->trained;
  const size_t begins = r->begins == NULL ? 0 : (size_t)q->routes + 1;
  sl_writer_add_copy(w, TAG_META, &m, sizeof m);
  sl_writer_add(w, TAG_PARAMETERS, r->parameters, r->parameter_count * sizeof *r->parameters);
  sl_writer_add(w, TAG_BEGINS, r->begins, begins * sizeof *r->begins);
  sl_writer_add(w, TAG_EXAMPLES, r->examples, examples * r->stride * sizeof *r->examples);
  sl_writer_add(w, TAG_IDS, r->ids, examples * sizeof *r->ids);
  sl_writer_add(w, TAG_KNOT_BEGINS, r->knot_begins,
                ((size_t)q->routes + 1) * sizeof *r->knot_begins);
  sl_writer_add(w, TAG_KNOTS, r->knots, r->knot_begins[q->routes] * sizeof *r->knots);
  sl_writer_add(w, TAG_LEVELS, r->levels,
                r->levels == NULL ? 0 : (size_t)r->held * sizeof *r->levels);
  sl_writer_add(w, TAG_TABLE, r->table, (size_t)r->held * sizeof *r->table);
  sl_writer_add_copy(w, TAG_LABELS, labels, bytes);
  return SL_OK;
}

// ---- loading ------------------------------------------------------------------------------------

static bool bounded(const double *x, size_t n, double most) {
  for (size_t i = 0; i < n; i++)
    if (!(fabs(x[i]) <= most)) return false;
  return true;
}

// begins: from 0 up to `count`, never down.
static bool ascends(const uint32_t *begins, uint32_t routes, uint32_t count) {
  if (begins[0] != 0 || begins[routes] != count) return false;
  for (uint32_t k = 0; k < routes; k++)
    if (begins[k] > begins[k + 1]) return false;
  return true;
}

static bool meta_is_right(const meta *m) {
  if (m->by_value > 1 || m->calibration > SL_ROUTER_ISOTONIC || m->reserved != 0) return false;
  if (m->by_value && m->scorer != SL_ROUTER_RIDGE && m->scorer != SL_ROUTER_FASTGRNN) return false;
  if (m->trained == 0 || m->held > SL_ROUTER_MOST_HELD) return false;
  if (m->calibration != SL_ROUTER_NONE && m->held == 0) return false;
  return m->temperature >= 1e-7 && m->temperature <= 1e7;
}

// An empty section is a block too; what a router has not is NULL.
static void drop(void **block) {
  sl_free(*block);
  *block = NULL;
}

static sl_status take_examples(sl_router *r, sl_reader *reader) {
  const uint32_t routes = r->question.routes;
  const bool has = r->question.scorer == SL_ROUTER_SIMILARITY;
  const uint64_t trained = has ? r->trained : 0, numbers = trained * r->stride;
  SL_TRY(sl_reader_take(reader, TAG_BEGINS, has ? ((uint64_t)routes + 1) * 4 : 0,
                        (void **)&r->begins));
  SL_TRY(sl_reader_take(reader, TAG_EXAMPLES, numbers * sizeof(float), (void **)&r->examples));
  SL_TRY(sl_reader_take(reader, TAG_IDS, trained * 4, (void **)&r->ids));
  if (!has) {
    drop((void **)&r->begins);
    drop((void **)&r->examples);
    drop((void **)&r->ids);
    return SL_OK;
  }
  if (!ascends(r->begins, routes, r->trained))
    return sl_reader_bad(reader, "examples in the order of their routes");
  for (uint64_t i = 0; i < numbers; i++)
    if (!(fabsf(r->examples[i]) <= 1.001f)) return sl_reader_bad(reader, "unit vectors");
  return SL_OK;
}

static uint64_t parameters_of(const sl_router *r) {
  const sl_router_question *q = &r->question;
  const sl_fastgrnn net = sl_router_net(r);
  if (q->scorer == SL_ROUTER_SIMILARITY) return 0;
  return q->scorer == SL_ROUTER_FASTGRNN ? sl_fastgrnn_parameters(&net)
                                         : (uint64_t)q->routes * ((uint64_t)q->dimension + 1);
}

static sl_status take_calibration(sl_router *r, sl_reader *reader) {
  const uint32_t routes = r->question.routes;
  SL_TRY(sl_reader_copy(reader, TAG_KNOT_BEGINS, r->knot_begins,
                        ((size_t)routes + 1) * sizeof *r->knot_begins));
  const uint32_t knots = r->knot_begins[routes];
  if (!ascends(r->knot_begins, routes, knots)) {
    memset(r->knot_begins, 0, ((size_t)routes + 1) * sizeof *r->knot_begins);
    return sl_reader_bad(reader, "steps in the order of their routes");
  }
  SL_TRY(sl_reader_take(reader, TAG_KNOTS, (uint64_t)knots * sizeof *r->knots, (void **)&r->knots));
  if (knots > 0 && !bounded(&r->knots->from, 2 * (size_t)knots, MOST))
    return sl_reader_bad(reader, "finite numbers");
  for (uint32_t i = 0; i < knots && !r->by_value; i++)
    if (!(r->knots[i].value >= 0 && r->knots[i].value <= 1))
      return sl_reader_bad(reader, "probabilities from 0 to 1");
  const uint64_t levels = r->by_value ? 0 : r->held;
  SL_TRY(sl_reader_take(reader, TAG_LEVELS, levels * sizeof *r->levels, (void **)&r->levels));
  for (uint64_t i = 0; i < levels; i++)
    if (!(r->levels[i] >= (i > 0 ? r->levels[i - 1] : 0) && r->levels[i] <= 1))
      return sl_reader_bad(reader, "levels from 0 to 1 that ascend");
  SL_TRY(
      sl_reader_take(reader, TAG_TABLE, (uint64_t)r->held * sizeof *r->table, (void **)&r->table));
  for (uint32_t i = 0; i < r->held; i++) {
    const sl_router_row *row = &r->table[i];
    if (!bounded(&row->key, 3, MOST) || (i > 0 && row->key > row[-1].key) ||
        (!r->by_value && !(row->first == 0 || row->first == 1)))
      return sl_reader_bad(reader, "held-out examples in the order of their confidence");
  }
  if (levels == 0) drop((void **)&r->levels);
  if (r->held == 0) drop((void **)&r->table);
  return SL_OK;
}

static sl_status read_state(sl_router *r, sl_reader *reader) {
  const uint64_t count = parameters_of(r);
  if (count > UINT32_MAX) return sl_reader_bad(reader, "fewer parameters");
  SL_TRY(sl_reader_take(reader, TAG_PARAMETERS, count * sizeof(double), (void **)&r->parameters));
  r->parameter_count = (size_t)count;
  if (!bounded(r->parameters, r->parameter_count, MOST))
    return sl_reader_bad(reader, "finite parameters");
  SL_TRY(sl_router_prepare(r));
  SL_TRY(take_examples(r, reader));
  SL_TRY(take_calibration(r, reader));
  sl_section labels;
  SL_TRY(sl_reader_section(reader, &labels));
  SL_TRY(sl_reader_take(reader, TAG_LABELS, labels.bytes, &r->labels));
  r->labels_bytes = labels.bytes;
  return sl_reader_close(reader);
}

sl_status sl_router_load(sl_reader *reader, sl_router **out) {
  *out = NULL;
  meta m;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  const sl_router_question q = {.dimension = m.dimension,
                                .routes = m.routes,
                                .scorer = m.scorer,
                                .calibration = m.asked,
                                .holdout = m.holdout,
                                .neighbours = m.neighbours,
                                .l2 = m.l2,
                                .iterations = m.limit,
                                .hidden = m.hidden,
                                .rank = m.rank,
                                .steps = m.steps,
                                .learning_rate = m.learning_rate,
                                .seed = m.seed};
  if (sl_router_question_check(&q) != SL_OK || !meta_is_right(&m))
    return sl_reader_bad(reader, "options that a router can have");
  sl_router *r;
  SL_TRY(SL_ALLOC_ZERO(&r, 1));
  r->job.kind = &sl_router_kind;
  r->question = q;
  r->by_value = m.by_value != 0;
  r->trained = m.trained;
  r->held = m.held;
  r->calibration = m.calibration;
  r->iterations = m.iterations;
  r->temperature = m.temperature;
  r->accuracy = m.accuracy;
  r->error = m.error;
  const sl_status status = read_state(r, reader);
  if (status != SL_OK) {
    sl_router_destroy(r);
    return status;
  }
  r->has_model = true;
  sl_job_begin(&r->job);
  sl_job_end(&r->job, SL_OUTCOME_CONVERGED);
  *out = r;
  return SL_OK;
}
