// Mixtures of experts: which tokens they see, and what comes of it.
import { routeOptions } from '../../generated/fields/gemm.js';
import { asTyped } from '../../runtime/brand.js';
import { give } from '../../runtime/fields.js';
import { isInstance } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { isInMemory, type RealArray, realArray } from '../../runtime/scratch.js';
import { type AsyncOptions, asyncKeys, type WorkProgress } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { DenseMatrix } from './dense-matrix.js';
import type { Expert, Experts, RouteOptions, Routing } from './experts-types.js';
import { matmul, matmulAsync } from './product.js';
import { activations, type MatmulOptions } from './types.js';

/** sl_route's mark of a choice that has no row. */
const DROPPED = 0xffff_ffff;

function route(runtime: Runtime, logits: RealArray, options: RouteOptions): Routing {
  const operation = 'routeTokens';
  const keys = ['experts', 'top', 'capacity', 'renormalize'] as const;
  const given = check.options(operation, options, keys);
  const { experts, top, capacity = DROPPED, renormalize = true } = given;
  check.integer(operation, 'experts', experts, 1);
  check.integer(operation, 'top', top, 1);
  check.integer(operation, 'capacity', capacity);
  check.boolean(operation, 'renormalize', renormalize);
  runtime.assertAlive(operation);
  return runtime.scratch(operation, (scratch) => {
    const { address, length } = scratch.floats('logits', logits);
    const tokens = length / experts;
    if (!Number.isInteger(tokens))
      throw check.shapeError(operation, 'logits', Math.ceil(tokens) * experts, length);
    const count = tokens * top;
    const [chosen, weights, rows, order] = [0, 0, 0, 0].map(() => scratch.u32(count)) as [
      number,
      number,
      number,
      number,
    ];
    const [offsets, room] = [scratch.u32(experts + 1), scratch.u32(experts)];
    const asked = {
      ...{ logits: address, count: length, tokens, experts, top, capacity, renormalize },
      ...{ chosen, weights, rows, order, offsets, scratch: room },
    };
    runtime.check(operation, runtime.raw.route(give(runtime, routeOptions, asked)));
    const places = runtime.copyU32(rows, count);
    const starts = runtime.copyU32(offsets, experts + 1);
    return {
      tokens,
      top,
      experts: runtime.copyU32(chosen, count),
      weights: runtime.copyF32(weights, count),
      rows: places,
      order: runtime.copyU32(order, starts[experts] as number),
      offsets: starts,
      dropped: Uint32Array.from(places.keys()).filter((at) => places[at] === DROPPED),
    };
  });
}

/** A routing as given: its arrays, in sizes that fit together. Their contents are looked at where they are used. */
function routingOf(operation: string, routing: Routing) {
  const given = check.options(operation, routing, [
    ...(['tokens', 'top', 'experts', 'weights', 'rows', 'order', 'offsets', 'dropped'] as const),
  ]);
  const { tokens, top } = given;
  check.integer(operation, 'tokens', tokens);
  check.integer(operation, 'top', top, 1);
  const weights = asTyped(operation, 'weights', given.weights, 'Float32Array');
  const rows = asTyped(operation, 'rows', given.rows, 'Uint32Array');
  const order = asTyped(operation, 'order', given.order, 'Uint32Array');
  const offsets = asTyped(operation, 'offsets', given.offsets, 'Uint32Array');
  for (const [name, { length }] of Object.entries({ weights, rows }))
    if (length !== tokens * top) throw check.shapeError(operation, name, tokens * top, length);
  for (const token of order)
    if (token >= tokens) throw check.rangeError(operation, 'order', 'tokens that are there', token);
  for (const [i, start] of offsets.entries())
    if (start < (offsets[i - 1] ?? 0) || start > order.length)
      throw check.rangeError(operation, 'offsets', 'ascending rows', start);
  return { tokens, top, weights, rows, order, offsets };
}
type Known = ReturnType<typeof routingOf>;

function columnsOf(operation: string, argument: string, length: number, rows: number): number {
  const columns = rows === 0 ? 0 : length / rows;
  if (!Number.isInteger(columns) || (rows === 0 && length > 0))
    throw check.shapeError(operation, argument, Math.ceil(columns) * rows, length);
  return columns;
}

function dispatch(runtime: Runtime, operation: string, x: RealArray, known: Known): Float32Array {
  runtime.assertAlive(operation);
  const source = realArray(operation, 'x', isInMemory(x) ? x.toArray() : x);
  const columns = columnsOf(operation, 'x', source.length, known.tokens);
  const out = runtime.array(operation, Float32Array, known.order.length * columns);
  for (const [i, token] of known.order.entries())
    out.set(source.subarray(token * columns, (token + 1) * columns), i * columns);
  return out;
}

function combine(
  runtime: Runtime,
  operation: string,
  given: RealArray,
  known: Known,
  width?: number,
): Float32Array {
  runtime.assertAlive(operation);
  const { tokens, top, weights, rows, order } = known;
  return runtime.scratch(operation, (scratch) => {
    const from = scratch.floats('rows', given);
    const columns = width ?? columnsOf(operation, 'rows', from.length, order.length);
    const places = scratch.indices('rows', rows);
    const factors = scratch.floats('weights', weights);
    const out = scratch.bytes(4 * tokens * columns);
    const status = runtime.raw.combine(
      ...([from.address, order.length, columns] as const),
      ...([places.address, factors.address, tokens, top, out] as const),
    );
    runtime.check(operation, status);
    return runtime.copyF32(out, tokens * columns);
  });
}

