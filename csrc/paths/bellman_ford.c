// Based on: R. Bellman, "On a routing problem", Quarterly of Applied Mathematics 16 (1958),
// doi:10.1090/qam/102435; E. F. Moore 1959; B. V. Cherkassky, A. V. Goldberg, "Negative-cycle
// detection algorithms", Mathematical Programming 85 (1999), doi:10.1007/s101070050058: the
// predecessors are looked at after each round, and a circle among them is a negative cycle.
#include "paths/bellman_ford.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"

#define NONE UINT32_MAX

struct sl_bellman_ford {
  sl_job job; // the first member
  uint32_t n, count, source;
  uint32_t *from, *to;                  // count
  double *lengths;                      // count
  double *distance;                     // n
  uint32_t *edge;                       // n: by which the node was reached
  uint32_t *predecessor, *mark, *cycle; // n
  uint32_t cycle_count, cursor, rounds;
  double cycle_length;
  bool changed;
  uint64_t work;
};

static sl_status check(uint32_t node_count, uint32_t count, const uint32_t *from,
                       const uint32_t *to, const double *lengths, uint32_t source) {
  SL_REQUIRE(node_count > 0, SL_ERR_EMPTY, "node_count", "at least one node");
  SL_REQUIRE(node_count < NONE, SL_ERR_OVERFLOW, "node_count", "at most 2^32 - 2 nodes");
  SL_REQUIRE(source < node_count || source == NONE, SL_ERR_INDEX, "source", "a node");
  double largest = 0;
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(from[i] < node_count, SL_ERR_INDEX, "from", "a node", i);
    SL_REQUIRE_AT(to[i] < node_count, SL_ERR_INDEX, "to", "a node", i);
    SL_REQUIRE_AT(isfinite(lengths[i]), SL_ERR_NOT_FINITE, "lengths", "finite numbers", i);
    if (fabs(lengths[i]) > largest) largest = fabs(lengths[i]);
  }
  // A round may add several lengths to a distance, in all at most one a node before a cycle closes.
  SL_REQUIRE(largest * 2 * node_count < 0x1p1023, SL_ERR_RANGE, "lengths",
             "numbers whose largest times the number of nodes is below 2^1022");
  return SL_OK;
}

sl_status sl_bellman_ford_create(uint32_t node_count, uint32_t count, const uint32_t *from,
                                 const uint32_t *to, const double *lengths, uint32_t source,
                                 sl_bellman_ford **out) {
  *out = NULL;
  SL_TRY(check(node_count, count, from, to, lengths, source));
  sl_bellman_ford *b;
  SL_TRY(SL_ALLOC_ZERO(&b, 1));
  const size_t n = b->n = node_count;
  b->job.kind = &sl_bellman_ford_kind;
  b->count = count;
  b->source = source;
  sl_status status = SL_ALLOC(&b->from, count);
  if (status == SL_OK) status = SL_ALLOC(&b->to, count);
  if (status == SL_OK) status = SL_ALLOC(&b->lengths, count);
  if (status == SL_OK) status = SL_ALLOC(&b->distance, n);
  if (status == SL_OK) status = SL_ALLOC(&b->edge, n);
  if (status == SL_OK) status = SL_ALLOC(&b->predecessor, n);
  if (status == SL_OK) status = SL_ALLOC(&b->mark, n);
  if (status == SL_OK) status = SL_ALLOC(&b->cycle, n);
  if (status != SL_OK) {
    sl_bellman_ford_destroy(b);
    return status;
  }
  if (count > 0) {
    memcpy(b->from, from, count * sizeof *from);
    memcpy(b->to, to, count * sizeof *to);
    memcpy(b->lengths, lengths, count * sizeof *lengths);
  }
  for (size_t u = 0; u < n; u++) b->distance[u] = source == NONE ? 0 : INFINITY;
  if (source != NONE) b->distance[source] = 0;
  memset(b->edge, 0xff, n * sizeof *b->edge);
  sl_job_begin(&b->job);
  *out = b;
  return SL_OK;
}

void sl_bellman_ford_destroy(sl_bellman_ford *b) {
  if (b == NULL) return;
  sl_free(b->from);
  sl_free(b->to);
  sl_free(b->lengths);
  sl_free(b->distance);
  sl_free(b->edge);
  sl_free(b->predecessor);
  sl_free(b->mark);
  sl_free(b->cycle);
  sl_free(b);
}

