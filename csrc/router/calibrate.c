// From scores to probabilities, on the held-out examples: temperature, isotonic functions, sets,
// thresholds.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bandit/numbers.h"
#include "base/memory.h"
#include "router/object.h"

// The normal quantile of intervals of 95 %.
#define Z 1.959963984540054

static uint32_t label_of(const sl_router *r, uint32_t held) {
  return r->learning.labels[r->learning.order[r->trained + held]];
}

// ---- temperature --------------------------------------------------------------------------------
//
// The log loss is convex in 1 / T: Newton's steps, and halving where one leaves what is left.

enum { PASSES = 60 };

static void add_slope(sl_router *r, const double *scores, uint32_t label) {
  sl_router_learning *l = &r->learning;
  const uint32_t routes = r->question.routes;
  double mean = 0, square = 0;
  sl_router_soften(r, scores, r->score);
  // Around the right score, so that large ones lose no digits.
  for (uint32_t k = 0; k < routes; k++) {
    const double from = scores[k] - scores[label];
    mean += r->score[k] * from;
    square += r->score[k] * from * from;
  }
  l->slope += mean;
  l->curvature += square - mean * mean;
}

static void end_cooling(sl_router *r) {
  r->learning.next = 0;
  r->phase = SL_ROUTER_WEIGH;
}

void sl_router_cool(sl_router *r) {
  sl_router_learning *l = &r->learning;
  const uint32_t routes = r->question.routes;
  if (l->high == 0) {
    l->low = 1e-6;
    l->high = 1e6;
    l->beta = 1 / r->temperature;
    l->pass = 0;
  }
  r->temperature = 1 / l->beta;
  if (l->next == 0) l->slope = l->curvature = 0;
  add_slope(r, l->answers + (size_t)l->next * routes, label_of(r, l->next));
  r->work += 4 * routes;
  if (++l->next < r->held) return;
  l->next = 0;
  if (l->slope > 0) l->high = l->beta;
  if (l->slope <= 0) l->low = l->beta;
  double next = l->beta - l->slope / l->curvature;
  // Halving on a logarithmic scale: the bounds are far apart.
  if (!(next > l->low && next < l->high)) next = sqrt(l->low * l->high);
  const double moved = fabs(next - l->beta);
  l->beta = next;
  r->temperature = 1 / next;
  if (++l->pass == PASSES || moved <= 1e-10 * next) end_cooling(r);
}

// ---- confidences --------------------------------------------------------------------------------

// The row of an example in the table; with labels also the level of its route.
void sl_router_weigh(sl_router *r) {
  sl_router_learning *l = &r->learning;
  const uint32_t routes = r->question.routes, i = l->next;
  double *scores = l->answers + (size_t)i * routes;
  if (r->by_value) {
    const float *values = l->values + (size_t)l->order[r->trained + i] * routes;
    r->table[i] = (sl_router_row){scores[1] - scores[0], (double)values[0], (double)values[1]};
  } else {
    const uint32_t label = label_of(r, i), top = sl_router_largest(scores, routes);
    sl_router_soften(r, scores, r->score);
    r->levels[i] = 1 - r->score[label];
    r->table[i] = (sl_router_row){sl_router_key(r, scores, r->score, top), top == label, 0};
  }
  r->work += 4 * routes;
  if (++l->next < r->held) return;
  l->next = r->by_value ? 1 : 0; // gains of route 0 over itself are known
  r->phase = SL_ROUTER_SETTLE;
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}
static int by_key_down(const void *a, const void *b) {
  const double x = ((const sl_router_row *)a)->key, y = ((const sl_router_row *)b)->key;
  return (x < y) - (x > y);
}

// ---- isotonic functions -------------------------------------------------------------------------

