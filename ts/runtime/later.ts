// Parts of a module that a page need not carry from the start: they are fetched when they are first needed. Where nothing is
// fetched (Node, workers, edge runtimes) they are there from the start.
import { messageOf } from './brand.js';
import { SublinearError } from './errors.js';

/** A part of a module's code. */
export interface Part<Code> {
  /** Undefined where it is not there. */
  readonly held: Code | undefined;
  /** Throws `NOT_LOADED` where it is not there. */
  now(operation: string): Code;
  /** Fetches it where it is not there. Where it is, `use` is called at once. */
  later<Result>(operation: string, use: (code: Code) => Promise<Result>): Promise<Result>;
  /** Brings it. */
  give(code: Code): void;
  /** Says where it comes from. */
  from(fetch: () => Promise<Code>): void;
}

/** The part of `module` that does `what`; `given` imports it, and `code` is there already. */
export function partOf<Code>(
  module: string,
  what: string,
  given?: () => Promise<Code>,
  code?: Code,
): Part<Code> {
  const remedy = `await load() of 'sublinear/${module}', which brings it`;
  let fetch = given;
  let held = code;
  return {
    get held() {
      return held;
    },
    now(operation) {
      if (held !== undefined) return held;
      const choice = fetch ? 'an ...Async method, which fetches it, or ' : '';
      const message = `${what} is not loaded: ${choice}${remedy}`;
      throw new SublinearError('NOT_LOADED', operation, message);
    },
    async later(operation, use) {
      try {
        held ??= await fetch?.();
      } catch (cause) {
        const message = `${what} could not be imported: ${messageOf(cause)}; ${remedy}`;
        throw new SublinearError('LOAD_FAILED', operation, message, { cause });
      }
      return use(held as Code);
    },
    give(code) {
      held = code;
    },
    from(other) {
      fetch = other;
    },
  };
}
