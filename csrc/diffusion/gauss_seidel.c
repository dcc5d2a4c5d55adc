// Gauss-Seidel sweeps, component by component, each with a short memory of earlier sweeps.
//
// Based on: R. Tarjan's condensation as in D. Gleich's PRPACK (strongly connected components in
// topological order, each solved before the next); S. C. Eisenstat, H. C. Elman, M. H. Schultz,
// "Variational iterative methods for nonsymmetric systems of linear equations", SIAM J. Numer.
// Anal. 20 (1983), doi:10.1137/0720023 (Orthomin(k), here with k = 2 and a Gauss-Seidel sweep as
// the preconditioner). A sweep in which every node in turn pushes all it holds changes x by z and
// takes A z off the residual (A = I - d Q^T), so A z costs nothing to know. Orthomin picks the
// multiple of z, and of the last two directions, that leaves the smallest residual in the 2-norm.
// That removes the mode which plain sweeps reduce only by about d^2 each. x and r are kept in the
// order of the condensation here; only x goes back, r is recomputed from it.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "diffusion/condensation.h"
#include "diffusion/method.h"

#define BLOCK_ROWS 1024u

// Squares below this have lost their digits: no direction can be had from them.
#define SMALLEST 0x1p-960

// Direction and its image of each remembered sweep, the new one last; all of `largest` entries.
typedef struct sweep_direction {
  double *z, *q;
  double norm2; // q^T q; 0 = empty
} sweep_direction;

typedef struct sweeps {
  sl_diffusion_condensation *graph;
  double *x, *r;  // node_count, in the order of the condensation
  double *block;  // 7 arrays of `largest`
  double *before; // r of the segment before the sweep
  sweep_direction direction[3];
  uint32_t segment;
  bool inside;     // a cyclic segment is being solved
  uint32_t sweeps; // in it
  bool plain;      // without memory, for a while
  double goal;     // until the residual is down to this
  double least;    // least residual of this kind of sweep, and when
  uint32_t least_sweep;
  double segment_residual;
  double waiting;  // sum |r| over later segments
  uint32_t cursor; // next row of the pass under way
} sweeps;

static sweeps *state_of(const sl_pagerank *p) {
  return sl_diffusion_state(p, &sl_diffusion_method_GAUSS_SEIDEL);
}

static void destroy(void *state) {
  sweeps *s = state;
  sl_diffusion_condensation_destroy(s->graph);
  sl_free(s->x);
  sl_free(s->r);
  sl_free(s->block);
}

static sl_status prepare(sl_pagerank *p) {
  sweeps *s = state_of(p);
  if (s->block != NULL) return SL_OK;
  sl_status status = sl_diffusion_condensation_create(p->run.graph->outgoing, &s->graph);
  const size_t n = p->run.graph->node_count;
  if (status == SL_OK) status = SL_ALLOC(&s->x, n);
  if (status == SL_OK) status = SL_ALLOC(&s->r, n);
  if (status == SL_OK) status = SL_ALLOC(&s->block, 7 * (size_t)s->graph->largest);
  if (status != SL_OK) {
    destroy(s);
    *s = (sweeps){0};
    return status;
  }
  s->before = s->block;
  for (int k = 0; k < 3; k++) {
    s->direction[k].z = s->block + (1 + 2 * k) * (size_t)s->graph->largest;
    s->direction[k].q = s->block + (2 + 2 * k) * (size_t)s->graph->largest;
  }
  return SL_OK;
}

static size_t bytes(const sl_pagerank *p, const void *state) {
  const sl_diffusion_condensation *c = ((const sweeps *)state)->graph;
  if (c == NULL) return 0;
  return sl_diffusion_condensation_bytes(c, p->run.graph->outgoing->value_type) +
         (2 * (size_t)c->node_count + 7 * (size_t)c->largest) * sizeof(double);
}

// Rows begin .. end push all they hold along edges first[row] .. last[row]; z gets what each held.
SL_ALWAYS_INLINE void sweep_rows(const sl_diffusion_condensation *c, const double *inverse,
                                 double damping, double *r, double *z, uint32_t begin, uint32_t end,
                                 const sl_value_type type) {
  for (uint32_t row = begin; row < end; row++) {
    const double mass = r[row];
    z[row - begin] = mass;
    if (mass == 0) continue;
    r[row] = 0;
    const double share = damping * mass * inverse[c->node[row]];
    const uint32_t last = c->inner_end[row];
    for (uint32_t k = c->row_pointers[row]; k < last; k++) {
      r[c->columns[k]] += share * sl_diffusion_weight_at(c->values, type, k);
    }
  }
}

