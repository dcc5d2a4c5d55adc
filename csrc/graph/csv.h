// Scanner of separated values: cuts bytes that arrive in chunks of any size into records, and keeps
// the fields of a few columns. What comes out does not depend on how the bytes were cut.
//
//   separator   between fields; blanks around a field are not part of it
//   "..."       a field may stand in quotes and hold separators, line ends and blanks then; "" is a
//               quote. In a field that does not begin with one a quote is a character like others
//   line end    LF or CR LF; the last record may lack it. Empty lines are skipped
//   comments    lines that begin with '#' or '%': skipped whole
//   byte order  a UTF-8 mark at the very start is skipped
//
// Based on: Y. Shafranovich, RFC 4180, 2005, doi:10.17487/RFC4180. Deviations: the separator is
// free, CR may be absent, comments and empty lines are skipped, blanks around fields are dropped.
//
// Safe on untrusted bytes: yes. No function here allocates.
#ifndef SL_GRAPH_CSV_H
#define SL_GRAPH_CSV_H

#include "sparse/text.h"

// How many columns can be kept, and how many bytes of a record they may take together.
#define SL_CSV_KEPT 4
#define SL_CSV_RECORD 16384
#define SL_CSV_NONE UINT32_MAX

typedef enum sl_csv_event {
  SL_CSV_MORE,   // the chunk is used up
  SL_CSV_LINE,   // a record: csv->fields, csv->kept
  SL_CSV_END,    // the end of the input
  SL_CSV_BROKEN, // refused; the error is recorded
} sl_csv_event;

typedef struct sl_csv_field {
  const char *text; // valid until the next call; NULL when the record has no such column
  uint32_t length;
  bool quoted;
} sl_csv_field;

typedef struct sl_csv {
  uint32_t columns[SL_CSV_KEPT]; // set by the reader: columns to keep, counted from 0; different
  char separator;                // set by the reader
  uint32_t fields;               // fields of the record
  sl_csv_field kept[SL_CSV_KEPT];
  // Internal.
  uint64_t line; // lines begun
  uint64_t record_line;
  const char *next, *end;
  bool at_end, fresh, ended, after_return, in_comment;
  uint8_t mark;  // bytes of the byte order mark seen, 3 when that is over
  uint8_t place; // where in a field
  int32_t slot;  // which of `kept` the field goes to, or -1
  uint32_t used, begin;
  char bytes[SL_CSV_RECORD];
} sl_csv;

// Starts with no chunk. The columns are to be set before the first chunk is fed.
void sl_csv_begin(sl_csv *csv, char separator);

// The next chunk: n bytes, read until sl_csv_next returns SL_CSV_MORE.
void sl_csv_feed(sl_csv *csv, const char *bytes, size_t n);

// Says that the input is complete.
void sl_csv_finish(sl_csv *csv);

// The next record. text: what errors are recorded with; its line becomes that of the record, and
// text->word what stood there when SL_CSV_BROKEN comes back. O(bytes read).
sl_csv_event sl_csv_next(sl_csv *csv, sl_text *text);

#endif
