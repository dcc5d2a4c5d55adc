// Texts as the C core wants them: in one normal form, as UTF-8, with words parted by spaces where pieces are words.

/** sl_cutting */
export const cuttings = { unigram: 0, words: 1, wordpiece: 2 } as const;
export type Cutting = (typeof cuttings)[keyof typeof cuttings];

// A half of a pair becomes what UTF-8 writes for it. Not joined with what comes next: texts follow each other.
const HALVES = /\p{Surrogate}/gu;
const PUNCTUATION = /[!-/:-@[-`{-~\p{P}]/u;
const IDEOGRAPH =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/u;
const LOOSE = new RegExp(`${PUNCTUATION.source}|${IDEOGRAPH.source}`, 'gu');

function wellFormed(text: string): string {
  return text.replace(HALVES, '\ufffd');
}

/** A text for pieces of this kind. */
export function prepared(text: string, cutting: Cutting): string {
  if (cutting === cuttings.unigram) return wellFormed(text.normalize('NFKC'));
  if (cutting === cuttings.words)
    // Runs of letters and digits, and every other sign by itself.
    return (
      text
        .normalize('NFKC')
        .toLowerCase()
        .match(/[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}\p{C}]/gu) ?? []
    ).join(' ');
  // BERT without case: no control characters, no accents, signs and ideographs by themselves.
  return text
    .replace(/[\t\n\r\p{Zs}]/gu, ' ')
    .replace(/[\p{C}\ufffd]/gu, '')
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(LOOSE, ' $& ');
}
