#include "format/remote_graph.h"

#include "base/memory.h"
#include "crypto/sha256.h"
#include "format/graph_reader.h"
#include "format/hash_tree.h"
#include "format/head.h"

static sl_status read_graph(sl_remote_graph *g, const uint8_t *bytes, size_t count) {
  sl_segment s;
  uint32_t w[GRAPH_WORDS];
  SL_TRY(sl_head_find(bytes, "graph", SL_SEGMENT_U32, GRAPH_WORDS, 0, &s));
  SL_REQUIRE_AT(s.offset + s.length <= count, SL_ERR_TRUNCATED, "bytes", "its whole head", count);
  memcpy(w, bytes + s.offset, sizeof w);
  if (g->verify) SL_TRY(sl_hash_tree_check(w, sizeof w, s.root));
  const uint64_t at = s.offset;
  if (w[GRAPH_VERSION] < 1 || w[GRAPH_VERSION] > GRAPH_FILE_VERSION)
    return sl_head_bad("version 1 or 2 of a graph", at);
  if (w[GRAPH_DIRECTED] > 1) return sl_head_bad("0 or 1 for directed", at + 4);
  if (w[GRAPH_NODES] < 1 || w[GRAPH_NODES] > GRAPH_NODES_MOST)
    return sl_head_bad("1 to 2^30 nodes", at + 8);
  if (w[GRAPH_BLOCKS] < 1 || w[GRAPH_BLOCKS] > w[GRAPH_NODES])
    return sl_head_bad("at most as many blocks as nodes", at + 12);
  if (w[GRAPH_WEIGHTS] > 2) return sl_head_bad("a type of weights, 0 to 2", at + 16);
  if (w[GRAPH_LABELS] > 2) return sl_head_bad("a kind of labels, 0 to 2", at + 20);
  if (w[GRAPH_LOOKUPS] < 1 || w[GRAPH_LOOKUPS] > w[GRAPH_NODES])
    return sl_head_bad("at most as many blocks as nodes", at + 48);
  const bool old = w[GRAPH_VERSION] == 1;
  for (uint32_t i = old ? GRAPH_PER_PAGE : GRAPH_USUAL + 1; i < GRAPH_WORDS; i++)
    if (w[i] != 0) return sl_head_bad("zeros", at + 4 * i);
  const uint32_t per_page = old ? GRAPH_PAGE_1 : w[GRAPH_PER_PAGE];
  if (per_page < 1 || per_page > GRAPH_PAGE_MOST || (per_page & (per_page - 1)) != 0)
    return sl_head_bad("a power of two up to 4096 of hashes in a page", at + 4 * GRAPH_PER_PAGE);
  if (!old && (w[GRAPH_USUAL] < 1 || w[GRAPH_USUAL] > GRAPH_USUAL_MOST))
    return sl_head_bad("1 to 2^24 bytes of a block", at + 4 * GRAPH_USUAL);
  g->per_page = per_page;
  memcpy(g->graph, w, sizeof w);
  g->entries = sl_get_u64((const uint8_t *)&w[GRAPH_ENTRIES]);
  g->loops = sl_get_u64((const uint8_t *)&w[GRAPH_LOOPS]);
  if (g->entries > SL_SEGMENTS_LIMIT || g->loops > g->entries ||
      (w[GRAPH_DIRECTED] == 0 && (g->entries + g->loops) % 2 != 0))
    return sl_head_bad("a number of edges", at + 24);
  memcpy(&g->mean, &w[GRAPH_MEAN], sizeof g->mean);
  if (!(g->mean > 0 && g->mean <= 1e300)) return sl_head_bad("a weight above 0", at + 40);
  return SL_OK;
}

