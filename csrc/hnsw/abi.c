// Raw ABI of hnsw/flat.h, hnsw/hnsw.h, hnsw/filter.h and hnsw/file.h.
#include "base/abi.h"
#include "base/abi_container.h"
#include "base/instance.h"

#include "hnsw/abi.h"
#include "hnsw/abi_filter.h"
#include "hnsw/file.h"
#include "hnsw/view.h"

static const sl_kind SL_HANDLE_FILTER[1] = {{"the handle of a filter"}};
static const sl_kind SL_HANDLE_FLAT[1] = {{"the handle of a flat index"}};
static const sl_kind SL_HANDLE_HNSW[1] = {{"the handle of an HNSW index"}};

static sl_status flat_of(sl_handle handle, sl_flat **out) {
  return sl_handle_get(handle, SL_HANDLE_FLAT, (void **)out);
}
static sl_status hnsw_of(sl_handle handle, sl_hnsw **out) {
  return sl_handle_get(handle, SL_HANDLE_HNSW, (void **)out);
}
sl_status sl_abi_get_hnsw(sl_handle handle, sl_hnsw **out) { return hnsw_of(handle, out); }
sl_status sl_abi_filter_of(sl_handle handle, sl_filter **out) {
  *out = NULL;
  return handle == 0 ? SL_OK : sl_handle_get(handle, SL_HANDLE_FILTER, (void **)out);
}

static sl_handle keep_flat(sl_flat *flat) {
  sl_handle handle;
  if (sl_handle_create(SL_HANDLE_FLAT, flat, &handle) == SL_OK) return handle;
  sl_flat_destroy(flat);
  return 0;
}
static sl_handle keep_hnsw(sl_hnsw *index) {
  sl_handle handle;
  if (sl_handle_create(SL_HANDLE_HNSW, index, &handle) == SL_OK) return handle;
  sl_hnsw_destroy(index);
  return 0;
}

static sl_handle keep_filter(sl_filter *filter) {
  sl_handle handle;
  if (sl_handle_create(SL_HANDLE_FILTER, filter, &handle) == SL_OK) return handle;
  sl_filter_destroy(filter);
  return 0;
}

sl_handle SL_ABI(sl_abi_filter_create)(const uint32_t *ids, uint32_t count) {
  sl_filter *filter;
  return sl_filter_create(ids, count, &filter) == SL_OK ? keep_filter(filter) : 0;
}
sl_handle SL_ABI(sl_abi_filter_from_bits)(const uint8_t *bits, uint32_t bytes) {
  sl_filter *filter;
  return sl_filter_from_bits(bits, bytes, &filter) == SL_OK ? keep_filter(filter) : 0;
}
int32_t SL_ABI(sl_abi_filter_destroy)(sl_handle handle) {
  sl_filter *filter;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_FILTER, (void **)&filter));
  sl_filter_destroy(filter);
  return SL_OK;
}

// Writes how many ids it was made from and the bytes held; each may be NULL.
int32_t SL_ABI(sl_abi_filter_info)(sl_handle handle, uint32_t *count, double *bytes) {
  sl_filter *filter;
  SL_TRY(sl_handle_get(handle, SL_HANDLE_FILTER, (void **)&filter));
  if (count) *count = filter->count;
  if (bytes) *bytes = (double)sl_filter_bytes(filter);
  return SL_OK;
}
// ids: as many as sl_abi_filter_info() says, written.
int32_t SL_ABI(sl_abi_filter_ids)(sl_handle handle, uint32_t *ids) {
  sl_filter *filter;
  SL_TRY(sl_handle_get(handle, SL_HANDLE_FILTER, (void **)&filter));
  sl_filter_ids(filter, ids);
  return SL_OK;
}

// --- Flat ----------------------------------------------------------------------------------------

