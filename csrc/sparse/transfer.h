// A matrix in the memory of another module of this library: how a host copies it there.
//
//   source module    sl_csr_transfer_out(matrix, from)     sizes, facts and where the arrays are
//   target module    sl_csr_transfer_in(from, &copy)       a matrix whose arrays are not filled yet
//                    sl_csr_transfer_out(copy, to)         where its arrays are
//   host             for each of the arrays: copies from[2 i + 1] bytes from from[2 i] to to[2 i]
//
// Nothing is checked or computed again: the numbers and the bytes must be those of a matrix that
// this library has made, and the copy must not be used before its arrays are filled. Hosts that
// cannot promise that begin with sl_csr_transfer_reserve and look at sl_csr_fault (sparse/file.h).
#ifndef SL_SPARSE_TRANSFER_H
#define SL_SPARSE_TRANSFER_H

#include "sparse/csr.h"

// A description: address and bytes of the row pointers, the columns and the values (0 and 0 for a
// PATTERN), then rows, cols, nnz, value type, 1 when the matrix was classified, and the
// SL_MATRIX_FACTS (0 when it was not).
#define SL_CSR_ARRAYS 3
#define SL_CSR_TRANSFER (2 * SL_CSR_ARRAYS + 5 + SL_MATRIX_FACTS)

// Describes a matrix.
//   out   SL_CSR_TRANSFER numbers, written. O(1).
void sl_csr_transfer_out(sl_csr *matrix, double *out);

// Makes the matrix that is described, its arrays allocated and not filled.
//   described   SL_CSR_TRANSFER numbers of sl_csr_transfer_out, read
//   Errors: ERR_MEMORY. Allocates what sl_csr_bytes says, in one growth of the memory. O(1).
//   Safe on untrusted data: no.
sl_status sl_csr_transfer_in(const double *described, sl_csr **out);

// The same from numbers that may be anything, of which it reads rows, cols, nnz and value type. The
// arrays are zero; with entries they are no matrix yet.
//   Errors: ERR_ARGUMENT ("described", position), ERR_MEMORY. O(rows + entries).
sl_status sl_csr_transfer_reserve(const double *described, sl_csr **out);

#endif
