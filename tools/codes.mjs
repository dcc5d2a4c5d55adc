// Writes the status and outcome codes of csrc/base/status.h as a TypeScript module, so that no code is typed twice.
//
//   node tools/codes.mjs <status.h> <codes.ts>
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { argv } from 'node:process';

const [header, output] = argv.slice(2);
const source = readFileSync(header, 'utf8');

/** The X(name, value, "text") entries of one list. */
function entries(list) {
  const body =
    new RegExp(`#define ${list}\\(X\\)((?:[^\\n]*\\\\\\n)*[^\\n]*\\n)`).exec(source)?.[1] ?? '';
  const found = [...body.matchAll(/X\((\w+), (-?\d+), "([^"]*)"\)/g)];
  if (found.length === 0) throw new Error(`${header}: no entries in ${list}`);
  return found.map(([, name, value, text]) => ({ name, value: Number(value), text }));
}

const statuses = entries('SL_STATUS_LIST').filter(({ value }) => value < 0);
const outcomes = entries('SL_OUTCOME_LIST');
for (const [i, { name, value }] of outcomes.entries()) {
  if (value !== i)
    throw new Error(`${header}: outcome ${name} must be ${i}, the values are indices`);
}

mkdirSync(dirname(output), { recursive: true });
writeFileSync(
  output,
  `// Generated from csrc/base/status.h by tools/codes.mjs. Change that, not this file.

/** Status of a failed call: [code, what it means]. */
export const statuses = {
${statuses.map(({ name, value, text }) => `  '${value}': ['${name.replace(/^ERR_/, '')}', '${text}'],`).join('\n')}
} as const;

/** How a computation ended, by its number. */
export const outcomes = [
${outcomes.map(({ text }) => `  '${text}',`).join('\n')}
] as const;

export type StatusCode = (typeof statuses)[keyof typeof statuses][0];
export type OutcomeName = Exclude<(typeof outcomes)[number], 'running'>;
`,
);
