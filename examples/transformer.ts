// A transformer that copies: attention with weights written by hand finds, for every letter, what followed the same three
// letters before ("induction"). The answer is known, so that all parts are checked: embeddings, rotary positions, causal
// attention, a cache of keys and values that gives the same bits token by token, and int8 weights.
//
//   npx tsx examples/transformer.ts
import { createEngine } from 'sublinear';

const engine = await createEngine();
const { DenseMatrix, matmul, softmax } = await engine.use('gemm');
const { attention, KvCache } = await engine.use('attention');

const text = 'the cat sat on the mat and the dog sat on the rug near the ';
const letters = [...new Set(text)].sort();
const ids = Uint32Array.from(text, (letter) => letters.indexOf(letter));
const [tokens, size] = [ids.length, letters.length];

// One dimension a letter: an embedding is a unit vector.
const unit = new Float32Array(size * size);
for (let i = 0; i < size; i++) unit[i * size + i] = 1;
using embedding = DenseMatrix.from(unit, { rows: size, columns: size });
const x = embedding.gather(ids) as Float32Array;

/** What each token knows of the `back` tokens before it: attention by position alone, through a bias. */
function shifted(back: number): Float32Array {
  const bias = new Float32Array(tokens * tokens).fill(-1e4);
  for (let i = back; i < tokens; i++) bias[i * tokens + i - back] = 0;
  return attention(x, x, x, { heads: 1, size, causal: true, bias });
}

// A key holds the three letters before its token, a query the last three letters: they match where the past repeats itself.
const context = 3 * size;
const [keys, queries] = [new Float32Array(tokens * context), new Float32Array(tokens * context)];
for (let back = 0; back < 3; back++) {
  const [before, now] = [shifted(back + 1), back === 0 ? x : shifted(back)];
  for (let t = 0; t < tokens; t++)
    for (let e = 0; e < size; e++) {
      const to = t * context + back * size + e;
      keys[to] = t > back ? before[t * size + e]! : 0;
      queries[to] = t >= back ? now[t * size + e]! : 0;
    }
}
const values = new Float32Array(tokens * context);
for (let t = 0; t < tokens; t++) values.set(x.subarray(t * size, t * size + size), t * context);

const scale = 20;
const found = attention(queries, keys, values, { heads: 1, size: context, causal: true, scale });

// The same, one token after another.
using cache = KvCache.create({ size: context });
let same = true;
for (let t = 0; t < tokens; t++) {
  const part = (array: Float32Array) => array.subarray(t * context, (t + 1) * context);
  cache.append(part(keys), part(values));
  const one = cache.attend(part(queries), { heads: 1, scale });
  same &&= one.every((value, e) => value === found[t * context + e]);
}
console.log(`token by token the same bits: ${same}`);

// Back to letters, with weights in float32 and in int8.
for (const type of ['float32', 'int8'] as const) {
  const read = new Float32Array(context * size);
  read.set(unit);
  using head = DenseMatrix.from(read, { rows: context, columns: size, type, packed: true });
  const scores = matmul({ data: found, rows: tokens, columns: context }, head);
  const likely = softmax(
    scores.map((score) => 10 * score),
    { columns: size },
  );
  const guess = Array.from({ length: tokens }, (_, t) => {
    const row = likely.subarray(t * size, (t + 1) * size);
    return letters[row.indexOf(Math.max(...row))];
  });
  // By counting: which letter followed the last three letters so far? Ties have no answer.
  let [right, asked] = [0, 0];
  for (let t = 3; t < tokens; t++) {
    const counts = new Map<string, number>();
    for (let at = 3; at <= t; at++)
      if (text.slice(at - 3, at) === text.slice(t - 2, t + 1))
        counts.set(text[at]!, (counts.get(text[at]!) ?? 0) + 1);
    const [first, second] = [...counts].sort(([, m], [, n]) => n - m);
    if (first === undefined || first[1] === second?.[1]) continue;
    asked++;
    if (guess[t] === first[0]) right++;
  }
  console.log(`${type}: ${right} of ${asked} letters as counting has them`);
}
engine.dispose();
