// The training of a graph convolution: what it holds, and the course of an epoch.
#include "gnn/training.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/simd.h"

// ---- beginning ----------------------------------------------------------------------------------

static sl_status check_settings(const double *o) {
  SL_REQUIRE(o[0] >= 2 && o[0] <= 65536 && floor(o[0]) == o[0], SL_ERR_OPTION, "classes",
             "an integer from 2 to 65536");
  SL_REQUIRE(o[1] >= 1 && o[1] <= 65536 && floor(o[1]) == o[1], SL_ERR_OPTION, "hidden",
             "an integer from 1 to 65536");
  SL_REQUIRE(o[2] > 0 && o[2] <= 1, SL_ERR_OPTION, "learning_rate", "a number > 0 and <= 1");
  SL_REQUIRE(o[3] >= 0 && o[3] <= 1e12, SL_ERR_OPTION, "l2", "a number from 0 to 10^12");
  SL_REQUIRE(o[4] >= 0 && o[4] <= 0.95, SL_ERR_OPTION, "dropout", "a number from 0 to 0.95");
  SL_REQUIRE(o[5] >= 1 && o[5] <= 1e6 && floor(o[5]) == o[5], SL_ERR_OPTION, "epochs",
             "an integer from 1 to 10^6");
  SL_REQUIRE(o[6] >= 1, SL_ERR_OPTION, "patience", "a number >= 1");
  SL_REQUIRE(o[7] >= 0 && o[7] < 0x1p53 && floor(o[7]) == o[7], SL_ERR_OPTION, "seed",
             "an integer from 0 to 2^53 - 1");
  return SL_OK;
}

static sl_status reach_all(sl_reach *reach, sl_graph *graph, const uint32_t *nodes, uint32_t count,
                           bool weighted) {
  uint64_t done = 0;
  bool ended = false;
  SL_TRY(sl_reach_begin(reach, graph, nodes, count, 2, weighted));
  while (!ended) SL_TRY(sl_reach_grow(reach, UINT64_MAX, &done, &ended));
  return SL_OK;
}

// How many of a row are not 0.
static uint32_t count_row(const float *row, uint32_t columns) {
  sl_i32x4 found = {0};
  uint32_t c = 0, count = 0;
  for (; c + 4 <= columns; c += 4) found -= sl_f32x4_load(row + c) != 0;
  for (; c < columns; c++) count += row[c] != 0;
  return count + (uint32_t)(found[0] + found[1] + found[2] + found[3]);
}

static uint32_t take_row(const float *row, uint32_t columns, sl_sparse_rows *x, uint32_t at) {
  for (uint32_t c = 0; c < columns;) {
    if (c + 16 <= columns) {
      const float *p = row + c;
      const sl_i32x4 any = (sl_f32x4_load(p) != 0) | (sl_f32x4_load(p + 4) != 0) |
                           (sl_f32x4_load(p + 8) != 0) | (sl_f32x4_load(p + 12) != 0);
      if (!(any[0] | any[1] | any[2] | any[3])) {
        c += 16;
        continue;
      }
    }
    const uint32_t end = c + 16 < columns ? c + 16 : columns;
    for (; c < end; c++) {
      if (row[c] == 0) continue;
      x->columns[at] = c;
      x->values[at++] = row[c];
    }
  }
  return at;
}

// The features of the nodes of a reach that are not 0.
static sl_status take_features(sl_sparse_rows *x, const sl_reach *reach, const float *features,
                               uint32_t columns) {
  uint64_t entries = 0;
  for (uint32_t i = 0; i < reach->count; i++)
    entries += count_row(features + (size_t)reach->nodes[i] * columns, columns);
  SL_REQUIRE(entries <= UINT32_MAX, SL_ERR_OVERFLOW, "features", "fewer of them");
  SL_TRY(SL_ALLOC(&x->rows, (size_t)reach->count + 1));
  SL_TRY(SL_ALLOC(&x->columns, (size_t)entries));
  SL_TRY(SL_ALLOC(&x->values, (size_t)entries));
  uint32_t at = 0;
  for (uint32_t i = 0; i < reach->count; i++) {
    x->rows[i] = at;
    at = take_row(features + (size_t)reach->nodes[i] * columns, columns, x, at);
  }
  x->rows[reach->count] = at;
  return SL_OK;
}

// The first feature that is no number or too large; `count` when there is none.
static uint64_t first_too_large(const float *features, uint64_t count) {
  const sl_f32x4 most = sl_f32x4_splat(1e18f);
  uint64_t i = 0;
  for (; i + 16 <= count; i += 16) {
    sl_i32x4 fine = {-1, -1, -1, -1};
    for (int p = 0; p < 16; p += 4) {
      const sl_f32x4 x = sl_f32x4_load(features + i + p);
      fine &= (x <= most) & (x >= -most);
    }
    if (!(fine[0] & fine[1] & fine[2] & fine[3])) break;
  }
  while (i < count && fabsf(features[i]) <= 1e18f) i++;
  return i;
}

