// Files of graphs and matrices as TypeScript users meet them. What both doors share is in files.cases.ts.
import { UndirectedGraph } from 'graphology';
import { createEngine, type Engine, SublinearError } from 'sublinear';
import type { GraphRoom } from 'sublinear/graph';
import type { SparseRoom } from 'sublinear/sparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listedLabels } from '../../ts/runtime/labels.js';
import { loadLabels } from '../../ts/runtime/labels-file.js';
import { describeCases } from '../support/door.js';
import { refused } from '../support/refused.js';
import { cases, doors } from './files.cases.js';

describeCases(doors, cases);

describe('saved graphs and matrices', () => {
  let engine: Engine;
  let Graph: GraphRoom['Graph'];
  let SparseMatrix: SparseRoom['SparseMatrix'];
  beforeAll(async () => {
    engine = await createEngine();
    ({ Graph } = await engine.use('graph'));
    ({ SparseMatrix } = await engine.use('sparse'));
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });

  // biome-ignore lint/suspicious/noExplicitAny: wrong on purpose
  const any = (value: unknown) => value as any;
  const ring = (n: number) => {
    const from = Uint32Array.from({ length: n }, (_, i) => i);
    return Graph.fromEdges({ from, to: from.map((i) => (i * 7 + 1) % n) });
  };

  test('keep ids and names of nodes', () => {
    using ids = Graph.fromEdgeList('700 18446744073709551615\n', { compactIds: true });
    using idsAgain = Graph.load(ids.save());
    expect([idsAgain.labelOf(1), idsAgain.nodeOf(700)]).toEqual([2n ** 64n - 1n, 0]);
    const social = new UndirectedGraph();
    social.mergeEdge('ann', 'böb \u{1F600}');
    using names = Graph.fromGraphology(social);
    using namesAgain = Graph.load(names.save());
    expect(namesAgain.labelsOf([0, 1])).toEqual(['ann', 'böb \u{1F600}']);
    expect(namesAgain.nodeOf('ann')).toBe(0);
    expect(namesAgain.save()).toEqual(names.save());
  });

  test('keep labels of every kind, and take no others', () => {
    const labels = [
      'a',
      '',
      7,
      -0,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      2n ** 70n,
      1.5,
      '\u{1F600}',
    ];
    const { tag, bytes } = listedLabels(labels).save();
    const loaded = loadLabels(tag, bytes.slice(), labels.length);
    expect(labels.map((_, node) => loaded?.of(node))).toEqual(labels);
    expect(loaded?.find(2n ** 70n)).toBe(6);
    const text = (json: string) => new TextEncoder().encode(json);
    for (const wrong of ['["a"', '{}', '["a"]', '[null,1]', '[[],1]', '[["x"],1]', '[["1",2],1]'])
      expect(loadLabels('LTXT', text(wrong), 2)).toBeUndefined();
    expect(loadLabels('LTXT', Uint8Array.of(0x5b, 0xff, 0x5d), 1)).toBeUndefined();
    const ids = (...all: bigint[]) => new Uint8Array(BigUint64Array.from(all).buffer);
    expect(loadLabels('LIDS', ids(1n, 2n), 2)?.of(1)).toBe(2);
    expect(loadLabels('LIDS', ids(2n, 2n), 2)).toBeUndefined();
    expect(loadLabels('LIDS', ids(2n), 2)).toBeUndefined();
  });

  test('come from streams, and stop at an abort', async () => {
    using graph = ring(300_000);
    const bytes = graph.save();
    using streamed = await Graph.loadAsync(new Blob([bytes]).stream());
    expect(streamed.save()).toEqual(bytes);
    const seen: number[] = [];
    const onProgress = ({ bytesRead }: { bytesRead: number }) => seen.push(bytesRead);
    async function* slowly() {
      for (const piece of graph.saveInPieces()) yield piece;
    }
    using again = await Graph.loadAsync(slowly(), { onProgress });
    expect(again.edgeCount).toBe(300_000);
    expect(seen.at(-1)).toBe(bytes.length);
    // How much comes is told of what is there as a whole, and not of what is decompressed on the way.
    const text = `${'0 1\n'.repeat(100_000)}1 2\n`;
    const zipped = new Response(
      new Blob([text]).stream().pipeThrough(new CompressionStream('gzip')),
    );
    for (const [source, total] of [
      [new Blob([text]), text.length],
      [new TextEncoder().encode(text), text.length],
      [
        new Blob([
          JSON.stringify({ nodes: [{ id: 1 }, { id: 2 }], links: [{ source: 1, target: 2 }] }),
        ]),
        63,
      ],
      [new Blob([bytes]), bytes.length],
      [await zipped.blob(), undefined],
      [new Blob([text]).stream(), undefined],
    ] as const) {
      const told: unknown[] = [];
      using graph = await Graph.readAsync(source, {
        onProgress: ({ bytesTotal }) => told.push(bytesTotal),
      });
      expect([graph.edgeCount > 0, told.length > 0, ...new Set(told)]).toEqual([true, true, total]);
    }
    const controller = new AbortController();
    let left = false;
    async function* endless() {
      try {
        yield bytes.subarray(0, 1000);
        controller.abort(new Error('enough'));
        await new Promise(() => {});
      } finally {
        left = true;
      }
    }
    const loading = Graph.loadAsync(endless(), { signal: controller.signal });
    await expect(loading).rejects.toThrow('enough');
    expect(left).toBe(false); // it waits for ever, and is not waited for
    using matrix = graph.adjacency();
    using matrixAgain = await SparseMatrix.loadAsync(new Blob([matrix.save()]).stream());
    expect(matrixAgain.nnz).toBe(300_000);
  });

  // The arrays are taken over from the reader; a second copy of the file is never in the module.
  test('take little more memory than they hold', () => {
    const held = () => engine.stats().modules[0]?.bytesInUse as number;
    using graph = ring(200_000);
    const size = graph.bytesUsed;
    const before = held();
    let most = 0;
    let length = 0;
    for (const piece of graph.saveInPieces()) {
      most = Math.max(most, held() - before);
      length += piece.length;
    }
    expect(most).toBeLessThan(1000);
    expect(length).toBeLessThan(size + 1000);
    using again = Graph.load(graph.save());
    expect(again.bytesUsed).toBe(size);
  });

  test('name the loader that is right', () => {
    using graph = ring(10);
    using matrix = graph.adjacency();
    const wrong = refused(
      () => Graph.load(matrix.save()),
      SublinearError,
      'FORMAT',
      'Graph.load',
      /^"bytes" at position 12: .*, expected SparseMatrix\.load\(\) instead$/,
    );
    expect(wrong.argument).toBe('bytes');
    const newer = graph.save();
    newer[8] = 9;
    refused(() => Graph.load(newer), SublinearError, 'FORMAT', 'Graph.load', /newer sublinear/);
    refused(
      () => Graph.load(any('text')),
      TypeError,
      'TYPE',
      'Graph.load',
      /^"bytes" expected Uint8Array/,
    );
    refused(
      () => Graph.load(any([1])),
      TypeError,
      'TYPE',
      'Graph.load',
      /^"bytes" expected Uint8Array/,
    );
    refused(
      () => Graph.load(any(null)),
      TypeError,
      'TYPE',
      'Graph.load',
      /^"bytes" expected Uint8Array/,
    );
  });

  test('are gone with what is disposed between two pieces', () => {
    const graph = ring(300_000);
    const pieces = graph.saveInPieces();
    pieces.next();
    graph.dispose();
    refused(() => pieces.next(), SublinearError, 'DISPOSED', 'Graph.saveInPieces', /disposed/);
  });
});
