// Starting a worker: from the user's, from its file, or from the inline twin of that.

import { expose, type Remote, wrap } from 'comlink';
import { addressOfText, spawn, spawnGiven, spawnInline } from '#worker-source';
import { scripts } from '../generated/scripts.js';
import { messageOf } from '../runtime/brand.js';
import { SublinearError } from '../runtime/errors.js';
import { startError } from './failures.js';
import type { CallerSide, StartOptions, WorkerSide } from './protocol.js';
import type { Link } from './spawn.node.js';

/** A worker that has not begun by then never will. */
const START_MS = 30_000;

/** What a session is opened with: its link, and the worker's side behind it. */
export interface Opened {
  readonly remote: Remote<WorkerSide>;
  readonly link: Link;
}

/** How `startWorker` makes sessions. */
export interface Opening<Session extends Opened> {
  options: StartOptions & { worker: unknown };
  /** Rejects when the worker is not wanted any more. */
  givenUp: Promise<never>;
  session(opened: Opened): Session;
  /** What the worker may ask of this side. */
  side(session: Session): CallerSide;
  /** The worker has failed or ended by itself. */
  ended(session: Session, cause: unknown): void;
}

/** A worker that has answered. */
export async function startWorker<Session extends Opened>(
  opening: Opening<Session>,
): Promise<Session> {
  const { worker } = opening.options;
  if (worker !== undefined) {
    const made = typeof worker === 'function' ? await (worker as () => unknown)() : worker;
    return open(() => spawnGiven(made), opening).catch((cause) => {
      if (cause instanceof SublinearError) throw cause;
      throw startError('the worker given as "worker" did not start', cause);
    });
  }
  return open(spawn, opening).catch(async (first) => {
    if (first instanceof SublinearError) throw first;
    // Vite's dev server does not serve files of dependencies, and some bundlers leave the file behind.
    return open(spawnInline, opening).catch((second) => {
      if (second instanceof SublinearError) throw second;
      const reason = `${messageOf(first)}; its inline twin: ${messageOf(second)}`;
      throw startError(reason, first);
    });
  });
}

async function open<Session extends Opened>(
  make: () => Link | Promise<Link>,
  { options, givenUp, session: sessionOf, side, ended }: Opening<Session>,
): Promise<Session> {
  const link = await make();
  const remote = wrap<WorkerSide>(link.endpoint);
  const session = sessionOf({ link, remote });
  expose(side(session), link.endpoint);
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const { memory, variant } = options;
    await Promise.race([
      remote.start({ memory, variant }),
      givenUp,
      new Promise((_, reject) => {
        link.onEnd((cause) => {
          reject(cause);
          ended(session, cause);
        });
        timer = setTimeout(() => reject(new Error('it did not answer for 30 s')), START_MS);
      }),
    ]);
    return session;
  } catch (error) {
    void link.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** The file of a script, or its text where the file cannot be fetched, as with the worker itself. */
export async function addressOf(name: string, attempt: number): Promise<string | undefined> {
  const script = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
  if (script === undefined || attempt > 1) return undefined;
  return attempt === 0 ? script.file().href : addressOfText((await script.twin()).default);
}
