// Local push in rows with falling thresholds.
//
// Based on: R. Andersen, F. Chung, K. Lang, "Local graph partitioning using PageRank vectors", FOCS
// 2006, doi:10.1109/FOCS.2006.44 (the push); R. Andersen, C. Borgs, J. Chayes, J. Hopcroft,
// V. Mirrokni, S.-H. Teng, "Local computation of PageRank contributions", WAW 2007,
// doi:10.1007/978-3-540-77004-6_12 (the push on the other side); T. C. Kwok, Z. Wei, M. Yang, "On
// solving asymmetric diagonally dominant linear systems in sublinear time", ITCS 2026,
// arXiv:2509.13891 (both for dominant systems); J. Bai, B. Zhou, D. Yang, Y. Xiao, "Faster local
// solvers for graph diffusion equations", NeurIPS 2024, arXiv:2410.21634 (over-relaxed pushes).
// Deviations: entries of any sign, so r is not kept non-negative and mass may cancel; the threshold
// falls by a factor of 0.7 from the largest entry instead of being fixed, so that the run stops
// close to the fewest rows that prove the bound; r is computed again from p before anything is
// claimed.
#include "solver/push.h"

#include <float.h>
#include <math.h>

#include "base/memory.h"

#define NOINLINE __attribute__((noinline))
#define INLINE static inline __attribute__((always_inline))

#define IN_SUPPORT 1u
#define IN_QUEUE 2u
#define PUSHED 4u

// Between two looks at the whole support. Smaller: fewer looks, more rows touched needlessly. The
// second is for supports so large that looking has cost more than pushing.
#define THRESHOLD_FALL 0.7
#define STEEP_FALL 0.4

// The optimum holds for sweeps over everything; a local push does best a little below it.
#define OMEGA_SHARE 0.9
#define MAX_OMEGA 1.45

// What products lose that underflow, of `count` of them.
static double vanished(double count) { return count * 0x1p-1074; }

// Smaller steps have too few digits to take r down.
#define LEAST_STEP 0x1p-1060

// The next float at or below (above) a non-negative double.
static float float_below(double x) {
  float f = (float)x;
  return (double)f > x ? nextafterf(f, 0.0f) : f;
}
static float float_above(double x) {
  float f = (float)x;
  return (double)f < x ? nextafterf(f, INFINITY) : f;
}

// First pass: what each row says, and the off-diagonal sums of the columns.
static void scan_rows(sl_push *push, double *column_sum, uint32_t *column_count) {
  const sl_csr *matrix = push->matrix;
  double all_diagonal = 0, all_off = 0;
  for (uint32_t i = 0; i < matrix->rows; i++) {
    uint32_t begin = matrix->row_pointers[i], end = matrix->row_pointers[i + 1];
    double diagonal = 0, off = 0;
    for (uint32_t k = begin; k < end; k++) {
      uint32_t j = matrix->columns[k];
      double value = sl_csr_value(matrix, k);
      column_count[j]++;
      if (j == i) {
        diagonal = value;
        continue;
      }
      off += fabs(value);
      column_sum[j] += fabs(value);
    }
    double terms = end - begin;
    double gain = off / fabs(diagonal) * (1 + (terms + 4) * 0x1p-52);
    push->gain[i] = float_above(off > 0 && gain < DBL_MIN ? DBL_MIN : gain);
    push->nodes[i].inverse = 1 / diagonal;
    // Row dominance: edges read for what a push takes off. Column dominance: p and r in one unit.
    push->nodes[i].weight = push->row_dominant ? terms : fabs(diagonal);
    all_diagonal += fabs(diagonal);
    all_off += off;
  }
  push->mean_slack = 1 - all_off / all_diagonal;
}

static void scan_columns(sl_push *push, const double *column_sum, const uint32_t *column_count) {
  for (uint32_t j = 0; j < push->matrix->rows; j++) {
    double terms = column_count[j];
    double filled = column_sum[j] * fabs(push->nodes[j].inverse) * (1 + (terms + 4) * 0x1p-52);
    push->column_slack[j] = filled < 1 ? float_below((1 - filled) * (1 - 0x1p-51)) : 0.0f;
    if (column_count[j] > push->max_column_nnz) push->max_column_nnz = column_count[j];
  }
}

