// RouteLLM's table of answers: of each MMLU question whether Mixtral 8x7B and GPT-4 were right (Ong et al. 2024, Apache-2.0).
// The files mmlu_*.csv lie in the folder routing of SUBLINEAR_DATA.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readGlove } from '../../examples/support/glove.js';

export interface Answers {
  prompts: string[];
  weak: Float64Array;
  strong: Float64Array;
}

/** All questions in the order of the files, or undefined where they are not there. */
export function readAnswers(): Answers | undefined {
  const folder = join(process.env.SUBLINEAR_DATA ?? '', 'routing');
  if (process.env.SUBLINEAR_DATA === undefined || !existsSync(folder)) return undefined;
  const rows = readdirSync(folder)
    .filter((name) => name.startsWith('mmlu_'))
    .sort()
    .flatMap((name) => linesOf(readFileSync(join(folder, name), 'utf8')).slice(1))
    .filter((row) => row.length === 3);
  return {
    prompts: rows.map(([prompt]) => prompt as string),
    weak: Float64Array.from(rows, ([, weak]) => Number(weak === 'True')),
    strong: Float64Array.from(rows, ([, , strong]) => Number(strong === 'True')),
  };
}

/** Fields of a CSV file with quotes and line breaks in them. */
function linesOf(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') {
      line.push(field);
      field = '';
    } else if (c === '\n') {
      line.push(field);
      lines.push(line);
      line = [];
      field = '';
    } else if (c !== '\r') field += c;
  }
  if (field !== '' || line.length > 0) lines.push([...line, field]);
  return lines;
}

const HASHED = 512;

/**
 * A vector for each text, without looking at answers: the mean of its words' GloVe vectors weighted by rarity (smooth inverse
 * frequency, Arora, Liang, Ma 2017), its length and the shares of digits and signs, and a hashed bag of its words.
 */
export function vectorsOf(texts: readonly string[]): Float32Array[] {
  const { words, dimension, vectors } = readGlove(100_000);
  const places = new Map(words.map((word, i) => [word, i]));
  const tokens = texts.map((text) => text.toLowerCase().match(/[a-z]+|[0-9]|[^\sa-z0-9]/g) ?? ['']);
  const counts = new Map<string, number>();
  let total = 0;
  for (const list of tokens)
    for (const word of list) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
      total++;
    }
  return tokens.map((list, t) => {
    const out = new Float32Array(dimension + 3 + HASHED);
    let sum = 0;
    for (const word of list) {
      const at = places.get(word);
      if (at === undefined) continue;
      const weight = 1e-3 / (1e-3 + (counts.get(word) as number) / total);
      for (let j = 0; j < dimension; j++)
        out[j] = (out[j] as number) + weight * (vectors[at * dimension + j] as number);
      sum += weight;
    }
    for (let j = 0; j < dimension; j++) out[j] = (out[j] as number) / (sum || 1);
    const share = (of: RegExp) => list.filter((word) => of.test(word)).length / list.length;
    out[dimension] = Math.log(1 + (texts[t] as string).length) / 5;
    out[dimension + 1] = 5 * share(/[0-9]/);
    out[dimension + 2] = 3 * share(/[^a-z0-9]/);
    const different = new Set(list);
    for (const word of different) {
      const at = dimension + 3 + (hash(word) % HASHED);
      out[at] = (out[at] as number) + 2 / Math.sqrt(different.size);
    }
    return out;
  });
}

/** FNV-1a. */
function hash(word: string): number {
  let h = 2166136261;
  for (let i = 0; i < word.length; i++) h = Math.imul(h ^ word.charCodeAt(i), 16777619);
  return h >>> 0;
}
