#include "format/graph_publish.h"

#include <math.h>

#include "base/blocks.h"
#include "base/memory.h"
#include "crypto/merkle.h"
#include "format/graph_file.h"
#include "format/graph_order.h"
#include "format/graph_pack.h"
#include "format/graph_ties.h"
#include "format/hash_tree.h"
#include "format/publishing.h"

#define ENTRIES_MOST 0x7fffffffu
#define LOOKUP_BLOCK 4096u

typedef enum phase {
  TIES,
  ORDER,
  PACK,
  SORT,
  FILL,
  DEGREES,
  ROWS,
  HASH_ROWS,
  LOOKUP,
  HASH_LOOKUP
} phase;

// Bytes that grow.
typedef struct buffer {
  uint8_t *bytes;
  size_t length, room;
} buffer;

struct sl_graph_publish {
  sl_job job; // the first member
  sl_blocks blocks;
  uint32_t nodes, entries, labels, at;
  bool used, directed;
  phase phase;
  uint64_t done, total;
  uint32_t *starts, *columns;
  double *weights;
  // Edges by their heads, and which entry each is; of an undirected graph its rows.
  uint32_t *in_starts, *in_columns, *in_entries;
  sl_graph_ties ties;
  sl_graph_order order;
  sl_graph_pack pack;
  uint32_t *sizes;               // of rows, about
  uint32_t *node_at;             // by place
  uint32_t *ends;                // how far the row of a node is filled
  uint32_t *targets, *of_target; // rows by ascending places, and the entries
  double *degrees, least, most;
  uint8_t *codes;
  sl_row_texts texts;       // labels
  uint32_t *sorted, *spare; // nodes by label
  uint64_t width, low, left, right;
  // The segments.
  uint32_t graph[GRAPH_WORDS];
  double levels[GRAPH_LEVELS];
  uint32_t level_count; // that are used
  buffer row_blocks, row_ends, pages, look_ends, look_firsts, look_hashes, row_hashes, rows, lookup;
  buffer row; // one that is being written
};

static sl_status take(sl_graph_publish *p, size_t count, size_t size, void *out) {
  return sl_blocks_take(&p->blocks, count, size, true, out);
}

static sl_status make_room(buffer *b, size_t more) {
  if (b->room - b->length >= more) return SL_OK;
  SL_REQUIRE(more < SIZE_MAX / 4 && b->length < SIZE_MAX / 4, SL_ERR_OVERFLOW, "size",
             "what an address can say");
  size_t room = 2 * b->room;
  if (room < b->length + more) room = b->length + more;
  if (room < 64) room = 64;
  SL_TRY(SL_REALLOC(&b->bytes, room));
  b->room = room;
  return SL_OK;
}

static sl_status append(buffer *b, const void *bytes, size_t count) {
  SL_TRY(make_room(b, count));
  if (count > 0) memcpy(b->bytes + b->length, bytes, count);
  b->length += count;
  return SL_OK;
}

static sl_status check_arrays(const uint32_t *starts, const uint32_t *columns,
                              const double *weights, uint32_t nodes, uint32_t entries) {
  SL_REQUIRE(starts[0] == 0 && starts[nodes] == entries, SL_ERR_SHAPE, "row_pointers",
             "numbers from 0 to the number of entries");
  for (uint32_t u = 0; u < nodes; u++)
    SL_REQUIRE_AT(starts[u] <= starts[u + 1] && starts[u + 1] <= entries, SL_ERR_SHAPE,
                  "row_pointers", "numbers that do not descend", u + 1);
  for (uint32_t u = 0; u < nodes; u++) {
    for (uint32_t e = starts[u]; e < starts[u + 1]; e++) {
      SL_REQUIRE_AT(columns[e] < nodes, SL_ERR_INDEX, "columns", "nodes of the graph", e);
      SL_REQUIRE_AT(e == starts[u] || columns[e] > columns[e - 1], SL_ERR_INDEX, "columns",
                    "ascending columns in each row", e);
      if (weights == NULL) continue;
      SL_REQUIRE_AT(weights[e] - weights[e] == 0, SL_ERR_NOT_FINITE, "weights", "finite numbers",
                    e);
      SL_REQUIRE_AT(weights[e] > 0, SL_ERR_NOT_POSITIVE, "weights", "numbers above 0", e);
      SL_REQUIRE_AT(weights[e] <= 1e100, SL_ERR_RANGE, "weights", "numbers of at most 1e100", e);
    }
  }
  return SL_OK;
}

