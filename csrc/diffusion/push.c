// Forward push from a queue: spreads the residual where it is large and nowhere else.
//
// Based on: R. Andersen, F. Chung, K. Lang, "Local graph partitioning using PageRank vectors", FOCS
// 2006, doi:10.1109/FOCS.2006.44 (push with a threshold per unit of degree); H. Wu, J. Gan, Z. Wei,
// R. Zhang, "Unifying the global and local approaches: an efficient power iteration with forward
// push", SIGMOD 2021, arXiv:2101.03652 (falling thresholds; hand-over to sequential sweeps).
// Deviations: the threshold falls by 4 from level to level; a hand-over is decided by predicting
// the work of the levels still to come.
#include "diffusion/method.h"

#include <math.h>

#define LEVEL_FACTOR 0.25

// Share of the residual that a level leaves alone, whatever its strengths are. Where these differ
// very much, small ones would be pushed far below what matters, level after level, until the
// threshold has come down to the large ones.
#define IDLE_SHARE 0x1p-20

// A ring of the nodes with r / strength > threshold and r > floor in the run's scratch, and the
// levels.
typedef struct queue {
  uint32_t head, count;
  double threshold, floor;
  double level_residual; // at the end of the last level, to predict the work still to come
  uint64_t level_work;
  uint32_t unchanged_levels; // in a row, of a ranking that is to settle
} queue;

static queue *state_of(const sl_pagerank *p) {
  return sl_diffusion_state(p, &sl_diffusion_method_PUSH);
}

// Pushes queued nodes until the queue is empty, `work` edges are followed or the target is met.
// A node is in the queue exactly when r / strength is above the threshold and r above the floor, so
// that comparing this before and after an addition is all the bookkeeping that the queue needs.
SL_ALWAYS_INLINE uint64_t push_nodes(sl_pagerank *p, uint64_t work, const sl_value_type type) {
  const sl_csr *edges = p->run.graph->outgoing;
  const uint32_t *pointers = edges->row_pointers, *columns = edges->columns;
  const double *inverse = p->run.inverse_strength;
  double *x = p->run.x, *r = p->run.r;
  queue *q = state_of(p);
  uint32_t *ring = p->run.scratch, *touched = p->run.touched;
  const uint32_t n = p->run.graph->node_count;
  const double damping = p->options.damping, threshold = q->threshold, target = p->target;
  const double floor = q->floor;
  uint32_t head = q->head, count = q->count, touched_count = p->run.touched_count;
  double residual = p->run.residual;
  uint64_t done = 0, pushes = 0;
  while (count > 0 && done < work && residual > target) {
    const uint32_t u = ring[head];
    head = head + 1 == n ? 0 : head + 1;
    count--;
    const double mass = r[u];
    r[u] = 0;
    x[u] += mass;
    pushes++;
    const uint32_t end = pointers[u + 1];
    uint32_t k = pointers[u];
    done += end - k + 1;
    residual -= k == end ? mass : (1 - damping) * mass;
    const double share = damping * mass * inverse[u];
    for (; k < end; k++) {
      const uint32_t v = columns[k];
      const double before = r[v];
      const double after = before + share * sl_diffusion_weight_at(edges->values, type, k);
      r[v] = after;
      if (before == 0 && after > 0 && x[v] == 0) touched[touched_count++] = v;
      if (after * inverse[v] > threshold && after > floor &&
          !(before * inverse[v] > threshold && before > floor)) {
        const uint64_t tail = (uint64_t)head + count;
        ring[tail >= n ? tail - n : tail] = v;
        count++;
      }
    }
  }
  q->head = head;
  q->count = count;
  p->run.touched_count = touched_count;
  p->run.residual = residual;
  p->drift.pushes += pushes;
  p->drift.push_edges += done;
  p->run.edge_operations += done;
  return done;
}

SL_NOINLINE static uint64_t push_pattern(sl_pagerank *p, uint64_t work) {
  return push_nodes(p, work, SL_VALUES_PATTERN);
}
SL_NOINLINE static uint64_t push_f64(sl_pagerank *p, uint64_t work) {
  return push_nodes(p, work, SL_VALUES_F64);
}
SL_NOINLINE static uint64_t push_f32(sl_pagerank *p, uint64_t work) {
  return push_nodes(p, work, SL_VALUES_F32);
}

