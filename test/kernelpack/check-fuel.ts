// Runs the same kernels with the same fuel in each engine of this machine and prints where each stopped.
//
//   npm run check:fuel [-- least]      least: families of engines that must have run, 3 by default
//
// Debian has engines as `gjs` (SpiderMonkey), `libjavascriptcoregtk-4.0-bin` (JavaScriptCore), `wabt` (wasm2c) and `chromium`. The
// exit code is 1 when one stopped elsewhere, or when fewer families ran.
import { differences, engines, programs, type Stops, stopsOf } from './engines.js';

const least = Number(process.argv[2] ?? 3);
const all = await programs();
const families = new Set<string>();
let first: Stops | undefined;
let wrong = 0;
for (const engine of engines) {
  const label = `${engine.family}, ${engine.name}`.padEnd(28);
  const stops = stopsOf(engine, all);
  if (stops === undefined) {
    console.log(`${label} is not here`);
    continue;
  }
  if (first === undefined) {
    first = stops;
    for (const [run, stop] of Object.entries(stops)) console.log(`${run}: ${stop}`);
    console.log('');
  }
  const runs = Object.keys(stops).length;
  const other = differences(first, stops);
  for (const run of other) console.log(`${label} ${run}: ${stops[run]}, not ${first[run]}`);
  if (runs === 0) console.log(`${label} ran nothing`);
  wrong += other.length + Number(runs === 0);
  families.add(engine.family);
  console.log(`${label} ${runs - other.length} of ${runs} runs stopped at the same instruction`);
}
console.log(`${families.size} families of engines, ${wrong} differences`);
if (wrong > 0 || families.size < least) process.exitCode = 1;
