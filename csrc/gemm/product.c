// Based on: K. Goto, R. A. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM
// TOMS 34 (2008), doi:10.1145/1356052.1356053: a block of left stays in the second cache, a panel of
// right in the first. Sums of blocks are kept beside out until they are whole, so that beta, bias and
// activation are applied once.
#include "gemm/product.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gemm/functions.h"
#include "gemm/kernel.h"
#include "gemm/rows.h"

#define NOINLINE __attribute__((noinline))

enum {
  // Rows and columns whose sums are kept at a time. A panel of right is read again for each block of
  // rows, so these are as many as leave the block of left and the sums in the second cache.
  BLOCK_ROWS = 128,
  BLOCK_COLUMNS = 512,
  // As few rows as this take right where it lies: packing it would cost as much as the product.
  FEW_ROWS = 8,
};

typedef struct scratch {
  void *at;
  size_t bytes;
} scratch;

struct sl_product {
  sl_job job; // the first member
  sl_product_options o;
  const sl_dense_matrix *matrix; // NULL: right is an array
  sl_dense_matrix *held;         // the one that was given, while it is read
  bool direct;                   // right is read where it lies
  bool integers;                 // sums are int32
  bool packing;                  // right is being packed, from panel `panel` of block `first`
  uint32_t width, panels;
  uint32_t block_rows;                      // alike for all blocks but the last
  uint32_t item, row, column, first, panel; // where the work is; panel counts from `column`
  uint64_t work;
  scratch left, sums, right, codes, panel_values;
  double row_scales[BLOCK_ROWS];
};

sl_status sl_product_create(sl_product **out) {
  *out = NULL;
  SL_TRY(SL_ALLOC_ZERO(out, 1));
  (*out)->job.kind = &sl_product_kind;
  return SL_OK;
}

static scratch *scratches(sl_product *p, int i) {
  scratch *const all[] = {&p->left, &p->sums, &p->right, &p->codes, &p->panel_values};
  return all[i];
}
enum { SCRATCHES = 5 };

static void let_go(sl_product *p) {
  sl_dense_matrix_destroy(p->held);
  p->held = NULL;
  p->matrix = NULL;
}
static void end(sl_product *p, sl_outcome outcome) {
  let_go(p);
  sl_job_end(&p->job, outcome);
}

void sl_product_destroy(sl_product *p) {
  if (p == NULL) return;
  let_go(p);
  for (int i = 0; i < SCRATCHES; i++) sl_free(scratches(p, i)->at);
  sl_free(p);
}

size_t sl_product_bytes(const sl_product *p) {
  return sizeof *p + p->left.bytes + p->sums.bytes + p->right.bytes + p->codes.bytes +
         p->panel_values.bytes;
}

sl_job *sl_product_job(sl_product *p) { return &p->job; }

// At least so many bytes; what was in it is lost.
static sl_status want(scratch *s, double bytes) {
  if (bytes <= (double)s->bytes) return SL_OK;
  sl_free(s->at);
  *s = (scratch){NULL, 0};
  if (!(bytes < (double)(SIZE_MAX / 2)))
    return sl_fail(SL_ERR_MEMORY, "right", "less memory",
                   bytes < 0x1p63 ? (uint64_t)bytes : INT64_MAX);
  SL_TRY(sl_alloc((size_t)bytes, 1, &s->at));
  s->bytes = (size_t)bytes;
  return SL_OK;
}

static size_t size_of(uint32_t type) {
  return type == SL_ELEMENT_F64 ? 8 : type == SL_ELEMENT_I8 ? 1 : 4;
}
static size_t out_size(const sl_product_options *o) { return o->type == SL_ELEMENT_F64 ? 8 : 4; }

// ---- checks -------------------------------------------------------------------------------------

// Elements that an operand of this shape reaches over. Doubles: more than 2^53 is too much anyway.
static double reach(uint32_t batch, double batch_stride, uint32_t rows, double row_stride,
                    uint32_t columns, double column_stride) {
  if (batch == 0 || rows == 0 || columns == 0) return 0;
  return (batch - 1.0) * batch_stride + (rows - 1.0) * row_stride +
         (columns - 1.0) * column_stride + 1;
}

