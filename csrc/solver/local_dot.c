// t^T x by push from both sides and random walks between them.
//
// Based on: P. Lofgren, S. Banerjee, A. Goel, "Personalized PageRank estimation and search: a
// bidirectional approach", WSDM 2016, arXiv:1507.05999 (push from one end, walks from the other);
// T. C. Kwok, Z. Wei, M. Yang, "On solving asymmetric diagonally dominant linear systems in
// sublinear time", ITCS 2026, arXiv:2509.13891 (the bidirectional method for dominant systems).
// Deviations: both ends are pushed, so walks start from what the first push left and pay what the
// second one left; the number of walks follows from an empirical Bernstein interval (see walk.c)
// instead of a worst case.
#include "solver/local_dot.h"

#include <float.h>
#include <math.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "solver/handover.h"
#include "solver/walk.h"

// Walks before the first look at the interval; then twice as many before each next one.
#define FIRST_WALKS 256u

typedef enum phase { FORWARD, BACKWARD, WALKING, SOLVING } phase;

// What both pushes prove: the value without walks, its bound, and what walks have to estimate.
typedef struct estimate {
  double value, bound, rounding;
  double mass;  // sum |r_j| g_j, from where walks start
  double reach; // largest payment of a walk
  double lost;  // what sum |r_j| g_j may be off by where it is so small that numbers lose digits
} estimate;

struct sl_local_dot {
  sl_job job;
  const sl_method_set *methods; // of full solves
  sl_csr *matrix;
  sl_csr *transposed; // owned; NULL before it is needed, and when A is symmetric
  sl_csr *rows;       // M: A or its transpose
  bool swapped;       // M = A^T: the start is b
  sl_push *forward;   // on the rows of M
  sl_push *backward;  // on its columns; NULL before it is needed
  sl_row_slack slack; // of the rows of M
  double least_relative_slack;
  // the query
  sl_local_dot_options options;
  phase phase;
  sl_local_method method;
  sl_local_vector start, end;
  uint32_t *all;        // 0 .. n-1 when the start is dense
  sl_local_box y;       // of M^{-1} end
  sl_push_goal goal;    // of the side that is being pushed
  uint64_t next_choice; // forward edge operations at which walks are considered
  estimate pushed;
  double *starts; // running sums of |r_j| g_j over the support
  sl_walk walk;
  double walk_sign;
  bool walk_forced;
  sl_sample sample; // of payments times 2^-unit, so that their squares are numbers
  int unit;
  uint64_t walks_wanted; // when the interval is looked at next
  uint32_t looks;
  double half_width; // at the last look
  double walk_mean;
  uint64_t walk_count;
  uint64_t walk_work;
  sl_handover full;
  double value, bound;
  uint64_t touched_rows, edge_operations;
};

sl_local_dot_options sl_local_dot_options_default(void) { return (sl_local_dot_options){0}; }

// ---- object

static sl_status transpose_once(sl_local_dot *dot) {
  return dot->transposed ? SL_OK : sl_csr_transpose(dot->matrix, &dot->transposed);
}

static sl_status set_up(sl_local_dot *dot, const sl_matrix_class *class) {
  dot->swapped = !(class->min_row_slack > 0) && class->min_column_slack > 0;
  dot->rows = dot->matrix;
  if (dot->swapped) {
    SL_TRY(transpose_once(dot));
    dot->rows = dot->transposed;
  }
  SL_TRY(sl_push_create(dot->rows, &dot->forward));
  dot->least_relative_slack = dot->rows->matrix_class.min_relative_row_slack;
  return sl_row_slack_measure(dot->rows, &dot->slack);
}

sl_status sl_local_dot_create(sl_csr *matrix, sl_local_dot **out) {
  return sl_local_dot_create_of(&sl_all_methods, matrix, out);
}

