// sublinear publish words.slv -o words.slvr, sublinear publish friends.slg -o friends.slgr, sublinear publish saved.slv -o saved.slr
import type { RemoteMetric, VectorsToWrite, WriteIndexOptions } from '../rooms/format/format.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, nameOf, opened, writeFile } from './files.js';
import { readGraph } from './graph-file.js';
import { kindOfFile } from './search-remote.js';
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
import { publishTexts } from './text-remote.js';
import { openVectors, readLabels } from './vectors.js';

export interface PublishOptions extends CommonOptions {
  output: string;
  graph?: boolean;
  sections?: boolean;
  undirected?: boolean;
  labels?: string;
  dimension?: number;
  metric?: RemoteMetric;
  cells?: number;
  copies: string;
  exact?: boolean;
  seed: number;
}

export async function publish(
  file: string,
  options: PublishOptions,
  progress: Progress,
): Promise<void> {
  if (await isForSections(file, options)) return publishSections(file, options, progress);
  // An ending that only graphs have says it as well.
  if (options.graph || options.output.endsWith('.slgr') || (await kindOfFile(file)) === 'GRPH')
    return publishGraph(file, options, progress);
  if ((await kindOfFile(file)) === 'TEXT') {
    onlyFor(options, `${nameOf(file)} is an index of texts`);
    return publishTexts(file, options, progress);
  }
  const { output, labels: labelFile, metric, cells, seed } = options;
  if (file === '-' && labelFile === '-')
    throw new CliError('only one of vectors and labels can come from standard input');
  await assertApart([file, labelFile], { '--output': output });
  const engine = await engineFor(['hnsw', 'format'], options);
  const labels = labelFile === undefined ? undefined : await readLabels(labelFile, progress);
  const started = performance.now();
  const { vectors, dimension } = await read();
  const how: WriteIndexOptions = {
    ...(dimension !== undefined && { dimension }),
    ...(metric !== undefined && { metric }),
    ...(cells !== undefined && { cells }),
    copies: Number(options.copies) as 1 | 2,
    exact: options.exact === true,
    seed,
    ...(labels !== undefined && { keys: labels }),
  };
  let written: Uint8Array;
  progress.start('dividing vectors into cells');
  try {
    written = await engine.format.writeRemoteIndexAsync(vectors, {
      ...how,
      signal: interrupt.signal,
    });
  } catch (error) {
    throw explain(
      error,
      labelFile === undefined ? { vectors: file } : { vectors: file, keys: labelFile },
    );
  }
  using index = await engine.format.RemoteIndex.open(written);
  const ms = performance.now() - started;
  progress.start(`writing ${output}`);
  await writeFile(output, [written]);
  progress.stop();
  const about = {
    vectors: nameOf(file),
    output,
    size: index.size,
    dimension: index.dimension,
    metric: index.metric,
    cells: index.cells,
    hash: index.hash,
    bytesWritten: written.length,
    ms,
  };
  tell(about, options, [
    ['vectors', `${nameOf(file)}: ${count(index.size)} of ${count(index.dimension)} numbers`],
    ['index', `${count(index.cells)} cells, ${index.metric}`],
    ['time', duration(ms)],
    ['written', `${output}: ${bytes(written.length)}`],
    ['hash', index.hash],
  ]);

  /** An index by what its file begins with, or plain vectors. */
  async function read(): Promise<{ vectors: VectorsToWrite; dimension?: number }> {
    const { Collection, Flat, Hnsw } = engine.hnsw;
    if (file !== '-' && !/\.(npy|npz|f32|bin)$/.test(file)) {
      const pieces: Uint8Array[] = [];
      for await (const piece of (await opened(file, progress)).bytes) pieces.push(piece);
      const whole = Buffer.concat(pieces);
      const kind = whole.toString('latin1', 12, 16);
      try {
        if (whole.toString('latin1', 0, 5) === 'slcol')
          return { vectors: Collection.load(whole) as VectorsToWrite };
        if (kind === 'FLAT') return { vectors: Flat.load(whole) as VectorsToWrite };
        if (kind === 'HNSW') return { vectors: Hnsw.load(whole) as VectorsToWrite };
      } catch (error) {
        throw explain(error, {}, file);
      }
    }
    const source = await openVectors(file, {
      dimension: options.dimension,
      from: '--dimension',
      bits: false,
      progress,
      label: 'reading',
    });
    const batches: Float32Array[] = [];
    let numbers = 0;
    for await (const { values } of source.batches) {
      batches.push(Float32Array.from(values));
      numbers += values.length;
    }
    const all = new Float32Array(numbers);
    let at = 0;
    for (const batch of batches) {
      all.set(batch, at);
      at += batch.length;
    }
    return { vectors: all, dimension: source.dimension };
  }
}

