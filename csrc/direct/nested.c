// Parts are cut at a level of a breadth-first search from a row far from the others, and the cut is
// refined: rows move out of it to either side, and pull their neighbours on the other side into it.
// Parts of few rows, and those that no small cut takes apart, are ordered by minimum degree.
//
// Based on: A. George, J. W. H. Liu, "An automatic nested dissection algorithm for irregular finite
// element problems", SIAM J. Numer. Anal. 15 (1978), doi:10.1137/0715069 (levels); C. M. Fiduccia,
// R. M. Mattheyses, "A linear-time heuristic for improving network partitions", DAC '82,
// doi:10.1109/DAC.1982.1585498, for rows as in C. Ashcraft, J. W. H. Liu, "A partition improvement
// algorithm for generalized nested dissection" (1994).
#include "direct/nested.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "direct/amd.h"

#define NONE UINT32_MAX
#define NOINLINE __attribute__((noinline))

#define LEAST_ROWS 200  // of a part that is cut
#define MOST_SHARE 0.62 // of a part on one side of its cut
#define MOST_CUT 0.2    // of a part in its cut
#define PASSES 6
#define MOST_TURNS 4 // searches for a row far from the others

enum { TAKE, COMPONENTS, SEARCH, CUT, REFINE, DIVIDE, LEAF };
enum { LEFT = 0, RIGHT = 1, BETWEEN = 2 };

// Rows order[begin .. end) are to be ordered among themselves.
typedef struct part {
  uint32_t begin, end;
} part;

struct sl_nested {
  uint32_t n;
  const uint32_t *offsets, *indices;
  uint32_t *order;
  uint32_t *owner; // n: the part of a row, by a number that grows; NONE: ordered
  uint32_t owners;
  uint32_t *seen; // n: the last search that saw a row, + 1
  uint32_t searches;
  uint32_t *queue; // n
  uint8_t *side;   // n
  uint32_t *spot;  // n: where a row stands in the cut
  uint32_t *count; // 2 n: neighbours of a row of the cut on both sides
  part *stack;     // room
  uint32_t depth, room;
  int stage;
  part at;
  // A search.
  uint32_t head, tail, level_end, levels, turn, before, from;
  uint32_t *level; // n + 1: where each level begins; in `count`
  // A cut.
  uint32_t *cut; // in `queue`
  uint32_t cut_rows, sides[2];
  int pass;
  sl_amd *amd;
  uint32_t *leaf_offsets, *leaf_indices, *leaf_order; // of a leaf
};

size_t sl_nested_bytes(uint32_t n) { return sizeof(sl_nested) + 25 * (size_t)n + 4; }

static void drop_leaf(sl_nested *s) {
  sl_amd_destroy(s->amd);
  sl_free(s->leaf_offsets);
  sl_free(s->leaf_indices);
  sl_free(s->leaf_order);
  s->amd = NULL;
  s->leaf_offsets = s->leaf_indices = s->leaf_order = NULL;
}

void sl_nested_destroy(sl_nested *s) {
  if (s == NULL) return;
  drop_leaf(s);
  sl_free(s->owner);
  sl_free(s->seen);
  sl_free(s->queue);
  sl_free(s->side);
  sl_free(s->spot);
  sl_free(s->count);
  sl_free(s->stack);
  sl_free(s);
}

static sl_status push(sl_nested *s, uint32_t begin, uint32_t end) {
  if (begin == end) return SL_OK;
  if (s->depth == s->room) {
    SL_TRY(SL_REALLOC(&s->stack, 2 * (size_t)s->room + 64));
    s->room = 2 * s->room + 64;
  }
  s->stack[s->depth++] = (part){begin, end};
  return SL_OK;
}

