// Every benchmark runs (on tiny data) and reports an accuracy for every time.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BenchResult } from '../../bench/support/harness.js';
import { report } from '../../bench/support/report.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sublinear-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: string[]) {
  const { status, stderr } = spawnSync(
    process.execPath,
    [...args, '--smoke', '--results', folder],
    {
      cwd: root,
      encoding: 'utf8',
      // Native peers are not built here: that takes a C++ compiler and half a minute.
      env: { ...process.env, SUBLINEAR_PEERS: 'none', OTHER: 'dist' },
    },
  );
  return { status, stderr };
}

describe('every benchmark runs', () => {
  let results: BenchResult[] = [];
  beforeAll(() => {
    for (const args of [['tools/bench.mjs'], ['tools/bench.mjs', 'peers', 'builds']]) {
      const { status, stderr } = run(args);
      if (status !== 0) throw new Error(stderr);
    }
    results = readdirSync(folder).map((name) =>
      JSON.parse(readFileSync(join(folder, name), 'utf8')),
    );
  });

  test('and writes its results', () => {
    const files = readdirSync(join(root, 'bench')).filter((name) => name.endsWith('.bench.ts'));
    const names = files.map((name) => name.replace('.bench.ts', ''));
    expect(results.map((result) => result.bench).sort()).toEqual(
      [...names, 'peers', 'builds'].sort(),
    );
    for (const result of results) expect(result).toMatchObject({ smoke: true });
  });

  test('with a time, a ratio and an accuracy for each contestant that ran', () => {
    const rows = results.flatMap(({ sections }) =>
      sections.flatMap((section) => (section.kind === 'comparison' ? section.rows : [])),
    );
    expect(rows.length).toBeGreaterThan(20);
    const ran = rows.filter((row) => row.skipped === undefined);
    for (const row of ran) {
      expect(row.medianMs, row.name).toBeGreaterThan(0);
      expect(row.ratio, row.name).toBeGreaterThan(0);
      expect(row.ratioLow, row.name).toBeLessThanOrEqual(row.ratioHigh!);
      expect(row.accuracy, row.name).not.toBe(undefined);
    }
  });

  test('and solves are as accurate as they were asked to be', () => {
    for (const { bench, claims } of results) {
      for (const claim of claims.filter(({ text }) => /residual/.test(text))) {
        expect(claim.holds, `${bench}: ${claim.text}`).toBe(true);
      }
    }
  });

  test('and makes a page that says that a smoke run proves nothing', () => {
    const text = report(folder)!.page;
    expect(text).toMatch(/^# Benchmarks\n/);
    expect(text.match(/\*\*A smoke run: /g)).toHaveLength(results.length);
    for (const { title } of results) expect(text).toContain(`## ${title}\n`);
    // Each table row has as many cells as its header.
    const tables = text.split('\n\n').filter((block) => block.startsWith('|'));
    expect(tables.length).toBeGreaterThan(10);
    for (const table of tables) {
      const widths = table
        .trim()
        .split('\n')
        .map((line) => line.replaceAll('\\|', '').split('|').length);
      expect(new Set(widths).size, table).toBe(1);
    }
  });
});