sl_status sl_graph_publish_create(uint32_t nodes, const uint32_t *row_pointers,
                                  const uint32_t *columns, const double *weights, uint32_t entries,
                                  uint32_t directed, sl_graph_publish **out) {
  *out = NULL;
  SL_REQUIRE(nodes >= 1 && nodes <= GRAPH_NODES_MOST, SL_ERR_RANGE, "nodes", "1 to 2^30 nodes");
  SL_REQUIRE(entries <= ENTRIES_MOST, SL_ERR_RANGE, "entries", "fewer than 2^31 entries");
  SL_TRY(check_arrays(row_pointers, columns, weights, nodes, entries));
  sl_graph_publish *p;
  SL_TRY(SL_ALLOC_ZERO(&p, 1));
  p->job.kind = &sl_graph_publish_kind;
  p->nodes = nodes;
  p->entries = entries;
  p->directed = directed != 0;
  sl_status status = take(p, (size_t)nodes + 1, sizeof *p->starts, &p->starts);
  if (status == SL_OK) status = take(p, entries, sizeof *p->columns, &p->columns);
  if (status == SL_OK && weights != NULL)
    status = take(p, entries, sizeof *p->weights, &p->weights);
  if (status != SL_OK) {
    sl_graph_publish_destroy(p);
    return status;
  }
  memcpy(p->starts, row_pointers, ((size_t)nodes + 1) * sizeof *p->starts);
  if (entries > 0) memcpy(p->columns, columns, entries * sizeof *p->columns);
  if (weights != NULL && entries > 0) memcpy(p->weights, weights, entries * sizeof *p->weights);
  *out = p;
  return SL_OK;
}

void sl_graph_publish_destroy(sl_graph_publish *p) {
  if (p == NULL) return;
  sl_graph_order_free(&p->order);
  sl_blocks_free(&p->ties.blocks);
  sl_blocks_free(&p->pack.held);
  buffer *const all[] = {&p->row_blocks,  &p->row_ends,   &p->pages, &p->look_ends, &p->look_firsts,
                         &p->look_hashes, &p->row_hashes, &p->rows,  &p->lookup,    &p->row};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) sl_free(all[i]->bytes);
  sl_blocks_free(&p->blocks);
  sl_free(p);
}

size_t sl_graph_publish_bytes(const sl_graph_publish *p) {
  return sizeof *p + p->blocks.bytes + p->order.blocks.bytes + p->ties.blocks.bytes +
         p->pack.held.bytes + p->rows.room + p->lookup.room + p->row.room;
}

sl_status sl_graph_publish_labels(sl_graph_publish *p, const uint8_t *labels, size_t count,
                                  const uint32_t *lengths, uint32_t kind) {
  SL_REQUIRE(!p->used && p->labels == 0, SL_ERR_STATE, "publish",
             "labels once, before it is begun");
  SL_REQUIRE(kind == 1 || kind == 2, SL_ERR_OPTION, "kind", "1 or 2");
  SL_TRY(sl_row_texts_copy(&p->texts, &p->blocks, "labels", p->nodes, labels, count, lengths));
  SL_TRY(take(p, p->nodes, sizeof *p->sorted, &p->sorted));
  SL_TRY(take(p, p->nodes, sizeof *p->spare, &p->spare));
  for (uint32_t i = 0; i < p->nodes; i++) p->sorted[i] = i;
  p->labels = kind;
  return SL_OK;
}

// Edges by heads.
static sl_status transpose(sl_graph_publish *p) {
  const uint32_t n = p->nodes;
  SL_TRY(take(p, (size_t)n + 2, sizeof(uint32_t), &p->in_starts));
  SL_TRY(take(p, p->entries, sizeof(uint32_t), &p->in_columns));
  SL_TRY(take(p, p->entries, sizeof(uint32_t), &p->in_entries));
  uint32_t *in = p->in_starts;
  for (uint32_t e = 0; e < p->entries; e++) in[p->columns[e] + 2]++;
  for (uint32_t u = 0; u < n; u++) in[u + 2] += in[u + 1];
  for (uint32_t u = 0; u < n; u++) {
    for (uint32_t e = p->starts[u]; e < p->starts[u + 1]; e++) {
      const uint32_t to = in[p->columns[e] + 1]++;
      p->in_columns[to] = u;
      p->in_entries[to] = e;
    }
  }
  return SL_OK;
}

