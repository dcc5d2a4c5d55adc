// Based on: R. Jonker, A. Volgenant, "A shortest augmenting path algorithm for dense and sparse linear
// assignment problems", Computing 38 (1987), doi:10.1007/BF02278710; D. F. Crouse, "On implementing 2D
// rectangular assignment algorithms", IEEE Trans. Aerospace and Electronic Systems 52 (2016),
// doi:10.1109/TAES.2016.140952, for matrices that are not square. A matrix with more rows than columns
// is turned over.
#include "cuts/assignment.h"

#include "cuts/question.h"
#include "cuts/sums.h"

struct sl_assignment {
  sl_job job;          // the first member
  uint32_t rows, cols; // rows <= cols
  bool turned;
  double sign;
  double *costs; // rows x cols
  double *row_price, *col_price;
  double *distance;           // cols: of the shortest path from the row
  uint32_t *row_of, *col_of;  // of columns; of rows
  uint32_t *before;           // cols: the row before on the path
  uint32_t *left, left_count; // columns that are not reached yet
  uint8_t *row_seen, *col_seen;
  uint32_t next, impossible;
  uint64_t work;
  sl_sum sum;
  double gap;
};

static void destroy(sl_job *job) { sl_assignment_destroy((sl_assignment *)job); }

void sl_assignment_destroy(sl_assignment *a) {
  if (a == NULL) return;
  void *const arrays[] = {a->costs,  a->row_price, a->col_price, a->distance, a->row_of,
                          a->col_of, a->before,    a->left,      a->row_seen, a->col_seen};
  for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) sl_free(arrays[i]);
  sl_free(a);
}

static sl_status take_costs(sl_assignment *a, const double *costs, uint32_t rows, uint32_t cols) {
  const size_t size = (size_t)rows * cols;
  double largest = 0;
  SL_TRY(SL_ALLOC(&a->costs, size)); // what does not fit is not read either
  for (size_t k = 0; k < size; k++) {
    const double cost = a->sign * costs[k];
    SL_REQUIRE_AT(cost > -INFINITY, SL_ERR_NOT_FINITE, "costs",
                  "finite numbers, or Infinity for what must not be", k);
    if (cost < INFINITY && fabs(cost) > largest) largest = fabs(cost);
  }
  SL_REQUIRE(ldexp(largest, -1020) * ((double)rows + cols) < 1, SL_ERR_RANGE, "costs",
             "numbers whose largest times rows + columns is below 2^1020");
  for (uint32_t i = 0; i < rows; i++)
    for (uint32_t j = 0; j < cols; j++)
      a->costs[a->turned ? (size_t)j * rows + i : (size_t)i * cols + j] =
          a->sign * costs[(size_t)i * cols + j];
  return SL_OK;
}

static sl_status fill(sl_assignment *a, const double *costs, uint32_t rows, uint32_t cols) {
  SL_TRY(take_costs(a, costs, rows, cols));
  SL_TRY(SL_ALLOC_ZERO(&a->row_price, a->rows));
  SL_TRY(SL_ALLOC_ZERO(&a->col_price, a->cols));
  SL_TRY(SL_ALLOC(&a->distance, a->cols));
  SL_TRY(SL_ALLOC(&a->row_of, a->cols));
  SL_TRY(SL_ALLOC(&a->col_of, a->rows));
  SL_TRY(SL_ALLOC(&a->before, a->cols));
  SL_TRY(SL_ALLOC(&a->left, a->cols));
  SL_TRY(SL_ALLOC(&a->row_seen, a->rows));
  SL_TRY(SL_ALLOC(&a->col_seen, a->cols));
  memset(a->row_of, 0xff, a->cols * sizeof *a->row_of);
  memset(a->col_of, 0xff, a->rows * sizeof *a->col_of);
  return SL_OK;
}

