#include "gemm/route.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "gemm/activation.h"
#include "simd/kernels.h"

static sl_status check(const sl_route_options *o) {
  SL_REQUIRE(o->experts >= 1, SL_ERR_OPTION, "experts", "at least 1");
  SL_REQUIRE(o->top >= 1 && o->top <= o->experts, SL_ERR_OPTION, "top", "1 .. experts");
  SL_REQUIRE((double)o->count == (double)o->tokens * o->experts, SL_ERR_SHAPE, "logits",
             "tokens * experts elements");
  SL_REQUIRE((double)o->tokens * o->top < UINT32_MAX - 1.0, SL_ERR_OVERFLOW, "logits",
             "fewer tokens");
  return SL_OK;
}

static sl_status check_row(const float *row, uint32_t experts, uint32_t token) {
  bool any = false;
  for (uint32_t e = 0; e < experts; e++) {
    // NaN is not below inf either.
    SL_REQUIRE_AT(row[e] < INFINITY, SL_ERR_NOT_FINITE, "logits", "numbers, or -Infinity", token);
    any |= row[e] > -INFINITY;
  }
  SL_REQUIRE_AT(any, SL_ERR_NOT_FINITE, "logits", "an expert that is not forbidden", token);
  return SL_OK;
}

// The largest of what is left of a token; what was taken is -1.
static uint32_t take(float *likely, uint32_t experts) {
  uint32_t best = 0;
  for (uint32_t e = 1; e < experts; e++)
    if (likely[e] > likely[best]) best = e;
  return best;
}

static void choose(const sl_route_options *o, uint32_t token) {
  uint32_t *chosen = o->chosen + (size_t)token * o->top;
  float *weights = o->weights + (size_t)token * o->top;
  memcpy(o->scratch, o->logits + (size_t)token * o->experts, o->experts * sizeof *o->scratch);
  sl_softmax(o->scratch, 1, o->experts);
  double sum = 0;
  for (uint32_t k = 0; k < o->top; k++) {
    chosen[k] = take(o->scratch, o->experts);
    weights[k] = o->scratch[chosen[k]];
    o->scratch[chosen[k]] = -1;
    sum += (double)weights[k];
  }
  // The first one is at least 1 / experts.
  if (o->renormalize != 0)
    for (uint32_t k = 0; k < o->top; k++) weights[k] = (float)((double)weights[k] / sum);
}

sl_status sl_route(const sl_route_options *o) {
  SL_TRY(check(o));
  for (uint32_t t = 0; t < o->tokens; t++)
    SL_TRY(check_row(o->logits + (size_t)t * o->experts, o->experts, t));
  memset(o->offsets, 0, ((size_t)o->experts + 1) * sizeof *o->offsets);
  for (uint32_t t = 0; t < o->tokens; t++) choose(o, t);
  // Places within experts; offsets[e + 1] counts those of e.
  for (uint32_t k = 0; k < o->top; k++)
    for (uint32_t t = 0; t < o->tokens; t++) {
      const size_t at = (size_t)t * o->top + k;
      const uint32_t e = o->chosen[at];
      const bool forbidden = o->logits[(size_t)t * o->experts + e] == -INFINITY;
      o->rows[at] =
          forbidden || o->offsets[e + 1] >= o->capacity ? SL_ROUTE_DROPPED : o->offsets[e + 1]++;
    }
  for (uint32_t e = 0; e < o->experts; e++) o->offsets[e + 1] += o->offsets[e];
  for (size_t at = 0; at < (size_t)o->tokens * o->top; at++) {
    if (o->rows[at] == SL_ROUTE_DROPPED) continue;
    o->rows[at] += o->offsets[o->chosen[at]];
    o->order[o->rows[at]] = (uint32_t)(at / o->top);
  }
  return SL_OK;
}

sl_status sl_combine(const float *from, uint32_t row_count, uint32_t columns, const uint32_t *rows,
                     const float *weights, uint32_t tokens, uint32_t top, float *out) {
  const size_t all = (size_t)tokens * top;
  for (size_t at = 0; at < all; at++)
    SL_REQUIRE_AT(rows[at] < row_count || rows[at] == SL_ROUTE_DROPPED, SL_ERR_INDEX, "rows",
                  "a row, or 2^32 - 1", at);
  memset(out, 0, (size_t)tokens * columns * sizeof *out);
  for (size_t at = 0; at < all; at++)
    if (rows[at] != SL_ROUTE_DROPPED)
      sl_axpy_f32(weights[at], from + (size_t)rows[at] * columns, out + at / top * columns,
                  columns);
  return SL_OK;
}
