#include "hnsw/model.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/distance_f32.h"

static size_t model_numbers(const sl_store *store) {
  size_t read = store->vector_bytes / sizeof(float), work = read;
  if (sl_codes_rotate(store->codes) && sl_codes_bits(store) > work) work = sl_codes_bits(store);
  if (sl_codes_levels(store->codes) > 0) work += 2 * sl_codes_bits(store) / sizeof(float);
  if (store->codes == SL_CODES_PRODUCT) {
    // A byte a part is not more than a number a part.
    work = store->padded + (size_t)(2 * SL_PART_BOOK + SL_CENTROIDS + 1) * sl_codes_parts(store);
  }
  // The weights: two bytes each.
  if (store->codes == SL_CODES_INT8) work += store->padded / 2;
  return 2 * sl_model_set_numbers(store) + read + work;
}

void sl_codes_weigh(sl_store *store) {
  if (store->codes != SL_CODES_INT8) return;
  int16_t *weights = sl_codes_weights(store);
  const float *widths = sl_model_widths(store);
  double second = 0, fourth = 0, sixth = 0;
  for (uint32_t i = 0; i < store->dimension; i++) {
    double square = (double)widths[i] * widths[i];
    weights[i] = (int16_t)(square * SL_WEIGHT_ONE + 0.5);
    second += square;
    fourth += square * square;
    sixth += square * square * square;
  }
  double share = 3 * sqrt(sixth / (fourth * second));
  store->error_share = share < 1 ? (float)share : 1;
}

const float *sl_codes_origin(const sl_store *store) {
  bool kept = sl_codes_rotate(store->codes) || store->codes == SL_CODES_PRODUCT;
  return kept ? sl_model_origin(store) : NULL;
}

sl_status sl_codes_reserve(sl_store *store, uint32_t capacity) {
  if (store->model == NULL) {
    SL_TRY(SL_ALLOC_ZERO(&store->model, model_numbers(store)));
    for (uint32_t i = 0; i < store->dimension; i++) sl_model_widths(store)[i] = 1;
    sl_codes_weigh(store);
  }
  uint32_t rows = capacity < store->early_limit ? capacity : store->early_limit;
  if (rows > store->early_rows) {
    SL_TRY(sl_realloc((void **)&store->early, rows, sizeof(float) * (size_t)store->dimension));
    store->early_rows = rows;
  }
  return SL_OK;
}

uint64_t sl_codes_model_bytes(const sl_store *store) {
  return sizeof(float) * (uint64_t)model_numbers(store);
}

uint64_t sl_codes_bytes(const sl_store *store) {
  return sl_codes_model_bytes(store) +
         sizeof(float) * (uint64_t)store->early_rows * store->dimension;
}

sl_status sl_codes_copy_model(sl_store *store, const float *model) {
  SL_TRY(SL_ALLOC(&store->model, model_numbers(store)));
  memcpy(store->model, model, sl_codes_model_bytes(store));
  return SL_OK;
}

void sl_codes_drop_early(sl_store *store) {
  sl_free(store->early);
  store->early = NULL;
  store->early_rows = store->early_limit = 0;
}

uint32_t sl_codes_model_numbers(const sl_store *store) {
  if (store->codes == SL_CODES_PRODUCT) return (uint32_t)sl_model_set_numbers(store);
  bool origin = sl_codes_rotate(store->codes) && store->exact == SL_EXACT_FLOAT16;
  return 1 + (origin ? 3 : 2) * store->dimension;
}

const float *sl_codes_model(const sl_store *store) { return sl_model_set(store, false); }

bool sl_codes_set_model(sl_store *store, const void *model) {
  size_t n = store->dimension;
  memcpy(sl_model_set(store, false), model, sizeof(float) * sl_codes_model_numbers(store));
  if (!(sl_model_reach(store) >= 0 && sl_model_reach(store) <= 2.1f * SL_DISTANCE_LIMIT))
    return false;
  for (size_t i = 0; i < n; i++) {
    // The mean of numbers within the limit may pass it by rounding.
    if (!(fabsf(sl_model_centre(store)[i]) <= 1.01f * SL_DISTANCE_LIMIT)) return false;
    if (!(fabsf(sl_model_origin(store)[i]) <= 1.01f * SL_DISTANCE_LIMIT)) return false;
    if (!(sl_model_widths(store)[i] >= SL_LEAST_WIDTH && sl_model_widths(store)[i] <= 1))
      return false;
  }
  if (store->codes == SL_CODES_PRODUCT) {
    const float *share = sl_codes_share(store, false), *book = sl_codes_book(store, false);
    float turned = *sl_codes_turned(store, false);
    if (!(*share >= 0 && *share <= 1) || (turned != 0 && turned != 1)) return false;
    for (size_t i = 0; i < SL_PART_BOOK * (size_t)sl_codes_parts(store); i++) {
      if (!(fabsf(book[i]) <= 2.1f * SL_DISTANCE_LIMIT)) return false;
    }
  }
  sl_codes_weigh(store);
  return true;
}
