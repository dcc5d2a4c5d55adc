// What a collection is made of, from the options of a new one.
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import { Flat } from './flat.js';
import { Hnsw } from './hnsw-index.js';
import { ItemTexts, textRoom } from './item-texts.js';
import type { CollectionOptions, CreateCollectionOptions, TextOptions } from './types.js';

/** The index and the texts of an empty collection. */
export function newParts(
  runtime: Runtime,
  operation: string,
  options: CreateCollectionOptions,
): { index: Flat | Hnsw; texts: ItemTexts | undefined } {
  if (typeof options !== 'object' || options === null)
    throw check.typeError(operation, 'options', 'object', options);
  const { text, language, stem, stopWords, positions, ...vectors } = options as CollectionOptions &
    Partial<TextOptions>;
  const { index: kind = 'hnsw', ...rest } = vectors;
  check.choice(operation, 'index', kind, { hnsw: 0, flat: 1 });
  const words = { language, stem, stopWords, positions };
  if (text === undefined)
    for (const [name, value] of Object.entries(words))
      if (value !== undefined)
        throw check.rangeError(operation, name, 'nothing without "text"', value);
  // Words alone: an index that stays empty stands for the vectors.
  const alone = text !== undefined && Object.values(vectors).every((value) => value === undefined);
  const shape = alone ? ({ metric: 'dot', dimension: 1 } as const) : rest;
  const texts =
    text === undefined
      ? undefined
      : ItemTexts.create(
          textRoom(runtime, operation),
          operation,
          withoutUndefined({ text, ...words }),
          alone,
        );
  try {
    const exact = kind === 'flat' || alone;
    const index = exact ? runtime.bind(Flat).create(shape) : runtime.bind(Hnsw).create(shape);
    return { index, texts };
  } catch (error) {
    texts?.dispose();
    throw error;
  }
}

/** What is undefined was not given. */
function withoutUndefined(
  options: { [K in keyof TextOptions]: TextOptions[K] | undefined },
): TextOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as TextOptions;
}
