// Based on: P. R. Amestoy, T. A. Davis, I. S. Duff, "An approximate minimum degree ordering
// algorithm", SIAM J. Matrix Anal. Appl. 17 (1996), doi:10.1137/S0895479894278952, with their
// aggressive absorption; rows with more than 10 sqrt(n) neighbours come last, as in "Algorithm 837:
// AMD" (2004), doi:10.1145/1024074.1024081. Cliques as elements, so that A A^T need not be formed: T. A.
// Davis, J. R. Gilbert, S. I. Larimore, E. G. Ng, "A column approximate minimum degree ordering
// algorithm", ACM TOMS 30 (2004), doi:10.1145/1024074.1024079.
//
// The graph of what is left is kept as a quotient graph: a row that was eliminated becomes an
// element, a list of the rows that its elimination made neighbours of one another. The list of a
// live row holds its elements first and then those of its first neighbours that no element covers.
// Rows with equal lists are one supervariable, with a weight. So storage never grows.
#include "direct/amd.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/amd_object.h"

#define NOINLINE __attribute__((noinline))

#define ARRAYS 12

static size_t list_room(size_t n, size_t entries) { return entries + entries / 5 + n + 1; }

size_t sl_amd_bytes(size_t n, size_t entries) {
  return sizeof(sl_amd) + (list_room(n, entries) + (size_t)ARRAYS * n) * sizeof(int32_t);
}

void sl_amd_destroy(sl_amd *amd) {
  if (amd == NULL) return;
  sl_free(amd->lists);
  sl_free(amd->start); // with the other arrays
  sl_free(amd);
}

static void insert(sl_amd *a, int32_t row) {
  int32_t degree = a->degree[row], first = a->head[degree];
  a->next[row] = first;
  a->previous[row] = NONE;
  if (first != NONE) a->previous[first] = row;
  a->head[degree] = row;
  if (degree < a->least) a->least = degree;
}

static void take_out(sl_amd *a, int32_t row) {
  int32_t next = a->next[row], previous = a->previous[row];
  if (next != NONE) a->previous[next] = previous;
  if (previous != NONE)
    a->next[previous] = next;
  else
    a->head[a->degree[row]] = next;
}

// The rows of `other` follow those of `row` from now on.
static void join(sl_amd *a, int32_t row, int32_t other) {
  a->link[a->last[row]] = other;
  a->last[row] = a->last[other];
}

// Makes all marks so far old. A step raises the stamp by less than 4 n.
static void advance_stamp(sl_amd *a) {
  a->stamp += a->largest;
  if (a->stamp < INT32_MAX - 4 * a->n) return;
  for (int32_t i = 0; i < a->n; i++) {
    if (a->mark[i] != 0) a->mark[i] = 1;
  }
  a->stamp = 2;
}

static double dense_from(int32_t rows) {
  double dense = 10 * sqrt((double)rows);
  return dense < 16 ? 16 : dense;
}

static void copy_lists(sl_amd *a, const uint32_t *offsets, const uint32_t *indices) {
  for (int32_t i = 0; i < a->rows; i++) {
    a->start[i] = (uint32_t)a->end;
    for (uint32_t k = offsets[i]; k < offsets[i + 1]; k++) {
      a->lists[a->end] = (int32_t)indices[k];
      a->end +=
          indices[k] != (uint32_t)i; // without a branch, which would be guessed wrong once a row
    }
    a->length[i] = (int32_t)(a->end - a->start[i]);
    a->degree[i] = a->length[i];
  }
}

// Elements that are there from the beginning: the list of a row has nothing but them. Those that are
// too large say nothing about order.
static void copy_cliques(sl_amd *a, const uint32_t *offsets, const uint32_t *indices) {
  int32_t n = a->rows, cliques = a->n - n;
  double most = dense_from(n);
  for (int32_t i = 0; i < n; i++) a->length[i] = a->degree[i] = 0;
  for (int32_t c = 0; c < cliques; c++) {
    uint32_t length = offsets[c + 1] - offsets[c];
    bool counts = length > 1 && length <= most;
    a->length[n + c] = counts ? (int32_t)length : 0;
    a->mark[n + c] = counts;
    a->elements[n + c] = NONE;
    a->weight[n + c] = 0;
    for (uint32_t k = offsets[c]; counts && k < offsets[c + 1]; k++) {
      int32_t row = (int32_t)indices[k], degree = a->degree[row] + (int32_t)length - 1;
      a->degree[row] = degree < n ? degree : n - 1;
      a->length[row]++;
    }
  }
  for (int32_t i = 0; i < n; i++) {
    a->start[i] = (uint32_t)a->end;
    a->end += (size_t)a->length[i];
    a->elements[i] = 0;
  }
  for (int32_t e = n; e < a->n; e++) {
    a->start[e] = (uint32_t)a->end;
    for (int32_t k = 0; k < a->length[e]; k++) {
      int32_t row = (int32_t)indices[offsets[e - n] + (uint32_t)k];
      a->lists[a->start[row] + (uint32_t)a->elements[row]++] = e;
      a->lists[a->end++] = row;
    }
  }
}

