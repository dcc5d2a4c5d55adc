// Texts as the C core wants them: in one normal form, as UTF-8, with words parted by spaces where pieces are words.

/** sl_cutting */
export const cuttings = { unigram: 0, words: 1, wordpiece: 2, bert: 3 } as const;
export type Cutting = (typeof cuttings)[keyof typeof cuttings];

// A half of a pair becomes what UTF-8 writes for it. Not joined with what comes next: texts follow each other.
const HALVES = /\p{Surrogate}/gu;
const SPACES = /[\t\n\r\p{Zs}\u2028\u2029]/gu;
const CONTROLS = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffd]/gu;
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/gu;
// The ranges of Hugging Face's BertNormalizer, which leaves out a part of extension E.
const IDEOGRAPHS =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
/** The marks of BERT, which stand for themselves in texts. */
export const MARKS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;
const MARK = /(\[(?:PAD|UNK|CLS|SEP|MASK)\])/;

function wellFormed(text: string): string {
  return text.replace(HALVES, '\ufffd');
}

/**
 * BERT without case, step by step as Hugging Face's BertNormalizer and BertPreTokenizer: no control characters, ideographs
 * by themselves, no accents, lower case, signs by themselves.
 */
function words(text: string): string {
  return (
    text
      .replace(SPACES, ' ')
      .replace(CONTROLS, '')
      .replace(IDEOGRAPHS, ' $& ')
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      // Letter by letter: the one letter whose lower case depends on what stands beside it.
      .replaceAll('\u03a3', '\u03c3')
      .toLowerCase()
      .replace(PUNCTUATION, ' $& ')
  );
}

/** A text for pieces of this kind. */
export function prepared(text: string, cutting: Cutting): string {
  switch (cutting) {
    case cuttings.unigram:
      return wellFormed(text.normalize('NFKC'));
    case cuttings.words:
      // Runs of letters and digits, and every other sign by itself.
      return (
        text
          .normalize('NFKC')
          .toLowerCase()
          .match(/[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}\p{C}]/gu) ?? []
      ).join(' ');
    case cuttings.wordpiece:
      return words(text);
    case cuttings.bert:
      // Split by a group, every second part is a mark.
      return text
        .split(MARK)
        .map((part, i) => (i % 2 === 1 ? ` ${part} ` : words(part)))
        .join('');
  }
}