static sl_status check_tables(sl_remote_graph *g, const uint8_t *bytes) {
  const uint32_t blocks = g->graph[GRAPH_BLOCKS];
  sl_segment rows, hashes;
  for (uint32_t i = 0; i < blocks; i++) {
    if (i == 0 ? g->firsts[0] != 0 : g->firsts[i] <= g->firsts[i - 1])
      return sl_head_bad("first nodes in ascending order", i);
    if (g->firsts[i] >= g->graph[GRAPH_NODES]) return sl_head_bad("nodes of the graph", i);
    if (g->ends[i] <= graph_block_begin(g, i) || g->ends[i] > SL_SEGMENTS_LIMIT)
      return sl_head_bad("ends of blocks in ascending order", i);
    if (g->ends[i] - graph_block_begin(g, i) > UINT32_MAX / 2)
      return sl_head_bad("blocks below 2 GiB", i);
  }
  for (uint32_t i = 0; i < blocks; i++) {
    const uint32_t count = graph_block_nodes(g, i);
    // A row has two bytes at least.
    if (count > (g->ends[i] - graph_block_begin(g, i)) / 2)
      return sl_head_bad("a row for each node of a block", i);
    g->widest = count > g->widest ? count : g->widest;
  }
  if (g->levels[0] != 0) return sl_head_bad("no degree as the first level", 0);
  for (uint32_t i = 1; i < g->level_count; i++)
    if (!(g->levels[i] >= g->levels[i - 1] && g->levels[i] <= 1e300))
      return sl_head_bad("levels in ascending order", i);
  SL_TRY(sl_head_find(bytes, "rows", SL_SEGMENT_U8, g->ends[blocks - 1], 0, &rows));
  SL_TRY(sl_head_find(bytes, "rows.hashes", SL_SEGMENT_U8, blocks, SL_SHA256_BYTES, &hashes));
  g->rows_at = rows.offset;
  g->hashes_at = hashes.offset;
  if (!g->verify) return SL_OK;
  // A page is a whole part of the tree: the root over the pages is that over the blocks.
  uint8_t root[SL_SHA256_BYTES];
  sl_hash_tree_root(g->pages, graph_pages(blocks, g->per_page), root);
  SL_REQUIRE(memcmp(root, rows.root, sizeof root) == 0, SL_ERR_CHECKSUM, "bytes",
             "the hashes of pages that the root belongs to");
  return SL_OK;
}

// A segment whose length is not known before, only its bounds: what is taken for it is bounded by what is there.
static sl_status find_within(const uint8_t *bytes, const char *name, uint64_t least, uint64_t most,
                             sl_segment *s) {
  const uint32_t i = sl_segments_find(bytes, name);
  if (i == UINT32_MAX) return sl_head_bad("all segments of its kind", SL_SEGMENTS_HEADER);
  sl_segments_get(bytes, i, s);
  if (s->length < least || s->length > most)
    return sl_head_bad("segments of possible lengths", s->offset);
  return SL_OK;
}

// Degrees by codes; version 1 has all 256, later ones those that are used.
static sl_status read_levels(sl_remote_graph *g, const uint8_t *bytes, size_t count) {
  const uint64_t least = g->graph[GRAPH_VERSION] == 1 ? GRAPH_LEVELS : 1;
  sl_segment s;
  double *levels;
  SL_TRY(find_within(bytes, "levels", 8 * least, 8 * GRAPH_LEVELS, &s));
  g->level_count = (uint32_t)(s.length / 8);
  SL_TRY(sl_head_copy(&g->blocks, g->verify, bytes, count, "levels", SL_SEGMENT_F64, g->level_count,
                      0, (void *)&levels));
  SL_TRY(sl_blocks_take(&g->blocks, GRAPH_LEVELS, sizeof *g->levels, true, (void **)&g->levels));
  memcpy(g->levels, levels, g->level_count * sizeof *levels);
  return SL_OK;
}

