// Based on: J. Gasteiger, A. Bojchevski, S. Guennemann, "Predict then propagate: graph neural
// networks meet personalized PageRank", ICLR 2019, arXiv:1810.05997; D. Zhou, O. Bousquet, T. N. Lal,
// J. Weston, B. Schoelkopf, "Learning with local and global consistency", NIPS 2003; Q. Huang, H. He,
// A. Singh, S.-N. Lim, A. Benson, "Combining label propagation and simple models out-performs graph
// neural networks", ICLR 2021, arXiv:2010.13993, its scaling by the mean error ("autoscale").
//
// Columns go through all steps in tiles of at most 32, so that what one step reads and writes stays
// in the cache.
//
// The bound: with the residual R = alpha X + (1 - alpha) S Z - Z of the returned Z, in f64 with its own
// rounding, Z* - Z = (I - (1 - alpha) S)^-1 R. S does not lengthen any vector in the norm
// max |z_u| / root(d_u) (D^-1 A: max |z_u|), nor, symmetric, in the 2-norm; so R over alpha bounds the
// difference in each of them, and the smaller bound of a single entry counts.
#include "gnn/smoothing.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gnn/spreading.h"
#include "simd/simd.h"

enum { TILE = 32 };

// What a tile is at.
typedef enum phase { FILL, SPREAD, CHECK } phase;

struct sl_smoothing {
  sl_job job; // the first member
  sl_spreading matrix;
  sl_smoothing_kind_of kind;
  uint32_t n, columns, steps;
  uint32_t first, width, stride; // of the tile: columns first .. first + width - 1
  uint32_t done, position;       // steps of the tile, rows of the step
  phase phase;
  bool second; // spreading, of SCORES
  double alpha, second_alpha;
  float *factors;            // (1 - alpha) S
  float *values;             // n x columns: X, tile after tile replaced by Z
  float *scores;             // as they were given
  float *given, *now, *next; // the tile, n x stride
  uint32_t *known;           // class of each node, UINT32_MAX where it is not known
  uint32_t known_nodes;
  double weighted_residual, free_residual, squares[TILE], bound;
  uint64_t work;
};

// ---- beginning ----------------------------------------------------------------------------------

static sl_status take_known(sl_smoothing *s, const uint32_t *nodes, const uint32_t *labels,
                            uint32_t count) {
  if (s->kind == SL_SMOOTHING_FEATURES) return SL_OK;
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(nodes[i] < s->n, SL_ERR_INDEX, "nodes", "a node of the graph", i);
    SL_REQUIRE_AT(labels[i] < s->columns, SL_ERR_INDEX, "labels", "a class", i);
  }
  SL_TRY(SL_ALLOC(&s->known, s->n));
  memset(s->known, 0xff, s->n * sizeof *s->known);
  for (uint32_t i = 0; i < count; i++) {
    s->known_nodes += s->known[nodes[i]] == UINT32_MAX;
    s->known[nodes[i]] = labels[i];
  }
  return SL_OK;
}

// Known nodes: their class; others stay as they are.
static void set_known(sl_smoothing *s) {
  for (uint32_t u = 0; u < s->n; u++) {
    if (s->known[u] == UINT32_MAX) continue;
    float *row = s->values + (size_t)u * s->columns;
    memset(row, 0, s->columns * sizeof *row);
    row[s->known[u]] = 1;
  }
}

static sl_status take_values(sl_smoothing *s, const float *values) {
  const size_t all = (size_t)s->n * s->columns;
  SL_TRY(SL_ALLOC_ZERO(&s->values, all));
  if (s->kind == SL_SMOOTHING_FEATURES) memcpy(s->values, values, all * sizeof *values);
  if (s->kind == SL_SMOOTHING_SCORES) {
    SL_TRY(SL_ALLOC(&s->scores, all));
    memcpy(s->scores, values, all * sizeof *values);
  }
  if (s->kind != SL_SMOOTHING_FEATURES) set_known(s);
  for (uint32_t u = 0; s->kind == SL_SMOOTHING_SCORES && u < s->n; u++) {
    if (s->known[u] == UINT32_MAX) continue;
    for (size_t at = (size_t)u * s->columns; at < ((size_t)u + 1) * s->columns; at++)
      s->values[at] -= s->scores[at];
  }
  return SL_OK;
}

static void set_factors(sl_smoothing *s) {
  for (uint32_t k = 0; k < s->matrix.rows[s->n]; k++)
    s->factors[k] = (float)((1 - s->alpha) * s->matrix.weights[k]);
}

