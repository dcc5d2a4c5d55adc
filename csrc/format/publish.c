#include "format/publish.h"

#include <math.h>
#include <string.h>

#include "base/blocks.h"
#include "base/memory.h"
#include "crypto/merkle.h"
#include "format/cells.h"
#include "format/hash_tree.h"
#include "format/index.h"
#include "format/publishing.h"
#include "simd/distance_f32.h"

#define ROWS_MOST (1u << 30)
#define DIMENSIONS_MOST 65536u
#define CELLS_MOST 65536u
// Rows that stand for queries when recall is measured, and neighbours of each.
#define QUERIES 200u
#define NEIGHBOURS 10u
#define RECALLS 64u
#define HASHED_AT_ONCE (1u << 18)

typedef enum phase { MEANS, TOUR, ASSIGN, MEASURE, ENCODE, HASH_CELLS, HASH_DETAILS } phase;

struct sl_publish {
  sl_job job; // the first member
  sl_blocks blocks;
  uint32_t rows, dimension, stride, metric, copies, added, entries, keys, recalls;
  phase phase;
  uint32_t round, at, cell, near_count;
  uint64_t done, total, piece;
  bool used;
  sl_rng rng;
  sl_cells cells;
  float *vectors, *residual;
  double *squares;    // dimension: of all residuals
  uint32_t *cell_of;  // copies * rows
  uint32_t *first;    // cells + 1: entries before each cell
  uint32_t *ids;      // entries: their rows
  sl_row_texts texts; // keys
  double *ranks;      // cells
  uint64_t found[RECALLS];
  float near_keys[NEIGHBOURS];
  uint32_t near[NEIGHBOURS];
  uint64_t looked_for;
  uint8_t *values, *high, *low;
  uint64_t detail_at; // bytes of details so far
  sl_sha256 hash;
  // The segments.
  uint32_t index[INDEX_WORDS];
  float *widths, *scales, recall[RECALLS];
  uint32_t *counts;
  int8_t *centroids;
  uint64_t *cell_ends, *detail_ends;
  uint8_t *cell_hashes, *cell_bytes, *details, details_root[SL_SHA256_BYTES];
  uint64_t cell_length, detail_length;
};

static sl_status take(sl_publish *p, size_t count, size_t size, void *out) {
  return sl_blocks_take(&p->blocks, count, size, true, out);
}

static sl_status read_cells(const double *o, uint32_t rows, uint32_t *out) {
  const double given = o[1], least = ceil(rows / 65536.0);
  const double most = rows < CELLS_MOST ? rows : CELLS_MOST;
  double cells = given == 0 ? floor(1.6 * sqrt(rows) + 0.5) : given;
  if (given == 0) cells = cells > most ? most : cells < least ? least : cells;
  SL_REQUIRE(
      cells >= 1 && cells <= most && cells >= least && cells == floor(cells), SL_ERR_OPTION,
      "cells",
      "an integer from 1 to the number of rows, at most 65,536 and at least one for 65,536 rows");
  *out = (uint32_t)cells;
  return SL_OK;
}

sl_status sl_publish_create(uint32_t rows, uint32_t dimension, const double *o, sl_publish **out) {
  *out = NULL;
  SL_REQUIRE(rows >= 1 && rows <= ROWS_MOST, SL_ERR_RANGE, "rows", "1 to 2^30 rows");
  SL_REQUIRE(dimension >= 1 && dimension <= DIMENSIONS_MOST, SL_ERR_RANGE, "dimension",
             "1 to 65,536");
  SL_REQUIRE(o[0] == 0 || o[0] == 1 || o[0] == 2, SL_ERR_OPTION, "metric",
             "cosine, dot or euclidean");
  SL_REQUIRE(o[2] == 1 || o[2] == 2, SL_ERR_OPTION, "copies", "1 or 2");
  SL_REQUIRE(o[3] >= 0 && o[3] <= 0x1p53 && o[3] == floor(o[3]), SL_ERR_OPTION, "seed",
             "an integer from 0 to 2^53");
  uint32_t cells;
  SL_TRY(read_cells(o, rows, &cells));
  sl_publish *p;
  SL_TRY(SL_ALLOC_ZERO(&p, 1));
  p->job.kind = &sl_publish_kind;
  p->rows = rows;
  p->dimension = dimension;
  p->stride = (dimension + SL_DISTANCE_STEP - 1) / SL_DISTANCE_STEP * SL_DISTANCE_STEP;
  p->metric = (uint32_t)o[0];
  p->copies = cells == 1 ? 1 : (uint32_t)o[2];
  p->entries = p->copies * rows;
  sl_rng_seed(&p->rng, (uint64_t)o[3]);
  p->cells.cells = cells;
  const sl_status status = take(p, (size_t)rows, p->stride * sizeof(float), &p->vectors);
  if (status != SL_OK) {
    sl_publish_destroy(p);
    return status;
  }
  *out = p;
  return SL_OK;
}

