// The caller's side of one worker after another: sends calls, settles them, and starts a fresh worker when one has ended.
import { transfer } from 'comlink';
import { moduleForWorker, type WasmSource } from '../engine/loader.js';
import type { Variant } from '../generated/bundles.js';
import { rooms } from '../generated/rooms.js';
import { SublinearError } from '../runtime/errors.js';
import { withNamedIterator } from '../runtime/iterators.js';
import { WasmObject } from '../runtime/object.js';
import { type Placeless, pack, unpack, unpackError } from './codec.js';
import { crashError, disposedError, foreign, messageError } from './failures.js';
import { KeptFunctions } from './kept.js';
import { Outbox } from './outbox.js';
import { type CallOptions, Pending } from './pending.js';
import type { CallerSide, CallMessage, ClassShape, Path, Reply, Target } from './protocol.js';
import { sourceOf, stop } from './source.js';
import { addressOf, type Opened, type Opening, startWorker } from './start.js';

export type { CallOptions } from './pending.js';

export interface ConnectionOptions {
  memory: number | string | undefined;
  variant: Variant | undefined;
  wasm: WasmSource | undefined;
  worker: unknown;
}

/** An object of a worker, as all handles of it share it. */
export interface Ref {
  readonly connection: Connection;
  readonly id: number;
  /** Which of the connection's workers it lives in. */
  readonly epoch: number;
  /** How many times it has arrived here; the worker keeps it until all of them are forgotten. */
  received: number;
  disposed: boolean;
}

/** Makes handles; the connection knows only what they refer to. */
export interface Handles {
  make(ref: Ref, className: string, options: CallOptions): object;
  iterate(ref: Ref, options: CallOptions): object;
  shape(shape: ClassShape): void;
  refOf(value: object): Ref | undefined;
}

/** After an abort the promise waits this long for the worker to say that it has stopped, and no longer. */
const ABORT_MS = 40;

interface Session extends Opened {
  readonly epoch: number;
  readonly refs: Map<number, WeakRef<Ref>>;
  readonly kept: KeptFunctions;
}

/** A worker that has not answered yet. */
interface Starting {
  promise: Promise<unknown>;
  giveUp: (reason: unknown) => void;
}

type Call = Pending<Session>;

