import { isSublinearError } from 'sublinear';
import { expect } from 'vitest';

/** The error of this package that a call throws. */
export function refusalOf(call: () => unknown) {
  try {
    call();
  } catch (error) {
    if (isSublinearError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Expects a call to throw one of this package's errors, and gives it. */
export function refused(
  call: () => unknown,
  type: new (...args: never[]) => Error,
  code: string,
  operation: string,
  message: RegExp,
) {
  let error: unknown;
  try {
    call();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(type);
  if (!isSublinearError(error)) throw error;
  expect([error.code, error.operation]).toEqual([code, operation]);
  expect(error.message).toMatch(message);
  return error;
}
