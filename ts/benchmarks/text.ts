// Benchmark cases of text.

import type { TextRoom } from '../rooms/text/text.js';
import type { Case } from './case.js';

/** So many documents of 12 words each; few words are frequent, and most are rare. */
function documents(count: number): { id: number; fields: { text: string } }[] {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, (_, id) => {
    const words = Array.from(
      { length: 12 },
      () => `w${Math.floor(20_000 * random() ** 4).toString(36)}`,
    );
    return { id, fields: { text: words.join(' ') } };
  });
}

export const benchmarks: Record<'add' | 'search', Case<TextRoom>> = {
  // So many documents of 12 words.
  add: {
    defaultSize: 2000,
    prepare({ TextIndex }, size) {
      const all = documents(size);
      return {
        run: () =>
          TextIndex.create({ fields: ['text'] })
            .addMany(all)
            .dispose(),
        operations: 12 * size,
        bytes: 0,
        dispose: () => {},
      };
    },
  },
  // The ten best for three words among so many documents.
  search: {
    defaultSize: 20_000,
    prepare({ TextIndex }, size) {
      const index = TextIndex.create({ fields: ['text'] })
        .addMany(documents(size))
        .optimize();
      return {
        run() {
          index.search('w1 w2s w7k');
        },
        operations: 0,
        bytes: index.bytesUsed,
        dispose: () => index.dispose(),
      };
    },
  },
};
