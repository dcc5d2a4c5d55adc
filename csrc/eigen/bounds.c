// Residuals of the pairs that are returned, in twice the precision, and what they prove.
//
// Based on: B. N. Parlett, "The Symmetric Eigenvalue Problem", SIAM (1998): theorem 4.5.1 (the
// residual), 11.7.1 (the gap); Z.-H. Cao, J.-J. Xie, R.-C. Li, Linear Algebra Appl. 245 (1996)
// (several pairs at once, vectors not quite orthonormal).
#include <math.h>

#include "base/memory.h"
#include "direct/residual.h"
#include "eigen/block.h"
#include "eigen/eigen_object.h"
#include "simd/kernels.h"

#define NOINLINE __attribute__((noinline))
#define UP (1 + 0x1p-50)

enum { QUOTIENT, RESIDUAL, ANGLES };

static double *vector_of(const sl_eigen *e, uint32_t i) { return e->krylov.q + (size_t)i * e->n; }

static double allowance(const sl_eigen *e) {
  double terms = e->a->matrix_class.max_row_nnz;
  if (e->b != NULL) terms += e->b->matrix_class.max_row_nnz;
  return terms + 6;
}

// x^T A x, x^T B x, the sizes of the latter's terms, and x^T x, of rows begin .. end - 1.
NOINLINE static void add_quotient(sl_eigen *e, const double *x, uint32_t begin, uint32_t end) {
  double *s = e->sums;
  const double *b = e->b != NULL ? e->b->values : NULL;
  for (uint32_t i = begin; i < end; i++) {
    double ax = 0, bx = x[i], size = fabs(x[i]);
    for (uint32_t p = e->a->row_pointers[i]; p < e->a->row_pointers[i + 1]; p++) {
      ax += ((const double *)e->a->values)[p] * x[e->a->columns[p]];
    }
    if (b != NULL) {
      bx = size = 0;
      for (uint32_t p = e->b->row_pointers[i]; p < e->b->row_pointers[i + 1]; p++) {
        double term = b[p] * x[e->b->columns[p]];
        bx += term;
        size += fabs(term);
      }
      e->krylov.image[i] = bx;
    }
    s[0] += ax * x[i];
    s[1] += bx * x[i];
    s[2] += size * fabs(x[i]);
    s[3] += x[i] * x[i];
  }
}

static void end_quotient(sl_eigen *e) {
  double *s = e->sums, theta = s[0] / s[1];
  if (!(theta - theta == 0)) theta = 0;
  e->theta[e->bounded] = theta;
  e->size = s[1] - s[2] * (e->n + allowance(e) + 4) * 0x1p-52;
  e->residual[e->bounded] = s[3] * (1 - (e->n + 4.0) * 0x1p-52); // |x|^2, for now
  s[0] = s[1] = s[2] = s[3] = s[4] = 0;
}

// Squares of A x - theta B x, their rounding included, in the metric of the mass matrix and plainly;
// and x^T of it.
NOINLINE static void add_residual(sl_eigen *e, const double *x, uint32_t begin, uint32_t end) {
  double *s = e->sums, theta = e->theta[e->bounded], terms = allowance(e);
  const double *a = e->a->values, *b = e->b != NULL ? e->b->values : NULL;
  for (uint32_t i = begin; i < end; i++) {
    sl_accurate_sum sum = {0}, mass = {0};
    for (uint32_t p = e->a->row_pointers[i]; p < e->a->row_pointers[i + 1]; p++) {
      sl_subtract_product(&sum, a[p], -x[e->a->columns[p]]);
    }
    if (b == NULL) {
      sl_subtract_product(&sum, theta, x[i]);
    } else {
      for (uint32_t p = e->b->row_pointers[i]; p < e->b->row_pointers[i + 1]; p++) {
        sl_subtract_product(&mass, b[p], -x[e->b->columns[p]]);
      }
      double size = sum.size;
      sl_subtract_product(&sum, theta, mass.sum);
      sum.error -= theta * mass.error;
      sum.size = size + fabs(theta) * mass.size;
    }
    double r = sum.sum + sum.error;
    // Dot2 of so many terms; products below 2^-967 are not exact.
    double off = fabs(r) * 0x1p-52 + sum.size * (terms * terms * 0x1p-102);
    if (sum.size > 0) off += terms * 0x1p-960 * (1 + fabs(theta));
    double size = fabs(r) + off, weighted = e->weight != NULL ? size * e->weight[i] : size;
    s[0] += weighted * weighted;
    s[1] += size * size;
    s[2] += x[i] * r;
    s[3] += fabs(x[i]) * off;
    s[4] += fabs(x[i] * r);
  }
}

