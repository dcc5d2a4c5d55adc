// Based on: R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972),
// doi:10.1137/0201010, and I. S. Duff, J. K. Reid, "An implementation of Tarjan's algorithm for the
// block triangularization of a matrix", ACM TOMS 4 (1978), doi:10.1145/355780.355785. A row points
// to the rows matched with its columns; blocks are the strong components, each found after those
// that it points to. The search keeps its own stack, and knows rows by the columns they are matched
// with, which is how it meets them.
#include "direct/btf.h"

#include <string.h>

#include "base/memory.h"
#include "direct/matching.h"

#define NOINLINE __attribute__((noinline))

sl_status sl_btf_begin(const sl_csr *matrix, const uint32_t *row_of, sl_btf *out) {
  size_t n = matrix->rows;
  *out = (sl_btf){.matrix = matrix, .row_of = row_of};
  SL_TRY(sl_alloc(2 * n + 1, sizeof *out->order, (void **)&out->order));
  SL_TRY(sl_alloc(n, 6 * sizeof *out->number, (void **)&out->number));
  out->block_start = out->order + n;
  out->low = out->number + n;
  out->next = out->low + n;
  out->path = out->next + n;
  out->open = out->path + n;
  out->column_of = out->open + n;
  memset(out->number, 0, n * sizeof *out->number);
  for (uint32_t j = 0; j < n; j++) out->column_of[row_of[j]] = j;
  return SL_OK;
}

static void free_scratch(sl_btf *btf) {
  sl_free(btf->number); // with the others
  btf->number = btf->low = btf->next = btf->path = btf->open = btf->column_of = NULL;
}

void sl_btf_destroy(sl_btf *btf) {
  free_scratch(btf);
  sl_free(btf->order); // with the blocks
  *btf = (sl_btf){0};
}

static inline void enter(sl_btf *btf, uint32_t column) {
  btf->number[column] = btf->low[column] = ++btf->met;
  btf->next[column] = btf->matrix->row_pointers[btf->row_of[column]];
  btf->path[btf->depth++] = column;
  btf->open[btf->open_count++] = column;
}

// The row has been followed to the end: it completes a block, or what it reaches, its parent does. Rows
// of a block have a number above all others, so that what leads to them leads to nothing.
static inline void leave(sl_btf *btf, uint32_t column, uint32_t low) {
  btf->depth--;
  if (low != btf->number[column]) {
    uint32_t parent = btf->path[btf->depth - 1];
    if (low < btf->low[parent]) btf->low[parent] = low;
    return;
  }
  btf->block_start[btf->blocks++] = btf->placed;
  for (uint32_t member = SL_UNMATCHED; member != column;) {
    member = btf->open[--btf->open_count];
    btf->number[member] = SL_UNMATCHED;
    btf->order[btf->placed++] = btf->row_of[member];
  }
}

// Follows rows until about `work` entries have been looked at, or none is on the way any more. Returns the
// entries.
NOINLINE static uint64_t follow(sl_btf *btf, uint64_t work) {
  const uint32_t *row_pointers = btf->matrix->row_pointers, *columns = btf->matrix->columns;
  const uint32_t *row_of = btf->row_of, *number = btf->number;
  uint64_t spent = 0;
  while (btf->depth > 0 && spent < work) {
    uint32_t column = btf->path[btf->depth - 1], begin = btf->next[column];
    uint32_t at = begin, end = row_pointers[row_of[column] + 1], low = btf->low[column], next = 0;
    for (; at < end; at++) {
      next = columns[at];
      uint32_t met = number[next];
      if (met == 0) break;
      low = met < low ? met : low;
    }
    spent += at - begin + 2;
    if (at == end) {
      leave(btf, column, low);
      continue;
    }
    btf->low[column] = low;
    btf->next[column] = at + 1;
    enter(btf, next);
  }
  return spent;
}

// The rows of each block in the order of the matrix, so that whoever goes over a block reads it so.
static void sort_blocks(sl_btf *btf) {
  uint32_t *block_of = btf->number, *next = btf->next;
  for (uint32_t b = 0; b < btf->blocks; b++) {
    next[b] = btf->block_start[b];
    for (uint32_t k = btf->block_start[b]; k < btf->block_start[b + 1]; k++) {
      block_of[btf->order[k]] = b;
    }
  }
  for (uint32_t i = 0; i < btf->placed; i++) btf->order[next[block_of[i]]++] = i;
}

bool sl_btf_step(sl_btf *btf, uint64_t work, uint64_t *spent) {
  uint32_t n = btf->matrix->rows;
  uint64_t begin = *spent;
  while (!btf->done && *spent - begin < work) {
    if (btf->depth > 0) {
      *spent += follow(btf, work - (*spent - begin));
    } else if (btf->root < n) {
      uint32_t root = btf->root++;
      *spent += 1;
      uint32_t column = btf->column_of[root];
      if (btf->number[column] == 0) enter(btf, column);
    } else {
      btf->block_start[btf->blocks] = btf->placed;
      sort_blocks(btf);
      *spent += btf->placed;
      btf->done = true;
      free_scratch(btf);
    }
  }
  return btf->done;
}
