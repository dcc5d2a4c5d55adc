// Products against the definition in float64, for every kind of operand.
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "gemm/product.h"
#include "quant/float16.h"

static sl_rng rng;
static double uniform(void) { return 2 * sl_rng_double(&rng) - 1; }
static uint32_t below(uint32_t n) { return sl_rng_below(&rng, n); }

static void run(sl_product *product, uint64_t work) {
  sl_outcome outcome;
  do assert_ok(sl_job_step(sl_product_job(product), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_int_equal(outcome, SL_OUTCOME_CONVERGED);
}

static double element(const void *array, uint32_t type, size_t at) {
  return type == SL_ELEMENT_F64   ? ((const double *)array)[at]
         : type == SL_ELEMENT_F32 ? (double)((const float *)array)[at]
                                  : ((const int8_t *)array)[at];
}

static void *random_array(uint32_t type, size_t count) {
  char *array = malloc(count * 8 + 8);
  for (size_t i = 0; i < count; i++) {
    if (type == SL_ELEMENT_F64) ((double *)(void *)array)[i] = uniform();
    if (type == SL_ELEMENT_F32) ((float *)(void *)array)[i] = (float)uniform();
    if (type == SL_ELEMENT_I8) array[i] = (char)(int8_t)((int)below(256) - 128);
  }
  return array;
}

// A random problem with its arrays; right as an array or as a matrix of `kind` (0: an array).
typedef struct problem {
  sl_product_options o;
  void *left, *right, *out, *before, *bias;
  double *weights; // the right operand of item 0 as it is kept, for a matrix
  sl_dense_matrix *matrix;
} problem;

static void make_problem(problem *p, uint32_t type, uint32_t kind, uint32_t most) {
  memset(p, 0, sizeof *p);
  sl_product_options *o = &p->o;
  o->type = type;
  o->batch = 1 + below(3);
  o->rows = 1 + below(most), o->depth = below(8) ? 1 + below(3 * most) : 0;
  o->columns = 1 + below(most);
  const bool turned = below(2), packed = below(2), right_turned = below(2);
  o->left_row_stride = turned ? 1 : o->depth + below(3);
  o->left_column_stride = turned ? o->rows + below(3) : 1;
  o->left_batch_stride = below(2) ? 0 : o->rows * (o->depth + 3) + 3 * o->depth;
  o->left_count = (o->rows + 3) * (o->depth + 3) + 2ul * o->left_batch_stride;
  o->right_row_stride = right_turned ? 1 : o->columns + below(3);
  o->right_column_stride = right_turned ? o->depth + below(3) : 1;
  o->right_batch_stride = below(2) ? 0 : (o->columns + 3) * (o->depth + 3);
  o->right_count = 3ul * (o->columns + 3) * (o->depth + 3);
  o->out_row_stride = o->columns + below(4);
  o->out_batch_stride = o->rows * o->out_row_stride + below(5);
  o->out_count = (size_t)o->batch * o->out_batch_stride;
  const bool exact = type == SL_ELEMENT_I8;
  o->alpha = exact || below(2) ? 1 : uniform(), o->beta = exact || below(2) ? 0 : uniform();
  o->activation = exact ? 0 : below(2);
  p->left = random_array(type, o->left_count);
  o->left = p->left;
  if (kind == 0) {
    p->right = random_array(type, o->right_count);
    o->right = p->right;
  } else {
    const size_t count = (size_t)o->depth * o->columns;
    const uint32_t from = type == SL_ELEMENT_I8 ? type : below(2) ? SL_ELEMENT_F64 : SL_ELEMENT_F32;
    void *values = random_array(from, count);
    assert_ok(sl_dense_matrix_from(values, count, from, o->depth, o->columns, right_turned, kind,
                                   packed, NULL, 0, &p->matrix));
    void *kept = malloc(count * 8 + 8);
    assert_ok(sl_dense_matrix_read(p->matrix, 0, o->depth, kept));
    p->weights = malloc(count * 8 + 8);
    for (size_t i = 0; i < count; i++)
      p->weights[i] = element(kept, kind == SL_ELEMENT_F64 ? kind : SL_ELEMENT_F32, i);
    free(kept);
    free(values);
  }
  const uint32_t out_type = type == SL_ELEMENT_F64 ? type : SL_ELEMENT_F32;
  p->out = random_array(out_type, o->out_count);
  p->before = malloc(o->out_count * 8);
  memcpy(p->before, p->out, o->out_count * (type == SL_ELEMENT_F64 ? 8 : 4));
  o->out = p->out;
  if (!exact && below(2)) {
    p->bias = random_array(out_type, o->columns);
    o->bias = p->bias;
    o->bias_count = o->columns;
  }
}

static void free_problem(problem *p) {
  free(p->left), free(p->right), free(p->out), free(p->before), free(p->bias), free(p->weights);
  sl_dense_matrix_destroy(p->matrix);
}

// By the definition, with the bound of gemm/product.h; what is not of a row must be untouched.
static void check_problem(const problem *p) {
  const sl_product_options *o = &p->o;
  const uint32_t out_type = o->type == SL_ELEMENT_F64 ? o->type : SL_ELEMENT_F32;
  const double u = o->type == SL_ELEMENT_F64 ? 0x1p-53 : 0x1p-24;
  size_t touched = 0;
  for (uint32_t t = 0; t < o->batch; t++)
    for (uint32_t i = 0; i < o->rows; i++)
      for (uint32_t j = 0; j < o->columns; j++, touched++) {
        long double sum = 0, size = 0;
        for (uint32_t k = 0; k < o->depth; k++) {
          const long double a =
              element(p->left, o->type,
                      (size_t)t * o->left_batch_stride + (size_t)i * o->left_row_stride +
                          (size_t)k * o->left_column_stride);
          const long double b =
              p->weights != NULL
                  ? p->weights[(size_t)k * o->columns + j]
                  : element(p->right, o->type,
                            (size_t)t * o->right_batch_stride + (size_t)k * o->right_row_stride +
                                (size_t)j * o->right_column_stride);
          sum += a * b, size += fabsl(a * b);
        }
        const size_t at = (size_t)t * o->out_batch_stride + (size_t)i * o->out_row_stride + j;
        if (o->type == SL_ELEMENT_I8) {
          assert_int_equal(((int32_t *)p->out)[at], (int32_t)sum);
          continue;
        }
        const double before = element(p->before, out_type, at);
        long double wanted = o->alpha * sum + o->beta * before;
        size = fabs(o->alpha) * size + fabs(o->beta * before);
        if (p->bias != NULL) {
          wanted += element(p->bias, out_type, j);
          size += fabs(element(p->bias, out_type, j));
        }
        if (o->activation == SL_ACTIVATION_RELU && wanted < 0) wanted = 0;
        const double found = element(p->out, out_type, at);
        assert_true(fabsl(found - wanted) <= (270 + o->depth / 256.0) * u * size);
      }
  // Between the rows nothing was written.
  size_t same = 0;
  for (size_t i = 0; i < o->out_count; i++)
    same += memcmp((char *)p->out + i * (out_type == SL_ELEMENT_F64 ? 8 : 4),
                   (char *)p->before + i * (out_type == SL_ELEMENT_F64 ? 8 : 4),
                   out_type == SL_ELEMENT_F64 ? 8 : 4) == 0;
  assert_true(same >= o->out_count - touched);
}

static void every_kind_matches_its_definition(void **state) {
  (void)state;
  static const struct {
    uint32_t type, kind;
  } kinds[] = {{SL_ELEMENT_F32, 0},
               {SL_ELEMENT_F32, SL_ELEMENT_F32},
               {SL_ELEMENT_F64, 0},
               {SL_ELEMENT_F64, SL_ELEMENT_F64},
               {SL_ELEMENT_F32, SL_ELEMENT_I8},
               {SL_ELEMENT_F32, SL_ELEMENT_I4},
               {SL_ELEMENT_I8, 0},
               {SL_ELEMENT_I8, SL_ELEMENT_I8}};
  sl_rng_seed(&rng, 1);
  sl_product *product;
  assert_ok(sl_product_create(&product));
  for (int trial = 0; trial < 160; trial++) {
    problem p;
    make_problem(&p, kinds[trial % 8].type, kinds[trial % 8].kind, trial < 80 ? 20 : 150);
    assert_ok(sl_product_begin(product, p.matrix, &p.o));
    run(product, below(2) ? 1 : UINT64_MAX);
    if (p.matrix != NULL && kinds[trial % 8].type == SL_ELEMENT_I8) {
      // Scales are left out, and these are 1.
      check_problem(&p);
    } else {
      check_problem(&p);
    }
    free_problem(&p);
  }
  sl_product_destroy(product);
}

// Packed, not packed, an array, in steps of any length: the same bits.
static void ways_to_the_same_product_give_the_same_bits(void **state) {
  (void)state;
  enum { M = 70, K = 600, N = 1100 };
  sl_rng_seed(&rng, 2);
  float *a = random_array(SL_ELEMENT_F32, M * K), *b = random_array(SL_ELEMENT_F32, K * N);
  float *first = malloc(M * N * 4), *out = malloc(M * N * 4), *turned = malloc(K * N * 4);
  for (int k = 0; k < K; k++)
    for (int j = 0; j < N; j++) turned[j * K + k] = b[k * N + j];
  sl_product *product;
  sl_dense_matrix *matrix;
  assert_ok(sl_product_create(&product));
  for (int rows = 1; rows <= M; rows += rows < 10 ? 1 : 60) {
    sl_product_options o = {.type = SL_ELEMENT_F32, .batch = 1, .rows = (uint32_t)rows, .depth = K};
    o.columns = N, o.left = a, o.left_count = M * K, o.left_row_stride = K;
    o.left_column_stride = 1, o.out = first, o.out_count = M * N, o.out_row_stride = N;
    o.alpha = 1, o.right = b, o.right_count = K * N, o.right_row_stride = N;
    o.right_column_stride = 1;
    assert_ok(sl_product_begin(product, NULL, &o));
    run(product, UINT64_MAX);
    o.out = out;
    for (int way = 0; way < 6; way++) {
      matrix = NULL;
      memset(out, 0, M * N * 4);
      o.right = way < 4 ? b : turned;
      o.right_row_stride = way < 4 ? N : 1, o.right_column_stride = way < 4 ? 1 : K;
      if (way > 0 && way < 4)
        assert_ok(sl_dense_matrix_from(way < 3 ? b : turned, K * N, SL_ELEMENT_F32, K, N, way == 3,
                                       SL_ELEMENT_F32, way != 1, NULL, 0, &matrix));
      assert_ok(sl_product_begin(product, matrix, &o));
      run(product, way == 2 ? 1 : 100000);
      assert_memory_equal(out, first, (size_t)rows * N * 4);
      sl_dense_matrix_destroy(matrix);
    }
  }
  sl_product_destroy(product);
  free(a), free(b), free(first), free(out), free(turned);
}

// Rounding of int8: half a step of the column (of the row, for what is quantized on the way).
static void quantized_weights_err_by_half_a_step(void **state) {
  (void)state;
  enum { K = 77, N = 13 };
  sl_rng_seed(&rng, 3);
  double values[K * N];
  float read[K * N];
  for (int i = 0; i < K * N; i++) values[i] = uniform() * pow(10, i % N - 6);
  values[5 * N + 3] = 0;
  sl_dense_matrix *m;
  assert_ok(
      sl_dense_matrix_from(values, K * N, SL_ELEMENT_F64, K, N, 0, SL_ELEMENT_I8, 0, NULL, 0, &m));
  assert_ok(sl_dense_matrix_read(m, 0, K, read));
  for (int j = 0; j < N; j++) {
    double most = 0;
    for (int i = 0; i < K; i++) most = fmax(most, fabs(values[i * N + j]));
    for (int i = 0; i < K; i++)
      assert_true(fabs(read[i * N + j] - values[i * N + j]) <= most / 254 * 1.00001);
  }
  sl_dense_matrix_destroy(m);
  assert_ok(
      sl_dense_matrix_from(values, K * N, SL_ELEMENT_F64, K, N, 0, SL_ELEMENT_I4, 0, NULL, 0, &m));
  assert_ok(sl_dense_matrix_read(m, 0, K, read));
  for (int j = 0; j < N; j++)
    for (int first = 0; first < K; first += SL_GROUP_ROWS) {
      const int end = first + SL_GROUP_ROWS < K ? first + SL_GROUP_ROWS : K;
      double most = 0;
      for (int i = first; i < end; i++)
        most = fabs(most) < fabs(values[i * N + j]) ? values[i * N + j] : most;
      // The element of the largest size is a whole step off on the other side, where 8 is no code.
      const double scale = (double)sl_float16_to_f32(sl_float16_from_f32((float)(most / -8)));
      for (int i = first; i < end; i++) {
        const double code = read[i * N + j] / (scale == 0 ? 1 : scale);
        assert_true(code >= -8 && code <= 7 && code == rint(code));
        const double error = fabs(read[i * N + j] - values[i * N + j]);
        assert_true(error <= fabs(scale) * (values[i * N + j] * most < 0 ? 1.01 : 0.51) + 3e-8 * 8);
      }
    }
  sl_dense_matrix_destroy(m);
}

// Products with rows rounded on the way: exact of the rounded numbers.
static void rows_rounded_to_int8(void **state) {
  (void)state;
  enum { M = 9, K = 300, N = 20 };
  sl_rng_seed(&rng, 4);
  float *a = random_array(SL_ELEMENT_F32, M * K), *b = random_array(SL_ELEMENT_F32, K * N);
  for (int k = 0; k < K; k++) {
    a[1 * K + k] *= 1e-44f, a[2 * K + k] *= 1e37f, a[3 * K + k] = 0;
  }
  a[4 * K + 7] = NAN, a[5 * K + 299] = INFINITY;
  float out[M * N], weights[K * N];
  sl_dense_matrix *m;
  sl_product *product;
  assert_ok(sl_product_create(&product));
  assert_ok(sl_dense_matrix_from(b, K * N, SL_ELEMENT_F32, K, N, 0, SL_ELEMENT_I8, 0, NULL, 0, &m));
  assert_ok(sl_dense_matrix_read(m, 0, K, weights));
  sl_product_options o = {.type = SL_ELEMENT_F32,
                          .batch = 1,
                          .rows = M,
                          .depth = K,
                          .columns = N,
                          .left = a,
                          .left_count = M * K,
                          .left_row_stride = K,
                          .left_column_stride = 1,
                          .out = out,
                          .out_count = M * N,
                          .out_row_stride = N,
                          .alpha = 1,
                          .quantize = 1};
  assert_ok(sl_product_begin(product, m, &o));
  run(product, UINT64_MAX);
  for (int i = 0; i < M; i++) {
    double most = 0;
    for (int k = 0; k < K; k++) most = fmax(most, fabs((double)a[i * K + k]));
    for (int j = 0; j < N; j++) {
      if (i == 4 || i == 5) {
        assert_true(isnan(out[i * N + j]));
        continue;
      }
      double exact = 0, size = 0;
      for (int k = 0; k < K; k++) {
        exact += (double)a[i * K + k] * weights[k * N + j];
        size += fabs(weights[k * N + j]);
      }
      assert_true(fabs(out[i * N + j] - exact) <= most / 254 * 1.001 * size + 1e-45);
    }
  }
  sl_dense_matrix_destroy(m);
  sl_product_destroy(product);
  free(a), free(b);
}

// Every height, blocks of rows and what is left over of them included: the bits of one row at a time.
static void as_many_rows_as_there_are(void **state) {
  (void)state;
  enum { M = 301, K = 275, N = 19 };
  static const uint32_t heights[] = {2, 3, 4, 5, 8, 63, 127, 128, 129, 132, 257, 260, M};
  sl_rng_seed(&rng, 5);
  float *a = random_array(SL_ELEMENT_F32, (size_t)M * K), *b = random_array(SL_ELEMENT_F32, K * N);
  // What is no number spoils its row, wherever it stands and whatever its sign.
  for (int k = 0; k < K; k += 30) {
    a[k * K + k] = -NAN, a[(k + 1) * K + K - 1] = -INFINITY, a[(k + 2) * K + k] = -0x1.fffffep127f;
    a[(k + 3) * K + k] = -0.0f;
  }
  float *one = malloc(M * N * sizeof *one), *out = malloc(M * N * sizeof *out);
  sl_product *product;
  assert_ok(sl_product_create(&product));
  for (uint32_t kind = SL_ELEMENT_F32; kind <= SL_ELEMENT_I8; kind++) {
    sl_dense_matrix *m;
    if (kind == SL_ELEMENT_F64) continue;
    assert_ok(sl_dense_matrix_from(b, K * N, SL_ELEMENT_F32, K, N, 0, kind, 1, NULL, 0, &m));
    sl_product_options o = sl_product_of_rows(1, a, m, false, one);
    for (int i = 0; i < M; i++, o.left = (const float *)o.left + K, o.out = (float *)o.out + N) {
      assert_ok(sl_product_begin(product, m, &o));
      run(product, UINT64_MAX);
      bool spoilt = false;
      for (int k = 0; k < K; k++) spoilt = spoilt || !isfinite(a[i * K + k]);
      for (int j = 0; j < N && kind == SL_ELEMENT_I8; j++)
        assert_int_equal(isnan(one[i * N + j]), spoilt);
    }
    for (size_t h = 0; h < sizeof heights / sizeof *heights; h++) {
      memset(out, 0, M * N * sizeof *out);
      o = sl_product_of_rows(heights[h], a, m, false, out);
      assert_ok(sl_product_begin(product, m, &o));
      run(product, 1 + below(100000));
      assert_memory_equal(out, one, heights[h] * N * sizeof *out);
    }
    sl_dense_matrix_destroy(m);
  }
  sl_product_destroy(product);
  free(a), free(b), free(one), free(out);
}

static void what_is_wrong_is_named(void **state) {
  (void)state;
  float a[6] = {1, 2, 3, 4, 5, 6}, out[4], bias[2] = {0, 0};
  sl_product *product;
  sl_dense_matrix *m;
  assert_ok(sl_product_create(&product));
  const sl_product_options good = {.type = SL_ELEMENT_F32,
                                   .batch = 1,
                                   .rows = 2,
                                   .depth = 3,
                                   .columns = 2,
                                   .left = a,
                                   .left_count = 6,
                                   .left_row_stride = 3,
                                   .left_column_stride = 1,
                                   .right = a,
                                   .right_count = 6,
                                   .right_row_stride = 2,
                                   .right_column_stride = 1,
                                   .out = out,
                                   .out_count = 4,
                                   .out_row_stride = 2,
                                   .alpha = 1,
                                   .bias = bias,
                                   .bias_count = 2};
#define REFUSED(change, status, name)                                                              \
  {                                                                                                \
    sl_product_options o = good;                                                                   \
    o.change;                                                                                      \
    assert_refused(sl_product_begin(product, NULL, &o), status, name);                             \
    sl_outcome outcome;                                                                            \
    assert_int_equal(sl_job_step(sl_product_job(product), 1, &outcome), SL_ERR_STATE);             \
  }
  REFUSED(type = 7, SL_ERR_OPTION, "type");
  REFUSED(left_count = 5, SL_ERR_SHAPE, "left");
  REFUSED(left_row_stride = UINT32_MAX, SL_ERR_SHAPE, "left");
  REFUSED(right_count = 5, SL_ERR_SHAPE, "right");
  REFUSED(out_count = 3, SL_ERR_SHAPE, "out");
  REFUSED(out_row_stride = 1, SL_ERR_SHAPE, "out");
  REFUSED(batch = 2, SL_ERR_SHAPE, "out");
  REFUSED(bias_count = 3, SL_ERR_SHAPE, "bias");
  REFUSED(activation = 7, SL_ERR_OPTION, "activation");
  REFUSED(quantize = 1, SL_ERR_OPTION, "quantize");
  REFUSED(out = a, SL_ERR_ARGUMENT, "out");
  assert_refused(
      sl_dense_matrix_from(a, 5, SL_ELEMENT_F32, 2, 3, 0, SL_ELEMENT_F32, 0, NULL, 0, &m),
      SL_ERR_SHAPE, "values");
  a[4] = NAN;
  assert_refused(sl_dense_matrix_from(a, 6, SL_ELEMENT_F32, 2, 3, 0, SL_ELEMENT_I8, 0, NULL, 0, &m),
                 SL_ERR_NOT_FINITE, "values");
  assert_int_equal(sl_last_error()->position, 4);
  assert_refused(sl_dense_matrix_create(1, 1, SL_ELEMENT_I8, &m), SL_ERR_OPTION, "element");
  sl_set_memory_limit(1 << 20);
  assert_int_equal(sl_dense_matrix_create(UINT32_MAX - 64, 1 << 30, SL_ELEMENT_F64, &m),
                   SL_ERR_MEMORY);
  assert_int_equal(sl_dense_matrix_create(1024, 1024, SL_ELEMENT_F32, &m), SL_ERR_MEMORY);
  sl_set_memory_limit(SIZE_MAX);
  assert_ok(sl_dense_matrix_from(a, 6, SL_ELEMENT_F32, 3, 2, 0, SL_ELEMENT_F32, 0, NULL, 0, &m));
  const uint32_t rows[] = {2, 0, 3};
  assert_refused(sl_dense_matrix_gather(m, rows, 3, out), SL_ERR_INDEX, "indices");
  sl_product_options o = good;
  o.depth = 2;
  assert_refused(sl_product_begin(product, m, &o), SL_ERR_SHAPE, "matrix");
  // A matrix that goes while it is read stays until the end.
  assert_ok(sl_product_begin(product, m, &good));
  assert_int_equal(sl_dense_matrix_pack(m), SL_ERR_STATE);
  sl_dense_matrix_destroy(m);
  run(product, 1);
  sl_product_destroy(product);
}

// Wherever memory ends, nothing is lost, and the next product is right.
static void memory_may_end_anywhere(void **state) {
  (void)state;
  sl_rng_seed(&rng, 5);
  float *a = random_array(SL_ELEMENT_F32, 100 * 100), *out = malloc(100 * 100 * 4);
  sl_product_options o = {.type = SL_ELEMENT_F32,
                          .batch = 1,
                          .rows = 100,
                          .depth = 100,
                          .columns = 100,
                          .left = a,
                          .left_count = 10000,
                          .left_row_stride = 100,
                          .left_column_stride = 1,
                          .right = a,
                          .right_count = 10000,
                          .right_row_stride = 1,
                          .right_column_stride = 100,
                          .out = out,
                          .out_count = 10000,
                          .out_row_stride = 100,
                          .alpha = 1};
  uint32_t failed = 0;
  for (uint64_t bytes = 0; bytes < 200000; bytes += 7919) {
    sl_product *product = NULL;
    sl_memory_budget budget;
    sl_memory_budget_begin(&budget, bytes);
    sl_status status = sl_product_create(&product);
    if (status == SL_OK) status = sl_product_begin(product, NULL, &o);
    sl_memory_budget_end(&budget);
    if (status == SL_OK) run(product, UINT64_MAX);
    failed += status == SL_ERR_MEMORY;
    sl_product_destroy(product);
  }
  assert_true(failed > 3 && failed < 25);
  free(a), free(out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(every_kind_matches_its_definition),
      property(ways_to_the_same_product_give_the_same_bits),
      property(quantized_weights_err_by_half_a_step),
      property(as_many_rows_as_there_are),
      property(rows_rounded_to_int8),
      property(what_is_wrong_is_named),
      property(memory_may_end_anywhere),
  };
  return cmocka_run_group_tests_name("gemm_products", tests, NULL, NULL);
}
