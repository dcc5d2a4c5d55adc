// Packs in this thread and in others: what kernels compute, whom they are trusted from, and how they end.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load as loadFormat } from 'sublinear/format';
import {
  load,
  type KernelPack as Pack,
  type PackDescription,
  type VersionStore,
} from 'sublinear/kernelpack';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeCases, random } from '../support/door.js';
import { refusalOf } from '../support/refused.js';
import { cases, doors } from './kernelpack.cases.js';
import { counting, endless, moduleOf } from './modules.js';

describeCases(doors, cases);

const { KernelPack, meter, signPack, writePack } = await load();
const { Bundle, writeBundle } = await loadFormat();
const kernelFile = (name: string) => new Uint8Array(readFileSync(`examples/kernels/${name}`));
const description = (name: string): PackDescription =>
  JSON.parse(readFileSync(`examples/kernels/${name}.json`, 'utf8'));

let keys: CryptoKeyPair;
let signers: Uint8Array[];
beforeAll(async () => {
  keys = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  signers = [new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey))];
});

const f0: PackDescription = {
  name: 'small',
  version: 1,
  kernels: [{ name: 'f0', parameters: [] }],
};
const signed = async (wasm: Uint8Array, about = f0, segments = {}) =>
  signPack(writePack(wasm, about, segments), keys);
const opened = async (wasm: Uint8Array, about = f0, segments = {}) =>
  KernelPack.open(await signed(wasm, about, segments), { signers });
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'nothing',
    (error: { code?: string }) => error.code,
  );

const numbers = (count: number, seed: number) => {
  const next = random(seed);
  return Float32Array.from({ length: count }, () => 4 * next() - 2);
};

function near(found: ArrayLike<number>, wanted: ArrayLike<number>, bound: number): void {
  expect(found.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs(found[i]! - wanted[i]!);
    if (!(error <= bound * Math.max(1, Math.abs(wanted[i]!))))
      expect(`${i}: ${found[i]}`).toBe(`${wanted[i]}`);
  }
}

/** The kernels in doubles and plain loops. */
const plain = {
  rope(x: Float32Array, table: Float32Array, tokens: number, heads: number, pairs: number) {
    const y = Float64Array.from(x);
    for (let t = 0; t < tokens; t++)
      for (let h = 0; h < heads; h++)
        for (let i = 0; i < pairs; i++) {
          const at = ((t * heads + h) * pairs + i) * 2;
          const [c, s] = [table[(t * pairs + i) * 2]!, table[(t * pairs + i) * 2 + 1]!];
          y[at] = x[at]! * c - x[at + 1]! * s;
          y[at + 1] = x[at + 1]! * c + x[at]! * s;
        }
    return y;
  },
  rmsnorm(x: Float32Array, weight: Float32Array, epsilon: number) {
    const width = weight.length;
    return Float64Array.from(x, (value, i) => {
      const row = x.subarray(Math.floor(i / width) * width, (Math.floor(i / width) + 1) * width);
      const squares = row.reduce((sum, each) => sum + each * each, 0);
      return (value / Math.sqrt(squares / width + epsilon)) * weight[i % width]!;
    });
  },
  swiglu: (gate: Float32Array, up: Float32Array) =>
    Float64Array.from(gate, (g, i) => (g / (1 + Math.exp(-g))) * up[i]!),
  lora(
    x: Float32Array,
    a: Float32Array,
    b: Float32Array,
    y: Float32Array,
    sizes: number[],
    scale: number,
  ) {
    const [rows, width, height, rank] = sizes as [number, number, number, number];
    const out = Float64Array.from(y);
    for (let r = 0; r < rows; r++)
      for (let k = 0; k < rank; k++) {
        let sum = 0;
        for (let i = 0; i < width; i++) sum += x[r * width + i]! * a[k * width + i]!;
        for (let j = 0; j < height; j++) out[r * height + j]! += scale * sum * b[j * rank + k]!;
      }
    return out;
  },
};

