// Classes of one engine. A room's class is written once; each loaded module gets a subclass of it that knows the module
// (`Runtime.bind`).
import { SublinearError } from './errors.js';
import { RUNTIME, type Runtime } from './runtime.js';

type Bound = { [RUNTIME]?: Runtime } | undefined;

/** The runtime that a class belongs to; `Class` is `this` in a static method. Throws when it belongs to none. */
export function runtimeOf(Class: unknown, operation: string): Runtime {
  const runtime = (Class as Bound)?.[RUNTIME];
  if (runtime === undefined) {
    const [name] = operation.split('.');
    const fix = `const { ${name} } = await load()`;
    throw new SublinearError('NOT_LOADED', operation, `use the class that an engine gives: ${fix}`);
  }
  runtime.assertAlive(operation);
  return runtime;
}
