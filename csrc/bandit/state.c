// Making bandits, their arms, and what is told about them.
#include "bandit/bandit.h"

#include <math.h>
#include <string.h>

#include "bandit/state.h"
#include "base/memory.h"
#include "simd/kernels.h"

sl_bandit_options sl_bandit_options_default(void) {
  return (sl_bandit_options){
      .policy = SL_BANDIT_LIN_UCB,
      .exploration = 1,
      .ridge = 1,
      .noise = 1,
      .successes = 1,
      .failures = 1,
      .decay = 1,
      .pending = 10000,
      .samples = 100,
      .seed = 1,
  };
}

static bool within(double x, double low, double high) { return x >= low && x <= high; }

sl_status sl_bandit_options_check(const sl_bandit_options *o) {
  const sl_bandit_policy p = o->policy;
  SL_REQUIRE((uint32_t)p <= SL_BANDIT_KL_UCB, SL_ERR_OPTION, "policy", "one of the policies");
  SL_REQUIRE(o->dimension <= SL_BANDIT_MOST_DIMENSION, SL_ERR_OPTION, "dimension",
             "a number up to 4096");
  if (p == SL_BANDIT_LIN_UCB || p == SL_BANDIT_LIN_TS)
    SL_REQUIRE(o->dimension > 0, SL_ERR_OPTION, "dimension", "1 or more: the numbers of a context");
  if (p >= SL_BANDIT_BETA)
    SL_REQUIRE(o->dimension == 0, SL_ERR_OPTION, "dimension", "0: this policy takes no context");
  SL_REQUIRE(o->shared == 0 || p == SL_BANDIT_LIN_UCB, SL_ERR_OPTION, "shared",
             "0: only LinUCB has shared features");
  SL_REQUIRE(o->shared <= SL_BANDIT_MOST_DIMENSION, SL_ERR_OPTION, "shared", "a number up to 4096");
  SL_REQUIRE(within(o->exploration, 0, p == SL_BANDIT_EPSILON_GREEDY ? 1 : 1e6), SL_ERR_OPTION,
             "exploration", "0 to 10^6, a probability for the policy epsilon-greedy");
  SL_REQUIRE(p != SL_BANDIT_SOFTMAX || o->exploration >= 1e-9, SL_ERR_OPTION, "exploration",
             "a temperature of 10^-9 or more");
  SL_REQUIRE(within(o->ridge, 1e-9, 1e9), SL_ERR_OPTION, "ridge", "1e-9 to 1e9");
  SL_REQUIRE(within(o->prior_mean, -1e100, 1e100), SL_ERR_OPTION, "prior_mean",
             "a number up to 1e100 in size");
  SL_REQUIRE(within(o->noise, 1e-9, 1e9), SL_ERR_OPTION, "noise", "1e-9 to 1e9");
  SL_REQUIRE(within(o->successes, 1e-3, 1e9), SL_ERR_OPTION, "successes", "0.001 to 1e9");
  SL_REQUIRE(within(o->failures, 1e-3, 1e9), SL_ERR_OPTION, "failures", "0.001 to 1e9");
  SL_REQUIRE(within(o->decay, 0.5, 1), SL_ERR_OPTION, "decay", "0.5 to 1");
  SL_REQUIRE(o->decay == 1 || o->shared == 0, SL_ERR_OPTION, "decay",
             "1: shared features do not decay");
  SL_REQUIRE(o->window == 0 || o->decay == 1, SL_ERR_OPTION, "window", "0 together with a decay");
  SL_REQUIRE(o->window == 0 || o->shared == 0, SL_ERR_OPTION, "window",
             "0: shared features have no window");
  SL_REQUIRE(o->window <= 1u << 24, SL_ERR_OPTION, "window", "a number up to 2^24");
  SL_REQUIRE(o->pending >= 1 && o->pending <= 1u << 24, SL_ERR_OPTION, "pending", "1 to 2^24");
  SL_REQUIRE(o->samples <= 1000000, SL_ERR_OPTION, "samples", "0 to 10^6");
  return SL_OK;
}

// A row and what remains of it, and then a triangle or another row.
static size_t work_numbers(uint32_t d, uint32_t k) {
  return 3 * ((size_t)d + k) + sl_regression_triangle(d) + 1;
}

