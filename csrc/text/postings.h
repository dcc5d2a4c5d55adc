// The documents in which a term occurs in a field, how often, and where. Internal to the room.
//
// Blocks of SL_PACK documents are packed; those that came last are bytes of their own until there are
// enough for a block:
//   block   bits of gaps, bits of frequencies, number of impacts (a byte each), the impacts, the gaps,
//           the frequencies less one, then the positions of all
//   tail    2 * gap + (frequency is 1), the frequency where it is not 1, the positions
// A gap is the number of documents left out since the one before. Positions ascend: the first, then
// differences. They are there only in an index that keeps them. Numbers outside of packed parts take
// 7 bits a byte, the lowest first.
//
// An impact is a pair of a frequency and a length such that each document of the block has at most the
// frequency and at least the length of one of them: the scores of the impacts bound those of the block.
// Based on: S. Ding, T. Suel, "Faster top-k document retrieval using block-max indexes", SIGIR 2011,
// doi:10.1145/2009916.2010048; impacts rather than scores, so that k1, b and boosts may be chosen later,
// as in A. Grand et al., "From MaxScore to Block-Max WAND", ECIR 2020, doi:10.1007/978-3-030-45442-5_3.
#ifndef SL_TEXT_POSTINGS_H
#define SL_TEXT_POSTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "text/pack.h"

#define SL_NO_DOCUMENT UINT32_MAX
enum { SL_MOST_IMPACTS = 6 };

typedef struct sl_impact {
  uint32_t frequency, length;
} sl_impact;

// The highest frequencies first, each with a smaller length than the one before.
typedef struct sl_impacts {
  uint32_t count;
  sl_impact at[SL_MOST_IMPACTS];
} sl_impacts;

void sl_impacts_add(sl_impacts *impacts, uint32_t frequency, uint32_t length);

typedef struct sl_block {
  uint32_t last; // document
  uint32_t at;   // of its bytes
} sl_block;

typedef struct sl_blocks_of {
  sl_impacts impacts; // of all documents of the list
  uint32_t count, room;
  sl_block block[];
} sl_blocks_of;

typedef struct sl_postings {
  uint8_t *data;
  sl_blocks_of *blocks; // NULL: none
  uint32_t used, room;
  uint32_t sealed;  // bytes of blocks
  uint32_t count;   // documents
  uint32_t last;    // document; SL_NO_DOCUMENT: none
  uint32_t next;    // list of the same term in another field
  uint16_t field;   // that this one is of
  bool positions;   // are kept
  uint32_t pending; // place among the lists of the document that is being added
} sl_postings;

static inline uint32_t sl_postings_blocks(const sl_postings *p) {
  return p->blocks == NULL ? 0 : p->blocks->count;
}

void sl_postings_free(sl_postings *postings);
size_t sl_postings_bytes(const sl_postings *postings);

// Makes room for a document of the given frequency, so that adding it cannot fail.
//   lengths, stride   the length of the field in document i is lengths[i * stride]
//   Errors: ERR_MEMORY, ERR_OVERFLOW; the list is the same then.
sl_status sl_postings_reserve(sl_postings *postings, uint32_t frequency, const uint32_t *lengths,
                              uint32_t stride);

// Adds a document, above all that are there; its positions, as differences, are put behind it with
// sl_put_number().
//   length   of the field
void sl_postings_add(sl_postings *postings, uint32_t document, uint32_t frequency, uint32_t length);
static inline void sl_put_number(sl_postings *p, uint32_t number) {
  for (; number >= 128; number >>= 7) p->data[p->used++] = (uint8_t)(number | 128);
  p->data[p->used++] = (uint8_t)number;
}

// A place in a list.
typedef struct sl_cursor_in {
  const sl_postings *list;
  bool has_frequencies;  // of the block are unpacked
  uint32_t block;        // the number of blocks: the tail
  uint32_t at, count;    // place in the block, documents in it
  uint32_t document;     // where it stands; SL_NO_DOCUMENT: behind the end
  uint32_t read_at;      // place whose positions begin at `read`
  const uint8_t *packed; // frequencies of the block
  const uint8_t *read;
  uint32_t documents[SL_PACK], frequencies[SL_PACK];
  uint32_t starts[SL_PACK]; // of positions, in a tail
} sl_cursor_in;

// Stands on the first document. O(SL_PACK).
void sl_cursor_open(sl_cursor_in *cursor, const sl_postings *list);

// Goes to the first document that is not below `document`.
void sl_cursor_seek(sl_cursor_in *cursor, uint32_t document);

// The same, for the next one mostly.
static inline void sl_cursor_to(sl_cursor_in *c, uint32_t document) {
  if (c->document >= document) return;
  if (c->at + 1 < c->count && c->documents[c->at + 1] >= document) {
    c->document = c->documents[++c->at];
    return;
  }
  sl_cursor_seek(c, document);
}

// Unpacks the frequencies of the block where it stands, for loops over all of them.
void sl_cursor_frequencies(sl_cursor_in *cursor);
// Goes to the next block; false: there is none.
bool sl_cursor_next_block(sl_cursor_in *cursor);

uint32_t sl_cursor_frequency(sl_cursor_in *cursor);

// Copies the positions of the document where it stands, as many as its frequency.
void sl_cursor_positions(sl_cursor_in *cursor, uint32_t *positions);

// The last document of the block where it stands, and its impacts (none in a tail).
uint32_t sl_cursor_block_end(const sl_cursor_in *cursor);
void sl_cursor_impacts(const sl_cursor_in *cursor, sl_impacts *impacts);

static inline uint32_t sl_get_number(const uint8_t **at) {
  uint32_t number = *(*at)++;
  if (number < 128) return number;
  number &= 127;
  for (uint32_t shift = 7;; shift += 7) {
    const uint32_t byte = *(*at)++;
    number |= (byte & 127) << shift;
    if (byte < 128) return number;
  }
}

#endif
