// Full-text indexes against a model that keeps the words of every document and computes every score from
// the formulas of fulltext.h: adding, replacing, removing, optimizing, saving and loading, and questions of every
// kind, in random order.
#include "check.h"
#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "text/file.h"
#include "text/fulltext.h"
#include "text/stem.h"

#define AT(type, number) ((type *)(uintptr_t)(number))

enum { FIELDS = 3, MOST_WORDS = 60, MOST_DOCUMENTS = 4000, KEYS = 500, VOCABULARY = 1200 };

typedef struct document {
  uint32_t key;
  bool live;
  uint32_t count[FIELDS]; // words; the last field has values
  uint16_t words[FIELDS][MOST_WORDS];
  uint16_t places[FIELDS][MOST_WORDS];
} document;

static sl_rng rng;
static uint32_t below(uint32_t n) { return sl_rng_below(&rng, n); }

static char words[VOCABULARY][24]; // the first 5 are left out
static char stems[VOCABULARY][24];
static bool known[VOCABULARY];
static uint32_t vocabulary;
static document *documents;
static uint32_t document_count;
static bool english, positions, left_out;
static double boosts[FIELDS];
static sl_fulltext_question question;

static void make_vocabulary(void) {
  static const char *endings[] = {"", "s", "ed", "ing", "ness", "ly", "ation", ""};
  vocabulary = 0;
  while (vocabulary < VOCABULARY) {
    char word[24];
    const uint32_t length = 1 + below(5);
    for (uint32_t i = 0; i < length; i++) word[i] = "abcdeinst"[below(9)];
    strcpy(word + length, endings[below(8)]);
    if (below(20) == 0) strcat(word, "\xc3\xa9\xe4\xb8\xad");
    bool fresh = true;
    for (uint32_t i = 0; i < vocabulary; i++) fresh = fresh && strcmp(words[i], word) != 0;
    if (!fresh) continue;
    strcpy(words[vocabulary], word);
    strcpy(stems[vocabulary], word);
    if (english)
      stems[vocabulary][sl_stem_english((uint8_t *)stems[vocabulary], (uint32_t)strlen(word))] = 0;
    known[vocabulary] = false;
    vocabulary++;
  }
}

static bool is_left_out(uint32_t word) { return left_out && word < 5; }
static bool is_same(uint32_t a, uint32_t b) {
  return a == b ||
         (english && !is_left_out(a) && !is_left_out(b) && strcmp(stems[a], stems[b]) == 0);
}

// Often the same ones.
static uint32_t pick_word(void) {
  const double u = sl_rng_double(&rng);
  return (uint32_t)(u * u * u * vocabulary);
}

// ---- the model ----------------------------------------------------------------------------------

static uint32_t frequency_of(const document *d, uint32_t word, uint32_t f) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < d->count[f]; i++)
    n += f == FIELDS - 1 ? d->words[f][i] == word : is_same(d->words[f][i], word);
  return n;
}

static uint32_t phrase_frequency(const document *d, const uint32_t *phrase, uint32_t count,
                                 uint32_t f) {
  uint32_t found = 0, first = 0;
  while (first < count && is_left_out(phrase[first])) first++;
  for (uint32_t i = 0; i < d->count[f]; i++) {
    bool all = true;
    for (uint32_t k = first; k < count && all; k++) {
      if (is_left_out(phrase[k])) continue;
      bool here = false;
      for (uint32_t j = 0; j < d->count[f]; j++)
        here = here || (d->places[f][j] + first == d->places[f][i] + k &&
                        is_same(d->words[f][j], phrase[k]));
      all = here;
    }
    found += all;
  }
  return found;
}

static uint32_t distance_of(const char *a, const char *b) {
  uint32_t x[24], y[24], m = 0, n = 0, rows[25][25];
  for (const char *lists[2] = {a, b}, **l = lists; l < lists + 2; l++) {
    uint32_t *to = l == lists ? x : y, *count = l == lists ? &m : &n;
    for (const uint8_t *p = (const uint8_t *)*l; *p; p++) {
      if ((*p & 0xc0) != 0x80)
        to[(*count)++] = *p;
      else
        to[*count - 1] = to[*count - 1] << 8 | *p;
    }
  }
  for (uint32_t i = 0; i <= m; i++) {
    for (uint32_t j = 0; j <= n; j++) {
      uint32_t best = i == 0 ? j : j == 0 ? i : rows[i - 1][j - 1] + (x[i - 1] != y[j - 1]);
      if (i > 0 && rows[i - 1][j] + 1 < best) best = rows[i - 1][j] + 1;
      if (j > 0 && rows[i][j - 1] + 1 < best) best = rows[i][j - 1] + 1;
      rows[i][j] = best;
    }
  }
  return rows[m][n];
}

