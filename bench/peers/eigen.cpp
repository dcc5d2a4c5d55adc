// Eigen's sparse solvers: conjugate gradients, BiCGSTAB and a sparse Cholesky factorisation.
// Every run is a complete solve: what the method builds from the matrix is in its time.
#include <Eigen/IterativeLinearSolvers>
#include <Eigen/SparseCholesky>
#include <Eigen/SparseCore>

#include "protocol.h"

namespace {

// Row-major: Eigen's product of a sparse matrix and a vector is fastest so. Factorisations get columns.
using Rows = Eigen::SparseMatrix<double, Eigen::RowMajor, int>;
using Columns = Eigen::SparseMatrix<double, Eigen::ColMajor, int>;
constexpr int kBoth = Eigen::Lower | Eigen::Upper;

Rows rows;
Columns columns;
Eigen::VectorXd b, x;

void load(const char *path) {
  peer_system s = peer_read_system(path);
  std::vector<int> pointers(s.row_pointers, s.row_pointers + s.n + 1);
  std::vector<int> indices(s.columns, s.columns + s.nnz);
  rows = Eigen::Map<const Rows>(s.n, s.n, s.nnz, pointers.data(), indices.data(), s.values);
  columns = rows;
  b = Eigen::Map<const Eigen::VectorXd>(s.b, s.n);
  free(s.row_pointers);
  free(s.columns);
  free(s.values);
  free(s.b);
}

template <class Solver, class Matrix>
const char *iterate(const Matrix &matrix, double tolerance, peer_answer *answer) {
  double start = peer_now();
  Solver solver;
  solver.setTolerance(tolerance);
  solver.setMaxIterations(100000);
  solver.compute(matrix);
  x = solver.solve(b);
  answer->milliseconds = peer_now() - start;
  answer->iterations = solver.iterations();
  return solver.info() == Eigen::Success ? nullptr : "did not converge";
}

const char *run(const char *method, double tolerance, peer_answer *answer) {
  using namespace Eigen;
  const char *error = "unknown method";
  if (strcmp(method, "cg-ic0") == 0) {
    using Preconditioner = IncompleteCholesky<double, Lower, NaturalOrdering<int>>;
    error = iterate<ConjugateGradient<Rows, kBoth, Preconditioner>>(rows, tolerance, answer);
  } else if (strcmp(method, "cg-diagonal") == 0) {
    error = iterate<ConjugateGradient<Rows, kBoth>>(rows, tolerance, answer);
  } else if (strcmp(method, "bicgstab-diagonal") == 0) {
    error = iterate<BiCGSTAB<Rows>>(rows, tolerance, answer);
  } else if (strcmp(method, "ldlt") == 0) {
    double start = peer_now();
    SimplicialLDLT<Columns> solver(columns);
    x = solver.solve(b);
    answer->milliseconds = peer_now() - start;
    answer->iterations = 0;
    error = solver.info() == Success ? nullptr : "factorisation failed";
  }
  answer->result = x.data();
  answer->length = (size_t)x.size();
  return error;
}

}  // namespace

int main() { return peer_serve(load, run); }
