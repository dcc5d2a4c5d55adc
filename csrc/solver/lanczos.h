// What the first iterations of conjugate gradients tell about the rest.
#ifndef SL_SOLVER_LANCZOS_H
#define SL_SOLVER_LANCZOS_H

#include <stdint.h>

#define SL_LANCZOS_STEPS 16u

// Coefficients of the first steps of a (preconditioned) conjugate gradient run.
typedef struct sl_lanczos {
  uint32_t count;                 // steps recorded
  double alpha[SL_LANCZOS_STEPS]; // r^T z / p^T A p
  double beta[SL_LANCZOS_STEPS];  // r^T z of this step / that of the last
} sl_lanczos;

// Forgets all steps.
void sl_lanczos_clear(sl_lanczos *lanczos);

// Records a step; steps beyond SL_LANCZOS_STEPS are left out. O(1).
void sl_lanczos_add(sl_lanczos *lanczos, double alpha, double beta);

// Estimated condition number of the preconditioned matrix: largest over smallest Ritz value. A
// smallest one that stands alone (the nearly constant vector of a graph with a small shift) is left
// out, because it costs conjugate gradients one iteration and not many. Grows with the steps
// towards the true value; 1 without steps. O(steps^2).
double sl_lanczos_condition(const sl_lanczos *lanczos);

// Iterations that conjugate gradients will need to reduce the residual by `factor` (0 < factor <
// 1): sqrt(condition) / 2 * ln(2 / factor), times sqrt(condition / condition after half the steps),
// because an estimate that is still growing has not seen the small eigenvalues yet. At least 0.
double sl_lanczos_iterations(const sl_lanczos *lanczos, double factor);

#endif
