#include "router/fastgrnn.h"

#include <math.h>
#include <string.h>

#include "bandit/numbers.h"
#include "simd/kernels.h"

// Where the parameters lie in one array. The second factors are unused where matrices are full.
typedef struct parts {
  double *w1, *w2, *u1, *u2, *candidate, *gate, *blend, *v, *offset;
} parts;

static uint64_t matrix(const sl_fastgrnn *net, uint64_t columns) {
  return net->rank == 0 ? net->hidden * columns : net->rank * (net->hidden + columns);
}

uint64_t sl_fastgrnn_parameters(const sl_fastgrnn *net) {
  return matrix(net, net->width) + matrix(net, net->hidden) + 2 * (uint64_t)net->hidden + 2 +
         net->outputs * ((uint64_t)net->hidden + 1);
}

static parts parts_of(const sl_fastgrnn *net, double *p) {
  const size_t h = net->hidden, r = net->rank;
  parts at;
  at.w1 = p;
  at.w2 = p + h * r;
  p += matrix(net, net->width);
  at.u1 = p;
  at.u2 = p + h * r;
  p += matrix(net, h);
  at.candidate = p;
  at.gate = p + h;
  at.blend = p + 2 * h;
  at.v = at.blend + 2;
  at.offset = at.v + net->outputs * h;
  return at;
}

// Work space: for each step the input in f64, the states before and after, candidate, gate and what
// lies between two factors; then the slopes of a step.
typedef struct trace {
  double *x;                     // width
  double *before, *after;        // hidden each: h_t-1, h_t
  double *candidate, *gate;      // hidden each
  double *between_w, *between_u; // rank each
} trace;

static size_t step_numbers(const sl_fastgrnn *net) {
  return net->width + 3 * (size_t)net->hidden + 2 * (size_t)net->rank;
}
static size_t slope_numbers(const sl_fastgrnn *net) { return 3 * (size_t)net->hidden + net->rank; }

uint64_t sl_fastgrnn_work(const sl_fastgrnn *net) {
  return (uint64_t)net->steps * step_numbers(net) + net->hidden + slope_numbers(net);
}

// h_0, then for each step its numbers; the state after a step is the last of them, so that the state
// before the next one lies right before it.
static trace trace_of(const sl_fastgrnn *net, double *work, uint32_t t) {
  const size_t h = net->hidden, r = net->rank;
  double *at = work + h + t * step_numbers(net);
  return (trace){.before = at - h,
                 .x = at,
                 .candidate = at + net->width,
                 .gate = at + net->width + h,
                 .between_w = at + net->width + 2 * h,
                 .between_u = at + net->width + 2 * h + r,
                 .after = at + net->width + 2 * h + 2 * r};
}

void sl_fastgrnn_begin(const sl_fastgrnn *net, double *parameters, sl_rng *rng) {
  const parts at = parts_of(net, parameters);
  const uint64_t count = sl_fastgrnn_parameters(net);
  const uint32_t h = net->hidden, r = net->rank;
  memset(parameters, 0, (size_t)count * sizeof *parameters);
  const struct {
    double *from;
    uint64_t count;
    uint32_t columns;
  } matrices[] = {
      {at.w1, r == 0 ? (uint64_t)h * net->width : (uint64_t)h * r, r == 0 ? net->width : r},
      {at.w2, (uint64_t)r * net->width, net->width},
      {at.u1, r == 0 ? (uint64_t)h * h : (uint64_t)h * r, r == 0 ? h : r},
      {at.u2, (uint64_t)r * h, h},
      {at.v, (uint64_t)net->outputs * h, h},
  };
  for (int m = 0; m < 5; m++) {
    const double most = matrices[m].columns > 0 ? 1 / sqrt(matrices[m].columns) : 0;
    for (uint64_t i = 0; i < matrices[m].count; i++)
      matrices[m].from[i] = most * (2 * sl_rng_double(rng) - 1);
  }
  for (uint32_t i = 0; i < h; i++) at.gate[i] = 1;
  at.blend[0] = 1;
  at.blend[1] = -4;
}

