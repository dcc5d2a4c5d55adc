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

// package.json's "imports" choose the file by platform; all have the same types. Not by "paths" in tsconfig.json: programs
// that run TypeScript directly (tsx) follow those at run time, too.
declare module '#wasm-source' {
  export const packaged: typeof import('./wasm-source.node.js').packaged;
  export const fetched: typeof import('./wasm-source.node.js').fetched;
}
