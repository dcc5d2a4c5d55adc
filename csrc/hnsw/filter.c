#include "hnsw/filter.h"

#include <string.h>

#include "base/memory.h"

sl_status sl_filter_create(const uint32_t *ids, uint32_t count, sl_filter **out) {
  *out = NULL;
  sl_filter *filter;
  SL_TRY(SL_ALLOC_ZERO(&filter, 1));
  sl_status status = SL_ALLOC(&filter->ids, count);
  if (status != SL_OK) {
    sl_free(filter);
    return status;
  }
  if (count > 0) memcpy(filter->ids, ids, (size_t)count * sizeof *ids);
  filter->count = count;
  *out = filter;
  return SL_OK;
}

sl_status sl_filter_from_bits(const uint8_t *bits, uint32_t bytes, sl_filter **out) {
  *out = NULL;
  SL_REQUIRE(bytes <= 1u << 29, SL_ERR_OVERFLOW, "bits", "at most 2^29 bytes: a bit for each id");
  uint64_t count = 0;
  for (uint32_t i = 0; i < bytes; i++) count += (uint64_t)__builtin_popcount(bits[i]);
  SL_REQUIRE(count <= UINT32_MAX, SL_ERR_OVERFLOW, "bits", "less than 2^32 ids");
  SL_TRY(sl_filter_create(NULL, 0, out));
  sl_status status = SL_REALLOC(&(*out)->ids, (size_t)count);
  if (status != SL_OK) {
    sl_filter_destroy(*out);
    *out = NULL;
    return status;
  }
  for (uint32_t i = 0; i < bytes; i++) {
    for (uint32_t rest = bits[i]; rest != 0; rest &= rest - 1) {
      (*out)->ids[(*out)->count++] = 8 * i + (uint32_t)__builtin_ctz(rest);
    }
  }
  return SL_OK;
}

void sl_filter_destroy(sl_filter *filter) {
  if (filter == NULL) return;
  sl_free(filter->ids);
  sl_free(filter->bits);
  sl_free(filter->nodes);
  sl_free(filter);
}

sl_status sl_filter_bind_to(sl_filter *filter, uint64_t version, uint32_t used, sl_find_slot find,
                            const void *index) {
  if (filter->version == version) return SL_OK;
  uint32_t words = used / 64 + 1;
  if (words > filter->words) {
    SL_TRY(SL_REALLOC(&filter->bits, words));
    filter->words = words;
  }
  memset(filter->bits, 0, (size_t)filter->words * sizeof *filter->bits);
  for (uint32_t i = 0; i < filter->count; i++) {
    uint32_t slot = find(index, filter->ids[i]);
    if (slot != SL_NO_SLOT) filter->bits[slot >> 6] |= (uint64_t)1 << (slot & 63);
  }
  filter->allowed = (uint32_t)sl_popcount(filter->bits, filter->words);
  filter->version = version;
  return SL_OK;
}

static uint32_t find_in_store(const void *store, uint32_t id) { return sl_store_find(store, id); }

sl_status sl_filter_bind(sl_filter *filter, const sl_store *store) {
  return sl_filter_bind_to(filter, store->version, store->used, find_in_store, store);
}

void sl_filter_ids(const sl_filter *filter, uint32_t *ids) {
  if (filter->count > 0) memcpy(ids, filter->ids, (size_t)filter->count * sizeof *ids);
}

uint64_t sl_filter_bytes(const sl_filter *filter) {
  return sizeof *filter + 4 * (uint64_t)filter->count +
         8 * ((uint64_t)filter->words + filter->nodes_words);
}
