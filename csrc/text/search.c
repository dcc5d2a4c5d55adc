// The best documents, one document after another.
//
// Without words that must be there: lists whose bounds together cannot lift a document into the results
// are looked at only for documents of the other lists (MaxScore), and blocks whose impacts cannot are
// passed over. Scores are summed in the order of the streams, so that they do not depend on what was passed over.
#include "text/asked.h"

#include <math.h>

// What summing in another order may add to a bound.
#define SLACK (1 + 0x1p-40)

typedef struct hit {
  double score;
  uint32_t slot;
} hit;

typedef struct search {
  const sl_corpus *corpus;
  sl_asked *asked;
  const uint64_t *allowed; // NULL: all
  hit *heap;               // the worst first
  uint32_t most, count;    // of results
  double limit;            // scores up to it are of no use; below 0: every score is
  sl_stream **order;       // by their bounds
  double *below;           // sums of the bounds before
  double *values;
} search;

static bool is_worse(const hit *a, const hit *b) {
  return a->score != b->score ? a->score < b->score : a->slot > b->slot;
}

static void sink(hit *heap, uint32_t at, uint32_t count) {
  const hit moved = heap[at];
  for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && is_worse(&heap[child + 1], &heap[child])) child++;
    if (!is_worse(&heap[child], &moved)) break;
    heap[at] = heap[child];
  }
  heap[at] = moved;
}

static void keep(search *s, double score, uint32_t slot) {
  if (s->count < s->most) {
    uint32_t at = s->count++;
    const hit added = {score, slot};
    for (; at > 0 && is_worse(&added, &s->heap[(at - 1) / 2]); at = (at - 1) / 2)
      s->heap[at] = s->heap[(at - 1) / 2];
    s->heap[at] = added;
  } else if (score > s->heap[0].score) { // later documents give way where scores are equal
    s->heap[0] = (hit){score, slot};
    sink(s->heap, 0, s->count);
  }
  if (s->count == s->most) s->limit = s->heap[0].score;
}

static bool is_allowed(const search *s, uint32_t slot) {
  return s->allowed == NULL || sl_bit_at(s->allowed, slot);
}

// The sum of the values of the streams that stand on the document, in their order.
static double sum_of(const search *s, uint32_t document) {
  double sum = 0;
  for (uint32_t i = 0; i < s->asked->stream_count; i++) {
    if (s->asked->streams[i].document == document) sum += s->values[i];
  }
  return sum;
}

static void set_value(search *s, sl_stream *stream, double *partial) {
  const double value = sl_stream_score(s->corpus, stream);
  s->values[stream - s->asked->streams] = value;
  *partial += value;
}

// ---- words that may be there --------------------------------------------------------------------

static void order_streams(search *s) {
  const uint32_t n = s->asked->stream_count;
  for (uint32_t i = 0; i < n; i++) {
    sl_stream *added = &s->asked->streams[i];
    uint32_t at = i;
    for (; at > 0 && s->order[at - 1]->most > added->most; at--) s->order[at] = s->order[at - 1];
    s->order[at] = added;
  }
  s->below[0] = 0;
  for (uint32_t i = 0; i < n; i++) s->below[i + 1] = s->below[i] + s->order[i]->most;
}

// Looks at up to `steps` documents. False: there is none left. noinline: see CONTRIBUTING.md.
static __attribute__((noinline)) bool walk_any(search *s, uint32_t *first, uint32_t steps) {
  const uint32_t n = s->asked->stream_count;
  sl_stream **order = s->order;
  for (; steps > 0; steps--) {
    while (*first < n && s->below[*first + 1] * SLACK <= s->limit) ++*first;
    const uint32_t from = *first;
    uint32_t document = SL_NO_DOCUMENT;
    for (uint32_t i = from; i < n; i++) {
      if (order[i]->document < document) document = order[i]->document;
    }
    if (document == SL_NO_DOCUMENT) return false;
    double partial = 0;
    bool hopeless = !is_allowed(s, document);
    if (!hopeless && s->limit >= 0) {
      double most = s->below[from];
      uint32_t end = SL_NO_DOCUMENT - 1;
      for (uint32_t i = from; i < n; i++) {
        if (order[i]->document == document) {
          most += sl_stream_block_most(s->corpus, order[i]);
          const uint32_t block_end = sl_stream_block_end(order[i]);
          if (block_end < end) end = block_end;
        } else if (order[i]->document - 1 < end) {
          end = order[i]->document - 1;
        }
      }
      if (most * SLACK <= s->limit) {
        // No document up to `end` can be better: the same lists, in the same blocks.
        for (uint32_t i = from; i < n; i++) {
          if (order[i]->document == document) sl_stream_seek(order[i], end + 1);
        }
        continue;
      }
    }
    for (uint32_t i = from; i < n && !hopeless; i++) {
      if (order[i]->document == document) set_value(s, order[i], &partial);
    }
    for (uint32_t i = from; i-- > 0 && !hopeless;) {
      if ((partial + s->below[i + 1]) * SLACK <= s->limit) {
        hopeless = true;
        break;
      }
      sl_stream_seek(order[i], document);
      if (order[i]->document == document) set_value(s, order[i], &partial);
    }
    if (!hopeless) {
      const double score = sum_of(s, document);
      if (score > s->limit) keep(s, score, document);
    }
    for (uint32_t i = from; i < n; i++) {
      if (order[i]->document == document) sl_stream_seek(order[i], document + 1);
    }
  }
  return true;
}