size_t sl_bellman_ford_bytes(const sl_bellman_ford *b) {
  return sizeof *b + (size_t)b->count * 16 + (size_t)b->n * 24;
}

// Edges begin .. end, each looked at once.
__attribute__((noinline)) static bool relax(sl_bellman_ford *b, uint32_t begin, uint32_t end) {
  double *distance = b->distance;
  bool changed = false;
  for (uint32_t i = begin; i < end; i++) {
    const double sum = distance[b->from[i]] + b->lengths[i];
    if (!(sum < distance[b->to[i]])) continue;
    distance[b->to[i]] = sum;
    b->edge[b->to[i]] = i;
    changed = true;
  }
  return changed;
}

// The length of the circle of predecessors through a node, with the rounding of the sum kept apart
// (Neumaier 1974), and its edges from the node on.
static double follow(sl_bellman_ford *b, uint32_t node) {
  double sum = 0, rest = 0;
  uint32_t u = node, count = 0;
  do {
    const uint32_t e = b->edge[u];
    const double length = b->lengths[e], next = sum + length;
    rest += fabs(sum) >= fabs(length) ? (sum - next) + length : (length - next) + sum;
    sum = next;
    b->cycle[count++] = e;
    u = b->from[e];
  } while (u != node);
  b->cycle_count = count;
  for (uint32_t i = 0, j = count - 1; i < j; i++, j--) {
    const uint32_t swap = b->cycle[i];
    b->cycle[i] = b->cycle[j];
    b->cycle[j] = swap;
  }
  return sum + rest;
}

// Whether the predecessors close a circle of negative length. O(n).
static bool has_cycle(sl_bellman_ford *b) {
  memset(b->mark, 0xff, b->n * sizeof *b->mark);
  for (uint32_t i = 0; i < b->n; i++) {
    uint32_t u = i;
    while (b->mark[u] == NONE && b->edge[u] != NONE) {
      b->mark[u] = i;
      u = b->from[b->edge[u]];
    }
    // Back in what this walk has marked. The source of a tree stays unmarked.
    if (b->edge[u] == NONE || b->mark[u] != i) continue;
    b->cycle_length = follow(b, u);
    if (b->cycle_length < 0) return true;
    b->cycle_count = 0;
  }
  return false;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_bellman_ford *b = (sl_bellman_ford *)job;
  uint64_t done = 0;
  while (done < work && sl_job_is_running(job)) {
    const uint32_t left = b->count - b->cursor, end = b->cursor + (left > 16384 ? 16384 : left);
    b->changed |= relax(b, b->cursor, end);
    done += end - b->cursor + 1;
    b->cursor = end;
    if (end < b->count) continue;
    done += b->n;
    b->cursor = 0;
    b->rounds++;
    if (!b->changed || has_cycle(b))
      sl_job_end(job, SL_OUTCOME_CONVERGED);
    else if (b->rounds > b->n)
      sl_job_end(job, SL_OUTCOME_STAGNATED);
    b->changed = false;
  }
  b->work += done;
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_bellman_ford *)job)->work; }
static size_t job_bytes(const sl_job *job) {
  return sl_bellman_ford_bytes((const sl_bellman_ford *)job);
}
static void destroy(sl_job *job) { sl_bellman_ford_destroy((sl_bellman_ford *)job); }

const sl_job_kind sl_bellman_ford_kind = {"bellman_ford", step,      sl_job_stop_here, work_done,
                                          NULL,           job_bytes, destroy};

sl_job *sl_bellman_ford_job(sl_bellman_ford *b) { return &b->job; }

sl_status sl_bellman_ford_read(const sl_bellman_ford *b, double *numbers) {
  SL_TRY(sl_job_require_ended(&b->job));
  for (uint32_t u = 0; u < b->n; u++)
    b->predecessor[u] = b->edge[u] == NONE ? NONE : b->from[b->edge[u]];
  numbers[0] = b->job.outcome;
  numbers[1] = (double)b->work;
  numbers[2] = (double)(uintptr_t)b->distance;
  numbers[3] = (double)(uintptr_t)b->predecessor;
  numbers[4] = (double)(uintptr_t)b->edge;
  numbers[5] = b->cycle_count;
  numbers[6] = (double)(uintptr_t)b->cycle;
  numbers[7] = b->cycle_length;
  return SL_OK;
}
