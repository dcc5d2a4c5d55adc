// The Ed25519 vectors of Wycheproof (testvectors_v1/ed25519_test.json), when SUBLINEAR_DATA names a folder with
// wycheproof/ed25519_test.json. They are not part of the project.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from 'sublinear';
import { expect, test } from 'vitest';

const file = join(process.env.SUBLINEAR_DATA ?? '', 'wycheproof/ed25519_test.json');
const isThere = process.env.SUBLINEAR_DATA !== undefined && existsSync(file);
if (!isThere)
  console.log('Wycheproof: skipped, SUBLINEAR_DATA has no wycheproof/ed25519_test.json');

interface Vectors {
  testGroups: {
    publicKey: { pk: string };
    tests: { tcId: number; msg: string; sig: string; result: 'valid' | 'invalid' }[];
  }[];
}

test.skipIf(!isThere)('the vectors of Wycheproof', async () => {
  const engine = await createEngine();
  const { verifySignature, fromHex } = await engine.use('crypto');
  const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
  const wrong: number[] = [];
  let count = 0;
  for (const { publicKey, tests } of testGroups) {
    for (const { tcId, msg, sig, result } of tests) {
      const signature = fromHex(sig);
      // A signature of another length is refused with an error, before anything is computed.
      const valid =
        signature.length === 64 &&
        verifySignature({ publicKey: fromHex(publicKey.pk), signature, message: fromHex(msg) });
      if (valid !== (result === 'valid')) wrong.push(tcId);
      count++;
    }
  }
  expect([count, wrong]).toEqual([151, []]);
  engine.dispose();
});
