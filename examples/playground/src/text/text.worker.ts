// Two models side by side over the same sentences, in a worker of their own: a sentence model reads for some seconds, and what is
// asked meanwhile is answered between two groups of sentences.
import { expose } from 'comlink';
import { createEngine, isSublinearError, type SublinearError } from 'sublinear';
import type { Embedder, TextCollection } from 'sublinear/inference';
import { fetchedBytes } from '../fetched.js';
import { isSaved } from '../own-file.js';

export interface Found {
  words: string;
  gloss: string;
  cosine: number;
}

export interface Answer {
  found: Found[];
  /** Sentences that were searched. */
  sentences: number;
  /** Milliseconds, each the mean of repeated calls; what the model knows nothing of is not searched. */
  embedMs: number;
  searchMs?: number;
  /** Bytes of its file. */
  modelBytes: number;
  /** Bytes of the vectors in memory. */
  indexBytes: number;
  /** Tokens that count, when the text has more. */
  cutAt?: number;
  /** Whether the model knows some piece of the text. */
  known: boolean;
}

/** What a file was: a network, or with `--distil` a table. */
export type Loaded = 'TextEmbedder' | 'StaticEmbedder';

/** So many of all that are there: a sentence model reads them in about a quarter of a minute. */
const MOST = 10_000;
/** Sentences between which questions are answered: some tens of milliseconds of a sentence model. */
const GROUP = 32;
/** A letter that no vocabulary has. */
const STRANGE = '\u{10380}';
/** Clocks of browsers are coarse: what is timed is repeated for so many milliseconds. */
const MEASURED = 3;

const engine = createEngine({ modules: ['hnsw', 'inference', 'text'] });
const sentences: { words: string; gloss: string }[] = [];

interface Side {
  embedder: Embedder;
  fileBytes: number;
  texts: TextCollection;
  /** What becomes of characters that the model does not know. */
  strange: Set<number>;
}
let words: Side | undefined;
let model: Side | undefined;

/** An embedder is busy while it reads: what uses one is done in turn. */
let last: Promise<unknown> = Promise.resolve();
function inTurn<T>(task: () => T | Promise<T>): Promise<T> {
  const mine = last.then(task);
  last = mine.catch(() => {});
  return mine;
}

const shape = { index: 'flat', codes: 'float16', capacity: MOST } as const;

async function sideOf(
  embedder: Embedder,
  fileBytes: number,
  file?: Uint8Array<ArrayBuffer>,
): Promise<Side> {
  const { hnsw, inference } = await engine;
  const options = { embedder, Collection: hnsw.Collection };
  const { TextCollection } = inference;
  const texts = file
    ? TextCollection.load(file, options)
    : TextCollection.create({ ...options, ...shape });
  return { embedder, fileBytes, texts, strange: new Set(embedder.tokens(STRANGE).ids) };
}

function dispose(side: Side | undefined): void {
  side?.texts.dispose();
  side?.embedder.dispose();
}

/** Adds what is not in yet, a group at a time, until it is told to stop. Resolves to how many sentences are in, and whether they are all. */
async function read(
  { embedder, texts }: Side,
  go: () => boolean,
  progress?: (done: number) => void,
): Promise<{ done: number; all: boolean }> {
  let done = texts.size;
  const missing = sentences.flatMap(({ gloss }, key) =>
    texts.collection.has(key) ? [] : [{ key, text: gloss }],
  );
  let at = 0;
  for (; at < missing.length && go(); at += GROUP) {
    await inTurn(async () => {
      if (!go()) return;
      // A sentence of which a model knows no piece has no place among the others.
      const group = missing.slice(at, at + GROUP);
      await texts.addAllAsync(group.filter(({ text }) => embedder.tokens(text).ids.length > 0));
      done = texts.size;
    });
    progress?.(done);
  }
  return { done, all: at >= missing.length && go() };
}

function timed<T>(task: () => T): { result: T; ms: number } {
  const result = task();
  const start = performance.now();
  let [ms, calls] = [0, 0];
  do {
    task();
    calls++;
    ms = performance.now() - start;
  } while (ms < MEASURED);
  return { result, ms: ms / calls };
}

function answer({ embedder, fileBytes, texts, strange }: Side, text: string, k: number): Answer {
  const { ids, cut } = embedder.tokens(text);
  const embedded = timed(() => embedder.embed(text));
  const vector = embedded.result;
  const known = ids.some((id) => !strange.has(id)) && vector.some((x) => x !== 0);
  const searched = known ? timed(() => texts.collection.search(vector, { k })) : undefined;
  return {
    found: (searched?.result ?? []).map(({ key, distance }) => ({
      ...sentences[Number(key)]!,
      cosine: 1 - distance,
    })),
    sentences: texts.size,
    embedMs: embedded.ms,
    ...(searched && { searchMs: searched.ms }),
    modelBytes: fileBytes,
    indexBytes: texts.collection.index.bytesUsed,
    ...(cut && { cutAt: embedder.maxTokens }),
    known,
  };
}

