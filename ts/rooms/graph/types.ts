// What the methods of graphs take and give.

import type { NodeLabel } from '../../runtime/labels.js';
import type { IndexArray, RealArray } from '../../runtime/scratch.js';
import type { AsyncOptions } from '../../runtime/steps.js';
import type { ReadProgress } from '../../runtime/text-source.js';
import type { DType } from '../dense/dense.js';

/** A class whose static methods make a `T`. */
export interface GraphClass<T> {
  readonly prototype: T;
}

/** Ends of edges: node numbers counted from 0, or what the nodes are called. */
export type NodeList = IndexArray | readonly NodeLabel[];

/** One node: its number, or what it is called (a string or a bigint). */
export type NodeRef = NodeLabel;

/**
 * What becomes of an edge that comes several times without weights. `'add'`: it counts as often as it comes, as edges with
 * weight 1 do, and the graph is weighted then. `'once'`: it counts once. Weights that are given are always added up.
 */
export type Parallel = 'add' | 'once';

/** Edges in any order. Parallel ones are merged and their weights added up; an edge without weight counts 1. */
export interface EdgesInput {
  /**
   * Start of each edge: node numbers counted from 0, or names. As soon as one of `from` and `to` is a string, all are names:
   * nodes are numbered in the order in which they first appear, and called what they are called here. With bigints, all are
   * ids as with `compactIds`.
   */
  from: NodeList;
  /** End of each edge. */
  to: NodeList;
  /** Weight of each edge, finite and > 0. Without it the graph is unweighted, unless parallel edges are counted. */
  weights?: RealArray;
  /** `true` by default: an edge leads one way. `false`: each edge leads both ways. */
  directed?: boolean;
  /** Number of nodes, 1 to 2^32 - 2; by default the largest node of an edge plus 1, or as many as there are names. */
  nodeCount?: number;
  /** `false` by default. `true`: numbers are ids too; only those that occur become nodes, in ascending order. */
  compactIds?: boolean;
  /** What each node is called, in node order: then there are just these nodes, and names in `from` and `to` are among them. */
  labels?: readonly NodeLabel[];
  /** Edges that come twice without weights; `'add'` by default. */
  parallel?: Parallel;
  /** Precision of the stored weights; by default that of `weights` (`'float64'` for number[]). */
  dtype?: DType;
}

/**
 * Neighbour lists one after the other. In an undirected graph each edge stands in both lists with the same weight. Parallel
 * edges are merged: weights are added up, and without weights an edge counts once.
 */
export interface GraphCsrInput {
  /** nodes + 1 numbers: the edges of node u are at rowPointers[u] .. rowPointers[u + 1] - 1 of the other two arrays. */
  rowPointers: IndexArray;
  /** End of each edge. */
  columns: IndexArray;
  /** Weight of each edge, finite and > 0. Without it the graph is unweighted. */
  weights?: RealArray;
  /** `true` by default. */
  directed?: boolean;
  /** What each node is called, in node order. */
  labels?: readonly NodeLabel[];
  /** Precision of the stored weights; by default that of `weights` (`'float64'` for number[]). */
  dtype?: DType;
}

/** Options of `Graph.fromMatrix`. */
export interface GraphMatrixOptions {
  /** `true` by default. */
  directed?: boolean;
  /** What each node is called, in node order. */
  labels?: readonly NodeLabel[];
}

/** Edges as arrays; an undirected edge stands there once, with from <= to. */
export interface EdgeArrays {
  from: Uint32Array<ArrayBuffer>;
  to: Uint32Array<ArrayBuffer>;
  /** Absent for an unweighted graph. */
  weights?: Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
}

/** A column: its number from 0, or its name in the header. */
export type Column = number | string;

/** What the readers of edges in lines have in common. */
export interface EdgeListOptions {
  /** `true` by default: the line "a b" is an edge from a to b. */
  directed?: boolean;
  /**
   * `false` by default: ids are node numbers, and the graph has as many nodes as the largest id says. `true`: only ids that
   * occur become nodes: whole numbers up to 2^64 - 1 in ascending order, or names in the order in which they appear as soon
   * as one is no number. `'names'`: every id is a name, also 7 and 007. `labelOf` and `nodeOf` translate.
   */
  compactIds?: boolean | 'names';
  /**
   * `'auto'` (default): weights are read where there is a column for them, which all lines must have then. `'ignore'`:
   * there are none.
   */
  weights?: 'auto' | 'ignore';
  /** Column where an edge starts; by default the first, or one with a well-known name such as `source`. */
  fromColumn?: Column;
  /** Column where it ends; by default the second, or one such as `target`. */
  toColumn?: Column;
  /**
   * Column of the weight; by default the third of three, or one called `weight`.
   */
  weightColumn?: Column;
  /** Column of a time, which then is no weight: numbers, or dates as in `2024-01-31` or `2024-01-31T10:20:30Z`. */
  timeColumn?: Column;
  /** Only edges at this time or later; a number, or a `Date` for a column of dates. With `timeColumn`. */
  since?: number | Date;
  /** Only edges before this time. Nodes of edges at other times are there all the same. */
  until?: number | Date;
  /** Whether the first line names the columns; by default found out, and refused when it cannot be. */
  header?: boolean;
  /** Number of nodes; by default from the ids, which must be below it. Not with `compactIds`. */
  nodeCount?: number;
  /**
   * Edges that come twice without weights; `'once'` by default, since many files list an undirected edge both ways.
   */
  parallel?: Parallel;
  /** Precision of the stored weights, `'float64'` by default. */
  dtype?: DType;
}

