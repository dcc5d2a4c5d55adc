// Work of a C object that lives as long as the call that made it.
import type { Runtime } from './runtime.js';
import {
  type AsyncOptions,
  type Begun,
  type Call,
  runLater,
  runNow,
  type StepJob,
  type WorkProgress,
} from './steps.js';

interface Owned {
  job(): StepJob | null;
  delete(): void;
}

/** Makes the C object, whose work the call is. */
export type Make<Raw extends Owned, Options> = (call: Call<Options>) => Raw | null;

interface Limited {
  maxTimeMs?: number;
}

/** Runs it to its end and frees it, whichever way that is. */
export function ownedNow<Raw extends Owned, Options extends Limited, Result>(
  runtime: Runtime,
  operation: string,
  options: Options,
  make: Make<Raw, Options>,
  read: (raw: Raw) => Result,
): Result {
  const kept: Kept<Raw> = {};
  try {
    return runNow(runtime, operation, options, (call) => begin(call, kept, make, read));
  } finally {
    drop(runtime, kept);
  }
}

/** The same in slices. */
export async function ownedLater<Raw extends Owned, Options extends Limited, Result>(
  runtime: Runtime,
  operation: string,
  options: Options & AsyncOptions<WorkProgress>,
  make: Make<Raw, Options>,
  read: (raw: Raw) => Result,
): Promise<Result> {
  const kept: Kept<Raw> = {};
  try {
    return await runLater(runtime, operation, options, (call) => begin(call, kept, make, read));
  } finally {
    drop(runtime, kept);
  }
}

interface Kept<Raw> {
  raw?: Raw;
}

function drop(runtime: Runtime, { raw }: Kept<Owned>): void {
  if (runtime.alive) raw?.delete();
}

function begin<Raw extends Owned, Options, Result>(
  call: Call<Options>,
  kept: Kept<Raw>,
  make: Make<Raw, Options>,
  read: (raw: Raw) => Result,
): Begun<WorkProgress, Result> {
  const raw = call.runtime.made(call.operation, make(call));
  kept.raw = raw;
  return { raw, holds: [], result: () => read(raw) };
}