sl_status sl_local_dot_create_of(const sl_method_set *methods, sl_csr *matrix, sl_local_dot **out) {
  *out = NULL;
  SL_REQUIRE(matrix->rows == matrix->cols, SL_ERR_NOT_SQUARE, "matrix", "as many rows as columns");
  const sl_matrix_class *class;
  SL_TRY(sl_csr_classify(matrix, &class));
  sl_local_dot *dot;
  SL_TRY(SL_ALLOC_ZERO(&dot, 1));
  dot->job.kind = &sl_local_dot_kind;
  dot->methods = methods;
  dot->matrix = matrix;
  sl_status status = set_up(dot, class);
  if (status != SL_OK) {
    sl_local_dot_destroy(dot);
    return status;
  }
  *out = dot;
  return SL_OK;
}

static void free_query(sl_local_dot *dot) {
  sl_handover_drop(&dot->full);
  sl_free(dot->all);
  sl_free(dot->starts);
  dot->all = NULL;
  dot->starts = NULL;
}

void sl_local_dot_destroy(sl_local_dot *dot) {
  if (dot == NULL) return;
  free_query(dot);
  sl_push_destroy(dot->forward);
  sl_push_destroy(dot->backward);
  sl_row_slack_free(&dot->slack);
  sl_csr_destroy(dot->transposed);
  sl_free(dot);
}

size_t sl_local_dot_bytes(const sl_local_dot *dot) {
  size_t n = dot->matrix->rows;
  size_t bytes = sizeof *dot + sl_push_bytes(dot->forward) + sl_handover_bytes(&dot->full);
  if (dot->backward) bytes += sl_push_bytes(dot->backward);
  if (dot->transposed) bytes += sl_csr_bytes(dot->transposed);
  if (dot->slack.inverse) bytes += n * sizeof(double);
  if (dot->all) bytes += n * sizeof(uint32_t);
  if (dot->starts) bytes += dot->forward->support_count * sizeof(double);
  return bytes;
}

// ---- beginning

// The engine on the columns of M, made when the first sparse end comes.
static sl_status make_backward(sl_local_dot *dot) {
  if (dot->backward) return SL_OK;
  sl_csr *columns = dot->matrix;
  if (!dot->swapped && !dot->matrix->matrix_class.symmetric) {
    SL_TRY(transpose_once(dot));
    columns = dot->transposed;
  }
  return sl_push_create(columns, &dot->backward);
}

static sl_status check_vector(sl_local_dot *dot, const sl_local_vector *vector,
                              const char *argument) {
  if (vector->dense == NULL) return sl_local_vector_check(vector, dot->forward, argument);
  size_t n = dot->matrix->rows, at = sl_first_not_finite_f64(vector->dense, n);
  SL_REQUIRE_AT(at == n, SL_ERR_NOT_FINITE, argument, "finite numbers", at);
  return SL_OK;
}

// Puts the start into the forward push. A dense one becomes sparse with all indices.
static sl_status seed_start(sl_local_dot *dot, const char *argument) {
  uint32_t n = dot->matrix->rows;
  sl_local_vector *start = &dot->start;
  if (start->dense) {
    SL_TRY(SL_ALLOC(&dot->all, n));
    for (uint32_t i = 0; i < n; i++) dot->all[i] = i;
    *start = (sl_local_vector){.indices = dot->all, .values = start->dense, .count = n};
  }
  double sum = sl_norm1_f64(start->values, start->count);
  SL_REQUIRE(sum < DBL_MAX / 4, SL_ERR_RANGE, argument, "numbers far below overflow");
  for (uint32_t k = 0; k < start->count; k++) {
    sl_push_seed(dot->forward, start->indices[k], start->values[k]);
  }
  return SL_OK;
}

