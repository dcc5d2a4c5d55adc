// Distance kernels in the L1 cache: WebAssembly against the same C native, and the relaxed int8 product against the plain one.
// Each side is a process of its own that times itself (bench/kernels); slices take turns.
import { existsSync } from 'node:fs';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { NativePeer } from '../peers/native.js';
import type { Bench, Contestant } from './harness.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const built = `${root}build/kernels/`;
const laterNode = `${root}build/vector-peers/node_modules/node/bin/node`;

/** The numbers of kernels.c. */
const kernels = { dot1: 0, dot4: 1, squared1: 2, squared4: 3, int8dot4: 4 } as const;
type Kernel = keyof typeof kernels;

/** The data of kernels.c: row r, or the query at r = 4. */
const value = (i: number, r: number) => ((31 * i + 17 * r + 5) % 255) - 127;

/** The sum of the products (squared distances) of four rows with the query; every step is exact in f64. */
function exact(kernel: Kernel, dimension: number): number {
  let sum = 0;
  for (let r = 0; r < 4; r++) {
    for (let i = 0; i < dimension; i++) {
      const [x, q] = [value(i, r), value(i, 4)];
      if (kernel.startsWith('int8')) sum += x * 64 * (q + 127);
      else if (kernel.startsWith('dot')) sum += (x * q) / 2 ** 14;
      else sum += (x - q) ** 2 / 2 ** 14;
    }
  }
  return sum;
}

interface Side {
  name: string;
  peer: NativePeer | undefined;
  /** Why there is none. */
  missing: string;
}

function side(name: string, program: string, module?: string): Side {
  const needs = module === undefined ? [program] : [program, module];
  const absent = needs.find((file) => !existsSync(file));
  const args = module === undefined ? [] : [`${root}bench/kernels/serve.mjs`, module];
  return {
    name,
    peer: absent === undefined ? new NativePeer(name, program, args) : undefined,
    missing: 'not built: npm run bench:vector builds it',
  };
}

function contestant(
  { name, peer, missing }: Side,
  kernel: Kernel,
  dimension: number,
  calls: number,
): Contestant {
  const wanted = exact(kernel, dimension);
  return {
    name,
    calls: 1,
    ...(peer === undefined && { skip: missing }),
    run: () => (peer as NativePeer).run(`${kernels[kernel]}:${dimension}`, calls),
    elapsed: ({ ms }: { ms: number }) => ms,
    accuracy: async () =>
      Math.abs(((await (peer as NativePeer).result())[0] as number) - wanted) / Math.abs(wanted),
  };
}

/** A mark: kernel, dimension, floor and, where there is one, goal. */
type Mark = readonly [kernel: Kernel, dimension: number, limit: number, goal?: number];

const againstNative: Mark[] = (['1', '4'] as const).flatMap((rows): Mark[] => [
  [`dot${rows}`, 128, 0.8, 0.9],
  [`dot${rows}`, 768, 0.8, 0.9],
  [`squared${rows}`, 128, 0.6, 0.8],
  [`squared${rows}`, 768, 0.8, 0.9],
]);
const againstSimd: Mark[] = [
  ['int8dot4', 128, 1],
  ['int8dot4', 768, 1],
];

/** Compares both sides in all the marks: `claim` tells the ratio time of the second side / time of the first. */
async function compare(bench: Bench, marks: Mark[], [ours, other]: [Side, Side]): Promise<void> {
  for (const [kernel, dimension, limit, goal] of marks) {
    // A slice of one to four milliseconds.
    const calls = Math.round(bench.size(1e7, 1e5) / dimension);
    const what = kernel.replace('int8dot', 'int8 dot').replace('squared', 'L2 squared, ');
    const text = `${what.replace(/,? ?([14])$/, (_, rows) => `, ${rows === '1' ? 'one row' : 'four rows'} a call`)}, d = ${dimension}`;
    const id = `kernel-${kernel}-${dimension}`;
    const result = await bench.compare({
      id,
      title: `${text}, in L1`,
      note: `${calls} times one query against the same four rows, in processes of their own that take turns.`,
      accuracy: 'relative error of the sum of the four results',
      slices: 41,
      contestants: [ours, other].map((each) => contestant(each, kernel, dimension, calls)),
    });
    const ratio = result?.rows[1]?.ratio;
    if (ratio === undefined || result?.rows[0]?.ratio === undefined) continue;
    bench.claim({
      id,
      text: `${text}: time of ${other.name} / ${ours.name}`,
      value: ratio,
      limit,
      ...(goal !== undefined && { goal }),
      relation: '>=',
    });
  }
}

export async function compareKernels(bench: Bench): Promise<void> {
  const simd = `${built}kernels.simd.wasm`;
  const pairs: [Mark[], [Side, Side]][] = [
    [
      againstNative,
      [
        side('WebAssembly, simd', execPath, simd),
        side('the same C, native 128-bit', `${built}native`),
      ],
    ],
    [
      againstSimd,
      [
        side('WebAssembly, relaxed, Node 24', laterNode, `${built}kernels.relaxed.wasm`),
        side('WebAssembly, simd, Node 24', laterNode, simd),
      ],
    ],
  ];
  for (const [marks, sides] of pairs) {
    await compare(bench, marks, sides);
    for (const { peer } of sides) peer?.stop();
  }
}