static sl_status create(sl_bandit *b) {
  const uint32_t d = b->options.dimension, k = b->options.shared;
  SL_TRY(SL_ALLOC_ZERO(&b->work, work_numbers(d, k)));
  if (k > 0) {
    SL_TRY(SL_ALLOC(&b->common, sl_regression_size(k, 0)));
    sl_regression_reset(sl_bandit_common(b), b->options.ridge);
  }
  b->scale = 1;
  b->pending.most = b->options.pending;
  b->window.most = b->options.window;
  b->pending.row = d + k;
  b->window.row = d;
  sl_rng_seed(&b->rng, b->options.seed);
  sl_rng_seed(&b->sampling, ~b->options.seed);
  return sl_bandit_grow(b, 1);
}

sl_status sl_bandit_create(const sl_bandit_options *options, sl_bandit **out) {
  *out = NULL;
  SL_TRY(sl_bandit_options_check(options));
  sl_bandit *b;
  SL_TRY(SL_ALLOC_ZERO(&b, 1));
  b->options = *options;
  const sl_status status = create(b);
  if (status != SL_OK) {
    sl_bandit_destroy(b);
    return status;
  }
  *out = b;
  return SL_OK;
}

static void ring_free(sl_bandit_ring *ring) {
  sl_free(ring->events);
  sl_free(ring->contexts);
}

void sl_bandit_destroy(sl_bandit *b) {
  if (b == NULL) return;
  for (uint32_t i = 0; i < b->capacity && b->blocks != NULL; i++) sl_free(b->blocks[i]);
  sl_free(b->arms);
  sl_free(b->blocks);
  sl_free(b->common);
  sl_free(b->context);
  sl_free(b->mean);
  sl_free(b->deviation);
  sl_free(b->score);
  sl_free(b->work_arm);
  sl_free(b->candidates);
  sl_free(b->chosen_from);
  sl_free(b->work);
  sl_free(b->labels);
  ring_free(&b->pending);
  ring_free(&b->window);
  sl_free(b);
}

static size_t ring_bytes(const sl_bandit_ring *ring) {
  return ring->capacity * (sizeof *ring->events + ring->row * sizeof(double));
}

size_t sl_bandit_bytes(const sl_bandit *b) {
  const uint32_t d = b->options.dimension, k = b->options.shared;
  const size_t slot = sizeof *b->arms + sizeof *b->blocks + 4 * sizeof(double) +
                      sizeof *b->candidates + 1 + k * sizeof(double);
  const size_t factor = d > 0 ? sl_regression_size(d, k) : 0;
  return sizeof *b + b->capacity * slot + b->alive * factor * sizeof(double) +
         (work_numbers(d, k) + d + (k > 0 ? sl_regression_size(k, 0) : 0)) * sizeof(double) +
         ring_bytes(&b->pending) + ring_bytes(&b->window) + b->labels_bytes;
}

void sl_bandit_facts_read(const sl_bandit *b, sl_bandit_facts *out) {
  uint32_t waiting = 0;
  for (uint32_t i = 0; i < b->pending.capacity; i++)
    waiting += b->pending.events[i].id > 0 && !b->pending.events[i].done;
  *out = (sl_bandit_facts){
      .slots = b->slots,
      .arms = b->alive,
      .choices = b->choices,
      .rewards = b->rewards,
      .waiting = waiting,
      .windowed = b->window_count,
  };
}

void sl_bandit_options_read(const sl_bandit *b, sl_bandit_options *out) { *out = b->options; }

sl_status sl_bandit_grow(sl_bandit *b, uint32_t slots) {
  if (slots <= b->capacity) return SL_OK;
  uint32_t capacity = b->capacity < 4 ? 4 : b->capacity;
  while (capacity < slots) capacity *= 2;
  // Each array alone may be larger than needed after a failure: capacity says what all have.
  SL_TRY(SL_REALLOC(&b->mean, capacity));
  SL_TRY(SL_REALLOC(&b->deviation, capacity));
  SL_TRY(SL_REALLOC(&b->score, capacity));
  SL_TRY(SL_REALLOC(&b->work_arm, capacity));
  SL_TRY(SL_REALLOC(&b->candidates, capacity));
  SL_TRY(SL_REALLOC(&b->chosen_from, capacity));
  SL_TRY(SL_REALLOC(&b->arms, capacity));
  SL_TRY(SL_REALLOC(&b->blocks, capacity));
  const uint32_t d = b->options.dimension;
  const size_t numbers = d + (size_t)b->options.shared * capacity;
  const size_t had = b->context == NULL ? 0 : d + (size_t)b->options.shared * b->capacity;
  if (numbers > 0) {
    SL_TRY(SL_REALLOC(&b->context, numbers));
    memset(b->context + had, 0, (numbers - had) * sizeof *b->context);
  }
  const uint32_t more = capacity - b->capacity;
  memset(b->arms + b->capacity, 0, more * sizeof *b->arms);
  memset(b->blocks + b->capacity, 0, more * sizeof *b->blocks);
  memset(b->chosen_from + b->capacity, 0, more);
  for (uint32_t i = b->capacity; i < capacity; i++) b->score[i] = NAN;
  b->capacity = capacity;
  return SL_OK;
}