static sl_status take_arguments(sl_local_dot *dot, const sl_local_vector *t,
                                const sl_local_vector *b) {
  SL_TRY(check_vector(dot, t, "t"));
  SL_TRY(check_vector(dot, b, "b"));
  bool from_b = dot->swapped;
  // A symmetric matrix lets either be the start: the sparse one, because the start is spread out.
  if (dot->matrix->matrix_class.symmetric && t->dense && !b->dense) from_b = true;
  dot->start = from_b ? *b : *t;
  dot->end = from_b ? *t : *b;
  SL_TRY(sl_local_bound(dot->forward, &dot->slack, &dot->end, from_b ? "t" : "b", &dot->y));
  SL_TRY(seed_start(dot, from_b ? "b" : "t"));
  if (dot->end.dense) return SL_OK;
  SL_TRY(make_backward(dot));
  sl_push_clear(dot->backward);
  for (uint32_t k = 0; k < dot->end.count; k++) {
    sl_push_seed(dot->backward, dot->end.indices[k], dot->end.values[k]);
  }
  return SL_OK;
}

static bool two_sided(const sl_local_dot *dot) { return dot->end.dense == NULL; }

// The first goal. With two sides each makes half of the digits: reach grows with the digits, and
// what has to be read grows faster than the reach.
static void aim_forward(sl_local_dot *dot) {
  double allowed = dot->options.absolute_error * (1 - 0x1p-20), size = 0;
  for (uint32_t k = 0; k < dot->start.count; k++) size += fabs(dot->start.values[k]);
  if (two_sided(dot) && allowed < dot->y.radius * size) {
    allowed = sqrt(allowed) * sqrt(dot->y.radius * size);
  }
  dot->goal =
      (sl_push_goal){.allowed = allowed, .mass_factor = dot->y.radius, .largest_factor = INFINITY};
}

sl_status sl_local_dot_begin(sl_local_dot *dot, const sl_local_dot_options *options,
                             const sl_local_vector *t, const sl_local_vector *b) {
  free_query(dot);
  sl_push_clear(dot->forward);
  sl_job_drop(&dot->job);
  SL_REQUIRE(options->absolute_error > 0 && options->absolute_error <= DBL_MAX, SL_ERR_OPTION,
             "absolute_error", "a finite number > 0");
  SL_REQUIRE(options->confidence >= 0 && options->confidence < 1, SL_ERR_OPTION, "confidence",
             "a number in (0, 1)");
  sl_status status = take_arguments(dot, t, b);
  if (status != SL_OK) {
    sl_push_clear(dot->forward);
    free_query(dot);
    return status;
  }
  dot->options = *options;
  dot->method = SL_LOCAL_PUSH;
  dot->next_choice = 1024;
  dot->sample = (sl_sample){0};
  dot->walks_wanted = FIRST_WALKS;
  dot->looks = 0;
  dot->half_width = INFINITY;
  dot->walk_mean = 0;
  dot->walk_count = dot->walk_work = 0;
  dot->touched_rows = dot->edge_operations = 0;
  dot->phase = FORWARD;
  sl_job_begin(&dot->job);
  aim_forward(dot);
  return SL_OK;
}

sl_status sl_local_dot_begin_arrays(sl_local_dot *dot, const sl_local_dot_options *options,
                                    const uint32_t *t_indices, const double *t_values,
                                    uint32_t t_count, const uint32_t *b_indices,
                                    const double *b_values, uint32_t b_count) {
  uint32_t n = dot->matrix->rows;
  sl_local_vector t, b;
  SL_TRY(sl_local_vector_make(t_indices, t_values, t_count, n, "t", &t));
  SL_TRY(sl_local_vector_make(b_indices, b_values, b_count, n, "b", &b));
  return sl_local_dot_begin(dot, options, &t, &b);
}

static uint64_t push_work(const sl_local_dot *dot) {
  uint64_t work = dot->forward->edge_operations;
  return two_sided(dot) ? work + dot->backward->edge_operations : work;
}