static sl_status take_numbers(sl_gnn_training *t) {
  const uint32_t *train = t->reach[0].counts, *check = t->reach[1].counts;
  const size_t two = train[2] > check[2] ? train[2] : check[2];
  const size_t one = train[1] > check[1] ? train[1] : check[1];
  const size_t h = t->hidden_stride, c = t->class_stride;
  for (int i = 0; i < 2; i++) {
    const sl_reach *reach = &t->reach[i];
    // Sums are made for those within one step.
    const uint32_t rows = reach->counts[1], edges = rows > 0 ? reach->rows[rows] : 0;
    SL_TRY(SL_ALLOC(&t->factors[i].own, (size_t)rows + 1));
    SL_TRY(SL_ALLOC(&t->factors[i].others, (size_t)edges + 1));
    for (uint32_t k = 0; k < rows; k++) t->factors[i].own[k] = (float)reach->own[k];
    for (uint32_t k = 0; k < edges; k++) t->factors[i].others[k] = (float)reach->coefficients[k];
    t->bytes += 4 * ((size_t)rows + edges);
  }
  SL_TRY(SL_ALLOC_ZERO(&t->theta, t->parameters));
  SL_TRY(SL_ALLOC_ZERO(&t->gradient, t->parameters));
  SL_TRY(SL_ALLOC_ZERO(&t->mean, t->parameters));
  SL_TRY(SL_ALLOC_ZERO(&t->square, t->parameters));
  SL_TRY(SL_ALLOC_ZERO(&t->best, t->parameters));
  SL_TRY(SL_ALLOC(&t->y, two * h));
  SL_TRY(SL_ALLOC_ZERO(&t->h, one * h));
  SL_TRY(SL_ALLOC(&t->y2, one * c));
  SL_TRY(SL_ALLOC(&t->z, train[0] * c));
  SL_TRY(SL_ALLOC_ZERO(&t->dz, c));
  SL_TRY(SL_ALLOC_ZERO(&t->dh, h));
  SL_TRY(SL_ALLOC(&t->dy2, train[1] * c));
  SL_TRY(SL_ALLOC(&t->dy, train[2] * h));
  SL_TRY(SL_ALLOC_ZERO(&t->hidden_kept, train[1] * h));
  SL_TRY(SL_ALLOC_ZERO(&t->zero, h > c ? h : c));
  SL_TRY(SL_ALLOC_ZERO(&t->w2_turned, t->classes * h));
  SL_TRY(SL_ALLOC(&t->ones, h));
  for (size_t k = 0; k < h; k++) t->ones[k] = 1;
  SL_TRY(SL_ALLOC(&t->kept.rows, (size_t)train[2] + 1));
  SL_TRY(SL_ALLOC(&t->kept.columns, (size_t)t->features[0].rows[train[2]] + 1));
  SL_TRY(SL_ALLOC(&t->kept.values, (size_t)t->features[0].rows[train[2]] + 1));
  t->bytes += sizeof *t +
              4 * (5 * t->parameters + two * h + one * (h + c) + train[0] * c + train[1] * c +
                   train[2] * h + train[1] * h + t->classes * h) +
              16 * (size_t)t->features[0].rows[train[2]] +
              8 * (size_t)t->features[1].rows[t->reach[1].count] + t->reach[0].bytes +
              t->reach[1].bytes;
  return SL_OK;
}

// Uniform within root(6 / (inputs + outputs)): Glorot and Bengio 2010.
static void draw_weights(sl_gnn_training *t, size_t at, uint32_t inputs, uint32_t outputs,
                         uint32_t stride) {
  const double limit = sqrt(6.0 / ((double)inputs + outputs));
  for (uint32_t i = 0; i < inputs; i++)
    for (uint32_t o = 0; o < outputs; o++)
      t->theta[at + (size_t)i * stride + o] = (float)(limit * (2 * sl_rng_double(&t->rng) - 1));
}

static sl_status check_labels(const sl_gnn_training *t, const uint32_t *labels, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(labels[i] < t->classes, SL_ERR_INDEX, "labels", "a class", i);
  return SL_OK;
}

