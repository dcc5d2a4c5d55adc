// One question to a remote graph: the walk of the C core says which blocks it wants, here they are read.
import type { RemoteGraph as RawGraph, GraphWalk as RawWalk } from '../../generated/raw/format.js';
import type { NodeLabel } from '../../runtime/labels.js';
import { yieldToOthers } from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { malformed } from './directory.js';
import type { OpenedGraph } from './graph-head.js';
import { Lookup, labelOf } from './graph-labels.js';
import { type Asked, Reader, type Wanted } from './reader.js';

/** Gaps up to so many bytes are read as well: blocks are small, and most of what lies between them is not wanted. */
const GRAPH_GAP = 64;
/** Blocks that are asked for at a time. */
const WANTS = 1024;
/** Edges that are followed before signals are looked at. */
const STEPS = 200_000;
/** Milliseconds after which other tasks get their turn. */
const SLICE_MS = 8;
/** Of a budget this share is for rows, the rest for the names of what is found. */
const FOR_ROWS = 0.75;

/** Numbers of sl_graph_walk_read. */
type WalkNumbers = readonly number[];

interface Place {
  offset: number;
  length: number;
  page: number;
  pageOffset: number;
  pageLength: number;
}

export class GraphQuestion {
  readonly reader: Reader;
  readonly lookup: Lookup;
  /** What nodes were called by who asked, by their places. */
  readonly asked = new Map<number, NodeLabel>();
  readonly #opened: OpenedGraph;
  #raw: RawWalk | undefined;
  #slice = performance.now();

  constructor(asked: Asked, opened: OpenedGraph) {
    this.reader = new Reader(asked, opened);
    this.lookup = new Lookup(this.reader, opened);
    this.#opened = opened;
  }

