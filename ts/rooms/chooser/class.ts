// A chooser: which method to use for a task, learnt from what runs have cost.
import type { Chooser as RawChooser } from '../../generated/raw/chooser.js';
import { runtimeOf } from '../../runtime/bind.js';
import type { AsyncBytesSource, BytesSource, LoadAsyncOptions } from '../../runtime/file.js';
import { loadFileAsync } from '../../runtime/file-coming.js';
import { type Loading, loadFile } from '../../runtime/loading.js';
import { adopt } from '../../runtime/object.js';
import type { Runtime } from '../../runtime/runtime.js';
import {
  type AsyncOptions,
  asyncKeys,
  type Begun,
  type Call,
  runLater,
  runNow,
  type WorkProgress,
} from '../../runtime/steps.js';
import * as check from '../../runtime/validate.js';
import { type Settings as EvaluationSettings, judge, parts } from './evaluate.js';
import { type Label, labelBytes, numbersOf, readLabel, readOptions } from './label.js';
import { LearningChooser } from './learning.js';
import { countOf, penalised, type ReadTable, readTable } from './table.js';
import type {
  Acceptance,
  ChooserOptions,
  CompiledChooser,
  CompiledNode,
  CompileOptions,
  EvaluateOptions,
  Evaluation,
  RunTable,
} from './types.js';

/**
 * Learns which of several methods to use: `choose` for a task, run the method, `report` what it has cost. Made by
 * {@link Chooser.create}. It holds at most `capacity` runs of each method, however many are reported.
 */
export class Chooser extends LearningChooser {
  /**
   * A chooser that knows nothing. It takes a few kB, and later 8 bytes for each feature of a run that it keeps.
   *
   * @throws RangeError `OPTION` (an option outside of its domain); TypeError; SublinearError `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['plain', 'sorted'], features: ['rows'], timeout: 60_000 });
   * for (let i = 0; i < 40; i++) {
   *   const { id, method } = chooser.choose({ rows: 10 * i });
   *   chooser.report(id, method, { cost: method === 'plain' ? 10 * i : 100 });
   * }
   * console.log(chooser.choose({ rows: 390 }, { explore: false }).method); // sorted
   * ```
   */
  static create(options: ChooserOptions): Chooser {
    const operation = 'Chooser.create';
    const runtime = runtimeOf(this, operation);
    const { label, numbers } = readOptions(operation, options);
    return make(runtime, operation, label, numbers);
  }

  /**
   * Takes in a table of runs, and grows all trees anew. What was known before stays known.
   *
   * @throws RangeError `SHAPE`, `RANGE` (a cost below 0), `NOT_FINITE`; SublinearError `MEMORY`: nothing is taken in then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a', 'b'], features: ['n'], timeout: 10, policy: 'nearest', neighbours: 1 });
   * chooser.fit({ features: [[1], [2], [8], [9]], costs: [[1, 5], [1, 5], [9, 5], [10, 5]] });
   * console.log(chooser.choose([8.5], { explore: false }).method); // b
   * ```
   */
  fit(table: RunTable): void {
    const operation = 'Chooser.fit';
    const read = this.#read(operation, table);
    runNow(this.runtime, operation, {}, (call) => this.#beginFit(call, read, () => true));
  }

  /**
   * {@link Chooser.fit} in slices of about 8 ms that let other tasks run. The chooser is busy meanwhile. After an abort a
   * part of the table may be known.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a', 'b'], features: 1, timeout: 10, policy: 'forest' });
   * await chooser.fitAsync({ features: [[1], [2]], costs: [[1, 5], [2, 5]] }, { signal: AbortSignal.timeout(1000) });
   * console.log(chooser.stats().runs); // 4
   * ```
   */
  async fitAsync(table: RunTable, options?: AsyncOptions<WorkProgress>): Promise<void> {
    const operation = 'Chooser.fitAsync';
    const given = check.options(operation, options, asyncKeys);
    const read = this.#read(operation, table);
    await runLater(this.runtime, operation, given, (call) =>
      this.#beginFit(call, read, () => true),
    );
  }

  #read(operation: string, table: RunTable): ReadTable {
    const { methods, features } = this.names;
    const timeout = this.factsOf(operation)[4] as number;
    return readTable(operation, table, features, methods.length, timeout);
  }