static void take_settings(sl_gnn_training *t, const double *o, uint32_t columns) {
  t->columns = columns;
  t->classes = (uint32_t)o[0];
  t->hidden = (uint32_t)o[1];
  t->hidden_stride = (t->hidden + 3) / 4 * 4;
  t->class_stride = (t->classes + 3) / 4 * 4;
  t->rate = o[2];
  t->l2 = o[3];
  t->drop_below = (uint32_t)(o[4] * 65536 + 0.5);
  t->more = 65536 / (65536 - (float)t->drop_below);
  t->epochs = (uint32_t)o[5];
  t->patience = o[6] < 1e9 ? (uint32_t)o[6] : UINT32_MAX;
  t->first_power = t->second_power = 1;
  t->best_loss = INFINITY;
  t->b_at = (size_t)columns * t->hidden_stride;
  t->w2_at = t->b_at + t->hidden_stride;
  t->b2_at = t->w2_at + (size_t)t->hidden * t->class_stride;
  t->parameters = t->b2_at + t->class_stride;
  sl_rng_seed(&t->rng, (uint64_t)o[7]);
}

static sl_status begin(sl_gnn *gnn, sl_graph *graph, const double *o, const float *features,
                       const uint32_t *nodes, const uint32_t *labels, uint32_t node_count,
                       uint32_t training_count) {
  sl_gnn_training *t = gnn->training;
  const bool weighted = o[8] != 0;
  t->training_count = training_count;
  t->validation_count = node_count - training_count;
  SL_TRY(check_labels(t, labels, node_count));
  SL_TRY(SL_ALLOC(&t->labels, node_count));
  memcpy(t->labels, labels, node_count * sizeof *labels);
  SL_TRY(reach_all(&t->reach[0], graph, nodes, training_count, weighted));
  if (t->validation_count > 0)
    SL_TRY(reach_all(&t->reach[1], graph, nodes + training_count, t->validation_count, weighted));
  SL_TRY(take_features(&t->features[0], &t->reach[0], features, t->columns));
  SL_TRY(take_features(&t->features[1], &t->reach[1], features, t->columns));
  SL_TRY(take_numbers(t));
  draw_weights(t, 0, t->columns, t->hidden, t->hidden_stride);
  draw_weights(t, t->w2_at, t->hidden, t->classes, t->class_stride);
  memcpy(t->best, t->theta, t->parameters * sizeof *t->best);
  SL_TRY(SL_ALLOC(&gnn->history, 3 * (size_t)t->epochs));
  return SL_ALLOC(&gnn->parameters, gnn->parameter_count);
}

sl_status sl_gnn_training_begin(sl_gnn *gnn, sl_graph *graph, const double *o,
                                const float *features, uint32_t columns, const uint32_t *nodes,
                                const uint32_t *labels, uint32_t node_count,
                                uint32_t training_count) {
  SL_TRY(check_settings(o));
  SL_REQUIRE(training_count > 0 && training_count <= node_count, SL_ERR_EMPTY, "nodes",
             "one to train with, or more");
  const uint64_t count = (uint64_t)columns * graph->node_count;
  const uint64_t bad = first_too_large(features, count);
  SL_REQUIRE_AT(bad == count, SL_ERR_NOT_FINITE, "features", "finite numbers of at most 10^18",
                bad);
  const uint32_t hidden = (uint32_t)o[1], classes = (uint32_t)o[0];
  const uint32_t shapes[] = {SL_GNN_GCN, columns, hidden,  1, 0, SL_GNN_RELU,
                             SL_GNN_GCN, hidden,  classes, 1, 0, SL_GNN_NONE};
  uint64_t parameters;
  SL_TRY(sl_gnn_check_shapes(2, shapes, &parameters));
  gnn->layer_count = 2;
  gnn->parameter_count = (uint32_t)parameters;
  memcpy(gnn->shapes, shapes, sizeof shapes);
  SL_TRY(SL_ALLOC_ZERO(&gnn->training, 1));
  take_settings(gnn->training, o, columns);
  return begin(gnn, graph, o, features, nodes, labels, node_count, training_count);
}

static void free_rows(sl_sparse_rows *x) {
  sl_free(x->rows);
  sl_free(x->columns);
  sl_free(x->values);
}

void sl_gnn_training_free(sl_gnn_training *t) {
  if (t == NULL) return;
  for (int i = 0; i < 2; i++) {
    sl_reach_free(&t->reach[i]);
    free_rows(&t->features[i]);
    sl_free(t->factors[i].own);
    sl_free(t->factors[i].others);
  }
  free_rows(&t->kept);
  sl_free(t->labels);
  sl_free(t->theta);
  sl_free(t->gradient);
  sl_free(t->mean);
  sl_free(t->square);
  sl_free(t->best);
  sl_free(t->y);
  sl_free(t->h);
  sl_free(t->y2);
  sl_free(t->z);
  sl_free(t->dz);
  sl_free(t->dy2);
  sl_free(t->dh);
  sl_free(t->dy);
  sl_free(t->hidden_kept);
  sl_free(t->zero);
  sl_free(t->ones);
  sl_free(t->w2_turned);
  sl_free(t);
}