// Where blocks begin and end, from the numbers of their nodes and bytes.
static sl_status read_blocks(sl_remote_graph *g, const uint8_t *bytes, size_t count) {
  const uint32_t n = g->graph[GRAPH_BLOCKS];
  sl_segment s;
  // Two numbers of one to five bytes for each.
  SL_TRY(find_within(bytes, "blocks", 2 * (uint64_t)n, 10 * (uint64_t)n, &s));
  const uint8_t *at;
  SL_TRY(sl_head_copy(&g->blocks, g->verify, bytes, count, "blocks", SL_SEGMENT_U8, s.length, 0,
                      (void *)&at));
  SL_TRY(sl_blocks_take(&g->blocks, n, sizeof *g->firsts, false, (void **)&g->firsts));
  SL_TRY(sl_blocks_take(&g->blocks, n, sizeof *g->ends, false, (void **)&g->ends));
  const uint8_t *const end = at + s.length;
  uint64_t nodes = 0, length = 0;
  for (uint32_t b = 0; b < n; b++) {
    uint32_t own = 0, bytes_of = 0;
    at = graph_get(at, end, &own);
    if (at != NULL) at = graph_get(at, end, &bytes_of);
    if (at == NULL || own == 0 || nodes + own > g->graph[GRAPH_NODES])
      return sl_head_bad("nodes and bytes of each block", s.offset);
    g->firsts[b] = (uint32_t)nodes;
    nodes += own;
    g->ends[b] = length += graph_unzigzag(bytes_of, g->graph[GRAPH_USUAL]);
  }
  if (at != end || nodes != g->graph[GRAPH_NODES])
    return sl_head_bad("a block for each node", s.offset);
  return SL_OK;
}

static sl_status fill(sl_remote_graph *g, const uint8_t *bytes, size_t count) {
  SL_TRY(read_graph(g, bytes, count));
  const uint32_t n = g->graph[GRAPH_BLOCKS];
  SL_TRY(read_levels(g, bytes, count));
  if (g->graph[GRAPH_VERSION] == 1) {
    SL_TRY(sl_head_copy(&g->blocks, g->verify, bytes, count, "firsts", SL_SEGMENT_U32, n, 0,
                        &g->firsts));
    SL_TRY(sl_head_copy(&g->blocks, g->verify, bytes, count, "rows.ends", SL_SEGMENT_U64, n, 0,
                        &g->ends));
  } else {
    SL_TRY(read_blocks(g, bytes, count));
  }
  SL_TRY(sl_head_copy(&g->blocks, g->verify, bytes, count, "pages", SL_SEGMENT_U8,
                      graph_pages(n, g->per_page), SL_SHA256_BYTES, &g->pages));
  return check_tables(g, bytes);
}

sl_status sl_remote_graph_create(const uint8_t *bytes, size_t count, uint32_t verify,
                                 sl_remote_graph **out) {
  *out = NULL;
  SL_TRY(sl_segments_check(bytes, count, SL_GRAPH_FILE_KIND, 0));
  sl_remote_graph *g;
  SL_TRY(SL_ALLOC_ZERO(&g, 1));
  g->verify = verify != 0;
  g->users = 1;
  const sl_status status = fill(g, bytes, count);
  if (status != SL_OK) {
    sl_remote_graph_destroy(g);
    return status;
  }
  *out = g;
  return SL_OK;
}

void sl_remote_graph_destroy(sl_remote_graph *g) {
  if (g == NULL || --g->users > 0) return;
  sl_blocks_free(&g->blocks);
  sl_free(g);
}

size_t sl_remote_graph_bytes(const sl_remote_graph *g) { return sizeof *g + g->blocks.bytes; }

void sl_remote_graph_read(const sl_remote_graph *g, double *numbers) {
  const uint32_t *w = g->graph;
  const bool directed = w[GRAPH_DIRECTED] != 0;
  const double all[SL_REMOTE_GRAPH_NUMBERS] = {
      w[GRAPH_NODES],   (double)(directed ? g->entries : (g->entries + g->loops) / 2),
      directed,         w[GRAPH_WEIGHTS],
      w[GRAPH_LABELS],  w[GRAPH_BLOCKS],
      w[GRAPH_LOOKUPS], g->widest};
  memcpy(numbers, all, sizeof all);
}

