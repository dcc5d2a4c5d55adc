// Based on: M. F. Porter, R. Boulton, "The English (Porter2) stemming algorithm", Snowball project,
// https://snowballstem.org/algorithms/english/stemmer.html. The numbered steps are those of that page.
//
// Written out here rather than linked: a stemmer made by the Snowball compiler needs its runtime and is
// six times as large, and every word of a text goes through this one.
#include "text/stem.h"

#include <stdbool.h>
#include <string.h>

typedef struct word {
  uint8_t *at;
  uint32_t length, r1, r2;
} word;

static bool is_vowel(uint8_t c) {
  return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

// Where the region begins after the first non-vowel that follows a vowel.
static uint32_t region(const word *w, uint32_t from) {
  for (uint32_t i = from + 1; i < w->length; i++) {
    if (!is_vowel(w->at[i]) && is_vowel(w->at[i - 1])) return i + 1;
  }
  return w->length;
}

static bool ends(const word *w, const char *suffix) {
  const uint32_t n = (uint32_t)strlen(suffix);
  return n <= w->length && memcmp(w->at + w->length - n, suffix, n) == 0;
}

static bool is(const word *w, const char *text) {
  return strlen(text) == w->length && ends(w, text);
}

static bool has_vowel(const word *w, uint32_t end) {
  for (uint32_t i = 0; i < end; i++) {
    if (is_vowel(w->at[i])) return true;
  }
  return false;
}

// A short syllable ends at `end`.
static bool is_short_syllable(const word *w, uint32_t end) {
  const uint8_t *at = w->at;
  if (end == 2) return is_vowel(at[0]) && !is_vowel(at[1]);
  if (end < 3) return false;
  const uint8_t last = at[end - 1];
  return !is_vowel(at[end - 3]) && is_vowel(at[end - 2]) && !is_vowel(last) && last != 'w' &&
         last != 'x' && last != 'Y';
}

static bool is_double(const word *w) {
  if (w->length < 2 || w->at[w->length - 1] != w->at[w->length - 2]) return false;
  return memchr("bdfgmnprt", w->at[w->length - 1], 9) != NULL;
}

static void put(word *w, uint32_t drop, const char *ending) {
  const uint32_t n = (uint32_t)strlen(ending);
  w->length -= drop;
  memcpy(w->at + w->length, ending, n);
  w->length += n;
}

static void mark_regions(word *w) {
  static const char *beginnings[] = {"gener", "commun", "arsen"};
  w->r1 = region(w, 0);
  for (uint32_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
    const uint32_t n = (uint32_t)strlen(beginnings[i]);
    if (w->length >= n && memcmp(w->at, beginnings[i], n) == 0) w->r1 = n;
  }
  w->r2 = region(w, w->r1);
}

static void step_0_and_1a(word *w) {
  if (ends(w, "'s'"))
    w->length -= 3;
  else if (ends(w, "'s"))
    w->length -= 2;
  else if (ends(w, "'"))
    w->length -= 1;
  if (ends(w, "sses"))
    w->length -= 2;
  else if (ends(w, "ied") || ends(w, "ies"))
    w->length -= w->length > 4 ? 2 : 1;
  else if (ends(w, "s") && !ends(w, "us") && !ends(w, "ss") && w->length > 2 &&
           has_vowel(w, w->length - 2))
    w->length -= 1;
}

static void step_1b(word *w) {
  if (ends(w, "eedly") || ends(w, "eed")) {
    const uint32_t n = ends(w, "eed") ? 3 : 5;
    if (w->length - n >= w->r1) put(w, n, "ee");
    return;
  }
  const uint32_t n = ends(w, "ingly")  ? 5
                     : ends(w, "edly") ? 4
                     : ends(w, "ing")  ? 3
                     : ends(w, "ed")   ? 2
                                       : 0;
  if (n == 0) return;
  if (!has_vowel(w, w->length - n)) return;
  w->length -= n;
  if (ends(w, "at") || ends(w, "bl") || ends(w, "iz")) {
    put(w, 0, "e");
  } else if (is_double(w)) {
    w->length -= 1;
  } else if (w->r1 >= w->length && is_short_syllable(w, w->length)) {
    put(w, 0, "e");
  }
}

typedef struct change {
  const char *suffix, *ending;
  uint8_t rule;
} change;
enum { PLAIN, AFTER_L, LI, IN_R2, ION };

static void change_longest(word *w, const change *changes, uint32_t count, bool in_r2) {
  for (uint32_t i = 0; i < count; i++) {
    const change *c = &changes[i];
    if (!ends(w, c->suffix)) continue;
    const uint32_t n = (uint32_t)strlen(c->suffix), from = w->length - n;
    if (from < (in_r2 || c->rule == IN_R2 ? w->r2 : w->r1)) return;
    const uint8_t before = from > 0 ? w->at[from - 1] : 0;
    if (c->rule == AFTER_L && before != 'l') return;
    if (c->rule == LI && memchr("cdeghkmnrt", before, 10) == NULL) return;
    if (c->rule == ION && before != 's' && before != 't') return;
    put(w, n, c->ending);
    return;
  }
}

// Longest first.
static const change STEP_2[] = {
    {"ational", "ate", PLAIN}, {"fulness", "ful", PLAIN}, {"iveness", "ive", PLAIN},
    {"ization", "ize", PLAIN}, {"ousness", "ous", PLAIN}, {"biliti", "ble", PLAIN},
    {"lessli", "less", PLAIN}, {"tional", "tion", PLAIN}, {"alism", "al", PLAIN},
    {"aliti", "al", PLAIN},    {"ation", "ate", PLAIN},   {"entli", "ent", PLAIN},
    {"fulli", "ful", PLAIN},   {"iviti", "ive", PLAIN},   {"ousli", "ous", PLAIN},
    {"abli", "able", PLAIN},   {"alli", "al", PLAIN},     {"anci", "ance", PLAIN},
    {"ator", "ate", PLAIN},    {"enci", "ence", PLAIN},   {"izer", "ize", PLAIN},
    {"bli", "ble", PLAIN},     {"ogi", "og", AFTER_L},    {"li", "", LI},
};
static const change STEP_3[] = {
    {"ational", "ate", PLAIN}, {"tional", "tion", PLAIN}, {"alize", "al", PLAIN},
    {"icate", "ic", PLAIN},    {"iciti", "ic", PLAIN},    {"ative", "", IN_R2},
    {"ical", "ic", PLAIN},     {"ness", "", PLAIN},       {"ful", "", PLAIN},
};
static const change STEP_4[] = {
    {"ement", "", PLAIN}, {"ance", "", PLAIN}, {"ence", "", PLAIN}, {"able", "", PLAIN},
    {"ible", "", PLAIN},  {"ment", "", PLAIN}, {"ant", "", PLAIN},  {"ent", "", PLAIN},
    {"ism", "", PLAIN},   {"ate", "", PLAIN},  {"iti", "", PLAIN},  {"ous", "", PLAIN},
    {"ive", "", PLAIN},   {"ize", "", PLAIN},  {"ion", "", ION},    {"al", "", PLAIN},
    {"er", "", PLAIN},    {"ic", "", PLAIN},
};
#define LONGEST(w, table, in_r2) change_longest(w, table, sizeof(table) / sizeof *(table), in_r2)

static void step_5(word *w) {
  const uint32_t from = w->length - 1;
  if (w->length == 0) return;
  if (w->at[from] == 'e') {
    if (from >= w->r2 || (from >= w->r1 && !is_short_syllable(w, from))) w->length--;
  } else if (w->at[from] == 'l' && from >= w->r2 && from > 0 && w->at[from - 1] == 'l') {
    w->length--;
  }
}

static const char *const SPECIAL[][2] = {
    {"dying", "die"},   {"lying", "lie"},   {"tying", "tie"},    {"skis", "ski"},
    {"skies", "sky"},   {"idly", "idl"},    {"gently", "gentl"}, {"ugly", "ugli"},
    {"early", "earli"}, {"only", "onli"},   {"singly", "singl"}, {"sky", "sky"},
    {"news", "news"},   {"howe", "howe"},   {"atlas", "atlas"},  {"cosmos", "cosmos"},
    {"bias", "bias"},   {"andes", "andes"},
};

// These stay what they are once a plural has gone.
static const char *const KEPT[] = {"inning",  "outing",  "canning", "herring",
                                   "earring", "proceed", "exceed",  "succeed"};

static bool is_kept(const word *w) {
  for (uint32_t i = 0; i < sizeof KEPT / sizeof *KEPT; i++) {
    if (is(w, KEPT[i])) return true;
  }
  return false;
}

uint32_t sl_stem_english(uint8_t *letters, uint32_t length) {
  if (length <= 2) return length;
  for (uint32_t i = 0; i < length; i++) {
    const uint8_t c = letters[i];
    if ((c < 'a' || c > 'z') && c != '\'') return length;
  }
  word w = {letters, length, 0, 0};
  for (uint32_t i = 0; i < sizeof SPECIAL / sizeof *SPECIAL; i++) {
    if (!is(&w, SPECIAL[i][0])) continue;
    put(&w, length, SPECIAL[i][1]);
    return w.length;
  }
  if (letters[0] == '\'') memmove(letters, letters + 1, --w.length);
  // A y that is no vowel is marked.
  for (uint32_t i = 0; i < w.length; i++) {
    if (letters[i] == 'y' && (i == 0 || is_vowel(letters[i - 1]))) letters[i] = 'Y';
  }
  mark_regions(&w);
  step_0_and_1a(&w);
  if (is_kept(&w)) return w.length;
  step_1b(&w);
  if (w.length > 2 && (ends(&w, "y") || ends(&w, "Y")) && !is_vowel(w.at[w.length - 2]))
    w.at[w.length - 1] = 'i'; // step 1c
  LONGEST(&w, STEP_2, false);
  LONGEST(&w, STEP_3, false);
  LONGEST(&w, STEP_4, true);
  step_5(&w);
  for (uint32_t i = 0; i < w.length; i++) {
    if (letters[i] == 'Y') letters[i] = 'y';
  }
  return w.length;
}
