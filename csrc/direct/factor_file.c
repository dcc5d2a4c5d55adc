// Saving and loading factorisations.
//
// The analysis is not in the file: it follows from the matrix and the order, and is made again, so
// that nothing in the file can lead out of an array. What is left to check are the exchanges inside
// of panels. The LU half checks its own.
#include <string.h>

#include "base/memory.h"
#include "direct/factor_object.h"
#include "sparse/file.h"

#define TAG_META SL_TAG('M', 'E', 'T', 'A')
#define TAG_ORDER SL_TAG('O', 'R', 'D', 'R')
#define TAG_VALUES SL_TAG('P', 'N', 'L', 'S')
#define TAG_D SL_TAG('D', 'I', 'A', 'G')
#define TAG_E SL_TAG('P', 'A', 'I', 'R')
#define TAG_EXCHANGED SL_TAG('X', 'C', 'H', 'G')

// Section `META`, as it stands in the file.
typedef struct meta {
  uint32_t asked, method, ordering, simple, perturbed, perturbed_row, reserved[2];
} meta;

static sl_status add_order(sl_writer *writer, const sl_analysis *a) {
  uint32_t *order;
  SL_TRY(SL_ALLOC(&order, (size_t)a->n));
  for (uint32_t k = 0; k < a->n; k++) {
    order[k] = a->order[k] | (a->tied != NULL && a->tied[k] ? SL_TIED : 0);
  }
  sl_writer_add_copy(writer, TAG_ORDER, order, (size_t)a->n * 4);
  sl_free(order);
  return SL_OK;
}

sl_status sl_factor_save(sl_factor *f, sl_writer **out) {
  SL_TRY(sl_factor_require_made(f));
  SL_TRY(sl_writer_create(SL_FILE_FACTOR, out));
  const sl_analysis *a = &f->analysis;
  const sl_symmetric *s = &f->numbers;
  double facts[SL_FACTOR_FACTS];
  sl_factor_facts(f, facts);
  // What was taken as unsymmetric stays so: other values may have made it symmetric, and be scaled as such.
  meta m = {.asked = f->symmetric ? f->asked : SL_FACTOR_LU,
            .method = f->method,
            .simple = a->simple,
            .perturbed = s->pivoting.perturbed,
            .perturbed_row = f->lu != NULL ? UINT32_MAX : s->perturbed_row};
  size_t n = a->n;
  // The order that is there, so that a factor that is read back says the same.
  m.ordering = (uint32_t)facts[3];
  sl_writer_watch(*out, &f->version);
  sl_writer_add_copy(*out, TAG_META, &m, sizeof m);
  sl_csr_write(*out, f->matrix);
  if (f->lu != NULL) {
    sl_status status = sl_lu_write(*out, f->lu);
    if (status != SL_OK) sl_writer_destroy(*out);
    return status;
  }
  sl_status status = add_order(*out, a);
  if (status != SL_OK) {
    sl_writer_destroy(*out);
    return status;
  }
  sl_writer_add(*out, TAG_D, s->d, n * 8);
  sl_writer_add(*out, TAG_E, s->e, a->simple ? 0 : n * 8);
  sl_writer_add(*out, TAG_EXCHANGED, s->exchanged, a->simple ? 0 : n * 4);
  sl_writer_add(*out, TAG_VALUES, s->values, (size_t)a->value_count * 8);
  return SL_OK;
}

void sl_factor_drop_file(sl_factor *f) {
  sl_free(f->file_values);
  sl_free(f->file_d);
  sl_free(f->file_e);
  sl_free(f->file_exchanged);
  sl_free(f->file_order);
  f->file_values = f->file_d = f->file_e = NULL;
  f->file_exchanged = f->file_order = NULL;
}

// `allowed` bits may be set beside the numbers.
static bool is_permutation(const uint32_t *order, uint32_t n, uint32_t allowed, uint8_t *seen) {
  for (uint32_t k = 0; k < n; k++) {
    uint32_t at = order[k] & ~allowed;
    if (at >= n || seen[at]) return false;
    seen[at] = 1;
  }
  return true;
}

// The last row has none to be tied to, and no row is tied to two.
static bool ties_are_right(const uint32_t *order, uint32_t n) {
  for (uint32_t k = 0; k < n; k++) {
    if ((order[k] & SL_TIED) != 0 && (k + 1 == n || (order[k + 1] & SL_TIED) != 0)) return false;
  }
  return true;
}

static sl_status take_order(sl_factor *f, sl_reader *reader) {
  uint32_t n = f->matrix->rows;
  uint8_t *seen;
  SL_TRY(sl_reader_take(reader, TAG_ORDER, (uint64_t)n * 4, (void **)&f->file_order));
  SL_TRY(SL_ALLOC_ZERO(&seen, (size_t)n));
  bool right = is_permutation(f->file_order, n, SL_TIED, seen) && ties_are_right(f->file_order, n);
  sl_free(seen);
  return right ? SL_OK : sl_reader_bad(reader, "an order of all rows");
}

static sl_status take_lu(sl_factor *f, sl_reader *reader) {
  SL_TRY(sl_lu_read(reader, &f->lu));
  if (!sl_lu_has_pattern(f->lu, f->matrix)) {
    return sl_reader_bad(reader, "factors of a matrix with this pattern");
  }
  f->phase = SL_FACTOR_RESTORING;
  return sl_reader_close(reader);
}

