// An index without its lists, which are given when a question needs them: for files that are read by ranges.
import { runtimeOf } from '../../runtime/bind.js';
import { loadFile } from '../../runtime/loading.js';
import { adopt } from '../../runtime/object.js';
import { readQuestion, writeClauses } from './query.js';
import { savedSchema } from './schema-saved.js';
import { positionsOf, SearchableTexts } from './searchable-texts.js';
import type { LoadTextOptions, ScoreOptions } from './types.js';

/** The lists of a word. */
export interface WordLists {
  term: number;
  /** Where they lie among those of all words, and how long they are. */
  offset: number;
  length: number;
  /** Bytes that they take in memory; 0: they are not there. */
  held: number;
}

/** @internal What `RemoteText` of the module `format` keeps of a file. */
export class TextHead extends SearchableTexts {
  /** Lists that are there, those of the last question last. */
  readonly #held = new Map<number, number>();
  #bytes = 0;

  static open(operation: string, bytes: Uint8Array, options: LoadTextOptions): TextHead {
    const runtime = runtimeOf(this, operation);
    return loadFile(runtime, operation, bytes, {
      kind: 'TXTH',
      build: (reader) => runtime.raw.Fulltext.loadHead(reader),
      wrap: (raw) => {
        const head = adopt(runtime, operation, TextHead, raw);
        try {
          head.schema = savedSchema(runtime, operation, raw, options);
        } catch (error) {
          head.dispose();
          throw error;
        }
        return head;
      },
    });
  }

  /** Bytes that lists take. */
  get listBytes(): number {
    return this.#bytes;
  }

  /** The lists that a question needs, each once, in the order in which they lie. */
  wanted(operation: string, query: string, options: ScoreOptions): WordLists[] {
    const { runtime, schema } = this;
    const raw = this.use(operation);
    const positions = positionsOf(runtime, raw, schema.names.length);
    const { clauses, boosts } = readQuestion(operation, schema, positions, query, options);
    return runtime.scratch(operation, (scratch) => {
      const written = writeClauses(runtime, scratch, clauses);
      const factors = scratch.f64(boosts.length);
      runtime.f64.set(boosts, factors / 8);
      const at = scratch.f64(2);
      const { text, bytes } = written;
      runtime.check(
        operation,
        raw.wanted(written.clauses, clauses.length, text, bytes, factors, at),
      );
      const { f64 } = runtime;
      const [count, list] = [f64[at / 8] as number, (f64[at / 8 + 1] as number) / 8];
      const all = new Map<number, WordLists>();
      for (let i = 0; i < count; i++) {
        const [term, offset, length, held] = f64.subarray(list + 4 * i, list + 4 * i + 4);
        all.set(term as number, { term, offset, length, held } as WordLists);
      }
      return [...all.values()].sort((a, b) => a.offset - b.offset);
    });
  }

  give(operation: string, term: number, lists: Uint8Array): void {
    const { runtime } = this;
    const raw = this.use(operation);
    runtime.scratch(operation, (scratch) => {
      const address = scratch.bytes(lists.length);
      runtime.u8.set(lists, address);
      runtime.check(operation, raw.give(term, address, lists.length));
    });
  }

  /** After a question: its lists are the last to go, and those of others go until no more than `most` bytes are held. */
  keep(operation: string, wanted: readonly WordLists[], most: number): void {
    const raw = this.use(operation);
    for (const { term, held } of wanted) {
      this.#bytes += held - (this.#held.get(term) ?? 0);
      this.#held.delete(term);
      this.#held.set(term, held);
    }
    for (const [term, held] of this.#held) {
      if (this.#bytes <= most) break;
      this.runtime.check(operation, raw.forget(term));
      this.#held.delete(term);
      this.#bytes -= held;
    }
  }
}
