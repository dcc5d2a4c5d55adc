// `sublinear hash` and `sublinear verify`, as a user runs them.
import { execFileSync } from 'node:child_process';
import * as node from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from 'sublinear';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sublinear as run } from '../support/cli.js';

let engine: Engine;
const folder = mkdtempSync(join(tmpdir(), 'sublinear-crypto-'));
const path = (name: string) => join(folder, name);
const put = (name: string, data: string | Uint8Array) => {
  writeFileSync(path(name), data);
  return path(name);
};
beforeAll(async () => {
  engine = await createEngine();
});
afterAll(() => {
  engine.dispose();
  rmSync(folder, { recursive: true });
});

describe('sublinear hash', () => {
  test('prints what sha256sum prints, and each checks the list of the other', async () => {
    const [a, b] = [put('a', 'abc'), put('b b', new Uint8Array(300_000))];
    const { code, stdout, stderr } = await run(['hash', a!, b!]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(execFileSync('sha256sum', [a!, b!], { encoding: 'utf8' }));
    const list = put('list', stdout);
    expect(execFileSync('sha256sum', ['-c', list], { encoding: 'utf8' })).toBe(
      `${a}: OK\n${b}: OK\n`,
    );
    expect((await run(['hash', '-c', list])).stdout).toBe(`${a}: OK\n${b}: OK\n`);
  });

  test('says which file of a list is another one or not there', async () => {
    const a = put('c', 'abc');
    const digest = node.createHash('sha512').update('abd').digest('hex');
    const list = put('wrong', `${digest} *${a}\n${digest}  ${path('none')}\n`);
    const { code, stdout, stderr } = await run(['hash', '--check', list, '--algorithm', 'sha512']);
    expect(code).toBe(1);
    expect(stdout).toBe(`${a}: FAILED\n${path('none')}: FAILED\n`);
    expect(stderr).toContain('2 of 2 do not match');
    const { stdout: json } = await run(['hash', '-c', list, '--algorithm', 'sha512', '--json']);
    expect(JSON.parse(json)).toMatchObject({ algorithm: 'sha512', failed: 2 });
  });

  test('SHAKE of any length, and of standard input', async () => {
    const wanted = node.createHash('shake256', { outputLength: 100 }).update('abc').digest('hex');
    const args = ['hash', '-', '--algorithm', 'shake256', '--length', '100'];
    expect((await run(args, 'abc')).stdout).toBe(`${wanted}  -\n`);
    const list = put('shake', `${wanted.slice(0, 20)}  ${put('d', 'abc')}\n`);
    expect((await run(['hash', '-c', list, '--algorithm', 'shake256'])).code).toBe(0);
  });

  test('refuses what is no list, no length and no file', async () => {
    for (const [args, message] of [
      [['-c', put('no list', 'nothing\n')], /no list:1: expected a digest and the name of a file/],
      [['-c', put('empty', '')], /got no line/],
      [[path('a'), '--length', '5'], /--length expected 32/],
      [[path('nowhere')], /nowhere/],
      [[path('a'), '--algorithm', 'md5'], /sha256/],
    ] as const) {
      const { code, stderr } = await run(['hash', ...args]);
      expect(code).toBeGreaterThan(1);
      expect(stderr).toMatch(message);
    }
  });
});

describe('sublinear verify', () => {
  const { publicKey, privateKey } = node.generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const pem = publicKey.export({ format: 'pem', type: 'spki' }) as string;

  test('a signature of a file, the key in all its forms', async () => {
    const file = put('release', new Uint8Array(100_000));
    const signature = node.sign(null, new Uint8Array(100_000), privateKey);
    const given = ['--signature', put('release.sig', signature)];
    for (const key of [
      put('key.pem', pem),
      put('key', raw),
      put('key.hex', `${raw.toString('hex')}\n`),
      raw.toString('hex'),
    ]) {
      const { code, stdout } = await run(['verify', file, '--key', key, ...given]);
      expect([code, stdout]).toEqual([0, `${file}: signed by the key\n`]);
    }
    const other = put('other', 'something else');
    const { code, stdout } = await run(['verify', other, '--key', path('key'), ...given, '--json']);
    expect([code, JSON.parse(stdout)]).toEqual([1, { kind: 'signature', valid: false }]);
  });

  test('a witness chain, by itself, by its head and by a signature', async () => {
    const { WitnessChain, toHex } = await engine.use('crypto');
    using chain = WitnessChain.create();
    for (let i = 0; i < 5; i++) chain.append(i, `entry ${i}`);
    const file = put('log.slv', chain.save());
    const head = toHex(chain.head());
    expect((await run(['verify', file])).stdout).toMatch(
      /5 entries, unchanged; give --head or --key/,
    );
    expect((await run(['verify', file, '--head', head])).stdout).toMatch(/the head that is known/);
    const signature = node.sign(null, chain.statement(3), privateKey).toString('hex');
    const signed = ['verify', file, '--key', put('k.pem', pem), '--signature', signature];
    expect((await run([...signed, '--size', '3'])).stdout).toMatch(/unchanged, signed by the key/);
    expect(await run(signed)).toMatchObject({ code: 1 });
    const wrong = await run(['verify', file, '--head', `00${head.slice(2)}`, '--json']);
    expect([wrong.code, JSON.parse(wrong.stdout)]).toMatchObject([
      1,
      { kind: 'chain', valid: false, fault: 'head', entries: 5 },
    ]);
    const damaged = chain.save();
    damaged[damaged.length - 20]! ^= 1;
    const refused = await run(['verify', put('damaged.slv', damaged)]);
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringMatching(/FAILED/)]);
  });

  test('says what is missing', async () => {
    const file = put('plain', 'text');
    for (const [args, message] of [
      [[file], /is no witness chain; give --key and --signature/],
      [[file, '--key', '00'], /--key and --signature go together/],
      [
        [file, '--key', put('short', 'abc'), '--signature', '00'.repeat(64)],
        /--key: expected 32 bytes, got 3/,
      ],
      [[file, '--head', 'zz'], /are for witness chains/],
    ] as const) {
      const { code, stderr } = await run(['verify', ...args]);
      expect(code).toBe(2);
      expect(stderr).toMatch(message);
    }
  });
});
