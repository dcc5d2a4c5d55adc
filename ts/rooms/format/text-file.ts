// The file of texts (docs/format.md): hashes of the blocks of lists, the head of the index, and the lists of all words.
import { SublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import * as check from '../../runtime/validate.js';
import type { TextRoom } from '../text/text.js';
import type { TextHead, WordLists } from '../text/text-head.js';
import type { TextIndex } from '../text/text-index.js';
import type { LoadTextOptions } from '../text/types.js';
import { Cache } from './cache.js';
import {
  checkLeaf,
  checkRoot,
  composeFile,
  type Entry,
  hashBlocks,
  kinds,
  malformed,
} from './directory.js';
import { entryOf, openDirectory, upTo } from './head.js';
import type { OpenedFile, OpenFile } from './held.js';
import type { Reader, Wanted } from './reader.js';

/** Bytes of lists that have a hash: most words are in few documents, and what is read beside them is wasted. */
const BLOCK = 4096;

/** A file of texts that is open. */
export interface OpenedText extends OpenedFile {
  readonly head: TextHead;
  readonly lists: Entry;
  /** Bytes of a block of lists, and the hashes of all. */
  readonly block: number;
  readonly hashes: Uint8Array;
}

/** The file of an index. */
export function textFileOf(
  runtime: Runtime,
  operation: string,
  index: TextIndex,
): Uint8Array<ArrayBuffer> {
  if (typeof index?.parts !== 'function')
    throw check.typeError(operation, 'index', 'a TextIndex of sublinear/text', index);
  const { head, lists } = index.parts(operation);
  const part = (name: string, bytes: Uint8Array) =>
    ({ name, type: 'uint8', shape: [bytes.length], bytes }) as const;
  const own = part('head', head);
  // What is one block has the hash of its entry.
  if (lists.length <= BLOCK)
    return composeFile(runtime, operation, kinds.text, [own, part('lists', lists)]);
  const { root, hashes } = hashBlocks(runtime, operation, lists, BLOCK);
  const blocks = { name: 'hashes', type: 'uint8', shape: [hashes.length / 32, 32] } as const;
  return composeFile(runtime, operation, kinds.text, [
    { ...blocks, bytes: hashes },
    own,
    { ...part('lists', lists), block: BLOCK, hashes: 'hashes', root },
  ]);
}

/** Opens a file: everything in front of the lists is read. */
export function openText(options: LoadTextOptions): OpenFile<OpenedText> {
  return async (runtime, operation, source, how, traffic) => {
    const room = await textRoom(runtime, operation);
    const begun = await openDirectory(runtime, operation, source, kinds.text, how, traffic);
    const { directory, keeping } = begun;
    const entry = (name: string) => entryOf(operation, directory, name);
    const [own, lists] = [entry('head'), entry('lists')];
    const table = lists.hashes === undefined ? undefined : entry(lists.hashes);
    const block = table === undefined ? Math.max(1, lists.length) : lists.block;
    const isRight =
      own.hashes === undefined &&
      lists.ends === undefined &&
      (table === undefined ||
        (table.hashes === undefined && table.length === 32 * Math.ceil(lists.length / block)));
    if (!isRight) throw malformed(operation, 'hashes, a head and lists of texts');
    const endOf = (each: Entry | undefined) => (each === undefined ? 0 : each.offset + each.length);
    const end = Math.max(endOf(table), endOf(own));
    if (end > lists.offset) throw malformed(operation, 'lists behind everything else');
    const bytes = await upTo(operation, source, begun.bytes, end, how.signal, traffic);
    runtime.assertAlive(operation);
    const part = ({ offset, length }: Entry) => bytes.slice(offset, offset + length);
    const [hashes, head] = [table === undefined ? lists.root : part(table), part(own)];
    if (how.verify) {
      checkLeaf(runtime, operation, head, own.root);
      if (table !== undefined) checkRoot(runtime, operation, hashes, lists.root);
    }
    const opened = room.TextHead.open(operation, head, options);
    keeping?.putHead(bytes.subarray(0, end));
    // Lists are kept as the index has them, and not their bytes as well.
    return { head: opened, directory, lists, block, hashes, cache: new Cache(0), keeping };
  };
}

async function textRoom(runtime: Runtime, operation: string): Promise<TextRoom> {
  const room =
    runtime.room<TextRoom>('text') ?? (await runtime.laterRooms.get('text')?.()) ?? undefined;
  runtime.assertAlive(operation);
  if (room !== undefined) return room as TextRoom;
  const message =
    'texts need the module "text", which is not loaded: load() of \'sublinear/text\' before';
  throw new SublinearError('NOT_LOADED', operation, message);
}

const keyOf = (block: number) => `lists ${block}`;

function blocksOf(
  operation: string,
  { lists, block }: OpenedText,
  { offset, length }: WordLists,
): number[] {
  if (offset + length > lists.length) throw malformed(operation, 'lists that are in the file');
  const first = Math.floor(offset / block);
  return Array.from({ length: Math.ceil((offset + length) / block) - first }, (_, i) => first + i);
}

/** The blocks with these lists that a question has not read. */
export function unread(reader: Reader, opened: OpenedText, wanted: readonly WordLists[]): Wanted[] {
  const { runtime, operation, verify } = reader.asked;
  const { lists, block: size, hashes } = opened;
  const blocks = new Set(wanted.flatMap((each) => blocksOf(operation, opened, each)));
  return [...blocks]
    .filter((block) => !reader.known(keyOf(block)))
    .map((block) => {
      const offset = block * size;
      const length = Math.min(size, lists.length - offset);
      return {
        key: keyOf(block),
        range: { offset: lists.offset + offset, length },
        check: (bytes) => {
          if (verify)
            checkLeaf(runtime, operation, bytes, hashes.subarray(32 * block, 32 * block + 32));
        },
      };
    });
}

/** The lists of a word, from blocks that were read. */
export function bytesOf(reader: Reader, opened: OpenedText, wanted: WordLists): Uint8Array {
  const { block: size } = opened;
  const blocks = blocksOf(reader.asked.operation, opened, wanted);
  const bytes = new Uint8Array(wanted.length);
  for (const block of blocks) {
    const from = Math.max(0, wanted.offset - block * size);
    const to = Math.min(size, wanted.offset + wanted.length - block * size);
    bytes.set(reader.block(keyOf(block)).subarray(from, to), block * size + from - wanted.offset);
  }
  return bytes;
}
