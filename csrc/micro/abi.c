// Raw ABI of micro/micro.h.
#include "base/abi.h"

#include "micro/micro.h"

static const sl_kind SL_HANDLE_MICRO[1] = {{"the handle of an index"}};

static sl_status micro_of(sl_handle handle, sl_micro **out) {
  return sl_handle_get(handle, SL_HANDLE_MICRO, (void **)out);
}

sl_handle SL_ABI(sl_abi_micro_create)(int32_t metric, uint32_t dimension, uint32_t m,
                                      uint32_t ef_construction, uint32_t capacity, uint32_t seed) {
  sl_micro *index;
  sl_handle handle;
  if (sl_micro_create((sl_metric)metric, dimension, m, ef_construction, capacity, seed, &index) !=
      SL_OK) {
    return 0;
  }
  if (sl_handle_create(SL_HANDLE_MICRO, index, &handle) == SL_OK) return handle;
  sl_micro_destroy(index);
  return 0;
}
int32_t SL_ABI(sl_abi_micro_destroy)(sl_handle handle) {
  sl_micro *index;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_MICRO, (void **)&index));
  sl_micro_destroy(index);
  return SL_OK;
}
int32_t SL_ABI(sl_abi_micro_add)(sl_handle handle, const float *vectors, uint32_t count,
                                 uint32_t *added) {
  sl_micro *index;
  SL_TRY(micro_of(handle, &index));
  return sl_micro_add(index, vectors, count, added);
}
int32_t SL_ABI(sl_abi_micro_search)(sl_handle handle, const float *queries, uint32_t count,
                                    uint32_t k, uint32_t ef, uint32_t *ids, float *distances,
                                    uint32_t *found) {
  sl_micro *index;
  SL_TRY(micro_of(handle, &index));
  return sl_micro_search(index, queries, count, k, ef, ids, distances, found);
}
int32_t SL_ABI(sl_abi_micro_size)(sl_handle handle, uint32_t *size) {
  sl_micro *index;
  SL_TRY(micro_of(handle, &index));
  *size = sl_micro_size(index);
  return SL_OK;
}