// The same along the edges that leave the segment, from z. Returns the sum of |what was passed on|.
SL_ALWAYS_INLINE double leave_rows(const sl_diffusion_condensation *c, const double *inverse,
                                   double damping, double *r, const double *z, uint32_t begin,
                                   uint32_t end, const sl_value_type type) {
  double sum = 0;
  for (uint32_t row = begin; row < end; row++) {
    const double mass = z[row - begin];
    if (mass == 0) continue;
    const double share = damping * mass * inverse[c->node[row]];
    for (uint32_t k = c->inner_end[row]; k < c->row_pointers[row + 1]; k++) {
      const double part = share * sl_diffusion_weight_at(c->values, type, k);
      r[c->columns[k]] += part;
      sum += fabs(part);
    }
  }
  return sum;
}

#define DEFINE_LOOPS(SUFFIX, TYPE)                                                                 \
  SL_NOINLINE static void sweep_##SUFFIX(const sl_diffusion_condensation *c,                       \
                                         const double *inverse, double damping, double *r,         \
                                         double *z, uint32_t begin, uint32_t end) {                \
    sweep_rows(c, inverse, damping, r, z, begin, end, TYPE);                                       \
  }                                                                                                \
  SL_NOINLINE static double leave_##SUFFIX(const sl_diffusion_condensation *c,                     \
                                           const double *inverse, double damping, double *r,       \
                                           const double *z, uint32_t begin, uint32_t end) {        \
    return leave_rows(c, inverse, damping, r, z, begin, end, TYPE);                                \
  }
DEFINE_LOOPS(pattern, SL_VALUES_PATTERN)
DEFINE_LOOPS(f32, SL_VALUES_F32)
DEFINE_LOOPS(f64, SL_VALUES_F64)

static uint32_t block_end(uint32_t begin, uint32_t end) {
  return end - begin > BLOCK_ROWS ? begin + BLOCK_ROWS : end;
}

SL_NOINLINE static double sum_absolute(const double *values, uint32_t count, double sum) {
  for (uint32_t i = 0; i < count; i++) sum += fabs(values[i]);
  return sum;
}

static double absolute_sum(const double *values, uint32_t count) {
  double sum = 0;
  for (uint32_t i = 0, end; i < count; i = end) {
    end = block_end(i, count);
    sum = sum_absolute(values + i, end - i, sum);
  }
  return sum;
}

// Sums of one pass over a segment.
typedef struct sweep_sums {
  double a, b;
} sweep_sums;

// q = before - r, and its products with the two remembered images.
SL_NOINLINE static sweep_sums image(const double *before, const double *r, const double *q1,
                                    const double *q2, double *q, uint32_t count, sweep_sums sums) {
  for (uint32_t i = 0; i < count; i++) {
    const double value = before[i] - r[i];
    q[i] = value;
    sums.a += value * q1[i];
    sums.b += value * q2[i];
  }
  return sums;
}

// Makes the new direction orthogonal to the remembered ones; q^T q and q^T before.
SL_NOINLINE static sweep_sums orthogonalise(const sweep_direction *one, const sweep_direction *two,
                                            sweep_direction *new, double a, double b,
                                            const double *before, uint32_t begin, uint32_t end,
                                            sweep_sums sums) {
  for (uint32_t i = begin; i < end; i++) {
    const double q = new->q[i] - a * one->q[i] - b * two->q[i];
    new->q[i] = q;
    new->z[i] -= a * one->z[i] + b * two->z[i];
    sums.a += q * q;
    sums.b += q * before[i];
  }
  return sums;
}

// x += alpha z, r = before - alpha q; returns sum |r|.
SL_NOINLINE static double advance(const sweep_direction *new, double alpha, const double *before,
                                  double *x, double *r, uint32_t begin, uint32_t end, double sum) {
  for (uint32_t i = begin; i < end; i++) {
    const double value = before[i] - alpha * new->q[i];
    x[i] += alpha * new->z[i];
    r[i] = value;
    sum += fabs(value);
  }
  return sum;
}

// Ends a plain sweep: r is what it left.
static void end_plain_sweep(sweeps *s) {
  const uint32_t first = s->graph->segment_start[s->segment];
  const uint32_t count = s->graph->segment_start[s->segment + 1] - first;
  for (uint32_t i = 0; i < count; i++) s->x[first + i] += s->direction[2].z[i];
  s->segment_residual = absolute_sum(s->r + first, count);
}