sl_handle SL_ABI(sl_abi_flat_create)(int32_t metric, uint32_t dimension, double curvature,
                                     uint32_t capacity) {
  sl_flat *flat;
  sl_status status = sl_flat_create((sl_metric)metric, dimension, curvature, capacity, &flat);
  return status == SL_OK ? keep_flat(flat) : 0;
}
sl_handle SL_ABI(sl_abi_flat_create_coded)(int32_t metric, uint32_t dimension, double curvature,
                                           uint32_t capacity, int32_t codes, int32_t exact) {
  sl_flat *flat;
  sl_status status = sl_flat_create_coded((sl_metric)metric, dimension, curvature, capacity,
                                          (sl_codes)codes, (sl_exact)exact, &flat);
  return status == SL_OK ? keep_flat(flat) : 0;
}
sl_handle SL_ABI(sl_abi_flat_load)(const uint8_t *bytes, uint32_t length, int32_t verify) {
  sl_flat *flat;
  return sl_flat_load(bytes, length, verify != 0, &flat) == SL_OK ? keep_flat(flat) : 0;
}
sl_handle SL_ABI(sl_abi_flat_read)(sl_handle handle) {
  sl_reader *reader;
  sl_flat *flat;
  if (sl_abi_get_reader(handle, &reader) != SL_OK) return 0;
  return sl_flat_read(reader, &flat) == SL_OK ? keep_flat(flat) : 0;
}
int32_t SL_ABI(sl_abi_flat_destroy)(sl_handle handle) {
  sl_flat *flat;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_FLAT, (void **)&flat));
  sl_flat_destroy(flat);
  return SL_OK;
}
int32_t SL_ABI(sl_abi_flat_add)(sl_handle handle, const uint32_t *ids, const void *vectors,
                                uint32_t count, int32_t duplicate, uint32_t *added) {
  sl_flat *flat;
  SL_TRY(flat_of(handle, &flat));
  return sl_flat_add(flat, ids, vectors, count, (sl_duplicate)duplicate, added);
}
int32_t SL_ABI(sl_abi_flat_remove)(sl_handle handle, uint32_t id) {
  sl_flat *flat;
  SL_TRY(flat_of(handle, &flat));
  return sl_flat_remove(flat, id);
}
int32_t SL_ABI(sl_abi_flat_search)(sl_handle handle, const void *queries, uint32_t count,
                                   uint32_t k, sl_handle filter_handle, uint32_t *ids,
                                   float *distances, uint32_t *found) {
  sl_flat *flat;
  sl_filter *filter;
  SL_TRY(flat_of(handle, &flat));
  SL_TRY(sl_abi_filter_of(filter_handle, &filter));
  return sl_flat_search(flat, queries, count, k, filter, ids, distances, found);
}
int32_t SL_ABI(sl_abi_flat_search_radius)(sl_handle handle, const void *query, double radius,
                                          uint32_t most, sl_handle filter_handle, uint32_t *ids,
                                          float *distances, uint32_t *found) {
  sl_flat *flat;
  sl_filter *filter;
  SL_TRY(flat_of(handle, &flat));
  SL_TRY(sl_abi_filter_of(filter_handle, &filter));
  return sl_flat_search_radius(flat, query, radius, most, filter, ids, distances, found);
}
int32_t SL_ABI(sl_abi_flat_diversify)(sl_handle handle, uint32_t *ids, float *distances,
                                      uint32_t count, uint32_t k, double diversity) {
  sl_flat *flat;
  SL_TRY(flat_of(handle, &flat));
  return sl_flat_diversify(flat, ids, distances, count, k, diversity);
}
int32_t SL_ABI(sl_abi_flat_remove_many)(sl_handle handle, const uint32_t *ids, uint32_t count,
                                        uint32_t *removed) {
  sl_flat *flat;
  SL_TRY(flat_of(handle, &flat));
  return sl_flat_remove_many(flat, ids, count, removed);
}
int32_t SL_ABI(sl_abi_flat_freeze)(sl_handle handle) {
  sl_flat *flat;
  SL_TRY(flat_of(handle, &flat));
  sl_flat_freeze(flat);
  return SL_OK;
}
int32_t SL_ABI(sl_abi_flat_shrink)(sl_handle handle) {
  sl_flat *flat;
  SL_TRY(flat_of(handle, &flat));
  return sl_flat_shrink(flat);
}
int32_t SL_ABI(sl_abi_flat_get)(sl_handle handle, uint32_t id, void *vector) {
  sl_flat *flat;
  SL_TRY(flat_of(handle, &flat));
  return sl_flat_get(flat, id, vector);
}
int32_t SL_ABI(sl_abi_flat_has)(sl_handle handle, uint32_t id, uint32_t *present) {
  sl_flat *flat;
  SL_TRY(flat_of(handle, &flat));
  *present = sl_flat_has(flat, id);
  return SL_OK;
}
// Writes what a host must know of an index that it has loaded; each may be NULL.
int32_t SL_ABI(sl_abi_flat_shape)(sl_handle handle, int32_t *metric, uint32_t *dimension) {
  sl_flat *flat;
  SL_TRY(flat_of(handle, &flat));
  if (metric) *metric = (int32_t)sl_flat_metric(flat);
  if (dimension) *dimension = sl_flat_dimension(flat);
  return SL_OK;
}
int32_t SL_ABI(sl_abi_flat_ids)(sl_handle handle, uint32_t *ids) {
  sl_flat *flat;
  SL_TRY(flat_of(handle, &flat));
  sl_flat_ids(flat, ids);
  return SL_OK;
}
// Writes the number of vectors and the bytes held; each may be NULL.
int32_t SL_ABI(sl_abi_flat_info)(sl_handle handle, uint32_t *size, double *bytes,
                                 double *file_size) {
  sl_flat *flat;
  SL_TRY(flat_of(handle, &flat));
  if (size) *size = sl_flat_size(flat);
  if (bytes) *bytes = (double)sl_flat_bytes(flat);
  if (file_size) *file_size = (double)sl_flat_file_size(flat);
  return SL_OK;
}
int32_t SL_ABI(sl_abi_flat_save)(sl_handle handle, double offset, void *buffer, uint32_t capacity,
                                 uint32_t *written) {
  sl_flat *flat;
  SL_TRY(flat_of(handle, &flat));
  return sl_flat_save(flat, sl_file_offset(offset), buffer, capacity, written);
}

