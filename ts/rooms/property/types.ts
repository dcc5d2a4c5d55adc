// What goes into a property graph and what comes out of it.

/** A node of a result: a copy of what it was when the query gave it. */
export interface GraphNode {
  id: number;
  labels: string[];
  properties: Record<string, GraphValue>;
}

/** A relationship of a result. `from` and `to` are ids of nodes. */
export interface GraphRelationship {
  id: number;
  type: string;
  from: number;
  to: number;
  properties: Record<string, GraphValue>;
}

/** A path of a result: one node more than relationships. */
export interface GraphPath {
  nodes: GraphNode[];
  relationships: GraphRelationship[];
}

/**
 * A date, a time or a duration of a result, as ISO 8601 writes it: `{ kind: 'date', text: '1984-10-11' }`. As a parameter it is
 * given as text: `date($day)`.
 */
export interface GraphTemporal {
  readonly kind: 'date' | 'localtime' | 'time' | 'localdatetime' | 'datetime' | 'duration';
  readonly text: string;
}

/** A value of a result. Integers beyond 2^53 are a bigint. */
export type GraphValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | GraphNode
  | GraphRelationship
  | GraphPath
  | GraphTemporal
  | readonly GraphValue[]
  | { readonly [key: string]: GraphValue };

/**
 * A parameter. Whole numbers up to 2^53 become integers, others floats; a bigint becomes an integer of 64 bits. `undefined` is null.
 */
export type Parameter =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | readonly Parameter[]
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | { readonly [key: string]: Parameter };

/** Parameters of a query, by name: what `$name` stands for. */
export type Parameters = Readonly<Record<string, Parameter>>;

/**
 * A property of many nodes or edges. Typed arrays are taken as they are: of floats, of integers (also 64 bits), of booleans
 * (`Uint8Array`). A list may have values of any kind; null and undefined leave the property out.
 */
export type PropertyColumn =
  | Float64Array
  | Float32Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | readonly Parameter[];

export interface NodesInput {
  /** One label, several, or none. */
  label?: string | readonly string[];
  count: number;
  /** A column a property, each with `count` values. */
  columns?: Readonly<Record<string, PropertyColumn>>;
}

export interface EdgesInput {
  type: string;
  /** Ids of nodes. */
  from: Uint32Array | Int32Array | readonly number[];
  to: Uint32Array | Int32Array | readonly number[];
  columns?: Readonly<Record<string, PropertyColumn>>;
}

/** How many properties there are of each kind, for `PropertyGraph.estimateBytes`; none by default. */
export interface PropertiesSize {
  booleans?: number;
  strings?: number;
  /** Integers or floats. */
  numbers?: number;
  /** Dates, lists, and properties whose values are of several kinds; without what is in the lists. */
  others?: number;
}

/** Size of a property graph, for `PropertyGraph.estimateBytes`. */
export interface PropertyGraphSize {
  nodeCount: number;
  edgeCount: number;
  /** Different types of edges; 1 by default. */
  types?: number;
  /** Properties of nodes, and of edges. */
  nodes?: PropertiesSize;
  edges?: PropertiesSize;
  /** Different strings among all values, and the bytes of all these as UTF-8. */
  texts?: { count?: number; bytes?: number };
}

/** Rows that a procedure gives: a list for each row with a value for each output. */
export type ProcedureRows = Iterable<readonly Parameter[]>;

/**
 * Computes the rows of a procedure from the arguments of a call. Nodes and relationships come as their ids. A promise needs a query that
 * is asynchronous.
 */
export type Procedure = (...given: GraphValue[]) => ProcedureRows | Promise<ProcedureRows>;

export interface QueryOptions {
  /** No more rows than these; all by default. A query that changes the graph does all its work. */
  maxRows?: number;
  /** Ends the query: a reading one with the rows it has, a writing one without any change. */
  maxTimeMs?: number;
  /** For `rand()`; 0 by default: the same numbers each time. */
  seed?: number;
}