static sl_status begin(sl_smoothing *s, sl_graph *graph, const double *o, const float *values,
                       const uint32_t *nodes, const uint32_t *labels, uint32_t known_count) {
  SL_TRY(take_known(s, nodes, labels, known_count));
  SL_TRY(sl_spreading_make(&s->matrix, graph, o[3] != 0, o[4] != 0, o[5] != 0));
  SL_TRY(SL_ALLOC(&s->factors, s->matrix.rows[s->n]));
  set_factors(s);
  SL_TRY(take_values(s, values));
  const uint32_t widest = s->columns < TILE ? (s->columns + 3) / 4 * 4 : TILE;
  SL_TRY(SL_ALLOC(&s->given, (size_t)s->n * widest));
  SL_TRY(SL_ALLOC(&s->now, (size_t)s->n * widest));
  return SL_ALLOC(&s->next, (size_t)s->n * widest);
}

static void open_tile(sl_smoothing *s, uint32_t first) {
  s->first = first;
  s->width = s->columns - first < TILE ? s->columns - first : TILE;
  s->stride = (s->width + 3) / 4 * 4;
  s->done = s->position = 0;
  s->phase = FILL;
  memset(s->squares, 0, sizeof s->squares);
}

static sl_status check_values(const float *values, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(fabsf(values[i]) <= 1e18f, SL_ERR_NOT_FINITE, "values",
                  "finite numbers of at most 10^18", i);
  return SL_OK;
}

sl_status sl_smoothing_create(sl_graph *graph, const double *o, const float *values, uint32_t count,
                              const uint32_t *nodes, const uint32_t *labels, uint32_t known_count,
                              sl_smoothing **out) {
  *out = NULL;
  SL_REQUIRE(o[0] == 0 || o[0] == 1 || o[0] == 2, SL_ERR_OPTION, "kind", "0, 1 or 2");
  SL_REQUIRE(o[1] >= 0 && o[1] <= 1, SL_ERR_OPTION, "alpha", "a number from 0 to 1");
  SL_REQUIRE(o[2] >= 1 && o[2] <= 1e6 && floor(o[2]) == o[2], SL_ERR_OPTION, "steps",
             "an integer from 1 to 10^6");
  const sl_smoothing_kind_of kind = (sl_smoothing_kind_of)o[0];
  const uint32_t n = graph->node_count;
  uint64_t columns = count / n;
  if (kind == SL_SMOOTHING_LABELS) {
    SL_REQUIRE(o[6] >= 1 && o[6] <= 1 << 24 && floor(o[6]) == o[6], SL_ERR_OPTION, "classes",
               "an integer from 1 to 2^24");
    columns = (uint64_t)o[6];
    SL_REQUIRE(columns * n <= UINT32_MAX, SL_ERR_OVERFLOW, "classes", "fewer classes");
  } else {
    SL_REQUIRE(count > 0 && count % n == 0, SL_ERR_SHAPE, "values",
               "as many numbers for each node of the graph");
    SL_TRY(check_values(values, count));
  }
  SL_REQUIRE(kind != SL_SMOOTHING_SCORES || (o[7] >= 0 && o[7] <= 1), SL_ERR_OPTION, "second_alpha",
             "a number from 0 to 1");
  sl_smoothing *s;
  SL_TRY(SL_ALLOC_ZERO(&s, 1));
  s->job.kind = &sl_smoothing_kind;
  s->kind = kind;
  s->n = n;
  s->columns = (uint32_t)columns;
  s->alpha = o[1];
  s->second_alpha = o[7];
  s->steps = (uint32_t)o[2];
  const sl_status status = begin(s, graph, o, values, nodes, labels, known_count);
  if (status != SL_OK) {
    sl_smoothing_destroy(s);
    return status;
  }
  open_tile(s, 0);
  sl_job_begin(&s->job);
  *out = s;
  return SL_OK;
}

void sl_smoothing_destroy(sl_smoothing *s) {
  if (s == NULL) return;
  sl_spreading_free(&s->matrix);
  sl_free(s->factors);
  sl_free(s->values);
  sl_free(s->scores);
  sl_free(s->given);
  sl_free(s->now);
  sl_free(s->next);
  sl_free(s->known);
  sl_free(s);
}

// ---- the rows of a tile -------------------------------------------------------------------------

static void fill_row(sl_smoothing *s, uint32_t u) {
  float *given = s->given + (size_t)u * s->stride;
  memcpy(given, s->values + (size_t)u * s->columns + s->first, s->width * sizeof *given);
  memset(given + s->width, 0, (s->stride - s->width) * sizeof *given);
  memcpy(s->now + (size_t)u * s->stride, given, s->stride * sizeof *given);
}

