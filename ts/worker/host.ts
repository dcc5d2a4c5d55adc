// The worker's side: an engine, the objects that callers hold handles of, and a queue. Calls run one after another in the
// order they came, so that a caller may send several without waiting and no object is ever busy. Between the slices of a
// long call the thread listens: that is when an abort arrives.
import { type Endpoint, expose, type Remote, transfer, wrap } from 'comlink';
import { createEngine } from '../engine/all.js';
import type { Engine } from '../engine/engine.js';
import type { RoomName } from '../generated/bundles.js';
import { SublinearError } from '../runtime/errors.js';
import { iteratorName } from '../runtime/iterators.js';
import { WasmObject } from '../runtime/object.js';
import { ambient, orAborted } from '../runtime/steps.js';
import { copyOf, type Placeless, pack, packError, unpack, unpackError } from './codec.js';
import type {
  CallerSide,
  CallMessage,
  ClassShape,
  Path,
  Reply,
  RoomShape,
  StartOptions,
  Target,
  WorkerSide,
} from './protocol.js';
import { findScripts } from './scripts.js';

type AnyFunction = (...args: unknown[]) => unknown;
type Members = Record<string, unknown>;

/** A reply, and the buffers of its arrays, which move. */
interface Answer {
  reply: Reply;
  moved: ArrayBuffer[];
}

interface Task {
  id: number;
  /** Gives the reply; never throws. */
  run: () => Promise<void>;
  controller: AbortController;
  /** Answers a call that will not be run. */
  cancel: () => void;
}

/** Answers calls that come through an endpoint, for as long as the thread lives. */
export function serve(endpoint: Endpoint): void {
  const host = new Host(wrap<CallerSide>(endpoint));
  const side: WorkerSide = {
    start: (options) => host.start(options),
    call: (message) => host.call(message),
    calls: (messages) => host.calls(messages),
    abort: (id) => host.abort(id),
    forget: (id, received) => host.forget(id, received),
  };
  expose(side, endpoint);
}

class Host {
  readonly #caller: Remote<CallerSide>;
  #engine: Promise<Engine> | undefined;
  readonly #objects = new Map<number, { object: object; sent: number }>();
  readonly #ids = new WeakMap<object, number>();
  #nextId = 1;
  readonly #classNames = new Map<unknown, string>();
  readonly #shaped = new Set<string>();
  readonly #queue: Task[] = [];
  #running: Task | undefined;

  constructor(caller: Remote<CallerSide>) {
    this.#caller = caller;
    findScripts((name, attempt) => caller.script(name, attempt));
  }

