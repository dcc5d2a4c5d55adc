// What is particular to the raw ABI: handles, and the functions that every module has.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bundles } from '../../dist/generated/bundles.js';
import { distFile } from '../support/door.js';
import { RawModule } from '../support/raw.js';

const open = async (variant = 'simd') =>
  RawModule.open(await distFile(`raw/solver.${variant}.wasm`));

test('imports nothing', async () => {
  for (const [bundle, { variants }] of Object.entries(bundles)) {
    for (const variant of variants) {
      // Node 20 cannot compile relaxed SIMD; the build looks at the names of all variants.
      if (String(variant) === 'relaxed') continue;
      const module = await WebAssembly.compile(await distFile(`raw/${bundle}.${variant}.wasm`));
      expect(WebAssembly.Module.imports(module)).toEqual([]);
    }
  }
});

test('docs/abi.md lists every function', async () => {
  const manual = readFileSync(new URL('../../docs/abi.md', import.meta.url), 'utf8');
  const exported: string[] = [];
  const modules = [...Object.keys(bundles).map((bundle) => `${bundle}.simd`), 'hnsw-micro.raw'];
  for (const name of modules) {
    const module = await WebAssembly.compile(await distFile(`raw/${name}.wasm`));
    exported.push(...WebAssembly.Module.exports(module).map(({ name }) => name));
  }
  const functions = exported.filter((name) => name.startsWith('sl_'));
  expect(functions.filter((name) => !manual.includes(`\`${name}(`))).toEqual([]);
  const listed = [...manual.matchAll(/`(sl_abi_\w+)\(/g)].map(([, name]) => name as string);
  expect(listed.filter((name) => !exported.includes(name))).toEqual([]);
});

test('says what it is', async () => {
  const [scalar, simd] = [await open('scalar'), await open('simd')];
  expect(simd.call.sl_abi_version!()).toBe(1);
  expect([scalar, simd].map(({ call }) => call.sl_abi_capabilities!())).toEqual([0, 1]);
  expect(simd.text(simd.call.sl_abi_status_name!(-20))).toBe('ERR_MEMORY');
  expect(simd.text(simd.call.sl_abi_status_text!(-20))).toBe('memory limit reached');
  expect(simd.text(simd.call.sl_abi_status_name!(12345))).toBe('UNKNOWN');
  expect(simd.text(simd.call.sl_abi_outcome_name!(1))).toBe('iterationLimit');
});

test('refuses zero, stale, foreign and invented handles', async () => {
  const module = await open();
  const { call } = module;
  const live = call.sl_abi_vector_create!(1, 2);
  const stale = call.sl_abi_vector_create!(1, 2);
  module.check(call.sl_abi_vector_destroy!(stale));
  for (const handle of [0, stale, live + 1, live ^ 0x10000, 0xffff_ffff, 0x7fff_0000]) {
    expect(call.sl_abi_vector_fill!(handle, 1)).toBe(-21);
    expect(call.sl_abi_vector_destroy!(handle)).toBe(-21);
  }
  expect(module.failure()).toMatchObject({ code: 'HANDLE', argument: 'handle' });
  // The slot is used again under another number.
  const next = call.sl_abi_vector_create!(1, 2);
  expect(next).not.toBe(stale);
  expect(call.sl_abi_vector_fill!(stale, 1)).toBe(-21);
  expect(call.sl_abi_handle_count!()).toBe(2);
  module.check(call.sl_abi_vector_destroy!(live));
  module.check(call.sl_abi_vector_destroy!(next));
  expect([call.sl_abi_handle_count!(), call.sl_abi_bytes_in_use!()]).toEqual([0, 0]);
});

test('the handle of an object that is gone is never given again', async () => {
  const module = await open();
  const { call } = module;
  const gone = call.sl_abi_vector_create!(1, 1);
  module.check(call.sl_abi_vector_destroy!(gone));
  const given = new Set([gone]);
  for (let i = 0; i < 140_000; i++) {
    const next = call.sl_abi_vector_create!(1, 1);
    given.add(next);
    // One stays, so that the table of handles does.
    if (i > 0) module.check(call.sl_abi_vector_destroy!(next));
  }
  expect(given.size).toBe(140_001);
  expect(call.sl_abi_vector_fill!(gone, 1)).toBe(-21);
});

test('keeps to the memory limit and says what was wanted', async () => {
  const module = await open();
  const { call } = module;
  call.sl_abi_set_memory_limit!(1000);
  expect(call.sl_abi_vector_create!(1000, 2)).toBe(0);
  expect(module.failure()).toMatchObject({ code: 'MEMORY', position: 8000 });
  expect(call.sl_abi_alloc!(2000)).toBe(0);
  expect(call.sl_abi_bytes_in_use!()).toBe(0);
  call.sl_abi_set_memory_limit!(0xffff_ffff);
  const address = call.sl_abi_alloc!(2000);
  expect(address % 16).toBe(0);
  expect([call.sl_abi_bytes_in_use!(), call.sl_abi_bytes_peak!()]).toEqual([2000, 2000]);
  call.sl_abi_free!(address);
});
