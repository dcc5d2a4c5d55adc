// `sublinear pack`, as a user runs it.
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { file, folder, sublinear } from '../support/cli.js';

const kernels = join(process.cwd(), 'examples/kernels');
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const pem = { type: 'pkcs8', format: 'pem' } as const;
file('key.pem', privateKey.export(pem) as string);
file('public.pem', publicKey.export({ type: 'spki', format: 'pem' }) as string);
const other = generateKeyPairSync('ed25519').publicKey;
file('other.pem', other.export({ type: 'spki', format: 'pem' }) as string);
file('vectors.f32', new Uint8Array(Float32Array.of(0, 0, 3, 4, 1, 0).buffer));

const build = (name: string, output: string, more: string[] = []) => [
  ...['pack', 'build', join(kernels, `${name}.wasm`), '--manifest', join(kernels, `${name}.json`)],
  ...['-o', output, ...more],
];

test('build, sign, verify, run', async () => {
  expect((await sublinear(build('kernels', 'k.slk'))).code).toBe(0);
  const signed = await sublinear(['pack', 'sign', 'k.slk', '--key', 'key.pem', '-o', 's.slk']);
  expect([signed.code, signed.stderr]).toEqual([
    0,
    expect.stringMatching(/signed by [0-9a-f]{64}/),
  ]);
  const trusted = ['--signer', 'public.pem', '--versions', 'seen.json'];
  const verified = await sublinear(['pack', 'verify', 's.slk', ...trusted, '--json']);
  const about = JSON.parse(verified.stdout);
  expect(about).toMatchObject({ valid: true, name: 'transformer-kernels', version: 1, pages: 256 });
  const seen = JSON.parse(readFileSync(join(folder, 'seen.json'), 'utf8'));
  expect(seen).toEqual({ 'transformer-kernels': { version: 1, hash: about.hash } });
  const plain = await sublinear(['pack', 'verify', 'k.slk', '--hash', about.hash]);
  expect(plain.stdout).toContain('update x: float32[tokens, heads, pairs, 2]');
  const run = ['pack', 'run', 's.slk', 'rmsnorm', ...trusted, '--input', 'weight=1,1'];
  const { code, stdout } = await sublinear([
    ...run,
    '--input',
    'x=3,4',
    '--number',
    'epsilon=0',
    '--json',
  ]);
  const { outputs, outcome, fuelUsed } = JSON.parse(stdout);
  expect([code, outcome]).toEqual([0, 'ended']);
  expect(fuelUsed).toBeGreaterThan(10);
  expect(outputs.y[0]).toBeCloseTo(3 / Math.sqrt(12.5), 6);
  const inThread = await sublinear([
    ...run,
    '--input',
    'x=3,4',
    '--number',
    'epsilon=0',
    '--time',
    '60',
  ]);
  expect(inThread.stdout).toMatch(/^y: 0\.848\d+ 1\.131\d+\n$/);
  const short = await sublinear([...run, '--input', 'x=3,4', '--fuel', '10']);
  expect([short.code, short.stdout]).toEqual([1, '']);
  expect(short.stderr).toContain('used up');
}, 120_000);

test('what nobody who is trusted has signed, or what is damaged, does not run: exit code 1', async () => {
  await sublinear(build('nearest', 'n.slk', ['--segment', 'vectors=vectors.f32']));
  await sublinear(['pack', 'sign', 'n.slk', '--key', 'key.pem', '-o', 'n.slk']);
  const run = (path: string, signer: string) =>
    sublinear(['pack', 'run', path, 'nearest', '--signer', signer, '--input', 'query=3,3']);
  const refused = await run('n.slk', 'other.pem');
  expect([refused.code, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toContain('nobody among "signers"');
  const bytes = new Uint8Array(readFileSync(join(folder, 'n.slk')));
  bytes[bytes.length - 100]! ^= 1;
  file('damaged.slk', bytes);
  expect((await run('damaged.slk', 'public.pem')).code).toBe(1);
  const noInput = await run('n.slk', 'public.pem');
  expect([noInput.code, noInput.stderr]).toEqual([2, expect.stringContaining('vectors')]);
}, 120_000);

test('what is asked wrongly: exit code 2', async () => {
  file('text.json', '{');
  file('bad.wasm', '\0asm');
  const refused = async (args: string[], words: string) => {
    const { code, stderr } = await sublinear(['pack', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  };
  await refused(['build', 'bad.wasm', '-o', 'x'], '--manifest');
  await refused(['build', 'bad.wasm', '-o', 'x', '--manifest', 'text.json'], 'expected JSON');
  const manifest = join(kernels, 'nearest.json');
  await refused(['build', 'bad.wasm', '-o', 'x', '--manifest', manifest], 'bad.wasm');
  await refused(['verify', 'bad.wasm'], 'whom to trust');
  await refused(['sign', 'bad.wasm', '--key', 'public.pem', '-o', 'x'], 'private key');
  await refused(['run', 'bad.wasm', '--signer', 'public.pem'], 'name of a kernel');
  await refused(['verify', 'bad.wasm', '--signer', 'key.pem'], 'BEGIN PUBLIC KEY');
  expect((await sublinear(build('kernels', 'k2.slk'))).code).toBe(0);
  await sublinear(['pack', 'sign', 'k2.slk', '--key', 'key.pem', '-o', 'k2.slk']);
  const run = (...args: string[]) => ['run', 'k2.slk', ...args, '--signer', 'public.pem'];
  const weight = ['--input', 'weight=1,1'];
  await refused(run('nothing'), 'nothing: expected one of rope');
  await refused(run('rmsnorm', '--input', 'z=1'), '--input z: expected one of');
  for (const x of ['1,', ',1', '1-2,3', '1 2,3', '1e999,1'])
    await refused(run('rmsnorm', '--input', `x=${x}`, ...weight), '--input x: expected numbers');
}, 120_000);