// The same for residuals of any sign, whose sizes can fall again by meeting others: what is queued
// is marked. The queue is short here, so the type of the weights is not worth three loops.
SL_NOINLINE static uint64_t push_signed(sl_pagerank *p, uint64_t work) {
  queue *q = state_of(p);
  const sl_csr *edges = p->run.graph->outgoing;
  const double *inverse = p->run.inverse_strength;
  const uint32_t n = p->run.graph->node_count;
  uint64_t done = 0;
  while (q->count > 0 && done < work && p->run.residual > p->target) {
    const uint32_t u = p->run.scratch[q->head];
    q->head = q->head + 1 == n ? 0 : q->head + 1;
    q->count--;
    p->marks[u] = SL_MARK_TOUCHED;
    const double mass = p->run.r[u], share = p->options.damping * mass * inverse[u];
    p->run.r[u] = 0;
    p->run.x[u] += mass;
    p->drift.pushes++;
    p->run.residual -= fabs(mass);
    const uint32_t end = edges->row_pointers[u + 1];
    for (uint32_t k = edges->row_pointers[u]; k < end; k++) {
      const uint32_t v = edges->columns[k];
      const double before = p->run.r[v];
      const double after =
          before + share * sl_diffusion_weight_at(edges->values, edges->value_type, k);
      p->run.r[v] = after;
      p->run.residual += fabs(after) - fabs(before);
      if (!p->marks[v]) p->run.touched[p->run.touched_count++] = v;
      p->marks[v] |= SL_MARK_TOUCHED;
      if (fabs(after) * inverse[v] > q->threshold && fabs(after) > q->floor &&
          !(p->marks[v] & SL_MARK_QUEUED)) {
        const uint64_t tail = (uint64_t)q->head + q->count++;
        p->run.scratch[tail >= n ? tail - n : tail] = v;
        p->marks[v] |= SL_MARK_QUEUED;
      }
    }
    done += end - edges->row_pointers[u] + 1;
  }
  p->drift.push_edges += done;
  p->run.edge_operations += done;
  return done;
}

static uint64_t push(sl_pagerank *p, uint64_t work) {
  if (p->follows) return push_signed(p, work);
  return SL_DIFFUSION_BY_WEIGHT(p->run.graph->outgoing->value_type, push, p, work);
}

// Sums the residual afresh and starts the next level: a lower threshold, and all above it queued.
static void start_level(sl_pagerank *p) {
  queue *q = state_of(p);
  double sum = 0, largest = 0;
  for (uint32_t i = 0; i < p->run.touched_count; i++) {
    const uint32_t u = p->run.touched[i];
    if (p->follows) p->marks[u] = SL_MARK_TOUCHED;
    sum += fabs(p->run.r[u]);
  }
  p->run.residual = sum;
  q->floor = sum * IDLE_SHARE / p->run.graph->node_count;
  for (uint32_t i = 0; i < p->run.touched_count; i++) {
    const double size = fabs(p->run.r[p->run.touched[i]]);
    const double ratio = size * p->run.inverse_strength[p->run.touched[i]];
    if (ratio > largest && size > q->floor) largest = ratio;
  }
  q->head = q->count = 0;
  if (largest == 0) return;
  double threshold = LEVEL_FACTOR * (q->threshold < largest ? q->threshold : largest);
  // With every ratio at or below this one the target is met: no need to go deeper.
  const double enough = p->target / p->run.total_strength;
  if (threshold < enough && enough < largest) threshold = enough;
  q->threshold = threshold;
  for (uint32_t i = 0; i < p->run.touched_count; i++) {
    const uint32_t u = p->run.touched[i];
    const double size = fabs(p->run.r[u]);
    if (!(size * p->run.inverse_strength[u] > threshold && size > q->floor)) continue;
    p->run.scratch[q->count++] = u;
    if (p->follows) p->marks[u] |= SL_MARK_QUEUED;
  }
}

