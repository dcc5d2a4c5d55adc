// Raw ABI of format/segments.h, format/hash_tree.h, format/publish.h and format/remote.h.
#include "base/abi.h"

#include "base/abi_job.h"
#include "format/hash_tree.h"
#include "format/publish.h"
#include "format/remote.h"
#include "format/segments.h"

static const sl_kind SL_HANDLE_REMOTE[1] = {{"the handle of a remote index"}};
static const sl_kind SL_HANDLE_REMOTE_SEARCH[1] = {{"the handle of a search in a remote index"}};

static sl_status get(sl_handle handle, sl_remote **out) {
  return sl_handle_get(handle, SL_HANDLE_REMOTE, (void **)out);
}
static sl_status get_search(sl_handle handle, sl_remote_search **out) {
  return sl_handle_get(handle, SL_HANDLE_REMOTE_SEARCH, (void **)out);
}

// ---- files ----------------------------------------------------------------------------------------

// bytes: count, read; kind: four letters or 0; length: of the file, 0 where it is not known.
int32_t SL_ABI(sl_abi_segments_check)(const uint8_t *bytes, size_t count, uint32_t kind,
                                      double length) {
  return sl_segments_check(bytes, count, kind, length);
}

// head: 64 + 128 * segments bytes, read and written.
int32_t SL_ABI(sl_abi_segments_seal)(uint8_t *head, uint32_t kind, uint32_t segments) {
  return sl_segments_seal(head, kind, segments);
}

// data: count, read; hashes: 32 for each block, written, or 0; root: 32, written.
int32_t SL_ABI(sl_abi_hash_tree_blocks)(const uint8_t *data, size_t count, uint32_t block,
                                        uint8_t *hashes, uint8_t *root) {
  return sl_hash_tree_blocks(data, count, block, hashes, root);
}

// hashes: 32 * count bytes, read; root: 32, written.
int32_t SL_ABI(sl_abi_hash_tree_root)(const uint8_t *hashes, size_t count, uint8_t *root) {
  sl_hash_tree_root(hashes, count, root);
  return SL_OK;
}

// data: count, read; hash: 32 bytes, read.
int32_t SL_ABI(sl_abi_hash_tree_check)(const uint8_t *data, size_t count, const uint8_t *hash) {
  return sl_hash_tree_check(data, count, hash);
}

// ---- writing an index -----------------------------------------------------------------------------

// 0 after a failure. publishing: four doubles, the options of format/publish.h.
sl_handle SL_ABI(sl_abi_publish_create)(uint32_t rows, uint32_t dimension,
                                        const double *publishing) {
  sl_publish *made;
  if (sl_publish_create(rows, dimension, publishing, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_publish_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_publish_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_publish_kind);
}

// vectors: count * dimension f32, read.
int32_t SL_ABI(sl_abi_publish_add)(sl_handle handle, const float *vectors, uint32_t count) {
  sl_publish *p;
  SL_TRY(sl_abi_job_get(handle, &sl_publish_kind, &p));
  return sl_publish_add(p, vectors, count);
}

// keys: count bytes, read; lengths: a u32 for each row, read; kind: 1 or 2.
int32_t SL_ABI(sl_abi_publish_keys)(sl_handle handle, const uint8_t *keys, size_t count,
                                    const uint32_t *lengths, uint32_t kind) {
  sl_publish *p;
  SL_TRY(sl_abi_job_get(handle, &sl_publish_kind, &p));
  return sl_publish_keys(p, keys, count, lengths, kind);
}

int32_t SL_ABI(sl_abi_publish_begin)(sl_handle handle) {
  sl_publish *p;
  SL_TRY(sl_abi_job_get(handle, &sl_publish_kind, &p));
  return sl_publish_begin(p);
}

// numbers: 26 doubles, written.
int32_t SL_ABI(sl_abi_publish_read)(sl_handle handle, double *numbers) {
  sl_publish *p;
  SL_TRY(sl_abi_job_get(handle, &sl_publish_kind, &p));
  return sl_publish_read(p, numbers);
}

// ---- reading one ----------------------------------------------------------------------------------

// 0 after a failure. bytes: count, read: the head of the file.
sl_handle SL_ABI(sl_abi_remote_create)(const uint8_t *bytes, size_t count, uint32_t verify) {
  sl_remote *made;
  sl_handle handle = 0;
  if (sl_remote_create(bytes, count, verify, &made) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_REMOTE, made, &handle) != SL_OK) sl_remote_destroy(made);
  return handle;
}

int32_t SL_ABI(sl_abi_remote_destroy)(sl_handle handle) {
  sl_remote *r;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_REMOTE, (void **)&r));
  sl_remote_destroy(r);
  return SL_OK;
}

