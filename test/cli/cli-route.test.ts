// `sublinear route`, as a user runs it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sublinear as run } from '../support/cli.js';

let folder: string;
const path = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sublinear-'));
  const rows = Array.from({ length: 120 }, (_, i) => {
    const angle = (i % 2 ? 1.4 : 0.1) + (i % 7) / 30;
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    return `${x},${y},${i % 2 ? '"north, up"' : 'east'},${Number(x > 0.5)},1`;
  });
  writeFileSync(path('examples.csv'), ['x,y,label,small,large', ...rows, ''].join('\n'));
  writeFileSync(path('new.csv'), 'y,x\n0,1\n1,0.1\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('sublinear route', () => {
  test('routes vectors by labels', async () => {
    const { code, stdout, stderr } = await run([
      ...['route', path('examples.csv'), '--features', 'x,y', '--route', 'label'],
      ...['--queries', path('new.csv'), '--accuracy', '0.9', '--format', 'csv'],
    ]);
    expect(stdout).toBe('query,route,p,set\n1,east,1,east\n2,"north, up",1,"north, up"\n');
    expect(stderr).toContain('90 learned from, 30 held out');
    expect(code).toBe(0);
  });

  test('says what a threshold between two models does', async () => {
    const args = ['route', path('examples.csv'), '--features', 'x,y', '--models', 'small,large'];
    const { code, stdout } = await run([...args, '--share', '0.5', '--json']);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ routes: ['small', 'large'], held: 30, decisions: [] });
    expect(found.threshold.quality.value).toBeGreaterThan(0.8);
    expect(code).toBe(0);
    const never = await run([...args, '--quality', '7', '--quiet']);
    expect([never.code, never.stdout]).toEqual([1, '']);
  });

  test('what is wrong is said', async () => {
    const args = ['route', path('examples.csv'), '--features', 'x,y'];
    const both = await run([...args, '--route', 'label', '--models', 'small,large']);
    expect(both.stderr).toContain('one of --route');
    const column = await run([...args, '--route', 'nothing']);
    expect(column.stderr).toContain('nothing');
    const scorer = await run([...args, '--route', 'label', '--scorer', 'magic']);
    expect(scorer.stderr).toContain('magic');
    expect([both.code, column.code, scorer.code]).toEqual([2, 2, 2]);
  });
});