// Each edge of an undirected graph is in both of its rows.
static sl_status check_symmetric(const sl_graph_publish *p, uint32_t *next) {
  memcpy(next, p->starts, p->nodes * sizeof *next);
  for (uint32_t u = 0; u < p->nodes; u++) {
    for (uint32_t e = p->starts[u]; e < p->starts[u + 1]; e++) {
      const uint32_t v = p->columns[e], other = next[v]++;
      SL_REQUIRE_AT(other < p->starts[v + 1] && p->columns[other] == u &&
                        (p->weights == NULL || p->weights[other] == p->weights[e]),
                    SL_ERR_NOT_SYMMETRIC, "columns",
                    "each edge in both of its rows, or directed edges", e);
    }
  }
  return SL_OK;
}

sl_status sl_graph_publish_begin(sl_graph_publish *p) {
  SL_REQUIRE(!p->used, SL_ERR_STATE, "publish", "to be begun once");
  const uint32_t n = p->nodes;
  p->used = true;
  SL_TRY(take(p, n, sizeof *p->ends, &p->ends));
  SL_TRY(take(p, n, sizeof *p->node_at, &p->node_at));
  SL_TRY(take(p, p->entries, sizeof *p->targets, &p->targets));
  if (p->weights != NULL) SL_TRY(take(p, p->entries, sizeof *p->of_target, &p->of_target));
  SL_TRY(take(p, n, sizeof *p->degrees, &p->degrees));
  SL_TRY(take(p, n, 1, &p->codes));
  if (p->directed)
    SL_TRY(transpose(p));
  else
    SL_TRY(check_symmetric(p, p->ends));
  SL_TRY(take(p, n, sizeof *p->sizes, &p->sizes));
  SL_TRY(sl_graph_ties_begin(&p->ties, n, p->starts, p->columns, p->weights, p->in_starts,
                             p->in_columns, p->in_entries));
  const uint64_t m = p->entries, of_labels = p->labels ? 20 * (uint64_t)n : 0;
  p->total = (p->directed ? 100 : 60) * m + 16 * (uint64_t)n + of_labels;
  p->phase = TIES;
  sl_job_begin(&p->job);
  return SL_OK;
}

// ---- steps ----------------------------------------------------------------------------------------

static sl_status step_ties(sl_graph_publish *p, uint64_t *work) {
  const uint64_t before = p->ties.work;
  sl_graph_ties_step(&p->ties, 4096);
  *work = p->ties.work - before + 1;
  if (!p->ties.ended) return SL_OK;
  p->phase = ORDER;
  return sl_graph_order_begin(&p->order, p->nodes, p->ties.starts, p->ties.columns,
                              p->ties.weights);
}

// About how long rows become, before places are known: of most neighbours two bytes say where they are.
static double measure_rows(sl_graph_publish *p) {
  const uint32_t each = p->weights == NULL ? 0 : 4;
  double bytes = 0;
  for (uint32_t u = 0; u < p->nodes; u++) {
    uint32_t label = 3;
    if (p->labels) (void)sl_row_text(&p->texts, u, &label);
    const uint32_t count = p->starts[u + 1] - p->starts[u];
    p->sizes[u] = label + 4 + 2 * each + count * (3 + each);
    bytes += p->sizes[u];
  }
  return bytes;
}

static sl_status step_order(sl_graph_publish *p, uint64_t *work) {
  const uint64_t before = p->order.work;
  SL_TRY(sl_graph_order_step(&p->order, 4096));
  *work = p->order.work - before + 1;
  if (!p->order.ended) return SL_OK;
  p->phase = PACK;
  return sl_graph_pack_begin(&p->pack, &p->ties, p->sizes, p->order.place,
                             sl_graph_pack_full(measure_rows(p)));
}

