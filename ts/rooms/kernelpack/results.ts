// What a kernel is run with, and how a run ended.
import type { TensorData } from '../format/tensors.js';
import { type Layout, outputOf, type RunArguments } from './arena.js';

/** Options of {@link KernelPack.run}. */
export interface RunOptions extends RunArguments {
  /** Instructions that it may execute, as docs/kernelpack.md counts them. 10^9 by default. */
  fuel?: number;
}

/** Options of {@link KernelPack.runAsync}. */
export interface RunAsyncOptions extends RunArguments {
  /** Instructions that it may execute. Without it only time is limited, and the module runs unmetered. */
  fuel?: number;
  /** Milliseconds after which its thread is ended. 1000 by default. */
  timeMs?: number;
  /** Aborting it ends the thread, and rejects the promise with `signal.reason`. */
  signal?: AbortSignal;
}

/** A run that came to its end. */
export interface RunResult {
  outcome: 'ended';
  /** The tensors that the kernel writes, by name: the caller's arrays where they were given. */
  outputs: Record<string, TensorData>;
  /** What it returned, where its signature says that it does. */
  returned: number | undefined;
  /** Instructions that it executed; `undefined` where the module ran unmetered. */
  fuelUsed: number | undefined;
}

/**
 * A run that did not. `'workLimit'`: the fuel was used up, at the same instruction everywhere; `'timeLimit'`: its thread was
 * ended; `'trapped'`: it accessed what is not its memory, divided by zero, or gave up.
 */
export interface RunStopped {
  outcome: 'workLimit' | 'timeLimit' | 'trapped';
  outputs: undefined;
  returned: undefined;
  fuelUsed: number | undefined;
  /** The engine's words for a trap. */
  message: string;
}

export const nothing = { outputs: undefined, returned: undefined } as const;

export function stopped(isEmpty: boolean, fuel: number | undefined, trap: string): RunStopped {
  if (!isEmpty) return { ...nothing, outcome: 'trapped', fuelUsed: undefined, message: trap };
  const message = `the fuel of ${fuel} instructions is used up`;
  return { ...nothing, outcome: 'workLimit', fuelUsed: fuel, message };
}

export function ended(
  operation: string,
  layout: Layout,
  found: readonly Uint8Array[],
  returned: number | undefined,
  fuelUsed: number | undefined,
): RunResult {
  const outputs: Record<string, TensorData> = {};
  layout.outputs.forEach((output, i) => {
    outputs[output.name] = outputOf(operation, output, found[i] as Uint8Array);
  });
  return { outcome: 'ended', outputs, returned, fuelUsed };
}
