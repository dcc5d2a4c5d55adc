// The budgets of `npm run size`, which a test checks too: every shipped module and every entry as it is, gzipped and with
// brotli. An entry counts with all that it imports at once; what is imported when a room is asked for counts with that room.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const measures = [
  { label: 'raw', brotli: false },
  { label: 'gzip', gzip: true },
  { label: 'brotli', brotli: true },
];

// Raw, gzip and brotli, in kB. What no WebAssembly module may pass, and the lower limits that are kept.
const hard = [200, 92, 80];
const modules = {
  'wasm/solver.simd.wasm': [140, 66, 57],
  'wasm/solver.scalar.wasm': [141, 66, 57],
  'raw/solver.simd.wasm': [145, 67, 57],
  'raw/solver.scalar.wasm': [145, 67, 57],
  'wasm/network.simd.wasm': [100, 48, 42],
  'vector.simd.wasm': [164, 68.5, 57.2],
  'vector.shared.wasm': [164, 64.7, 54.6],
  'direct.simd.wasm': [198.5, 88.5, 76.5],
  'direct.scalar.wasm': [196, 87.5, 75.5],
  'hnsw-micro.raw.wasm': [11.8, 7, 6],
  'neural.simd.wasm': [162, 73, 63],
  'dates.simd.wasm': [28.5, 14.5, 12.6],
  'text.simd.wasm': [72, 36, 32],
  // Rounds of hashes are written out: they are large before they are compressed.
  'trust.simd.wasm': [75, 29, 25],
  'format.simd.wasm': [100, 48, 41.5],
  'training.simd.wasm': [83, 37, 32.5],
  'linalg.simd.wasm': [110, 53.5, 46.5],
  'chooser.simd.wasm': [45, 22, 20],
  'property.simd.wasm': [200, 98, 86],
  'property.scalar.wasm': [200, 98, 86],
};
// The JavaScript of the entries as it is: a bundler takes comments away, and what of joined files (tools/cores.mjs) is not used.
// The entry of a room has the code of the room, and nothing is imported later but the readers of files that are another
// module's. A new room has to fit in the first line.
const anyEntry = [375, 119.5, 103.5];
const entries = {
  // With the JavaScript side of embind, which serves all bundles, and instances on shared memory.
  'index.js': [88.5, 33, 28.4],
  'inline.js': [5, 2, 2],
  // Readers of other libraries' files, beside the code of a collection.
  'import.js': [474, 146, 127.5],
  'import/arrow.js': [456, 138.5, 120.5],
  'import/parquet.js': [449, 136.5, 119],
  'langchain.js': [457, 136.7, 119],
  'hnsw.js': [432, 131, 114],
  'dense.js': [115, 39.5, 34.5],
  'sparse.js': [196, 66, 57],
  'solver.js': [240.5, 72, 62.7],
  'diffusion.js': [354, 113.2, 98.2],
  'hyperbolic.js': [96, 34, 29.5],
  'quant.js': [96, 34, 29.5],
};

// Files for pages without a bundler: minified, with the WebAssembly as text.
const anyBundle = [295, 125, 108];
const bundles = {
  // The code of all modules.
  'index.js': [815, 269.5, 223],
  'contributions.js': [480, 195, 160],
  'property.js': [358, 156, 136],
  'inference.js': [300, 126, 108],
  'hnsw.js': [368, 146.2, 123],
  // The choice among the methods of two modules.
  'solver.js': [308, 128, 111],
  // With the modules of two bundles.
  'direct.js': [525, 224.5, 185],
  'leastsquares.js': [520, 223, 184],
  'gnn.js': [436, 187, 158],
  'cuts.js': [372, 153, 130.5],
  // With those of three.
  'eigen.js': [715, 305, 241],
  'paths.js': [379, 159, 135.5],
  'communities.js': [380, 158, 135],
  'resistance.js': [480, 195, 160],
};

const list = (folder, suffix) =>
  (existsSync(folder) ? readdirSync(folder) : []).filter((file) => file.endsWith(suffix)).sort();

const budget = (name, path, limits) =>
  measures.map(({ label, ...how }, i) => ({
    name: `${name} ${label}`,
    path,
    ...how,
    limit: `${limits[i]} kB`,
  }));

/** The JavaScript that package.json exports. */
const exported = Object.values(JSON.parse(readFileSync('package.json', 'utf8')).exports)
  .map((target) => target.default?.replace('./dist/', ''))
  .filter((file) => file !== undefined && existsSync(`dist/${file}`));

/** A module of dist/ with everything that it imports or exports from, not counting `import()`. */
function closure(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, path] of text.matchAll(/^(?:import|export)\s(?:[^'"();]*\sfrom\s)?'(\.[^']+)';/gm))
    closure(join(dirname(file), path), seen);
  return seen;
}

export default [
  ...['wasm', 'raw'].flatMap((folder) =>
    list(`dist/${folder}`, '.wasm').flatMap((file) =>
      budget(
        `${folder}/${file}`,
        `dist/${folder}/${file}`,
        modules[`${folder}/${file}`] ?? modules[file] ?? hard,
      ),
    ),
  ),
  ...list('dist/bundle', '.js').flatMap((file) =>
    budget(`bundle/${file}`, `dist/bundle/${file}`, bundles[file] ?? anyBundle),
  ),
  ...exported.flatMap((file) =>
    budget(file, [...closure(`dist/${file}`)], entries[file] ?? anyEntry),
  ),
];
