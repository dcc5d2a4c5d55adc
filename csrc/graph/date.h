// Dates out of text.
#ifndef SL_GRAPH_DATE_H
#define SL_GRAPH_DATE_H

#include <stdbool.h>
#include <stddef.h>

// Milliseconds since 1970-01-01T00:00Z of a date in the form of ISO 8601: 2024-01-31, with a time
// behind T or a blank (10:20, 10:20:30, 10:20:30.5) and a zone (Z, +02:00, +0200) where there are
// any; without a zone it is UTC. False for anything else, also for days that do not exist.
//   text   length bytes, read. *out: written when true. O(length). Safe on untrusted bytes: yes.
bool sl_parse_date(const char *text, size_t length, double *out);

#endif
