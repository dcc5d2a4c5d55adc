#include "base/handle.h"

#include "base/instance.h"
#include "base/memory.h"

typedef struct entry {
  sl_handle handle;
  sl_handle_kind kind; // NULL: released
  void *object;
} entry;

// Ascending by handle, because new ones go to the end.
static SL_INSTANCE entry *entries = NULL;
static SL_INSTANCE uint32_t capacity = 0, used = 0, live = 0;
// Survives the table: a new table must not give what an old one gave.
static SL_INSTANCE sl_handle last = 0;

// Drops what was released.
static void compact(void) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < used; i++) {
    if (entries[i].kind != NULL) entries[kept++] = entries[i];
  }
  used = kept;
}

static sl_status make_room(void) {
  if (used < capacity) return SL_OK;
  // Half of it at least is free afterwards, or it has become twice as large: O(1) amortised.
  if (live <= capacity / 2 && capacity > 0) {
    compact();
    return SL_OK;
  }
  uint32_t wanted = capacity == 0 ? 16 : capacity * 2;
  SL_TRY(SL_REALLOC(&entries, wanted));
  capacity = wanted;
  return SL_OK;
}

sl_status sl_handle_create(sl_handle_kind kind, void *object, sl_handle *out) {
  *out = 0;
  SL_REQUIRE(last < UINT32_MAX, SL_ERR_OVERFLOW, "handle", "a new module: its handles are used up");
  SL_TRY(make_room());
  *out = ++last;
  entries[used++] = (entry){last, kind, object};
  live++;
  return SL_OK;
}

static entry *find(sl_handle handle, sl_handle_kind kind) {
  entry *at = entries;
  for (uint32_t n = used; n > 1;) {
    uint32_t half = n / 2;
    if (at[half].handle <= handle) at += half;
    n -= half;
  }
  return used > 0 && at->handle == handle && at->kind == kind ? at : NULL;
}

sl_status sl_handle_get(sl_handle handle, sl_handle_kind kind, void **out) {
  entry *found = find(handle, kind);
  *out = found != NULL ? found->object : NULL;
  SL_REQUIRE(found != NULL, SL_ERR_HANDLE, "handle", kind->expected);
  return SL_OK;
}

sl_status sl_handle_release(sl_handle handle, sl_handle_kind kind, void **out) {
  SL_TRY(sl_handle_get(handle, kind, out));
  find(handle, kind)->kind = NULL;
  if (--live == 0) {
    sl_free(entries);
    entries = NULL;
    capacity = used = 0;
  }
  return SL_OK;
}

uint32_t sl_handle_count(void) { return live; }