sl_status sl_assignment_create(uint32_t rows, uint32_t cols, const double *costs, uint32_t maximum,
                               sl_assignment **out) {
  *out = NULL;
  SL_REQUIRE(rows > 0, SL_ERR_EMPTY, "rows", "at least 1");
  SL_REQUIRE(cols > 0, SL_ERR_EMPTY, "cols", "at least 1");
  SL_REQUIRE((uint64_t)rows * cols <= SIZE_MAX / sizeof(double), SL_ERR_OVERFLOW, "rows",
             "a matrix that fits in memory");
  sl_assignment *a;
  SL_TRY(SL_ALLOC_ZERO(&a, 1));
  a->job.kind = &sl_assignment_kind;
  a->sign = maximum ? -1 : 1;
  a->turned = rows > cols;
  a->rows = a->turned ? cols : rows;
  a->cols = a->turned ? rows : cols;
  a->impossible = NONE;
  const sl_status status = fill(a, costs, rows, cols);
  if (status != SL_OK) {
    sl_assignment_destroy(a);
    return status;
  }
  sl_job_begin(&a->job);
  *out = a;
  return SL_OK;
}

// Distances to the columns that are left, by way of row i at distance `so_far`; gives the nearest of
// them, of several one that is free, by its place.
SL_NOINLINE static uint32_t look_from(sl_assignment *a, uint32_t i, double so_far, double *least) {
  const double *costs = a->costs + (size_t)i * a->cols, price = a->row_price[i];
  uint32_t best = NONE;
  *least = INFINITY;
  for (uint32_t place = 0; place < a->left_count; place++) {
    const uint32_t j = a->left[place];
    const double d = so_far + (costs[j] - price - a->col_price[j]);
    if (d < a->distance[j]) {
      a->distance[j] = d;
      a->before[j] = i;
    }
    const double here = a->distance[j];
    if (here < *least || (here == *least && here < INFINITY && a->row_of[j] == NONE)) {
      *least = here;
      best = place;
    }
  }
  return best;
}

// Gives row `row` a column along the cheapest alternating path, and sets the prices after it.
static void assign(sl_assignment *a, uint32_t row) {
  for (uint32_t j = 0; j < a->cols; j++) {
    a->left[j] = a->cols - 1 - j; // the smallest column comes last, and wins
    a->distance[j] = INFINITY;
  }
  a->left_count = a->cols;
  memset(a->row_seen, 0, a->rows);
  memset(a->col_seen, 0, a->cols);
  uint32_t i = row, sink = NONE;
  double so_far = 0;
  while (sink == NONE) {
    a->row_seen[i] = 1;
    double least;
    a->work += a->left_count;
    const uint32_t place = look_from(a, i, so_far, &least);
    if (place == NONE) {
      a->impossible = row;
      return;
    }
    const uint32_t j = a->left[place];
    a->left[place] = a->left[--a->left_count];
    a->col_seen[j] = 1;
    so_far = least;
    if (a->row_of[j] == NONE)
      sink = j;
    else
      i = a->row_of[j];
  }
  a->row_price[row] += so_far;
  for (uint32_t r = 0; r < a->rows; r++)
    if (a->row_seen[r] && r != row) a->row_price[r] += so_far - a->distance[a->col_of[r]];
  for (uint32_t j = 0; j < a->cols; j++)
    if (a->col_seen[j]) a->col_price[j] -= so_far - a->distance[j];
  for (uint32_t j = sink;;) {
    const uint32_t r = a->before[j], next = a->col_of[r];
    a->row_of[j] = r;
    a->col_of[r] = j;
    if (r == row) break;
    j = next;
  }
}

