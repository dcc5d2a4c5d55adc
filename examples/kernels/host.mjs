// Answers queries from nothing but a file: vectors, and the program that searches them. The program is not part of this host.
//
//   node examples/kernels/host.mjs vectors.slk <hash or public key> 0.1,-0.3,0.2      makes vectors.slk where there is none
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { load } from 'sublinear/kernelpack';

const { KernelPack, writePack } = await load();

/** 1000 vectors of three numbers on a spiral, with the program of nearest.c. Prints the hash that a host may trust. */
async function make(path) {
  const here = new URL('./', import.meta.url);
  const data = Float32Array.from({ length: 3000 }, (_, i) => {
    const angle = Math.floor(i / 3) / 100;
    return [Math.cos(angle), Math.sin(angle), angle / 10][i % 3];
  });
  const about = JSON.parse(readFileSync(new URL('nearest.json', here), 'utf8'));
  const program = readFileSync(new URL('nearest.wasm', here));
  writeFileSync(path, writePack(program, about, { vectors: { data, shape: [1000, 3] } }));
}

/** The host. */
async function answer(path, trusted, query) {
  const trust = { hashes: [trusted], signers: [trusted] };
  const pack = await KernelPack.open(readFileSync(path), trust);
  const vectors = await pack.bundle.read('vectors');
  const inputs = { vectors: pack.place(vectors.data, { shape: vectors.shape }), query };
  const run = pack.run('nearest', { inputs, sizes: { k: 3 }, fuel: 1e8 });
  if (run.outcome !== 'ended') throw new Error(run.message);
  return run.outputs;
}

const [path = 'vectors.slk', trusted, text = '0.5,0.5,0.1'] = process.argv.slice(2);
if (!existsSync(path)) await make(path);
if (trusted === undefined) throw new Error('expected the hash or the public key that is trusted');
const { ids, distances } = await answer(path, trusted, Float32Array.from(text.split(','), Number));
for (const [i, id] of ids.entries()) console.log(id, distances[i].toFixed(4));
