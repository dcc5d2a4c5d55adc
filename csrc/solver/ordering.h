// Orders of the rows of a square matrix. Internal to the room.
//
// Reverse Cuthill-McKee keeps rows that are coupled close together: the caches then hold what a
// sweep needs, and an incomplete factorisation loses less. The topological order puts each row
// after those it depends on: a triangular matrix that was shuffled is triangular again.
#ifndef SL_SOLVER_ORDERING_H
#define SL_SOLVER_ORDERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "sparse/csr.h"

typedef enum sl_ordering_kind {
  SL_ORDER_AUTO = 0,
  SL_ORDER_NATURAL = 1,
  SL_ORDER_REVERSE_CUTHILL_MCKEE = 2, // of a symmetric pattern
  SL_ORDER_TOPOLOGICAL = 3,           // by the couplings that count
} sl_ordering_kind;

typedef struct sl_ordering {
  const sl_csr *matrix;
  sl_ordering_kind kind;
  uint32_t *order;  // n: row at each place; complete when it is done
  uint32_t *places; // n: place of each row; complete when it is done
  // While it is made.
  uint32_t *stack; // n: rows on the way from the root (topological)
  uint32_t *next;  // n: the entry of the row to look at next (topological)
  double *least;   // n: the least size of an entry of the row that is followed (topological)
  uint32_t depth;
  uint32_t count; // rows that have a place
  uint32_t head;  // rows whose neighbours have one (Cuthill-McKee)
  uint32_t root;  // rows below this one have been looked at as roots
  bool done;
} sl_ordering;

// Prepares an order without making it.
//   matrix   read and kept until the order is done; square
//   kind     REVERSE_CUTHILL_MCKEE or TOPOLOGICAL
//   out      written; destroy it also after a failure
//   Errors: ERR_MEMORY. Allocates 8 bytes a row, or 24. O(n).
sl_status sl_ordering_begin(const sl_csr *matrix, sl_ordering_kind kind, sl_ordering *out);

// Goes on for about `work` entries; *spent grows by those looked at. True: it is done. O(work).
bool sl_ordering_step(sl_ordering *ordering, uint64_t work, uint64_t *spent);

// Frees the arrays. A zeroed one is allowed.
void sl_ordering_destroy(sl_ordering *ordering);

size_t sl_ordering_bytes(const sl_ordering *ordering);

// True when coupled rows lie so far apart that gathering their unknowns misses the caches, while
// an order that keeps them together is worth its cost. Looks at some thousand entries. O(1).
bool sl_ordering_is_scattered(const sl_csr *matrix);

// How much of the couplings of rows begin .. end - 1, weighed by |a_ij| / |a_ii|, a sweep meets
// before the unknown they lead to is up to date.
//   lag   read and written: what the natural order leaves behind is added to lag[0], what this one
//         does to lag[1]. O(entries of the rows).
void sl_ordering_add_lag(const sl_ordering *ordering, const double *inverse_diagonal,
                         uint32_t begin, uint32_t end, double lag[2]);

#endif
