// SuiteSparse's CHOLMOD: supernodal sparse Cholesky, ordering chosen by CHOLMOD, BLAS as the caller has set it.
// A run analyses, factorises and solves.
#include <suitesparse/cholmod.h>

#include "protocol.h"

static cholmod_common common;
static cholmod_sparse *matrix;
static cholmod_dense *b, *x;

// CHOLMOD keeps one triangle of a symmetric matrix. Rows of the lower triangle are the columns of
// the upper one.
static void load(const char *path) {
  peer_system s = peer_read_system(path);
  size_t kept = 0;
  for (uint32_t i = 0; i < s.n; i++) {
    for (uint32_t k = s.row_pointers[i]; k < s.row_pointers[i + 1]; k++) kept += s.columns[k] <= i;
  }
  cholmod_free_sparse(&matrix, &common);
  cholmod_free_dense(&b, &common);
  matrix = cholmod_allocate_sparse(s.n, s.n, kept, 1, 1, 1, CHOLMOD_REAL, &common);
  b = cholmod_allocate_dense(s.n, 1, s.n, CHOLMOD_REAL, &common);
  int *pointers = matrix->p, *indices = matrix->i, at = 0;
  double *values = matrix->x;
  for (uint32_t i = 0; i < s.n; i++) {
    pointers[i] = at;
    for (uint32_t k = s.row_pointers[i]; k < s.row_pointers[i + 1]; k++) {
      if (s.columns[k] > i) continue;
      indices[at] = (int)s.columns[k];
      values[at++] = s.values[k];
    }
  }
  pointers[s.n] = at;
  memcpy(b->x, s.b, 8 * (size_t)s.n);
  free(s.row_pointers);
  free(s.columns);
  free(s.values);
  free(s.b);
}

static const char *run(const char *method, double tolerance, peer_answer *answer) {
  (void)tolerance;
  if (strcmp(method, "supernodal") == 0) common.supernodal = CHOLMOD_SUPERNODAL;
  else if (strcmp(method, "auto") == 0) common.supernodal = CHOLMOD_AUTO;
  else return "unknown method";
  cholmod_free_dense(&x, &common);
  double start = peer_now();
  cholmod_factor *factor = cholmod_analyze(matrix, &common);
  cholmod_factorize(matrix, factor, &common);
  x = cholmod_solve(CHOLMOD_A, factor, b, &common);
  answer->milliseconds = peer_now() - start;
  cholmod_free_factor(&factor, &common);
  if (common.status != CHOLMOD_OK || x == NULL) return "factorisation failed";
  answer->iterations = 0;
  answer->result = x->x;
  answer->length = matrix->nrow;
  return NULL;
}

int main(void) {
  cholmod_start(&common);
  common.print = 0;
  return peer_serve(load, run);
}
