// Based on: A. Pothen, C.-J. Fan, "Computing the block triangular form of a sparse matrix", ACM
// TOMS 16 (1990), doi:10.1145/98267.98287: depth-first searches with look-ahead, of which all in a
// pass share what they have seen. I. S. Duff, "On algorithms for obtaining a maximum transversal",
// ACM TOMS 7 (1981), doi:10.1145/355958.355963, for the look-ahead. Here the diagonal is matched
// first, and the searches keep their own stack.
#include "direct/matching.h"

#include <string.h>

#include "base/memory.h"

// Rows that are searched entry by entry.
#define SHORT_ROW 16

sl_status sl_matching_begin(const sl_csr *matrix, sl_matching *out) {
  size_t n = matrix->rows;
  *out = (sl_matching){.matrix = matrix};
  SL_TRY(sl_alloc(n, 3 * sizeof *out->row_of, (void **)&out->row_of));
  SL_TRY(sl_alloc(n, 4 * sizeof *out->cheap, (void **)&out->cheap));
  out->column_of = out->row_of + n;
  out->entry_of = out->column_of + n;
  out->next = out->cheap + n;
  out->seen = out->next + n;
  out->path = out->seen + n;
  memset(out->row_of, 0xff, 2 * n * sizeof *out->row_of);
  memset(out->seen, 0, n * sizeof *out->seen);
  memcpy(out->cheap, matrix->row_pointers, n * sizeof *out->cheap);
  return SL_OK;
}

static void free_scratch(sl_matching *matching) {
  sl_free(matching->cheap); // with the others
  matching->cheap = matching->next = matching->seen = matching->path = NULL;
}

void sl_matching_destroy(sl_matching *matching) {
  free_scratch(matching);
  sl_free(matching->row_of); // with the other two
  *matching = (sl_matching){0};
}

static void pair(sl_matching *matching, uint32_t row, uint32_t column, uint32_t entry) {
  matching->row_of[column] = row;
  matching->column_of[row] = column;
  matching->entry_of[row] = entry;
}

