// Packs in a page: signed there, run there and in a worker, which ends when its time is over.
import { load } from 'sublinear/kernelpack';
import { expect, test } from 'vitest';
import { counting, endless } from './modules.js';

const about = { name: 'small', version: 1, kernels: [{ name: 'f0', parameters: [] }] };

test('fuel and time end kernels as they do in Node', async () => {
  const { KernelPack, signPack, writePack } = await load();
  const keys = (await crypto.subtle.generateKey('Ed25519', true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const signers = [new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey))];
  const open = async (wasm: Uint8Array) =>
    KernelPack.open(await signPack(writePack(wasm, about), keys), { signers });

  const pack = await open(counting);
  expect(pack.run('f0', { fuel: 999 })).toMatchObject({ outcome: 'workLimit', fuelUsed: 999 });
  expect(pack.run('f0', { fuel: 1e8 })).toMatchObject({ outcome: 'ended', fuelUsed: 1e7 });
  const there = await pack.runAsync('f0', { fuel: 999, timeMs: 60_000 });
  expect(there).toMatchObject({ outcome: 'workLimit', fuelUsed: 999 });
  expect((await pack.runAsync('f0', { timeMs: 60_000 })).outcome).toBe('ended');
  pack.dispose();

  const other = await open(endless);
  expect((await other.runAsync('f0', { timeMs: 5 })).outcome).toBe('timeLimit');
  expect((await other.runAsync('f0', { timeMs: 5 })).outcome).toBe('timeLimit');
  other.dispose();
});
