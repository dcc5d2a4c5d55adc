// Where arrays lie in a pack's memory: at multiples of 16 behind the module's own data, none in another one.
import { bytesOf, kindOf, make } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import * as check from '../../runtime/validate.js';
import { sizes } from '../format/directory.js';
import { constructors, type TensorData, typeOfArray } from '../format/tensors.js';
import {
  isNumberOf,
  type KernelSignature,
  type KernelType,
  type NumberParameter,
  type TensorParameter,
} from './manifest.js';
import type { KernelMemory } from './memory.js';

const ALIGNMENT = 16;
export const aligned = (at: number) => Math.ceil(at / ALIGNMENT) * ALIGNMENT;

/** A tensor that stays in a pack's memory: kernels read and write it where it lies. Made by {@link KernelPack.place}. */
export class PlacedTensor {
  readonly type: KernelType;
  readonly shape: readonly number[];
  /** @internal */
  readonly place: Place;

  /** @internal */
  constructor(type: KernelType, shape: readonly number[], place: Place) {
    this.type = type;
    this.shape = shape;
    this.place = place;
  }
}

/** @internal The memory in which a tensor lies: an instance, which is gone after a run that did not end. */
export interface Place {
  readonly memory: KernelMemory;
  readonly offset: number;
  readonly length: number;
}

/** What a kernel gets for a tensor: an array, with a shape where its length alone does not say the sizes; or one in place. */
export type KernelInput =
  | TensorData
  | { data: TensorData; shape: readonly number[] }
  | PlacedTensor;

/** What a kernel is run with. */
export interface RunArguments {
  /** The tensors that it reads, by name. */
  inputs?: Readonly<Record<string, KernelInput>>;
  /** Arrays that it writes to, by name. Outputs that are not named here are new arrays in the result. */
  outputs?: Readonly<Record<string, TensorData | PlacedTensor>>;
  /** Sizes that the arrays do not say. */
  sizes?: Readonly<Record<string, number>>;
  numbers?: Readonly<Record<string, number>>;
}

/** Bytes in a pack's memory. */
export interface Range {
  offset: number;
  length: number;
}

/** Everything that a run writes before it and reads after it. */
export interface Layout {
  /** Arguments of the function. */
  values: number[];
  copies: { offset: number; bytes: Uint8Array }[];
  zeros: Range[];
  outputs: (Range & { name: string; type: KernelType; into: TensorData | undefined })[];
}

interface Given {
  parameter: TensorParameter;
  bytes: Uint8Array | undefined;
  place: Place | undefined;
  shape: readonly number[] | undefined;
  into: TensorData | undefined;
}

const elementsOf = (bytes: number, type: KernelType) => bytes / sizes[type];

/** Lays out the arrays of a run, from `base` on, in `capacity` bytes. */
export function layOut(
  operation: string,
  kernel: KernelSignature,
  given: RunArguments,
  base: number,
  capacity: number,
  memory: KernelMemory | undefined,
): Layout {
  const tensors = tensorsOf(operation, kernel, given, memory);
  const known = sizesOf(operation, kernel, given, tensors);
  const layout: Layout = { values: [], copies: [], zeros: [], outputs: [] };
  const written: Range[] = [];
  const read: Range[] = [];
  let next = aligned(base);
  for (const parameter of kernel.parameters) {
    if (parameter.kind === 'size') {
      layout.values.push(known.get(parameter.name) as number);
      continue;
    }
    if (parameter.kind === 'number') {
      layout.values.push(numberOf(operation, parameter, given.numbers?.[parameter.name]));
      continue;
    }
    const { name, type, access } = parameter;
    const tensor = tensors.get(name) as Given;
    const shape = parameter.shape.map((size) =>
      typeof size === 'number' ? size : (known.get(size) as number),
    );
    const elements = shape.reduce((product, size) => product * size, 1);
    const length = elements * sizes[type];
    assertLength(operation, tensor, elements, length);
    const range = { offset: tensor.place?.offset ?? next, length };
    if (tensor.place === undefined) {
      next = aligned(next + length);
      if (!(next <= capacity)) throw tooSmall(operation, next, capacity);
      if (access === 'write' || access === 'scratch') layout.zeros.push(range);
      else layout.copies.push({ offset: range.offset, bytes: tensor.bytes as Uint8Array });
      if (access === 'write' || access === 'update')
        layout.outputs.push({ ...range, name, type, into: tensor.into });
    }
    (access === 'read' ? read : written).push(range);
    layout.values.push(range.offset);
  }
  assertApart(operation, written, read);
  assertIntoApart(operation, layout);
  return layout;
}

function tooSmall(operation: string, wanted: number, capacity: number): SublinearError {
  const message = `the pack's memory of ${capacity} bytes is too small: the arrays end at ${wanted}; use a pack with more pages, or smaller arrays`;
  return new SublinearError('MEMORY', operation, message, { bytesWanted: wanted });
}