static uint64_t total_allowance(const sl_local_dot *dot) {
  uint64_t limit = dot->options.max_work, used = push_work(dot) + dot->walk_work;
  if (limit == 0) return UINT64_MAX;
  return limit > used ? limit - used : 0;
}

// ---- what the pushes prove

static double end_left(const sl_local_dot *dot, uint32_t i) {
  return two_sided(dot) ? dot->backward->nodes[i].r : dot->end.dense[i];
}

typedef struct products {
  double value, size; // a sum of products and of their absolute values
  double centred;     // sum r_j g_j
} products;

static void add(products *sums, double product) {
  sums->value += product;
  sums->size += fabs(product);
}

// p.q + r.y~ + sum r_j w_j / m_jj, with y~ and w from the backward push (0 and q without one).
static products multiply(const sl_local_dot *dot) {
  const sl_push *push = dot->forward;
  products sums = {0};
  for (uint32_t k = 0; k < push->support_count; k++) {
    uint32_t j = push->support[k];
    const sl_push_node *node = &push->nodes[j];
    add(&sums, sl_push_step_times(push, j, end_left(dot, j)));
    sums.centred += node->r * push->gain[j];
    if (two_sided(dot))
      add(&sums, node->r * dot->backward->nodes[j].p);
    else
      add(&sums, node->p * dot->end.dense[j]);
  }
  if (!two_sided(dot)) return sums;
  for (uint32_t k = 0; k < dot->end.count; k++) {
    add(&sums, push->nodes[dot->end.indices[k]].p * dot->end.values[k]);
  }
  return sums;
}

// See local_dot.h. M^{-1} w is at most max |w_i| / slack_i, and M^{-1} q at most y.largest, which
// is what the rounding of r is multiplied with.
static estimate certify(sl_local_dot *dot) {
  sl_push_bounds r, w;
  sl_push_certify(dot->forward, dot->start.indices, dot->start.values, dot->start.count, &r);
  double reach = dot->y.radius, center = dot->y.center, of_w = 0;
  if (two_sided(dot)) {
    sl_push_certify(dot->backward, dot->end.indices, dot->end.values, dot->end.count, &w);
    // Nothing was touched where the end is zero. What the quotient loses, r would make more of.
    if (w.rounding > 0) of_w = w.rounding / w.least_slack + 0x1p-1074;
    if (!(of_w <= INFINITY)) of_w = INFINITY;
    reach = w.largest + of_w;
    center = 0;
  }
  products sums = multiply(dot);
  double terms = 3.0 * dot->forward->support_count + dot->end.count;
  double shift = fabs(center) * r.gained_mass, gain_error = fabs(center) * r.gain_error;
  estimate found = {
      .value = sums.value + center * sums.centred,
      .rounding = dot->y.largest * r.rounding + r.mass * of_w + gain_error +
                  sl_push_rounding(terms) * (sums.size + shift) * (1 + 0x1p-20),
      .mass = r.gained_mass,
      .reach = reach,
      .lost = r.mass * 0x1p-149 + dot->forward->support_count * 0x1p-1073,
  };
  found.bound = (reach * r.gained_mass + found.rounding) * (1 + 0x1p-49);
  // And what products that underflow may lose; nothing where a side is zero.
  if (dot->start.count > 0 && (dot->end.dense || dot->end.count > 0))
    found.bound += (terms + 8) * 0x1p-1073;
  if (!(found.bound < INFINITY) || !(found.value - found.value == 0)) {
    found.bound = found.rounding = INFINITY;
  }
  return found;
}

static void end_with(sl_local_dot *dot, double value, double bound, sl_outcome otherwise) {
  // A number that overflowed says nothing.
  bool is_number = isfinite(value);
  if (!is_number) bound = dot->half_width = INFINITY;
  dot->value = is_number ? value : 0;
  dot->bound = bound;
  dot->edge_operations = push_work(dot) + dot->walk_work + dot->full.work;
  dot->touched_rows = dot->forward->touched_rows + dot->full.touched_rows;
  if (two_sided(dot)) {
    dot->touched_rows += dot->backward->touched_rows;
    sl_push_clear(dot->backward);
  }
  sl_push_clear(dot->forward);
  free_query(dot);
  double wanted = dot->options.absolute_error;
  bool met = bound <= wanted || dot->half_width <= wanted;
  sl_job_end(&dot->job, met ? SL_OUTCOME_CONVERGED : otherwise);
}

