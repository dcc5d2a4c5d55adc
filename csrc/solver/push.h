// Local push on the rows of a square matrix M: the engine under every local answer.
//
// For a sparse vector t it keeps a sparse p and r with   t^T - p^T M = r^T   and moves r into p one
// row at a time. Pushing row i takes delta = omega r_i / m_ii, adds it to p_i and subtracts
// delta * (row i) from r: only that row is read. With x = M^{-1} b this gives
//
//   t^T x = p.b + r.x        so p.b is t^T x up to r.x, which is small when r is,
//
// and with M = A^T, t = b it gives A p = b - r: a sparse approximate solution of A p = b. What a
// small r proves follows from dominance; slack_i is |m_ii| minus the other absolute values:
//
//   strict row dominance      max |x_j| <= max |b_i| / row slack_i, so |r.x| <= ||r||_1 times that
//   strict column dominance   sum_j column slack_j |x_j| <= ||b||_1,
//                             so |r.x| <= max_j (|r_j| / column slack_j) ||b||_1
//
// Memory is 49 bytes a row, allocated once and returned to zero by lists of what was touched, so
// the cost of a query does not depend on the size of the matrix.
#ifndef SL_SOLVER_PUSH_H
#define SL_SOLVER_PUSH_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

// What a push reads and writes of a row, side by side: one cache line serves two rows.
typedef struct sl_push_node {
  double r;
  double p;
  double inverse; // 1 / m_ii, rounded
  double weight;  // a row is pushed when |r_i| > threshold * weight_i
} sl_push_node;

typedef struct sl_push {
  const sl_csr *matrix; // M, not owned
  bool row_dominant;    // strictly
  bool column_dominant; // strictly
  bool m_matrix;        // proved: M^{-1} has no negative entry
  double min_row_slack;
  double mean_slack; // sum of the slacks over that of all |m_ii|: where M is symmetric, near the
                     // least eigenvalue of D^-1 M unless few rows decide
  double omega;      // over-relaxation; 1 unless M is symmetric positive definite
  uint32_t max_column_nnz; // entries of the longest column: terms in a sum that makes up an r_j
  sl_push_node *nodes;     // n
  float *gain;             // n: sum_{j != i} |m_ij| / |m_ii|, rounded up
  float *column_slack;     // n: column slack_j / |m_jj|, rounded down, at least 0
  uint8_t *flags;          // n
  uint32_t *support;       // n: rows with r or p, in the order of their discovery
  uint32_t *queue;         // n: ring of rows over the threshold
  uint32_t support_count, queue_head, queue_count;
  double threshold;
  double mass;           // sum |r_j|, kept up to date while pushing
  double mass_target;    // leave the inner loop at this mass
  double first_distance; // how far from the goal the first and the last look found it: the
  double distance;       //   smaller of the two products below, in units of `allowed`
  double first_mass;     // mass at the first look
  uint64_t edges_at_look, edges_at_queue; // when the support was last looked at, and queued
  uint32_t judged;                        // the share of the limit that was last judged
  uint64_t looked_rows;                   // rows of the support, each time that it was looked at
  uint32_t touched_rows;                  // distinct rows read since the last clear
  uint64_t edge_operations;               // entries of M multiplied since the last clear
} sl_push;

// When a run may stop: as soon as either product is at most `allowed`. Infinite factors exclude the
// criterion. Both are measured with the kept r and are no proof: see sl_push_certify.
typedef struct sl_push_goal {
  double allowed;
  double mass_factor;    // times sum_j |r_j| gain_j
  double largest_factor; // times max_j |r_j| / column slack_j
} sl_push_goal;

// What r is after sl_push_certify. The r in the nodes is off from the exact t - M^T p by rounding:
// the absolute errors of all its entries add up to at most `rounding`. The other fields are upper
// bounds for the r in the nodes (their own rounding included), without that error.
typedef struct sl_push_bounds {
  double mass;        // sum |r_j|
  double gained_mass; // sum |r_j| gain_j: the mass that is left when each r_j were pushed once more
  double gain_error;  // of sum r_j gain_j with computed products: floats as gains are rounded up
  double largest;     // max |r_j| / column slack_j; infinite unless column dominant
  double least_slack; // min column slack_j where r was touched; 0 unless column dominant
  double rounding;
} sl_push_bounds;

