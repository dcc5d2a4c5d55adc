// Recurrence rules, sets of days, business days, searches by constraints.
import { type EngineOptions, loadRoom } from './engine/engine.js';
import { dates } from './generated/entry/dates.js';
import type { DatesRoom } from './rooms/dates/dates.js';

export * from './rooms/dates/dates.js';

/**
 * Loads this module into the shared engine: the same object as `(await getEngine()).use('dates')`.
 *
 * @example
 * ```ts
 * import { load } from 'sublinear/dates';
 *
 * const { Recurrence } = await load();
 * using r = Recurrence.parse('FREQ=YEARLY;BYMONTH=11;BYDAY=4TH', { start: '2024-01-01' });
 * console.log(r.next('2024-01-01')); // 2024-11-28
 * ```
 */
export function load(options?: EngineOptions): Promise<DatesRoom> {
  return loadRoom(dates, options);
}
