// workerd, the runtime of Cloudflare Workers, with real KV and R2 bindings that keep their data on disk.
//
//   const worker = await startWorker({ entry: '/path/to/worker.ts', kv: ['STORE'], r2: ['BUCKET'] });
//   const answer = await worker.fetch('/save');          // runs the entry's `export default { fetch(request, env) }`
//   await worker.stop();
//
// The entry is bundled the way wrangler does it: esbuild with the conditions "workerd", "worker" and "browser", and
// each .wasm import left in place, because the runtime compiles no bytes and takes compiled modules alone.
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build as buildFolder, importTool } from './tools.js';

export interface WorkerOptions {
  /** The worker's main module, JavaScript or TypeScript; imports are resolved from its own folder. */
  entry: string;
  /** Names of the KV namespaces that the worker finds in `env`. */
  kv?: readonly string[];
  /** Names of the R2 buckets that the worker finds in `env`. */
  r2?: readonly string[];
  /** Folder that keeps what KV and R2 hold after `stop()`; by default it is deleted with the worker. */
  persist?: string;
}

export interface RunningWorker {
  /** Sends a request to the worker. */
  fetch(path: string, init?: { method?: string; body?: string | Uint8Array }): Promise<Response>;
  /** Version of workerd. */
  readonly version: string;
  /** The bundle that runs: name and size of each file. */
  readonly files: readonly { name: string; bytes: number }[];
  /** Ends the process. */
  stop(): Promise<void>;
}

// Of the two packages only what is used here.
interface Esbuild {
  build(options: Record<string, unknown>): Promise<unknown>;
}
interface Miniflare {
  ready: Promise<URL>;
  dispatchFetch(url: string, init?: object): Promise<Response>;
  dispose(): Promise<void>;
}

/** Bundles a worker and starts it. The tools are installed at the first call. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { entry, kv = [], r2 = [] } = options;
  const esbuild = await importTool<Esbuild>('workerd', 'esbuild');
  const { Miniflare, NoOpLog } = await importTool<{
    Miniflare: new (options: object) => Miniflare;
    NoOpLog: new () => object;
  }>('workerd', 'miniflare');
  await mkdir(join(buildFolder, 'workers'), { recursive: true });
  const place = await mkdtemp(join(buildFolder, 'workers/run-'));
  const remove = () => rm(place, { recursive: true, force: true });
  const out = join(place, 'out');
  const state = options.persist ?? join(place, 'state');
  try {
    await esbuild.build({
      entryPoints: { worker: entry },
      outdir: out,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      format: 'esm',
      target: 'es2022',
      platform: 'browser',
      conditions: ['workerd', 'worker', 'browser'],
      loader: { '.wasm': 'copy' },
      assetNames: '[name]-[hash]',
      logLevel: 'silent',
    });
    const names = (await readdir(out)).sort();
    const modules = await Promise.all(
      // The first module is the main one.
      ['worker.mjs', ...names.filter((name) => name !== 'worker.mjs')].map(async (name) => ({
        type: name.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
        path: join(out, name),
        contents: await readFile(join(out, name)),
      })),
    );
    const miniflare = new Miniflare({
      modules: modules.map((module) =>
        module.type === 'ESModule'
          ? { ...module, contents: module.contents.toString('utf8') }
          : module,
      ),
      modulesRoot: out,
      compatibilityDate: '2026-04-01',
      host: '127.0.0.1',
      port: 0,
      // Otherwise it asks a server on the internet for facts about a connection.
      cf: false,
      log: new NoOpLog(),
      kvNamespaces: [...kv],
      r2Buckets: [...r2],
      kvPersist: join(state, 'kv'),
      r2Persist: join(state, 'r2'),
    });
    const stop = async () => {
      await miniflare.dispose();
      await remove();
    };
    await miniflare.ready.catch(async (error) => {
      await stop();
      throw error;
    });
    return {
      fetch: (path, init) => miniflare.dispatchFetch(new URL(path, 'http://worker/').href, init),
      version: (await importTool<{ version: string }>('workerd', 'workerd')).version,
      files: modules.map(({ path, contents }) => ({
        name: path.slice(out.length + 1),
        bytes: contents.byteLength,
      })),
      stop,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
