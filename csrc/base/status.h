// Status and outcome codes, and the record of the last error.
//
// Two enums, never mixed:
//   sl_status   did the call work?           negative on failure, values never change
//   sl_outcome  how did a computation end?   a field of a result, never an error
//
// A status becomes an exception in TypeScript, an outcome never does. Both lists are here, once;
// the enum, the text and (through sl_status_name) the TypeScript codes all come from them.
#ifndef SL_BASE_STATUS_H
#define SL_BASE_STATUS_H

#include <stdint.h>

//  X(name, value, text). Gaps between groups leave room; a value is never reused.
#define SL_STATUS_LIST(X)                                                                          \
  X(OK, 0, "success")                                                                              \
  /* the caller's arguments */                                                                     \
  X(ERR_ARGUMENT, -1, "invalid argument")                                                          \
  X(ERR_RANGE, -2, "value out of range")                                                           \
  X(ERR_SHAPE, -3, "shapes do not match")                                                          \
  X(ERR_NOT_FINITE, -4, "value is NaN or infinite")                                                \
  X(ERR_INDEX, -5, "index out of range")                                                           \
  X(ERR_EMPTY, -6, "empty input")                                                                  \
  X(ERR_OPTION, -7, "option out of its domain")                                                    \
  /* objects and resources */                                                                      \
  X(ERR_MEMORY, -20, "memory limit reached")                                                       \
  X(ERR_HANDLE, -21, "handle is zero, stale or of another kind")                                   \
  X(ERR_STATE, -22, "call is not allowed in this state")                                           \
  X(ERR_OVERFLOW, -23, "size does not fit the index type")                                         \
  /* mathematical preconditions */                                                                 \
  X(ERR_ZERO_DIAGONAL, -40, "zero on the diagonal")                                                \
  X(ERR_NOT_SQUARE, -41, "matrix is not square")                                                   \
  X(ERR_NOT_SYMMETRIC, -42, "matrix is not symmetric")                                             \
  X(ERR_NOT_DOMINANT, -43, "matrix is not strictly diagonally dominant")                           \
  X(ERR_NOT_POSITIVE, -44, "value must be positive")                                               \
  X(ERR_UNSUPPORTED, -45, "method does not apply to this input")                                   \
  X(ERR_NOT_DEFINITE, -46, "matrix is not positive definite")                                      \
  X(ERR_SINGULAR, -47, "matrix is singular")                                                       \
  /* untrusted bytes */                                                                            \
  X(ERR_PARSE, -60, "malformed text")                                                              \
  X(ERR_TRUNCATED, -61, "input ends too early")                                                    \
  X(ERR_FORMAT, -62, "unknown or unsupported format")                                              \
  X(ERR_CHECKSUM, -63, "checksum does not match")

#define SL_OUTCOME_LIST(X)                                                                         \
  X(CONVERGED, 0, "converged")                                                                     \
  X(ITERATION_LIMIT, 1, "iterationLimit")                                                          \
  X(WORK_LIMIT, 2, "workLimit")                                                                    \
  X(TIME_LIMIT, 3, "timeLimit")                                                                    \
  X(STAGNATED, 4, "stagnated")                                                                     \
  X(SINGULAR, 5, "singular")                                                                       \
  X(INCONSISTENT, 6, "inconsistent")                                                               \
  X(INDEFINITE, 7, "indefinite")                                                                   \
  X(BREAKDOWN, 8, "breakdown")                                                                     \
  X(RUNNING, 9, "running")                                                                         \
  X(MEMORY_LIMIT, 10, "memoryLimit")

typedef enum sl_status {
#define X(name, value, text) SL_##name = value,
  SL_STATUS_LIST(X)
#undef X
} sl_status;

typedef enum sl_outcome {
#define X(name, value, text) SL_OUTCOME_##name = value,
  SL_OUTCOME_LIST(X)
#undef X
} sl_outcome;

// Stable name without prefix ("ERR_RANGE"), or "UNKNOWN". Static storage; never null.
const char *sl_status_name(sl_status status);

// One short English phrase. Static storage; never null.
const char *sl_status_text(sl_status status);

// camelCase name as TypeScript shows it ("iterationLimit"). Static storage; never null.
const char *sl_outcome_name(sl_outcome outcome);

// What went wrong in the last failing call on this thread. Valid until the next failing call;
// a succeeding call leaves it alone.
typedef struct sl_error {
  sl_status status;
  const char *argument; // name of the offending argument in C spelling ("row_pointers"), static
  const char *expected; // what would have been right ("finite numbers"), static
  uint64_t position;    // index in the argument, line in a text, bytes wanted (ERR_MEMORY);
                        // SL_NO_POSITION when there is none
} sl_error;

#define SL_NO_POSITION UINT64_MAX

const sl_error *sl_last_error(void);

// Records the error and returns `status`, so that `return sl_fail(...)` reads naturally.
// `argument` and `expected` must be string literals (the pointers are kept).
sl_status sl_fail(sl_status status, const char *argument, const char *expected, uint64_t position);

// Returns from the calling function when `expr` fails.
#define SL_TRY(expr)                                                                               \
  do {                                                                                             \
    sl_status sl_try_status_ = (expr);                                                             \
    if (sl_try_status_ != SL_OK) return sl_try_status_;                                            \
  } while (0)

// Returns `status`, with the argument's name and what was expected, when `cond` does not hold.
#define SL_REQUIRE(cond, status, argument, expected)                                               \
  do {                                                                                             \
    if (!(cond)) return sl_fail((status), (argument), (expected), SL_NO_POSITION);                 \
  } while (0)

// The same for element `position` of an array, or line `position` of a text.
#define SL_REQUIRE_AT(cond, status, argument, expected, position)                                  \
  do {                                                                                             \
    if (!(cond)) return sl_fail((status), (argument), (expected), (position));                     \
  } while (0)

#endif
