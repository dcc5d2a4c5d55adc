// Whatever save() writes, section by section: as it is, and as a file of version 2 that gives it back byte for byte.
import { readFileSync } from 'node:fs';
import { createEngine } from 'sublinear';
import { memoryStore } from 'sublinear/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silero } from '../inference/silero.js';
import { random } from '../support/door.js';
import { forged } from '../support/forged.js';
import { failure, type RangeServer, serveFile } from '../support/range-server.js';
import { refusalOf } from '../support/refused.js';
import { read } from '../support/store.js';

const engine = await createEngine();
const { Bundle, writeRemoteFile, writeRemoteFileAsync } = await engine.use('format');
afterAll(() => engine.dispose());

/** A file of each kind, in both forms where there are two, and what reads it again. */
async function files(): Promise<
  [kind: string, what: string, bytes: Uint8Array, load: (saved: Uint8Array) => unknown][]
> {
  const { SparseMatrix } = await engine.use('sparse');
  const { Graph } = await engine.use('graph');
  const { prepare, PreparedSolver } = await engine.use('solver');
  const { factorize, Factorization } = await engine.use('direct');
  const { buildHierarchy, ContractionHierarchy } = await engine.use('paths');
  const { Flat, Hnsw, Collection, SparseIndex } = await engine.use('hnsw');
  const { TextIndex } = await engine.use('text');
  const { WitnessChain } = await engine.use('crypto');
  const { GraphNetwork, LogisticRegression } = await engine.use('gnn');
  const { Bandit, betaThompson } = await engine.use('bandit');
  const { SemanticRouter } = await engine.use('router');
  const { Chooser } = await engine.use('chooser');
  const { LoraAdapter } = await engine.use('lora');
  const { ContinualLearner } = await engine.use('continual');
  const { PropertyGraph } = await engine.use('property');
  const { StaticEmbedder, TextCollection, VoiceDetector } = await engine.use('inference');

  const matrix = SparseMatrix.fromDense({
    rows: 3,
    cols: 3,
    values: [4, 1, 0, 1, 3, 0, 0, 0, 2],
  });
  const lower = SparseMatrix.fromDense({ rows: 2, cols: 2, values: [1, 2, 0, 3] });
  const single = SparseMatrix.fromCoo({
    rows: 2,
    cols: 2,
    rowIndices: [0, 1],
    columnIndices: [1, 0],
    values: Float32Array.of(1, 2),
  });
  const graph = Graph.fromEdges({ from: [0, 1, 2], to: [1, 2, 3], directed: false });
  const named = Graph.fromEdges({ from: ['Ada', 'Bob'], to: ['Bob', 'Cäcilie'], weights: [1, 2] });
  const next = random(3);
  const vectors = Float32Array.from({ length: 40 * 8 }, () => next() - 0.5);
  const ids = Uint32Array.from({ length: 40 }, (_, i) => i);
  const flat = Flat.create({ metric: 'euclidean', dimension: 8 });
  flat.addBatch({ ids, vectors });
  const hnsw = Hnsw.create({ metric: 'cosine', dimension: 8 });
  hnsw.addBatch({ ids, vectors });
  const codes = Hnsw.create({ metric: 'euclidean', dimension: 8, codes: 'int8' });
  codes.addBatch({ ids, vectors });
  const collection = Collection.create({ metric: 'cosine', dimension: 2 });
  collection.add({ key: 'east', vector: [1, 0], metadata: { sea: true } });
  const hybrid = Collection.create({ metric: 'dot', dimension: 2, text: ['title'] });
  hybrid.add({ key: 1, vector: [0, 1], text: 'quiet hotel' });
  const texts = TextIndex.create({ fields: ['body'] });
  texts.add({ id: 'a', fields: { body: 'running in the rain' } });
  const chain = WitnessChain.create({ context: 'test' });
  chain.append(1, 'first');
  chain.append(2, 'second');
  const embedder = StaticEmbedder.fromWords({
    words: ['sea', 'tax'],
    vectors: Float32Array.of(0, 1, 1, 0),
  });
  const voice = VoiceDetector.fromOnnx(silero());
  const notes = TextCollection.create({ embedder, Collection }).add({ key: 'a', text: 'sea' });
  const adapter = LoraAdapter.create({ inputs: 3, rank: 1 });
  const learner = ContinualLearner.create({ inputs: 2, outputs: 2, replay: 4 });
  learner.learn([1, 0, 0, 1], [0, 1]);
  const people = PropertyGraph.create();
  people.query(
    "CREATE (:Person {name: 'Ada', age: 36})-[:KNOWS {since: 1833}]->(:Person {name: 'Bob'})",
  );
  const parts = memoryStore();
  await people.saveIn(parts, 'people');
  const [part] = (await parts.list()).sort((a, b) => b.size - a.size);
  const changes = await read(parts, part!.key);
  const opened = async (bytes: Uint8Array) => {
    const store = memoryStore();
    await store.put(part!.key, bytes as Uint8Array<ArrayBuffer>);
    expect((await PropertyGraph.openIn(store, 'people'))?.nodeCount).toBe(2);
  };
  const sparse = SparseIndex.create();
  sparse.add(7, { indices: [1, 5], values: [0.5, -1] });
  const chooser = Chooser.create({ methods: ['a', 'b'], features: ['n'], timeout: 100 });
  chooser.report([1], 'a', { cost: 1 });
  const bandit = betaThompson({ arms: ['a', 'b', 'c'] });
  bandit.choose();
  const router = SemanticRouter.fit([
    { name: 'a', vectors: [[1, 0]] },
    { name: 'b', vectors: [[0, 1]] },
  ]);
  const network = GraphNetwork.fromLayers([
    { type: 'gcn', inputs: 3, outputs: 1, weights: [1, 2, 3] },
  ]);
  return [
    ['MTRX', 'a matrix', matrix.save(), (b) => SparseMatrix.load(b)],
    ['MTRX', 'a matrix of float32', single.save(), (b) => SparseMatrix.load(b)],
    ['GRPH', 'a graph', graph.save(), (b) => Graph.load(b)],
    ['GRPH', 'a graph with names', named.save(), (b) => Graph.load(b)],
    ['SOLV', 'a solver', prepare(matrix).save(), (b) => PreparedSolver.load(b)],
    ['FACT', 'factors', factorize(matrix).save(), (b) => Factorization.load(b)],
    ['FACT', 'factors of LU', factorize(lower).save(), (b) => Factorization.load(b)],
    ['CHRY', 'a hierarchy', buildHierarchy(graph).save(), (b) => ContractionHierarchy.load(b)],
    ['FLAT', 'vectors', flat.save(), (b) => Flat.load(b)],
    ['HNSW', 'an index', hnsw.save(), (b) => Hnsw.load(b)],
    ['HNSW', 'an index of codes', codes.save(), (b) => Hnsw.load(b)],
    ['COLL', 'a collection', collection.save(), (b) => Collection.load(b)],
    ['COLL', 'a collection with texts', hybrid.save(), (b) => Collection.load(b)],
    ['EMBC', 'texts', notes.save(), (b) => TextCollection.load(b, { embedder, Collection })],
    ['TEXT', 'an index of texts', texts.save(), (b) => TextIndex.load(b)],
    ['VOIC', 'a voice detector', voice.save(), (b) => VoiceDetector.load(b)],
    ['ENCO', 'an encoder', embedder.save(), (b) => StaticEmbedder.load(b)],
    ['WTNS', 'a chain', chain.save(), (b) => WitnessChain.load(b)],
    ['GNNW', 'a network', network.save(), (b) => GraphNetwork.load(b)],
    [
      'LREG',
      'a regression',
      LogisticRegression.fit([0, 1], [0, 1]).save(),
      (b) => LogisticRegression.load(b),
    ],
    ['BNDT', 'a bandit', bandit.save(), (b) => Bandit.load(b)],
    ['ROUT', 'a router', router.save(), (b) => SemanticRouter.load(b)],
    ['CHSR', 'a chooser', chooser.save(), (b) => Chooser.load(b)],
    ['LORA', 'an adapter', adapter.save(), (b) => LoraAdapter.load(b)],
    ['CLRN', 'a learner', learner.save(), (b) => ContinualLearner.load(b)],
    ['PROP', 'a property graph', people.save(), (b) => PropertyGraph.load(b)],
    ['PRSG', 'changes of a property graph', changes as Uint8Array<ArrayBuffer>, opened],
    ['SPIX', 'an index of sparse vectors', sparse.save(), (b) => SparseIndex.load(b)],
  ];
}