describe('kernels compiled from C', () => {
  let pack: Pack;
  beforeAll(async () => {
    pack = await opened(kernelFile('kernels.wasm'), description('kernels'));
    return () => pack.dispose();
  });

  /** In this thread, in a metered one and in one that is not: the same bits. */
  async function everywhere(kernel: string, given: Parameters<Pack['run']>[1], output: string) {
    const runs = [
      pack.run(kernel, given),
      await pack.runAsync(kernel, { ...given, fuel: 1e9, timeMs: 60_000 }),
      await pack.runAsync(kernel, { ...given, timeMs: 60_000 }),
    ];
    const [first, second, third] = runs.map((run) => run.outputs?.[output] as Float32Array);
    expect(runs.map(({ outcome }) => outcome)).toEqual(['ended', 'ended', 'ended']);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expect(runs[1]?.fuelUsed).toBe(runs[0]?.fuelUsed);
    expect(runs[2]?.fuelUsed).toBeUndefined();
    return first as Float32Array;
  }

  test('RoPE, RMSNorm, SwiGLU and LoRA agree with plain loops in doubles', async () => {
    for (const [tokens, heads, pairs] of [
      [3, 2, 5],
      [1, 1, 1],
      [4, 3, 32],
    ] as const) {
      const x = numbers(tokens * heads * pairs * 2, pairs);
      const table = Float32Array.from({ length: tokens * pairs * 2 }, (_, i) => {
        const [t, pair] = [Math.floor(i / (2 * pairs)), Math.floor(i / 2) % pairs];
        const angle = t / 10_000 ** (pair / pairs);
        return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
      });
      const given = { inputs: { x, table }, sizes: { tokens, heads } };
      near(await everywhere('rope', given, 'x'), plain.rope(x, table, tokens, heads, pairs), 1e-6);
    }
    for (const [rows, width] of [
      [2, 7],
      [3, 64],
      [1, 33],
    ] as const) {
      const [x, weight] = [numbers(rows * width, 3), numbers(width, 4)];
      const y = await everywhere('rmsnorm', { inputs: { x, weight } }, 'y');
      near(y, plain.rmsnorm(x, weight, 1e-6), 2e-6);
    }
    for (const count of [1, 4, 1001]) {
      const gate = numbers(count, 5).map((value) => 20 * value);
      const up = numbers(count, 6);
      near(await everywhere('swiglu', { inputs: { gate, up } }, 'y'), plain.swiglu(gate, up), 1e-5);
    }
    for (const sizes of [
      [2, 17, 9, 3],
      [1, 64, 64, 8],
    ] as const) {
      const [rows, width, height, rank] = sizes;
      const inputs = {
        x: numbers(rows * width, 1),
        a: numbers(rank * width, 2),
        b: numbers(height * rank, 3),
        y: numbers(rows * height, 4),
      };
      const given = { inputs, sizes: { rows, rank }, numbers: { scale: 0.5 } };
      const { x, a, b, y } = inputs;
      near(await everywhere('lora', given, 'y'), plain.lora(x, a, b, y, [...sizes], 0.5), 1e-4);
    }
  });

  test('sizes that contradict each other, or that nobody says, are refused by their names', () => {
    const [x, weight] = [numbers(12, 1), numbers(4, 2)];
    const run = (inputs: object, more = {}) =>
      refusalOf(() => pack.run('rmsnorm', { inputs: inputs as never, ...more }));
    expect(run({ x }).message).toContain('inputs.weight');
    expect(run({ x, weight: new Float64Array(4) }).code).toBe('TYPE');
    expect(run({ x: numbers(13, 1), weight }).message).toContain('multiple of 4');
    expect(run({ x, weight }, { sizes: { width: 5 } }).message).toContain('multiple of 5');
    expect(run({ x, weight }, { sizes: { depth: 5 } }).argument).toBe('sizes.depth');
    expect(run({ x, weight, y: x }).argument).toBe('inputs.y');
    expect(run({ x, weight }, { numbers: { scale: 1 } }).argument).toBe('numbers.scale');
    expect(run({ x, weight }, { fuel: -1 }).argument).toBe('fuel');
    expect(run({ x, weight }, { fuel: 2 ** 60 }).argument).toBe('fuel');
    const rope = refusalOf(() => pack.run('rope', { inputs: { x, table: x } }));
    expect(rope.argument).toMatch(/^sizes\./);
    expect(refusalOf(() => pack.run('none')).message).toContain('rope, rmsnorm');
    // With a shape an array needs no size.
    const shaped = pack.run('rope', {
      inputs: { x: { data: x, shape: [3, 2, 1, 2] }, table: numbers(6, 1) },
    });
    expect(shaped.outcome).toBe('ended');
  });

  test('outputs go into the arrays of the caller; overlaps are refused', () => {
    const [x, weight] = [numbers(12, 1), numbers(4, 2)];
    const y = new Float32Array(12);
    const run = pack.run('rmsnorm', { inputs: { x, weight }, outputs: { y } });
    expect(run.outputs?.y).toBe(y);
    near(y, plain.rmsnorm(x, weight, 1e-6), 1e-6);
    const short = refusalOf(() =>
      pack.run('rmsnorm', { inputs: { x, weight }, outputs: { y: new Float32Array(11) } }),
    );
    expect([short.code, short.argument]).toEqual(['RANGE', 'y']);
    const placed = pack.place(x, { shape: [3, 4] });
    expect(pack.run('rmsnorm', { inputs: { x: placed, weight } }).outputs?.y).toEqual(y);
    const over = refusalOf(() =>
      pack.run('rmsnorm', { inputs: { x: placed, weight }, outputs: { y: placed } }),
    );
    expect(over.message).toContain('overlap');
    pack.reset();
    const gone = refusalOf(() => pack.run('rmsnorm', { inputs: { x: placed, weight } }));
    expect(gone.code).toBe('STATE');
    expect(refusalOf(() => pack.place(new Float32Array(2 ** 24))).code).toBe('MEMORY');
    const large = refusalOf(() =>
      pack.run('swiglu', {
        inputs: { gate: new Float32Array(2 ** 22), up: new Float32Array(2 ** 22) },
      }),
    );
    expect(large.code).toBe('MEMORY');
  });

  test('the same sources give the same bytes', () => {
    if (spawnSync('clang-19', ['--version']).status !== 0) return;
    const folder = mkdtempSync(join(tmpdir(), 'sublinear-kernels-'));
    execFileSync('sh', ['examples/kernels/build.sh', folder]);
    for (const name of ['kernels.wasm', 'nearest.wasm'])
      expect(new Uint8Array(readFileSync(join(folder, name)))).toEqual(kernelFile(name));
    rmSync(folder, { recursive: true });
  });
});