void sl_publish_destroy(sl_publish *p) {
  if (p == NULL) return;
  sl_blocks_free(&p->blocks);
  sl_free(p);
}

size_t sl_publish_bytes(const sl_publish *p) { return sizeof *p + p->blocks.bytes; }

sl_status sl_publish_add(sl_publish *p, const float *vectors, uint32_t count) {
  SL_REQUIRE(!p->used, SL_ERR_STATE, "publish", "rows before it is begun");
  SL_REQUIRE(count <= p->rows - p->added, SL_ERR_SHAPE, "vectors", "as many rows as were said");
  for (uint32_t i = 0; i < count; i++) {
    const float *from = vectors + (size_t)i * p->dimension;
    float *to = p->vectors + (size_t)p->added * p->stride;
    const size_t beyond = sl_first_beyond_f32(from, p->dimension, SL_DISTANCE_LIMIT);
    if (beyond < p->dimension) {
      const bool finite = from[beyond] - from[beyond] == 0;
      return sl_fail(finite ? SL_ERR_RANGE : SL_ERR_NOT_FINITE, "vectors",
                     finite ? "numbers of at most 1e16" : "finite numbers", i);
    }
    if (p->metric == SL_REMOTE_COSINE) {
      const double norm = sl_normalize_f32(from, p->dimension, to, p->stride);
      SL_REQUIRE_AT(norm > 0, SL_ERR_RANGE, "vectors", "no zero vector under cosine", i);
    } else {
      memcpy(to, from, p->dimension * sizeof *to);
    }
    p->added++;
  }
  return SL_OK;
}

sl_status sl_publish_keys(sl_publish *p, const uint8_t *keys, size_t count, const uint32_t *lengths,
                          uint32_t kind) {
  SL_REQUIRE(!p->used && p->keys == 0, SL_ERR_STATE, "publish", "keys once, before it is begun");
  SL_REQUIRE(kind == 1 || kind == 2, SL_ERR_OPTION, "kind", "1 or 2");
  SL_TRY(sl_row_texts_copy(&p->texts, &p->blocks, "keys", p->rows, keys, count, lengths));
  p->keys = kind;
  return SL_OK;
}

static sl_status allocate(sl_publish *p) {
  const uint32_t n = p->cells.cells, d = p->dimension;
  const uint64_t sample = (uint64_t)n * SL_CELLS_SAMPLE;
  sl_cells *c = &p->cells;
  c->rows = p->rows;
  c->dimension = d;
  c->stride = p->stride;
  c->sample = sample < p->rows ? (uint32_t)sample : p->rows;
  c->vectors = p->vectors;
  SL_TRY(take(p, n, p->stride * sizeof(float), &c->centres));
  SL_TRY(take(p, n, sizeof(float), &c->halves));
  SL_TRY(take(p, n, d * sizeof(double), &c->sums));
  SL_TRY(take(p, n, sizeof(uint32_t), &c->counts));
  SL_TRY(take(p, c->sample, sizeof(uint32_t), &c->sampled));
  SL_TRY(take(p, n, sizeof(float), &c->keys));
  SL_TRY(take(p, p->stride, sizeof(float), &p->residual));
  SL_TRY(take(p, d, sizeof(double), &p->squares));
  SL_TRY(take(p, p->entries, sizeof(uint32_t), &p->cell_of));
  SL_TRY(take(p, (size_t)n + 1, sizeof(uint32_t), &p->first));
  SL_TRY(take(p, p->entries, sizeof(uint32_t), &p->ids));
  SL_TRY(take(p, n, sizeof(double), &p->ranks));
  SL_TRY(take(p, 3, (size_t)d + 1, &p->values));
  p->high = p->values + d;
  p->low = p->high + sl_nibbles_bytes(d);
  SL_TRY(take(p, d, sizeof(float), &p->widths));
  SL_TRY(take(p, n, sizeof(float), &p->scales));
  SL_TRY(take(p, n, sizeof(uint32_t), &p->counts));
  SL_TRY(take(p, n, d, &p->centroids));
  SL_TRY(take(p, n, sizeof(uint64_t), &p->cell_ends));
  SL_TRY(take(p, n, sizeof(uint64_t), &p->detail_ends));
  return take(p, n, SL_SHA256_BYTES, &p->cell_hashes);
}

