// Raw ABI of property/property.h.
#include "base/abi_container.h"
#include "base/abi_job.h"

#include "property/property.h"

static const sl_kind SL_HANDLE_PROPERTY[1] = {{"the handle of a property graph"}};

static sl_status get(sl_handle handle, sl_property **out) {
  return sl_handle_get(handle, SL_HANDLE_PROPERTY, (void **)out);
}

static sl_status get_query(sl_handle handle, sl_property_query **out) {
  return sl_abi_job_get(handle, &sl_property_kind, out);
}

static sl_handle give(sl_status status, sl_property *graph) {
  sl_handle handle = 0;
  if (status == SL_OK && sl_handle_create(SL_HANDLE_PROPERTY, graph, &handle) != SL_OK)
    sl_property_destroy(graph);
  return handle;
}

// The handle of an empty graph, or 0.
sl_handle SL_ABI(sl_abi_property_create)(void) {
  sl_property *graph = NULL;
  return give(sl_property_create(&graph), graph);
}

int32_t SL_ABI(sl_abi_property_destroy)(sl_handle handle) {
  sl_property *graph;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_PROPERTY, (void **)&graph));
  sl_property_destroy(graph);
  return SL_OK;
}

// as: sl_property_as. The handle of a snapshot or transaction, which is used as a graph, or 0.
sl_handle SL_ABI(sl_abi_property_view)(sl_handle handle, int32_t as) {
  sl_property *graph, *view = NULL;
  if (get(handle, &graph) != SL_OK) return 0;
  return give(sl_property_view(graph, as, &view), view);
}

// numbers: 8, written.
int32_t SL_ABI(sl_abi_property_commit)(sl_handle handle, double *numbers) {
  sl_property *graph;
  SL_TRY(get(handle, &graph));
  return sl_property_commit(graph, numbers);
}

int32_t SL_ABI(sl_abi_property_roll_back)(sl_handle handle) {
  sl_property *graph;
  SL_TRY(get(handle, &graph));
  return sl_property_roll_back(graph);
}

// numbers: 12, written.
int32_t SL_ABI(sl_abi_property_facts)(sl_handle handle, double *numbers) {
  sl_property *graph;
  SL_TRY(get(handle, &graph));
  sl_property_facts(graph, numbers);
  return SL_OK;
}

// size: 13, read.
double SL_ABI(sl_abi_property_estimate)(const double *size) { return sl_property_estimate(size); }

// labels: parted by line feeds. first: a u32, written.
int32_t SL_ABI(sl_abi_property_add_nodes)(sl_handle handle, const uint8_t *labels,
                                          uint32_t label_bytes, uint32_t count, uint32_t *first) {
  sl_property *graph;
  SL_TRY(get(handle, &graph));
  return sl_property_add_nodes(graph, labels, label_bytes, count, first);
}

int32_t SL_ABI(sl_abi_property_add_relationships)(sl_handle handle, const uint8_t *type,
                                                  uint32_t type_bytes, const uint32_t *from,
                                                  const uint32_t *to, uint32_t count,
                                                  uint32_t *first) {
  sl_property *graph;
  SL_TRY(get(handle, &graph));
  return sl_property_add_relationships(graph, type, type_bytes, from, to, count, first);
}

int32_t SL_ABI(sl_abi_property_set_column)(sl_handle handle, int32_t relationships, uint32_t first,
                                           uint32_t count, const uint8_t *key, uint32_t key_bytes,
                                           int32_t kind, const void *numbers,
                                           const uint8_t *present, const uint8_t *values,
                                           uint32_t value_bytes) {
  sl_property *graph;
  SL_TRY(get(handle, &graph));
  return sl_property_set_column(graph, relationships != 0, first, count, key, key_bytes,
                                (sl_column_kind)kind, numbers, present, values, value_bytes);
}

int32_t SL_ABI(sl_abi_property_compact)(sl_handle handle) {
  sl_property *graph;
  SL_TRY(get(handle, &graph));
  return sl_property_compact(graph);
}

int32_t SL_ABI(sl_abi_property_define)(sl_handle handle, const uint8_t *signature,
                                       uint32_t signature_bytes, const uint8_t *rows,
                                       uint32_t row_bytes) {
  sl_property *graph;
  SL_TRY(get(handle, &graph));
  return sl_property_define(graph, signature, signature_bytes, rows, row_bytes);
}

// Why the last query of the graph was refused or failed. numbers: 9, written.
int32_t SL_ABI(sl_abi_property_problem)(sl_handle handle, double *numbers) {
  sl_property *graph;
  SL_TRY(get(handle, &graph));
  sl_property_problem(graph, numbers);
  return SL_OK;
}

// The handle of a query, or 0.
sl_handle SL_ABI(sl_abi_property_prepare)(sl_handle handle, const uint8_t *text,
                                          uint32_t text_bytes) {
  sl_property *graph;
  sl_property_query *query;
  if (get(handle, &graph) != SL_OK) return 0;
  if (sl_property_prepare(graph, text, text_bytes, &query) != SL_OK) return 0;
  return sl_abi_job_register(sl_property_job(query), handle, SL_HANDLE_PROPERTY);
}

int32_t SL_ABI(sl_abi_property_query_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_property_kind);
}

// most: any number >= 0; after begin.
int32_t SL_ABI(sl_abi_property_limit)(sl_handle handle, double most) {
  sl_property_query *query;
  uint64_t number;
  SL_TRY(get_query(handle, &query));
  SL_TRY(sl_abi_count(most, "most", &number));
  sl_property_limit(query, number);
  return SL_OK;
}