static bool overlap(const void *a, double a_bytes, const void *b, double b_bytes) {
  const double x = (double)(uintptr_t)a, y = (double)(uintptr_t)b;
  return a_bytes > 0 && b_bytes > 0 && x < y + b_bytes && y < x + a_bytes;
}

static sl_status check_matrix(const sl_dense_matrix *m, const sl_product_options *o) {
  const bool fits = o->type == SL_ELEMENT_F32   ? m->element != SL_ELEMENT_F64
                    : o->type == SL_ELEMENT_F64 ? m->element == SL_ELEMENT_F64
                                                : m->element == SL_ELEMENT_I8;
  SL_REQUIRE(fits, SL_ERR_OPTION, "type",
             "float32 with a float32, int8 or int4 matrix, float64 with float64, int8 with int8");
  SL_REQUIRE(m->rows == o->depth && m->columns == o->columns, SL_ERR_SHAPE, "matrix",
             "as many rows as left has columns");
  return SL_OK;
}

static sl_status check(const sl_dense_matrix *m, const sl_product_options *o) {
  SL_REQUIRE(o->type >= SL_ELEMENT_F32 && o->type <= SL_ELEMENT_I8, SL_ERR_OPTION, "type",
             "SL_ELEMENT_F32, SL_ELEMENT_F64 or SL_ELEMENT_I8");
  SL_REQUIRE(o->activation < SL_ACTIVATIONS, SL_ERR_OPTION, "activation", "one of sl_activation");
  SL_REQUIRE(o->type == SL_ELEMENT_F32 || o->activation == SL_ACTIVATION_NONE ||
                 (o->type == SL_ELEMENT_F64 && o->activation == SL_ACTIVATION_RELU),
             SL_ERR_OPTION, "activation", "none or relu: the others are for float32");
  if (m != NULL) SL_TRY(check_matrix(m, o));
  const bool quantize = o->quantize != 0, integers = quantize || o->type == SL_ELEMENT_I8;
  SL_REQUIRE(!quantize || (o->type == SL_ELEMENT_F32 && m != NULL && m->element == SL_ELEMENT_I8),
             SL_ERR_OPTION, "quantize", "false, or a float32 left and an int8 matrix");
  SL_REQUIRE(o->type != SL_ELEMENT_I8 || (o->alpha == 1 && o->beta == 0), SL_ERR_OPTION,
             o->alpha == 1 ? "beta" : "alpha", "1 and 0 for integers");
  SL_REQUIRE(o->type != SL_ELEMENT_I8 || o->bias == NULL, SL_ERR_OPTION, "bias",
             "none for integers");
  SL_REQUIRE(!integers || o->depth <= 1u << 17, SL_ERR_OVERFLOW, "depth",
             "at most 131072, so that int32 holds the sums");
  SL_REQUIRE(o->columns <= UINT32_MAX - BLOCK_COLUMNS && o->rows <= UINT32_MAX - BLOCK_ROWS &&
                 o->depth <= UINT32_MAX - SL_BLOCK_DEPTH,
             SL_ERR_OVERFLOW, "rows", "fewer rows and columns");
  const double left = reach(o->batch, o->left_batch_stride, o->rows, o->left_row_stride, o->depth,
                            o->left_column_stride);
  const double right = m != NULL ? 0
                                 : reach(o->batch, o->right_batch_stride, o->depth,
                                         o->right_row_stride, o->columns, o->right_column_stride);
  const double out =
      reach(o->batch, o->out_batch_stride, o->rows, o->out_row_stride, o->columns, 1);
  SL_REQUIRE(left <= (double)o->left_count, SL_ERR_SHAPE, "left", "as many elements as its shape");
  SL_REQUIRE(right <= (double)o->right_count, SL_ERR_SHAPE, "right",
             "as many elements as its shape");
  SL_REQUIRE(out <= (double)o->out_count, SL_ERR_SHAPE, "out", "as many elements as its shape");
  SL_REQUIRE(o->rows < 2 || o->out_row_stride >= o->columns, SL_ERR_SHAPE, "out",
             "rows that do not overlap");
  SL_REQUIRE(o->batch < 2 || o->rows == 0 || o->columns == 0 ||
                 o->out_batch_stride >= (o->rows - 1.0) * o->out_row_stride + o->columns,
             SL_ERR_SHAPE, "out", "items that do not overlap");
  SL_REQUIRE(o->bias == NULL || o->bias_count == o->columns, SL_ERR_SHAPE, "bias",
             "one number a column");
  const double size = (double)size_of(o->type), out_bytes = out * (double)out_size(o);
  // Scales are a block of their own.
  const double held =
      m == NULL
          ? 0
          : (double)m->bytes -
                (m->scales == NULL ? 0 : 32.0 * sl_dense_matrix_panels(m->columns, m->element));
  SL_REQUIRE(!overlap(o->out, out_bytes, o->left, left * size) &&
                 !overlap(o->out, out_bytes, o->right, right * size) &&
                 (m == NULL || !overlap(o->out, out_bytes, m->data, held)),
             SL_ERR_ARGUMENT, "out", "an array that is no operand");
  return SL_OK;
}

