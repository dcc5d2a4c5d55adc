// A set of byte strings that are numbered in the order in which they came, each with a value. Internal
// to the room.
#ifndef SL_TEXT_LEXICON_H
#define SL_TEXT_LEXICON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SL_NO_ENTRY UINT32_MAX

typedef struct sl_lexeme {
  uint32_t at, length; // of its bytes in the pool
  uint32_t hash;
  uint32_t value; // the owner's
} sl_lexeme;

// Zeroed: empty.
typedef struct sl_lexicon {
  uint8_t *pool;
  uint32_t pool_used, pool_room;
  sl_lexeme *entries;
  uint32_t count, room;
  uint32_t *table; // entry + 1, 0: free
  uint32_t table_room;
  uint32_t *order; // entries by their bytes; the first `ordered` numbers
  uint32_t ordered, order_room;
} sl_lexicon;

void sl_lexicon_free(sl_lexicon *lexicon);
size_t sl_lexicon_bytes(const sl_lexicon *lexicon);

// The entry with these bytes, or SL_NO_ENTRY. O(length).
uint32_t sl_lexicon_find(const sl_lexicon *lexicon, const uint8_t *bytes, uint32_t length);

// The same; where there is none it is added, with the value SL_NO_ENTRY.
//   out      written: the entry
//   Errors:  ERR_MEMORY, ERR_OVERFLOW (4 GB of bytes): nothing is added then. O(length) on average.
sl_status sl_lexicon_put(sl_lexicon *lexicon, const uint8_t *bytes, uint32_t length, uint32_t *out);

// Sorts `order`. O(new log new + count). Errors: ERR_MEMORY. May allocate.
sl_status sl_lexicon_sort(sl_lexicon *lexicon);

// The first place of `order`, from `from` on, whose bytes are not below these. O(log count).
uint32_t sl_lexicon_lower(const sl_lexicon *lexicon, const uint8_t *bytes, uint32_t length,
                          uint32_t from);

// Gives back what growing has reserved. Errors: ERR_MEMORY (some room stays).
sl_status sl_lexicon_trim(sl_lexicon *lexicon);

static inline const uint8_t *sl_lexicon_at(const sl_lexicon *lexicon, uint32_t entry,
                                           uint32_t *length) {
  *length = lexicon->entries[entry].length;
  return lexicon->pool + lexicon->entries[entry].at;
}

#endif
