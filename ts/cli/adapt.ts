// sublinear adapt clicks.csv --queries queries.npy --documents documents.npy -o adapter.slv
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, nameOf, writeFile } from './files.js';
import { print } from './output.js';
import { readTable } from './table-file.js';
import { CliError, digits, EXIT, interrupt, type Progress } from './terminal.js';
import { openVectors } from './vectors.js';

export interface AdaptOptions extends CommonOptions {
  queries: string;
  documents: string;
  output: string;
  dimension?: number;
  rank?: number;
  both?: boolean;
  epochs: number;
  batch: number;
  rate: number;
  temperature: number;
  seed: number;
}

export async function adapt(
  path: string,
  options: AdaptOptions,
  progress: Progress,
): Promise<void> {
  await assertApart([path, options.queries, options.documents], { '--output': options.output });
  const table = await readTable(path, progress);
  const queries = await vectorsOf(options.queries, options.dimension, progress);
  const documents = await vectorsOf(options.documents, queries.dimension, progress);
  const asked = rowsOf(path, 'query', table.numbers('query'), queries.count);
  const clicked = rowsOf(path, 'document', table.numbers('document'), documents.count);
  const { dimension } = queries;
  const rows = new Float32Array(asked.length * dimension);
  for (const [i, at] of asked.entries())
    rows.set(queries.values.subarray(at * dimension, (at + 1) * dimension), i * dimension);
  const { rank, both, epochs, batch, rate, temperature, seed } = options;
  const engine = await engineFor(['lora'], options);
  try {
    const adapter = engine.lora.LoraAdapter.create({
      inputs: dimension,
      ...(rank !== undefined && { rank }),
      seed,
    });
    const result = await adapter.trainAsync(
      { queries: rows, documents: documents.values, clicked },
      {
        epochs,
        batch,
        rate,
        temperature,
        seed,
        adapts: both ? 'both' : 'queries',
        signal: interrupt.signal,
      },
    );
    const [first = result.loss] = result.losses;
    if (result.outcome === 'converged') await writeFile(options.output, adapter.saveInPieces());
    print(
      {
        about: [
          ['clicks', String(clicked.length)],
          ['outcome', result.outcome],
          ['steps', String(result.steps)],
          ['loss', `${digits(first)}, then ${digits(result.loss)}`],
        ],
        columns: ['epoch', 'loss'],
        rows: [...result.losses].map((loss, i) => [i + 1, loss] as const),
        table: null,
        json: () => ({ ...result, losses: [...result.losses], clicks: clicked.length }),
      },
      options,
      options.output === '-' ? process.stderr : process.stdout,
    );
    if (result.outcome === 'breakdown') process.exitCode = EXIT.notConverged;
  } catch (error) {
    throw explain(error, {
      queries: options.queries,
      documents: options.documents,
      clicked: path,
    });
  } finally {
    engine.dispose();
  }
}

async function vectorsOf(path: string, dimension: number | undefined, progress: Progress) {
  const file = await openVectors(path, {
    ...(dimension !== undefined && { dimension }),
    from: '--dimension',
    bits: false,
    progress,
    label: nameOf(path),
  });
  const parts: Float32Array[] = [];
  let length = 0;
  for await (const { values } of file.batches) {
    const part = Float32Array.from(values);
    parts.push(part);
    length += part.length;
  }
  const values = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return { values, dimension: file.dimension, count: length / file.dimension };
}

/** Numbers of rows, from 0. */
function rowsOf(path: string, column: string, numbers: Float64Array, count: number): Uint32Array {
  const bad = numbers.findIndex((row) => !(Number.isInteger(row) && row >= 0 && row < count));
  if (bad >= 0)
    throw new CliError(
      `${nameOf(path)}: "${column}" of line ${bad + 2} expected a number of a vector, 0 to ${count - 1}, got ${numbers[bad]}`,
    );
  return Uint32Array.from(numbers);
}
