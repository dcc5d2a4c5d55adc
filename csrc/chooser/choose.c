// Choosing: what each method is expected to cost, which ones are safe, and short runs before the
// one chosen.
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "chooser/number.h"
#include "chooser/object.h"

// Runs near a task that a schedule needs to judge a method.
#define ENOUGH 5u
// Exploring runs each method so often before it trusts what it draws.
#define FIRST_RUNS 4.0
// Share of decisions that are drawn evenly at first; it falls with the cube root of the reports, as
// that of J. Langford, T. Zhang, "The epoch-greedy algorithm for contextual multi-armed bandits",
// NIPS 2007.
#define MOST_EVEN 0.5
// What an entry of a schedule must save.
#define WORTH 0.99

// Variance of the logarithms of costs over all methods, which few runs of one do not show.
static double pooled_variance(const sl_chooser *c) {
  sl_chooser_node all = {0};
  for (uint32_t i = 0; i < c->now.methods; i++) {
    const sl_chooser_method *m = &c->now.method[i];
    if (m->roots == 0) continue;
    const sl_chooser_node *root = &m->nodes[m->root[0]];
    if (root->ok == 0) continue;
    const double away = root->mean - all.mean, sum = all.ok + root->ok;
    all.m2 += root->m2 + away * away * all.ok * root->ok / sum;
    all.mean += away * root->ok / sum;
    all.ok = sum;
  }
  return all.ok > 1 ? fmax(all.m2 / all.ok, 0.01) : 1;
}

// A cost drawn from what is known of the mean cost and of failing: normal-inverse-gamma and beta.
// Their priors are one run as all of the method's with the variance of all methods, and one success
// or failure in the method's ratio.
static double draw(const sl_chooser *c, const sl_chooser_view *view, const sl_chooser_method *m,
                   double variance, sl_rng *rng) {
  const sl_chooser_node *all = &m->nodes[m->root[0]];
  const double before = all->ok > 0 ? all->mean : sl_chooser_log(c->options.timeout);
  const double n = view->ok, away = view->mean - before;
  const double shape = 1 + 0.5 * n;
  const double rate = variance + 0.5 * view->m2 + 0.5 * n / (n + 1) * away * away;
  const double spread = sqrt(rate / fmax(sl_chooser_gamma(rng, shape), 1e-9) / (n + 1));
  const double mean = before + away * n / (n + 1) + spread * sl_chooser_normal(rng);
  const double share = (all->fail + 0.5) / (all->fail + all->ok + 1);
  const double fails = sl_chooser_beta(rng, view->fail + share, view->ok + 1 - share);
  const double cost = sl_chooser_exp(fmin(mean, sl_chooser_log_penalty(c)));
  return (1 - fails) * cost + fails * c->options.penalty * c->options.timeout;
}

// The entry that saves most before a run of `rest` expected cost.
typedef struct entry {
  uint32_t method;
  double budget, expected;
} entry;

static void sort_numbers(double *list, uint32_t count) {
  for (uint32_t gap = count / 2; gap > 0; gap /= 2) {
    for (uint32_t i = gap; i < count; i++) {
      const double x = list[i];
      uint32_t k = i;
      for (; k >= gap && list[k - gap] > x; k -= gap) list[k] = list[k - gap];
      list[k] = x;
    }
  }
}

// costs: of the runs that solved, sorted; all: with those that did not.
static void try_budgets(entry *best, uint32_t method, const double *costs, uint32_t solved,
                        uint32_t all, double rest, double most) {
  double sum = 0;
  for (uint32_t k = 0; k < solved && costs[k] <= most; k++) {
    sum += costs[k];
    const double left = (double)(all - k - 1);
    const double expected = (sum + left * costs[k] + left * rest) / all;
    if (expected < best->expected) *best = (entry){method, costs[k], expected};
  }
}

static sl_status schedule(const sl_chooser *c, const double *row, const uint8_t *fits,
                          uint32_t chosen, double expected, double *numbers, uint32_t *entries) {
  uint32_t *near, count = 0;
  double *costs;
  entry list[SL_CHOOSER_SLOTS];
  SL_TRY(SL_ALLOC(&near, c->options.capacity));
  sl_status status = SL_ALLOC(&costs, c->options.capacity);
  double left = c->options.timeout, rest = expected;
  while (status == SL_OK && count + 1 < SL_CHOOSER_SLOTS && isfinite(rest)) {
    entry best = {.expected = WORTH * rest};
    bool found = false;
    for (uint32_t i = 0; i < c->now.methods; i++) {
      bool used = !fits[i] || i == chosen;
      for (uint32_t k = 0; k < count; k++) used = used || list[k].method == i;
      if (used) continue;
      const sl_chooser_method *m = &c->now.method[i];
      uint32_t all = 0, solved = 0;
      const uint32_t known = sl_chooser_near(c, m, row, near);
      for (uint32_t k = 0; k < known; k++) {
        // What was stopped early says nothing of larger budgets.
        if (m->endings[near[k]] == SL_RUN_CENSORED) continue;
        all++;
        if (m->endings[near[k]] == SL_RUN_SOLVED)
          costs[solved++] = sl_chooser_exp(m->costs[near[k]]);
      }
      if (all < ENOUGH) continue;
      const double before = best.expected;
      sort_numbers(costs, solved);
      try_budgets(&best, i, costs, solved, all, rest, left);
      found = found || best.expected < before;
    }
    if (!found) break;
    list[count++] = best;
    rest = best.expected;
    left = fmax(left - best.budget, 0);
  }
  // The entry found last comes first.
  for (uint32_t k = 0; k < count; k++) {
    numbers[2 * k] = list[count - 1 - k].method;
    numbers[2 * k + 1] = list[count - 1 - k].budget;
  }
  numbers[2 * count] = chosen;
  numbers[2 * count + 1] = left;
  *entries = count + 1;
  sl_free(costs);
  sl_free(near);
  return status;
}