static sl_status measure(sl_push *push) {
  double *column_sum = NULL;
  uint32_t *column_count = NULL;
  sl_status status = SL_ALLOC_ZERO(&column_sum, push->matrix->rows);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&column_count, push->matrix->rows);
  if (status == SL_OK) {
    scan_rows(push, column_sum, column_count);
    scan_columns(push, column_sum, column_count);
  }
  sl_free(column_sum);
  sl_free(column_count);
  return status;
}

static sl_status reserve(sl_push *push) {
  uint32_t n = push->matrix->rows;
  SL_TRY(SL_ALLOC_ZERO(&push->nodes, n));
  SL_TRY(SL_ALLOC(&push->gain, n));
  SL_TRY(SL_ALLOC(&push->column_slack, n));
  SL_TRY(SL_ALLOC_ZERO(&push->flags, n));
  SL_TRY(SL_ALLOC(&push->support, n));
  SL_TRY(SL_ALLOC(&push->queue, n));
  return measure(push);
}

// The classical optimum of over-relaxation for a Jacobi matrix of spectral radius rho. A symmetric
// matrix with positive diagonal that is strictly dominant is positive definite, and there a push
// with any omega < 2 lowers the energy of the error; elsewhere only omega = 1 is sure to end.
static double choose_omega(const sl_matrix_class *class) {
  if (!class->symmetric || !class->positive_diagonal) return 1;
  double rho = 1 - class->min_relative_row_slack;
  double omega = 1 + OMEGA_SHARE * (2 / (1 + sqrt(1 - rho * rho)) - 1);
  return omega < MAX_OMEGA ? omega : MAX_OMEGA;
}

sl_status sl_push_create(sl_csr *matrix, sl_push **out) {
  *out = NULL;
  SL_REQUIRE(matrix->rows == matrix->cols, SL_ERR_NOT_SQUARE, "matrix", "as many rows as columns");
  const sl_matrix_class *class;
  SL_TRY(sl_csr_classify(matrix, &class));
  bool rows = class->min_row_slack > 0, columns = class->min_column_slack > 0;
  SL_REQUIRE(rows || columns, SL_ERR_NOT_DOMINANT, "matrix",
             "a matrix strictly dominant by rows or columns");
  sl_push *push;
  SL_TRY(SL_ALLOC_ZERO(&push, 1));
  push->matrix = matrix;
  push->row_dominant = rows;
  push->column_dominant = columns;
  push->m_matrix = class->m_matrix;
  push->min_row_slack = class->min_row_slack;
  push->omega = choose_omega(class);
  sl_status status = reserve(push);
  if (status != SL_OK) {
    sl_push_destroy(push);
    return status;
  }
  *out = push;
  return SL_OK;
}

void sl_push_destroy(sl_push *push) {
  if (push == NULL) return;
  sl_free(push->nodes);
  sl_free(push->gain);
  sl_free(push->column_slack);
  sl_free(push->flags);
  sl_free(push->support);
  sl_free(push->queue);
  sl_free(push);
}

size_t sl_push_bytes(const sl_push *push) {
  size_t a_row = sizeof(sl_push_node) + 2 * sizeof(float) + 2 * sizeof(uint32_t) + 1;
  return sizeof *push + push->matrix->rows * a_row;
}

uint32_t sl_push_touched(const sl_push *push, uint8_t *marks, uint32_t *rows, uint32_t count) {
  for (uint32_t k = 0; k < push->support_count; k++) {
    uint32_t i = push->support[k];
    if (!(push->flags[i] & PUSHED) || marks[i]) continue;
    marks[i] = 1;
    rows[count++] = i;
  }
  return count;
}

void sl_push_clear(sl_push *push) {
  for (uint32_t k = 0; k < push->support_count; k++) {
    uint32_t i = push->support[k];
    push->nodes[i].r = push->nodes[i].p = 0;
    push->flags[i] = 0;
  }
  push->support_count = push->queue_head = push->queue_count = 0;
  push->touched_rows = 0;
  push->edge_operations = push->looked_rows = 0;
  push->mass = push->mass_target = push->threshold = 0;
  push->first_distance = push->distance = push->first_mass = 0;
  push->edges_at_look = push->edges_at_queue = 0;
  push->judged = 0;
}

void sl_push_seed(sl_push *push, uint32_t i, double value) {
  push->nodes[i].r += value;
  if (!(push->flags[i] & IN_SUPPORT)) {
    push->flags[i] |= IN_SUPPORT;
    push->support[push->support_count++] = i;
  }
}

INLINE double value_at(const sl_csr *matrix, uint32_t k, bool is_f64) {
  return is_f64 ? ((const double *)matrix->values)[k] : sl_csr_value(matrix, k);
}

