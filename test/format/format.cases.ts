// Files of vectors through both doors: the same bytes, whatever the door and the variant.
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

interface Settings {
  metric?: 'cosine' | 'dot' | 'euclidean';
  cells?: number;
  copies?: 1 | 2;
  seed?: number;
}

interface FormatDoor {
  /** The segments of the file, by their order. */
  publish: (
    vectors: Float32Array,
    dimension: number,
    settings: Settings,
    keys?: string[],
  ) => Uint8Array[];
  /** The same of the file of a graph. */
  publishGraph: (graph: Csr, labels?: string[]) => Uint8Array[];
}

interface Csr {
  rowPointers: Uint32Array;
  columns: Uint32Array;
  weights?: Float64Array;
  directed: boolean;
}

/** The first eleven segments of a file, as docs/format.md describes it. */
function segmentsOf(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  return Array.from({ length: 11 }, (_, i) => {
    const at = 64 + 128 * i;
    const from = Number(view.getBigUint64(at + 72, true));
    return file.slice(from, from + Number(view.getBigUint64(at + 80, true)));
  });
}

function rawFormat(module: RawModule): FormatDoor {
  const { call } = module;
  return {
    publish(vectors, dimension, settings, keys) {
      const { metric = 'cosine', cells = 0, copies = 2, seed = 0 } = settings;
      const rows = Math.floor(vectors.length / dimension);
      const options = Float64Array.of(
        ['cosine', 'dot', 'euclidean'].indexOf(metric),
        cells,
        copies,
        seed,
      );
      const handle = module.with([options], (at) =>
        module.made(call.sl_abi_publish_create!(rows, dimension, at!)),
      );
      try {
        module.with([vectors], (at) => module.check(call.sl_abi_publish_add!(handle, at!, rows)));
        if (keys !== undefined) {
          const pieces = keys.map((key) => new TextEncoder().encode(key));
          const bytes = new TextEncoder().encode(keys.join(''));
          const lengths = Uint32Array.from(pieces, ({ length }) => length);
          module.with([bytes, lengths], (at, sizes) =>
            module.check(call.sl_abi_publish_keys!(handle, at!, bytes.length, sizes!, 1)),
          );
        }
        module.check(call.sl_abi_publish_begin!(handle));
        return module.with([new Float64Array(26)], (out) => {
          do module.check(call.sl_abi_job_step!(handle, 1e6, out!));
          while (module.u32(out!, 1)[0] === 9);
          module.check(call.sl_abi_publish_read!(handle, out!));
          const numbers = module.f64(out!, 26);
          return Array.from({ length: 11 }, (_, i) => {
            const from = numbers[2 * i]!;
            return new Uint8Array(module.view().buffer.slice(from, from + numbers[2 * i + 1]!));
          });
        });
      } finally {
        module.check(call.sl_abi_publish_destroy!(handle));
      }
    },
    publishGraph({ rowPointers, columns, weights, directed }, labels) {
      const count = rowPointers.length - 1;
      const handle = module.with(
        [rowPointers, columns, weights ?? new Float64Array(1)],
        (starts, ends, values) =>
          module.made(
            call.sl_abi_graph_publish_create!(
              count,
              starts!,
              count + 1,
              ends!,
              weights === undefined ? 0 : values!,
              Number(directed),
            ),
          ),
      );
      try {
        if (labels !== undefined) {
          const pieces = labels.map((label) => new TextEncoder().encode(label));
          const bytes = new TextEncoder().encode(labels.join(''));
          const lengths = Uint32Array.from(pieces, ({ length }) => length);
          module.with([bytes, lengths], (at, sizes) =>
            module.check(call.sl_abi_graph_publish_labels!(handle, at!, bytes.length, sizes!, 1)),
          );
        }
        module.check(call.sl_abi_graph_publish_begin!(handle));
        return module.with([new Float64Array(24)], (out) => {
          do module.check(call.sl_abi_job_step!(handle, 1e6, out!));
          while (module.u32(out!, 1)[0] === 9);
          module.check(call.sl_abi_graph_publish_read!(handle, out!));
          const numbers = module.f64(out!, 24);
          return Array.from({ length: 11 }, (_, i) => {
            const from = numbers[2 * i]!;
            return new Uint8Array(module.view().buffer.slice(from, from + numbers[2 * i + 1]!));
          });
        });
      } finally {
        module.check(call.sl_abi_graph_publish_destroy!(handle));
      }
    },
  };
}

export const doors: RoomDoors<'format', FormatDoor> = {
  room: 'format',
  bundle: 'format',
  embind: ({ writeRemoteGraph, writeRemoteIndex }) => ({
    publishGraph: ({ rowPointers, columns, weights, directed }, labels) =>
      segmentsOf(
        writeRemoteGraph({
          nodeCount: rowPointers.length - 1,
          directed,
          labelOf: (node) => labels?.[node] ?? node,
          adjacency: () => ({
            toCsr: () => ({ rowPointers, columns, values: weights }),
            dispose: () => {},
          }),
        }),
      ),
    publish: (vectors, dimension, settings, keys) =>
      segmentsOf(writeRemoteIndex(vectors, { dimension, ...settings, ...(keys && { keys }) })),
  }),
  raw: rawFormat,
};

function vectors(count: number, dimension: number, seed: number): Float32Array {
  const next = random(seed);
  const centres = Float32Array.from({ length: 12 * dimension }, () => 4 * next() - 2);
  return Float32Array.from({ length: count * dimension }, (_, i) => {
    const centre = Math.floor(i / dimension) % 12;
    return centres[centre * dimension + (i % dimension)]! + next() - 0.5;
  });
}