static uint32_t characters(const char *word) {
  uint32_t n = 0;
  for (; *word; word++) n += ((uint8_t)*word & 0xc0) != 0x80;
  return n;
}

typedef struct asked {
  sl_occur occur;
  sl_clause_kind kind;
  uint32_t fields, distance, count;
  double boost;
  uint32_t words[4];
} asked;

// A term, or a phrase, with its weight: the score of all documents is added.
static void add_scores(const asked *c, const uint32_t *phrase, uint32_t count, double weight,
                       double *scores, bool *matches) {
  static uint32_t tf[MOST_DOCUMENTS][FIELDS];
  uint32_t n[FIELDS] = {0}, most = 0;
  double average[FIELDS];
  for (uint32_t f = 0; f < FIELDS; f++) {
    double total = 0, having = 0;
    const bool value = f == FIELDS - 1, wanted = c->kind == SL_CLAUSE_VALUE;
    for (uint32_t d = 0; d < document_count; d++) {
      tf[d][f] = 0;
      if ((c->fields >> f & 1) != 0 && boosts[f] > 0 && value == wanted)
        tf[d][f] = count == 1 ? frequency_of(&documents[d], *phrase, f)
                              : phrase_frequency(&documents[d], phrase, count, f);
      n[f] += tf[d][f] > 0;
      total += documents[d].count[f];
      having += documents[d].count[f] > 0;
    }
    average[f] = total / having;
    if (n[f] > most) most = n[f];
  }
  const double N = document_count, k1 = question.k1, b = question.b;
  for (uint32_t d = 0; d < document_count; d++) {
    double t = 0;
    for (uint32_t f = 0; f < FIELDS; f++) {
      if (tf[d][f] == 0) continue;
      matches[d] = true;
      const double B = 1 - b + b * documents[d].count[f] / average[f];
      t += boosts[f] * tf[d][f] / B;
      if (question.scorer == SL_BM25)
        scores[d] += weight * boosts[f] * log(1 + (N - n[f] + 0.5) / (n[f] + 0.5)) * (k1 + 1) *
                     tf[d][f] / (tf[d][f] + k1 * B);
    }
    if (question.scorer == SL_BM25F && t > 0)
      scores[d] += weight * log(1 + (N - most + 0.5) / (most + 0.5)) * (k1 + 1) *
                   (isinf(t) ? 1 : t / (t + k1));
  }
}

// False: the clause has no words, and counts for nothing.
static bool ask_model(const asked *c, double *scores, bool *matches) {
  memset(matches, 0, document_count * sizeof *matches);
  if (c->kind == SL_CLAUSE_WORDS || c->kind == SL_CLAUSE_VALUE) {
    if (c->kind == SL_CLAUSE_WORDS && is_left_out(c->words[0])) return false;
    add_scores(c, c->words, 1, c->boost, scores, matches);
    return true;
  }
  if (c->kind == SL_CLAUSE_PHRASE) {
    uint32_t all = 0, only = 0;
    for (uint32_t i = 0; i < c->count; i++) {
      if (is_left_out(c->words[i])) continue;
      all++;
      only = c->words[i];
    }
    if (all == 0) return false;
    if (all == 1)
      add_scores(c, &only, 1, c->boost, scores, matches);
    else
      add_scores(c, c->words, c->count, c->boost, scores, matches);
    return true;
  }
  const char *word = words[c->words[0]];
  double weights[VOCABULARY] = {0};
  for (uint32_t w = 0; w < vocabulary; w++) {
    if (!known[w] || is_left_out(w)) continue;
    double weight = 0;
    if (c->kind == SL_CLAUSE_PREFIX && strncmp(words[w], word, strlen(word)) == 0)
      weight = (double)characters(word) / characters(words[w]);
    if (c->kind == SL_CLAUSE_FUZZY || c->distance > 0) {
      const uint32_t edits = distance_of(word, words[w]);
      const uint32_t a = characters(word), b = characters(words[w]);
      if (edits <= c->distance)
        weight = fmax(weight, fmax(0.1, 1 - (double)edits / (a < b ? a : b)));
    }
    // Words of one stem count once.
    uint32_t first = 0;
    while (!known[first] || !is_same(first, w)) first++;
    if (weight > weights[first]) weights[first] = weight;
  }
  for (uint32_t w = 0; w < vocabulary; w++)
    if (weights[w] > 0) add_scores(c, &w, 1, c->boost * weights[w], scores, matches);
  return true;
}

