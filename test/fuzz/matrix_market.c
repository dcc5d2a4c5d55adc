// Any bytes as a Matrix Market file. The first byte chooses precision and chunks. What is accepted
// is canonical, does not depend on the chunks, and reads back from its own text bit by bit.
#include "sparse/matrix_market.h"
#include "readers.h"

static fuzz_answer read_text(const char *text, size_t size, uint32_t chunks, sl_value_type type,
                             sl_csr **out) {
  fuzz_answer answer = {.status = SL_OK};
  sl_matrix_market *reader;
  *out = NULL;
  REQUIRE(sl_matrix_market_create(type, &reader) == SL_OK);
  sl_status status = SL_OK;
  uint32_t state = chunks;
  for (size_t at = 0; at < size && status == SL_OK;) {
    size_t n = chunks == 0 ? size : next_chunk(&state, size - at);
    status = sl_matrix_market_feed(reader, text + at, n);
    at += n;
  }
  if (status == SL_OK) status = sl_matrix_market_finish(reader, out);
  keep_end(&answer, status, sl_matrix_market_found(reader));
  sl_matrix_market_destroy(reader);
  return answer;
}

static void check_round_trip(const sl_csr *matrix, sl_value_type type) {
  size_t room = 200 + (size_t)matrix->nnz * 64, length;
  char *text = malloc(room);
  bool pattern = matrix->value_type == SL_VALUES_PATTERN;
  length = (size_t)sprintf(text, "%%%%MatrixMarket matrix coordinate %s general\n%u %u %u\n",
                           pattern ? "pattern" : "real", matrix->rows, matrix->cols, matrix->nnz);
  for (uint32_t i = 0; i < matrix->rows; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      length += (size_t)sprintf(text + length, "%u %u", i + 1, matrix->columns[k] + 1);
      if (!pattern) length += (size_t)sprintf(text + length, " %.17g", sl_csr_value(matrix, k));
      text[length++] = '\n';
    }
  }
  sl_csr *again;
  fuzz_answer answer = read_text(text, length, 0, type, &again);
  REQUIRE(answer.status == SL_OK || answer.status == SL_ERR_MEMORY);
  if (again) require_same(matrix, again);
  sl_csr_destroy(again);
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  sl_set_memory_limit(FUZZ_MEMORY);
  sl_value_type type = data[0] & 1 ? SL_VALUES_F32 : SL_VALUES_F64;
  const char *text = (const char *)data + 1;
  sl_csr *whole, *cut;
  fuzz_answer a = read_text(text, size - 1, 0, type, &whole);
  fuzz_answer b = read_text(text, size - 1, 1 + data[0], type, &cut);
  require_same_end(&a, &b);
  if (whole) {
    require_canonical(whole);
    if (cut) require_same(whole, cut);
    check_round_trip(whole, type);
  }
  sl_csr_destroy(whole);
  sl_csr_destroy(cut);
  REQUIRE(sl_bytes_in_use() == 0);
  return 0;
}
