// The demos on WordNet and on word vectors, as their visitors run them.
import { describe, expect, test } from 'vitest';
import { run } from '../support/examples.js';

const promises: Record<string, RegExp[]> = {
  'wordnet.ts': [
    /NEAR TO "bank"/,
    /10\. .*%/,
    /looked at .* of the 117,791/,
    /resistance .* ohm/,
    /outcome: converged/,
  ],
  'vectors.ts': [
    /the 6,000 most frequent/,
    /NEAR TO "coffee"\?\n\n +1\. 0\.7\d\d {2}tea /,
    /begin with "c" \(\d+ are\):\n +c\w+, c/,
    /as woman is to QUEEN/,
    /as italy is to ROME/,
    /this index .*finds (99\.\d|100\.0) %/,
    /plain JavaScript .* times as long/,
  ],
};
// A short form where the whole takes half a minute.
const short: Record<string, string[]> = { 'vectors.ts': ['--words', '6000'] };

describe('the demos', () => {
  test.each(Object.entries(promises))('%s', (file, expected) => {
    const { status, stdout, stderr } = run(file, short[file]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const pattern of expected) expect(stdout).toMatch(pattern);
  });

  test('the demo takes a word, a second word, and phrases', () => {
    const { status, stdout } = run('wordnet.ts', ['hot dog', 'Piano']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/NEAR TO "hot dog"/);
    expect(stdout).toMatch(/AND "Piano"/);
  });

  test('the demo suggests a word when it does not know one', () => {
    const { status, stdout, stderr } = run('wordnet.ts', ['bnak']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/no word "bnak".*"bank"/);
  });

  test('the demo says what to try when nothing is similar', () => {
    const { status, stderr } = run('wordnet.ts', ['qqqqqqqq']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/Try an English/);
  });
});

describe('the demo of vectors', () => {
  const few = ['--words', '6000'];

  test('takes another word, and three for an analogy', () => {
    expect(run('vectors.ts', ['Beer', ...few]).stdout).toMatch(/NEAR TO "beer"\?\n\n +1\. .*drink/);
    const { status, stdout } = run('vectors.ts', ['paris', 'france', 'japan', ...few]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/france is to paris as japan is to TOKYO/);
  });

  test.each([
    [['cofee'], /"cofee" is not among.*"coffee"/],
    [['xxxxxxxxxxxx'], /Try a usual/],
    [['two', 'words'], /one word, or three/],
    [['coffee', '--words', 'all'], /--words takes a number/],
  ])('says what is wrong with %j', (args, message) => {
    const { status, stderr } = run(
      'vectors.ts',
      args.includes('--words') ? args : [...args, ...few],
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
