// Reader of Matrix Market files (.mtx), fed in chunks.
//
//   %%MatrixMarket matrix <layout> <type> <symmetry>
//                  layout: coordinate or array; type: real, double, integer or pattern;
//                  symmetry: general, symmetric or skew-symmetric
//   % ...          comments, and empty lines, anywhere after the first line
//   coordinate:    rows columns entries, then one entry a line: row column [value], from 1 on
//   array:         rows columns, then one value a line, column by column
//
// Based on: R. F. Boisvert, R. Pozo, K. A. Remington, "The Matrix Market exchange formats: initial
// design", NISTIR 5935, 1996, https://math.nist.gov/MatrixMarket/formats.html. What it leaves open:
//   - the words of the first line may have any case
//   - entries at the same place are summed; zeros of an array file are not stored, explicit zeros
//     of a coordinate file are
//   - symmetric and skew-symmetric files hold the lower triangle (skew: without the diagonal); an
//     entry above it is refused, the mirror images are added here
//   - `integer` values must be whole numbers of at most 2^53 in size
//   - complex and hermitian are refused by name
//   - a last line without line feed is read like any other, so a cut inside the last number of a
//     file cannot be noticed; any other cut is
//
// Memory grows with the entries that really came: a size line alone allocates nothing. Afterwards
// the matrix is built by sl_csr_from_coo or sl_csr_from_half. Safe on untrusted bytes: yes.
#ifndef SL_SPARSE_MATRIX_MARKET_H
#define SL_SPARSE_MATRIX_MARKET_H

#include "sparse/entries.h"
#include "sparse/text.h"

typedef struct sl_matrix_market {
  sl_text text;     // text.found says what was found instead after ERR_PARSE and the like
  sl_status failed; // the first error; nothing is read after it
  bool finished;
  int stage; // internal: which line comes next
  bool array, pattern, integer, symmetric, skew;
  uint32_t field; // fields read on the line
  uint32_t rows, cols;
  uint32_t row, column; // of the entry that is being read
  uint64_t declared, seen;
  double value;
  sl_entries entries;
} sl_matrix_market;

// A reader that has read nothing.
//   value_type   F64 or F32: type of the values (f32: rounded to f64 first). A pattern file always
//                gives a matrix without values.
//   Errors: ERR_OPTION ("value_type"), ERR_MEMORY. Allocates.
sl_status sl_matrix_market_create(sl_value_type value_type, sl_matrix_market **out);

// Reads the next n bytes; cut anywhere. bytes: read, not kept.
//   Errors, position = line: ERR_PARSE, ERR_FORMAT (complex, hermitian, unknown words). Without
//           line: ERR_MEMORY, ERR_OVERFLOW, ERR_STATE (after an error or the end). May allocate.
//   O(n).
sl_status sl_matrix_market_feed(sl_matrix_market *reader, const char *bytes, size_t n);

// Says that the input is complete and builds the matrix. The reader's entries are freed.
//   Errors: as above, ERR_TRUNCATED (position = last line), and those of sl_csr_from_coo.
//   O(entries).
sl_status sl_matrix_market_finish(sl_matrix_market *reader, sl_csr **out);

// What stood where something else was expected, after an error with a line; else "". Printable, one
// line, valid as long as the reader.
const char *sl_matrix_market_found(const sl_matrix_market *reader);

// Bytes held.
size_t sl_matrix_market_bytes(const sl_matrix_market *reader);

// Frees it at any stage. NULL is allowed.
void sl_matrix_market_destroy(sl_matrix_market *reader);

#endif
