// Based on: R. Kyng, S. Sachdeva, "Approximate Gaussian elimination for Laplacians - fast, sparse,
// and simple", FOCS 2016, arXiv:1605.02353: when a vertex is eliminated, the clique of its
// neighbours is replaced by a random sparse graph with the same expectation. Y. Gao, R. Kyng, D. A.
// Spielman, "Robust and practical solution of Laplacian equations by approximate elimination",
// 2023, arXiv:2303.00709: the clique becomes a random tree with neighbours in order of weight,
// edges are split in two and kept as at most two parallel edges, vertices are taken in order of
// approximate degree. Deviations: diagonal excess is carried along exactly instead of as edges to a
// ground vertex; positive entries through the double cover (K. Gremban, "Combinatorial
// preconditioners for sparse, symmetric, diagonally dominant linear systems", 1996).
#include "solver/approximate_cholesky.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/rng.h"
#include "solver/scaling.h"

#define NONE UINT32_MAX
#define NOINLINE __attribute__((noinline))

// Copies that an edge is split into at first, and kept as at most.
#define COPIES 2u

// Degrees from here on share one bucket.
#define BUCKETS 1024u

#define VERTICES_A_PIECE 4096u
#define PIECES_A_STEP 64u         // of an application
#define COLUMNS_A_STEP (1u << 17) // whose rows are numbered anew
#define EDGES_A_BLOCK (1u << 18)
#define SEED 0x5b1ea1u

typedef struct half_edge {
  uint32_t target;
  float weight;
} half_edge;

// The sampled edges of a vertex lie together: each is read once, and a linked list would miss the
// cache for every one. A full run moves to twice the space; what it leaves is not used again.
typedef struct edge_run {
  half_edge *edges;
  uint32_t count, capacity;
} edge_run;

// Where runs are cut from. Blocks stay where they are: one array that grows would be copied, for a
// tenth of a second where there are millions of edges.
typedef struct edge_block {
  struct edge_block *next;
  half_edge edges[];
} edge_block;

// A neighbour of the vertex being eliminated, its parallel edges added up.
typedef struct neighbour {
  uint32_t vertex;
  uint32_t copies; // parallel edges there are
  uint32_t gained; // edges sampled for it
  double weight;
} neighbour;

struct sl_approximate_cholesky {
  uint32_t rows;     // of the matrix
  uint32_t vertices; // rows, or twice that with the double cover
  bool cover;
  const sl_csr *matrix; // until the last vertex is eliminated
  double scale;         // that the matrix is multiplied by
  // The graph that is left: the rows of the matrix, and a run of sampled half-edges a vertex. Those
  // to eliminated vertices are dropped when they are read.
  edge_run *runs; // vertices
  edge_block *blocks;
  half_edge *free_edges; // what is left of the newest block
  uint32_t free_count, block_size;
  size_t block_bytes; // of all blocks
  double *excess;     // vertices: diagonal minus the sum of the edges
  uint32_t *degrees;  // vertices: parallel edges counted
  // Vertices by degree: doubly linked lists.
  uint32_t *bucket_heads; // BUCKETS
  uint32_t *bucket_next, *bucket_previous;
  uint32_t least_bucket;
  neighbour *neighbours; // vertices: scratch
  double *sums;          // vertices: scratch
  uint32_t *marks;       // vertices: place among the neighbours + 1, 0 elsewhere
  sl_rng rng;
  // The factor: column k belongs to the vertex order[k]; l_rows are vertices until the end, then
  // places in the order.
  uint32_t eliminated;
  uint32_t numbered;        // columns whose rows are places already
  uint32_t *order, *places; // vertices
  uint32_t *l_pointers;     // vertices + 1
  uint32_t *l_rows;
  float *l_values;
  uint32_t l_capacity;
  float *inverse_pivots; // vertices
  float *y;              // vertices
  float *z;              // rows
};

