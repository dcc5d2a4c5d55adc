#include "gemm/dense_matrix.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gemm/kernel.h"
#include "quant/float16.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

// A group of I4: the scales of 8 columns, then two rows at a time the codes of 8 columns, the first
// row's in the low four bits.
enum { GROUP_BYTES = 8 * 2 + SL_GROUP_ROWS / 2 * 8 };

static uint32_t width(uint32_t element) {
  return element == SL_ELEMENT_F64 ? SL_PANEL_F64 : SL_PANEL_F32;
}
static size_t size_of(uint32_t element) { return element == SL_ELEMENT_F64 ? 8 : 4; }

uint32_t sl_dense_matrix_panels(uint32_t columns, uint32_t element) {
  return (columns + width(element) - 1) / width(element);
}

static uint32_t even(uint32_t rows) { return rows + (rows & 1); }
static uint32_t groups(uint32_t rows) { return rows / SL_GROUP_ROWS + (rows % SL_GROUP_ROWS != 0); }

static double data_bytes(uint32_t rows, uint32_t columns, uint32_t element, bool packed) {
  const double n = sl_dense_matrix_panels(columns, element) * (double)width(element);
  if (element == SL_ELEMENT_I8) return n * even(rows);
  if (element == SL_ELEMENT_I4) return n / 8 * groups(rows) * GROUP_BYTES;
  return (double)rows * (packed ? n : columns) * (double)size_of(element);
}

static double scale_bytes(uint32_t columns, uint32_t element) {
  return element == SL_ELEMENT_I8 ? 32.0 * sl_dense_matrix_panels(columns, element) : 0;
}

double sl_dense_matrix_estimate(uint32_t rows, uint32_t columns, uint32_t element,
                                uint32_t packed) {
  return (double)sizeof(sl_dense_matrix) + data_bytes(rows, columns, element, packed != 0) +
         scale_bytes(columns, element);
}

size_t sl_dense_matrix_bytes(const sl_dense_matrix *matrix) {
  return sizeof *matrix + matrix->bytes;
}

void sl_dense_matrix_destroy(sl_dense_matrix *matrix) {
  if (matrix == NULL || --matrix->holders > 0) return;
  sl_free(matrix->data);
  sl_free(matrix->scales);
  sl_free(matrix);
}

// Zeroed, so that what is beyond rows and columns adds nothing.
static sl_status make(uint32_t rows, uint32_t columns, uint32_t element, bool packed,
                      sl_dense_matrix **out) {
  *out = NULL;
  SL_REQUIRE(element >= SL_ELEMENT_F32 && element <= SL_ELEMENT_I4, SL_ERR_OPTION, "element",
             "one of sl_element");
  SL_REQUIRE(rows <= UINT32_MAX - SL_GROUP_ROWS && columns <= UINT32_MAX - SL_PANEL_F32,
             SL_ERR_OVERFLOW, "rows", "fewer rows and columns");
  const double data = data_bytes(rows, columns, element, packed);
  const double scales = scale_bytes(columns, element);
  if (!(data < (double)(SIZE_MAX / 2)))
    return sl_fail(SL_ERR_MEMORY, "rows", "less memory",
                   data < 0x1p63 ? (uint64_t)data : INT64_MAX);
  sl_dense_matrix *matrix;
  SL_TRY(SL_ALLOC_ZERO(&matrix, 1));
  *matrix = (sl_dense_matrix){.rows = rows, .columns = columns, .element = element};
  matrix->packed = packed;
  matrix->holders = 1;
  matrix->bytes = (size_t)data + (size_t)scales;
  sl_status status = sl_alloc_zero((size_t)data, 1, &matrix->data);
  if (status == SL_OK && scales > 0)
    status = sl_alloc_zero((size_t)scales, 1, (void **)&matrix->scales);
  if (status != SL_OK) {
    sl_dense_matrix_destroy(matrix);
    return status;
  }
  *out = matrix;
  return SL_OK;
}

