// Saving and loading matrices: the kind MATRIX of base/container.h, and the sections that other
// kinds hold a matrix in. docs/format.md describes every byte.
#ifndef SL_SPARSE_FILE_H
#define SL_SPARSE_FILE_H

#include "base/container.h"
#include "sparse/csr.h"

SL_FILE_KIND(SL_FILE_MATRIX, SL_TAG('M', 'T', 'R', 'X'), "SparseMatrix");

// Begins the file of a matrix.
//   matrix   read: it must outlive the writer
//   Errors: ERR_MEMORY. Allocates some hundred bytes. O(1).
sl_status sl_csr_save(const sl_csr *matrix, sl_writer **out);

// Makes a matrix from a file that has been read: sl_reader_end() has succeeded. The reader's blocks
// become the matrix, nothing is copied; the reader is of no use afterwards. What is derived from a
// matrix is not in the file: it is computed anew.
//   Errors: ERR_FORMAT ("bytes"; position = offset in the file), ERR_STATE (the file is not whole),
//   ERR_MEMORY. Safe on untrusted bytes: yes. O(rows + entries).
sl_status sl_csr_load(sl_reader *reader, sl_csr **out);

// What is wrong with the arrays of a matrix that came from elsewhere, as a phrase that says what
// was expected; NULL when they are canonical. Reads no more than the arrays hold. O(rows +
// entries).
//   matrix   rows, cols, nnz and value_type are right, and the arrays are as long as these say
const char *sl_csr_fault(const sl_csr *matrix);

// The sections of a matrix, in a file of another kind. Errors: as above.
void sl_csr_write(sl_writer *writer, const sl_csr *matrix);
sl_status sl_csr_read(sl_reader *reader, sl_csr **out);

#endif