static void free_graph(sl_approximate_cholesky *f) {
  while (f->blocks != NULL) {
    edge_block *next = f->blocks->next;
    sl_free(f->blocks);
    f->blocks = next;
  }
  f->block_bytes = 0;
  void **arrays[] = {
      (void **)&f->runs,         (void **)&f->excess,      (void **)&f->degrees,
      (void **)&f->bucket_heads, (void **)&f->bucket_next, (void **)&f->bucket_previous,
      (void **)&f->neighbours,   (void **)&f->sums,        (void **)&f->marks};
  for (size_t k = 0; k < sizeof arrays / sizeof *arrays; k++) {
    sl_free(*arrays[k]);
    *arrays[k] = NULL;
  }
}

void sl_approximate_cholesky_destroy(sl_approximate_cholesky *f) {
  if (f == NULL) return;
  free_graph(f);
  sl_free(f->order);
  sl_free(f->places);
  sl_free(f->l_pointers);
  sl_free(f->l_rows);
  sl_free(f->l_values);
  sl_free(f->inverse_pivots);
  sl_free(f->y);
  sl_free(f->z);
  sl_free(f);
}

size_t sl_approximate_cholesky_bytes(const sl_approximate_cholesky *f) {
  if (f == NULL) return 0;
  size_t bytes =
      sizeof *f + (size_t)f->vertices * 20 + (size_t)f->rows * 4 + (size_t)f->l_capacity * 8;
  if (f->blocks != NULL) {
    bytes += f->block_bytes + (size_t)f->vertices * (44 + sizeof(neighbour)) + BUCKETS * 4;
  }
  return bytes;
}

uint64_t sl_approximate_cholesky_entries(const sl_approximate_cholesky *f) {
  return f->l_pointers != NULL ? f->l_pointers[f->eliminated] : 0;
}

// ---- the graph ----------------------------------------------------------------------------------

static sl_status add_block(sl_approximate_cholesky *f, uint32_t least) {
  _Static_assert(sizeof(edge_block) <= sizeof(half_edge), "the head takes the place of one edge");
  uint32_t count = least > f->block_size ? least : f->block_size;
  edge_block *block;
  SL_TRY(sl_alloc((size_t)count + 1, sizeof(half_edge), (void **)&block));
  block->next = f->blocks;
  f->blocks = block;
  f->block_bytes += (count + (size_t)1) * sizeof(half_edge);
  f->free_edges = block->edges;
  f->free_count = count;
  return SL_OK;
}

static sl_status add_half_edge(sl_approximate_cholesky *f, uint32_t from, uint32_t to,
                               float weight) {
  edge_run *run = &f->runs[from];
  if (run->count == run->capacity) {
    uint32_t capacity = run->capacity < 4 ? 4 : 2 * run->capacity;
    if (capacity > f->free_count) SL_TRY(add_block(f, capacity));
    if (run->count > 0) memcpy(f->free_edges, run->edges, run->count * sizeof *run->edges);
    run->edges = f->free_edges;
    run->capacity = capacity;
    f->free_edges += capacity;
    f->free_count -= capacity;
  }
  run->edges[run->count++] = (half_edge){to, weight};
  return SL_OK;
}

static sl_status add_edge(sl_approximate_cholesky *f, uint32_t i, uint32_t j, float weight) {
  SL_TRY(add_half_edge(f, i, j, weight));
  return add_half_edge(f, j, i, weight);
}

static void unlink_vertex(sl_approximate_cholesky *f, uint32_t v) {
  uint32_t bucket = f->degrees[v] < BUCKETS ? f->degrees[v] : BUCKETS - 1;
  uint32_t next = f->bucket_next[v], previous = f->bucket_previous[v];
  if (previous == NONE)
    f->bucket_heads[bucket] = next;
  else
    f->bucket_next[previous] = next;
  if (next != NONE) f->bucket_previous[next] = previous;
}

static void link_vertex(sl_approximate_cholesky *f, uint32_t v) {
  uint32_t bucket = f->degrees[v] < BUCKETS ? f->degrees[v] : BUCKETS - 1;
  uint32_t head = f->bucket_heads[bucket];
  f->bucket_next[v] = head;
  f->bucket_previous[v] = NONE;
  if (head != NONE) f->bucket_previous[head] = v;
  f->bucket_heads[bucket] = v;
  if (bucket < f->least_bucket) f->least_bucket = bucket;
}

