// The engine: `import { getEngine } from 'sublinear'`. What stands here is public.

export {
  type CreateEngineOptions,
  createEngine,
  type Engine,
  type EngineOptions,
  type EngineStats,
  getEngine,
  type MemoryProfile,
} from './engine/engine.js';
export type { WasmInput, WasmSource } from './engine/loader.js';
export type { RoomName, Rooms } from './engine/rooms.js';
export type { Capabilities } from './engine/variants.js';
export type { Variant } from './generated/bundles.js';
export { version } from './generated/bundles.js';
export type { BenchmarkOptions, BenchmarkResult } from './runtime/benchmark.js';
export * from './runtime/errors.js';
