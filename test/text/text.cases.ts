// Full-text search through both doors. Scores from elsewhere are in text.test.ts; here both must give the same bits.
import type { TextIndex, TextRoom } from 'sublinear/text';
import { expect } from 'vitest';
import { attempt, type Case, type RoomDoors, random } from '../support/door.js';
import type { RawModule } from '../support/raw.js';

export interface Asked {
  text: string;
  kind?: 'words' | 'prefix' | 'fuzzy' | 'phrase' | 'value';
  occur?: 'may' | 'must' | 'not';
  /** Number of the field. */
  field?: number;
  distance?: number;
  boost?: number;
}

interface Found {
  ids: number[];
  scores: number[];
  count: number;
}

interface Settings {
  k?: number;
  offset?: number;
  bm25f?: boolean;
  filter?: number[];
}

/** Fields: title, body, and tags, which has values. Ids are numbers. */
export interface Store {
  put: (id: number, title: string, body: string, tags: string[], replace?: boolean) => void;
  remove: (id: number) => void;
  search: (asked: Asked[], settings?: Settings) => Found;
  optimize: () => void;
  /** The file. */
  save: () => Uint8Array;
  facts: () => number[];
  suggest: (text: string) => string[];
  facets: (asked: Asked[]) => string[];
  /** What an index finds whose lists are given for each question, and go again. */
  byRanges: (questions: Asked[][]) => Found[];
  dispose: () => void;
}

export interface TextDoor {
  create: (language: 'english' | 'none', positions?: boolean) => Store;
  load: (bytes: Uint8Array) => Store;
}

export const doors: RoomDoors<'text', TextDoor> = {
  room: 'text',
  bundle: 'text',
  embind: embindDoor,
  raw: rawDoor,
};

const names = ['title', 'body', 'tags'] as const;
const SCHEMA =
  '{"fields":[{"name":"title","boost":2,"keyword":false},{"name":"body","boost":1,"keyword":false},{"name":"tags","boost":1,"keyword":true}],"stem":false}';

function queryOf({
  text,
  kind = 'words',
  occur = 'may',
  field,
  distance = 1,
  boost,
}: Asked): string {
  const sign = { may: '', must: '+', not: '-' }[occur];
  const named = field === undefined ? '' : `${names[field]}:`;
  const end = boost === undefined ? '' : `^${boost}`;
  const body = {
    words: text,
    prefix: `${text}*`,
    fuzzy: `${text}~${distance}`,
    phrase: `"${text}"`,
    value: text,
  }[kind];
  return `${sign}${named}${body}${end}`;
}

/** What `RemoteText` of the module `format` calls, which is not for users. */
interface Inner {
  readonly TextHead: {
    open(operation: string, head: Uint8Array, options: object): TextIndex & Ranged;
  };
}
interface Ranged {
  readonly listBytes: number;
  wanted(
    operation: string,
    query: string,
    options: object,
  ): { term: number; offset: number; length: number }[];
  give(operation: string, term: number, lists: Uint8Array): void;
  keep(operation: string, wanted: readonly object[], most: number): void;
}
interface Written {
  parts(operation: string): { head: Uint8Array; lists: Uint8Array };
}

