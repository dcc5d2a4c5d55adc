// The largest inner products with a sparse vector: inverted.h says what is found, and by which
// method.
#include <float.h>
#include <math.h>
#include <string.h>

#include "hnsw/inverted_index.h"

// Blocks of the largest bounds, which are looked at first: what they have lets others be left out.
enum { FIRST_BLOCKS = 8 };
// Values of a block that are read between two looks at what its vectors have.
enum { LOOK_AFTER = 32 };

typedef struct sl_inv_term {
  double weight; // of the query
  const sl_inv_list *list;
  uint32_t head; // where the pass over the blocks stands
} sl_inv_term;

typedef struct sl_inv_hit {
  double score;
  uint32_t id;
} sl_inv_hit;

typedef struct search {
  sl_inverted *index;
  const uint32_t *indices; // of the query, ascending
  const float *values;
  uint32_t length;
  sl_inv_term *terms; // of the lists that there are, by their indices
  uint32_t term_count;
  uint32_t *by_bound; // the same, those of large bounds first
  double slack;       // sums that are taken in different orders differ by less
  const uint64_t *allowed;
  sl_inv_hit *hits; // a heap, the worst on top
  uint32_t hit_count, k;
} search;

// ---- results ------------------------------------------------------------------------------------

static bool is_worse(sl_inv_hit a, sl_inv_hit b) {
  return a.score < b.score || (a.score == b.score && a.id > b.id);
}

static void sift_down(sl_inv_hit *hits, uint32_t count, sl_inv_hit hit) {
  uint32_t at = 0;
  for (;;) {
    uint32_t below = 2 * at + 1;
    if (below >= count) break;
    if (below + 1 < count && is_worse(hits[below + 1], hits[below])) below++;
    if (!is_worse(hits[below], hit)) break;
    hits[at] = hits[below];
    at = below;
  }
  hits[at] = hit;
}

static void offer(search *s, double score, uint32_t slot) {
  const sl_inv_hit hit = {score, s->index->rows[slot].id};
  if (s->hit_count < s->k) {
    uint32_t at = s->hit_count++;
    while (at > 0 && is_worse(hit, s->hits[(at - 1) / 2])) {
      s->hits[at] = s->hits[(at - 1) / 2];
      at = (at - 1) / 2;
    }
    s->hits[at] = hit;
  } else if (is_worse(s->hits[0], hit)) {
    sift_down(s->hits, s->k, hit);
  }
}

// What a vector must at least have to be of interest.
static double threshold(const search *s) {
  return s->hit_count < s->k ? -INFINITY : s->hits[0].score;
}

// ---- scores -------------------------------------------------------------------------------------

// The score of a vector from its row. False: it has no index in common with the query.
static bool score_of(const search *s, uint32_t slot, double *score) {
  const sl_inv_row *row = &s->index->rows[slot];
  const sl_inv_part *part = &s->index->parts[row->part];
  const uint32_t *a = part->indices + row->start, *b = s->indices;
  const float *x = part->values + row->start, *y = s->values;
  const uint32_t *a_end = a + row->length, *b_end = b + s->length;
  double sum = 0;
  bool found = false;
  while (a < a_end && b < b_end) {
    if (*a == *b) {
      sum += (double)*x * *y;
      found = true;
      a++, x++, b++, y++;
    } else {
      const uint32_t less = *a < *b;
      a += less, x += less;
      b += !less, y += !less;
    }
  }
  *score = sum;
  return found;
}

static uint32_t head_end(const sl_inv_list *list, uint32_t head) {
  return head + 1 < list->head_count ? list->heads[head + 1].start : list->count;
}

// Adds a part of a list to the sums of a block. noinline: see CONTRIBUTING.md.
static __attribute__((noinline)) void accumulate(const uint8_t *places, const float *values,
                                                 uint32_t count, double weight, double *sums) {
  for (uint32_t i = 0; i < count; i++) sums[places[i]] += weight * (double)values[i];
}

