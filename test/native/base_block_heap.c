// The heap of an instance: blocks that do not overlap, from pieces that come one after another.
#include "check.h"

#include <string.h>

#include "base/block_heap.h"
#include "base/rng.h"

enum { BLOCKS = 200, PIECE = 4096, SPACE = 1 << 20 };

// Where pieces come from: one behind the other, or with holes that are somebody else's.
static _Alignas(16) unsigned char space[SPACE];
static size_t given, hole, most;

static void *give_piece(size_t *bytes) {
  size_t wanted = (*bytes + PIECE - 1) / PIECE * PIECE;
  if (given + hole + wanted > most) return NULL;
  given += hole;
  memset(space + given - hole, 0xee, hole);
  void *piece = space + given;
  given += wanted;
  *bytes = wanted;
  return piece;
}

static sl_block_heap *begin(size_t holes, size_t limit) {
  given = PIECE;
  hole = holes;
  most = limit;
  return sl_block_heap_create(space, PIECE, give_piece);
}

static void check_bytes(const unsigned char *block, size_t bytes, unsigned char value) {
  for (size_t i = 0; i < bytes; i++) assert_int_equal(block[i], value);
}

static void take_and_give(size_t holes) {
  sl_block_heap *heap = begin(holes, SPACE);
  unsigned char *blocks[BLOCKS] = {0};
  size_t sizes[BLOCKS];
  sl_rng rng;
  sl_rng_seed(&rng, holes);
  for (int i = 0; i < SL_TRIES(50000); i++) {
    uint32_t at = sl_rng_below(&rng, BLOCKS);
    if (blocks[at] != NULL) {
      check_bytes(blocks[at], sizes[at], (unsigned char)at);
      sl_block_heap_give(heap, blocks[at]);
      blocks[at] = NULL;
      continue;
    }
    sizes[at] = sl_rng_below(&rng, sl_rng_below(&rng, 10) == 0 ? 9000 : 200);
    blocks[at] = sl_block_heap_take(heap, sizes[at]);
    assert_non_null(blocks[at]);
    assert_int_equal((uintptr_t)blocks[at] % 16, 0);
    memset(blocks[at], (int)at, sizes[at]);
  }
  for (uint32_t at = 0; at < BLOCKS; at++) {
    if (blocks[at] == NULL) continue;
    check_bytes(blocks[at], sizes[at], (unsigned char)at);
    sl_block_heap_give(heap, blocks[at]);
  }
  // All is free again: as much as came fits into one block where there were no holes.
  most = 0;
  if (holes == 0) {
    void *all = sl_block_heap_take(heap, given - sizeof(sl_block_heap) - 80);
    assert_non_null(all);
    sl_block_heap_give(heap, all);
  }
  // Between the pieces nothing was touched, nor behind the last one.
  check_bytes(space + given, SPACE - given, 0);
  memset(space, 0, given);
}

static void blocks_keep_their_bytes(void **state) {
  (void)state;
  take_and_give(0);
  take_and_give(PIECE);
}

static void pieces_that_end_are_no_crash(void **state) {
  (void)state;
  sl_block_heap *heap = begin(0, 4 * PIECE);
  assert_null(sl_block_heap_take(heap, 5 * PIECE));
  assert_null(sl_block_heap_take(heap, SIZE_MAX));
  assert_null(sl_block_heap_take(heap, SIZE_MAX - 15));
  void *last = NULL;
  uint32_t count = 0;
  for (void *block; (block = sl_block_heap_take(heap, 100)) != NULL; count++) {
    if (last != NULL) assert_true(block != last);
    last = block;
  }
  assert_true(count > 90 && given == 4 * PIECE);
  sl_block_heap_give(heap, last);
  assert_ptr_equal(sl_block_heap_take(heap, 100), last);
  memset(space, 0, SPACE);
}

static void a_heap_that_is_empty_serves_again(void **state) {
  (void)state;
  sl_block_heap *heap = begin(0, SPACE);
  void *block = sl_block_heap_take(heap, 3 * PIECE);
  sl_block_heap_give(heap, block);
  size_t before = given;
  // Whoever comes next at this place finds the pieces as well.
  sl_block_heap *again = (sl_block_heap *)space;
  assert_ptr_equal(sl_block_heap_take(again, 3 * PIECE), block);
  assert_int_equal(given, before);
  memset(space, 0, SPACE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(blocks_keep_their_bytes),
      property(pieces_that_end_are_no_crash),
      property(a_heap_that_is_empty_serves_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