function embindDoor(room: TextRoom): TextDoor {
  const { TextIndex } = room;
  const found = (result: ReturnType<TextIndex['search']>): Found => ({
    ids: result.hits.map(({ id }) => id as number),
    scores: result.hits.map(({ score }) => score),
    count: result.count as number,
  });
  const storeOf = (index: TextIndex): Store => ({
    put(id, title, body, tags, replace = false) {
      const document = { id, fields: { title, body, tags } };
      if (replace) index.update(document);
      else index.add(document);
    },
    remove: (id) => void index.remove(id),
    search(asked, { k = 10, offset = 0, bm25f = false, filter } = {}) {
      return found(
        index.search(asked.map(queryOf).join(' '), {
          k,
          offset,
          scorer: bm25f ? 'bm25f' : 'bm25',
          count: true,
          ...(filter && { filter }),
        }),
      );
    },
    optimize: () => void index.optimize(),
    save: () => index.save(),
    facts() {
      const { documents, removed, words, stems, postings } = index.stats();
      return [documents, removed, words, stems, postings];
    },
    suggest: (text) => index.suggest(text).map(({ word, documents }) => `${word} ${documents}`),
    facets(asked) {
      const { facets } = index.search(asked.map(queryOf).join(' '), { facets: ['tags'] });
      return (facets?.tags ?? []).map(({ value, count }) => `${value} ${count}`);
    },
    byRanges(questions) {
      const { head, lists } = (index as unknown as Written).parts('test');
      const own = (room as unknown as Inner).TextHead.open('test', head, {});
      try {
        return questions.map((asked) => {
          const query = asked.map(queryOf).join(' ');
          const wanted = own.wanted('test', query, {});
          for (const { term, offset, length } of wanted)
            own.give('test', term, lists.subarray(offset, offset + length));
          const result = found(own.search(query, { count: true }));
          own.keep('test', own.wanted('test', query, {}), 0);
          expect(own.listBytes).toBe(0);
          return result;
        });
      } finally {
        own.dispose();
      }
    },
    dispose: () => index.dispose(),
  });
  return {
    create: (language, positions = true) =>
      storeOf(
        TextIndex.create({
          fields: { title: { boost: 2 }, body: {}, tags: { keyword: true } },
          language,
          positions,
        }),
      ),
    load: (bytes) => storeOf(TextIndex.load(bytes)),
  };
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** A number as its digits to the base 128 behind a 0. */
function keyOf(id: number): Uint8Array {
  const digits = [id % 128];
  for (let left = Math.floor(id / 128); left > 0; left = Math.floor(left / 128))
    digits.unshift(left % 128);
  return Uint8Array.of(0, ...digits);
}

function joined(parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function rawDoor(module: RawModule): TextDoor {
  const { call } = module;
  const bytesAt = (at: number, length: number) =>
    Uint8Array.from({ length }, (_, i) => module.view().getUint8(at + i));
  const textAt = (at: number, length: number) => new TextDecoder().decode(bytesAt(at, length));
  const out = <T>(body: (at: number) => T): T => {
    const at = module.alloc(128);
    try {
      return body(at);
    } finally {
      call.sl_abi_free!(at);
    }
  };
  const kinds = { words: 0, prefix: 1, fuzzy: 2, phrase: 3, value: 4 };
  const occurs = { may: 0, must: 1, not: 2 };

  const clausesOf = (asked: Asked[]) => {
    const texts = asked.map(({ text }) => utf8(text));
    let from = 0;
    const clauses = asked.flatMap(
      ({ kind = 'words', occur = 'may', field, distance = 1, boost = 1 }, i) => {
        const { length } = texts[i]!;
        const bits = field === undefined ? 7 : 1 << field;
        const edits = kind === 'fuzzy' ? distance : 0;
        const clause = [occurs[occur], kinds[kind], bits, from, length, edits, boost];
        from += length;
        return clause;
      },
    );
    return [new Float64Array(clauses), joined(texts), new Float64Array([2, 1, 1])] as const;
  };
  const written = (writer: number) => {
    try {
      return out((at) => {
        module.check(call.sl_abi_writer_size!(writer, at));
        const size = module.f64(at, 1)[0]!;
        const buffer = module.alloc(size);
        try {
          module.check(call.sl_abi_writer_next!(writer, buffer, size, at));
          return bytesAt(buffer, size);
        } finally {
          call.sl_abi_free!(buffer);
        }
      });
    } finally {
      module.check(call.sl_abi_writer_destroy!(writer));
    }
  };
  const read = (kind: number, bytes: Uint8Array, load: (reader: number) => number) => {
    const reader = module.made(call.sl_abi_reader_create!(kind, bytes.length));
    try {
      module.with([bytes], (at) =>
        module.check(call.sl_abi_reader_feed!(reader, at!, bytes.length)),
      );
      return module.made(load(reader));
    } finally {
      module.check(call.sl_abi_reader_destroy!(reader));
    }
  };

  const storeOf = (index: number): Store => {
    const ask = (asked: Asked[], settings: Settings, at: number) => {
      const { k = 10, offset = 0, bm25f = false, filter } = settings;
      const parts = clausesOf(asked);
      const from = parts[1].length;
      const chosen = filter?.map(keyOf) ?? [];
      const lengths = new Uint32Array(chosen.map(({ length }) => length));
      const set = filter
        ? module.with([joined(chosen), lengths], (keys, list) =>
            module.made(
              call.sl_abi_text_filter_create!(keys!, joined(chosen).length, list!, chosen.length),
            ),
          )
        : 0;
      try {
        module.with([...parts], (list, text, boosts) =>
          module.check(
            call.sl_abi_text_search!(
              index,
              list!,
              asked.length,
              text!,
              from,
              k,
              offset,
              Number(bm25f),
              1.2,
              0.75,
              1,
              boosts!,
              set,
              at,
            ),
          ),
        );
      } finally {
        if (set) module.check(call.sl_abi_text_filter_destroy!(set));
      }
    };
    const counted = (at: number, nameFirst = true) => {
      const [count, list, pool] = module.f64(at, 3) as unknown as [number, number, number];
      const all = module.u32(list, 3 * count);
      return Array.from({ length: count }, (_, i) => {
        const word = textAt(pool + all[3 * i + 1]!, all[3 * i + 2]!);
        return nameFirst ? `${word} ${all[3 * i]}` : word;
      });
    };
    return {
      put(id, title, body, tags, replace = false) {
        const texts = [keyOf(id), utf8(title), utf8(body), ...tags.map((tag) => utf8(`${tag}\n`))];
        const what = [255, 0, 1, ...tags.map(() => 66)];
        let at = 0;
        const parts = texts.flatMap(({ length }, i) => {
          at += length;
          return [what[i]!, at - length, length];
        });
        module.with([joined(texts), new Uint32Array(parts)], (bytes, list) =>
          out((added) =>
            module.check(
              call.sl_abi_text_add!(index, bytes!, at, list!, what.length, Number(replace), added),
            ),
          ),
        );
      },
      remove(id) {
        const key = keyOf(id);
        module.with([key, new Uint32Array([key.length])], (keys, lengths) =>
          out((removed) =>
            module.check(call.sl_abi_text_remove!(index, keys!, key.length, lengths!, 1, removed)),
          ),
        );
      },
      search: (asked, settings = {}) =>
        out((at) => {
          ask(asked, settings, at);
          const [found, count, scores, keys, pool] = module.f64(at, 5) as unknown as number[];
          const places = module.u32(keys!, 2 * found!);
          const ids = Array.from({ length: found! }, (_, i) =>
            bytesAt(pool! + places[2 * i]!, places[2 * i + 1]!).reduce(
              (sum, digit) => sum * 128 + digit,
              0,
            ),
          );
          return { ids, scores: [...module.f64(scores!, found!)], count: count! };
        }),
      optimize: () =>
        out((at) => {
          module.check(call.sl_abi_text_optimize!(index));
          do module.check(call.sl_abi_job_step!(index, 50, at));
          while (module.u32(at, 1)[0] === 9);
        }),
      save: () => written(module.made(call.sl_abi_text_save!(index))),
      byRanges(questions) {
        const bytes = written(module.made(call.sl_abi_text_save_head!(index)));
        const lists = out((at) => {
          module.check(call.sl_abi_text_lists!(index, at));
          const [address, length] = module.f64(at, 2) as unknown as [number, number];
          return bytesAt(address, length);
        });
        // TXTH
        const head = read(0x4854_5854, bytes, (reader) => call.sl_abi_text_load_head!(reader));
        const own = storeOf(head);
        const wanted = (asked: Asked[]) =>
          module.with([...clausesOf(asked)], (list, text, boosts) =>
            out((at) => {
              const bytes = clausesOf(asked)[1].length;
              module.check(
                call.sl_abi_text_wanted!(head, list!, asked.length, text!, bytes, boosts!, at),
              );
              const [count, address] = module.f64(at, 2) as unknown as [number, number];
              const all = [...module.f64(address, 4 * count)];
              return Array.from({ length: count }, (_, i) => all.slice(4 * i, 4 * i + 4));
            }),
          );
        try {
          return questions.map((asked) => {
            for (const [term, from, length] of wanted(asked) as [number, number, number][])
              module.with([lists.slice(from, from + length)], (at) =>
                module.check(call.sl_abi_text_give!(head, term, at!, length)),
              );
            const result = own.search(asked);
            for (const [term] of wanted(asked)) module.check(call.sl_abi_text_forget!(head, term!));
            return result;
          });
        } finally {
          own.dispose();
        }
      },
      facts: () =>
        out((at) => {
          module.check(call.sl_abi_text_facts!(index, at));
          const [documents, removed, words, stems, , postings] = module.f64(
            at,
            6,
          ) as unknown as number[];
          return [documents!, removed!, words!, stems!, postings!];
        }),
      suggest: (text) =>
        module.with([utf8(text)], (bytes) =>
          out((at) => {
            module.check(call.sl_abi_text_suggest!(index, bytes!, utf8(text).length, 7, 10, at));
            return counted(at);
          }),
        ),
      facets: (asked) =>
        out((at) => {
          ask(asked, {}, at);
          module.check(call.sl_abi_text_facets!(index, 2, 10, at));
          return counted(at);
        }),
      dispose: () => module.check(call.sl_abi_text_destroy!(index)),
    };
  };

  return {
    create: (language, positions = true) =>
      storeOf(
        module.with([utf8(SCHEMA)], (schema) =>
          module.made(
            call.sl_abi_text_create!(
              3,
              Number(language === 'english'),
              Number(positions),
              schema!,
              utf8(SCHEMA).length,
            ),
          ),
        ),
      ),
    // TEXT
    load: (bytes) => storeOf(read(0x5458_4554, bytes, (reader) => call.sl_abi_text_load!(reader))),
  };
}

/** Documents of words that are frequent or rare. */
function fill(store: Store, count: number, seed: number): void {
  const next = random(seed);
  const word = () => `word${Math.floor(300 * next() ** 3)}`;
  for (let id = 0; id < count; id++) {
    const title = Array.from({ length: 1 + Math.floor(3 * next()) }, word).join(' ');
    const body = Array.from({ length: Math.floor(20 * next()) }, word).join(' ');
    store.put(id, title, body, [`tag${id % 7}`]);
  }
}

function withStore<T>(store: Store, body: (store: Store) => T): T {
  try {
    return body(store);
  } finally {
    store.dispose();
  }
}

const questions: Asked[][] = [
  [{ text: 'word1' }, { text: 'word2' }, { text: 'word40' }],
  [{ text: 'word0', occur: 'must' }, { text: 'word3', occur: 'must' }, { text: 'word9' }],
  [{ text: 'word5' }, { text: 'word1', occur: 'not' }],
  [{ text: 'word1 word0', kind: 'phrase' }],
  [
    { text: 'word1', kind: 'prefix' },
    { text: 'tag3', kind: 'value', field: 2, occur: 'must' },
  ],
  [{ text: 'wrd12', kind: 'fuzzy', distance: 2, boost: 2.5 }],
  [{ text: 'word7', field: 0 }, { text: 'nowhere' }],
];

export const cases: Case<TextDoor>[] = [
  {
    name: 'an index of nothing finds nothing',
    run: ({ create }) =>
      withStore(create('english'), (store) => [
        store.search([{ text: 'word' }]),
        store.search([]),
        store.suggest('w'),
        store.facets([{ text: 'word' }]),
        store.facts(),
      ]),
    check: ([found, none]: Found[]) => expect([found!.count, none!.count]).toEqual([0, 0]),
  },
  {
    name: 'one document: its words, stems and values',
    run: ({ create }) =>
      withStore(create('english'), (store) => {
        store.put(300, 'Running Dogs', "don't stop", ['Red wine', 'wine']);
        return [
          store.search([{ text: 'run' }]),
          store.search([{ text: 'DOG' }]).ids,
          store.search([{ text: "don't stop", kind: 'phrase' }]).ids,
          store.search([{ text: 'wine' }]).ids,
          store.search([{ text: 'wine', kind: 'value', field: 2 }]).ids,
          store.facets([{ text: 'dogs' }]),
          store.suggest('r'),
        ];
      }),
    check: (results: unknown[]) =>
      expect(results.slice(1)).toEqual([
        [300],
        [300],
        [],
        [300],
        ['Red wine 1', 'wine 1'],
        ['running 1'],
      ]),
  },
  ...(['none', 'english'] as const).map((language) => ({
    name: `questions of every kind, ${language}`,
    run: ({ create }: TextDoor) =>
      withStore(create(language), (store) => {
        fill(store, 1500, 11);
        return questions.flatMap((asked) => [
          store.search(asked),
          store.search(asked, { bm25f: true, k: 25, offset: 3 }),
          store.search(asked, { filter: [1, 5, 9, 77, 400, 401, 402, 1499, 70_000] }),
        ]);
      }),
  })),
  {
    name: 'lists that are given for each question: the same hits and scores',
    run: ({ create }) =>
      withStore(create('english'), (store) => {
        fill(store, 900, 12);
        for (let id = 0; id < 900; id += 13) store.remove(id);
        const whole = questions.map((asked) => store.search(asked));
        return [whole, store.byRanges(questions)];
      }),
    check: ([whole, found]: Found[][]) => expect(found).toEqual(whole),
  },
  {
    name: 'documents go, come back and are left behind',
    run: ({ create }) =>
      withStore(create('english'), (store) => {
        fill(store, 400, 3);
        for (let id = 0; id < 400; id += 3) store.remove(id);
        for (let id = 1; id < 400; id += 5) store.put(id, 'fresh', 'word0 word1', [], id % 3 !== 0);
        const before = [store.facts(), ...questions.map((asked) => store.search(asked))];
        store.optimize();
        return [...before, store.facts(), ...questions.map((asked) => store.search(asked))];
      }),
  },
  {
    name: 'a loaded index gives the same bits, and saves the same bytes',
    run: ({ create, load }) =>
      withStore(create('english'), (store) => {
        fill(store, 300, 5);
        store.remove(7);
        const bytes = store.save();
        const answers = questions.map((asked) => store.search(asked));
        return withStore(load(bytes), (again) => {
          expect(questions.map((asked) => again.search(asked))).toEqual(answers);
          expect(again.save()).toEqual(bytes);
          return [bytes, again.facts(), again.suggest('word1')];
        });
      }),
  },
  {
    name: 'what is refused',
    run: ({ create, load }) =>
      withStore(create('english', false), (store) => {
        store.put(1, 'a b', '', []);
        const bytes = store.save();
        return [
          attempt(() => store.put(1, 'a', '', [])),
          attempt(() => store.remove(2)),
          attempt(() => store.search([{ text: 'a b', kind: 'phrase' }])),
          attempt(() => load(bytes.slice(0, bytes.length - 9))),
          attempt(() => load(Uint8Array.from(bytes, (byte, i) => (i === 130 ? byte ^ 1 : byte)))),
        ];
      }),
    check: (results: { refused: string }[]) =>
      expect(results.map(({ refused }) => refused)).toEqual([
        'ARGUMENT',
        'INDEX',
        'UNSUPPORTED',
        'TRUNCATED',
        'CHECKSUM',
      ]),
  },
];
