// Classes of one engine. A room's class is written once; each loaded module gets a subclass of it that knows the module.
import { SublinearError } from './errors.js';
import type { Runtime } from './runtime.js';

const RUNTIME = Symbol('runtime');

type Bound = { [RUNTIME]?: Runtime } | undefined;

/** A subclass of `Base`, with the same name, whose static methods and instances belong to `runtime`. */
export function bind<C>(Base: C, runtime: Runtime): C {
  // biome-ignore lint/suspicious/noExplicitAny: a mixin over a class with a protected constructor has no other type
  const Class = class extends (Base as any) {};
  Object.defineProperty(Class, 'name', { value: (Base as { name: string }).name });
  Object.defineProperty(Class, RUNTIME, { value: runtime });
  return Class as C;
}

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