// Row `root` with its diagonal entry, where one is stored that is not zero.
static uint64_t match_diagonal(sl_matching *matching, uint32_t root) {
  const sl_csr *matrix = matching->matrix;
  const uint32_t *columns = matrix->columns;
  uint32_t begin = matrix->row_pointers[root], end = matrix->row_pointers[root + 1];
  uint32_t low = begin, high = end;
  while (high - low > SHORT_ROW) {
    uint32_t middle = low + (high - low) / 2;
    if (columns[middle] < root) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  // Without a branch that would be guessed wrong.
  uint32_t before = low;
  for (uint32_t at = before; at < high; at++) low += columns[at] < root;
  if (low < end && columns[low] == root && sl_csr_value(matrix, low) != 0) {
    pair(matching, root, root, low);
    matching->found++;
  }
  return 4;
}

// A column of the row that is free, or SL_UNMATCHED. Each entry is looked at once in all passes.
static uint32_t free_column(sl_matching *matching, uint32_t row, uint64_t *spent) {
  const sl_csr *matrix = matching->matrix;
  uint32_t at = matching->cheap[row], end = matrix->row_pointers[row + 1];
  uint32_t column = SL_UNMATCHED;
  while (at < end && column == SL_UNMATCHED) {
    if (matching->row_of[matrix->columns[at]] == SL_UNMATCHED) column = matrix->columns[at];
    at++;
  }
  *spent += at - matching->cheap[row];
  matching->cheap[row] = at;
  return column;
}

// `column` is the last one that was looked at for a free one in the row at the end of the path; the others
// get the one that they were followed through.
static void augment(sl_matching *matching, uint32_t column) {
  const uint32_t *at = matching->cheap;
  while (matching->depth > 0) {
    uint32_t row = matching->path[--matching->depth];
    uint32_t before = matching->column_of[row];
    pair(matching, row, column, at[row] - 1);
    column = before;
    at = matching->next;
  }
  matching->found++;
}

static void push(sl_matching *matching, uint32_t row) {
  matching->path[matching->depth++] = row;
  matching->next[row] = matching->matrix->row_pointers[row];
}

// One step of the search: deeper, back, or to a free column.
static void search(sl_matching *matching, uint64_t *spent) {
  const sl_csr *matrix = matching->matrix;
  uint32_t row = matching->path[matching->depth - 1];
  uint32_t at = matching->next[row], end = matrix->row_pointers[row + 1];
  if (at == matrix->row_pointers[row]) {
    uint32_t column = free_column(matching, row, spent);
    if (column != SL_UNMATCHED) {
      augment(matching, column);
      return;
    }
  }
  while (at < end && matching->seen[matrix->columns[at]] == matching->pass) at++;
  *spent += at - matching->next[row] + 1;
  if (at == end) {
    matching->depth--;
    return;
  }
  uint32_t column = matrix->columns[at];
  matching->next[row] = at + 1;
  matching->seen[column] = matching->pass;
  push(matching, matching->row_of[column]);
}

bool sl_matching_step(sl_matching *matching, uint64_t work, uint64_t *spent) {
  uint32_t n = matching->matrix->rows;
  uint64_t begin = *spent;
  while (!matching->done && *spent - begin < work) {
    if (matching->depth > 0) {
      search(matching, spent);
    } else if (matching->root < n) {
      uint32_t root = matching->root++;
      *spent += 1;
      if (matching->pass == 0) {
        *spent += match_diagonal(matching, root);
      } else if (matching->column_of[root] == SL_UNMATCHED) {
        push(matching, root);
      }
    } else {
      matching->size += matching->found;
      matching->done = matching->size == n || (matching->pass > 0 && matching->found == 0);
      matching->pass++;
      matching->root = 0;
      matching->found = 0;
      if (matching->done) free_scratch(matching);
    }
  }
  return matching->done;
}

// Rows met by alternating paths from the unmatched rows; every column on the way has a row.
static void mark_rows(const sl_matching *matching, uint8_t *rows, uint32_t *queue) {
  const sl_csr *matrix = matching->matrix;
  uint32_t count = 0;
  for (uint32_t i = 0; i < matrix->rows; i++) {
    rows[i] = matching->column_of[i] == SL_UNMATCHED;
    if (rows[i]) queue[count++] = i;
  }
  for (uint32_t head = 0; head < count; head++) {
    uint32_t row = queue[head];
    for (uint32_t k = matrix->row_pointers[row]; k < matrix->row_pointers[row + 1]; k++) {
      uint32_t next = matching->row_of[matrix->columns[k]];
      if (rows[next]) continue;
      rows[next] = 1;
      queue[count++] = next;
    }
  }
}

static void mark_columns(const sl_matching *matching, const uint32_t *pointers,
                         const uint32_t *rows_of, uint8_t *columns, uint32_t *queue) {
  uint32_t n = matching->matrix->rows, count = 0;
  for (uint32_t j = 0; j < n; j++) {
    columns[j] = matching->row_of[j] == SL_UNMATCHED;
    if (columns[j]) queue[count++] = j;
  }
  for (uint32_t head = 0; head < count; head++) {
    uint32_t column = queue[head];
    for (uint32_t k = pointers[column]; k < pointers[column + 1]; k++) {
      uint32_t next = matching->column_of[rows_of[k]];
      if (columns[next]) continue;
      columns[next] = 1;
      queue[count++] = next;
    }
  }
}

sl_status sl_matching_deficient(const sl_matching *matching, uint8_t *rows, uint8_t *columns) {
  const sl_csr *matrix = matching->matrix;
  uint32_t n = matrix->rows, *queue = NULL, *pointers = NULL, *rows_of = NULL;
  sl_status status = SL_ALLOC(&queue, n);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&pointers, (size_t)n + 2);
  if (status == SL_OK) status = SL_ALLOC(&rows_of, matrix->nnz);
  if (status == SL_OK) {
    for (uint32_t k = 0; k < matrix->nnz; k++) pointers[matrix->columns[k] + 2]++;
    for (uint32_t j = 0; j < n; j++) pointers[j + 2] += pointers[j + 1];
    for (uint32_t i = 0; i < n; i++) {
      for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
        rows_of[pointers[matrix->columns[k] + 1]++] = i;
      }
    }
    mark_rows(matching, rows, queue);
    mark_columns(matching, pointers, rows_of, columns, queue);
  }
  sl_free(queue);
  sl_free(pointers);
  sl_free(rows_of);
  return status;
}