function assertLength(operation: string, tensor: Given, elements: number, length: number): void {
  const { name, type } = tensor.parameter;
  const has = tensor.bytes?.length ?? tensor.place?.length ?? length;
  if (has !== length) throw check.shapeError(operation, name, elements, elementsOf(has, type));
  if (tensor.into === undefined) return;
  const bytes = (tensor.into as { byteLength: number }).byteLength;
  if (bytes !== length)
    throw check.shapeError(operation, `outputs.${name}`, elements, elementsOf(bytes, type));
}

/** What is written lies in nothing else. */
function assertApart(operation: string, written: readonly Range[], read: readonly Range[]): void {
  const meets = (a: Range, b: Range) =>
    a.length > 0 &&
    b.length > 0 &&
    a.offset < b.offset + b.length &&
    b.offset < a.offset + a.length;
  written.forEach((range, i) => {
    const others = [...written.slice(i + 1), ...read];
    if (others.some((other) => meets(range, other)))
      throw check.rangeError(operation, 'outputs', 'tensors that overlap no other', 'an overlap');
  });
}

/** Two outputs in the same bytes of the caller would lose one of them. */
function assertIntoApart(operation: string, { outputs }: Layout): void {
  const views = outputs.flatMap(({ into }) => (into === undefined ? [] : [into]));
  views.forEach((a, i) => {
    const overlap = views
      .slice(i + 1)
      .some(
        (b) =>
          a.buffer === b.buffer &&
          a.byteOffset < b.byteOffset + b.byteLength &&
          b.byteOffset < a.byteOffset + a.byteLength,
      );
    if (overlap)
      throw check.rangeError(operation, 'outputs', 'arrays that overlap no other', 'an overlap');
  });
}

function named<T>(
  operation: string,
  argument: string,
  given: Readonly<Record<string, T>> | undefined,
  names: readonly string[],
): Map<string, T> {
  if (given === undefined) return new Map();
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw check.typeError(operation, argument, 'object', given);
  const found = new Map<string, T>();
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name)) {
      const expected = names.length > 0 ? names.join(', ') : 'none';
      throw check.rangeError(operation, `${argument}.${name}`, `one of: ${expected}`, name);
    }
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

function tensorsOf(
  operation: string,
  kernel: KernelSignature,
  given: RunArguments,
  memory: KernelMemory | undefined,
): Map<string, Given> {
  const all = kernel.parameters.filter((each) => each.kind === 'tensor');
  const having = (...access: string[]) =>
    all.filter((each) => access.includes(each.access)).map(({ name }) => name);
  const inputs = named(operation, 'inputs', given.inputs, having('read', 'update'));
  const outputs = named(operation, 'outputs', given.outputs, having('write', 'update'));
  const tensors = new Map<string, Given>();
  for (const parameter of all) {
    const { name, access } = parameter;
    const tensor: Given = {
      parameter,
      bytes: undefined,
      place: undefined,
      shape: undefined,
      into: undefined,
    };
    const output = outputs.get(name);
    if (access === 'read' || access === 'update') {
      const input = inputs.get(name);
      if (input === undefined)
        throw check.typeError(operation, `inputs.${name}`, 'typed array', input);
      readTensor(operation, `inputs.${name}`, input, tensor, memory);
    } else if (output instanceof PlacedTensor) {
      readTensor(operation, `outputs.${name}`, output, tensor, memory);
    }
    if (output !== undefined && !(output instanceof PlacedTensor)) {
      arrayOf(operation, `outputs.${name}`, output, parameter.type);
      if (tensor.place !== undefined)
        throw check.rangeError(
          operation,
          `outputs.${name}`,
          'nothing for a tensor in place',
          output,
        );
      tensor.into = output;
    } else if (output instanceof PlacedTensor && access === 'update') {
      throw check.rangeError(operation, `outputs.${name}`, `it among "inputs"`, output);
    }
    tensors.set(name, tensor);
  }
  return tensors;
}

function readTensor(
  operation: string,
  argument: string,
  input: KernelInput,
  tensor: Given,
  memory: KernelMemory | undefined,
): void {
  const { type, shape } = tensor.parameter;
  if (input instanceof PlacedTensor) {
    if (input.place.memory !== memory) {
      const message = `"${argument}" lies in a memory that is gone, or in that of another pack: place it again`;
      throw new SublinearError('STATE', operation, message, { argument });
    }
    if (input.type !== type) throw check.rangeError(operation, argument, type, input.type);
    tensor.place = input.place;
    tensor.shape = input.shape;
  } else if (kindOf(input) === undefined) {
    const whole = input as { data: TensorData; shape: readonly number[] };
    if (typeof whole !== 'object' || whole === null)
      throw check.typeError(operation, argument, 'typed array or { data, shape }', input);
    if (!Array.isArray(whole.shape))
      throw check.typeError(operation, `${argument}.shape`, 'array of numbers', whole.shape);
    for (const size of whole.shape) check.integer(operation, `${argument}.shape`, size);
    tensor.bytes = arrayOf(operation, `${argument}.data`, whole.data, type);
    tensor.shape = Array.from(whole.shape);
  } else {
    tensor.bytes = arrayOf(operation, argument, input as TensorData, type);
  }
  if (tensor.shape !== undefined && tensor.shape.length !== shape.length)
    throw check.shapeError(operation, `${argument}.shape`, shape.length, tensor.shape.length);
}

