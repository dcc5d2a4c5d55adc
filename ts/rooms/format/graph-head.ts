// The head of a graph file: what is read of it when it is opened, in the module's memory.
import type { RemoteGraph as RawGraph } from '../../generated/raw/format.js';
import { adopt, WasmObject } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import { Cache } from './cache.js';
import { kinds } from './directory.js';
import { entryOf, openDirectory, upTo } from './head.js';
import type { OpenedFile } from './held.js';
import type { CheckedOptions } from './source.js';
import type { Source, Traffic } from './traffic.js';

/** Bytes that are read at first. Heads of graphs are small, and what is read should be little beside the file. */
const FIRST = 16_384;

/** The C object of a graph. */
class GraphHead extends WasmObject<RawGraph> {}

/** A graph that is open. */
export interface OpenedGraph extends OpenedFile {
  readonly head: GraphHead;
  readonly facts: GraphFacts;
}

/** Numbers of sl_remote_graph_read. */
interface GraphFacts {
  nodes: number;
  edges: number;
  directed: boolean;
  weighted: boolean;
  /** 0: nodes have numbers; 1: texts, 2: JSON. */
  labels: number;
}

/** Opens a graph: header, directory, and all segments up to `pages`. */
export async function openGraph(
  runtime: Runtime,
  operation: string,
  source: Source,
  how: CheckedOptions,
  traffic: Traffic,
): Promise<OpenedGraph> {
  const begun = await openDirectory(runtime, operation, source, kinds.graph, how, traffic, FIRST);
  const { directory } = begun;
  const pages = entryOf(operation, directory, 'pages');
  const end = pages.offset + pages.length;
  const bytes = await upTo(operation, source, begun.bytes, end, how.signal, traffic);
  const { keeping } = begun;
  runtime.assertAlive(operation);
  const raw = runtime.scratch(operation, (scratch) => {
    const address = scratch.bytes(end);
    runtime.u8.set(bytes.subarray(0, end), address);
    return runtime.made(
      operation,
      runtime.raw.RemoteGraph.create(address, end, Number(how.verify)),
    );
  });
  const head = adopt(runtime, operation, GraphHead, raw);
  keeping?.putHead(bytes.subarray(0, end));
  const facts = runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(16);
    raw.read(at);
    const n = runtime.copyF64(at, 16);
    const number = (i: number) => n[i] as number;
    return {
      nodes: number(0),
      edges: number(1),
      directed: number(2) !== 0,
      weighted: number(3) !== 0,
      labels: number(4),
    };
  });
  return { head, directory, facts, cache: new Cache(how.cacheBytes), keeping };
}
