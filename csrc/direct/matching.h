// Matchings of the rows of a square matrix with its columns: which stored entries can stand on the
// diagonal. Internal to the room.
//
// A matching that leaves no row out is where the block triangular form begins; one that does not
// exist proves the matrix singular, whatever its values. Of all of them, the one whose entries have
// the largest product comes with factors for rows and columns that make every matched entry 1 and
// no entry larger: pivots are then found on the diagonal, where the order expects them.
#ifndef SL_DIRECT_MATCHING_H
#define SL_DIRECT_MATCHING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

#define SL_UNMATCHED UINT32_MAX

// ---- a largest matching -------------------------------------------------------------------------

typedef struct sl_matching {
  const sl_csr *matrix;
  uint32_t *row_of;    // n: row matched with each column, or SL_UNMATCHED
  uint32_t *column_of; // n: column matched with each row, or SL_UNMATCHED
  uint32_t *entry_of;  // n: where the matched entry of each row is stored, if it has one
  uint32_t size;       // pairs; complete when it is done
  bool done;
  // While it is made.
  uint32_t
      *cheap; // n, with the next three: first entry of the row that may still lead to a free column
  uint32_t *next; // n: entry of the row to follow next
  uint32_t *seen; // n: pass in which the column was met last
  uint32_t *path; // n: rows on the way from the root
  uint32_t depth; // rows on the way; 0 between two searches
  uint32_t root;  // rows below this one have been roots in this pass
  uint32_t pass;  // 0: the diagonal is matched first
  uint32_t found; // pairs added in this pass
} sl_matching;

// Prepares a largest matching without making it. Stored zeros count as entries; the diagonal is
// preferred.
//   matrix   read and kept until it is done; square
//   out      written; destroy it also after a failure
//   Errors: ERR_MEMORY. Allocates 28 bytes a row. O(n).
sl_status sl_matching_begin(const sl_csr *matrix, sl_matching *out);

// Goes on for about `work` entries; *spent grows by those looked at. True: it is done. In all
// O(n nnz) at worst, close to O(nnz) on matrices that arise.
bool sl_matching_step(sl_matching *matching, uint64_t work, uint64_t *spent);

// Frees the arrays. A zeroed one is allowed.
void sl_matching_destroy(sl_matching *matching);

// The part of the matrix that no matching can cover (Dulmage-Mendelsohn, coarse): rows that an
// alternating path joins to an unmatched row have fewer columns among them than they are, and
// columns that one joins to an unmatched column have fewer rows.
//   matching      done
//   rows          n, written: 1 for each such row, else 0
//   columns       n, written: 1 for each such column, else 0
//   Errors: ERR_MEMORY. Allocates 12 bytes a row and 4 an entry for the time of the call. O(nnz).
sl_status sl_matching_deficient(const sl_matching *matching, uint8_t *rows, uint8_t *columns);

// ---- the matching with the largest product ------------------------------------------------------

typedef struct sl_product_matching {
  const sl_csr *matrix;
  uint32_t *row_of;    // n, as above
  uint32_t *column_of; // n, as above
  uint32_t size;
  bool done;
  // |a_ij| 2^(row_dual[i] + column_dual[j]) <= 1 up to rounding, with equality on the matching.
  double *row_dual;    // n
  double *column_dual; // n
  // While it is made.
  double *cost;         // nnz: -log2 |a_ij|; infinity for a stored zero
  double *distance;     // n: from the root to each column
  uint32_t *from;       // n: row before the column on the shortest path
  uint32_t *heap;       // n: columns that were reached, nearest first
  uint32_t *heap_place; // n: place in the heap + 1; 0 not reached; SL_UNMATCHED: distance is final
  uint32_t *reached;    // n: columns with a distance
  uint32_t heap_size, reached_count;
  uint32_t row;   // rows below this one have been looked at in this stage
  uint32_t stage; // costs, reduction of rows, augmentation
  bool searching;
} sl_product_matching;

// Prepares it without making it. Stored zeros are no entries here: where they are needed for a
// complete matching, `size` stays below n.
//   matrix   read and kept until it is done; square, finite
//   out      written; destroy it also after a failure
//   Errors: ERR_MEMORY. Allocates 48 bytes a row and 8 an entry. O(n).
sl_status sl_product_matching_begin(const sl_csr *matrix, sl_product_matching *out);

// As sl_matching_step. In all O(n nnz log n) at worst, close to O(nnz) on matrices that arise.
bool sl_product_matching_step(sl_product_matching *matching, uint64_t work, uint64_t *spent);

void sl_product_matching_destroy(sl_product_matching *matching);

#endif
