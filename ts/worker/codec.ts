// Values on their way between threads: what can be cloned is left as it is, what cannot becomes a Special, and arrays are
// moved. Nothing that a caller keeps is touched unless it asked for it.
import {
  isArrayBuffer,
  isError,
  isPlain,
  isShared,
  kindOf,
  partsOf,
  sameKind,
} from '../runtime/brand.js';
import {
  type CodedError,
  isSublinearError,
  SublinearError,
  SublinearRangeError,
  SublinearTypeError,
} from '../runtime/errors.js';
import { show } from '../runtime/validate.js';
import type { Packed, PackedError, Path, Special } from './protocol.js';

type Without<T> = T extends unknown ? Omit<T, 'path'> : never;
/** A Special that does not know its place yet. */
export type Placeless = Without<Special>;

export interface Packing {
  /** For errors. */
  operation: string;
  /** Copy arrays (the caller keeps them), or move those that have a buffer of their own. */
  arrays: 'copy' | 'move';
  /** Refuse arrays that show a part of a buffer: what is written into a copy of them would be lost. */
  wholeArrays?: boolean;
  /** What stands for a function, or for an object that cannot be cloned; undefined when nothing does. */
  special(value: object, path: Path): Placeless | undefined;
  /** What is said of plain results beside their fields. */
  remark?(value: object): Placeless | undefined;
}

/** How deep arguments may be nested; ours are three or four levels deep. */
const DEEPEST = 100;

/** Packs a value; `transfer` are the buffers to be moved with it. */
export function pack(value: unknown, how: Packing): { packed: Packed; transfer: ArrayBuffer[] } {
  const specials: Special[] = [];
  const transfer = new Set<ArrayBuffer>();

  function place(special: Placeless, path: Path): undefined {
    specials.push({ ...special, path } as Special);
    return undefined;
  }

  function array(view: ArrayBufferView, path: Path): unknown {
    const { buffer, byteLength, lost } = partsOf(view);
    if (lost) throw detached(path);
    if (isShared(buffer)) {
      place({ kind: 'shared' }, path);
      return view;
    }
    const whole = byteLength === buffer.byteLength;
    if (!whole && how.wholeArrays) {
      const message = `a function given as ${nameOf(path)} is called with WebAssembly memory, which another thread cannot see; use a method without it`;
      throw new SublinearError('UNSUPPORTED', how.operation, message);
    }
    if (whole && how.arrays === 'move') {
      transfer.add(buffer as ArrayBuffer);
      return view;
    }
    const own = copyOf(view);
    transfer.add(own.buffer);
    return own;
  }

  // Node would send it without a word, and the other side could not read the message.
  function detached(path: Path): SublinearTypeError {
    const message = `${nameOf(path)} has no memory any more (detached): it was moved to another thread, or shows WebAssembly memory that has grown since`;
    return new SublinearTypeError(how.operation, message, argumentOf(path));
  }

  function walk(item: unknown, path: Path): unknown {
    if (typeof item === 'function') {
      const special = how.special(item, path);
      if (special === undefined) throw refused(how.operation, path, item);
      return place(special, path);
    }
    if (typeof item === 'symbol') throw refused(how.operation, path, item);
    if (typeof item !== 'object' || item === null) return item;
    if (ArrayBuffer.isView(item)) return array(item, path);
    if (isArrayBuffer(item)) {
      if (isDetached(item)) throw detached(path);
      const buffer = how.arrays === 'copy' ? copyOf(new Uint8Array(item)).buffer : item;
      transfer.add(buffer);
      return buffer;
    }
    if (path.length > DEEPEST) throw refused(how.operation, path.slice(0, 1), item);
    if (Array.isArray(item)) return list(item, path);
    if (isPlain(item)) return record(item, path);
    const special = how.special(item, path);
    if (special !== undefined) return place(special, path);
    if (isCloneable(item)) return item;
    throw refused(how.operation, path, item);
  }

  // Both are copied only when something in them changes.
  function list(items: unknown[], path: Path): unknown[] {
    let changed: unknown[] | undefined;
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (!['object', 'function', 'symbol'].includes(typeof item)) continue;
      const packed = walk(item, [...path, i]);
      if (packed === item) continue;
      changed ??= [...items];
      changed[i] = packed;
    }
    return changed ?? items;
  }

  function record(fields: Record<string, unknown>, path: Path): Record<string, unknown> {
    const remark = how.remark?.(fields);
    if (remark !== undefined) place(remark, path);
    let changed: Record<string, unknown> | undefined;
    for (const key of Object.keys(fields)) {
      const field = fields[key];
      const packed = walk(field, [...path, key]);
      if (packed === field) continue;
      changed ??= { ...fields };
      changed[key] = packed;
    }
    return changed ?? fields;
  }

  const packed = { value: walk(value, []), specials };
  return { packed, transfer: [...transfer] };
}

