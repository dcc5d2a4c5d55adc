// What this library and the language support of Neo4j accept and refuse, over every query of the openCypher kit.
//
//   sh bench/peers/property.sh               installs @neo4j-cypher/language-support
//   SUBLINEAR_DATA=<folder> node --import tsx bench/peers/property-syntax.ts [--show 20]
//
// Both say of each text whether it is a query: words, grammar, scopes, types that are known before it runs. Neo4j has grown away from
// openCypher 9, so they differ; each difference has a reason below, with how many there are at most. Ends with 1 where one has none, or
// where there are more than that. What the peer says is kept in build/property-peers/syntax.json: it takes minutes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { argv, env, exit } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { getEngine, isSublinearError } from 'sublinear';
import { readCases } from '../../test/property/kit/cases.js';
import { reasons } from './property-syntax-reasons.js';

const { values: options } = parseArgs({
  args: argv.slice(2),
  options: { show: { type: 'string', default: '20' } },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const peers = join(root, 'build/property-peers');
const NAME = '@neo4j-cypher/language-support';
const kit = join(env.SUBLINEAR_DATA ?? '', 'opencypher-tck/features');
if (!existsSync(kit) || !existsSync(join(peers, 'node_modules', NAME))) {
  console.log(
    'property-syntax: skipped, it needs SUBLINEAR_DATA/opencypher-tck and bench/peers/property.sh',
  );
  exit(0);
}

// Every text once, with the procedures that it may call.
const texts = new Map<string, readonly string[]>();
for (const one of readCases(kit)) {
  const signatures = one.procedures.map(({ signature }) => signature);
  for (const text of [...one.setup, one.query, ...one.controls.map(({ query }) => query)])
    texts.set(text, signatures);
}

// --- both -------------------------------------------------------------------------------------------------------------

const { PropertyGraph } = await (await getEngine()).use('property');

/** Why it is refused; undefined: it is a query. */
function ours(text: string, signatures: readonly string[]): string | undefined {
  const graph = PropertyGraph.create();
  try {
    for (const signature of signatures) graph.defineProcedure(signature.replaceAll('?', ''), []);
    graph.prepare(text).dispose();
    return undefined;
  } catch (error) {
    if (!isSublinearError(error) || error.code !== 'PARSE') throw error;
    const { detail } = error as typeof error & { detail: string };
    return `${detail}: ${error.message.split('\n')[0]}`;
  } finally {
    graph.dispose();
  }
}

interface Support {
  lintCypherQuery(
    text: string,
    schema: object,
    options: object,
  ): { diagnostics: { severity: number; message: string }[] };
}
const cache = join(peers, 'syntax.json');
const known: Record<string, string | null> = existsSync(cache)
  ? (JSON.parse(readFileSync(cache, 'utf8')) as Record<string, string | null>)
  : {};
let support: Support | undefined;

function theirs(text: string): string | undefined {
  const found = known[text];
  if (found !== undefined) return found ?? undefined;
  support ??= createRequire(join(peers, 'package.json'))(NAME) as Support;
  // All parameters are given.
  const names = [...text.matchAll(/\$(\w+)/g)].map(([, name]) => [name, null]);
  const { diagnostics } = support.lintCypherQuery(
    text,
    { parameters: Object.fromEntries(names) },
    { consoleCommandsEnabled: false },
  );
  const refused = diagnostics.find(({ severity }) => severity === 1)?.message ?? null;
  known[text] = refused;
  return refused ?? undefined;
}

// --- differences --------------------------------------------------------------------------------------------------------

const counts = new Map<string, number>();
const unexplained: string[] = [];
let [accepted, refused] = [0, 0];
let done = 0;
for (const [text, signatures] of texts) {
  const [mine, other] = [ours(text, signatures), theirs(text)];
  if (++done % 200 === 0) writeFileSync(cache, JSON.stringify(known));
  if (mine === undefined && other === undefined) accepted++;
  else if (mine !== undefined && other !== undefined) refused++;
  else {
    const reason = reasons.find(
      ({ theyRefuse, says, asks }) =>
        theyRefuse === (other !== undefined) &&
        (says?.test((other ?? mine) as string) ?? true) &&
        (asks?.test(text) ?? true),
    );
    if (reason === undefined)
      unexplained.push(
        `${other === undefined ? 'refused here' : 'refused there'}: ${other ?? mine}\n${text}\n`,
      );
    else counts.set(reason.name, (counts.get(reason.name) ?? 0) + 1);
  }
}
writeFileSync(cache, JSON.stringify(known));

console.log(`${texts.size} texts: both accept ${accepted}, both refuse ${refused}`);
let bad = unexplained.length > 0;
for (const { name, theyRefuse, most, why } of reasons) {
  const count = counts.get(name) ?? 0;
  console.log(
    `${String(count).padStart(5)} ${theyRefuse ? 'only there' : 'only here'} refused: ${name}. ${why}`,
  );
  if (count === most) continue;
  bad = true;
  console.log(
    `      ${count > most ? 'more' : 'fewer'} than the ${most} of property-syntax-reasons.ts`,
  );
}
console.log(`${unexplained.length} without a reason`);
for (const each of unexplained.slice(0, Number(options.show))) console.log(each);
exit(bad ? 1 : 0);