// ---- words that must be there -------------------------------------------------------------------

static uint64_t count_of(const sl_asked *a, const sl_asked_clause *clause) {
  uint64_t count = 0;
  for (uint32_t i = 0; i < clause->streams; i++)
    count += a->streams[clause->first_stream + i].count;
  return count;
}

static uint32_t seek_clause(sl_asked *a, const sl_asked_clause *clause, uint32_t document) {
  uint32_t next = SL_NO_DOCUMENT;
  for (uint32_t i = 0; i < clause->streams; i++) {
    sl_stream *stream = &a->streams[clause->first_stream + i];
    sl_stream_seek(stream, document);
    if (stream->document < next) next = stream->document;
  }
  return next;
}

// The next document from `document` on that satisfies what must be; the clause `driver` has the fewest.
static uint32_t next_match(sl_asked *a, uint32_t driver, uint32_t document) {
  for (;;) {
    document = seek_clause(a, &a->clauses[driver], document);
    if (document == SL_NO_DOCUMENT) return document;
    bool all = true;
    for (uint32_t i = 0; i < a->clause_count && all; i++) {
      if (a->clauses[i].occur != SL_OCCUR_MUST || i == driver) continue;
      const uint32_t next = seek_clause(a, &a->clauses[i], document);
      if (next == SL_NO_DOCUMENT) return next;
      all = next == document;
      document = next;
    }
    if (all) return document;
  }
}

static __attribute__((noinline)) bool walk_all(search *s, uint32_t driver, uint64_t *matches,
                                               uint32_t *at, uint32_t steps) {
  sl_asked *a = s->asked;
  for (; steps > 0; steps--, ++*at) {
    if (matches == NULL && s->below[a->stream_count] * SLACK <= s->limit) return false;
    *at = next_match(a, driver, *at);
    if (*at == SL_NO_DOCUMENT) return false;
    if (!is_allowed(s, *at)) continue;
    if (matches != NULL) sl_bit_set(matches, *at);
    double sum = 0;
    for (uint32_t i = 0; i < a->stream_count; i++) {
      sl_stream_seek(&a->streams[i], *at);
      if (a->streams[i].document == *at) sum += sl_stream_score(s->corpus, &a->streams[i]);
    }
    if (sum > s->limit) keep(s, sum, *at);
  }
  return true;
}

// ---- both ---------------------------------------------------------------------------------------

// Documents that may be found: those that live, that the filter has, and that what must not be has not.
static sl_status find_allowed(sl_fulltext *index, sl_fulltext_filter *filter,
                              const uint64_t **out) {
  sl_asked *a = index->asked;
  const sl_corpus *c = &index->corpus;
  *out = NULL;
  if (filter != NULL)
    SL_TRY(sl_filter_of(filter, index, out));
  else if (c->live < c->slots)
    *out = sl_asked_live(index);
  bool copied = false;
  const uint32_t words = (c->slots + 63) / 64;
  for (uint32_t i = 0; i < a->clause_count; i++) {
    if (a->clauses[i].occur != SL_OCCUR_NOT || a->clauses[i].count == 0) continue;
    sl_cursor_in *cursor;
    SL_TRY(SL_ALLOC(&cursor, 1));
    for (uint32_t k = 0; k < a->clauses[i].count; k++)
      sl_source_mark(&a->sources[a->clauses[i].first + k], cursor, a->touched);
    sl_free(cursor);
    for (uint32_t w = 0; w < words; w++) {
      const uint64_t before = copied ? a->allowed[w] : *out != NULL ? (*out)[w] : UINT64_MAX;
      a->allowed[w] = before & ~a->touched[w];
      a->touched[w] = 0;
    }
    copied = true;
  }
  if (copied) *out = a->allowed;
  return SL_OK;
}

