// Building an index with the workers of a pool, in memory that they share. Without a pool, or where threads share no memory,
// this thread does all the units, to the same bits.
import { version } from '../../generated/bundles.js';
import { hnswOptions } from '../../generated/fields/hnsw.js';
import type { Hnsw as RawHnsw } from '../../generated/raw/vector.js';
import { make } from '../../runtime/brand.js';
import { SublinearError } from '../../runtime/errors.js';
import { type Instance, isSharedMemory } from '../../runtime/instance.js';
import type { RawObject, Runtime } from '../../runtime/runtime.js';
import { Scratch } from '../../runtime/scratch.js';
import { type AsyncOptions, asyncOptions, runAsync } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { BOARD_BYTES, BuildBoard } from './build-board.js';
import { elementsOf } from './elements.js';
import { giveOptions } from './options.js';
import { beginPlace, freezePlace, joinPlace, sharing } from './shared-index.js';
import type {
  BuildBatch,
  BuildEngine,
  BuildOptions,
  BuildPlace,
  BuildPool,
  SharedIndex,
} from './shared-types.js';
import type { AddProgress, HnswOptions } from './types.js';

/** Bytes of vectors that are copied at once. */
const PIECE = 1 << 20;
/** Work of a unit, as the slices of an asynchronous call count it. */
const UNIT_WORK = 300;
/** How often `onProgress` hears of what workers have done, and a dispose of the engine is noticed. */
const PROGRESS_MS = 50;

/** What {@link Hnsw.buildShared} is given, checked. */
interface Given {
  home: Runtime;
  operation: string;
  options: HnswOptions;
  ids: BuildBatch['ids'];
  vectors: Uint8Array | Float32Array | Float64Array;
  /** Elements and bytes of a vector, and how many vectors there are. */
  width: number;
  stride: number;
  count: number;
  pool: BuildPool | undefined;
  how: AsyncOptions<AddProgress>;
}

/** The functions of a build that the thread that begins it calls, in a module of its own or in a shared memory. */
interface Building {
  runtime: Runtime;
  add(ids: number, vectors: number, count: number, added: number): number;
}

/** Builds an index and gives it as `share()` does. */
export async function buildShared(
  home: Runtime,
  operation: string,
  options: HnswOptions,
  batch: BuildBatch,
  build: BuildOptions | undefined,
): Promise<SharedIndex> {
  const given = checked(home, operation, options, batch, build);
  const module = given.pool === undefined ? undefined : await sharing(home, operation);
  const built = module === undefined ? await alone(given) : await together(given, module);
  return { kind: 'hnsw', version, ...built };
}

export function checkPool(operation: string, pool: BuildPool | undefined): void {
  if (pool === undefined || (typeof pool?.run === 'function' && pool.size >= 1)) return;
  const expected = 'a pool that createPool() of sublinear/worker made';
  throw check.typeError(operation, 'pool', expected, pool);
}

function checked(
  home: Runtime,
  operation: string,
  options: HnswOptions,
  batch: BuildBatch,
  build: BuildOptions | undefined,
): Given {
  const { pool, ...rest } = check.options(operation, build, ['pool', 'signal', 'onProgress']);
  const how = asyncOptions(operation, rest);
  checkPool(operation, pool);
  giveOptions(home, operation, options); // for its checks
  const { ids, vectors } = check.options(operation, batch, ['ids', 'vectors']);
  const bits = options.metric === 'hamming';
  const width = bits ? Math.ceil(options.dimension / 8) : options.dimension;
  const source = elementsOf(operation, 'vectors', vectors, { bits, width });
  const stride = bits ? width : 4 * width;
  const shape = { width, stride, count: source.length / width };
  return { home, operation, options, ids, vectors: source, ...shape, pool, how };
}

// --- One thread ---

async function alone(given: Given): Promise<Pick<SharedIndex, 'bytes' | 'file'>> {
  const { home, operation, options, count, how } = given;
  const { out } = home;
  const index = home.made(operation, home.raw.Hnsw.create(giveOptions(home, operation, options)));
  const made: RawObject[] = [index];
  try {
    const raw = home.made(operation, home.raw.HnswBuild.create(index, count));
    made.unshift(raw);
    await addAll(given, { runtime: home, add: (...args) => raw.add(...args) });
    const next = () => {
      home.check(operation, raw.next(out));
      return home.outU32();
    };
    let [units, unit] = [next(), 0];
    const step = (work: number) => {
      for (let left = unitsOf(work); left > 0 && units > 0; left--) {
        home.check(operation, raw.unit(unit++));
        if (unit === units) [units, unit] = [next(), 0];
      }
      return units === 0;
    };
    const progress = () => ({ added: raw.done(), total: count });
    await runAsync({ runtime: home, operation, step, progress }, [], how);
    made.shift()?.delete();
    return { bytes: index.bytes(), file: fileOf(home, operation, index) };
  } finally {
    if (home.alive) for (const object of made) object.delete();
  }
}

