// Options of a chooser as the C core takes them, and the names that its files carry.
import type { Chooser as RawChooser } from '../../generated/raw/chooser.js';
import { SublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { countOf, type FeatureNames } from './table.js';
import type { ChooserOptions } from './types.js';

/** What the C core keeps without reading it. */
export interface Label {
  methods: readonly string[];
  features: FeatureNames;
  cost: string;
}

/** In the order of sl_chooser_policy. */
export const policies = { thompson: 0, nearest: 1, forest: 2 } as const;

const keys = [
  'methods',
  'features',
  'timeout',
  'policy',
  'seed',
  'cost',
  'penalty',
  'capacity',
  'neighbours',
  'trees',
  'maxRisk',
  'confidence',
  'minRuns',
] as const;

function names(operation: string, argument: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw check.typeError(operation, argument, 'array of names', value);
  const list = Array.from(value, (name, i) => check.string(operation, `${argument}[${i}]`, name));
  const twice = list.find((name, i) => list.indexOf(name) < i);
  if (twice !== undefined) throw check.rangeError(operation, argument, 'different names', twice);
  return list;
}

/** Checks the options: names, and the twelve numbers of sl_chooser_create. */
export function readOptions(
  operation: string,
  options: ChooserOptions,
): { label: Label; numbers: Float64Array } {
  if (options === undefined) throw check.typeError(operation, 'options', 'object', options);
  const given = check.options<ChooserOptions>(operation, options, keys);
  const methods = names(operation, 'methods', given.methods);
  const features =
    typeof given.features === 'number'
      ? check.integer(operation, 'features', given.features, 0, 256)
      : names(operation, 'features', given.features);
  const cost = check.string(operation, 'cost', given.cost ?? 'time');
  const number = (key: keyof ChooserOptions, otherwise: number) =>
    check.number(operation, key, given[key] ?? otherwise);
  const numbers = Float64Array.of(
    methods.length,
    countOf(features),
    check.choice(operation, 'policy', given.policy ?? 'thompson', policies),
    number('seed', 1),
    number('timeout', Number.NaN),
    number('penalty', 10),
    number('capacity', 512),
    number('neighbours', 10),
    number('trees', 48),
    number('maxRisk', 1),
    number('confidence', 0.95),
    number('minRuns', 6),
  );
  return { label: { methods, features, cost }, numbers };
}

/** The twelve numbers of a chooser, among its facts. */
export const numbersOf = (facts: Float64Array) => facts.slice(0, 12);

export const labelBytes = (label: Label) => new TextEncoder().encode(JSON.stringify(label));

/** The names in a file, which anybody may have written. */
export function readLabel(runtime: Runtime, operation: string, raw: RawChooser): Label {
  const facts = runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(20);
    raw.facts(at);
    return runtime.copyF64(at, 20);
  });
  const [methods, features, bytes, address] = [0, 1, 16, 17].map((i) => facts[i] as number) as [
    number,
    number,
    number,
    number,
  ];
  try {
    const text = new TextDecoder().decode(runtime.u8.slice(address, address + bytes));
    const found = JSON.parse(text) as Label;
    const { label } = readOptions(operation, { ...found, timeout: 1 });
    if (label.methods.length === methods && countOf(label.features) === features) return label;
  } catch (cause) {
    throw badLabel(operation, cause);
  }
  throw badLabel(operation);
}

function badLabel(operation: string, cause?: unknown): SublinearError {
  const message =
    '"bytes": unknown or unsupported format, expected the names of methods and features';
  return new SublinearError('FORMAT', operation, message, {
    argument: 'bytes',
    ...(cause !== undefined && { cause }),
  });
}