sl_status sl_remote_graph_block_of(const sl_remote_graph *g, uint32_t node, uint32_t *block) {
  SL_REQUIRE(node < g->graph[GRAPH_NODES], SL_ERR_INDEX, "node", "a node of the file");
  uint32_t low = 0, high = g->graph[GRAPH_BLOCKS];
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    if (g->firsts[middle] <= node)
      low = middle;
    else
      high = middle;
  }
  *block = low;
  return SL_OK;
}

static uint32_t page_length_of(const sl_remote_graph *g, uint32_t page) {
  const uint32_t left = g->graph[GRAPH_BLOCKS] - page * g->per_page;
  return SL_SHA256_BYTES * (left < g->per_page ? left : g->per_page);
}

sl_status sl_remote_graph_place(const sl_remote_graph *g, uint32_t block, double *place) {
  SL_REQUIRE(block < g->graph[GRAPH_BLOCKS], SL_ERR_INDEX, "graph_block", "a block of the file");
  const uint32_t page = block / g->per_page;
  const uint64_t from = graph_block_begin(g, block);
  const double all[SL_REMOTE_GRAPH_PLACE] = {
      (double)(g->rows_at + from),
      (double)(g->ends[block] - from),
      g->firsts[block],
      graph_block_nodes(g, block),
      page,
      (double)(g->hashes_at + (uint64_t)page * g->per_page * SL_SHA256_BYTES),
      page_length_of(g, page)};
  memcpy(place, all, sizeof all);
  return SL_OK;
}

sl_status sl_remote_graph_check_page(const sl_remote_graph *g, uint32_t page,
                                     const uint8_t *page_bytes, size_t page_length) {
  SL_REQUIRE(page < graph_pages(g->graph[GRAPH_BLOCKS], g->per_page), SL_ERR_INDEX, "page",
             "a page of the file");
  SL_REQUIRE_AT(page_length == page_length_of(g, page), SL_ERR_TRUNCATED, "bytes", "the whole page",
                page_length);
  if (!g->verify) return SL_OK;
  uint8_t root[SL_SHA256_BYTES];
  sl_hash_tree_root(page_bytes, page_length / SL_SHA256_BYTES, root);
  SL_REQUIRE(memcmp(root, g->pages + (size_t)page * SL_SHA256_BYTES, sizeof root) == 0,
             SL_ERR_CHECKSUM, "bytes", "the hashes that the file has");
  return SL_OK;
}

sl_status sl_remote_graph_bad(const sl_remote_graph *g, uint32_t block, uint64_t at) {
  return sl_head_bad("rows of a graph", g->rows_at + graph_block_begin(g, block) + at);
}

static sl_status check_length(const sl_remote_graph *g, uint32_t block, size_t length) {
  SL_REQUIRE(block < g->graph[GRAPH_BLOCKS], SL_ERR_INDEX, "graph_block", "a block of the file");
  SL_REQUIRE_AT(length == g->ends[block] - graph_block_begin(g, block), SL_ERR_TRUNCATED, "bytes",
                "the whole block", length);
  return SL_OK;
}

static bool row_is_right(const sl_remote_graph *g, const graph_row *row, uint32_t node) {
  const uint32_t weights = g->graph[GRAPH_WEIGHTS], nodes = g->graph[GRAPH_NODES];
  const bool undirected = g->graph[GRAPH_DIRECTED] == 0;
  if (g->graph[GRAPH_LABELS] == 0 && row->id >= nodes) return false;
  const uint8_t *at = row->targets;
  double sum = 0;
  uint32_t target = 0;
  for (uint32_t i = 0; i < row->count; i++) {
    at = graph_target(at, row, node, i == 0, nodes, &target);
    if (at == NULL) return false;
    const double weight = graph_weight(row, weights, i);
    if (!(weight > 0 && weight <= 1e100)) return false;
    if (row->codes[i] >= g->level_count) return false;
    // The edge is in the neighbour's row as well.
    if (undirected && !(g->levels[row->codes[i]] > 0)) return false;
    sum += weight;
  }
  return at == row->end && sum == row->degree;
}

