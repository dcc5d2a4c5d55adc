// Lists of names, texts, records and vectors that say of themselves what is not true: each call ends with one of our errors
// after it has read what is there, and neither its time nor its memory goes by the length that a list claims.
import { createEngine, isSublinearError } from 'sublinear';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusalOf } from '../support/refused.js';

const open = () =>
  createEngine({
    modules: [
      'graph',
      'diffusion',
      'resistance',
      'hnsw',
      'text',
      'dates',
      'bandit',
      'router',
      'gemm',
      'linalg',
      'crypto',
      'format',
      'inference',
      'chooser',
      'property',
    ],
  });
let engine: Awaited<ReturnType<typeof open>>;
beforeAll(async () => {
  engine = await open();
});
afterAll(() => engine.dispose());

/** A list of `kind` with the elements of `list` and many that are not there; who reads on is told so, once. */
type Kind = 'longer than a list can be' | 'as long as a list can be' | 'longer each time';
const kinds: Kind[] = ['longer than a list can be', 'as long as a list can be', 'longer each time'];

function liar<T extends object>(list: T, kind: Kind): T {
  let claims = 0;
  const length = () => {
    if (kind === 'longer each time') return (list as unknown[]).length + claims++;
    return kind === 'as long as a list can be' ? 2 ** 32 - 1 : 2 ** 53;
  };
  const check = (key: string | symbol) => {
    if (typeof key === 'string' && Number(key) > (list as unknown[]).length + 100)
      throw new Error('read on');
  };
  return new Proxy(list, {
    get(target, key, receiver) {
      check(key);
      return key === 'length' ? length() : Reflect.get(target, key, receiver);
    },
    has(target, key) {
      check(key);
      return Reflect.has(target, key);
    },
  });
}

const names = ['Ada', 'Ben'];
const routes = () => [
  { name: 'a', vectors: [[1, 0], [0.9, 0.1]] }, // biome-ignore format: a row
  { name: 'b', vectors: [[0, 1], [0.1, 0.9]] }, // biome-ignore format: a row
];
const graphOf = () => engine.graph.Graph.fromEdges({ from: ['Ada'], to: ['Ben'], directed: false });

/** Each call with the list that it takes, as `give` makes it. */
const calls: Record<string, (give: <T extends object>(list: T) => T) => unknown> = {
  'Graph.fromEdges, labels': (give) =>
    engine.graph.Graph.fromEdges({ from: [0], to: [1], labels: give(names) }),
  'Graph.fromEdges, names': (give) =>
    engine.graph.Graph.fromEdges({ from: give(['Ada']), to: give(['Ben']) }),
  'Graph.edited, names': (give) =>
    graphOf().edited({ add: { from: give(['Ada']), to: give(['Cleo']) } }),
  'Graph.edited, numbers': (give) => graphOf().edited({ remove: { from: give([0]), to: [1] } }),
  'personalizedPageRank, source.nodes': (give) =>
    engine.diffusion.personalizedPageRank(graphOf(), { source: { nodes: give([0, 1]) } }),
  'effectiveResistances, from': (give) =>
    engine.resistance.effectiveResistances(graphOf(), { from: give([0]), to: [1] }),
  'Collection.create, text': (give) =>
    engine.hnsw.Collection.create({ metric: 'dot', dimension: 1, text: give(['title']) }),
  'TextIndex.create, fields': (give) => engine.text.TextIndex.create({ fields: give(['title']) }),
  fuse: (give) => engine.text.fuse(give([[{ id: 'a', score: 1 }]])),
  'fuse, a list': (give) => engine.text.fuse([give([{ id: 'a', score: 1 }])]),
  'businessDays, weekend': (give) =>
    engine.dates.businessDays({ weekend: give(['SA', 'SU'] as const) }),
  'Recurrence.parse, byDay': (give) =>
    engine.dates.Recurrence.parse({ freq: 'WEEKLY', byDay: give(['MO']) }, { start: '2024-01-01' }),
  'Recurrence.parse, include': (give) =>
    engine.dates.Recurrence.parse('FREQ=DAILY', {
      start: '2024-01-01',
      include: give(['2024-02-01']),
    }),
  'searchDates, weekday': (give) =>
    engine.dates.searchDates([{ weekday: give(['MO'] as const) }], {
      from: '2024-01-01',
      to: '2024-02-01',
    }),
  'searchDates, exact': (give) =>
    engine.dates.searchDates([{ exact: give(['2024-01-01']) }], {
      from: '2024-01-01',
      to: '2024-02-01',
    }),
  'Bandit.choose, eligible': (give) =>
    engine.bandit.linTs({ arms: ['a', 'b'], dimension: 1 }).choose([1], { eligible: give(['a']) }),
  'evaluate, log': (give) =>
    engine.bandit.evaluate(give([{ action: 'a', reward: 1, propensity: 0.5 }]), () => 'a'),
  'evaluate, methods': (give) =>
    engine.bandit.evaluate([{ action: 'a', reward: 1, propensity: 0.5 }], () => 'a', {
      methods: give(['ips'] as const),
    }),
  'evaluate, actions': (give) =>
    engine.bandit.evaluate(
      { actions: give(['a', 'b']), rewards: [1, 0], propensities: [0.5, 0.5] },
      () => 'a',
    ),
  'SemanticRouter.fit, routes': (give) => engine.router.SemanticRouter.fit(give(routes())),
  'SemanticRouter.fit, vectors': (give) =>
    engine.router.SemanticRouter.fit(
      routes().map(({ name, vectors }) => ({ name, vectors: give(vectors) })),
    ),
  'ModelRouter.fit, vectors': (give) =>
    engine.router.ModelRouter.fit(
      give([[1, 0], [0, 1]]), // biome-ignore format: a matrix
      [{ name: 'a', values: [1, 0] }],
    ),
  'mixtureOfExperts, experts': (give) =>
    engine.gemm.mixtureOfExperts(
      Float32Array.of(1, 1),
      engine.gemm.routeTokens(Float32Array.of(1, 0), { experts: 2, top: 1 } as never),
      give([]),
    ),
  'lu, rows': (give) =>
    engine.linalg.lu(give([[2, 0], [0, 2]])), // biome-ignore format: a matrix
  hashMany: (give) => engine.crypto.hashMany('sha256', give(['a', 'b'])),
  verifySignatures: (give) =>
    engine.crypto.verifySignatures(
      give([{ publicKey: new Uint8Array(32), signature: new Uint8Array(64), message: 'a' }]),
    ),
  'writeRemoteIndex, metadata': (give) =>
    engine.format.writeRemoteIndex(Float32Array.of(1, 2), {
      dimension: 1,
      metadata: give([{ a: 1 }, { a: 2 }]),
    }),
  'Chooser.create, methods': (give) =>
    engine.chooser.Chooser.create({ methods: give(['a', 'b']), features: 0, timeout: 1 }),
  'Chooser.create, features': (give) =>
    engine.chooser.Chooser.create({ methods: ['a', 'b'], features: give(['n']), timeout: 1 }),
  'Chooser.addMethods': (give) =>
    engine.chooser.Chooser.create({ methods: ['a'], features: 0, timeout: 1 }).addMethods(
      give(['b']),
    ),
  'PropertyGraph.addNodes, a column': (give) =>
    engine.property.PropertyGraph.create().addNodes({
      count: 2,
      columns: { name: give(['Ada', 'Ben']) },
    }),
};