type Product = (x: Float32Array, weights: DenseMatrix, options: MatmulOptions) => unknown;

/** Experts, checked: what all of them take and give. */
function expertsOf(operation: string, experts: readonly Expert[], known: Known, inputs: number) {
  if (!Array.isArray(experts))
    throw check.typeError(operation, 'experts', 'a list of experts', experts);
  if (experts.length !== known.offsets.length - 1)
    throw check.shapeError(operation, 'experts', known.offsets.length - 1, experts.length);
  let outputs: number | undefined;
  const all = Array.from(experts, (each: Expert, i) => {
    if (typeof each !== 'object' || each === null)
      throw check.typeError(operation, `experts[${i}]`, '{ up, down }', each);
    const { up, down, gate, activation } = check.options(operation, each, [
      ...(['up', 'down', 'gate', 'activation'] as const),
    ]);
    for (const [name, matrix] of Object.entries({ up, down, ...(gate && { gate }) }))
      if (!isInstance(matrix, DenseMatrix))
        throw check.typeError(operation, name, 'DenseMatrix', matrix);
    if (gate && activation !== undefined)
      throw check.rangeError(operation, 'activation', 'nothing beside a gate', activation);
    if (activation !== undefined) check.choice(operation, 'activation', activation, activations);
    outputs ??= down.columns;
    for (const [name, found, wanted] of [
      ['up', up.rows, known.tokens === 0 ? up.rows : inputs],
      ['gate', gate?.rows ?? up.rows, up.rows],
      ['gate', gate?.columns ?? up.columns, up.columns],
      ['down', down.rows, up.columns],
      ['down', down.columns, outputs],
    ] as const)
      if (found !== wanted) throw check.shapeError(operation, name, wanted, found);
    return { up, down, gate, activation: activation ?? ('gelu' as const) };
  });
  return { all, outputs: outputs ?? 0 };
}

/** The work of all experts as steps: each yields a product and is given its result. */
function* work(
  runtime: Runtime,
  operation: string,
  x: RealArray,
  routing: Routing,
  experts: readonly Expert[],
  swiglu: (gate: Float32Array, up: Float32Array) => Float32Array,
): Generator<Parameters<Product>, Float32Array, Float32Array> {
  const known = routingOf(operation, routing);
  const rows = dispatch(runtime, operation, x, known);
  const inputs = columnsOf(operation, 'x', rows.length, known.order.length);
  const { all, outputs } = expertsOf(
    operation,
    experts,
    known,
    known.order.length === 0 ? (experts[0]?.up.rows ?? 0) : inputs,
  );
  const out = runtime.array(operation, Float32Array, known.order.length * outputs);
  for (const [e, { up, down, gate, activation }] of all.entries()) {
    const [from, to] = [known.offsets[e] as number, known.offsets[e + 1] as number];
    if (from === to) continue;
    const own = rows.subarray(from * inputs, to * inputs);
    let inner = yield [own, up, gate ? {} : { activation }];
    if (gate) inner = swiglu(yield [own, gate, {}], inner);
    out.set(yield [inner, down, {}], from * outputs);
  }
  return combine(runtime, operation, out, known, outputs);
}

const operand = (data: Float32Array, { rows }: DenseMatrix) => ({
  data,
  rows: data.length / rows,
  columns: rows,
});

/** The functions of the room that are mixtures of experts. */
export function createExperts(
  runtime: Runtime,
  swiglu: (gate: Float32Array, up: Float32Array) => Float32Array,
): Experts {
  return {
    routeTokens: (logits, options) => route(runtime, logits, options),
    dispatchTokens: (x, routing) =>
      dispatch(runtime, 'dispatchTokens', x, routingOf('dispatchTokens', routing)),
    combineTokens: (rows, routing) =>
      combine(runtime, 'combineTokens', rows, routingOf('combineTokens', routing)),
    mixtureOfExperts(x, routing, experts) {
      const steps = work(runtime, 'mixtureOfExperts', x, routing, experts, swiglu);
      let next = steps.next();
      while (!next.done) {
        const [left, right, options] = next.value;
        next = steps.next(matmul(runtime, operand(left, right), right, options) as Float32Array);
      }
      return next.value;
    },
    async mixtureOfExpertsAsync(x, routing, experts, options = {}) {
      const operation = 'mixtureOfExpertsAsync';
      const control = check.options<AsyncOptions<WorkProgress>>(operation, options, asyncKeys);
      const steps = work(runtime, operation, x, routing, experts, swiglu);
      let next = steps.next();
      while (!next.done) {
        const [left, right, asked] = next.value;
        const all = { ...asked, ...control };
        next = steps.next(
          (await matmulAsync(runtime, operand(left, right), right, all)) as Float32Array,
        );
      }
      return next.value;
    },
  };
}