  start({ memory, variant }: StartOptions): void {
    this.#engine = createEngine({
      ...(memory !== undefined && { memory: memory as number }),
      ...(variant !== undefined && { variant }),
      // The caller's thread knows how to get at files, and has been told by its user.
      wasm: (file) => this.#caller.module(file) as Promise<ArrayBufferView>,
    });
    // Who calls will be told.
    this.#engine.catch(() => {});
  }

  async call(message: CallMessage): Promise<Reply> {
    const { reply, moved } = await this.#queued(message);
    return transfer(reply, moved);
  }

  async calls(messages: CallMessage[]): Promise<Reply[]> {
    const answers = await Promise.all(messages.map((message) => this.#queued(message)));
    const moved = new Set(answers.flatMap((answer) => answer.moved));
    return transfer(
      answers.map(({ reply }) => reply),
      [...moved],
    );
  }

  #queued(message: CallMessage): Promise<Answer> {
    return new Promise((resolve) => {
      const controller = new AbortController();
      this.#queue.push({
        id: message.id,
        controller,
        run: async () => resolve(await this.#answer(message, controller.signal)),
        cancel: () =>
          resolve({
            reply: failure(new SublinearError('STATE', message.name, 'aborted')),
            moved: [],
          }),
      });
      void this.#work();
    });
  }

  abort(id: number): void {
    const at = this.#queue.findIndex((task) => task.id === id);
    if (at >= 0) this.#queue.splice(at, 1)[0]?.cancel();
    if (this.#running?.id === id) this.#running.controller.abort();
  }

  /** What the caller has received may be on its way again: only when all of it is lost, the object is. */
  forget(id: number, received: number): void {
    const entry = this.#objects.get(id);
    if (entry === undefined) return;
    entry.sent -= received;
    if (entry.sent <= 0) this.#objects.delete(id);
  }

  async #work(): Promise<void> {
    if (this.#running !== undefined) return;
    for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
      this.#running = task;
      ambient.signal = task.controller.signal;
      await task.run();
      ambient.signal = undefined;
      this.#running = undefined;
    }
  }

  async #answer(message: CallMessage, signal: AbortSignal): Promise<Answer> {
    const called = new Called(message.id, this.#caller, signal);
    try {
      const result = await this.#perform(message, signal, called);
      const shapes: ClassShape[] = [];
      const { packed, transfer: moved } = pack(result, {
        operation: message.name,
        arrays: 'move',
        special: (value, path) => this.#handle(value, path, shapes),
        remark(value): Placeless | undefined {
          const name = iteratorName(value);
          return name === undefined ? undefined : { kind: 'iterable', name };
        },
      });
      called.flush();
      const kept = called.keeps ? { kept: true } : {};
      return { reply: { ok: true, result: packed, shapes, ...kept }, moved };
    } catch (error) {
      called.flush();
      return { reply: failure(error), moved: [] };
    }
  }

  async #perform(
    { target, action, name, args }: CallMessage,
    signal: AbortSignal,
    called: Called,
  ): Promise<unknown> {
    const owner = await this.#owner(target);
    if (action === 'describe') return this.#describe(name as RoomName);
    if (action === 'get') return owner[name];
    if (action === 'dispose') {
      (owner.dispose as AnyFunction | undefined)?.call(owner);
      if (target.kind === 'object') this.#objects.delete(target.id);
      return undefined;
    }
    // The form that runs in slices, where there is one: between them an abort is heard.
    const twin = name.endsWith('Async') ? undefined : owner[`${name}Async`];
    const method = typeof twin === 'function' ? twin : owner[name];
    const sliced = typeof twin === 'function' || name.endsWith('Async');
    if (typeof method !== 'function')
      throw new SublinearError('STATE', name, `there is no method "${name}"`);
    const sources: Promise<void>[] = [];
    const list = unpack(args, (special, here) => {
      if (special.kind === 'signal') return signal;
      // Shared memory may change while it is read: methods get a copy.
      if (special.kind === 'shared') return copyOf(here as ArrayBufferView);
      if (special.kind === 'object') return this.#object(special.id);
      if (special.kind === 'function')
        return (method as { keepsFunctions?: boolean }).keepsFunctions
          ? called.kept(name, special.slot)
          : called.stub(name, special.slot);
      if (special.kind !== 'source') return undefined;
      const pieces = called.pieces(special.slot);
      if (sliced) return pieces;
      // A method that cannot wait gets them all.
      const all: unknown[] = [];
      sources.push(
        (async () => {
          for await (const piece of pieces) all.push(piece);
        })(),
      );
      return all;
    }) as unknown[];
    await Promise.all(sources);
    return await (method as AnyFunction).apply(owner, list);
  }

  async #owner(target: Target): Promise<Members> {
    const engine = (await this.#engine) as Engine;
    if (target.kind === 'engine') return engine as unknown as Members;
    if (target.kind === 'object') return this.#object(target.id) as Members;
    const namespace = (await engine.use(target.room)) as unknown as Members;
    return target.className === undefined
      ? namespace
      : (namespace[target.className] as unknown as Members);
  }

  #object(id: number): object {
    const entry = this.#objects.get(id);
    if (entry === undefined)
      throw new SublinearError('DISPOSED', 'worker', 'this object was disposed');
    return entry.object;
  }

  /** A room's members, found by looking: nothing here has to be kept in step with it. */
  async #describe(room: RoomName): Promise<RoomShape> {
    const namespace = await ((await this.#engine) as Engine).use(room);
    const shape: RoomShape = { functions: [], classes: [] };
    for (const [name, member] of Object.entries(namespace)) {
      if (isClass(member)) {
        this.#classNames.set(member, name);
        shape.classes.push({ name, ...membersOf(member, Function.prototype) });
      } else if (typeof member === 'function') shape.functions.push(name);
    }
    return shape;
  }

  /** What stands for an object of this thread in a result. */
  #handle(value: object, _path: Path, shapes: ClassShape[]): Placeless | undefined {
    if (typeof value === 'function') return undefined;
    // An object of ours may have a next() of its own.
    const isIterator =
      !isObject(value) && typeof (value as Partial<Iterator<unknown>>).next === 'function';
    if (!isIterator && !isObject(value)) return undefined;
    let id = this.#ids.get(value);
    if (id === undefined) {
      id = this.#nextId++;
      this.#ids.set(value, id);
    }
    const entry = this.#objects.get(id);
    if (entry === undefined) this.#objects.set(id, { object: value, sent: 1 });
    else entry.sent++;
    if (isIterator) return { kind: 'iterator', id };
    const className = this.#classNames.get(value.constructor) ?? value.constructor.name;
    if (!this.#shaped.has(className)) {
      this.#shaped.add(className);
      shapes.push(instanceShape(className, value));
    }
    return { kind: 'handle', id, className };
  }
}

