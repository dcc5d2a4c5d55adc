// Rows with one neighbour or two come first in any order of minimum degree, and need none of the machinery
// of a quotient graph: no list grows when they are eliminated. What is nearly a tree (power grids, pipes, many
// circuits) hardly has other rows. A row that is gone stays in the lists of others, with weight 0.
#include <stdbool.h>

#include "direct/amd_object.h"

static void strip_row(sl_amd *a, int32_t row) {
  a->weight[row] = a->mark[row] = a->length[row] = 0;
  a->eliminated++;
  sl_amd_place(a, row);
}

// The neighbours that row has left: `degree` of them, at most two.
static void neighbours(const sl_amd *a, int32_t row, int32_t *two) {
  const int32_t *list = a->lists + a->start[row];
  for (int32_t k = 0, left = a->degree[row]; left > 0; k++) {
    if (a->weight[list[k]] != 0) two[--left] = list[k];
  }
}

// Eliminates the row, and along the path from it what has one neighbour or none then. Returns where the path
// ends: a row that has lost a neighbour; or NONE.
static int32_t strip_path(sl_amd *a, int32_t row) {
  while (a->degree[row] <= 1) {
    int32_t next[2] = {NONE};
    neighbours(a, row, next);
    strip_row(a, row);
    if (next[0] == NONE) return NONE;
    row = next[0];
    a->degree[row]--;
  }
  return row;
}

// Where `wanted` stands in a list; -1: nowhere.
static int32_t find(const sl_amd *a, int32_t row, int32_t wanted) {
  const int32_t *list = a->lists + a->start[row];
  int32_t k = a->length[row] - 1;
  while (k >= 0 && list[k] != wanted) k--;
  return k;
}

// Eliminates a row with two neighbours, which become neighbours of one another. Returns whether they were
// before, and have lost one so. Long lists are not searched: the row stays then.
static bool strip_two(sl_amd *a, int32_t row, const int32_t *two) {
  enum { LONG = 32 };
  int32_t x = two[0], y = two[1];
  if (a->length[x] > a->length[y]) {
    x = y;
    y = two[0];
  }
  if (a->length[x] > LONG) return false;
  bool joined = find(a, x, y) >= 0;
  if (!joined && a->length[y] > LONG) return false;
  if (joined) {
    a->degree[x]--;
    a->degree[y]--;
  } else {
    a->lists[a->start[x] + (uint32_t)find(a, x, row)] = y;
    a->lists[a->start[y] + (uint32_t)find(a, y, row)] = x;
  }
  strip_row(a, row);
  return joined;
}

void sl_amd_strip(sl_amd *a) {
  int32_t *stack = a->next, *waits = a->previous, top = 0; // both lists are empty still
  for (int32_t i = 0; i < a->n; i++) {
    if (a->weight[i] != 0) strip_path(a, i);
  }
  for (int32_t i = a->n - 1; i >= 0; i--) {
    waits[i] = a->weight[i] != 0 && a->degree[i] == 2;
    if (waits[i]) stack[top++] = i;
  }
  while (top > 0) {
    int32_t row = stack[--top], two[2];
    waits[row] = 0;
    if (a->weight[row] == 0) continue;
    neighbours(a, row, two);
    if (!strip_two(a, row, two)) continue;
    for (int32_t k = 0; k < 2; k++) {
      int32_t end = a->weight[two[k]] != 0 ? strip_path(a, two[k]) : NONE;
      if (end == NONE || a->degree[end] > 2 || waits[end]) continue;
      waits[end] = 1;
      stack[top++] = end;
    }
  }
}
