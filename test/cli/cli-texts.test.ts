// `sublinear index --text` and `sublinear search <index> <words>`, as a user runs them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { file, folder, sublinear as run } from '../support/cli.js';

const hotels = [
  { id: 'miramar', title: 'Hotel Miramar', body: 'Quiet rooms near the sea', town: 'Nice' },
  { id: 7, title: 'Station lodge', body: ['Rooms by the station', 'No sea'], town: 'Lyon' },
  { title: 'No id: called by its place', town: ['Nice', 'Lyon'] },
];
const lines = `${hotels.map((hotel) => JSON.stringify(hotel)).join('\n')}\n\n`;
const fields = ['--text', 'title,body', '--keyword', 'town'];

describe('sublinear index --text, and search', () => {
  test('finds documents by their words', async () => {
    const built = await run(['index', file('h.jsonl', lines), ...fields, '-o', 'h.slv', '--json']);
    expect([built.code, built.stderr]).toEqual([0, '']);
    expect(JSON.parse(built.stdout)).toMatchObject({ size: 3, fields: ['title', 'body', 'town'] });
    const { code, stdout, stderr } = await run(['search', 'h.slv', 'hotels by the sea -town:Lyon']);
    expect([code, stdout.trim().split('\n').length]).toEqual([0, 2]);
    expect(stdout).toMatch(/1\s+miramar\s+\d/);
    expect(stderr).toMatch(/matches\s+1/);
    const json = await run(['search', 'h.slv', 'room', '--json', '--top', '1']);
    expect(JSON.parse(json.stdout)).toMatchObject({ count: 2, results: [{ id: 'miramar' }] });
    const place = await run(['search', 'h.slv', '+town:Nice called', '--format', 'csv']);
    expect(place.stdout.split('\n')[1]).toMatch(/^1,2,\d/);
  });

  test('from standard input, and to it', async () => {
    const { code, stdout } = await run(
      ['index', '-', '--text', 'body', '-o', '-', '--quiet'],
      lines,
    );
    expect([code, stdout.slice(1, 4)]).toEqual([0, 'slf']);
  });

  test('compressed', async () => {
    const zipped = file('h.jsonl.gz', gzipSync(`\ufeff${lines}`));
    const made = await run(['index', zipped, ...fields, '-o', 'z.slv', '--quiet']);
    expect([made.code, made.stderr]).toEqual([0, '']);
    const wanted = await run(['search', 'z.slv', 'sea', '--format', 'csv', '--quiet']);
    expect(wanted.stdout).toContain('miramar');
    const index = gzipSync(readFileSync(join(folder, 'z.slv')));
    for (const [name, input] of [['-', index], [file('z.slv.gz', index)]] as const) {
      const { stdout } = await run(['search', name, 'sea', '--format', 'csv', '--quiet'], input);
      expect(stdout).toBe(wanted.stdout);
    }
  });

  test('fields that no document has, and files without documents, are refused', async () => {
    const all = file('one.jsonl', '{"id":1,"title":"a","v":{"1":2}}\n');
    const wrong = [
      [['--text', 'title,titel'], '--text titel: no document of one.jsonl has it; there are: id, '],
      [['--text', 'title', '--keyword', 'twon'], '--keyword twon: no document'],
      [['--text', 'title', '--sparse', 'w'], '--sparse w: no document'],
      [['--sparse', 'v', '--metadata', 'year'], '--metadata year: no document'],
    ] as const;
    for (const [options, said] of wrong) {
      const { code, stderr } = await run(['index', all, ...options, '-o', 'none.slv']);
      expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
    }
    for (const options of [
      ['--text', 'title'],
      ['--sparse', 'v'],
    ]) {
      const { code, stderr } = await run(['index', '-', ...options, '-o', 'none.slv'], '\n');
      expect([code, stderr]).toEqual([2, expect.stringContaining('standard input: is empty')]);
    }
    const none = await run(['search', 'none.slv', 'a']);
    expect(none.stderr).toContain('none.slv: no such file');
  });

  test('what is wrong names the file and the line', async () => {
    const bad = await run([
      'index',
      file('bad.jsonl', '{"id":1}\nnot json\n'),
      ...fields,
      '-o',
      'x.slv',
    ]);
    expect([bad.code === 0, bad.stderr]).toEqual([
      false,
      expect.stringContaining('bad.jsonl:2: expected a JSON'),
    ]);
    const twice = await run([
      'index',
      file('twice.jsonl', '{"id":1}\n{"id":1}\n'),
      ...fields,
      '-o',
      'x.slv',
    ]);
    expect(twice.stderr).toContain(
      'twice.jsonl:2: invalid argument, expected an id that is not in',
    );
    expect(twice.stderr).not.toContain('were added');
    const mixed = await run(['search', 'h.slv', 'words', '--like', 'x']);
    expect(mixed.stderr).toContain('expected words, or one of');
    const other = await run(['search', file('not.slv', 'nothing'), 'words']);
    expect(other.code).not.toBe(0);
  });
});