// The sum of prices, less what the worst cost is below its prices for each row, is a lower bound.
static void prove(sl_assignment *a) {
  double worst = 0, largest = 0, prices = 0, sizes = 0;
  for (uint32_t i = 0; i < a->rows; i++) {
    const double *costs = a->costs + (size_t)i * a->cols;
    for (uint32_t j = 0; j < a->cols; j++) {
      if (costs[j] == INFINITY) continue;
      const double slack = costs[j] - a->row_price[i] - a->col_price[j];
      const double size = fabs(costs[j]) + fabs(a->row_price[i]) + fabs(a->col_price[j]);
      if (slack < worst) worst = slack;
      if (size > largest) largest = size;
    }
    sl_sum_add(&a->sum, a->sign * costs[a->col_of[i]]);
    prices += a->row_price[i];
    sizes += fabs(a->row_price[i]) + fabs(costs[a->col_of[i]]);
  }
  bool whole = worst == 0 && largest * ((double)a->rows + a->cols) < 0x1p53;
  for (uint32_t i = 0; i < a->rows; i++) whole &= floor(a->row_price[i]) == a->row_price[i];
  for (uint32_t j = 0; j < a->cols; j++) {
    // The price of a free column is 0, and none is above it.
    prices += a->col_price[j] < 0 ? a->col_price[j] : 0;
    sizes += fabs(a->col_price[j]);
    whole &= floor(a->col_price[j]) == a->col_price[j] && a->col_price[j] <= 0;
  }
  // Whole prices: all of this was exact. Else rounding of the slacks and of the two sums.
  const double gap = a->sign * a->sum.value - prices, count = (double)a->rows + a->cols + 2;
  const double rounding =
      whole ? 0 : (sizes * count + largest * 4 * a->rows) * 0x1.0001p-53 + -worst * a->rows;
  a->gap = (gap > 0 ? gap : 0) + rounding;
}

// From prices of the negative costs to those of the costs.
static void turn_prices(sl_assignment *a) {
  for (uint32_t i = 0; i < a->rows; i++) a->row_price[i] = 0 - a->row_price[i];
  for (uint32_t j = 0; j < a->cols; j++) a->col_price[j] = 0 - a->col_price[j];
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_assignment *a = (sl_assignment *)job;
  const uint64_t before = a->work;
  while (a->work - before < work && a->next < a->rows && a->impossible == NONE)
    assign(a, a->next++);
  if (a->next < a->rows && a->impossible == NONE) return SL_OK;
  if (a->impossible == NONE) prove(a);
  if (a->sign < 0) turn_prices(a);
  sl_job_end(job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_assignment *)job)->work; }
static uint64_t work_expected(const sl_job *job) {
  const sl_assignment *a = (const sl_assignment *)job;
  return a->next > 0 ? a->work / a->next * a->rows : 0;
}
static size_t bytes(const sl_job *job) {
  const sl_assignment *a = (const sl_assignment *)job;
  return sizeof *a + ((size_t)a->rows * a->cols + a->rows + 2 * (size_t)a->cols) * sizeof(double) +
         ((size_t)a->rows + 3 * (size_t)a->cols) * sizeof(uint32_t) + a->rows + a->cols;
}

const sl_job_kind sl_assignment_kind = {"assignment",  step,  sl_job_stop_here, work_done,
                                        work_expected, bytes, destroy};

sl_job *sl_assignment_job(sl_assignment *assignment) { return &assignment->job; }

sl_status sl_assignment_read(sl_assignment *a, double *numbers) {
  SL_TRY(sl_job_require_ended(&a->job));
  memset(numbers, 0, 8 * sizeof *numbers);
  numbers[0] = a->job.outcome;
  numbers[1] = (double)a->work;
  if (a->job.outcome != SL_OUTCOME_CONVERGED) return SL_OK;
  if (a->impossible != NONE)
    return sl_fail(SL_ERR_UNSUPPORTED, "costs", "finite costs for an assignment of all",
                   a->impossible);
  numbers[2] = a->sum.value;
  numbers[3] = a->gap;
  numbers[4] = sl_address(a->turned ? a->row_of : a->col_of);
  numbers[5] = sl_address(a->turned ? a->col_price : a->row_price);
  numbers[6] = sl_address(a->turned ? a->row_price : a->col_price);
  return SL_OK;
}
