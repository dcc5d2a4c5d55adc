// Block triangular form of a square matrix whose rows are all matched: rows and columns in an order
// in which the entries lie in square blocks along the diagonal, and to the left of them. Only the
// blocks are factorised; what is left of them is only multiplied. Internal to the room.
#ifndef SL_DIRECT_BTF_H
#define SL_DIRECT_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

typedef struct sl_btf {
  const sl_csr *matrix;
  const uint32_t *row_of; // n: the matching, kept until it is done
  uint32_t *order;       // n: row at each place, complete when it is done; the column at that place
                         // is the one matched with the row
  uint32_t *block_start; // blocks + 1 of n + 1, behind `order`: first place of each block
  uint32_t blocks;
  bool done;
  // While it is made, for rows by the columns that are matched with them.
  uint32_t *number; // n: 1 + order in which the row was met; 0: not yet; SL_UNMATCHED: its block is
                    // complete
  uint32_t *low;    // n: least number that the row reaches
  uint32_t *next;   // n: entry of the row to follow next
  uint32_t *path;   // n: rows on the way from the root
  uint32_t *open;   // n: rows whose block is not complete
  uint32_t *column_of; // n: column matched with each row
  uint32_t met, placed, depth, open_count, root;
} sl_btf;

// Prepares it without making it.
//   matrix   square; read and kept until it is done
//   row_of   n: row matched with each column, a permutation
//   out      written; destroy it also after a failure
//   Errors: ERR_MEMORY. Allocates 32 bytes a row. O(n).
sl_status sl_btf_begin(const sl_csr *matrix, const uint32_t *row_of, sl_btf *out);

// Goes on for about `work` entries; *spent grows by those looked at. True: it is done. In all
// O(nnz).
bool sl_btf_step(sl_btf *btf, uint64_t work, uint64_t *spent);

// Frees the arrays. A zeroed one is allowed.
void sl_btf_destroy(sl_btf *btf);

#endif
