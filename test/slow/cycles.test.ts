// Objects that are made, used and disposed leave nothing behind, neither in the module nor in JavaScript.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Memory {
  inUse: number;
  objects: number;
  moduleBytes: number;
  heapUsed: number;
}

const cycles = 100_000;
// Half of a pointer a cycle: what V8 itself keeps for code that it compiles meanwhile is below that, and one pointer or
// one object kept by each cycle is above.
const heapBound = 4 * cycles;

// Once more when it failed: V8 drops and makes code when it likes, which moves its heap by up to 0.4 MB either way. What a
// cycle keeps is there every time.
const twice = { timeout: 180_000, retry: 1 };

test(
  '100,000 cycles of making, using and disposing leave the memory of every room as it was',
  twice,
  () => {
    const program = fileURLToPath(new URL('../support/cycles.mjs', import.meta.url));
    const output = execFileSync(process.execPath, ['--expose-gc', program, String(cycles)], {
      encoding: 'utf8',
      timeout: 170_000,
    });
    const rooms: Record<string, { before: Memory; after: Memory; ms: number }> = JSON.parse(output);
    expect(Object.keys(rooms).length).toBeGreaterThan(8);
    for (const [name, { before, after, ms }] of Object.entries(rooms)) {
      const heap = after.heapUsed - before.heapUsed;
      console.log(
        `${name}: ${(ms / 1000).toFixed(1)} s, JavaScript heap ${(heap / 1000).toFixed(1)} kB more, module ${after.moduleBytes - before.moduleBytes} bytes more`,
      );
      expect(after.inUse, `${name} holds bytes`).toBe(before.inUse);
      expect(after.objects, `${name} has live objects`).toBe(0);
      expect(after.moduleBytes, `${name}: the module has grown`).toBe(before.moduleBytes);
      expect(heap, `${name}: the heap has grown`).toBeLessThan(heapBound);
    }
  },
);
