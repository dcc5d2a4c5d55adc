// Runs inside workerd: the promises of a store, on KV and R2 bindings. /<kind>/<n> runs promise n, /<kind>/large stores more than
// one value of KV may hold, /<kind>/graph keeps a graph, /r2/remote searches and walks in files of the bucket by ranges.
import { load as loadFormat } from 'sublinear/format';
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
      if (what === 'remote') {
        const { RemoteGraph, RemoteIndex, writeRemoteGraph, writeRemoteIndex } = await loadFormat();
        const { Graph } = await load();
        const bucket = env.BUCKET as unknown as {
          put(name: string, value: Uint8Array): Promise<unknown>;
          get(name: string, options: object): Promise<{ arrayBuffer(): Promise<ArrayBuffer> }>;
        };
        const rangesOf = (name: string) => ({
          read: async (offset: number, length: number) =>
            (await bucket.get(name, { range: { offset, length } })).arrayBuffer(),
        });
        const vectors = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i * 12.9898));
        await bucket.put('words.slvr', writeRemoteIndex(vectors, { dimension: 4 }));
        const index = await RemoteIndex.open(rangesOf('words.slvr'));
        const { ids, requests } = await index.search(vectors.subarray(44, 48), { k: 1 });
        const ring = Array.from({ length: 2000 }, (_, i) => i);
        const graph = Graph.fromEdges({
          from: ring,
          to: ring.map((i) => (i + 1) % 2000),
          directed: false,
        });
        await bucket.put('ring.slgr', writeRemoteGraph(graph));
        const remote = await RemoteGraph.open(rangesOf('ring.slgr'));
        const { hops } = await remote.path(3, 9);
        const found = { id: ids[0], hops, requests: requests > 0 };
        return new Response(
          found.id === 11 && found.hops === 6 && found.requests ? 'ok' : JSON.stringify(found),
        );
      }
      await Object.values(promises)[Number(what)]!(store);
      return new Response('ok');
    } catch (error) {
      return new Response(error instanceof Error ? error.stack : String(error));
    }
  },
};
