#include "base/handle.h"

#include "base/memory.h"

typedef struct slot {
  void *object;
  uint16_t generation;
  uint16_t kind;
  uint32_t next_free;
} slot;

#define NO_SLOT UINT32_MAX
#define MAX_SLOTS 65536u

static slot *slots = NULL;
static uint32_t capacity = 0;
static uint32_t live = 0;
static uint32_t first_free = NO_SLOT;
// Survives the table: a new table must not hand out a handle that an old one gave.
static uint16_t generation_floor = 0;

static sl_status grow(void) {
  uint32_t wanted = capacity == 0 ? 16 : capacity * 2;
  SL_REQUIRE(capacity < MAX_SLOTS, SL_ERR_OVERFLOW, "handle", "at most 65536 live objects");
  SL_TRY(SL_REALLOC(&slots, wanted));
  for (uint32_t i = wanted; i-- > capacity;) {
    slots[i] = (slot){NULL, generation_floor, SL_HANDLE_FREE, first_free};
    first_free = i;
  }
  capacity = wanted;
  return SL_OK;
}

sl_status sl_handle_create(sl_handle_kind kind, void *object, sl_handle *out) {
  *out = 0;
  if (first_free == NO_SLOT) SL_TRY(grow());
  uint32_t index = first_free;
  slot *entry = &slots[index];
  first_free = entry->next_free;
  // Generation 0 is skipped so that slot 0 never yields the null handle.
  entry->generation = entry->generation == UINT16_MAX ? 1 : (uint16_t)(entry->generation + 1);
  entry->object = object;
  entry->kind = (uint16_t)kind;
  live++;
  *out = (uint32_t)entry->generation << 16 | index;
  return SL_OK;
}

static slot *find(sl_handle handle, sl_handle_kind kind) {
  uint32_t index = handle & 0xffff;
  if (handle == 0 || index >= capacity) return NULL;
  slot *entry = &slots[index];
  return entry->kind == kind && entry->generation == handle >> 16 ? entry : NULL;
}

sl_status sl_handle_get(sl_handle handle, sl_handle_kind kind, void **out) {
  slot *entry = find(handle, kind);
  *out = entry ? entry->object : NULL;
  SL_REQUIRE(entry, SL_ERR_HANDLE, "handle", "a live handle of this kind");
  return SL_OK;
}

sl_status sl_handle_release(sl_handle handle, sl_handle_kind kind, void **out) {
  SL_TRY(sl_handle_get(handle, kind, out));
  uint32_t index = handle & 0xffff;
  slot *entry = &slots[index];
  entry->object = NULL;
  entry->kind = SL_HANDLE_FREE;
  entry->next_free = first_free;
  first_free = index;
  if (entry->generation > generation_floor) generation_floor = entry->generation;
  if (--live == 0) {
    sl_free(slots);
    slots = NULL;
    capacity = 0;
    first_free = NO_SLOT;
  }
  return SL_OK;
}

uint32_t sl_handle_count(void) { return live; }
