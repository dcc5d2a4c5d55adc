// The parts of a pack's file, against each other.
import { bytesOf } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import type { Runtime } from '../../runtime/runtime.js';
import type { Bundle } from '../format/bundle.js';
import { hex } from '../format/directory.js';
import type { Manifest } from './manifest.js';
import { sha256 } from './write.js';

/** The text of the manifest. */
export async function textOf(operation: string, bundle: Bundle): Promise<string> {
  if (!bundle.has('manifest') || !bundle.has('program')) {
    const message = '"source": expected a kernel pack, got a file without manifest and program';
    throw new SublinearError('FORMAT', operation, message, { argument: 'source' });
  }
  const { data } = await bundle.read('manifest');
  if (typeof data === 'string') return data;
  const message = '"source": expected a manifest that is a text';
  throw new SublinearError('FORMAT', operation, message, { argument: 'source' });
}

/** The module that the manifest speaks of. */
export async function moduleOf(
  runtime: Runtime,
  operation: string,
  bundle: Bundle,
  { wasm }: Manifest,
): Promise<Uint8Array> {
  const { data } = await bundle.read('program');
  const bytes = bytesOf(operation, 'source', data);
  const is = bytes !== undefined && bytes.length === wasm.bytes;
  if (is && hex(sha256(runtime, operation, bytes)) === wasm.sha256) return bytes;
  const message = '"source": the program is not the one that the manifest speaks of';
  throw new SublinearError('CHECKSUM', operation, message, { argument: 'source' });
}

/** The segments that the manifest speaks for are those of the file. */
export function assertSegments(operation: string, bundle: Bundle, manifest: Manifest): void {
  const own = new Map(bundle.segments.map((segment) => [segment.name, segment]));
  for (const { name, type, shape, root } of manifest.segments) {
    const found = own.get(name);
    const same =
      found !== undefined &&
      found.root === root &&
      found.type === type &&
      found.shape.join() === shape.join();
    if (same) continue;
    const message = `"source": the segment "${name}" is not the one that the manifest speaks of`;
    throw new SublinearError('CHECKSUM', operation, message, { argument: 'source' });
  }
}
