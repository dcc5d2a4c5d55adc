// sublinear adapt: queries move towards the documents that were clicked; what does not fit is refused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'sublinear/lora';
import { expect, test } from 'vitest';
import { file, folder, refused, sublinear } from '../support/cli.js';

/** Rows of f32 as NumPy writes them. */
function npy(name: string, rows: readonly number[][]): string {
  const shape = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${rows[0]!.length}), }`;
  const head = new TextEncoder().encode(`${shape.padEnd(117)}\n`);
  const values = Float32Array.from(rows.flat());
  const bytes = new Uint8Array(10 + head.length + values.byteLength);
  bytes.set([0x93, 78, 85, 77, 80, 89, 1, 0, head.length, 0]);
  bytes.set(head, 10);
  bytes.set(new Uint8Array(values.buffer), 10 + head.length);
  return file(name, bytes);
}

const queries = [
  [0.9, 0.1, 0],
  [0, 0.9, 0.1],
  [0.1, 0, 0.9],
];
const documents = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

test('an adapter that ranks the clicked document first', async () => {
  npy('queries.npy', queries);
  npy('documents.npy', documents);
  // Each query's next document: without an adapter none of them is the nearest.
  file('clicks.csv', 'query,document\n0,1\n1,2\n2,0\n');
  const vectors = ['--queries', 'queries.npy', '--documents', 'documents.npy'];
  const learn = ['--rank', '3', '--epochs', '300', '--rate', '0.02', '--json'];
  const ran = await sublinear(['adapt', 'clicks.csv', ...vectors, '-o', 'adapter.slv', ...learn]);
  expect(ran.stderr).not.toMatch(/error/i);
  expect(ran.code).toBe(0);
  const { outcome, clicks, losses } = JSON.parse(ran.stdout);
  expect({ outcome, clicks }).toEqual({ outcome: 'converged', clicks: 3 });
  expect(losses.at(-1)).toBeLessThan(losses[0]);

  const { LoraAdapter } = await load();
  using adapter = LoraAdapter.load(readFileSync(join(folder, 'adapter.slv')));
  const nearest = queries.map((query) => {
    const vector = adapter.apply(query);
    return vector.indexOf(Math.max(...vector));
  });
  expect(nearest).toEqual([1, 2, 0]);
});

test('what does not fit is refused', async () => {
  npy('q.npy', queries);
  npy('d.npy', documents);
  npy('narrow.npy', [[1, 0]]);
  file('far.csv', 'query,document\n0,3\n');
  file('other.csv', 'who,what\n0,1\n');
  file('good.csv', 'query,document\n0,1\n');
  const with_ = (table: string, docs = 'd.npy', ...more: string[]) => [
    'adapt',
    table,
    '--queries',
    'q.npy',
    '--documents',
    docs,
    '-o',
    'no.slv',
    ...more,
  ];
  await refused(with_('far.csv'), 'document');
  await refused(with_('other.csv'), 'query');
  await refused(with_('good.csv', 'narrow.npy'), '3');
  await refused(with_('good.csv', 'd.npy', '--rank', '0'), 'rank');
  await refused(with_('good.csv', 'd.npy', '--epochs', 'many'), 'epochs');
  await refused(
    ['adapt', 'good.csv', '--queries', 'q.npy', '--documents', 'd.npy', '-o', 'q.npy'],
    'q.npy',
  );
});
