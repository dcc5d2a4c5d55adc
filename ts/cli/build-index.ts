// sublinear index vectors.npy -o words.slv
import type {
  Codes,
  Collection,
  Flat,
  FlatCodes,
  Hnsw,
  Item,
  Metric,
  Rerank,
} from '../rooms/hnsw/hnsw.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, nameOf, writeFile } from './files.js';
import { chosenCodes, RECALL, saidOf, withThreads } from './gathered.js';
import {
  bytes,
  CliError,
  count,
  duration,
  facts,
  interrupt,
  type Progress,
  say,
} from './terminal.js';
import { openVectors, readLabels, type VectorBatch, vectorError } from './vectors.js';

export interface IndexOptions extends CommonOptions {
  output: string;
  labels?: string;
  dimension?: number;
  metric: Metric;
  exact?: boolean;
  m: number;
  efConstruction: number;
  seed: number;
  /** Of the exact index: a {@link FlatCodes}. */
  codes: Codes | FlatCodes | 'auto';
  /** With codes `'auto'`: the share of the nearest that they must find. */
  recall?: number;
  rerank?: Rerank;
  prefix?: number;
  threads?: number;
}

export async function buildIndex(
  file: string,
  options: IndexOptions,
  progress: Progress,
): Promise<void> {
  const { metric, output, labels: labelFile } = options;
  if (file === '-' && labelFile === '-')
    throw new CliError('only one of vectors and labels can come from standard input');
  if (metric === 'hamming' && options.dimension !== undefined && options.dimension % 8 !== 0)
    throw new CliError(`--dimension ${options.dimension}: expected a multiple of 8 for hamming`);
  checkCodes(options);
  await assertApart([file, labelFile], { '--output': output });
  const engine = await engineFor(['hnsw'], options);
  const labels = labelFile === undefined ? undefined : await readLabels(labelFile, progress);
  const source = await openVectors(file, {
    dimension: options.dimension,
    from: '--dimension',
    bits: metric === 'hamming',
    progress,
    label: 'indexing',
  });
  const { dimension } = source;
  if (source.count !== undefined) checkLabels(source.count);

  const started = performance.now();
  const isAuto = options.codes === 'auto';
  const all = isAuto || options.threads !== undefined ? await gathered(source.batches) : undefined;
  if (all !== undefined) checkLabels(all.count);
  const wanted = options.recall ?? RECALL;
  const chosen =
    isAuto && all !== undefined
      ? await chosenCodes(engine.hnsw, metric, dimension, all.values, wanted, progress)
      : undefined;
  const codes = chosen?.codes ?? (options.codes as Codes | FlatCodes);
  const rerank = chosen?.rerank ?? options.rerank ?? 'float16';
  // Others keep the vectors themselves, and rank with nothing else.
  const { prefix } = options;
  const cut = prefix === undefined ? {} : { prefix };
  const coded = isCoded(codes) || prefix !== undefined || (chosen && rerank !== 'none');
  // Of an index that threads share: a reader of it counts nothing but its own scratch.
  let bytesShared: number | undefined;
  const made =
    options.threads === undefined ? await addBatches() : await buildTogether(options.threads, all!);
  const index = 'index' in made ? made.index : made;
  checkLabels(index.size);
  const ms = performance.now() - started;
  progress.start(`writing ${output}`);
  let written = 0;
  await writeFile(output, pieces());
  progress.stop();

  const { size } = index;
  const bytesUsed = bytesShared ?? index.bytesUsed;
  const about = {
    vectors: nameOf(file),
    output,
    size,
    dimension,
    metric,
    index: options.exact ? 'flat' : 'hnsw',
    ...(!options.exact && {
      m: options.m,
      efConstruction: options.efConstruction,
      codes,
      ...cut,
      ...(coded && { rerank }),
      ...(chosen && { recommended: { wanted, ...chosen } }),
      ...(options.threads !== undefined && { threads: options.threads }),
    }),
    ...(options.exact && codes !== 'none' && { codes, ...(coded && { rerank }) }),
    labels: labelFile ?? null,
    bytesUsed,
    bytesWritten: written,
    ms,
  };
  if (options.json) say(JSON.stringify(about), output === '-' ? process.stderr : process.stdout);
  else if (!options.quiet) say(asText(), process.stderr);

  function checkLabels(vectors: number): void {
    if (labels === undefined || labels.length === vectors) return;
    throw new CliError(
      `${nameOf(labelFile as string)}: ${count(labels.length)} labels for ${count(vectors)} vectors`,
    );
  }

  async function addBatches(): Promise<Flat | Hnsw | Collection> {
    const made = make(source.count ?? 0);
    for await (const batch of all === undefined ? source.batches : [all]) {
      try {
        if (labels === undefined) await addPlain('index' in made ? made.index : made, batch);
        else await addLabelled(made as Collection, batch, labels);
      } catch (error) {
        throw explain(vectorError(error, file, batch.first), {});
      }
    }
    return made;
  }

  // All vectors are there before the first is linked: the workers take them in an order of their own.
  async function buildTogether(size: number, vectors: VectorBatch): Promise<Hnsw | Collection> {
    const { Collection, Hnsw } = engine.hnsw;
    const { m, efConstruction, seed } = options;
    const kind = { codes: codes as Codes, rerank, ...cut };
    const shape = { metric, dimension, m, efConstruction, seed, ...kind };
    const ids = Uint32Array.from({ length: vectors.count }, (_, i) => i);
    try {
      const shared = await withThreads(size, vectors.count, progress, (how) =>
        labels === undefined
          ? Hnsw.buildShared(shape, { ids, vectors: vectors.values }, how)
          : Collection.buildShared(shape, labelled(vectors, labels), how),
      );
      bytesShared = shared.bytes;
      return await (labels === undefined ? Hnsw : Collection).openShared(shared);
    } catch (error) {
      throw explain(vectorError(error, file, 0), labelFile === undefined ? {} : { key: labelFile });
    }
  }

  // Room for all at once where their number is known: too little memory is then said at the beginning.
  function make(capacity: number): Flat | Hnsw | Collection {
    const { Collection, Flat, Hnsw } = engine.hnsw;
    const shape = { metric, dimension, capacity, rerank };
    const { m, efConstruction, seed } = options;
    const flat = { ...shape, codes: codes as FlatCodes };
    const hnsw = { ...shape, m, efConstruction, seed, codes: codes as Codes, ...cut };
    try {
      if (labels !== undefined)
        return Collection.create(
          options.exact ? { ...flat, index: 'flat' } : { ...hnsw, index: 'hnsw' },
        );
      return options.exact ? Flat.create(flat) : Hnsw.create(hnsw);
    } catch (error) {
      throw explain(error, {});
    }
  }

  function* pieces(): Generator<Uint8Array> {
    for (const piece of made.saveInPieces()) {
      written += piece.length;
      yield piece;
    }
  }

  function asText(): string {
    const graph = `m = ${options.m}, efConstruction = ${options.efConstruction}`;
    const walked = prefix === undefined ? '' : `, prefix: ${prefix}`;
    const coding = codes === 'none' ? walked : `, codes: ${codes}`;
    const again = coded ? `, ranked again: ${rerank}` : '';
    const lines: [string, string][] = [
      [
        'vectors',
        `${nameOf(file)}: ${count(size)} of ${count(dimension)} ${metric === 'hamming' ? 'bits' : 'numbers'}`,
      ],
      [
        'index',
        `${options.exact ? `exact, ${metric}` : `HNSW, ${metric}, ${graph}`}${coding}${again}`,
      ],
      ...(chosen ? [['codes', saidOf(chosen, size, wanted)] as [string, string]] : []),
      ['time', `${duration(ms)}, ${count(Math.round((1000 * size) / ms))} vectors a second`],
      ['memory', `${bytes(bytesUsed)} (${count(Math.round(bytesUsed / size))} bytes a vector)`],
      ['written', `${output}: ${bytes(written)}`],
      ['search', `sublinear search ${output} --like ${quoted(labels?.[0] ?? '0')}`],
    ];
    return facts(lines);
  }
}