/** A call that has been packed, on its way into a message. */
interface Packet {
  session: Session;
  pending: Call;
  message: CallMessage;
  moved: ArrayBuffer[];
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #handles: Handles;
  readonly #pending = new Map<number, Call>();
  readonly #lost: FinalizationRegistry<{
    session: WeakRef<Session>;
    id: number;
    ref: { received: number };
  }>;
  readonly #modules: Map<string, Promise<Uint8Array | WebAssembly.Module>>;
  #loadErrors = new Map<string, unknown>();
  #session: Session | undefined;
  #starting: Starting | undefined;
  #epoch = 0;
  #nextId = 1;
  /** Calls made before there was a worker, in order. */
  #waiting: { pending: Call; message: CallMessage; moved: ArrayBuffer[] }[] = [];
  #disposed = false;
  readonly #outbox = new Outbox<Packet>((packets) => this.#post(packets));
  /** How many workers were started. */
  starts = 0;

  constructor(
    options: ConnectionOptions,
    handles: Handles,
    modules = new Map<string, Promise<Uint8Array | WebAssembly.Module>>(),
  ) {
    this.#options = options;
    this.#handles = handles;
    this.#modules = modules;
    this.#lost = new FinalizationRegistry(({ session, id, ref }) => {
      const alive = session.deref();
      if (alive === undefined) return;
      // Unless it has arrived again since.
      if (alive.refs.get(id)?.deref() === undefined && alive.refs.delete(id)) alive.kept.forget(id);
      if (alive !== this.#session) return;
      // What goes wrong here nobody could catch, and the program would end with it.
      try {
        alive.remote.forget(id, ref.received).then(undefined, () => {});
      } catch {
        // The worker has gone, and with it what was to be forgotten.
      }
    });
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Makes a call. Everything that can be wrong with it here, and the packing, happens before this returns. */
  call(
    operation: string,
    target: Target | Ref,
    action: CallMessage['action'],
    name: string,
    args: readonly unknown[],
    options: CallOptions,
  ): Promise<unknown> {
    const pending = new Pending<Session>(this.#nextId++, operation, options);
    let message: CallMessage;
    let moved: ArrayBuffer[];
    try {
      this.#assertUsable(operation);
      if (options.signal !== undefined) pending.signals.add(options.signal);
      const place = 'connection' in target ? this.#place(operation, target, pending) : target;
      const { packed, transfer } = pack(args, {
        operation,
        arrays: options.transfer === true ? 'move' : 'copy',
        special: (value, path) => this.#special(operation, pending, value, path),
      });
      for (const signal of pending.signals) signal.throwIfAborted();
      message = { id: pending.id, target: place, action, name, args: packed };
      moved = transfer;
    } catch (error) {
      return Promise.reject(error);
    }
    this.#pending.set(pending.id, pending);
    if (this.#pending.size === 1) this.#session?.link.ref();
    pending.listen((reason) => this.#abort(pending, reason));
    const session = this.#session;
    if (session !== undefined) this.#send(session, pending, message, moved);
    else {
      this.#waiting.push({ pending, message, moved });
      // Who waits has been told.
      this.start().catch(() => {});
    }
    return pending.promise;
  }

  /** The running worker, or a fresh one. */
  start(): Promise<unknown> {
    if (this.#session !== undefined) return Promise.resolve();
    this.#starting ??= this.#begin();
    return this.#starting.promise;
  }

  #begin(): Starting {
    let giveUp!: Starting['giveUp'];
    const givenUp = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    const starting: Starting = {
      giveUp,
      promise: Promise.race([startWorker(this.#opening(givenUp)), givenUp]).then(
        (session) => {
          if (this.#starting !== starting) {
            void session.link.terminate();
            throw crashError('createWorkerEngine', undefined);
          }
          this.#starting = undefined;
          this.#session = session;
          this.starts++;
          if (this.#pending.size === 0) session.link.unref();
          for (const { pending, message, moved } of this.#waiting.splice(0))
            this.#send(session, pending, message, moved);
        },
        (error) => {
          if (this.#starting === starting) this.#leave(() => error);
          throw error;
        },
      ),
    };
    return starting;
  }

  /** Gives up the worker that is starting, if there is one, and the calls that wait for it. */
  #leave(errorOf: (operation: string) => unknown): void {
    const starting = this.#starting;
    this.#starting = undefined;
    starting?.giveUp(errorOf('createWorkerEngine'));
    for (const { pending } of this.#waiting.splice(0))
      this.#settle(pending, () => pending.reject(errorOf(pending.operation)));
  }

  /** Ends the worker now. What it held is lost; the next call starts a fresh one. */
  terminate(): void {
    const cause = new Error('terminate() was called');
    this.#leave((operation) => crashError(operation, cause));
    if (this.#session !== undefined) this.#end(this.#session, cause);
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const session = this.#session;
    this.#session = undefined;
    this.#leave(disposedError);
    for (const pending of [...this.#pending.values()])
      this.#settle(pending, () => pending.reject(disposedError(pending.operation)));
    await session?.link.terminate();
  }

  /**
   * The calls that are made before other tasks run go to the worker in one message, which is answered by one. Calls that follow
   * from the answers do so as well.
   */
  gather(): void {
    this.#outbox.gather();
  }

  /** Bytes of arrays that calls have taken to workers so far. */
  get bytesSent(): number {
    return this.#outbox.bytes;
  }

  /** Throws when an object cannot be used any more. */
  assertAlive(operation: string, ref: Ref): void {
    if (this.#disposed) throw disposedError(operation);
    if (ref.epoch !== this.#epoch) throw crashError(operation, undefined);
    if (ref.disposed) throw new SublinearError('DISPOSED', operation, 'this object was disposed');
  }

  // --- the worker ---------------------------------------------------------------------------------------------------

  #opening(givenUp: Promise<never>): Opening<Session> {
    return {
      options: this.#options,
      givenUp,
      session: (opened) => ({
        ...opened,
        epoch: this.#epoch,
        refs: new Map(),
        kept: new KeptFunctions(),
      }),
      side: (session) => this.#side(session),
      ended: (session, cause) => this.#end(session, cause),
    };
  }

  /** The worker is no more: every call that waits for it fails, and its objects are lost. */
  #end(session: Session, cause: unknown): void {
    if (session !== this.#session) return;
    this.#session = undefined;
    this.#epoch++;
    void session.link.terminate();
    for (const pending of [...this.#pending.values()]) {
      if (pending.session !== session) continue;
      const { aborted } = pending;
      const reason = aborted ? aborted.reason : crashError(pending.operation, cause);
      this.#settle(pending, () => pending.reject(reason));
    }
  }

  #side(session: Session): CallerSide {
    return {
      module: (file) => this.#module(file),
      script: (name, attempt) => addressOf(name, attempt),
      called: (id, calls) => {
        const pending = this.#pending.get(id);
        for (const { slot, args } of calls) {
          if (pending === undefined || pending.aborted) return;
          try {
            pending.functions[slot]?.(...(unpack(args, () => undefined) as unknown[]));
          } catch (error) {
            this.#abort(pending, error);
          }
        }
      },
      asked: (id, slot, args) => session.kept.ask(id, slot, args),
      next: async (id, slot) => {
        const pending = this.#pending.get(id);
        const source = pending?.sources[slot];
        if (pending === undefined || source === undefined || session !== this.#session)
          return { done: true };
        try {
          const { done, value } = await source.next();
          const { packed, transfer: moved } = pack(value, {
            operation: pending.operation,
            arrays: 'copy',
            special: () => undefined,
          });
          return transfer({ done: done === true, value: packed.value }, moved);
        } catch (error) {
          // The caller gets it as it is, with its class and its code; for the worker it is an end.
          this.#abort(pending, error);
          throw new Error('the source failed');
        }
      },
      stop: (id, slot) => {
        const source = this.#pending.get(id)?.sources[slot];
        if (source !== undefined) stop(source);
      },
    };
  }

  #module(file: string): Promise<Uint8Array | WebAssembly.Module> {
    let module = this.#modules.get(file);
    if (module === undefined) {
      const [name, variant] = file.split('.') as [string, Variant | 'shared'];
      const { bundle } = Object.values(rooms).find((room) => room.bundle.name === name) ?? {};
      if (bundle === undefined) throw new Error(`no module is called ${name}`);
      module = moduleForWorker(bundle, variant, this.#options.wasm);
      this.#modules.set(file, module);
      module.catch((error) => {
        this.#modules.delete(file);
        this.#loadErrors.set(file, error);
      });
    }
    return module;
  }

  // --- calls --------------------------------------------------------------------------------------------------------

  #place(operation: string, ref: Ref, pending: Call): Target {
    this.assertAlive(operation, ref);
    pending.held.push(ref);
    return { kind: 'object', id: ref.id };
  }

  #special(operation: string, pending: Call, value: object, path: Path): Placeless | undefined {
    if (typeof value === 'function')
      return { kind: 'function', slot: pending.functions.push(value as never) - 1 };
    const ref = this.#handles.refOf(value);
    if (ref !== undefined) {
      if (ref.connection !== this)
        throw foreign(operation, path, 'belongs to another worker engine');
      this.assertAlive(operation, ref);
      pending.held.push(ref);
      return { kind: 'object', id: ref.id };
    }
    if (value instanceof WasmObject) {
      const fix = 'is an object of this thread; make it with the worker engine, or pass arrays';
      throw foreign(operation, path, fix);
    }
    const { aborted, throwIfAborted } = value as Partial<AbortSignal>;
    if (typeof aborted === 'boolean' && typeof throwIfAborted === 'function') {
      pending.signals.add(value as AbortSignal);
      return { kind: 'signal' };
    }
    const source = sourceOf(value);
    return source && { kind: 'source', slot: pending.sources.push(source) - 1 };
  }

  #send(session: Session, pending: Call, message: CallMessage, moved: ArrayBuffer[]): void {
    if (!this.#pending.has(pending.id)) return;
    // The worker ended between the packing and now: its objects cannot be meant any more.
    if (
      this.#session !== session ||
      pending.held.some((ref) => (ref as Ref).epoch !== this.#epoch)
    ) {
      this.#settle(pending, () => pending.reject(crashError(pending.operation, undefined)));
      return;
    }
    // What is moved is to be gone when the call has been made.
    this.#outbox.put({ session, pending, message, moved }, pending.options.transfer === true);
  }

  #post(packets: Packet[]): void {
    // What has been aborted meanwhile, or whose worker has ended, has been told.
    const alive = packets.filter(({ session, pending }) => {
      if (!this.#pending.has(pending.id)) return false;
      if (session === this.#session) return true;
      this.#settle(pending, () => pending.reject(crashError(pending.operation, undefined)));
      return false;
    });
    const [first] = alive;
    if (first === undefined) return;
    const { session } = first;
    for (const { pending } of alive) pending.session = session;
    const moved = alive.flatMap((packet) => packet.moved);
    const sent: Promise<unknown[]> =
      alive.length === 1
        ? session.remote.call(transfer(first.message, moved)).then((reply) => [reply])
        : session.remote.calls(
            transfer(
              alive.map(({ message }) => message),
              moved,
            ),
          );
    sent.then(
      (replies) => {
        if (alive.length > 1) this.gather();
        for (const [i, packet] of alive.entries())
          this.#receive(session, packet, replies[i] as Reply);
      },
      (cause) => {
        for (const { pending } of alive)
          this.#settle(pending, () => pending.reject(messageError(pending.operation, cause)));
      },
    );
  }

  #receive(session: Session, { pending, message }: Packet, reply: Reply): void {
    if (session !== this.#session) return;
    if (!reply.ok) {
      const error = this.#errorOf(reply);
      const reason = pending.aborted ? pending.aborted.reason : error;
      this.#settle(pending, () => pending.reject(reason));
      // A module that has trapped is of no use any more: the other calls learn it, the next one gets a fresh worker.
      if (error.code === 'CRASHED') this.#end(session, error);
      return;
    }
    for (const shape of reply.shapes) this.#handles.shape(shape);
    session.kept.note(message, pending.functions as never, reply.kept);
    const value = unpack(reply.result, (special, here) => {
      if (special.kind === 'iterable') return withNamedIterator(here as object, special.name);
      if (special.kind === 'shared') return here;
      if (special.kind !== 'handle' && special.kind !== 'iterator') return undefined;
      const ref = this.#ref(session, special.id);
      return special.kind === 'handle'
        ? this.#handles.make(ref, special.className, pending.options)
        : this.#handles.iterate(ref, pending.options);
    });
    // What an aborted call has made is forgotten with `value`.
    if (pending.aborted) {
      const { reason } = pending.aborted;
      this.#settle(pending, () => pending.reject(reason));
    } else this.#settle(pending, () => pending.resolve(value));
  }

  #errorOf(reply: Reply & { ok: false }): Error & { code?: unknown } {
    const error = unpackError(reply.error) as Error & { code?: unknown };
    if (error.code !== 'LOAD_FAILED') return error;
    // It happened here, and what the worker makes of it says less.
    const [[file, original] = []] = this.#loadErrors;
    if (file === undefined) return error;
    this.#loadErrors.delete(file);
    return original as Error;
  }

  #ref(session: Session, id: number): Ref {
    const known = session.refs.get(id)?.deref();
    if (known !== undefined) {
      known.received++;
      return known;
    }
    const received = { received: 1 };
    const ref: Ref = {
      connection: this,
      id,
      epoch: session.epoch,
      get received() {
        return received.received;
      },
      set received(count) {
        received.received = count;
      },
      disposed: false,
    };
    session.refs.set(id, new WeakRef(ref));
    this.#lost.register(ref, { session: new WeakRef(session), id, ref: received });
    return ref;
  }

  #abort(pending: Call, reason: unknown): void {
    if (pending.aborted) return;
    pending.aborted = { reason };
    const { session } = pending;
    if (session === undefined) {
      this.#settle(pending, () => pending.reject(reason));
      return;
    }
    void session.remote.abort(pending.id);
    // A call that cannot be interrupted goes on in the worker; nobody waits for it.
    setTimeout(() => pending.reject(reason), ABORT_MS);
  }

  #settle(pending: Call, how: () => void): void {
    how();
    if (this.#pending.delete(pending.id) && this.#pending.size === 0) this.#session?.link.unref();
  }

  #assertUsable(operation: string): void {
    if (this.#disposed) throw disposedError(operation);
  }
}
