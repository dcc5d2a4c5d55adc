// Types for `using` that work with and without the "ESNext.Disposable" lib: the same declarations as that lib's, which
// TypeScript merges. @types/node does the same.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
}

export {};
