// The engine: loading, failing, crashing, limits. In Node; engine.browser.test.ts is for browsers.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createEngine, type Engine, getEngine, version, type WasmSource } from 'sublinear';
import { inline } from 'sublinear/inline';
import { describe, expect, test } from 'vitest';
import { distFile } from '../support/door.js';
import { refused } from '../support/refused.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const simd = () => distFile('wasm/solver.simd.wasm');
const fails = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it was loaded'),
    (error: Error) => error,
  );

describe('getEngine', () => {
  test('gives one engine until it is disposed', async () => {
    const engine = await getEngine();
    expect(await getEngine()).toBe(engine);
    engine.dispose();
    engine.dispose();
    expect(engine.disposed).toBe(true);
    const next = await getEngine();
    expect(next).not.toBe(engine);
    await expect(engine.use('dense')).rejects.toMatchObject({
      code: 'DISPOSED',
      operation: 'engine.use',
    });
    refused(() => engine.stats(), Error, 'DISPOSED', 'engine.stats', /engine was disposed/);
    next.dispose();
  });

  test('refuses options that differ from those it was made with', async () => {
    const engine = await getEngine({ memory: 'embedded' });
    expect(await getEngine({ memory: 'embedded' })).toBe(engine);
    expect(await getEngine()).toBe(engine);
    await expect(getEngine({ memory: 'server' })).rejects.toMatchObject({
      code: 'STATE',
      argument: 'memory',
    });
    engine.dispose();
  });
});

describe('createEngine', () => {
  test('has exactly the rooms that it loaded as properties', async () => {
    const engine = await createEngine({ modules: ['dense'] });
    expect(engine.constructor).toBe((await getEngine()).constructor);
    expect(engine.dense).toBe(await engine.use('dense'));
    const empty = (await createEngine()) as Engine & { dense: unknown };
    refused(() => empty.dense, Error, 'NOT_LOADED', 'engine.dense', /await engine\.use\('dense'\)/);
  });

  test('names the option that is wrong', async () => {
    const bad = (options: unknown) => fails(createEngine(options as never));
    expect(await bad({ modules: 'dense' })).toMatchObject({ code: 'TYPE', argument: 'modules' });
    expect(await bad({ modules: ['bakery'] })).toMatchObject({
      code: 'RANGE',
      argument: 'modules',
    });
    expect(await bad({ memory: 'huge' })).toMatchObject({ code: 'RANGE', argument: 'memory' });
    expect(await bad({ memory: -1 })).toMatchObject({ code: 'RANGE', argument: 'memory' });
    expect(await bad({ variant: 'mmx' })).toMatchObject({ code: 'RANGE', argument: 'variant' });
    expect(await bad({ moduls: [] })).toMatchObject({ code: 'TYPE', argument: 'moduls' });
    const engine = await createEngine();
    expect(await fails(engine.use('bakery' as never))).toMatchObject({
      code: 'RANGE',
      argument: 'room',
    });
    expect(await fails(engine.use(undefined as never))).toMatchObject({
      code: 'TYPE',
      argument: 'room',
    });
  });

  test('keeps the objects of engines apart', async () => {
    const [a, b] = await Promise.all([
      createEngine({ modules: ['dense'] }),
      createEngine({ modules: ['dense'], variant: 'scalar' }),
    ]);
    expect(a.dense.Vector).not.toBe(b.dense.Vector);
    using v = a.dense.Vector.zeros(1000);
    expect(b.stats().modules[0]).toMatchObject({ bytesInUse: 0, objects: 0, variant: 'scalar' });
    expect(a.stats().modules[0]).toMatchObject({ bytesInUse: v.bytesUsed, objects: 1 });
    a.dispose();
    refused(() => v.norm(), Error, 'DISPOSED', 'Vector.norm', /engine of this object was disposed/);
    expect(v.disposed).toBe(true);
    v.dispose();
  });
});

