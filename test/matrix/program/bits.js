// Every case table through both doors and in every variant; what comes out is a hash a case, as the tests record them.
import { createEngine } from 'sublinear';
import { relaxedSimd, simd } from 'wasm-feature-detect';
import { canonical, hash, RawModule, tables } from './tables.js';

async function rawBytes(file) {
  const url = new URL(`./node_modules/sublinear/dist/raw/${file}`, import.meta.url);
  if (url.protocol !== 'file:') return (await fetch(url)).arrayBuffer();
  const { readFile } = await import('node:fs/promises');
  return readFile(url);
}

/** { variant: { table: lines of "hash name" } }; `relaxed` stands for the best where a table has no relaxed variant. */
export async function bits() {
  const variants = ['scalar'];
  if (await simd()) variants.push('simd');
  if (await relaxedSimd()) variants.push('relaxed');
  const found = {};
  for (const variant of variants) {
    found[variant] = {};
    for (const { doors, cases } of tables) {
      const has = doors.variants ?? ['scalar', 'simd'];
      const its = has.includes(variant) ? variant : 'simd';
      const engine = await createEngine({ variant: its, modules: [doors.room] });
      const embind = doors.embind(await engine.use(doors.room));
      const module = await RawModule.open(await rawBytes(`${doors.bundle}.${its}.wasm`));
      const raw = doors.raw(module);
      const lines = cases.map(({ name, run }) => {
        const text = canonical(run(embind));
        const other = canonical(run(raw));
        if (other !== text)
          throw new Error(
            `${its}: the doors differ in "${name}": ${text} and ${other}`.slice(0, 2000),
          );
        return `${hash(text)} ${name}\n`;
      });
      found[variant][doors.table ?? doors.room] = lines.join('');
      engine.dispose();
    }
  }
  return found;
}

/** Plain data for whoever runs this. */
export function report() {
  return bits().then(
    (found) => ({ ok: true, found }),
    (error) => ({ ok: false, name: error.name, message: `${error.message} ${error.stack}` }),
  );
}
