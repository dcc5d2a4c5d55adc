// A model of the form of BERT in a folder, as Hugging Face has it: weights, config, tokenizer, and how sentence-transformers
// uses them (modules.json, 1_Pooling/config.json, sentence_bert_config.json).
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BertModel, BertOptions, Pooling } from '../rooms/inference/inference.js';
import { CliError } from './terminal.js';

export interface Bert {
  source: BertModel;
  options: BertOptions & { pooling: Pooling };
}

export async function bertIn(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names.includes('config.json') && names.includes('model.safetensors');
}

/** What a file of JSON says, undefined where there is none. */
async function jsonIn(folder: string, name: string): Promise<unknown> {
  const text = await readFile(join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new CliError(`${join(folder, name)}: ${error.message}`);
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(`${join(folder, name)}: expected JSON`);
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** How its tokens become one vector; the parts after the encoder that this package does not have are refused. */
async function poolingOf(folder: string): Promise<Pooling> {
  const modules = await jsonIn(folder, 'modules.json');
  const known = ['Transformer', 'Pooling', 'Normalize'];
  for (const each of Array.isArray(modules) ? modules : []) {
    const type = String(field(each, 'type')).split('.').at(-1) as string;
    if (!known.includes(type))
      throw new CliError(`${folder}: its modules.json has "${type}", expected ${known.join(', ')}`);
  }
  const pooling = await jsonIn(folder, '1_Pooling/config.json');
  const modes = Object.entries(pooling ?? {})
    .filter(([name, set]) => name.startsWith('pooling_mode_') && set === true)
    .map(([name]) => name.slice('pooling_mode_'.length));
  if (modes.length === 0 || modes.join() === 'mean_tokens') return 'mean';
  if (modes.join() === 'cls_token') return 'cls';
  throw new CliError(
    `${folder}: its 1_Pooling/config.json says ${modes.join(', ')}, expected mean_tokens or cls_token`,
  );
}

export async function readBert(
  folder: string,
  given: { pooling?: Pooling; maxTokens?: number },
): Promise<Bert> {
  const names = await readdir(folder);
  const text = (name: string) => readFile(join(folder, name), 'utf8');
  const words = names.includes('tokenizer.json')
    ? { tokenizer: await text('tokenizer.json') }
    : names.includes('vocab.txt')
      ? { vocabulary: await text('vocab.txt') }
      : undefined;
  if (words === undefined) throw new CliError(`${folder}: expected tokenizer.json or vocab.txt`);
  const said = field(await jsonIn(folder, 'sentence_bert_config.json'), 'max_seq_length');
  const maxTokens = given.maxTokens ?? (typeof said === 'number' ? said : undefined);
  return {
    source: {
      weights: await readFile(join(folder, 'model.safetensors')),
      config: await text('config.json'),
      ...words,
    },
    options: {
      pooling: given.pooling ?? (await poolingOf(folder)),
      ...(maxTokens !== undefined && { maxTokens }),
    },
  };
}
