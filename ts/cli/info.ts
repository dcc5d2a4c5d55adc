// sublinear info

import { bundleOfRoom, bundles, type RoomName } from '../generated/bundles.js';
import { type CommonOptions, engineFor } from './engine.js';
import { bytes, duration, facts } from './terminal.js';

export async function info(version: string, options: CommonOptions): Promise<void> {
  const rooms = Object.keys(bundleOfRoom) as RoomName[];
  const engine = await engineFor(rooms, options);
  const capabilities = await engine.capabilities();
  const { modules } = engine.stats();
  const [first] = modules;
  if (first === undefined) throw new Error('no module was loaded');
  const variants = [...new Set(Object.values(bundles).flatMap((bundle) => [...bundle.variants]))];
  const result = {
    version,
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
    rooms,
    variants,
    variant: first.variant,
    capabilities,
    memory: {
      limit: first.memoryLimit,
      taken: modules.reduce((sum, module) => sum + module.memoryBytes, 0),
      inUse: modules.reduce((sum, module) => sum + module.bytesInUse, 0),
    },
    loadMs: modules.reduce((sum, module) => sum + module.loadMs, 0),
  };
  if (options.json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const able = Object.entries(capabilities).map(
    ([name, value]) => `${name} ${value === true ? 'yes' : value === false ? 'no' : value}`,
  );
  process.stdout.write(
    `${facts([
      ['sublinear', version],
      ['node', `${process.version}, V8 ${result.v8}, ${result.platform}`],
      ['rooms', rooms.join(', ')],
      ['variants', `${variants.join(', ')}; this machine runs ${result.variant}`],
      ['engine', able.join(', ')],
      ['memory', `${bytes(result.memory.taken)} taken, limit ${bytes(result.memory.limit)}`],
      ['load', duration(result.loadMs)],
    ])}\n`,
  );
}
