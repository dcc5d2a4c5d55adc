// The graph of bench/property.bench.ts: people of an age and a city who know each other since a year, some of them many.
import type { PeerTable } from './graph-peers.js';

export interface People {
  ids: Int32Array;
  age: Int32Array;
  city: Int32Array;
  from: Uint32Array;
  to: Uint32Array;
  since: Int32Array;
}

/** Ten relationships a person, always the same. */
export function peopleWho(people: number, cities: number): People {
  const edges = 10 * people;
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const ids = Int32Array.from({ length: people }, (_, i) => i);
  const age = new Int32Array(people);
  const city = new Int32Array(people);
  for (let i = 0; i < people; i++) {
    age[i] = next() * 80;
    city[i] = next() * cities;
  }
  const from = new Uint32Array(edges);
  const to = new Uint32Array(edges);
  const since = new Int32Array(edges);
  for (let e = 0; e < edges; e++) {
    from[e] = next() * people;
    to[e] = next() ** 2 * people;
    since[e] = 1990 + Math.floor(next() * 35);
  }
  return { ids, age, city, from, to, since };
}

/** The same as tables for databases that read them. */
export function peopleTables({ ids, age, city, from, to, since }: People): PeerTable[] {
  const lines = (count: number, line: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i)).join('\n');
  return [
    {
      name: 'Person',
      definition: 'CREATE NODE TABLE Person(id INT64 PRIMARY KEY, age INT64, city STRING)',
      csv: lines(ids.length, (i) => `${ids[i]},${age[i]},City${city[i]}`),
    },
    {
      name: 'KNOWS',
      definition: 'CREATE REL TABLE KNOWS(FROM Person TO Person, since INT64)',
      csv: lines(from.length, (e) => `${from[e]},${to[e]},${since[e]}`),
    },
  ];
}