void sl_bandit_begin_arm(sl_bandit *b, uint32_t arm) {
  b->arms[arm].count = b->arms[arm].sum = 0;
  if (sl_bandit_is_linear(b))
    sl_regression_reset(sl_bandit_model(b, arm), b->options.ridge / b->scale);
}

sl_status sl_bandit_add_arm(sl_bandit *b, uint32_t *out) {
  uint32_t arm = 0;
  if (b->alive == b->slots) arm = b->slots;
  while (arm < b->slots && b->arms[arm].alive) arm++;
  SL_REQUIRE(arm < SL_BANDIT_MOST_ARMS, SL_ERR_OVERFLOW, "arms", "2^20 arms at most");
  SL_TRY(sl_bandit_grow(b, arm + 1));
  if (sl_bandit_is_linear(b))
    SL_TRY(SL_ALLOC(&b->blocks[arm], sl_regression_size(b->options.dimension, b->options.shared)));
  if (arm == b->slots) b->slots++;
  b->arms[arm].alive = 1;
  b->arms[arm].serial++;
  b->score[arm] = NAN;
  b->alive++;
  sl_bandit_begin_arm(b, arm);
  *out = arm;
  return SL_OK;
}

bool sl_bandit_has_arm(const sl_bandit *b, uint32_t arm) {
  return arm < b->slots && b->arms[arm].alive;
}

sl_status sl_bandit_remove_arm(sl_bandit *b, uint32_t arm) {
  SL_REQUIRE(sl_bandit_has_arm(b, arm), SL_ERR_INDEX, "arm", "an arm of this bandit");
  b->arms[arm].alive = 0;
  b->alive--;
  b->score[arm] = NAN;
  sl_free(b->blocks[arm]);
  b->blocks[arm] = NULL;
  return SL_OK;
}

double *sl_bandit_context(sl_bandit *b) { return b->context; }
const double *sl_bandit_scores(const sl_bandit *b) { return b->score; }
const void *sl_bandit_labels(const sl_bandit *b) { return b->labels; }
size_t sl_bandit_labels_bytes(const sl_bandit *b) { return b->labels_bytes; }

sl_status sl_bandit_check_context(const sl_bandit *b) {
  const size_t n = b->options.dimension + (size_t)b->options.shared * b->slots;
  if (n == 0) return SL_OK;
  const size_t bad = sl_first_not_finite_f64(b->context, n);
  SL_REQUIRE_AT(bad == n, SL_ERR_NOT_FINITE, "context", "finite numbers", bad);
  SL_REQUIRE(sl_norm_inf_f64(b->context, n) <= SL_BANDIT_LARGEST, SL_ERR_RANGE, "context",
             "numbers up to 2^400 in size");
  return SL_OK;
}

sl_status sl_bandit_weights(const sl_bandit *b, uint32_t arm, double *out) {
  SL_REQUIRE(sl_bandit_has_arm(b, arm), SL_ERR_INDEX, "arm", "an arm of this bandit");
  SL_REQUIRE(sl_bandit_is_linear(b), SL_ERR_UNSUPPORTED, "weights", "a policy with a linear model");
  const uint32_t d = b->options.dimension, k = b->options.shared;
  const sl_regression f = sl_bandit_model(b, arm);
  memcpy(out, f.y, d * sizeof *out);
  if (k > 0) {
    const sl_regression common = sl_bandit_common(b);
    memcpy(out + d, common.y, k * sizeof *out);
    sl_regression_solve_back(common, out + d);
    for (uint32_t j = 0; j < d; j++) out[j] -= sl_dot_f64(f.m + (size_t)j * k, out + d, k);
  }
  sl_regression_solve_back(f, out);
  return SL_OK;
}