// ---- both ---------------------------------------------------------------------------------------

static uint8_t text[1 << 16];
static uint32_t text_bytes;
static uint32_t parts[3 * 64], part_count;

static void put_part(uint32_t what, uint32_t from) {
  parts[3 * part_count] = what;
  parts[3 * part_count + 1] = from;
  parts[3 * part_count++ + 2] = text_bytes - from;
}

static uint32_t put_key(uint32_t key) {
  const uint32_t from = text_bytes;
  text_bytes += (uint32_t)sprintf((char *)text + text_bytes, "key%u%s", key,
                                  key % 7 == 0 ? "-and a longer one than most" : "");
  return text_bytes - from;
}

static void put_word(uint32_t word) {
  // Capitals are the same word.
  for (const char *c = words[word]; *c; c++)
    text[text_bytes++] = (uint8_t)(*c >= 'a' && *c <= 'z' && below(4) == 0 ? *c - 32 : *c);
}

static uint32_t seen[2 * FIELDS * MOST_WORDS],
    seen_count; // words of the document that was written last

static void write_document(document *d) {
  memset(d, 0, sizeof *d);
  d->live = true;
  seen_count = 0;
  d->key = below(KEYS);
  const uint32_t start = text_bytes;
  put_key(d->key);
  put_part(SL_PART_KEY, start);
  for (uint32_t f = 0; f < FIELDS; f++) {
    if (below(4) == 0) continue;
    const bool values = f == FIELDS - 1;
    uint32_t from = text_bytes;
    const uint32_t count = values ? 1 + below(3) : below(below(20) == 0 ? MOST_WORDS : 12);
    uint32_t place = 0;
    for (uint32_t i = 0; i < count; i++, place++) {
      const uint32_t word = values ? below(30) : pick_word();
      if (values) {
        if (frequency_of(d, word, f) > 0) continue;
        strcpy((char *)text + text_bytes, words[word]);
        text_bytes += (uint32_t)strlen(words[word]);
      } else {
        put_word(word);
        seen[seen_count++] = word;
      }
      text[text_bytes++] = values ? '\n' : (uint8_t)" ,.-;\t"[below(6)];
      if (!values && is_left_out(word)) continue;
      d->words[f][d->count[f]] = (uint16_t)word;
      d->places[f][d->count[f]++] = (uint16_t)place;
      if (!values && below(30) == 0) { // another part of the same field
        put_part(f, from);
        from = text_bytes;
        place += 100;
      }
    }
    put_part((values ? SL_PART_VALUES : SL_PART_TEXT) + f, from);
  }
}

static document *find_live(uint32_t key) {
  for (uint32_t d = 0; d < document_count; d++)
    if (documents[d].live && documents[d].key == key) return &documents[d];
  return NULL;
}

static void add_some(sl_fulltext *index) {
  text_bytes = part_count = 0;
  document d;
  uint32_t added;
  write_document(&d);
  document *old = find_live(d.key);
  const bool replace = below(3) > 0;
  const sl_status status =
      sl_fulltext_add(index, text, text_bytes, parts, part_count, replace, &added);
  if (old != NULL && !replace) {
    assert_int_equal(status, SL_ERR_ARGUMENT);
    assert_int_equal(added, 0);
    return;
  }
  assert_ok(status);
  assert_int_equal(added, 1);
  if (old != NULL) old->live = false;
  for (uint32_t i = 0; i < seen_count; i++) known[seen[i]] = true;
  documents[document_count++] = d;
}