/** What `save()` of an index gives. */
function fileOf(runtime: Runtime, operation: string, index: RawHnsw): Uint8Array<ArrayBuffer> {
  const size = index.fileSize();
  const file = make(operation, size, () => new Uint8Array(size));
  return runtime.scratch(operation, (scratch) => {
    const piece = scratch.bytes(PIECE);
    let at = 0;
    do {
      runtime.check(operation, index.save(at, piece, PIECE, runtime.out));
      const some = runtime.outU32();
      file.set(runtime.u8.subarray(piece, piece + some), at);
      at += some;
    } while (at < size);
    return file;
  });
}

const unitsOf = (work: number) => Math.max(1, Math.round(work / UNIT_WORK));

/** Copies the vectors in, a piece at a time. */
async function addAll(
  { operation, ids, vectors, width, stride, count, how }: Given,
  { runtime, add }: Building,
): Promise<void> {
  const scratch = new Scratch(runtime, operation);
  try {
    const { address, length } = scratch.indices('ids', ids);
    if (length !== count)
      throw check.shapeError(operation, 'vectors', length * width, vectors.length);
    const most = Math.max(1, Math.floor(PIECE / stride));
    const piece = scratch.bytes(Math.min(most, count) * stride);
    let added = 0;
    const step = () => {
      const some = Math.min(most, count - added);
      const part = vectors.subarray(added * width, (added + some) * width);
      if (part instanceof Uint8Array) runtime.u8.set(part, piece);
      else runtime.f32.set(part, piece / 4);
      const status = add(address + 4 * added, piece, some, runtime.out);
      if (status !== 0) throw failureAt(runtime, operation, added);
      added += some;
      return added === count;
    };
    const progress = () => ({ added: 0, total: count });
    if (count > 0) await runAsync({ runtime, operation, step, progress }, [], how);
  } finally {
    if (runtime.alive) scratch.release();
  }
}

/** The error of a piece whose first vector is number `before`. */
function failureAt(runtime: Runtime, operation: string, before: number): Error {
  const error = runtime.failure(operation) as SublinearError & { position?: number };
  const { position } = error;
  if (position === undefined) return error;
  error.message = error.message.replace(`position ${position}`, `position ${position + before}`);
  error.position = position + before;
  return error;
}

// --- The workers of a pool ---

async function together(
  given: Given,
  module: WebAssembly.Module,
): Promise<Pick<SharedIndex, 'bytes' | 'place'>> {
  const { home, operation, options, count } = given;
  const asked = giveOptions(home, operation, options);
  home.check(operation, home.raw.estimateHnswBytes(asked, count, home.out));
  const bytes = home.outU32(0) + home.outU32(1) * 2 ** 32;
  const { runtime, instance } = await beginPlace(home, operation, module, bytes);
  // The arguments of the function are the fields of the struct, in their order.
  const struct = giveOptions(home, operation, options) / 8;
  const fields = home.f64.slice(struct, struct + hnswOptions.length);
  const index = instance.make(operation, 'sl_abi_hnsw_create', ...fields);
  const build = instance.make(operation, 'sl_abi_hnsw_build_create', index, count);
  const add = (...args: number[]) => instance.call('sl_abi_hnsw_build_add', build, ...args);
  await addAll(given, { runtime, add });
  home.assertAlive(operation);
  const regions = instance.makeRegions();
  const at = instance.make(operation, 'sl_abi_alloc', BOARD_BYTES);
  runtime.u8.fill(0, at, at + BOARD_BYTES);
  instance.do(operation, 'sl_abi_hnsw_build_next', build, instance.results);
  const units = instance.resultU32();
  if (units > 0) {
    const board = new BuildBoard(instance.memory, at);
    board.begin(units, 0);
    const address = instance.call('sl_instance_build_address', build) >>> 0;
    const place = { version, memory: instance.memory, regions, build: address, board: at };
    await withPool(given, place, board);
  }
  home.assertAlive(operation);
  // Nobody works on it any more; the board stays, for a worker that comes too late.
  instance.do(operation, 'sl_abi_hnsw_build_destroy', build);
  return freezePlace(instance, operation, index, 'hnsw', regions);
}