static double root_up(const sl_eigen *e, double squares) {
  double n = e->n;
  if (squares > 0) squares += n * 0x1p-1074;
  return sqrt(squares * (1 + (n + 8) * 0x1p-52)) * (1 + 0x1p-51);
}

// False where the quotient was off by so much that its residual is taken again.
static bool end_residual(sl_eigen *e) {
  double *s = e->sums, n = e->n;
  uint32_t i = e->bounded;
  double off = s[2] / e->size;
  if (!e->corrected && e->size > 0 && off * off * e->size > s[0] / 64 && off - off == 0) {
    e->corrected = true;
    e->theta[i] += off;
    s[0] = s[1] = s[2] = s[3] = s[4] = 0;
    return false;
  }
  e->corrected = false;
  double norm = root_up(e, s[0]);
  // The B^-1-norm, by what B is at least.
  double proved = e->b != NULL ? norm / sqrt(e->mass_least) : norm;
  proved = proved / sqrt(e->size) * UP;
  e->proved[i] = norm == 0 ? 0 : e->size > 0 && proved < INFINITY ? proved : INFINITY;
  double drift = (fabs(s[2]) + (s[3] + (n + 4) * 0x1p-52 * s[4]) * 2) / e->size * UP;
  e->drift[i] = e->size > 0 && drift < INFINITY ? drift : INFINITY;
  double length = e->residual[i];
  e->residual[i] = length > 0 ? root_up(e, s[1]) / sqrt(length) * UP : INFINITY;
  s[0] = s[1] = s[2] = s[3] = s[4] = 0;
  for (uint32_t j = 0; j <= i; j++) e->krylov.h[j] = 0;
  return true;
}

// The products with the vectors before it.
static void end_angles(sl_eigen *e, const double *x) {
  const double *h = e->krylov.h;
  uint32_t i = e->bounded;
  double row = fabs(h[i] - 1);
  for (uint32_t j = 0; j < i; j++) {
    row += 2 * fabs(h[j]);
  }
  double norm = e->b != NULL ? e->norm_b : 1;
  row += 2 * (i + 1.0) * (e->n + allowance(e)) * 0x1p-52 * norm * sl_dot_f64(x, x, e->n);
  // The sum of these is at least the largest row sum.
  e->unnormal += row;
  e->sine[i] = 1;
}

sl_status sl_eigen_step_bounds(sl_eigen *e, uint64_t work, bool *done) {
  uint64_t spent = 0;
  if (e->bounded == 0 && e->bound_cursor == 0 && e->bound_stage == QUOTIENT) {
    e->unnormal = 0;
  }
  while (e->bounded < e->found && spent < work) {
    const double *x = vector_of(e, e->bounded);
    uint32_t begin = e->bound_cursor;
    uint32_t end = e->n - begin < SL_EIGEN_ROWS ? e->n : begin + SL_EIGEN_ROWS;
    uint64_t entries = e->a->row_pointers[end] - e->a->row_pointers[begin] + (end - begin);
    if (e->b != NULL) entries += e->b->row_pointers[end] - e->b->row_pointers[begin];
    switch (e->bound_stage) {
    case QUOTIENT:
      add_quotient(e, x, begin, end);
      break;
    case RESIDUAL:
      add_residual(e, x, begin, end);
      entries *= 12;
      break;
    default:
      sl_block_dots(end - begin, e->bounded + 1, e->krylov.q + begin, e->n,
                    (e->b != NULL ? e->krylov.image : x) + begin, e->krylov.h);
      entries = (uint64_t)(end - begin) * (e->bounded + 1);
    }
    spent += entries;
    e->bound_cursor = end;
    if (end < e->n) continue;
    e->bound_cursor = 0;
    if (e->bound_stage == QUOTIENT) {
      end_quotient(e);
    } else if (e->bound_stage == RESIDUAL) {
      if (!end_residual(e)) continue;
    } else {
      end_angles(e, x);
      e->bounded++;
    }
    e->bound_stage = e->bound_stage == ANGLES ? QUOTIENT : e->bound_stage + 1;
  }
  e->work += spent;
  *done = e->bounded == e->found;
  return SL_OK;
}

