// What importing a .wasm file gives in workerd.
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

// The inline twins, dist/inline/<bundle>.<variant>.js: written by the build after TypeScript ran.
declare module '*.scalar.js' {
  const base64: string;
  export default base64;
}
declare module '*.simd.js' {
  const base64: string;
  export default base64;
}
declare module '*.relaxed.js' {
  const base64: string;
  export default base64;
}
declare module '*.shared.js' {
  const base64: string;
  export default base64;
}

// The program of a worker as a text, dist/inline/worker.js: written by the build after TypeScript ran.
declare module '*/inline/worker.js' {
  const program: string;
  export default program;
}
// Its scripts, dist/inline/<name>.script.js.
declare module '*.script.js' {
  const program: string;
  export default program;
}
