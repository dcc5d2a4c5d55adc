// Cutting of texts: against the definition, written out; words; texts in pieces of work.
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "inference/tokens.h"

static sl_rng rng;
static uint32_t below(uint32_t n) { return sl_rng_below(&rng, n); }

typedef struct vocabulary {
  uint8_t text[20000];
  uint32_t lengths[600];
  double scores[600];
  uint32_t count, bytes;
} vocabulary;

static void add(vocabulary *v, const char *piece, double score) {
  const uint32_t n = (uint32_t)strlen(piece);
  memcpy(v->text + v->bytes, piece, n);
  v->bytes += n;
  v->lengths[v->count] = n;
  v->scores[v->count++] = score;
}

static sl_pieces *pieces_of(const vocabulary *v, uint32_t cutting, uint32_t reserved) {
  sl_pieces *p;
  assert_ok(sl_pieces_create(cutting, v->text, v->bytes, v->lengths,
                             cutting == SL_CUTTING_UNIGRAM ? v->scores : NULL, v->count, reserved,
                             &p));
  return p;
}

static uint32_t cut(sl_cutter *c, const sl_pieces *p, const char *text, size_t bytes, uint32_t most,
                    uint64_t work) {
  assert_ok(sl_cutter_begin(c, p, (const uint8_t *)text, bytes, most));
  while (!c->done) assert_ok(sl_cutter_step(c, work));
  return c->count;
}

static void assert_cut(const sl_pieces *p, const char *text, uint32_t count, const uint32_t *ids) {
  sl_cutter c = {.pieces = NULL};
  for (uint64_t work = 1; work < 100; work += 33) {
    assert_int_equal(cut(&c, p, text, strlen(text), 1000, work), count);
    assert_false(c.more);
    if (count > 0) assert_memory_equal(c.ids, ids, count * sizeof *ids);
  }
  sl_cutter_drop(&c);
}
#define CUT(p, text, ...)                                                                          \
  assert_cut(p, text, sizeof((uint32_t[]){__VA_ARGS__}) / 4, (uint32_t[]){__VA_ARGS__})

static void unigram_takes_the_best_sum(void **state) {
  (void)state;
  vocabulary v = {.count = 0};
  add(&v, "?", 0);
  add(&v, "\u2581", -4);
  add(&v, "a", -3);
  add(&v, "b", -3);
  add(&v, "ab", -5);
  add(&v, "\u2581a", -6.5);
  add(&v, "\u2581ab", -9);
  sl_pieces *p = pieces_of(&v, SL_CUTTING_UNIGRAM, 1);
  CUT(p, "a", 5);     // -6.5 over -4 - 3
  CUT(p, "ab", 1, 4); // a tie of -9: the piece that begins later
  CUT(p, " ", 1, 1);  // a space before the text, and one in it
  CUT(p, "a\u2581b", 5, 1, 3);
  CUT(p, "?", 1, 0);   // the reserved piece is not found
  CUT(p, "xyz", 1, 0); // unknown characters are one
  CUT(p, "x y", 1, 0, 1, 0);
  assert_cut(p, "", 0, NULL);
  sl_cutter c = {.pieces = NULL};
  assert_int_equal(cut(&c, p, "a a a a", 7, 3, 1000), 3);
  assert_true(c.more);
  assert_int_equal(cut(&c, p, "a a a", 5, 3, 1000), 3);
  assert_false(c.more);
  sl_cutter_drop(&c);
  sl_pieces_destroy(p);
}

// ---- against the definition ---------------------------------------------------------------------

enum { MOST_SYMBOLS = 200 };

