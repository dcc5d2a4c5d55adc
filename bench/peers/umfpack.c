// SuiteSparse's UMFPACK: multifrontal LU, BLAS as the caller has set it, without its iterative refinement. Runs: `factor`
// orders, factorises and solves; `solve` solves with the factors that are there.
#include <stdbool.h>
#include <suitesparse/umfpack.h>

#include "protocol.h"

static double control[UMFPACK_CONTROL], info[UMFPACK_INFO];
static void *numeric;
static peer_system s;
static int *pointers, *rows;
static double *values, *x;

// UMFPACK takes columns.
static void load(const char *path) {
  if (numeric != NULL) umfpack_di_free_numeric(&numeric);
  free(s.row_pointers), free(s.columns), free(s.values), free(s.b);
  s = peer_read_system(path);
  peer_columns(&s, &pointers, &rows, &values);
  x = (double *)realloc(x, 8 * (size_t)s.n);
}

static const char *run(const char *method, double tolerance, peer_answer *answer) {
  (void)tolerance;
  int n = (int)s.n;
  bool factor = strcmp(method, "factor") == 0;
  if (!factor && strcmp(method, "solve") != 0) return "unknown method";
  if (factor && numeric != NULL) umfpack_di_free_numeric(&numeric);
  if (!factor && numeric == NULL) return "nothing is factorised";
  double start = peer_now();
  if (factor) {
    void *symbolic;
    if (umfpack_di_symbolic(n, n, pointers, rows, values, &symbolic, control, info) < 0) {
      return "analysis failed";
    }
    int status = umfpack_di_numeric(pointers, rows, values, symbolic, &numeric, control, info);
    umfpack_di_free_symbolic(&symbolic);
    if (status != UMFPACK_OK) return "factorisation failed";
  }
  umfpack_di_solve(UMFPACK_A, pointers, rows, values, x, s.b, numeric, control, info);
  answer->milliseconds = peer_now() - start;
  answer->iterations = 0;
  answer->result = x;
  answer->length = s.n;
  return NULL;
}

int main(void) {
  umfpack_di_defaults(control);
  control[UMFPACK_IRSTEP] = 0;
  return peer_serve(load, run);
}
