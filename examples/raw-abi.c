// A host of the raw ABI in C, without any JavaScript engine: the module is translated to C by
// wasm2c (WABT) and compiled with this file. A host in Go, Rust, Swift or Python does the same with
// its own WebAssembly runtime. docs/abi.md is the manual.
//
//   wasm2c dist/raw/solver.scalar.wasm -n solver -o solver.c
//   cc -O1 -I. examples/raw-abi.c solver.c -lwasm-rt-impl -lm -o raw-abi && ./raw-abi
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "solver.h"

#define SL(name) Z_solverZ_sl_abi_##name

static Z_solver_instance_t module;

// An address of the module as a pointer of this program. Memory may grow and move in any call that
// allocates: never kept.
static void *at(u32 address) { return Z_solverZ_memory(&module)->data + address; }

static void check(u32 status) {
  if (status == 0) return;
  fprintf(stderr, "%s: %s, expected %s\n", (char *)at(SL(status_name)(&module, status)),
          (char *)at(SL(last_error_argument)(&module)),
          (char *)at(SL(last_error_expected)(&module)));
  exit(1);
}

// A handle or an address; 0 means that the call failed.
static u32 made(u32 value) {
  if (value == 0) check(SL(last_error_status)(&module));
  return value;
}

static u32 put(const void *data, size_t bytes) {
  u32 address = made(SL(alloc)(&module, (u32)bytes));
  memcpy(at(address), data, bytes);
  return address;
}

int main(void) {
  enum { N = 100000, RUNNING = 9, FLOAT64 = 2 };
  wasm_rt_init();
  Z_solver_init_module();
  Z_solver_instantiate(&module);
  Z_solverZ__initialize(&module);
  if (SL(version)(&module) != 1) return 1;

  // A chain of cells, each tied to its neighbours by 1 and to the ground by 0.5.
  static u32 pointers[N + 1], columns[3 * N];
  static double values[3 * N];
  u32 count = 0;
  for (u32 i = 0; i < N; i++) {
    if (i > 0) columns[count] = i - 1, values[count++] = -1;
    columns[count] = i, values[count++] = 2.5;
    if (i < N - 1) columns[count] = i + 1, values[count++] = -1;
    pointers[i + 1] = count;
  }
  u32 at_pointers = put(pointers, sizeof pointers);
  u32 at_columns = put(columns, count * sizeof *columns);
  u32 at_values = put(values, count * sizeof *values);
  u32 matrix = made(SL(matrix_from_csr)(&module, N, N, at_pointers, N + 1, at_columns, count,
                                        at_values, count, FLOAT64));
  SL(free)(&module, at_pointers), SL(free)(&module, at_columns), SL(free)(&module, at_values);

  // One entry of x for a push of 3 on cell 50,000: to 1e-6, with the proof.
  u32 where = put(&(u32){50000}, sizeof(u32)), what = put(&(double){3}, sizeof(double));
  u32 entries = made(SL(local_entries_create)(&module, matrix));
  check(SL(local_entries_set_sparse)(&module, entries, where, what, 1));
  check(SL(local_entries_begin)(&module, entries, 1e-6, 0, 0, where, 1));
  u32 out = made(SL(alloc)(&module, 64));
  do check(SL(job_step)(&module, entries, 10000, out));
  while (*(u32 *)at(out) == RUNNING);
  check(SL(local_entries_finish)(&module, entries, out, out + 16, out + 40, out + 44));
  const double *real = at(out + 16);
  printf("x[50000] = %.6f, off by at most 1e-6: %s, rows read: %.0f of %d\n",
         *(double *)at(*(u32 *)at(out + 40)), real[0] <= 1e-6 ? "proved" : "no", real[1], N);

  SL(free)(&module, where), SL(free)(&module, what), SL(free)(&module, out);
  check(SL(local_entries_destroy)(&module, entries));
  check(SL(matrix_destroy)(&module, matrix));
  printf("bytes held at the end: %u\n", SL(bytes_in_use)(&module));
  Z_solver_free(&module);
  return 0;
}