static double sigmoid(double x) {
  const double e = sl_steady_exp(-fabs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}
static double steady_tanh(double x) {
  if (fabs(x) < 1e-4) return x - x * x * x / 3;
  const double e = sl_steady_exp(-2 * fabs(x)), t = (1 - e) / (1 + e);
  return x >= 0 ? t : -t;
}

// out = A x, rows of A one after another; with `add` to what is there.
static void multiply(const double *a, const double *x, double *out, uint32_t rows, uint32_t columns,
                     int add) {
  for (uint32_t i = 0; i < rows; i++) {
    const double sum = sl_dot_f64(a + (size_t)i * columns, x, columns);
    out[i] = add ? out[i] + sum : sum;
  }
}
// out += A' y
static void multiply_back(const double *a, const double *y, double *out, uint32_t rows,
                          uint32_t columns) {
  for (uint32_t i = 0; i < rows; i++)
    if (y[i] != 0) sl_axpy_f64(y[i], a + (size_t)i * columns, out, columns);
}
// A += y x'
static void add_product(double *a, const double *y, const double *x, uint32_t rows,
                        uint32_t columns) {
  for (uint32_t i = 0; i < rows; i++)
    if (y[i] != 0) sl_axpy_f64(y[i], x, a + (size_t)i * columns, columns);
}

void sl_fastgrnn_scores(const sl_fastgrnn *net, const double *parameters, const float *x,
                        double *work, double *scores) {
  const parts at = parts_of(net, (double *)parameters);
  const uint32_t h = net->hidden, r = net->rank;
  const double zeta = sigmoid(at.blend[0]), nu = sigmoid(at.blend[1]);
  memset(work, 0, h * sizeof *work);
  for (uint32_t t = 0; t < net->steps; t++) {
    const trace now = trace_of(net, work, t);
    sl_widen_f32(x + (size_t)t * net->width, now.x, net->width);
    double *a = now.after;
    if (r == 0) {
      multiply(at.w1, now.x, a, h, net->width, 0);
      multiply(at.u1, now.before, a, h, h, 1);
    } else {
      multiply(at.w2, now.x, now.between_w, r, net->width, 0);
      multiply(at.u2, now.before, now.between_u, r, h, 0);
      multiply(at.w1, now.between_w, a, h, r, 0);
      multiply(at.u1, now.between_u, a, h, r, 1);
    }
    for (uint32_t i = 0; i < h; i++) {
      const double c = steady_tanh(a[i] + at.candidate[i]), z = sigmoid(a[i] + at.gate[i]);
      now.candidate[i] = c;
      now.gate[i] = z;
      now.after[i] = (zeta * (1 - z) + nu) * c + z * now.before[i];
    }
  }
  multiply(at.v, trace_of(net, work, net->steps - 1).after, scores, net->outputs, h, 0);
  for (uint32_t k = 0; k < net->outputs; k++) scores[k] += at.offset[k];
}

void sl_fastgrnn_gradient(const sl_fastgrnn *net, const double *parameters, double *work,
                          const double *slopes, double *gradient) {
  const parts at = parts_of(net, (double *)parameters), to = parts_of(net, gradient);
  const uint32_t h = net->hidden, r = net->rank, width = net->width;
  const double zeta = sigmoid(at.blend[0]), nu = sigmoid(at.blend[1]);
  double *by_state = work + h + net->steps * step_numbers(net);
  double *by_a = by_state + h, *by_before = by_a + h, *by_between = by_before + h;
  add_product(to.v, slopes, trace_of(net, work, net->steps - 1).after, net->outputs, h);
  for (uint32_t k = 0; k < net->outputs; k++) to.offset[k] += slopes[k];
  memset(by_state, 0, h * sizeof *by_state);
  multiply_back(at.v, slopes, by_state, net->outputs, h);
  for (uint32_t t = net->steps; t-- > 0;) {
    const trace now = trace_of(net, work, t);
    for (uint32_t i = 0; i < h; i++) {
      const double c = now.candidate[i], z = now.gate[i], d = by_state[i];
      const double by_c = d * (zeta * (1 - z) + nu) * (1 - c * c);
      const double by_z = d * (now.before[i] - zeta * c) * z * (1 - z);
      to.candidate[i] += by_c;
      to.gate[i] += by_z;
      to.blend[0] += d * (1 - z) * c * zeta * (1 - zeta);
      to.blend[1] += d * c * nu * (1 - nu);
      by_a[i] = by_c + by_z;
      by_before[i] = d * z;
    }
    if (r == 0) {
      add_product(to.w1, by_a, now.x, h, width);
      add_product(to.u1, by_a, now.before, h, h);
      multiply_back(at.u1, by_a, by_before, h, h);
    } else {
      add_product(to.w1, by_a, now.between_w, h, r);
      memset(by_between, 0, r * sizeof *by_between);
      multiply_back(at.w1, by_a, by_between, h, r);
      add_product(to.w2, by_between, now.x, r, width);
      add_product(to.u1, by_a, now.between_u, h, r);
      memset(by_between, 0, r * sizeof *by_between);
      multiply_back(at.u1, by_a, by_between, h, r);
      add_product(to.u2, by_between, now.before, r, h);
      multiply_back(at.u2, by_between, by_before, r, h);
    }
    memcpy(by_state, by_before, h * sizeof *by_state);
  }
}
