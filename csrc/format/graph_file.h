// What the writer and the readers of a graph file share: kind "RGPH". Internal to the room;
// docs/format.md describes the file.
#ifndef SL_FORMAT_GRAPH_FILE_H
#define SL_FORMAT_GRAPH_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

#define SL_GRAPH_FILE_KIND 0x48504752u // "RGPH"
#define GRAPH_FILE_VERSION 2u
#define GRAPH_NODES_MOST (1u << 30)
// Hashes of blocks in a page, a power of two: a page is a whole part of the hash tree. Version 1 had 64.
#define GRAPH_PAGE 16u
#define GRAPH_PAGE_1 64u
#define GRAPH_PAGE_MOST 4096u
#define GRAPH_USUAL_MOST (1u << 24)
#define GRAPH_LEVELS 256u

// Words of the segment "graph".
enum {
  GRAPH_VERSION,
  GRAPH_DIRECTED,
  GRAPH_NODES,
  GRAPH_BLOCKS,
  GRAPH_WEIGHTS, // 0 none, 1 f32, 2 f64
  GRAPH_LABELS,  // 0 none: nodes have numbers; 1 texts, 2 JSON
  GRAPH_ENTRIES, // u64
  GRAPH_LOOPS = GRAPH_ENTRIES + 2,
  GRAPH_MEAN = GRAPH_LOOPS + 2,   // f64: mean weight of an entry, 1 without weights
  GRAPH_LOOKUPS = GRAPH_MEAN + 2, // blocks of "lookup"
  GRAPH_PER_PAGE,                 // from version 2 on: hashes in a page
  GRAPH_USUAL,                    // and the bytes of a block on average
  GRAPH_WORDS = 16,
};

static inline uint32_t graph_pages(uint32_t blocks, uint32_t per_page) {
  return blocks / per_page + (blocks % per_page != 0);
}
static inline uint32_t graph_weight_bytes(uint32_t weights) {
  return weights == 0 ? 0 : weights == 1 ? 4u : 8u;
}

// Numbers of 7 bits a byte, the low ones first; bit 7 says that more follow.
static inline uint8_t *graph_put(uint8_t *at, uint32_t value) {
  for (; value >= 128; value >>= 7) *at++ = (uint8_t)(value | 128);
  *at++ = (uint8_t)value;
  return at;
}

// NULL when they are not there, or too large.
static inline const uint8_t *graph_get(const uint8_t *at, const uint8_t *end, uint32_t *value) {
  uint32_t v = 0;
  for (uint32_t shift = 0; shift < 35 && at < end; shift += 7) {
    const uint32_t byte = *at++;
    if (shift == 28 && byte > 15) return NULL;
    v |= (byte & 127) << shift;
    if (byte < 128) {
      *value = v;
      return at;
    }
  }
  return NULL;
}

// Differences of either sign, of numbers below 2^31.
static inline uint32_t graph_zigzag(uint32_t to, uint32_t from) {
  return to >= from ? 2 * (to - from) : 2 * (from - to) - 1;
}
static inline uint32_t graph_unzigzag(uint32_t value, uint32_t from) {
  return value % 2 == 0 ? from + value / 2 : from - (value / 2 + 1);
}

// The row of a node, within a block.
typedef struct graph_row {
  const uint8_t *label;
  uint32_t label_length; // its label; without labels `id`
  uint32_t id, count;
  double degree; // sum of weights
  const uint8_t *codes, *weights, *targets, *end;
} graph_row;

// Reads the row at `at` of node `node`; NULL when it is malformed. Targets are checked when they are read.
static inline const uint8_t *graph_row_read(const uint8_t *at, const uint8_t *end, uint32_t node,
                                            uint32_t weights, uint32_t labels, graph_row *row) {
  uint32_t length, label;
  at = graph_get(at, end, &length);
  if (at == NULL || length > (size_t)(end - at)) return NULL;
  row->end = end = at + length;
  at = graph_get(at, end, &label);
  if (at == NULL) return NULL;
  row->label = at;
  row->label_length = 0;
  if (labels == 0) {
    row->id = graph_unzigzag(label, node);
  } else {
    if (label > (size_t)(end - at)) return NULL;
    row->label_length = label;
    at += label;
  }
  at = graph_get(at, end, &row->count);
  if (at == NULL) return NULL;
  row->degree = row->count;
  if (weights != 0) {
    if (end - at < 8) return NULL;
    row->degree = sl_get_f64(at);
    at += 8;
    if (!(row->degree >= 0 && row->degree <= 1e300) || (row->degree > 0) != (row->count > 0))
      return NULL;
  }
  const uint64_t fixed = (uint64_t)row->count * (1 + graph_weight_bytes(weights));
  if (fixed > (uint64_t)(end - at)) return NULL;
  row->codes = at;
  row->weights = at + row->count;
  row->targets = at + fixed;
  return end;
}

// The next target: `before` is the one before, or `first` is set. NULL when it is malformed.
static inline const uint8_t *graph_target(const uint8_t *at, const graph_row *row, uint32_t node,
                                          bool first, uint32_t nodes, uint32_t *target) {
  uint32_t value;
  at = graph_get(at, row->end, &value);
  if (at == NULL) return NULL;
  if (first)
    *target = graph_unzigzag(value, node);
  else if (value >= nodes - *target) // it is below nodes
    return NULL;
  else
    *target += value + 1;
  return *target < nodes ? at : NULL;
}

static inline double graph_weight(const graph_row *row, uint32_t weights, uint32_t i) {
  if (weights == 0) return 1;
  if (weights == 2) return sl_get_f64(row->weights + 8 * (size_t)i);
  float value;
  memcpy(&value, row->weights + 4 * (size_t)i, sizeof value);
  return value;
}

#endif
