// A host of the raw ABI for the tests: WebAssembly.instantiate and nothing of the package's JavaScript.

type Exports = Record<string, (...args: number[]) => number>;

export class RawModule {
  readonly call: Exports;
  readonly #memory: WebAssembly.Memory;

  private constructor(instance: WebAssembly.Instance) {
    this.call = instance.exports as unknown as Exports;
    this.#memory = instance.exports.memory as WebAssembly.Memory;
    this.call._initialize?.();
  }

  static async open(bytes: BufferSource): Promise<RawModule> {
    const { instance } = await WebAssembly.instantiate(bytes, {});
    return new RawModule(instance);
  }

  /** A view of the memory as it is now; growth makes it useless. */
  view(): DataView {
    return new DataView(this.#memory.buffer);
  }

  text(address: number): string {
    const bytes = new Uint8Array(this.#memory.buffer, address);
    return String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
  }

  alloc(bytes: number): number {
    const address = this.call.sl_abi_alloc!(bytes) >>> 0;
    if (address === 0) throw this.failure();
    return address;
  }

  /** Runs `body` with copies of arrays in the module's memory. */
  with<T>(
    arrays: (Float64Array | Float32Array | Uint32Array | Uint8Array)[],
    body: (...addresses: number[]) => T,
  ): T {
    const addresses = arrays.map((array) => {
      const address = this.alloc(array.byteLength);
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      new Uint8Array(this.#memory.buffer).set(bytes, address);
      return address;
    });
    try {
      return body(...addresses);
    } finally {
      for (const address of addresses) this.call.sl_abi_free!(address);
    }
  }

  f64(address: number, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer.slice(address, address + 8 * length));
  }
  f32(address: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer.slice(address, address + 4 * length));
  }
  u32(address: number, length: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer.slice(address, address + 4 * length));
  }

  /** Throws for a status other than 0. */
  check(status: number): void {
    if (status !== 0) throw this.failure();
  }
  /** Gives the handle; throws for 0. */
  made(handle: number): number {
    if (handle === 0) throw this.failure();
    return handle >>> 0;
  }

  /** A copy of another module's object, as docs/abi.md says: the handle of it in `to`. */
  static copy(kind: 'graph' | 'matrix', from: RawModule, handle: number, to: RawModule): number {
    const read = (module: RawModule, numbers: number, write: (at: number) => number) => {
      const at = module.alloc(8 * numbers);
      module.check(write(at));
      const found = module.f64(at, numbers);
      module.call.sl_abi_free!(at);
      return found;
    };
    const described = read(from, kind === 'graph' ? 27 : 25, (at) =>
      from.call[`sl_abi_${kind}_transfer_out`]!(handle, at),
    );
    const transfer = to.with([described], (at) => to.made(to.call.sl_abi_transfer_create!(at!)));
    try {
      const placed = read(to, 6, (at) => to.call.sl_abi_transfer_arrays!(transfer, at));
      for (let i = 0; i < 6; i += 2) {
        const bytes = new Uint8Array(from.#memory.buffer, described[i]!, described[i + 1]!);
        new Uint8Array(to.#memory.buffer).set(bytes, placed[i]!);
      }
      return to.made(to.call[`sl_abi_${kind}_transfer_finish`]!(transfer, described[25] ?? 0));
    } finally {
      to.check(to.call.sl_abi_transfer_destroy!(transfer));
    }
  }

  failure(): RawFailure {
    const { call } = this;
    const name = this.text(call.sl_abi_status_name!(call.sl_abi_last_error_status!()));
    const argument = this.text(call.sl_abi_last_error_argument!());
    return new RawFailure(name, argument, call.sl_abi_last_error_position!());
  }
}

/** A failed call, in the words of the TypeScript door so that the two can be compared. */
export class RawFailure extends Error {
  readonly code: string;
  readonly argument: string;
  readonly position: number | undefined;

  constructor(status: string, argument: string, position: number) {
    super(`${status} ${argument} ${position}`);
    this.code = status.replace(/^ERR_/, '');
    this.argument = argument.replace(/_+(\w)/g, (_, letter: string) => letter.toUpperCase());
    this.position = position < 0 ? undefined : position;
  }
}