static void step_pack(sl_graph_publish *p, uint64_t *work) {
  const uint64_t before = p->pack.work;
  sl_graph_pack_step(&p->pack, 4096);
  *work = p->pack.work - before + 1;
  if (!p->pack.ended) return;
  for (uint32_t u = 0; u < p->nodes; u++) p->node_at[p->order.place[u]] = u;
  memcpy(p->ends, p->starts, p->nodes * sizeof *p->ends);
  p->phase = SORT;
  p->width = 1;
  p->low = p->left = p->at = 0;
  p->right = 1;
}

static int compare_labels(const sl_graph_publish *p, uint32_t a, uint32_t b) {
  uint32_t m, n;
  const uint8_t *x = sl_row_text(&p->texts, a, &m), *y = sl_row_text(&p->texts, b, &n);
  const uint32_t least = m < n ? m : n;
  const int order = least == 0 ? 0 : memcmp(x, y, least);
  return order != 0 ? order : m < n ? -1 : m > n;
}

// One label of a merge sort: runs of `width` labels from `low` on become one of twice that.
static sl_status step_sort(sl_graph_publish *p) {
  const uint64_t n = p->nodes;
  if (p->labels == 0 || p->width >= n) {
    p->phase = FILL;
    p->at = 0;
    return SL_OK;
  }
  const uint64_t middle = p->low + p->width < n ? p->low + p->width : n;
  const uint64_t end = middle + p->width < n ? middle + p->width : n;
  if (p->at < end) {
    bool take_left = p->right >= end;
    if (p->left < middle && p->right < end) {
      const int order = compare_labels(p, p->sorted[p->left], p->sorted[p->right]);
      SL_REQUIRE_AT(order != 0, SL_ERR_RANGE, "labels", "different labels", p->sorted[p->right]);
      take_left = order < 0;
    }
    p->spare[p->at++] = p->sorted[take_left ? p->left++ : p->right++];
    return SL_OK;
  }
  if (end == n) {
    uint32_t *const swap = p->sorted;
    p->sorted = p->spare;
    p->spare = swap;
    p->width *= 2;
    p->low = 0;
  } else {
    p->low = end;
  }
  p->at = (uint32_t)p->low;
  p->left = p->low;
  p->right = p->low + p->width;
  return SL_OK;
}

// The edges to one node, in the order of places: so each row fills in ascending order.
static uint64_t step_fill(sl_graph_publish *p) {
  if (p->at == p->nodes) {
    p->phase = DEGREES;
    p->at = 0;
    return 1;
  }
  const uint32_t v = p->node_at[p->at];
  const uint32_t *starts = p->directed ? p->in_starts : p->starts;
  const uint32_t *columns = p->directed ? p->in_columns : p->columns;
  for (uint32_t e = starts[v]; e < starts[v + 1]; e++) {
    const uint32_t to = p->ends[columns[e]]++;
    p->targets[to] = p->at;
    if (p->weights != NULL) p->of_target[to] = p->directed ? p->in_entries[e] : e;
  }
  p->at++;
  return starts[v + 1] - starts[v] + 1;
}

static uint8_t code_of(const sl_graph_publish *p, double degree) {
  if (!(degree > 0)) return 0;
  if (!(p->most > p->least)) return 1;
  const double share = log(degree / p->least) / log(p->most / p->least);
  return (uint8_t)(1 + (share > 0 ? share < 1 ? share * (GRAPH_LEVELS - 2) : GRAPH_LEVELS - 2 : 0));
}

