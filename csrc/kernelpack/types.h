// Limits of modules of kernels, and what they may use.
#ifndef SL_KERNELPACK_TYPES_H
#define SL_KERNELPACK_TYPES_H

#define SL_KERNEL_BYTES_MAX (1u << 20) // of a module
#define SL_KERNEL_PAGES_MAX 32768u     // of 64 KiB: 2 GiB
#define SL_KERNEL_FUNCTIONS_MAX 4096u  // also types
#define SL_KERNEL_PARAMETERS_MAX 64u   // of a type; results: 16
#define SL_KERNEL_GLOBALS_MAX 1024u    // also exports and data segments
#define SL_KERNEL_LOCALS_MAX 4096u     // of a function, with parameters
#define SL_KERNEL_NESTING_MAX 256u     // blocks in blocks
#define SL_KERNEL_DEPTH_MAX 64u        // calls in calls
#define SL_KERNEL_FRAME_MAX 32768u // locals and instructions of the functions of a chain of calls

// What a module may use beside WebAssembly 1.0. Bits of a set.
typedef enum sl_kernel_feature {
  SL_KERNEL_SIMD = 1,           // 128-bit vectors, without relaxed SIMD
  SL_KERNEL_BULK_MEMORY = 2,    // memory.copy, fill, init, data.drop
  SL_KERNEL_SIGN_EXTENSION = 4, // i32.extend8_s and its like
  SL_KERNEL_SATURATING = 8,     // i32.trunc_sat_f32_s and its like
  SL_KERNEL_MULTI_VALUE = 16,   // blocks with parameters or several results
} sl_kernel_feature;
#define SL_KERNEL_FEATURES 31u

#endif
