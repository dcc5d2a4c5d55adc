// The head of NumPy's .npy files: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, versions 1 to 3.
import { CliError } from './terminal.js';

/** Element types that are read. */
export type Dtype = 'f4' | 'f8' | 'f2' | 'i1' | 'u1';

export const sizes: Readonly<Record<Dtype, number>> = { f4: 4, f8: 8, f2: 2, i1: 1, u1: 1 };

export interface NpyHead {
  dtype: Dtype;
  shape: number[];
  /** Where the numbers begin. */
  offset: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // "\x93NUMPY"
/** NumPy itself writes less than a thousand bytes, and reads no more than ten thousand unless it is told to. */
const LONGEST = 1 << 16;

/** True when the bytes are, as far as they go, those that a .npy file begins with. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => i >= bytes.length || bytes[i] === byte);
}

/**
 * Reads the head at the beginning of `bytes`; undefined when more bytes are needed.
 *
 * @param name - what messages call the file
 * @throws CliError for a head that is damaged, or describes what cannot be read; the message says what to do
 */
export function readNpyHead(name: string, bytes: Uint8Array): NpyHead | undefined {
  if (!isNpy(bytes))
    throw new CliError(`${name}: not a NumPy file: it does not begin with \\x93NUMPY`);
  if (bytes.length < 8) return undefined;
  const version = bytes[6] as number;
  if (version < 1 || version > 3)
    throw new CliError(
      `${name}: version ${version}.${bytes[7]} of the NumPy format, expected 1, 2 or 3`,
    );
  const begin = version === 1 ? 10 : 12;
  if (bytes.length < begin) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST)
    throw new CliError(`${name}: a NumPy header of ${length} bytes, expected at most ${LONGEST}`);
  if (bytes.length < begin + length) return undefined;
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(
    bytes.subarray(begin, begin + length),
  );
  return { ...described(name, text), offset: begin + length };
}

// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
function described(name: string, text: string): Omit<NpyHead, 'offset'> {
  const damaged = (what: string) => new CliError(`${name}: damaged NumPy header: ${what}`);
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw damaged('no dictionary');
  if (/'descr'\s*:\s*\[/.test(body))
    throw new CliError(
      `${name}: a structured array, expected plain numbers: save one field, array['name']`,
    );
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
  const dtype = dtypeOf(name, field('descr', /^'/).slice(1, -1));
  const columns = field('fortran_order', /^(True|False)$/) === 'True';
  const sizes = field('shape', /^\(/).slice(1, -1).replaceAll(/[\sL]/g, '').split(',');
  if (sizes.at(-1) === '') sizes.pop();
  if (sizes.includes('')) throw damaged('shape');
  if (columns && sizes.length > 1)
    throw new CliError(
      `${name}: in Fortran order (columns one after another), expected rows: save numpy.ascontiguousarray(array)`,
    );
  return { dtype, shape: sizes.map(Number) };
}

function dtypeOf(name: string, descr: string): Dtype {
  const [order, kind] = [descr.slice(0, 1), descr.slice(1)];
  if (kind in sizes && (order === '<' || (order === '|' && sizes[kind as Dtype] === 1)))
    return kind as Dtype;
  const remedy = "save array.astype('<f4')";
  if (order === '>')
    throw new CliError(
      `${name}: numbers of type '${descr}' are big-endian, expected little-endian: ${remedy}`,
    );
  throw new CliError(
    `${name}: numbers of type '${descr}', expected '<f4', '<f8', '<f2', '|i1' or '|u1': ${remedy}`,
  );
}
