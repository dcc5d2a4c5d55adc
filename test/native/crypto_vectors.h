// Vectors of test/vectors/crypto: JSON with a record of words a line, many of them hexadecimal.
#ifndef SL_TEST_CRYPTO_VECTORS_H
#define SL_TEST_CRYPTO_VECTORS_H

#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 1 << 17, MOST_WORDS = 5 };

typedef struct vectors {
  FILE *file;
  char line[LINE];
  char *words[MOST_WORDS];
} vectors;

static inline vectors *open_vectors(const char *name) {
  vectors *v = malloc(sizeof *v);
  char path[100];
  snprintf(path, sizeof path, "test/vectors/crypto/%s", name);
  v->file = fopen(path, "r");
  if (v->file == NULL) fail_msg("%s cannot be read", path);
  return v;
}

// The next record: a line with `count` words in quotes. False at the end; the vectors are closed then.
static inline bool next_vector(vectors *v, int count) {
  while (fgets(v->line, LINE, v->file) != NULL) {
    char *at = v->line;
    int i = 0;
    for (; i < count && (at = strchr(at, '"')) != NULL; i++) {
      v->words[i] = ++at;
      at += strcspn(at, "\"");
      *at++ = 0;
    }
    if (i == count) return true;
  }
  fclose(v->file);
  free(v);
  return false;
}

// Bytes of a hexadecimal word, "-" being none. Returns how many; the block is the caller's, exactly as
// long, so that the sanitizers see a read beyond its end.
static inline size_t from_hex(const char *word, uint8_t **out) {
  size_t count = word[0] == '-' ? 0 : strlen(word) / 2;
  *out = malloc(count > 0 ? count : 1);
  for (size_t i = 0; i < count; i++) {
    unsigned byte;
    assert_int_equal(sscanf(word + 2 * i, "%2x", &byte), 1);
    (*out)[i] = (uint8_t)byte;
  }
  return count;
}

static inline void assert_hex(const uint8_t *bytes, size_t count, const char *expected) {
  char *text = malloc(2 * count + 1);
  for (size_t i = 0; i < count; i++) sprintf(text + 2 * i, "%02x", bytes[i]);
  text[2 * count] = 0;
  assert_string_equal(text, expected);
  free(text);
}

// Message n of the script that made the vectors.
static inline void make_message(uint8_t *to, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] = (uint8_t)(i * i + 7 * n);
}

#endif