// Ends a sweep over the segment: the best combination of this and the last directions.
static void end_sweep(sweeps *s) {
  const uint32_t first = s->graph->segment_start[s->segment];
  const uint32_t count = s->graph->segment_start[s->segment + 1] - first;
  double *x = s->x + first, *r = s->r + first;
  sweep_direction *one = &s->direction[0], *two = &s->direction[1], *new = &s->direction[2];
  sweep_sums dots = {0, 0}, norms = {0, 0};
  for (uint32_t i = 0, end; i < count; i = end) {
    end = block_end(i, count);
    dots = image(s->before + i, r + i, one->q + i, two->q + i, new->q + i, end - i, dots);
  }
  const double a = one->norm2 > SMALLEST ? dots.a / one->norm2 : 0;
  const double b = two->norm2 > SMALLEST ? dots.b / two->norm2 : 0;
  for (uint32_t i = 0, end; i < count; i = end) {
    end = block_end(i, count);
    norms = orthogonalise(one, two, new, a, b, s->before, i, end, norms);
  }
  const double alpha = norms.a > SMALLEST ? norms.b / norms.a : 1;
  s->segment_residual = 0;
  for (uint32_t i = 0, end; i < count; i = end) {
    end = block_end(i, count);
    s->segment_residual = advance(new, alpha, s->before, x, r, i, end, s->segment_residual);
  }
  new->norm2 = norms.a;
  const sweep_direction oldest = *one;
  *one = *two;
  *two = *new;
  *new = oldest;
}

// What each segment may keep of the target: shares of its rows and edges, together at most the
// target.
static double segment_target(const sl_pagerank *p) {
  const sweeps *s = state_of(p);
  const sl_diffusion_condensation *c = s->graph;
  const uint32_t first = c->segment_start[s->segment], end = c->segment_start[s->segment + 1];
  const double rows = (double)(end - first) / c->node_count;
  double edges = (double)c->row_pointers[end] - c->row_pointers[first];
  edges = c->edge_count > 0 ? edges / c->edge_count : 0;
  return p->target * 0.5 * (rows + edges);
}

static void enter_segment(sl_pagerank *p) {
  sweeps *s = state_of(p);
  const uint32_t first = s->graph->segment_start[s->segment];
  const uint32_t count = s->graph->segment_start[s->segment + 1] - first;
  s->segment_residual = absolute_sum(s->r + first, count);
  s->waiting -= s->segment_residual;
  s->inside = true;
  s->sweeps = 0;
  s->cursor = first;
  s->plain = false;
  s->least = s->segment_residual;
  s->least_sweep = 0;
  for (int k = 0; k < 3; k++) {
    s->direction[k].norm2 = 0;
    memset(s->direction[k].z, 0, count * sizeof(double));
    memset(s->direction[k].q, 0, count * sizeof(double));
  }
  memcpy(s->before, s->r + first, count * sizeof(double));
}

// A run of nodes without cycles is solved by one pass, row by row.
static uint64_t pass_acyclic(sl_pagerank *p, uint32_t begin, uint32_t end) {
  sweeps *s = state_of(p);
  const sl_diffusion_condensation *c = s->graph;
  const sl_value_type type = p->run.graph->outgoing->value_type;
  for (uint32_t row = begin; row < end; row++) {
    const double mass = s->r[row];
    if (mass == 0) continue;
    s->x[row] += mass;
    s->r[row] = 0;
    s->waiting += SL_DIFFUSION_BY_WEIGHT(type, leave, c, p->run.inverse_strength,
                                         p->options.damping, s->r, &mass, row, row + 1) -
                  fabs(mass);
  }
  return c->row_pointers[end] - c->row_pointers[begin];
}

// Sweeps rows from the cursor on; returns edges followed.
static uint64_t sweep_cyclic(sl_pagerank *p, uint64_t work) {
  sweeps *s = state_of(p);
  const sl_diffusion_condensation *c = s->graph;
  const uint32_t first = c->segment_start[s->segment], last = c->segment_start[s->segment + 1];
  const sl_value_type type = p->run.graph->outgoing->value_type;
  uint64_t done = 0;
  while (s->cursor < last && done < work) {
    const uint32_t begin = s->cursor, end = last - begin > 128 ? begin + 128 : last;
    SL_DIFFUSION_BY_WEIGHT(type, sweep, c, p->run.inverse_strength, p->options.damping, s->r,
                           s->direction[2].z + (begin - first), begin, end);
    done += c->row_pointers[end] - c->row_pointers[begin];
    s->cursor = end;
  }
  return done;
}

// The segment is solved: what leaves it is passed on, once.
static uint64_t leave_segment(sl_pagerank *p) {
  sweeps *s = state_of(p);
  const sl_diffusion_condensation *c = s->graph;
  const uint32_t first = c->segment_start[s->segment], last = c->segment_start[s->segment + 1];
  for (uint32_t begin = first, end; begin < last; begin = end) {
    end = block_end(begin, last);
    s->waiting += SL_DIFFUSION_BY_WEIGHT(p->run.graph->outgoing->value_type, leave, c,
                                         p->run.inverse_strength, p->options.damping, s->r,
                                         s->x + begin, begin, end);
  }
  s->waiting += s->segment_residual;
  s->inside = false;
  s->cursor = last;
  s->segment++;
  return c->row_pointers[last] - c->row_pointers[first];
}