// --- Hnsw ----------------------------------------------------------------------------------------

sl_handle SL_ABI(sl_abi_hnsw_create)(int32_t metric, uint32_t dimension, uint32_t m,
                                     uint32_t ef_construction, uint32_t capacity,
                                     uint32_t max_elements, uint32_t seed, double curvature,
                                     int32_t codes, int32_t exact, uint32_t prefix) {
  sl_hnsw_options options = {.metric = (sl_metric)metric,
                             .dimension = dimension,
                             .m = m,
                             .ef_construction = ef_construction,
                             .capacity = capacity,
                             .max_elements = max_elements,
                             .seed = seed,
                             .curvature = curvature,
                             .codes = (sl_codes)codes,
                             .exact = (sl_exact)exact,
                             .prefix = prefix};
  sl_hnsw *index;
  return sl_hnsw_create(&options, &index) == SL_OK ? keep_hnsw(index) : 0;
}
sl_handle SL_ABI(sl_abi_hnsw_load)(const uint8_t *bytes, uint32_t length, int32_t verify) {
  sl_hnsw *index;
  return sl_hnsw_load(bytes, length, verify != 0, &index) == SL_OK ? keep_hnsw(index) : 0;
}
sl_handle SL_ABI(sl_abi_hnsw_read)(sl_handle handle) {
  sl_reader *reader;
  sl_hnsw *index;
  if (sl_abi_get_reader(handle, &reader) != SL_OK) return 0;
  return sl_hnsw_read(reader, &index) == SL_OK ? keep_hnsw(index) : 0;
}
int32_t SL_ABI(sl_abi_hnsw_destroy)(sl_handle handle) {
  sl_hnsw *index;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_HNSW, (void **)&index));
  sl_hnsw_destroy(index);
  return SL_OK;
}
int32_t SL_ABI(sl_abi_hnsw_freeze)(sl_handle handle) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_freeze(index);
}
int32_t SL_ABI(sl_abi_hnsw_reserve)(sl_handle handle, uint32_t capacity) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_reserve(index, capacity);
}
int32_t SL_ABI(sl_abi_hnsw_add)(sl_handle handle, const uint32_t *ids, const void *vectors,
                                uint32_t count, int32_t duplicate, uint32_t *added) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_add(index, ids, vectors, count, (sl_duplicate)duplicate, added);
}
int32_t SL_ABI(sl_abi_hnsw_stage)(sl_handle handle, uint32_t count, void **rows, uint32_t *stride) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_stage(index, count, rows, stride);
}
int32_t SL_ABI(sl_abi_hnsw_add_staged)(sl_handle handle, const uint32_t *ids, uint32_t count,
                                       uint32_t *added) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_add_staged(index, ids, count, added);
}
int32_t SL_ABI(sl_abi_hnsw_remove)(sl_handle handle, uint32_t id) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_remove(index, id);
}
int32_t SL_ABI(sl_abi_hnsw_remove_many)(sl_handle handle, const uint32_t *ids, uint32_t count,
                                        uint32_t *removed) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_remove_many(index, ids, count, removed);
}
int32_t SL_ABI(sl_abi_hnsw_repair)(sl_handle handle) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_repair(index);
}
int32_t SL_ABI(sl_abi_hnsw_repair_step)(sl_handle handle, uint32_t work, uint32_t *left) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_repair_step(index, work, left);
}
int32_t SL_ABI(sl_abi_hnsw_optimize)(sl_handle handle) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_optimize(index);
}
int32_t SL_ABI(sl_abi_hnsw_shrink)(sl_handle handle) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_shrink(index);
}
// stats: the seven u32 of sl_hnsw_stats, written.
int32_t SL_ABI(sl_abi_hnsw_stats)(sl_handle handle, uint32_t *stats) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_stats_of(index, (sl_hnsw_stats *)stats);
}
int32_t SL_ABI(sl_abi_hnsw_search)(sl_handle handle, const void *queries, uint32_t count,
                                   uint32_t k, uint32_t ef, sl_handle filter_handle, uint32_t *ids,
                                   float *distances, uint32_t *found) {
  sl_hnsw *index;
  sl_filter *filter;
  SL_TRY(hnsw_of(handle, &index));
  SL_TRY(sl_abi_filter_of(filter_handle, &filter));
  return sl_hnsw_search(index, queries, count, k, ef, filter, ids, distances, found);
}
// queries: 0 takes stored vectors.
int32_t SL_ABI(sl_abi_hnsw_recall)(sl_handle handle, const void *queries, uint32_t count,
                                   uint32_t k, uint32_t ef, uint32_t *hits, uint32_t *wanted) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_recall(index, queries, count, k, ef, hits, wanted);
}
int32_t SL_ABI(sl_abi_hnsw_search_radius)(sl_handle handle, const void *query, double radius,
                                          uint32_t most, uint32_t ef, sl_handle filter_handle,
                                          uint32_t *ids, float *distances, uint32_t *found) {
  sl_hnsw *index;
  sl_filter *filter;
  SL_TRY(hnsw_of(handle, &index));
  SL_TRY(sl_abi_filter_of(filter_handle, &filter));
  return sl_hnsw_search_radius(index, query, radius, most, ef, filter, ids, distances, found);
}
int32_t SL_ABI(sl_abi_hnsw_diversify)(sl_handle handle, uint32_t *ids, float *distances,
                                      uint32_t count, uint32_t k, double diversity) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_diversify(index, ids, distances, count, k, diversity);
}
int32_t SL_ABI(sl_abi_hnsw_get)(sl_handle handle, uint32_t id, void *vector) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_get(index, id, vector);
}
int32_t SL_ABI(sl_abi_hnsw_has)(sl_handle handle, uint32_t id, uint32_t *present) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  *present = sl_hnsw_has(index, id);
  return SL_OK;
}
int32_t SL_ABI(sl_abi_hnsw_shape)(sl_handle handle, int32_t *metric, uint32_t *dimension) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  if (metric) *metric = (int32_t)sl_hnsw_metric(index);
  if (dimension) *dimension = sl_hnsw_dimension(index);
  return SL_OK;
}
// Bytes that an index of `count` vectors will hold.
int32_t SL_ABI(sl_abi_hnsw_estimate_bytes)(int32_t metric, uint32_t dimension, uint32_t m,
                                           uint32_t ef_construction, int32_t codes, int32_t exact,
                                           uint32_t count, double *bytes, uint32_t prefix) {
  sl_hnsw_options options = sl_hnsw_options_default();
  uint64_t estimate;
  options.metric = (sl_metric)metric;
  options.dimension = dimension;
  options.m = m;
  options.ef_construction = ef_construction;
  options.codes = (sl_codes)codes;
  options.exact = (sl_exact)exact;
  options.prefix = prefix;
  SL_TRY(sl_hnsw_estimate_bytes(&options, count, &estimate));
  *bytes = (double)estimate;
  return SL_OK;
}
int32_t SL_ABI(sl_abi_hnsw_ids)(sl_handle handle, uint32_t *ids) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  sl_hnsw_ids(index, ids);
  return SL_OK;
}
// Writes the number of vectors, of removed ones whose slots are not free yet, the bytes held and
// the size of the file; each may be NULL.
int32_t SL_ABI(sl_abi_hnsw_info)(sl_handle handle, uint32_t *size, uint32_t *dead, double *bytes,
                                 double *file_size) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  if (size) *size = sl_hnsw_size(index);
  if (dead) *dead = sl_hnsw_dead(index);
  if (bytes) *bytes = (double)sl_hnsw_bytes(index);
  if (file_size) *file_size = (double)sl_hnsw_file_size(index);
  return SL_OK;
}
int32_t SL_ABI(sl_abi_hnsw_save)(sl_handle handle, double offset, void *buffer, uint32_t capacity,
                                 uint32_t *written) {
  sl_hnsw *index;
  SL_TRY(hnsw_of(handle, &index));
  return sl_hnsw_save(index, sl_file_offset(offset), buffer, capacity, written);
}