static double panel_bytes(const sl_product *p) { return p->width * (double)size_of(p->o.type); }

static sl_status reserve(sl_product *p) {
  const sl_product_options *o = &p->o;
  const double rows = p->block_rows;
  const double depth = o->depth < SL_BLOCK_DEPTH ? o->depth + 1 : SL_BLOCK_DEPTH;
  const double columns =
      p->panels * p->width < BLOCK_COLUMNS ? p->panels * p->width : BLOCK_COLUMNS;
  SL_TRY(want(&p->left, rows * depth * (p->integers ? 2 : (double)size_of(o->type)) + 16));
  SL_TRY(want(&p->sums, rows * columns * (double)out_size(o)));
  if (o->quantize != 0) SL_TRY(want(&p->codes, rows * o->depth));
  if (p->integers || (p->matrix != NULL ? p->matrix->element >= SL_ELEMENT_I8 : p->direct))
    SL_TRY(want(&p->panel_values, depth * 32 + 64)); // 32 bytes a place, of any type
  if (p->packing) SL_TRY(want(&p->right, (o->depth + 1.0) * p->panels * panel_bytes(p)));
  return SL_OK;
}

sl_product_options sl_product_of_rows(uint32_t rows, const float *left,
                                      const sl_dense_matrix *weights, bool add, float *out) {
  return (sl_product_options){
      .type = SL_ELEMENT_F32,
      .batch = 1,
      .rows = rows,
      .depth = weights->rows,
      .columns = weights->columns,
      .left = left,
      .left_count = (size_t)rows * weights->rows,
      .left_row_stride = weights->rows,
      .left_column_stride = 1,
      .out = out,
      .out_count = (size_t)rows * weights->columns,
      .out_row_stride = weights->columns,
      .alpha = 1,
      .beta = add ? 1 : 0,
      .quantize = weights->element == SL_ELEMENT_I8,
  };
}

sl_status sl_product_begin(sl_product *p, sl_dense_matrix *matrix,
                           const sl_product_options *options) {
  let_go(p);
  sl_job_drop(&p->job);
  SL_TRY(check(matrix, options));
  p->o = *options;
  p->matrix = matrix;
  if (matrix != NULL && !matrix->packed) {
    p->matrix = NULL;
    p->o.right = matrix->data;
    p->o.right_row_stride = matrix->columns;
    p->o.right_column_stride = 1;
    p->o.right_batch_stride = 0;
  }
  p->integers = options->type == SL_ELEMENT_I8 || options->quantize != 0;
  p->width = options->type == SL_ELEMENT_F64 ? SL_PANEL_F64 : SL_PANEL_F32;
  p->panels = (options->columns + p->width - 1) / p->width;
  p->direct = p->matrix == NULL && !p->integers && options->rows <= FEW_ROWS &&
              p->o.right_column_stride == 1;
  p->packing = p->matrix == NULL && !p->direct;
  // Of like height, so that none is left with a few rows, for which panels would be read once more.
  const uint32_t blocks = (options->rows + BLOCK_ROWS - 1) / BLOCK_ROWS;
  p->block_rows = blocks == 0 ? 0 : ((options->rows + blocks - 1) / blocks + 3) / 4 * 4;
  p->item = p->row = p->column = p->first = p->panel = 0;
  p->work = 0;
  SL_TRY(reserve(p));
  if (matrix != NULL) sl_dense_matrix_hold(matrix);
  p->held = matrix;
  sl_job_begin(&p->job);
  if (options->batch == 0 || options->rows == 0 || options->columns == 0)
    end(p, SL_OUTCOME_CONVERGED);
  return SL_OK;
}