// ---- intervals ----------------------------------------------------------------------------------

static void sort(sl_eigen *e) {
  for (uint32_t i = 0; i < e->found; i++) {
    uint32_t at = i;
    for (; at > 0 && e->theta[i] < e->theta[e->sorted[at - 1]]; at--) {
      e->sorted[at] = e->sorted[at - 1];
    }
    e->sorted[at] = i;
  }
}

static void spread(const sl_eigen *e, sl_eigen_cluster *c, double low, double high) {
  double radius = sqrt(c->squares) * (1 + 0x1p-48);
  double gram = e->unnormal * UP;
  radius = gram < 0.5 ? radius / sqrt(1 - gram) * UP : INFINITY;
  c->low = low - radius - fabs(low) * 0x1p-52;
  c->high = high + radius + fabs(high) * 0x1p-52;
}

// Makes clusters of the intervals, ascending; returns how many there are.
static uint32_t make_clusters(sl_eigen *e) {
  uint32_t made = 0;
  bool null_is_in = e->components == 0;
  sort(e);
  for (uint32_t i = 0; i <= e->found; i++) {
    sl_eigen_cluster *c = e->cluster + made;
    bool last = i == e->found;
    // Null vectors stand among the others by their value.
    if (!null_is_in && (last || e->theta[e->sorted[i]] >= 0)) {
      null_is_in = true;
      double bound = e->null_bound;
      *c = (sl_eigen_cluster){.low = -bound, .high = bound, .squares = bound * bound, .first = i};
      made++;
      c++;
      i--;
    } else if (last) {
      break;
    } else {
      double theta = e->theta[e->sorted[i]], bound = e->proved[e->sorted[i]];
      *c = (sl_eigen_cluster){.squares = bound * bound + 0x1p-1074, .first = i, .count = 1};
      spread(e, c, theta, theta);
      made++;
    }
    while (made > 1 && e->cluster[made - 2].high >= e->cluster[made - 1].low) {
      sl_eigen_cluster *to = e->cluster + made - 2, *from = to + 1;
      bool has_null = (to->count == 0 || from->count == 0) && e->components > 0;
      uint32_t first = to->count > 0 ? to->first : from->first;
      to->squares += from->squares;
      to->count += from->count;
      to->first = first;
      double low = e->theta[e->sorted[first]], high = e->theta[e->sorted[first + to->count - 1]];
      if (has_null) {
        low = fmin(low, 0);
        high = fmax(high, 0);
        to->squares = INFINITY; // of no use: what is so near to the null space is not told apart
      }
      spread(e, to, low, high);
      made--;
    }
  }
  return made;
}

// Pairs and null vectors that are known to lie between two numbers; -1 where one of them may be
// either inside or outside.
static double between(const sl_eigen *e, uint32_t clusters, double low, double high) {
  double inside = 0;
  for (uint32_t i = 0; i < clusters; i++) {
    const sl_eigen_cluster *c = e->cluster + i;
    if (c->low > low && c->high < high)
      inside += c->count > 0 ? c->count : e->components;
    else if (!(c->high < low || c->low > high))
      return -1;
  }
  return inside;
}