sl_status sl_publish_begin(sl_publish *p) {
  SL_REQUIRE(!p->used, SL_ERR_STATE, "publish", "to be begun once");
  SL_REQUIRE(p->added == p->rows, SL_ERR_STATE, "vectors", "as many rows as were said");
  p->used = true;
  SL_TRY(allocate(p));
  const uint64_t n = p->cells.cells, width = p->stride;
  const uint64_t queries = p->rows < QUERIES ? p->rows : QUERIES;
  p->total = (SL_CELLS_ROUNDS * (uint64_t)p->cells.sample * n + n * n / 2 + p->rows * n +
              queries * p->rows + 8 * (uint64_t)p->entries) *
             width;
  sl_cells_begin(&p->cells, &p->rng);
  p->phase = MEANS;
  sl_job_begin(&p->job);
  return SL_OK;
}

// ---- steps ----------------------------------------------------------------------------------------

static uint64_t step_means(sl_publish *p) {
  sl_cells *c = &p->cells;
  if (p->at < c->sample) {
    sl_cells_add(c, p->at++);
    return (uint64_t)c->cells * c->stride;
  }
  sl_cells_move(c, &p->rng);
  p->at = 0;
  if (++p->round == SL_CELLS_ROUNDS) {
    p->phase = TOUR;
    p->at = 1;
  }
  return (uint64_t)c->cells * c->stride;
}

// Centres as the file has them: 8 bits a number, a scale for each.
static void round_centres(sl_publish *p) {
  const uint32_t d = p->dimension;
  for (uint32_t i = 0; i < p->cells.cells; i++) {
    float *centre = p->cells.centres + (size_t)i * p->stride, most = 0;
    int8_t *codes = p->centroids + (size_t)i * d;
    for (uint32_t j = 0; j < d; j++) most = fabsf(centre[j]) > most ? fabsf(centre[j]) : most;
    p->scales[i] = most / 127;
    for (uint32_t j = 0; j < d; j++) {
      codes[j] = p->scales[i] > 0 ? (int8_t)lrintf(centre[j] / p->scales[i]) : 0;
      centre[j] = p->scales[i] * codes[j];
    }
  }
  sl_cells_measure(&p->cells);
}

static uint64_t step_tour(sl_publish *p) {
  if (p->at < p->cells.cells) {
    sl_cells_tour(&p->cells, p->at++);
    return (uint64_t)(p->cells.cells - p->at + 1) * p->stride;
  }
  round_centres(p);
  p->phase = ASSIGN;
  p->at = 0;
  return (uint64_t)p->cells.cells * p->stride;
}

static void set_widths(sl_publish *p) {
  float most = 0;
  for (uint32_t j = 0; j < p->dimension; j++) {
    p->widths[j] = (float)sqrt(p->squares[j] / p->entries);
    most = p->widths[j] > most ? p->widths[j] : most;
  }
  // No width is far below the others: one odd element would take the scale of its whole row.
  for (uint32_t j = 0; j < p->dimension; j++)
    if (p->widths[j] > 0 && p->widths[j] < most / 64) p->widths[j] = most / 64;
}

// Entries by cell and, in a cell, by the other cell of their row: rows that lie between the same two
// cells are neighbours, so that the details of candidates are too. Two counting sorts.
static sl_status sort_entries(sl_publish *p) {
  const uint32_t n = p->cells.cells, *cell_of = p->cell_of;
  uint32_t *order, *before;
  SL_TRY(SL_ALLOC(&order, p->entries));
  sl_status status = SL_ALLOC_ZERO(&before, (size_t)n + 1);
  if (status != SL_OK) {
    sl_free(order);
    return status;
  }
  for (uint32_t e = 0; e < p->entries; e++) before[cell_of[e] + 1]++;
  for (uint32_t i = 0; i < n; i++) {
    p->counts[i] = before[i + 1];
    before[i + 1] += before[i];
    p->first[i + 1] = before[i + 1];
  }
  // Entry e is copy e / rows of row e % rows. The partner of an entry is the entry of the other copy;
  // partners have the cells of all entries, so that the same counts serve both sorts.
  for (uint32_t e = 0; e < p->entries; e++) {
    const uint32_t partner = p->copies == 1 ? e : (e + p->rows) % p->entries;
    order[before[cell_of[partner]]++] = e;
  }
  memcpy(before, p->first, ((size_t)n + 1) * sizeof *before);
  for (uint32_t i = 0; i < p->entries; i++)
    p->ids[before[cell_of[order[i]]]++] = order[i] % p->rows;
  sl_free(before);
  sl_free(order);
  return SL_OK;
}