// Pools neighbours that violate the order; pairs are sorted by `from`. Returns how many knots remain.
static uint32_t pool(sl_router_knot *pairs, uint32_t count, double *weight) {
  uint32_t last = 0;
  for (uint32_t i = 0; i < count; i++) {
    const bool same = i > 0 && pairs[i].from == pairs[last - 1].from;
    if (!same) {
      pairs[last] = pairs[i];
      weight[last++] = 1;
    } else {
      const double all = weight[last - 1] + 1;
      pairs[last - 1].value += (pairs[i].value - pairs[last - 1].value) / all;
      weight[last - 1] = all;
    }
    // What is the same has not come to its end: it is pooled when the next one comes.
    if (i + 1 < count && pairs[i + 1].from == pairs[last - 1].from) continue;
    while (last > 1 && pairs[last - 2].value >= pairs[last - 1].value) {
      const double all = weight[last - 2] + weight[last - 1];
      pairs[last - 2].value +=
          (pairs[last - 1].value - pairs[last - 2].value) * (weight[last - 1] / all);
      weight[last - 2] = all;
      last--;
    }
  }
  return last;
}

// Function k, of the gains of route k or of the confidences.
static sl_status add_isotonic(sl_router *r, uint32_t k) {
  const sl_router_learning *l = &r->learning;
  const uint32_t routes = r->question.routes, held = r->held, from = r->knot_begins[k];
  const uint64_t size = (uint64_t)from + held;
  SL_REQUIRE(size <= UINT32_MAX, SL_ERR_OVERFLOW, "routes", "fewer routes");
  SL_TRY(SL_REALLOC(&r->knots, (size_t)size));
  sl_router_knot *pairs = r->knots + from;
  for (uint32_t i = 0; i < held; i++) {
    if (!r->by_value) {
      pairs[i] = (sl_router_knot){r->table[i].key, r->table[i].first};
      continue;
    }
    const double *scores = l->answers + (size_t)i * routes;
    const float *values = l->values + (size_t)l->order[r->trained + i] * routes;
    pairs[i] = (sl_router_knot){scores[k] - scores[0], (double)values[k] - (double)values[0]};
  }
  double *weight;
  SL_TRY(SL_ALLOC(&weight, held));
  qsort(pairs, held, sizeof *pairs, by_size);
  const uint32_t count = pool(pairs, held, weight);
  sl_free(weight);
  for (uint32_t j = k + 1; j <= routes; j++) r->knot_begins[j] = from + count;
  return SL_REALLOC(&r->knots, from + count);
}

// ---- the end ------------------------------------------------------------------------------------

// Ten bins of equal size by confidence: the mean distance of what is said and what is.
static void measure(sl_router *r) {
  const uint32_t held = r->held;
  double right = 0, error = 0;
  for (uint32_t bin = 0; bin < 10; bin++) {
    const uint32_t from = (uint32_t)((uint64_t)held * bin / 10);
    const uint32_t to = (uint32_t)((uint64_t)held * (bin + 1) / 10);
    double said = 0, is = 0;
    for (uint32_t i = from; i < to; i++) {
      said += r->table[i].key;
      is += r->by_value ? r->table[i].second - r->table[i].first : r->table[i].first;
    }
    error += fabs(said - is);
    right += is;
  }
  r->error = error / held;
  r->accuracy = r->by_value ? NAN : right / held;
}

sl_status sl_router_settle(sl_router *r, bool *done) {
  const uint32_t functions = r->calibration != SL_ROUTER_ISOTONIC ? 0
                             : r->by_value                        ? r->question.routes
                                                                  : 1;
  *done = r->learning.next >= functions;
  r->work += 20 * (uint64_t)r->held + 1;
  if (!*done) return add_isotonic(r, r->learning.next++);
  if (r->held == 0) return SL_OK;
  qsort(r->table, r->held, sizeof *r->table, by_key_down);
  measure(r);
  if (r->by_value) return SL_OK;
  qsort(r->levels, r->held, sizeof *r->levels, by_size);
  for (uint32_t i = 0; i < r->held; i++)
    r->table[i].key = sl_router_isotonic(r, 0, r->table[i].key);
  return SL_OK;
}

sl_status sl_router_level(const sl_router *r, double alpha, double *out) {
  SL_TRY(sl_job_require_ended(&r->job));
  SL_REQUIRE(!r->by_value, SL_ERR_UNSUPPORTED, "values", "labels: a set is one of routes");
  SL_REQUIRE(alpha > 0 && alpha < 1, SL_ERR_OPTION, "alpha", "a number between 0 and 1");
  // Of the held-out examples and the new one, all orders are equally likely.
  const double rank = ceil((1 - alpha) * (r->held + 1.0) - 1e-9);
  *out = 0;
  if (r->levels == NULL || rank > r->held) return SL_OK;
  // A level is 1 - p, rounded: less what roundings may add, so that p itself is in the set.
  *out = fmax(1 - r->levels[rank < 1 ? 0 : (uint32_t)rank - 1] - 0x1p-52, 0);
  return SL_OK;
}

