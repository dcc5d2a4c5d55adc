// Collections and indexes from the files of other libraries. Those that need a library to read them stand apart:
// sublinear/import/arrow (apache-arrow) and sublinear/import/parquet (hyparquet).

export type { ImportOptions, ImportProgress } from './import/collect.js';
export { fromHnswlib, type HnswlibOptions } from './import/hnswlib.js';
export { fromNumpy, type NumpyOptions } from './import/numpy.js';
export { fromOrama, type OramaData, type OramaOptions } from './import/orama.js';
export { fromVectra, type VectraOptions } from './import/vectra.js';
export type { Collection } from './rooms/hnsw/collection.js';
export type { Key } from './rooms/hnsw/collection-items.js';
export type { Hnsw } from './rooms/hnsw/hnsw-index.js';
export type * from './rooms/hnsw/types.js';
export * from './runtime/errors.js';
export type { AsyncBytesSource, BytesSource } from './runtime/file.js';
export type { AsyncOptions } from './runtime/steps.js';