// The vertex of least degree that is left.
static uint32_t pop_vertex(sl_approximate_cholesky *f) {
  while (f->bucket_heads[f->least_bucket] == NONE) f->least_bucket++;
  uint32_t v = f->bucket_heads[f->least_bucket];
  unlink_vertex(f, v);
  return v;
}

// The degree of row i, each entry split in COPIES parallel edges, and its excess.
static void load_row(sl_approximate_cholesky *f, uint32_t i) {
  const sl_csr *matrix = f->matrix;
  uint32_t begin = matrix->row_pointers[i], end = matrix->row_pointers[i + 1], degree = 0;
  double diagonal = 0, off = 0;
  for (uint32_t k = begin; k < end; k++) {
    uint32_t j = matrix->columns[k];
    double value = sl_csr_entry(matrix, k) * f->scale;
    if (j == i) {
      diagonal = value;
    } else {
      off += fabs(value);
      degree += COPIES;
    }
  }
  // What is within rounding of zero is zero: the row of a Laplacian.
  double slack = diagonal - off;
  if (slack <= (end - begin + 2) * 0x1p-52 * (diagonal + off)) slack = 0;
  f->excess[i] = slack;
  f->degrees[i] = degree;
  if (f->cover) {
    f->excess[i + f->rows] = slack;
    f->degrees[i + f->rows] = degree;
  }
}

static bool has_positive_couplings(const sl_csr *matrix, double scale) {
  for (uint32_t i = 0; i < matrix->rows; i++) {
    for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
      if (matrix->columns[k] != i && sl_csr_entry(matrix, k) * scale > 0) return true;
    }
  }
  return false;
}

static sl_status alloc_all(sl_approximate_cholesky *f) {
  size_t n = f->vertices;
  SL_TRY(SL_ALLOC_ZERO(&f->runs, n));
  SL_TRY(SL_ALLOC_ZERO(&f->excess, n));
  SL_TRY(SL_ALLOC_ZERO(&f->degrees, n));
  SL_TRY(SL_ALLOC(&f->bucket_heads, BUCKETS));
  SL_TRY(SL_ALLOC(&f->bucket_next, n));
  SL_TRY(SL_ALLOC(&f->bucket_previous, n));
  SL_TRY(SL_ALLOC(&f->neighbours, n));
  SL_TRY(SL_ALLOC(&f->sums, n + 1));
  SL_TRY(SL_ALLOC_ZERO(&f->marks, n));
  SL_TRY(SL_ALLOC(&f->order, n));
  SL_TRY(SL_ALLOC(&f->places, n));
  SL_TRY(SL_ALLOC(&f->l_pointers, n + 1));
  SL_TRY(SL_ALLOC(&f->inverse_pivots, n));
  SL_TRY(SL_ALLOC(&f->y, n));
  SL_TRY(SL_ALLOC(&f->z, f->rows));
  return SL_OK;
}

static void load(sl_approximate_cholesky *f) {
  memset(f->places, 0xff, f->vertices * sizeof *f->places);
  memset(f->bucket_heads, 0xff, BUCKETS * sizeof *f->bucket_heads);
  f->l_pointers[0] = 0;
  f->least_bucket = BUCKETS - 1;
  for (uint32_t i = 0; i < f->rows; i++) load_row(f, i);
  for (uint32_t v = f->vertices; v-- > 0;) link_vertex(f, v);
}

