// sublinear segments : what is in a file of this package, here or on a server; one segment of it; what save() wrote again.
import type { Bundle, Tensor } from '../rooms/format/format.js';
import { type CommonOptions, engineFor, explain } from './engine.js';
import { assertApart, blobOf, nameOf, writeFile } from './files.js';
import { outputFormat, print } from './output.js';
import { isAddress } from './search-remote.js';
import { bytes, CliError, count, interrupt, type Progress, say } from './terminal.js';

export interface SegmentsOptions extends CommonOptions {
  output?: string;
  saved?: boolean;
  from?: number;
  to?: number;
}

export async function segments(
  file: string,
  name: string | undefined,
  options: SegmentsOptions,
  progress: Progress,
): Promise<void> {
  const { output, saved = false, from, to } = options;
  if (saved && name !== undefined)
    throw new CliError('--saved gives back the whole file: expected no name of a segment');
  if ((saved || name !== undefined) !== (output !== undefined))
    throw new CliError('expected -o, and the name of a segment or --saved, or none of them');
  if (name === undefined && (from !== undefined || to !== undefined))
    throw new CliError('--from and --to are rows of a segment: expected its name');
  if (file === '-') throw new CliError('ranges of standard input cannot be read: name a file');
  outputFormat(options);
  await assertApart([isAddress(file) ? undefined : file], { '--output': output });
  const engine = await engineFor(['format'], options);
  const { signal } = interrupt;
  try {
    const source = isAddress(file) ? file : await blobOf(file);
    const bundle = await engine.format.Bundle.open(source, { signal });
    if (output === undefined) return list(file, bundle, options);
    progress.start(`reading ${file}`);
    const content = saved
      ? await bundle.saved({ signal })
      : contentOf(
          await bundle.read(name as string, {
            ...(from !== undefined && { from }),
            ...(to !== undefined && { to }),
            signal,
          }),
        );
    progress.stop();
    await writeFile(output, [content]);
    if (!options.quiet) say(`${output}: ${bytes(content.length)}`, process.stderr);
  } catch (error) {
    throw explain(error, { bytes: file, name: nameOf(file) });
  } finally {
    progress.stop();
    engine.dispose();
  }
}

function contentOf({ data }: Tensor): Uint8Array {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function list(file: string, bundle: Bundle, options: SegmentsOptions): void {
  const { kind, hash, fileBytes } = bundle;
  const rows = bundle.segments.map(({ name, type, shape, offset, length }) => {
    return [name, type, shape.join(' x '), offset, length];
  });
  print(
    {
      about: [
        ['file', `${nameOf(file)}: ${kind}, ${bytes(fileBytes)}, ${count(rows.length)} segments`],
        ...(hash === undefined ? [] : [['hash', hash] as const]),
      ],
      columns: ['segment', 'type', 'shape', 'offset', 'bytes'],
      rows,
      json: () => ({ file: nameOf(file), kind, fileBytes, hash, segments: bundle.segments }),
    },
    options,
  );
}
