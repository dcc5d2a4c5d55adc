// A host of the raw ABI: what a program in another language does, written in JavaScript to be readable everywhere. It
// uses WebAssembly.instantiate and nothing of this package but one .wasm file. docs/abi.md is the manual.
//
//   node examples/raw-abi.mjs
import { readFile } from 'node:fs/promises';

const file = new URL('../dist/raw/network.simd.wasm', import.meta.url);
const { instance } = await WebAssembly.instantiate(await readFile(file), {});
const { memory, _initialize, ...sl } = instance.exports;
_initialize();
if (sl.sl_abi_version() !== 1) throw new Error('this host speaks version 1 of the ABI');

/** A text of the module: ASCII, ends with a zero byte. */
function text(address) {
  const bytes = new Uint8Array(memory.buffer, address);
  return String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
}

/** Throws unless `status` is 0. */
function check(status) {
  if (status === 0) return;
  const position = sl.sl_abi_last_error_position();
  const where = position < 0 ? '' : ` at ${position}`;
  const argument = text(sl.sl_abi_last_error_argument());
  const expected = text(sl.sl_abi_last_error_expected());
  throw new Error(
    `${text(sl.sl_abi_status_name(status))}: ${argument}${where}, expected ${expected}`,
  );
}

/** Gives a handle or an address; throws for 0. */
function made(value) {
  if (value === 0) check(sl.sl_abi_last_error_status());
  return value >>> 0;
}

// Memory of the module for the arrays of this program, freed at the end. A view is made when it is used and not kept:
// any call that allocates may grow the memory, and old views are empty then.
const blocks = [];
function alloc(bytes) {
  const address = made(sl.sl_abi_alloc(bytes));
  blocks.push(address);
  return address;
}
function put(array) {
  const address = alloc(array.byteLength);
  new array.constructor(memory.buffer, address, array.length).set(array);
  return address;
}
const u32 = (address, length) =>
  new Uint32Array(memory.buffer.slice(address, address + 4 * length));
const f64 = (address, length) =>
  new Float64Array(memory.buffer.slice(address, address + 8 * length));

// --- A small web: which pages matter most to somebody who starts at "news"? -------------------------------------------

const pages = ['news', 'sport', 'weather', 'football', 'tennis', 'shop', 'legal'];
const links = [
  ...[
    [0, 1],
    [0, 2],
    [0, 5],
    [1, 3],
    [1, 4],
    [3, 1],
    [4, 1],
    [2, 0],
    [3, 5],
  ],
  ...[0, 1, 2, 3, 4, 5].map((page) => [page, 6]), // each links to the legal notice, which links nowhere
];
const from = put(new Uint32Array(links.map(([source]) => source)));
const to = put(new Uint32Array(links.map(([, target]) => target)));
const [UNWEIGHTED, DIRECTED] = [0, 1];
const graph = made(
  sl.sl_abi_graph_from_edges(pages.length, links.length, from, to, 0, UNWEIGHTED, DIRECTED),
);

const ranking = made(sl.sl_abi_pagerank_create(graph));
const source = put(new Uint32Array([pages.indexOf('news')]));
const [damping, tolerance, automatic, topK] = [0.85, 1e-10, 0, 4];
check(
  sl.sl_abi_pagerank_begin(ranking, source, 0, 1, damping, tolerance, automatic, topK, 0, 0, 0),
);

// Long work is done in steps: between them this program could look at the clock, or answer somebody.
const RUNNING = 9;
const outcome = alloc(4);
do check(sl.sl_abi_job_step(ranking, 10_000, outcome));
while (u32(outcome, 1)[0] === RUNNING);

const [result, nodesAt, scoresAt] = [alloc(8 * 8), alloc(4), alloc(4)];
check(sl.sl_abi_pagerank_finish(ranking, result, nodesAt, scoresAt));
const [ended, , , errorBound, touched, , , count] = f64(result, 8);
const nodes = u32(u32(nodesAt, 1)[0], count);
const scores = f64(u32(scoresAt, 1)[0], count);
console.log(`${text(sl.sl_abi_outcome_name(ended))}: ${touched} pages touched`);
for (const [i, node] of nodes.entries()) console.log(`${scores[i].toFixed(6)}  ${pages[node]}`);
console.log(`all scores together are off by less than 1e-9: ${errorBound < 1e-9}`);

// --- Mistakes come back as a status with an explanation ---------------------------------------------------------------

const mistakes = [
  () => made(sl.sl_abi_graph_from_edges(3, links.length, from, to, 0, UNWEIGHTED, DIRECTED)),
  () =>
    check(
      sl.sl_abi_pagerank_begin(ranking, source, 0, 1, 1.5, tolerance, automatic, topK, 0, 0, 0),
    ),
  () => check(sl.sl_abi_graph_destroy(ranking)), // a handle, but not of a graph
];
for (const mistake of mistakes) {
  try {
    mistake();
  } catch (error) {
    console.log(`refused: ${error.message}`);
  }
}

check(sl.sl_abi_pagerank_destroy(ranking));
check(sl.sl_abi_graph_destroy(graph));
for (const block of blocks) sl.sl_abi_free(block);
console.log(`bytes held at the end: ${sl.sl_abi_bytes_in_use()}`);
