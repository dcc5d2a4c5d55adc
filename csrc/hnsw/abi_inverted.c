// Raw ABI of hnsw/inverted.h.
#include "base/abi.h"
#include "base/abi_container.h"

#include "hnsw/abi_filter.h"
#include "hnsw/inverted.h"

static const sl_kind SL_HANDLE_INVERTED[1] = {{"the handle of an index of sparse vectors"}};

static sl_status inverted_of(sl_handle handle, sl_inverted **out) {
  return sl_handle_get(handle, SL_HANDLE_INVERTED, (void **)out);
}

static sl_handle keep_inverted(sl_inverted *index) {
  sl_handle handle;
  if (sl_handle_create(SL_HANDLE_INVERTED, index, &handle) == SL_OK) return handle;
  sl_inverted_destroy(index);
  return 0;
}

sl_handle SL_ABI(sl_abi_inverted_create)(void) {
  sl_inverted *index;
  return sl_inverted_create(&index) == SL_OK ? keep_inverted(index) : 0;
}
int32_t SL_ABI(sl_abi_inverted_destroy)(sl_handle handle) {
  sl_inverted *index;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_INVERTED, (void **)&index));
  sl_inverted_destroy(index);
  return SL_OK;
}
int32_t SL_ABI(sl_abi_inverted_add)(sl_handle handle, const uint32_t *ids, uint32_t count,
                                    const uint32_t *starts, const uint32_t *indices,
                                    const float *values, uint32_t value_count, int32_t duplicate,
                                    uint32_t *added) {
  sl_inverted *index;
  SL_TRY(inverted_of(handle, &index));
  return sl_inverted_add(index, ids, count, starts, indices, values, value_count,
                         (sl_duplicate)duplicate, added);
}
int32_t SL_ABI(sl_abi_inverted_remove)(sl_handle handle, const uint32_t *ids, uint32_t count,
                                       uint32_t *removed) {
  sl_inverted *index;
  SL_TRY(inverted_of(handle, &index));
  return sl_inverted_remove(index, ids, count, removed);
}
int32_t SL_ABI(sl_abi_inverted_rename)(sl_handle handle, uint32_t id, uint32_t to) {
  sl_inverted *index;
  SL_TRY(inverted_of(handle, &index));
  return sl_inverted_rename(index, id, to);
}
int32_t SL_ABI(sl_abi_inverted_shrink)(sl_handle handle) {
  sl_inverted *index;
  SL_TRY(inverted_of(handle, &index));
  return sl_inverted_shrink(index);
}
// filter: a handle, 0 for none.
int32_t SL_ABI(sl_abi_inverted_search)(sl_handle handle, const uint32_t *starts,
                                       const uint32_t *indices, const float *values,
                                       uint32_t value_count, uint32_t count, uint32_t k,
                                       sl_handle filter_handle, uint32_t *ids, double *scores,
                                       uint32_t *found) {
  sl_inverted *index;
  sl_filter *filter;
  SL_TRY(inverted_of(handle, &index));
  SL_TRY(sl_abi_filter_of(filter_handle, &filter));
  return sl_inverted_search(index, starts, indices, values, value_count, count, k, filter, ids,
                            scores, found);
}
int32_t SL_ABI(sl_abi_inverted_length)(sl_handle handle, uint32_t id, uint32_t *length) {
  sl_inverted *index;
  SL_TRY(inverted_of(handle, &index));
  return sl_inverted_length(index, id, length);
}
int32_t SL_ABI(sl_abi_inverted_get)(sl_handle handle, uint32_t id, uint32_t *indices,
                                    float *values) {
  sl_inverted *index;
  SL_TRY(inverted_of(handle, &index));
  return sl_inverted_get(index, id, indices, values);
}
int32_t SL_ABI(sl_abi_inverted_has)(sl_handle handle, uint32_t id, uint32_t *present) {
  sl_inverted *index;
  SL_TRY(inverted_of(handle, &index));
  *present = sl_inverted_has(index, id);
  return SL_OK;
}
// ids: as many as the first of the facts says, written.
int32_t SL_ABI(sl_abi_inverted_ids)(sl_handle handle, uint32_t *ids) {
  sl_inverted *index;
  SL_TRY(inverted_of(handle, &index));
  sl_inverted_ids(index, ids);
  return SL_OK;
}
// facts: SL_INVERTED_FACTS (6), written; bytes held may be NULL.
int32_t SL_ABI(sl_abi_inverted_facts)(sl_handle handle, double *facts, double *bytes) {
  sl_inverted *index;
  SL_TRY(inverted_of(handle, &index));
  sl_inverted_facts(index, facts);
  if (bytes) *bytes = (double)sl_inverted_bytes(index);
  return SL_OK;
}
double SL_ABI(sl_abi_inverted_estimate_bytes)(double count, double entries, double dimensions) {
  return sl_inverted_estimate_bytes(count, entries, dimensions);
}
// The handle of a writer, or 0.
sl_handle SL_ABI(sl_abi_inverted_save)(sl_handle handle) {
  sl_inverted *index;
  sl_writer *writer = NULL;
  if (inverted_of(handle, &index) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_inverted_save(index, &writer), writer, handle,
                                SL_HANDLE_INVERTED);
}
// The index, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_inverted_load)(sl_handle reader_handle) {
  sl_reader *reader;
  sl_inverted *index;
  if (sl_abi_get_reader(reader_handle, &reader) != SL_OK) return 0;
  return sl_inverted_load(reader, &index) == SL_OK ? keep_inverted(index) : 0;
}
