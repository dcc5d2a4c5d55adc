// Based on: T. Kipf, M. Welling, "Semi-supervised classification with graph convolutional networks",
// ICLR 2017, arXiv:1609.02907; D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR
// 2015, arXiv:1412.6980. Only nodes within two steps of those with a label are computed: nothing else
// has a part in the loss.
#include "gnn/training.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "simd/simd.h"

enum { BLOCK = 256 };
static const double FIRST_DECAY = 0.9, SECOND_DECAY = 0.999;

// y += by x; count is a multiple of four.
static void add_times(float *y, const float *x, float by, uint32_t count) {
  const sl_f32x4 factor = sl_f32x4_splat(by);
  for (uint32_t c = 0; c < count; c += 4)
    sl_f32x4_store(y + c, sl_f32x4_load(y + c) + factor * sl_f32x4_load(x + c));
}

// `parts` times four columns, from column c on, of a sum of rows of a matrix.
#define SUM_PARTS(parts)                                                                           \
  do {                                                                                             \
    sl_f32x4 sum[parts];                                                                           \
    SL_UNROLL_ALL for (int p = 0; p < (parts); p++) sum[p] =                                       \
        sl_f32x4_load(first + c + 4 * p) + sl_f32x4_splat(own) * sl_f32x4_load(self + c + 4 * p);  \
    for (uint32_t k = 0; k < count; k++) {                                                         \
      const float *row = matrix + (size_t)columns[k] * stride + c;                                 \
      const sl_f32x4 by = sl_f32x4_splat(values[k]);                                               \
      SL_UNROLL_ALL for (int p = 0; p < (parts); p++) sum[p] += by * sl_f32x4_load(row + 4 * p);   \
    }                                                                                              \
    SL_UNROLL_ALL for (int p = 0; p < (parts); p++) sl_f32x4_store(y + c + 4 * p, sum[p]);         \
    c += 4 * (parts);                                                                              \
  } while (0)

// y = first + own self + sum over k of values[k] times row columns[k] of the matrix; stride numbers.
__attribute__((noinline)) static void sum_rows(float *y, const float *first, float own,
                                               const float *self, const float *matrix,
                                               const uint32_t *columns, const float *values,
                                               uint32_t count, uint32_t stride) {
  uint32_t c = 0;
  while (c + 16 <= stride) SUM_PARTS(4);
  if (c + 8 <= stride) SUM_PARTS(2);
  if (c < stride) SUM_PARTS(1);
}

#define SCATTER_PARTS(parts)                                                                       \
  do {                                                                                             \
    sl_f32x4 own[parts];                                                                           \
    SL_UNROLL_ALL for (int p = 0; p < (parts); p++) own[p] = sl_f32x4_load(y + c + 4 * p);         \
    for (uint32_t k = 0; k < count; k++) {                                                         \
      float *row = matrix + (size_t)columns[k] * stride + c;                                       \
      const sl_f32x4 by = sl_f32x4_splat(values[k]);                                               \
      SL_UNROLL_ALL for (int p = 0; p < (parts); p++)                                              \
          sl_f32x4_store(row + 4 * p, sl_f32x4_load(row + 4 * p) + by * own[p]);                   \
    }                                                                                              \
    c += 4 * (parts);                                                                              \
  } while (0)

// Row columns[k] of the matrix += values[k] y, for each k.
__attribute__((noinline)) static void add_to_rows(float *matrix, const float *y,
                                                  const uint32_t *columns, const float *values,
                                                  uint32_t count, uint32_t stride) {
  uint32_t c = 0;
  while (c + 16 <= stride) SCATTER_PARTS(4);
  if (c + 8 <= stride) SCATTER_PARTS(2);
  if (c < stride) SCATTER_PARTS(1);
}

enum { DRAWN_AT_ONCE = 256 };

// Which of `count` numbers, at most DRAWN_AT_ONCE, are left in: 1 or 0. Four of them for each random number.
static void draw_kept(sl_gnn_training *t, uint32_t count, uint8_t *kept) {
  uint16_t parts[DRAWN_AT_ONCE];
  for (uint32_t k = 0; k < count; k += 4) {
    const uint64_t bits = sl_rng_next(&t->rng);
    for (uint32_t part = 0; part < 4; part++) parts[k + part] = (uint16_t)(bits >> (16 * part));
  }
  for (uint32_t k = 0; k < count; k++) kept[k] = parts[k] >= t->drop_below;
}