// Ends with the better of what the pushes prove and what the walks say.
static void end_pushed(sl_local_dot *dot, sl_outcome otherwise) {
  if (dot->half_width < dot->pushed.bound) {
    dot->method = SL_LOCAL_PUSH_WALKS;
    end_with(dot, dot->pushed.value + dot->walk_mean, dot->pushed.bound + fabs(dot->walk_mean),
             otherwise);
  } else {
    dot->half_width = INFINITY;
    dot->walk_count = 0;
    end_with(dot, dot->pushed.value, dot->pushed.bound, otherwise);
  }
}

// ---- full solve: s^T M^{-1} q = p.q + r.y with y solved for

static sl_status start_solve(sl_local_dot *dot) {
  // w plays no part in this: r is multiplied with all of y.
  sl_push_bounds r;
  sl_push_certify(dot->forward, dot->start.indices, dot->start.values, dot->start.count, &r);
  dot->pushed.mass = r.mass;
  dot->pushed.rounding = r.rounding;
  double demand = r.mass > 0 ? 0.9 * dot->options.absolute_error / r.mass : 1;
  dot->method = SL_LOCAL_PUSH_FULL;
  dot->half_width = INFINITY;
  dot->walk_count = 0;
  dot->phase = SOLVING;
  if (!(demand < DBL_MAX)) demand = DBL_MAX;
  return sl_handover_begin(&dot->full, dot->methods, dot->rows, &dot->slack, &dot->end, NULL,
                           SL_BOUND_INF, demand, total_allowance(dot));
}

static void finish_solve(sl_local_dot *dot) {
  const sl_push *push = dot->forward;
  const sl_handover *full = &dot->full;
  products sums = {0};
  for (uint32_t k = 0; k < push->support_count; k++) {
    uint32_t j = push->support[k];
    add(&sums, push->nodes[j].r * full->x[j]);
    if (!two_sided(dot)) add(&sums, push->nodes[j].p * dot->end.dense[j]);
  }
  if (two_sided(dot)) {
    for (uint32_t k = 0; k < dot->end.count; k++) {
      add(&sums, push->nodes[dot->end.indices[k]].p * dot->end.values[k]);
    }
  }
  double terms = 2.0 * push->support_count + dot->end.count;
  double bound = dot->pushed.mass * full->bound + dot->y.largest * dot->pushed.rounding +
                 sl_push_rounding(terms) * sums.size;
  bound = bound * (1 + 0x1p-40) + (terms + 8) * 0x1p-1073; // and what products that underflow lose
  if (!(sums.value - sums.value == 0)) bound = INFINITY;
  sl_outcome why = full->outcome;
  bool limited = why == SL_OUTCOME_WORK_LIMIT || why == SL_OUTCOME_TIME_LIMIT;
  end_with(dot, sums.value, bound <= INFINITY ? bound : INFINITY,
           limited ? why : SL_OUTCOME_STAGNATED);
}

// ---- walks

// Edge operations that walks of this much mass and reach would take, if their variance is a quarter
// of the most that it can be.
static double predicted_work(const sl_local_dot *dot, double mass, double reach) {
  const sl_csr *rows = dot->rows;
  double ratio = mass * reach / dot->options.absolute_error;
  double log_term = log(8 / (1 - dot->options.confidence));
  double length = 1 / dot->least_relative_slack * rows->nnz / rows->rows;
  return length * log_term * (ratio * ratio / 2 + 5 * ratio);
}

