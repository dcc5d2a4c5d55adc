// Types of results that depend on an option.

/**
 * What the type of an options object says about one option, `undefined` when it does not mention it. Asking `O extends
 * { key?: T }` would not do: an object that shares no key with a type of optional keys only does not extend it.
 */
export type Given<O, Key extends string> = Key extends keyof O ? O[Key] : undefined;

/** The array of an `output` option: float64 unless float32 is asked for, both when that is open. */
export type OutputArray<Output> = Output extends 'float32'
  ? Float32Array<ArrayBuffer>
  : Float64Array<ArrayBuffer>;