static uint64_t step_degrees(sl_graph_publish *p) {
  if (p->at < p->nodes) {
    const uint32_t u = p->at++, from = p->starts[u], to = p->starts[u + 1];
    double degree = p->weights == NULL ? to - from : 0;
    for (uint32_t i = from; p->weights != NULL && i < to; i++)
      degree += p->weights[p->of_target[i]];
    p->degrees[u] = degree;
    if (degree > 0 && (!(p->least > 0) || degree < p->least)) p->least = degree;
    if (degree > p->most) p->most = degree;
    return to - from + 1;
  }
  // What a code says is the smallest degree that has it.
  for (uint32_t u = 0; u < p->nodes; u++) {
    const uint8_t code = p->codes[u] = code_of(p, p->degrees[u]);
    double *level = &p->levels[code];
    if (code >= p->level_count) p->level_count = code + 1u;
    if (code > 0 && (*level == 0 || p->degrees[u] < *level)) *level = p->degrees[u];
  }
  // Logarithms need not ascend strictly: no level is above one that follows.
  double least = p->most;
  for (uint32_t i = GRAPH_LEVELS; i-- > 1;)
    if (p->levels[i] > 0) least = p->levels[i] = fmin(p->levels[i], least);
  for (uint32_t i = 2; i < GRAPH_LEVELS; i++)
    if (p->levels[i] < p->levels[i - 1]) p->levels[i] = p->levels[i - 1];
  uint32_t weights = p->weights == NULL ? 0 : 1;
  for (uint32_t e = 0; weights == 1 && e < p->entries; e++)
    if (p->weights[e] > 1e38 || p->weights[e] < 1e-37 ||
        (double)(float)p->weights[e] != p->weights[e])
      weights = 2;
  uint64_t loops = 0;
  double mean = 0;
  for (uint32_t u = 0; u < p->nodes; u++) mean += p->degrees[u] / p->entries;
  if (p->weights == NULL || p->entries == 0) mean = 1;
  for (uint32_t u = 0; u < p->nodes; u++)
    for (uint32_t e = p->starts[u]; e < p->starts[u + 1]; e++) loops += p->columns[e] == u;
  uint32_t *g = p->graph;
  g[GRAPH_VERSION] = GRAPH_FILE_VERSION;
  g[GRAPH_DIRECTED] = p->directed;
  g[GRAPH_NODES] = p->nodes;
  g[GRAPH_WEIGHTS] = weights;
  g[GRAPH_LABELS] = p->labels;
  g[GRAPH_ENTRIES] = p->entries;
  g[GRAPH_LOOPS] = (uint32_t)loops;
  g[GRAPH_PER_PAGE] = GRAPH_PAGE;
  memcpy(&g[GRAPH_MEAN], &mean, sizeof mean);
  p->phase = ROWS;
  p->at = 0;
  return p->nodes;
}

// A block ends here.
static sl_status end_block(buffer *ends, const buffer *bytes) {
  const uint64_t end = bytes->length;
  return append(ends, &end, sizeof end);
}

// Bytes since the last block ended.
static size_t begun_of(const buffer *ends, const buffer *bytes) {
  return bytes->length -
         (ends->length == 0 ? 0 : (size_t)sl_get_u64(ends->bytes + ends->length - 8));
}

// The nodes and the bytes of each block of rows; the bytes less those of a block on average, so that most are short numbers.
static sl_status write_blocks(sl_graph_publish *p) {
  const uint32_t blocks = (uint32_t)(p->row_ends.length / 8);
  const size_t mean = p->rows.length / blocks;
  const uint32_t from = p->graph[GRAPH_USUAL] =
      mean < GRAPH_USUAL_MOST ? (uint32_t)mean : GRAPH_USUAL_MOST;
  uint64_t begin = 0;
  uint32_t at = 0;
  p->graph[GRAPH_BLOCKS] = blocks;
  for (uint32_t b = 0; b < blocks; b++) {
    const uint64_t end = sl_get_u64(p->row_ends.bytes + 8 * (size_t)b);
    const uint32_t first = at;
    while (at < p->nodes && p->pack.block[p->node_at[at]] == b) at++;
    uint8_t both[10];
    const uint8_t *to =
        graph_put(graph_put(both, at - first), graph_zigzag((uint32_t)(end - begin), from));
    SL_TRY(append(&p->row_blocks, both, (size_t)(to - both)));
    begin = end;
  }
  return SL_OK;
}