sl_status sl_approximate_cholesky_create(const sl_csr *matrix, int sign,
                                         sl_approximate_cholesky **out) {
  *out = NULL;
  sl_approximate_cholesky *f;
  double scale = sl_unit_scale(matrix, sign);
  SL_TRY(SL_ALLOC_ZERO(&f, 1));
  f->matrix = matrix;
  f->scale = scale;
  f->rows = matrix->rows;
  f->cover = has_positive_couplings(matrix, scale);
  sl_rng_seed(&f->rng, SEED);
  size_t factor = f->cover ? 2 : 1;
  sl_status status =
      f->rows > UINT32_MAX / 2
          ? sl_fail(SL_ERR_OVERFLOW, "matrix", "fewer rows for this method", SL_NO_POSITION)
          : SL_OK;
  f->vertices = (uint32_t)(f->rows * factor);
  size_t entries = (size_t)matrix->nnz * factor;
  f->block_size = entries < EDGES_A_BLOCK ? (uint32_t)entries : EDGES_A_BLOCK;
  if (status == SL_OK) status = alloc_all(f);
  if (status != SL_OK) {
    sl_approximate_cholesky_destroy(f);
    return status;
  }
  load(f);
  *out = f;
  return SL_OK;
}

// ---- elimination --------------------------------------------------------------------------------

static inline void meet(sl_approximate_cholesky *f, uint32_t u, uint32_t copies, double weight,
                        uint32_t *count) {
  if (f->marks[u] == 0) {
    f->neighbours[*count] = (neighbour){u, 0, 0, 0};
    f->marks[u] = ++*count;
  }
  neighbour *it = &f->neighbours[f->marks[u] - 1];
  it->copies += copies;
  it->weight += weight;
}

// Lists the neighbours of v that are left, parallel edges added up. Returns their number.
static uint32_t gather(sl_approximate_cholesky *f, uint32_t v, uint64_t *work) {
  uint32_t count = 0, n = f->rows, i = v < n ? v : v - n;
  const sl_csr *matrix = f->matrix;
  for (uint32_t k = matrix->row_pointers[i]; k < matrix->row_pointers[i + 1]; k++) {
    uint32_t u = matrix->columns[k];
    if (u == i) continue;
    double value = sl_csr_entry(matrix, k) * f->scale;
    // In the double cover a positive coupling leads to the other sheet.
    if (f->cover && (v >= n) == (value < 0)) u += n;
    if (f->places[u] == NONE && value != 0) meet(f, u, COPIES, fabs(value), &count);
  }
  const half_edge *edges = f->runs[v].edges;
  for (uint32_t k = 0; k < f->runs[v].count; k++) {
    if (f->places[edges[k].target] == NONE) meet(f, edges[k].target, 1, edges[k].weight, &count);
  }
  *work += f->runs[v].count + matrix->row_pointers[i + 1] - matrix->row_pointers[i];
  for (uint32_t k = 0; k < count; k++) f->marks[f->neighbours[k].vertex] = 0;
  return count;
}

static inline bool before(const neighbour *a, const neighbour *b) {
  return a->weight < b->weight || (a->weight == b->weight && a->vertex < b->vertex);
}

// Moves element k of a heap of `count` (largest on top) down to where it belongs.
static void sift_down(neighbour *heap, uint32_t k, uint32_t count) {
  neighbour moving = heap[k];
  for (;;) {
    uint32_t child = 2 * k + 1;
    if (child >= count) break;
    if (child + 1 < count && before(&heap[child], &heap[child + 1])) child++;
    if (!before(&moving, &heap[child])) break;
    heap[k] = heap[child];
    k = child;
  }
  heap[k] = moving;
}

// Ascending by weight, equal weights by vertex, so that the result depends on nothing else.
static void sort_neighbours(neighbour *list, uint32_t count) {
  if (count <= 16) {
    for (uint32_t i = 1; i < count; i++) {
      neighbour moving = list[i];
      uint32_t k = i;
      for (; k > 0 && before(&moving, &list[k - 1]); k--) list[k] = list[k - 1];
      list[k] = moving;
    }
    return;
  }
  for (uint32_t k = count / 2; k-- > 0;) sift_down(list, k, count);
  for (uint32_t last = count - 1; last > 0; last--) {
    neighbour top = list[0];
    list[0] = list[last];
    list[last] = top;
    sift_down(list, 0, last);
  }
}