describe('trust', () => {
  test('signers and hashes, and nobody else', async () => {
    const unsigned = writePack(counting, f0);
    expect(await code(KernelPack.open(unsigned, { signers }))).toBe('UNTRUSTED');
    const other = (await crypto.subtle.generateKey('Ed25519', true, ['sign'])) as CryptoKeyPair;
    const theirs = await signPack(unsigned, other);
    expect(await code(KernelPack.open(theirs, { signers }))).toBe('UNTRUSTED');
    const both = await signPack(theirs, keys);
    const pack = await KernelPack.open(both, { signers });
    expect(pack.signer).toBe(Buffer.from(signers[0]!).toString('hex'));
    const byHash = await KernelPack.open(unsigned, { hashes: [pack.hash.toUpperCase()] });
    expect([byHash.signer, byHash.hash]).toEqual([undefined, pack.hash]);
    expect(await code(KernelPack.open(both, { signers: [] }))).toBe('TYPE');
    expect(await code(KernelPack.open(both, { signers: ['ab'] }))).toBe('RANGE');
    expect(await code(KernelPack.open(both, undefined as never))).toBe('TYPE');
    // Signed again by the same key: one signature of each.
    const twice = await Bundle.open(await signPack(both, keys));
    expect(twice.segments.find(({ name }) => name === 'signatures')?.shape).toEqual([2, 96]);
    const wrong = { publicKey: signers[0]!, sign: async () => new Uint8Array(64) };
    expect(await code(signPack(unsigned, wrong))).toBe('RANGE');
  });

  test('versions do not go back, and a version is one pack', async () => {
    const version = (number: number, wasm = counting) => signed(wasm, { ...f0, version: number });
    const versions: VersionStore = {};
    const options = () => ({ signers, versions });
    await KernelPack.open(await version(3), options());
    expect(versions.small?.version).toBe(3);
    expect(await code(KernelPack.open(await version(2), options()))).toBe('UNTRUSTED');
    expect(await code(KernelPack.open(await version(3, endless), options()))).toBe('UNTRUSTED');
    await KernelPack.open(await version(3), options());
    await KernelPack.open(await version(2 ** 40, endless), options());
    expect(JSON.parse(JSON.stringify(versions)).small.version).toBe(2 ** 40);
    const lines = Object.freeze({ small: { version: 2 ** 40 + 1, hash: '' } });
    expect(await code(KernelPack.open(await version(3), { signers, versions: lines }))).toBe(
      'UNTRUSTED',
    );
  });

  test('every bit of header and directory, every byte that is missing: an error, and nothing runs', async () => {
    const file = await signed(counting, f0, { data: new Float32Array(20) });
    const { segments } = await Bundle.open(file);
    const head = 64 + 128 * segments.length;
    const allowed = new Set(['FORMAT', 'CHECKSUM', 'TRUNCATED', 'UNSUPPORTED', 'UNTRUSTED']);
    for (let bit = 0; bit < 8 * head; bit++) {
      const changed = file.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const found = await code(KernelPack.open(changed, { signers }));
      if (!allowed.has(found as string)) expect(`bit ${bit}: ${found}`).toBe('refused');
    }
    for (let length = 0; length < file.length; length++) {
      const found = await code(KernelPack.open(file.slice(0, length), { signers }));
      if (!allowed.has(found as string)) expect(`${length} bytes: ${found}`).toBe('refused');
    }
  });

  test('a program, a segment or a manifest of another pack does not pass', async () => {
    const pack = await Bundle.open(await signed(counting, f0, { data: new Float32Array(20) }));
    const parts: Record<string, never> = {};
    for (const { name } of pack.segments) parts[name] = (await pack.read(name)) as never;
    const with_ = (changed: object) =>
      KernelPack.open(writeBundle({ ...parts, ...changed }), { signers });
    await with_({});
    expect(await code(with_({ program: endless }))).toBe('CHECKSUM');
    expect(await code(with_({ data: new Float32Array(20).fill(1) }))).toBe('CHECKSUM');
    expect(await code(with_({ data: new Int32Array(20) }))).toBe('CHECKSUM');
    expect(await code(with_({ data: { data: new Float32Array(20), shape: [4, 5] } }))).toBe(
      'CHECKSUM',
    );
    const text = (parts.manifest as { data: string }).data;
    expect(await code(with_({ manifest: text.replace('"version": 1', '"version": 2') }))).toBe(
      'UNTRUSTED',
    );
    expect(await code(with_({ manifest: new Uint8Array(3) }))).toBe('FORMAT');
    expect(await code(with_({ signatures: new Uint8Array(95) }))).toBe('FORMAT');
    expect(await code(KernelPack.open(writeBundle({ a: 'b' }), { signers }))).toBe('FORMAT');
    // What the manifest does not speak of may be there: it is the caller's who reads it.
    await with_({ more: new Uint8Array(3) });
  });

  test('manifests that say what they may not, although they are signed', async () => {
    const pack = await Bundle.open(writePack(counting, f0));
    const manifest = JSON.parse((await pack.read('manifest')).data as string);
    const { data: program } = await pack.read('program');
    const open = async (change: (value: typeof manifest) => void, text?: string) => {
      const value = structuredClone(manifest);
      change(value);
      const file = writeBundle({
        manifest: text ?? JSON.stringify(value),
        program: program as Uint8Array,
      });
      return KernelPack.open(file, { hashes: [await sha256(text ?? JSON.stringify(value))] });
    };
    await open(() => {});
    const changes: [string, (value: typeof manifest) => void][] = [
      ['FORMAT', (value) => delete value.role],
      ['FORMAT', (value) => (value.more = 1)],
      ['FORMAT', (value) => (value.schema = 2)],
      ['FORMAT', (value) => (value.name = '../x')],
      ['FORMAT', (value) => (value.name = '__proto__')],
      ['FORMAT', (value) => (value.version = 1.5)],
      ['FORMAT', (value) => (value.version = '1')],
      ['FORMAT', (value) => (value.memory.pages = 0)],
      ['FORMAT', (value) => (value.memory.pages = 1e9)],
      ['UNSUPPORTED', (value) => (value.memory.pages = 5000)],
      ['FORMAT', (value) => (value.features = ['threads'])],
      ['FORMAT', (value) => (value.kernels = [])],
      ['FORMAT', (value) => value.kernels.push(value.kernels[0])],
      ['FORMAT', (value) => (value.kernels[0].parameters = [{ name: 'x', kind: 'size' }])],
      ['FORMAT', (value) => (value.kernels[0].name = 'f1')],
      ['FORMAT', (value) => (value.kernels[0].returns = 'int32')],
      ['FORMAT', (value) => (value.wasm.sha256 = 'AB')],
      ['CHECKSUM', (value) => (value.wasm.sha256 = '00'.repeat(32))],
      ['CHECKSUM', (value) => (value.wasm.bytes += 1)],
      [
        'CHECKSUM',
        (value) =>
          value.segments.push({ name: 'x', type: 'uint8', shape: [1], root: '00'.repeat(32) }),
      ],
    ];
    for (const [wanted, change] of changes)
      expect([change.toString(), await code(open(change))]).toEqual([change.toString(), wanted]);
    for (const text of ['', '[]', 'null', '{', '{"__proto__": 1}', '['.repeat(100_000)])
      expect(await code(open(() => {}, text))).toBe('FORMAT');
    // The module uses what it does not declare.
    const vectors = moduleOf({ bodies: [[0, 0x41, 0, 0xfd, 15, 0x1a, 0x0b]] });
    expect((await opened(vectors)).features).toEqual(['simd']);
    expect(refusalOf(() => meter(vectors, { features: [] })).code).toBe('UNSUPPORTED');
  });
});

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(digest).toString('hex');
}

