// What is used of WebAssembly's objects, whose types are not everywhere where this package's are.

/** A `WebAssembly.Memory`. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
}

/** A `WebAssembly.Global` that holds an i64. */
export interface KernelGlobal {
  value: bigint;
}