// Pushes rows off the queue until it is empty, the mass has reached its target, or `work` entries
// were read. The diagonal entry is an entry like any other: it takes r_i to (1 - omega) r_i.
// The state of the queue is kept in locals: through `push` each entry would load and store it.
INLINE uint64_t push_rows(sl_push *push, uint64_t work, bool is_f64) {
  const sl_csr *matrix = push->matrix;
  const uint32_t *pointers = matrix->row_pointers, *columns = matrix->columns;
  sl_push_node *nodes = push->nodes;
  uint8_t *flags = push->flags;
  uint32_t *queue = push->queue, *support = push->support;
  const uint32_t n = matrix->rows;
  const double threshold = push->threshold, target = push->mass_target, omega = push->omega;
  uint32_t head = push->queue_head, count = push->queue_count, found = push->support_count;
  double mass = push->mass;
  uint64_t done = 0;
  while (count > 0 && mass > target && done < work) {
    uint32_t i = queue[head];
    head = head + 1 == n ? 0 : head + 1;
    count--;
    double delta = omega * nodes[i].r * nodes[i].inverse;
    if (!(fabs(delta) >= LEAST_STEP && fabs(delta) <= DBL_MAX)) {
      flags[i] &= (uint8_t)~IN_QUEUE; // nothing that a number can hold would be moved
      continue;
    }
    nodes[i].p += delta;
    if (!(flags[i] & PUSHED)) push->touched_rows++;
    flags[i] = IN_SUPPORT | PUSHED; // and no longer in the queue
    uint32_t end = pointers[i + 1];
    for (uint32_t k = pointers[i]; k < end; k++) {
      uint32_t j = columns[k];
      double before = nodes[j].r;
      double after = before - delta * value_at(matrix, k, is_f64);
      nodes[j].r = after;
      mass += fabs(after) - fabs(before);
      uint8_t flag = flags[j];
      if (!(flag & IN_SUPPORT)) support[found++] = j;
      bool add = !(flag & IN_QUEUE) && fabs(after) > threshold * nodes[j].weight;
      if (add) {
        uint32_t room = n - head; // places up to the end of the ring
        queue[count < room ? head + count : count - room] = j;
        count++;
      }
      flags[j] = flag | IN_SUPPORT | (add ? IN_QUEUE : 0);
    }
    done += end - pointers[i];
  }
  push->queue_head = head;
  push->queue_count = count;
  push->support_count = found;
  push->mass = mass;
  return done;
}

NOINLINE static uint64_t push_rows_f64(sl_push *push, uint64_t work) {
  return push_rows(push, work, true);
}
// Strict dominance leaves a pattern nothing but its diagonal, so in practice these are f32.
NOINLINE static uint64_t push_rows_other(sl_push *push, uint64_t work) {
  return push_rows(push, work, false);
}

static uint64_t push_block(sl_push *push, uint64_t work) {
  bool is_f64 = push->matrix->value_type == SL_VALUES_F64;
  return is_f64 ? push_rows_f64(push, work) : push_rows_other(push, work);
}

// What one look at the support finds.
typedef struct survey {
  double mass, gained_mass, largest;
  double highest; // max |r_j| / weight_j
} survey;

static double over_column_slack(const sl_push *push, uint32_t j, double size) {
  if (size == 0) return 0;
  double slack = push->column_slack[j], inverse = fabs(push->nodes[j].inverse);
  if (!(slack > 0)) return INFINITY;
  double step = size * inverse;
  // What is lost where it underflows must not be divided by the slack.
  return step >= 0x1p-900 ? step / slack : size / slack * inverse;
}

NOINLINE static survey look(const sl_push *push) {
  survey found = {0};
  for (uint32_t k = 0; k < push->support_count; k++) {
    uint32_t j = push->support[k];
    double size = fabs(push->nodes[j].r);
    double relative = size / push->nodes[j].weight;
    double largest = push->column_dominant ? over_column_slack(push, j, size) : 0;
    found.mass += size;
    found.gained_mass += size * push->gain[j];
    if (relative > found.highest) found.highest = relative;
    if (!(largest <= found.largest)) found.largest = largest <= INFINITY ? largest : INFINITY;
  }
  return found;
}

NOINLINE static void enqueue_support(sl_push *push) {
  push->queue_head = 0;
  for (uint32_t k = 0; k < push->support_count; k++) {
    uint32_t j = push->support[k];
    if (!(fabs(push->nodes[j].r) > push->threshold * push->nodes[j].weight)) continue;
    push->flags[j] |= IN_QUEUE;
    push->queue[push->queue_count++] = j;
  }
}

