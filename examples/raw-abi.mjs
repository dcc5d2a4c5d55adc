// A host of the raw ABI: what a program in another language does, written in JavaScript to be readable everywhere. It
// uses WebAssembly.instantiate and nothing of this package but one .wasm file. docs/abi.md is the manual.
//
//   node examples/raw-abi.mjs
import { readFile } from 'node:fs/promises';

const file = new URL('../dist/raw/solver.simd.wasm', import.meta.url);
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
  const expected = text(sl.sl_abi_last_error_expected());
  throw new Error(
    `${text(sl.sl_abi_status_name(status))}: ${text(sl.sl_abi_last_error_argument())}${where}, expected ${expected}`,
  );
}

/** Gives a handle or an address; throws for 0. */
function made(value) {
  if (value === 0) check(sl.sl_abi_last_error_status());
  return value >>> 0;
}

// A vector: a handle, and the address of its elements. The view is made when it is used, because memory may grow.
const FLOAT64 = 2;
function vector(values) {
  const handle = made(sl.sl_abi_vector_create(values.length, FLOAT64));
  const out = made(sl.sl_abi_alloc(4));
  check(sl.sl_abi_vector_info(handle, out, 0, 0, 0));
  const [data] = new Uint32Array(memory.buffer, out, 1);
  sl.sl_abi_free(out);
  new Float64Array(memory.buffer, data, values.length).set(values);
  return handle;
}

/** Calls a function whose last parameter is the address for an f64 result. */
function number(call) {
  const out = made(sl.sl_abi_alloc(8));
  try {
    check(call(out));
    return new Float64Array(memory.buffer, out, 1)[0];
  } finally {
    sl.sl_abi_free(out);
  }
}

const x = vector([1, 2, 2]);
const y = vector([2, 4, 4]);
const dot = number((out) => sl.sl_abi_vector_dot(x, y, out));
const lengths = [x, y].map((v) => number((out) => sl.sl_abi_vector_norm(v, 0, out)));
console.log(`cosine of the angle between x and y: ${dot / (lengths[0] * lengths[1])}`);

// Mistakes come back as a status with an explanation.
try {
  check(sl.sl_abi_vector_scale(x, Number.NaN));
} catch (error) {
  console.log(`refused: ${error.message}`);
}

check(sl.sl_abi_vector_destroy(x));
check(sl.sl_abi_vector_destroy(y));
try {
  check(sl.sl_abi_vector_destroy(y));
} catch (error) {
  console.log(`refused: ${error.message}`);
}
console.log(`bytes held at the end: ${sl.sl_abi_bytes_in_use()}`);
