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

// `parts` times two columns, from column c on, of a sum of rows of a matrix.
#define SUM_PARTS(parts)                                                                           \
  do {                                                                                             \
    sl_f64x2 sum[parts];                                                                           \
    SL_UNROLL_ALL for (int p = 0; p < (parts); p++) sum[p] =                                       \
        sl_f64x2_load(first + c + 2 * p) + sl_f64x2_splat(own) * sl_f64x2_load(self + c + 2 * p);  \
    for (uint32_t k = 0; k < count; k++) {                                                         \
      const double *row = matrix + (size_t)columns[k] * stride + c;                                \
      const sl_f64x2 by = sl_f64x2_splat(values[k]);                                               \
      SL_UNROLL_ALL for (int p = 0; p < (parts); p++) sum[p] += by * sl_f64x2_load(row + 2 * p);   \
    }                                                                                              \
    SL_UNROLL_ALL for (int p = 0; p < (parts); p++) sl_f64x2_store(y + c + 2 * p, sum[p]);         \
    c += 2 * (parts);                                                                              \
  } while (0)

// y = first + own self + sum over k of values[k] times row columns[k] of the matrix; stride numbers.
__attribute__((noinline)) static void sum_rows(double *y, const double *first, double own,
                                               const double *self, const double *matrix,
                                               const uint32_t *columns, const double *values,
                                               uint32_t count, uint32_t stride) {
  uint32_t c = 0;
  while (c + 16 <= stride) SUM_PARTS(8);
  if (c + 8 <= stride) SUM_PARTS(4);
  while (c < stride) SUM_PARTS(1);
}

#define SCATTER_PARTS(parts)                                                                       \
  do {                                                                                             \
    sl_f64x2 own[parts];                                                                           \
    SL_UNROLL_ALL for (int p = 0; p < (parts); p++) own[p] = sl_f64x2_load(y + c + 2 * p);         \
    for (uint32_t k = 0; k < count; k++) {                                                         \
      double *row = matrix + (size_t)columns[k] * stride + c;                                      \
      const sl_f64x2 by = sl_f64x2_splat(values[k]);                                               \
      SL_UNROLL_ALL for (int p = 0; p < (parts); p++)                                              \
          sl_f64x2_store(row + 2 * p, sl_f64x2_load(row + 2 * p) + by * own[p]);                   \
    }                                                                                              \
    c += 2 * (parts);                                                                              \
  } while (0)

// Row columns[k] of the matrix += values[k] y, for each k.
__attribute__((noinline)) static void add_to_rows(double *matrix, const double *y,
                                                  const uint32_t *columns, const double *values,
                                                  uint32_t count, uint32_t stride) {
  uint32_t c = 0;
  while (c + 16 <= stride) SCATTER_PARTS(8);
  if (c + 8 <= stride) SCATTER_PARTS(4);
  while (c < stride) SCATTER_PARTS(1);
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
  const double more = 1 / t->keep;
  for (uint32_t k = all->rows[i]; k < all->rows[i + 1]; k++) {
    kept->columns[at] = all->columns[k];
    kept->values[at] = all->values[k] * more;
    at += t->drop_below == 0 || keeps(t); // no branch that would often be guessed wrong
  }
  kept->rows[i + 1] = at;
  uint32_t done = all->rows[i + 1] - all->rows[i];
  if (i >= t->reach[0].counts[1]) return 1 + done;
  for (uint32_t c = 0; c < t->hidden; c++)
    t->hidden_kept[(size_t)i * t->hidden + c] = t->drop_below == 0 || keeps(t);
  return 1 + done + t->hidden;
}

static uint64_t change_row(sl_gnn_training *t, const sl_sparse_rows *x, uint32_t i) {
  const uint32_t stride = t->hidden_stride, begin = x->rows[i], count = x->rows[i + 1] - begin;
  sum_rows(t->y + (size_t)i * stride, t->zero, 0, t->zero, t->theta, x->columns + begin,
           x->values + begin, count, stride);
  return 1 + (uint64_t)count * stride / 2;
}

