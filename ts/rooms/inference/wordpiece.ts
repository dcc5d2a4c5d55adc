// WordPiece vocabularies without case, as the files of models have them: tokenizer.json or vocab.txt.
import { MARKS } from './prose.js';
import { badFormat, fromJson, isObject } from './safetensors.js';

/** The pieces of a tokenizer.json in the order of their numbers, which are below `rows`. */
export function piecesOfTokenizer(operation: string, given: unknown, rows: number): string[] {
  const wrong = (expected: string) => badFormat(operation, 'tokenizer', expected);
  const read = fromJson(operation, 'tokenizer', given);
  const model = isObject(read) && isObject(read.model) ? read.model : undefined;
  if (model?.type !== 'WordPiece' || !isObject(model.vocab)) throw wrong('a WordPiece vocabulary');
  if ((model.continuing_subword_prefix ?? '##') !== '##')
    throw wrong('pieces that begin with "##"');
  const normalizer = isObject(read) ? read.normalizer : undefined;
  if (
    !isObject(normalizer) ||
    normalizer.type !== 'BertNormalizer' ||
    normalizer.lowercase !== true
  )
    throw wrong('a BertNormalizer that puts texts into lower case');
  for (const step of ['strip_accents', 'handle_chinese_chars', 'clean_text'])
    if (normalizer[step] === false) throw wrong(`a BertNormalizer without "${step}": false`);
  const pieces = new Array<string>(rows).fill('');
  for (const [piece, id] of Object.entries(model.vocab)) {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= rows)
      throw wrong('pieces with a number of a row each');
    pieces[id as number] = piece;
  }
  return pieces;
}

/** The same of one whose texts get the marks of BERT. */
export function piecesOfBertTokenizer(operation: string, given: unknown, rows: number): string[] {
  const wrong = (expected: string) => badFormat(operation, 'tokenizer', expected);
  const read = fromJson(operation, 'tokenizer', given);
  const pieces = piecesOfTokenizer(operation, read, rows);
  const {
    model,
    added_tokens: added,
    pre_tokenizer: words,
    post_processor: marks,
  } = read as Record<string, unknown>;
  const { unk_token: unknown = '[UNK]', max_input_chars_per_word: most = 100 } = model as Record<
    string,
    unknown
  >;
  if (unknown !== '[UNK]' || most !== 100)
    throw wrong('"[UNK]" for words of more than 100 characters');
  const typeOf = (part: unknown) => (isObject(part) ? part.type : undefined);
  if ((typeOf(words) ?? 'BertPreTokenizer') !== 'BertPreTokenizer')
    throw wrong('a BertPreTokenizer');
  if (!['TemplateProcessing', 'BertProcessing', undefined].includes(typeOf(marks) as string))
    throw wrong('texts between "[CLS]" and "[SEP]"');
  const isMark = (token: unknown) =>
    isObject(token) && (MARKS as readonly unknown[]).includes(token.content);
  if (Array.isArray(added) && !added.every(isMark))
    throw wrong(`no added tokens but ${MARKS.join(', ')}`);
  return pieces;
}

/** The pieces of a vocab.txt: one a line, at most `rows`. */
export function piecesOfLines(operation: string, given: unknown, rows: number): string[] {
  const wrong = (expected: string) => badFormat(operation, 'vocabulary', expected);
  const expected = 'a text with one piece a line, or an array of strings';
  if (typeof given !== 'string' && !Array.isArray(given)) throw wrong(expected);
  const lines =
    typeof given === 'string'
      ? given.split(/\r?\n/)
      : Array.from(given, (line: unknown) => {
          if (typeof line !== 'string') throw wrong(expected);
          return line;
        });
  if (typeof given === 'string' && lines.at(-1) === '') lines.pop();
  if (lines.length > rows) throw wrong('no more pieces than the table has rows');
  const capital = lines.find((line) => /[A-Z]/.test(line) && !/^\[.*\]$/.test(line));
  if (capital !== undefined)
    throw wrong(`a vocabulary without case, which does not have "${capital}"`);
  return [...lines, ...new Array<string>(rows - lines.length).fill('')] as string[];
}
