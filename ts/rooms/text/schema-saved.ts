// The schema of an index that was loaded.
import type { Fulltext as RawFulltext } from '../../generated/raw/text.js';
import type { Runtime } from '../../runtime/runtime.js';
import { textAt } from './ids.js';
import { type Schema, schemaFrom } from './schema.js';
import type { LoadTextOptions } from './types.js';

/** SL_FULLTEXT_FACTS, the place of the number of fields, and SL_MOST_FIELDS. */
const FACTS = 10;
const FIELDS_FACT = 7;
const MOST_FIELDS = 32;

export function savedSchema(
  runtime: Runtime,
  operation: string,
  raw: RawFulltext,
  given: LoadTextOptions,
): Schema {
  const text = runtime.scratch(operation, (scratch) => {
    const at = scratch.u32(2);
    raw.schema(at, at + 4);
    const [address, bytes] = [runtime.u32[at / 4] as number, runtime.u32[at / 4 + 1] as number];
    return textAt(runtime.u8, address, bytes);
  });
  const fields = runtime.scratch(operation, (scratch) => {
    const at = scratch.f64(FACTS + 2 * MOST_FIELDS);
    raw.facts(at);
    return runtime.f64[at / 8 + FIELDS_FACT] as number;
  });
  return schemaFrom(operation, text, fields, given);
}