// out = row i of S from, and a constant.
static uint64_t gather(const sl_reach *reach, uint32_t i, const double *from,
                       const double *constant, uint32_t stride, double *out) {
  const uint32_t begin = reach->rows[i], count = reach->rows[i + 1] - begin;
  sum_rows(out, constant, reach->own[i], from + (size_t)i * stride, from, reach->neighbours + begin,
           reach->coefficients + begin, count, stride);
  return (uint64_t)(count + 2) * stride / 2;
}

// What row i of S from says of `from`.
static uint64_t scatter(const sl_reach *reach, uint32_t i, const double *of, uint32_t stride,
                        double *to) {
  const uint32_t begin = reach->rows[i], count = reach->rows[i + 1] - begin;
  add_times(to + (size_t)i * stride, of, reach->own[i], stride);
  add_to_rows(to, of, reach->neighbours + begin, reach->coefficients + begin, count, stride);
  return (uint64_t)(count + 1) * stride / 2;
}

static uint64_t hide_row(sl_gnn_training *t, bool trains, uint32_t i) {
  const uint32_t stride = t->hidden_stride, classes = t->class_stride;
  double *h = t->h + (size_t)i * stride;
  const uint64_t done = gather(&t->reach[trains ? 0 : 1], i, t->y, t->theta + t->b_at, stride, h);
  const uint8_t *kept = trains ? t->hidden_kept + (size_t)i * t->hidden : NULL;
  const double more = trains ? 1 / t->keep : 1;
  // Those that are not 0, without branches that would often be guessed wrong.
  uint32_t active = 0;
  for (uint32_t c = 0; c < t->hidden; c++) {
    const bool is_active = (h[c] > 0) & (kept == NULL || kept[c] != 0);
    h[c] = is_active ? h[c] * more : 0;
    t->active[active] = c;
    t->active_values[active] = h[c];
    active += is_active;
  }
  sum_rows(t->y2 + (size_t)i * classes, t->zero, 0, t->zero, t->theta + t->w2_at, t->active,
           t->active_values, active, classes);
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
  const double more = 1 / t->keep;
  double *dh = t->dh;
  // 0 where the sum was not positive and where it was left out: nothing depends on it.
  uint32_t active = 0;
  for (uint32_t c = 0; c < t->hidden; c++) {
    dh[c] = 0;
    t->active[active] = c;
    t->active_values[active] = h[c];
    active += h[c] != 0;
  }
  add_to_rows(t->gradient + t->w2_at, dy2, t->active, t->active_values, active, classes);
  for (uint32_t k = 0; k < active; k++) {
    const uint32_t c = t->active[k];
    dh[c] = dot(t->theta + t->w2_at + (size_t)c * classes, dy2, classes) * more;
  }
  add_times(t->gradient + t->b_at, dh, 1, stride);
  return scatter(&t->reach[0], i, dh, stride, t->dy) + (uint64_t)t->hidden * classes;
}

static uint64_t back_most_row(sl_gnn_training *t, uint32_t i) {
  const uint32_t stride = t->hidden_stride, begin = t->kept.rows[i];
  const uint32_t count = t->kept.rows[i + 1] - begin;
  add_to_rows(t->gradient, t->dy + (size_t)i * stride, t->kept.columns + begin,
              t->kept.values + begin, count, stride);
  return 1 + (uint64_t)count * stride / 2;
}

// Correctly rounded in both forms.
static sl_f64x2 root_of(sl_f64x2 x) {
#if defined __has_builtin && __has_builtin(__builtin_elementwise_sqrt)
  return __builtin_elementwise_sqrt(x);
#else
  return (sl_f64x2){sqrt(x[0]), sqrt(x[1])};
#endif
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
    const sl_f64x2 root = root_of(square * sl_f64x2_splat(over)) + sl_f64x2_splat(1e-8);
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
