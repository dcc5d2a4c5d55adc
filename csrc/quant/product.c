#include "quant/product.h"

#include "simd/simd.h"

enum { GROUPS = SL_CENTROIDS / 4 };

// Squared distances of a part to its first `count` centroids; returns the nearest.
static inline uint32_t nearest(const float *x, const float *book, uint32_t count, float *distance) {
  float d[SL_CENTROIDS];
  for (int g = 0; g < GROUPS; g++) {
    sl_f32x4 sum = {0};
    for (int i = 0; i < SL_PART; i++) {
      sl_f32x4 e = sl_f32x4_load(book + SL_CENTROIDS * i + 4 * g) - sl_f32x4_splat(x[i]);
      sum += e * e;
    }
    sl_f32x4_store(d + 4 * g, sum);
  }
  uint32_t best = 0;
  for (uint32_t c = 1; c < count; c++) best = d[c] < d[best] ? c : best;
  *distance = d[best];
  return best;
}

double sl_product_encode(const float *x, const float *book, uint32_t parts, uint8_t *values) {
  double lost = 0;
  for (uint32_t p = 0; p < parts; p++, x += SL_PART, book += SL_PART_BOOK) {
    float distance;
    values[p] = (uint8_t)nearest(x, book, SL_CENTROIDS, &distance);
    lost += distance;
  }
  return lost;
}

void sl_product_decode(const uint8_t *values, const float *book, uint32_t parts, float *x) {
  for (uint32_t p = 0; p < parts; p++, x += SL_PART, book += SL_PART_BOOK) {
    for (int i = 0; i < SL_PART; i++) x[i] = book[SL_CENTROIDS * i + values[p]];
  }
}

void sl_product_table(const float *x, const float *book, uint32_t parts, float *products) {
  for (uint32_t p = 0; p < parts; p++, x += SL_PART, book += SL_PART_BOOK) {
    for (int g = 0; g < GROUPS; g++, products += 4) {
      sl_f32x4 sum = {0};
      for (int i = 0; i < SL_PART; i++) {
        sum += sl_f32x4_load(book + SL_CENTROIDS * i + 4 * g) * sl_f32x4_splat(x[i]);
      }
      sl_f32x4_store(products, sum);
    }
  }
}

void sl_product_draw(const float *x, float *book, uint32_t parts, uint32_t chosen, float *totals,
                     sl_rng *rng) {
  for (uint32_t p = 0; p < parts; p++, x += SL_PART, book += SL_PART_BOOK) {
    float distance = 1;
    if (chosen > 0) nearest(x, book, chosen, &distance);
    if (distance == 0 && totals[p] > 0) continue;
    totals[p] += distance;
    // Where all are alike so far, every vector is as good.
    if (distance > 0 && sl_rng_double(rng) * totals[p] >= distance) continue;
    for (int i = 0; i < SL_PART; i++) book[SL_CENTROIDS * i + chosen] = x[i];
  }
}

double sl_product_gather(const float *x, const float *book, uint32_t parts, float *sums,
                         float *counts) {
  double lost = 0;
  for (uint32_t p = 0; p < parts; p++, x += SL_PART, book += SL_PART_BOOK) {
    float distance;
    uint32_t c = nearest(x, book, SL_CENTROIDS, &distance);
    lost += distance;
    counts[SL_CENTROIDS * p + c]++;
    for (int i = 0; i < SL_PART; i++) sums[SL_PART_BOOK * p + SL_CENTROIDS * i + c] += x[i];
  }
  return lost;
}

void sl_product_move(float *book, uint32_t parts, const float *sums, const float *counts) {
  for (uint32_t p = 0; p < parts; p++) {
    for (uint32_t at = 0; at < SL_PART_BOOK; at++) {
      float count = counts[SL_CENTROIDS * p + at % SL_CENTROIDS];
      if (count > 0) book[SL_PART_BOOK * p + at] = sums[SL_PART_BOOK * p + at] / count;
    }
  }
}