sl_status sl_chooser_choose(sl_chooser *c, const double *features, const uint8_t *eligible,
                            uint32_t how, double *numbers) {
  const uint32_t methods = c->now.methods;
  const bool explores = (how & SL_CHOOSER_EXPLORE) != 0;
  double row[SL_CHOOSER_MOST_FEATURES];
  uint8_t fits[SL_CHOOSER_MOST_METHODS];
  sl_chooser_clean(c, features, row);
  bool any = false, any_safe = false;
  for (uint32_t i = 0; i < methods; i++) {
    fits[i] = eligible == NULL || eligible[i] != 0;
    any = any || fits[i];
  }
  SL_REQUIRE(any, SL_ERR_EMPTY, "eligible", "one method at least");
  double *each = numbers + 4;
  sl_rng rng = c->now.rng;
  const double variance = explores ? pooled_variance(c) : 0;
  for (uint32_t i = 0; i < methods; i++) {
    const sl_chooser_method *m = &c->now.method[i];
    const sl_chooser_view view = sl_chooser_look(c, m, row, 0);
    each[4 * i] = sl_chooser_expected(c, &view);
    each[4 * i + 1] = sl_chooser_failure_bound(view.failures, view.runs, c->options.confidence);
    each[4 * i + 2] = each[4 * i];
    each[4 * i + 3] = (double)m->seen;
    if (fits[i] && each[4 * i + 1] <= c->options.most_risk) any_safe = true;
    if (!explores || m->roots == 0) continue;
    if (m->roots > 1) {
      const sl_chooser_view one = sl_chooser_look(c, m, row, 1 + sl_rng_below(&rng, m->roots - 1));
      each[4 * i + 2] = sl_chooser_expected(c, &one);
    } else {
      each[4 * i + 2] = draw(c, &view, m, variance, &rng);
    }
  }
  uint32_t chosen = 0;
  double best = INFINITY;
  any = false;
  for (uint32_t i = 0; i < methods; i++) {
    if (!fits[i]) continue;
    if (any_safe && each[4 * i + 1] > c->options.most_risk) {
      fits[i] = 0;
      continue;
    }
    // A method that has hardly been tried comes first where there is exploring; one that has not,
    // last where there is none.
    const double tried = (double)c->now.method[i].seen;
    const double cost = explores && tried < FIRST_RUNS ? tried - FIRST_RUNS : each[4 * i + 2];
    if (!any || cost < best) {
      best = cost;
      chosen = i;
    }
    any = true;
  }
  // Costs near a task may be those of runs that were all unlucky: what only nearness or trees judge
  // is drawn evenly now and then.
  if (explores && best >= 0 && c->options.policy != SL_CHOOSER_THOMPSON) {
    const double share = (double)methods / ((double)methods + (double)c->now.reports);
    if (sl_rng_double(&rng) < MOST_EVEN * sl_chooser_exp(sl_chooser_log(share) / 3)) {
      uint32_t left = 0;
      for (uint32_t i = 0; i < methods; i++) left += fits[i];
      left = sl_rng_below(&rng, left);
      for (uint32_t i = 0; i < methods; i++)
        if (fits[i] && left-- == 0) {
          chosen = i;
          break;
        }
    }
  }
  uint32_t entries = 0;
  if (how & SL_CHOOSER_SCHEDULE)
    SL_TRY(schedule(c, row, fits, chosen, each[4 * chosen], each + 4 * (size_t)methods, &entries));
  if (how & SL_CHOOSER_DECIDE) {
    if (c->pending == NULL)
      SL_TRY(SL_ALLOC(&c->pending, (size_t)SL_CHOOSER_PENDING * c->options.features));
    c->decided++;
    memcpy(c->pending + c->decided % SL_CHOOSER_PENDING * c->options.features, row,
           c->options.features * sizeof *row);
    c->now.decisions++;
    c->version++;
  }
  if (explores) {
    c->now.rng = rng;
    c->version++;
  }
  numbers[0] = chosen;
  numbers[1] = how & SL_CHOOSER_DECIDE ? (double)c->decided : 0;
  numbers[2] = each[4 * chosen + 1] <= c->options.most_risk;
  numbers[3] = entries;
  return SL_OK;
}
