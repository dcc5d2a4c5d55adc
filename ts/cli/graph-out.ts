// --graph-out: the graph that was read, with the answer at its nodes, as a file for other programs.
import type { Graph, GraphColumn, GraphTextFormat } from '../rooms/graph/graph.js';
import { assertApart, writeFile } from './files.js';
import type { GraphFile } from './graph-file.js';
import { CliError } from './terminal.js';

const endings: Record<string, GraphTextFormat> = {
  graphml: 'graphml',
  gexf: 'gexf',
  json: 'nodeLink',
  cyjs: 'cytoscape',
};

export interface GraphOutOptions {
  graphOut?: string;
}

/** Checks the option before there is an answer; the function that is given writes it. */
export async function graphOut(
  file: string,
  { graphOut: path }: GraphOutOptions,
): Promise<(input: GraphFile, nodes: Record<string, GraphColumn>) => Promise<void>> {
  if (path === undefined) return async () => {};
  const format = endings[/\.([^.]*)$/.exec(path)?.[1]?.toLowerCase() ?? ''];
  if (format === undefined)
    throw new CliError(
      `--graph-out ${path}: expected a name that ends in .${Object.keys(endings).join(', .')}`,
    );
  await assertApart([file], { '--graph-out': path });
  return async (input, nodes) => {
    const graph: Graph = input.graph;
    if (input.countsFromOne)
      throw new CliError(
        '--graph-out: this format counts nodes from 1 and a graph from 0; read an edge list',
      );
    await writeFile(path, graph.writeInPieces(format, { nodes }));
  };
}
