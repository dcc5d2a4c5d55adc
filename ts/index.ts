// The engine: `import { getEngine } from 'sublinear'`. What stands here is public.

export { createEngine, getEngine } from './engine/all.js';
export type {
  CreateEngineOptions,
  Engine,
  EngineOptions,
  EngineStats,
  MemoryProfile,
} from './engine/engine.js';
export type { WasmInput, WasmSource } from './engine/loader.js';
export type { Capabilities } from './engine/variants.js';
export type { RoomName, Variant } from './generated/bundles.js';
export { version } from './generated/bundles.js';
export type { Rooms } from './generated/rooms.js';
export type { BenchmarkOptions, BenchmarkResult } from './runtime/benchmark.js';
export * from './runtime/errors.js';