static sl_status start(sl_pagerank *p) {
  queue *q = state_of(p);
  p->method = &sl_diffusion_method_PUSH;
  q->unchanged_levels = 0;
  q->threshold = HUGE_VAL;
  q->level_work = 0;
  q->level_residual = HUGE_VAL;
  start_level(p);
  return SL_OK;
}

// Edge operations up to which push is the better choice: it reaches memory at random, so following
// an edge costs about ten times what it costs in one of the ten or more passes of a global method.
static uint64_t push_budget(const sl_pagerank *p) {
  return (uint64_t)p->run.graph->outgoing->nnz + 1024;
}

// Would the remaining levels, each dearer than the last by the same factor, exceed the budget? The
// first levels say nothing about that, and cost little.
static bool will_exceed(const sl_pagerank *p) {
  const queue *q = state_of(p);
  if (p->drift.push_edges > push_budget(p)) return true;
  if (p->drift.push_edges < push_budget(p) / 16 || p->run.residual >= q->level_residual)
    return false;
  const double growth = (double)p->drift.push_edges / (double)q->level_work;
  const double decay = p->run.residual / q->level_residual;
  const double limit = (double)push_budget(p);
  double work = (double)p->drift.push_edges, residual = p->run.residual;
  for (int level = 0; residual > p->target && work <= limit && level < 200; level++) {
    work *= growth;
    residual *= decay;
  }
  return work > limit;
}

// settle_ranking: enough when two levels in a row left the top_k as they were, or when this much
// was spent. On Barabasi-Albert graphs 99 % of the top 50 are right by then, on average.
static uint64_t settle_budget(const sl_pagerank *p) {
  return p->run.graph->outgoing->nnz / 128 + 1024;
}

static sl_status check_settled(sl_pagerank *p) {
  queue *q = state_of(p);
  uint32_t changed;
  SL_TRY(sl_diffusion_settled_changes(p, &changed));
  q->unchanged_levels = changed == 0 ? q->unchanged_levels + 1 : 0;
  if (q->unchanged_levels >= 2) sl_job_end(&p->run.job, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

static sl_status end_level(sl_pagerank *p) {
  queue *q = state_of(p);
  const uint64_t work = p->drift.push_edges;
  if (p->options.settle_ranking) {
    SL_TRY(check_settled(p));
  } else if (p->may_switch && will_exceed(p)) {
    return sl_diffusion_go_global(p);
  }
  const double residual = p->run.residual;
  start_level(p);
  q->level_work = work;
  q->level_residual = residual;
  return SL_OK;
}

static sl_status step(sl_pagerank *p, uint64_t work) {
  const queue *q = state_of(p);
  uint64_t done = 0;
  while (sl_job_is_running(&p->run.job) && p->method == &sl_diffusion_method_PUSH && done < work) {
    // Budgets end a chunk, so that how a run is cut into steps never shows in its result.
    uint64_t chunk = work - done < 16384 ? work - done : 16384;
    const uint64_t budget = p->options.settle_ranking ? settle_budget(p) : push_budget(p);
    if (p->drift.push_edges <= budget && budget + 1 - p->drift.push_edges < chunk) {
      chunk = budget + 1 - p->drift.push_edges;
    }
    done += push(p, chunk);
    if (!(p->run.residual > p->target) || (q->count == 0 && p->run.residual < 0x1p-1000)) {
      SL_TRY(sl_diffusion_reached(p));
      if (sl_job_is_running(&p->run.job)) start_level(p);
    } else if (q->count == 0) {
      SL_TRY(end_level(p));
    }
    if (!sl_job_is_running(&p->run.job)) break;
    if (p->may_switch && p->drift.push_edges > budget) return sl_diffusion_go_global(p);
    if (p->options.settle_ranking && p->drift.push_edges > budget) {
      sl_job_end(&p->run.job, SL_OUTCOME_WORK_LIMIT);
    }
  }
  return SL_OK;
}

const sl_diffusion_method sl_diffusion_method_PUSH = {
    .id = SL_PAGERANK_PUSH,
    .start = start,
    .step = step,
    .size = sizeof(queue),
};
