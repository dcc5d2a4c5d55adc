// WebAssembly modules of kernels that cannot escape: a strict decoder, and a copy of the module whose memory has one size
// and whose functions pay for what they execute.
//
// A kernel module computes on its own memory and does nothing else: it imports nothing, has one memory, no start
// function, nothing in a table, no recursion and no indirect call. What does not look like that is refused before any engine sees it.
//
// Metering. A mutable 64-bit global holds the fuel. Each straight run of instructions is paid as a whole before its first
// one executes: one unit for each instruction, without block, loop, nop, else and end, which do nothing. memory.copy, fill
// and init also pay one unit for 16 bytes. A run that cannot be paid executes `unreachable`, and the global stays
// negative, so that a host can tell this trap from others. The sums are of the file, not of an engine: the same fuel ends
// at the same instruction everywhere. A function keeps the fuel in a local and writes it back before calls and returns: a
// run costs a subtraction and a comparison of registers.
//
// Depth. Engines have stacks of different sizes. Chains of calls are at most SL_KERNEL_DEPTH_MAX deep and their functions
// have SL_KERNEL_FRAME_MAX locals and instructions together, which fits all of them: no engine overflows its stack.
//
// The decoder checks the form of everything: sections, their order and lengths, indices of types, functions, locals,
// globals, labels and memory, immediates, features. It does not check the types of operands: engines do that when they
// compile, and refuse the module. Nothing that passes both reads or writes the fuel, as its global and its locals have
// indices that the module's own instructions may not name.
//
// Safe on any bytes. Not promised: protection from timing channels or from faults of engines. Results are the same
// everywhere except for the bits of NaN, which WebAssembly leaves open.
//
// Based on: WebAssembly Core Specification 2.0, chapter 5 (binary format); W3C, 2022-2024.
#ifndef SL_KERNELPACK_MODULE_H
#define SL_KERNELPACK_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "kernelpack/types.h"

typedef struct sl_kernel_module sl_kernel_module;

// Decodes a module and writes its copy.
//   bytes     count of them, read; not kept
//   pages     in 1..SL_KERNEL_PAGES_MAX: the memory of the copy has this size, and never another one
//   features  the set that it may use
//   metered   0: the copy is not metered
//   out       written: the module, the caller's to destroy; NULL after a failure
//   Errors: OPTION (pages, features); FORMAT (bytes): not a module of this kind, position = the byte; TRUNCATED (bytes);
//   UNSUPPORTED (bytes): a feature that is not in the set, recursion, too deep or too large; MEMORY. O(count).
sl_status sl_kernel_module_create(const uint8_t *bytes, size_t count, uint32_t pages,
                                  uint32_t features, uint32_t metered, sl_kernel_module **out);
void sl_kernel_module_destroy(sl_kernel_module *m); // NULL is allowed

// The copy: until the module is destroyed. It exports the functions that the module exports, its memory as "memory", and
// when it is metered the fuel, a mutable i64, as "sublinear.fuel".
sl_status sl_kernel_module_output(const sl_kernel_module *m, const uint8_t **copy, size_t *count);

enum {
  SL_KERNEL_FACT_FEATURES, // the set that it uses
  SL_KERNEL_FACT_EXPORTS,  // functions that it exports
  SL_KERNEL_FACT_ARENA, // where free memory begins: its global __heap_base, or the end of its data
  SL_KERNEL_FACT_PAGES, // the least memory that it asks for
  SL_KERNEL_FACT_FUNCTIONS,    // all functions
  SL_KERNEL_FACT_INSTRUCTIONS, // all instructions that pay
  SL_KERNEL_FACT_RUNS,         // straight runs of instructions
  SL_KERNEL_FACT_DEPTH,        // the longest chain of calls
  SL_KERNEL_FACTS,
};

// numbers: SL_KERNEL_FACTS, written.
sl_status sl_kernel_module_read(const sl_kernel_module *m, double *numbers);

// The exported function number `index`: its name (UTF-8, borrowed), and its types.
//   types    80 bytes, written: its parameters and then its results, as WebAssembly has them (0x7f i32, 0x7e i64, 0x7d
//            f32, 0x7c f64, 0x7b v128)
//   counts   2 numbers, written: how many parameters and results
//   Errors: INDEX (index)
sl_status sl_kernel_module_export(const sl_kernel_module *m, uint32_t index, const char **name,
                                  size_t *length, uint8_t *types, uint32_t *counts);

#endif