// Rows with very many neighbours would make every level wide: they come last.
static uint32_t put_dense_last(sl_nested *s) {
  double most = fmax(16, 10 * sqrt((double)s->n));
  uint32_t front = 0, back = s->n;
  for (uint32_t i = 0; i < s->n; i++) {
    if (s->offsets[i + 1] - s->offsets[i] > most) {
      s->order[--back] = i;
      s->owner[i] = NONE;
    } else {
      s->order[front++] = i;
      s->owner[i] = 0;
    }
  }
  return front;
}

sl_status sl_nested_begin(uint32_t n, const uint32_t *offsets, const uint32_t *indices,
                          uint32_t *order, sl_nested **out) {
  sl_nested *s;
  *out = NULL;
  SL_TRY(sl_alloc_zero(1, sizeof *s, (void **)&s));
  *s = (sl_nested){.n = n, .offsets = offsets, .indices = indices, .order = order};
  sl_status status = SL_ALLOC(&s->owner, (size_t)n);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&s->seen, (size_t)n);
  if (status == SL_OK) status = SL_ALLOC(&s->queue, (size_t)n);
  if (status == SL_OK) status = SL_ALLOC(&s->side, (size_t)n);
  if (status == SL_OK) status = SL_ALLOC(&s->spot, (size_t)n);
  if (status == SL_OK) status = SL_ALLOC(&s->count, 2 * (size_t)n + 1);
  if (status == SL_OK) status = push(s, 0, put_dense_last(s));
  if (status != SL_OK) {
    sl_nested_destroy(s);
    return status;
  }
  s->level = s->count;
  *out = s;
  return SL_OK;
}

// ---- levels -------------------------------------------------------------------------------------

static void begin_search(sl_nested *s, uint32_t root) {
  s->searches++;
  s->queue[0] = root;
  s->seen[root] = s->searches;
  s->head = 0;
  s->tail = s->level_end = 1;
  s->levels = 1;
  s->level[0] = 0;
}

// True: all that can be reached in the part has been.
NOINLINE static bool search(sl_nested *s, uint64_t work, uint64_t *spent) {
  uint32_t own = s->owner[s->queue[0]], head = s->head, tail = s->tail;
  uint64_t done = 0;
  while (head < tail && done < work) {
    if (head == s->level_end) {
      s->level[s->levels++] = head;
      s->level_end = tail;
    }
    uint32_t i = s->queue[head++];
    for (uint32_t p = s->offsets[i]; p < s->offsets[i + 1]; p++) {
      uint32_t j = s->indices[p];
      if (s->owner[j] != own || s->seen[j] == s->searches) continue;
      s->seen[j] = s->searches;
      s->queue[tail++] = j;
    }
    done += s->offsets[i + 1] - s->offsets[i] + 1;
  }
  s->head = head;
  s->tail = tail;
  *spent += done;
  return head == tail;
}

static uint32_t degree(const sl_nested *s, uint32_t i) { return s->offsets[i + 1] - s->offsets[i]; }

// A part that hangs together, or the first of its components.
static sl_status end_search(sl_nested *s) {
  uint32_t rows = s->at.end - s->at.begin;
  if (s->tail < rows) {
    s->stage = COMPONENTS;
    s->from = s->at.begin;
    for (uint32_t k = s->at.begin; k < s->at.end; k++) s->spot[s->order[k]] = k;
    return SL_OK;
  }
  uint32_t last = s->level[s->levels - 1], best = s->queue[last];
  if (s->levels > s->before && s->turn < MOST_TURNS) {
    for (uint32_t k = last; k < s->tail; k++) {
      if (degree(s, s->queue[k]) < degree(s, best)) best = s->queue[k];
    }
    s->before = s->levels;
    s->turn++;
    begin_search(s, best);
    return SL_OK;
  }
  s->stage = CUT;
  return SL_OK;
}

