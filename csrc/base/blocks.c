#include "base/blocks.h"

#include "base/memory.h"

sl_status sl_blocks_take(sl_blocks *blocks, size_t count, size_t size, bool zero, void **out) {
  *out = NULL;
  SL_REQUIRE(blocks->count < SL_MOST_BLOCKS, SL_ERR_STATE, "memory", "fewer blocks");
  SL_TRY(zero ? sl_alloc_zero(count, size, out) : sl_alloc(count, size, out));
  blocks->block[blocks->count++] = *out;
  blocks->bytes += count * size;
  return SL_OK;
}

void sl_blocks_free(sl_blocks *blocks) {
  while (blocks->count > 0) sl_free(blocks->block[--blocks->count]);
  blocks->bytes = 0;
}
