// The quantisers as TypeScript users meet them. What both doors share is in quant.cases.ts.
import { createEngine, type Engine } from 'sublinear';
import type { QuantRoom } from 'sublinear/quant';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { describeCases } from '../support/door.js';
import { refused } from '../support/refused.js';
import { cases, doors } from './quant.cases.js';

describeCases(doors, cases);

describe('quantisers', () => {
  let engine: Engine;
  let room: QuantRoom;
  beforeAll(async () => {
    engine = await createEngine();
    room = await engine.use('quant');
  });
  afterAll(() => engine.dispose());
  const bad = (value: unknown) => value as never;

  test('name what is wrong', () => {
    refused(
      () => room.quantizeInt8([1, 2, 3], { dimension: 2 }),
      RangeError,
      'SHAPE',
      'quantizeInt8',
      /^"vectors" expected length 4, got 3/,
    );
    refused(
      () => room.quantizeInt8([1], bad({})),
      TypeError,
      'TYPE',
      'quantizeInt8',
      /^"dimension"/,
    );
    refused(
      () => room.quantizeInt8(bad('1'), { dimension: 1 }),
      TypeError,
      'TYPE',
      'quantizeInt8',
      /^"vectors"/,
    );
    refused(
      () => room.dequantizeInt8(bad({ codes: [1], scales: [1] })),
      TypeError,
      'TYPE',
      'dequantizeInt8',
      /^"codes"/,
    );
    refused(
      () => room.dequantizeInt8({ codes: Int8Array.of(1, 2, 3), scales: Float32Array.of(1, 1) }),
      RangeError,
      'SHAPE',
      'dequantizeInt8',
      /^"codes" expected length 4, got 3/,
    );
    refused(() => room.fromFloat16(bad([1])), TypeError, 'TYPE', 'fromFloat16', /^"bits"/);
    refused(() => room.toFloat16(bad([1, 'x'])), TypeError, 'TYPE', 'toFloat16', /^"values\[1\]"/);
  });
});