describe.each(Object.entries(calls))('%s', (_, call) => {
  test('reads a list that is what it says', () => {
    let told: unknown;
    try {
      call((list) => list);
    } catch (error) {
      told = error;
    }
    // Experts are as many as the tokens were routed to.
    expect(told === undefined || isSublinearError(told)).toBe(true);
  });

  test.each(kinds)('reads no further in one that is %s', (kind) => {
    let told: unknown;
    try {
      call((list) => liar(list, kind));
    } catch (error) {
      told = error;
    }
    // A list that grows while it is read is as long as it was when it was asked, or has a gap at its end.
    const taken = kind === 'longer each time' && told === undefined;
    const codes = /^(TYPE|RANGE|SHAPE|OPTION|INDEX|MEMORY)$/;
    expect(taken || (isSublinearError(told) ? told.code : told)).toEqual(
      taken || expect.stringMatching(codes),
    );
  });
});

test('typed arrays of a property graph count as long as they are', () => {
  class Lying extends Float64Array {
    override get length(): 1000 {
      return 1000;
    }
    override get byteLength() {
      return 8000;
    }
  }
  const graph = engine.property.PropertyGraph.create();
  const weight = new Lying([1, 2]);
  expect(refusalOf(() => graph.addNodes({ count: 1000, columns: { weight } })).code).toBe('SHAPE');
  graph.addNodes({ count: 2, columns: { weight } });
  expect(graph.query('MATCH (n) RETURN sum(n.weight) AS all').rows).toEqual([{ all: 3 }]);
  expect(graph.query('RETURN size($list) AS n', { list: new Lying([1, 2, 3]) }).rows).toEqual([
    { n: 3 },
  ]);
});

test('what has a gap, or is of another type, is told by its place', () => {
  // biome-ignore lint/suspicious/noSparseArray: that is what is tested
  const gap = ['MO', , 'TU'] as string[];
  const parse = (byDay: unknown) => () =>
    engine.dates.Recurrence.parse({ freq: 'WEEKLY', byDay } as never, { start: '2024-01-01' });
  expect(refusalOf(parse(gap)).code).toBe('OPTION');
  expect(refusalOf(parse([Symbol('MO')])).code).toBe('OPTION');
  const x = Float32Array.of(1, 1);
  const weights = [undefined] as never;
  const { RecurrentLayer } = engine.gemm;
  expect(refusalOf(() => RecurrentLayer.create({ type: 'gru', size: 1, weights })).code).toBe(
    'TYPE',
  );
  const graph = engine.graph.Graph.fromEdges({ from: [7n], to: [9n], compactIds: true });
  expect(graph.nodeOf(9n)).toBe(1);
  expect(graph.nodeOf(Symbol('9') as never)).toBeUndefined();
  expect(x).toHaveLength(2);
});

