// Texts of many scripts and their numbers by Hugging Face's tokenizers (the Rust library, through npm @anush008/tokenizers 0.6.0):
//   npm install --no-save @anush008/tokenizers && node wordpiece.mjs > wordpiece.json
// The vocabulary is made up. Characters that were added to Unicode after version 8, which the library's tables are of, are left out.
import { createRequire } from 'node:module';

const { Tokenizer } = createRequire(`${process.cwd()}/x.js`)('@anush008/tokenizers');

// xorshift32
let state = 20261130;
const below = (n) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % n;
};

const marks = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789αβγδεσςτабвгдеøßıłæ'];
const words = 'the river bank of a money water run cat naive cafe istanbul strasse un believ able ing s ed er hello world'.split(' ');
const signs = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~«»“”…—、。「」¿'];
const others = [...'日本語中文銀行川あいうえおアイウ한글ᄒ', 'ᆫ', 'ᅡ', '😀', '👍', '€', '©', '한', 'ﬁ', 'ｱ'];
const inside = ['ing', 's', 'ed', 'er', 'able', '日', '本', 'い', 'ᅡ', 'ᆫ', '😀', 'ة', 'ب'];
const vocabulary = [
  ...marks,
  '[unused0]',
  ...new Set([...letters, ...words, ...signs, ...others]),
  ...letters.map((x) => `##${x}`),
  ...inside.filter((x) => !letters.includes(x)).map((x) => `##${x}`),
  'ب',
];

const ranges = [
  [0x20, 0x7e, 40],
  [0, 0x1f, 3],
  [0x7f, 0xff, 12],
  [0x100, 0x24f, 8],
  [0x300, 0x36f, 8],
  [0x386, 0x3ff, 6],
  [0x400, 0x52f, 5],
  [0x5d0, 0x5ea, 2],
  [0x620, 0x6ff, 4],
  [0x904, 0x970, 3],
  [0xe01, 0xe5b, 2],
  [0x1e00, 0x1eff, 5],
  [0x2000, 0x2064, 6],
  [0x20a0, 0x20be, 1],
  [0x2100, 0x2189, 2],
  [0x3000, 0x30ff, 6],
  [0x3400, 0x3420, 1],
  [0x4e00, 0x9fcc, 6],
  [0xac00, 0xd7a3, 4],
  [0xd800, 0xdfff, 3],
  [0xe000, 0xf8ff, 1],
  [0xf900, 0xfad9, 1],
  [0xfb00, 0xfb06, 1],
  [0xfe30, 0xfe4f, 1],
  [0xff01, 0xff9f, 3],
  [0xfff9, 0xffff, 2],
  [0x1d400, 0x1d4ff, 1],
  [0x1f300, 0x1f64f, 6],
  [0x20000, 0x20010, 1],
  [0x2b820, 0x2b830, 1],
  [0x10fff0, 0x10ffff, 1],
].flatMap(([from, to, weight]) => new Array(weight).fill([from, to]));
const character = () => {
  const [from, to] = ranges[below(ranges.length)];
  return String.fromCodePoint(from + below(to - from + 1));
};
const pieces = [
  () => words[below(words.length)],
  () => words[below(words.length)].toUpperCase(),
  () => words[below(words.length)] + inside[below(4)],
  () => letters[below(letters.length)] + letters[below(letters.length)],
  () => signs[below(signs.length)],
  () => others[below(others.length)],
  character,
  character,
  character,
  character,
  () => marks[below(marks.length)],
];
const gaps = ['', '', '', ' ', ' ', ' ', '  ', '\t', '\n', '\u00a0', '\u3000', '\u200b', '\u200d', '\u2028'];
const text = () => {
  let out = '';
  for (let n = 1 + below(9); n > 0; n--) out += pieces[below(pieces.length)]() + gaps[below(gaps.length)];
  return out;
};

const tokenizer = Tokenizer.fromString(
  JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: marks.map((content, id) => ({
      ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
    decoder: null,
    model: {
      ...{ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100 },
      vocab: Object.fromEntries(vocabulary.map((piece, i) => [piece, i])),
    },
  }),
);

const chosen = [
  ...['', ' ', 'ΑΣ ΣΑΣ Σ', 'İstanbul ISTANBUL', 'STRASSE straße', 'naïve café', 'n\u0303a', 'a'.repeat(100), 'a'.repeat(101)],
  ...['é'.repeat(100), '日本銀行', '日本x語', 'a\u0000b\ufffdc\u00add', '[CLS] [ SEP ] [MASK]x[mask]', '\ud83d', '\ude00\ud83d', '😀😀👍🏽'],
  ...['can\'t "stop"…', 'a\u2028b\u2029c\u0085d\u000be', '가각한글', 'ﬁﬂ ｱ', '##ing ## ing', '[unused0]'],
];
const texts = [...chosen, ...Array.from({ length: 3000 - chosen.length }, text)];
const ids = [];
for (const each of texts) ids.push((await tokenizer.encode(each)).getIds());
// Halves of pairs are written as \\u{d800}: not every reader of JSON takes them.
const written = texts.map((each) =>
  each.replace(/\p{Surrogate}/gu, (half) => `\\u{${half.charCodeAt(0).toString(16)}}`),
);
console.log(JSON.stringify({ vocabulary, texts: written, ids }));