// The part falls apart: each component becomes one. The queue has the one that was found; it goes to
// the front of the part, and the search goes on in the rest.
static sl_status take_component(sl_nested *s, uint64_t work, uint64_t *spent) {
  uint32_t begin = s->from, end = s->at.end;
  if (!search(s, work, spent)) return SL_OK;
  uint32_t own = ++s->owners;
  for (uint32_t k = 0; k < s->tail; k++) {
    uint32_t row = s->queue[k], from = s->spot[row], other = s->order[begin + k];
    s->owner[row] = own;
    s->order[from] = other;
    s->spot[other] = from;
    s->order[begin + k] = row;
    s->spot[row] = begin + k;
  }
  uint32_t to = begin + s->tail;
  SL_TRY(push(s, begin, to));
  s->from = to;
  if (to == end)
    s->stage = TAKE;
  else
    begin_search(s, s->order[to]);
  return SL_OK;
}

// ---- a cut --------------------------------------------------------------------------------------

static void enter_cut(sl_nested *s, uint32_t i) {
  s->side[i] = BETWEEN;
  s->spot[i] = s->cut_rows;
  s->cut[s->cut_rows++] = i;
}

static void leave_cut(sl_nested *s, uint32_t i) {
  uint32_t last = s->cut[--s->cut_rows];
  s->cut[s->spot[i]] = last;
  s->spot[last] = s->spot[i];
}

// The smallest level in the middle. False: there is none.
static bool choose_cut(sl_nested *s) {
  uint32_t rows = s->tail, best = NONE, least = NONE;
  for (uint32_t l = 1; l + 1 < s->levels; l++) {
    uint32_t begin = s->level[l], end = s->level[l + 1], size = end - begin;
    bool middle = begin >= (1 - MOST_SHARE) * rows && rows - end >= (1 - MOST_SHARE) * rows;
    bool holds = begin <= rows / 2 && end > rows / 2;
    if ((middle || holds) && size < least) {
      least = size;
      best = l;
    }
  }
  if (best == NONE) return false;
  uint32_t begin = s->level[best], end = s->level[best + 1];
  for (uint32_t k = 0; k < rows; k++) s->side[s->queue[k]] = k < begin ? LEFT : RIGHT;
  s->sides[LEFT] = begin;
  s->sides[RIGHT] = rows - end;
  // The cut takes the front of the queue, which is free from now on.
  s->cut = s->queue;
  s->cut_rows = 0;
  for (uint32_t k = begin; k < end; k++) enter_cut(s, s->queue[k]);
  return true;
}

static void count_sides(sl_nested *s, uint32_t i) {
  uint32_t own = s->owner[i], counts[3] = {0, 0, 0};
  for (uint32_t p = s->offsets[i]; p < s->offsets[i + 1]; p++) {
    uint32_t j = s->indices[p];
    if (s->owner[j] == own && j != i) counts[s->side[j]]++;
  }
  s->count[2 * (size_t)i] = counts[LEFT];
  s->count[2 * (size_t)i + 1] = counts[RIGHT];
}

// Row i, in the cut, goes to a side; its neighbours on the other one come into the cut. `log` gets the
// rows that changed, in order. Returns how many.
static uint32_t move(sl_nested *s, uint32_t i, int side, uint32_t *log, uint64_t *spent) {
  uint32_t own = s->owner[i], logged = 0;
  leave_cut(s, i);
  s->side[i] = (uint8_t)side;
  s->sides[side]++;
  log[logged++] = i;
  for (uint32_t p = s->offsets[i]; p < s->offsets[i + 1]; p++) {
    uint32_t j = s->indices[p];
    if (s->owner[j] != own || j == i) continue;
    if (s->side[j] == BETWEEN) {
      s->count[2 * (size_t)j + (uint32_t)side]++;
    } else if (s->side[j] != side) {
      s->sides[1 - side]--;
      enter_cut(s, j);
      count_sides(s, j);
      log[logged++] = j;
      // Rows of the cut have lost a neighbour on that side.
      for (uint32_t q = s->offsets[j]; q < s->offsets[j + 1]; q++) {
        uint32_t k = s->indices[q];
        if (s->owner[k] == own && s->side[k] == BETWEEN && k != j) {
          s->count[2 * (size_t)k + (uint32_t)(1 - side)]--;
        }
      }
      *spent += 2 * (uint64_t)degree(s, j);
    }
  }
  *spent += degree(s, i) + 1;
  return logged;
}

