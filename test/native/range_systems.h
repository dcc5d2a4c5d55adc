// Systems of numbers of every size, with their exact solutions.
#ifndef SL_TEST_RANGE_SYSTEMS_H
#define SL_TEST_RANGE_SYSTEMS_H

#include "range.h"

typedef enum range_kind { RANGE_ROWS, RANGE_COLUMNS, RANGE_BOTH, RANGE_M_MATRIX } range_kind;

typedef double dense_system[EXACT_ROWS][EXACT_ROWS];

static inline sl_csr *range_matrix(uint32_t n, dense_system a) {
  uint32_t rows[EXACT_ROWS * EXACT_ROWS], columns[EXACT_ROWS * EXACT_ROWS], count = 0;
  double values[EXACT_ROWS * EXACT_ROWS];
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) {
      if (a[i][j] == 0) continue;
      rows[count] = i;
      columns[count] = j;
      values[count++] = a[i][j];
    }
  }
  sl_csr *matrix;
  assert_ok(sl_csr_from_coo(n, n, count, rows, columns, values, SL_VALUES_F64, &matrix));
  return matrix;
}

// Diagonal entries of any size; the others are shares of the smaller of what they must not exceed,
// which together leave between nearly all and 2^-40 of it.
static inline void fill_dominant(sl_rng *rng, uint32_t n, range_kind kind, spread s,
                                 dense_system a) {
  double diagonal[EXACT_ROWS];
  const double used = sl_rng_below(rng, 3) ? 1 - ldexp(1, -(int)sl_rng_below(rng, 40)) : 0.4;
  const bool wide = sl_rng_below(rng, 2);
  for (uint32_t i = 0; i < n; i++) diagonal[i] = some_size(rng, s);
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) {
      if (i == j) continue;
      const double row = diagonal[i], column = diagonal[j], least = row < column ? row : column;
      const double share = wide && sl_rng_below(rng, 2)
                               ? ldexp(1, -(int)sl_rng_below(rng, 2000))
                               : (sl_rng_below(rng, 2) ? 1 : sl_rng_double(rng));
      const double most = kind == RANGE_ROWS ? row : kind == RANGE_COLUMNS ? column : least;
      const double size = sl_rng_below(rng, 3) ? most / n * used * share : 0;
      const bool negative = kind == RANGE_M_MATRIX || sl_rng_below(rng, 2);
      a[i][j] = negative ? -size : size;
      if (kind == RANGE_BOTH && j < i) a[i][j] = a[j][i];
    }
    const bool negative = kind != RANGE_M_MATRIX && sl_rng_below(rng, 3) == 0;
    a[i][i] = negative ? -diagonal[i] : diagonal[i];
  }
}

// Rows of an arrow: enough that what is lost in one place can add up beyond the rounding of others.
#define RANGE_ROWS_MOST 200

typedef struct range_problem {
  sl_csr *matrix;
  uint32_t n, count, places[RANGE_ROWS_MOST]; // where b is not zero
  double b[RANGE_ROWS_MOST], values[RANGE_ROWS_MOST];
  exact x[RANGE_ROWS_MOST], determinant; // the solution is x / determinant, determinant > 0
  double largest;                        // of the solution, about
} range_problem;

// Numbers of any size, or such that the solution has moderate ones.
static inline void fill_range_b(sl_rng *rng, range_problem *it, const double *diagonal) {
  const bool matched = sl_rng_below(rng, 3) > 0;
  const spread s = matched ? (spread){-1 - (int)sl_rng_below(rng, 200), 0} : some_spread(rng);
  for (uint32_t i = 0; i < it->n; i++) {
    it->b[i] = some_number(rng, s) * (matched ? fabs(diagonal[i]) / 2 : 1);
  }
}

// A few rows of any shape. False: rounding of the smallest numbers has made it singular.
static inline bool try_small_problem(sl_rng *rng, range_problem *it) {
  static exact_matrix a;
  static exact b[EXACT_ROWS];
  dense_system dense = {{0}};
  double diagonal[EXACT_ROWS];
  it->n = 1 + sl_rng_below(rng, EXACT_ROWS);
  fill_dominant(rng, it->n, (range_kind)sl_rng_below(rng, 4), some_spread(rng), dense);
  for (uint32_t i = 0; i < it->n; i++) diagonal[i] = dense[i][i];
  fill_range_b(rng, it, diagonal);
  for (uint32_t i = 0; i < it->n; i++) {
    exact_from(&b[i], it->b[i]);
    for (uint32_t j = 0; j < it->n; j++) exact_from(&a[i][j], dense[i][j]);
  }
  exact_solve(it->n, a, b, it->x, &it->determinant);
  if (it->determinant.count == 0) return false;
  it->matrix = range_matrix(it->n, dense);
  return true;
}

