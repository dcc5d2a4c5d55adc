// The code of rooms in a worker of a browser. The worker's program carries none: each room is a script of its own that is
// fetched when the room is asked for. tools/thread.mjs makes them; they share the modules that
// the program has, and what earlier scripts brought, by name.

/** An address to try, the first or, after that failed, the second; undefined when there is no more. */
type Locate = (name: string, attempt: number) => Promise<string | undefined>;

const modules = new Map<string, unknown>();
const loading = new Map<string, Promise<void>>();
let locate: Locate = async () => undefined;

// The scripts find it here: they import nothing.
Object.defineProperty(globalThis, Symbol.for('sublinear.scripts'), { value: modules });

/** The thread that started the worker knows the addresses. */
export function findScripts(by: Locate): void {
  locate = by;
}

/** Runs a script unless it has run. A failure is not kept: the next call tries again. */
export function script(name: string): Promise<void> {
  let running = loading.get(name);
  if (running === undefined) {
    running = run(name);
    loading.set(name, running);
    running.catch(() => loading.delete(name));
  }
  return running;
}

async function run(name: string): Promise<void> {
  let first: unknown;
  for (let attempt = 0; ; attempt++) {
    const address = await locate(name, attempt);
    if (address === undefined) throw first ?? new Error(`no script is called ${name}`);
    try {
      await import(/* @vite-ignore */ /* webpackIgnore: true */ address);
      return;
    } catch (error) {
      first ??= error;
    }
  }
}

/** What a script brought. */
export function brought<T>(module: string): T {
  return modules.get(module) as T;
}
