// Where files of graphs, matrices and indexes are kept. The adapters that need something that is not everywhere stand apart:
// sublinear/store/node (node:fs) and sublinear/store/indexeddb (the package idb).
export * from './internal/errors.js';
export type { AsyncBytesSource, BytesSource } from './internal/file.js';
export {
  type KVBinding,
  kvStore,
  type R2Binding,
  r2Store,
} from './internal/store/cloudflare.js';
export type { Store, StoreEntry, StorePutOptions } from './internal/store/common.js';
export { type MemoryStoreOptions, memoryStore } from './internal/store/memory.js';
export { opfsStore } from './internal/store/opfs.js';
