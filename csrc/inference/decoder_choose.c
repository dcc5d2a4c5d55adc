// Which token is next.
#include "inference/decoder_parts.h"

#include <math.h>
#include <stdbool.h>

#include "base/memory.h"

void sl_decoder_seed(sl_decoder *d, uint64_t seed) { sl_rng_seed(&d->rng, seed); }

static uint32_t most_likely(const float *logits, uint32_t count) {
  uint32_t best = count;
  for (uint32_t i = 0; i < count; i++)
    if (logits[i] == logits[i] && (best == count || logits[i] > logits[best])) best = i;
  return best;
}

// Whether b comes before a: more likely ones first, of equal ones the first token.
static bool before(const sl_candidate *a, const sl_candidate *b) {
  return b->weight > a->weight || (b->weight == a->weight && b->id < a->id);
}

// A heap whose top is the first of all.
static void sift(sl_candidate *list, uint32_t at, uint32_t count) {
  const sl_candidate moved = list[at];
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && before(&list[child], &list[child + 1])) child++;
    if (!before(&moved, &list[child])) break;
    list[at] = list[child];
    at = child;
  }
  list[at] = moved;
}

// The most likely ones go to the end of the list, the first one last. Returns what they weigh.
static double take(sl_candidate *list, uint32_t count, uint32_t most) {
  double sum = 0;
  for (uint32_t i = count / 2; i-- > 0;) sift(list, i, count);
  for (uint32_t left = count; left > count - most; left--) {
    const sl_candidate top = list[0];
    list[0] = list[left - 1];
    list[left - 1] = top;
    sift(list, 0, left - 1);
    sum += top.weight;
  }
  return sum;
}

sl_status sl_decoder_choose(sl_decoder *d, const float *logits, const sl_decoder_choice *choice,
                            uint32_t *out) {
  const uint32_t count = d->shape.vocabulary;
  SL_REQUIRE(choice->temperature >= 0 && choice->temperature - choice->temperature == 0,
             SL_ERR_OPTION, "temperature", "a number from 0");
  SL_REQUIRE(choice->top_p > 0 && choice->top_p <= 1, SL_ERR_OPTION, "top_p", "above 0, at most 1");
  const uint32_t best = most_likely(logits, count);
  SL_REQUIRE(best < count && logits[best] - logits[best] == 0, SL_ERR_NOT_FINITE, "logits",
             "a largest number");
  *out = best;
  if (choice->temperature == 0) return SL_OK;
  if (d->candidates == NULL) SL_TRY(SL_ALLOC(&d->candidates, count));
  sl_candidate *list = d->candidates;
  for (uint32_t i = 0; i < count; i++) {
    const double x = ((double)logits[i] - (double)logits[best]) / choice->temperature;
    list[i] = (sl_candidate){x == x ? exp(x) : 0, i};
  }
  const uint32_t k = choice->top_k == 0 || choice->top_k > count ? count : choice->top_k;
  double all = take(list, count, k);
  uint32_t taken = k;
  if (choice->top_p < 1) {
    double sum = 0;
    uint32_t kept = 0;
    while (kept == 0 || (kept < taken && sum < choice->top_p * all))
      sum += list[count - 1 - kept++].weight;
    taken = kept;
    all = sum;
  }
  double place = sl_rng_double(&d->rng) * all;
  uint32_t at = 0;
  while (at + 1 < taken && place >= list[count - 1 - at].weight)
    place -= list[count - 1 - at++].weight;
  *out = list[count - 1 - at].id;
  return SL_OK;
}