static sl_status start_walks(sl_local_dot *dot) {
  const sl_push *push = dot->forward;
  SL_TRY(SL_ALLOC(&dot->starts, push->support_count));
  double sum = 0;
  for (uint32_t k = 0; k < push->support_count; k++) {
    uint32_t j = push->support[k];
    sum += fabs(push->nodes[j].r) * push->gain[j];
    dot->starts[k] = sum;
  }
  (void)frexp(dot->pushed.reach, &dot->unit);
  dot->walk = (sl_walk){.matrix = dot->rows};
  sl_rng_seed(&dot->walk.rng, dot->options.seed);
  dot->phase = WALKING;
  return SL_OK;
}

// The first k with starts[k] > place.
static uint32_t find_start(const sl_local_dot *dot, double place) {
  uint32_t low = 0, high = dot->forward->support_count - 1;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (dot->starts[middle] > place)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void begin_walk(sl_local_dot *dot) {
  double total = dot->starts[dot->forward->support_count - 1];
  uint32_t k = find_start(dot, sl_rng_double(&dot->walk.rng) * total);
  dot->walk.at = dot->forward->support[k];
  dot->walk.sign = dot->forward->nodes[dot->walk.at].r < 0 ? -1 : 1;
  dot->walk_forced = true; // the start itself has been paid by the Jacobi step
}

// What a walk that has ended pays, between -reach and reach, times 2^-unit.
static double payment(const sl_local_dot *dot) {
  const sl_walk *walk = &dot->walk;
  double left = end_left(dot, walk->at) / walk->slack;
  if (walk->diagonal < 0) left = -left;
  if (!two_sided(dot)) left -= dot->y.center;
  double reach = dot->pushed.reach;
  if (!(left <= reach)) left = reach;
  if (left < -reach) left = -reach;
  return walk->sign * ldexp(left, -dot->unit);
}

// A look at the interval. Look k may fail with probability risk / ((k + 1) (k + 2)); these add up
// to the risk, so the interval holds at whichever look the walks end.
static bool look(sl_local_dot *dot) {
  double total = dot->starts[dot->forward->support_count - 1], reach = dot->pushed.reach;
  double risk = (1 - dot->options.confidence) / ((dot->looks + 1.0) * (dot->looks + 2.0));
  dot->looks++;
  double range = 2 * ldexp(reach, -dot->unit);
  double half = ldexp(sl_sample_half_width(&dot->sample, range, risk), dot->unit) * total;
  // Floats as gains, and what rounding does to probabilities and payments along a walk.
  double nnz = dot->rows->matrix_class.max_row_nnz + 4.0;
  half +=
      reach * total * (0x1p-21 + nnz * 0x1p-50 / dot->least_relative_slack) + dot->pushed.rounding;
  half += reach * dot->pushed.lost + (total + 8) * 0x1p-1073;
  if (half < dot->half_width) {
    dot->half_width = half;
    dot->walk_mean = ldexp(dot->sample.mean, dot->unit) * total;
    dot->walk_count = dot->sample.count;
  }
  dot->walks_wanted *= 2;
  return dot->half_width <= dot->options.absolute_error;
}

// After a look: will the walks take longer than a full solve? The number of walks at which the two
// terms of the interval add up to the tolerance, with the variance seen so far.
static bool walks_are_hopeless(const sl_local_dot *dot) {
  if (dot->options.max_work > 0) return false; // the user has said how long they may take
  const sl_sample *sample = &dot->sample;
  double total = dot->starts[dot->forward->support_count - 1];
  double wanted = ldexp(dot->options.absolute_error / total, -dot->unit);
  double reach = ldexp(dot->pushed.reach, -dot->unit);
  double log_term =
      log(4 * (dot->looks + 1.0) * (dot->looks + 2.0) / (1 - dot->options.confidence));
  double variance = sample->sum_squares / (double)sample->count;
  double walks = log_term * (2 * variance / (wanted * wanted) + 14 * reach / (3 * wanted));
  double work = (double)dot->walk_work / (double)sample->count * walks;
  return work > 2 * (double)sl_local_total_push_limit(dot->rows);
}

// The same between looks, of which even the first may be far away: a walk takes up to 1 / slack
// steps. Twice what a look lets through, since that is a prediction.
static bool walked_too_far(const sl_local_dot *dot, uint64_t work) {
  return dot->options.max_work == 0 && work > 4 * sl_local_total_push_limit(dot->rows);
}

static sl_status walk_step(sl_local_dot *dot, uint64_t work, uint64_t *spent) {
  uint64_t limit = total_allowance(dot), done = 0;
  if (limit == 0) {
    end_pushed(dot, SL_OUTCOME_WORK_LIMIT);
    return SL_OK;
  }
  if (limit < work) work = limit;
  while (done < work) {
    uint32_t read;
    if (dot->walk.sign == 0) begin_walk(dot);
    bool ended = sl_walk_step(&dot->walk, dot->walk_forced, &read);
    dot->walk_forced = false;
    done += read;
    if (walked_too_far(dot, dot->walk_work + done)) {
      dot->walk_work += done;
      *spent += done;
      return start_solve(dot);
    }
    if (!ended) continue;
    sl_sample_add(&dot->sample, payment(dot));
    dot->walk.sign = 0;
    if (dot->sample.count == dot->walks_wanted) {
      dot->walk_work += done;
      *spent += done;
      if (look(dot))
        end_pushed(dot, SL_OUTCOME_STAGNATED);
      else if (walks_are_hopeless(dot))
        return start_solve(dot);
      return SL_OK;
    }
  }
  dot->walk_work += done;
  *spent += done;
  return SL_OK;
}

// ---- steps

// True when more pushing, or walks, could only get at what rounding hides.
static bool rounding_wins(const estimate *found) {
  return !(found->bound - found->rounding > found->rounding);
}

// Both pushes have done what they can.
static sl_status after_push(sl_local_dot *dot) {
  dot->pushed = certify(dot);
  double wanted = dot->options.absolute_error;
  // Where numbers are too large or too small for pushes, a solve may still be able to.
  if (dot->pushed.bound == INFINITY) return start_solve(dot);
  if (dot->pushed.bound <= wanted || rounding_wins(&dot->pushed)) {
    end_pushed(dot, SL_OUTCOME_STAGNATED);
    return SL_OK;
  }
  if (dot->options.confidence > 0 && dot->pushed.rounding < wanted / 2) return start_walks(dot);
  return start_solve(dot);
}

static sl_status begin_backward(sl_local_dot *dot) {
  estimate found = certify(dot);
  double room = dot->options.absolute_error - found.rounding;
  dot->goal = (sl_push_goal){
      .allowed = room > 0 ? room * (1 - 0x1p-20) : dot->options.absolute_error,
      .mass_factor = INFINITY,
      .largest_factor = found.mass,
  };
  dot->phase = BACKWARD;
  return SL_OK;
}

static sl_status side_is_done(sl_local_dot *dot) {
  if (dot->phase == FORWARD && two_sided(dot)) return begin_backward(dot);
  return after_push(dot);
}

// The push believes it has met its goal: proves it, or sets a lower goal when that can help.
static sl_status goal_is_met(sl_local_dot *dot) {
  if (dot->phase == FORWARD && two_sided(dot)) return begin_backward(dot);
  estimate found = certify(dot);
  if (found.bound <= dot->options.absolute_error || rounding_wins(&found)) return after_push(dot);
  dot->goal.allowed /= 2;
  return dot->goal.allowed > 0 ? SL_OK : after_push(dot);
}

// Whether walks from here would be cheaper than what has been pushed so far. Asked at 1024, 2048,
// ... edge operations, so that how the work is cut into steps changes nothing.
static bool prefers_walks(sl_local_dot *dot) {
  if (dot->phase != FORWARD || two_sided(dot) || dot->options.confidence == 0) return false;
  uint64_t used = dot->forward->edge_operations;
  if (used < dot->next_choice) return false;
  while (dot->next_choice <= used) dot->next_choice *= 2;
  return predicted_work(dot, dot->forward->mass, dot->y.radius) <= (double)used;
}

static sl_status push_step(sl_local_dot *dot, uint64_t work, uint64_t *spent) {
  uint64_t total = total_allowance(dot);
  if (total == 0) {
    dot->pushed = certify(dot);
    end_pushed(dot, SL_OUTCOME_WORK_LIMIT);
    return SL_OK;
  }
  sl_push *push = dot->phase == FORWARD ? dot->forward : dot->backward;
  uint64_t limit = sl_local_push_limit(dot->rows, dot->options.push_work), next = limit;
  bool give_way = push->edge_operations >= limit || prefers_walks(dot);
  if (dot->options.push_work == 0) give_way |= sl_push_is_hopeless(push, limit, &next);
  if (give_way) return side_is_done(dot);
  if (next < limit) limit = next;
  if (dot->phase == FORWARD && dot->next_choice < limit) limit = dot->next_choice;
  uint64_t allowance = limit > push->edge_operations ? limit - push->edge_operations : 1;
  if (total < allowance) allowance = total;
  if (allowance < work) work = allowance;
  return sl_push_run(push, &dot->goal, work, spent) ? goal_is_met(dot) : SL_OK;
}

static sl_status step_once(sl_local_dot *dot, uint64_t work, uint64_t *spent) {
  if (dot->phase == FORWARD || dot->phase == BACKWARD) return push_step(dot, work, spent);
  if (dot->phase == WALKING) return walk_step(dot, work, spent);
  bool ended;
  *spent += work;
  SL_TRY(sl_handover_step(&dot->full, work, &ended));
  if (ended) finish_solve(dot);
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_local_dot *dot = (sl_local_dot *)job;
  uint64_t spent = 0;
  while (sl_job_is_running(job) && spent < work) {
    sl_status status = step_once(dot, work - spent, &spent);
    if (status != SL_OK) {
      free_query(dot);
      sl_push_clear(dot->forward);
      return status;
    }
  }
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_local_dot *dot = (sl_local_dot *)job;
  if (dot->phase == SOLVING) {
    SL_TRY(sl_handover_stop(&dot->full, why));
    finish_solve(dot);
    return SL_OK;
  }
  if (dot->phase != WALKING) dot->pushed = certify(dot);
  end_pushed(dot, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) {
  const sl_local_dot *dot = (const sl_local_dot *)job;
  if (sl_job_has_ended(job)) return dot->edge_operations;
  return push_work(dot) + dot->walk_work + sl_handover_work(&dot->full);
}

static size_t job_bytes(const sl_job *job) { return sl_local_dot_bytes((const sl_local_dot *)job); }
static void destroy(sl_job *job) { sl_local_dot_destroy((sl_local_dot *)job); }

const sl_job_kind sl_local_dot_kind = {"dot", step, stop, work_done, NULL, job_bytes, destroy};

sl_job *sl_local_dot_job(sl_local_dot *dot) { return &dot->job; }

sl_status sl_local_dot_finish(const sl_local_dot *dot, sl_local_dot_result *result) {
  SL_TRY(sl_job_require_ended(&dot->job));
  *result = (sl_local_dot_result){
      .outcome = dot->job.outcome,
      .method = dot->method,
      .value = dot->value,
      .error_bound = dot->bound,
      .half_width = dot->half_width,
      .confidence = dot->options.confidence,
      .walks = dot->walk_count,
      .touched_rows = dot->touched_rows,
      .edge_operations = dot->edge_operations,
  };
  return SL_OK;
}
