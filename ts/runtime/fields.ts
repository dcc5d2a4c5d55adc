// Plain C structs, options and results, as arrays of numbers: an f64 for each field, in the order of ts/generated/fields/.
// They lie in the runtime's small space for results, which every call writes anew.
import type { Runtime } from './runtime.js';

type Names = readonly string[];
type Value = number | boolean;

/** Puts all options where C reads them; the address to pass. Nothing may be called between this and the call. */
export function give<N extends Names>(
  runtime: Runtime,
  names: N,
  values: Record<N[number], Value>,
): number {
  return giveSome(runtime, names, values);
}

/** The same where options may be undefined: these are what `defaults`, a function of the module, says. */
export function giveOver<N extends Names>(
  runtime: Runtime,
  names: N,
  defaults: (address: number) => void,
  values: { [Name in N[number]]?: Value | undefined },
): number {
  defaults(runtime.out);
  return giveSome(runtime, names, values);
}

function giveSome(
  { f64, out }: Runtime,
  names: Names,
  values: { [name: string]: Value | undefined },
): number {
  for (const [i, name] of names.entries()) {
    const value = values[name];
    if (value !== undefined) f64[out / 8 + i] = Number(value);
  }
  return out;
}

/** What a function has written to `runtime.out`, by name. */
export function take<N extends Names>({ f64, out }: Runtime, names: N): Record<N[number], number> {
  const taken = {} as Record<string, number>;
  for (let i = 0; i < names.length; i++) taken[names[i] as string] = f64[out / 8 + i] as number;
  return taken as Record<N[number], number>;
}