// ---- the work -----------------------------------------------------------------------------------

static const char *item_of(const sl_product *p, const void *array, uint32_t stride) {
  return (const char *)array + (size_t)p->item * stride * size_of(p->o.type);
}
static uint32_t columns_of(const sl_product *p, uint32_t panel) {
  const uint32_t missing = p->o.columns - panel * p->width;
  return missing < p->width ? missing : p->width;
}

static uint32_t depth_of(const sl_product *p) {
  const uint32_t rest = p->o.depth - p->first;
  return rest < SL_BLOCK_DEPTH ? rest : SL_BLOCK_DEPTH;
}
static uint32_t rows_of(const sl_product *p) {
  const uint32_t rest = p->o.rows - p->row;
  return rest < p->block_rows ? rest : p->block_rows;
}
// Panels of the block of columns.
static uint32_t panels_of(const sl_product *p) {
  const uint32_t first = p->column / p->width, most = BLOCK_COLUMNS / p->width;
  return p->panels - first < most ? p->panels - first : most;
}

// Where the packed panel of block `first` lies in p->right, in elements.
static size_t packed_place(const sl_product *p, uint32_t panel) {
  const uint32_t depth = depth_of(p);
  if (p->integers)
    return (size_t)p->first * p->panels * 8 + (size_t)panel * (depth + (depth & 1)) * 8;
  return ((size_t)p->first * p->panels + (size_t)panel * depth) * p->width;
}

static void pack_right(const sl_product *p, uint32_t panel, void *to) {
  const sl_product_options *o = &p->o;
  const size_t from =
      (size_t)p->first * o->right_row_stride + (size_t)panel * p->width * o->right_column_stride;
  const char *right = item_of(p, o->right, o->right_batch_stride) + from * size_of(o->type);
  const uint32_t columns = columns_of(p, panel), depth = depth_of(p);
  if (o->type == SL_ELEMENT_F64)
    sl_pack_panel_f64((const double *)right, o->right_row_stride, o->right_column_stride, depth,
                      columns, to);
  else if (o->type == SL_ELEMENT_F32)
    sl_pack_panel_f32((const float *)right, o->right_row_stride, o->right_column_stride, depth,
                      columns, to);
  else
    sl_pack_panel_i8((const int8_t *)right, o->right_row_stride, o->right_column_stride, depth,
                     columns, to);
}

// One panel more of right. After the last one the product begins.
static void step_packing(sl_product *p) {
  if (p->first < p->o.depth) {
    char *to = p->right.at;
    pack_right(p, p->panel, to + packed_place(p, p->panel) * size_of(p->o.type));
    p->work += (uint64_t)depth_of(p) * p->width;
    if (++p->panel < p->panels) return;
    p->panel = 0;
    p->first += SL_BLOCK_DEPTH;
    if (p->first < p->o.depth) return;
  }
  p->packing = false;
  p->first = 0;
}

static void quantize_rows(sl_product *p) {
  const sl_product_options *o = &p->o;
  const float *left = (const float *)item_of(p, o->left, o->left_batch_stride);
  const uint32_t rows = rows_of(p);
  for (uint32_t i = 0; i < rows; i++)
    p->row_scales[i] =
        sl_quantize_row(left + (size_t)(p->row + i) * o->left_row_stride, o->left_column_stride,
                        o->depth, (int8_t *)p->codes.at + (size_t)i * o->depth);
}

