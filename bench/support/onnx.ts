// ONNX models of a few nodes, written as protobuf by hand: what bench/neural.bench.ts gives to ONNX Runtime.

type Field = [number: number, value: number | string | Uint8Array];

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

/** A message: numbers as varints, everything else with its length before it. */
function message(...fields: Field[]): Uint8Array {
  const parts = fields.flatMap(([number, value]) => {
    if (typeof value === 'number')
      return [Uint8Array.from([...varint(number << 3), ...varint(value)])];
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    return [Uint8Array.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes];
  });
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** TensorProto.DataType */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT8 = 3;
export const INT32 = 6;

export interface Value {
  name: string;
  type: number;
  dims: number[];
}

export interface Node {
  op: string;
  inputs: string[];
  output: string;
}

const info = ({ name, type, dims }: Value) => {
  const shape = message(...dims.map((size): Field => [1, message([1, size])]));
  return message([1, name], [2, message([1, message([1, type], [2, shape])])]);
};

/** A graph with constants, of operator set 13. */
export function model(
  nodes: Node[],
  inputs: Value[],
  output: Value,
  constants: (Value & { data: ArrayBufferView })[] = [],
): Uint8Array {
  const graph = message(
    ...nodes.map(({ op, inputs: from, output: to }): Field => {
      return [1, message(...from.map((name): Field => [1, name]), [2, to], [4, op])];
    }),
    [2, 'graph'],
    ...constants.map(({ name, type, dims, data }): Field => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return [
        5,
        message(...dims.map((size): Field => [1, size]), [2, type], [8, name], [9, bytes]),
      ];
    }),
    ...inputs.map((value): Field => [11, info(value)]),
    [12, info(output)],
  );
  return message([1, 8], [7, graph], [8, message([1, ''], [2, 13])]);
}
