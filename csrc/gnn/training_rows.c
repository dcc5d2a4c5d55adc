// Based on: T. Kipf, M. Welling, "Semi-supervised classification with graph convolutional networks",
// ICLR 2017, arXiv:1609.02907; D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR
// 2015, arXiv:1412.6980. Only nodes within two steps of those with a label are computed: nothing else
// has a part in the loss.
#include "gnn/training.h"

#include <math.h>
#include <string.h>

#include "simd/simd.h"

enum { BLOCK = 256 };
static const double FIRST_DECAY = 0.9, SECOND_DECAY = 0.999;

// y += by x; count is even.
static void add_times(double *y, const double *x, double by, uint32_t count) {
  const sl_f64x2 factor = sl_f64x2_splat(by);
  for (uint32_t c = 0; c < count; c += 2)
    sl_f64x2_store(y + c, sl_f64x2_load(y + c) + factor * sl_f64x2_load(x + c));
}

static double dot(const double *x, const double *y, uint32_t count) {
  sl_f64x2 sum = {0};
  for (uint32_t c = 0; c < count; c += 2) sum += sl_f64x2_load(x + c) * sl_f64x2_load(y + c);
  return sl_f64x2_sum(sum);
}

static bool keeps(sl_gnn_training *t) {
  if (t->bits_left == 0) {
    t->bits = sl_rng_next(&t->rng);
    t->bits_left = 4;
  }
  const bool kept = (t->bits & 0xffff) >= t->drop_below;
  t->bits >>= 16;
  t->bits_left--;
  return kept;
}

static uint64_t drop_row(sl_gnn_training *t, uint32_t i) {
  const sl_sparse_rows *all = &t->features[0];
  sl_sparse_rows *kept = &t->kept;
  uint32_t at = i == 0 ? 0 : kept->rows[i];
  kept->rows[0] = 0;
  for (uint32_t k = all->rows[i]; k < all->rows[i + 1]; k++) {
    if (t->drop_below > 0 && !keeps(t)) continue;
    kept->columns[at] = all->columns[k];
    kept->values[at++] = all->values[k] / t->keep;
  }
  kept->rows[i + 1] = at;
  uint32_t done = all->rows[i + 1] - all->rows[i];
  if (i >= t->reach[0].counts[1]) return 1 + done;
  for (uint32_t c = 0; c < t->hidden; c++)
    t->hidden_kept[(size_t)i * t->hidden + c] = t->drop_below == 0 || keeps(t);
  return 1 + done + t->hidden;
}

static uint64_t change_row(sl_gnn_training *t, const sl_sparse_rows *x, uint32_t i) {
  const uint32_t stride = t->hidden_stride;
  double *y = t->y + (size_t)i * stride;
  memset(y, 0, stride * sizeof *y);
  for (uint32_t k = x->rows[i]; k < x->rows[i + 1]; k++)
    add_times(y, t->theta + (size_t)x->columns[k] * stride, x->values[k], stride);
  return 1 + (uint64_t)(x->rows[i + 1] - x->rows[i]) * stride / 2;
}

// out = row i of S from, and a constant.
static uint64_t gather(const sl_reach *reach, uint32_t i, const double *from,
                       const double *constant, uint32_t stride, double *out) {
  memcpy(out, constant, stride * sizeof *out);
  add_times(out, from + (size_t)i * stride, reach->own[i], stride);
  for (uint32_t k = reach->rows[i]; k < reach->rows[i + 1]; k++)
    add_times(out, from + (size_t)reach->neighbours[k] * stride, reach->coefficients[k], stride);
  return (uint64_t)(reach->rows[i + 1] - reach->rows[i] + 2) * stride / 2;
}

// What row i of S from says of `from`.
static uint64_t scatter(const sl_reach *reach, uint32_t i, const double *of, uint32_t stride,
                        double *to) {
  add_times(to + (size_t)i * stride, of, reach->own[i], stride);
  for (uint32_t k = reach->rows[i]; k < reach->rows[i + 1]; k++)
    add_times(to + (size_t)reach->neighbours[k] * stride, of, reach->coefficients[k], stride);
  return (uint64_t)(reach->rows[i + 1] - reach->rows[i] + 1) * stride / 2;
}

static uint64_t hide_row(sl_gnn_training *t, bool trains, uint32_t i) {
  const uint32_t stride = t->hidden_stride, classes = t->class_stride;
  double *h = t->h + (size_t)i * stride, *y2 = t->y2 + (size_t)i * classes;
  const uint64_t done = gather(&t->reach[trains ? 0 : 1], i, t->y, t->theta + t->b_at, stride, h);
  memset(y2, 0, classes * sizeof *y2);
  for (uint32_t c = 0; c < t->hidden; c++) {
    const bool kept = !trains || t->hidden_kept[(size_t)i * t->hidden + c];
    h[c] = h[c] > 0 && kept ? h[c] / (trains ? t->keep : 1) : 0;
    if (h[c] != 0) add_times(y2, t->theta + t->w2_at + (size_t)c * classes, h[c], classes);
  }
  return done + (uint64_t)t->hidden * classes / 2;
}