// One row: length, label, number of entries, degree, codes, weights, targets.
static sl_status step_rows(sl_graph_publish *p, uint64_t *work) {
  *work = 1;
  if (p->at == p->nodes) {
    SL_TRY(end_block(&p->row_ends, &p->rows));
    p->phase = HASH_ROWS;
    p->at = 0;
    *work = p->nodes;
    return write_blocks(p);
  }
  const uint32_t u = p->node_at[p->at], from = p->starts[u], n = p->starts[u + 1] - from;
  uint32_t label_length = 0;
  const uint8_t *label = p->labels ? sl_row_text(&p->texts, u, &label_length) : NULL;
  const uint32_t weights = p->graph[GRAPH_WEIGHTS], each = graph_weight_bytes(weights);
  buffer *row = &p->row;
  row->length = 0;
  SL_TRY(make_room(row, 24 + (size_t)label_length + (size_t)n * (6 + each)));
  uint8_t *to = graph_put(row->bytes, p->labels ? label_length : graph_zigzag(u, p->at));
  if (label_length > 0) memcpy(to, label, label_length);
  to = graph_put(to + label_length, n);
  if (weights != 0) {
    sl_put_f64(to, p->degrees[u]);
    to += 8;
  }
  for (uint32_t i = 0; i < n; i++) *to++ = p->codes[p->node_at[p->targets[from + i]]];
  for (uint32_t i = 0; weights != 0 && i < n; i++, to += each) {
    const double weight = p->weights[p->of_target[from + i]];
    const float single = weights == 1 ? (float)weight : 0;
    if (weights == 1)
      memcpy(to, &single, sizeof single);
    else
      sl_put_f64(to, weight);
  }
  for (uint32_t i = 0; i < n; i++) {
    const uint32_t target = p->targets[from + i];
    to =
        graph_put(to, i == 0 ? graph_zigzag(target, p->at) : target - p->targets[from + i - 1] - 1);
  }
  row->length = (size_t)(to - row->bytes);
  uint8_t length[5];
  const size_t prefix = (size_t)(graph_put(length, (uint32_t)row->length) - length);
  if (p->at > 0 && p->pack.block[u] != p->pack.block[p->node_at[p->at - 1]])
    SL_TRY(end_block(&p->row_ends, &p->rows));
  SL_TRY(append(&p->rows, length, prefix));
  SL_TRY(append(&p->rows, row->bytes, row->length));
  p->at++;
  *work = 4 * (uint64_t)n + 8;
  return SL_OK;
}

// The hash of block `at` of these; true when that was the last one.
static sl_status hash_block(sl_graph_publish *p, const buffer *bytes, const buffer *ends,
                            buffer *hashes, uint64_t *work) {
  const uint64_t from = p->at == 0 ? 0 : sl_get_u64(ends->bytes + 8 * (size_t)p->at - 8);
  const uint64_t end = sl_get_u64(ends->bytes + 8 * (size_t)p->at);
  uint8_t hash[SL_SHA256_BYTES];
  sl_merkle_leaf_hash(bytes->bytes + from, (size_t)(end - from), hash);
  p->at++;
  *work = end - from + 64;
  return append(hashes, hash, sizeof hash);
}

static sl_status step_hash_rows(sl_graph_publish *p, uint64_t *work) {
  const uint32_t blocks = p->graph[GRAPH_BLOCKS];
  if (p->at < blocks) return hash_block(p, &p->rows, &p->row_ends, &p->row_hashes, work);
  for (uint32_t i = 0; i < blocks; i += GRAPH_PAGE) {
    const uint32_t left = blocks - i;
    uint8_t root[SL_SHA256_BYTES];
    sl_hash_tree_root(p->row_hashes.bytes + (size_t)i * SL_SHA256_BYTES,
                      left < GRAPH_PAGE ? left : GRAPH_PAGE, root);
    SL_TRY(append(&p->pages, root, sizeof root));
  }
  *work = blocks;
  p->phase = LOOKUP;
  p->at = 0;
  return SL_OK;
}

// Where a label is: labels in ascending order with their places; without labels a place for each number.
static sl_status step_lookup(sl_graph_publish *p) {
  const uint32_t i = p->at;
  if (i == p->nodes) {
    SL_TRY(end_block(&p->look_ends, &p->lookup));
    p->graph[GRAPH_LOOKUPS] = (uint32_t)(p->look_ends.length / 8);
    p->phase = HASH_LOOKUP;
    p->at = 0;
    return SL_OK;
  }
  const size_t begun = begun_of(&p->look_ends, &p->lookup);
  const uint32_t node = p->labels ? p->sorted[i] : i;
  uint32_t length = 0;
  const uint8_t *label = p->labels ? sl_row_text(&p->texts, node, &length) : NULL;
  uint8_t number[5];
  const size_t prefix = p->labels ? (size_t)(graph_put(number, length) - number) : 0;
  const bool full = begun > 0 && begun + prefix + length + 4 > LOOKUP_BLOCK;
  if (full) SL_TRY(end_block(&p->look_ends, &p->lookup));
  if (p->labels && (full || i == 0)) {
    const uint8_t size[2] = {(uint8_t)length, (uint8_t)(length >> 8)};
    SL_TRY(append(&p->look_firsts, size, 2));
    SL_TRY(append(&p->look_firsts, label, length));
  }
  SL_TRY(append(&p->lookup, number, prefix));
  SL_TRY(append(&p->lookup, label, length));
  SL_TRY(append(&p->lookup, &p->order.place[node], 4));
  p->at++;
  return SL_OK;
}