size_t sl_gnn_training_bytes(const sl_gnn_training *t) { return t == NULL ? 0 : t->bytes; }

// ---- the course ---------------------------------------------------------------------------------

void sl_gnn_training_clear(sl_gnn_training *t) {
  const uint32_t *train = t->reach[0].counts;
  t->training_loss = t->validation_loss = t->right = 0;
  memset(t->gradient, 0, t->parameters * sizeof *t->gradient);
  for (uint32_t c = 0; c < t->hidden; c++)
    for (uint32_t o = 0; o < t->classes; o++)
      t->w2_turned[(size_t)o * t->hidden_stride + c] =
          t->theta[t->w2_at + (size_t)c * t->class_stride + o];
  memset(t->dy2, 0, (size_t)train[1] * t->class_stride * sizeof *t->dy2);
  memset(t->dy, 0, (size_t)train[2] * t->hidden_stride * sizeof *t->dy);
}

__attribute__((noinline)) static uint64_t some_rows(sl_gnn_training *t, uint64_t most) {
  const uint32_t rows = sl_gnn_training_rows(t, t->phase);
  uint64_t done = 0;
  for (; t->position < rows && done < most; t->position++)
    done += sl_gnn_training_row(t, t->phase, t->position);
  return done;
}

void sl_gnn_training_run(sl_gnn_training *t, sl_training_phase phase) {
  t->phase = phase;
  t->position = 0;
  some_rows(t, UINT64_MAX);
}

static sl_outcome end_epoch(sl_gnn *gnn) {
  sl_gnn_training *t = gnn->training;
  const bool validates = t->validation_count > 0;
  double *history = gnn->history + 3 * (size_t)t->epoch;
  history[0] = t->training_loss;
  history[1] = validates ? t->validation_loss : NAN;
  history[2] = validates ? t->right / t->validation_count : NAN;
  const uint32_t epoch = t->epoch++;
  gnn->epochs = t->epoch;
  if (t->too_large || !isfinite(t->training_loss) || !isfinite(t->validation_loss))
    return SL_OUTCOME_BREAKDOWN;
  if (!validates || t->validation_loss < t->best_loss) {
    t->best_loss = t->validation_loss;
    t->best_epoch = epoch;
    memcpy(t->best, t->theta, t->parameters * sizeof *t->best);
  }
  if (validates && t->epoch - t->best_epoch > t->patience) return SL_OUTCOME_CONVERGED;
  return t->epoch < t->epochs ? SL_OUTCOME_RUNNING : SL_OUTCOME_ITERATION_LIMIT;
}

void sl_gnn_training_step(sl_gnn *gnn, uint64_t work, sl_outcome *outcome) {
  sl_gnn_training *t = gnn->training;
  const uint64_t until = work > UINT64_MAX - gnn->work ? UINT64_MAX : gnn->work + work;
  *outcome = SL_OUTCOME_RUNNING;
  while (gnn->work < until && *outcome == SL_OUTCOME_RUNNING) {
    if (t->phase == SL_TRAINING_DROP && t->position == 0) sl_gnn_training_clear(t);
    gnn->work += some_rows(t, until - gnn->work < 20000 ? until - gnn->work : 20000);
    if (t->position < sl_gnn_training_rows(t, t->phase)) continue;
    t->position = 0;
    if (++t->phase < SL_TRAINING_PHASES) continue;
    t->phase = SL_TRAINING_DROP;
    *outcome = end_epoch(gnn);
  }
}

// Weights of a layer, from rows for inputs to rows for outputs, then its constant.
static float *take_layer(float *to, const float *weights, const float *constant, uint32_t inputs,
                         uint32_t outputs, uint32_t stride) {
  for (uint32_t o = 0; o < outputs; o++)
    for (uint32_t i = 0; i < inputs; i++) *to++ = weights[(size_t)i * stride + o];
  for (uint32_t o = 0; o < outputs; o++) *to++ = constant[o];
  return to;
}

void sl_gnn_training_take(sl_gnn *gnn) {
  const sl_gnn_training *t = gnn->training;
  gnn->best_epoch = t->best_epoch;
  float *at = take_layer(gnn->parameters, t->best, t->best + t->b_at, t->columns, t->hidden,
                         t->hidden_stride);
  take_layer(at, t->best + t->w2_at, t->best + t->b2_at, t->hidden, t->classes, t->class_stride);
}
