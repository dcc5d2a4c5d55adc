#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "format/reader.h"
#include "format/remote.h"
#include "simd/distance_f32.h"

#define NONE UINT32_MAX

typedef struct candidate {
  uint32_t row, cell, entry;
  int32_t coarse; // sum of query numbers times high halves of codes
  float scale, square, key, deviation;
} candidate;

struct sl_remote_search {
  sl_remote *remote; // which it keeps alive
  uint32_t dimension, picked;
  float *query;             // dimension: of length 1 under cosine
  double *ranks;            // cells
  int16_t *numbers;         // of the query, or of its difference to the centre, times widths
  double unit, sum, length; // what a number stands for, their sum, the length of the weighted query
  double base;              // of the keys in the cell that was prepared last
  candidate *candidates;
  uint32_t count, room;
  uint32_t *slots; // by row: which candidate; a power of two
  uint32_t slot_count;
};

sl_status sl_remote_search_create(sl_remote *remote, const float *query, uint32_t dimension,
                                  sl_remote_search **out) {
  *out = NULL;
  const uint32_t *w = remote->index, n = w[INDEX_CELLS], d = w[INDEX_DIMENSION];
  SL_REQUIRE(dimension == d, SL_ERR_SHAPE, "query", "as many numbers as the file's vectors have");
  const size_t beyond = sl_first_beyond_f32(query, d, SL_DISTANCE_LIMIT);
  if (beyond < d) {
    const bool finite = query[beyond] - query[beyond] == 0;
    return sl_fail(finite ? SL_ERR_RANGE : SL_ERR_NOT_FINITE, "query",
                   finite ? "numbers of at most 1e16" : "finite numbers", beyond);
  }
  sl_remote_search *s;
  SL_TRY(SL_ALLOC_ZERO(&s, 1));
  s->remote = remote;
  remote->users++;
  s->dimension = d;
  s->picked = NONE;
  sl_status status = SL_ALLOC(&s->query, d);
  if (status == SL_OK) status = SL_ALLOC(&s->ranks, n);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&s->numbers, 2 * (size_t)sl_nibbles_padded(d));
  if (status == SL_OK) {
    memcpy(s->query, query, d * sizeof *query);
    if (w[INDEX_METRIC] == SL_REMOTE_COSINE && !(sl_normalize_f32(query, d, s->query, d) > 0))
      status = sl_fail(SL_ERR_RANGE, "query", "no zero vector under cosine", SL_NO_POSITION);
  }
  if (status != SL_OK) {
    sl_remote_search_destroy(s);
    return status;
  }
  for (uint32_t i = 0; i < n; i++)
    s->ranks[i] = index_rank(w[INDEX_METRIC], s->query, remote->centroids + (size_t)i * d,
                             remote->scales[i], remote->squares[i], d);
  *out = s;
  return SL_OK;
}

void sl_remote_search_destroy(sl_remote_search *s) {
  if (s == NULL) return;
  sl_remote_destroy(s->remote);
  sl_free(s->query);
  sl_free(s->ranks);
  sl_free(s->numbers);
  sl_free(s->candidates);
  sl_free(s->slots);
  sl_free(s);
}

sl_status sl_remote_search_cells(const sl_remote_search *s, uint32_t most, uint32_t *cells,
                                 uint32_t *found) {
  const uint32_t n = s->remote->index[INDEX_CELLS];
  uint32_t count = 0;
  for (uint32_t i = 0; i < n && most > 0; i++) {
    if (count == most && !(s->ranks[i] < s->ranks[cells[count - 1]])) continue;
    uint32_t at = count < most ? count++ : count - 1;
    for (; at > 0 && s->ranks[i] < s->ranks[cells[at - 1]]; at--) cells[at] = cells[at - 1];
    cells[at] = i;
  }
  *found = count;
  return SL_OK;
}

