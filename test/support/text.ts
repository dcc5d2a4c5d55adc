// Text for readers, through the raw ABI and for the TypeScript door.
import type { RawModule } from './raw.js';

/** A text as bytes; strings hold one byte a character where they are not ASCII. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The same bytes in pieces of this size. */
export function piecesOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

/** Runs a reader of the raw ABI over pieces; `finish` gives the handle of what was read. */
export function readRaw<T>(
  module: RawModule,
  name: string,
  create: number[],
  pieces: Uint8Array[],
  keep: (handle: number, reader: number) => T,
): T {
  const { call } = module;
  const reader = module.made(call[`sl_abi_${name}_create`]!(...create));
  try {
    for (const piece of pieces) {
      module.with([piece], (at) =>
        module.check(call[`sl_abi_${name}_feed`]!(reader, at, piece.length)),
      );
    }
    return keep(module.made(call[`sl_abi_${name}_finish`]!(reader)), reader);
  } finally {
    module.check(call[`sl_abi_${name}_destroy`]!(reader));
  }
}
