// Based on: J. Barnes, P. Hut, "A hierarchical O(N log N) force-calculation algorithm", Nature 324
// (1986), doi:10.1038/324446a0; with one walk for all points of a leaf (J. E. Barnes, Journal of
// Computational Physics 87 (1990), doi:10.1016/0021-9991(90)90232-P).
#include "communities/tree.h"

#include "simd/simd.h"

enum { KEYS, SORT = 1, PLACE = 5, SPLIT, CENTRES };
enum { BITS_2 = 16, BITS_3 = 10 }; // of a coordinate in a key

sl_status sl_tree_create(sl_tree *tree, uint32_t n, uint32_t dimensions, double theta) {
  *tree = (sl_tree){.n = n, .dimensions = dimensions, .theta = (float)fmin(theta, 1e6)};
  SL_TRY(SL_ALLOC(&tree->order, n));
  SL_TRY(SL_ALLOC(&tree->order_next, n));
  SL_TRY(SL_ALLOC(&tree->key, n));
  SL_TRY(SL_ALLOC(&tree->key_next, n));
  for (uint32_t d = 0; d < dimensions; d++) SL_TRY(SL_ALLOC_ZERO(&tree->x[d], (size_t)n + SL_LEAF));
  SL_TRY(SL_ALLOC_ZERO(&tree->mass, (size_t)n + SL_LEAF));
  tree->room = n / 2 + 64;
  SL_TRY(SL_ALLOC(&tree->cells, tree->room));
  SL_TRY(SL_ALLOC(&tree->parent, tree->room));
  SL_TRY(SL_ALLOC(&tree->level, tree->room));
  return SL_OK;
}

void sl_tree_free(sl_tree *tree) {
  sl_free(tree->order);
  sl_free(tree->order_next);
  sl_free(tree->key);
  sl_free(tree->key_next);
  for (int d = 0; d < 3; d++) sl_free(tree->x[d]);
  sl_free(tree->mass);
  sl_free(tree->cells);
  sl_free(tree->parent);
  sl_free(tree->level);
}

size_t sl_tree_bytes(const sl_tree *tree) {
  return (size_t)tree->n * (20 + 4 * tree->dimensions) + (size_t)tree->room * (sizeof(sl_cell) + 5);
}

void sl_tree_begin(sl_tree *tree) {
  tree->pass = KEYS;
  tree->position = 0;
  tree->count = tree->waiting = 0;
}

// Bits of x with one (two) zero bits between them.
static uint32_t spread_2(uint32_t x) {
  x = (x | x << 8) & 0x00ff00ff;
  x = (x | x << 4) & 0x0f0f0f0f;
  x = (x | x << 2) & 0x33333333;
  return (x | x << 1) & 0x55555555;
}
static uint32_t spread_3(uint32_t x) {
  x = (x | x << 16) & 0x030000ff;
  x = (x | x << 8) & 0x0300f00f;
  x = (x | x << 4) & 0x030c30c3;
  return (x | x << 2) & 0x09249249;
}

static void measure(sl_tree *tree, const float *positions) {
  const uint32_t dimensions = tree->dimensions;
  double side = 0;
  for (uint32_t d = 0; d < dimensions; d++) {
    float low = INFINITY, high = -INFINITY;
    for (uint32_t u = 0; u < tree->n; u++) {
      const float x = positions[(size_t)u * dimensions + d];
      low = x < low ? x : low;
      high = x > high ? x : high;
    }
    tree->low[d] = low;
    if ((double)high - low > side) side = (double)high - low;
  }
  tree->side = side > 0 ? side : 1;
}

SL_NOINLINE static void make_keys(sl_tree *tree, const float *positions) {
  const uint32_t bits = tree->dimensions == 2 ? BITS_2 : BITS_3, cells = 1u << bits;
  const double scale = cells / tree->side;
  for (uint32_t u = 0; u < tree->n; u++) {
    uint32_t key = 0;
    for (uint32_t d = 0; d < tree->dimensions; d++) {
      const double x = (positions[(size_t)u * tree->dimensions + d] - tree->low[d]) * scale;
      const uint32_t cell = x >= cells ? cells - 1 : (uint32_t)x;
      key |= (tree->dimensions == 2 ? spread_2(cell) : spread_3(cell)) << d;
    }
    tree->key[u] = key;
    tree->order[u] = u;
  }
}

SL_NOINLINE static void sort_by_byte(sl_tree *tree, uint32_t shift) {
  uint32_t places[257] = {0};
  for (uint32_t i = 0; i < tree->n; i++) places[(tree->key[i] >> shift & 255) + 1]++;
  for (uint32_t b = 0; b < 256; b++) places[b + 1] += places[b];
  for (uint32_t i = 0; i < tree->n; i++) {
    const uint32_t to = places[tree->key[i] >> shift & 255]++;
    tree->key_next[to] = tree->key[i];
    tree->order_next[to] = tree->order[i];
  }
  uint32_t *swap = tree->key;
  tree->key = tree->key_next;
  tree->key_next = swap;
  swap = tree->order;
  tree->order = tree->order_next;
  tree->order_next = swap;
}

