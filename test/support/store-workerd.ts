// Runs inside workerd: the promises of a store, on KV and R2 bindings. /<kind>/<n> runs promise n, /<kind>/large stores more than
// one value of KV may hold, /<kind>/graph keeps a graph.
import { load } from 'sublinear/graph';
import { type KVBinding, kvStore, type R2Binding, r2Store } from 'sublinear/store';
import { pattern, promises, read } from './store.js';

interface Env {
  NAMES: KVBinding;
  BUCKET: R2Binding;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const [, kind, what = ''] = new URL(request.url).pathname.split('/');
    const prefix = `${what}/`;
    const store = kind === 'kv' ? kvStore(env.NAMES, prefix) : r2Store(env.BUCKET, prefix);
    try {
      if (what === 'large') {
        const bytes = pattern(27 << 20, 1);
        await store.put('large', bytes);
        const found = await read(store, 'large');
        const equal = found?.length === bytes.length && found.every((byte, i) => byte === bytes[i]);
        return new Response(equal ? 'ok' : 'another file came back');
      }
      if (what === 'graph') {
        const { Graph } = await load();
        const graph = Graph.fromEdges({ from: [0, 1], to: [1, 2], weights: [0.5, 2] });
        await store.put('graph', graph.saveInPieces());
        const again = await Graph.loadAsync((await store.get('graph'))!);
        return new Response(again.neighborWeights(1)[0] === 2 ? 'ok' : 'another graph came back');
      }
      await Object.values(promises)[Number(what)]!(store);
      return new Response('ok');
    } catch (error) {
      return new Response(error instanceof Error ? error.stack : String(error));
    }
  },
};