/** Lets the workers work until the build is done. */
async function withPool(given: Given, place: BuildPlace, board: BuildBoard): Promise<void> {
  const { home, operation, count, pool, how } = given;
  const { run, size } = pool as BuildPool;
  const waiting = new Set<AbortController>();
  const working: PromiseLike<unknown>[] = [];
  const jobs = Array.from({ length: size }, async () => {
    const own = new AbortController();
    waiting.add(own);
    const job = async ({ hnsw }: BuildEngine) => {
      waiting.delete(own);
      const work = hnsw.Hnsw.joinBuild(place);
      working.push(work);
      await work;
    };
    await run.call(pool, job, { signal: own.signal, retries: 0 });
  });
  let stop!: () => void;
  let timer: ReturnType<typeof setInterval> | undefined;
  // What goes wrong between jobs, which may all wait for workers: an abort, an error of onProgress, an engine that is disposed.
  const wrong = new Promise<never>((_, reject) => {
    stop = () => {
      board.end('stopped');
      reject(how.signal?.reason);
    };
    how.signal?.addEventListener('abort', stop);
    const tell = () => {
      try {
        home.assertAlive(operation);
        how.onProgress?.({ added: board.done, total: count });
      } catch (error) {
        reject(error);
      }
    };
    tell();
    timer = setInterval(tell, PROGRESS_MS);
  });
  try {
    how.signal?.throwIfAborted();
    // The first that ends: the build has ended, or it cannot go on.
    await Promise.race([wrong, ...jobs]);
    how.signal?.throwIfAborted();
    // All that came to work have left the build.
    await Promise.all(working);
    if (board.state !== 'done')
      throw new SublinearError('CRASHED', operation, 'a worker ended before the index was built');
  } catch (error) {
    board.end('stopped');
    throw how.signal?.aborted ? how.signal.reason : error;
  } finally {
    clearInterval(timer);
    how.signal?.removeEventListener('abort', stop);
    // Jobs that still wait for a worker have nothing to do any more.
    for (const own of waiting) own.abort();
    for (const promise of [...jobs, wrong]) promise.catch(() => {});
  }
}

const placeKeys = ['version', 'memory', 'regions', 'build', 'board'] as const;

/** Works in this thread on a build until it has ended. Gives the number of units done here. */
export async function joinBuild(
  home: Runtime,
  operation: string,
  given: BuildPlace,
): Promise<number> {
  const place = check.options(operation, given, [...placeKeys]);
  if (place === undefined || !isSharedMemory(place.memory))
    throw check.typeError(operation, 'place', 'what Hnsw.buildShared() gives its pool', given);
  if (place.version !== version) {
    const reason = `"place" comes from version ${place.version} of this package, and this is ${version}`;
    throw new SublinearError('UNSUPPORTED', operation, reason, { argument: 'place' });
  }
  const board = new BuildBoard(place.memory, place.board);
  if (board.state !== 'going') return 0;
  try {
    const { runtime, instance } = await joinPlace(home, operation, {
      memory: place.memory as WebAssembly.Memory,
      regions: place.regions,
    });
    return await work(runtime, instance, operation, place, board);
  } catch (error) {
    board.end('stopped');
    throw error;
  }
}

async function work(
  runtime: Runtime,
  instance: Instance,
  operation: string,
  place: BuildPlace,
  board: BuildBoard,
): Promise<number> {
  let count = 0;
  instance.hold();
  try {
    const builder = instance.make(operation, 'sl_instance_builder_create', place.build);
    const next = () => {
      const { results } = instance;
      instance.do(operation, 'sl_instance_builder_next', builder, results, results + 4);
      const [units, done] = [instance.resultU32(0), instance.resultU32(1)];
      if (units > 0) board.begin(units, done);
      else board.end('done');
    };
    const step = (some: number) => {
      for (let left = unitsOf(some); left > 0; left--) {
        const { bell } = board;
        if (board.state !== 'going') return true;
        const unit = board.take();
        if (unit === undefined) {
          board.wait(bell);
          return false;
        }
        instance.do(operation, 'sl_instance_builder_unit', builder, unit);
        count++;
        if (board.ended()) next();
      }
      return false;
    };
    await runAsync({ runtime, operation, step, progress: () => undefined }, [], {});
    instance.do(operation, 'sl_instance_builder_destroy', builder);
  } finally {
    instance.letGo();
  }
  return count;
}
