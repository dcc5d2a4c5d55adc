// Graphs from text in lines: that is there, or that is still coming. `Bound` is the class of an engine.

import { runtimeOf } from '../../runtime/bind.js';
import { asyncKeys } from '../../runtime/steps.js';
import { readTextAsync } from '../../runtime/text-coming.js';
import { type AsyncTextSource, readText, type TextSource } from '../../runtime/text-source.js';
import * as check from '../../runtime/validate.js';
import {
  csvKeys,
  edgeListKeys,
  edgeListReading,
  matrixMarketReading,
  metisReading,
} from './lines.js';
import type { GraphNodes } from './nodes.js';
import type { Async, CsvOptions, GraphClass, GraphMarketOptions, MetisOptions } from './types.js';

const marketKeys = ['directed', 'dtype'] as const;

/** Reads an edge list, or `separated` values. */
const edges =
  (separated: boolean) =>
  <T extends GraphNodes>(
    operation: string,
    Bound: GraphClass<T>,
    source: TextSource,
    options: CsvOptions | undefined,
  ): T => {
    const runtime = runtimeOf(Bound, operation);
    const given = check.options(operation, options, separated ? csvKeys : edgeListKeys);
    const reading = edgeListReading(runtime, operation, given, separated, Bound);
    return readText(runtime, operation, source, reading);
  };

const edgesAsync =
  (separated: boolean) =>
  async <T extends GraphNodes>(
    operation: string,
    Bound: GraphClass<T>,
    source: AsyncTextSource,
    options: Async<CsvOptions> | undefined,
  ): Promise<T> => {
    const runtime = runtimeOf(Bound, operation);
    const keys = [...(separated ? csvKeys : edgeListKeys), ...asyncKeys] as const;
    const given = check.options(operation, options, keys);
    const reading = edgeListReading(runtime, operation, given, separated, Bound);
    return readTextAsync(runtime, operation, source, reading, given);
  };

export const fromEdgeList = /* @__PURE__ */ edges(false);
export const fromEdgeListAsync = /* @__PURE__ */ edgesAsync(false);
export const fromCsv = /* @__PURE__ */ edges(true);
export const fromCsvAsync = /* @__PURE__ */ edgesAsync(true);

export function fromMetis<T extends GraphNodes>(
  operation: string,
  Bound: GraphClass<T>,
  source: TextSource,
  options: MetisOptions | undefined,
): T {
  const runtime = runtimeOf(Bound, operation);
  const { dtype } = check.options(operation, options, ['dtype']);
  return readText(runtime, operation, source, metisReading(runtime, operation, dtype, Bound));
}

export async function fromMetisAsync<T extends GraphNodes>(
  operation: string,
  Bound: GraphClass<T>,
  source: AsyncTextSource,
  options: Async<MetisOptions> | undefined,
): Promise<T> {
  const runtime = runtimeOf(Bound, operation);
  const given = check.options(operation, options, ['dtype', ...asyncKeys]);
  const reading = metisReading(runtime, operation, given.dtype, Bound);
  return readTextAsync(runtime, operation, source, reading, given);
}

export function fromMatrixMarket<T extends GraphNodes>(
  operation: string,
  Bound: GraphClass<T>,
  source: TextSource,
  options: GraphMarketOptions | undefined,
): T {
  const runtime = runtimeOf(Bound, operation);
  const given = check.options(operation, options, marketKeys);
  const reading = matrixMarketReading(runtime, operation, given, Bound);
  return readText(runtime, operation, source, reading);
}

export async function fromMatrixMarketAsync<T extends GraphNodes>(
  operation: string,
  Bound: GraphClass<T>,
  source: AsyncTextSource,
  options: Async<GraphMarketOptions> | undefined,
): Promise<T> {
  const runtime = runtimeOf(Bound, operation);
  const given = check.options(operation, options, [...marketKeys, ...asyncKeys]);
  const reading = matrixMarketReading(runtime, operation, given, Bound);
  return readTextAsync(runtime, operation, source, reading, given);
}
