// Saved files through both doors: how they are written and read, and what can happen to them.
import { isSublinearError } from 'sublinear';
import { random } from './door.js';
import { RawFailure, type RawModule } from './raw.js';
import { piecesOf } from './text.js';

/** Four letters as the number that stands in a file. */
function tagOf(letters: string): number {
  return new DataView(Uint8Array.from(letters, (letter) => letter.charCodeAt(0)).buffer).getUint32(
    0,
    true,
  );
}

/** The whole file of a writer of the raw ABI, `step` bytes at a time; the writer is destroyed. */
export function writeRaw(module: RawModule, made: number, step = 1 << 16): Uint8Array {
  const { call } = module;
  const writer = module.made(made);
  try {
    const size = module.with([new Float64Array(1)], (out) => {
      module.check(call.sl_abi_writer_size!(writer, out));
      return module.f64(out, 1)[0]!;
    });
    const pieces: number[] = [];
    for (let left = size; left > 0; ) {
      const piece = module.with([new Uint8Array(step), new Uint32Array(1)], (buffer, written) => {
        module.check(call.sl_abi_writer_next!(writer, buffer, step, written));
        const { buffer: memory } = module.view();
        return new Uint8Array(memory.slice(buffer, buffer + module.u32(written, 1)[0]!));
      });
      pieces.push(...piece);
      left -= piece.length;
    }
    return Uint8Array.from(pieces);
  } finally {
    module.check(call.sl_abi_writer_destroy!(writer));
  }
}

/** What a reader of the raw ABI makes of a file, fed `step` bytes at a time. */
export function loadRaw<T>(
  module: RawModule,
  kind: string,
  bytes: Uint8Array,
  known: boolean,
  step: number,
  keep: (reader: number) => T,
): T {
  const { call } = module;
  const reader = module.made(call.sl_abi_reader_create!(tagOf(kind), known ? bytes.length : 0));
  try {
    for (const piece of piecesOf(bytes, step)) {
      module.with([piece], (at) =>
        module.check(call.sl_abi_reader_feed!(reader, at, piece.length)),
      );
    }
    return keep(reader);
  } finally {
    module.check(call.sl_abi_reader_destroy!(reader));
  }
}

/** Where the sections begin. */
export function headBytes(bytes: Uint8Array): number {
  return 32 + 16 * new DataView(bytes.buffer, bytes.byteOffset).getUint32(16, true);
}

/**
 * Damages a file in every way that the format promises to find, and counts the errors by code: cut at each byte of the
 * head and at many of the body, each bit of the head flipped, `flips` random bits of the body, bytes behind the end.
 * `load` must throw each time; what it makes of the file is freed by itself.
 */
export function damage(
  bytes: Uint8Array,
  flips: number,
  load: (bytes: Uint8Array) => void,
): Record<string, number> {
  const found: Record<string, number> = {};
  const refused = (what: string, changed: Uint8Array) => {
    let code = 'nothing';
    try {
      load(changed);
    } catch (error) {
      if (!(error instanceof RawFailure) && !isSublinearError(error)) throw error;
      code = error.code;
    }
    const key = `${what}: ${code}`;
    found[key] = (found[key] ?? 0) + 1;
  };
  const head = headBytes(bytes);
  for (let cut = 0; cut < bytes.length; cut += cut < head ? 1 : 13)
    refused('cut', bytes.subarray(0, cut));
  const longer = new Uint8Array(bytes.length + 16);
  longer.set(bytes);
  refused('longer', longer);
  refused('longer', longer.subarray(0, bytes.length + 1));
  const changed = bytes.slice();
  const flip = (what: string, bit: number) => {
    changed[bit >> 3]! ^= 1 << (bit & 7);
    refused(what, changed);
    changed[bit >> 3]! ^= 1 << (bit & 7);
  };
  for (let bit = 0; bit < 8 * head; bit++) flip('head', bit);
  const next = random(5);
  for (let i = 0; i < flips; i++)
    flip('body', 8 * head + Math.floor(next() * 8 * (bytes.length - head)));
  return found;
}