// Classifies M and reserves everything.
//   matrix   read and kept; must outlive the engine
//   Errors: ERR_NOT_SQUARE, ERR_NOT_DOMINANT ("matrix": neither rows nor columns strictly),
//   ERR_MEMORY. Allocates. O(nnz + n), once a matrix.
sl_status sl_push_create(sl_csr *matrix, sl_push **out);

// Frees it. NULL is allowed.
void sl_push_destroy(sl_push *push);

// Bytes held, the matrix not counted.
size_t sl_push_bytes(const sl_push *push);

// Appends the rows that were read since the last clear, but for those that are marked, and marks
// them. rows: room for n, `count` of them there. marks: n. Returns how many there are then.
uint32_t sl_push_touched(const sl_push *push, uint8_t *marks, uint32_t *rows, uint32_t count);

// p = r = 0. O(columns touched).
void sl_push_clear(sl_push *push);

// r_i += value, i < n, value finite. Starts at most one unit of work for each call. O(1).
void sl_push_seed(sl_push *push, uint32_t i, double value);

// Pushes for about `work` units (an edge operation or an entry looked at between two thresholds; at
// least one row, and a look at the whole support is not divided).
//   spent    read and written: the units are added
//   Returns true when the goal is met or r is zero, false when there is more to do. Ends for every
//   allowed > 0 above rounding level: each push takes r_i slack_i / |m_ii| off ||r||_1 (rows), or
//   adds a fixed amount to a p that is bounded (columns), or lowers the energy (omega > 1). Ends as
//   well, with the goal not met, where numbers are so large or so small that no push moves
//   anything. O(work).
bool sl_push_run(sl_push *push, const sl_push_goal *goal, uint64_t work, uint64_t *spent);

// Whether the goal will be out of reach after `limit` edge operations, judged at limit / 16, / 8, /
// 4 and / 2: the distance falls at most as fast as it did (on a line it falls exponentially with
// work, in the plane and on expanders more slowly), so a push that would need more even at that
// rate will not make it. Judges once at each of these shares, so that how a run is cut into calls
// changes nothing; the next judgement is due at *next edge operations.
bool sl_push_is_hopeless(sl_push *push, uint64_t limit, uint64_t *next);

// Computes r = t - M^T p afresh over the touched rows, so that nothing kept is believed, and bounds
// what it is.
//   t   the seeds: count indices (distinct) with their values, read
//   O(entries of the touched rows); counted as edge operations.
void sl_push_certify(sl_push *push, const uint32_t *t_indices, const double *t_values,
                     uint32_t count, sl_push_bounds *out);

// Lowers the goal of a push that has met it without being enough, after a certificate. A criterion
// that r meets at the lowered goal as well is not what holds the bound up: it is excluded, or the
// push would end at once for ever.
//   r   read: what sl_push_certify gave
//   Returns false when nothing is left to push for. O(1).
bool sl_push_lower_goal(sl_push_goal *goal, const sl_push_bounds *r, double allowed);

// sl_push_step_times where a product would underflow or overflow on the way. O(length of row i).
double sl_push_scaled_step(const sl_push *push, uint32_t i, double b);

// 1 / x rounded up, for x > 0: never denormal, where a factor does not round up; infinite where it
// overflows.
static inline double sl_inverse_above(double x) {
  double inverse = 1 / x * (1 + 0x1p-51);
  return inverse < 0x1p-1022 ? 0x1p-1022 : inverse;
}

// r_i b / m_ii, off by at most 3 u of itself and 2^-1075, however small or large the three are.
//   r   of node i. O(1), or O(length of row i) where a product underflows.
static inline double sl_push_step_times(const sl_push *push, uint32_t i, double b) {
  const sl_push_node *node = &push->nodes[i];
  double step = node->r * node->inverse;
  if (node->r == 0) return 0;
  bool plain = fabs(step) >= 0x1p-1022 && fabs(step) < INFINITY && fabs(node->inverse) >= 0x1p-1022;
  return plain ? step * b : sl_push_scaled_step(push, i, b);
}

// A sum of `terms` rounded products is off by at most this factor times the sum of absolute values;
// rounded up, for at most 2^50 terms.
static inline double sl_push_rounding(double terms) {
  return (terms + 4) * 0x1p-53 * (1 + 0x1p-40);
}

#endif
