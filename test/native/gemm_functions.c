// The elementary functions against libm in float64, over all exponents; layers against their
// definitions.
#include "check.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "gemm/activation.h"
#include "gemm/functions.h"

static sl_rng rng;
static float uniform(void) { return (float)(2 * sl_rng_double(&rng) - 1); }

typedef struct errors {
  double relative, absolute;
} errors;

// Every STEP-th f32 of both signs, four at a time.
enum { STEP = 2053 };

#define TRY_ALL(found, f, reference, least)                                                        \
  for (uint64_t bits = 0; bits < 1ull << 32; bits += 4ull * STEP) {                                \
    float in[4], got[4];                                                                           \
    for (uint32_t j = 0; j < 4; j++) {                                                             \
      const uint32_t each = (uint32_t)(bits + (uint64_t)j * STEP);                                 \
      memcpy(&in[j], &each, sizeof each);                                                          \
    }                                                                                              \
    sl_f32x4_store(got, f(sl_f32x4_load(in)));                                                     \
    for (int j = 0; j < 4; j++) {                                                                  \
      const double x = (double)in[j], wanted = reference(x);                                       \
      if (isnan(x)) {                                                                              \
        assert_true(isnan(got[j]));                                                                \
        continue;                                                                                  \
      }                                                                                            \
      if (fabs(wanted) > 3.4e38) {                                                                 \
        assert_true(isinf(got[j]) || fabs(wanted) < 3.41e38);                                      \
        continue;                                                                                  \
      }                                                                                            \
      const double error = fabs((double)got[j] - wanted);                                          \
      (found).absolute = fmax((found).absolute, error);                                            \
      (found).relative = fmax((found).relative, error / fmax(fabs(wanted), least));                \
    }                                                                                              \
  }

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

static void functions_err_as_little_as_is_said(void **state) {
  (void)state;
  errors e = {0, 0}, t = {0, 0}, r = {0, 0}, s = {0, 0};
  TRY_ALL(e, sl_f32x4_exp, exp, 0x1p-126)
  TRY_ALL(t, sl_f32x4_tanh, tanh, 0x1p-126)
  TRY_ALL(r, sl_f32x4_erf, erf, 0x1p-126)
  TRY_ALL(s, sl_f32x4_sigmoid, sigmoid, 1e-31)
  print_message("exp %.3g, tanh %.3g, erf %.3g absolute, sigmoid %.3g\n", e.relative, t.relative,
                r.absolute, s.relative);
  assert_true(e.relative < 2 * 0x1p-23);
  assert_true(t.relative < 4e-7);
  assert_true(r.absolute < 4.5e-7);
  assert_true(s.relative < 4e-7);
}

static double gelu(double x) { return x / 2 * erfc(-x / sqrt(2)); }
static double gelu_tanh(double x) {
  return x / 2 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}
static double silu(double x) { return x / (1 + exp(-x)); }
static double relu(double x) { return x < 0 ? 0 : x; }
static double same(double x) { return x; }

static void activations_are_what_they_are_called(void **state) {
  (void)state;
  double (*const all[SL_ACTIVATIONS])(double) = {same, relu, gelu, gelu_tanh, silu, tanh, sigmoid};
  sl_rng_seed(&rng, 1);
  for (uint32_t kind = 0; kind < SL_ACTIVATIONS; kind++)
    for (size_t n = 0; n < 40; n++) {
      float x[40], given[40];
      for (size_t i = 0; i < 40; i++) x[i] = given[i] = 8 * uniform();
      assert_ok(sl_activate(x, n, kind));
      for (size_t i = 0; i < 40; i++)
        assert_true(fabs((double)x[i] - (i < n ? all[kind]((double)given[i]) : (double)given[i])) <
                    2e-6);
    }
  float ends[3] = {INFINITY, -INFINITY, NAN};
  assert_ok(sl_activate(ends, 3, SL_ACTIVATION_SIGMOID));
  assert_true(ends[0] == 1 && ends[1] == 0 && isnan(ends[2]));
  assert_refused(sl_activate(ends, 3, SL_ACTIVATIONS), SL_ERR_OPTION, "activation");
}

