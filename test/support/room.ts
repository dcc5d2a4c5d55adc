// One room of an engine for all tests of a file, which must leave no memory in use.
import { createEngine, type Engine, type RoomName, type Rooms } from 'sublinear';
import { afterAll, beforeAll, expect } from 'vitest';

/** What the room has: filled in before the tests of the file that calls it. */
export function withRoom<R extends RoomName>(name: R): Rooms[R] {
  const room = {} as Rooms[R];
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine();
    Object.assign(room, await engine.use(name));
  });
  afterAll(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
    engine.dispose();
  });
  return room;
}
