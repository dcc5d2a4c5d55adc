// 100,000 changed modules and packs: an error, or a module that an engine takes and that stops when its fuel ends.
import { readFileSync } from 'node:fs';
import { load } from 'sublinear/kernelpack';
import { expect, test } from 'vitest';
import { counting, endless } from '../kernelpack/modules.js';
import { random } from '../support/door.js';

const { KernelPack, meter, signPack, writePack } = await load();
const read = (name: string) => new Uint8Array(readFileSync(`examples/kernels/${name}`));

/** Sections of a module: their first bytes, and where each begins and ends. */
function sectionsOf(wasm: Uint8Array): [number, number][] {
  const found: [number, number][] = [];
  for (let at = 8; at < wasm.length; ) {
    let [length, shift, next] = [0, 0, at + 1];
    for (; ; next++, shift += 7) {
      length |= (wasm[next]! & 0x7f) << shift;
      if (!(wasm[next]! >= 0x80) || shift > 28) break;
    }
    length >>>= 0; // what was changed may be anything
    found.push([at, Math.min(wasm.length, next + 1 + length)]);
    at = next + 1 + length;
  }
  return found;
}

const joined = (parts: Uint8Array[]) => {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

/** One of the changes that a careless or malicious writer makes: of bits, numbers, instructions, sections. */
function change(wasm: Uint8Array, next: () => number): Uint8Array {
  const below = (n: number) => Math.floor(next() * n);
  const changed = wasm.slice();
  const sections = sectionsOf(wasm);
  const parts = sections.map(([from, to]) => wasm.subarray(from, to));
  const head = wasm.subarray(0, 8);
  switch (below(7)) {
    case 0: // a bit
      changed[below(wasm.length)]! ^= 1 << below(8);
      return changed;
    case 1: // an instruction or a number
      changed[8 + below(wasm.length - 8)] = [
        0, 0x0b, 0x10, 0x11, 0x20, 0x21, 0x23, 0x24, 0x40, 0x7e, 0xfc, 0xfd, 0xff,
      ][below(13)]!;
      return changed;
    case 2: {
      // bytes of elsewhere in the same place
      const [from, to, count] = [below(wasm.length), below(wasm.length), below(20)];
      changed.set(wasm.subarray(from, from + Math.min(count, wasm.length - to)), to);
      return changed;
    }
    case 3: // a section twice
      parts.splice(below(parts.length), 0, parts[below(parts.length)]!);
      return joined([head, ...parts]);
    case 4: // a section less
      parts.splice(below(parts.length), 1);
      return joined([head, ...parts]);
    case 5: {
      // bytes more, in the code as a rule
      const at = 8 + below(wasm.length - 8);
      const more = Uint8Array.from({ length: 1 + below(6) }, () => below(256));
      return joined([wasm.subarray(0, at), more, wasm.subarray(at)]);
    }
    default: // bytes less
      return joined([wasm.subarray(0, below(wasm.length)), wasm.subarray(below(wasm.length))]);
  }
}

test('changed modules', { timeout: 1_200_000 }, () => {
  const next = random(2026);
  const originals = [counting, endless, read('nearest.wasm'), read('kernels.wasm')];
  const count = { refused: 0, invalid: 0, valid: 0, ended: 0, stopped: 0, trapped: 0 };
  const codes = new Set(['FORMAT', 'UNSUPPORTED', 'TRUNCATED', 'OPTION']);
  for (let round = 0; round < 100_000; round++) {
    let wasm: Uint8Array = originals[round % 50 === 0 ? 3 : round % 3]!;
    for (let i = 0; i <= round % 3; i++) if (wasm.length > 16) wasm = change(wasm, next);
    let metered: ReturnType<typeof meter>;
    try {
      metered = meter(wasm, { pages: 2 });
    } catch (error) {
      const { code } = error as { code: string };
      if (!codes.has(code)) throw error;
      count.refused++;
      continue;
    }
    if (!WebAssembly.validate(metered.wasm)) {
      count.invalid++;
      continue;
    }
    count.valid++;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered.wasm));
    const fuel = exports['sublinear.fuel'] as WebAssembly.Global;
    for (const { name, parameters } of metered.exports) {
      if (parameters.includes('v128')) continue;
      fuel.value = 2000n;
      const values = parameters.map((type) => (type === 'i64' ? 3n : 3));
      try {
        (exports[name] as (...values: unknown[]) => void)(...values);
        count.ended++;
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError)) throw error;
        count[fuel.value < 0n ? 'stopped' : 'trapped']++;
      }
      // It has not paid itself, and its memory has kept its size.
      if (
        fuel.value > 2000n ||
        (exports.memory as WebAssembly.Memory).buffer.byteLength !== 131_072
      )
        expect(wasm).toBe('a module that keeps to its limits');
    }
  }
  for (const [what, found] of Object.entries(count))
    expect([what, found > 20]).toEqual([what, true]);
});

test('changed packs', { timeout: 1_200_000 }, async () => {
  const next = random(7);
  const keys = (await crypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const signers = [new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey))];
  const about = { name: 'small', version: 1, kernels: [{ name: 'f0', parameters: [] }] };
  const unsigned = writePack(endless, about, { data: new Float32Array(30).fill(1) });
  const file = await signPack(unsigned, keys);
  const codes = new Set(['FORMAT', 'CHECKSUM', 'TRUNCATED', 'UNSUPPORTED', 'UNTRUSTED']);
  const original = await KernelPack.open(file, { signers });
  for (let round = 0; round < 20_000; round++) {
    const changed = file.slice();
    for (let i = 0; i <= round % 4; i++) {
      // Numbers of header and directory as a rule, which are wrong in many ways.
      const at = Math.floor(next() * (round % 2 === 0 ? 64 + 128 * 5 : file.length));
      changed[at] =
        next() < 0.3 ? file[Math.floor(next() * file.length)]! : Math.floor(next() * 256);
    }
    try {
      const pack = await KernelPack.open(changed, { signers });
      // Bytes may have been changed into what they were, and padding or data that are read later.
      expect(pack.hash).toBe(original.hash);
    } catch (error) {
      if (!codes.has((error as { code: string }).code)) throw error;
    }
  }
});
