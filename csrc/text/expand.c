// The words that a prefix or a misspelt word stands for.
//
// Words are sorted, and the table of edit distances has a row for each character of the word before: of
// the next word only what is after their common beginning is new, and words with a beginning that is too
// far already are passed over at once. This walks through the words as a Levenshtein automaton would.
// Based on: K. U. Schulz, S. Mihov, "Fast string correction with Levenshtein automata", IJDAR 5 (2002),
// doi:10.1007/s10032-002-0082-8, for what is passed over; R. A. Wagner, M. J. Fischer, "The
// string-to-string correction problem", J. ACM 21 (1974), for the table.
#include "text/asked.h"

static sl_status add_expansion(sl_asked *a, uint32_t word, double weight) {
  const uint32_t term = a->corpus->words.entries[word].value;
  if (term == SL_NONE || term == SL_LEFT_OUT) return SL_OK;
  SL_TRY(SL_MAKE_ROOM(&a->expansions, &a->expansion_room, a->expansion_count + 1));
  a->expansions[a->expansion_count] = (sl_expansion){term, word, a->expansion_count, weight};
  a->expansion_count++;
  return SL_OK;
}

static bool begins_character(uint8_t c) { return (c & 0xc0) != 0x80; }

static uint32_t characters(const uint8_t *bytes, uint32_t length) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < length; i++) n += begins_character(bytes[i]);
  return n;
}

sl_status sl_expand_prefix(sl_fulltext *index, const sl_word *prefix) {
  sl_lexicon *words = &index->corpus.words;
  SL_TRY(sl_lexicon_sort(words));
  const double own = characters(prefix->bytes, prefix->length);
  uint32_t i = sl_lexicon_lower(words, prefix->bytes, prefix->length, 0);
  for (; i < words->ordered; i++) {
    uint32_t length;
    const uint8_t *bytes = sl_lexicon_at(words, words->order[i], &length);
    if (length < prefix->length || memcmp(bytes, prefix->bytes, prefix->length) != 0) break;
    const double whole = characters(bytes, length);
    SL_TRY(add_expansion(index->asked, words->order[i], whole > 0 ? own / whole : 1));
  }
  return SL_OK;
}

// ---- distances ----------------------------------------------------------------------------------

enum { WIDTH = SL_MOST_WORD + 1 };

typedef struct pattern {
  const uint8_t *bytes;
  uint32_t starts[WIDTH + 1]; // of its characters, and the end
  uint32_t count, distance;
} pattern;

static uint32_t find_starts(const uint8_t *bytes, uint32_t length, uint32_t *starts) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < length; i++) {
    if (i == 0 || begins_character(bytes[i])) starts[n++] = i;
  }
  starts[n] = length;
  return n;
}

static bool is_same(const pattern *p, uint32_t i, const uint8_t *bytes, uint32_t length) {
  return p->starts[i + 1] - p->starts[i] == length &&
         memcmp(p->bytes + p->starts[i], bytes, length) == 0;
}

// The row after one more character; only what is near the diagonal counts. Returns its least.
static uint32_t next_row(const pattern *p, const uint8_t *before, uint8_t *row, uint32_t depth,
                         const uint8_t *bytes, uint32_t length) {
  const uint32_t far = p->distance + 1;
  const uint32_t from = depth > p->distance ? depth - p->distance : 0;
  uint32_t to = depth + p->distance, least = far;
  if (to > p->count) to = p->count;
  if (from > p->count) return far;
  for (uint32_t j = from; j <= to; j++) {
    // Outside of the band the row before has nothing.
    const uint32_t up = j + 1 > depth + p->distance ? far : before[j];
    uint32_t best = up + 1;
    if (j > 0) {
      const uint32_t diagonal = before[j - 1] + !is_same(p, j - 1, bytes, length);
      if (diagonal < best) best = diagonal;
      if (j > from && row[j - 1] + 1u < best) best = row[j - 1] + 1u;
    }
    if (best > far) best = far;
    row[j] = (uint8_t)best;
    if (best < least) least = best;
  }
  return least;
}