// How many of their rows are not put aside.
static void weigh_cliques(sl_amd *a) {
  for (int32_t e = a->rows; e < a->n; e++) {
    a->degree[e] = 0;
    for (int32_t k = 0; k < a->length[e]; k++) {
      a->degree[e] += a->weight[a->lists[a->start[e] + (uint32_t)k]];
    }
    if (a->degree[e] > a->largest) a->largest = a->degree[e];
  }
}

// Rows without neighbours are eliminated at once, dense ones put aside; the others are sorted by
// degree.
static void sort_rows(sl_amd *a) {
  double dense = dense_from(a->rows);
  a->unplaced = NONE;
  for (int32_t i = a->rows - 1; i >= 0; i--) {
    if (a->weight[i] == 0) continue;
    int32_t length = a->rows == a->n ? a->degree[i] : a->length[i];
    if (a->degree[i] == 0 || length > dense) {
      a->weight[i] = 0;
      a->mark[i] = 0;
      a->length[i] = 0;
      a->eliminated++;
      if (a->degree[i] == 0) {
        sl_amd_place(a, i);
      } else {
        a->next[i] = a->unplaced;
        a->unplaced = i;
      }
    } else {
      insert(a, i);
    }
  }
}

static sl_status begin(uint32_t rows, uint32_t cliques, const uint32_t *offsets,
                       const uint32_t *indices, uint32_t *order, sl_amd **out) {
  *out = NULL;
  size_t n = (size_t)rows + cliques;
  size_t capacity = list_room(n, cliques > 0 ? 2 * (size_t)offsets[cliques] : offsets[rows]);
  SL_REQUIRE(n < 1u << 28 && capacity < UINT32_MAX, SL_ERR_OVERFLOW, "matrix",
             "fewer than 2^28 rows and 3 * 10^9 entries");
  sl_amd *a = NULL;
  SL_TRY(sl_alloc_zero(1, sizeof *a, (void **)&a));
  uint32_t *arrays = NULL;
  sl_status status = SL_ALLOC(&a->lists, capacity);
  if (status == SL_OK) status = sl_alloc(n, ARRAYS * sizeof *arrays, (void **)&arrays);
  a->start = arrays;
  if (status != SL_OK) {
    sl_amd_destroy(a);
    return status;
  }
  int32_t **parts[] = {&a->length,   &a->elements, &a->weight, &a->degree, &a->mark, &a->next,
                       &a->previous, &a->head,     &a->bucket, &a->link,   &a->last};
  for (size_t i = 0; i < ARRAYS - 1; i++) *parts[i] = (int32_t *)arrays + (i + 1) * (size_t)n;
  a->n = (int32_t)n;
  a->rows = (int32_t)rows;
  a->capacity = capacity;
  a->order = order;
  a->stamp = 2;
  a->least = a->n;
  for (int32_t i = 0; i < a->n; i++) {
    a->elements[i] = 0;
    a->weight[i] = a->mark[i] = 1;
    a->head[i] = a->bucket[i] = a->link[i] = NONE;
    a->last[i] = i;
  }
  if (cliques > 0) {
    copy_cliques(a, offsets, indices);
  } else {
    copy_lists(a, offsets, indices);
    sl_amd_strip(a);
  }
  sort_rows(a);
  if (cliques > 0) weigh_cliques(a);
  *out = a;
  return SL_OK;
}

sl_status sl_amd_begin(uint32_t n, const uint32_t *offsets, const uint32_t *indices,
                       uint32_t *order, sl_amd **out) {
  return begin(n, 0, offsets, indices, order, out);
}

sl_status sl_amd_begin_cliques(uint32_t n, uint32_t cliques, const uint32_t *offsets,
                               const uint32_t *indices, uint32_t *order, sl_amd **out) {
  if (cliques > 0) return begin(n, cliques, offsets, indices, order, out);
  static const uint32_t none[2] = {0, 0};
  return begin(n, 1, none, NULL, order, out);
}

