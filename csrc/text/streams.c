// What a search walks through: lists, and clauses whose sum is made beforehand.
#include "text/asked.h"

enum { MOST_LISTS = 8 }; // of a clause that is walked through list by list

static void add_most(const sl_corpus *c, const sl_source *s, const uint32_t *documents,
                     const uint32_t *frequencies, uint32_t count, double *most) {
  for (uint32_t i = 0; i < count; i++) {
    const double score =
        sl_source_score(s, frequencies[i], sl_length_of(c, documents[i], s->field));
    if (score > *most) *most = score;
  }
}

// The largest score of the impacts: each operation of a score rounds monotonically, so that this bounds
// the scores in floating point as well.
static double most_of(const sl_source *s, const sl_impacts *impacts) {
  double most = 0;
  for (uint32_t i = 0; i < impacts->count; i++) {
    const double score = sl_source_score(s, impacts->at[i].frequency, impacts->at[i].length);
    if (score > most) most = score;
  }
  return most;
}

static sl_status new_stream(sl_asked *a, sl_stream **out) {
  SL_TRY(SL_MAKE_ROOM(&a->streams, &a->stream_room, a->stream_count + 1));
  *out = &a->streams[a->stream_count++];
  (*out)->source = NULL;
  (*out)->documents = NULL;
  (*out)->scores = NULL;
  (*out)->count = (*out)->at = 0;
  (*out)->block = SL_NONE;
  (*out)->most = 0;
  return SL_OK;
}

static sl_status stream_of_list(sl_asked *a, const sl_source *source) {
  sl_stream *s;
  SL_TRY(new_stream(a, &s));
  s->source = source;
  s->count = source->count;
  sl_cursor_open(&s->cursor, source->list);
  s->document = s->cursor.document;
  if (source->list->blocks != NULL) {
    s->most = most_of(source, &source->list->blocks->impacts);
  } else {
    add_most(a->corpus, source, s->cursor.documents, s->cursor.frequencies, s->cursor.count,
             &s->most);
  }
  return SL_OK;
}

// ---- sums ---------------------------------------------------------------------------------------

// Calls for each block of a source; `cursor` is scratch.
typedef struct pieces {
  const sl_source *source;
  sl_cursor_in *cursor;
  uint32_t at;
  const uint32_t *documents, *frequencies;
  uint32_t count;
} pieces;

static bool next_piece(pieces *p) {
  const sl_source *s = p->source;
  if (s->list == NULL) {
    if (p->at > 0) return false;
    p->documents = s->documents;
    p->frequencies = s->frequencies;
    p->count = s->count;
  } else {
    if (p->at == 0)
      sl_cursor_open(p->cursor, s->list);
    else if (!sl_cursor_next_block(p->cursor))
      return false;
    sl_cursor_frequencies(p->cursor);
    p->documents = p->cursor->documents;
    p->frequencies = p->cursor->frequencies;
    p->count = p->cursor->count;
  }
  p->at++;
  return true;
}

void sl_source_mark(const sl_source *source, sl_cursor_in *cursor, uint64_t *bits) {
  pieces p = {.source = source, .cursor = cursor};
  while (next_piece(&p)) {
    for (uint32_t i = 0; i < p.count; i++) sl_bit_set(bits, p.documents[i]);
  }
}

void sl_stream_mark(const sl_stream *s, sl_cursor_in *cursor, uint64_t *bits) {
  if (s->source != NULL) {
    sl_source_mark(s->source, cursor, bits);
    return;
  }
  for (uint32_t i = 0; i < s->count; i++) sl_bit_set(bits, s->documents[i]);
}

static __attribute__((noinline)) void add_scores(const sl_asked *a, const sl_source *s,
                                                 const pieces *p) {
  for (uint32_t i = 0; i < p->count; i++) {
    const uint32_t slot = p->documents[i];
    a->sums[slot] += sl_source_score(s, p->frequencies[i], sl_length_of(a->corpus, slot, s->field));
    sl_bit_set(a->touched, slot);
  }
}

static __attribute__((noinline)) void add_frequencies(const sl_asked *a, const sl_source *s,
                                                      const pieces *p) {
  for (uint32_t i = 0; i < p->count; i++) {
    const uint32_t slot = p->documents[i];
    const uint32_t length = sl_length_of(a->corpus, slot, s->field);
    // (shift + slope * length) is k1 times what t is divided by; infinity where k1 is 0.
    a->inner[slot] += p->frequencies[i] / (s->shift + s->slope * length);
  }
}

// The sum over the fields of a term goes into one fraction.
static void end_group(const sl_asked *a, const sl_source *s, uint32_t count, sl_cursor_in *cursor) {
  for (uint32_t k = 0; k < count; k++) {
    pieces p = {.source = &s[k], .cursor = cursor};
    while (next_piece(&p)) {
      for (uint32_t i = 0; i < p.count; i++) {
        const uint32_t slot = p.documents[i];
        if (a->inner[slot] == 0) continue; // done with an earlier field
        a->sums[slot] += s->weight / (1 + 1 / a->inner[slot]);
        a->inner[slot] = 0;
        sl_bit_set(a->touched, slot);
      }
    }
  }
}