  #beginFit(
    { operation, scratch }: Call<object>,
    { tasks, methods, features, costs, endings }: ReadTable,
    isTaught: (task: number) => boolean,
  ): Begun<WorkProgress, void> {
    const { runtime } = this;
    const width = countOf(this.names.features);
    const runs: number[] = [];
    for (let at = 0; at < tasks * methods; at++)
      if (!Number.isNaN(costs[at] as number) && isTaught(Math.floor(at / methods))) runs.push(at);
    const rows = scratch.f64(Math.max(runs.length * width, 1));
    const numbers = scratch.u32(Math.max(runs.length, 1));
    const paid = scratch.f64(Math.max(runs.length, 1));
    const ends = scratch.u32(Math.max(runs.length, 1));
    for (const [k, at] of runs.entries()) {
      runtime.f64.set(features[Math.floor(at / methods)] as Float64Array, rows / 8 + k * width);
      runtime.u32[numbers / 4 + k] = at % methods;
      runtime.f64[paid / 8 + k] = costs[at] as number;
      runtime.u32[ends / 4 + k] = endings[at] as number;
    }
    const raw = this.use(operation);
    runtime.check(operation, raw.beginFit(runs.length, rows, numbers, paid, ends));
    return { raw, holds: [this], result: () => undefined, stopped: true };
  }

  /**
   * Cross-validates the options of this chooser on a table of runs: each part is chosen for by a chooser that was taught the
   * others. The measure is that of ASlib, the share of the gap between the single best method and the best of each task
   * that is closed, in penalised costs. What this chooser knows neither counts nor changes.
   *
   * Bischl et al. 2016, doi:10.1016/j.artint.2016.04.003.
   *
   * @throws RangeError `RANGE` (folds; a table in which nothing is solved); as {@link Chooser.fit}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a', 'b'], features: ['n'], timeout: 100, policy: 'nearest', neighbours: 3 });
   * const features = Array.from({ length: 40 }, (_, n) => [n]);
   * const { gapClosed, singleBestMethod } = chooser.evaluate({ features, costs: features.map(([n = 0]) => [n, 18]) });
   * console.log(singleBestMethod, gapClosed > 0.9); // b true
   * ```
   */
  evaluate(table: RunTable, options?: EvaluateOptions): Evaluation {
    const operation = 'Chooser.evaluate';
    const plan = this.#plan(operation, table, check.options(operation, options, evaluateKeys));
    for (let fold = 0; fold < plan.folds; fold++) {
      const other = this.#fresh(operation);
      try {
        runNow(this.runtime, operation, {}, (call) =>
          other.#beginFit(call, plan.read, (task) => plan.part[task] !== fold),
        );
        other.#answer(operation, plan, fold);
      } finally {
        other.dispose();
      }
    }
    return judge(operation, plan.read, plan.choices, plan.settings);
  }

  /**
   * {@link Chooser.evaluate} in slices of about 8 ms that let other tasks run.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a', 'b'], features: ['n'], timeout: 100, policy: 'forest' });
   * const features = Array.from({ length: 30 }, (_, n) => [n]);
   * const { tasks, virtualBest } = await chooser.evaluateAsync({ features, costs: features.map(([n = 0]) => [n, 29 - n]) }, { folds: 3 });
   * console.log(tasks, virtualBest.toFixed(1)); // 30 7.0
   * ```
   */
  async evaluateAsync(
    table: RunTable,
    options?: EvaluateOptions & AsyncOptions<WorkProgress>,
  ): Promise<Evaluation> {
    const operation = 'Chooser.evaluateAsync';
    const keys = [...evaluateKeys, ...asyncKeys] as const;
    const given = check.options<EvaluateOptions & AsyncOptions<WorkProgress>>(
      operation,
      options,
      keys,
    );
    const { signal, onProgress } = given;
    const plan = this.#plan(operation, table, given);
    const control = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    for (let fold = 0; fold < plan.folds; fold++) {
      const other = this.#fresh(operation);
      try {
        await runLater(this.runtime, operation, control, (call) =>
          other.#beginFit(call, plan.read, (task) => plan.part[task] !== fold),
        );
        other.#answer(operation, plan, fold);
      } finally {
        other.dispose();
      }
    }
    return judge(operation, plan.read, plan.choices, plan.settings);
  }

  #plan(operation: string, table: RunTable, given: EvaluateOptions) {
    const facts = this.factsOf(operation);
    const read = this.#read(operation, table);
    const most = Math.max(2, read.tasks);
    const folds = check.integer(operation, 'folds', given.folds ?? Math.min(10, most), 2, most);
    const seed = check.integer(operation, 'seed', given.seed ?? 1, 0, Number.MAX_SAFE_INTEGER);
    const confidence = check.number(operation, 'confidence', given.confidence ?? 0.95);
    if (!(confidence > 0 && confidence < 1))
      throw check.rangeError(operation, 'confidence', 'a number in (0, 1)', confidence);
    const settings: EvaluationSettings = {
      timeout: facts[4] as number,
      penalty: facts[5] as number,
      names: this.names.methods,
      seed,
      confidence,
    };
    return { read, folds, part: parts(read.tasks, folds, seed), choices: [] as number[], settings };
  }

  /** One with the same options that knows nothing. */
  #fresh(operation: string): Chooser {
    return make(this.runtime, operation, this.names, numbersOf(this.factsOf(operation)));
  }

  #answer(
    operation: string,
    { read, part, choices }: { read: ReadTable; part: Uint32Array; choices: number[] },
    fold: number,
  ): void {
    for (let task = 0; task < read.tasks; task++)
      if (part[task] === fold)
        choices[task] = this.best(operation, read.features[task] as Float64Array);
  }

  /**
   * Looks whether what was learnt since the checkpoint is worth keeping: on tasks that were held out, the choices must cost
   * no more than with the checkpoint. Then there is a new checkpoint; otherwise the chooser goes back to the old one.
   *
   * @param holdout - runs of all methods for tasks that were not reported
   * @throws SublinearError `STATE` (no checkpoint), `MEMORY`; RangeError `EMPTY` (no task); as {@link Chooser.fit}
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a', 'b'], features: 0, timeout: 100 });
   * chooser.report([], 'a', { cost: 3 });
   * chooser.report([], 'b', { cost: 6 });
   * chooser.checkpoint();
   * for (let i = 0; i < 9; i++) chooser.report([], 'b', { cost: 0.1 }); // somebody measures wrongly
   * console.log(chooser.accept({ features: [[]], costs: [[3, 6]] })); // { accepted: false, before: 3, after: 6 }
   * ```
   */
  accept(holdout: RunTable): Acceptance {
    const operation = 'Chooser.accept';
    const { runtime } = this;
    const table = this.#read(operation, holdout);
    if (table.tasks === 0) throw check.rangeError(operation, 'holdout', 'a task at least', 0);
    const raw = this.use(operation);
    const after = this.#meanCost(operation, table);
    runtime.check(operation, raw.exchange());
    const before = this.#meanCost(operation, table);
    runtime.check(operation, raw.exchange());
    const accepted = after <= before;
    if (accepted) runtime.check(operation, raw.checkpoint());
    else this.restore(operation);
    return { accepted, before, after };
  }

  #meanCost(operation: string, table: ReadTable): number {
    const facts = this.factsOf(operation);
    let sum = 0;
    for (let task = 0; task < table.tasks; task++) {
      const method = this.best(operation, table.features[task] as Float64Array);
      sum += penalised(table, task, method, facts[4] as number, facts[5] as number) / table.tasks;
    }
    return sum;
  }

  /**
   * What is known as one decision tree in plain data, which {@link decide} follows without WebAssembly: it says of the
   * tasks known (up to 1024 of them) what the chooser would choose without exploring, as nearly as `depth` allows.
   *
   * @throws RangeError `OPTION`; SublinearError `EMPTY` (nothing is known), `MEMORY`
   *
   * @example
   * ```ts
   * import { decide, load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a', 'b'], features: ['n'], timeout: 100, policy: 'nearest' });
   * const features = Array.from({ length: 60 }, (_, n) => [n]);
   * chooser.fit({ features, costs: features.map(([n = 0]) => [n, 30]) });
   * console.log(decide(chooser.compile(), { n: 50 }).method); // b
   * ```
   */
  compile(options?: CompileOptions): CompiledChooser {
    const operation = 'Chooser.compile';
    const given = check.options(operation, options, compileKeys);
    return runNow(this.runtime, operation, {}, (call) => this.#beginCompile(call, given));
  }

  /**
   * {@link Chooser.compile} in slices of about 8 ms that let other tasks run. The chooser is busy meanwhile.
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a'], features: 0, timeout: 100 });
   * chooser.report([], 'a', { cost: 1 });
   * console.log((await chooser.compileAsync()).nodes.length); // 1
   * ```
   */
  async compileAsync(
    options?: CompileOptions & AsyncOptions<WorkProgress>,
  ): Promise<CompiledChooser> {
    const operation = 'Chooser.compileAsync';
    const keys = [...compileKeys, ...asyncKeys] as const;
    const { depth, minTasks, ...control } = check.options<
      CompileOptions & AsyncOptions<WorkProgress>
    >(operation, options, keys);
    const given = {
      ...(depth !== undefined && { depth }),
      ...(minTasks !== undefined && { minTasks }),
    };
    return runLater(this.runtime, operation, control, (call) => this.#beginCompile(call, given));
  }

  #beginCompile(
    { operation, scratch }: Call<object>,
    given: CompileOptions,
  ): Begun<WorkProgress, CompiledChooser> {
    const { runtime } = this;
    const depth = check.integer(operation, 'depth', given.depth ?? 4, 0, 16);
    const least = check.integer(operation, 'minTasks', given.minTasks ?? 5, 1);
    const raw = this.use(operation);
    runtime.check(operation, raw.beginCompile(depth, least));
    const result = (): CompiledChooser => {
      const at = scratch.f64(4);
      runtime.check(operation, this.use(operation).readCompiled(at));
      const [count, address, tasks, loss] = runtime.copyF64(at, 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const methods = this.methods;
      const width = 5 + methods.length;
      const all = runtime.copyF64(address, count * width);
      const nodes = Array.from({ length: count }, (_, i): CompiledNode => {
        const node = all.subarray(i * width, (i + 1) * width);
        const [feature, atMost, missing, left, right, ...costs] = node as unknown as [
          number,
          number,
          number,
          number,
          number,
          ...number[],
        ];
        if (feature >= 0)
          return { feature, atMost, missing: missing === 1 ? 'left' : 'right', left, right };
        return { method: methods[costs.indexOf(Math.min(...costs))] as string, costs };
      });
      return {
        format: 'sublinear-chooser-1',
        methods,
        features: this.features,
        nodes,
        tasks,
        loss,
      };
    };
    return { raw, holds: [this], result, stopped: true };
  }

  /**
   * A chooser from the bytes that {@link Chooser.save} gave. Untrusted bytes are safe: what is wrong is an error.
   *
   * @throws SublinearError `FORMAT`, `TRUNCATED`, `CHECKSUM`, `MEMORY`
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a'], features: 2, timeout: 100 });
   * using again = Chooser.load(chooser.saveInPieces());
   * console.log(again.features, again.cost); // 2 time
   * ```
   */
  static load(bytes: BytesSource): Chooser {
    const operation = 'Chooser.load';
    const runtime = runtimeOf(this, operation);
    return loadFile(runtime, operation, bytes, chooserFile(runtime, operation));
  }

  /**
   * The same for bytes that are still coming: a stream or an async iterable.
   *
   * @throws the `signal`'s reason within 50 ms of an abort; the source is cancelled then
   *
   * @example
   * ```ts
   * import { load } from 'sublinear/chooser';
   *
   * const { Chooser } = await load();
   * using chooser = Chooser.create({ methods: ['a'], features: 2, timeout: 100 });
   * using again = await Chooser.loadAsync(new Blob([chooser.save()]).stream());
   * console.log(again.timeout); // 100
   * ```
   */
  static async loadAsync(bytes: AsyncBytesSource, options?: LoadAsyncOptions): Promise<Chooser> {
    const operation = 'Chooser.loadAsync';
    const runtime = runtimeOf(this, operation);
    const given = check.options(operation, options, asyncKeys);
    return loadFileAsync(runtime, operation, bytes, chooserFile(runtime, operation), given);
  }
}

const evaluateKeys = ['folds', 'seed', 'confidence'] as const;
const compileKeys = ['depth', 'minTasks'] as const;

function make(runtime: Runtime, operation: string, label: Label, numbers: Float64Array): Chooser {
  const bytes = labelBytes(label);
  return runtime.scratch(operation, (scratch) => {
    const [options, at] = [scratch.f64(numbers.length), scratch.bytes(bytes.length)];
    runtime.f64.set(numbers, options / 8);
    runtime.u8.set(bytes, at);
    const raw = runtime.raw.Chooser.create(options, at, bytes.length);
    return adopt(runtime, operation, Chooser, raw).configure(label);
  });
}

function chooserFile(runtime: Runtime, operation: string): Loading<RawChooser, Chooser> {
  return {
    kind: 'CHSR',
    build: (reader) => runtime.raw.Chooser.load(reader),
    wrap(raw) {
      const chooser = adopt(runtime, operation, Chooser, raw);
      try {
        return chooser.configure(readLabel(runtime, operation, raw));
      } catch (error) {
        chooser.dispose();
        throw error;
      }
    },
  };
}
