// The temperature of a plate: a heat equation on a grid of 300 x 300 cells, solved with a residual
// that was computed for the answer itself. Link with `pkg-config --cflags --libs sublinear`.
#include <stdio.h>
#include <stdlib.h>

#include <sublinear/sublinear.h>

enum { SIDE = 300, CELLS = SIDE * SIDE };

static void check(sl_status status, const char *what) {
  if (status == SL_OK) return;
  const sl_error *error = sl_last_error();
  fprintf(stderr, "%s: %s (%s: expected %s)\n", what, sl_status_text(status), error->argument,
          error->expected);
  exit(1);
}

int main(void) {
  // Edges between neighbours; the matrix is the Laplacian plus a little that leaks from each cell.
  static uint32_t from[2 * CELLS], to[2 * CELLS];
  static double heat[CELLS], temperature[CELLS];
  uint32_t edges = 0;
  for (uint32_t cell = 0; cell < CELLS; cell++) {
    if (cell % SIDE + 1 < SIDE) from[edges] = cell, to[edges++] = cell + 1;
    if (cell + SIDE < CELLS) from[edges] = cell, to[edges++] = cell + SIDE;
  }
  heat[CELLS / 2 + SIDE / 2] = 100;

  sl_graph *grid;
  sl_csr *matrix;
  sl_solver *solver;
  check(sl_graph_from_edges(CELLS, edges, from, to, NULL, SL_VALUES_PATTERN, false, &grid), "grid");
  check(sl_graph_laplacian(grid, 0.01, &matrix), "matrix");
  check(sl_solver_create(matrix, NULL, &solver), "solver");
  check(sl_solver_begin(solver, heat, NULL), "begin");
  sl_outcome outcome;
  do { // a program that draws would do so between the steps
    check(sl_job_step(sl_solver_job(solver), 1000000, &outcome), "step");
  } while (outcome == SL_OUTCOME_RUNNING);
  sl_solve_result result;
  check(sl_solver_finish(solver, temperature, &result), "finish");

  // In equilibrium as much heat leaks as comes in.
  double leaks = 0;
  for (int cell = 0; cell < CELLS; cell++) leaks += 0.01 * temperature[cell];
  printf("sublinear %s\n", sl_version());
  printf("%s by %s after %u iterations\n", sl_outcome_name(result.outcome),
         sl_solver_method_name(result.method), result.iterations);
  printf("heat in 100, heat out %.4f, each temperature off by at most %.1e\n", leaks,
         result.error_bound);
  printf("%zu bytes at most\n", sl_bytes_peak());

  sl_solver_destroy(solver);
  sl_csr_destroy(matrix);
  sl_graph_destroy(grid);
  return sl_bytes_in_use() == 0 ? 0 : 1;
}

// prints: converged by [a-zA-Z]+ after [0-9]+ iterations
// prints: heat out (99[.]999|100[.]000)
