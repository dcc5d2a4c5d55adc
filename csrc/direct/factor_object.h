// What a factorisation holds. Internal to the room; the contract is factor.h.
#ifndef SL_DIRECT_FACTOR_OBJECT_H
#define SL_DIRECT_FACTOR_OBJECT_H

#include "direct/analysis.h"
#include "direct/factor.h"
#include "direct/lu.h"
#include "direct/symmetric.h"

typedef enum sl_factor_phase {
  SL_FACTOR_IDLE = 0,
  SL_FACTOR_ANALYSING,
  SL_FACTOR_ELIMINATING,
  SL_FACTOR_RESTORING, // from a file
  SL_FACTOR_PIVOTING,  // the LU half at work
  SL_FACTOR_SOLVING,
  SL_FACTOR_ESTIMATING, // the condition number
} sl_factor_phase;

// A solve of one vector, without refinement: A x = b by the factor.
typedef struct sl_factor_pass {
  uint32_t cursor;
  sl_lu_pass lu;
} sl_factor_pass;

typedef struct sl_factor_solve {
  double *b, *x; // n columns each, one array
  uint32_t columns, column;
  bool transpose;
  uint32_t limit, refinements; // of each column, of this one
  double tolerance;
  int stage; // of this column
  uint32_t cursor;
  bool precise;            // the residual at hand is in twice the precision
  bool large;              // numbers of this column are too large for that
  int32_t exponent;        // b was divided by 2^exponent
  double lost;             // most that underflow can have taken from a scaled residual
  double error, bound;     // of what is in x now: backward, forward
  double best, best_bound; // of the answer in `kept`
  sl_outcome outcome;
  double most_error, most_bound;
  uint32_t most_refinements;
  double *errors; // columns
  uint32_t room;  // columns that `errors` has room for
} sl_factor_solve;

typedef struct sl_factor_condition {
  int stage;
  uint32_t rounds, last;
  double estimate, result;
} sl_factor_condition;

struct sl_factor {
  sl_job job;
  sl_factor_phase phase;
  sl_factor_method asked, method;
  sl_factor_ordering ordering;
  bool estimate_only;
  bool made;                               // there is a factor
  bool facts_known;                        // `facts` are those of this factor
  double facts[SL_FACTOR_FACTS];           // without the bytes
  sl_csr *matrix;                          // f64, the values as they were given
  double *scaled;                          // nnz: values 2^(row + column exponents)
  int32_t *row_exponent, *column_exponent; // n each; one array where the matrix is symmetric
  double largest;                          // of |scaled|
  bool is_scaled;                          // or all exponents are 0
  bool symmetric;
  sl_analysis analysis;
  bool analysed;
  sl_symmetric numbers;
  sl_lu *lu;         // instead of analysis and numbers
  sl_csr lu_matrix;  // what it reads: the matrix with scaled values
  bool refactors_lu; // its pivots are being used again
  uint64_t work;
  uint64_t version; // grows when other values are begun: files that are being written notice
  sl_factor_pass pass;
  sl_factor_solve solve;
  sl_factor_condition condition;
  // Workspace of solves, made with the first.
  double *y;                                       // n: by places
  double *scratch;                                 // rows of the largest panel
  double *scaled_b, *scaled_x, *kept, *correction; // n each
  double *sums; // 3 n: of transposed residuals; NULL until there is one
  // From a file, until they are restored.
  double *file_values, *file_d, *file_e;
  uint32_t *file_exchanged, *file_order;
  uint64_t file_value_count;
  bool file_simple;
};

// The outcome of a job whose work is done, or ERR_STATE without a factor or while running.
sl_status sl_factor_require_made(const sl_factor *factor);
void sl_factor_begin_phase(sl_factor *factor, sl_factor_phase phase);

// The workspace. Errors: ERR_MEMORY.
sl_status sl_factor_reserve(sl_factor *factor);

// Begins x = A^-1 b, or with A^T, in the scaled matrix; `step` is called until it is true.
//   b, x    n, by rows; they may be the same
void sl_factor_pass_begin(sl_factor *factor, const double *b, bool transpose);
bool sl_factor_pass_step(sl_factor *factor, uint64_t work, double *x);

// A step of each phase; `done`: written.
sl_status sl_factor_step_solve(sl_factor *factor, uint64_t work, bool *done);
sl_status sl_factor_step_condition(sl_factor *factor, uint64_t work, bool *done);
void sl_factor_stop_solve(sl_factor *factor, sl_outcome why);
sl_status sl_factor_step_restore(sl_factor *factor);
void sl_factor_drop_file(sl_factor *factor);

// Takes a matrix over, which is scaled and checked; it is destroyed after a failure.
//   general   treat it as unsymmetric whatever its values
sl_status sl_factor_adopt(sl_csr *matrix, bool general, sl_factor **out);

// The order of the symmetric analysis.
sl_direct_ordering sl_factor_direct_ordering(const sl_factor *factor);

// Begins the LU half on the scaled matrix; a step of it.
sl_status sl_factor_begin_lu(sl_factor *factor);
sl_status sl_factor_begin_lu_values(sl_factor *factor);
sl_status sl_factor_step_lu(sl_factor *factor, uint64_t work, bool *done);
// Numbers 4 .. 8 and 13 .. 16 of sl_factor_facts, as far as they are known.
void sl_factor_lu_facts(const sl_factor *factor, double *out);
sl_status sl_factor_scale(sl_factor *factor);

#endif
