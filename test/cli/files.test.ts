// What the command line does to files: outputs that are inputs, disks that are full, names that a terminal would obey.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { file, folder, read, refused, sublinear } from '../support/cli.js';

const matrix = '%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 4\n2 2 4\n';
const edges = '0 1\n1 2\n2 0\n';
// Two vectors of two numbers.
const vectors = new Uint8Array(new Float32Array([1, 0, 0, 1]).buffer);
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Another name of a file, by a link in its folder. */
function linked(name: string, to: string, how: 'symbolic' | 'hard'): string {
  if (how === 'symbolic') symlinkSync(to, join(folder, name));
  else linkSync(join(folder, to), join(folder, name));
  return name;
}

/** Runs with standard input and output of its own. */
async function redirected(args: string[], input: number | 'ignore', output: number | 'pipe') {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    stdio: [input, output, 'pipe'],
  });
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code, stderr };
}

test('an output that is an input is refused before anything is read, whatever it is called', async () => {
  const a = file('A.mtx', matrix);
  const b = file('b.mtx', '%%MatrixMarket matrix array real general\n2 1\n1\n1\n');
  const e = file('e.txt', edges);
  const v = file('v.f32', vectors);
  const labels = file('labels.txt', 'one\ntwo\n');
  const soft = linked('soft.mtx', a, 'symbolic');
  const hard = linked('hard.mtx', a, 'hard');
  const index = ['index', v, '--dimension', '2', '--metric', 'euclidean'];
  for (const args of [
    ['solve', a, '-o', a],
    ['solve', a, '-o', `./${a}`],
    ['solve', a, '-o', soft],
    ['solve', soft, '-o', a],
    ['solve', a, '-o', hard],
    ['solve', a, '--save', a],
    ['solve', a, '--save', soft],
    ['solve', a, b, '-o', b],
    ['solve', a, '-o', 'new.mtx', '--save', 'new.mtx'],
    ['solve', a, '-o', 'new.mtx', '--save', './new.mtx'],
    ['rank', e, '--save', e],
    [...index, '-o', v],
    [...index, '--labels', labels, '-o', labels],
  ])
    expect(await refused(args)).toMatch(/(--output|--save) \S+: is the same file as/);
  expect([read(a), read(e), read(labels)]).toEqual([matrix, edges, 'one\ntwo\n']);
  expect(new Uint8Array(readFileSync(join(folder, v)))).toEqual(vectors);
  expect(existsSync(join(folder, 'new.mtx'))).toBe(false);
});

test('the same holds for standard input that is a file', async () => {
  const a = file('stdin.mtx', matrix);
  const { code, stderr } = await redirected(
    ['solve', '-', '-o', a],
    openSync(join(folder, a), 'r'),
    'pipe',
  );
  expect(code).toBe(2);
  expect(stderr).toMatch(/same file as the input standard input/);
  expect(read(a)).toBe(matrix);
});

test('a link to another file stays a link, and the file gets the answer', async () => {
  const a = file('linked.mtx', matrix);
  file('target.mtx', 'old');
  const link = linked('link.mtx', 'target.mtx', 'symbolic');
  const { code } = await sublinear(['solve', a, '-o', link]);
  expect(code).toBe(0);
  expect(lstatSync(join(folder, link)).isSymbolicLink()).toBe(true);
  expect(read('target.mtx')).toMatch(/^%%MatrixMarket matrix array/);
  expect(realpathSync(join(folder, link))).toMatch(/target\.mtx$/);
});

test.runIf(existsSync('/dev/full'))(
  'a full standard output is exit code 3 and one line',
  async () => {
    const a = file('full.mtx', matrix);
    const e = file('full.txt', edges);
    for (const args of [
      ['solve', a, '--format', 'csv', '--quiet'],
      ['solve', a, '--json'],
      ['solve', a, '-o', '-', '--quiet'],
      ['rank', e, '--quiet'],
      ['info'],
      ['--help'],
    ]) {
      const full = openSync('/dev/full', 'w');
      const { code, stderr } = await redirected(args, 'ignore', full);
      expect({ code, stderr }).toEqual({
        code: 3,
        stderr: 'sublinear: standard output: no space left\n',
      });
    }
    const { code, stderr } = await sublinear(['solve', a, '-o', '/dev/full']);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: 'sublinear: /dev/full: no space left\n',
    });
  },
);

test('names and labels cannot give orders to a terminal', async () => {
  // Title, colour, a control character of eight bits, and writing from right to left.
  const evil = 'a\x1b]0;title\x07\x1b[31m\u009b2J\u202etxt.mtx';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  const orders = /[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/;
  const shown = 'a\\u001b]0;title\\u0007\\u001b[31m\\u009b2J\\u202etxt.mtx';
  const missing = await refused(['solve', evil]);
  expect(missing).toContain(shown);
  expect(missing).not.toMatch(orders);
  const text = await sublinear(['solve', file(evil, matrix)]);
  expect(text.code).toBe(0);
  expect(text.stderr).toContain(shown);
  expect(text.stderr).not.toMatch(orders);
  const json = await sublinear(['solve', evil, '--json']);
  expect(json.stdout).not.toMatch(orders);
  expect(JSON.parse(json.stdout).matrix).toBe(evil);
  const v = file('evil.f32', vectors);
  const labels = file('evil.txt', 'one\n\u009b31mtwo\x1b[0m\n');
  const index = ['index', v, '--dimension', '2', '--metric', 'euclidean', '--labels', labels];
  expect((await sublinear([...index, '-o', 'evil.slv'])).code).toBe(0);
  const found = await sublinear(['search', 'evil.slv', '--query', '0,1']);
  expect(found.stdout).toContain('\\u009b31mtwo\\u001b[0m');
  expect(found.stdout).not.toMatch(orders);
  const names = await sublinear(['rank', file('list.txt', 'a\x1b[2J b\n')]);
  expect(names.stdout).toContain('a\\u001b[2J');
  expect(names.stdout).not.toMatch(orders);
});