static void empty_queue(sl_push *push) {
  uint32_t n = push->matrix->rows, at = push->queue_head;
  for (; push->queue_count > 0; push->queue_count--) {
    push->flags[push->queue[at]] &= (uint8_t)~IN_QUEUE;
    at = at + 1 == n ? 0 : at + 1;
  }
}

// Whether factor * amount <= allowed, where an infinite factor excludes the criterion.
static bool meets(double factor, double amount, double allowed) {
  return factor < INFINITY && factor * amount <= allowed;
}

// factor * amount / allowed, infinite where the criterion is excluded.
static double distance_to(double factor, double amount, double allowed) {
  return factor < INFINITY ? factor * amount / allowed : INFINITY;
}

static void note_distance(sl_push *push, const sl_push_goal *goal, const survey *found) {
  double mass = distance_to(goal->mass_factor, found->gained_mass, goal->allowed);
  double largest = distance_to(goal->largest_factor, found->largest, goal->allowed);
  push->distance = mass < largest ? mass : largest;
  if (push->first_distance == 0) {
    push->first_distance = push->distance;
    push->first_mass = found->mass;
  }
}

bool sl_push_is_hopeless(sl_push *push, uint64_t limit, uint64_t *next) {
  uint64_t used = push->edge_operations;
  uint32_t share = 16;
  while (share > 1 && used >= limit / share) share /= 2;
  *next = limit / share;
  if (share == 16 || share == push->judged || push->first_distance <= 1) return false;
  push->judged = share;
  // (distance / first)^(2 share) against 1 / first: 2 share is how often the work so far fits.
  // The mass is known at any time, what columns need only from the last look.
  double fallen =
      push->column_dominant ? push->distance / push->first_distance : push->mass / push->first_mass;
  double power = fallen;
  for (uint32_t k = 1; k < 2 * share; k *= 2) power *= power;
  return power * push->first_distance > 1;
}

// Starts the next threshold. True when there is nothing left to push for.
static bool next_threshold(sl_push *push, const sl_push_goal *goal) {
  survey found = look(push);
  uint64_t pushed = push->edge_operations - push->edges_at_look;
  push->edges_at_look = push->edge_operations;
  note_distance(push, goal, &found);
  if (meets(goal->mass_factor, found.gained_mass, goal->allowed)) return true;
  if (meets(goal->largest_factor, found.largest, goal->allowed)) return true;
  // r = 0, or its sum overflows, or nothing could be pushed since rows were queued: either way
  // pushing on helps nobody.
  if (!(found.highest > 0 && found.highest < INFINITY && found.mass < INFINITY)) return true;
  if (push->threshold > 0 && push->edge_operations == push->edges_at_queue) return true;
  push->mass = found.mass;
  push->mass_target = 0;
  if (goal->mass_factor < INFINITY) {
    // The goal speaks of the gained mass; the ratio of both sums changes little in one threshold.
    // A shade less, so that at least one push is made.
    double ratio = found.mass / found.gained_mass * (1 - 0x1p-30);
    push->mass_target = goal->allowed / goal->mass_factor * ratio;
    if (!(push->mass_target < found.mass)) push->mass_target = 0; // a ratio that overflowed
  }
  bool looks_too_much = 2 * pushed < push->support_count && push->threshold > 0;
  push->threshold = (looks_too_much ? STEEP_FALL : THRESHOLD_FALL) * found.highest;
  enqueue_support(push);
  push->edges_at_queue = push->edge_operations;
  return push->queue_count == 0; // denormal numbers have no threshold below them
}

bool sl_push_lower_goal(sl_push_goal *goal, const sl_push_bounds *r, double allowed) {
  goal->allowed = allowed;
  if (meets(goal->mass_factor, r->gained_mass, allowed)) goal->mass_factor = INFINITY;
  if (meets(goal->largest_factor, r->largest, allowed)) goal->largest_factor = INFINITY;
  return allowed > 0 && (goal->mass_factor < INFINITY || goal->largest_factor < INFINITY);
}