// Matches of streams of which one is enough.
static sl_status mark_any(const search *s, uint64_t *matches) {
  sl_cursor_in *cursor;
  SL_TRY(SL_ALLOC(&cursor, 1));
  for (uint32_t i = 0; i < s->asked->stream_count; i++)
    sl_stream_mark(&s->asked->streams[i], cursor, matches);
  sl_free(cursor);
  for (uint32_t w = 0; w < (s->corpus->slots + 63) / 64 && s->allowed != NULL; w++)
    matches[w] &= s->allowed[w];
  return SL_OK;
}

static sl_status walk(sl_fulltext *index, search *s, bool count) {
  sl_asked *a = index->asked;
  uint64_t *matches = NULL;
  uint32_t driver = SL_NONE, at = 0, first = 0;
  bool impossible = false;
  if (count) {
    matches = a->matches;
    memset(matches, 0, ((size_t)index->corpus.slots + 63) / 64 * 8);
    a->matches_version = index->version + 1;
  }
  for (uint32_t i = 0; i < a->clause_count; i++) {
    if (a->clauses[i].occur != SL_OCCUR_MUST) continue;
    impossible = impossible || a->clauses[i].streams == 0;
    if (driver == SL_NONE || count_of(a, &a->clauses[i]) < count_of(a, &a->clauses[driver]))
      driver = i;
  }
  if (impossible) return SL_OK;
  order_streams(s);
  if (driver != SL_NONE) {
    while (walk_all(s, driver, matches, &at, 1024)) {
    }
  } else {
    if (count) SL_TRY(mark_any(s, matches));
    while (walk_any(s, &first, 1024)) {
    }
  }
  return SL_OK;
}

// The best first. Scores and keys go to the results.
static sl_status give(sl_fulltext *index, search *s, const sl_fulltext_question *q,
                      double *numbers) {
  const sl_corpus *c = &index->corpus;
  for (uint32_t end = s->count; end-- > 1;) {
    const hit worst = s->heap[0];
    s->heap[0] = s->heap[end];
    s->heap[end] = worst;
    sink(s->heap, 0, end);
  }
  const uint32_t found = s->count > q->offset ? s->count - q->offset : 0;
  SL_TRY(sl_buffer_reserve(&index->results, 8 * (uint64_t)found));
  SL_TRY(sl_buffer_reserve(&index->keys, 8 * (uint64_t)found));
  double *scores = index->results.at;
  uint32_t *keys = index->keys.at;
  for (uint32_t i = 0; i < found; i++) {
    const hit *h = &s->heap[q->offset + i];
    scores[i] = h->score;
    const sl_lexeme *key = &c->keys.entries[c->slot_keys[h->slot]];
    keys[2 * i] = key->at;
    keys[2 * i + 1] = key->length;
  }
  numbers[0] = found;
  numbers[1] = -1;
  if (q->count) {
    numbers[1] = 0;
    for (uint32_t w = 0; w < (c->slots + 63) / 64; w++)
      numbers[1] += __builtin_popcountll(index->asked->matches[w]);
  }
  numbers[2] = (double)(uintptr_t)scores;
  numbers[3] = (double)(uintptr_t)keys;
  numbers[4] = (double)(uintptr_t)c->keys.pool;
  return SL_OK;
}

static sl_status run(sl_fulltext *index, const sl_fulltext_question *q, sl_fulltext_filter *filter,
                     double *numbers) {
  sl_asked *a = index->asked;
  const sl_corpus *c = &index->corpus;
  search s = {.corpus = c, .asked = a, .limit = -1};
  SL_TRY(sl_streams_make(a));
  SL_TRY(find_allowed(index, filter, &s.allowed));
  const uint64_t most = (uint64_t)q->k + q->offset, n = a->stream_count;
  s.most = most < c->live ? (uint32_t)most : c->live;
  sl_status status = SL_OK;
  if (s.most > 0) {
    status = SL_ALLOC(&s.heap, s.most);
    if (status == SL_OK) status = SL_ALLOC(&s.order, n);
    if (status == SL_OK) status = SL_ALLOC(&s.below, n + 1);
    if (status == SL_OK) status = SL_ALLOC(&s.values, n);
  }
  if (status == SL_OK && s.most > 0)
    status = walk(index, &s, q->count);
  else if (status == SL_OK && q->count)
    memset(a->matches, 0, ((size_t)c->slots + 63) / 64 * 8);
  if (status == SL_OK && q->count) a->matches_version = index->version + 1;
  if (status == SL_OK) status = give(index, &s, q, numbers);
  sl_free(s.heap);
  sl_free(s.order);
  sl_free(s.below);
  sl_free(s.values);
  return status;
}