// `parts` times four columns of a row, from column `at` on.
#define SPREAD_PARTS(parts)                                                                        \
  do {                                                                                             \
    sl_f32x4 sum[parts];                                                                           \
    SL_UNROLL_ALL for (int p = 0; p < (parts); p++) sum[p] =                                       \
        alpha * sl_f32x4_load(given + at + 4 * p);                                                 \
    for (uint32_t k = begin; k < end; k++) {                                                       \
      const float *from = s->now + (size_t)targets[k] * stride + at;                               \
      const sl_f32x4 by = sl_f32x4_splat(s->factors[k]);                                           \
      SL_UNROLL_ALL for (int p = 0; p < (parts); p++) sum[p] += by * sl_f32x4_load(from + 4 * p);  \
    }                                                                                              \
    SL_UNROLL_ALL for (int p = 0; p < (parts); p++) sl_f32x4_store(row + at + 4 * p, sum[p]);      \
    at += 4 * (parts);                                                                             \
  } while (0)

static void spread_row(sl_smoothing *s, uint32_t u) {
  const uint32_t stride = s->stride, begin = s->matrix.rows[u], end = s->matrix.rows[u + 1];
  const uint32_t *targets = s->matrix.targets;
  const float *given = s->given + (size_t)u * stride;
  float *row = s->next + (size_t)u * stride;
  const sl_f32x4 alpha = sl_f32x4_splat((float)s->alpha);
  uint32_t at = 0;
  while (at + 16 <= stride) SPREAD_PARTS(4);
  if (at + 8 <= stride) SPREAD_PARTS(2);
  if (at < stride) SPREAD_PARTS(1);
}

// The residual of two columns of a row, with what it may have been rounded by.
static sl_f64x2 residual_of(const sl_smoothing *s, uint32_t u, uint32_t at) {
  const sl_spreading *m = &s->matrix;
  const sl_f64x2 own = sl_f64x2_load_f32(s->now + (size_t)u * s->stride + at);
  const sl_f64x2 given =
      sl_f64x2_splat(s->alpha) * sl_f64x2_load_f32(s->given + (size_t)u * s->stride + at);
  sl_f64x2 sum = {0}, size = {0};
  for (uint32_t k = m->rows[u]; k < m->rows[u + 1]; k++) {
    const sl_f64x2 part = sl_f64x2_splat(m->weights[k]) *
                          sl_f64x2_load_f32(s->now + (size_t)m->targets[k] * s->stride + at);
    sum += part;
    size += sl_f64x2_abs(part);
  }
  const sl_f64x2 keep = sl_f64x2_splat(1 - s->alpha);
  const sl_f64x2 all = keep * size + sl_f64x2_abs(given) + sl_f64x2_abs(own);
  const double unit = (2.0 * m->longest + 32) * 0x1p-52;
  return sl_f64x2_abs(given + keep * sum - own) + sl_f64x2_splat(unit) * all;
}

static void check_row(sl_smoothing *s, uint32_t u) {
  const double root = s->matrix.symmetric ? s->matrix.roots[u] : 1;
  for (uint32_t at = 0; at < s->stride; at += 2) {
    const sl_f64x2 r = residual_of(s, u, at);
    const double larger = r[0] > r[1] ? r[0] : r[1];
    if (root > 0)
      s->weighted_residual = fmax(s->weighted_residual, larger / root);
    else
      s->free_residual = fmax(s->free_residual, larger);
    s->squares[at] += r[0] * r[0];
    s->squares[at + 1] += r[1] * r[1];
  }
}

// All columns of the tile have been checked.
static void add_bound(sl_smoothing *s) {
  if (s->alpha == 0 || !s->matrix.exact_weights) {
    s->bound = INFINITY;
    return;
  }
  const double root = s->matrix.symmetric ? s->matrix.largest_root : 1;
  double bound = fmax(root * s->weighted_residual, s->free_residual);
  double squares = 0;
  for (uint32_t c = 0; c < s->width; c++) squares = fmax(squares, s->squares[c]);
  if (s->matrix.symmetric) bound = fmin(bound, sqrt(squares));
  const double rounding = 1 + (2.0 * s->matrix.longest + s->n + 64) * 0x1p-52;
  s->bound = fmax(s->bound, bound / s->alpha * rounding);
}

static void keep_tile(sl_smoothing *s) {
  for (uint32_t u = 0; u < s->n; u++)
    memcpy(s->values + (size_t)u * s->columns + s->first, s->now + (size_t)u * s->stride,
           s->width * sizeof *s->values);
}

// ---- the work -----------------------------------------------------------------------------------

