// Results of the case tables as text and as hashes, equal for equal bits.

/** A text that is equal for equal bits: floats as hexadecimal, NaN made one. */
export function canonical(value: unknown): string {
  if (typeof value === 'number') return float(value);
  if (
    value instanceof Float64Array ||
    value instanceof Float32Array ||
    value instanceof Uint32Array
  ) {
    return `${value.constructor.name}[${Array.from(value, float).join()}]`;
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, each]) => `${key}:${canonical(each)}`).join()}}`;
  }
  return JSON.stringify(value) ?? 'undefined';
}

const buffer = new DataView(new ArrayBuffer(8));

function float(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isInteger(value) && !Object.is(value, -0)) return String(value);
  buffer.setFloat64(0, value);
  return `x${buffer.getBigUint64(0).toString(16)}`;
}

/** FNV-1a, 64 bits. */
export function hash(text: string): string {
  let state = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    state = BigInt.asUintN(64, (state ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  }
  return state.toString(16).padStart(16, '0');
}
