// SuiteSparse's KLU: LU on the block triangular form. Runs: `factor` orders, factorises and solves; `again` factorises
// other values with the pivots of the last factorisation and solves; `solve` solves with the factors that are there.
#include <suitesparse/klu.h>

#include "protocol.h"

static klu_common common;
static klu_symbolic *symbolic;
static klu_numeric *numeric;
static peer_system s;
static int *pointers, *rows;
static double *values, *x;

// KLU takes columns.
static void load(const char *path) {
  if (numeric != NULL) klu_free_numeric(&numeric, &common);
  if (symbolic != NULL) klu_free_symbolic(&symbolic, &common);
  free(s.row_pointers), free(s.columns), free(s.values), free(s.b);
  s = peer_read_system(path);
  peer_columns(&s, &pointers, &rows, &values);
  x = (double *)realloc(x, 8 * (size_t)s.n);
}

static const char *run(const char *method, double tolerance, peer_answer *answer) {
  (void)tolerance;
  int n = (int)s.n;
  if (strcmp(method, "factor") == 0) {
    if (numeric != NULL) klu_free_numeric(&numeric, &common);
    if (symbolic != NULL) klu_free_symbolic(&symbolic, &common);
  } else if (numeric == NULL) {
    return "nothing is factorised";
  }
  memcpy(x, s.b, 8 * (size_t)s.n);
  double start = peer_now();
  if (strcmp(method, "factor") == 0) {
    symbolic = klu_analyze(n, pointers, rows, &common);
    if (symbolic != NULL) numeric = klu_factor(pointers, rows, values, symbolic, &common);
    if (numeric == NULL) return "factorisation failed";
  } else if (strcmp(method, "again") == 0) {
    if (!klu_refactor(pointers, rows, values, symbolic, numeric, &common)) return "it failed";
  } else if (strcmp(method, "solve") != 0) {
    return "unknown method";
  }
  klu_solve(symbolic, numeric, n, 1, x, &common);
  answer->milliseconds = peer_now() - start;
  answer->iterations = 0;
  answer->result = x;
  answer->length = s.n;
  return NULL;
}

int main(void) {
  klu_defaults(&common);
  return peer_serve(load, run);
}