// The errors have been spread: scores that are corrected by them.
static void correct(sl_smoothing *s) {
  const uint32_t columns = s->columns;
  double mean = 0;
  for (uint32_t u = 0; u < s->n; u++) {
    if (s->known[u] == UINT32_MAX) continue;
    const float *own = s->scores + (size_t)u * columns;
    double size = 0;
    for (uint32_t c = 0; c < columns; c++) size += fabs((c == s->known[u]) - (double)own[c]);
    mean += size / s->known_nodes;
  }
  for (uint32_t u = 0; u < s->n; u++) {
    float *row = s->values + (size_t)u * columns;
    double size = 0;
    for (uint32_t c = 0; c < columns; c++) size += fabs((double)row[c]);
    // Beyond that it would be noise that is made large.
    const double scale = size > 0 && mean < 1000 * size ? mean / size : 1;
    for (uint32_t c = 0; c < columns; c++)
      row[c] = (float)(s->scores[(size_t)u * columns + c] + scale * row[c]);
  }
  set_known(s);
  s->second = true;
  s->alpha = s->second_alpha;
  set_factors(s);
}

static void end_rows(sl_smoothing *s) {
  s->position = 0;
  if (s->phase == FILL) {
    s->phase = SPREAD;
    return;
  }
  if (s->phase == SPREAD) {
    float *swap = s->now;
    s->now = s->next;
    s->next = swap;
    if (++s->done == s->steps) s->phase = CHECK;
    return;
  }
  const bool first_of_two = s->kind == SL_SMOOTHING_SCORES && !s->second;
  if (!first_of_two) add_bound(s);
  s->weighted_residual = s->free_residual = 0;
  keep_tile(s);
  if (s->first + s->width < s->columns) {
    open_tile(s, s->first + s->width);
  } else if (first_of_two) {
    correct(s);
    open_tile(s, 0);
  } else {
    s->first += s->width;
    sl_job_end(&s->job, SL_OUTCOME_CONVERGED);
  }
}

// Rows of the tile until `most` is done.
__attribute__((noinline)) static uint64_t some_rows(sl_smoothing *s, uint64_t most) {
  const bool is_checked = s->kind != SL_SMOOTHING_SCORES || s->second;
  uint64_t done = 0;
  for (; s->position < s->n && done < most; s->position++) {
    const uint32_t u = s->position;
    uint32_t entries = 1 + s->matrix.rows[u + 1] - s->matrix.rows[u];
    if (s->phase == FILL) {
      fill_row(s, u);
      entries = 1;
    } else if (s->phase == SPREAD) {
      spread_row(s, u);
    } else if (is_checked) {
      check_row(s, u);
    }
    done += (uint64_t)entries * s->stride / 4;
  }
  return done;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_smoothing *s = (sl_smoothing *)job;
  const uint64_t until = work > UINT64_MAX - s->work ? UINT64_MAX : s->work + work;
  while (s->work < until && sl_job_is_running(job)) {
    s->work += some_rows(s, until - s->work < 20000 ? until - s->work : 20000);
    if (s->position == s->n) end_rows(s);
  }
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  sl_smoothing *s = (sl_smoothing *)job;
  if (s->kind == SL_SMOOTHING_SCORES && !s->second) {
    memcpy(s->values, s->scores, (size_t)s->n * s->columns * sizeof *s->values);
    s->first = 0;
  } else if (s->phase != FILL) {
    keep_tile(s);
  }
  s->bound = INFINITY;
  sl_job_end(job, why);
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_smoothing *)job)->work; }
static uint64_t work_expected(const sl_job *job) {
  const sl_smoothing *s = (const sl_smoothing *)job;
  const uint64_t entries = s->matrix.rows[s->n] + (uint64_t)s->n;
  const uint64_t spreadings = s->kind == SL_SMOOTHING_SCORES ? 2 : 1;
  return spreadings * (((uint64_t)s->steps + 1) * entries + s->n) * ((s->columns + 3) / 4);
}
static size_t job_bytes(const sl_job *job) {
  const sl_smoothing *s = (const sl_smoothing *)job;
  const size_t widest = s->columns < TILE ? (s->columns + 3) / 4 * 4 : TILE;
  const size_t all = (size_t)s->n * s->columns * sizeof(float);
  return sizeof *s + sl_spreading_bytes(&s->matrix) + 4 * (size_t)s->matrix.rows[s->n] + all +
         (s->scores != NULL ? all : 0) + 12 * (size_t)s->n * widest +
         (s->known != NULL ? 4 * (size_t)s->n : 0);
}
static void destroy(sl_job *job) { sl_smoothing_destroy((sl_smoothing *)job); }

const sl_job_kind sl_smoothing_kind = {"smoothing",   step,      stop,   work_done,
                                       work_expected, job_bytes, destroy};

sl_job *sl_smoothing_job(sl_smoothing *s) { return &s->job; }

sl_status sl_smoothing_read(const sl_smoothing *s, double *numbers) {
  SL_TRY(sl_job_require_ended(&s->job));
  numbers[0] = s->job.outcome;
  numbers[1] = (double)s->work;
  numbers[2] = (double)(uintptr_t)s->values;
  numbers[3] = (double)s->n * s->columns;
  numbers[4] = s->bound;
  numbers[5] = s->first;
  return SL_OK;
}