static double scale_of(const sl_eigen *e) {
  double a = e->norm_a > 0 ? e->norm_a : 1;
  return e->b != NULL ? a / e->norm_b : a;
}

// How far a pair is along the way that is counted: from below, or from sigma.
static double distance(const sl_eigen *e, double theta) {
  return e->which == SL_EIGEN_NEAREST ? fabs(theta - e->sigma) : theta;
}

static double cut_distance(sl_eigen *e) {
  double last = -INFINITY, first = INFINITY, most = 0;
  for (uint32_t i = 0; i < e->found; i++) {
    double d = distance(e, e->theta[i]);
    last = fmax(last, d);
    first = fmin(first, d);
    most = fmax(most, e->proved[i]);
  }
  double unit = 0x1p-44 * scale_of(e) + 64 * most;
  if (e->cut_above) {
    double next = distance(e, sl_eigen_value_of(e, e->krylov.next));
    double apart = next - last;
    bool clear = apart > unit && apart > 1e-4 * (last - first);
    if (clear && apart < INFINITY) return last + apart * 0.375;
    e->cut_above = false;
  }
  // Below the last group of values that are close together.
  double from = last;
  for (;;) {
    double before = -INFINITY;
    for (uint32_t i = 0; i < e->found; i++) {
      double d = distance(e, e->theta[i]);
      if (d < from) before = fmax(before, d);
    }
    // The null space of a Laplacian lies at 0.
    if (before == -INFINITY && e->components > 0 && from > 0) before = 0;
    double apart = from - before;
    if (before == -INFINITY || (before == 0 && e->components > 0 && apart <= unit)) {
      double least = from - fmax(unit, 0x1p-20 * (last - first));
      return e->which == SL_EIGEN_NEAREST && least < 0 ? from / 2 : least;
    }
    if (apart > unit && apart > 1e-6 * (last - first)) return from - apart / 4;
    from = before;
  }
}

static void set_cuts(sl_eigen *e) {
  double d = cut_distance(e);
  e->cut_at = 0;
  e->cuts = e->which == SL_EIGEN_NEAREST ? 2 : 1;
  e->cut[0] = e->which == SL_EIGEN_NEAREST ? e->sigma - d : d;
  e->cut[1] = e->sigma + d;
  e->phase = SL_EIGEN_AT_COUNT;
}

sl_status sl_eigen_begin_count(sl_eigen *e) {
  e->complete = -1;
  bool all = e->found == e->n - e->components;
  bool counts = e->counts && e->converged && e->found > 0 && (e->inverts || e->n <= 2048);
  // Without a bound of the mass matrix a count says nothing.
  if (e->b != NULL && e->mass_least == 0) counts = false;
  if (!counts || all) {
    if (all && e->converged) e->complete = e->k;
    e->phase = SL_EIGEN_AT_ENDED;
    return SL_OK;
  }
  e->cut_above = !(e->krylov.next - e->krylov.next != 0);
  // One factor at a time.
  if (e->inverts) sl_eigen_drop_factor(&e->factor);
  set_cuts(e);
  return SL_OK;
}

// What all cuts together say.
static void compare(sl_eigen *e) {
  uint32_t clusters = make_clusters(e);
  bool nearest = e->which == SL_EIGEN_NEAREST;
  double low = nearest ? e->cut[0] + e->cut_slack[0] : -INFINITY;
  double high = nearest ? e->cut[1] - e->cut_slack[1] : e->cut[0] - e->cut_slack[0];
  double known = between(e, clusters, low, high);
  double counted = nearest ? e->cut_count[1] - e->cut_count[0] : e->cut_count[0];
  if (known == counted) {
    e->complete = e->nulls;
    for (uint32_t i = 0; i < e->found; i++) {
      e->complete += e->theta[i] > low && e->theta[i] < high;
    }
    e->phase = SL_EIGEN_AT_ENDED;
  } else if (e->cut_above) {
    e->cut_above = false;
    set_cuts(e);
  } else if (known >= 0 && counted > known && e->recounts++ < 8) {
    // Each random vector brings one more vector of an eigenvalue at least.
    e->pending = (uint32_t)fmin(counted - known - 1, 1000);
    sl_eigen_inject(e);
  } else {
    e->phase = SL_EIGEN_AT_ENDED;
  }
}

