// A graph that is changed at random, saved in a store and opened again, beside a plain model.
import type { PropertyGraph, PropertyRoom } from 'sublinear/property';
import type { Store } from 'sublinear/store';
import { expect } from 'vitest';
import { random } from './door.js';

/** By the key of each node its value, and those that it leads to. */
type Model = Map<number, { v: number | string; to: number[] }>;

const copyOf = (model: Model): Model =>
  new Map([...model].map(([k, { v, to }]) => [k, { v, to: [...to] }]));

/** The graph as a list that can be compared with that of a model. */
const seen = (graph: Pick<PropertyGraph, 'query'>): unknown[] =>
  graph
    .query(
      'MATCH (n:N) OPTIONAL MATCH (n)-[:R]->(m) WITH n, m ORDER BY m.k WITH n, collect(m.k) AS to RETURN n.k AS k, n.v AS v, to ORDER BY k',
    )
    .rows.map(({ k, v, to }) => [k, v, to]);

const listOf = (model: Model): unknown[] =>
  [...model]
    .sort(([a], [b]) => a - b)
    .map(([k, { v, to }]) => [k, v, [...to].sort((a, b) => a - b)]);

/** One random change of both. */
function change(graph: Pick<PropertyGraph, 'query'>, model: Model, next: () => number) {
  const below = (n: number) => Math.floor(next() * n);
  const [what, k, v] = [below(10), below(60), below(1000)];
  const to = [...model.keys()][below(model.size)];
  if (what < 5) {
    const value = what === 0 ? `text ${v}` : v;
    graph.query('MERGE (n:N {k: $k}) SET n.v = $value', { k, value });
    model.set(k, { to: model.get(k)?.to ?? [], v: value });
  } else if (what < 8 && to !== undefined && model.has(k)) {
    graph.query('MATCH (a:N {k: $k}), (b:N {k: $to}) CREATE (a)-[:R]->(b)', { k, to });
    model.get(k)!.to.push(to);
  } else if (what === 8) {
    graph.query('MATCH (a:N {k: $k})-[r:R]->() DELETE r', { k });
    if (model.has(k)) model.get(k)!.to = [];
  } else {
    graph.query('MATCH (a:N {k: $k}) DETACH DELETE a', { k });
    model.delete(k);
    for (const each of model.values()) each.to = each.to.filter((other) => other !== k);
  }
}

/** Changes, saves and openings: what is opened is what was saved last. */
export async function keepsGraphs(room: PropertyRoom, store: Store, steps: number): Promise<void> {
  const next = random(11);
  let graph = await room.PropertyGraph.openIn(store, 'people/all');
  const model: Model = new Map();
  let saved = copyOf(model);
  let parts = 0;
  let wholes = 0;
  for (let step = 0; step < steps; step++) {
    change(graph, model, next);
    if (next() < 0.1) {
      const open = next() < 0.3 ? graph.begin() : undefined;
      // What a transaction has changed is saved when it is committed.
      open?.query('MATCH (n) DETACH DELETE n');
      const { whole, bytes } = await graph.saveIn(store, 'people/all');
      open?.dispose();
      if (whole) wholes++;
      else if (bytes > 0) parts++;
      saved = copyOf(model);
      expect(await graph.saveIn(store, 'people/all')).toMatchObject({ whole: false });
    }
    if (next() < 0.02) {
      const again = await room.PropertyGraph.openIn(store, 'people/all');
      expect(seen(again)).toEqual(listOf(saved));
      if (next() < 0.5 && seen(graph).length >= 0) {
        // It goes on as the one that writes, without what was not saved.
        graph.dispose();
        graph = again;
        model.clear();
        for (const [k, each] of copyOf(saved)) model.set(k, each);
      } else again.dispose();
    }
  }
  expect(parts).toBeGreaterThan(wholes);
  expect(wholes).toBeGreaterThan(0);
  graph.dispose();
}