/** What a running call calls in the other thread: functions that were its arguments, and sources of pieces. */
class Called {
  readonly #id: number;
  readonly #caller: Remote<CallerSide>;
  readonly #signal: AbortSignal;
  #calls: Parameters<CallerSide['called']>[1] = [];
  /** Whether functions that were its arguments are called after it. */
  keeps = false;

  constructor(id: number, caller: Remote<CallerSide>, signal: AbortSignal) {
    this.#id = id;
    this.#caller = caller;
    this.#signal = signal;
  }

  /** A function whose calls are passed on, several in one message; it returns nothing. */
  stub(operation: string, slot: number): AnyFunction {
    return (...values) => {
      const special = () => undefined;
      const { packed } = pack(values, { operation, arrays: 'copy', wholeArrays: true, special });
      if (this.#calls.push({ slot, args: packed }) === 1) queueMicrotask(() => this.flush());
    };
  }

  /** A function that is called after this call as well, and whose results are waited for. */
  kept(operation: string, slot: number): AnyFunction {
    this.keeps = true;
    return async (...values) => {
      const special = () => undefined;
      const { packed, transfer: moved } = pack(values, { operation, arrays: 'copy', special });
      const reply = await this.#caller.asked(this.#id, slot, transfer(packed, moved));
      if (!reply.ok) throw unpackError(reply.error);
      return unpack(reply.result, () => undefined);
    };
  }

  flush(): void {
    const calls = this.#calls;
    if (calls.length === 0) return;
    this.#calls = [];
    void this.#caller.called(this.#id, calls);
  }

  async *pieces(slot: number): AsyncGenerator<unknown, void, undefined> {
    let ended = false;
    try {
      for (;;) {
        const { done, value } = await orAborted(this.#signal, () =>
          this.#caller.next(this.#id, slot),
        );
        if (done) break;
        yield value;
      }
      ended = true;
    } finally {
      if (!ended) void this.#caller.stop(this.#id, slot);
    }
  }
}

function failure(error: unknown): Reply {
  return { ok: false, error: packError(error) };
}

function isClass(value: unknown): value is { prototype: object } {
  if (typeof value !== 'function') return false;
  const prototype = Object.getOwnPropertyDescriptor(value, 'prototype');
  return prototype !== undefined && !prototype.writable;
}

/** Objects with methods; what has none is data. */
function isObject(value: object): boolean {
  return typeof (value as { dispose?: unknown }).dispose === 'function';
}

/** Every handle has these by itself. */
const common = new Set(['constructor', 'dispose', 'disposed']);

function instanceShape(name: string, value: object): ClassShape {
  const shape = { name, ...membersOf(Object.getPrototypeOf(value), Object.prototype) };
  shape.getters.push(...Object.keys(value));
  return shape;
}

/** Methods and getters of an object and of what it inherits from, up to `end`. */
function membersOf(start: object, end: object): { methods: string[]; getters: string[] } {
  const methods = new Set<string>();
  const getters = new Set<string>();
  for (let at = start; at !== end && at !== null; at = Object.getPrototypeOf(at)) {
    // What all objects in C memory have is either in `common` or no concern of users.
    if (at === WasmObject.prototype || at === WasmObject) continue;
    for (const [key, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (common.has(key)) continue;
      if (get !== undefined) getters.add(key);
      else if (typeof value === 'function' && !isClass(value)) methods.add(key);
    }
  }
  return { methods: [...methods], getters: [...getters] };
}