/** What a query has changed, net: what it made and deleted again does not count. */
export interface GraphChanges {
  nodesCreated: number;
  nodesDeleted: number;
  relationshipsCreated: number;
  relationshipsDeleted: number;
  propertiesSet: number;
  propertiesRemoved: number;
  labelsAdded: number;
  labelsRemoved: number;
}

/** 'rowLimit': there are more rows than `maxRows`. 'timeLimit': `maxTimeMs` was used up. */
export type QueryOutcome = 'complete' | 'rowLimit' | 'timeLimit';

/** An operator of the plan of a query. */
export interface PlanStep {
  /** What it does: `Scan`, `Seek`, `Expand`, `Filter`, `Project`, `Aggregate`, ... */
  operator: string;
  /** What it does that with, as `explain` prints it. */
  details: string;
  /** Rows that it gave. */
  rows: number;
  /** Nodes, relationships and entries of indexes that it looked at. */
  hits: number;
  /** The operators that run for each of its rows. */
  children: PlanStep[];
}

/** How a query has ended. */
export interface QuerySummary {
  /** Names of the columns. */
  columns: string[];
  rowCount: number;
  outcome: QueryOutcome;
  changes: GraphChanges;
  /** Of a query that begins with `PROFILE`, and of one with `EXPLAIN`, which is not run: its operators, in their order. */
  plan?: PlanStep[];
}

export interface QueryResult extends QuerySummary {
  /** Objects with the names of the columns as keys. */
  rows: Record<string, GraphValue>[];
}

/** Rows as a column each, by name: a column of nothing but numbers is a Float64Array. */
export type RowColumns = Record<string, Float64Array<ArrayBuffer> | GraphValue[]>;

export interface ColumnsResult extends QuerySummary {
  /** By name: a column of nothing but numbers is a Float64Array. */
  values: RowColumns;
}

/** What errors of queries know beside `code` (`PARSE`: refused before it ran; `ARGUMENT`: failed while it ran) and `line`. */
export interface CypherErrorDetails {
  /** As openCypher names it: "SyntaxError". */
  type: string;
  /** "UndefinedVariable". */
  detail: string;
  /** From 1, in characters. */
  column: number;
}

/** Which names a graphology graph has for what a property graph knows. */
export interface GraphologyNames {
  /** The property that keeps the key of a node. `'key'` by default. */
  key?: string;
  /** The attribute of nodes that is their label, or a list of labels. `'label'` by default. */
  label?: string;
  /** The attribute of edges that is their type; those without are of type EDGE. `'type'` by default. */
  type?: string;
}

/** What is needed of a graphology graph to write into it. */
export interface GraphologyTarget {
  addNode: (key: string, attributes: Record<string, unknown>) => unknown;
  addEdgeWithKey: (
    key: string,
    from: string,
    to: string,
    attributes: Record<string, unknown>,
  ) => unknown;
}

/** Which part of a property graph is meant. */
export interface PartOptions {
  /** Nodes with this label, and the relationships between them; all by default. */
  label?: string;
  /** Relationships of this type; all by default. */
  type?: string;
  /** The property of relationships that is their weight; without it there are no weights. */
  weight?: string;
}

/** A part of a property graph as arrays. */
export interface ProjectedEdges {
  /** The id of each node: `nodes[0]` is node 0 of `edges`. */
  nodes: Uint32Array;
  /** The id of each relationship, in the order of `edges`. */
  relationships: Uint32Array;
  /** What `Graph.fromEdges` takes. A weight that is no number is NaN. */
  edges: { from: Uint32Array; to: Uint32Array; nodeCount: number; weights?: Float64Array };
}

export interface GraphSaveOptions {
  /** Aborting it rejects the promise with `signal.reason`; what was stored before stays. */
  signal?: AbortSignal;
}

/** What was written. */
export interface GraphSaved {
  /** 0: nothing has changed. */
  bytes: number;
  /** The whole graph, and not only what has changed. */
  whole: boolean;
}

export interface GraphOpenOptions {
  signal?: AbortSignal;
  /** Told the key of a file that is damaged and was left out: the last one, whose saving was cut off. */
  onDamaged?: (key: string, error: unknown) => void;
}
