// One-shot memory by plateau potentials, and what it can hold.
#include "continual/btsp.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "bandit/numbers.h"
#include "base/memory.h"
#include "base/rng.h"

struct sl_btsp {
  sl_btsp_options options;
  sl_rng rng;
  size_t words;              // of 32 neurons, of an input
  uint32_t *there, *weights; // inputs x words: bit j of a row is neuron j
  uint32_t *sums, *degrees;  // neurons: of the cue
  uint32_t *seen;            // inputs in bits: which are active
  double items, active;
  uint64_t ones, synapses; // weights that are 1; all of them
};

sl_btsp_options sl_btsp_options_default(void) {
  return (sl_btsp_options){.plateau = 0.005, .connected = 0.6, .seed = 1};
}

static sl_status check_shares(double plateau, double connected) {
  SL_REQUIRE(plateau > 0 && plateau < 1, SL_ERR_OPTION, "plateau", "above 0 and below 1");
  SL_REQUIRE(connected > 0 && connected <= 1, SL_ERR_OPTION, "connected", "above 0 and at most 1");
  return SL_OK;
}

sl_status sl_btsp_create(const sl_btsp_options *o, sl_btsp **out) {
  *out = NULL;
  SL_REQUIRE(o->inputs >= 1 && o->inputs <= 1u << 20, SL_ERR_OPTION, "inputs", "1 to 2^20");
  SL_REQUIRE(o->neurons >= 1 && o->neurons <= 1u << 20, SL_ERR_OPTION, "neurons", "1 to 2^20");
  SL_TRY(check_shares(o->plateau, o->connected));
  SL_REQUIRE((uint64_t)o->inputs * o->neurons <= UINT64_C(1) << 33, SL_ERR_OVERFLOW, "neurons",
             "2^33 pairs of input and neuron at most");
  sl_btsp *m;
  SL_TRY(SL_ALLOC_ZERO(&m, 1));
  m->options = *o;
  m->words = ((size_t)o->neurons + 31) / 32;
  sl_rng_seed(&m->rng, o->seed);
  const size_t all = m->words * o->inputs;
  sl_status status = SL_ALLOC_ZERO(&m->there, all);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&m->weights, all);
  if (status == SL_OK) status = SL_ALLOC(&m->sums, o->neurons);
  if (status == SL_OK) status = SL_ALLOC(&m->degrees, o->neurons);
  if (status == SL_OK) status = SL_ALLOC_ZERO(&m->seen, ((size_t)o->inputs + 31) / 32);
  if (status != SL_OK) {
    sl_btsp_destroy(m);
    return status;
  }
  for (uint32_t i = 0; i < o->inputs; i++)
    for (uint32_t j = 0; j < o->neurons; j++)
      if (o->connected == 1 || sl_rng_double(&m->rng) < o->connected)
        m->there[i * m->words + j / 32] |= 1u << (j % 32);
  for (size_t w = 0; w < all; w++) m->synapses += (uint64_t)__builtin_popcount(m->there[w]);
  *out = m;
  return SL_OK;
}

void sl_btsp_destroy(sl_btsp *m) {
  if (m == NULL) return;
  sl_free(m->there);
  sl_free(m->weights);
  sl_free(m->sums);
  sl_free(m->degrees);
  sl_free(m->seen);
  sl_free(m);
}

size_t sl_btsp_bytes(const sl_btsp *m) {
  const size_t rows = m->options.inputs;
  return sizeof *m + (2 * m->words * rows + 2 * (size_t)m->options.neurons + rows / 32 + 1) * 4;
}

