// `sublinear evaluate`, as a user runs it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sublinear as run } from '../support/cli.js';

let folder: string;
const path = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sublinear-'));
  const rows = Array.from({ length: 200 }, (_, i) => {
    const arm = i % 2 ? 'B' : 'A, the old one';
    return `"${arm}",${i % 2},0.5,${i % 3},0.25,0.75`;
  });
  const header = 'arm,click,p,hour,pA,pB';
  writeFileSync(path('log.csv'), [header, ...rows, ''].join('\n'));
  writeFileSync(path('tabs.tsv'), 'action\treward\tpropensity\r\n1\t1\t0.5\r\n2\t0\t0.5\r\n');
  writeFileSync(path('zero.csv'), `${header}\nA,1,0,1,0.5,0.5\nB,1,0.5,1,0.5,0.5\n`);
  writeFileSync(path('short.csv'), `${header}\nA,1\n`);
  writeFileSync(path('words.csv'), `${header}\nA,yes,0.5,1,0.5,0.5\n`);
  writeFileSync(path('quote.csv'), `${header}\n"A,1,0.5\n`);
  writeFileSync(path('empty.csv'), `${header}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const columns = ['--action', 'arm', '--reward', 'click', '--propensity', 'p'];

describe('sublinear evaluate', () => {
  test('prints what a policy would have earned', async () => {
    const args = [
      'evaluate',
      path('log.csv'),
      ...columns,
      '--target',
      'B',
      '--methods',
      'ips,snips',
    ];
    const { code, stdout, stderr } = await run([...args, '--format', 'csv']);
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toBe('method,value,stderr,low,high');
    expect(stdout).toMatch(/^ips,1,0\.0\d+,0\.\d+,1\.\d+$/m);
    expect(stdout).toMatch(/^snips,1,0,1,1$/m);
    expect(stderr).toContain('200 choices of 2 arms');
    expect(stderr).toMatch(/effective sample size\s+100/);
  });

  test('takes probabilities from columns, contexts, and gives JSON', async () => {
    const { code, stdout } = await run([
      ...['evaluate', path('log.csv'), ...columns, '--target', 'pA,pB', '--context', 'hour'],
      ...['--resamples', '50', '--json'],
    ]);
    expect(code).toBe(0);
    const { arms, rows, estimates } = JSON.parse(stdout);
    expect([arms, rows]).toEqual([['A, the old one', 'B'], 200]);
    for (const { value } of estimates) expect(value).toBeCloseTo(0.75, 1);
  });

  test('refuses a log that says too little', async () => {
    const { code, stdout, stderr } = await run(['evaluate', path('tabs.tsv')]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/refused\s+support/);
  });

  test('names the file, the line and the column that are wrong', async () => {
    for (const [file, more, message] of [
      ['zero.csv', [], /zero\.csv.*the probability of each choice/],
      ['short.csv', [], /short\.csv:2: expected 6 fields, got 2/],
      ['words.csv', [], /words\.csv:2: expected a number in column "click", got "yes"/],
      ['quote.csv', [], /quote\.csv:2: a quote is not closed/],
      ['empty.csv', [], /empty\.csv: expected a line of names and one of data/],
      [
        'log.csv',
        ['--reward', 'sale'],
        /log\.csv: expected a column "sale"; there are: arm, click/,
      ],
      [
        'log.csv',
        ['--target', 'C'],
        /--target expected "uniform", an arm of the log, or 2 columns/,
      ],
      ['log.csv', ['--methods', 'mse'], /methods/],
    ] as const) {
      const { code, stdout, stderr } = await run(['evaluate', path(file), ...columns, ...more]);
      expect([file, code, stdout]).toEqual([file, 2, '']);
      expect(stderr).toMatch(message);
    }
  });
});
