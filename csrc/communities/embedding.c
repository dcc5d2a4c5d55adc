// Based on: H. Chen, S. F. Sultan, Y. Tian, M. Chen, S. Skiena, "Fast and accurate network embeddings via
// very sparse random projection", CIKM 2019, arXiv:1908.11512. Each power is normalised before it is
// added, row by row.
#include "communities/question.h"

#include "simd/simd.h"

typedef struct sl_embedding {
  sl_network network;
  uint32_t dimension, stride, powers, power, position;
  double weights[SL_EMBEDDING_POWERS];
  float *now, *next, *sum; // n x stride
  float *packed;           // n x dimension, the answer
} sl_embedding;

static sl_status begin(sl_communities *c, const double *options, const uint32_t *labels) {
  (void)labels;
  sl_embedding *s;
  sl_rng rng;
  SL_TRY(TAKE_ZERO(c, &s, 1));
  c->state = s;
  SL_REQUIRE(options[1] >= 1 && options[1] <= 4096 && floor(options[1]) == options[1],
             SL_ERR_OPTION, "dimension", "an integer from 1 to 4,096");
  SL_REQUIRE(fabs(options[2]) <= 4, SL_ERR_OPTION, "normalization_strength",
             "a number from -4 to 4");
  SL_TRY(sl_seed_read(options[3], &rng));
  SL_REQUIRE(options[4] >= 1 && options[4] <= SL_EMBEDDING_POWERS &&
                 floor(options[4]) == options[4],
             SL_ERR_OPTION, "iteration_weights", "one to eight numbers");
  s->dimension = (uint32_t)options[1];
  s->powers = (uint32_t)options[4];
  for (uint32_t i = 0; i < s->powers; i++) {
    s->weights[i] = options[5 + i];
    SL_REQUIRE_AT(fabs(s->weights[i]) <= 1e12, SL_ERR_OPTION, "iteration_weights",
                  "numbers of at most 10^12", i);
  }
  s->stride = (s->dimension + 3) / 4 * 4;
  const sl_objective objective = {.weighted = options[0] != 0};
  SL_TRY(sl_network_create(c, &objective, &s->network));
  const size_t n = c->n;
  SL_REQUIRE((uint64_t)n * s->stride <= SIZE_MAX / sizeof(float), SL_ERR_OVERFLOW, "dimension",
             "fewer numbers than there are addresses");
  SL_TRY(TAKE_ZERO(c, &s->now, n * s->stride));
  SL_TRY(TAKE_ZERO(c, &s->next, n * s->stride));
  SL_TRY(TAKE_ZERO(c, &s->sum, n * s->stride));
  // +1 and -1 with probability 1/6 each, times the strength's share to the power that is asked for.
  for (uint32_t u = 0; u < n; u++) {
    double strength = 0;
    for (uint32_t k = s->network.rows[u]; k < s->network.rows[u + 1]; k++)
      strength += s->network.weights ? s->network.weights[k] : 1;
    const double share = strength / s->network.total;
    const double size = options[2] == 0 ? 1 : share > 0 ? fmin(pow(share, options[2]), 1e15) : 0;
    for (uint32_t d = 0; d < s->dimension; d++) {
      const uint32_t draw = sl_rng_below(&rng, 6);
      s->now[u * (size_t)s->stride + d] = draw == 0 ? (float)size : draw == 1 ? -(float)size : 0;
    }
  }
  c->expected = (uint64_t)s->powers * (s->network.rows[n] + n) * s->stride / 4;
  return SL_OK;
}

// Rows from position on: means of the neighbours' rows, made unit vectors, and added.
SL_NOINLINE static uint64_t multiply_some(sl_embedding *s, uint64_t most) {
  const sl_network *net = &s->network;
  const uint32_t stride = s->stride;
  const float weight = (float)s->weights[s->power];
  uint64_t done = 0;
  for (; s->position < net->n && done < most; s->position++) {
    const uint32_t u = s->position, begin = net->rows[u], end = net->rows[u + 1];
    float *row = s->next + (size_t)u * stride, *sum = s->sum + (size_t)u * stride;
    memset(row, 0, stride * sizeof *row);
    for (uint32_t k = begin; k < end; k++) {
      const float *from = s->now + (size_t)net->columns[k] * stride;
      const sl_f32x4 w =
          sl_f32x4_splat(net->weights ? (float)fmin(net->weights[k] / net->mean, 1e15) : 1);
      for (uint32_t d = 0; d < stride; d += 4)
        sl_f32x4_store(row + d, sl_f32x4_load(row + d) + w * sl_f32x4_load(from + d));
    }
    double square = 0;
    for (uint32_t d = 0; d < stride; d++) square += (double)row[d] * row[d];
    const float scale = square > 0 ? (float)(1 / sqrt(square)) : 0;
    for (uint32_t d = 0; d < stride; d++) {
      row[d] *= scale;
      sum[d] += weight * row[d];
    }
    done += (uint64_t)(end - begin + 2) * stride / 4 + 1;
  }
  return done;
}

static sl_status pack(sl_communities *c, sl_embedding *s) {
  if (s->packed != NULL) return SL_OK;
  // In place: rows only move towards the beginning.
  for (uint32_t u = 0; u < c->n; u++)
    memmove(s->sum + (size_t)u * s->dimension, s->sum + (size_t)u * s->stride,
            s->dimension * sizeof *s->sum);
  s->packed = s->sum;
  return SL_OK;
}

static sl_status step(sl_communities *c, uint64_t work) {
  sl_embedding *s = c->state;
  const uint64_t until = sl_pause(c->work, work);
  while (c->work < until && s->power < s->powers) {
    c->work += multiply_some(s, until - c->work < 20000 ? until - c->work : 20000);
    if (s->position < c->n) continue;
    float *swap = s->now;
    s->now = s->next;
    s->next = swap;
    s->position = 0;
    s->power++;
  }
  if (s->power < s->powers) return SL_OK;
  sl_job_end(&c->job, SL_OUTCOME_CONVERGED);
  return pack(c, s);
}

static sl_status stop(sl_communities *c) { return pack(c, c->state); }

static sl_status read(sl_communities *c, double *numbers) {
  const sl_embedding *s = c->state;
  numbers[2] = s->dimension;
  numbers[4] = (double)(uintptr_t)s->packed;
  numbers[5] = s->power;
  return SL_OK;
}

const sl_communities_kind_of sl_embedding_question = {begin, step, stop, read, NULL};
