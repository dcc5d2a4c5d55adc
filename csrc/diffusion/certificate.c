// The certificate: a bound for ||p - score||_1 that holds in exact arithmetic for the numbers
// stored.
//
// The identity stands in pagerank.h. With residual r known up to an error e in the 1-norm, the
// returned x + r has the bound (d (||r||_1 + e) + ...) / S. e is either
//   recomputed:       r from x in one pass over the edges. Node v sums k_v + 2 terms whose absolute
//                     values add up to T_v, so its error is at most (k_v + 3) u T_v; each term is
//                     off by (terms of the strength + 5) u itself
//   known (push):     a push from u changes x_u (rounding u x_u <= u / (1 - d), counted twice, since
//                     it is in the identity twice), multiplies (at most (degree + 5) u of the mass)
//                     and adds to residuals that are at most `greatest` (1, unless the run follows
//                     another); added to that is what r was off by when pushing began
#include "diffusion/method.h"

#include <math.h>

#define BLOCK_NODES 1024u

// A sum whose error is at most 2 u sum |terms| for at most 2^26 terms, and 2 (count u)^2 of them
// more beyond that (T. Ogita, S. M. Rump, S. Oishi, "Accurate sum and dot product", SIAM J. Sci.
// Comput. 26 (2005), doi:10.1137/030601818).
typedef struct exact_sum {
  double high, low;
} exact_sum;

SL_ALWAYS_INLINE void add(exact_sum *sum, double value) {
  const double total = sum->high + value;
  const double part = total - sum->high;
  sum->low += (sum->high - (total - part)) + (value - part);
  sum->high = total;
}

static double rounding_of_push(const sl_pagerank *p) {
  const double damping = p->options.damping;
  const double per_push = 2 / (1 - damping) + 6;
  const double counted = per_push * (double)p->drift.pushes + 2.0 * (double)p->drift.push_edges;
  return 1.01 * SL_UNIT_ROUNDOFF * counted * p->drift.greatest + p->drift.taken_over + 0x1p-1000;
}

static uint32_t listed(const sl_pagerank *p) {
  return p->run.dense ? p->run.graph->node_count : p->run.touched_count;
}

static uint32_t node_at(const sl_pagerank *p, uint32_t i) {
  return p->run.dense ? i : p->run.touched[i];
}

// r += d Q^T x for nodes begin .. end of the list; counts the terms of each node in `queue`.
SL_ALWAYS_INLINE uint64_t scatter(sl_pagerank *p, uint32_t begin, uint32_t end,
                                  const sl_value_type type) {
  const sl_csr *edges = p->run.graph->outgoing;
  uint64_t done = 0;
  for (uint32_t i = begin; i < end; i++) {
    const uint32_t u = node_at(p, i);
    if (p->run.x[u] == 0) continue;
    const double share = p->options.damping * p->run.x[u] * p->run.inverse_strength[u];
    const uint32_t last = edges->row_pointers[u + 1];
    done += last - edges->row_pointers[u];
    for (uint32_t k = edges->row_pointers[u]; k < last; k++) {
      const uint32_t v = edges->columns[k];
      p->run.r[v] += share * sl_diffusion_weight_at(edges->values, type, k);
      p->run.scratch[v]++;
    }
  }
  return done;
}

SL_NOINLINE static uint64_t scatter_pattern(sl_pagerank *p, uint32_t begin, uint32_t end) {
  return scatter(p, begin, end, SL_VALUES_PATTERN);
}
SL_NOINLINE static uint64_t scatter_f64(sl_pagerank *p, uint32_t begin, uint32_t end) {
  return scatter(p, begin, end, SL_VALUES_F64);
}
SL_NOINLINE static uint64_t scatter_f32(sl_pagerank *p, uint32_t begin, uint32_t end) {
  return scatter(p, begin, end, SL_VALUES_F32);
}

// Recomputes r and returns the bound e of its error.
static double recompute_residual(sl_pagerank *p) {
  const sl_csr *edges = p->run.graph->outgoing;
  const uint32_t count = listed(p), n = p->run.graph->node_count;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t u = node_at(p, i);
    p->run.r[u] = -p->run.x[u];
    p->run.scratch[u] = 0;
  }
  if (p->run.sources.global) {
    for (uint32_t u = 0; u < n; u++) p->run.r[u] += 1.0 / n;
  } else {
    for (uint32_t i = 0; i < p->run.sources.count; i++)
      p->run.r[p->run.sources.nodes[i]] += p->run.sources.weights[i];
  }
  for (uint32_t begin = 0, end; begin < count; begin = end) {
    end = count - begin > BLOCK_NODES ? begin + BLOCK_NODES : count;
    p->run.edge_operations += SL_DIFFUSION_BY_WEIGHT(edges->value_type, scatter, p, begin, end);
  }
  double error = 0, negative = 0, most_terms = 0;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t u = node_at(p, i);
    const double x = p->run.x[u], terms = p->run.scratch[u];
    const double degree = edges->row_pointers[u + 1] - edges->row_pointers[u];
    if (x < 0) negative -= x;
    if (terms > most_terms) most_terms = terms;
    error += (terms + 3) * (fabs(x) + x + fabs(p->run.r[u]));
    error += (edges->value_type == SL_VALUES_PATTERN ? 5 : degree + 5) * fabs(x);
  }
  error += 2 * (most_terms + 3) * negative;
  return 1.01 * SL_UNIT_ROUNDOFF * error + 0x1p-1000;
}