static sl_status step_assign(sl_publish *p, uint64_t *work) {
  if (p->at < p->rows) {
    uint32_t cells[2];
    const float *row = p->vectors + (size_t)p->at * p->stride;
    sl_cells_assign(&p->cells, row, p->residual, cells);
    for (uint32_t copy = 0; copy < p->copies; copy++) {
      const float *centre = p->cells.centres + (size_t)cells[copy] * p->stride;
      for (uint32_t j = 0; j < p->dimension; j++)
        p->squares[j] += ((double)row[j] - centre[j]) * ((double)row[j] - centre[j]);
      p->cell_of[(size_t)copy * p->rows + p->at] = cells[copy];
    }
    p->at++;
    *work = (uint64_t)p->cells.cells * p->stride;
    return SL_OK;
  }
  set_widths(p);
  p->phase = MEASURE;
  p->at = p->cell = 0;
  *work = p->entries;
  return sort_entries(p);
}

static uint32_t query_count(const sl_publish *p) { return p->rows < QUERIES ? p->rows : QUERIES; }

// How many cells must be read until the first with one of the neighbours of a row, for all of them.
static void count_found(sl_publish *p, const float *query) {
  const uint32_t n = p->cells.cells;
  for (uint32_t i = 0; i < n; i++)
    p->ranks[i] = index_rank(p->metric, query, p->centroids + (size_t)i * p->dimension,
                             p->scales[i], 2.0 * p->cells.halves[i], p->dimension);
  for (uint32_t j = 0; j < p->near_count; j++) {
    uint32_t best = n;
    for (uint32_t copy = 0; copy < p->copies; copy++) {
      const uint32_t cell = p->cell_of[(size_t)copy * p->rows + p->near[j]];
      uint32_t rank = 0;
      for (uint32_t i = 0; i < n; i++)
        rank += p->ranks[i] < p->ranks[cell] || (p->ranks[i] == p->ranks[cell] && i < cell);
      best = rank < best ? rank : best;
    }
    p->looked_for++;
    if (best < RECALLS) p->found[best]++;
  }
}

// Lays out the segments of cells and details.
static sl_status lay_out(sl_publish *p) {
  const uint32_t n = p->cells.cells, plane = sl_nibbles_bytes(p->dimension);
  uint64_t cells = 0, details = 0, found = 0;
  for (uint32_t i = 0; i < n; i++) {
    cells += index_cell_of(p->metric, p->dimension, p->counts[i]).bytes;
    p->cell_ends[i] = cells;
    for (uint32_t e = p->first[i]; e < p->first[i + 1]; e++)
      details += plane + (p->keys ? 2 + sl_row_text_length(&p->texts, p->ids[e]) : 0);
    p->detail_ends[i] = details;
  }
  p->cell_length = cells;
  p->detail_length = details;
  SL_REQUIRE(cells < SIZE_MAX - 64 && details < SIZE_MAX - 64, SL_ERR_OVERFLOW, "size",
             "what an address can say");
  SL_TRY(take(p, (size_t)cells, 1, &p->cell_bytes));
  SL_TRY(take(p, (size_t)details, 1, &p->details));
  p->recalls = n < RECALLS ? n : RECALLS;
  for (uint32_t i = 0; i < p->recalls; i++) {
    found += p->found[i];
    p->recall[i] = p->looked_for == 0 ? 1 : (float)((double)found / (double)p->looked_for);
  }
  const uint32_t words[INDEX_WORDS] = {
      INDEX_VERSION_NUMBER, p->metric,        p->dimension, p->rows,   n, p->copies,
      p->entries,           INDEX_GROUP_ROWS, p->keys,      p->recalls};
  memcpy(p->index, words, sizeof words);
  p->phase = ENCODE;
  p->at = p->cell = 0;
  return SL_OK;
}