// numbers: 16 doubles, written.
int32_t SL_ABI(sl_abi_remote_read)(sl_handle handle, double *numbers) {
  sl_remote *r;
  SL_TRY(get(handle, &r));
  sl_remote_read(r, numbers);
  return SL_OK;
}

// place: four doubles, written.
int32_t SL_ABI(sl_abi_remote_place)(sl_handle handle, uint32_t cell, double *place) {
  sl_remote *r;
  SL_TRY(get(handle, &r));
  return sl_remote_place(r, cell, place);
}

// place: two doubles, written. block: block_length, read: of the cell.
int32_t SL_ABI(sl_abi_remote_group)(sl_handle handle, uint32_t cell, const uint8_t *block,
                                    size_t block_length, uint32_t group, double *place) {
  sl_remote *r;
  SL_TRY(get(handle, &r));
  return sl_remote_group(r, cell, block, block_length, group, place);
}

int32_t SL_ABI(sl_abi_remote_check_cell)(sl_handle handle, uint32_t cell, const uint8_t *block,
                                         size_t block_length) {
  sl_remote *r;
  SL_TRY(get(handle, &r));
  return sl_remote_check_cell(r, cell, block, block_length);
}

// details: details_length, read: of the group.
int32_t SL_ABI(sl_abi_remote_check_group)(sl_handle handle, uint32_t cell, const uint8_t *block,
                                          size_t block_length, uint32_t group,
                                          const uint8_t *details, size_t details_length) {
  sl_remote *r;
  SL_TRY(get(handle, &r));
  return sl_remote_check_group(r, cell, block, block_length, group, details, details_length);
}

// place: two doubles, written.
int32_t SL_ABI(sl_abi_remote_key)(sl_handle handle, uint32_t cell, uint32_t entry,
                                  const uint8_t *details, size_t details_length, double *place) {
  sl_remote *r;
  SL_TRY(get(handle, &r));
  return sl_remote_key(r, cell, entry, details, details_length, place);
}

// ---- searching it ---------------------------------------------------------------------------------

// 0 after a failure. query: dimension f32, read.
sl_handle SL_ABI(sl_abi_remote_search_create)(sl_handle remote, const float *query,
                                              uint32_t dimension) {
  sl_remote *r;
  sl_remote_search *made;
  sl_handle handle = 0;
  if (get(remote, &r) != SL_OK) return 0;
  if (sl_remote_search_create(r, query, dimension, &made) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_REMOTE_SEARCH, made, &handle) != SL_OK)
    sl_remote_search_destroy(made);
  return handle;
}

int32_t SL_ABI(sl_abi_remote_search_destroy)(sl_handle handle) {
  sl_remote_search *s;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_REMOTE_SEARCH, (void **)&s));
  sl_remote_search_destroy(s);
  return SL_OK;
}

// cells: `most` u32, written; found: u32, written.
int32_t SL_ABI(sl_abi_remote_search_cells)(sl_handle handle, uint32_t most, uint32_t *cells,
                                           uint32_t *found) {
  sl_remote_search *s;
  SL_TRY(get_search(handle, &s));
  return sl_remote_search_cells(s, most, cells, found);
}

// allowed: a byte for each entry of the cell, read, or 0.
int32_t SL_ABI(sl_abi_remote_search_scan)(sl_handle handle, uint32_t cell, const uint8_t *block,
                                          size_t block_length, const uint8_t *allowed) {
  sl_remote_search *s;
  SL_TRY(get_search(handle, &s));
  return sl_remote_search_scan(s, cell, block, block_length, allowed);
}

// cells, entries: max(k, most) u32 each, written; found: u32, written.
int32_t SL_ABI(sl_abi_remote_search_pick)(sl_handle handle, uint32_t k, uint32_t most,
                                          uint32_t *cells, uint32_t *entries, uint32_t *found) {
  sl_remote_search *s;
  SL_TRY(get_search(handle, &s));
  return sl_remote_search_pick(s, k, most, cells, entries, found);
}

int32_t SL_ABI(sl_abi_remote_search_refine)(sl_handle handle, uint32_t cell, uint32_t group,
                                            const uint8_t *details, size_t details_length) {
  sl_remote_search *s;
  SL_TRY(get_search(handle, &s));
  return sl_remote_search_refine(s, cell, group, details, details_length);
}

// ids, cells, entries: k u32 each, distances: k f32, written; found: u32, written.
int32_t SL_ABI(sl_abi_remote_search_results)(sl_handle handle, uint32_t k, uint32_t *ids,
                                             float *distances, uint32_t *cells, uint32_t *entries,
                                             uint32_t *found) {
  sl_remote_search *s;
  SL_TRY(get_search(handle, &s));
  return sl_remote_search_results(s, k, ids, distances, cells, entries, found);
}