/** An array of the right type as bytes. */
export function arrayOf(
  operation: string,
  argument: string,
  value: unknown,
  type: KernelType,
): Uint8Array {
  const kind = kindOf(value);
  const { name } = constructors[type];
  const bytes = kind === name ? bytesOf(operation, argument, value) : undefined;
  if (bytes === undefined) throw check.typeError(operation, argument, name, value);
  return bytes;
}

/** Sizes by their names: said by the caller, by shapes, or by lengths in which one of them is missing. */
function sizesOf(
  operation: string,
  kernel: KernelSignature,
  given: RunArguments,
  tensors: ReadonlyMap<string, Given>,
): Map<string, number> {
  const names = new Set<string>();
  for (const parameter of kernel.parameters) {
    if (parameter.kind === 'size') names.add(parameter.name);
    if (parameter.kind === 'tensor')
      for (const size of parameter.shape) if (typeof size === 'string') names.add(size);
  }
  const known = new Map<string, number>();
  const learn = (argument: string, name: string, size: number) => {
    check.integer(operation, argument, size, 0, 2 ** 31 - 1);
    const before = known.get(name);
    if (before !== undefined && before !== size)
      throw check.rangeError(operation, argument, `${before} for "${name}", as elsewhere`, size);
    known.set(name, size);
  };
  for (const [name, size] of named(operation, 'sizes', given.sizes, [...names]))
    learn(`sizes.${name}`, name, size);
  for (const [name, { parameter, shape }] of tensors)
    parameter.shape.forEach((size, d) => {
      const own = shape?.[d];
      if (own === undefined) return;
      if (typeof size === 'string') learn(`inputs.${name}`, size, own);
      else if (size !== own) throw check.shapeError(operation, `inputs.${name}.shape`, size, own);
    });
  // Each round learns a size, or is the last one.
  for (let before = -1; before !== known.size; ) {
    before = known.size;
    for (const tensor of tensors.values()) learnFromLength(operation, tensor, known, learn);
  }
  for (const name of names)
    if (!known.has(name))
      throw check.typeError(operation, `sizes.${name}`, 'integer >= 0', undefined);
  return known;
}

function learnFromLength(
  operation: string,
  { parameter, bytes, into }: Given,
  known: ReadonlyMap<string, number>,
  learn: (argument: string, name: string, size: number) => void,
): void {
  const length = bytes?.length ?? (into as { byteLength: number } | undefined)?.byteLength;
  if (length === undefined) return;
  const { name, type, shape } = parameter;
  const open = shape.filter((size) => typeof size === 'string' && !known.has(size)) as string[];
  const [missing] = open;
  if (missing === undefined || open.length > 1) return;
  const others = shape.reduce<number>(
    (product, size) => product * (typeof size === 'number' ? size : (known.get(size) ?? 1)),
    1,
  );
  const elements = elementsOf(length, type);
  if (others === 0) return;
  if (elements % others !== 0)
    throw check.rangeError(operation, name, `a multiple of ${others} elements`, elements);
  learn(name, missing, elements / others);
}

function numberOf(operation: string, parameter: NumberParameter, given: unknown): number {
  const value = given ?? parameter.default;
  const argument = `numbers.${parameter.name}`;
  if (value === undefined || typeof value !== 'number')
    throw check.typeError(operation, argument, parameter.type, given);
  if (!isNumberOf(parameter.type, value))
    throw check.rangeError(operation, argument, parameter.type, value);
  return value;
}

/** Checks that the caller's numbers are the kernel's. */
export function assertNumbers(
  operation: string,
  kernel: KernelSignature,
  given: RunArguments,
): void {
  const own = kernel.parameters.filter(({ kind }) => kind === 'number').map(({ name }) => name);
  named(operation, 'numbers', given.numbers, own);
}

/** An output from its bytes: the caller's array, or a new one. */
export function outputOf(
  operation: string,
  { type, into }: Layout['outputs'][number],
  bytes: Uint8Array,
): TensorData {
  if (into !== undefined) {
    new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(bytes);
    return into;
  }
  const own = make(operation, bytes.length, () => bytes.slice());
  return new constructors[type](own.buffer);
}

/** The type of an array, for what is placed. */
export function typeOf(value: unknown): KernelType | undefined {
  const kind = kindOf(value);
  return kind === undefined ? undefined : (typeOfArray[kind] as KernelType | undefined);
}