SL_NOINLINE static void place(sl_tree *tree, const float *positions, const float *mass) {
  for (uint32_t i = 0; i < tree->n; i++) {
    const uint32_t u = tree->order[i];
    for (uint32_t d = 0; d < tree->dimensions; d++)
      tree->x[d][i] = positions[(size_t)u * tree->dimensions + d];
    tree->mass[i] = mass[u];
  }
}

static sl_status make_room(sl_tree *tree) {
  if (tree->count < tree->room) return SL_OK;
  const uint32_t room = tree->room + tree->room / 2;
  SL_TRY(SL_REALLOC(&tree->cells, room));
  SL_TRY(SL_REALLOC(&tree->parent, room));
  SL_TRY(SL_REALLOC(&tree->level, room));
  tree->room = room;
  return SL_OK;
}

// The first point from begin on whose key is at least `key`.
static uint32_t find(const uint32_t *keys, uint32_t begin, uint32_t end, uint64_t key) {
  while (begin < end) {
    const uint32_t middle = begin + (end - begin) / 2;
    if (keys[middle] < key)
      begin = middle + 1;
    else
      end = middle;
  }
  return begin;
}

// Makes a cell of what waits, and has its parts wait. Points that no key tells apart are halved.
static sl_status split(sl_tree *tree) {
  const struct sl_pending at = tree->pending[--tree->waiting];
  const uint32_t dimensions = tree->dimensions, last = dimensions == 2 ? BITS_2 : BITS_3;
  const uint32_t *keys = tree->key;
  SL_TRY(make_room(tree));
  const uint32_t cell = tree->count++;
  // The smallest square of the tree around them.
  uint32_t level = at.level;
  const uint32_t differ = keys[at.begin] ^ keys[at.end - 1];
  while (level < last && differ >> (dimensions * (last - 1 - level)) == 0) level++;
  // What no key tells apart is one body from everywhere else.
  const double size = ldexp(tree->side, -(int)(level < last ? level : last));
  const double reach = tree->theta > 0 ? size / tree->theta * (size / tree->theta) : INFINITY;
  tree->cells[cell] = (sl_cell){
      .reach = level < last ? (float)fmin(reach, 3e38) : -1, .begin = at.begin, .end = at.end};
  if (tree->theta == 0) tree->cells[cell].reach = INFINITY;
  tree->parent[cell] = at.parent;
  tree->level[cell] = at.level;
  if (at.end - at.begin <= SL_LEAF) return SL_OK;
  // Every part is one level below, however many levels of squares lie between.
  const uint8_t below = (uint8_t)(at.level + 1);
  if (level >= last) {
    const uint32_t middle = at.begin + (at.end - at.begin) / 2;
    tree->pending[tree->waiting++] = (struct sl_pending){middle, at.end, cell, below};
    tree->pending[tree->waiting++] = (struct sl_pending){at.begin, middle, cell, below};
    return SL_OK;
  }
  const uint32_t shift = dimensions * (last - 1 - level);
  const uint64_t from = (uint64_t)keys[at.begin] >> (shift + dimensions) << (shift + dimensions);
  uint32_t end = at.end;
  for (uint32_t part = 1u << dimensions; part-- > 0;) {
    const uint32_t begin =
        part == 0 ? at.begin : find(keys, at.begin, end, from + ((uint64_t)part << shift));
    if (begin < end) tree->pending[tree->waiting++] = (struct sl_pending){begin, end, cell, below};
    end = begin;
  }
  return SL_OK;
}

// Masses and centres, parts before the whole; and where a walk goes on that does not enter.
static void sum_up(sl_tree *tree) {
  uint32_t next_at[256];
  for (int i = 0; i < 256; i++) next_at[i] = tree->count;
  for (uint32_t c = tree->count; c-- > 0;) {
    sl_cell *cell = &tree->cells[c];
    cell->next = next_at[tree->level[c]];
    for (uint32_t i = tree->level[c]; i < 256 && next_at[i] != c; i++) next_at[i] = c;
    double mass = 0, sum[3] = {0};
    for (uint32_t i = cell->begin; i < cell->end; i++) {
      if (cell->end - cell->begin > SL_LEAF) break;
      mass += tree->mass[i];
      for (uint32_t d = 0; d < tree->dimensions; d++)
        sum[d] += (double)tree->mass[i] * tree->x[d][i];
    }
    if (cell->end - cell->begin > SL_LEAF) {
      for (uint32_t part = c + 1; part < cell->next; part = tree->cells[part].next) {
        const sl_cell *other = &tree->cells[part];
        mass += other->mass;
        for (uint32_t d = 0; d < tree->dimensions; d++)
          sum[d] += (double)other->mass * other->centre[d];
      }
    }
    cell->mass = (float)mass;
    for (uint32_t d = 0; d < tree->dimensions; d++) cell->centre[d] = (float)(sum[d] / mass);
  }
}

