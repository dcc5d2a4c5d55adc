// The smallest module: nearest neighbours in 11 kB without any JavaScript of this package.
//
//   node examples/raw-micro.mjs
import { readFile } from 'node:fs/promises';

const bytes = await readFile(new URL('../dist/raw/hnsw-micro.raw.wasm', import.meta.url));

const { instance } = await WebAssembly.instantiate(bytes, {});
const { memory, ...micro } = instance.exports;
micro._initialize();
const index = micro.sl_abi_micro_create(0, 3, 16, 200, 0, 42);
const at = micro.sl_abi_alloc(64); // two vectors of three numbers, a count, then room for a result
new Float32Array(memory.buffer, at, 6).set([1, 0, 0, 0, 1, 0]);
micro.sl_abi_micro_add(index, at, 2, at + 24);
micro.sl_abi_micro_search(index, at, 1, 1, 50, at + 32, at + 40, at + 48);
const [nearest] = new Uint32Array(memory.buffer, at + 32, 1);

console.log(nearest === 0 ? 'the first vector is the nearest to itself' : 'wrong');