// most_rows: any number >= 0. Begins; then sl_abi_job_step and sl_abi_property_take.
int32_t SL_ABI(sl_abi_property_begin)(sl_handle handle, const uint8_t *parameters,
                                      uint32_t parameter_bytes, double most_rows, double now,
                                      double seed) {
  sl_property_query *query;
  uint64_t most, number;
  SL_TRY(get_query(handle, &query));
  SL_TRY(sl_abi_count(most_rows, "most_rows", &most));
  SL_TRY(sl_abi_count(seed, "seed", &number));
  return sl_property_begin(query, parameters, parameter_bytes, most, now, number);
}

// Begins, and one step of `work`. numbers: four, written.
int32_t SL_ABI(sl_abi_property_ask)(sl_handle handle, const uint8_t *parameters,
                                    uint32_t parameter_bytes, double most_rows, double now,
                                    double seed, double work, double *numbers) {
  sl_property_query *query;
  uint64_t most, number, units;
  SL_TRY(get_query(handle, &query));
  SL_TRY(sl_abi_count(most_rows, "most_rows", &most));
  SL_TRY(sl_abi_count(seed, "seed", &number));
  SL_TRY(sl_abi_count(work, "work", &units));
  return sl_property_ask(query, parameters, parameter_bytes, most, now, number, units, numbers);
}

// numbers: three, written.
int32_t SL_ABI(sl_abi_property_take)(sl_handle handle, double *numbers) {
  sl_property_query *query;
  SL_TRY(get_query(handle, &query));
  sl_property_take(query, numbers);
  return SL_OK;
}

// numbers: four, written.
int32_t SL_ABI(sl_abi_property_wanted)(sl_handle handle, double *numbers) {
  sl_property_query *query;
  SL_TRY(get_query(handle, &query));
  return sl_property_wanted(query, numbers);
}

int32_t SL_ABI(sl_abi_property_answer)(sl_handle handle, const uint8_t *rows, uint32_t row_bytes) {
  sl_property_query *query;
  SL_TRY(get_query(handle, &query));
  return sl_property_answer(query, rows, row_bytes);
}

// ids: a u32 for each node, written. count: a u32, written.
int32_t SL_ABI(sl_abi_property_list_nodes)(sl_handle handle, const uint8_t *label,
                                           uint32_t label_bytes, uint32_t *ids, uint32_t *count) {
  sl_property *graph;
  SL_TRY(get(handle, &graph));
  sl_property_list_nodes(graph, label, label_bytes, ids, count);
  return SL_OK;
}

// ids, from, to: a u32 for each relationship, weights: an f64, written. count: a u32, written.
int32_t SL_ABI(sl_abi_property_list_relationships)(sl_handle handle, const uint8_t *type,
                                                   uint32_t type_bytes, const uint8_t *key,
                                                   uint32_t key_bytes, uint32_t *ids,
                                                   uint32_t *from, uint32_t *to, double *weights,
                                                   uint32_t *count) {
  sl_property *graph;
  SL_TRY(get(handle, &graph));
  sl_property_list_relationships(graph, type, type_bytes, key, key_bytes, ids, from, to, weights,
                                 count);
  return SL_OK;
}

// numbers: 12, written.
int32_t SL_ABI(sl_abi_property_query_facts)(sl_handle handle, double *numbers) {
  sl_property_query *query;
  SL_TRY(get_query(handle, &query));
  sl_property_query_facts(query, numbers);
  return SL_OK;
}

// numbers: two, written.
int32_t SL_ABI(sl_abi_property_columns)(sl_handle handle, double *numbers) {
  sl_property_query *query;
  SL_TRY(get_query(handle, &query));
  return sl_property_columns(query, numbers);
}

// numbers: two, written.
int32_t SL_ABI(sl_abi_property_explain)(sl_handle handle, double *numbers) {
  sl_property_query *query;
  SL_TRY(get_query(handle, &query));
  return sl_property_explain(query, numbers);
}

// numbers: two, written.
int32_t SL_ABI(sl_abi_property_profile)(sl_handle handle, double *numbers) {
  sl_property_query *query;
  SL_TRY(get_query(handle, &query));
  return sl_property_profile(query, numbers);
}

// The handle of a writer, or 0.
sl_handle SL_ABI(sl_abi_property_save)(sl_handle handle) {
  sl_property *graph;
  sl_writer *writer = NULL;
  if (get(handle, &graph) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_property_save(graph, &writer), writer, handle,
                                SL_HANDLE_PROPERTY);
}

// before: the handle of an older snapshot, or 0. The handle of a writer, or 0.
sl_handle SL_ABI(sl_abi_property_save_since)(sl_handle handle, sl_handle before_handle) {
  sl_property *graph, *before = NULL;
  sl_writer *writer = NULL;
  if (get(handle, &graph) != SL_OK) return 0;
  if (before_handle != 0 && get(before_handle, &before) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_property_save_since(graph, before, &writer), writer, handle,
                                SL_HANDLE_PROPERTY);
}

// The reader stays and is to be destroyed.
int32_t SL_ABI(sl_abi_property_apply)(sl_handle handle, sl_handle reader_handle) {
  sl_property *graph;
  sl_reader *reader;
  SL_TRY(get(handle, &graph));
  SL_TRY(sl_abi_get_reader(reader_handle, &reader));
  return sl_property_apply(graph, reader);
}

// The graph, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_property_load)(sl_handle reader_handle) {
  sl_reader *reader;
  sl_property *graph = NULL;
  if (sl_abi_get_reader(reader_handle, &reader) != SL_OK) return 0;
  return give(sl_property_load(reader, &graph), graph);
}
