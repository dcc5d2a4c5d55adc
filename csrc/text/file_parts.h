// The parts of a file that a whole index and one that is read by ranges have in common. Internal to the room.
#ifndef SL_TEXT_FILE_PARTS_H
#define SL_TEXT_FILE_PARTS_H

#include "text/asked.h"

// Bytes that are written; `at` is to be freed.
typedef struct sl_text_out {
  uint8_t *at;
  uint32_t used, room;
} sl_text_out;

typedef struct sl_text_in {
  const uint8_t *at, *end;
  uint8_t *block; // to be freed
} sl_text_in;

// A number, 7 bits a byte. Errors: ERR_MEMORY, ERR_OVERFLOW.
sl_status sl_text_put(sl_text_out *out, uint32_t number);
// The next number; false: there is none, or not in its shortest form.
bool sl_text_get(sl_text_in *in, uint32_t *number);
// Takes the next section of a file. Errors: those of the reader.
sl_status sl_text_take(sl_reader *reader, uint32_t tag, sl_text_in *in);

// Makes an index ready to be written. Errors: ERR_MEMORY, ERR_UNSUPPORTED (it is read by ranges).
sl_status sl_text_settle(sl_fulltext *index);
// The sections of a file in front of its lists. Errors: those of sl_text_settle(), ERR_OVERFLOW.
sl_status sl_text_put_head(sl_fulltext *index, sl_writer *writer);
// Reads them into a zeroed index. Errors: those of the reader, ERR_FORMAT, ERR_MEMORY.
sl_status sl_text_take_head(sl_fulltext *index, sl_reader *reader);

// The lists of all terms in the order of their first words, as section POST has them.
//   sizes   NULL, or written: of each term the bytes of its lists
sl_status sl_text_put_lists(const sl_fulltext *index, sl_text_out *out, sl_text_out *sizes);

// The next document of a list, behind `before`.
//   left    words of each field of each document that may still come, counted down; NULL: it may have as many as it is long
//   wrong   written where the bytes are none: what was expected. Errors: ERR_MEMORY.
sl_status sl_text_take_posting(sl_fulltext *index, sl_text_in *in, uint32_t *left, uint32_t list,
                               uint32_t before, const char **wrong);

#endif
