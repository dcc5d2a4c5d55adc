// Decisions and reports as canonical bytes, the same for the same calls on every machine, for a log that others can check.

/** What the first byte says. */
const [DECISION, REPORT] = [1, 2] as const;

class Bytes {
  readonly #view: DataView<ArrayBuffer>;
  #at = 0;

  constructor(length: number) {
    this.#view = new DataView(new ArrayBuffer(length));
  }

  u8(value: number): void {
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
  }

  u32(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  /** One NaN and one zero. */
  f64(value: number): void {
    this.#view.setFloat64(this.#at, Number.isNaN(value) ? Number.NaN : value + 0, true);
    this.#at += 8;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#view.buffer);
  }
}

/** 1, then u32 method, u32 number of features, f64 id, the features. */
export function decisionBytes(
  id: number,
  method: number,
  features: Float64Array,
): Uint8Array<ArrayBuffer> {
  const out = new Bytes(1 + 4 + 4 + 8 + 8 * features.length);
  out.u8(DECISION);
  out.u32(method);
  out.u32(features.length);
  out.f64(id);
  for (const x of features) out.f64(x);
  return out.bytes;
}

/** 2, u8 ending, u32 method, u32 number of features (0 with an id), f64 id (0 without one), f64 cost, the features. */
export function reportBytes(
  id: number,
  features: Float64Array,
  method: number,
  cost: number,
  ending: number,
): Uint8Array<ArrayBuffer> {
  const out = new Bytes(1 + 1 + 4 + 4 + 8 + 8 + 8 * features.length);
  out.u8(REPORT);
  out.u8(ending);
  out.u32(method);
  out.u32(features.length);
  out.f64(id);
  out.f64(cost);
  for (const x of features) out.f64(x);
  return out.bytes;
}
