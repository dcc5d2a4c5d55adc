#include "sparse/file.h"

#include "base/memory.h"
#include "simd/kernels.h"

#define TAG_SHAPE SL_TAG('C', 'S', 'R', ' ')
#define TAG_POINTERS SL_TAG('R', 'O', 'W', 'P')
#define TAG_COLUMNS SL_TAG('C', 'O', 'L', 'S')
#define TAG_VALUES SL_TAG('V', 'A', 'L', 'S')

// Section `CSR `, as it stands in the file.
typedef struct shape {
  uint32_t rows, cols, nnz, value_type;
} shape;

void sl_csr_write(sl_writer *writer, const sl_csr *matrix) {
  shape s = {matrix->rows, matrix->cols, matrix->nnz, (uint32_t)matrix->value_type};
  size_t nnz = matrix->nnz;
  sl_writer_add_copy(writer, TAG_SHAPE, &s, sizeof s);
  sl_writer_add(writer, TAG_POINTERS, matrix->row_pointers, ((size_t)matrix->rows + 1) * 4);
  sl_writer_add(writer, TAG_COLUMNS, matrix->columns, nnz * 4);
  sl_writer_add(writer, TAG_VALUES, matrix->values, nnz * sl_csr_value_size(matrix->value_type));
}

sl_status sl_csr_save(const sl_csr *matrix, sl_writer **out) {
  SL_TRY(sl_writer_create(SL_FILE_MATRIX, out));
  sl_csr_write(*out, matrix);
  return SL_OK;
}

// Rows begin .. end - 1. A function of its own, so that engines optimise it while a long file is
// read.
static __attribute__((noinline)) bool are_canonical(const shape *s, const uint32_t *pointers,
                                                    const uint32_t *columns, uint32_t begin,
                                                    uint32_t end) {
  for (uint32_t i = begin; i < end; i++) {
    uint32_t least = 0;
    for (uint32_t k = pointers[i]; k < pointers[i + 1]; k++) {
      if (columns[k] >= s->cols || columns[k] < least) return false;
      least = columns[k] + 1;
    }
  }
  return true;
}

static bool pointers_are_right(const shape *s, const uint32_t *pointers) {
  uint32_t last = 0;
  if (pointers[0] != 0) return false;
  for (uint32_t i = 0; i <= s->rows; i++) {
    if (pointers[i] < last) return false;
    last = pointers[i];
  }
  return last == s->nnz;
}

static bool columns_are_right(const shape *s, const uint32_t *pointers, const uint32_t *columns) {
  enum { BLOCK = 4096 };
  for (uint32_t i = 0; i < s->rows;) {
    uint32_t end = s->rows - i > BLOCK ? i + BLOCK : s->rows;
    if (!are_canonical(s, pointers, columns, i, end)) return false;
    i = end;
  }
  return true;
}

static bool values_are_finite(const shape *s, const void *values) {
  if (s->value_type == SL_VALUES_F64) return sl_first_not_finite_f64(values, s->nnz) == s->nnz;
  return s->value_type != SL_VALUES_F32 || sl_first_not_finite_f32(values, s->nnz) == s->nnz;
}

#define RIGHT_POINTERS "row pointers that rise from 0 to the number of entries"
#define RIGHT_COLUMNS "ascending columns inside the matrix"
#define RIGHT_VALUES "finite values"

const char *sl_csr_fault(const sl_csr *matrix) {
  const shape s = {matrix->rows, matrix->cols, matrix->nnz, (uint32_t)matrix->value_type};
  if (!pointers_are_right(&s, matrix->row_pointers)) return RIGHT_POINTERS;
  if (!columns_are_right(&s, matrix->row_pointers, matrix->columns)) return RIGHT_COLUMNS;
  return values_are_finite(&s, matrix->values) ? NULL : RIGHT_VALUES;
}

// The arrays of a matrix, checked one after the other while they are taken.
static sl_status read_arrays(sl_reader *reader, const shape *s, sl_csr *out) {
  uint64_t nnz = s->nnz, rows = s->rows;
  SL_TRY(sl_reader_take(reader, TAG_POINTERS, (rows + 1) * 4, (void **)&out->row_pointers));
  if (!pointers_are_right(s, out->row_pointers)) return sl_reader_bad(reader, RIGHT_POINTERS);
  SL_TRY(sl_reader_take(reader, TAG_COLUMNS, nnz * 4, (void **)&out->columns));
  if (!columns_are_right(s, out->row_pointers, out->columns)) {
    return sl_reader_bad(reader, RIGHT_COLUMNS);
  }
  size_t each = sl_csr_value_size((sl_value_type)s->value_type);
  SL_TRY(sl_reader_take(reader, TAG_VALUES, nnz * each, &out->values));
  if (!values_are_finite(s, out->values)) return sl_reader_bad(reader, RIGHT_VALUES);
  return SL_OK;
}

sl_status sl_csr_read(sl_reader *reader, sl_csr **out) {
  shape s;
  sl_csr arrays = {0};
  *out = NULL;
  SL_TRY(sl_reader_copy(reader, TAG_SHAPE, &s, sizeof s));
  // 0 and 2^32 - 1 are no sizes.
  if (s.rows + 1 < 2 || s.cols + 1 < 2 || s.value_type > SL_VALUES_F64) {
    return sl_reader_bad(reader, "a shape and a value type that exist");
  }
  sl_status status = read_arrays(reader, &s, &arrays);
  if (status != SL_OK || s.value_type == SL_VALUES_PATTERN) {
    sl_free(arrays.values);
    arrays.values = NULL;
  }
  if (status == SL_OK) {
    return sl_csr_adopt(s.rows, s.cols, arrays.row_pointers, arrays.columns, arrays.values,
                        (sl_value_type)s.value_type, out);
  }
  sl_free(arrays.row_pointers);
  sl_free(arrays.columns);
  return status;
}

sl_status sl_csr_load(sl_reader *reader, sl_csr **out) {
  *out = NULL;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_csr_read(reader, out));
  sl_status status = sl_reader_close(reader);
  if (status == SL_OK) return SL_OK;
  sl_csr_destroy(*out);
  *out = NULL;
  return status;
}