  get #graph(): RawGraph {
    return this.#opened.head.use(this.reader.asked.operation);
  }

  get raw(): RawWalk {
    return this.#raw as RawWalk;
  }

  /** Begins a walk; {@link GraphQuestion.end} frees it. */
  begin(
    make: (graph: RawGraph, places: number, count: number, scratch: Scratch) => RawWalk | null,
    places: readonly number[],
  ): void {
    const { runtime, operation } = this.reader.asked;
    this.#raw = runtime.scratch(operation, (scratch) => {
      const { address, length } = scratch.indices('nodes', places);
      return runtime.made(operation, make(this.#graph, address, length, scratch));
    });
  }

  end(): void {
    if (this.#raw !== undefined && this.reader.asked.runtime.alive) this.#raw.delete();
    this.#raw = undefined;
  }

  numbers(): WalkNumbers {
    const { runtime, operation } = this.reader.asked;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(16);
      this.raw.read(at);
      return Array.from(runtime.copyF64(at, 16));
    });
  }

  /** Reads and gives blocks until none are wanted; false: the budget did not allow it. */
  async settle(): Promise<boolean> {
    // Rows may take their share of the budget and no more.
    const rest = (1 - FOR_ROWS) * this.reader.asked.maxBytes;
    for (;;) {
      const wanted = this.#wants();
      if (wanted.length === 0) return true;
      const here = wanted.filter(({ block }) => this.reader.known(`b${block}`));
      if (here.length === 0) {
        const left = this.reader.left - (Number.isFinite(rest) ? rest : 0);
        const chosen = await this.#read(wanted, left);
        if (chosen === 0) return false;
        continue;
      }
      for (const { block } of here) {
        await this.#turn();
        this.reader.withBytes(this.reader.block(`b${block}`), (address, length) =>
          this.raw.give(block, address, length, STEPS),
        );
      }
    }
  }

  /** Lets other tasks run now and then, and looks at the signal. */
  async #turn(): Promise<void> {
    const { signal, runtime, operation } = this.reader.asked;
    if (performance.now() - this.#slice > SLICE_MS) {
      await yieldToOthers();
      this.#slice = performance.now();
    }
    signal?.throwIfAborted();
    runtime.assertAlive(operation);
    this.#opened.head.use(operation);
  }

  #wants(): { block: number; amount: number }[] {
    const { runtime, operation } = this.reader.asked;
    return runtime.scratch(operation, (scratch) => {
      const [blocks, amounts] = [scratch.u32(WANTS), scratch.f64(WANTS)];
      runtime.check(operation, this.raw.wants(WANTS, blocks, amounts, runtime.out));
      const count = runtime.outU32();
      const amount = runtime.copyF64(amounts, count);
      return Array.from(runtime.copyU32(blocks, count), (block, i) => ({
        block,
        amount: amount[i] as number,
      }));
    });
  }

  #place(block: number): Place {
    const { runtime, operation } = this.reader.asked;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(8);
      runtime.check(operation, this.#graph.place(block, at));
      const [offset, length, , , page, pageOffset, pageLength] = runtime.copyF64(at, 8);
      return { offset, length, page, pageOffset, pageLength } as Place;
    });
  }

  /** Reads blocks, those of the largest amount first as far as `left` goes, with the hashes that they need; how many. */
  async #read(wanted: readonly { block: number; amount: number }[], left: number): Promise<number> {
    const { verify } = this.reader.asked;
    const pages = new Map<number, Wanted>();
    const blocks: Wanted[] = [];
    let bytes = 0;
    for (const { block } of [...wanted].sort((a, b) => b.amount - a.amount || a.block - b.block)) {
      const place = this.#place(block);
      const page = `p${place.page}`;
      const fresh = verify && !pages.has(place.page) && this.reader.known(page) === undefined;
      const more = place.length + (fresh ? place.pageLength : 0);
      if (bytes + more > left) {
        this.reader.complete = false;
        continue;
      }
      bytes += more;
      if (fresh)
        pages.set(place.page, {
          key: page,
          range: { offset: place.pageOffset, length: place.pageLength },
          check: (own) =>
            this.reader.withBytes(own, (address, length) =>
              this.#graph.checkPage(place.page, address, length),
            ),
        });
      blocks.push({
        key: `b${block}`,
        range: { offset: place.offset, length: place.length },
        check: (own) => this.#checkBlock(block, verify ? this.reader.block(page) : undefined, own),
      });
    }
    await this.reader.fetch([...pages.values(), ...blocks], GRAPH_GAP);
    return blocks.length;
  }

  #checkBlock(block: number, page: Uint8Array | undefined, bytes: Uint8Array): void {
    this.reader.withBytes(bytes, (address, length) => {
      const hashes = page === undefined ? 0 : this.reader.put(page);
      try {
        return this.#graph.checkBlock(block, hashes, page?.length ?? 0, address, length);
      } finally {
        if (hashes !== 0) this.reader.asked.runtime.raw.free(hashes);
      }
    });
  }

  blockOf(node: number): number {
    const { runtime, operation } = this.reader.asked;
    runtime.check(operation, this.#graph.blockOf(node, runtime.out));
    return runtime.outU32();
  }

  /** Makes the blocks of nodes known, as far as the budget goes. One round. */
  async readBlocks(nodes: readonly number[]): Promise<void> {
    const blocks = [...new Set(nodes.map((node) => this.blockOf(node)))];
    const fresh = blocks.filter((block) => this.reader.known(`b${block}`) === undefined);
    if (fresh.length > 0)
      await this.#read(
        fresh.map((block, i) => ({ block, amount: -i })),
        this.reader.left,
      );
  }

  /** What a node is called; undefined where its block was not read. */
  label(node: number): NodeLabel | undefined {
    const { runtime, operation } = this.reader.asked;
    const block = this.blockOf(node);
    const bytes = this.reader.known(`b${block}`);
    if (bytes === undefined) return undefined;
    const [from = 0, length = 0] = runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(8);
      this.reader.withBytes(bytes, (address, count) =>
        this.#graph.node(block, address, count, node, at),
      );
      return runtime.copyF64(at, 2);
    });
    const { labels } = this.#opened.facts;
    return labels === 0 ? from : labelOf(operation, labels, bytes.subarray(from, from + length));
  }

  /** Of nodes that were asked for the rows, as far as they were read, have the names that the table of names has. */
  assertNames(): void {
    for (const [node, asked] of this.asked) {
      const own = this.label(node);
      if (own !== undefined && String(own) !== String(asked))
        throw malformed(
          this.reader.asked.operation,
          `the row of ${check.show(asked)} in its place`,
        );
    }
  }

  /** Each step of a path is in the row of the node that it leaves; it may have been found from its other end. */
  assertPath(nodes: Uint32Array): void {
    for (const [i, node] of nodes.subarray(0, -1).entries())
      if (this.label(node) !== undefined && !this.row(node).nodes.includes(nodes[i + 1] as number))
        throw malformed(this.reader.asked.operation, 'each undirected edge in both of its rows');
  }

  /** The neighbours of a node whose block was read. */
  row(node: number): { nodes: Uint32Array; weights: Float64Array } {
    const { runtime, operation } = this.reader.asked;
    const block = this.blockOf(node);
    const bytes = this.reader.block(`b${block}`);
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.f64(8);
      this.reader.withBytes(bytes, (address, count) =>
        this.#graph.node(block, address, count, node, at),
      );
      const most = runtime.copyF64(at, 3)[2] as number;
      const [nodes, weights] = [scratch.u32(most + 1), scratch.f64(most)];
      const found = nodes + 4 * most;
      this.reader.withBytes(bytes, (address, count) =>
        this.#graph.row(block, address, count, node, most, nodes, weights, found),
      );
      return { nodes: runtime.copyU32(nodes, most), weights: runtime.copyF64(weights, most) };
    });
  }

  results(most: number): { nodes: Uint32Array; values: Float64Array; bounds: Float64Array } {
    const { runtime, operation } = this.reader.asked;
    return runtime.scratch(operation, (scratch) => {
      const nodes = scratch.u32(most);
      const [values, bounds] = [scratch.f64(most), scratch.f64(most)];
      runtime.check(operation, this.raw.results(most, nodes, values, bounds, runtime.out));
      const count = runtime.outU32();
      return {
        nodes: runtime.copyU32(nodes, count),
        values: runtime.copyF64(values, count),
        bounds: runtime.copyF64(bounds, count),
      };
    });
  }

  path(hops: number): Uint32Array {
    const { runtime, operation } = this.reader.asked;
    return runtime.scratch(operation, (scratch) => {
      const at = scratch.u32(hops + 1);
      runtime.check(operation, this.raw.path(hops + 1, at, runtime.out));
      return runtime.copyU32(at, runtime.outU32());
    });
  }
}

type Scratch = Parameters<Parameters<Asked['runtime']['scratch']>[1]>[0];