static double most_of(double weight, float most, float least) {
  return weight > 0 ? weight * (double)most : weight * (double)least;
}

// Where a list has a block; a look from where the pass stands, or of the whole list.
static bool find_head(sl_inv_term *term, uint32_t block, bool in_pass, uint32_t *out) {
  const sl_inv_list *list = term->list;
  if (in_pass) {
    while (term->head < list->head_count && list->heads[term->head].block < block) term->head++;
    *out = term->head;
  } else {
    uint32_t from = 0, to = list->head_count;
    while (from < to) {
      const uint32_t middle = from + (to - from) / 2;
      if (list->heads[middle].block < block)
        from = middle + 1;
      else
        to = middle;
    }
    *out = from;
  }
  return *out < list->head_count && list->heads[*out].block == block;
}

// Every vector of a block that has an index of the query. Sums are in the order of indices: they
// are the scores.
static void whole_block(search *s, uint32_t block, bool in_pass) {
  double sums[SL_INV_BLOCK];
  uint8_t seen[SL_INV_BLOCK];
  memset(sums, 0, sizeof sums);
  memset(seen, 0, sizeof seen);
  for (uint32_t i = 0; i < s->term_count; i++) {
    sl_inv_term *term = &s->terms[i];
    uint32_t head;
    if (!find_head(term, block, in_pass, &head)) continue;
    const uint32_t start = term->list->heads[head].start, end = head_end(term->list, head);
    accumulate(term->list->places + start, term->list->values + start, end - start, term->weight,
               sums);
    for (uint32_t at = start; at < end; at++) seen[term->list->places[at]] = 1;
    s->index->read += end - start;
  }
  const uint32_t first = block << SL_INV_SHIFT;
  for (uint32_t place = 0; place < SL_INV_BLOCK; place++) {
    if (!seen[place] || !sl_filter_allows(s->allowed, first + place)) continue;
    s->index->scored++;
    offer(s, sums[place], first + place);
  }
}

// Whether a sum is at least `least`. noinline: see CONTRIBUTING.md.
static __attribute__((noinline)) bool any_reaches(const double *sums, double least) {
  for (uint32_t i = 0; i < SL_INV_BLOCK; i += 8) {
    int found = 0;
    for (uint32_t j = 0; j < 8; j++) found |= sums[i + j] >= least;
    if (found) return true;
  }
  return false;
}

// The vectors of a block that can be among the results: the worst of these has more than `slack`,
// so that a vector that is in no list is none of them. `bound`: the most that one can have.
static void some_of_block(search *s, uint32_t block, double bound, bool in_pass) {
  double sums[SL_INV_BLOCK];
  const double least = threshold(s) - s->slack;
  double left = bound;         // the most that the other lists add
  uint32_t fresh = LOOK_AFTER; // values read since the sums were looked at
  memset(sums, 0, sizeof sums);
  for (uint32_t i = 0; i < s->term_count; i++) {
    // What no list so far has is out of reach already. Computing scores takes longer than reading
    // on: lists are left out only where nothing that they have can matter.
    if (left < least && fresh >= LOOK_AFTER) {
      if (!any_reaches(sums, least - left)) return;
      fresh = 0;
    }
    sl_inv_term *term = &s->terms[s->by_bound[i]];
    uint32_t head;
    if (!find_head(term, block, in_pass, &head)) continue;
    const sl_inv_head *h = &term->list->heads[head];
    const uint32_t count = head_end(term->list, head) - h->start;
    left -= most_of(term->weight, h->most, h->least);
    accumulate(term->list->places + h->start, term->list->values + h->start, count, term->weight,
               sums);
    s->index->read += count;
    fresh += count;
  }
  const uint32_t first = block << SL_INV_SHIFT;
  const uint32_t end =
      s->index->slots - first < SL_INV_BLOCK ? s->index->slots - first : SL_INV_BLOCK;
  for (uint32_t place = 0; place < end; place++) {
    if (sums[place] < threshold(s) - s->slack - left) continue;
    if (!sl_filter_allows(s->allowed, first + place)) continue;
    double score;
    s->index->scored++;
    if (score_of(s, first + place, &score)) offer(s, score, first + place);
  }
}