bool sl_push_run(sl_push *push, const sl_push_goal *goal, uint64_t work, uint64_t *spent) {
  uint64_t done = 0;
  bool finished = false;
  while (!finished && done < work) {
    // As push_rows has it, also where the mass is no number: or neither would go on.
    if (push->queue_count == 0 || !(push->mass > push->mass_target)) {
      empty_queue(push);
      done += push->support_count;
      push->looked_rows += push->support_count;
      finished = next_threshold(push, goal);
    } else {
      uint64_t read = push_block(push, work - done);
      push->edge_operations += read;
      done += read;
    }
  }
  *spent += done;
  return finished;
}

// r -= p_i (row i) over the rows that were pushed; returns sum |p_i m_ij|.
NOINLINE static double subtract_rows(sl_push *push) {
  const sl_csr *matrix = push->matrix;
  double size = 0;
  for (uint32_t s = 0; s < push->support_count; s++) {
    uint32_t i = push->support[s];
    if (!(push->flags[i] & PUSHED)) continue;
    double p = push->nodes[i].p;
    uint32_t begin = matrix->row_pointers[i], end = matrix->row_pointers[i + 1];
    for (uint32_t k = begin; k < end; k++) {
      double product = p * sl_csr_value(matrix, k);
      push->nodes[matrix->columns[k]].r -= product;
      size += fabs(product);
    }
    push->edge_operations += end - begin;
  }
  return size;
}

double sl_push_scaled_step(const sl_push *push, uint32_t i, double b) {
  const sl_csr *matrix = push->matrix;
  double diagonal = 0;
  for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
    if (matrix->columns[k] == i) diagonal = sl_csr_entry(matrix, k);
  }
  int of_r, of_b, of_diagonal;
  double scaled = frexp(push->nodes[i].r, &of_r) * frexp(b, &of_b) / frexp(diagonal, &of_diagonal);
  return ldexp(scaled, of_r + of_b - of_diagonal);
}

// At most what slack_j |m_jj| is.
static double least_column_slack(const sl_push *push, uint32_t j) {
  double inverse = fabs(push->nodes[j].inverse);
  // A denormal inverse is off by up to 2^-51 of itself.
  double down = inverse < DBL_MIN ? 1 - 0x1p-49 : 1 - 0x1p-51;
  double slack = push->column_slack[j] / inverse * down;
  return slack >= 0x1p-1000 ? slack : fmax(slack - vanished(2), 0);
}

// Upper bounds that are no numbers say nothing.
static double known(double bound) { return bound <= INFINITY ? bound : INFINITY; }

// Rounding of r: entry j is a sum of at most K products (K the longest column, or all touched rows)
// and its seed, so it is off by at most gamma_{K+1} times the sum of their absolute values; added
// over all j that is `rounding`. A product that underflows loses at most 2^-1075 more.
void sl_push_certify(sl_push *push, const uint32_t *t_indices, const double *t_values,
                     uint32_t count, sl_push_bounds *out) {
  empty_queue(push);
  push->mass = push->mass_target = 0; // the next run begins with a look at the new r
  double size = 0;
  for (uint32_t k = 0; k < push->support_count; k++) push->nodes[push->support[k]].r = 0;
  for (uint32_t k = 0; k < count; k++) {
    push->nodes[t_indices[k]].r += t_values[k];
    size += fabs(t_values[k]);
  }
  size += subtract_rows(push);
  double entries = (double)push->edge_operations + count; // at least the terms in `size`
  double terms =
      push->touched_rows < push->max_column_nnz ? push->touched_rows : push->max_column_nnz;
  survey found = look(push);
  double least_slack = INFINITY, support = push->support_count;
  for (uint32_t k = 0; k < push->support_count; k++) {
    double slack = least_column_slack(push, push->support[k]);
    if (!(slack >= least_slack)) least_slack = slack >= 0 ? slack : 0;
  }
  double up = 1 + sl_push_rounding(support), lost = found.mass > 0 ? vanished(2 * support) : 0;
  double gained = found.gained_mass * up + lost;
  // Floats below 2^-126 are rounded up by as much as 2^-149, the others by 2^-23 of themselves.
  double gain_error = gained * 0x1p-22 + found.mass * 0x1p-149 + 2 * lost;
  *out = (sl_push_bounds){
      .mass = known(found.mass * up),
      .gained_mass = known(gained),
      .gain_error = known(gain_error),
      .largest = push->column_dominant ? known(found.largest * (1 + 0x1p-50) + lost) : INFINITY,
      .least_slack = push->column_dominant ? least_slack : 0,
      .rounding = known(size * sl_push_rounding(terms + 1) * (1 + sl_push_rounding(entries)) +
                        (entries > 0 ? vanished(entries + 4) : 0)),
  };
}
