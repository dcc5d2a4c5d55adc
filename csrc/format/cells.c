#include "format/cells.h"

#include <string.h>

#include "simd/distance_f32.h"

// How much it counts that both residuals of a row point the same way.
#define PARALLEL 1.0

static float *centre(const sl_cells *c, uint32_t i) { return c->centres + (size_t)i * c->stride; }
static const float *row_of(const sl_cells *c, uint32_t i) {
  return c->vectors + (size_t)i * c->stride;
}

// Number i of `parts` that divide `all` evenly, at random within its part.
static uint32_t stratum(sl_rng *rng, uint32_t i, uint32_t parts, uint32_t all) {
  const uint64_t from = (uint64_t)i * all / parts, to = ((uint64_t)i + 1) * all / parts;
  return (uint32_t)from + (to > from ? sl_rng_below(rng, (uint32_t)(to - from)) : 0);
}

static void clear_sums(sl_cells *c) {
  memset(c->sums, 0, (size_t)c->cells * c->dimension * sizeof *c->sums);
  memset(c->counts, 0, c->cells * sizeof *c->counts);
}

void sl_cells_measure(sl_cells *c) {
  for (uint32_t i = 0; i < c->cells; i++)
    c->halves[i] = 0.5f * sl_dot1_f32(centre(c, i), centre(c, i), c->stride);
}

void sl_cells_begin(sl_cells *c, sl_rng *rng) {
  for (uint32_t i = 0; i < c->sample; i++)
    c->sampled[i] = c->sample == c->rows ? i : stratum(rng, i, c->sample, c->rows);
  for (uint32_t i = 0; i < c->cells; i++) {
    const uint32_t from = c->sampled[stratum(rng, i, c->cells, c->sample)];
    memcpy(centre(c, i), row_of(c, from), c->stride * sizeof(float));
  }
  clear_sums(c);
  sl_cells_measure(c);
}

static void find_keys(sl_cells *c, const float *row) {
  float *keys = c->keys;
  uint32_t i = 0;
  for (; i + 4 <= c->cells; i += 4) {
    const float *const rows[4] = {centre(c, i), centre(c, i + 1), centre(c, i + 2),
                                  centre(c, i + 3)};
    float products[4];
    sl_dot4_f32(row, rows, c->stride, products);
    for (uint32_t j = 0; j < 4; j++) keys[i + j] = c->halves[i + j] - products[j];
  }
  for (; i < c->cells; i++) keys[i] = c->halves[i] - sl_dot1_f32(row, centre(c, i), c->stride);
}

void sl_cells_add(sl_cells *c, uint32_t i) {
  const float *row = row_of(c, c->sampled[i]);
  find_keys(c, row);
  uint32_t best = 0;
  for (uint32_t j = 1; j < c->cells; j++)
    if (c->keys[j] < c->keys[best]) best = j;
  double *sum = c->sums + (size_t)best * c->dimension;
  for (uint32_t d = 0; d < c->dimension; d++) sum[d] += row[d];
  c->counts[best]++;
}

void sl_cells_move(sl_cells *c, sl_rng *rng) {
  for (uint32_t i = 0; i < c->cells; i++) {
    float *to = centre(c, i);
    const double *sum = c->sums + (size_t)i * c->dimension;
    if (c->counts[i] == 0) {
      const uint32_t from = c->sampled[sl_rng_below(rng, c->sample)];
      memcpy(to, row_of(c, from), c->stride * sizeof(float));
    } else {
      for (uint32_t d = 0; d < c->dimension; d++) to[d] = (float)(sum[d] / c->counts[i]);
    }
  }
  clear_sums(c);
  sl_cells_measure(c);
}

uint32_t sl_cells_near(sl_cells *c, const float *row, uint32_t most, uint32_t *near) {
  find_keys(c, row);
  uint32_t count = 0;
  for (uint32_t i = 0; i < c->cells; i++) {
    if (count == most && !(c->keys[i] < c->keys[near[count - 1]])) continue;
    uint32_t at = count < most ? count++ : count - 1;
    for (; at > 0 && c->keys[i] < c->keys[near[at - 1]]; at--) near[at] = near[at - 1];
    near[at] = i;
  }
  return count;
}

void sl_cells_assign(sl_cells *c, const float *row, float *residual, uint32_t out[2]) {
  uint32_t near[SL_CELLS_NEAR];
  const uint32_t count = sl_cells_near(c, row, SL_CELLS_NEAR, near);
  const float *first = centre(c, near[0]);
  double square = 0;
  for (uint32_t d = 0; d < c->dimension; d++) {
    residual[d] = row[d] - first[d];
    square += (double)residual[d] * residual[d];
  }
  out[0] = out[1] = near[0];
  double best = 0;
  for (uint32_t i = 1; i < count; i++) {
    const float *other = centre(c, near[i]);
    double along = 0, distance = 0;
    for (uint32_t d = 0; d < c->dimension; d++) {
      const double difference = (double)row[d] - other[d];
      along += residual[d] * difference;
      distance += difference * difference;
    }
    const double loss = square > 0 ? distance + PARALLEL * along * along / square : distance;
    if (i == 1 || loss < best) {
      best = loss;
      out[1] = near[i];
    }
  }
}

void sl_cells_tour(sl_cells *c, uint32_t i) {
  const float *here = centre(c, i - 1);
  uint32_t best = i;
  float least = 0;
  for (uint32_t j = i; j < c->cells; j++) {
    const float key = sl_squared1_f32(here, centre(c, j), c->stride);
    if (j == i || key < least) {
      least = key;
      best = j;
    }
  }
  float *a = centre(c, i), *b = centre(c, best);
  for (uint32_t d = 0; d < c->stride; d++) {
    const float t = a[d];
    a[d] = b[d];
    b[d] = t;
  }
}