// Diagonal c, d, d, ... and entries that lead from row 0 to all others, or from all others to row
// 0.
static inline void make_arrow_problem(sl_rng *rng, range_problem *it) {
  static uint32_t rows[2 * RANGE_ROWS_MOST], columns[2 * RANGE_ROWS_MOST];
  static double values[2 * RANGE_ROWS_MOST], diagonal[RANGE_ROWS_MOST];
  const spread s = some_spread(rng);
  const bool upward = sl_rng_below(rng, 2);
  const double c = some_size(rng, s), d = sl_rng_below(rng, 2) ? c : some_size(rng, s);
  const double most = sl_rng_below(rng, 2) ? c : d;
  // Often so small that what is left of row 0 is just above the smallest numbers.
  const int fall =
      -(int)(sl_rng_below(rng, 2) ? 40 + sl_rng_below(rng, 16) : sl_rng_below(rng, 100));
  uint32_t count = 0;
  it->n = 2 + sl_rng_below(rng, RANGE_ROWS_MOST - 1);
  for (uint32_t i = 0; i < it->n; i++) {
    diagonal[i] = values[count] = i == 0 ? c : d;
    rows[count] = columns[count] = i;
    count++;
    const double off = ldexp(most * (0.5 + 0.4 * sl_rng_double(rng)), fall) / it->n;
    if (i == 0 || off == 0) continue;
    rows[count] = upward ? 0 : i;
    columns[count] = upward ? i : 0;
    values[count++] = off;
  }
  assert_ok(
      sl_csr_from_coo(it->n, it->n, count, rows, columns, values, SL_VALUES_F64, &it->matrix));
  fill_range_b(rng, it, diagonal);
  if (sl_rng_below(rng, 2)) it->b[0] = 0;
  // x_0 and the others, times c d.
  exact first, other, term, factor;
  exact_from(&first, c);
  exact_from(&other, d);
  exact_multiply(&it->determinant, &first, &other);
  for (uint32_t i = 0; i < it->n; i++) {
    exact_from(&it->x[i], it->b[i]);
    exact_multiply(&it->x[i], &it->x[i], i == 0 ? &other : &first);
  }
  for (uint32_t k = 0; k < count; k++) {
    if (rows[k] == columns[k]) continue;
    exact_from(&factor, values[k]);
    exact_from(&term, it->b[columns[k]]);
    exact_multiply(&term, &term, &factor);
    exact_add(&it->x[rows[k]], &it->x[rows[k]], &term, -1);
  }
}

static inline void some_range_problem(sl_rng *rng, range_problem *it) {
  if (sl_rng_below(rng, 8) == 0) {
    make_arrow_problem(rng, it);
  } else {
    while (!try_small_problem(rng, it)) {
    }
  }
  it->count = 0;
  const int sign = it->determinant.sign;
  it->determinant.sign = 1;
  long double largest = 0;
  for (uint32_t i = 0; i < it->n; i++) {
    it->x[i].sign *= sign;
    largest = fmaxl(largest, fabsl(exact_round(&it->x[i])));
    if (it->b[i] == 0) continue;
    it->places[it->count] = i;
    it->values[it->count++] = it->b[i];
  }
  largest /= exact_round(&it->determinant);
  it->largest = largest > DBL_MAX ? DBL_MAX : (double)largest;
}

// What to ask for: mostly digits of the largest number of the answer, sometimes anything.
static inline double some_wanted_error(sl_rng *rng, double largest) {
  const double wanted = sl_rng_below(rng, 4) ? ldexp(largest, -(int)sl_rng_below(rng, 56))
                                             : some_size(rng, (spread){-1074, 1023});
  return wanted > 0 ? wanted : 0x1p-1074;
}

static inline uint64_t some_range_limit(sl_rng *rng) {
  return sl_rng_below(rng, 3) ? 0 : 1 + sl_rng_below(rng, 100);
}

#endif
