// Line scanner for text formats: cuts bytes that arrive in chunks of any size into tokens.
//
// Only a token that a chunk ends in is kept, so lines may be as long as they like and a file is
// never in memory. What comes out does not depend on how the bytes were cut into chunks.
//
//   blanks        space and tab; CR counts as one before LF and at the end of input, elsewhere it
//                 is refused
//   line end      LF; the last line may lack it
//   comments      lines whose first token begins with one of `comments`: skipped whole
//   byte order    a UTF-8 mark at the very start is skipped
//   token         everything else, at most SL_TEXT_TOKEN bytes; longer ones are refused
//
// Safe on untrusted bytes: yes. No function here allocates.
#ifndef SL_SPARSE_TEXT_H
#define SL_SPARSE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/number.h"

#define SL_TEXT_TOKEN SL_NUMBER_LONGEST
#define SL_TEXT_FOUND 48

typedef enum sl_text_event {
  SL_TEXT_MORE,     // the chunk is used up
  SL_TEXT_WORD,     // a token: text->word, text->word_length
  SL_TEXT_LINE_END, // the end of line text->line, empty lines included, comment lines not
  SL_TEXT_END,      // the end of the input
  SL_TEXT_BROKEN,   // refused; the error is recorded
} sl_text_event;

typedef struct sl_text {
  const char *comments; // set by the reader; "" for none
  const char *word;     // the last token, valid until the next call
  uint32_t word_length;
  uint64_t line;          // 1-based line of the last event
  const char *next, *end; // what is left of the chunk
  bool at_end;            // no further chunk will come
  bool in_line;           // something was read on this line
  bool line_ended;        // the last event was the end of a line
  bool in_comment;
  bool after_return; // the last byte was CR
  uint8_t mark;      // bytes of the byte order mark seen, 3 when that is over
  uint32_t carried;  // bytes of a token that the last chunk ended in
  char carry[SL_TEXT_TOKEN];
  char found[SL_TEXT_FOUND]; // what stood where something else was expected: printable, terminated
} sl_text;

// Starts at line 1 with no chunk.
void sl_text_begin(sl_text *text, const char *comments);

// Gives it the next chunk: n bytes, read until sl_text_next returns SL_TEXT_MORE.
void sl_text_feed(sl_text *text, const char *bytes, size_t n);

// Says that the input is complete.
void sl_text_finish(sl_text *text);

// The next event. A token that the input ends in comes whole, then the end of its line, then
// SL_TEXT_END. O(bytes read).
sl_text_event sl_text_next(sl_text *text);

// Records ERR_PARSE at the current line: `argument` should have been `expected`. What stands there
// is copied to text->found: the last token, or "end of line" or "end of input". A line that ends
// too early because the input does is ERR_TRUNCATED.
sl_status sl_text_refuse(sl_text *text, const char *argument, const char *expected,
                         sl_text_event found);

// The same with another status, for instance ERR_FORMAT.
sl_status sl_text_refuse_as(sl_text *text, sl_status status, const char *argument,
                            const char *expected, sl_text_event found);

// Records ERR_TRUNCATED at the current line.
sl_status sl_text_truncated(sl_text *text, const char *argument, const char *expected);

// The last token as a whole number below `bound` + 1 or as a finite number; refused otherwise.
sl_status sl_text_whole(sl_text *text, uint64_t bound, const char *argument, const char *expected,
                        uint64_t *out);
sl_status sl_text_number(sl_text *text, const char *argument, double *out);

// Does the last token equal `name` (lower case), whatever its own case?
bool sl_text_is(const sl_text *text, const char *name);

#endif
