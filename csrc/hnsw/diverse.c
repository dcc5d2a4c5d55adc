#include "hnsw/diverse.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "hnsw/score.h"

typedef struct candidate {
  float distance; // from the query
  float apart;    // from the nearest that was chosen
  float factor;   // of its vector (poincare)
  uint32_t id;
} candidate;

// The distance of two vectors of the index, as well as they are known.
static float distance_between(const sl_store *store, const void *a, float a_factor, const void *b,
                              float b_factor) {
  sl_metric metric = store->metric;
  size_t n = sl_metric_padded(metric, store->dimension);
  float key = 0;
  switch (metric) {
  case SL_METRIC_COSINE:
  case SL_METRIC_DOT:
    key = -sl_dot1_f32(a, b, n);
    break;
  case SL_METRIC_EUCLIDEAN:
    key = sl_squared1_f32(a, b, n);
    break;
  case SL_METRIC_POINCARE:
    key = sl_squared1_f32(a, b, n) * b_factor;
    break;
  case SL_METRIC_MANHATTAN: {
    const float *const rows[4] = {b, b, b, b};
    float four[4];
    sl_manhattan4_f32(a, rows, n, four);
    key = four[0];
    break;
  }
  case SL_METRIC_HAMMING: {
    const uint8_t *const rows[4] = {b, b, b, b};
    uint32_t four[4];
    sl_hamming4(a, rows, n, four);
    key = (float)four[0];
    break;
  }
  }
  return sl_metric_distance(metric, key, a_factor, store->curvature);
}

static sl_status fill(const sl_store *store, const uint32_t *ids, const float *distances,
                      uint32_t count, candidate *all, unsigned char *vectors) {
  for (uint32_t i = 0; i < count; i++) {
    uint32_t slot = sl_store_find(store, ids[i]);
    SL_REQUIRE_AT(slot != SL_NO_SLOT, SL_ERR_INDEX, "ids", "ids that are in the index", i);
    unsigned char *place = vectors + (size_t)i * store->vector_bytes;
    const void *vector = sl_store_vector(store, slot, place);
    if (vector != place) memcpy(place, vector, store->vector_bytes);
    all[i] = (candidate){.distance = distances[i],
                         .apart = INFINITY,
                         .factor = store->factors != NULL ? store->factors[slot] : 1,
                         .id = ids[i]};
  }
  return SL_OK;
}

static void choose(const sl_store *store, candidate *all, unsigned char *vectors, uint32_t count,
                   uint32_t k, double diversity, unsigned char *spare) {
  size_t bytes = store->vector_bytes;
  for (uint32_t done = 0; done < k; done++) {
    uint32_t best = done;
    double least = INFINITY;
    for (uint32_t i = done; i < count; i++) {
      double apart = done == 0 ? 0 : all[i].apart;
      double worth = (1 - (done == 0 ? 0 : diversity)) * all[i].distance - diversity * apart;
      bool nearer = worth == least && all[i].distance < all[best].distance;
      if (worth < least || nearer) least = worth, best = i;
    }
    candidate chosen = all[best];
    all[best] = all[done];
    all[done] = chosen;
    if (best != done) {
      memcpy(spare, vectors + best * bytes, bytes);
      memcpy(vectors + best * bytes, vectors + done * bytes, bytes);
      memcpy(vectors + done * bytes, spare, bytes);
    }
    for (uint32_t i = done + 1; i < count; i++) {
      float apart = distance_between(store, vectors + done * bytes, chosen.factor,
                                     vectors + i * bytes, all[i].factor);
      if (apart < all[i].apart) all[i].apart = apart;
    }
  }
}

sl_status sl_diversify(const sl_store *store, uint32_t *ids, float *distances, uint32_t count,
                       uint32_t k, double diversity) {
  SL_REQUIRE(diversity >= 0 && diversity <= 1, SL_ERR_ARGUMENT, "diversity", "0 to 1");
  if (k > count) k = count;
  candidate *all = NULL;
  unsigned char *vectors = NULL;
  sl_status status = SL_ALLOC(&all, count);
  // One more, to exchange two of them.
  if (status == SL_OK) {
    status = sl_alloc((size_t)count + 1, store->vector_bytes, (void **)&vectors);
  }
  if (status == SL_OK) status = fill(store, ids, distances, count, all, vectors);
  if (status == SL_OK) {
    choose(store, all, vectors, count, k, diversity, vectors + (size_t)count * store->vector_bytes);
    for (uint32_t i = 0; i < k; i++) {
      ids[i] = all[i].id;
      distances[i] = all[i].distance;
    }
  }
  sl_free(all);
  sl_free(vectors);
  return status;
}
