#include "gemm/recurrent.h"

#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "gemm/activation.h"
#include "gemm/dense_matrix.h"
#include "gemm/kernel.h"

#define NOINLINE __attribute__((noinline))

// Tokens of an item whose inputs are multiplied together.
enum { TOGETHER = 32 };

typedef struct direction {
  sl_dense_matrix *input, *own; // packed, inputs and hidden x gates * hidden
  float *input_bias, *own_bias; // gates * hidden each
} direction;

struct sl_recurrent {
  sl_job job; // the first member
  uint32_t kind_of, inputs, hidden, directions, gates;
  uint32_t columns; // gates * hidden
  uint32_t wide;    // the same, up to whole panels
  direction each[2];

  sl_recurrent_options o;
  uint32_t direction, token; // tokens of this direction that are done
  uint64_t work;
  float *scratch;
  size_t room;
  float *left, *sums, *own;
};

static void drop_direction(direction *d) {
  sl_dense_matrix_destroy(d->input);
  sl_dense_matrix_destroy(d->own);
  sl_free(d->input_bias);
}

void sl_recurrent_destroy(sl_recurrent *r) {
  if (r == NULL) return;
  for (int i = 0; i < 2; i++) drop_direction(&r->each[i]);
  sl_free(r->scratch);
  sl_free(r);
}

sl_status sl_recurrent_create(uint32_t kind_of, uint32_t inputs, uint32_t hidden,
                              uint32_t directions, sl_recurrent **out) {
  *out = NULL;
  SL_REQUIRE(kind_of <= SL_RECURRENT_GRU, SL_ERR_OPTION, "kind", "lstm or gru");
  SL_REQUIRE(inputs >= 1 && inputs <= 1u << 16, SL_ERR_OPTION, "inputs", "1 .. 65536");
  SL_REQUIRE(hidden >= 1 && hidden <= 1u << 16, SL_ERR_OPTION, "hidden", "1 .. 65536");
  SL_REQUIRE(directions == 1 || directions == 2, SL_ERR_OPTION, "directions", "1 or 2");
  sl_recurrent *r;
  SL_TRY(SL_ALLOC_ZERO(&r, 1));
  r->job.kind = &sl_recurrent_kind;
  r->kind_of = kind_of;
  r->inputs = inputs;
  r->hidden = hidden;
  r->directions = directions;
  r->gates = kind_of == SL_RECURRENT_LSTM ? 4 : 3;
  r->columns = r->gates * hidden;
  r->wide = (r->columns + SL_PANEL_F32 - 1) / SL_PANEL_F32 * SL_PANEL_F32;
  *out = r;
  return SL_OK;
}

sl_status sl_recurrent_set(sl_recurrent *r, uint32_t at, const sl_recurrent_weights *w) {
  SL_REQUIRE(at < r->directions, SL_ERR_INDEX, "direction", "one of the layer's");
  const double columns = r->columns;
  SL_REQUIRE((double)w->input_count == columns * r->inputs, SL_ERR_SHAPE, "input",
             "gates * hidden * inputs elements");
  SL_REQUIRE((double)w->own_count == columns * r->hidden, SL_ERR_SHAPE, "own",
             "gates * hidden * hidden elements");
  SL_REQUIRE(w->input_bias == NULL || w->input_bias_count == r->columns, SL_ERR_SHAPE, "input_bias",
             "gates * hidden elements");
  SL_REQUIRE(w->own_bias == NULL || w->own_bias_count == r->columns, SL_ERR_SHAPE, "own_bias",
             "gates * hidden elements");
  sl_job_drop(&r->job);
  direction d = {NULL, NULL, NULL, NULL};
  sl_status status = sl_dense_matrix_from(w->input, w->input_count, SL_ELEMENT_F32, r->inputs,
                                          r->columns, 1, SL_ELEMENT_F32, 1, NULL, 0, &d.input);
  if (status == SL_OK)
    status = sl_dense_matrix_from(w->own, w->own_count, SL_ELEMENT_F32, r->hidden, r->columns, 1,
                                  SL_ELEMENT_F32, 1, NULL, 0, &d.own);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&d.input_bias, 2 * (size_t)r->columns);
  if (status != SL_OK) {
    drop_direction(&d);
    return status;
  }
  d.own_bias = d.input_bias + r->columns;
  const size_t bytes = r->columns * sizeof(float);
  if (w->input_bias != NULL) memcpy(d.input_bias, w->input_bias, bytes);
  if (w->own_bias != NULL) memcpy(d.own_bias, w->own_bias, bytes);
  drop_direction(&r->each[at]);
  r->each[at] = d;
  return SL_OK;
}