sl_status sl_fulltext_search(sl_fulltext *index, const double *clauses, uint32_t clause_count,
                             const uint8_t *text, uint32_t text_bytes,
                             const sl_fulltext_question *question, const double *boosts,
                             sl_fulltext_filter *filter, double *numbers) {
  sl_status status =
      sl_asked_begin(index, clauses, clause_count, text, text_bytes, question, boosts);
  if (index->asked != NULL) index->asked->matches_version = 0;
  if (status == SL_OK) status = run(index, question, filter, numbers);
  if (index->asked != NULL) sl_asked_end(index->asked);
  return status;
}

// ---- one document -------------------------------------------------------------------------------

// Parts of a clause; total: what they add to the score.
static void explain_clause(const sl_fulltext *index, const sl_asked_clause *clause, uint32_t slot,
                           double **to, double *total, bool *matched) {
  const sl_asked *a = index->asked;
  const sl_corpus *c = &index->corpus;
  const bool together = a->question->scorer == SL_BM25F;
  *matched = false;
  *total = 0;
  for (uint32_t i = 0, end; i < clause->count; i = end) {
    const sl_source *s = a->sources + clause->first + i;
    double t = 0;
    uint32_t fields = 0;
    end = i + 1;
    while (together && end < clause->count && s[end - i].group == s->group) end++;
    double *part = *to;
    for (uint32_t k = 0; k < end - i; k++) {
      const uint32_t frequency = sl_source_frequency(&s[k], slot);
      if (frequency == 0) continue;
      const uint32_t length = sl_length_of(c, slot, s[k].field);
      const double score = sl_source_score(&s[k], frequency, length);
      t += frequency / (s[k].shift + s[k].slope * length);
      part[0] = clause->given;
      part[1] = fields++ == 0 ? (double)s[k].field : -1;
      part[2] = fields == 1 ? frequency : part[2] + frequency;
      part[3] = fields == 1 ? length : part[3] + length;
      part[4] = fields == 1 || s[k].count > part[4] ? s[k].count : part[4];
      part[5] = s[k].idf;
      part[6] = s[k].factor * (together ? 1 : s[k].boost);
      part[7] = score;
      part[8] = c->words.entries[s[k].word].at;
      part[9] = c->words.entries[s[k].word].length;
    }
    if (fields == 0) continue;
    if (fields > 1) part[7] = s->weight / (1 + 1 / t);
    *total += part[7];
    *to += SL_EXPLAINED;
    *matched = true;
  }
}

static sl_status explain(sl_fulltext *index, uint32_t slot, double *numbers) {
  const sl_asked *a = index->asked;
  SL_TRY(sl_buffer_reserve(&index->parts, (uint64_t)a->source_count * SL_EXPLAINED * 8 + 8));
  double *to = index->parts.at, score = 0;
  bool any = false, must = false, fails = false;
  for (uint32_t i = 0; i < a->clause_count; i++) {
    const sl_asked_clause *clause = &a->clauses[i];
    double *before = to, total;
    bool matched;
    explain_clause(index, clause, slot, &to, &total, &matched);
    if (clause->occur == SL_OCCUR_NOT) {
      fails = fails || matched;
      to = before;
      continue;
    }
    must = must || clause->occur == SL_OCCUR_MUST;
    fails = fails || (clause->occur == SL_OCCUR_MUST && !matched);
    any = any || matched;
    score += total;
  }
  numbers[0] = (double)(to - (double *)index->parts.at) / SL_EXPLAINED;
  numbers[1] = (double)(uintptr_t)index->parts.at;
  numbers[2] = fails || !(any || must) ? NAN : score;
  numbers[3] = (double)(uintptr_t)index->corpus.words.pool;
  return SL_OK;
}

sl_status sl_fulltext_explain(sl_fulltext *index, const uint8_t *key, uint32_t key_bytes,
                              const double *clauses, uint32_t clause_count, const uint8_t *text,
                              uint32_t text_bytes, const sl_fulltext_question *question,
                              const double *boosts, double *numbers) {
  const uint32_t entry = sl_lexicon_find(&index->corpus.keys, key, key_bytes);
  const uint32_t slot = entry == SL_NO_ENTRY ? SL_NONE : index->corpus.keys.entries[entry].value;
  SL_REQUIRE(slot != SL_NONE, SL_ERR_INDEX, "id", "an id that is in the index");
  sl_status status =
      sl_asked_begin(index, clauses, clause_count, text, text_bytes, question, boosts);
  if (status == SL_OK) status = explain(index, slot, numbers);
  if (index->asked != NULL) sl_asked_end(index->asked);
  return status;
}