const all = await files();
const fileOf = (what: string) => all.find((each) => each[1] === what)![2];

test('no kind of file is missing here', () => {
  const line = /kind: (`[A-Z]{4}`.*?) \|/.exec(readFileSync('docs/format.md', 'utf8'))![1]!;
  const documented = [...line.matchAll(/`([A-Z]{4})`/g)].map(([, kind]) => kind!);
  const collections = ['COLL', 'EMBC'];
  expect([...new Set(all.map(([kind]) => kind))].sort()).toEqual(
    [...documented, ...collections].sort(),
  );
});

describe.each(all)('%s, %s', (kind, _what, saved, load) => {
  test('its sections are read alone, and are those of the file', async () => {
    const read: [number, number][] = [];
    const source = {
      read: async (offset: number, length: number) => {
        read.push([offset, length]);
        return saved.slice(offset, offset + length);
      },
    };
    const bundle = await Bundle.open(source);
    expect([bundle.kind, bundle.fileBytes, bundle.hash]).toEqual([kind, saved.length, undefined]);
    let end = 0;
    for (const { name, offset, length, root, type, shape } of bundle.segments) {
      expect([root, offset >= end, name]).toEqual([undefined, true, name.toLowerCase()]);
      end = offset + length;
      const { data } = await bundle.read(name);
      const bytes = saved.slice(offset, end);
      if (type === 'text') expect(data).toBe(new TextDecoder().decode(bytes));
      else {
        const view = data as Uint8Array;
        expect(new Uint8Array(view.buffer)).toEqual(bytes);
        expect(shape.reduce((product, size) => product * size, 1)).toBe(view.length);
      }
    }
    // One request for the head, which has everything of so small a file, then one for each section that is not empty.
    expect(read.slice(1).every(([, length]) => length < saved.length)).toBe(true);
    expect(await bundle.saved()).toEqual(saved);
  });

  test('as a file of version 2 it has the same sections, and comes back byte for byte', async () => {
    const [plain, bundle] = [await Bundle.open(saved), await Bundle.open(writeRemoteFile(saved))];
    expect(bundle.kind).toBe(kind);
    expect(bundle.hash).toMatch(/^[0-9a-f]{64}$/);
    for (const { name, type, shape } of plain.segments) {
      const own = await bundle.read(name);
      expect([own.type, own.shape]).toEqual([type, shape]);
      expect(own.data).toEqual((await plain.read(name)).data);
    }
    for (const { offset } of bundle.segments) expect(offset % 64).toBe(0);
    const back = await bundle.saved();
    expect(back).toEqual(saved);
    load(back);
  });
});

