#include "train/schedule.h"

#include <math.h>

sl_schedule sl_schedule_default(void) {
  return (sl_schedule){.kind = SL_SCHEDULE_CONSTANT, .every = 1, .factor = 0.1};
}

sl_status sl_schedule_check(const sl_schedule *schedule) {
  const sl_schedule *s = schedule;
  SL_REQUIRE(s->kind <= SL_SCHEDULE_STEP, SL_ERR_OPTION, "schedule", "one of sl_schedule_kind");
  if (s->kind == SL_SCHEDULE_COSINE || s->kind == SL_SCHEDULE_LINEAR)
    SL_REQUIRE(s->last >= 0 && s->last <= 1, SL_ERR_OPTION, "last", "0 to 1");
  if (s->kind == SL_SCHEDULE_STEP) {
    SL_REQUIRE(s->every >= 1, SL_ERR_OPTION, "every", "1 and more");
    SL_REQUIRE(s->factor > 0 && s->factor <= 1, SL_ERR_OPTION, "factor", "above 0, at most 1");
  }
  return SL_OK;
}

// (1 + cos(pi p)) / 2 = 1 - sin^2(pi p / 2), 0 <= p <= 1. The sine by its series, whose next term is
// below 2^-58: the cosine of the C library is not the same in every build.
static double half_cosine(double p) {
  const double x = p * 1.57079632679489661923, square = x * x;
  double sum = 1;
  for (int k = 20; k >= 2; k -= 2) sum = 1 - square / (k * (k + 1)) * sum;
  const double sine = x * sum;
  return fmax(0, 1 - sine * sine);
}

static double power(double x, uint64_t n) {
  double product = 1;
  for (; n > 0; n >>= 1, x *= x)
    if (n & 1) product *= x;
  return product;
}

double sl_schedule_factor(const sl_schedule *schedule, uint64_t step) {
  const sl_schedule *s = schedule;
  if (step < s->warmup) return (double)(step + 1) / (double)s->warmup;
  const uint64_t over = step - s->warmup;
  if (s->kind == SL_SCHEDULE_CONSTANT) return 1;
  if (s->kind == SL_SCHEDULE_STEP) return power(s->factor, over / s->every);
  const uint64_t course = s->steps > s->warmup ? s->steps - s->warmup : 0;
  const double p = over < course ? (double)over / (double)course : 1;
  if (s->kind == SL_SCHEDULE_LINEAR) return 1 - (1 - s->last) * p;
  return s->last + (1 - s->last) * half_cosine(p);
}