test('a source of bytes that is a proxy of an array has a code', () => {
  const { Bandit, linTs } = engine.bandit;
  const bytes = linTs({ arms: ['a'], dimension: 1 }).save();
  expect(refusalOf(() => Bandit.load(new Proxy(bytes, {}))).code).toBe('TYPE');
});

test('something made from the prototype of a class is not the object', () => {
  const bare = Object.create(engine.graph.Graph.prototype);
  for (const call of [
    () => engine.diffusion.pageRank(bare),
    () => engine.diffusion.trackPageRank(bare, {}),
    () => engine.diffusion.trackPageRank(new Proxy(graphOf(), {}), {}),
  ])
    expect(refusalOf(call).code).toBe('TYPE');
});

test('a place in shared memory that is outside of it ends nothing', async () => {
  const { Hnsw } = engine.hnsw;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
  const { version } = engine.stats();
  const open = (place: unknown) => Hnsw.openShared({ kind: 'hnsw', version, place } as never);
  await expect(open(null)).rejects.toMatchObject({ code: 'TYPE' });
  for (const index of [2 ** 31, 65_536])
    await expect(open({ memory, regions: 1, index })).rejects.toMatchObject({ code: 'RANGE' });
  expect(Hnsw.create({ metric: 'dot', dimension: 1 }).size).toBe(0);
});

test('a sweep takes the names of nodes', () => {
  const { Graph, sweepCut } = engine.diffusion;
  const from = ['Ada', 'Ben', 'Cleo', 'Cleo', 'Dan', 'Eva'];
  const to = ['Ben', 'Cleo', 'Ada', 'Dan', 'Eva', 'Finn'];
  const graph = Graph.fromEdges({ from, to, directed: false });
  const scores = [0.5, 0.3, 0.2];
  const named = sweepCut(graph, { nodes: ['Ada', 'Ben', 'Cleo'], scores });
  expect(named).toEqual(sweepCut(graph, { nodes: [0, 1, 2], scores }));
  const unknown = () => sweepCut(graph, { nodes: ['Zoe'], scores: [1] });
  expect(refusalOf(unknown).code).toBe('INDEX');
});

describe('what a config says of an encoder is not believed before its weights are seen', () => {
  const values = (...shape: number[]) => ({
    data: new Float32Array(shape.reduce((a, b) => a * b)),
    shape,
  });
  const layer = 'encoder.layer.0';
  const linear = (name: string, outputs: number, inputs: number) => ({
    [`${layer}.${name}.weight`]: values(outputs, inputs),
    [`${layer}.${name}.bias`]: values(outputs),
  });
  const norm = (name: string) => ({
    [`${name}.weight`]: values(2),
    [`${name}.bias`]: values(2),
  });
  const weights = {
    'embeddings.word_embeddings.weight': values(6, 2),
    'embeddings.position_embeddings.weight': values(8, 2),
    'embeddings.token_type_embeddings.weight': values(2, 2),
    ...norm('embeddings.LayerNorm'),
    ...norm(`${layer}.attention.output.LayerNorm`),
    ...norm(`${layer}.output.LayerNorm`),
    ...['query', 'key', 'value'].reduce(
      (all, name) => Object.assign(all, linear(`attention.self.${name}`, 2, 2)),
      {},
    ),
    ...linear('attention.output.dense', 2, 2),
    ...linear('intermediate.dense', 2, 2),
    ...linear('output.dense', 2, 2),
  };
  const config = {
    hidden_size: 2,
    num_hidden_layers: 1,
    num_attention_heads: 1,
    intermediate_size: 2,
    max_position_embeddings: 8,
  };
  const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a', 'b'];
  const open = (more: object, pieces: string[] = vocabulary) =>
    engine.inference.TextEmbedder.fromBert({
      config: { ...config, ...more },
      weights: engine.format.writeSafetensors(weights),
      vocabulary: pieces,
    } as never);

  test('as it is, it is read', () => {
    using embedder = open({});
    expect(embedder.dimensions).toBe(2);
  });

  test.each([
    ['num_hidden_layers', 2],
    ['num_hidden_layers', 2 ** 32],
    ['num_hidden_layers', 2 ** 53],
    ['intermediate_size', 2 ** 31],
    ['intermediate_size', 2 ** 53],
    ['hidden_size', 2 ** 40],
    ['max_position_embeddings', 2 ** 40],
  ])('%s of %d', (name, count) => {
    expect(refusalOf(() => open({ [name]: count })).code).toBe('FORMAT');
  });

  test.each(kinds)('a vocabulary that is %s', (kind) => {
    expect(refusalOf(() => open({}, liar(vocabulary, kind))).code).toBe('FORMAT');
  });
});
