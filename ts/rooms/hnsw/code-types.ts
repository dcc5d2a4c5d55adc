// What rows of an index are made of.

/** See {@link HnswOptions.codes}. */
export type Codes =
  | 'none'
  | 'int8'
  | 'binary'
  | 'sketch'
  | 'float16'
  | 'rabitq'
  | 'rabitq2'
  | 'rabitq4'
  | 'rabitq8';
/** See {@link FlatOptions.codes}. */
export type FlatCodes = Exclude<Codes, 'sketch' | 'binary'> | 'pq';
/** See {@link HnswOptions.rerank}. */
export type Rerank = 'none' | 'float16' | 'float32' | 'rabitq4';
