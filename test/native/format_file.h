// A remote index in memory, as TypeScript writes it, and searches in it.
#ifndef SL_TEST_FORMAT_FILE_H
#define SL_TEST_FORMAT_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/merkle.h"
#include "format/hash_tree.h"
#include "format/publish.h"
#include "format/remote.h"
#include "format/segments.h"

typedef struct file {
  uint8_t *bytes; // malloc
  size_t length, head;
} file;

typedef struct part {
  const char *name;
  uint32_t type, hashes, ends;
  uint64_t shape[2];
  const void *bytes;
  uint64_t length;
} part;

// Composes a file of segments; of those with hashes the root is taken over these.
static inline file compose(uint32_t kind, const part *parts, uint32_t count) {
  file f = {.head = SL_SEGMENTS_HEADER + count * SL_SEGMENTS_ENTRY};
  uint8_t *head = calloc(1, f.head);
  for (uint32_t i = 0; i < count; i++) {
    uint8_t *e = head + SL_SEGMENTS_HEADER + (size_t)i * SL_SEGMENTS_ENTRY;
    const part *p = &parts[i];
    memcpy(e, p->name, strlen(p->name));
    sl_put_u32(e + 32, p->type);
    sl_put_u32(e + 36, p->shape[1] == 0 ? 1 : 2);
    sl_put_u64(e + 40, p->shape[0]);
    sl_put_u64(e + 48, p->shape[1]);
    e[92] = (uint8_t)p->hashes;
    e[94] = (uint8_t)p->ends;
    if (p->hashes != 0) {
      const part *h = &parts[p->hashes - 1];
      sl_hash_tree_root(h->bytes, (size_t)h->shape[0], e + 96);
    } else if (p->length == 0) {
      sl_hash_tree_root(NULL, 0, e + 96);
    } else {
      sl_merkle_leaf_hash(p->bytes, (size_t)p->length, e + 96);
    }
  }
  if (sl_segments_seal(head, kind, count) != SL_OK) abort();
  f.length = (size_t)sl_get_u64(head + 24);
  f.bytes = calloc(1, f.length + 1);
  memcpy(f.bytes, head, f.head);
  for (uint32_t i = 0; i < count; i++) {
    sl_segment s;
    sl_segments_get(head, i, &s);
    if (s.length > 0) memcpy(f.bytes + s.offset, parts[i].bytes, (size_t)s.length);
    if (strcmp(parts[i].name, "cells") == 0) f.head = (size_t)s.offset;
  }
  free(head);
  return f;
}

// The file of what was published.
static inline file file_of(const sl_publish *p, uint32_t dimension) {
  double n[SL_PUBLISH_NUMBERS];
  if (sl_publish_read(p, n) != SL_OK) abort();
  const uint64_t cells = (uint64_t)n[24];
  const char *names[SL_PUBLISH_SEGMENTS] = {"index",        "widths",     "scales",       "counts",
                                            "centroids",    "cells.ends", "details.ends", "recall",
                                            "cells.hashes", "cells",      "details"};
  const uint32_t types[SL_PUBLISH_SEGMENTS] = {
      SL_SEGMENT_U32, SL_SEGMENT_F32, SL_SEGMENT_F32, SL_SEGMENT_U32, SL_SEGMENT_I8, SL_SEGMENT_U64,
      SL_SEGMENT_U64, SL_SEGMENT_F32, SL_SEGMENT_U8,  SL_SEGMENT_U8,  SL_SEGMENT_U8};
  part parts[SL_PUBLISH_SEGMENTS];
  for (uint32_t i = 0; i < SL_PUBLISH_SEGMENTS; i++) {
    const uint64_t length = (uint64_t)n[2 * i + 1];
    parts[i] = (part){.name = names[i], .type = types[i]};
    parts[i].bytes = (const void *)(uintptr_t)n[2 * i];
    parts[i].length = length;
    parts[i].shape[0] = length / sl_segment_size(types[i]);
  }
  parts[4].shape[0] = cells;
  parts[4].shape[1] = dimension;
  parts[8].shape[0] = cells;
  parts[8].shape[1] = 32;
  parts[9].hashes = 9;
  parts[9].ends = 6;
  return compose(SL_REMOTE_KIND, parts, SL_PUBLISH_SEGMENTS);
}

