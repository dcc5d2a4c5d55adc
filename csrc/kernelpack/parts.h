// What a module's decoder and the walk through its functions know. Private to the folder.
#ifndef SL_KERNELPACK_PARTS_H
#define SL_KERNELPACK_PARTS_H

#include "kernelpack/reader.h"
#include "kernelpack/types.h"

// A type of functions. Its parameters and results are read from the module; `at` is where they are in the copy.
typedef struct sl_kernel_type {
  uint32_t parameters, results;
  size_t parameters_at, results_at;
} sl_kernel_type;

typedef struct sl_kernel_function {
  uint32_t type;
  uint32_t frame;      // locals, parameters and instructions
  uint32_t first_call; // in sl_kernel_parts.calls
  uint32_t calls;
  uint32_t callers; // for the order in which chains are measured
  uint32_t depth;   // of the longest chain that ends with it
  uint32_t chain;   // frames of the largest chain that ends with it
} sl_kernel_function;

typedef struct sl_kernel_parts {
  sl_wasm_reader r;
  uint32_t features, pages; // what is allowed, and the memory that the copy has
  bool metered;
  uint32_t used; // features
  sl_kernel_type *types;
  sl_kernel_function *functions;
  uint32_t *calls; // callees in the order of the code
  size_t calls_count, calls_room;
  uint32_t *runs; // instructions of each run of the function that is being walked
  size_t runs_count, runs_room;
  uint32_t type_count, function_count, global_count, data_count;
  uint32_t least_pages;
  uint64_t instructions, all_runs;
} sl_kernel_parts;

// The index of the type and of the function that pays for memory.copy and its like, and of the global with the fuel: the
// first ones that are not the module's.
static inline uint32_t sl_kernel_pay_type(const sl_kernel_parts *p) { return p->type_count; }
static inline uint32_t sl_kernel_pay_function(const sl_kernel_parts *p) {
  return p->function_count;
}
static inline uint32_t sl_kernel_fuel_global(const sl_kernel_parts *p) { return p->global_count; }

// Reads the body of function number `index`, notes whom it calls and what its runs cost.
void sl_kernel_read_body(sl_kernel_parts *p, uint32_t index);

// Writes it, metered or as it is. Right after it was read: the costs of its runs are still there. The reader is where the
// body begins, and then where it ends.
void sl_kernel_write_body(sl_kernel_parts *p, uint32_t index, sl_wasm_writer *out);

// The function that takes a number of bytes, pays for them, and returns it.
void sl_kernel_write_pay(const sl_kernel_parts *p, sl_wasm_writer *out);

// What follows an opcode, other than control: checked and passed over.
void sl_kernel_read_plain(sl_kernel_parts *p, uint32_t opcode, uint32_t locals);
void sl_kernel_read_vector(sl_kernel_parts *p);
// Whether the length of a memory.copy, fill or init is on the stack.
bool sl_kernel_read_prefixed(sl_kernel_parts *p);

// A type of values.
uint32_t sl_kernel_value_type(sl_kernel_parts *p);

// A feature is used.
void sl_kernel_use(sl_kernel_parts *p, uint32_t feature);

#endif
