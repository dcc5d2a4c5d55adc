// Choices that wait for rewards, and what rewards teach.
#include <math.h>
#include <string.h>

#include "bandit/state.h"
#include "base/memory.h"

sl_status sl_bandit_ring_grow(sl_bandit_ring *ring, uint32_t capacity) {
  if (capacity <= ring->capacity) return SL_OK;
  // Events are found by their number modulo the capacity: old ones move.
  sl_bandit_ring next = {.capacity = capacity, .most = ring->most, .row = ring->row};
  SL_TRY(SL_ALLOC_ZERO(&next.events, capacity));
  const sl_status status = SL_ALLOC_ZERO(&next.contexts, (size_t)capacity * ring->row);
  if (status != SL_OK) {
    sl_free(next.events);
    return status;
  }
  for (uint32_t i = 0; i < ring->capacity; i++) {
    const sl_bandit_event *e = &ring->events[i];
    if (e->id == 0) continue;
    const uint32_t at = (uint32_t)((uint64_t)e->id % capacity);
    if (next.events[at].id > e->id) continue; // so many came later that this one is forgotten
    next.events[at] = *e;
    memcpy(next.contexts + (size_t)at * ring->row, ring->contexts + (size_t)i * ring->row,
           ring->row * sizeof *next.contexts);
  }
  sl_free(ring->events);
  sl_free(ring->contexts);
  *ring = next;
  return SL_OK;
}

static uint32_t doubled(const sl_bandit_ring *ring) {
  const uint32_t wanted = ring->capacity < 8 ? 8 : 2 * ring->capacity;
  return wanted < ring->most ? wanted : ring->most;
}

// A place that still waits for a reward is only taken when there can be no more places.
sl_status sl_bandit_expect_room(sl_bandit *b) {
  sl_bandit_ring *ring = &b->pending;
  const uint64_t id = (uint64_t)b->choices + 1;
  while (ring->capacity == 0 ||
         (ring->capacity < ring->most && ring->events[id % ring->capacity].id > 0 &&
          !ring->events[id % ring->capacity].done)) {
    SL_TRY(sl_bandit_ring_grow(ring, doubled(ring)));
  }
  return SL_OK;
}

static void put_context(const sl_bandit *b, const sl_bandit_ring *ring, uint32_t at, uint32_t arm) {
  const uint32_t d = b->options.dimension, k = ring->row - d;
  double *to = ring->contexts + (size_t)at * ring->row;
  if (d > 0) memcpy(to, b->context, d * sizeof *to);
  if (k > 0) memcpy(to + d, sl_bandit_shared_row(b, arm), k * sizeof *to);
}

void sl_bandit_expect(sl_bandit *b, uint32_t arm) {
  b->choices += 1;
  const uint32_t at = (uint32_t)((uint64_t)b->choices % b->pending.capacity);
  b->pending.events[at] =
      (sl_bandit_event){.id = b->choices, .arm = arm, .serial = b->arms[arm].serial};
  put_context(b, &b->pending, at, arm);
}

// ---- learning -----------------------------------------------------------------------------------

// Everything known counts `decay` times as much from now on.
static void decay(sl_bandit *b) {
  const double factor = b->options.decay;
  if (factor == 1) return;
  for (uint32_t arm = 0; arm < b->slots; arm++) {
    b->arms[arm].count *= factor;
    b->arms[arm].sum *= factor;
  }
  if (!sl_bandit_is_linear(b)) return;
  b->scale *= factor;
  if (b->scale >= 0.5) return;
  // The ridge has been halved with the rest: it is made whole again.
  double *work = b->work + b->options.dimension + b->options.shared;
  for (uint32_t arm = 0; arm < b->slots; arm++)
    if (b->arms[arm].alive)
      sl_regression_refresh(sl_bandit_model(b, arm), b->scale, (1 - b->scale) * b->options.ridge,
                            work);
  b->scale = 1;
}

// Adds one observation to its arm; `row` holds the context, then the shared features.
static void add(sl_bandit *b, uint32_t arm, const double *row, double reward) {
  b->arms[arm].count += 1;
  b->arms[arm].sum += reward;
  if (!sl_bandit_is_linear(b)) return;
  const uint32_t d = b->options.dimension, k = b->options.shared;
  double *x = b->work, *z = b->work + d, r = reward;
  memcpy(x, row, (d + (size_t)k) * sizeof *x);
  const double weight = sl_regression_add(sl_bandit_model(b, arm), 1 / b->scale, x, z, &r);
  if (k > 0) sl_regression_add(sl_bandit_common(b), weight, z, NULL, &r);
}

// The arm as its rewards in the window make it.
static void rebuild(sl_bandit *b, uint32_t arm) {
  sl_bandit_begin_arm(b, arm);
  for (uint32_t i = 0; i < b->window_count; i++) {
    const uint32_t at = (b->window_first + i) % b->window.capacity;
    const sl_bandit_event *e = &b->window.events[at];
    if (e->arm == arm && e->serial == b->arms[arm].serial)
      add(b, arm, b->window.contexts + (size_t)at * b->window.row, e->reward);
  }
}