// Moves all lists to the front. The first entry of each is swapped for the owner meanwhile.
NOINLINE static void compact(sl_amd *a) {
  for (int32_t i = 0; i < a->n; i++) {
    if (a->length[i] == 0) continue;
    int32_t first = a->lists[a->start[i]];
    a->lists[a->start[i]] = -2 - i;
    a->start[i] = (uint32_t)first;
  }
  size_t to = 0;
  for (size_t from = 0; from < a->end;) {
    if (a->lists[from] >= NONE) {
      from++;
      continue;
    }
    int32_t i = -2 - a->lists[from];
    a->lists[to] = (int32_t)a->start[i];
    a->start[i] = (uint32_t)to;
    memmove(a->lists + to + 1, a->lists + from + 1, (size_t)(a->length[i] - 1) * sizeof *a->lists);
    to += (size_t)a->length[i];
    from += (size_t)a->length[i];
  }
  a->spent += a->end;
  a->end = to;
}

// Adds the live rows of a list to the element that is made at `to`, and takes them out of the lists
// of degrees. Returns where it goes on.
static size_t gather(sl_amd *a, size_t from, int32_t length, size_t to, int32_t *weight) {
  for (int32_t k = 0; k < length; k++) {
    int32_t i = a->lists[from + (size_t)k], w = a->weight[i];
    if (w <= 0) continue;
    *weight += w;
    a->weight[i] = -w;
    a->lists[to++] = i;
    take_out(a, i);
  }
  a->spent += (uint64_t)length;
  return to;
}

// Makes the row `me` an element: the rows next to it, by its elements, which it absorbs, and its own
// list.
static void make_element(sl_amd *a, int32_t me) {
  int32_t elements = a->elements[me], own = a->length[me] - elements, weight = 0;
  size_t begin, to;
  if (elements == 0) {
    begin = a->start[me];
    to = gather(a, begin, own, begin, &weight);
  } else {
    if (a->end + (size_t)a->degree[me] >= a->capacity) compact(a);
    begin = to = a->end;
    for (int32_t k = 0; k < elements; k++) {
      int32_t e = a->lists[a->start[me] + (uint32_t)k];
      to = gather(a, a->start[e], a->length[e], to, &weight);
      a->mark[e] = 0;
      a->length[e] = 0;
    }
    to = gather(a, a->start[me] + (uint32_t)elements, own, to, &weight);
    a->end = to;
  }
  a->start[me] = (uint32_t)begin;
  a->length[me] = (int32_t)(to - begin);
  a->elements[me] = NONE;
  a->degree[me] = weight;
  if (weight > a->largest) a->largest = weight;
}

// For each element e that shares rows with `me`: mark[e] - stamp is the weight of its other rows.
static void measure_elements(sl_amd *a, int32_t me) {
  const int32_t *rows = a->lists + a->start[me];
  for (int32_t k = 0; k < a->length[me]; k++) {
    int32_t i = rows[k], w = -a->weight[i];
    const int32_t *list = a->lists + a->start[i];
    for (int32_t p = 0; p < a->elements[i]; p++) {
      int32_t e = list[p];
      if (a->mark[e] >= a->stamp)
        a->mark[e] -= w;
      else if (a->mark[e] != 0)
        a->mark[e] = a->degree[e] + a->stamp - w;
    }
    a->spent += (uint64_t)a->elements[i];
  }
}

// Puts the list of row i in order, with `me` as an element of it, and bounds its degree outside of
// `me`. Elements all of whose rows are in `me` are absorbed. Returns a hash of the list.
static uint32_t update_row(sl_amd *a, int32_t me, int32_t i, int32_t *degree) {
  int32_t *list = a->lists + a->start[i];
  int32_t elements = a->elements[i], length = a->length[i], to = 0, outside = 0;
  uint32_t hash = 0;
  a->spent += (uint64_t)length;
  for (int32_t p = 0; p < elements; p++) {
    int32_t e = list[p];
    if (a->mark[e] == 0) continue;
    int32_t rest = a->mark[e] - a->stamp;
    if (rest > 0) {
      outside += rest;
      list[to++] = e;
      hash += (uint32_t)e;
    } else {
      a->mark[e] = 0;
      a->length[e] = 0;
    }
  }
  int32_t kept = to;
  for (int32_t p = elements; p < length; p++) {
    int32_t j = list[p], w = a->weight[j];
    if (w <= 0) continue;
    outside += w;
    list[to++] = j;
    hash += (uint32_t)j;
  }
  *degree = outside;
  // At least one place is free: an element that `me` absorbed, or `me` itself as a neighbour.
  if (kept < to) list[to] = list[kept];
  if (kept > 0) list[kept] = list[0];
  list[0] = me;
  a->elements[i] = kept + 1;
  a->length[i] = to + 1;
  return (hash + (uint32_t)me) % (uint32_t)a->n;
}