sl_status sl_dense_matrix_create(uint32_t rows, uint32_t columns, uint32_t element,
                                 sl_dense_matrix **out) {
  *out = NULL;
  SL_REQUIRE(element == SL_ELEMENT_F32 || element == SL_ELEMENT_F64, SL_ERR_OPTION, "element",
             "SL_ELEMENT_F32 or SL_ELEMENT_F64");
  return make(rows, columns, element, false, out);
}

// Where in data the panel of a block lies, in elements (bytes for I8 and I4). Blocks of depth
// SL_BLOCK_DEPTH follow each other, so `first` rows lie before it.
static size_t place(const sl_dense_matrix *m, uint32_t first, uint32_t panel) {
  const size_t panels = sl_dense_matrix_panels(m->columns, m->element);
  if (m->element == SL_ELEMENT_I8) return ((size_t)panel * even(m->rows) + first) * 8;
  if (m->element == SL_ELEMENT_I4)
    return ((size_t)panel * groups(m->rows) + first / SL_GROUP_ROWS) * GROUP_BYTES;
  const uint32_t rest = m->rows - first;
  const uint32_t depth = rest < SL_BLOCK_DEPTH ? rest : SL_BLOCK_DEPTH;
  return (first * panels + (size_t)panel * depth) * width(m->element);
}

const void *sl_dense_matrix_panel(const sl_dense_matrix *m, uint32_t first, uint32_t panel) {
  const size_t at = place(m, first, panel);
  if (m->element == SL_ELEMENT_F32) return (const float *)m->data + at;
  if (m->element == SL_ELEMENT_F64) return (const double *)m->data + at;
  return (const char *)m->data + at;
}

static NOINLINE void unpack_i8(const int8_t *codes, uint32_t depth, float *out) {
  for (uint32_t p = 0; p < depth; p++)
    for (uint32_t j = 0; j < 8; j++) out[8 * p + j] = (float)codes[(p & ~1u) * 8 + 2 * j + (p & 1)];
}

typedef uint8_t bytes8 __attribute__((vector_size(8)));
typedef int32_t ints8 __attribute__((vector_size(32)));

static NOINLINE void unpack_i4(const uint8_t *group, uint32_t depth, float *out) {
  float scales[8];
  uint16_t halves[8];
  for (uint32_t left = depth; left > 0; group += GROUP_BYTES) {
    memcpy(halves, group, sizeof halves);
    sl_float16_decode(halves, 8, scales);
    const sl_f32x4 low = sl_f32x4_load(scales), high = sl_f32x4_load(scales + 4);
    const uint32_t here = left < SL_GROUP_ROWS ? left : SL_GROUP_ROWS;
    const uint8_t *codes = group + sizeof halves;
    for (uint32_t p = 0; p < here; p++, out += 8) {
      bytes8 both;
      memcpy(&both, codes + p / 2 * 8, sizeof both);
      both = p % 2 ? both >> 4 : both & 15;
      const ints8 wide = __builtin_convertvector(both, ints8) - 8;
      sl_i32x4 halves_of[2];
      memcpy(halves_of, &wide, sizeof halves_of);
      sl_f32x4_store(out, __builtin_convertvector(halves_of[0], sl_f32x4) * low);
      sl_f32x4_store(out + 4, __builtin_convertvector(halves_of[1], sl_f32x4) * high);
    }
    left -= here;
  }
}

void sl_dense_matrix_unpack(const sl_dense_matrix *m, uint32_t first, uint32_t depth,
                            uint32_t panel, float *out) {
  if (m->element == SL_ELEMENT_I8)
    unpack_i8(sl_dense_matrix_panel(m, first, panel), depth, out);
  else
    unpack_i4(sl_dense_matrix_panel(m, first, panel), depth, out);
}

// ---- from values --------------------------------------------------------------------------------