static void first_row(const pattern *p, uint8_t *row) {
  for (uint32_t j = 0; j <= p->count && j <= p->distance; j++) row[j] = (uint8_t)j;
}

// Distance at the end of a word of `depth` characters, above p->distance where it is too far.
static uint32_t last_of(const pattern *p, const uint8_t *row, uint32_t depth) {
  if (p->count > depth + p->distance || depth > p->count + p->distance) return p->distance + 1;
  return row[p->count];
}

bool sl_is_near(const uint8_t *a, uint32_t a_length, const uint8_t *b, uint32_t b_length,
                uint32_t distance) {
  pattern p = {.bytes = a, .distance = distance};
  uint8_t rows[2][WIDTH];
  uint32_t starts[WIDTH + 1];
  p.count = find_starts(a, a_length, p.starts);
  const uint32_t count = find_starts(b, b_length, starts);
  first_row(&p, rows[0]);
  for (uint32_t i = 0; i < count; i++) {
    if (next_row(&p, rows[i & 1], rows[(i + 1) & 1], i + 1, b + starts[i],
                 starts[i + 1] - starts[i]) > distance)
      return false;
  }
  return last_of(&p, rows[count & 1], count) <= distance;
}

// The first place from `i` on whose word does not begin with these bytes.
static uint32_t pass_over(const sl_lexicon *words, const uint8_t *bytes, uint32_t length,
                          uint32_t i) {
  uint8_t next[WIDTH];
  memcpy(next, bytes, length);
  while (length > 0 && next[length - 1] == 0xff) length--;
  if (length == 0) return words->ordered;
  next[length - 1]++;
  return sl_lexicon_lower(words, next, length, i);
}

sl_status sl_expand_fuzzy(sl_fulltext *index, const sl_word *word, uint32_t distance) {
  sl_asked *a = index->asked;
  sl_lexicon *words = &index->corpus.words;
  SL_TRY(sl_lexicon_sort(words));
  if (a->rows == NULL) SL_TRY(sl_alloc(WIDTH + 1, WIDTH, (void **)&a->rows));
  pattern p = {.bytes = word->bytes, .distance = distance};
  p.count = find_starts(word->bytes, word->length, p.starts);
  first_row(&p, a->rows);
  uint32_t starts[WIDTH + 1], depth = 0, known = 0; // characters with rows; bytes they are of
  const uint8_t *before = NULL;
  for (uint32_t i = 0; i < words->ordered;) {
    uint32_t length;
    const uint8_t *bytes = sl_lexicon_at(words, words->order[i], &length);
    if (length > 0 && bytes[0] == SL_VALUE_MARK) {
      i = pass_over(words, bytes, 1, i);
      continue;
    }
    uint32_t common = 0;
    while (common < known && common < length && bytes[common] == before[common]) common++;
    // Whole characters that both begin with.
    while (depth > 0 && starts[depth] > common) depth--;
    uint32_t at = depth > 0 ? starts[depth] : 0, least = 0;
    while (at < length) {
      uint32_t end = at + 1;
      while (end < length && !begins_character(bytes[end])) end++;
      starts[depth] = at;
      starts[depth + 1] = end;
      least = next_row(&p, a->rows + (size_t)depth * WIDTH, a->rows + (size_t)(depth + 1) * WIDTH,
                       depth + 1, bytes + at, end - at);
      depth++;
      at = end;
      if (least > distance) break;
    }
    before = bytes;
    known = at;
    if (least > distance) {
      i = pass_over(words, bytes, at, i);
      depth--; // the row of a beginning that is too far is of no use
      known = starts[depth];
      continue;
    }
    const uint32_t edits = last_of(&p, a->rows + (size_t)depth * WIDTH, depth);
    if (edits <= distance) {
      const uint32_t shorter = depth < p.count ? depth : p.count;
      const double weight = shorter == 0 ? 0.1 : 1 - (double)edits / shorter;
      SL_TRY(add_expansion(a, words->order[i], weight < 0.1 ? 0.1 : weight));
    }
    i++;
  }
  return SL_OK;
}