test('types and shapes are said where they are known', async () => {
  const of = async (what: string, name: string) => {
    const bundle = await Bundle.open(fileOf(what));
    const { type, shape } = bundle.segments.find((each) => each.name === name)!;
    return [type, ...shape];
  };
  expect(await of('a matrix', 'vals')).toEqual(['float64', 5]);
  expect(await of('a matrix of float32', 'vals')).toEqual(['float32', 2]);
  expect(await of('a graph with names', 'ltxt')).toEqual(['text', expect.any(Number)]);
  expect(await of('vectors', 'rows')).toEqual(['float32', 40, 8]);
  expect(await of('an index', 'rows')).toEqual(['float32', 40, 8]);
  expect((await of('an index of codes', 'rows'))[0]).toBe('uint8');
  expect(await of('a collection', 'vectors.rows')).toEqual(['float32', 1, 2]);
  expect((await of('a collection with texts', 'text.schm'))[0]).toBe('text');
  expect(await of('a chain', 'head')).toEqual(['uint8', 3, 32]);
  expect((await of('texts', 'model'))[0]).toBe('text');
  const flat = await Bundle.open(fileOf('vectors'), { verify: false });
  const some = await flat.read('rows', { from: 3, to: 5 });
  expect([some.shape, some.data.length]).toEqual([[2, 8], 16]);
  expect(flat.traffic.bytes).toBe(0); // of an array nothing arrives
  // Sections of one tag have numbers.
  const people = await Bundle.open(fileOf('a property graph'));
  expect(people.segments.filter(({ name }) => /^colu\.\d$/.test(name)).length).toBeGreaterThan(1);
});

