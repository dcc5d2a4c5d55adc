// What the fuzz targets of the readers share: cutting the input into chunks, and the promises that
// an accepted matrix must keep. A broken promise aborts.
#ifndef SL_FUZZ_READERS_H
#define SL_FUZZ_READERS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sparse/csr.h"

#define REQUIRE(cond)                                                                              \
  do {                                                                                             \
    if (!(cond)) {                                                                                 \
      fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #cond);                           \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

// A file may declare 2^32 rows: refused by this limit, as it is in a module. Small, so that runs
// are fast.
#define FUZZ_MEMORY (1u << 20)

// How a text ended: with a matrix, or with an error.
typedef struct fuzz_answer {
  sl_status status;
  sl_error error;
  char found[64];
} fuzz_answer;

// Length of the next chunk: from the input itself, so that the fuzzer can choose.
static inline size_t next_chunk(uint32_t *state, size_t left) {
  *state = *state * 1664525u + 1013904223u;
  size_t chunk = 1 + (*state >> 24) % 13;
  return chunk < left ? chunk : left;
}

static inline void require_canonical(const sl_csr *matrix) {
  REQUIRE(matrix->row_pointers[0] == 0 && matrix->row_pointers[matrix->rows] == matrix->nnz);
  for (uint32_t i = 0; i < matrix->rows; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      REQUIRE(matrix->columns[k] < matrix->cols);
      REQUIRE(k == matrix->row_pointers[i] || matrix->columns[k - 1] < matrix->columns[k]);
      double value = sl_csr_value(matrix, k);
      REQUIRE(value - value == 0);
    }
  }
}

static inline void require_same(const sl_csr *a, const sl_csr *b) {
  REQUIRE(a->rows == b->rows && a->cols == b->cols && a->nnz == b->nnz);
  REQUIRE(a->value_type == b->value_type);
  REQUIRE(memcmp(a->row_pointers, b->row_pointers, ((size_t)a->rows + 1) * 4) == 0);
  REQUIRE(memcmp(a->columns, b->columns, (size_t)a->nnz * 4) == 0);
  size_t size = sl_csr_value_size(a->value_type) * a->nnz;
  REQUIRE(size == 0 || memcmp(a->values, b->values, size) == 0);
}

// The same end, whatever the chunks. Memory is the one thing that may depend on them.
static inline void require_same_end(const fuzz_answer *a, const fuzz_answer *b) {
  if (a->status == SL_ERR_MEMORY || b->status == SL_ERR_MEMORY) return;
  REQUIRE(a->status == b->status);
  if (a->status == SL_OK) return;
  REQUIRE(a->error.position == b->error.position);
  REQUIRE(strcmp(a->error.expected, b->error.expected) == 0);
  REQUIRE(strcmp(a->found, b->found) == 0);
}

static inline void keep_end(fuzz_answer *answer, sl_status status, const char *found) {
  answer->status = status;
  answer->error = *sl_last_error();
  snprintf(answer->found, sizeof answer->found, "%s", found);
}

#endif