/** All vectors one after another. */
async function gathered(batches: AsyncIterable<VectorBatch>): Promise<VectorBatch> {
  const parts: VectorBatch[] = [];
  let length = 0;
  for await (const batch of batches) {
    parts.push({ ...batch, values: batch.values.slice() });
    length += batch.values.length;
  }
  const values =
    parts[0]?.values instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { first: 0, count: parts.reduce((sum, part) => sum + part.count, 0), values };
}

async function addPlain(index: Flat | Hnsw, { first, count, values }: VectorBatch): Promise<void> {
  const ids = Uint32Array.from({ length: count }, (_, i) => first + i);
  await index.addBatchAsync({ ids, vectors: values }, { signal: interrupt.signal });
}

async function addLabelled(
  collection: Collection,
  batch: VectorBatch,
  labels: readonly string[],
): Promise<void> {
  await collection.addAllAsync(labelled(batch, labels), { signal: interrupt.signal });
}

function* labelled(
  { first, count: many, values }: VectorBatch,
  labels: readonly string[],
): Generator<Item> {
  const width = values.length / many;
  for (let i = 0; i < many; i++) {
    const key = labels[first + i];
    if (key === undefined)
      throw new CliError(`${count(labels.length)} labels, but more vectors than that`);
    yield { key, vector: values.subarray(i * width, (i + 1) * width) };
  }
}

/** Whether rows are ranked again: other codes keep the vectors themselves, and rank with nothing else. */
const isCoded = (codes: Codes | FlatCodes) => !['none', 'sketch', 'float16'].includes(codes);

/** Options of codes that do not go together. */
export function checkCodes(options: Partial<IndexOptions>): void {
  const { codes, rerank, recall, prefix, exact = false } = options;
  if (codes === 'pq' && !exact) throw new CliError('--codes pq: only with --exact');
  if (exact && codes !== undefined && ['auto', 'sketch', 'binary'].includes(codes))
    throw new CliError(`--codes ${codes}: not with --exact`);
  const coded = codes !== undefined && codes !== 'auto' && isCoded(codes);
  if (prefix !== undefined && codes !== undefined && codes !== 'none')
    throw new CliError(`--prefix ${prefix}: not with --codes ${codes}`);
  if (rerank !== undefined && !coded && prefix === undefined)
    throw new CliError(
      `--rerank ${rerank}: only with --codes int8, binary, rabitq or pq, or --prefix`,
    );
  if (recall !== undefined && codes !== 'auto')
    throw new CliError(`--recall ${recall}: only with --codes auto`);
}

/** A word as a shell wants it. */
function quoted(word: string): string {
  return /^[\w.,:@%+/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