static bool has_allowed(const search *s, uint32_t block) {
  uint64_t any = 0;
  for (uint32_t word = 0; word < SL_INV_BLOCK / 64; word++) {
    const uint32_t at = block * (SL_INV_BLOCK / 64) + word;
    if (at <= (s->index->slots - 1) / 64) any |= s->allowed[at];
  }
  return any != 0;
}

static void look_at(search *s, uint32_t block, bool in_pass) {
  const double bound = s->index->bounds[block], worst = threshold(s);
  // -infinity: no list has the block, or it was looked at before.
  if (bound == -INFINITY || bound + s->slack < worst || !has_allowed(s, block)) return;
  if (worst > s->slack)
    some_of_block(s, block, bound, in_pass);
  else
    whole_block(s, block, in_pass);
}

// ---- a query ------------------------------------------------------------------------------------

// The most that a vector of each block can have. noinline: see CONTRIBUTING.md.
static __attribute__((noinline)) void add_bounds(const sl_inv_list *list, double weight,
                                                 double *bounds) {
  for (uint32_t i = 0; i < list->head_count; i++) {
    const sl_inv_head *head = &list->heads[i];
    double *bound = &bounds[head->block];
    if (*bound == -INFINITY) *bound = 0;
    *bound += most_of(weight, head->most, head->least);
  }
}

static void by_blocks(search *s) {
  const uint32_t blocks = (s->index->slots + SL_INV_BLOCK - 1) >> SL_INV_SHIFT;
  double *bounds = s->index->bounds;
  for (uint32_t b = 0; b < blocks; b++) bounds[b] = -INFINITY;
  for (uint32_t i = 0; i < s->term_count; i++)
    add_bounds(s->terms[i].list, s->terms[i].weight, bounds);
  uint32_t first[FIRST_BLOCKS], count = 0;
  for (uint32_t b = 0; b < blocks; b++) {
    if (count == FIRST_BLOCKS && bounds[b] <= bounds[first[count - 1]]) continue;
    uint32_t at = count < FIRST_BLOCKS ? count++ : count - 1;
    for (; at > 0 && bounds[b] > bounds[first[at - 1]]; at--) first[at] = first[at - 1];
    first[at] = b;
  }
  for (uint32_t i = 0; i < count; i++) {
    look_at(s, first[i], false);
    bounds[first[i]] = -INFINITY;
  }
  for (uint32_t b = 0; b < blocks; b++) look_at(s, b, true);
}

// Each allowed vector by itself: where they are few.
static void one_by_one(search *s) {
  for (uint32_t word = 0; word <= (s->index->slots - 1) / 64; word++) {
    for (uint64_t rest = s->allowed[word]; rest != 0; rest &= rest - 1) {
      const uint32_t slot = 64 * word + (uint32_t)__builtin_ctzll(rest);
      double score;
      s->index->scored++;
      if (score_of(s, slot, &score)) offer(s, score, slot);
    }
  }
}

static uint32_t find_slot(const void *index, uint32_t id) {
  return sl_inv_find(&((const sl_inverted *)index)->by_id, id);
}

static sl_status reserve(sl_inverted *index, uint32_t length, uint32_t k) {
  const uint32_t blocks = (index->slots + SL_INV_BLOCK - 1) >> SL_INV_SHIFT;
  SL_TRY(SL_INV_ROOM(&index->terms, &index->term_room, length, NULL));
  SL_TRY(SL_INV_ROOM(&index->by_bound, &index->by_bound_room, length, NULL));
  SL_TRY(SL_INV_ROOM(&index->sorted, &index->sorted_room, length, NULL));
  SL_TRY(SL_INV_ROOM(&index->bounds, &index->bound_room, blocks, NULL));
  return SL_INV_ROOM(&index->hits, &index->hit_room, k, NULL);
}