describe('loading', () => {
  test('fetches nothing before a room is asked for, and then once', async () => {
    let asked: string[] = [];
    const wasm = async (file: string) => {
      asked.push(file);
      return simd();
    };
    const engine = await createEngine({ wasm, variant: 'simd' });
    expect(asked).toEqual([]);
    const [one, two] = await Promise.all([engine.use('dense'), engine.use('dense')]);
    expect(one).toBe(two);
    expect(asked).toEqual(['solver.simd.wasm']);
    asked = [];
    await engine.use('dense');
    expect(asked).toEqual([]);
  });

  test('tries again after a failure', async () => {
    let online = false;
    const wasm = () => (online ? simd() : Promise.reject(new Error('offline')));
    const engine = await createEngine({ wasm });
    const error = await fails(engine.use('dense'));
    expect(error).toMatchObject({
      code: 'LOAD_FAILED',
      operation: 'load',
      cause: new Error('offline'),
    });
    expect(error.message).toMatch(/offline/);
    online = true;
    const { Vector } = await engine.use('dense');
    expect(Vector.from([3, 4]).norm()).toBe(5);
  });

  test('takes WebAssembly in every form', async () => {
    const bytes = await simd();
    const path = at('../../dist/wasm/solver.simd.wasm');
    const respond = (type: string) => new Response(bytes, { headers: { 'content-type': type } });
    const sources: WasmSource[] = [
      bytes,
      bytes.buffer,
      new DataView(bytes.buffer),
      await WebAssembly.compile(bytes),
      path,
      new URL(`file://${path}`),
      `file://${path}`,
      `data:application/wasm;base64,${Buffer.from(bytes).toString('base64')}`,
      respond('application/wasm'),
      respond('application/octet-stream'),
      Promise.resolve(bytes),
      () => bytes,
      async (file) => at(`../../dist/wasm/${file}`),
      inline,
    ];
    for (const wasm of sources) {
      const engine = await createEngine({ modules: ['dense'], wasm, variant: 'simd' });
      expect(engine.dense.Vector.from([3, 4]).norm()).toBe(5);
      engine.dispose();
    }
  });

  test('says what is wrong with what it got', async () => {
    const bad: [WasmSource, RegExp][] = [
      [
        new TextEncoder().encode('<!doctype html><p>Not found'),
        /an HTML page.*must be the file solver\.\w+\.wasm/,
      ],
      [new Uint8Array([0x1f, 0x8b, 8, 0]), /gzip data: serve it with "Content-Encoding: gzip"/],
      [new Uint8Array(), /not a WebAssembly module but 0 bytes/],
      [new Response('', { status: 404 }), /answered 404/],
      ['/no/such/file.wasm', /no such file/],
      [42 as never, /expected a URL, a Response, bytes or a WebAssembly\.Module/],
      // A module, but another one.
      [new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), /do not fit.*install or copy both again/],
      [(await simd()).subarray(0, 5000), /could not be loaded/],
    ];
    for (const [wasm, message] of bad) {
      const error = await fails(createEngine({ modules: ['dense'], wasm }));
      expect(error).toMatchObject({ name: 'SublinearError', code: 'LOAD_FAILED' });
      expect(error.message).toMatch(message);
    }
  });

  test('has every variant on request', async () => {
    for (const variant of ['scalar', 'simd'] as const) {
      const engine = await createEngine({ modules: ['dense'], variant });
      expect(engine.stats().modules[0]?.variant).toBe(variant);
    }
  });

  test('prints nothing, leaves nothing open, needs no eval', () => {
    const script = `
      for (const name of ['sublinear', 'sublinear/dense', 'sublinear/inline']) await import(name);
      const { Vector } = await (await import('sublinear/dense')).load();
      if (Vector.from([3, 4]).norm() !== 5) throw new Error('wrong');`;
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', script];
    expect(
      execFileSync(process.execPath, flags, {
        cwd: at('../..'),
        encoding: 'utf8',
        timeout: 300_000,
      }),
    ).toBe('');
  });
});

describe('memory', () => {
  test('over the limit is an error that says how much was wanted, and nothing is lost', async () => {
    const { dense } = await createEngine({ modules: ['dense'], memory: 1_000_000 });
    const { Vector } = dense;
    using v = Vector.from([1, 2, 3]);
    const error = refused(
      () => Vector.zeros(250_001),
      Error,
      'MEMORY',
      'Vector.zeros',
      /1000004 more bytes wanted/,
    );
    expect(error.bytesWanted).toBe(1_000_004);
    expect(error.message).toMatch(
      /the limit is 1000000; raise it with createEngine\(\{ memory \}\)/,
    );
    expect(v.toArray()).toEqual(new Float32Array([1, 2, 3]));
    const big = Vector.zeros(200_000);
    refused(() => Vector.zeros(100_000), Error, 'MEMORY', 'Vector.zeros', /400000 more bytes/);
    big.dispose();
    Vector.zeros(100_000).dispose();
  });

  test('profiles are names for limits', async () => {
    for (const [memory, bytes] of [
      ['embedded', 4 * 2 ** 20],
      ['default', 2 ** 31],
      ['server', 2 ** 32 - 1],
      [123_456, 123_456],
    ] as const) {
      const engine = await createEngine({ modules: ['dense'], memory });
      expect(engine.stats().modules[0]?.memoryLimit).toBe(bytes);
    }
  });

  test('starts with about 1 MB and grows', async () => {
    const engine = await createEngine({ modules: ['dense'] });
    expect(engine.stats().modules[0]!.memoryBytes).toBeLessThanOrEqual(1 << 20);
    using v = engine.dense.Vector.zeros(1_000_000);
    expect(engine.stats().modules[0]!.memoryBytes).toBeGreaterThan(v.bytesUsed);
    expect(v.norm()).toBe(0);
  });
});