static uint64_t drop_row(sl_gnn_training *t, uint32_t i) {
  uint8_t draws[DRAWN_AT_ONCE];
  const sl_sparse_rows *all = &t->features[0];
  const sl_sparse_rows kept = t->kept;
  kept.rows[0] = 0;
  uint32_t at = kept.rows[i];
  const float more = t->more;
  for (uint32_t k = all->rows[i], end = all->rows[i + 1]; k < end;) {
    const uint32_t count = end - k < DRAWN_AT_ONCE ? end - k : DRAWN_AT_ONCE;
    draw_kept(t, count, draws);
    for (uint32_t d = 0; d < count; d++, k++) {
      kept.columns[at] = all->columns[k];
      kept.values[at] = all->values[k] * more;
      at += draws[d]; // no branch that would often be guessed wrong
    }
  }
  kept.rows[i + 1] = at;
  const uint32_t done = all->rows[i + 1] - all->rows[i];
  if (i >= t->reach[0].counts[1]) return 1 + done;
  float *hidden = t->hidden_kept + (size_t)i * t->hidden_stride;
  for (uint32_t c = 0; c < t->hidden; c += DRAWN_AT_ONCE) {
    const uint32_t count = t->hidden - c < DRAWN_AT_ONCE ? t->hidden - c : DRAWN_AT_ONCE;
    draw_kept(t, count, draws);
    for (uint32_t d = 0; d < count; d++) hidden[c + d] = draws[d] ? more : 0;
  }
  return 1 + done + t->hidden;
}

static uint64_t change_row(sl_gnn_training *t, const sl_sparse_rows *x, uint32_t i) {
  const uint32_t stride = t->hidden_stride, begin = x->rows[i], count = x->rows[i + 1] - begin;
  sum_rows(t->y + (size_t)i * stride, t->zero, 0, t->zero, t->theta, x->columns + begin,
           x->values + begin, count, stride);
  return 1 + (uint64_t)count * stride / 2;
}

// out = row i of S from, and a constant.
static uint64_t gather(const sl_gnn_training *t, int which, uint32_t i, const float *from,
                       const float *constant, uint32_t stride, float *out) {
  const sl_reach *reach = &t->reach[which];
  const sl_reach_factors *factors = &t->factors[which];
  const uint32_t begin = reach->rows[i], count = reach->rows[i + 1] - begin;
  sum_rows(out, constant, factors->own[i], from + (size_t)i * stride, from,
           reach->neighbours + begin, factors->others + begin, count, stride);
  return (uint64_t)(count + 2) * stride / 2;
}

// What row i of S from says of `from`.
static uint64_t scatter(const sl_gnn_training *t, uint32_t i, const float *of, uint32_t stride,
                        float *to) {
  const sl_reach *reach = &t->reach[0];
  const sl_reach_factors *factors = &t->factors[0];
  const uint32_t begin = reach->rows[i], count = reach->rows[i + 1] - begin;
  add_times(to + (size_t)i * stride, of, factors->own[i], stride);
  add_to_rows(to, of, reach->neighbours + begin, factors->others + begin, count, stride);
  return (uint64_t)(count + 1) * stride / 2;
}

#define PRODUCT_PARTS(parts)                                                                       \
  do {                                                                                             \
    sl_f32x4 sum[parts] = {0};                                                                     \
    for (uint32_t k = 0; k < count; k++) {                                                         \
      const sl_f32x4 by = sl_f32x4_splat(x[k]);                                                    \
      const float *row = matrix + (size_t)k * stride + c;                                          \
      SL_UNROLL_ALL for (int p = 0; p < (parts); p++) sum[p] += by * sl_f32x4_load(row + 4 * p);   \
    }                                                                                              \
    SL_UNROLL_ALL for (int p = 0; p < (parts); p++) sl_f32x4_store(y + c + 4 * p, sum[p]);         \
    c += 4 * (parts);                                                                              \
  } while (0)

// y = x M
static void product(float *y, const float *x, const float *matrix, uint32_t count,
                    uint32_t stride) {
  uint32_t c = 0;
  while (c + 8 <= stride) PRODUCT_PARTS(2);
  if (c < stride) PRODUCT_PARTS(1);
}

