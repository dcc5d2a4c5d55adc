// sublinear rank https://example.org/graph.slgr --source Ada
import type { RemoteGraph, RemoteRanks } from '../rooms/format/format.js';
import { engineFor, explain } from './engine.js';
import { blobOf, nameOf } from './files.js';
import type { GraphFileOptions } from './graph-file.js';
import { outputFormat, print } from './output.js';
import { isAddress, kindOfFile } from './search-remote.js';
import {
  bytes,
  CliError,
  count,
  digits,
  duration,
  EXIT,
  interrupt,
  type Progress,
} from './terminal.js';

/** What `rank` asks of a graph, wherever it is. */
export interface NearOptions extends GraphFileOptions {
  source?: string[];
  top: number;
  damping: number;
  tolerance?: number;
  epsilon?: number;
}

/** Published indexes are for another verb. */
export async function assertGraph(file: string): Promise<void> {
  const kind = await kindOfFile(file);
  if (kind === 'RTXT' || kind === 'RIDX')
    throw new CliError(`${nameOf(file)} is an index, not a graph: sublinear search ${file}`);
}

/** An address, or a file that begins as a published graph does. */
export async function isRemoteGraph(file: string): Promise<boolean> {
  return isAddress(file) || (await kindOfFile(file)) === 'RGPH';
}

export async function rankRemote(
  file: string,
  options: NearOptions,
  progress: Progress,
): Promise<void> {
  const { source, top, damping, tolerance, epsilon } = options;
  if (source === undefined)
    throw new CliError('expected --source: of a published graph only what is near a node is read');
  outputFormat(options);
  const engine = await engineFor(['format'], options);
  const started = performance.now();
  const { signal } = interrupt;
  const answered = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw explain(error, { source: '--source', bytes: file });
    }
  };
  using graph = await answered(async () =>
    engine.format.RemoteGraph.open(isAddress(file) ? file : await blobOf(file), { signal }),
  );
  progress.start('reading');
  const nodes = await nodesOf(graph);
  const found: RemoteRanks = await answered(() =>
    graph.personalizedPageRank({
      source: { nodes },
      damping,
      topK: top,
      ...(tolerance !== undefined && { tolerance }),
      ...(epsilon !== undefined && { epsilon }),
      signal,
    }),
  );
  progress.stop();
  const ms = performance.now() - started;
  const read = graph.opening.bytes + found.bytes;
  const ranking = found.nodes.map((node, i) => ({
    node: typeof node === 'bigint' ? String(node) : node,
    score: found.scores[i] as number,
    bound: found.bounds[i] as number,
  }));
  const { nodeCount, edgeCount, directed, fileBytes } = graph;
  print(
    {
      about: [
        ['graph', `${nameOf(file)}: ${count(nodeCount)} nodes, ${count(edgeCount)} edges`],
        ['question', `nearness to node ${nodes.join(', ')}`],
        ['outcome', `${found.outcome}, ${duration(ms)}`],
        ['work', `${count(found.touchedNodes)} nodes with a score`],
        [
          'read',
          `${bytes(read)} of ${bytes(fileBytes)} in ${count(graph.opening.requests + found.requests)} requests`,
        ],
        [
          'error',
          `all scores of the graph together are off by at most ${digits(found.errorBound)} (proved)`,
        ],
      ],
      columns: ['place', 'node', 'score', 'bound'],
      rows: ranking.map(({ node, score, bound }, i) => [i + 1, node, score, bound]),
      table: ranking.map(({ node, score, bound }, i) => [
        i + 1,
        node,
        score.toFixed(9),
        digits(bound),
      ]),
      json: () => ({
        graph: nameOf(file),
        nodeCount,
        edgeCount,
        directed,
        source: nodes,
        damping,
        outcome: found.outcome,
        errorBound: found.errorBound,
        touchedNodes: found.touchedNodes,
        bytes: read,
        requests: graph.opening.requests + found.requests,
        ms,
        ranking,
      }),
    },
    options,
  );
  process.exitCode = found.outcome === 'converged' ? EXIT.done : EXIT.notConverged;

  /** Nodes of the option, which may list several with commas between them; a name may have one in it. */
  async function nodesOf(from: RemoteGraph): Promise<string[]> {
    const all: string[] = [];
    const has = (text: string) => answered(() => from.has(text, { signal }));
    for (const text of source ?? []) {
      const parts = (await has(text)) ? [text] : text.split(',').map((part) => part.trim());
      for (const part of parts)
        if (!(await has(part)))
          throw new CliError(`--source ${part}: there is no such node in ${nameOf(file)}`);
      all.push(...parts);
    }
    return all;
  }
}