static double cost_of(const sl_nested *s) {
  double rows = s->tail, most = fmax(s->sides[0], s->sides[1]);
  return s->cut_rows + (most > MOST_SHARE * rows ? most - MOST_SHARE * rows : 0) +
         0.1 * s->cut_rows * (most / rows);
}

// The row of the cut that is best to move, and where to. False: none may be.
static bool best_move(const sl_nested *s, uint32_t stamp, uint32_t *row, int *to) {
  int best = INT32_MIN;
  double most = MOST_SHARE * s->tail;
  for (uint32_t k = 0; k < s->cut_rows; k++) {
    uint32_t i = s->cut[k];
    if (s->seen[i] == stamp) continue;
    for (int side = 0; side < 2; side++) {
      int gain = 2 * (1 - (int)s->count[2 * (size_t)i + (uint32_t)(1 - side)]);
      if (s->sides[side] + 1 > most && s->sides[side] >= s->sides[1 - side]) continue;
      if (s->sides[side] < s->sides[1 - side]) gain++; // towards the smaller side
      if (gain <= best) continue;
      best = gain;
      *row = i;
      *to = side;
    }
  }
  return best > INT32_MIN;
}

// Moves rows, each once, beyond what gets worse, and goes back to the best cut. True: it was better.
static bool refine(sl_nested *s, uint64_t *spent) {
  // Moves are logged at the end of the queue: the row, then those that it pulled in, then their number
  // and the side.
  uint32_t end = s->n, at = end, kept = end, waits = 0;
  double first = cost_of(s), best = first;
  uint32_t stamp = ++s->searches;
  uint32_t row = 0, patience = 32 + s->cut_rows / 8;
  int to = 0;
  while (waits < patience && best_move(s, stamp, &row, &to)) {
    *spent += s->cut_rows / 2;
    // Room for the row, its neighbours, and two numbers.
    if (at < s->cut_rows + 2 * (degree(s, row) + 3)) break;
    s->seen[row] = stamp;
    uint32_t room = degree(s, row) + 1, logged = move(s, row, to, s->queue + at - room, spent);
    memmove(s->queue + at - logged, s->queue + at - room, logged * sizeof *s->queue);
    at -= logged;
    s->queue[--at] = logged;
    s->queue[--at] = (uint32_t)to;
    double cost = cost_of(s);
    if (cost < best) {
      best = cost;
      kept = at;
      waits = 0;
    } else {
      waits++;
    }
  }
  for (; at < kept;) {
    int side = (int)s->queue[at], other = 1 - side;
    uint32_t logged = s->queue[at + 1];
    const uint32_t *rows = s->queue + at + 2;
    for (uint32_t k = 1; k < logged; k++) {
      leave_cut(s, rows[k]);
      s->side[rows[k]] = (uint8_t)other;
      s->sides[other]++;
    }
    s->sides[side]--;
    enter_cut(s, rows[0]);
    at += 2 + logged;
  }
  for (uint32_t k = 0; k < s->cut_rows; k++) count_sides(s, s->cut[k]);
  return best < first;
}

// Left, right, and then what lies between.
static sl_status divide(sl_nested *s) {
  uint32_t begin = s->at.begin, rows = s->at.end - begin;
  uint32_t left = ++s->owners, right = ++s->owners;
  uint32_t to[3] = {0, s->sides[LEFT], s->sides[LEFT] + s->sides[RIGHT]};
  for (uint32_t k = 0; k < rows; k++) {
    uint32_t i = s->order[begin + k], side = s->side[i];
    s->queue[to[side]++] = i;
    s->owner[i] = side == LEFT ? left : side == RIGHT ? right : NONE;
  }
  memcpy(s->order + begin, s->queue, rows * sizeof *s->order);
  uint32_t middle = begin + s->sides[LEFT], last = middle + s->sides[RIGHT];
  SL_TRY(push(s, begin, middle));
  return push(s, middle, last);
}

