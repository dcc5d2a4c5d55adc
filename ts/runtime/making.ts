// Objects that a job makes: the object is there first, and what fails before it is whole is freed.
import type { WasmObject } from './object.js';
import type { RawObject } from './runtime.js';
import type { Begun, StepJob, WorkProgress } from './steps.js';

/** The job that makes an object, which is its result. */
export function begunMaking<T extends WasmObject<RawObject & { job(): StepJob | null }>>(
  made: T,
  operation: string,
): Begun<WorkProgress, T> {
  return { raw: made.use(operation), holds: [made], result: () => made };
}

/** Runs what makes an object; when that fails the object is freed. */
export function runMade<T>(made: WasmObject<RawObject>, run: () => T): T {
  try {
    return run();
  } catch (error) {
    made.dispose();
    throw error;
  }
}

/** The same for what takes time. */
export async function runMadeAsync<T>(
  made: WasmObject<RawObject>,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    made.dispose();
    throw error;
  }
}
