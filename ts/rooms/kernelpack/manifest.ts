// The manifest of a kernel pack: what it says, and what it must say (docs/kernelpack.schema.json).
import { SublinearError } from '../../runtime/errors.js';
import * as check from '../../runtime/validate.js';
import { type SegmentType, sizes } from '../format/directory.js';

/** What a kernel module may use beside WebAssembly 1.0, with its bit in C (sl_kernel_feature). */
export const features = {
  simd: 1,
  'bulk-memory': 2,
  'sign-extension': 4,
  saturating: 8,
  'multi-value': 16,
} as const;

/** What a kernel module may use beside WebAssembly 1.0. */
export type KernelFeature = keyof typeof features;

/** Types of the elements of tensors: those of segments, without texts. */
export type KernelType = Exclude<SegmentType, 'text'>;

/** A tensor: the kernel gets its address. A word in the shape is a size that the caller's arrays or `sizes` say. */
export interface TensorParameter {
  name: string;
  kind: 'tensor';
  type: KernelType;
  /** Up to four dimensions, the last one contiguous. */
  shape: readonly (number | string)[];
  /**
   * `'read'`: an input. `'write'`: an output, zeros before. `'update'`: both. `'scratch'`: working memory, zeros before.
   */
  access: 'read' | 'write' | 'update' | 'scratch';
}

/** A size by its name, as an integer of 32 bits. */
export interface SizeParameter {
  name: string;
  kind: 'size';
}

/** A number. */
export interface NumberParameter {
  name: string;
  kind: 'number';
  type: 'float32' | 'float64' | 'int32';
  /** What it is where the caller says nothing. Without it the caller must. */
  default?: number;
}

/** What a kernel takes at one place. */
export type KernelParameter = TensorParameter | SizeParameter | NumberParameter;

/** A function of the module: its name there, and its parameters in their order. */
export interface KernelSignature {
  name: string;
  parameters: readonly KernelParameter[];
  /** `'int32'`: it returns a number, which {@link RunResult} hands on. */
  returns?: 'int32';
}

/** A segment of the file that the manifest speaks for: by its root, no other data can stand there. */
interface PackedSegment {
  name: string;
  type: SegmentType;
  shape: readonly number[];
  /** SHA-256, or the root of the Merkle tree over its blocks, in hexadecimal. */
  root: string;
}

/** What a pack says of itself, and what is signed. */
export interface Manifest {
  format: 'sublinear.kernelpack';
  schema: 1;
  name: string;
  /** Grows with each release; what is open never goes back. */
  version: number;
  /** What the program is for, in a word: `'kernels'`, `'search'`. */
  role: string;
  target: 'wasm32';
  features: readonly KernelFeature[];
  /** Memory of the module, in pages of 64 KiB. It is neither larger nor smaller. */
  memory: { pages: number };
  wasm: { bytes: number; sha256: string };
  segments: readonly PackedSegment[];
  kernels: readonly KernelSignature[];
}

/** What the caller of {@link KernelpackRoom.writePack} says; the rest follows from the module. */
export interface PackDescription {
  name: string;
  version: number;
  /** `'kernels'` by default. */
  role?: string;
  /** As many as the module asks for, and at least 16, by default. */
  pages?: number;
  kernels: readonly KernelSignature[];
}

export const PAGES_MAX = 32_768;
const KERNELS_MAX = 1024;
const PARAMETERS_MAX = 64;
const SIZE_MAX = 2 ** 31 - 1;

/** Says what is wrong with a part of a manifest; where it comes from decides which error that is. */
type Complaint = (path: string, expected: string, value: unknown) => Error;

const isWord = (value: unknown): value is string =>
  typeof value === 'string' &&
  value !== '__proto__' &&
  /^[A-Za-z_][A-Za-z0-9_.-]{0,62}$/.test(value);
const isHash = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isSize = (value: unknown, most = SIZE_MAX): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;

