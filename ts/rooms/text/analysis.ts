// What becomes of a text before the C core sees it: words with their case and accents folded. Texts in ASCII go there as
// they are, since the core knows all there is to do with them.

/** A word, and where it stands in the text (UTF-16). */
export interface Token {
  word: string;
  start: number;
  end: number;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these
const ASCII = /^[\x00-\x7f]*$/;
/** Letters, digits and marks, with apostrophes between them; or one pictograph. */
const WORD = /[\p{L}\p{N}\p{M}]+(?:['’ʼ＇][\p{L}\p{N}\p{M}]+)*|\p{Extended_Pictographic}/gu;
/** Marks above and below letters of alphabets, Hebrew points and Arabic vowels. Those of Indic scripts are letters. */
const ACCENTS =
  /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670\u0640]/g;
/** Letters that no normal form takes apart. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ħ: 'h',
  ı: 'i',
  ς: 'σ',
  '’': "'",
  ʼ: "'",
  '＇': "'",
};
const APART = /[ßæœøđðłþħıς’ʼ＇]/g;
/** Written without spaces: pairs of neighbours are the words. */
const PAIRED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー]+/gu;
/** Written without spaces, in words that only a dictionary finds. */
const UNSPACED = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

export const isAscii = (text: string): boolean => ASCII.test(text);

/** Case and accents folded; compatibility forms (ﬁ, １, Å) as what they stand for. */
export function fold(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .replace(APART, (letter) => LETTERS[letter] as string)
    .normalize('NFC');
}

let segmenter: Intl.Segmenter | undefined | null;

// Pieces of a run of letters: words of scripts without spaces where the engine knows them.
function* pieces(run: string, start: number): Generator<Token> {
  if (UNSPACED.test(run)) {
    // Not every engine has it.
    segmenter ??=
      typeof Intl.Segmenter === 'function'
        ? new Intl.Segmenter(undefined, { granularity: 'word' })
        : null;
    if (segmenter) {
      for (const { segment, index, isWordLike } of segmenter.segment(run))
        if (isWordLike)
          yield { word: segment, start: start + index, end: start + index + segment.length };
      return;
    }
  }
  yield { word: run, start, end: start + run.length };
}

// What is left to do with a folded word: pairs of scripts that have no spaces.
function* pairs({ word, start, end }: Token, original: string): Generator<Token> {
  let at = 0;
  // A character for a character, as nearly always: then each has its own place.
  const before = [...original];
  const exact = before.length === [...word].length;
  const starts = exact ? [0] : [];
  if (exact) for (const c of before) starts.push((starts.at(-1) as number) + c.length);
  let characters = 0;
  const token = (text: string): Token => {
    const count = [...text].length;
    const place = exact
      ? {
          start: start + (starts[characters] as number),
          end: start + (starts[characters + count] as number),
        }
      : { start, end };
    return { word: text, ...place };
  };
  for (const { 0: run, index } of word.matchAll(PAIRED)) {
    if (index > at) {
      const between = word.slice(at, index);
      yield token(between);
      characters += [...between].length;
    }
    const letters = [...run];
    if (letters.length === 1) yield token(run);
    for (let i = 0; i + 1 < letters.length; i++) {
      yield token(`${letters[i]}${letters[i + 1]}`);
      characters++;
    }
    characters++;
    at = index + run.length;
  }
  if (at < word.length) yield token(word.slice(at));
}

/** The words of a text as the C core counts them, folded. */
export function* tokens(text: string): Generator<Token> {
  for (const { 0: run, index } of text.matchAll(WORD)) {
    if (isAscii(run)) {
      yield { word: run.toLowerCase(), start: index, end: index + run.length };
      continue;
    }
    for (const piece of pieces(run, index)) {
      const word = fold(piece.word);
      // Folding may leave signs that are no letters, as of ½.
      for (const { 0: part } of word.matchAll(WORD))
        yield* pairs({ ...piece, word: part }, part.length === word.length ? piece.word : '');
    }
  }
}

/** A text for the C core: as it is in ASCII, otherwise its words. */
export function prepared(text: string): string {
  if (isAscii(text)) return text;
  let words = '';
  for (const { word } of tokens(text)) words += `${word} `;
  return words;
}
