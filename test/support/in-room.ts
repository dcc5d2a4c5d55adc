// A room in an engine of its own, for the tests of a file or of one `describe`.
import {
  createEngine,
  type Engine,
  type EngineOptions,
  type RoomName,
  type Rooms,
} from 'sublinear';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';

/** There while the tests run. After each of them the modules of the engine must hold nothing. */
export function inRoom<R extends RoomName>(
  name: R,
  options: EngineOptions = { memory: 64 << 20 },
): { readonly engine: Engine; readonly room: Rooms[R] } {
  let engine: Engine;
  let room: Rooms[R];
  beforeAll(async () => {
    engine = await createEngine(options);
    room = await engine.use(name);
  });
  afterEach(() => {
    for (const { bytesInUse } of engine.stats().modules) expect(bytesInUse).toBe(0);
  });
  afterAll(() => engine.dispose());
  return {
    get engine() {
      return engine;
    },
    get room() {
      return room;
    },
  };
}
