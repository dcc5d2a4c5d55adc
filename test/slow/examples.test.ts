// Every program in examples/ runs and says what it promises.
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseGlove, readGlove } from '../../examples/support/glove.js';
import { parseWordNet, readWordNet, suggest } from '../../examples/support/wordnet.js';
import { folder, run } from '../support/examples.js';

// What each example must print.
const promises: Record<string, RegExp[]> = {
  'quick-start.ts': [/^Ada 0\.\d+$/m, /off by at most/, /^converged/m, /at most 1e-8/],
  'solve-grid.ts': [/^converged/, /column 0: 9\d\.\d+ degrees/, /column 499: 0\.\d+ degrees/],
  'modes.ts': [/unknowns, \d+ solves, no eigenvalue missed among 6/, /tone 3: 19\.7\d+, within/],
  'levelling.ts': [
    /^14160 measurements of 3600 points: converged/m,
    /^a measurement is off by [456]\.\d mm$/m,
    /^backward error at most \de-1\d, proved$/m,
  ],
  'gaussian-process.ts': [
    /^120 measurements are most likely at length scale 0\.[248]$/m,
    /^the truth is [012]\.\d standard errors away$/m,
    /^backward error below 2\^-52$/m,
  ],
  'local-entry.ts': [/converged by push/, /agrees: true/],
  'routes.ts': [
    /^within ten minutes of home: \d+ crossings$/m,
    /^the same without landmarks: true$/m,
    /busiest crossing .* column (40|150|270):/,
  ],
  'bottlenecks.ts': [
    /^55 cars a minute, off by at most 0$/m,
    /^limited by 3 streets: 35 \+ 10 \+ 10$/m,
    /^the weakest spot carries 20: 2 streets$/m,
  ],
  'outages.ts': [
    /^4 links must fail before the network falls apart$/m,
    /^mended: 2,3,4$/m,
    /^10000 events: at worst 3 links$/m,
    /^1129 pairs exchange 37819 gigabits, off by at most 0$/m,
    /^the prices of all switches add up to 37819:/m,
  ],
  'classify.ts': [
    /^by their friends alone: 9\d %$/m,
    /^graph convolution: 9\d %$/m,
    /^member 399: team 3, from \d+ of 400 members$/m,
  ],
  'communities.ts': [
    /^the classes themselves: modularity 0\.613$/m,
    /^leiden: 9 communities, .* NMI 0\.8/m,
    /^groups denser than 0\.1: 2\d$/m,
  ],
  'headlines.ts': [
    /^clicks of the bandit: \d\d\.\d %$/m,
    /^an expert in a hurry gets: technical$/m,
    /^plain for all: \d+\.\d %, .* truth 20\.0$/m,
  ],
  'transformer.ts': [
    /^token by token the same bits: true$/m,
    /^float32: (\d+) of \1 letters/m,
    /^int8: (\d+) of \1 letters/m,
  ],
  'voice.ts': [/^(no network: .*|10 s of sound in \d+ ms, 1\.3 MB)$/m],
  'sentences.ts': [
    /^nearest to "a bank of a river" of 24 sentences$/m,
    /frequent ones count less: \d\.\d MB, .* ms\n {2}0\.\d\d\d {2}(The shore|Willows|Fish|A boat)/,
  ],
  'worker.ts': [
    /aborted: true/,
    /solved: converged true/,
    /nearest to themselves: true/,
    /one index for both: true true/,
  ],
  'witness.ts': [
    /^as it was signed: true$/m,
    /^a forged one: false signature$/m,
    /^a proof of 128 bytes for block 7 of 16: true$/m,
    /^and the root is signed: true$/m,
  ],
  'hybrid.ts': [
    /^by words: miramar, sands$/m,
    /^together: miramar, sands, lodge$/m,
    /^why miramar: words 1, meaning 1$/m,
    /^again: miramar, sands, lodge$/m,
    /^by a sparse encoder: miramar, lodge, sands$/m,
    /^and by meaning: miramar, lodge, sands$/m,
  ],
  'raw-abi.mjs': [/./],
  'raw-micro.mjs': [/^the first vector is the nearest to itself$/m],
  'clicks.ts': [
    /^\d clicks; the clicked document stands at place [2-9]\.\d on average$/m,
    /^after learning: place 1\.\d$/m,
  ],
  'cartpole.ts': [
    /^before anything was learned: \d\d? of 500 steps$/m,
    /^learned: (500|4[7-9]\d) of 500 steps$/m,
  ],
  'continual.ts': [
    /^without replay: \d %/m,
    /^with 5 remembered examples of each kind: (100|9\d) % of the earlier kinds/m,
    /^(\d+) %, .* taken back: \1 %$/m,
  ],
  'router.ts': [
    /^\d+ examples, 1\d held out; calibration: temperature$/m,
    /^a flight to london in may -> travel /m,
    /^30 % of the calls to the large model: \d+ % right/m,
    /^after 3 s: small instead of large$/m,
    /^after 62 s: large$/m,
  ],
  'chooser.ts': [
    /^over the best choice: \d+ %$/m,
    /^1000 numbers in order: insertion$/m,
    /^1000 numbers in disorder: merge$/m,
  ],
  'property.ts': [
    /^Bea plays with Ann in Dunes$/m,
    /^Bea plays with Cid in Echo$/m,
    /^from Ann to Cid: 2 films$/m,
    /^played by one alone: 1$/m,
  ],
  'graph-rag.ts': [
    /^Which lamp helps sailors on the sea\?$/m,
    /^ {2}lighthouses +found +0\.\d{3} \+- \de-\d+ +-> harbours$/m,
    /^ {2}harbours +linked /m,
  ],
  'remote.ts': [
    /^the file: \d+ bytes, 20000 vectors$/m,
    /^opening: 1 request, 98304 bytes$/m,
    /^a search: \d+ requests in 2 rounds, \d+ bytes$/m,
    /^nearest: point 0$/m,
  ],
  'remote-graph.ts': [
    /^the file: \d+ bytes, 20000 people, 107827 pairs$/m,
    /^nearest to person 7: person 7, person 45,/m,
    /^read: \d+ bytes in \d+ rounds, all errors together below 0\.17$/m,
    /^person 7 knows person 19993 over 8 handshakes: \d+ bytes more$/m,
  ],
  'ai-sdk.ts': [/^a boat across the sea: The ferry/m, /^a nurse for a patient: The doctor/m],
  'transformers.ts': [/^npm install @huggingface\/transformers$|^a boat across the sea: /m],
  'on-disk.ts': [
    /^opened: 5000 points, 0 bytes dropped$/m,
    /^nearest: point 7 at 0$/m,
    /^read \d+ of \d+ bytes, of which \d+ are kept$/m,
  ],
  'store.ts': [/^friends: \d+ bytes$/m, /^closest to 10: 10, 20$/m],
};
describe('examples', () => {
  test('each file has its promises here', () => {
    const files = readdirSync(folder).filter((name) => /\.(ts|mjs)$/.test(name));
    // Those of the demos are in test/slow/demos.test.ts.
    expect(files.sort()).toEqual([...Object.keys(promises), 'vectors.ts', 'wordnet.ts'].sort());
  });

  test.each(Object.entries(promises))('%s', (file, expected) => {
    const { status, stdout, stderr } = run(file);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const pattern of expected) expect(stdout).toMatch(pattern);
  });
});