static sl_status check_active(sl_btsp *m, const uint32_t *active, uint32_t count) {
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "active", "one input or more");
  uint32_t ends = 0;
  sl_status status = SL_OK;
  for (; ends < count && status == SL_OK; ends++) {
    const uint32_t i = active[ends];
    if (i >= m->options.inputs) {
      status = sl_fail(SL_ERR_INDEX, "active", "an input", ends);
    } else if (m->seen[i / 32] >> (i % 32) & 1) {
      status = sl_fail(SL_ERR_ARGUMENT, "active", "each input once", ends);
    } else {
      m->seen[i / 32] |= 1u << (i % 32);
      continue;
    }
    break;
  }
  for (uint32_t k = 0; k < ends; k++) m->seen[active[k] / 32] = 0;
  return status;
}

sl_status sl_btsp_store(sl_btsp *m, const uint32_t *active, uint32_t count, uint32_t *plateaus,
                        uint32_t *plateau_count) {
  SL_TRY(check_active(m, active, count));
  uint32_t n = 0;
  for (uint32_t j = 0; j < m->options.neurons; j++)
    if (sl_rng_double(&m->rng) < m->options.plateau) plateaus[n++] = j;
  for (uint32_t k = 0; k < count; k++) {
    uint32_t *weights = m->weights + active[k] * m->words;
    const uint32_t *there = m->there + active[k] * m->words;
    uint64_t coins = 0;
    for (uint32_t p = 0; p < n; p++) {
      if (p % 64 == 0) coins = sl_rng_next(&m->rng);
      const uint32_t word = plateaus[p] / 32, bit = plateaus[p] % 32;
      const uint32_t change = there[word] & (uint32_t)(coins >> (p % 64) & 1) << bit;
      weights[word] ^= change;
      if (change != 0) m->ones += (weights[word] & change) != 0 ? 1 : UINT64_MAX; // one less
    }
  }
  m->items++;
  m->active += count;
  *plateau_count = n;
  return SL_OK;
}

__attribute__((noinline)) static void add_bits(const uint32_t *bits, size_t words, uint32_t *sums) {
  for (size_t w = 0; w < words; w++)
    for (uint32_t left = bits[w]; left != 0; left &= left - 1)
      sums[w * 32 + (uint32_t)__builtin_ctz(left)]++;
}

// The logarithm of the odds, times `least`, that `k` synapses of which `s` are 1 were drawn with
// probability 1/2 and not `rest`, is above 0 from this s on, for neurons of which a share `plateau` had
// one.
static double best_threshold(double k, double rest, double plateau) {
  if (!(rest > 0)) return 1; // nothing else is 1
  if (!(rest < 0.5)) return INFINITY;
  const double odds = sl_steady_log((1 - plateau) / plateau);
  return (odds + k * sl_steady_log(2 * (1 - rest))) / sl_steady_log((1 - rest) / rest);
}

// base^n for base in (0, 1]
static double power(double base, double n) {
  return base <= 0 ? (n == 0 ? 1 : 0) : sl_steady_exp(n * sl_steady_log(base));
}

static double mean_rest(double share, double plateau, double items) {
  return 0.5 * (1 - power(1 - share * plateau, items));
}

sl_status sl_btsp_recall(sl_btsp *m, const uint32_t *active, uint32_t count, double threshold,
                         uint32_t *trace, uint32_t *trace_count) {
  const uint32_t neurons = m->options.neurons;
  SL_REQUIRE(!(threshold < 0), SL_ERR_OPTION, "threshold", "0 or more");
  SL_TRY(check_active(m, active, count));
  *trace_count = 0;
  if (m->items == 0) return SL_OK;
  memset(m->sums, 0, neurons * sizeof *m->sums);
  memset(m->degrees, 0, neurons * sizeof *m->degrees);
  const bool own = isnan(threshold);
  for (uint32_t k = 0; k < count; k++) {
    add_bits(m->weights + active[k] * m->words, m->words, m->sums);
    if (own) add_bits(m->there + active[k] * m->words, m->words, m->degrees);
  }
  const double share = m->active / (m->items * m->options.inputs);
  const double rest = mean_rest(share, m->options.plateau, m->items);
  uint32_t n = 0, degree = UINT32_MAX;
  double least = threshold;
  for (uint32_t j = 0; j < neurons; j++) {
    if (own && m->degrees[j] != degree) {
      degree = m->degrees[j];
      least = best_threshold(degree, rest, m->options.plateau);
    }
    // A neuron that no active input reaches says nothing.
    if (m->sums[j] > 0 && m->sums[j] >= least) trace[n++] = j;
  }
  *trace_count = n;
  return SL_OK;
}

