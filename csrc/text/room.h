// Arrays that grow. Internal to the room.
#ifndef SL_TEXT_ROOM_H
#define SL_TEXT_ROOM_H

#include "base/memory.h"

// Room for `wanted` elements: a half more than there was, so that growing costs O(1) an element.
//   array   read and written: *array stays valid and unchanged on failure
//   Errors: ERR_MEMORY, ERR_OVERFLOW.
static inline sl_status sl_make_room(void **array, size_t size, uint32_t *room, uint32_t wanted) {
  if (wanted <= *room) return SL_OK;
  const uint32_t half = *room / 2;
  uint32_t more = *room > UINT32_MAX - half ? UINT32_MAX : *room + half;
  if (more < wanted) more = wanted;
  if (more < 4) more = 4;
  SL_TRY(sl_realloc(array, more, size));
  *room = more;
  return SL_OK;
}
#define SL_MAKE_ROOM(array, room, wanted)                                                          \
  sl_make_room((void **)(array), sizeof(**(array)), (room), (wanted))

// Room for `count` elements and no more.
static inline sl_status sl_trim_room(void **array, size_t size, uint32_t *room, uint32_t count) {
  if (count == *room || *array == NULL) return SL_OK;
  SL_TRY(sl_realloc(array, count, size));
  *room = count;
  return SL_OK;
}

#endif