describe('the reader of vectors', () => {
  test('takes its text cut anywhere', () => {
    const vector = (first: number) =>
      Array.from({ length: 102 }, (_, i) => (i === 0 ? first : i / 8));
    const text = JSON.stringify({
      size: 3,
      words: ['the', '"', ',]'],
      vectors: { the: vector(1), '"': vector(2), ',]': vector(3) },
    });
    for (const size of [1, 7, 64, text.length]) {
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) as string[];
      const { words, vectors, dimension } = parseGlove(2, pieces.values());
      expect([words, dimension, vectors.length]).toEqual([['the', '"'], 100, 200]);
      expect([vectors[0], vectors[99], vectors[100]]).toEqual([1, 99 / 8, 2]);
      expect(parseGlove(9, pieces.values()).words).toHaveLength(3);
    }
    expect(() => parseGlove(3, [text.slice(0, -200)].values())).toThrow(/end before/);
    const other = text.replace('"the":', '"tha":');
    expect(() => parseGlove(1, [other].values())).toThrow(/"tha" where "the"/);
  });

  test('reads the real file', () => {
    const { words, vectors } = readGlove(3);
    expect(words).toEqual(['the', ',', '.']);
    // The first line of glove.6B.100d.txt as Stanford publishes it.
    expect([...vectors.subarray(0, 3)]).toEqual([-0.038194, -0.24487, 0.72812].map(Math.fround));
  });
});

