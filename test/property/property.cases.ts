// Property graphs through both doors. Expected values are worked out by hand, or counted over the arrays.
import type { GraphValue, PropertyGraph } from 'sublinear/property';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

interface Columns {
  label: string;
  type: string;
  x: Int32Array;
  from: Uint32Array;
  to: Uint32Array;
}

interface PropertyDoor {
  /** A graph of arrays, or an empty one; then rows of each query, the values of each in the order of the columns. */
  ask: (given: Columns | null, ...queries: string[]) => GraphValue[][][];
  /** The same after the graph was saved and loaded. */
  saved: (queries: string[], ...later: string[]) => GraphValue[][][];
  /**
   * What a question finds in a snapshot, in the graph and in a transaction that has changed it; then in the first two after the
   * transaction was committed or rolled back; and what it has changed.
   */
  viewed: (before: string[], inside: string[], commits: boolean, question: string) => unknown[];
  /** The same with tables that queries may load. */
  loaded: (files: Record<string, string>, ...queries: string[]) => GraphValue[][][];
}

export const doors: RoomDoors<'property', PropertyDoor> = {
  room: 'property',
  bundle: 'property',
  embind: ({ PropertyGraph }) => {
    const run = (graph: Pick<PropertyGraph, 'query'>, queries: readonly string[]) =>
      queries.map((text) => {
        const { columns, rows } = graph.query(text);
        return rows.map((row) => columns.map((name) => row[name]!));
      });
    return {
      ask(given, ...queries) {
        const graph = PropertyGraph.create();
        try {
          if (given !== null) {
            const { label, type, x, from, to } = given;
            graph.addNodes({ label, count: x.length, columns: { x } });
            graph.addEdges({ type, from, to });
          }
          return run(graph, queries);
        } finally {
          graph.dispose();
        }
      },
      saved(queries, ...later) {
        const graph = PropertyGraph.create();
        run(graph, queries);
        const again = PropertyGraph.load(graph.save());
        graph.dispose();
        try {
          return run(again, later);
        } finally {
          again.dispose();
        }
      },
      viewed(before, inside, commits, question) {
        using graph = PropertyGraph.create();
        run(graph, before);
        using snapshot = graph.snapshot();
        using transaction = graph.begin();
        run(transaction, inside);
        const found: unknown[] = [snapshot, graph, transaction].map((of) => run(of, [question])[0]);
        const changes = commits ? Object.values(transaction.commit()) : transaction.rollback();
        found.push(...[snapshot, graph].map((of) => run(of, [question])[0]), changes ?? []);
        found.push(attempt(() => run(transaction, [question])));
        return found;
      },
      loaded(files, ...queries) {
        const graph = PropertyGraph.create();
        graph.useProcedures({ files: (name) => files[name]! });
        try {
          return run(graph, queries);
        } finally {
          graph.dispose();
        }
      },
    };
  },
  raw: rawProperty,
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One value of sl_wire, and where the next one begins. */
function decode(view: DataView, from: number): [GraphValue, number] {
  let at = from;
  const moved = (bytes: number) => {
    at += bytes;
    return at - bytes;
  };
  const u32 = () => view.getUint32(moved(4), true);
  const text = () => {
    const length = u32();
    at += length;
    return decoder.decode(view.buffer.slice(at - length, at) as ArrayBuffer);
  };
  const value = (): GraphValue => {
    switch (view.getUint8(at++)) {
      case 1:
        return false;
      case 2:
        return true;
      case 3:
        return view.getInt32(moved(4), true);
      case 4: {
        const long = view.getBigInt64(moved(8), true);
        return Number.isSafeInteger(Number(long)) ? Number(long) : long;
      }
      case 5:
        return view.getFloat64(moved(8), true);
      case 6:
        return text();
      case 7:
        return Array.from({ length: u32() }, value);
      case 8:
        return properties();
      case 9: {
        const id = u32();
        const labels = Array.from({ length: u32() }, text);
        return { id, labels, properties: properties() };
      }
      case 10: {
        const [id, a, b] = [u32(), u32(), u32()];
        return { id, type: text(), from: a, to: b, properties: properties() };
      }
      default:
        return null;
    }
  };
  const properties = () =>
    Object.fromEntries(Array.from({ length: u32() }, () => [text(), value()] as const));
  return [value(), at];
}

/** A string, a list or an object as sl_wire has it. */
function encode(value: unknown): number[] {
  const u32 = (n: number) => [...new Uint8Array(Uint32Array.of(n).buffer)];
  const text = (s: string) => {
    const bytes = encoder.encode(s);
    return [...u32(bytes.length), ...bytes];
  };
  if (typeof value === 'string') return [6, ...text(value)];
  if (Array.isArray(value)) return [7, ...u32(value.length), ...value.flatMap(encode)];
  const entries = Object.entries(value as object);
  return [8, ...u32(entries.length), ...entries.flatMap(([k, v]) => [...text(k), ...encode(v)])];
}

/** Records of a table without quotes, as a host may give them. */
function records(content: string, headers: boolean, separator: string): unknown[] {
  const [first, ...others] = content.split('\n').map((line) => line.split(separator));
  if (!headers) return [first, ...others];
  return others.map((fields) => Object.fromEntries(first!.map((name, i) => [name, fields[i]])));
}

function rawProperty(module: RawModule): PropertyDoor {
  const { call } = module;
  const numbers = (count: number, write: (at: number) => number) =>
    module.with([new Float64Array(count)], (at) => {
      module.check(write(at!));
      return module.f64(at!, count);
    });
  const named = <T>(text: string, body: (at: number, bytes: number) => T) => {
    const bytes = encoder.encode(text);
    return module.with([bytes], (at) => body(at!, bytes.length));
  };
  let tables: Record<string, string> = {};
  const give = (query: number) => {
    const [at, bytes, args] = numbers(4, (to) => call.sl_abi_property_wanted!(query, to));
    if (bytes === 0) return;
    expect(decoder.decode(new Uint8Array(module.view().buffer, at, bytes).slice())).toBe(
      'sublinear.loadCsv',
    );
    const [[name, options]] = decode(module.view(), args!) as [
      [string, Record<string, never>],
      number,
    ];
    const rows = records(tables[name]!, options.headers!, options.separator ?? ',');
    module.with([Uint8Array.from(encode(rows.map((row) => [row])))], (from) =>
      module.check(
        call.sl_abi_property_answer!(query, from!, encode(rows.map((row) => [row])).length),
      ),
    );
  };
  const rowsOf = (graph: number, text: string) => {
    const query = named(text, (at, bytes) =>
      module.made(call.sl_abi_property_prepare!(graph, at, bytes)),
    );
    try {
      module.check(call.sl_abi_property_begin!(query, 0, 0, 1e15, 0, 0));
      const rows: GraphValue[][] = [];
      const columns = numbers(12, (at) => call.sl_abi_property_query_facts!(query, at))[0]!;
      for (let outcome = 9; outcome === 9; ) {
        outcome = module.with([new Uint32Array(1)], (at) => {
          module.check(call.sl_abi_job_step!(query, 500, at!));
          return module.u32(at!, 1)[0]!;
        });
        if (outcome === 9) give(query);
        let [at, , count] = numbers(3, (to) =>
          call.sl_abi_property_take!(query, to),
        ) as unknown as [number, number, number];
        for (; count > 0; count--) {
          const row: GraphValue[] = [];
          for (let i = 0; i < columns; i++) {
            const [value, next] = decode(module.view(), at);
            row.push(value);
            at = next;
          }
          rows.push(row);
        }
      }
      return rows;
    } finally {
      module.check(call.sl_abi_property_query_destroy!(query));
    }
  };
  const using = (graph: number, queries: readonly string[]) => {
    try {
      return queries.map((text) => rowsOf(graph, text));
    } finally {
      module.check(call.sl_abi_property_destroy!(graph));
    }
  };
  const filled = ({ label, type, x, from, to }: Columns) => {
    const graph = module.made(call.sl_abi_property_create!());
    module.with([new Uint32Array(1), new Uint8Array(x.buffer), from, to], (first, xs, a, b) => {
      named(label, (at, bytes) =>
        module.check(call.sl_abi_property_add_nodes!(graph, at, bytes, x.length, first!)),
      );
      named('x', (at, bytes) =>
        module.check(
          call.sl_abi_property_set_column!(graph, 0, 0, x.length, at, bytes, 5, xs!, 0, 0, 0),
        ),
      );
      named(type, (at, bytes) =>
        module.check(
          call.sl_abi_property_add_relationships!(graph, at, bytes, a!, b!, from.length, first!),
        ),
      );
    });
    return graph;
  };
  return {
    ask: (given, ...queries) =>
      using(given === null ? module.made(call.sl_abi_property_create!()) : filled(given), queries),
    saved(queries, ...later) {
      const graph = module.made(call.sl_abi_property_create!());
      for (const text of queries) rowsOf(graph, text);
      const writer = module.made(call.sl_abi_property_save!(graph));
      const reader = module.made(call.sl_abi_reader_create!(0x504f5250, 0));
      module.with([new Uint8Array(1000), new Uint32Array(1)], (block, written) => {
        for (let bytes = 1000; bytes === 1000; ) {
          module.check(call.sl_abi_writer_next!(writer, block!, 1000, written!));
          bytes = module.u32(written!, 1)[0]!;
          module.check(call.sl_abi_reader_feed!(reader, block!, bytes));
        }
      });
      const again = module.made(call.sl_abi_property_load!(reader));
      module.check(call.sl_abi_reader_destroy!(reader));
      module.check(call.sl_abi_writer_destroy!(writer));
      module.check(call.sl_abi_property_destroy!(graph));
      return using(again, later);
    },
    viewed(before, inside, commits, question) {
      const graph = module.made(call.sl_abi_property_create!());
      for (const text of before) rowsOf(graph, text);
      const snapshot = module.made(call.sl_abi_property_view!(graph, 1));
      const transaction = module.made(call.sl_abi_property_view!(graph, 2));
      for (const text of inside) rowsOf(transaction, text);
      const found: unknown[] = [snapshot, graph, transaction].map((of) => rowsOf(of, question));
      const changes = numbers(commits ? 8 : 0, (at) =>
        commits
          ? call.sl_abi_property_commit!(transaction, at)
          : call.sl_abi_property_roll_back!(transaction),
      );
      found.push(...[snapshot, graph].map((of) => rowsOf(of, question)), [...changes]);
      found.push(attempt(() => rowsOf(transaction, question)));
      for (const of of [graph, transaction, snapshot])
        module.check(call.sl_abi_property_destroy!(of));
      return found;
    },
    loaded(files, ...queries) {
      tables = files;
      const graph = module.made(call.sl_abi_property_create!());
      named('sublinear.loadCsv(name :: STRING, options :: MAP) :: (row :: ANY)', (at, bytes) =>
        module.check(call.sl_abi_property_define!(graph, at, bytes, 0, 0)),
      );
      return using(graph, queries);
    },
  };
}

function drawn(seed: number, count: number): Columns {
  const next = random(seed);
  const below = (n: number) => Math.floor(next() * n);
  const ends = () => Uint32Array.from({ length: 8 * count }, () => below(count));
  const x = Int32Array.from({ length: count }, () => below(10));
  return { label: 'N', type: 'K', x, from: ends(), to: ends() };
}

/** Pairs whose products lie around the ends of 64 bits. */
function factors(): [bigint, bigint][] {
  const next = random(31);
  const ends = [1n, 2n, 2n ** 31n, 2n ** 32n, 2n ** 62n, 2n ** 63n - 1n, 3037000499n, 3037000500n];
  const pairs: [bigint, bigint][] = ends.flatMap((a) =>
    ends.flatMap((b): [bigint, bigint][] => [
      [a, b],
      [-a, b],
      [-a, -b],
    ]),
  );
  for (let i = 0; i < 200; i++) {
    const bits = 1 + Math.floor(next() * 62);
    const a = BigInt(Math.floor(next() * 2 ** 53)) % 2n ** BigInt(bits);
    const b = 2n ** 63n / (a + 1n) + BigInt(Math.floor((next() - 0.5) * 4));
    if (b < 2n ** 63n) pairs.push([a, b], [a, -b]);
  }
  return pairs;
}

/** Changes of a property and questions for ranges of it, and the answers by looking at all its values. */
function ranges(): { queries: string[]; answers: (number[][] | undefined)[] } {
  const next = random(23);
  const below = (n: number) => Math.floor(next() * n);
  const text = (n: number) => `k${String(n).padStart(4, '0')}`;
  const x = Array.from({ length: 400 }, (_, i) => (i * 37) % 1000);
  const queries = [
    `UNWIND [${x}] AS x CREATE (:N {x: x, s: 'k' + substring('000' + x, size('000' + x) - 4)})`,
  ];
  const answers: (number[][] | undefined)[] = [undefined];
  const count = (passes: (x: number) => boolean) => {
    const found = x.filter(passes);
    return [[found.length, found.reduce((sum, v) => sum + v, 0)]];
  };
  for (let i = 0; i < 2000; i++) {
    const at = below(x.length);
    const value = below(1000);
    const low = below(1000);
    const high = low + below(60);
    if (i % 3 === 0) {
      x[at] = value;
      queries.push(`MATCH (n) WHERE id(n) = ${at} SET n.x = ${value}, n.s = '${text(value)}'`);
      answers.push(undefined);
    } else if (i % 3 === 1) {
      queries.push(
        `MATCH (n:N) WHERE n.x >= ${low} AND ${high} > n.x RETURN count(*), sum(n.x)`,
        `MATCH (n:N) WHERE n.x > ${low + 900} RETURN count(*), sum(n.x)`,
      );
      answers.push(
        count((v) => v >= low && v < high),
        count((v) => v > low + 900),
      );
    } else {
      const beginning = text(value).slice(0, 3 + below(3));
      queries.push(`MATCH (n:N) WHERE n.s STARTS WITH '${beginning}' RETURN count(*), sum(n.x)`);
      answers.push(count((v) => text(v).startsWith(beginning)));
    }
  }
  return { queries, answers };
}

/** As GQL writes it, and as Cypher does. */
const spellings = [
  ['FOR x IN [1, 2, 1] RETURN x', 'UNWIND [1, 2, 1] AS x RETURN x'],
  [
    'MATCH (n) FILTER n.k > 2 RETURN n.k ORDER BY n.k OFFSET 1',
    'MATCH (n) WITH * WHERE n.k > 2 RETURN n.k ORDER BY n.k SKIP 1',
  ],
  [
    'MATCH (n) LET d = n.k * 2, m = n.k % 2 FILTER WHERE m = 1 RETURN d, m ORDER BY d',
    'MATCH (n) WITH *, n.k * 2 AS d, n.k % 2 AS m WHERE m = 1 RETURN d, m ORDER BY d',
  ],
  ['LET filter = 1, for = 2 RETURN filter, for', 'WITH 1 AS filter, 2 AS for RETURN *'],
  [
    'MATCH p = ANY SHORTEST (a:A)-[:R|S]->+(b:B) WHERE a <> b RETURN a.k, b.k, length(p) ORDER BY a.k, b.k',
    'MATCH p = shortestPath((a:A)-[:R|S*]->(b:B)) WHERE a <> b RETURN a.k, b.k, length(p) ORDER BY a.k, b.k',
  ],
  [
    'MATCH p = ALL SHORTEST (a {k: 2})-[r]-{1,3}(b {k: 4}) RETURN length(p), size(r)',
    'MATCH p = allShortestPaths((a {k: 2})-[r*1..3]-(b {k: 4})) RETURN length(p), size(r)',
  ],
  [
    'MATCH (n:A&!B|C WHERE n.k <> 7)-[r:R|S WHERE id(r) >= 0]->(m) RETURN n.k, m.k ORDER BY m.k',
    'MATCH (n)-[r:R|S]->(m) WHERE ((n:A AND NOT n:B) OR n:C) AND n.k <> 7 RETURN n.k, m.k ORDER BY m.k',
  ],
  [
    'MATCH (:C)<-[s:S]-() NODETACH DELETE s RETURN count(*)',
    'CREATE (:C)<-[:S]-() WITH 1 AS one MATCH (:C)<-[s:S]-() DELETE s RETURN count(*)',
  ],
] as const;

export const cases: Case<PropertyDoor>[] = [
  {
    name: 'what is made is found',
    run: ({ ask }) =>
      ask(
        null,
        "CREATE (:A {s: 'Zoë', i: 1, f: 0.5, b: true, l: [1, 'x']})-[:R {w: 2}]->(:B:C)",
        'MATCH (a:A)-[r:R]->(b) RETURN a, r, b, labels(b), a.none, toString(9007199254740993) AS big',
      )[1],
    check: (rows: unknown) => {
      const properties = { s: 'Zoë', i: 1, f: 0.5, b: true, l: [1, 'x'] };
      expect(rows).toEqual([
        [
          { id: 0, labels: ['A'], properties },
          { id: 0, type: 'R', from: 0, to: 1, properties: { w: 2 } },
          { id: 1, labels: ['B', 'C'], properties: {} },
          ['B', 'C'],
          null,
          '9007199254740993',
        ],
      ]);
    },
  },
  {
    name: 'paths, triangles and groups are counted as over the arrays',
    run: ({ ask }) =>
      ask(
        drawn(3, 40),
        'MATCH (a)-[:K]->()-[:K]->(c) RETURN count(*)',
        'MATCH (a:N)-[:K]->(b)-[:K]->(c)-[:K]->(a) RETURN count(*)',
        'MATCH (a)-[:K]->(b) WHERE a.x > 4 RETURN b.x AS x, count(*) AS n ORDER BY x',
        'MATCH (a)-[:K*1..2]->(b) RETURN count(DISTINCT b)',
      ),
    check: (found: GraphValue[][][]) => {
      const { x, from, to } = drawn(3, 40);
      const edges = Array.from(from, (a, i) => [a, to[i]!] as const);
      let two = 0;
      let three = 0;
      const groups = new Map<number, number>();
      for (const [i, [a, b]] of edges.entries()) {
        if (x[a]! > 4) groups.set(x[b]!, (groups.get(x[b]!) ?? 0) + 1);
        for (const [j, [c, d]] of edges.entries()) {
          if (i === j || b !== c) continue;
          two++;
          for (const [k, [e, f]] of edges.entries())
            if (k !== i && k !== j && e === d && f === a) three++;
        }
      }
      expect(found[0]).toEqual([[two]]);
      expect(found[1]).toEqual([[three]]);
      expect(found[2]).toEqual([...groups].sort(([a], [b]) => a - b));
    },
  },
  {
    name: 'three-valued logic, integers and floats',
    run: ({ ask }) =>
      ask(
        null,
        'RETURN 1 IN [2, null] AS a, null = null AS b, NOT null AS c, 7 / 2 AS d, 7 / 2.0 AS e, -7 % 3 AS f, 0.0 / 0.0 = 0.0 / 0.0 AS g',
        'UNWIND [3, null, 1.5, "a", true, 0] AS v RETURN v ORDER BY v',
        "RETURN 'n' + 1 AS a, 1.5 + 'x' AS b, toString(1e21) AS c, toInteger('12.9') AS d, 2 ^ 3 AS e",
      ),
    check: (found: unknown) =>
      expect(found).toEqual([
        [[null, null, null, 3, 3.5, -1, false]],
        [['a'], [true], [0], [1.5], [3], [null]],
        [['n1', '1.5x', '1.0E21', 12, 8]],
      ]),
  },
  {
    name: 'MERGE reads its own writes, and edges are unique across parts',
    run: ({ ask }) =>
      ask(
        null,
        'UNWIND [1, 2, 1, 2, 1] AS i MERGE (a:A {i: i}) ON CREATE SET a.n = 1 ON MATCH SET a.n = a.n + 1 RETURN count(*)',
        'MATCH (a:A) RETURN a.i, a.n ORDER BY a.i',
        'MATCH (a:A {i: 1}), (b:A {i: 2}) CREATE (a)-[:R]->(b)',
        'MATCH (a)-[r]->(b), (c)-[s]->(d) RETURN count(*)',
        'MATCH (a)-[r]->(b) MATCH (c)-[s]->(d) RETURN count(*)',
      ),
    check: (found: unknown) =>
      expect(found).toEqual([
        [[5]],
        [
          [1, 3],
          [2, 2],
        ],
        [],
        [[0]],
        [[1]],
      ]),
  },
  {
    name: 'spellings of GQL mean what those of Cypher mean',
    run: ({ ask }) => {
      const [, ...answers] = ask(
        null,
        'INSERT (a:A {k: 1})-[:R]->(b:B {k: 2})-[:R]->(c:A:B {k: 3})-[:R]->(a), (a)-[:S]->(:C {k: 4})',
        ...spellings.flat(),
      );
      return spellings.map((_, i) => answers.slice(2 * i, 2 * i + 2));
    },
    check: (found: unknown) => {
      for (const [gql, cypher] of found as GraphValue[][][]) {
        expect(gql).toEqual(cypher);
        expect(gql!.length).toBeGreaterThan(0);
      }
    },
  },
  {
    name: 'ranges by an ordered index are those over the values',
    run: ({ ask }) => ask(null, ...ranges().queries),
    check: (found: GraphValue[][][]) => {
      const { answers } = ranges();
      expect(found.map((rows, i) => (answers[i] ? rows : undefined))).toEqual(answers);
    },
  },
  {
    name: 'LOAD CSV asks the host for rows',
    run: ({ loaded }) =>
      loaded(
        { 'p.csv': 'name,age\nAda,36\nBob,41', 'q;txt': '1;2\n3;4' },
        "load csv with headers from 'p.csv' as row create (:P {name: row.name, age: toInteger(row.age)})",
        "UNWIND ['q;txt', 'q;txt'] AS file LOAD CSV FROM file AS line FIELDTERMINATOR ';' RETURN line[0] AS a, line[1] AS b",
        "LOAD CSV WITH HEADERS FROM 'p.csv' AS row MATCH (p:P {name: row.name}) RETURN p.age, row.age",
      ),
    check: (found: unknown) =>
      expect(found).toEqual([
        [],
        [
          ['1', '2'],
          ['3', '4'],
          ['1', '2'],
          ['3', '4'],
        ],
        [
          [36, '36'],
          [41, '41'],
        ],
      ]),
  },
  {
    name: 'products of integers are exact, or refused',
    run: ({ ask }) =>
      factors().map(([a, b]) => attempt(() => ask(null, `RETURN toString((${a}) * (${b})) AS p`))),
    check: (found: unknown[]) => {
      const products = factors().map(([a, b]) => a * b);
      expect(found.map((x) => (Array.isArray(x) ? x[0][0][0] : 'refused'))).toEqual(
        products.map((p) => (p === BigInt.asIntN(64, p) ? String(p) : 'refused')),
      );
    },
  },
  {
    name: 'a graph is the same after saving',
    run: ({ saved }) =>
      saved(
        [
          "UNWIND range(1, 50) AS i CREATE (:A {i: i, s: 's' + i})-[:R {w: i * 0.5}]->(:B)",
          'MATCH (a:A {i: 7})-[r]->(b) DELETE a, r, b',
        ],
        'MATCH (a:A)-[r]->(b:B) WHERE r.w * 2 = a.i RETURN count(*), sum(a.i), max(a.s)',
      ),
    check: (found: unknown) => expect(found).toEqual([[[49, 1268, 's9']]]),
  },
  ...[true, false].map((commits) => ({
    name: `a transaction that is ${commits ? 'committed' : 'rolled back'} is one change, and a snapshot stays`,
    run: ({ viewed }: PropertyDoor) =>
      viewed(
        ["UNWIND range(1, 5) AS i CREATE (:A {i: i, s: 'a' + i})-[:R]->(:B)"],
        [
          "MATCH (a:A) WHERE a.i > 2 SET a.s = 'changed', a:C",
          'MATCH (a:A {i: 1}) DETACH DELETE a',
          'CREATE (:A {i: 9})-[:R]->(:New), (:Gone)',
          'MATCH (n:Gone) DELETE n',
        ],
        commits,
        "MATCH (a:A)-[:R]->(b) RETURN count(*), sum(a.i), count(CASE WHEN a.s = 'changed' AND a:C THEN 1 END)",
      ),
    check: (found: unknown) => {
      const [before, after] = [[[5, 15, 0]], [[5, 23, 3]]];
      expect(found).toMatchObject([
        before,
        before,
        after,
        before,
        commits ? after : before,
        commits ? [2, 1, 1, 1, 4, 5, 5, 0] : [],
        { refused: 'STATE', argument: 'transaction' },
      ]);
    },
  })),
  {
    name: 'refusals say where',
    run: ({ ask }) =>
      ['MATCH (a RETURN a', 'RETURN b', 'RETURN 1 / 0', 'UNWIND [1, 0] AS x RETURN 5 % x'].map(
        (text) => attempt(() => ask(null, text)),
      ),
    check: (found: { refused: string; argument: string; at: number }[]) => {
      expect(found.map(({ refused }) => refused)).toEqual([
        'PARSE',
        'PARSE',
        'ARGUMENT',
        'ARGUMENT',
      ]);
      expect(found.map(({ at }) => at).slice(1, 3)).toEqual([7, 7]);
    },
  },
];