static uint64_t hide_row(sl_gnn_training *t, bool trains, uint32_t i) {
  const uint32_t stride = t->hidden_stride, classes = t->class_stride;
  float *h = t->h + (size_t)i * stride;
  const uint64_t done = gather(t, trains ? 0 : 1, i, t->y, t->theta + t->b_at, stride, h);
  const float *kept = trains ? t->hidden_kept + (size_t)i * stride : t->ones;
  for (uint32_t c = 0; c < stride; c += 4) {
    const sl_f32x4 z = sl_f32x4_load(h + c);
    // Also what is no number becomes 0: parameters so large have ended the training before.
    const sl_f32x4 active = (sl_f32x4)((sl_i32x4)z & (z > 0));
    sl_f32x4_store(h + c, active * sl_f32x4_load(kept + c));
  }
  product(t->y2 + (size_t)i * classes, h, t->theta + t->w2_at, t->hidden, classes);
  return done + (uint64_t)t->hidden * classes / 2;
}

// Loss of node i; z becomes the probabilities.
static double loss_of(const sl_gnn_training *t, float *z, uint32_t label) {
  float most = z[0], sum = 0;
  for (uint32_t c = 1; c < t->classes; c++) most = fmaxf(most, z[c]);
  const float own = z[label];
  for (uint32_t c = 0; c < t->classes; c++) sum += z[c] = expf(z[c] - most);
  for (uint32_t c = 0; c < t->classes; c++) z[c] /= sum;
  return (double)most - own + log(sum);
}

static uint64_t judge_row(sl_gnn_training *t, uint32_t i) {
  const uint32_t stride = t->class_stride;
  float *z = t->z + (size_t)i * stride;
  uint64_t done = gather(t, 0, i, t->y2, t->theta + t->b2_at, stride, z);
  t->training_loss += loss_of(t, z, t->labels[i]) / t->training_count;
  float *dz = t->dz;
  for (uint32_t c = 0; c < t->classes; c++)
    dz[c] = (z[c] - (c == t->labels[i] ? 1 : 0)) / (float)t->training_count;
  add_times(t->gradient + t->b2_at, dz, 1, stride);
  done += scatter(t, i, dz, stride, t->dy2);
  return done + (uint64_t)t->classes * 8;
}

static uint64_t back_row(sl_gnn_training *t, uint32_t i) {
  const uint32_t stride = t->hidden_stride, classes = t->class_stride;
  const float *h = t->h + (size_t)i * stride, *dy2 = t->dy2 + (size_t)i * classes;
  float *gradient = t->gradient + t->w2_at, *dh = t->dh;
  for (uint32_t c = 0; c < t->hidden; c++) add_times(gradient + c * classes, dy2, h[c], classes);
  product(dh, dy2, t->w2_turned, t->classes, stride);
  // 0 where the sum was not positive and where it was left out: nothing depends on it.
  for (uint32_t c = 0; c < stride; c += 4) {
    const sl_f32x4 all = sl_f32x4_load(dh + c) * sl_f32x4_splat(t->more);
    sl_f32x4_store(dh + c, (sl_f32x4)((sl_i32x4)all & (sl_f32x4_load(h + c) != 0)));
  }
  add_times(t->gradient + t->b_at, dh, 1, stride);
  return scatter(t, i, dh, stride, t->dy) + (uint64_t)t->hidden * classes;
}

static uint64_t back_most_row(sl_gnn_training *t, uint32_t i) {
  const uint32_t stride = t->hidden_stride, begin = t->kept.rows[i];
  const uint32_t count = t->kept.rows[i + 1] - begin;
  add_to_rows(t->gradient, t->dy + (size_t)i * stride, t->kept.columns + begin,
              t->kept.values + begin, count, stride);
  return 1 + (uint64_t)count * stride / 2;
}

// Correctly rounded in both forms.
static sl_f32x4 root_of(sl_f32x4 x) {
#if defined __has_builtin && __has_builtin(__builtin_elementwise_sqrt)
  return __builtin_elementwise_sqrt(x);
#else
  return (sl_f32x4){sqrtf(x[0]), sqrtf(x[1]), sqrtf(x[2]), sqrtf(x[3])};
#endif
}