// Numbers of the query for the codes of a cell. Under euclidean they are those of its difference to
// the centre: |q - c - r|^2 = |q - c|^2 - 2 (q - c).r + |r|^2.
static void prepare(sl_remote_search *s, uint32_t cell) {
  const sl_remote *r = s->remote;
  const uint32_t d = s->dimension, half = sl_nibbles_bytes(d), padded = sl_nibbles_padded(d);
  const bool euclidean = r->index[INDEX_METRIC] == SL_REMOTE_EUCLIDEAN;
  const int8_t *codes = r->centroids + (size_t)cell * d;
  const double scale = r->scales[cell];
  double most = 0, square = 0, product = 0, length = 0;
  for (uint32_t j = 0; j < d; j++) {
    const double centre = scale * codes[j];
    const double q = euclidean ? s->query[j] - centre : s->query[j];
    const double weighted = q * r->widths[j];
    most = fabs(weighted) > most ? fabs(weighted) : most;
    length += weighted * weighted;
    square += q * q;
    product += s->query[j] * centre;
  }
  s->base = euclidean ? square : -product;
  s->length = sqrt(length);
  s->unit = most / sl_nibbles_most(d);
  int64_t sum = 0;
  for (uint32_t j = 0; j < d; j++) {
    const double q = euclidean ? s->query[j] - scale * codes[j] : s->query[j];
    const int32_t number = s->unit > 0 ? (int32_t)lrint(q * r->widths[j] / s->unit) : 0;
    s->numbers[j < half ? j : padded + (j - half)] = (int16_t)number;
    sum += number;
  }
  s->sum = (double)sum;
}

// The key of a candidate from the sum over its codes, of which `middle` is the middle.
static float key_of(const sl_remote_search *s, const candidate *c, double sum, double middle) {
  const double product = s->unit * c->scale * (sum - middle * s->sum);
  if (s->remote->index[INDEX_METRIC] != SL_REMOTE_EUCLIDEAN) return (float)(s->base - product);
  const double key = s->base - 2 * product + c->square;
  return (float)(key > 0 ? key : 0);
}

static uint32_t slot_of(const sl_remote_search *s, uint32_t row) {
  uint32_t at = row * 0x9e3779b1u & (s->slot_count - 1);
  while (s->slots[at] != NONE && s->candidates[s->slots[at]].row != row)
    at = (at + 1) & (s->slot_count - 1);
  return at;
}

// Room for `more` candidates; at most half of the slots are taken.
static sl_status make_room(sl_remote_search *s, uint32_t more) {
  const uint64_t wanted = (uint64_t)s->count + more;
  if (wanted > s->room) {
    uint64_t room = 2 * (uint64_t)s->room;
    room = room < wanted ? wanted : room;
    SL_REQUIRE(room < 1u << 30, SL_ERR_OVERFLOW, "size", "fewer than 2^30 candidates");
    SL_TRY(SL_REALLOC(&s->candidates, room));
    s->room = (uint32_t)room;
  }
  uint64_t slots = s->slot_count == 0 ? 64 : s->slot_count;
  while (slots < 2 * wanted) slots *= 2;
  if (slots == s->slot_count) return SL_OK;
  uint32_t *table;
  SL_TRY(SL_ALLOC(&table, slots));
  sl_free(s->slots);
  s->slots = table;
  s->slot_count = (uint32_t)slots;
  for (uint32_t i = 0; i < s->slot_count; i++) table[i] = NONE;
  for (uint32_t i = 0; i < s->count; i++) table[slot_of(s, s->candidates[i].row)] = i;
  return SL_OK;
}

sl_status sl_remote_search_scan(sl_remote_search *s, uint32_t cell, const uint8_t *bytes,
                                size_t count, const uint8_t *allowed) {
  const sl_remote *r = s->remote;
  index_cell c;
  SL_TRY(sl_remote_cell_layout(r, cell, count, &c));
  SL_REQUIRE(s->picked == NONE, SL_ERR_STATE, "search", "cells before candidates are picked");
  const uint32_t rows = r->counts[cell], plane = sl_nibbles_bytes(s->dimension);
  SL_TRY(make_room(s, rows));
  prepare(s, cell);
  const bool euclidean = r->index[INDEX_METRIC] == SL_REMOTE_EUCLIDEAN;
  // The error of a code is spread evenly over 16 steps.
  const double spread = s->length * 16 / sqrt(12) * (euclidean ? 2 : 1);
  for (uint32_t i = 0; i < rows; i++) {
    if (allowed != NULL && allowed[i] == 0) continue;
    candidate x = {.row = sl_get_u32(bytes + 4 * (size_t)i), .cell = cell, .entry = i};
    if (x.row >= r->index[INDEX_ROWS])
      return sl_fail(SL_ERR_FORMAT, "bytes", "rows of the file", i);
    x.scale = index_get_f32(bytes + c.scales + 4 * (size_t)i);
    x.square = euclidean ? index_get_f32(bytes + c.squares + 4 * (size_t)i) : 0;
    // The last bytes of a block are its hashes: reading beyond a row stays within.
    x.coarse = sl_nibbles_dot(s->numbers, bytes + c.codes + (size_t)i * plane, s->dimension);
    x.key = key_of(s, &x, 16.0 * x.coarse, INDEX_MIDDLE - INDEX_HALF);
    x.deviation = (float)(spread * x.scale);
    const uint32_t slot = slot_of(s, x.row);
    const uint32_t known = s->slots[slot];
    // Of two copies of a row the one nearer to its centre has the finer codes.
    if (known == NONE) {
      s->slots[slot] = s->count;
      s->candidates[s->count++] = x;
    } else if (x.scale < s->candidates[known].scale) {
      s->candidates[known] = x;
    }
  }
  return SL_OK;
}

