// Where files of graphs, matrices and indexes are kept. The adapters that need something that is not everywhere stand apart:
// sublinear/store/node (node:fs) and sublinear/store/indexeddb (the package idb).
export * from './runtime/errors.js';
export type { AsyncBytesSource, BytesSource } from './runtime/file.js';
export {
  type KVBinding,
  kvStore,
  type R2Binding,
  r2Store,
} from './store/cloudflare.js';
export type { Store, StoreEntry, StoreFile, StoreLog, StorePutOptions } from './store/common.js';
export { type MemoryStoreOptions, memoryStore } from './store/memory.js';
export { opfsStore } from './store/opfs.js';