// The text as symbols: a sign, then its bytes with spaces as signs. One byte letters alone.
static uint32_t by_definition(const vocabulary *v, uint32_t reserved, const char *text,
                              uint32_t *out) {
  char symbols[MOST_SYMBOLS] = " ";
  strcat(symbols, text);
  const uint32_t n = text[0] == 0 ? 0 : (uint32_t)strlen(symbols);
  double best[MOST_SYMBOLS] = {0};
  uint32_t last[MOST_SYMBOLS] = {0}, length_of[MOST_SYMBOLS];
  bool begun[MOST_SYMBOLS] = {false};
  char plain[600][64];
  const uint8_t *at = v->text;
  for (uint32_t i = 0; i < v->count; at += v->lengths[i++]) {
    uint32_t k = 0;
    for (uint32_t j = 0; j < v->lengths[i]; j++) {
      const bool sign = j + 2 < v->lengths[i] && memcmp(at + j, "\u2581", 3) == 0;
      plain[i][k++] = sign ? ' ' : (char)at[j];
      if (sign) j += 2;
    }
    plain[i][k] = 0;
  }
  for (uint32_t end = 0; end <= n; end++) length_of[end] = 1;
  for (uint32_t start = 0; start < n; start++)
    for (uint32_t i = reserved; i < v->count; i++)
      begun[start] = begun[start] || strncmp(symbols + start, plain[i], strlen(plain[i])) == 0;
  for (uint32_t end = 1; end <= n; end++)
    for (uint32_t start = 0; start < end; start++) {
      uint32_t found = UINT32_MAX;
      for (uint32_t i = reserved; i < v->count; i++)
        if (strlen(plain[i]) == end - start && memcmp(plain[i], symbols + start, end - start) == 0)
          found = i;
      if (found == UINT32_MAX && !(end == start + 1 && !begun[start])) continue;
      const double score = best[start] + (found == UINT32_MAX ? 0 : v->scores[found]);
      if (best[end] == 0 || score >= best[end]) {
        best[end] = score;
        last[end] = found == UINT32_MAX ? 0 : found;
        length_of[end] = end - start;
      }
    }
  uint32_t reversed[MOST_SYMBOLS], count = 0;
  for (uint32_t end = n; end > 0; end -= length_of[end]) {
    const bool joined = last[end] == 0 && count > 0 && reversed[count - 1] == 0;
    if (!joined) reversed[count++] = last[end];
  }
  for (uint32_t i = 0; i < count; i++) out[i] = reversed[count - 1 - i];
  return count;
}

static void random_texts_as_defined(void **state) {
  (void)state;
  sl_rng_seed(&rng, 7);
  for (int round = 0; round < 60; round++) {
    vocabulary v = {.count = 0};
    const bool within = round % 3 == 0; // pieces with a space within them
    add(&v, "?", 0);
    add(&v, "!", 0);
    for (uint32_t i = 0; i < 5 + below(30); i++) {
      char piece[40] = "";
      if (below(3) == 0) strcat(piece, "\u2581");
      for (uint32_t j = below(4) + (piece[0] == 0); j > 0; j--) {
        const char letter[2] = {(char)('a' + below(4)), 0};
        strcat(piece, letter);
      }
      if (within && below(4) == 0) strcat(piece, "\u2581");
      add(&v, piece, -(double)below(12) - (below(2) ? 0.5 : 1.0 / 3));
    }
    sl_pieces *p = pieces_of(&v, SL_CUTTING_UNIGRAM, 2);
    sl_cutter c = {.pieces = NULL};
    for (int t = 0; t < 100; t++) {
      char text[MOST_SYMBOLS] = "";
      const uint32_t n = below(t % 10 == 0 ? 150 : 20);
      for (uint32_t i = 0; i < n; i++) text[i] = "aaabbcdde  "[below(11)];
      uint32_t wanted[MOST_SYMBOLS];
      const uint32_t count = by_definition(&v, 2, text, wanted);
      assert_int_equal(cut(&c, p, text, n, 1000, 1 + below(50)), count);
      if (count > 0) assert_memory_equal(c.ids, wanted, count * sizeof *wanted);
      const uint32_t most = 1 + below(5);
      const uint32_t fewer = cut(&c, p, text, n, most, 1 + below(50));
      assert_int_equal(fewer, count < most ? count : most);
      assert_int_equal(c.more, count > most);
      if (fewer > 0) assert_memory_equal(c.ids, wanted, fewer * sizeof *wanted);
    }
    sl_cutter_drop(&c);
    sl_pieces_destroy(p);
  }
}

static void words_and_word_pieces(void **state) {
  (void)state;
  vocabulary v = {.count = 0};
  const char *all[] = {"[UNK]", "run", "##ning", "##n", "##ing", "the", "é", "##é", "日"};
  for (uint32_t i = 0; i < 9; i++) add(&v, all[i], 0);
  sl_pieces *p = pieces_of(&v, SL_CUTTING_WORDPIECE, 0);
  CUT(p, "the running", 5, 1, 2);
  CUT(p, "runn runing ", 1, 3, 1, 4);
  CUT(p, "  the  ninth the", 5, 5); // a word that cannot be cut is left out
  CUT(p, "éé 日é é", 6, 7, 8, 7, 6);
  char word[900] = "run";
  for (int i = 0; i < 97; i++) strcat(word, "n");
  sl_cutter c = {.pieces = NULL};
  assert_int_equal(cut(&c, p, word, strlen(word), 1000, 9), 98);
  strcat(word, "n"); // of 101 characters
  assert_int_equal(cut(&c, p, word, strlen(word), 1000, 9), 0);
  sl_pieces_destroy(p);
  p = pieces_of(&v, SL_CUTTING_WORDS, 1);
  CUT(p, "the run running ##n [UNK] the", 5, 1, 3, 5);
  assert_int_equal(cut(&c, p, "the the the", 11, 2, 1), 2);
  assert_true(c.more);
  sl_cutter_drop(&c);
  sl_pieces_destroy(p);
}