// First k in [low, high) with sums[k + 1] > value; the last one when rounding leaves none.
static uint32_t find_sum(const double *sums, uint32_t low, uint32_t high, double value) {
  high--;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (sums[middle + 1] > value)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

// The clique of the neighbours, i j having weight w_i w_j / pivot, replaced by a sampled tree: each
// neighbour in turn draws one of those after it with probability proportional to its weight, and is
// joined to it with the weight that makes the expectation right.
static sl_status sample_clique(sl_approximate_cholesky *f, uint32_t count, double pivot) {
  neighbour *list = f->neighbours;
  double *sums = f->sums;
  sums[0] = 0;
  for (uint32_t k = 0; k < count; k++) sums[k + 1] = sums[k] + list[k].weight;
  for (uint32_t k = 0; k + 1 < count; k++) {
    double rest = sums[count] - sums[k + 1];
    uint32_t copies = list[k].copies < COPIES ? list[k].copies : COPIES;
    float weight = (float)(list[k].weight / copies * (rest / pivot));
    // Underflow: an edge that no float can hold joins nothing.
    if (!(weight > 0)) continue;
    for (uint32_t copy = 0; copy < copies; copy++) {
      double value = sums[k + 1] + sl_rng_double(&f->rng) * rest;
      uint32_t other = find_sum(sums, k + 1, count, value);
      SL_TRY(add_edge(f, list[k].vertex, list[other].vertex, weight));
      list[k].gained++;
      list[other].gained++;
    }
  }
  return SL_OK;
}

static sl_status reserve_factor(sl_approximate_cholesky *f, size_t more) {
  size_t wanted = (size_t)f->l_pointers[f->eliminated] + more;
  if (wanted <= f->l_capacity) return SL_OK;
  wanted += wanted / 2 + 1024;
  SL_REQUIRE(wanted < UINT32_MAX, SL_ERR_OVERFLOW, "matrix", "fewer entries for this method");
  SL_TRY(SL_REALLOC(&f->l_rows, wanted));
  SL_TRY(SL_REALLOC(&f->l_values, wanted));
  f->l_capacity = (uint32_t)wanted;
  return SL_OK;
}

static sl_status eliminate(sl_approximate_cholesky *f, uint32_t v, uint64_t *work) {
  uint32_t count = gather(f, v, work), k = f->eliminated;
  neighbour *list = f->neighbours;
  SL_TRY(reserve_factor(f, count));
  sort_neighbours(list, count);
  double weight = 0;
  for (uint32_t m = 0; m < count; m++) weight += list[m].weight;
  double pivot = weight + f->excess[v];
  SL_REQUIRE(pivot == 0 || pivot > 0x1p-100, SL_ERR_UNSUPPORTED, "matrix",
             "a diagonal in the range of float32");
  uint32_t at = f->l_pointers[k];
  for (uint32_t m = 0; m < count; m++) {
    f->l_rows[at] = list[m].vertex;
    f->l_values[at++] = (float)(list[m].weight / pivot);
    f->excess[list[m].vertex] += list[m].weight * (f->excess[v] / pivot);
  }
  // The last vertex of a component without excess: the direction of its null vector.
  f->inverse_pivots[k] = pivot > 0 ? (float)(1 / pivot) : 0;
  f->l_pointers[k + 1] = at;
  f->order[k] = v;
  f->places[v] = k;
  f->eliminated++;
  *work += 2 * (uint64_t)count;
  SL_TRY(sample_clique(f, count, pivot));
  for (uint32_t m = 0; m < count; m++) {
    uint32_t u = list[m].vertex;
    unlink_vertex(f, u);
    f->degrees[u] = f->degrees[u] - list[m].copies + list[m].gained;
    link_vertex(f, u);
  }
  return SL_OK;
}

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

// Vertices become places in the order, which are known now.
static void number_rows(sl_approximate_cholesky *f) {
  uint32_t last = f->numbered + least(f->vertices - f->numbered, COLUMNS_A_STEP);
  uint32_t stop = f->l_pointers[last];
  for (uint32_t k = f->l_pointers[f->numbered]; k < stop; k++)
    f->l_rows[k] = f->places[f->l_rows[k]];
  f->numbered = last;
}

static sl_status trim(sl_approximate_cholesky *f) {
  uint32_t entries = f->l_pointers[f->vertices];
  SL_TRY(SL_REALLOC(&f->l_rows, entries));
  SL_TRY(SL_REALLOC(&f->l_values, entries));
  f->l_capacity = entries;
  return SL_OK;
}

sl_status sl_approximate_cholesky_build(sl_approximate_cholesky *f, bool *done, uint64_t *work) {
  *done = false;
  if (f->eliminated < f->vertices) {
    uint32_t count = least(f->vertices - f->eliminated, VERTICES_A_PIECE);
    for (uint32_t k = 0; k < count; k++) SL_TRY(eliminate(f, pop_vertex(f), work));
    return SL_OK;
  }
  free_graph(f);
  number_rows(f);
  *done = f->numbered == f->vertices;
  return *done ? trim(f) : SL_OK;
}

// ---- application --------------------------------------------------------------------------------

NOINLINE static void solve_forward(const sl_approximate_cholesky *f, float *y, uint32_t begin,
                                   uint32_t end) {
  for (uint32_t k = begin; k < end; k++) {
    float value = y[k];
    uint32_t stop = f->l_pointers[k + 1];
    for (uint32_t m = f->l_pointers[k]; m < stop; m++) y[f->l_rows[m]] += f->l_values[m] * value;
    y[k] = value * f->inverse_pivots[k];
  }
}

NOINLINE static void solve_backward(const sl_approximate_cholesky *f, float *y, uint32_t begin,
                                    uint32_t end) {
  for (uint32_t k = end; k-- > begin;) {
    float sum = y[k];
    uint32_t stop = f->l_pointers[k + 1];
    for (uint32_t m = f->l_pointers[k]; m < stop; m++) sum += f->l_values[m] * y[f->l_rows[m]];
    y[k] = sum;
  }
}

NOINLINE static void load_side(const sl_approximate_cholesky *f, const double *r, double scale,
                               float *y, uint32_t begin, uint32_t end) {
  for (uint32_t k = begin; k < end; k++) {
    uint32_t v = f->order[k];
    y[k] = v < f->rows ? (float)(r[v] * scale) : -(float)(r[v - f->rows] * scale);
  }
}

NOINLINE static void store_solution(const sl_approximate_cholesky *f, const float *y, float *z,
                                    uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end; i++) {
    float value = y[f->places[i]];
    z[i] = f->cover ? 0.5f * (value - y[f->places[i + f->rows]]) : value;
  }
}