describe('a large file on a server', () => {
  const values = Float64Array.from({ length: 60_000 }, (_, i) => i);
  let saved: Uint8Array;
  let server: RangeServer;
  beforeAll(async () => {
    const { SparseMatrix } = await engine.use('sparse');
    const indices = Uint32Array.from(values);
    using matrix = SparseMatrix.fromCoo({
      rows: 60_000,
      cols: 60_000,
      rowIndices: indices,
      columnIndices: indices,
      values: values.map((value) => value + 1),
    });
    saved = matrix.save();
    server = await serveFile(saved);
  });
  afterAll(() => server.close());

  test('one section is read and nothing else; a row of it where nothing is verified', async () => {
    const bundle = await Bundle.open(server.url);
    server.asked.length = 0;
    const { data } = await bundle.read('vals', { from: 7, to: 9 });
    expect(data).toEqual(Float64Array.of(8, 9));
    expect(server.asked.map(({ bytes }) => bytes)).toEqual([8 * 60_000 + 4]);
    const trusting = await Bundle.open(server.url, { verify: false });
    server.asked.length = 0;
    await trusting.read('vals', { from: 7, to: 9 });
    expect(server.asked.map(({ bytes }) => bytes)).toEqual([16]);
  });

  test('of version 2 only the blocks of the rows are read, and one in slices is the same', async () => {
    const file = writeRemoteFile(saved);
    server.behaviour.bytes = file;
    const bundle = await Bundle.open(server.url);
    server.asked.length = 0;
    expect((await bundle.read('vals', { from: 7, to: 9 })).data).toEqual(Float64Array.of(8, 9));
    expect(server.asked.every(({ bytes }) => bytes <= 65_536)).toBe(true);
    let told = 0;
    const later = await writeRemoteFileAsync(saved, { onProgress: () => told++ });
    expect(Buffer.from(later).equals(Buffer.from(file))).toBe(true);
    expect(told).toBeGreaterThan(0);
    const stop = new AbortController();
    const stopped = writeRemoteFileAsync(saved, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    const aborted = bundle.saved({ signal: stop.signal });
    await expect(aborted).rejects.toThrow('enough');
    server.reset();
  });

  test('a file that is cut off, or goes on', async () => {
    server.behaviour.bytes = saved.slice(0, 400_000);
    const bundle = await Bundle.open(server.url);
    expect((await failure(bundle.read('vals'))).code).toBe('TRUNCATED');
    expect((await failure(bundle.saved())).code).toBe('TRUNCATED');
    server.reset();
    expect((await failure(Bundle.open(saved.slice(0, 400_000)))).code).toBe('TRUNCATED');
    const longer = new Uint8Array(saved.length + 1);
    longer.set(saved);
    expect((await failure(Bundle.open(longer))).code).toBe('FORMAT');
    expect(refusalOf(() => writeRemoteFile(longer)).code).toBe('FORMAT');
    expect(refusalOf(() => writeRemoteFile(saved.slice(0, -1))).code).toBe('TRUNCATED');
  });
});

describe('files that are damaged', () => {
  /** Reads everything; gives the code of what was refused. */
  const readAll = async (file: Uint8Array) => {
    try {
      const bundle = await Bundle.open(file);
      for (const { name } of bundle.segments) await bundle.read(name);
      return 'nothing';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  /** What a reader of sections does not see: zeros between them, checksums of nothing. */
  const seen = async (file: Uint8Array) => {
    const is = new Uint8Array(file.length).fill(1);
    const { segments } = await Bundle.open(file);
    for (const [i, { offset, length }] of segments.entries())
      is.fill(0, offset + length + (length > 0 ? 4 : 0), segments[i + 1]?.offset ?? file.length);
    return is;
  };

  test.each(['a graph', 'vectors', 'a chain'])('every bit of %s', async (what) => {
    const file = fileOf(what).slice();
    const is = await seen(file);
    for (let i = 0; i < file.length; i++) {
      if (!is[i]) continue;
      const bit = 1 << (i % 8);
      file[i]! ^= bit;
      expect([i, await readAll(file)]).not.toEqual([i, 'nothing']);
      if (i > 12) expect([i, refusalOf(() => writeRemoteFile(file)).code]).not.toEqual([i, '']);
      file[i]! ^= bit;
    }
  });

  test.each(['a graph with names', 'a collection with texts', 'texts'])(
    '%s, cut off at every byte',
    async (what) => {
      const file = fileOf(what);
      for (let n = 0; n < file.length; n++) {
        expect([n, await readAll(file.slice(0, n))]).not.toEqual([n, 'nothing']);
        expect(['TRUNCATED', 'FORMAT']).toContain(
          refusalOf(() => writeRemoteFile(file.slice(0, n))).code,
        );
      }
    },
  );

  test('random bytes in the heads of collections, which have no checksum', async () => {
    const next = random(8);
    for (const what of ['a collection with texts', 'texts', 'a collection'])
      for (let i = 0; i < 3000; i++) {
        const file = fileOf(what).slice();
        for (let n = 0; n < 3; n++) file[8 + Math.floor(next() * 60)] = Math.floor(next() * 256);
        // Refused, or read: never anything that is not an error of this package.
        expect(await readAll(file)).toMatch(/^(nothing|FORMAT|CHECKSUM|TRUNCATED)$/);
      }
  });

  test('a file of version 2 whose pieces between the sections are forged', async () => {
    const file = writeRemoteFile(fileOf('a graph'));
    const wrong = forged(file, (segment) => {
      new BigUint64Array(segment('frame.ends').buffer, segment('frame.ends').byteOffset, 1)[0] =
        10n ** 15n;
    });
    expect((await failure((await Bundle.open(wrong)).saved())).code).toBe('FORMAT');
    const { writeBundle } = await engine.use('format');
    const others = await Bundle.open(writeBundle({ a: new Uint8Array(3) }));
    expect((await failure(others.saved())).code).toBe('FORMAT');
  });
});

test('what is not a saved file is refused, and a hash that it cannot have', async () => {
  const wrong = (given: unknown) => refusalOf(() => writeRemoteFile(given as never)).code;
  expect(wrong(3)).toBe('TYPE');
  expect(wrong('text')).toBe('TYPE');
  expect(wrong(new Uint8Array(100))).toBe('FORMAT');
  expect(wrong(writeRemoteFile(fileOf('a graph')))).toBe('FORMAT');
  const error = await failure(Bundle.open(fileOf('a graph'), { hash: '00' }));
  expect([error.code, error.message]).toEqual([
    'CHECKSUM',
    expect.stringMatching(/writeRemoteFile/),
  ]);
});
