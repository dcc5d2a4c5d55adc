// What a collection is made of, from the options of a new one.
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import type { Front, Saved } from './collection-file.js';
import { Flat } from './flat.js';
import { Hnsw } from './hnsw-index.js';
import { bringTextRoom, ItemTexts, textRoom } from './item-texts.js';
import { SparseIndex } from './sparse-index.js';
import type {
  CollectionOptions,
  CreateCollectionOptions,
  FlatOptions,
  HnswOptions,
  LoadCollectionOptions,
  SparseOptions,
  TextOptions,
} from './types.js';

/** What a collection may have beside its index of vectors. */
export interface Beside {
  readonly texts: ItemTexts | undefined;
  readonly sparse: SparseIndex | undefined;
  /** Whether no item has a vector. */
  readonly alone: boolean;
  dispose(): void;
}

function beside(
  texts: ItemTexts | undefined,
  sparse: SparseIndex | undefined,
  alone: boolean,
): Beside {
  const dispose = () => {
    texts?.dispose();
    sparse?.dispose();
  };
  return { texts, sparse, alone, dispose };
}

/** What a file has beside the index of vectors. */
export function readBeside(
  runtime: Runtime,
  operation: string,
  front: Front,
  { text, sparse }: Saved,
  stem: LoadCollectionOptions['stem'],
): Beside {
  let texts: ItemTexts | undefined;
  try {
    if (text !== undefined) {
      const room = textRoom(runtime, operation);
      const file = front.takeBeside(front.textBytes(sparse));
      texts = new ItemTexts(room, room.TextIndex.load(file, stem && { stem }), text);
    }
    const few = sparse && runtime.bind(SparseIndex).load(front.takeBeside(sparse.bytes));
    return beside(texts, few, text?.alone ?? sparse?.alone ?? false);
  } catch (error) {
    texts?.dispose();
    throw error;
  }
}

/** The same with the module of texts, which is fetched where it is not there. */
export async function readBesideAsync(
  runtime: Runtime,
  operation: string,
  front: Front,
  { text, sparse }: Saved,
  own: { stem?: (word: string) => string; signal?: AbortSignal },
): Promise<Beside> {
  let texts: ItemTexts | undefined;
  try {
    if (text !== undefined) {
      const room = await bringTextRoom(runtime, operation);
      const file = front.takeBeside(front.textBytes(sparse));
      texts = new ItemTexts(room, await room.TextIndex.loadAsync(file, own), text);
    }
    const { signal } = own;
    const Index = runtime.bind(SparseIndex);
    const few =
      sparse && (await Index.loadAsync(front.takeBeside(sparse.bytes), signal && { signal }));
    return beside(texts, few, text?.alone ?? sparse?.alone ?? false);
  } catch (error) {
    texts?.dispose();
    throw error;
  }
}

/** Bytes of the file of an index. */
export function bytesOf(index: { saveInPieces(): Iterable<Uint8Array> } | undefined): number {
  let bytes = 0;
  for (const piece of index?.saveInPieces() ?? []) bytes += piece.length;
  return bytes;
}

/**
 * The indexes of an empty collection; `shape`: what that of vectors was made with.
 *   room   whether it gets room for the `capacity` that was asked for
 */
export function newParts(
  runtime: Runtime,
  operation: string,
  options: CreateCollectionOptions,
  room = true,
): { index: Flat | Hnsw; beside: Beside; shape: HnswOptions } {
  if (typeof options !== 'object' || options === null)
    throw check.typeError(operation, 'options', 'object', options);
  const { text, language, stem, stopWords, positions, sparse, ...vectors } =
    options as CollectionOptions & Partial<TextOptions> & { sparse?: unknown };
  if (sparse !== undefined) check.boolean(operation, 'sparse', sparse);
  const withSparse = (sparse as SparseOptions['sparse'] | undefined) === true;
  const { index: kind = 'hnsw', ...rest } = vectors;
  check.choice(operation, 'index', kind, { hnsw: 0, flat: 1 });
  const words = { language, stem, stopWords, positions };
  if (text === undefined)
    for (const [name, value] of Object.entries(words))
      if (value !== undefined)
        throw check.rangeError(operation, name, 'nothing without "text"', value);
  // Words or sparse vectors alone: an index that stays empty stands for the vectors.
  const alone =
    (text !== undefined || withSparse) &&
    Object.values(vectors).every((value) => value === undefined);
  // Codes that are for the exact index alone are refused by the other one.
  const shape = alone ? ({ metric: 'dot', dimension: 1 } as const) : (rest as HnswOptions);
  const texts =
    text === undefined
      ? undefined
      : ItemTexts.create(
          textRoom(runtime, operation),
          operation,
          withoutUndefined({ text, ...words }),
          alone,
        );
  let own: SparseIndex | undefined;
  try {
    if (withSparse) own = runtime.bind(SparseIndex).create();
    const exact = kind === 'flat' || alone;
    const { capacity = 0 } = shape as HnswOptions;
    check.integer(operation, 'capacity', capacity);
    const first = room ? shape : { ...shape, capacity: 0 };
    const index = exact
      ? runtime.bind(Flat).create(first as FlatOptions)
      : runtime.bind(Hnsw).create(first);
    return { index, beside: beside(texts, own, alone), shape };
  } catch (error) {
    texts?.dispose();
    own?.dispose();
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