static inline file publish(const float *vectors, uint32_t rows, uint32_t dimension,
                           const double *options, bool keys, uint64_t work) {
  sl_publish *p;
  sl_outcome outcome;
  assert_ok(sl_publish_create(rows, dimension, options, &p));
  assert_ok(sl_publish_add(p, vectors, rows));
  if (keys) {
    char *text = malloc(rows * 12u);
    uint32_t *lengths = malloc(rows * 4u), at = 0;
    for (uint32_t i = 0; i < rows; i++)
      at += lengths[i] = (uint32_t)sprintf(text + at, "key %u", i);
    assert_ok(sl_publish_keys(p, (const uint8_t *)text, at, lengths, 1));
    free(text);
    free(lengths);
  }
  assert_ok(sl_publish_begin(p));
  do assert_ok(sl_job_step(sl_publish_job(p), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  const file f = file_of(p, dimension);
  sl_publish_destroy(p);
  return f;
}

typedef struct found {
  uint32_t ids[64], cells[64], entries[64], count;
  float distances[64];
  uint64_t bytes;
} found;

static inline void assert_key(const sl_remote *r, const uint8_t *details, size_t length,
                              uint32_t cell, uint32_t entry, uint32_t id) {
  double place[SL_REMOTE_PLACE];
  char wanted[16];
  assert_ok(sl_remote_key(r, cell, entry, details, length, place));
  const int n = sprintf(wanted, "key %u", id);
  assert_int_equal(n, (int)place[1]);
  assert_memory_equal(wanted, details + (size_t)place[0], (size_t)n);
}

// A search in `probes` cells, all bytes checked. keys: those of the results are compared too.
static inline __attribute__((unused)) sl_status look(const file *f, const sl_remote *r,
                                                     const float *query, uint32_t dimension,
                                                     uint32_t k, uint32_t probes, bool keys,
                                                     found *out) {
  uint32_t order[64], cells[512], entries[512], count, picked;
  double place[SL_REMOTE_PLACE];
  sl_remote_search *s;
  memset(out, 0, sizeof *out);
  SL_TRY(sl_remote_search_create((sl_remote *)(uintptr_t)r, query, dimension, &s));
  sl_status status = sl_remote_search_cells(s, probes, order, &count);
  for (uint32_t i = 0; i < count && status == SL_OK; i++) {
    status = sl_remote_place(r, order[i], place);
    if (status == SL_OK && place[0] + place[1] > (double)f->length) status = SL_ERR_TRUNCATED;
    if (status != SL_OK) break;
    const uint8_t *bytes = f->bytes + (size_t)place[0];
    status = sl_remote_check_cell(r, order[i], bytes, (size_t)place[1]);
    if (status == SL_OK) status = sl_remote_search_scan(s, order[i], bytes, (size_t)place[1], NULL);
    out->bytes += (uint64_t)place[1];
  }
  if (status == SL_OK)
    status = sl_remote_search_pick(s, k, 4 * k < 512 ? 4 * k : 512, cells, entries, &picked);
  for (uint32_t i = 0; status == SL_OK && i < picked; i++) {
    double cell[SL_REMOTE_PLACE];
    const uint32_t group = entries[i] / 16;
    status = sl_remote_place(r, cells[i], cell);
    const uint8_t *block = f->bytes + (size_t)cell[0];
    if (status == SL_OK)
      status = sl_remote_group(r, cells[i], block, (size_t)cell[1], group, place);
    if (status == SL_OK && place[0] + place[1] > (double)f->length) status = SL_ERR_TRUNCATED;
    if (status != SL_OK) break;
    const uint8_t *bytes = f->bytes + (size_t)place[0];
    status =
        sl_remote_check_group(r, cells[i], block, (size_t)cell[1], group, bytes, (size_t)place[1]);
    if (status == SL_OK)
      status = sl_remote_search_refine(s, cells[i], group, bytes, (size_t)place[1]);
  }
  if (status == SL_OK)
    status = sl_remote_search_results(s, k, out->ids, out->distances, out->cells, out->entries,
                                      &out->count);
  for (uint32_t i = 0; keys && status == SL_OK && i < out->count; i++) {
    double cell[SL_REMOTE_PLACE];
    assert_ok(sl_remote_place(r, out->cells[i], cell));
    assert_ok(sl_remote_group(r, out->cells[i], f->bytes + (size_t)cell[0], (size_t)cell[1],
                              out->entries[i] / 16, place));
    assert_key(r, f->bytes + (size_t)place[0], (size_t)place[1], out->cells[i], out->entries[i],
               out->ids[i]);
  }
  sl_remote_search_destroy(s);
  return status;
}

#endif
