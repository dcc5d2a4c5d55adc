// sublinear eigen: values with bounds, vectors to a file, mass matrices; what is refused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { file, folder, refused, sublinear } from '../support/cli.js';

const line = (own: number, next: number) => {
  const entries: string[] = [];
  for (let i = 1; i <= 9; i++) {
    entries.push(`${i} ${i} ${own}`);
    if (i > 1) entries.push(`${i} ${i - 1} ${next}`);
  }
  const head = `%%MatrixMarket matrix coordinate real symmetric\n9 9 ${entries.length}\n`;
  return `${head}${entries.join('\n')}\n`;
};
const matrix = () => file('line.mtx', line(2, -1));

interface Said {
  outcome: string;
  certified: number;
  pairs: { value: number; errorBound: number }[];
}
const asked = async (...args: string[]) => {
  const { code, stdout } = await sublinear(['eigen', matrix(), '--json', ...args]);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Said;
};
const exact = (i: number) => 2 - 2 * Math.cos((i * Math.PI) / 10);

describe('eigen', () => {
  test('the smallest, the largest, the nearest', async () => {
    const wanted: [string[], number[]][] = [
      [
        ['-k', '2'],
        [1, 2],
      ],
      [
        ['-k', '2', '--which', 'largest'],
        [9, 8],
      ],
      [['-k', '1', '--sigma', '2.1'], [5]],
    ];
    for (const [args, numbers] of wanted) {
      const { outcome, certified, pairs } = await asked(...args);
      expect([outcome, certified]).toEqual(['converged', numbers.length]);
      pairs.forEach(({ value, errorBound }, i) => {
        expect(Math.abs(value - exact(numbers[i]!))).toBeLessThanOrEqual(errorBound + 1e-14);
      });
    }
  });

  test('without a factor', async () => {
    const { outcome, pairs } = await asked('-k', '2', '--method', 'lobpcg');
    expect(outcome).toBe('converged');
    pairs.forEach(({ value, errorBound }, i) => {
      expect(Math.abs(value - exact(i + 1))).toBeLessThanOrEqual(errorBound + 1e-14);
    });
  });

  test('a table, and vectors to a file', async () => {
    const to = file('modes.mtx', '');
    const { code, stdout } = await sublinear(['eigen', matrix(), '-k', '3', '-o', to]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/number +value +errorBound/);
    const [, , shape, ...numbers] = readFileSync(join(folder, to), 'utf8').trim().split('\n');
    expect([shape, numbers.length]).toEqual(['9 3', 27]);
  });

  test('a mass matrix', async () => {
    const { pairs } = await asked('-k', '1', '--mass', file('mass.mtx', line(4, 1)));
    expect(pairs[0]!.value).toBeCloseTo(exact(1) / (6 - exact(1)), 12);
  });

  test('what does not go together is refused', async () => {
    expect(await refused(['eigen', matrix(), '-k', '10'])).toMatch(
      /--k: .* 1 \.\. the number of rows/,
    );
    expect(await refused(['eigen', matrix(), '--which', 'nearest'])).toMatch(/--sigma/);
    expect(await refused(['eigen', matrix(), '--which', 'largest', '--sigma', '1'])).toMatch(
      /--sigma/,
    );
    expect(await refused(['eigen', matrix(), '--which', 'middle'])).toMatch(/--which/);
  });
});