// ---- leaves -------------------------------------------------------------------------------------

static sl_status begin_leaf(sl_nested *s) {
  uint32_t begin = s->at.begin, rows = s->at.end - begin, own = s->owner[s->order[begin]];
  size_t entries = 0;
  s->stage = LEAF;
  for (uint32_t k = 0; k < rows; k++) {
    s->spot[s->order[begin + k]] = k;
    entries += degree(s, s->order[begin + k]);
  }
  SL_TRY(SL_ALLOC(&s->leaf_offsets, (size_t)rows + 1));
  SL_TRY(SL_ALLOC(&s->leaf_indices, entries));
  SL_TRY(SL_ALLOC(&s->leaf_order, (size_t)rows));
  uint32_t at = 0;
  for (uint32_t k = 0; k < rows; k++) {
    uint32_t i = s->order[begin + k];
    s->leaf_offsets[k] = at;
    for (uint32_t p = s->offsets[i]; p < s->offsets[i + 1]; p++) {
      uint32_t j = s->indices[p];
      if (s->owner[j] == own && j != i) s->leaf_indices[at++] = s->spot[j];
    }
  }
  s->leaf_offsets[rows] = at;
  return sl_amd_begin(rows, s->leaf_offsets, s->leaf_indices, s->leaf_order, &s->amd);
}

static void end_leaf(sl_nested *s) {
  uint32_t begin = s->at.begin, rows = s->at.end - begin;
  for (uint32_t k = 0; k < rows; k++) s->queue[k] = s->order[begin + s->leaf_order[k]];
  memcpy(s->order + begin, s->queue, rows * sizeof *s->order);
  drop_leaf(s);
  s->stage = TAKE;
}

// ---- steps --------------------------------------------------------------------------------------

static sl_status take(sl_nested *s) {
  s->at = s->stack[--s->depth];
  if (s->at.end - s->at.begin < LEAST_ROWS) return begin_leaf(s);
  s->stage = SEARCH;
  s->turn = s->before = 0;
  begin_search(s, s->order[s->at.begin]);
  return SL_OK;
}

static sl_status step(sl_nested *s, uint64_t work, uint64_t *spent) {
  uint32_t rows = s->at.end - s->at.begin;
  switch (s->stage) {
  case TAKE:
    return take(s);
  case COMPONENTS:
    return take_component(s, work, spent);
  case SEARCH:
    return search(s, work, spent) ? end_search(s) : SL_OK;
  case CUT:
    *spent += rows;
    if (!choose_cut(s)) return begin_leaf(s);
    for (uint32_t k = 0; k < s->cut_rows; k++) count_sides(s, s->cut[k]);
    s->pass = 0;
    s->stage = REFINE;
    return SL_OK;
  case REFINE:
    if (refine(s, spent) && ++s->pass < PASSES) return SL_OK;
    if (s->cut_rows > MOST_CUT * rows || s->sides[0] == 0 || s->sides[1] == 0) return begin_leaf(s);
    s->stage = DIVIDE;
    return SL_OK;
  case DIVIDE:
    *spent += rows;
    s->stage = TAKE;
    return divide(s);
  default:
    if (sl_amd_step(s->amd, work, spent)) end_leaf(s);
    return SL_OK;
  }
}

sl_status sl_nested_step(sl_nested *s, uint64_t work, uint64_t *spent, bool *done) {
  uint64_t begin = *spent;
  *done = false;
  do {
    if (s->stage == TAKE && s->depth == 0) {
      *done = true;
      return SL_OK;
    }
    ++*spent;
    SL_TRY(step(s, work, spent));
  } while (*spent - begin < work);
  return SL_OK;
}