/** What has no search of its own on a server is published by its sections, an index or a graph where that is asked for. */
async function isForSections(file: string, { sections, graph }: PublishOptions): Promise<boolean> {
  if (sections && graph) throw new CliError('--sections and --graph: expected one of them');
  const kind = await kindOfFile(file);
  if (kind !== undefined)
    return sections || !['GRPH', 'FLAT', 'HNSW', 'COLL', 'TEXT'].includes(kind);
  if (sections) throw new CliError(`--sections: ${nameOf(file)} is no file that save() wrote`);
  return false;
}

async function publishSections(
  file: string,
  { output, ...options }: PublishOptions,
  progress: Progress,
): Promise<void> {
  onlyFor(options, `${nameOf(file)} is published as it is, by its sections`);
  await assertApart([file], { '--output': output });
  const engine = await engineFor(['format'], options);
  const started = performance.now();
  const pieces: Uint8Array[] = [];
  for await (const piece of (await opened(file, progress)).bytes) pieces.push(piece);
  progress.start('hashing');
  const { Bundle, writeRemoteFileAsync } = engine.format;
  let written: Uint8Array;
  try {
    written = await writeRemoteFileAsync(Buffer.concat(pieces), { signal: interrupt.signal });
  } catch (error) {
    throw explain(error, { saved: file, bytes: file });
  }
  const { kind, hash, segments } = await Bundle.open(written);
  const ms = performance.now() - started;
  progress.start(`writing ${output}`);
  await writeFile(output, [written]);
  progress.stop();
  const about = { file: nameOf(file), output, kind, hash, segments: segments.length };
  tell({ ...about, bytesWritten: written.length, ms }, options, [
    ['file', `${nameOf(file)}: ${kind}, ${count(segments.length)} segments`],
    ['time', duration(ms)],
    ['written', `${output}: ${bytes(written.length)}`],
    ['hash', hash as string],
  ]);
}

/** Options of vectors and graphs are not for other files. */
function onlyFor(options: Partial<PublishOptions>, because: string): void {
  for (const name of ['labels', 'dimension', 'metric', 'cells', 'undirected', 'exact'] as const)
    if (options[name] !== undefined) throw new CliError(`--${name}: ${because}`);
}

/** What was done, as JSON or for people. JSON does not go into what is written. */
function tell(
  about: { output: string; [fact: string]: unknown },
  { json, quiet }: CommonOptions,
  lines: [string, string][],
): void {
  if (json) say(JSON.stringify(about), about.output === '-' ? process.stderr : process.stdout);
  else if (!quiet) say(facts(lines), process.stderr);
}

/** A graph of any format that is read, as a file that is walked through on a server. */
async function publishGraph(
  file: string,
  { output, ...options }: PublishOptions,
  progress: Progress,
): Promise<void> {
  for (const name of ['labels', 'dimension', 'metric', 'cells'] as const)
    if (options[name] !== undefined)
      throw new CliError(`--${name} is for vectors, and ${nameOf(file)} is read as a graph`);
  await assertApart([file], { '--output': output });
  const engine = await engineFor(['graph', 'format'], options);
  const started = performance.now();
  const input = await readGraph(engine.graph.Graph, file, options, progress);
  progress.start('putting neighbours near each other');
  let written: Uint8Array;
  try {
    written = await engine.format.writeRemoteGraphAsync(input.graph, { signal: interrupt.signal });
  } catch (error) {
    throw explain(error, { graph: file });
  }
  using graph = await engine.format.RemoteGraph.open(written);
  const ms = performance.now() - started;
  progress.start(`writing ${output}`);
  await writeFile(output, [written]);
  progress.stop();
  const { nodeCount, edgeCount, directed, hash } = graph;
  const about = { graph: nameOf(file), output, nodeCount, edgeCount, directed, hash };
  tell({ ...about, bytesWritten: written.length, ms }, options, [
    ['graph', input.describe()],
    ['time', duration(ms)],
    ['written', `${output}: ${bytes(written.length)}`],
    ['hash', hash],
  ]);
}