sl_status sl_remote_graph_check_block(const sl_remote_graph *g, uint32_t block,
                                      const uint8_t *page_bytes, size_t page_length,
                                      const uint8_t *rows, size_t rows_length) {
  SL_TRY(check_length(g, block, rows_length));
  if (g->verify) {
    const size_t at = block % g->per_page * SL_SHA256_BYTES;
    SL_REQUIRE_AT(page_length == page_length_of(g, block / g->per_page), SL_ERR_TRUNCATED, "bytes",
                  "the whole page", page_length);
    SL_TRY(sl_hash_tree_check(rows, rows_length, page_bytes + at));
  }
  const uint8_t *at = rows, *end = rows + rows_length;
  const uint32_t first = g->firsts[block], count = graph_block_nodes(g, block);
  for (uint32_t i = 0; i < count; i++) {
    graph_row row;
    const uint8_t *next =
        graph_row_read(at, end, first + i, g->graph[GRAPH_WEIGHTS], g->graph[GRAPH_LABELS], &row);
    if (next == NULL || !row_is_right(g, &row, first + i))
      return sl_remote_graph_bad(g, block, (uint64_t)(at - rows));
    at = next;
  }
  return at == end ? SL_OK : sl_remote_graph_bad(g, block, (uint64_t)(at - rows));
}

static sl_status row_of(const sl_remote_graph *g, uint32_t block, const uint8_t *rows,
                        size_t length, uint32_t node, graph_row *row) {
  SL_TRY(check_length(g, block, length));
  const uint32_t first = g->firsts[block];
  SL_REQUIRE(node >= first && node - first < graph_block_nodes(g, block), SL_ERR_INDEX, "node",
             "a node of this block");
  const uint8_t *at = rows;
  for (uint32_t i = first; at != NULL && i <= node; i++)
    at = graph_row_read(at, rows + length, i, g->graph[GRAPH_WEIGHTS], g->graph[GRAPH_LABELS], row);
  return at != NULL ? SL_OK : sl_remote_graph_bad(g, block, 0);
}

sl_status sl_remote_graph_node(const sl_remote_graph *g, uint32_t block, const uint8_t *rows,
                               size_t rows_length, uint32_t node, double *place) {
  graph_row row;
  SL_TRY(row_of(g, block, rows, rows_length, node, &row));
  const bool labels = g->graph[GRAPH_LABELS] != 0;
  place[0] = labels ? (double)(row.label - rows) : row.id;
  place[1] = row.label_length;
  place[2] = row.count;
  place[3] = row.degree;
  return SL_OK;
}

sl_status sl_remote_graph_row(const sl_remote_graph *g, uint32_t block, const uint8_t *rows,
                              size_t rows_length, uint32_t node, uint32_t most, uint32_t *nodes,
                              double *weights, uint32_t *found) {
  graph_row row;
  SL_TRY(row_of(g, block, rows, rows_length, node, &row));
  const uint32_t count = row.count < most ? row.count : most;
  const uint8_t *at = row.targets;
  uint32_t target = 0;
  for (uint32_t i = 0; i < count; i++) {
    at = graph_target(at, &row, node, i == 0, g->graph[GRAPH_NODES], &target);
    if (at == NULL) return sl_remote_graph_bad(g, block, 0);
    nodes[i] = target;
    if (weights != NULL) weights[i] = graph_weight(&row, g->graph[GRAPH_WEIGHTS], i);
  }
  *found = count;
  return SL_OK;
}
