// Raw ABI of the eigen room: eigen/eigen.h.
#include "graph/abi.h"
#include "base/abi_job.h"
#include "eigen/eigen.h"
#include "sparse/abi.h"

static sl_handle hand_out(sl_status status, sl_eigen *made) {
  return status == SL_OK ? sl_abi_job_register(sl_eigen_job(made), 0, NULL) : 0;
}

// 0 after a failure. problem: nine doubles. initial: initial_count numbers, as many as the matrix has
// rows, or NULL. The matrix is copied. The work is done by sl_abi_job_step.
sl_handle SL_ABI(sl_abi_eigen_create)(sl_handle matrix, const double *problem,
                                      const double *initial, uint32_t initial_count) {
  sl_csr *csr;
  sl_eigen *made;
  if (sl_handle_get(matrix, SL_HANDLE_MATRIX, (void **)&csr) != SL_OK) return 0;
  return hand_out(sl_eigen_create(csr, NULL, problem, initial, initial_count, &made), made);
}

// The same with a mass matrix, which is copied as well.
sl_handle SL_ABI(sl_abi_eigen_create_with_mass)(sl_handle matrix, sl_handle mass,
                                                const double *problem, const double *initial,
                                                uint32_t initial_count) {
  sl_csr *a, *b;
  sl_eigen *made;
  if (sl_handle_get(matrix, SL_HANDLE_MATRIX, (void **)&a) != SL_OK) return 0;
  if (sl_handle_get(mass, SL_HANDLE_MATRIX, (void **)&b) != SL_OK) return 0;
  return hand_out(sl_eigen_create(a, b, problem, initial, initial_count, &made), made);
}

// The same for the Laplacian of a graph, which is copied. normalized: 0 or 1.
sl_handle SL_ABI(sl_abi_eigen_create_graph)(sl_handle graph_handle, int32_t normalized,
                                            const double *problem) {
  sl_graph *graph;
  sl_eigen *made;
  if (sl_handle_get(graph_handle, SL_HANDLE_GRAPH, (void **)&graph) != SL_OK) return 0;
  return hand_out(sl_eigen_create_graph(graph, normalized != 0, problem, &made), made);
}

// The same for the largest singular values of a matrix of any shape, which is copied.
sl_handle SL_ABI(sl_abi_eigen_create_singular)(sl_handle matrix, const double *problem) {
  sl_csr *csr;
  sl_eigen *made;
  if (sl_handle_get(matrix, SL_HANDLE_MATRIX, (void **)&csr) != SL_OK) return 0;
  return hand_out(sl_eigen_create_singular(csr, problem, &made), made);
}

int32_t SL_ABI(sl_abi_eigen_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_eigen_kind);
}

// out: two numbers, written: rows, and pairs asked for.
int32_t SL_ABI(sl_abi_eigen_shape)(sl_handle handle, double *out) {
  sl_eigen *eigen;
  SL_TRY(sl_abi_job_get(handle, &sl_eigen_kind, &eigen));
  sl_eigen_shape(eigen, out);
  return SL_OK;
}

// out: twelve numbers; values, residuals, bounds, angles: k numbers each; vectors: k columns of as
// many numbers as there are rows. All of them are written: see sl_eigen_read.
int32_t SL_ABI(sl_abi_eigen_read)(sl_handle handle, double *out, double *values, double *vectors,
                                  double *residuals, double *bounds, double *angles) {
  sl_eigen *eigen;
  SL_TRY(sl_abi_job_get(handle, &sl_eigen_kind, &eigen));
  return sl_eigen_read(eigen, out, values, vectors, residuals, bounds, angles);
}