describe('the WordNet reader', () => {
  const header = '  1 This is a licence line.\n';
  const files: Record<string, string> = {
    'data.noun': `${header}00000001 03 n 02 cat 0 true_cat 1 001 @ 00000002 n 0000 | a small animal; "cats purr"
00000002 03 n 01 animal 0 002 ~ 00000001 n 0000 + 00000003 a 0101 | a living being
`,
    'data.verb': header,
    'data.adj': `${header}00000003 00 s 0b tame(p) 0 b 0 c 0 d 0 e 0 f 0 g 0 h 0 i 0 j 0 k 0 001 & 00000003 s 0000 | used to people
`,
    'data.adv': header,
    'index.noun': `${header}animal n 1 2 ~ + 1 0 00000002  \ncat n 1 1 @ 1 1 00000001  \ntrue_cat n 1 1 @ 1 0 00000001  \n`,
    'index.verb': header,
    'index.adj': `${header}tame a 1 1 & 1 0 00000003  \n`,
    'index.adv': header,
  };

  test('reads synsets, words, glosses and relations', () => {
    const { synsets, from, to, meanings } = parseWordNet((file) => files[file]!);
    expect(synsets[0]).toEqual({
      words: ['cat', 'true cat'],
      kind: 'noun',
      gloss: 'a small animal',
    });
    expect(synsets[2]!.words).toEqual(['tame', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k']);
    expect([...from].map((u, k) => [u, to[k]])).toEqual([
      [0, 1],
      [1, 0],
      [1, 2],
      [2, 2],
    ]);
    expect(meanings('True_Cat')).toEqual([0]);
    expect(meanings('dog')).toEqual([]);
  });

  test('refuses a relation to a synset that does not exist', () => {
    const broken: typeof files = {
      ...files,
      'data.verb': '00000009 29 v 01 go 0 001 @ 00000077 v 0000 00 | move\n',
    };
    expect(() => parseWordNet((file) => broken[file]!)).toThrow(/v00000077/);
  });

  // Counts of the distributed files: grep -c '^[0-9]' data.*, and index.* likewise.
  test('reads all of WordNet 3.1', () => {
    const wordNet = readWordNet();
    expect(wordNet.synsets).toHaveLength(82192 + 13789 + 18185 + 3625);
    expect(wordNet.meanings('bank')).toHaveLength(18);
    expect(wordNet.synsets[wordNet.meanings('piano')[0]!]!.words).toContain('pianoforte');
    expect(suggest(wordNet, 'bnak')[0]).toBe('bank');
    const degree = new Set([...wordNet.from, ...wordNet.to]);
    expect(Math.max(...wordNet.from.slice(-10))).toBeLessThan(wordNet.synsets.length);
    expect(degree.size).toBeGreaterThan(100_000);
  });
});
