#include "hnsw/prefix.h"

#include <string.h>

#include "simd/distance_f32.h"
#include "simd/kernels.h"

void sl_prefix_shape(sl_store *store) {
  store->padded = sl_metric_padded(store->metric, store->prefix);
  store->row_bytes = store->query_bytes = sl_metric_row_bytes(store->metric, store->prefix);
}

void sl_prefix_write(const sl_store *store, const float *vector, unsigned char *row) {
  if (store->metric == SL_METRIC_COSINE) {
    sl_normalize_f32(vector, store->prefix, (float *)row, store->row_bytes / sizeof(float));
    return;
  }
  size_t bytes = sizeof(float) * (size_t)store->prefix;
  memcpy(row, vector, bytes);
  memset(row + bytes, 0, store->row_bytes - bytes);
}

bool sl_prefix_is_valid(const sl_store *store, const unsigned char *row) {
  const float *x = (const float *)row;
  uint32_t n = store->prefix;
  if (store->metric == SL_METRIC_COSINE) {
    return sl_metric_is_unit(x, n) || sl_dot_f32(x, x, n) == 0;
  }
  return sl_first_beyond_f32(x, n, SL_DISTANCE_LIMIT) == n;
}
