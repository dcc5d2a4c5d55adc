// Based on: R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972),
// doi:10.1137/0201010, and I. S. Duff, J. K. Reid, "An implementation of Tarjan's algorithm for the
// block triangularization of a matrix", ACM TOMS 4 (1978), doi:10.1145/355780.355785. A row points
// to the rows matched with its columns; blocks are the strong components, each found after those
// that it points to. The search keeps its own stack.
#include "direct/btf.h"

#include "base/memory.h"
#include "direct/matching.h"

sl_status sl_btf_begin(const sl_csr *matrix, const uint32_t *row_of, sl_btf *out) {
  uint32_t n = matrix->rows;
  *out = (sl_btf){.matrix = matrix, .row_of = row_of};
  SL_TRY(SL_ALLOC(&out->order, n));
  SL_TRY(SL_ALLOC(&out->block_start, (size_t)n + 1));
  SL_TRY(SL_ALLOC_ZERO(&out->number, n));
  SL_TRY(SL_ALLOC(&out->low, n));
  SL_TRY(SL_ALLOC(&out->next, n));
  SL_TRY(SL_ALLOC(&out->path, n));
  return SL_ALLOC(&out->open, n);
}

static void free_scratch(sl_btf *btf) {
  sl_free(btf->number);
  sl_free(btf->low);
  sl_free(btf->next);
  sl_free(btf->path);
  sl_free(btf->open);
  btf->number = btf->low = btf->next = btf->path = btf->open = NULL;
}

void sl_btf_destroy(sl_btf *btf) {
  free_scratch(btf);
  sl_free(btf->order);
  sl_free(btf->block_start);
  *btf = (sl_btf){0};
}

static void enter(sl_btf *btf, uint32_t row) {
  btf->number[row] = btf->low[row] = ++btf->met;
  btf->next[row] = btf->matrix->row_pointers[row];
  btf->path[btf->depth++] = row;
  btf->open[btf->open_count++] = row;
}

// The row has been followed to the end: it completes a block, or what it reaches, its parent does.
static void leave(sl_btf *btf, uint32_t row) {
  btf->depth--;
  if (btf->low[row] != btf->number[row]) {
    uint32_t parent = btf->path[btf->depth - 1];
    if (btf->low[row] < btf->low[parent]) btf->low[parent] = btf->low[row];
    return;
  }
  btf->block_start[btf->blocks++] = btf->placed;
  for (uint32_t member = SL_UNMATCHED; member != row;) {
    member = btf->open[--btf->open_count];
    btf->low[member] = SL_UNMATCHED;
    btf->order[btf->placed++] = member;
  }
}

// Follows the row on top until it leads to one that was not met, or to its end.
static uint64_t follow(sl_btf *btf) {
  const sl_csr *matrix = btf->matrix;
  uint32_t row = btf->path[btf->depth - 1], at = btf->next[row];
  uint32_t begin = at, end = matrix->row_pointers[row + 1], low = btf->low[row];
  for (; at < end; at++) {
    uint32_t next = btf->row_of[matrix->columns[at]];
    if (btf->number[next] == 0) {
      btf->low[row] = low;
      btf->next[row] = at + 1;
      enter(btf, next);
      return at - begin + 2;
    }
    if (btf->low[next] != SL_UNMATCHED && btf->number[next] < low) low = btf->number[next];
  }
  btf->low[row] = low;
  leave(btf, row);
  return at - begin + 2;
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
      *spent += follow(btf);
    } else if (btf->root < n) {
      uint32_t root = btf->root++;
      *spent += 1;
      if (btf->number[root] == 0) enter(btf, root);
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