static sl_status stream_of_sum(sl_asked *a, const sl_source *sources, uint32_t count) {
  sl_stream *s;
  SL_TRY(new_stream(a, &s));
  s->document = SL_NO_DOCUMENT;
  const uint32_t words = (a->corpus->slots + 63) / 64;
  const bool together = a->question->scorer == SL_BM25F;
  for (uint32_t i = 0, end; i < count; i = end) {
    end = i + 1;
    while (together && end < count && sources[end].group == sources[i].group) end++;
    for (uint32_t k = i; k < end; k++) {
      pieces p = {.source = &sources[k], .cursor = &s->cursor};
      while (next_piece(&p)) {
        if (end - i == 1)
          add_scores(a, &sources[k], &p);
        else
          add_frequencies(a, &sources[k], &p);
      }
    }
    if (end - i > 1) end_group(a, &sources[i], end - i, &s->cursor);
  }
  for (uint32_t w = 0; w < words; w++) s->count += (uint32_t)__builtin_popcountll(a->touched[w]);
  sl_status status = SL_ALLOC(&s->documents, s->count);
  if (status == SL_OK) status = SL_ALLOC(&s->scores, s->count);
  uint32_t n = 0;
  for (uint32_t w = 0; w < words; w++) {
    for (uint64_t bits = a->touched[w]; bits != 0; bits &= bits - 1) {
      const uint32_t slot = 64 * w + (uint32_t)__builtin_ctzll(bits);
      if (status == SL_OK) {
        s->documents[n] = slot;
        s->scores[n++] = a->sums[slot];
        if (a->sums[slot] > s->most) s->most = a->sums[slot];
      }
      a->sums[slot] = 0;
    }
    a->touched[w] = 0;
  }
  if (n > 0) s->document = s->documents[0];
  return status;
}

static bool is_walked(const sl_asked *a, const sl_source *sources, uint32_t count) {
  if (count > MOST_LISTS) return false;
  for (uint32_t i = 0; i < count; i++) {
    if (sources[i].list == NULL) return false;
    if (a->question->scorer == SL_BM25F && i > 0 && sources[i].group == sources[i - 1].group)
      return false;
  }
  return true;
}

sl_status sl_streams_make(sl_asked *a) {
  for (uint32_t i = 0; i < a->clause_count; i++) {
    sl_asked_clause *clause = &a->clauses[i];
    clause->first_stream = a->stream_count;
    if (clause->occur != SL_OCCUR_NOT && clause->count > 0) {
      const sl_source *sources = a->sources + clause->first;
      if (is_walked(a, sources, clause->count)) {
        for (uint32_t k = 0; k < clause->count; k++) SL_TRY(stream_of_list(a, &sources[k]));
      } else {
        SL_TRY(stream_of_sum(a, sources, clause->count));
      }
    }
    clause->streams = a->stream_count - clause->first_stream;
  }
  return SL_OK;
}

// ---- walking ------------------------------------------------------------------------------------

void sl_stream_seek(sl_stream *s, uint32_t document) {
  if (s->document >= document) return;
  if (s->source != NULL) {
    sl_cursor_to(&s->cursor, document);
    s->document = s->cursor.document;
    return;
  }
  uint32_t low = s->at + 1, high = low, step = 1;
  while (high < s->count && s->documents[high] < document) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  if (high > s->count) high = s->count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (s->documents[middle] < document)
      low = middle + 1;
    else
      high = middle;
  }
  s->at = low;
  s->document = low < s->count ? s->documents[low] : SL_NO_DOCUMENT;
}

double sl_stream_score(const sl_corpus *c, sl_stream *s) {
  if (s->source == NULL) return s->scores[s->at];
  return sl_source_score(s->source, sl_cursor_frequency(&s->cursor),
                         sl_length_of(c, s->document, s->source->field));
}

double sl_stream_block_most(const sl_corpus *c, sl_stream *s) {
  if (s->source == NULL) return s->most;
  if (s->block == s->cursor.block) return s->block_most;
  sl_impacts impacts;
  sl_cursor_impacts(&s->cursor, &impacts);
  s->block = s->cursor.block;
  s->block_most = most_of(s->source, &impacts);
  if (impacts.count == 0) {
    add_most(c, s->source, s->cursor.documents, s->cursor.frequencies, s->cursor.count,
             &s->block_most);
  }
  return s->block_most;
}

uint32_t sl_stream_block_end(const sl_stream *s) {
  return s->source == NULL ? SL_NO_DOCUMENT - 1 : sl_cursor_block_end(&s->cursor);
}