describe('ends', () => {
  test('fuel ends a run at the same place in every thread, and the next one works', async () => {
    const pack = await opened(counting);
    for (const fuel of [0, 9, 10, 999]) {
      const here = pack.run('f0', { fuel });
      const there = await pack.runAsync('f0', { fuel, timeMs: 60_000 });
      expect(here).toMatchObject({ outcome: 'workLimit', fuelUsed: fuel, outputs: undefined });
      expect(there).toMatchObject({ outcome: 'workLimit', fuelUsed: fuel });
    }
    expect(pack.run('f0', { fuel: 1e8 })).toMatchObject({ outcome: 'ended', fuelUsed: 1e7 });
    pack.dispose();
    expect(refusalOf(() => pack.run('f0')).code).toBe('DISPOSED');
    expect(await code(pack.runAsync('f0'))).toBe('DISPOSED');
  });

  test('time ends an endless kernel, with fuel or without, and a signal does', async () => {
    const pack = await opened(endless);
    expect((await pack.runAsync('f0', { timeMs: 5 })).outcome).toBe('timeLimit');
    expect((await pack.runAsync('f0', { timeMs: 5, fuel: 2 ** 53 - 1 })).outcome).toBe('timeLimit');
    const control = new AbortController();
    const waiting = [
      pack.runAsync('f0', { timeMs: 1e6, signal: control.signal }),
      pack.runAsync('f0', { timeMs: 5 }),
    ];
    setTimeout(() => control.abort(new Error('enough')), 20);
    await expect(waiting[0]).rejects.toThrow('enough');
    expect((await waiting[1])?.outcome).toBe('timeLimit');
    const lost = pack.runAsync('f0', { timeMs: 1e6 });
    setTimeout(() => pack.dispose(), 20);
    await expect(lost).rejects.toThrow(/disposed|worker/);
  });

  test('traps: the memory is new afterwards', async () => {
    const unreachable = moduleOf({ bodies: [[0, 0x00, 0x0b]] });
    const outside = moduleOf({ bodies: [[0, 0x41, 0x7f, 0x28, 2, 0, 0x1a, 0x0b]] });
    for (const wasm of [unreachable, outside]) {
      const pack = await opened(wasm);
      const run = pack.run('f0');
      expect([run.outcome, run.outputs]).toEqual(['trapped', undefined]);
      expect((await pack.runAsync('f0', { timeMs: 60_000 })).outcome).toBe('trapped');
      expect((await pack.runAsync('f0', { timeMs: 60_000, fuel: 100 })).outcome).toBe('trapped');
      pack.dispose();
    }
  });

  test('a memory that may not grow', async () => {
    const grow = moduleOf({ bodies: [[0, 0x41, 1, 0x40, 0, 0x0b]], type: [0, 1, 0x7f] });
    const about: PackDescription = {
      ...f0,
      pages: 2,
      kernels: [{ name: 'f0', parameters: [], returns: 'int32' }],
    };
    const pack = await opened(grow, about);
    expect([pack.pages, pack.run('f0').returned]).toEqual([2, -1]);
  });
});