/** What is wrong with a file, for somebody who has opened another one than was meant. */
function wrong(bytes: Uint8Array, { code }: SublinearError): string {
  if (!isSaved(bytes)) return 'This is no file that "npx sublinear model" has written';
  if (code === 'FORMAT') return 'This file of sublinear holds something else than a sentence model';
  return 'This file is damaged, or was not copied to its end';
}

/** Of what `sublinear model` wrote. */
async function embedderOf(bytes: Uint8Array<ArrayBuffer>): Promise<Embedder> {
  const { StaticEmbedder, TextEmbedder } = (await engine).inference;
  try {
    return TextEmbedder.load(bytes);
  } catch (error) {
    if (!isSublinearError(error) || error.code === 'MEMORY') throw error;
    if (error.message.includes('StaticEmbedder.load()')) return StaticEmbedder.load(bytes);
    throw new Error(`${wrong(bytes, error)}: nothing was changed. (${error.message})`);
  }
}

let reading: object | undefined;
/** SHA-256 of the sentences: vectors that were kept are of these, or of no use. */
let mark = new Uint8Array();

const side = {
  /** Fetches the sentences and the table of words of the page at `base`; resolves to how many sentences there are. */
  async open(base: string): Promise<number> {
    const { hnsw, inference } = await engine;
    const [file, table] = await Promise.all([
      fetchedBytes('glosses.slv', base),
      fetchedBytes('glosses.enc', base),
    ]);
    const embedder = inference.StaticEmbedder.load(table);
    const glosses = await hnsw.Collection.loadAsync(file);
    // WordNet begins with the most general; a stride takes some of everything, whenever reading is stopped.
    const { size } = glosses;
    for (let i = 0; i < size && sentences.length < MOST; i++) {
      const text = glosses.get((i * 7919) % size)?.text;
      const gloss = String(text?.gloss ?? '');
      if (embedder.tokens(gloss).ids.length > 0)
        sentences.push({ words: String(text?.words ?? ''), gloss });
    }
    glosses.dispose();
    const all = new TextEncoder().encode(JSON.stringify(sentences));
    // Where the page is not fetched safely, browsers neither hash nor keep files.
    if (crypto.subtle) mark = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
    words = await sideOf(embedder, table.length);
    await read(words, () => true);
    return sentences.length;
  },

  /**
   * Takes a model in place of the one before, and the vectors that were kept of it, if they are its. Resolves to how many
   * sentences it has read.
   */
  async take(
    bytes: Uint8Array<ArrayBuffer>,
    vectors?: Uint8Array<ArrayBuffer>,
  ): Promise<{ sentences: number; dimensions: number; kind: Loaded }> {
    const embedder = await embedderOf(bytes);
    reading = undefined;
    return inTurn(async () => {
      const own = vectors && mark.every((byte, i) => byte === vectors[i]);
      const kept =
        own &&
        (await sideOf(embedder, bytes.length, vectors.slice(mark.length)).catch(() => undefined));
      const taken = kept || (await sideOf(embedder, bytes.length));
      dispose(model);
      model = taken;
      const { TextEmbedder } = (await engine).inference;
      const kind = embedder instanceof TextEmbedder ? 'TextEmbedder' : 'StaticEmbedder';
      return { sentences: taken.texts.size, dimensions: embedder.dimensions, kind };
    });
  },

  /** Lets the model read on, until it has read all or `stop`. */
  async read(progress: (done: number) => void): Promise<{ done: number; all: boolean }> {
    const mine = {};
    reading = mine;
    if (!model) throw new Error('There is no model.');
    return read(model, () => reading === mine, progress);
  },
  stop(): void {
    reading = undefined;
  },

  /** The vectors so far as a file that names the sentences and the model. */
  vectors: () =>
    inTurn(async () => {
      if (!model) return undefined;
      return new Uint8Array(await new Blob([mark, model.texts.save()]).arrayBuffer());
    }),

  async forget(): Promise<void> {
    reading = undefined;
    await inTurn(() => {
      dispose(model);
      model = undefined;
    });
  },

  /** The nearest sentences by each of the two; the model's once there is one. */
  ask: (text: string, k: number): Promise<{ words: Answer; model?: Answer }> =>
    inTurn(() => {
      if (!words) throw new Error('There are no sentences yet.');
      return {
        words: answer(words, text, k),
        ...(model && model.texts.size > 0 && { model: answer(model, text, k) }),
      };
    }),
};

export type TextSide = typeof side;
expose(side);