// Updates the rows of `me`. One that is next to nothing else is eliminated with it; of the others,
// each goes to the bucket of its hash.
static void update_rows(sl_amd *a, int32_t me, int32_t *own) {
  for (int32_t k = 0; k < a->length[me]; k++) {
    int32_t i = a->lists[a->start[me] + (uint32_t)k], w = -a->weight[i], outside;
    uint32_t hash = update_row(a, me, i, &outside);
    if (outside == 0) {
      *own += w;
      a->degree[me] -= w;
      a->eliminated += w;
      a->weight[i] = 0;
      a->mark[i] = 0;
      a->length[i] = 0;
      join(a, me, i);
      continue;
    }
    if (outside < a->degree[i]) a->degree[i] = outside;
    a->next[i] = a->bucket[hash];
    a->bucket[hash] = i;
    a->previous[i] = (int32_t)hash;
  }
}

static bool same_list(const sl_amd *a, int32_t j) {
  const int32_t *list = a->lists + a->start[j];
  for (int32_t p = 1; p < a->length[j]; p++) {
    if (a->mark[list[p]] != a->stamp) return false;
  }
  return true;
}

// Rows of one bucket that have the same list become one.
static void merge_bucket(sl_amd *a, int32_t first) {
  for (int32_t i = first; i != NONE && a->next[i] != NONE; i = a->next[i]) {
    const int32_t *list = a->lists + a->start[i];
    for (int32_t p = 1; p < a->length[i]; p++) a->mark[list[p]] = a->stamp;
    a->spent += (uint64_t)a->length[i];
    for (int32_t before = i, j = a->next[i]; j != NONE; j = a->next[before]) {
      if (a->length[j] == a->length[i] && a->elements[j] == a->elements[i] && same_list(a, j)) {
        a->weight[i] += a->weight[j]; // both negative
        a->weight[j] = 0;
        a->mark[j] = 0;
        a->length[j] = 0;
        join(a, i, j);
        a->next[before] = a->next[j];
      } else {
        before = j;
      }
      a->spent++;
    }
    a->stamp++;
  }
}

// Merges equal rows of `me`, puts the rows that stay back into the lists of degrees, and shortens
// the list of the element to them.
static void settle_rows(sl_amd *a, int32_t me) {
  int32_t *rows = a->lists + a->start[me];
  for (int32_t k = 0; k < a->length[me]; k++) {
    int32_t i = rows[k];
    if (a->weight[i] == 0) continue;
    int32_t first = a->bucket[a->previous[i]];
    a->bucket[a->previous[i]] = NONE;
    merge_bucket(a, first);
  }
  int32_t to = 0, left = a->rows - a->eliminated;
  for (int32_t k = 0; k < a->length[me]; k++) {
    int32_t i = rows[k], w = -a->weight[i];
    if (w <= 0) continue;
    a->weight[i] = w;
    int32_t degree = a->degree[i] + a->degree[me] - w;
    a->degree[i] = degree < left - w ? degree : left - w;
    insert(a, i);
    rows[to++] = i;
  }
  // What an element at the end does not need is free again.
  if (a->start[me] + (size_t)a->length[me] == a->end) a->end = a->start[me] + (size_t)to;
  a->length[me] = to;
}

NOINLINE static void eliminate(sl_amd *a) {
  while (a->head[a->least] == NONE) a->least++;
  int32_t me = a->head[a->least], own = a->weight[me];
  take_out(a, me);
  a->eliminated += own;
  a->weight[me] = 0; // not among the rows of its own element
  make_element(a, me);
  advance_stamp(a);
  measure_elements(a, me);
  update_rows(a, me, &own);
  a->stamp += a->largest + 1;
  settle_rows(a, me);
  sl_amd_place(a, me);
  a->mark[me] = a->length[me] > 0 ? 1 : 0;
  a->spent++;
}

bool sl_amd_step(sl_amd *a, uint64_t work, uint64_t *spent) {
  a->spent = 0;
  do {
    if (a->eliminated == a->rows) {
      for (int32_t i = a->unplaced; i != NONE; i = a->next[i]) a->order[a->placed++] = (uint32_t)i;
      a->unplaced = NONE;
      break;
    }
    eliminate(a);
  } while (a->spent < work);
  *spent += a->spent;
  return a->placed == a->rows;
}

sl_status sl_amd_order(uint32_t n, const uint32_t *offsets, const uint32_t *indices,
                       uint32_t *order) {
  sl_amd *amd;
  SL_TRY(sl_amd_begin(n, offsets, indices, order, &amd));
  for (uint64_t spent = 0; !sl_amd_step(amd, UINT64_MAX, &spent);) {
  }
  sl_amd_destroy(amd);
  return SL_OK;
}