static void rows_are_normalized(void **state) {
  (void)state;
  sl_rng_seed(&rng, 2);
  for (size_t n = 1; n < 70; n += n < 10 ? 1 : 7) {
    float x[3 * 70], given[3 * 70], gain[70], bias[70];
    for (size_t i = 0; i < 70; i++) gain[i] = uniform(), bias[i] = uniform();
    for (size_t i = 0; i < 3 * n; i++) given[i] = 1000 + 5 * uniform();
    for (int which = 0; which < 4; which++) {
      memcpy(x, given, sizeof x);
      const bool scaled = which % 2;
      if (which < 2)
        assert_ok(sl_layer_norm(x, 3, n, scaled ? gain : NULL, scaled ? bias : NULL, 1e-5));
      else
        assert_ok(sl_rms_norm(x, 3, n, scaled ? gain : NULL, 1e-5));
      for (size_t row = 0; row < 3; row++) {
        const float *from = given + row * n;
        double mean = 0, squares = 0;
        for (size_t i = 0; i < n && which < 2; i++) mean += (double)from[i] / (double)n;
        for (size_t i = 0; i < n; i++) squares += pow((double)from[i] - mean, 2) / (double)n;
        for (size_t i = 0; i < n; i++) {
          double wanted = ((double)from[i] - mean) / sqrt(squares + 1e-5);
          if (scaled) wanted = wanted * (double)gain[i] + (which < 2 ? (double)bias[i] : 0);
          assert_true(fabs((double)x[row * n + i] - wanted) < 1e-6);
        }
      }
    }
    memcpy(x, given, sizeof x);
    sl_softmax(x, 3, n);
    for (size_t row = 0; row < 3; row++) {
      double most = 0, sum = 0;
      for (size_t i = 0; i < n; i++) most = fmax(most, (double)given[row * n + i]);
      for (size_t i = 0; i < n; i++) sum += exp((double)given[row * n + i] - most);
      for (size_t i = 0; i < n; i++)
        assert_true(fabs((double)x[row * n + i] - exp((double)given[row * n + i] - most) / sum) <
                    1e-6);
    }
  }
  float x[4] = {1, 2, 3, 4};
  assert_refused(sl_layer_norm(x, 1, 4, NULL, NULL, -1), SL_ERR_OPTION, "epsilon");
  assert_refused(sl_rms_norm(x, 1, 4, NULL, NAN), SL_ERR_OPTION, "epsilon");
  float hidden[4] = {-INFINITY, 0, -INFINITY, 0};
  sl_softmax(hidden, 1, 4);
  assert_true(hidden[0] == 0 && hidden[1] == 0.5f);
  sl_softmax(hidden, 0, 4);
  sl_softmax(hidden, 4, 0);
}

// Turned by position times frequency, as complex numbers.
static void positions_turn_pairs(void **state) {
  (void)state;
  enum { T = 5, H = 3, D = 10, R = 8 };
  sl_rng_seed(&rng, 3);
  float given[T * H * D], x[T * H * D];
  for (int i = 0; i < T * H * D; i++) given[i] = uniform();
  for (uint32_t interleaved = 0; interleaved < 2; interleaved++) {
    memcpy(x, given, sizeof x);
    assert_ok(sl_rotate_positions(x, T, H, D, R, 10000, 17, interleaved));
    for (int t = 0; t < T; t++)
      for (int h = 0; h < H; h++) {
        const float *from = given + (t * H + h) * D, *to = x + (t * H + h) * D;
        for (int i = 0; i < R / 2; i++) {
          const int a = interleaved ? 2 * i : i, b = interleaved ? 2 * i + 1 : i + R / 2;
          const double angle = (17 + t) / pow(10000, 2.0 * i / R);
          assert_true(fabs(to[a] - (from[a] * cos(angle) - from[b] * sin(angle))) < 1e-6);
          assert_true(fabs(to[b] - (from[a] * sin(angle) + from[b] * cos(angle))) < 1e-6);
        }
        assert_memory_equal(to + R, from + R, (D - R) * sizeof *to);
      }
  }
  assert_refused(sl_rotate_positions(x, 1, 1, 4, 6, 1e4, 0, 0), SL_ERR_OPTION, "rotated");
  assert_refused(sl_rotate_positions(x, 1, 1, 4, 3, 1e4, 0, 0), SL_ERR_OPTION, "rotated");
  assert_refused(sl_rotate_positions(x, 1, 1, 4, 4, 0, 0, 0), SL_ERR_OPTION, "base");
  assert_refused(sl_rotate_positions(x, 1, 1, 4, 4, 1e4, NAN, 0), SL_ERR_OPTION, "position");
}

static void gates_open_by_silu(void **state) {
  (void)state;
  sl_rng_seed(&rng, 4);
  float gate[11], up[11], out[11];
  for (int i = 0; i < 11; i++) gate[i] = 6 * uniform(), up[i] = uniform();
  sl_swiglu(gate, up, out, 11);
  for (int i = 0; i < 11; i++)
    assert_true(fabs((double)out[i] - silu((double)gate[i]) * (double)up[i]) < 1e-6);
  sl_swiglu(gate, up, up, 11);
  assert_memory_equal(up, out, sizeof out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(functions_err_as_little_as_is_said),
      property(activations_are_what_they_are_called),
      property(rows_are_normalized),
      property(positions_turn_pairs),
      property(gates_open_by_silu),
  };
  return cmocka_run_group_tests_name("gemm_functions", tests, NULL, NULL);
}