static void pack_left(sl_product *p) {
  const sl_product_options *o = &p->o;
  const uint32_t rows = rows_of(p), depth = depth_of(p);
  const size_t rs = o->left_row_stride, cs = o->left_column_stride;
  const char *left =
      item_of(p, o->left, o->left_batch_stride) + (p->row * rs + p->first * cs) * size_of(o->type);
  if (o->quantize != 0)
    sl_pack_left_i8((const int8_t *)p->codes.at + p->first, o->depth, 1, rows, depth, p->left.at);
  else if (o->type == SL_ELEMENT_F64)
    sl_pack_left_f64((const double *)left, rs, cs, rows, depth, p->left.at);
  else if (o->type == SL_ELEMENT_F32)
    sl_pack_left_f32((const float *)left, rs, cs, rows, depth, p->left.at);
  else
    sl_pack_left_i8((const int8_t *)left, rs, cs, rows, depth, p->left.at);
}

// A panel of right as the kernel wants it, and how far apart its rows are.
static const void *panel_of(sl_product *p, uint32_t panel, size_t *stride) {
  const sl_product_options *o = &p->o;
  *stride = p->width;
  if (p->matrix != NULL) {
    if (p->integers || p->matrix->element <= SL_ELEMENT_F64)
      return sl_dense_matrix_panel(p->matrix, p->first, panel);
    sl_dense_matrix_unpack(p->matrix, p->first, depth_of(p), panel, p->panel_values.at);
    return p->panel_values.at;
  }
  if (!p->direct) return (const char *)p->right.at + packed_place(p, panel) * size_of(o->type);
  if (columns_of(p, panel) < p->width) { // a load would reach beyond the array
    pack_right(p, panel, p->panel_values.at);
    return p->panel_values.at;
  }
  *stride = o->right_row_stride;
  const size_t from = (size_t)p->first * o->right_row_stride + (size_t)panel * p->width;
  return item_of(p, o->right, o->right_batch_stride) + from * size_of(o->type);
}

static void finish_f32(sl_product *p, uint32_t i, uint32_t columns, float *out) {
  const sl_product_options *o = &p->o;
  const size_t at = (size_t)i * panels_of(p) * p->width;
  const float *bias = o->bias != NULL ? (const float *)o->bias + p->column : NULL;
  const float *scales =
      p->matrix != NULL && p->matrix->scales != NULL ? p->matrix->scales + p->column : NULL;
  if (o->quantize != 0)
    sl_scale_sums((int32_t *)p->sums.at + at, columns, p->row_scales[i], scales);
  const sl_row_end end = {(float)o->alpha, (float)o->beta, o->quantize != 0 ? NULL : scales, bias};
  sl_end_row((const float *)p->sums.at + at, columns, &end, out);
  (void)sl_activate(out, columns, o->activation);
}

static NOINLINE void finish_f64(sl_product *p, uint32_t i, uint32_t columns, double *out) {
  const sl_product_options *o = &p->o;
  const double *sums = (const double *)p->sums.at + (size_t)i * panels_of(p) * p->width;
  const double *bias = o->bias;
  for (uint32_t j = 0; j < columns; j++) {
    double value = sums[j];
    if (o->alpha != 1) value *= o->alpha;
    if (o->beta != 0) value += o->beta * out[j];
    if (bias != NULL) value += bias[p->column + j];
    out[j] = o->activation == SL_ACTIVATION_RELU && value < 0 ? 0 : value;
  }
}

// The block of rows and columns is summed up: it goes into out.
static void finish_block(sl_product *p) {
  const sl_product_options *o = &p->o;
  const uint32_t rows = rows_of(p), stride = panels_of(p) * p->width;
  const uint32_t rest = o->columns - p->column, columns = rest < stride ? rest : stride;
  const bool plain =
      o->type == SL_ELEMENT_I8 ||
      (o->type == SL_ELEMENT_F32 && o->alpha == 1 && o->beta == 0 && o->bias == NULL &&
       o->activation == SL_ACTIVATION_NONE && (p->matrix == NULL || p->matrix->scales == NULL));
  for (uint32_t i = 0; i < rows; i++) {
    const size_t at = (size_t)p->item * o->out_batch_stride +
                      (size_t)(p->row + i) * o->out_row_stride + p->column;
    if (plain)
      memcpy((char *)o->out + at * 4, (const char *)p->sums.at + (size_t)i * stride * 4,
             columns * 4ul);
    else if (o->type == SL_ELEMENT_F32)
      finish_f32(p, i, columns, (float *)o->out + at);
    else
      finish_f64(p, i, columns, (double *)o->out + at);
  }
}