sl_status sl_tree_step(sl_tree *tree, const float *positions, const float *mass, uint64_t most,
                       uint64_t *work, bool *done) {
  *done = false;
  const uint64_t until = sl_pause(*work, most);
  while (*work < until) {
    if (tree->pass == KEYS) {
      measure(tree, positions);
      make_keys(tree, positions);
    } else if (tree->pass < PLACE) {
      sort_by_byte(tree, 8 * (tree->pass - SORT));
    } else if (tree->pass == PLACE) {
      place(tree, positions, mass);
      tree->pending[tree->waiting++] = (struct sl_pending){0, tree->n, NONE, 0};
    } else if (tree->pass == SPLIT) {
      while (tree->waiting > 0 && *work < until) {
        SL_TRY(split(tree));
        *work += 8;
      }
      if (tree->waiting > 0) return SL_OK;
    } else {
      sum_up(tree);
      *done = true;
      *work += tree->n;
      return SL_OK;
    }
    if (tree->pass != SPLIT) *work += tree->n;
    tree->pass++;
  }
  return SL_OK;
}

typedef struct group {
  sl_f32x4 x[3][SL_LEAF / 4], force[3][SL_LEAF / 4];
} group;

// A body's pull on all points of the group; none on those that are where it is.
SL_ALWAYS_INLINE void push(group *g, uint32_t dimensions, uint32_t lanes, const float *centre,
                           float mass) {
  const sl_f32x4 zero = {0};
  for (uint32_t l = 0; l < lanes; l++) {
    sl_f32x4 delta[3], square = zero;
    for (uint32_t d = 0; d < dimensions; d++) {
      delta[d] = g->x[d][l] - sl_f32x4_splat(centre[d]);
      square += delta[d] * delta[d];
    }
    // 0 / tiny is 0: points at the same place do not push each other.
    const sl_f32x4 least = sl_f32x4_splat(1e-30f);
    const sl_i32x4 small = square < least;
    const sl_f32x4 safe = (sl_f32x4)(((sl_i32x4)least & small) | ((sl_i32x4)square & ~small));
    const sl_f32x4 factor = sl_f32x4_splat(mass) / safe;
    for (uint32_t d = 0; d < dimensions; d++) g->force[d][l] += delta[d] * factor;
  }
}

SL_ALWAYS_INLINE uint64_t walk(const sl_tree *tree, uint32_t leaf, float *force,
                               uint32_t dimensions) {
  const sl_cell *own = &tree->cells[leaf];
  const uint32_t begin = own->begin, count = own->end - begin, lanes = (count + 3) / 4;
  group g;
  memset(&g, 0, sizeof g);
  float low[3], high[3];
  for (uint32_t d = 0; d < dimensions; d++) {
    float padded[SL_LEAF];
    low[d] = high[d] = tree->x[d][begin];
    for (uint32_t i = 0; i < SL_LEAF; i++) {
      const float x = tree->x[d][i < count ? begin + i : begin];
      padded[i] = x;
      low[d] = x < low[d] ? x : low[d];
      high[d] = x > high[d] ? x : high[d];
    }
    for (uint32_t l = 0; l < lanes; l++) g.x[d][l] = sl_f32x4_load(padded + 4 * l);
  }
  uint64_t met = 0;
  for (uint32_t c = 0; c < tree->count;) {
    const sl_cell *cell = &tree->cells[c];
    float square = 0;
    for (uint32_t d = 0; d < dimensions; d++) {
      const float below = low[d] - cell->centre[d], above = cell->centre[d] - high[d];
      const float apart = below > above ? below : above;
      square += apart > 0 ? apart * apart : 0;
    }
    met++;
    if (square > cell->reach && !(cell->begin <= begin && begin < cell->end)) {
      push(&g, dimensions, lanes, cell->centre, cell->mass);
      c = cell->next;
      continue;
    }
    if (cell->end - cell->begin > SL_LEAF) {
      c++;
      continue;
    }
    for (uint32_t i = cell->begin; i < cell->end; i++) {
      const float at[3] = {tree->x[0][i], tree->x[1][i], dimensions == 3 ? tree->x[2][i] : 0};
      push(&g, dimensions, lanes, at, tree->mass[i]);
    }
    met += cell->end - cell->begin;
    c = cell->next;
  }
  for (uint32_t d = 0; d < dimensions; d++) {
    float sums[SL_LEAF];
    for (uint32_t l = 0; l < lanes; l++) sl_f32x4_store(sums + 4 * l, g.force[d][l]);
    for (uint32_t i = 0; i < count; i++)
      force[(size_t)tree->order[begin + i] * dimensions + d] = sums[i];
  }
  return met * lanes;
}

SL_NOINLINE static uint64_t walk_2(const sl_tree *tree, uint32_t leaf, float *force) {
  return walk(tree, leaf, force, 2);
}
SL_NOINLINE static uint64_t walk_3(const sl_tree *tree, uint32_t leaf, float *force) {
  return walk(tree, leaf, force, 3);
}

uint64_t sl_tree_repel(const sl_tree *tree, uint32_t leaf, float *force) {
  return tree->dimensions == 2 ? walk_2(tree, leaf, force) : walk_3(tree, leaf, force);
}
