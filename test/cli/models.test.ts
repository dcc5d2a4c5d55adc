// sublinear model, sublinear embed: a made-up sentence encoder in files of TensorFlow.js.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bert } from '../inference/bert.cases.js';
import { tfjs } from '../inference/inference.cases.js';
import { file, folder, sublinear } from '../support/cli.js';

function makeModel(name: string): string {
  const { model, vocabulary, shards } = tfjs();
  const dist = join(folder, name, 'dist');
  mkdirSync(dist, { recursive: true });
  writeFileSync(join(dist, 'model.json'), model as string);
  writeFileSync(join(dist, 'vocab.json'), JSON.stringify(vocabulary));
  writeFileSync(join(dist, 'index.js'), 'no weights');
  for (const [path, bytes] of Object.entries(shards))
    writeFileSync(join(dist, path), bytes as Uint8Array);
  return name;
}

test('a model is converted, distilled, and asked', async () => {
  const model = makeModel('encoder');
  const made = await sublinear(['model', model, '-o', 'use.slv', '--json']);
  expect(made.code).toBe(0);
  const about = JSON.parse(made.stdout);
  expect(about).toMatchObject({
    output: 'use.slv',
    dimensions: 12,
    precision: 'int8',
    distilled: false,
  });
  expect(about.bytesWritten).toBe(readFileSync(join(folder, 'use.slv')).length);
  const texts = ['the river bank', 'the river bank', 'a cat'];
  const asked = await sublinear(['embed', 'use.slv', ...texts]);
  expect(asked).toMatchObject({ code: 0, stderr: '' });
  const lines = asked.stdout.trimEnd().split('\n');
  expect(lines[1]).toBe('1.0000  the river bank');
  expect(lines[2]).toMatch(/^-?0\.\d{4} {2}a cat$/);
  const long = 'the sea '.repeat(99).trim();
  const json = await sublinear([
    'embed',
    'use.slv',
    '--file',
    file('texts.txt', `a cat\r\n${long}\n`),
    '--vectors',
    '--json',
  ]);
  const found = JSON.parse(json.stdout);
  expect(found).toMatchObject({ modelId: about.modelId, cut: 1, dimensions: 12 });
  expect(found.texts.map(({ vector }: { vector: number[] }) => vector.length)).toEqual([12, 12]);
  const table = await sublinear([
    'model',
    model,
    '--distil',
    '--precision',
    'float32',
    '-o',
    'words.slv',
  ]);
  expect(table.code).toBe(0);
  expect(table.stderr).toContain('12 numbers a text, float32');
  const vectors = await sublinear(['embed', 'words.slv', '--file', '-', '--vectors'], 'the sea');
  expect(vectors.stdout.trim().split(' ').length).toBe(12);
});

test('what is no model, and no text', async () => {
  mkdirSync(join(folder, 'empty'));
  const refused = async (...args: string[]) => {
    const { code, stderr } = await sublinear(args);
    return `${code} ${stderr}`;
  };
  expect(await refused('model', 'empty', '-o', 'x.slv')).toMatch(
    /^2 .*expected model.json and vocab.json/,
  );
  expect(await refused('model', 'empty')).toMatch(/^2 .*--output/);
  const broken = makeModel('broken');
  writeFileSync(join(folder, broken, 'dist/b'), 'short');
  expect(await refused('model', broken, '-o', 'x.slv')).toMatch(/^2 .*bytes in all/);
  file('no.slv', 'text');
  expect(await refused('embed', 'no.slv', 'a')).toMatch(/^2 .*no\.slv: /);
  expect(await refused('embed', 'none.slv', 'a')).toMatch(/^[23] .*none\.slv: /);
  expect(await refused('embed', 'no.slv')).toMatch(/^2 .*expected texts/);
});

test('a model of the form of BERT is converted as its files say', async () => {
  const { weights, config, vocabulary } = bert();
  const write = (name: string, files: Record<string, unknown>) => {
    mkdirSync(join(folder, name, '1_Pooling'), { recursive: true });
    writeFileSync(join(folder, name, 'model.safetensors'), weights as Uint8Array);
    writeFileSync(join(folder, name, 'config.json'), config as string);
    for (const [path, value] of Object.entries(files))
      writeFileSync(
        join(folder, name, path),
        typeof value === 'string' ? value : JSON.stringify(value),
      );
    return name;
  };
  const about = async (...args: string[]) => {
    const made = await sublinear(['model', ...args, '-o', 'bert.slv', '--json']);
    expect(made).toMatchObject({ code: 0 });
    return JSON.parse(made.stdout);
  };
  const plain = write('plain', { 'vocab.txt': vocabulary });
  const said = write('said', {
    'vocab.txt': vocabulary,
    'sentence_bert_config.json': { max_seq_length: 9, do_lower_case: false },
    '1_Pooling/config.json': { word_embedding_dimension: 12, pooling_mode_cls_token: true },
    'modules.json': [
      { type: 'sentence_transformers.models.Transformer' },
      { type: 'sentence_transformers.models.Pooling' },
      { type: 'sentence_transformers.models.Normalize' },
    ],
  });
  const first = await about(plain);
  expect(first).toMatchObject({ dimensions: 12, maxTokens: 16, pooling: 'mean' });
  const second = await about(said);
  expect(second).toMatchObject({ maxTokens: 9, pooling: 'cls' });
  const asked = await sublinear(['embed', 'bert.slv', 'the river', 'The River']);
  expect(asked.stdout).toContain('1.0000  The River');
  const same = await about(said, '--pooling', 'mean', '--max-tokens', '16');
  expect(same.modelId).toBe(first.modelId);
  const refused = async (name: string, expected: string, ...args: string[]) => {
    const { code, stderr } = await sublinear(['model', name, '-o', 'bert.slv', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(expected);
  };
  await refused(write('bare', {}), 'tokenizer.json or vocab.txt');
  const dense = { 'vocab.txt': vocabulary, 'modules.json': [{ type: 'x.models.Dense' }] };
  await refused(write('dense', dense), '"Dense"');
  const both = { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true };
  await refused(
    write('both', { 'vocab.txt': vocabulary, '1_Pooling/config.json': both }),
    'cls_token, mean_tokens',
  );
  const cased = (vocabulary as string).replace('cat', 'Cat');
  await refused(write('cased', { 'vocab.txt': cased }), 'a vocabulary without case');
  await refused(makeModel('tfjs'), '--pooling', '--pooling', 'cls');
});