// Finds the lists of a query, and in which order to read them. Returns how many values they have.
static uint64_t open_lists(search *s) {
  sl_inverted *index = s->index;
  uint64_t values = 0;
  double sum = 0;
  for (uint32_t i = 0; i < s->length; i++) {
    const uint32_t at = sl_inv_find(&index->by_index, s->indices[i]);
    if (at == SL_NO_SLOT || index->lists[at].count == 0) continue;
    const sl_inv_list *list = &index->lists[at];
    const double weight = s->values[i];
    const double largest = list->most > -list->least ? list->most : -list->least;
    // No negative zero.
    const double bound = most_of(weight, list->most, list->least) + 0.0;
    uint64_t bits;
    memcpy(&bits, &bound, sizeof bits);
    // Larger bounds first, as good as equal ones by their indices: of a bound, which is not below 0,
    // all bits but the last 16, and the place.
    index->sorted[s->term_count] = (~bits & ~(uint64_t)0xffff) | s->term_count;
    s->terms[s->term_count++] = (sl_inv_term){weight, list, 0};
    sum += fabs(weight) * largest;
    values += list->count;
  }
  sl_inv_sort(index->sorted, s->term_count);
  for (uint32_t i = 0; i < s->term_count; i++) s->by_bound[i] = (uint32_t)index->sorted[i] & 0xffff;
  // No sum of the parts of a score, nor of their bounds, is ever wrong by more.
  s->slack = sum * DBL_EPSILON * 4 * (s->term_count + 4);
  return values;
}

static sl_status search_one(sl_inverted *index, uint32_t length, uint32_t k, sl_filter *filter,
                            uint32_t *ids, double *scores, uint32_t *found) {
  const uint32_t most = k < index->size ? k : index->size;
  *found = 0;
  index->scored = index->read = 0;
  if (most > 0) {
    SL_TRY(reserve(index, length, most));
    search s = {.index = index,
                .indices = index->indices,
                .values = index->values,
                .length = length,
                .terms = index->terms,
                .by_bound = index->by_bound,
                .allowed = filter == NULL ? index->live : filter->bits,
                .hits = index->hits,
                .k = most};
    const uint64_t values = open_lists(&s);
    const uint64_t average = index->entries / index->size + length;
    if (filter != NULL && filter->allowed * (average + 16) < values)
      one_by_one(&s);
    else if (s.term_count > 0)
      by_blocks(&s);
    *found = s.hit_count;
    // The worst goes to the end, again and again.
    for (uint32_t left = s.hit_count; left > 0; left--) {
      const sl_inv_hit worst = s.hits[0];
      sift_down(s.hits, left - 1, s.hits[left - 1]);
      ids[left - 1] = worst.id;
      scores[left - 1] = worst.score;
    }
  }
  for (uint32_t i = *found; i < k; i++) {
    ids[i] = SL_NO_ID;
    scores[i] = -INFINITY;
  }
  return SL_OK;
}

sl_status sl_inverted_search(sl_inverted *index, const uint32_t *starts, const uint32_t *indices,
                             const float *values, uint32_t entries, uint32_t count, uint32_t k,
                             sl_filter *filter, uint32_t *ids, double *scores, uint32_t *found) {
  SL_REQUIRE(k > 0, SL_ERR_ARGUMENT, "k", "at least 1");
  SL_TRY(sl_inv_check_starts(starts, count, entries));
  if (filter != NULL)
    SL_TRY(sl_filter_bind_to(filter, index->version, index->slots, find_slot, index));
  for (uint32_t q = 0; q < count; q++) {
    uint32_t length = starts[q + 1] - starts[q];
    SL_TRY(sl_inv_order(index, indices + starts[q], values + starts[q], &length, q));
    const size_t at = (size_t)q * k;
    SL_TRY(search_one(index, length, k, filter, ids + at, scores + at, found + q));
  }
  return SL_OK;
}