static sl_status take_parts(sl_factor *f, sl_reader *reader, bool simple) {
  uint64_t n = f->matrix->rows;
  SL_TRY(take_order(f, reader));
  SL_TRY(sl_reader_take(reader, TAG_D, n * 8, (void **)&f->file_d));
  SL_TRY(sl_reader_take(reader, TAG_E, simple ? 0 : n * 8, (void **)&f->file_e));
  SL_TRY(sl_reader_take(reader, TAG_EXCHANGED, simple ? 0 : n * 4, (void **)&f->file_exchanged));
  sl_section values;
  SL_TRY(sl_reader_section(reader, &values));
  f->file_value_count = values.bytes / 8;
  SL_TRY(sl_reader_take(reader, TAG_VALUES, f->file_value_count * 8, (void **)&f->file_values));
  return sl_reader_close(reader);
}

static sl_status read_file(sl_reader *reader, sl_factor **out) {
  meta m;
  sl_csr *matrix;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(sl_reader_copy(reader, TAG_META, &m, sizeof m));
  if (m.asked > SL_FACTOR_LU || m.method < SL_FACTOR_CHOLESKY || m.method > SL_FACTOR_LU ||
      (m.asked != SL_FACTOR_AUTO && m.asked != m.method) || m.ordering > SL_FACTOR_ORDER_NESTED ||
      m.simple > 1 || m.reserved[0] || m.reserved[1] ||
      (m.simple && m.method != SL_FACTOR_CHOLESKY)) {
    return sl_reader_bad(reader, "methods and orderings that exist, then zeros");
  }
  SL_TRY(sl_csr_read(reader, &matrix));
  const sl_matrix_class *facts;
  sl_status status = SL_OK;
  if (matrix->rows != matrix->cols || matrix->value_type != SL_VALUES_F64) {
    status = sl_reader_bad(reader, "a square matrix of 64-bit numbers");
  }
  if (status == SL_OK) status = sl_csr_classify(matrix, &facts);
  bool lu = m.method == SL_FACTOR_LU;
  if (status == SL_OK && !lu && !facts->symmetric) {
    status = sl_reader_bad(reader, "a symmetric matrix");
  }
  bool general = m.asked == SL_FACTOR_LU || (status == SL_OK && !facts->symmetric);
  if (status != SL_OK) {
    sl_csr_destroy(matrix);
    return status;
  }
  status = sl_factor_adopt(matrix, general, out);
  if (status == SL_ERR_SINGULAR) return sl_reader_bad(reader, "an entry other than 0 in each row");
  SL_TRY(status);
  sl_factor *f = *out;
  f->asked = (sl_factor_method)m.asked;
  f->method = (sl_factor_method)m.method;
  f->ordering = (sl_factor_ordering)m.ordering;
  f->numbers.pivoting.perturbed = m.perturbed;
  f->numbers.perturbed_row = m.perturbed_row;
  if (m.perturbed > 0 ? lu || m.perturbed_row >= matrix->rows : m.perturbed_row != UINT32_MAX) {
    return sl_reader_bad(reader, "a row that was replaced, where one was");
  }
  if (lu) return take_lu(f, reader);
  f->file_simple = m.simple;
  SL_TRY(take_parts(f, reader, m.simple));
  f->phase = SL_FACTOR_ANALYSING;
  return sl_analysis_begin(f->matrix, sl_factor_direct_ordering(f), f->file_order,
                           m.method == SL_FACTOR_LDLT, NULL, &f->analysis);
}

sl_status sl_factor_load(sl_reader *reader, sl_factor **out) {
  *out = NULL;
  sl_status status = read_file(reader, out);
  if (status != SL_OK) {
    sl_factor_destroy(*out);
    *out = NULL;
    return status;
  }
  sl_factor_begin_phase(*out, (*out)->phase);
  return SL_OK;
}

// The exchanges of each panel are among its columns, and pairs do not reach out of it.
static bool fits(const sl_factor *f) {
  const sl_analysis *a = &f->analysis;
  for (uint32_t k = 0; k < a->panels; k++) {
    const sl_panel *panel = a->panel + k;
    uint8_t seen[SL_PANEL_WIDTH] = {0};
    if (!is_permutation(f->file_exchanged + panel->first, panel->width, 0, seen)) return false;
    for (uint32_t c = 0; c < panel->width; c++) {
      if (f->file_e[panel->first + c] == 0) continue;
      if (c + 1 == panel->width || f->file_e[panel->first + c + 1] != 0) return false;
    }
  }
  return true;
}

// The order is in postorder already: the analysis has left it as it was.
static bool same_order(const sl_factor *f) {
  const sl_analysis *a = &f->analysis;
  for (uint32_t k = 0; k < a->n; k++) {
    if (a->order[k] != (f->file_order[k] & ~SL_TIED)) return false;
  }
  return true;
}

sl_status sl_factor_step_restore(sl_factor *f) {
  const sl_analysis *a = &f->analysis;
  sl_symmetric *s = &f->numbers;
  if (f->lu != NULL) {
    f->made = f->analysed = true;
    return SL_OK;
  }
  bool right = a->value_count == (double)f->file_value_count && a->simple == f->file_simple &&
               same_order(f) && (a->simple || fits(f));
  if (!right) return sl_bad_file("parts that fit the factor of this matrix", 0);
  s->analysis = a;
  s->entries = f->scaled;
  s->pivoting.definite = f->method == SL_FACTOR_CHOLESKY;
  s->values = f->file_values;
  s->d = f->file_d;
  f->file_values = f->file_d = NULL;
  if (!a->simple) {
    s->e = f->file_e;
    s->exchanged = f->file_exchanged;
    f->file_e = NULL;
    f->file_exchanged = NULL;
  }
  sl_factor_drop_file(f);
  f->made = true;
  return SL_OK;
}
