// Symmetric patterns of matrices, and the fill of a factor counted without any cleverness.
#ifndef SL_TEST_PATTERNS_H
#define SL_TEST_PATTERNS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

typedef struct pattern {
  uint32_t n, edges, capacity;
  uint32_t *from, *to;
  uint32_t *offsets, *indices; // after pattern_end
} pattern;

static inline pattern pattern_begin(uint32_t n) { return (pattern){.n = n}; }

static inline void pattern_add(pattern *p, uint32_t i, uint32_t j) {
  if (p->edges == p->capacity) {
    p->capacity = 2 * p->capacity + 16;
    p->from = realloc(p->from, p->capacity * sizeof(uint32_t));
    p->to = realloc(p->to, p->capacity * sizeof(uint32_t));
  }
  p->from[p->edges] = i;
  p->to[p->edges++] = j;
}

// Makes the rows, sorted and without duplicates, each edge in both directions.
static inline void pattern_end(pattern *p, bool diagonal) {
  uint32_t n = p->n;
  uint32_t *counts = calloc((size_t)n + 1, sizeof *counts);
  for (uint32_t k = 0; k < p->edges; k++) {
    counts[p->from[k] + 1]++;
    counts[p->to[k] + 1]++;
  }
  for (uint32_t i = 0; i < n; i++) counts[i + 1] += counts[i] + 1;
  uint32_t *lists = malloc((counts[n] + (size_t)n + 1) * sizeof *lists);
  uint32_t *at = malloc(((size_t)n + 1) * sizeof *at);
  memcpy(at, counts, ((size_t)n + 1) * sizeof *at);
  for (uint32_t k = 0; k < p->edges; k++) {
    lists[at[p->from[k]]++] = p->to[k];
    lists[at[p->to[k]]++] = p->from[k];
  }
  if (diagonal) {
    for (uint32_t i = 0; i < n; i++) lists[at[i]++] = i;
  }
  p->offsets = malloc(((size_t)n + 1) * sizeof *p->offsets);
  p->indices = malloc((counts[n] + (size_t)n + 1) * sizeof *p->indices);
  uint32_t to = 0;
  for (uint32_t i = 0; i < n; i++) {
    p->offsets[i] = to;
    for (uint32_t k = counts[i]; k < at[i]; k++) { // insertion, skipping what is there
      uint32_t j = lists[k], place = to;
      while (place > p->offsets[i] && p->indices[place - 1] > j) place--;
      if (place > p->offsets[i] && p->indices[place - 1] == j) continue;
      memmove(p->indices + place + 1, p->indices + place, (to - place) * sizeof(uint32_t));
      p->indices[place] = j;
      to++;
    }
  }
  p->offsets[n] = to;
  free(counts);
  free(lists);
  free(at);
}

static inline pattern pattern_grid(uint32_t x, uint32_t y, uint32_t z) {
  pattern p = pattern_begin(x * y * z);
  for (uint32_t k = 0; k < z; k++) {
    for (uint32_t j = 0; j < y; j++) {
      for (uint32_t i = 0; i < x; i++) {
        uint32_t at = (k * y + j) * x + i;
        if (i > 0) pattern_add(&p, at, at - 1);
        if (j > 0) pattern_add(&p, at, at - x);
        if (k > 0) pattern_add(&p, at, at - x * y);
      }
    }
  }
  pattern_end(&p, true);
  return p;
}

static inline void pattern_free(pattern *p) {
  free(p->from);
  free(p->to);
  free(p->offsets);
  free(p->indices);
  memset(p, 0, sizeof *p);
}

// Entries of the Cholesky factor of the pattern in an order, by eliminating row by row in a dense
// table of bits.
static inline uint64_t pattern_fill(const pattern *p, const uint32_t *order) {
  uint32_t n = p->n;
  size_t words = (n + 63) / 64;
  uint64_t *bits = calloc(n * words, sizeof *bits), fill = 0;
  uint32_t *place = malloc(n * sizeof *place);
  for (uint32_t k = 0; k < n; k++) place[order[k]] = k;
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t k = p->offsets[i]; k < p->offsets[i + 1]; k++) {
      uint32_t a = place[i], b = place[p->indices[k]];
      if (b > a) bits[a * words + b / 64] |= (uint64_t)1 << b % 64; // column a has row b
    }
  }
  for (uint32_t c = 0; c < n; c++) {
    uint64_t *column = bits + c * words;
    uint32_t parent = n;
    fill++;
    for (size_t w = c / 64; w < words; w++) {
      if (column[w] != 0 && parent == n)
        parent = (uint32_t)(64 * w) + (uint32_t)__builtin_ctzll(column[w]);
      fill += (uint64_t)__builtin_popcountll(column[w]);
    }
    if (parent == n) continue;
    for (size_t w = parent / 64; w < words; w++) bits[parent * words + w] |= column[w];
    bits[parent * words + parent / 64] &= ~((uint64_t)1 << parent % 64);
  }
  free(bits);
  free(place);
  return fill;
}

#endif
