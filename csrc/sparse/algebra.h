// Matrices out of matrices. All results are new and canonical. Values are computed in f64; they are
// stored as f32 when none of the operands is f64 and one is f32, else as f64. Entries that add up
// to 0 are kept. Each value is summed in a fixed order, so that every build gives the same bits.
#ifndef SL_SPARSE_ALGEBRA_H
#define SL_SPARSE_ALGEBRA_H

#include "sparse/csr.h"

// alpha A + beta B. alpha and beta finite.
//   Errors: ERR_SHAPE ("other": not of A's shape), ERR_NOT_FINITE ("alpha", "beta", or "values": an
//   entry overflows), ERR_OVERFLOW (2^32 entries), ERR_MEMORY. Allocates. O(nnz(A) + nnz(B) +
//   rows).
sl_status sl_csr_add(double alpha, const sl_csr *a, double beta, const sl_csr *b, sl_csr **out);

// factor A. A pattern becomes f64. Errors: ERR_NOT_FINITE ("factor", "values"), ERR_MEMORY.
// Allocates. O(nnz).
sl_status sl_csr_scale(const sl_csr *a, double factor, sl_csr **out);

// The product A B.
//   Errors: ERR_SHAPE ("other": not as many rows as A has columns), ERR_NOT_FINITE ("values"),
//   ERR_OVERFLOW (2^32 entries), ERR_MEMORY. Allocates; scratch 12 bytes a column of B and a copy
//   of the result. O(multiplications + rows + columns).
//
// Based on: F. G. Gustavson, "Two fast algorithms for sparse matrices: multiplication and permuted
// transposition", ACM TOMS 4(3), 1978, doi:10.1145/355791.355796: row by row with an accumulator;
// the columns of a row are sorted at the end by transposing twice.
sl_status sl_csr_product(const sl_csr *a, const sl_csr *b, sl_csr **out);

// The rows and columns with these numbers, in this order: entry (i, j) of the result is entry
// (row_numbers[i], column_numbers[j]). A row may stand there several times, a column once.
//   row_numbers      row_count, read; NULL for all rows
//   column_numbers   column_count, read; NULL for all columns
//   Errors: ERR_EMPTY ("rows", "columns": none), ERR_INDEX ("rows", "columns", position),
//   ERR_ARGUMENT ("columns", position: twice), ERR_OVERFLOW, ERR_MEMORY. Allocates. O(entries of
//   the rows + columns of A).
sl_status sl_csr_submatrix(const sl_csr *a, const uint32_t *row_numbers, uint32_t row_count,
                           const uint32_t *column_numbers, uint32_t column_count, sl_csr **out);

#endif