// Values as they were given.
typedef struct given {
  const void *values;
  uint32_t type;
  size_t row_stride, column_stride;
} given;

static double value_at(const given *g, uint32_t i, uint32_t j) {
  const size_t at = i * g->row_stride + j * g->column_stride;
  return g->type == SL_ELEMENT_F64 ? ((const double *)g->values)[at]
                                   : (double)((const float *)g->values)[at];
}

static int32_t nearest(double x, int32_t low, int32_t high) {
  const double whole = (x + 0x1.8p52) - 0x1.8p52; // to even
  return whole < low ? low : whole > high ? high : (int32_t)whole;
}

static NOINLINE void quantize_i8(const given *g, sl_dense_matrix *m, uint32_t j) {
  double most = 0;
  for (uint32_t i = 0; i < m->rows; i++) {
    const double size = fabs(value_at(g, i, j));
    most = most < size ? size : most;
  }
  // Rounded to f32 first; subnormal scales would lose the codes' precision.
  const double wanted = most / 127 < 0x1p-126 && most > 0 ? 0x1p-126 : most / 127;
  const float scale = wanted > (double)FLT_MAX ? FLT_MAX : (float)wanted;
  m->scales[j] = scale;
  int8_t *to = (int8_t *)m->data + place(m, 0, j / 8) + 2 * (j % 8);
  for (uint32_t i = 0; i < m->rows; i++)
    to[(i & ~1u) * 8 + (i & 1)] =
        scale > 0 ? (int8_t)nearest(value_at(g, i, j) / (double)scale, -127, 127) : 0;
}

static NOINLINE void quantize_i4(const given *g, sl_dense_matrix *m, uint32_t j) {
  for (uint32_t first = 0; first < m->rows; first += SL_GROUP_ROWS) {
    uint8_t *group = (uint8_t *)m->data + place(m, first, j / 8);
    const uint32_t rest = m->rows - first, here = rest < SL_GROUP_ROWS ? rest : SL_GROUP_ROWS;
    double most = 0;
    for (uint32_t i = 0; i < here; i++) {
      const double value = value_at(g, first + i, j);
      most = fabs(most) < fabs(value) ? value : most;
    }
    double wanted = most / -8;
    wanted = wanted > 65504 ? 65504 : wanted < -65504 ? -65504 : wanted;
    const uint16_t half = sl_float16_from_f32((float)wanted);
    const double scale = (double)sl_float16_to_f32(half);
    memcpy(group + 2 * (j % 8), &half, sizeof half);
    for (uint32_t i = 0; i < SL_GROUP_ROWS; i++) {
      const double value = i < here ? value_at(g, first + i, j) : 0;
      const int32_t code = scale != 0 ? nearest(value / scale, -8, 7) : 0;
      group[16 + i / 2 * 8 + j % 8] |= (uint8_t)((uint32_t)(code + 8) << (i % 2 * 4));
    }
  }
}

static sl_status require_finite(const given *g, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const double x = g->type == SL_ELEMENT_F64 ? ((const double *)g->values)[i]
                                               : (double)((const float *)g->values)[i];
    SL_REQUIRE_AT(x - x == 0, SL_ERR_NOT_FINITE, "values", "finite numbers", i);
  }
  return SL_OK;
}

// Row by row into m, converted.
static void copy_rows(const given *g, sl_dense_matrix *m) {
  const bool direct = g->type == m->element && g->column_stride == 1;
  if (direct) {
    memcpy(m->data, g->values, (size_t)m->rows * m->columns * size_of(m->element));
    return;
  }
  size_t to = 0;
  for (uint32_t i = 0; i < m->rows; i++)
    for (uint32_t j = 0; j < m->columns; j++, to++) {
      if (m->element == SL_ELEMENT_F64)
        ((double *)m->data)[to] = value_at(g, i, j);
      else
        ((float *)m->data)[to] = (float)value_at(g, i, j);
    }
}