static sl_status start(sl_pagerank *p) {
  sweeps *s = state_of(p);
  p->method = &sl_diffusion_method_GAUSS_SEIDEL;
  p->run.dense = true;
  s->cursor = 0;
  s->segment = 0;
  s->inside = false;
  for (uint32_t row = 0; row < p->run.graph->node_count; row++) {
    s->x[row] = 0;
    s->r[row] = p->run.r[s->graph->node[row]];
  }
  p->run.residual = s->waiting = absolute_sum(s->r, p->run.graph->node_count);
  return SL_OK;
}

// Only x goes back.
static void leave(sl_pagerank *p) {
  sweeps *s = state_of(p);
  for (uint32_t row = 0; row < p->run.graph->node_count; row++) {
    p->run.x[s->graph->node[row]] += s->x[row];
    s->x[row] = 0;
  }
}

// The smallest 2-norm is not always progress: on a long cycle it stalls for as many sweeps as the
// cycle has nodes. Plain sweeps always reduce the 1-norm by d or better, so they take over until
// they have halved it. Returns false when they do not gain either: rounding.
static bool choose_kind(sweeps *s) {
  const double residual = s->segment_residual;
  if (residual < (s->plain ? 1 : 0.9) * s->least) {
    s->least = residual;
    s->least_sweep = s->sweeps;
  }
  const uint32_t idle = s->sweeps - s->least_sweep;
  if (s->plain && idle >= 40) return false;
  if (!s->plain && idle >= 6) {
    s->plain = true;
    s->goal = 0.5 * residual;
    s->least = residual;
    s->least_sweep = s->sweeps;
  } else if (s->plain && residual <= s->goal) {
    s->plain = false;
    s->direction[0].norm2 = s->direction[1].norm2 = 0;
  }
  return true;
}

// A sweep of a cyclic segment has been completed: is the segment done?
static uint64_t judge_segment(sl_pagerank *p, double target) {
  sweeps *s = state_of(p);
  if (s->plain)
    end_plain_sweep(s);
  else
    end_sweep(s);
  s->sweeps++;
  if (s->sweeps > p->run.iterations) p->run.iterations = s->sweeps;
  p->run.residual = fmax(s->waiting, 0) + s->segment_residual;
  if (!choose_kind(s) || s->segment_residual <= target) return leave_segment(p);
  if (s->sweeps >= p->options.max_iterations) {
    sl_job_end(&p->run.job, SL_OUTCOME_ITERATION_LIMIT);
    return 0;
  }
  const uint32_t first = s->graph->segment_start[s->segment];
  s->cursor = first;
  memcpy(s->before, s->r + first,
         (s->graph->segment_start[s->segment + 1] - first) * sizeof(double));
  return 0;
}

// One piece of work: at most `work` edges and a little more.
static uint64_t go_on(sl_pagerank *p, uint64_t work) {
  sweeps *s = state_of(p);
  const uint32_t last = s->graph->segment_start[s->segment + 1];
  if (!s->graph->cyclic[s->segment]) {
    const uint32_t begin = s->cursor, end = last - begin > 128 ? begin + 128 : last;
    const uint64_t done = pass_acyclic(p, begin, end);
    s->cursor = end;
    s->segment += end == last;
    p->run.residual = fmax(s->waiting, 0);
    return done;
  }
  if (!s->inside) enter_segment(p);
  if (s->segment_residual <= 0) return leave_segment(p);
  uint64_t done = sweep_cyclic(p, work);
  if (s->cursor == last) done += judge_segment(p, segment_target(p));
  return done;
}

static sl_status step(sl_pagerank *p, uint64_t work) {
  const sweeps *s = state_of(p);
  uint64_t done = 0;
  while (sl_job_is_running(&p->run.job) && done < work) {
    const uint64_t piece = go_on(p, work - done);
    done += piece + 1;
    p->run.edge_operations += piece;
    if (sl_job_is_running(&p->run.job) && s->segment == s->graph->segment_count) {
      SL_TRY(sl_diffusion_reached(p));
      if (sl_job_is_running(&p->run.job)) SL_TRY(start(p));
    }
  }
  return SL_OK;
}

const sl_diffusion_method sl_diffusion_method_GAUSS_SEIDEL = {
    .id = SL_PAGERANK_GAUSS_SEIDEL,
    .prepare = prepare,
    .start = start,
    .step = step,
    .leave = leave,
    .size = sizeof(sweeps),
    .bytes = bytes,
    .destroy = destroy,
};
