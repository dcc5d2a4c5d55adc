// Graphs that are saved in parts, in the stores of a browser.
import { load } from 'sublinear/property';
import { opfsStore } from 'sublinear/store';
import { indexedDBStore } from 'sublinear/store/indexeddb';
import { test } from 'vitest';
import { keepsGraphs } from '../support/stored-graph.js';

const stores = { indexedDB: indexedDBStore, opfs: opfsStore };

for (const [kind, make] of Object.entries(stores))
  test(`random changes, saves and openings in ${kind}`, async () => {
    await keepsGraphs(await load(), make(`graphs-${crypto.randomUUID()}`), 600);
  });