static void pack_all(const given *g, sl_dense_matrix *m) {
  const uint32_t w = width(m->element), panels = sl_dense_matrix_panels(m->columns, m->element);
  for (uint32_t first = 0; first < m->rows; first += SL_BLOCK_DEPTH) {
    const uint32_t rest = m->rows - first, depth = rest < SL_BLOCK_DEPTH ? rest : SL_BLOCK_DEPTH;
    for (uint32_t panel = 0; panel < panels; panel++) {
      const uint32_t missing = m->columns - panel * w, columns = missing < w ? missing : w;
      const size_t from = first * g->row_stride + (size_t)panel * w * g->column_stride;
      const size_t to = place(m, first, panel);
      if (m->element == SL_ELEMENT_F64)
        sl_pack_panel_f64((const double *)g->values + from, g->row_stride, g->column_stride, depth,
                          columns, (double *)m->data + to);
      else
        sl_pack_panel_f32((const float *)g->values + from, g->row_stride, g->column_stride, depth,
                          columns, (float *)m->data + to);
    }
  }
}

static sl_status fill(const given *g, size_t count, const float *scales, uint32_t scale_count,
                      sl_dense_matrix *m) {
  if (g->type == SL_ELEMENT_I8) {
    for (uint32_t j = 0; j < m->columns; j++) {
      m->scales[j] = scale_count > 0 ? scales[j] : 1;
      SL_REQUIRE_AT(m->scales[j] - m->scales[j] == 0, SL_ERR_NOT_FINITE, "scales", "finite numbers",
                    j);
    }
    const int8_t *codes = g->values;
    for (uint32_t j = 0; j < m->columns; j += 8) {
      const uint32_t rest = m->columns - j;
      sl_pack_panel_i8(codes + j * g->column_stride, g->row_stride, g->column_stride, m->rows,
                       rest < 8 ? rest : 8, (int8_t *)m->data + place(m, 0, j / 8));
    }
    return SL_OK;
  }
  if (m->element == SL_ELEMENT_I8 || m->element == SL_ELEMENT_I4) {
    SL_TRY(require_finite(g, count));
    for (uint32_t j = 0; j < m->columns; j++)
      (m->element == SL_ELEMENT_I8 ? quantize_i8 : quantize_i4)(g, m, j);
    return SL_OK;
  }
  if (!m->packed)
    copy_rows(g, m);
  else if (g->type == m->element)
    pack_all(g, m);
  else {
    // Converted first, then packed in place.
    m->packed = false;
    copy_rows(g, m);
    return sl_dense_matrix_pack(m);
  }
  return SL_OK;
}

sl_status sl_dense_matrix_from(const void *values, size_t count, uint32_t value_type, uint32_t rows,
                               uint32_t columns, uint32_t transposed, uint32_t element,
                               uint32_t packed, const float *scales, uint32_t scale_count,
                               sl_dense_matrix **out) {
  *out = NULL;
  SL_REQUIRE(value_type >= SL_ELEMENT_F32 && value_type <= SL_ELEMENT_I8, SL_ERR_OPTION,
             "value_type", "SL_ELEMENT_F32, SL_ELEMENT_F64 or SL_ELEMENT_I8");
  SL_REQUIRE(value_type != SL_ELEMENT_I8 || element == SL_ELEMENT_I8, SL_ERR_OPTION, "element",
             "SL_ELEMENT_I8, as the values are codes");
  SL_REQUIRE((uint64_t)rows * columns == count, SL_ERR_SHAPE, "values", "rows * columns elements");
  const bool codes = value_type == SL_ELEMENT_I8;
  SL_REQUIRE(scale_count == 0 || (codes && scale_count == columns), SL_ERR_SHAPE, "scales",
             "one scale a column, of codes");
  const bool wide = element == SL_ELEMENT_I8 || element == SL_ELEMENT_I4;
  sl_dense_matrix *made;
  SL_TRY(make(rows, columns, element, wide || packed != 0, &made));
  const given g = {values, value_type, transposed != 0 ? 1 : columns, transposed != 0 ? rows : 1};
  const sl_status status = fill(&g, count, scales, scale_count, made);
  if (status != SL_OK) {
    sl_dense_matrix_destroy(made);
    return status;
  }
  *out = made;
  return SL_OK;
}