static void keep_near(sl_publish *p, uint32_t row, float key) {
  uint32_t at = p->near_count;
  if (at == NEIGHBOURS) {
    if (!(key < p->near_keys[at - 1])) return;
    at--;
  } else {
    p->near_count++;
  }
  for (; at > 0 && key < p->near_keys[at - 1]; at--) {
    p->near[at] = p->near[at - 1];
    p->near_keys[at] = p->near_keys[at - 1];
  }
  p->near[at] = row;
  p->near_keys[at] = key;
}

// `cell` counts the queries here, `at` the rows that one was compared with.
static sl_status step_measure(sl_publish *p, uint64_t *work) {
  const uint32_t queries = query_count(p);
  *work = 1;
  if (p->cell == queries) return lay_out(p);
  const uint32_t own = (uint32_t)((uint64_t)p->cell * p->rows / queries);
  const float *query = p->vectors + (size_t)own * p->stride;
  const uint32_t from = p->at, left = p->rows - from, end = from + (left < 1024 ? left : 1024);
  for (uint32_t i = from; i < end; i++) {
    const float *row = p->vectors + (size_t)i * p->stride;
    const float key = p->metric == SL_REMOTE_EUCLIDEAN ? sl_squared1_f32(query, row, p->stride)
                                                       : -sl_dot1_f32(query, row, p->stride);
    if (i != own) keep_near(p, i, key);
  }
  *work = (uint64_t)(end - from) * p->stride;
  p->at = end;
  if (end < p->rows) return SL_OK;
  count_found(p, query);
  p->near_count = p->at = 0;
  p->cell++;
  return SL_OK;
}

// The codes of a row relative to the centre of a cell: 8 bits a number in p->values. Returns the scale.
static float encode(sl_publish *p, const float *row, const float *centre, float *square) {
  const uint32_t d = p->dimension;
  double most = 0, sum = 0;
  for (uint32_t j = 0; j < d; j++) {
    const double r = (double)row[j] - centre[j];
    const double size = p->widths[j] > 0 ? fabs(r) / p->widths[j] : 0;
    most = size > most ? size : most;
    sum += r * r;
  }
  *square = (float)sum;
  const float scale = (float)(most / INDEX_MIDDLE);
  for (uint32_t j = 0; j < d; j++) {
    const double unit = (double)scale * p->widths[j];
    const double r = unit > 0 ? ((double)row[j] - centre[j]) / unit : 0;
    const double value = floor(r + INDEX_MIDDLE + 0.5);
    p->values[j] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
  }
  return scale;
}

// One group of a cell: codes, details and the hash of these.
static uint64_t step_encode(sl_publish *p) {
  if (p->at == p->counts[p->cell]) {
    p->at = 0;
    if (++p->cell == p->cells.cells) {
      p->phase = HASH_CELLS;
      p->cell = 0;
      p->piece = 0;
    }
    return 1;
  }
  const uint32_t count = p->counts[p->cell], plane = sl_nibbles_bytes(p->dimension);
  const index_cell c = index_cell_of(p->metric, p->dimension, count);
  uint8_t *cell = p->cell_bytes + (p->cell == 0 ? 0 : p->cell_ends[p->cell - 1]);
  uint8_t *detail = p->details + p->detail_at;
  const uint32_t from = p->at, left = count - from;
  const uint32_t rows = left < INDEX_GROUP_ROWS ? left : INDEX_GROUP_ROWS;
  const float *centre = p->cells.centres + (size_t)p->cell * p->stride;
  uint8_t *length = detail + (size_t)rows * plane, *key = length + 2 * (size_t)rows;
  for (uint32_t i = 0; i < rows; i++) {
    const uint32_t e = from + i, id = p->ids[p->first[p->cell] + e];
    float square, scale = encode(p, p->vectors + (size_t)id * p->stride, centre, &square);
    sl_put_u32(cell + 4 * (size_t)e, id);
    memcpy(cell + c.scales + 4 * (size_t)e, &scale, sizeof scale);
    if (p->metric == SL_REMOTE_EUCLIDEAN)
      memcpy(cell + c.squares + 4 * (size_t)e, &square, sizeof square);
    sl_nibbles_split(p->values, p->dimension, p->high, p->low);
    memcpy(cell + c.codes + (size_t)e * plane, p->high, plane);
    memcpy(detail + (size_t)i * plane, p->low, plane);
    if (p->keys == 0) continue;
    uint32_t bytes;
    const uint8_t *text = sl_row_text(&p->texts, id, &bytes);
    length[2 * i] = (uint8_t)bytes;
    length[2 * i + 1] = (uint8_t)(bytes >> 8);
    memcpy(key, text, bytes);
    key += bytes;
  }
  const size_t bytes = (size_t)((p->keys == 0 ? length : key) - detail);
  uint8_t *entry = cell + c.details + (size_t)(from / INDEX_GROUP_ROWS) * INDEX_DETAIL_BYTES;
  sl_put_u32(entry, (uint32_t)bytes);
  sl_merkle_leaf_hash(detail, bytes, entry + 4);
  p->detail_at += bytes;
  p->at += rows;
  return (uint64_t)rows * p->dimension * 4;
}