size_t sl_recurrent_bytes(const sl_recurrent *r) {
  size_t bytes = sizeof *r + r->room * sizeof(float);
  for (uint32_t i = 0; i < r->directions; i++)
    if (r->each[i].input != NULL)
      bytes += sl_dense_matrix_bytes(r->each[i].input) + sl_dense_matrix_bytes(r->each[i].own) +
               2 * r->columns * sizeof(float);
  return bytes;
}

sl_status sl_recurrent_begin(sl_recurrent *r, const sl_recurrent_options *o) {
  sl_job_drop(&r->job);
  for (uint32_t i = 0; i < r->directions; i++)
    SL_REQUIRE(r->each[i].input != NULL, SL_ERR_STATE, "weights", "weights of every direction");
  const double rows = (double)o->batch * o->tokens;
  SL_REQUIRE((double)o->count == rows * r->inputs, SL_ERR_SHAPE, "x",
             "batch * tokens * inputs elements");
  SL_REQUIRE((double)o->state_count == (double)r->directions * o->batch * r->hidden, SL_ERR_SHAPE,
             "state", "directions * batch * hidden elements");
  SL_REQUIRE(r->kind_of != SL_RECURRENT_LSTM || o->cell != NULL || o->state_count == 0,
             SL_ERR_ARGUMENT, "cell", "an array of its own");
  const size_t batch = o->batch, tiles = (batch + 3) / 4 * 4;
  const size_t deepest = r->inputs > r->hidden ? r->inputs : r->hidden;
  const size_t lefts = (tiles > TOGETHER ? tiles : TOGETHER) * deepest;
  const double wanted = (double)lefts + (double)batch * r->wide * (TOGETHER + 1);
  SL_REQUIRE(wanted < (double)(SIZE_MAX / 8), SL_ERR_OVERFLOW, "batch", "fewer items");
  const size_t room = lefts + batch * r->wide * (TOGETHER + 1);
  if (r->room < room) {
    sl_free(r->scratch);
    r->scratch = NULL;
    r->room = 0;
    SL_TRY(SL_ALLOC(&r->scratch, room));
    r->room = room;
  }
  r->left = r->scratch;
  r->sums = r->left + lefts;
  r->own = r->sums + batch * r->wide * TOGETHER;
  r->o = *o;
  r->direction = r->token = 0;
  r->work = 0;
  sl_job_begin(&r->job);
  if (o->batch == 0 || o->tokens == 0) sl_job_end(&r->job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

// ---- products -----------------------------------------------------------------------------------

// sums (rows x wide) = left (packed) times a matrix, + bias.
static NOINLINE void multiply(sl_recurrent *r, const sl_dense_matrix *m, const float *bias,
                              uint32_t rows, float *sums) {
  for (uint32_t at = 0; at < m->rows; at += SL_BLOCK_DEPTH) {
    const uint32_t here = m->rows - at < SL_BLOCK_DEPTH ? m->rows - at : SL_BLOCK_DEPTH;
    for (uint32_t j = 0; j < r->wide; j += SL_PANEL_F32) {
      const float *panel = sl_dense_matrix_panel(m, at, j / SL_PANEL_F32);
      // A tile of left is as deep as the matrix, and not as this block of it.
      for (uint32_t i = 0; i < rows; i += SL_TILE_ROWS)
        sl_panel_f32(rows - i < SL_TILE_ROWS ? rows - i : SL_TILE_ROWS, here,
                     r->left + (size_t)i * m->rows + (size_t)at * SL_TILE_ROWS, panel, SL_PANEL_F32,
                     sums + (size_t)i * r->wide + j, r->wide, at > 0);
    }
  }
  for (uint32_t i = 0; i < rows; i++)
    for (uint32_t j = 0; j < r->columns; j++) sums[(size_t)i * r->wide + j] += bias[j];
  r->work += (uint64_t)rows * m->rows * r->wide;
}

// Where in the sequence a direction's token is.
static uint32_t place_of(const sl_recurrent *r, uint32_t token) {
  return r->direction == 0 ? token : r->o.tokens - 1 - token;
}

static uint32_t ahead_of(const sl_recurrent *r) {
  const uint32_t rest = r->o.tokens - r->token;
  return rest < TOGETHER ? rest : TOGETHER;
}

// What the inputs of the next tokens add to the gates: of each item its tokens in their order.
static void read_inputs(sl_recurrent *r) {
  const direction *d = &r->each[r->direction];
  const uint32_t rows = ahead_of(r);
  const uint32_t first = r->direction == 0 ? r->token : r->o.tokens - r->token - rows;
  for (uint32_t item = 0; item < r->o.batch; item++) {
    const size_t at = ((size_t)item * r->o.tokens + first) * r->inputs;
    sl_pack_left_f32(r->o.x + at, r->inputs, 1, rows, r->inputs, r->left);
    multiply(r, d->input, d->input_bias, rows, r->sums + (size_t)item * TOGETHER * r->wide);
  }
}

// ---- gates --------------------------------------------------------------------------------------

// Activations cannot fail: they are of the list.
NOINLINE void sl_lstm_gates(float *sums, uint32_t n, float *cell, float *hidden) {
  const float *in = sums, *forget = in + n, *next = forget + n, *out = next + n;
  (void)sl_activate(sums, 2 * (size_t)n, SL_ACTIVATION_SIGMOID);
  (void)sl_activate(sums + 2 * (size_t)n, n, SL_ACTIVATION_TANH);
  (void)sl_activate(sums + 3 * (size_t)n, n, SL_ACTIVATION_SIGMOID);
  for (uint32_t j = 0; j < n; j++) hidden[j] = cell[j] = forget[j] * cell[j] + in[j] * next[j];
  (void)sl_activate(hidden, n, SL_ACTIVATION_TANH);
  for (uint32_t j = 0; j < n; j++) hidden[j] *= out[j];
}

static NOINLINE void gru_gates(float *sums, const float *own, uint32_t n, float *hidden) {
  const float *reset = sums, *update = sums + n;
  float *new = sums + 2 * (size_t)n;
  for (uint32_t j = 0; j < 2 * n; j++) sums[j] += own[j];
  (void)sl_activate(sums, 2 * (size_t)n, SL_ACTIVATION_SIGMOID);
  for (uint32_t j = 0; j < n; j++) new[j] += reset[j] * own[2 * (size_t)n + j];
  (void)sl_activate(new, n, SL_ACTIVATION_TANH);
  for (uint32_t j = 0; j < n; j++) hidden[j] = (1 - update[j]) * new[j] + update[j] * hidden[j];
}

// One token of all items.
static void token(sl_recurrent *r) {
  const direction *d = &r->each[r->direction];
  const uint32_t batch = r->o.batch, n = r->hidden;
  const uint32_t within = r->token % TOGETHER;
  if (within == 0) read_inputs(r);
  const uint32_t rows =
      (r->token - within + TOGETHER < r->o.tokens) ? TOGETHER : r->o.tokens - (r->token - within);
  const uint32_t row = r->direction == 0 ? within : rows - 1 - within;
  float *hidden = r->o.hidden + (size_t)r->direction * batch * n;
  sl_pack_left_f32(hidden, n, 1, batch, n, r->left);
  multiply(r, d->own, d->own_bias, batch, r->own);
  for (uint32_t item = 0; item < batch; item++) {
    float *sums = r->sums + ((size_t)item * TOGETHER + row) * r->wide;
    const float *own = r->own + (size_t)item * r->wide;
    float *h = hidden + (size_t)item * n;
    if (r->kind_of == SL_RECURRENT_LSTM) {
      for (uint32_t j = 0; j < r->columns; j++) sums[j] += own[j];
      sl_lstm_gates(sums, n, r->o.cell + ((size_t)r->direction * batch + item) * n, h);
    } else {
      gru_gates(sums, own, n, h);
    }
    const size_t at = (size_t)item * r->o.tokens + place_of(r, r->token);
    memcpy(r->o.out + (at * r->directions + r->direction) * n, h, n * sizeof *h);
  }
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_recurrent *r = (sl_recurrent *)job;
  const uint64_t begun = r->work;
  do {
    token(r);
    if (++r->token < r->o.tokens) continue;
    r->token = 0;
    if (++r->direction == r->directions) sl_job_end(job, SL_OUTCOME_CONVERGED);
  } while (sl_job_is_running(job) && r->work - begun < work);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_recurrent *)job)->work; }
static uint64_t work_expected(const sl_job *job) {
  const sl_recurrent *r = (const sl_recurrent *)job;
  return (uint64_t)r->o.batch * r->o.tokens * r->directions * r->wide * (r->inputs + r->hidden);
}
static size_t job_bytes(const sl_job *job) { return sl_recurrent_bytes((const sl_recurrent *)job); }
static void destroy(sl_job *job) { sl_recurrent_destroy((sl_recurrent *)job); }

sl_job *sl_recurrent_job(sl_recurrent *r) { return &r->job; }

const sl_job_kind sl_recurrent_kind = {"recurrent",   step,      sl_job_stop_here, work_done,
                                       work_expected, job_bytes, destroy};
