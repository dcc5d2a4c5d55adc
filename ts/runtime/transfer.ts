// Objects from one module's memory to another's: their arrays are copied, and nothing is checked or computed again.
import type { RawObject, Runtime } from './runtime.js';

/** What the C object of a class that can cross has. */
export interface Copied extends RawObject {
  /** Writes the description: address and bytes of each array, then what else makes up the object. */
  transferOut(out: number): void;
  bytes(): number;
}

/** How objects of a class cross; a static member of the class. */
export interface Transfer<R extends Copied> {
  /** Arrays that a description begins with, and numbers that it has in all: see csrc/<room>/transfer.h. */
  arrays: number;
  numbers: number;
  /** Makes the object that is described, its arrays not filled yet. */
  receive(runtime: Runtime, description: number): R | null;
}

/** A copy of `raw`, which lives in `source`, in the memory of `target`. */
export function copyAcross<R extends Copied>(
  operation: string,
  source: Runtime,
  raw: R,
  target: Runtime,
  { arrays, numbers, receive }: Transfer<R>,
): R {
  raw.transferOut(source.out);
  const from = source.copyF64(source.out, numbers);
  target.f64.set(from, target.out / 8);
  const copy = target.made(operation, receive(target, target.out));
  copy.transferOut(target.out);
  for (let i = 0; i < arrays; i++) {
    const [address, bytes] = [from[2 * i] as number, from[2 * i + 1] as number];
    target.u8.set(source.u8.subarray(address, address + bytes), target.outF64(2 * i));
  }
  target.copiesMade++;
  return copy;
}