// A piece of a leaf that is hashed over several steps; true when that was the last one.
static bool hash_piece(sl_publish *p, const uint8_t *bytes, uint64_t length, uint8_t *hash,
                       uint64_t *work) {
  static const uint8_t leaf[1] = {0};
  if (p->piece == 0) {
    sl_sha256_init(&p->hash);
    sl_sha256_update(&p->hash, leaf, 1);
  }
  const uint64_t left = length - p->piece;
  const size_t now = (size_t)(left < HASHED_AT_ONCE ? left : HASHED_AT_ONCE);
  sl_sha256_update(&p->hash, bytes + p->piece, now);
  p->piece += now;
  *work = now + 64;
  if (p->piece < length) return false;
  sl_sha256_final(&p->hash, hash);
  p->piece = 0;
  return true;
}

static uint64_t step_hash_cells(sl_publish *p) {
  const uint64_t from = p->cell == 0 ? 0 : p->cell_ends[p->cell - 1];
  uint64_t work;
  if (hash_piece(p, p->cell_bytes + from, p->cell_ends[p->cell] - from,
                 p->cell_hashes + (size_t)p->cell * SL_SHA256_BYTES, &work) &&
      ++p->cell == p->cells.cells)
    p->phase = HASH_DETAILS;
  return work;
}

static uint64_t step_hash_details(sl_publish *p) {
  uint64_t work;
  if (hash_piece(p, p->details, p->detail_length, p->details_root, &work))
    sl_job_end(&p->job, SL_OUTCOME_CONVERGED);
  return work;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_publish *p = (sl_publish *)job;
  for (uint64_t done = 0; done < work && sl_job_is_running(job);) {
    uint64_t now = 1;
    switch (p->phase) {
    case MEANS:
      now = step_means(p);
      break;
    case TOUR:
      now = step_tour(p);
      break;
    case ASSIGN:
      SL_TRY(step_assign(p, &now));
      break;
    case MEASURE:
      SL_TRY(step_measure(p, &now));
      break;
    case ENCODE:
      now = step_encode(p);
      break;
    case HASH_CELLS:
      now = step_hash_cells(p);
      break;
    default:
      now = step_hash_details(p);
    }
    done += now;
    p->done += now;
  }
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_publish *)job)->done; }
static uint64_t expected(const sl_job *job) { return ((const sl_publish *)job)->total; }
static size_t bytes_of(const sl_job *job) { return sl_publish_bytes((const sl_publish *)job); }
static void destroy(sl_job *job) { sl_publish_destroy((sl_publish *)job); }

const sl_job_kind sl_publish_kind = {.name = "publish",
                                     .step = step,
                                     .stop = sl_publishing_stop,
                                     .work = work_done,
                                     .expected = expected,
                                     .bytes = bytes_of,
                                     .destroy = destroy};

sl_job *sl_publish_job(sl_publish *p) { return &p->job; }

sl_status sl_publish_read(const sl_publish *p, double *numbers) {
  const uint64_t n = p->cells.cells;
  const sl_written all[SL_PUBLISH_SEGMENTS] = {
      {p->index, sizeof p->index},
      {p->widths, 4 * (uint64_t)p->dimension},
      {p->scales, 4 * n},
      {p->counts, 4 * n},
      {p->centroids, n * p->dimension},
      {p->cell_ends, 8 * n},
      {p->detail_ends, 8 * n},
      {p->recall, 4 * (uint64_t)p->recalls},
      {p->cell_hashes, SL_SHA256_BYTES * n},
      {p->cell_bytes, p->cell_length},
      {p->details, p->detail_length},
  };
  SL_TRY(sl_written_read(&p->job, all, SL_PUBLISH_SEGMENTS, numbers));
  double *rest = numbers + 2 * (size_t)SL_PUBLISH_SEGMENTS;
  rest[0] = (double)(uintptr_t)p->ids;
  rest[1] = p->entries;
  rest[2] = (double)n;
  rest[3] = (double)(uintptr_t)p->details_root;
  return SL_OK;
}