// sum |r - (the part of r that is exactly solved by adding multiples of the strengths)|: the
// deflated residual behind the refined estimates of settle_ranking.
static double deflated_residual(const sl_pagerank *p) {
  double *mass = p->components.residual; // all 0 here
  for (uint32_t i = 0; i < p->run.touched_count; i++) {
    const uint32_t u = p->run.touched[i];
    mass[p->components.of[u]] += p->run.r[u];
  }
  // Of each component, what lies on touched nodes counts as |r - share|, the rest as its share.
  double sum = 0;
  for (uint32_t i = 0; i < p->run.touched_count; i++) {
    const uint32_t u = p->run.touched[i], c = p->components.of[u];
    if (p->run.strength[u] == 0) continue; // alone: the last step leaves nothing
    const double share = mass[c] * (p->run.strength[u] / p->components.strength[c]);
    sum += fabs(p->run.r[u] - share) - share + p->run.r[u];
  }
  for (uint32_t i = 0; i < p->run.touched_count; i++) mass[p->components.of[p->run.touched[i]]] = 0;
  return sum + 8.0 * SL_UNIT_ROUNDOFF * p->run.graph->node_count;
}

void sl_diffusion_certify(sl_pagerank *p) {
  const double damping = p->options.damping, u = SL_UNIT_ROUNDOFF;
  double error;
  if (p->method->leave != NULL) p->method->leave(p);
  const bool pushed = p->method == &sl_diffusion_method_PUSH;
  const double beforehand = pushed ? rounding_of_push(p) : HUGE_VAL;
  if (beforehand <= 0.05 * (1 - damping) * p->options.tolerance ||
      beforehand <= 0.01 * p->run.residual) {
    error = beforehand;
  } else {
    error = recompute_residual(p);
    p->drift.pushes = p->drift.push_edges = 0;
    p->drift.taken_over = error;
  }
  p->drift.residual_error = error;
  // Sums over all nodes, and of the residual over dangling nodes alone.
  exact_sum x_sum = {0, 0}, r_sum = {0, 0}, r_absolute = {0, 0};
  exact_sum dangling_sum = {0, 0}, dangling_size = {0, 0};
  double negative = 0;
  const uint32_t count = listed(p);
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t v = node_at(p, i);
    add(&x_sum, p->run.x[v]);
    add(&r_sum, p->run.r[v]);
    add(&r_absolute, fabs(p->run.r[v]));
    if (p->run.x[v] < 0) negative -= p->run.x[v];
    if (p->run.strength[v] == 0) {
      add(&dangling_sum, p->run.r[v]);
      add(&dangling_size, fabs(p->run.r[v]));
    }
  }
  const double x = x_sum.high + x_sum.low, r = r_sum.high + r_sum.low;
  const double absolute = r_absolute.high + r_absolute.low;
  const double dangling = dangling_sum.high + dangling_sum.low;
  const double dangling_absolute = dangling_size.high + dangling_size.low;
  p->run.residual = absolute;
  // Dangling nodes keep their share of the step for good, so S shrinks by it: to no less than 1 - d
  // while r >= 0, as push has it. The other methods, stopped early, have signs in r, and S might
  // vanish: then x is returned as it is.
  const double before = (1 - damping) * x + r, after = before - damping * dangling;
  p->run.certificate.last_step = (pushed && !p->follows) || after > 0.5 * before;
  const double mass = p->run.certificate.last_step ? after : before;
  double left = p->run.certificate.last_step ? damping * (absolute - dangling_absolute) : absolute;
  if (p->options.settle_ranking && !p->run.graph->directed) {
    left =
        damping * damping * deflated_residual(p); // the listed nodes get one more step (settle.c)
  }
  const double terms = (1 - damping) * (x + 2 * negative) + 2 * absolute;
  const double many = count > 1u << 26 ? 8 * u * count * count : 0;
  const double slack = error + ((dangling_absolute > 0 ? 24 : 16) + many) * u * terms;
  p->run.certificate.known = true;
  if (!(mass > 2 * slack)) { // nothing is known yet: all scores 0 are off by exactly 1
    p->run.certificate.bound = 1 + 4 * u;
    p->run.certificate.rounding = p->run.certificate.scale = 0;
    return;
  }
  p->run.certificate.bound = (fmax(left, 0) + error + 2 * slack) * (1 + 8 * u) / (mass - slack) +
                             (p->run.sources.count + 10.0) * u;
  p->run.certificate.rounding = (error + 2 * slack) / mass;
  p->run.certificate.scale = (1 - damping) / mass;
}
