// Vitest compares typed arrays element by element through its general comparison, about a microsecond each: seconds for the
// files of megabytes that these tests compare. Two arrays of one kind that hold the same bytes are equal; whatever else
// there is to say about two arrays is left to the comparison of Vitest, which also writes the message.
import { expect } from 'vitest';

type View = ArrayBufferView & { length?: number };

function bytesOf({ buffer, byteOffset, byteLength }: View): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function sameBytes(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return undefined;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return undefined;
  if (a.byteLength !== b.byteLength) return undefined;
  const [left, right] = [bytesOf(a), bytesOf(b)];
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return undefined;
  return true;
}

expect.addEqualityTesters([sameBytes]);