// Loss of node i; z becomes the probabilities.
static double loss_of(const sl_gnn_training *t, double *z, uint32_t label) {
  double most = z[0], sum = 0;
  for (uint32_t c = 1; c < t->classes; c++) most = fmax(most, z[c]);
  const double own = z[label];
  for (uint32_t c = 0; c < t->classes; c++) sum += z[c] = exp(z[c] - most);
  for (uint32_t c = 0; c < t->classes; c++) z[c] /= sum;
  return most + log(sum) - own;
}

static uint64_t judge_row(sl_gnn_training *t, uint32_t i) {
  const uint32_t stride = t->class_stride;
  double *z = t->z + (size_t)i * stride;
  uint64_t done = gather(&t->reach[0], i, t->y2, t->theta + t->b2_at, stride, z);
  t->training_loss += loss_of(t, z, t->labels[i]) / t->training_count;
  double *dz = t->dz;
  for (uint32_t c = 0; c < t->classes; c++)
    dz[c] = (z[c] - (c == t->labels[i] ? 1 : 0)) / t->training_count;
  add_times(t->gradient + t->b2_at, dz, 1, stride);
  done += scatter(&t->reach[0], i, dz, stride, t->dy2);
  return done + (uint64_t)t->classes * 8;
}

static uint64_t back_row(sl_gnn_training *t, uint32_t i) {
  const uint32_t stride = t->hidden_stride, classes = t->class_stride;
  const double *h = t->h + (size_t)i * stride, *dy2 = t->dy2 + (size_t)i * classes;
  double *dh = t->dh;
  for (uint32_t c = 0; c < t->hidden; c++) {
    dh[c] = 0;
    // 0 where the sum was not positive and where it was left out: nothing depends on it.
    if (h[c] == 0) continue;
    add_times(t->gradient + t->w2_at + (size_t)c * classes, dy2, h[c], classes);
    dh[c] = dot(t->theta + t->w2_at + (size_t)c * classes, dy2, classes) / t->keep;
  }
  add_times(t->gradient + t->b_at, dh, 1, stride);
  return scatter(&t->reach[0], i, dh, stride, t->dy) + (uint64_t)t->hidden * classes;
}

static uint64_t back_most_row(sl_gnn_training *t, uint32_t i) {
  const uint32_t stride = t->hidden_stride;
  const double *dy = t->dy + (size_t)i * stride;
  for (uint32_t k = t->kept.rows[i]; k < t->kept.rows[i + 1]; k++)
    add_times(t->gradient + (size_t)t->kept.columns[k] * stride, dy, t->kept.values[k], stride);
  return 1 + (uint64_t)(t->kept.rows[i + 1] - t->kept.rows[i]) * stride / 2;
}

static uint64_t update_block(sl_gnn_training *t, uint32_t i) {
  const size_t begin = (size_t)i * BLOCK;
  const size_t end = begin + BLOCK < t->parameters ? begin + BLOCK : t->parameters;
  if (i == 0) {
    t->first_power *= FIRST_DECAY;
    t->second_power *= SECOND_DECAY;
  }
  const sl_f64x2 l2 = sl_f64x2_splat(t->l2);
  const sl_f64x2 first = sl_f64x2_splat(FIRST_DECAY), second = sl_f64x2_splat(SECOND_DECAY);
  const sl_f64x2 step = sl_f64x2_splat(t->rate / (1 - t->first_power));
  const double over = 1 / (1 - t->second_power);
  double largest = 0;
  for (size_t p = begin; p < end; p += 2) {
    sl_f64x2 g = sl_f64x2_load(t->gradient + p), at = sl_f64x2_load(t->theta + p);
    if (p < t->b_at) g += l2 * at;
    const sl_f64x2 mean = first * sl_f64x2_load(t->mean + p) + (sl_f64x2_splat(1) - first) * g;
    const sl_f64x2 square =
        second * sl_f64x2_load(t->square + p) + (sl_f64x2_splat(1) - second) * g * g;
    sl_f64x2_store(t->mean + p, mean);
    sl_f64x2_store(t->square + p, square);
    const sl_f64x2 root = {sqrt(square[0] * over) + 1e-8, sqrt(square[1] * over) + 1e-8};
    at -= step * mean / root;
    sl_f64x2_store(t->theta + p, at);
    const sl_f64x2 size = sl_f64x2_abs(at);
    // Written so that what is no number counts as too large.
    if (!(size[0] <= 1e18 && size[1] <= 1e18)) largest = INFINITY;
  }
  t->too_large = t->too_large || largest > 0;
  return 4 * (end - begin);
}

static uint64_t check_row(sl_gnn_training *t, uint32_t i) {
  const uint32_t stride = t->class_stride;
  double *z = t->z;
  const uint64_t done = gather(&t->reach[1], i, t->y2, t->theta + t->b2_at, stride, z);
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