// Pieces of vertices come in four rounds: the right-hand side, forward, backward, the solution.
static void solve_piece(sl_approximate_cholesky *f, const double *r, double scale, uint32_t round,
                        uint32_t k, uint64_t *work) {
  uint32_t begin = k * VERTICES_A_PIECE, end = begin + least(f->vertices - begin, VERTICES_A_PIECE);
  switch (round) {
  case 0:
    load_side(f, r, scale, f->y, begin, end);
    break;
  case 1:
    solve_forward(f, f->y, begin, end);
    break;
  case 2:
    solve_backward(f, f->y, begin, end);
    break;
  default:
    if (begin < f->rows) store_solution(f, f->y, f->z, begin, least(f->rows, end));
    break;
  }
  if (round == 1 || round == 2) *work += f->l_pointers[end] - f->l_pointers[begin];
}

const float *sl_approximate_cholesky_solve(sl_approximate_cholesky *f, const double *r,
                                           double scale, uint32_t *piece, uint64_t *work) {
  uint32_t count = (f->vertices + VERTICES_A_PIECE - 1) / VERTICES_A_PIECE;
  uint32_t last = *piece + least(4 * count - *piece, PIECES_A_STEP);
  for (; *piece < last; ++*piece) {
    uint32_t round = *piece / count, k = *piece % count;
    solve_piece(f, r, scale, round, round == 2 ? count - 1 - k : k, work);
  }
  if (*piece < 4 * count) return NULL;
  *piece = 0;
  return f->z;
}