static bool before(const candidate *a, const candidate *b) {
  return a->key < b->key || (a->key == b->key && a->row < b->row);
}

static void sift(candidate *heap, uint32_t from, uint32_t end) {
  const candidate x = heap[from];
  for (uint32_t child; (child = 2 * from + 1) < end; from = child) {
    if (child + 1 < end && before(&heap[child], &heap[child + 1])) child++;
    if (!before(&x, &heap[child])) break;
    heap[from] = heap[child];
  }
  heap[from] = x;
}

// By key, the smallest first.
static void sort(candidate *all, uint32_t count) {
  for (uint32_t i = count / 2; i-- > 0;) sift(all, i, count);
  for (uint32_t end = count; end > 1;) {
    const candidate x = all[0];
    all[0] = all[--end];
    all[end] = x;
    sift(all, 0, end);
  }
}

sl_status sl_remote_search_pick(sl_remote_search *s, uint32_t k, uint32_t most, uint32_t *cells,
                                uint32_t *entries, uint32_t *found) {
  SL_REQUIRE(k >= 1, SL_ERR_OPTION, "k", "at least 1");
  sort(s->candidates, s->count);
  most = most < k ? k : most;
  uint32_t taken = 0;
  const float limit = s->count > k ? s->candidates[k - 1].key : INFINITY;
  for (uint32_t i = 0; i < s->count && taken < most; i++) {
    const candidate x = s->candidates[i];
    if (i >= k && !(x.key - 3 * x.deviation <= limit)) continue;
    cells[taken] = x.cell;
    entries[taken] = x.entry;
    s->candidates[taken++] = x;
  }
  s->picked = s->count = *found = taken;
  return SL_OK;
}

sl_status sl_remote_search_refine(sl_remote_search *s, uint32_t cell, uint32_t group,
                                  const uint8_t *bytes, size_t count) {
  SL_TRY(sl_remote_group_size(s->remote, cell, group, count));
  const uint32_t plane = sl_nibbles_bytes(s->dimension);
  uint8_t row[32768 + SL_NIBBLES_AFTER];
  prepare(s, cell);
  for (uint32_t i = 0; i < s->count; i++) {
    candidate *x = &s->candidates[i];
    if (x->cell != cell || x->entry / INDEX_GROUP_ROWS != group) continue;
    memcpy(row, bytes + (size_t)(x->entry % INDEX_GROUP_ROWS) * plane, plane);
    memset(row + plane, 0, SL_NIBBLES_AFTER);
    const double fine = sl_nibbles_dot(s->numbers, row, s->dimension);
    x->key = key_of(s, x, 16.0 * x->coarse + fine, INDEX_MIDDLE);
    x->deviation = 0;
  }
  return SL_OK;
}

sl_status sl_remote_search_results(sl_remote_search *s, uint32_t k, uint32_t *ids, float *distances,
                                   uint32_t *cells, uint32_t *entries, uint32_t *found) {
  sort(s->candidates, s->count);
  const uint32_t count = k < s->count ? k : s->count;
  for (uint32_t i = 0; i < count; i++) {
    const candidate *x = &s->candidates[i];
    ids[i] = x->row;
    cells[i] = x->cell;
    entries[i] = x->entry;
    const uint32_t metric = s->remote->index[INDEX_METRIC];
    distances[i] = metric == SL_REMOTE_COSINE      ? (x->key > -1 ? 1 + x->key : 0)
                   : metric == SL_REMOTE_EUCLIDEAN ? sqrtf(x->key)
                                                   : x->key;
  }
  *found = count;
  return SL_OK;
}