/** The value that was packed; `revive` gives what a special stands for. `here` is what stands at its place. */
export function unpack(
  { value, specials }: Packed,
  revive: (special: Special, here: unknown) => unknown,
): unknown {
  const root = { value } as Record<string | number, unknown>;
  // Inner places come after outer ones.
  for (const special of specials) {
    const keys = ['value', ...special.path];
    const last = keys.pop() as string | number;
    let owner = root;
    for (const key of keys) owner = owner[key] as typeof root;
    owner[last] = revive(special, owner[last]);
  }
  return root.value;
}

/** The same numbers in memory of their own, which is never shared. */
export function copyOf(view: ArrayBufferView): ArrayBufferView & { buffer: ArrayBuffer } {
  const { buffer, byteOffset, byteLength } = partsOf(view);
  const own = new Uint8Array(byteLength);
  own.set(new Uint8Array(buffer, byteOffset, byteLength));
  if (kindOf(view) === undefined) return new DataView(own.buffer);
  return sameKind(view, own.buffer) as Uint8Array<ArrayBuffer>; // a Node Buffer is a Uint8Array
}

/** Not every engine has `buffer.detached`. */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    return new Uint8Array(buffer).length > 0;
  } catch {
    return true;
  }
}

const cloneable = [
  'Map',
  'Set',
  'Date',
  'RegExp',
  'Error',
  'Blob',
  'File',
  'WebAssembly.Module',
  'WebAssembly.Memory',
];

function isCloneable(value: object): boolean {
  return isShared(value) || cloneable.some((tag) => isTagged(value, tag));
}

function isTagged(value: object, tag: string): boolean {
  return Object.prototype.toString.call(value) === `[object ${tag}]`;
}

/** Arguments as users count them: 0.filter -> "filter of argument 1". What a source gives has no number. */
function nameOf(path: Path): string {
  const [first, ...rest] = path;
  const argument = typeof first === 'number' ? `argument ${first + 1}` : 'what a source gives';
  const inner = typeof first === 'number' ? rest : path;
  return inner.length === 0 ? argument : `"${inner.join('.')}" of ${argument}`;
}

function argumentOf(path: Path): { argument?: string } {
  const name = path.filter((key) => typeof key === 'string').pop() as string | undefined;
  return name === undefined ? {} : { argument: name };
}

function refused(operation: string, path: Path, value: unknown): SublinearTypeError {
  const message = `${nameOf(path)} cannot be passed to a worker: ${show(value)}; pass arrays, plain objects, or objects of the same worker engine`;
  return new SublinearTypeError(operation, message, argumentOf(path));
}

// --- errors ---------------------------------------------------------------------------------------------------------

const errorClasses = { type: SublinearTypeError, range: SublinearRangeError } as const;

export function packError(error: unknown): PackedError {
  if (!isError(error))
    return { kind: 'foreign', name: 'Error', message: String(error), fields: {} };
  const { name, message, stack, cause, ...fields } = error as Error & Record<string, unknown>;
  const ours = isSublinearError(error);
  const kind = !ours
    ? 'foreign'
    : error instanceof SublinearTypeError
      ? 'type'
      : error instanceof SublinearRangeError
        ? 'range'
        : 'other';
  return {
    kind,
    name,
    message,
    ...(typeof stack === 'string' && { stack }),
    fields: ours ? { ...fields, code: error.code, operation: error.operation } : {},
    ...(cause !== undefined && { cause: packError(cause) }),
  };
}

export function unpackError({ kind, name, message, stack, fields, cause }: PackedError): Error {
  const behind = cause === undefined ? {} : { cause: unpackError(cause) };
  let error: Error;
  if (kind === 'foreign') {
    error = Object.assign(new Error(message, behind), { name });
  } else {
    const { code, operation, ...details } = fields as unknown as CodedError;
    error =
      kind === 'type'
        ? new errorClasses.type(operation, message, { ...details, ...behind })
        : kind === 'range'
          ? new errorClasses.range(code, operation, message, { ...details, ...behind })
          : new SublinearError(code, operation, message, { ...details, ...behind });
  }
  // Where it happened is in the worker; where it was asked for says nothing more.
  if (stack !== undefined)
    Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true });
  return error;
}
