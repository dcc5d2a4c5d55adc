// Graph databases of others behind one interface: Ladybug, native, and kuzu-wasm. bench/peers/property.sh installs them.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A row by the names of its columns. */
export type PeerRow = Record<string, unknown>;

/** A table of nodes or relationships: its definition, and its rows as CSV without a header. */
export interface PeerTable {
  name: string;
  definition: string;
  csv: string;
}

export interface GraphPeer {
  name: string;
  /** Runs a statement for its rows. */
  ask(text: string): PeerRow[] | Promise<PeerRow[]>;
  /** A statement that is prepared once. */
  prepare(
    text: string,
  ): Promise<(parameters: Record<string, unknown>) => PeerRow[] | Promise<PeerRow[]>>;
  load(tables: readonly PeerTable[]): Promise<void>;
  close(): Promise<void>;
}

const folder = fileURLToPath(new URL('../../build/property-peers/', import.meta.url));

/** The package, or undefined where it is not installed. */
function found(name: string, entry = name): unknown {
  if (!existsSync(join(folder, 'node_modules', name))) return undefined;
  return createRequire(join(folder, 'package.json'))(entry);
}

/** Both read tables from files only. */
function loadTables(tables: readonly PeerTable[], ask: (text: string) => unknown): void {
  const place = mkdtempSync(join(tmpdir(), 'graph-'));
  for (const { name, definition, csv } of tables) {
    writeFileSync(join(place, `${name}.csv`), csv);
    ask(definition);
    ask(`COPY ${name} FROM '${join(place, `${name}.csv`)}' (HEADER=false)`);
  }
  rmSync(place, { recursive: true });
}

interface LadybugResult {
  getAllSync(): PeerRow[];
  close(): void;
}
interface LadybugConnection {
  initSync(): void;
  querySync(text: string): LadybugResult | LadybugResult[];
  prepareSync(text: string): unknown;
  executeSync(statement: unknown, parameters: object): LadybugResult | LadybugResult[];
  closeSync(): void;
}
interface LadybugModule {
  Database: new (path: string) => { initSync(): void; closeSync(): void };
  Connection: new (database: unknown) => LadybugConnection;
}

/** Ladybug 0.19, native code, with all its threads; undefined where it is not installed. */
export function openLadybug(): GraphPeer | undefined {
  const module = found('@ladybugdb/core') as LadybugModule | undefined;
  if (module === undefined) return undefined;
  const database = new module.Database(':memory:');
  database.initSync();
  const connection = new module.Connection(database);
  connection.initSync();
  const rows = (result: LadybugResult | LadybugResult[]) => {
    const all = [result].flat();
    const last = all.at(-1)!.getAllSync();
    for (const each of all) each.close();
    return last;
  };
  const ask = (text: string) => rows(connection.querySync(text));
  return {
    name: 'Ladybug, native',
    ask,
    async prepare(text) {
      const statement = connection.prepareSync(text);
      return (parameters) => rows(connection.executeSync(statement, parameters));
    },
    load: async (tables) => loadTables(tables, ask),
    async close() {
      connection.closeSync();
      database.closeSync();
    },
  };
}

interface KuzuResult {
  isSuccess(): boolean;
  getErrorMessage(): string;
  getAllObjects(): PeerRow[];
  close(): void;
}
interface KuzuModule {
  init(): Promise<void>;
  Database: new (path: string) => { close(): void };
  Connection: new (
    database: unknown,
  ) => {
    query(text: string): KuzuResult;
    prepare(text: string): unknown;
    execute(statement: unknown, parameters: object): KuzuResult;
    close(): void;
  };
}

/** kuzu-wasm 0.11, the build for Node.js with threads; undefined where it is not installed. */
export async function openKuzu(): Promise<GraphPeer | undefined> {
  const module = found('kuzu-wasm', 'kuzu-wasm/nodejs/sync') as KuzuModule | undefined;
  if (module === undefined) return undefined;
  await module.init();
  const database = new module.Database(':memory:');
  const connection = new module.Connection(database);
  const rows = (result: KuzuResult) => {
    if (!result.isSuccess()) throw new Error(result.getErrorMessage());
    const all = result.getAllObjects();
    result.close();
    return all;
  };
  const ask = (text: string) => rows(connection.query(text));
  return {
    name: 'kuzu-wasm',
    ask,
    async prepare(text) {
      const statement = connection.prepare(text);
      return (parameters) => rows(connection.execute(statement, parameters));
    },
    load: async (tables) => loadTables(tables, ask),
    async close() {
      connection.close();
      database.close();
    },
  };
}
