// Inner products of 16-bit queries with codes of four bits: exact integers, the same in every build.
//
// A row of n codes takes p = (n + 1) / 2 bytes: byte i holds code i in its low half and code p + i in
// its high half. The query has 2 * sl_nibbles_padded(n) numbers: those for the low halves, zeros up
// to the padded length, those for the high halves, zeros.
#ifndef SL_FORMAT_NIBBLES_H
#define SL_FORMAT_NIBBLES_H

#include <stddef.h>
#include <stdint.h>

// Bytes that may be read after the last row: what is there does not matter.
#define SL_NIBBLES_AFTER 16u
#define SL_NIBBLES_QUERY_MOST 16383

static inline uint32_t sl_nibbles_bytes(uint32_t n) { return n / 2 + n % 2; }
static inline uint32_t sl_nibbles_padded(uint32_t n) { return (sl_nibbles_bytes(n) + 15u) & ~15u; }

// The largest query number with which no sum over n codes overflows.
int32_t sl_nibbles_most(uint32_t n);

// sum query[i] code[i] over a row. query: see above, of at most sl_nibbles_most(n) in magnitude. row:
// read, with SL_NIBBLES_AFTER readable bytes after it. O(n).
int32_t sl_nibbles_dot(const int16_t *query, const uint8_t *row, uint32_t n);

// Puts the halves of n bytes into two rows of codes: the high four bits and the low four bits.
void sl_nibbles_split(const uint8_t *values, uint32_t n, uint8_t *high, uint8_t *low);

#endif
