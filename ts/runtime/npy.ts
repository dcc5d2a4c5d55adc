// NumPy's files of one array, .npy: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, versions 1 to 3.

/** Numbers of an array, as JavaScript holds them. */
export type NpyData =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>;

/** Element types that are read: kind and bytes, as NumPy writes them. `b1` are truth values, a byte each. */
export type NpyType = keyof typeof types;

const types = {
  f2: 2,
  f4: 4,
  f8: 8,
  i1: 1,
  i2: 2,
  i4: 4,
  i8: 8,
  u1: 1,
  u2: 2,
  u4: 4,
  u8: 8,
  b1: 1,
} as const;

export const bytesOf = (type: NpyType): number => types[type];

export interface NpyHead {
  type: NpyType;
  bigEndian: boolean;
  /** Columns one after another. */
  fortran: boolean;
  shape: number[];
  /** Where the numbers begin. */
  offset: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // "\x93NUMPY"
/** NumPy itself writes less than a thousand bytes, and reads no more than ten thousand unless it is told to. */
const LONGEST = 1 << 16;

/** Makes the error that is thrown for a damaged or unknown file. */
export type Fail = (message: string) => Error;

/** True when the bytes are, as far as they go, those that a .npy file begins with. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => i >= bytes.length || bytes[i] === byte);
}

/** Reads the head at the beginning of `bytes`; undefined when more bytes are needed. */
export function readNpyHead(bytes: Uint8Array, fail: Fail): NpyHead | undefined {
  if (!isNpy(bytes)) throw fail('not a NumPy file: it does not begin with \\x93NUMPY');
  if (bytes.length < 8) return undefined;
  const version = bytes[6] as number;
  if (version < 1 || version > 3)
    throw fail(`version ${version}.${bytes[7]} of the NumPy format, expected 1, 2 or 3`);
  const begin = version === 1 ? 10 : 12;
  if (bytes.length < begin) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST)
    throw fail(`a NumPy header of ${length} bytes, expected at most ${LONGEST}`);
  if (bytes.length < begin + length) return undefined;
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(
    bytes.slice(begin, begin + length),
  );
  return { ...described(text, fail), offset: begin + length };
}

// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
function described(text: string, fail: Fail): Omit<NpyHead, 'offset'> {
  const damaged = (what: string) => fail(`damaged NumPy header: ${what}`);
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw damaged('no dictionary');
  if (/'descr'\s*:\s*\[/.test(body))
    throw fail("a structured array, expected plain numbers: save one field, array['name']");
  const fields = new Map<string, string>();
  const item = /\s*'(\w+)'\s*:\s*('[^']*'|True|False|\([\d\s,L]*\))\s*(?:,|$)/y;
  while (item.lastIndex < body.trimEnd().length) {
    const at = item.lastIndex;
    const match = item.exec(body);
    if (match === null) throw damaged(`"${body.slice(at, at + 40).trim()}"`);
    const [, key, value] = match as unknown as [string, string, string];
    if (fields.has(key)) throw damaged(`'${key}' twice`);
    fields.set(key, value);
  }
  const field = (key: string, form: RegExp) => {
    const value = fields.get(key);
    if (value === undefined || !form.test(value)) throw damaged(`no ${key}`);
    return value;
  };
  if (fields.size > 3) throw damaged('more than descr, fortran_order and shape');
  const descr = field('descr', /^'/).slice(1, -1);
  const fortran = field('fortran_order', /^(True|False)$/) === 'True';
  const sizes = field('shape', /^\(/).slice(1, -1).replaceAll(/[\sL]/g, '').split(',');
  if (sizes.at(-1) === '') sizes.pop();
  if (sizes.includes('')) throw damaged('shape');
  const shape = sizes.map(Number);
  return { ...typeOf(descr, fail), fortran: fortran && shape.length > 1, shape };
}

function typeOf(descr: string, fail: Fail): Pick<NpyHead, 'type' | 'bigEndian'> {
  const [order, type] = [descr.slice(0, 1), descr.slice(1)];
  const known = Object.hasOwn(types, type);
  if (known && (order === '<' || order === '>' || (order === '|' && types[type as NpyType] === 1)))
    return { type: type as NpyType, bigEndian: order === '>' };
  throw fail(
    `numbers of type '${descr}', expected floats of 2, 4 or 8 bytes, integers or truth values: save array.astype('<f4')`,
  );
}

/** How a shape is written. */
export function written(shape: readonly number[]): string {
  return `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
}

/** The elements that lie in `bytes`, whose length is a multiple of theirs. A copy. */
export function elementsOf(
  { type, bigEndian }: Pick<NpyHead, 'type' | 'bigEndian'>,
  bytes: Uint8Array,
): NpyData {
  const size = types[type];
  // Not by slice(), which makes no copy of Node's buffers.
  const own = new Uint8Array(bytes);
  if (bigEndian && size > 1) {
    for (let at = 0; at < own.length; at += size) own.subarray(at, at + size).reverse();
  }
  const { buffer } = own;
  switch (type) {
    case 'f2':
      return Float32Array.from(new Uint16Array(buffer), halfToFloat);
    case 'f4':
      return new Float32Array(buffer);
    case 'f8':
      return new Float64Array(buffer);
    case 'i1':
      return new Int8Array(buffer);
    case 'i2':
      return new Int16Array(buffer);
    case 'i4':
      return new Int32Array(buffer);
    case 'i8':
      return new BigInt64Array(buffer);
    case 'u2':
      return new Uint16Array(buffer);
    case 'u4':
      return new Uint32Array(buffer);
    case 'u8':
      return new BigUint64Array(buffer);
    default:
      return new Uint8Array(buffer);
  }
}

/** A number of IEEE 754 binary16. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Elements that stand with the first index running fastest, in rows: the last index runs fastest. */
function inRows<T extends NpyData>(data: T, shape: readonly number[]): T {
  const result = data.slice() as T;
  // Steps in `data` of each index, and where the counters stand.
  const steps: number[] = [];
  shape.reduce((step, length, axis) => {
    steps[axis] = step;
    return step * length;
  }, 1);
  const counters = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from] as never;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis] as number;
      if (++(counters[axis] as number) < (shape[axis] as number)) break;
      from -= (steps[axis] as number) * (shape[axis] as number);
      counters[axis] = 0;
    }
  }
  return result;
}

/** An array, its elements row by row. */
export interface NpyArray {
  /** Length of each axis; empty for a single number. */
  shape: number[];
  /** NumPy's name of the element type, as in `'f4'`; `'b1'` for truth values. */
  dtype: NpyType;
  /** The elements, the last axis running fastest. f2 as float32, 8-byte integers as bigint, truth values as 0 and 1. */
  data: NpyData;
}

/** A whole file. */
export function arrayOf(bytes: Uint8Array, fail: Fail): NpyArray {
  const head = readNpyHead(bytes, fail);
  if (head === undefined) throw fail(`ends within the NumPy header, after ${bytes.length} bytes`);
  const { shape, type, offset } = head;
  const wanted = offset + shape.reduce((product, length) => product * length, types[type]);
  if (bytes.length !== wanted) {
    const how = bytes.length < wanted ? 'ends too early' : 'goes on after its last number';
    throw fail(
      `${how}: ${bytes.length} bytes, but shape ${written(shape)} of '${type}' takes ${wanted}`,
    );
  }
  const data = elementsOf(head, bytes.subarray(offset));
  return { shape, dtype: type, data: head.fortran ? inRows(data, shape) : data };
}
