// What a mistyped word may have meant.

/**
 * Those of `words` that are spelt nearly like `word`, nearest first.
 *
 * @param weight - decides between words that are equally near: the larger comes first
 */
export function similar(
  word: string,
  words: Iterable<string>,
  weight: (candidate: string) => number,
  count = 5,
): string[] {
  const asked = word.trim().toLowerCase();
  const limit = Math.max(1, Math.floor(asked.length / 3));
  const near: { word: string; distance: number; weight: number }[] = [];
  for (const candidate of words) {
    if (Math.abs(candidate.length - asked.length) > limit) continue;
    const distance = editDistance(asked, candidate, limit);
    if (distance <= limit) near.push({ word: candidate, distance, weight: weight(candidate) });
  }
  near.sort((a, b) => a.distance - b.distance || b.weight - a.weight);
  return near.slice(0, count).map((entry) => entry.word);
}

// Levenshtein distance with swaps of neighbours counted once; anything above `limit` may come back as limit + 1.
function editDistance(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      let cost = previous[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      cost = Math.min(cost, previous[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, before[j - 2]! + 1);
      }
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least > limit) return limit + 1;
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}