static uint64_t update_block(sl_gnn_training *t, uint32_t i) {
  const size_t begin = (size_t)i * BLOCK;
  const size_t end = begin + BLOCK < t->parameters ? begin + BLOCK : t->parameters;
  if (i == 0) {
    t->first_power *= FIRST_DECAY;
    t->second_power *= SECOND_DECAY;
  }
  const sl_f32x4 first = sl_f32x4_splat((float)FIRST_DECAY);
  const sl_f32x4 first_rest = sl_f32x4_splat((float)(1 - FIRST_DECAY));
  const sl_f32x4 second = sl_f32x4_splat((float)SECOND_DECAY);
  const sl_f32x4 second_rest = sl_f32x4_splat((float)(1 - SECOND_DECAY));
  const sl_f32x4 step = sl_f32x4_splat((float)(t->rate / (1 - t->first_power)));
  const sl_f32x4 over = sl_f32x4_splat((float)(1 / (1 - t->second_power)));
  sl_f32x4 sizes = {0}, squares = {0};
  for (size_t p = begin; p < end; p += 4) {
    const sl_f32x4 l2 = sl_f32x4_splat(p < t->b_at ? (float)t->l2 : 0);
    sl_f32x4 at = sl_f32x4_load(t->theta + p);
    const sl_f32x4 g = sl_f32x4_load(t->gradient + p) + l2 * at;
    const sl_f32x4 mean = first * sl_f32x4_load(t->mean + p) + first_rest * g;
    const sl_f32x4 square = second * sl_f32x4_load(t->square + p) + second_rest * (g * g);
    sl_f32x4_store(t->mean + p, mean);
    sl_f32x4_store(t->square + p, square);
    at -= step * mean / (root_of(square * over) + sl_f32x4_splat(1e-8f));
    sl_f32x4_store(t->theta + p, at);
    sizes += at * at;
    squares += square;
  }
  // Also for what is no number. An infinite square would hold its parameter where it is.
  for (int lane = 0; lane < 4; lane++)
    t->too_large = t->too_large || !(sizes[lane] <= 1e36f && squares[lane] <= FLT_MAX);
  return 4 * (end - begin);
}

static uint64_t check_row(sl_gnn_training *t, uint32_t i) {
  const uint32_t stride = t->class_stride;
  float *z = t->z;
  const uint64_t done = gather(t, 1, i, t->y2, t->theta + t->b2_at, stride, z);
  const uint32_t label = t->labels[t->training_count + i];
  t->validation_loss += loss_of(t, z, label) / t->validation_count;
  uint32_t found = 0;
  for (uint32_t c = 1; c < t->classes; c++) found = z[c] > z[found] ? c : found;
  t->right += found == label;
  return done + (uint64_t)t->classes * 8;
}

uint32_t sl_gnn_training_rows(const sl_gnn_training *t, sl_training_phase phase) {
  const uint32_t *train = t->reach[0].counts, *check = t->reach[1].counts;
  switch (phase) {
  case SL_TRAINING_DROP:
  case SL_TRAINING_CHANGE:
  case SL_TRAINING_BACK_MOST:
    return train[2];
  case SL_TRAINING_HIDE:
  case SL_TRAINING_BACK:
    return train[1];
  case SL_TRAINING_JUDGE:
    return train[0];
  case SL_TRAINING_UPDATE:
    return (uint32_t)((t->parameters + BLOCK - 1) / BLOCK);
  case SL_TRAINING_CHECK_CHANGE:
    return check[2];
  case SL_TRAINING_CHECK_HIDE:
    return check[1];
  default:
    return check[0];
  }
}

uint64_t sl_gnn_training_row(sl_gnn_training *t, sl_training_phase phase, uint32_t i) {
  switch (phase) {
  case SL_TRAINING_DROP:
    return drop_row(t, i);
  case SL_TRAINING_CHANGE:
    return change_row(t, &t->kept, i);
  case SL_TRAINING_HIDE:
    return hide_row(t, true, i);
  case SL_TRAINING_JUDGE:
    return judge_row(t, i);
  case SL_TRAINING_BACK:
    return back_row(t, i);
  case SL_TRAINING_BACK_MOST:
    return back_most_row(t, i);
  case SL_TRAINING_UPDATE:
    return update_block(t, i);
  case SL_TRAINING_CHECK_CHANGE:
    return change_row(t, &t->features[1], i);
  case SL_TRAINING_CHECK_HIDE:
    return hide_row(t, false, i);
  default:
    return check_row(t, i);
  }
}