static void bytes_that_are_no_text(void **state) {
  (void)state;
  sl_rng_seed(&rng, 3);
  vocabulary v = {.count = 0};
  add(&v, "?", 0);
  add(&v, "\u2581", -1);
  add(&v, "\xe2\x96", -1); // half of a sign
  add(&v, "é", -2);
  add(&v, "\xc3", -1);
  for (uint32_t cutting = 0; cutting < 3; cutting++) {
    sl_pieces *p = pieces_of(&v, cutting, 1);
    sl_cutter c = {.pieces = NULL};
    for (int round = 0; round < 3000; round++) {
      char text[40];
      const uint32_t n = below(40);
      for (uint32_t i = 0; i < n; i++)
        text[i] = (char)(below(2) ? "\xe2\x96\x81\xc3\xa9 \xf0\x80"[below(8)] : below(256));
      const uint32_t count = cut(&c, p, text, n, 100, 1 + below(9));
      for (uint32_t i = 0; i < count; i++) assert_in_range(c.ids[i], 0, 4);
    }
    sl_cutter_drop(&c);
    sl_pieces_destroy(p);
  }
}

static void long_words_and_short_memory(void **state) {
  (void)state;
  vocabulary v = {.count = 0};
  add(&v, "?", 0);
  add(&v, "\u2581", -1);
  add(&v, "aa", -2);
  add(&v, "aaa", -2.5);
  sl_pieces *p = pieces_of(&v, SL_CUTTING_UNIGRAM, 1);
  enum { LONG = 1000000 };
  char *text = malloc(LONG);
  memset(text, 'a', LONG);
  sl_cutter c = {.pieces = NULL};
  assert_int_equal(cut(&c, p, text, LONG, 128, 10000), 128);
  assert_true(c.more);
  // Many words: no more is read than is wanted.
  for (int i = 0; i < LONG; i += 5) text[i] = ' ';
  assert_ok(sl_cutter_begin(&c, p, (uint8_t *)text, LONG, 128));
  assert_ok(sl_cutter_step(&c, 1000));
  assert_true(c.done && c.more && c.at < 1000);
  sl_cutter_drop(&c);
  memset(text, 'a', LONG);
  for (size_t limit = 0; limit < 3000000; limit += 500000) {
    sl_set_memory_limit(sl_bytes_in_use() + limit);
    assert_ok(sl_cutter_begin(&c, p, (uint8_t *)text, LONG, 128));
    assert_int_equal(sl_cutter_step(&c, 10), SL_ERR_MEMORY);
    sl_set_memory_limit(SIZE_MAX);
    assert_int_equal(cut(&c, p, "aa", 2, 9, 10), 2);
    sl_cutter_drop(&c);
  }
  sl_pieces_destroy(p);
  free(text);
}

static void pieces_that_cannot_be(void **state) {
  (void)state;
  const uint8_t *text = (const uint8_t *)"abc";
  const uint32_t lengths[] = {1, 2}, wide[] = {256, 0};
  const double scores[] = {-1, -2}, bad[] = {-1, 0.0 / 0.0};
  sl_pieces *p;
  assert_refused(sl_pieces_create(4, text, 3, lengths, NULL, 2, 0, &p), SL_ERR_OPTION, "cutting");
  assert_refused(sl_pieces_create(0, text, 3, lengths, NULL, 2, 0, &p), SL_ERR_OPTION, "scores");
  assert_refused(sl_pieces_create(1, text, 3, lengths, scores, 2, 0, &p), SL_ERR_OPTION, "scores");
  assert_refused(sl_pieces_create(0, text, 2, lengths, scores, 2, 0, &p), SL_ERR_SHAPE, "pieces");
  assert_refused(sl_pieces_create(0, text, 3, wide, scores, 2, 0, &p), SL_ERR_RANGE, "pieces");
  assert_refused(sl_pieces_create(0, text, 3, lengths, bad, 2, 0, &p), SL_ERR_NOT_FINITE, "scores");
  assert_refused(sl_pieces_create(0, text, 0, lengths, scores, 0, 0, &p), SL_ERR_EMPTY, "pieces");
  for (size_t limit = 0; limit < 400; limit += 8) {
    sl_set_memory_limit(sl_bytes_in_use() + limit);
    assert_int_equal(sl_pieces_create(0, text, 3, lengths, scores, 2, 0, &p), SL_ERR_MEMORY);
    assert_null(p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(unigram_takes_the_best_sum),  property(random_texts_as_defined),
      property(words_and_word_pieces),       property(bytes_that_are_no_text),
      property(long_words_and_short_memory), property(pieces_that_cannot_be),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