void sl_btsp_facts_read(const sl_btsp *m, sl_btsp_facts *out) {
  *out = (sl_btsp_facts){.inputs = m->options.inputs,
                         .neurons = m->options.neurons,
                         .items = m->items,
                         .active = m->items > 0 ? m->active / m->items : 0,
                         .weight = m->synapses > 0 ? (double)m->ones / (double)m->synapses : 0};
}

// ---- capacity -----------------------------------------------------------------------------------

// Probability of exactly k of n at p in [0, 1].
static double binomial(double n, double k, double p) {
  if (p <= 0) return k == 0;
  if (p >= 1) return k == n;
  const double ways =
      sl_steady_log_gamma(n + 1) - sl_steady_log_gamma(k + 1) - sl_steady_log_gamma(n - k + 1);
  return sl_steady_exp(ways + k * sl_steady_log(p) + (n - k) * sl_steady_log(1 - p));
}

// Probability that at least max(1, least) of n are 1.
static double reaches(uint32_t n, double least, double p) {
  double sum = 0;
  const double first = least > 1 ? ceil(least) : 1;
  for (double k = first; k <= n; k++) sum += binomial(n, k, p);
  return sum;
}

sl_status sl_btsp_chances(const sl_btsp_load *l, sl_btsp_chance *out) {
  SL_REQUIRE(l->inputs >= 1 && l->inputs <= 1u << 20, SL_ERR_OPTION, "inputs", "1 to 2^20");
  SL_REQUIRE(l->active >= 1 && l->active <= l->inputs && l->active <= 4096, SL_ERR_OPTION, "active",
             "1 to the number of inputs, at most 4096");
  SL_REQUIRE(l->cue >= 1 && l->cue <= l->active, SL_ERR_OPTION, "cue", "1 to `active`");
  SL_REQUIRE(l->items >= 1 && l->items <= 1e9, SL_ERR_OPTION, "items", "1 to 1e9");
  SL_TRY(check_shares(l->plateau, l->connected));
  const double share = (double)l->active / l->inputs;
  const double rest = mean_rest(share, l->plateau, l->items);
  // Plateaus of a neuron for other items: nine deviations around the mean.
  const double others = l->items - 1, mean = others * l->plateau;
  const double wide = 9 * sqrt(mean * (1 - l->plateau)) + 9;
  const double from = mean > wide ? floor(mean - wide) : 0;
  const double to = fmin(others, ceil(mean + wide));
  // At most this many classes of neurons, so that a large load takes no longer.
  const double every = fmax(1, ceil((to - from + 1) / 256));
  double hit = 0, fals = 0;
  const double spread = 9 * sqrt(l->cue * l->connected * (1 - l->connected)) + 9;
  for (uint32_t degree = 0; degree <= l->cue; degree++) {
    if (fabs(degree - l->cue * l->connected) > spread) continue;
    const double weight = binomial(l->cue, degree, l->connected);
    const double least = best_threshold(degree, rest, l->plateau);
    hit += weight * reaches(degree, least, 0.5);
    for (double first = from; first <= to; first += every) {
      double some = 0;
      const double end = fmin(to + 1, first + every);
      for (double n = first; n < end; n++) some += binomial(others, n, l->plateau);
      if (some < 1e-18) continue;
      const double middle = (first + end - 1) / 2;
      fals += weight * some * reaches(degree, least, 0.5 * (1 - power(1 - share, middle)));
    }
  }
  *out = (sl_btsp_chance){.hit = fmin(1, hit), .false_alarm = fmin(1, fals), .weight = rest};
  return SL_OK;
}