describe('a file that answers queries', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sublinear-host-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'vectors.slk');
  const query = ['0.5', '0.5', '0.1'];
  let hash: string;

  test('the host in JavaScript', async () => {
    const host = (trusted: string[]) =>
      spawnSync(process.execPath, ['examples/kernels/host.mjs', path, ...trusted], {
        encoding: 'utf8',
      });
    host([]); // makes the file
    const bundle = await Bundle.open(readFileSync(path));
    hash = await sha256((await bundle.read('manifest')).data as string);
    const { data } = (await bundle.read('vectors')) as { data: Float32Array };
    const found = host([hash, query.join()]).stdout.trim().split('\n');
    const distances = Array.from({ length: 1000 }, (_, i) =>
      Math.hypot(...query.map((text, j) => Number(text) - data[3 * i + j]!)),
    );
    const nearest = [...distances.keys()].sort((a, b) => distances[a]! - distances[b]!).slice(0, 3);
    expect(found).toEqual(nearest.map((id) => `${id} ${distances[id]!.toFixed(4)}`));
    expect(host(['0'.repeat(64), query.join()]).stderr).toContain('UNTRUSTED');
  });

  test('the host in C, where wasm2c is', (context) => {
    const library = 'build/native/libsublinear.a';
    if (!existsSync(library) || spawnSync('wasm2c', ['--version']).status !== 0)
      return context.skip();
    const program = join(folder, 'host');
    const args = [
      '-O1',
      '-w',
      '-Icsrc',
      'examples/kernels/host.c',
      library,
      '-lm',
      '-ldl',
      '-o',
      program,
    ];
    // Any compiler will do.
    const CC =
      ['cc', 'clang-19', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0) ??
      'cc';
    execFileSync(CC, args);
    const host = (trusted: string) =>
      spawnSync(program, [path, trusted, 'examples/kernels/glue.c', ...query], {
        encoding: 'utf8',
        env: { ...process.env, CC },
      });
    const inJavaScript = execFileSync(
      process.execPath,
      ['examples/kernels/host.mjs', path, hash, query.join()],
      { encoding: 'utf8' },
    );
    expect(host(hash).stdout).toBe(inJavaScript);
    const refused = host('0'.repeat(64));
    expect([refused.status, refused.stdout]).toEqual([1, '']);
  });
});
