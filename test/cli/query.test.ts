// sublinear query: one query, and queries as they are typed, through a pipe.
import { describe, expect, test } from 'vitest';
import { isWhole } from '../../ts/cli/repl.js';
import { file, refused, sublinear } from '../support/cli.js';

const typed = async (lines: string, ...args: string[]) =>
  sublinear(['query', 'new', ...args], lines);

describe('query', () => {
  test('one query, with parameters and a file', async () => {
    const table = file('people.csv', 'name,age\nAda,36\nBob,41\n');
    const { code, stdout } = await sublinear([
      'query',
      'new',
      'CALL sublinear.loadCsv($table, {}) YIELD row RETURN row.name AS name, toInteger(row.age) AS age',
      '--parameters',
      JSON.stringify({ table }),
      '--format',
      'csv',
    ]);
    expect([code, stdout]).toEqual([0, 'name,age\nAda,36\nBob,41\n']);
    const values =
      "RETURN date('2020-02-29') AS d, duration('P1M') AS l, null AS n, true AS b, [1, null] AS s, {kind: 'date'} AS m";
    const answers = ['csv', 'table'].map((format) =>
      sublinear(['query', 'new', values, '--quiet', '--format', format]),
    );
    const [asCsv, asTable] = (await Promise.all(answers)).map((answer) => answer.stdout);
    expect(asCsv).toBe('d,l,n,b,s,m\n2020-02-29,P1M,,true,"[1,null]","{""kind"":""date""}"\n');
    expect(asTable).toMatch(/^2020-02-29 +P1M +null +true +\[1,null\] +{"kind":"date"}$/m);
    const caret = await refused(['query', 'new', 'RETURN x']);
    expect(caret).toMatch(/x is not defined \(line 1, column 8\)/);
    expect(await refused(['query', '-'])).toMatch(/standard input/);
    expect(await refused(['query', 'new', '--explain'])).toMatch(/--explain/);
  });

  test('queries that are typed take several lines and end with a semicolon', async () => {
    const { code, stdout, stderr } = await typed(
      `CREATE (:Person {name: 'Ada; Countess'})
  -[:KNOWS {since: 1833}]->(:Person {name: 'Charles'});

MATCH (a)-->(b) // all; of them
RETURN a.name AS a,
       b.name AS b;
:schema
:explain MATCH (a:Person) RETURN a.name;
PROFILE MATCH (a:Person) WHERE a.name STARTS WITH 'A' RETURN a.name;
RETURN 1 AS last`,
      '--quiet',
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('Ada; Countess  Charles');
    expect(stdout).toMatch(/labels +Person \(2\)\ntypes +KNOWS \(1\)\nproperties +name, since/);
    expect(stdout).toContain('Scan (a:Person)');
    expect(stdout).toMatch(
      /operator +details +rows +hits\n-*\n?Scan +\(a:Person\), filtered +1 +2\nProject +1 +0/,
    );
    expect(stdout.trimEnd().endsWith('last\n   1')).toBe(true);
  });

  test('what fails is told with its place, and the next ones run', async () => {
    const { code, stdout, stderr } = await typed(
      'RETURN x;\nRETURN 1 / 0;\n:nothing\nRETURN 2 AS two;\n:quit\nRETURN 3 AS three;\n',
      '--quiet',
    );
    expect(code).toBe(2);
    expect(stderr).toContain('RETURN x\n       ^');
    expect(stderr).toMatch(/zero/);
    expect(stderr).toMatch(/:nothing.*:schema/);
    expect(stdout).toContain('two');
    expect(stdout).not.toContain('three');
  });

  test('nothing typed is nothing done', async () => {
    for (const nothing of ['', '\n\n', ';\n', ' ; ;']) {
      const { code, stdout } = await typed(nothing, '--quiet');
      expect([code, stdout]).toEqual([0, '']);
    }
  });
});

test('a semicolon ends a query where it stands in no string, name or comment', () => {
  for (const whole of [
    'RETURN 1;',
    "RETURN ';';",
    'RETURN 1; // end',
    'RETURN 1 /* ; */ ; ',
    "RETURN 'a\\'';",
  ])
    expect([whole, isWhole(whole)]).toEqual([whole, true]);
  for (const part of [
    '',
    'RETURN 1',
    "RETURN ';",
    'RETURN `;',
    'RETURN 1 // ;',
    'RETURN 1 /* ;',
    'a; b',
    'RETURN "\\";',
  ])
    expect([part, isWhole(part)]).toEqual([part, false]);
});