static void give_up(sl_eigen *e) {
  sl_growth_drop(&e->growth);
  sl_eigen_drop_factor(&e->counter);
  e->phase = SL_EIGEN_AT_ENDED;
}

static bool is_short(sl_status status) {
  return status == SL_ERR_MEMORY || status == SL_ERR_OVERFLOW;
}

sl_status sl_eigen_step_count(sl_eigen *e, uint64_t work) {
  if (e->counter == NULL) {
    sl_csr *shifted = NULL;
    sl_status status = sl_eigen_shifted(e, e->cut[e->cut_at], &shifted);
    if (status == SL_OK)
      status = sl_factor_create(shifted, SL_FACTOR_LDLT, SL_FACTOR_ORDER_AUTO, &e->counter);
    sl_csr_destroy(shifted);
    // Pairs without a count are worth more than none.
    if (status == SL_ERR_SINGULAR || is_short(status)) {
      give_up(e);
      return SL_OK;
    }
    return status;
  }
  if (e->growth.t != NULL) {
    if (!sl_eigen_step_error(e, e->counter, &e->growth, work)) return SL_OK;
    e->cut_slack[e->cut_at] = sl_eigen_shift_error(e, e->growth.result, e->cut[e->cut_at]);
    sl_growth_drop(&e->growth);
    sl_eigen_drop_factor(&e->counter);
    if (++e->cut_at == e->cuts) compare(e);
    return SL_OK;
  }
  sl_outcome outcome;
  uint64_t before = sl_job_work(&e->counter->job);
  sl_status status = sl_job_step(&e->counter->job, work, &outcome);
  if (is_short(status)) {
    give_up(e);
    return SL_OK;
  }
  SL_TRY(status);
  e->work += sl_job_work(&e->counter->job) - before;
  if (outcome == SL_OUTCOME_RUNNING) return SL_OK;
  e->factors++;
  double facts[SL_FACTOR_FACTS];
  sl_factor_facts(e->counter, facts);
  e->cut_count[e->cut_at] = facts[12];
  if (facts[12] < 0 || sl_eigen_begin_error(e, &e->growth) != SL_OK) give_up(e);
  return SL_OK;
}

// Where everything below the cut is known a pair that stands alone has a gap: it bounds the angle, and
// the value by the square of the residual.
void sl_eigen_close_bounds(sl_eigen *e) {
  if (e->complete < 0) return;
  uint32_t clusters = make_clusters(e);
  bool nearest = e->which == SL_EIGEN_NEAREST, all = e->found == e->n - e->components;
  double low = nearest && !all ? e->cut[0] + e->cut_slack[0] : -INFINITY;
  double high = all       ? INFINITY
                : nearest ? e->cut[1] - e->cut_slack[1]
                          : e->cut[0] - e->cut_slack[0];
  for (uint32_t i = 0; i < clusters; i++) {
    const sl_eigen_cluster *c = e->cluster + i;
    if (c->count != 1 || !(c->low > low && c->high < high)) continue;
    uint32_t pair = e->sorted[c->first];
    double theta = e->theta[pair], drift = e->drift[pair], bound = e->proved[pair];
    double gap = fmin(theta - low, high - theta);
    if (i > 0) gap = fmin(gap, theta - e->cluster[i - 1].high);
    if (i + 1 < clusters) gap = fmin(gap, e->cluster[i + 1].low - theta);
    gap -= drift + (fabs(theta) + gap) * 0x1p-50;
    if (!(gap > 0) || !(bound < INFINITY)) continue;
    e->sine[pair] = fmin(1, bound / gap * UP);
    e->proved[pair] = fmin(bound, (bound / gap * bound + drift) * UP + 0x1p-1022 * (bound > 0));
  }
}