/** An object with these keys and no other; `optional` ones may be missing. */
function fields(
  complain: Complaint,
  path: string,
  value: unknown,
  keys: readonly string[],
  optional: readonly string[] = [],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw complain(path, 'object', value);
  const own = Object.keys(value);
  for (const key of own)
    if (!keys.includes(key) && !optional.includes(key))
      throw complain(`${path}.${key}`, `no key but ${[...keys, ...optional].join(', ')}`, key);
  for (const key of keys)
    if (!own.includes(key)) throw complain(`${path}.${key}`, 'it to be there', undefined);
  return { ...(value as Record<string, unknown>) };
}

function list(complain: Complaint, path: string, value: unknown, most: number): unknown[] {
  if (!Array.isArray(value) || value.length > most)
    throw complain(path, `array of at most ${most}`, value);
  return Array.from(value);
}

function word(complain: Complaint, path: string, value: unknown): string {
  if (!isWord(value)) throw complain(path, 'word of letters, digits, "_", "." and "-"', value);
  return value;
}

function oneOf<T extends string>(
  complain: Complaint,
  path: string,
  value: unknown,
  words: readonly T[],
): T {
  if (!words.includes(value as T)) throw complain(path, words.join(' or '), value);
  return value as T;
}

function shapeOf(complain: Complaint, path: string, value: unknown): (number | string)[] {
  const shape = list(complain, path, value, 4);
  for (const size of shape)
    if (!isSize(size) && !isWord(size)) throw complain(path, 'sizes and names of sizes', size);
  return shape as (number | string)[];
}

function parameterOf(complain: Complaint, path: string, value: unknown): KernelParameter {
  const kind = (value as { kind?: unknown } | null | undefined)?.kind;
  switch (oneOf(complain, `${path}.kind`, kind, ['tensor', 'size', 'number'])) {
    case 'size': {
      const { name } = fields(complain, path, value, ['name', 'kind']);
      return { name: word(complain, `${path}.name`, name), kind: 'size' };
    }
    case 'number': {
      const given = fields(complain, path, value, ['name', 'kind', 'type'], ['default']);
      const numbers = ['float32', 'float64', 'int32'] as const;
      const type = oneOf(complain, `${path}.type`, given.type, numbers);
      const own = {
        name: word(complain, `${path}.name`, given.name),
        kind: 'number',
        type,
      } as const;
      if (given.default === undefined) return own;
      if (!isNumberOf(type, given.default)) throw complain(`${path}.default`, type, given.default);
      return { ...own, default: given.default };
    }
    default: {
      const given = fields(complain, path, value, ['name', 'kind', 'type', 'shape', 'access']);
      const { text: _, ...others } = sizes;
      return {
        name: word(complain, `${path}.name`, given.name),
        kind: 'tensor',
        type: oneOf(complain, `${path}.type`, given.type, Object.keys(others) as KernelType[]),
        shape: shapeOf(complain, `${path}.shape`, given.shape),
        access: oneOf(complain, `${path}.access`, given.access, [
          'read',
          'write',
          'update',
          'scratch',
        ]),
      };
    }
  }
}

/** Is it a number that a parameter of this type may be? */
export function isNumberOf(type: NumberParameter['type'], value: unknown): value is number {
  if (typeof value !== 'number') return false;
  return type !== 'int32' || (Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31);
}

function distinct(complain: Complaint, path: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw complain(path, 'names that differ', name);
    seen.add(name);
  }
}

/** Kernels whose parts agree: names differ, and every size is of a tensor. */
export function kernelsOf(complain: Complaint, path: string, value: unknown): KernelSignature[] {
  const kernels = list(complain, path, value, KERNELS_MAX).map((each, i): KernelSignature => {
    const own = `${path}[${i}]`;
    const given = fields(complain, own, each, ['name', 'parameters'], ['returns']);
    const parameters = list(complain, `${own}.parameters`, given.parameters, PARAMETERS_MAX).map(
      (one, j) => parameterOf(complain, `${own}.parameters[${j}]`, one),
    );
    distinct(
      complain,
      `${own}.parameters`,
      parameters.map(({ name }) => name),
    );
    const name = word(complain, `${own}.name`, given.name);
    if (given.returns === undefined) return { name, parameters };
    return {
      name,
      parameters,
      returns: oneOf(complain, `${own}.returns`, given.returns, ['int32'] as const),
    };
  });
  if (kernels.length === 0) throw complain(path, 'at least one kernel', value);
  distinct(
    complain,
    path,
    kernels.map(({ name }) => name),
  );
  return kernels;
}