sl_status sl_dense_matrix_pack(sl_dense_matrix *m) {
  if (m->packed) return SL_OK;
  SL_REQUIRE(m->holders == 1, SL_ERR_STATE, "matrix", "no product that is reading it");
  sl_dense_matrix *made;
  SL_TRY(make(m->rows, m->columns, m->element, true, &made));
  const given g = {m->data, m->element, m->columns, 1};
  pack_all(&g, made);
  sl_free(m->data);
  m->data = made->data;
  m->bytes = made->bytes;
  m->packed = true;
  made->data = NULL;
  sl_dense_matrix_destroy(made);
  return SL_OK;
}

// ---- reading ------------------------------------------------------------------------------------

static double element_at(const sl_dense_matrix *m, uint32_t i, uint32_t j) {
  if (m->element == SL_ELEMENT_I8) {
    const int8_t *codes = sl_dense_matrix_panel(m, 0, j / 8);
    return (double)((float)codes[(i & ~1u) * 8 + 2 * (j % 8) + (i & 1)] * m->scales[j]);
  }
  if (m->element == SL_ELEMENT_I4) {
    const uint8_t *group = sl_dense_matrix_panel(m, i - i % SL_GROUP_ROWS, j / 8);
    uint16_t half;
    memcpy(&half, group + 2 * (j % 8), sizeof half);
    const uint8_t both = group[16 + i % SL_GROUP_ROWS / 2 * 8 + j % 8];
    return (double)((float)((i % 2 ? both >> 4 : both & 15) - 8) * sl_float16_to_f32(half));
  }
  const uint32_t w = width(m->element);
  const uint32_t first = i - i % SL_BLOCK_DEPTH;
  const size_t at = m->packed ? place(m, first, j / w) + (size_t)(i - first) * w + j % w
                              : (size_t)i * m->columns + j;
  return m->element == SL_ELEMENT_F64 ? ((const double *)m->data)[at]
                                      : (double)((const float *)m->data)[at];
}

static void read_row(const sl_dense_matrix *m, uint32_t i, size_t to, void *out) {
  if (!m->packed) {
    const size_t size = size_of(m->element), row = m->columns * size;
    if (row > 0) memcpy((char *)out + to * size, (const char *)m->data + i * row, row);
    return;
  }
  for (uint32_t j = 0; j < m->columns; j++) {
    const double value = element_at(m, i, j);
    if (m->element == SL_ELEMENT_F64)
      ((double *)out)[to + j] = value;
    else
      ((float *)out)[to + j] = (float)value;
  }
}

sl_status sl_dense_matrix_read(const sl_dense_matrix *m, uint32_t first_row, uint32_t row_count,
                               void *out) {
  SL_REQUIRE(first_row <= m->rows, SL_ERR_INDEX, "first_row", "a row of the matrix");
  SL_REQUIRE(row_count <= m->rows - first_row, SL_ERR_INDEX, "row_count",
             "no more rows than there are");
  for (uint32_t i = 0; i < row_count; i++) read_row(m, first_row + i, (size_t)i * m->columns, out);
  return SL_OK;
}

sl_status sl_dense_matrix_gather(const sl_dense_matrix *m, const uint32_t *indices, uint32_t count,
                                 void *out) {
  for (uint32_t i = 0; i < count; i++)
    SL_REQUIRE_AT(indices[i] < m->rows, SL_ERR_INDEX, "indices", "rows of the matrix", i);
  for (uint32_t i = 0; i < count; i++) read_row(m, indices[i], (size_t)i * m->columns, out);
  return SL_OK;
}