// ---- thresholds ---------------------------------------------------------------------------------

static void wilson(double right, double count, double *low, double *high) {
  *low = 0;
  *high = 1;
  if (count == 0) return;
  const double p = right / count, z = Z * Z / count, middle = p + z / 2;
  const double half = Z * sqrt(p * (1 - p) / count + z / (4 * count));
  // Never by a rounding beside what was seen.
  *low = fmin(fmax((middle - half) / (1 + z), 0), p);
  *high = fmax(fmin((middle + half) / (1 + z), 1), p);
}

// What is known with the first `count` rows above the threshold; sums are of their values.
typedef struct totals {
  double sum, squares;
} totals;

static void describe(const sl_router *r, uint32_t count, totals t, sl_router_threshold *out) {
  const double held = r->held;
  out->share = count / held;
  wilson(count, held, &out->share_low, &out->share_high);
  if (!r->by_value) {
    out->quality = count > 0 ? t.sum / count : NAN;
    wilson(t.sum, count, &out->quality_low, &out->quality_high);
    return;
  }
  out->quality = t.sum / held;
  const double variance = fmax(t.squares / held - out->quality * out->quality, 0);
  const double half = Z * sqrt(variance / (held > 1 ? held - 1 : 1));
  out->quality_low = out->quality - half;
  out->quality_high = out->quality + half;
}

// Between this row and the next one: in the middle with values, the row's own with labels.
static double cut(const sl_router *r, uint32_t count) {
  if (!r->by_value) return count > 0 ? r->table[count - 1].key : INFINITY;
  if (count == 0) return r->table[0].key;
  if (count == r->held) return -INFINITY;
  return r->table[count].key;
}

sl_status sl_router_threshold_find(const sl_router *r, uint32_t aim, double target,
                                   sl_router_threshold *out) {
  SL_TRY(sl_job_require_ended(&r->job));
  SL_REQUIRE(r->table != NULL, SL_ERR_STATE, "holdout", "a router that held examples out");
  SL_REQUIRE(!r->by_value || r->question.routes == 2, SL_ERR_UNSUPPORTED, "routes",
             "two routes: thresholds choose between them");
  SL_REQUIRE(aim <= SL_ROUTER_QUALITY, SL_ERR_OPTION, "aim", "a share or a quality");
  SL_REQUIRE(isfinite(target) && (aim != SL_ROUTER_SHARE || (target >= 0 && target <= 1)),
             SL_ERR_OPTION, "target", "a finite number, 0 to 1 for a share");
  totals t = {0, 0};
  for (uint32_t i = 0; i < r->held && r->by_value; i++) {
    t.sum += r->table[i].first;
    t.squares += r->table[i].first * r->table[i].first;
  }
  sl_router_threshold best = {0};
  double best_badness = INFINITY;
  for (uint32_t count = 0;; count++) {
    // Rows with the same confidence are on the same side.
    const bool between =
        count == 0 || count == r->held || r->table[count - 1].key != r->table[count].key;
    if (between) {
      sl_router_threshold here = {.threshold = cut(r, count), .reached = 1};
      describe(r, count, t, &here);
      double badness;
      if (aim == SL_ROUTER_SHARE) {
        badness = fabs(here.share - target);
      } else {
        here.reached = here.quality >= target;
        // Reached ones before all others: then the most labels, the least of route 1.
        badness = here.reached ? (r->by_value ? here.share : 1 - here.share) - 1e9
                               : -fmax(here.quality, -1e300);
        if (isnan(here.quality)) badness = 1e300;
      }
      if (badness < best_badness) {
        best_badness = badness;
        best = here;
      }
    }
    if (count == r->held) break;
    const sl_router_row *row = &r->table[count];
    t.sum += r->by_value ? row->second - row->first : row->first;
    t.squares += r->by_value ? row->second * row->second - row->first * row->first : row->first;
  }
  *out = best;
  return SL_OK;
}