function segmentOf(complain: Complaint, path: string, value: unknown): PackedSegment {
  const given = fields(complain, path, value, ['name', 'type', 'shape', 'root']);
  const shape = list(complain, `${path}.shape`, given.shape, 4);
  for (const size of shape)
    if (!isSize(size, Number.MAX_SAFE_INTEGER)) throw complain(`${path}.shape`, 'sizes', size);
  if (!isHash(given.root)) throw complain(`${path}.root`, '64 hexadecimal digits', given.root);
  return {
    name: word(complain, `${path}.name`, given.name),
    type: oneOf(complain, `${path}.type`, given.type, Object.keys(sizes) as SegmentType[]),
    shape: shape as number[],
    root: given.root,
  };
}

function featuresOf(complain: Complaint, path: string, value: unknown): KernelFeature[] {
  const known = Object.keys(features) as KernelFeature[];
  const found = list(complain, path, value, known.length).map((each) =>
    oneOf(complain, path, each, known),
  );
  distinct(complain, path, found);
  return found;
}

const manifestKeys = [
  'format',
  'schema',
  'name',
  'version',
  'role',
  'target',
  'features',
  'memory',
  'wasm',
  'segments',
  'kernels',
];

/** Whatever was parsed, as a manifest. */
export function manifestOf(complain: Complaint, value: unknown): Manifest {
  const given = fields(complain, 'manifest', value, manifestKeys);
  const memory = fields(complain, 'manifest.memory', given.memory, ['pages']);
  const wasm = fields(complain, 'manifest.wasm', given.wasm, ['bytes', 'sha256']);
  if (given.schema !== 1) throw complain('manifest.schema', '1', given.schema);
  if (!isSize(given.version, Number.MAX_SAFE_INTEGER))
    throw complain('manifest.version', 'integer >= 0', given.version);
  if (!isSize(memory.pages, PAGES_MAX) || memory.pages === 0)
    throw complain('manifest.memory.pages', `integer in 1..${PAGES_MAX}`, memory.pages);
  if (!isSize(wasm.bytes)) throw complain('manifest.wasm.bytes', 'integer >= 0', wasm.bytes);
  if (!isHash(wasm.sha256))
    throw complain('manifest.wasm.sha256', '64 hexadecimal digits', wasm.sha256);
  return {
    format: oneOf(complain, 'manifest.format', given.format, ['sublinear.kernelpack']),
    schema: 1,
    name: word(complain, 'manifest.name', given.name),
    version: given.version,
    role: word(complain, 'manifest.role', given.role),
    target: oneOf(complain, 'manifest.target', given.target, ['wasm32']),
    features: featuresOf(complain, 'manifest.features', given.features),
    memory: { pages: memory.pages },
    wasm: { bytes: wasm.bytes, sha256: wasm.sha256 },
    segments: list(complain, 'manifest.segments', given.segments, 4000).map((each, i) =>
      segmentOf(complain, `manifest.segments[${i}]`, each),
    ),
    kernels: kernelsOf(complain, 'manifest.kernels', given.kernels),
  };
}

/** The manifest of a file from its text. */
export function parseManifest(operation: string, text: string): Manifest {
  const complain: Complaint = (path, expected, value) =>
    new SublinearError(
      'FORMAT',
      operation,
      `"source": ${path} expected ${expected}, got ${check.show(value)}`,
      { argument: 'source', expected },
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw complain('manifest', 'JSON', text);
  }
  return manifestOf(complain, value);
}

/** Complaints about an argument of the caller. */
export function argumentComplaint(operation: string): Complaint {
  return (path, expected, value) =>
    value === undefined || (expected === 'object' && typeof value !== 'object')
      ? check.typeError(operation, path, expected, value)
      : check.rangeError(operation, path, expected, value);
}
