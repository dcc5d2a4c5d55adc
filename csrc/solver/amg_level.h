// The levels of an AMG hierarchy, shared by its setup and its cycle.
#ifndef SL_SOLVER_AMG_LEVEL_H
#define SL_SOLVER_AMG_LEVEL_H

#include "solver/amg.h"
#include "solver/ordering.h"
#include "sparse/csr.h"

#define SL_AMG_MAX_LEVELS 24

typedef struct sl_amg_level {
  uint32_t n;
  // The matrix without its diagonal. Entries of row i: pointers[i] .. middles[i] have columns below
  // i, middles[i] .. pointers[i + 1] above; in no other order.
  uint32_t *pointers; // n + 1
  uint32_t *middles;  // n
  uint32_t *columns;
  float *values;
  float *diagonal;         // n; freed when the level is built
  float *inverse_diagonal; // n; 0 where the diagonal is 0
  // Prolongation to this level from the next; NULL on the coarsest.
  uint32_t *p_pointers; // n + 1
  uint32_t *p_columns;
  float *p_values;
  float *x, *b; // n each
} sl_amg_level;

typedef enum sl_amg_stage {
  SL_AMG_ORDER,
  SL_AMG_COPY,
  SL_AMG_STRENGTH,
  SL_AMG_ROOTS,
  SL_AMG_JOIN,
  SL_AMG_GATHER,
  SL_AMG_PROLONGATE,
  SL_AMG_TRANSPOSE,
  SL_AMG_MULTIPLY,
  SL_AMG_GALERKIN,
  SL_AMG_FINISH_LEVEL,
  SL_AMG_FACTORISE,
  SL_AMG_DONE,
} sl_amg_stage;

struct sl_amg {
  const sl_csr *matrix;
  int sign;
  bool coarsen;
  double scale;         // what the matrix is multiplied by
  sl_ordering ordering; // of the finest level; arrays of NULL: as the matrix
  float *z;             // n: the result in the matrix's order; NULL without an ordering
  sl_amg_level levels[SL_AMG_MAX_LEVELS];
  uint32_t level_count;
  double *factor; // dense Cholesky factor of the coarsest level, row by row; or NULL: sweeps
  sl_amg_stage stage;
  uint32_t cursor; // rows done of the stage
  uint32_t coarse_limit;
  // Between two levels, while the next is made.
  uint32_t coarse_n;
  uint32_t *aggregates;          // n
  uint32_t roots;                // aggregates of the first pass
  float omega;                   // damping of the step that smooths the prolongation
  float radius;                  // bound of the spectral radius of D^-1 A
  float *strongest;              // n: largest coupling of the row
  uint32_t *marks;               // coarse_n: place in the row being made, see the setup
  float *sums;                   // coarse_n
  uint32_t *t_pointers, *t_rows; // transpose of the prolongation
  float *t_values;
  uint32_t *ap_pointers, *ap_columns; // A P
  float *ap_values;
  uint32_t ap_capacity;
  uint32_t next_capacity;
  double fill; // entries that go into A P / entries of A, on the finest level
};

#endif
