// Sums of table entries that codes of four bits name: exact integers, the same in every build.
//
// Byte i of a row is two codes, code 2 i in its low bits; table t has sixteen entries of a byte. No
// alignment needed. None allocates, none fails. O(bytes).
//
// Based on: F. André, A.-M. Kermarrec, N. Le Scouarnec, "Cache locality is not enough:
// high-performance nearest neighbor search with product quantization fast scan", PVLDB 9 (2015):
// tables of bytes in registers, looked up for sixteen rows at once. Deviation: the rows lie one
// after another and are transposed on the way.
#ifndef SL_SIMD_LOOKUP_U4_H
#define SL_SIMD_LOOKUP_U4_H

#include <stddef.h>
#include <stdint.h>

// Bytes of a row are a multiple of this, and less than 2^22: a sum stays below 2^31.
#define SL_LOOKUP_STEP 16u

// sum of tables[16 t + code t] for sixteen rows.
//   tables  32 * bytes, read
//   rows    bytes each, read
//   sums    16, written
void sl_lookup16_u4(const uint8_t *tables, const uint8_t *const rows[16], size_t bytes,
                    uint32_t sums[16]);

// The same for one row.
uint32_t sl_lookup1_u4(const uint8_t *tables, const uint8_t *row, size_t bytes);

#endif
