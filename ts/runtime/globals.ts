// Global types that some projects lack. TypeScript merges them with those of its own libs where these are loaded
// (@types/node does the same), so that the package's types work with and without them.
declare global {
  // "ESNext.Disposable", for `using` and `await using`.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
    readonly asyncDispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>;
  }
  // "DOM", which programs for Node need not have.
  namespace WebAssembly {
    interface Module {}
  }
}

export {};