export interface CsvOptions extends EdgeListOptions {
  /** What stands between fields: by default a comma, tab, semicolon or `|`, whichever cuts the first lines alike. */
  separator?: string;
}

/** Options of `Graph.fromMatrixMarket`. */
export interface GraphMarketOptions {
  /** By default `false` for a matrix that its file calls symmetric, `true` for others. */
  directed?: boolean;
  /** Precision of the stored weights, `'float64'` by default. */
  dtype?: DType;
}

export interface MetisOptions {
  /** Precision of the stored weights, `'float64'` by default. */
  dtype?: DType;
}

/** Options of the formats that describe nodes and edges: JSON, GraphML, GEXF and Pajek. */
export interface GraphFileOptions {
  /** By default what the file says; of a mixed graph each undirected edge leads both ways. */
  directed?: boolean;
  /** The attribute of an edge that holds its weight, `'weight'` by default; `null` for none. */
  weight?: string | null;
  /** The attribute of a node that it is called by, its id by default. Every node must have it, each another. */
  label?: string;
  /** Edges that come twice without weights; `'add'` by default. */
  parallel?: Parallel;
  /** Precision of the stored weights, `'float64'` by default. */
  dtype?: DType;
}

/** Formats of files that `Graph.readAsync` reads. */
export type GraphFormat =
  | 'edgeList'
  | 'csv'
  | 'metis'
  | 'matrixMarket'
  | 'json'
  | 'graphml'
  | 'gexf'
  | 'pajek'
  | 'saved';

/** Options of `Graph.readAsync`: its own, and those of the format that is read; others are refused. */
export interface ReadGraphOptions extends CsvOptions, GraphFileOptions {
  /** By default what the first bytes say; METIS, which looks like an edge list, has to be named. */
  format?: GraphFormat;
}

/**
 * Formats that `Graph.write` writes: GraphML, GEXF (Gephi), and JSON as networkx (`node_link_graph`), graphology (`import`)
 * and Cytoscape.js (`elements`) read it.
 */
export type GraphTextFormat = 'graphml' | 'gexf' | 'nodeLink' | 'graphology' | 'cytoscape';

/**
 * A value for each node or edge: numbers, texts, booleans or bigints, all of one kind. What is null, undefined or a number
 * that is not finite is left out.
 */
export type GraphColumn = ArrayLike<number | string | boolean | bigint | null | undefined>;

/** Options of `Graph.write`: what is written beside the graph. */
export interface WriteGraphOptions {
  /**
   * Columns of nodes by their names, in node order: `{ community: labels, rank: scores }`. GEXF and Cytoscape also take `x`
   * and `y` as where a node is drawn.
   */
  nodes?: Readonly<Record<string, GraphColumn>>;
  /** Columns of edges, in the order of `Graph.toEdges`. */
  edges?: Readonly<Record<string, GraphColumn>>;
}

/** Adds `signal` and `onProgress` to the options of a reader. */
export type Async<Options> = Options & AsyncOptions<ReadProgress>;

export interface GraphologyOptions {
  /**
   * The edge attribute that holds the weight, `'weight'` by default; `null` for none. When no edge has it the graph is
   * unweighted; when some have it, all must.
   */
  weight?: string | null;
  /** Edges that come twice without weights, which multigraphs have; `'add'` by default. */
  parallel?: Parallel;
  /** Precision of the stored weights, `'float64'` by default. */
  dtype?: DType;
}

/** Changes of edges, for {@link Graph.edited}. Ends are node numbers, or names of a graph that has them. */
export interface GraphChanges {
  /** Edges that come: where the graph is weighted one without weight counts 1, else there are none. New names become nodes. */
  add?: { from: NodeList; to: NodeList; weights?: RealArray };
  /** Edges that go; undirected ones in either direction. */
  remove?: { from: NodeList; to: NodeList };
  /** Number of nodes of the new graph, at least that of this one, which is the default. */
  nodeCount?: number;
}

/** The connected components of a graph. */
export interface Components {
  /** How many there are. */
  count: number;
  /** Component of each node, numbered in the order of their smallest nodes. */
  labels: Uint32Array<ArrayBuffer>;
  /** Number of nodes of each component. */
  sizes: Uint32Array<ArrayBuffer>;
}

/** Size of a graph, for `Graph.estimateBytes`. */
export interface GraphSize {
  nodeCount: number;
  /** Undirected edges counted once. */
  edgeCount: number;
  /** `true` by default. */
  directed?: boolean;
  /** Precision of the weights, `'pattern'` (default) for none. */
  dtype?: DType | 'pattern';
}