static void forget_oldest(sl_bandit *b) {
  const uint32_t at = b->window_first;
  const sl_bandit_event e = b->window.events[at];
  b->window_first = (at + 1) % b->window.capacity;
  b->window_count--;
  if (!sl_bandit_has_arm(b, e.arm) || b->arms[e.arm].serial != e.serial) return;
  sl_bandit_arm *arm = &b->arms[e.arm];
  arm->count -= 1;
  arm->sum = arm->count > 0 ? arm->sum - e.reward : 0;
  if (!sl_bandit_is_linear(b)) return;
  if (arm->count == 0) {
    sl_bandit_begin_arm(b, e.arm);
    return;
  }
  double *x = b->work;
  memcpy(x, b->window.contexts + (size_t)at * b->window.row, b->window.row * sizeof *x);
  double r = e.reward;
  if (sl_regression_add(sl_bandit_model(b, e.arm), -1, x, NULL, &r) == 0) rebuild(b, e.arm);
}

// Room in the window for one reward more. Places are in order of time, from window_first on.
static sl_status window_room(sl_bandit *b) {
  sl_bandit_ring *ring = &b->window;
  if (ring->most == 0 || b->window_count < ring->capacity || ring->capacity == ring->most)
    return SL_OK;
  // window_first is 0 until the ring is as large as it may be: nothing is forgotten before.
  const uint32_t capacity = doubled(ring);
  SL_TRY(SL_REALLOC(&ring->events, capacity));
  SL_TRY(SL_REALLOC(&ring->contexts, (size_t)capacity * ring->row));
  const uint32_t more = capacity - ring->capacity;
  memset(ring->events + ring->capacity, 0, more * sizeof *ring->events);
  memset(ring->contexts + (size_t)ring->capacity * ring->row, 0,
         (size_t)more * ring->row * sizeof(double));
  ring->capacity = capacity;
  return SL_OK;
}

static void learn(sl_bandit *b, uint32_t arm, const double *row, double reward) {
  if (b->window.most > 0) {
    if (b->window_count == b->window.capacity) forget_oldest(b);
    const uint32_t at = (b->window_first + b->window_count) % b->window.capacity;
    b->window.events[at] =
        (sl_bandit_event){.reward = reward, .arm = arm, .serial = b->arms[arm].serial};
    if (b->window.row > 0)
      memcpy(b->window.contexts + (size_t)at * b->window.row, row, b->window.row * sizeof *row);
    b->window_count++;
  }
  decay(b);
  add(b, arm, row, reward);
  b->rewards += 1;
}

static sl_status check_reward(const sl_bandit *b, double reward) {
  SL_REQUIRE(isfinite(reward), SL_ERR_NOT_FINITE, "reward", "a finite number");
  if (sl_bandit_is_binary(b)) {
    SL_REQUIRE(reward >= 0 && reward <= 1, SL_ERR_RANGE, "reward", "0 to 1 for this policy");
  } else {
    SL_REQUIRE(fabs(reward) <= SL_BANDIT_LARGEST, SL_ERR_RANGE, "reward",
               "a number up to 2^400 in size");
  }
  return SL_OK;
}

sl_status sl_bandit_reward(sl_bandit *b, double id, double reward, bool *learned) {
  *learned = false;
  SL_REQUIRE(id >= 1 && id <= b->choices && id == floor(id), SL_ERR_INDEX, "id",
             "the id of a choice of this bandit");
  SL_TRY(check_reward(b, reward));
  const uint32_t at = (uint32_t)((uint64_t)id % b->pending.capacity);
  sl_bandit_event *e = &b->pending.events[at];
  SL_REQUIRE(e->id == id, SL_ERR_STATE, "id",
             "a choice that is still remembered: more came after it than `pending` allows");
  SL_REQUIRE(!e->done, SL_ERR_STATE, "id", "a choice without a reward: this one has had its own");
  SL_TRY(window_room(b));
  e->done = 1;
  if (!sl_bandit_has_arm(b, e->arm) || b->arms[e->arm].serial != e->serial) return SL_OK;
  learn(b, e->arm, b->pending.contexts + (size_t)at * b->pending.row, reward);
  *learned = true;
  return SL_OK;
}

sl_status sl_bandit_learn(sl_bandit *b, uint32_t arm, double reward) {
  SL_REQUIRE(sl_bandit_has_arm(b, arm), SL_ERR_INDEX, "arm", "an arm of this bandit");
  SL_TRY(check_reward(b, reward));
  SL_TRY(sl_bandit_check_context(b));
  SL_TRY(window_room(b));
  // Context and shared features of the arm side by side, where learn() does not write.
  const uint32_t d = b->options.dimension, k = b->options.shared;
  if (k == 0) {
    learn(b, arm, b->context, reward);
    return SL_OK;
  }
  double *row = b->work + d + k;
  memcpy(row, b->context, d * sizeof *row);
  memcpy(row + d, sl_bandit_shared_row(b, arm), k * sizeof *row);
  learn(b, arm, row, reward);
  return SL_OK;
}
