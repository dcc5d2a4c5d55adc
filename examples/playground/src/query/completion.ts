// What may come next in a query: names of the graph, or words of the language.
const WORDS =
  'MATCH OPTIONAL WHERE RETURN WITH UNWIND CREATE MERGE SET REMOVE DELETE DETACH ORDER BY SKIP LIMIT DISTINCT CALL YIELD UNION COUNT EXISTS FILTER LET EXPLAIN PROFILE shortestPath'.split(
    ' ',
  );

export interface Names {
  labels: string[];
  types: string[];
  keys: string[];
}

/** Those that begin as the word before the place does, and where that word begins. */
export function complete(
  text: string,
  place: number,
  names: Names,
): { from: number; words: string[] } {
  const before = text.slice(0, place);
  const word = /\w*$/.exec(before)?.[0] ?? '';
  const from = place - word.length;
  const mark = before[from - 1];
  let all = word === '' ? [] : WORDS;
  if (mark === '.') all = names.keys;
  // [:TYPE] stands in brackets, (:Label) in parentheses.
  else if (mark === ':' || mark === '|')
    all = before.lastIndexOf('[') > before.lastIndexOf('(') ? names.types : names.labels;
  else if (mark === '{' || /\{[^}]*, ?$/.test(before.slice(0, from))) all = names.keys;
  const begin = word.toLowerCase();
  const words = all.filter((each) => each.toLowerCase().startsWith(begin) && each !== word);
  return { from, words: words.slice(0, 8) };
}