describe('a crash', () => {
  test('poisons the module, and the next load makes a fresh one', async () => {
    const trap = readFileSync(at('../../build/test-wasm/solver.trap.wasm'));
    const engine = await createEngine({ modules: ['dense'], wasm: trap });
    const { Vector } = engine.dense;
    const v = Vector.from([1, 2]);
    const error = refused(
      () => Vector.zeros(0xdead),
      Error,
      'CRASHED',
      'Vector.zeros',
      /load it again/,
    );
    expect(error.cause).toBeInstanceOf(WebAssembly.RuntimeError);
    refused(() => v.norm(), Error, 'CRASHED', 'Vector.norm', /crashed/);
    refused(() => Vector.zeros(1), Error, 'CRASHED', 'Vector.zeros', /crashed/);
    refused(() => engine.dense, Error, 'CRASHED', 'engine.dense', /crashed/);
    expect(v.disposed).toBe(true);
    v.dispose(); // harmless
    expect(engine.stats().modules).toEqual([]);

    const fresh = await engine.use('dense');
    expect(engine.dense).toBe(fresh);
    expect(fresh.Vector).not.toBe(Vector);
    expect(fresh.Vector.from([3, 4]).norm()).toBe(5);
    refused(() => v.norm(), Error, 'CRASHED', 'Vector.norm', /crashed/);
  });
});

describe('what an engine says about itself', () => {
  test('version, capabilities, benchmark', async () => {
    const engine = await createEngine();
    const { version: expected } = JSON.parse(readFileSync(at('../../package.json'), 'utf8'));
    expect([engine.version, version, engine.stats().version]).toEqual([
      expected,
      expected,
      expected,
    ]);
    expect(await engine.capabilities()).toMatchObject({ simd: true });
    const result = await engine.benchmark('dense.dot', { size: 1000, minTimeMs: 5 });
    expect(result).toMatchObject({ name: 'dense.dot', variant: 'simd', size: 1000 });
    expect(result.medianMs).toBeGreaterThan(0);
    expect(result.medianMs).toBeLessThanOrEqual(result.p99Ms);
    expect(result.bytesPeak).toBeGreaterThanOrEqual(2 * 4 * 1000);
    expect(result.loadMs).toBe(engine.stats().modules[0]!.loadMs);
    expect(engine.stats().modules[0]).toMatchObject({ objects: 0, bytesInUse: 0 });
    for (const name of [
      ...['dense.nothing', 'nothing.dot', 'dot', '', '.', 'dense', 'dense.', 'dense.dot.extra'],
      ...['dense.constructor', 'dense.toString', 'dense.__proto__', 'constructor.dot'],
    ]) {
      const error = await fails(engine.benchmark(name));
      expect(error, name).toMatchObject({ code: 'RANGE', argument: 'name' });
      if (name.startsWith('dense')) expect((error as Error).message).toContain('dense.dot or ');
    }
  });

  test('a benchmark refuses times that make no sense, and runs without one', async () => {
    const engine = await createEngine();
    for (const minTimeMs of [Number.NaN, -5, Number.POSITIVE_INFINITY]) {
      const error = await fails(engine.benchmark('dense.dot', { size: 10, minTimeMs }));
      expect(error, `${minTimeMs}`).toMatchObject({ code: 'RANGE', argument: 'minTimeMs' });
      expect(error).toBeInstanceOf(RangeError);
    }
    const { runs } = await engine.benchmark('dense.dot', { size: 10, minTimeMs: 0 });
    expect(runs).toBeGreaterThanOrEqual(5);
  });
});
