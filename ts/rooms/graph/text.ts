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

/** An edge list, or `separated` values. */
export function readEdges<T extends GraphNodes>(
  operation: string,
  Bound: GraphClass<T>,
  source: TextSource,
  options: CsvOptions | undefined,
  separated: boolean,
): T {
  const runtime = runtimeOf(Bound, operation);
  const given = check.options(operation, options, separated ? csvKeys : edgeListKeys);
  const reading = edgeListReading(runtime, operation, given, separated, Bound);
  return readText(runtime, operation, source, reading);
}

export async function readEdgesAsync<T extends GraphNodes>(
  operation: string,
  Bound: GraphClass<T>,
  source: AsyncTextSource,
  options: Async<CsvOptions> | undefined,
  separated: boolean,
): Promise<T> {
  const runtime = runtimeOf(Bound, operation);
  const keys = [...(separated ? csvKeys : edgeListKeys), ...asyncKeys] as const;
  const given = check.options(operation, options, keys);
  const reading = edgeListReading(runtime, operation, given, separated, Bound);
  return readTextAsync(runtime, operation, source, reading, given);
}

export function readMetis<T extends GraphNodes>(
  operation: string,
  Bound: GraphClass<T>,
  source: TextSource,
  options: MetisOptions | undefined,
): T {
  const runtime = runtimeOf(Bound, operation);
  const { dtype } = check.options(operation, options, ['dtype']);
  return readText(runtime, operation, source, metisReading(runtime, operation, dtype, Bound));
}

export async function readMetisAsync<T extends GraphNodes>(
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

export function readMatrixMarket<T extends GraphNodes>(
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

export async function readMatrixMarketAsync<T extends GraphNodes>(
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
