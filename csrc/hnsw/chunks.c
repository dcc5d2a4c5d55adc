#include "hnsw/chunks.h"

#include <string.h>

#include "base/memory.h"

static uint32_t shift_for(uint32_t item_bytes) {
  uint32_t shift = 0;
  while (item_bytes > 0 && (uint64_t)item_bytes << (shift + 1) <= SL_CHUNK_BYTES) shift++;
  return shift;
}

static uint32_t blocks_for(uint32_t shift, uint32_t capacity) {
  return (uint32_t)(((uint64_t)capacity + ((uint64_t)1 << shift) - 1) >> shift);
}

void sl_chunks_init(sl_chunks *chunks, uint32_t item_bytes) {
  uint32_t shift = shift_for(item_bytes);
  *chunks =
      (sl_chunks){.item_bytes = item_bytes, .shift = shift, .mask = ((uint32_t)1 << shift) - 1};
}

void sl_chunks_free(sl_chunks *chunks) {
  for (uint32_t i = 0; i < blocks_for(chunks->shift, chunks->capacity); i++) {
    sl_free(chunks->blocks[i]);
  }
  sl_free(chunks->blocks);
  sl_chunks_init(chunks, chunks->item_bytes);
}

// Gives block i room for the items up to `capacity`, and no more than a block has.
static sl_status size_block(sl_chunks *chunks, uint32_t i, uint32_t capacity) {
  uint32_t most = chunks->mask + 1, before = i << chunks->shift;
  uint32_t items = capacity - before < most ? capacity - before : most;
  return sl_realloc((void **)&chunks->blocks[i], items, chunks->item_bytes);
}

sl_status sl_chunks_reserve(sl_chunks *chunks, uint32_t capacity) {
  if (capacity <= chunks->capacity || chunks->item_bytes == 0) return SL_OK;
  uint32_t have = blocks_for(chunks->shift, chunks->capacity);
  uint32_t count = blocks_for(chunks->shift, capacity);
  if (count > chunks->blocks_room) {
    uint32_t room = count + count / 2;
    SL_TRY(SL_REALLOC(&chunks->blocks, room));
    memset(chunks->blocks + have, 0, (size_t)(room - have) * sizeof *chunks->blocks);
    chunks->blocks_room = room;
  }
  // The last block may be a short one.
  for (uint32_t i = have > 0 ? have - 1 : 0; i < count; i++) {
    SL_TRY(size_block(chunks, i, capacity));
    uint32_t end = (i + 1) << chunks->shift;
    chunks->capacity = i + 1 < count ? end : capacity;
  }
  return SL_OK;
}

uint32_t sl_chunks_next(const sl_chunks *chunks) {
  uint32_t block = chunks->mask + 1, now = chunks->capacity;
  if (now >= block) return (now / block + 1) * block;
  uint32_t more = now + now / 2 + 16;
  return more < block ? more : block;
}

sl_status sl_chunks_reach(sl_chunks *chunks, uint32_t i, uint32_t count) {
  if (i < chunks->capacity) return SL_OK;
  uint32_t next = (i / (chunks->mask + 1) + 1) * (chunks->mask + 1);
  return sl_chunks_reserve(chunks, next < count ? next : count);
}

sl_status sl_chunks_trim(sl_chunks *chunks, uint32_t capacity) {
  if (capacity >= chunks->capacity) return SL_OK;
  uint32_t have = blocks_for(chunks->shift, chunks->capacity);
  uint32_t count = blocks_for(chunks->shift, capacity);
  for (uint32_t i = count; i < have; i++) {
    sl_free(chunks->blocks[i]);
    chunks->blocks[i] = NULL;
  }
  if (have > count) {
    chunks->capacity = count << chunks->shift;
    if (count == 0) {
      sl_chunks_free(chunks);
      return SL_OK;
    }
  }
  SL_TRY(size_block(chunks, count - 1, capacity));
  chunks->capacity = capacity;
  return SL_OK;
}

uint64_t sl_chunks_bytes(const sl_chunks *chunks) {
  return (uint64_t)chunks->capacity * chunks->item_bytes +
         (uint64_t)chunks->blocks_room * sizeof *chunks->blocks;
}

uint64_t sl_chunks_bytes_for(uint32_t item_bytes, uint32_t capacity) {
  if (item_bytes == 0) return 0;
  uint32_t count = blocks_for(shift_for(item_bytes), capacity);
  return (uint64_t)capacity * item_bytes + (uint64_t)count * sizeof(unsigned char *);
}