static sl_status step_hash_lookup(sl_graph_publish *p, uint64_t *work) {
  if (p->at < p->graph[GRAPH_LOOKUPS])
    return hash_block(p, &p->lookup, &p->look_ends, &p->look_hashes, work);
  sl_job_end(&p->job, SL_OUTCOME_CONVERGED);
  *work = 1;
  return SL_OK;
}

static sl_status step(sl_job *job, uint64_t work) {
  sl_graph_publish *p = (sl_graph_publish *)job;
  for (uint64_t done = 0; done < work && sl_job_is_running(job);) {
    uint64_t now = 2;
    switch (p->phase) {
    case TIES:
      SL_TRY(step_ties(p, &now));
      break;
    case ORDER:
      SL_TRY(step_order(p, &now));
      break;
    case PACK:
      step_pack(p, &now);
      break;
    case SORT:
      SL_TRY(step_sort(p));
      break;
    case FILL:
      now = step_fill(p);
      break;
    case DEGREES:
      now = step_degrees(p);
      break;
    case ROWS:
      SL_TRY(step_rows(p, &now));
      break;
    case HASH_ROWS:
      SL_TRY(step_hash_rows(p, &now));
      break;
    case LOOKUP:
      SL_TRY(step_lookup(p));
      break;
    default:
      SL_TRY(step_hash_lookup(p, &now));
    }
    done += now;
    p->done += now;
  }
  return SL_OK;
}

static uint64_t work_done(const sl_job *job) { return ((const sl_graph_publish *)job)->done; }
static uint64_t expected(const sl_job *job) { return ((const sl_graph_publish *)job)->total; }
static size_t bytes_of(const sl_job *job) {
  return sl_graph_publish_bytes((const sl_graph_publish *)job);
}
static void destroy(sl_job *job) { sl_graph_publish_destroy((sl_graph_publish *)job); }

const sl_job_kind sl_graph_publish_kind = {.name = "publish",
                                           .step = step,
                                           .stop = sl_publishing_stop,
                                           .work = work_done,
                                           .expected = expected,
                                           .bytes = bytes_of,
                                           .destroy = destroy};

sl_job *sl_graph_publish_job(sl_graph_publish *p) { return &p->job; }

sl_status sl_graph_publish_read(const sl_graph_publish *p, double *numbers) {
  const sl_written all[SL_GRAPH_PUBLISH_SEGMENTS] = {
      {p->graph, sizeof p->graph},
      {p->levels, p->level_count * sizeof p->levels[0]},
      {p->row_blocks.bytes, p->row_blocks.length},
      {p->pages.bytes, p->pages.length},
      {p->row_ends.bytes, p->row_ends.length},
      {p->look_ends.bytes, p->look_ends.length},
      {p->look_firsts.bytes, p->look_firsts.length},
      {p->look_hashes.bytes, p->look_hashes.length},
      {p->row_hashes.bytes, p->row_hashes.length},
      {p->rows.bytes, p->rows.length},
      {p->lookup.bytes, p->lookup.length},
  };
  SL_TRY(sl_written_read(&p->job, all, SL_GRAPH_PUBLISH_SEGMENTS, numbers));
  numbers[2 * SL_GRAPH_PUBLISH_SEGMENTS] = p->graph[GRAPH_BLOCKS];
  numbers[2 * SL_GRAPH_PUBLISH_SEGMENTS + 1] = p->graph[GRAPH_LOOKUPS];
  return SL_OK;
}