#ifdef SL_SHARED
// --- Instances on one memory ---------------------------------------------------------------------
// For our own host alone, which passes on addresses that it got here.

// The address by which another instance makes a view of a frozen index. 0 when it is not one.
uint32_t SL_INSTANCE_ABI(sl_instance_hnsw_address)(sl_handle handle) {
  sl_hnsw *index;
  if (hnsw_of(handle, &index) != SL_OK) return 0;
  return sl_hnsw_is_frozen(index) ? (uint32_t)(uintptr_t)index : 0;
}
uint32_t SL_INSTANCE_ABI(sl_instance_flat_address)(sl_handle handle) {
  sl_flat *flat;
  if (flat_of(handle, &flat) != SL_OK) return 0;
  return sl_flat_is_frozen(flat) ? (uint32_t)(uintptr_t)flat : 0;
}
sl_handle SL_INSTANCE_ABI(sl_instance_flat_view)(const sl_flat *flat) {
  sl_flat *view;
  return sl_flat_view(flat, &view) == SL_OK ? keep_flat(view) : 0;
}
sl_handle SL_INSTANCE_ABI(sl_instance_hnsw_view)(const sl_hnsw *index) {
  sl_hnsw *view;
  return sl_hnsw_view(index, &view) == SL_OK ? keep_hnsw(view) : 0;
}
#endif
