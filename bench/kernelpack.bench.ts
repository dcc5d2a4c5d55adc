// What metering costs: each example kernel as the compiler wrote it and as the pack runs it, on the same memory, in turns. And
// how long it takes until an endless kernel has ended whose time is over.
//
//   npm run bench -- kernelpack [--smoke] [--only TEXT]
import { readFileSync } from 'node:fs';
import { createEngine } from 'sublinear';
import { openBench } from './support/harness.js';

const bench = openBench('kernelpack', 'Kernels that pay for what they execute');
const engine = await createEngine();
const { KernelPack, meter, signPack, writePack } = await engine.use('kernelpack');

const PAGES = 64;
const FUEL = 2n ** 50n;

type Kernel = (...values: number[]) => unknown;
async function instances(file: string, kernel: string) {
  const wasm = readFileSync(`examples/kernels/${file}.wasm`);
  const made = [];
  for (const metered of [false, true]) {
    const copy = meter(wasm, { pages: PAGES, metered });
    const { exports } = await WebAssembly.instantiate(copy.wasm).then(({ instance }) => instance);
    const numbers = new Float32Array((exports.memory as WebAssembly.Memory).buffer, copy.arena);
    numbers.forEach((_, i) => {
      numbers[i] = Math.sin(i * 12.9898);
    });
    const fuel = exports['sublinear.fuel'] as WebAssembly.Global | undefined;
    made.push({ call: exports[kernel] as Kernel, fuel, numbers, arena: copy.arena });
  }
  return made as [(typeof made)[number], (typeof made)[number]];
}

const MB = 1 << 20;
/** Where the arguments are, from the beginning of free memory on, and sizes. */
const kernels: [string, string, string, (at: number) => number[]][] = [
  ['rope', 'kernels', '64 tokens, 8 heads of 64', (at) => [at, at + MB, 64, 8, 32]],
  ['rmsnorm', 'kernels', '128 rows of 512', (at) => [at, at + MB, at + 2 * MB, 128, 512, 1e-6]],
  ['swiglu', 'kernels', '65,536 numbers', (at) => [at, at + MB, at + 2 * MB, 65_536]],
  [
    'lora',
    'kernels',
    '16 rows, 768 to 768 by rank 8',
    (at) => [at, at + MB, at + 1.5 * MB, at + 2 * MB, at + 3 * MB, 16, 768, 768, 8, 0.5],
  ],
  [
    'nearest',
    'nearest',
    '4,000 vectors of 100, the nearest 10',
    (at) => [at, at, at + 3 * MB, at + 3 * MB + 4096, 4000, 100, 10],
  ],
];

for (const [name, file, what, valuesAt] of kernels) {
  const [plain, metered] = await instances(file, name);
  const values = valuesAt(plain.arena);
  const run = ({ call, fuel }: typeof plain) => {
    if (fuel !== undefined) fuel.value = FUEL;
    return call(...values);
  };
  // Both have done the same work on the same numbers when the turns begin.
  run(plain);
  run(metered);
  const differing = () =>
    plain.numbers.reduce((sum, value, i) => sum + Number(!Object.is(value, metered.numbers[i])), 0);
  const accuracy = name === 'rope' || name === 'lora' ? () => 0 : differing;
  const result = await bench.compare({
    id: name,
    title: `${name}: ${what}`,
    note: 'One call on the same memory.',
    accuracy: 'numbers of the memory that differ from those of the module as it was compiled',
    contestants: [
      { name: 'metered', run: () => run(metered), accuracy },
      { name: 'as compiled', run: () => run(plain), accuracy },
    ],
    maxSeconds: 8,
  });
  const ratio = result?.rows.find((row) => row.name === 'as compiled')?.ratio;
  if (ratio === undefined || bench.smoke) continue;
  const text = `${name}, metered over plain time`;
  bench.claim({
    id: name,
    text,
    value: 1 / ratio,
    limit: 1.6,
    goal: 1.4,
    relation: '<=',
    unit: 'x',
  });
}

// f: loop { br 0 }, and g, which does nothing
const endless = Uint8Array.from(
  Buffer.from(
    '0061736d0100000001040160000003030200000503010001070902016600000167000' +
      '10a0c0207000340' +
      '0c000b0b02000b',
    'hex',
  ),
);
const kernelsOf = ['f', 'g'].map((name) => ({ name, parameters: [] }));
const keys = (await crypto.subtle.generateKey('Ed25519', true, [
  'sign',
  'verify',
])) as CryptoKeyPair;
const signer = new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey));
const unsigned = writePack(endless, { name: 'endless', version: 1, kernels: kernelsOf });
const pack = await KernelPack.open(await signPack(unsigned, keys), { signers: [signer] });
const LIMIT = 50;
const late: number[] = [];
for (let turn = 0; turn < bench.size(15, 3); turn++) {
  // The thread is there when the clock starts.
  await pack.runAsync('g');
  const before = performance.now();
  const { outcome } = await pack.runAsync('f', { timeMs: LIMIT });
  if (outcome !== 'timeLimit') throw new Error(`an endless kernel ended: ${outcome}`);
  late.push(performance.now() - before - LIMIT);
}
pack.dispose();
late.sort((a, b) => a - b);
const killed = {
  id: 'killed',
  text: `ms after its time until an endless kernel has ended, median of ${late.length}`,
  value: late[late.length >> 1] as number,
  limit: 100,
  goal: 30,
  relation: '<=' as const,
  unit: 'ms',
};
if (!bench.smoke) bench.claim(killed);
await engine.dispose();
bench.close();