// To the next block of rows and columns. True after the last one.
static bool next_block(sl_product *p) {
  p->first = p->panel = 0;
  p->column += BLOCK_COLUMNS;
  if (p->column < p->o.columns) return false;
  p->column = 0;
  p->row += p->block_rows;
  if (p->row < p->o.rows) return false;
  p->row = 0;
  p->packing = p->matrix == NULL && !p->direct && p->o.right_batch_stride != 0;
  return ++p->item >= p->o.batch;
}

// More than one tile of rows share what widening the panel costs.
static void multiply_integers(sl_product *p, uint32_t rows, uint32_t pairs, const int8_t *right,
                              int32_t *sums, size_t stride, bool add) {
  if (rows <= SL_TILE_ROWS) {
    sl_panel_i8(rows, pairs, p->left.at, right, sums, stride, add);
    return;
  }
  sl_widen_panel_i8(right, pairs, p->panel_values.at);
  // Rows of the sums are there up to whole tiles.
  sl_panel_i16((rows + SL_TILE_ROWS - 1) / SL_TILE_ROWS, pairs, p->left.at, p->panel_values.at,
               sums, stride, add);
}

// One panel of right times the block of left.
static void multiply(sl_product *p) {
  const uint32_t rows = rows_of(p), depth = depth_of(p), here = panels_of(p);
  if (p->panel == 0) {
    if (p->first == 0 && p->column == 0 && p->o.quantize != 0) quantize_rows(p);
    pack_left(p);
  }
  size_t right_stride;
  const void *right = panel_of(p, p->column / p->width + p->panel, &right_stride);
  const size_t stride = (size_t)here * p->width, at = (size_t)p->panel * p->width;
  const bool add = p->first > 0;
  if (p->integers)
    multiply_integers(p, rows, (depth + 1) / 2, right, (int32_t *)p->sums.at + at, stride, add);
  else if (p->o.type == SL_ELEMENT_F64)
    sl_panel_f64(rows, depth, p->left.at, right, right_stride, (double *)p->sums.at + at, stride,
                 add);
  else
    sl_panel_f32(rows, depth, p->left.at, right, right_stride, (float *)p->sums.at + at, stride,
                 add);
  p->work += (uint64_t)rows * depth * p->width;
  if (++p->panel < here) return;
  p->panel = 0;
  p->first += depth;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_product *p = (sl_product *)job;
  const uint64_t until = work > UINT64_MAX - p->work ? UINT64_MAX : p->work + work;
  do {
    if (p->packing) {
      step_packing(p);
      continue;
    }
    if (p->first < p->o.depth) {
      multiply(p);
      if (p->first < p->o.depth) continue;
    } else { // of no depth at all
      memset(p->sums.at, 0, (size_t)rows_of(p) * panels_of(p) * p->width * out_size(&p->o));
      p->work++;
    }
    finish_block(p);
    if (next_block(p)) {
      end(p, SL_OUTCOME_CONVERGED);
      break;
    }
  } while (p->work < until);
  return SL_OK;
}

static sl_status stop(sl_job *job, sl_outcome why) {
  end((sl_product *)job, why);
  return SL_OK;
}
static uint64_t work_done(const sl_job *job) { return ((const sl_product *)job)->work; }
static uint64_t work_expected(const sl_job *job) {
  const sl_product_options *o = &((const sl_product *)job)->o;
  const double all = (double)o->batch * o->rows * o->depth *
                     (((const sl_product *)job)->panels * (double)((const sl_product *)job)->width);
  return all < 0x1p63 ? (uint64_t)all : 0;
}
static size_t job_bytes(const sl_job *job) { return sl_product_bytes((const sl_product *)job); }
static void destroy(sl_job *job) { sl_product_destroy((sl_product *)job); }

const sl_job_kind sl_product_kind = {"product",     step,      stop,   work_done,
                                     work_expected, job_bytes, destroy};