static void remove_some(sl_fulltext *index) {
  uint32_t removed;
  const uint32_t key = below(KEYS);
  document *old = find_live(key);
  text_bytes = 0;
  const uint32_t length = put_key(key);
  assert_int_equal(sl_fulltext_has(index, text, length), old != NULL);
  const sl_status status = sl_fulltext_remove(index, text, text_bytes, &length, 1, &removed);
  assert_int_equal(status, old != NULL ? SL_OK : SL_ERR_INDEX);
  if (old != NULL) old->live = false;
}

static void optimize(sl_fulltext *index) {
  sl_outcome outcome;
  assert_ok(sl_fulltext_optimize(index));
  do assert_ok(sl_job_step(sl_fulltext_job(index), 1 + below(500), &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  uint32_t kept = 0;
  for (uint32_t d = 0; d < document_count; d++)
    if (documents[d].live) documents[kept++] = documents[d];
  document_count = kept;
  for (uint32_t w = 0; w < vocabulary; w++) {
    bool alive = false;
    for (uint32_t d = 0; d < document_count && !alive; d++)
      for (uint32_t f = 0; f + 1 < FIELDS; f++)
        alive = alive || frequency_of(&documents[d], w, f) > 0;
    known[w] = known[w] && alive;
  }
}

static sl_fulltext *save_and_load(sl_fulltext *index) {
  sl_writer *writer;
  sl_fulltext *again;
  assert_ok(sl_fulltext_save(index, &writer));
  const uint32_t length = (uint32_t)sl_writer_size(writer);
  uint8_t *first = malloc(length);
  uint32_t written;
  assert_ok(sl_writer_next(writer, first, length, &written));
  sl_writer_destroy(writer);
  sl_reader *reader;
  assert_ok(sl_reader_create(SL_FILE_TEXT, length, &reader));
  assert_ok(sl_reader_feed(reader, first, length));
  assert_ok(sl_fulltext_load(reader, &again));
  sl_reader_destroy(reader);
  assert_ok(sl_fulltext_save(again, &writer));
  uint8_t *second = malloc(length);
  assert_int_equal(sl_writer_size(writer), length);
  assert_ok(sl_writer_next(writer, second, length, &written));
  assert_memory_equal(first, second, length);
  sl_writer_destroy(writer);
  free(second);
  free(first);
  sl_fulltext_destroy(index);
  return again;
}

static double numbers[SL_CLAUSE_NUMBERS * 8];

static void write_clause(const asked *c, uint32_t i) {
  const uint32_t from = text_bytes;
  for (uint32_t k = 0; k < c->count; k++) {
    if (c->kind == SL_CLAUSE_VALUE) {
      strcpy((char *)text + text_bytes, words[c->words[k]]);
      text_bytes += (uint32_t)strlen(words[c->words[k]]);
    } else {
      put_word(c->words[k]);
    }
    text[text_bytes++] = c->kind == SL_CLAUSE_VALUE ? '\n' : ' ';
  }
  const double all[SL_CLAUSE_NUMBERS] = {c->occur,          c->kind,     c->fields, from,
                                         text_bytes - from, c->distance, c->boost};
  memcpy(numbers + SL_CLAUSE_NUMBERS * i, all, sizeof all);
}

static bool near(double a, double b) { return fabs(a - b) <= 1e-11 * (fabs(a) + fabs(b)); }

static double scores[MOST_DOCUMENTS], added[MOST_DOCUMENTS];
static bool wanted[MOST_DOCUMENTS];

static int descending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? 1 : x > y ? -1 : 0;
}

static void check_explained(sl_fulltext *index, const document *d, uint32_t clause_count,
                            double score) {
  double out[4], sum = 0;
  uint8_t key[64];
  const uint32_t at = text_bytes;
  const uint32_t length = put_key(d->key);
  memcpy(key, text + at, length);
  text_bytes = at;
  assert_ok(sl_fulltext_explain(index, key, length, numbers, clause_count, text, text_bytes,
                                &question, boosts, out));
  const double *part = AT(double, out[1]);
  for (uint32_t i = 0; i < out[0]; i++) sum += part[SL_EXPLAINED * i + 7];
  if (isnan(score)) {
    assert_true(isnan(out[2]));
    return;
  }
  assert_true(near(out[2], score));
  assert_true(near(sum, score));
}

static void ask(sl_fulltext *index) {
  asked clauses[5];
  bool matches[MOST_DOCUMENTS], any = false, must = false;
  const uint32_t count = 1 + below(5);
  text_bytes = 0;
  question = (sl_fulltext_question){.k = 1 + below(below(3) == 0 ? 300 : 12),
                                    .offset = below(3) == 0 ? below(20) : 0,
                                    .scorer = (sl_scorer_kind)below(2),
                                    .count = below(2),
                                    .k1 = (double[]){1.2, 0, 2, 0.5}[below(4)],
                                    .b = (double[]){0.75, 0, 1, 0.4}[below(4)]};
  for (uint32_t f = 0; f < FIELDS; f++) boosts[f] = (double[]){1, 2, 0.5, 0}[below(4)];
  memset(scores, 0, sizeof scores);
  for (uint32_t d = 0; d < document_count; d++) wanted[d] = documents[d].live;
  static bool found_any[MOST_DOCUMENTS];
  memset(found_any, 0, sizeof found_any);
  for (uint32_t i = 0; i < count; i++) {
    asked *c = &clauses[i];
    *c = (asked){.occur = below(5) == 0 ? SL_OCCUR_NOT : (sl_occur)(below(4) == 0),
                 .kind = (sl_clause_kind)(below(3) == 0 ? 0 : below(5)),
                 .fields = below(2) ? UINT32_MAX : below(8),
                 .distance = below(3),
                 .boost = below(3) ? 1 : 2.5,
                 .count = 1};
    if (c->kind == SL_CLAUSE_PHRASE && !positions) c->kind = SL_CLAUSE_WORDS;
    for (uint32_t k = 0; k < 4; k++)
      c->words[k] = c->kind == SL_CLAUSE_VALUE ? below(30) : pick_word();
    if (c->kind == SL_CLAUSE_PHRASE) {
      c->count = 2 + below(2);
      // Words that are somewhere one after another.
      const document *d = document_count > 0 ? &documents[below(document_count)] : NULL;
      for (uint32_t k = 0; d != NULL && k < c->count && d->count[0] > 3 && below(4) > 0; k++)
        c->words[k] = d->words[0][k];
    }
    memset(added, 0, document_count * sizeof *added);
    write_clause(c, i);
    if (!ask_model(c, added, matches)) continue;
    any = any || c->occur != SL_OCCUR_NOT;
    must = must || c->occur == SL_OCCUR_MUST;
    for (uint32_t d = 0; d < document_count; d++) {
      if (c->occur == SL_OCCUR_NOT)
        wanted[d] = wanted[d] && !matches[d];
      else
        scores[d] += added[d];
      if (c->occur == SL_OCCUR_MUST) wanted[d] = wanted[d] && matches[d];
      found_any[d] = found_any[d] || (matches[d] && c->occur != SL_OCCUR_NOT);
    }
  }
  // Every third one with a filter.
  sl_fulltext_filter *filter = NULL;
  bool filtered[KEYS];
  if (below(3) == 0) {
    static uint8_t keys[1 << 16];
    uint32_t lengths[KEYS], n = 0, at = text_bytes, bytes = 0;
    for (uint32_t key = 0; key < KEYS; key++) {
      filtered[key] = below(3) == 0;
      if (!filtered[key]) continue;
      lengths[n] = put_key(key);
      memcpy(keys + bytes, text + at, lengths[n]);
      bytes += lengths[n++];
      text_bytes = at;
    }
    assert_ok(sl_fulltext_filter_create(keys, bytes, lengths, n, &filter));
  }
  double *sorted = malloc((document_count + 1) * sizeof *sorted);
  uint32_t total = 0;
  for (uint32_t d = 0; d < document_count; d++) {
    wanted[d] = wanted[d] && any && found_any[d];
    if (below(200) == 0 && documents[d].live)
      check_explained(index, &documents[d], count, wanted[d] ? scores[d] : NAN);
    wanted[d] = wanted[d] && (filter == NULL || filtered[documents[d].key]);
    if (wanted[d]) sorted[total++] = scores[d];
  }
  qsort(sorted, total, sizeof *sorted, descending);
  double out[5];
  assert_ok(
      sl_fulltext_search(index, numbers, count, text, text_bytes, &question, boosts, filter, out));
  const uint32_t left = total > question.offset ? total - question.offset : 0;
  assert_int_equal(out[0], left < question.k ? left : question.k);
  assert_true(out[1] == (question.count ? (double)total : -1.0));
  const double *found = AT(double, out[2]);
  const uint32_t *keys = AT(uint32_t, out[3]);
  const char *pool = AT(char, out[4]);
  for (uint32_t i = 0; i < out[0]; i++) {
    if (!near(found[i], sorted[question.offset + i]))
      fail_msg("result %u: %.17g, not %.17g", i, found[i], sorted[question.offset + i]);
    char key[64] = {0};
    memcpy(key, pool + keys[2 * i], keys[2 * i + 1]);
    const document *d = find_live((uint32_t)atoi(key + 3));
    assert_non_null(d);
    assert_true(wanted[d - documents]);
    assert_true(near(found[i], scores[d - documents]));
  }
  if (question.count && below(3) == 0) {
    assert_ok(sl_fulltext_facets(index, FIELDS - 1, 50, out));
    const uint32_t *facet = AT(uint32_t, out[1]);
    pool = AT(char, out[2]);
    uint32_t sum = 0, expected = 0;
    for (uint32_t i = 0; i < out[0]; i++) {
      uint32_t n = 0;
      for (uint32_t d = 0; d < document_count; d++) {
        if (!wanted[d]) continue;
        for (uint32_t k = 0; k < documents[d].count[FIELDS - 1]; k++) {
          const char *value = words[documents[d].words[FIELDS - 1][k]];
          n += strlen(value) == facet[3 * i + 2] &&
               memcmp(value, pool + facet[3 * i + 1], facet[3 * i + 2]) == 0;
        }
      }
      assert_int_equal(n, facet[3 * i]);
      sum += n;
    }
    for (uint32_t d = 0; d < document_count; d++)
      expected += wanted[d] ? documents[d].count[FIELDS - 1] : 0;
    assert_int_equal(sum, expected);
  }
  sl_fulltext_filter_destroy(filter);
  free(sorted);
}

static void live(uint64_t seed, uint32_t operations) {
  sl_rng_seed(&rng, seed);
  english = below(2);
  positions = below(4) > 0;
  left_out = below(2);
  make_vocabulary();
  document_count = 0;
  const sl_fulltext_options options = {FIELDS, english ? SL_LANGUAGE_ENGLISH : SL_LANGUAGE_NONE,
                                       positions};
  sl_fulltext *index;
  assert_ok(sl_fulltext_create(&options, (const uint8_t *)"{}", 2, &index));
  if (left_out) {
    text_bytes = 0;
    for (uint32_t i = 0; i < 5; i++)
      text_bytes += (uint32_t)sprintf((char *)text + text_bytes, "%s\n", words[i]);
    assert_ok(sl_fulltext_leave_out(index, text, text_bytes));
  }
  for (uint32_t i = 0; i < operations && document_count < MOST_DOCUMENTS; i++) {
    const uint32_t what = below(100);
    if (what < 60)
      add_some(index);
    else if (what < 70)
      remove_some(index);
    else if (what < 71)
      optimize(index);
    else if (what < 72)
      index = save_and_load(index);
    else if (what < 84 || i % 8 == 0)
      ask(index);
  }
  double facts[SL_FULLTEXT_FACTS + 2 * FIELDS], count = 0;
  sl_fulltext_facts(index, facts);
  for (uint32_t d = 0; d < document_count; d++) count += documents[d].live;
  assert_true(facts[0] == count && facts[1] == document_count - count);
  sl_fulltext_destroy(index);
  assert_int_equal(sl_bytes_in_use(), 0);
}

static void test_random_lives(void **state) {
  (void)state;
  documents = malloc(MOST_DOCUMENTS * sizeof *documents);
  const char *many = getenv("SL_TEXT_LIVES");
  const uint32_t lives = many != NULL ? (uint32_t)atoi(many) : 12;
  for (uint32_t seed = 1; seed <= lives; seed++) live(seed, 1000);
  free(documents);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_lives)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
