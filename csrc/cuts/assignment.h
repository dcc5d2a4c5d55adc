// The assignment problem: each row of a matrix of costs gets a column of its own (or each column a
// row, where there are fewer), so that the costs are least in sum.
//
//   sl_assignment_create -> sl_job_step(sl_assignment_job(...), ...) -> sl_assignment_read
#ifndef SL_CUTS_ASSIGNMENT_H
#define SL_CUTS_ASSIGNMENT_H

#include <stdint.h>

#include "base/job.h"
#include "base/status.h"

typedef struct sl_assignment sl_assignment;

// Begins an assignment.
//   rows, cols   at least 1
//   costs        rows x cols, a row after the other, read now: finite, or Infinity (with maximum:
//                -Infinity) for what must not be
//   maximum      0 the least sum, 1 the largest
//   Errors: ERR_EMPTY ("rows", "cols"), ERR_OVERFLOW, ERR_NOT_FINITE ("costs", position), ERR_RANGE
//           ("costs": the largest times rows + cols is above 2^1020), ERR_MEMORY. Holds a copy.
sl_status sl_assignment_create(uint32_t rows, uint32_t cols, const double *costs, uint32_t maximum,
                               sl_assignment **out);

// Frees it. NULL is allowed.
void sl_assignment_destroy(sl_assignment *assignment);

// The assignment as work in steps (base/job.h). O(min(rows, cols)^2 max(rows, cols)).
sl_job *sl_assignment_job(sl_assignment *assignment);
extern const sl_job_kind sl_assignment_kind;

// Gives the answer. numbers: eight, written: 0 outcome, 1 operations, 2 the sum, 3 how far it may be
// from the least (largest) one (0 or rounding), 4 address of the column of each row (u32; 2^32 - 1:
// none), 5 and 6 addresses of prices of rows and columns (f64). No cost is below (with maximum: above)
// the sum of its two prices by more than rounding, those that are taken are equal to it, and rows or
// columns without a partner have price 0: which proves the sum.
//   Errors: ERR_STATE (still running), ERR_UNSUPPORTED ("costs", row or column: no assignment avoids
//           what must not be). Of one that was stopped only the first two numbers are written.
sl_status sl_assignment_read(sl_assignment *assignment, double *numbers);

#endif