const metrics = ['cosine', 'dot', 'euclidean'] as const;

/** A directed graph whose nodes lead to some others each. */
function links(count: number, seed: number, weighted: boolean): Csr {
  const next = random(seed);
  const rows = Array.from({ length: count }, () =>
    [
      ...new Set(Array.from({ length: Math.floor(6 * next()) }, () => Math.floor(next() * count))),
    ].sort((a, b) => a - b),
  );
  const rowPointers = new Uint32Array(count + 1);
  for (const [i, row] of rows.entries()) rowPointers[i + 1] = rowPointers[i]! + row.length;
  const columns = Uint32Array.from(rows.flat());
  const weights = Float64Array.from(columns, () => 0.1 + next());
  return { rowPointers, columns, directed: true, ...(weighted && { weights }) };
}

export const cases: Case<FormatDoor>[] = [
  ...metrics.flatMap((metric) =>
    ([1, 2] as const).map(
      (copies): Case<FormatDoor> => ({
        name: `${metric}, ${copies} copies: the same segments`,
        run: (door) => door.publish(vectors(700, 21, 3), 21, { metric, copies, seed: 5 }),
        check(segments: Uint8Array[]) {
          const words = new Uint32Array(segments[0]!.slice().buffer);
          expect([...words.slice(0, 9)]).toEqual([
            1,
            metrics.indexOf(metric),
            21,
            700,
            42,
            copies,
            700 * copies,
            16,
            0,
          ]);
          const counts = new Uint32Array(segments[3]!.slice().buffer);
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(700 * copies);
          // A row's codes take half a byte a number in cells, and the same again in details.
          expect(segments[10]!.length).toBe(700 * copies * 11);
        },
      }),
    ),
  ),
  {
    name: 'keys lie with the details of their rows',
    run: (door) =>
      door.publish(
        vectors(60, 3, 1),
        3,
        { cells: 4 },
        Array.from({ length: 60 }, (_, i) => `ключ ${i}`),
      )[10],
    check(details: Uint8Array) {
      const text = new TextDecoder('latin1').decode(details);
      const key = new TextDecoder('latin1').decode(new TextEncoder().encode('ключ 17'));
      expect(text.split(key)).toHaveLength(3); // two copies
    },
  },
  {
    name: 'one vector, equal vectors, more cells than differ',
    run: (door) => [
      door.publish(Float32Array.of(3), 1, {}),
      door.publish(new Float32Array(40).fill(2), 2, { metric: 'euclidean', cells: 20 }),
      door.publish(vectors(9, 70, 2), 70, { cells: 9 }),
    ],
  },
  ...[false, true].map(
    (weighted): Case<FormatDoor> => ({
      name: `a graph ${weighted ? 'with weights and labels' : 'of numbers'}: the same segments`,
      run: (door) =>
        door.publishGraph(
          links(900, 6, weighted),
          weighted ? Array.from({ length: 900 }, (_, i) => `nœud ${i}`) : undefined,
        ),
      check(segments: Uint8Array[]) {
        const words = new Uint32Array(segments[0]!.slice().buffer);
        expect([...words.slice(0, 6)]).toEqual([
          2,
          1,
          900,
          words[3],
          2 * Number(weighted),
          Number(weighted),
        ]);
        expect(words[6]).toBe(links(900, 6, weighted).columns.length);
      },
    }),
  ),
  {
    name: 'refuses what is no graph',
    run: (door) => [
      attempt(() => door.publishGraph({ ...links(5, 1, false), directed: false })),
      attempt(() =>
        door.publishGraph({
          rowPointers: Uint32Array.of(0, 1),
          columns: Uint32Array.of(0),
          weights: Float64Array.of(-1),
          directed: true,
        }),
      ),
      attempt(() =>
        door.publishGraph(
          { rowPointers: Uint32Array.of(0, 0, 0), columns: new Uint32Array(0), directed: true },
          ['a', 'a'],
        ),
      ),
    ],
    check: (result: { refused: string; argument: string }[]) => {
      expect(result.map(({ refused, argument }) => [refused, argument])).toEqual([
        ['NOT_SYMMETRIC', 'columns'],
        ['NOT_POSITIVE', 'weights'],
        ['RANGE', 'labels'],
      ]);
    },
  },
  {
    name: 'refuses what is no vector and no setting',
    run: (door) => [
      attempt(() => door.publish(Float32Array.of(1, 2, Number.NaN, 4), 2, {})),
      attempt(() => door.publish(Float32Array.of(1, 2, 0, 0), 2, {})),
      attempt(() => door.publish(Float32Array.of(1, 2, 1e20, 0), 2, { metric: 'dot' })),
      attempt(() => door.publish(Float32Array.of(1, 2), 2, { cells: 2 })),
      attempt(() => door.publish(Float32Array.of(1, 2), 2, { copies: 3 as 2 })),
      attempt(() => door.publish(Float32Array.of(1, 2), 2, { seed: -1 })),
    ],
    check: (result: unknown[]) => {
      expect(result).toEqual([
        { refused: 'NOT_FINITE', argument: 'vectors', at: 1 },
        { refused: 'RANGE', argument: 'vectors', at: 1 },
        { refused: 'RANGE', argument: 'vectors', at: 1 },
        { refused: 'OPTION', argument: 'cells', at: -1 },
        { refused: 'OPTION', argument: 'copies', at: -1 },
        { refused: 'OPTION', argument: 'seed', at: -1 },
      ]);
    },
  },
];
