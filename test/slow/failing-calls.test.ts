// Calls that fail leave memory and stack as they were, however many there are.
import { createEngine } from 'sublinear';
import { describe, expect, test } from 'vitest';
import { distFile } from '../support/door.js';
import { RawModule } from '../support/raw.js';

describe('10^6 failing calls in a row', () => {
  const count = 1_000_000;

  test('change nothing (embind)', async () => {
    const { dense } = await createEngine({ modules: ['dense'] });
    using v = dense.Vector.from([3, 4]);
    using w = dense.Vector.zeros(3);
    const { raw } = (v as unknown as { runtime: { raw: Record<string, () => number> } }).runtime;
    const state = () => [raw.bytesInUse!(), raw.stackPointer!()];
    const before = state();
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    let caught = 0;
    for (let i = 0; i < count; i++) {
      try {
        if (i & 1) v.scale(Number.NaN);
        else v.dot(w);
      } catch {
        caught++;
      }
    }
    Error.stackTraceLimit = stackTraceLimit;
    expect(caught).toBe(count);
    expect(state()).toEqual(before);
    expect(v.norm()).toBe(5);
  });

  test('change nothing (raw)', async () => {
    const module = await RawModule.open(await distFile('raw/solver.simd.wasm'));
    const { call } = module;
    const handle = call.sl_abi_vector_create!(2, 2);
    const before = call.sl_abi_bytes_in_use!();
    let failed = 0;
    for (let i = 0; i < count; i++) {
      failed += Number(
        call.sl_abi_vector_fill!(i & 1 ? handle : handle + 1, i & 1 ? Number.NaN : 1) < 0,
      );
    }
    expect(failed).toBe(count);
    expect(call.sl_abi_bytes_in_use!()).toBe(before);
    module.check(call.sl_abi_vector_fill!(handle, 3));
    module.with([new Float64Array(1)], (out) => {
      module.check(call.sl_abi_vector_norm!(handle, 1, out));
      expect(module.f64(out, 1)[0]).toBe(6);
    });
    module.check(call.sl_abi_vector_destroy!(handle));
    expect(call.sl_abi_bytes_in_use!()).toBe(0);
  });
});
