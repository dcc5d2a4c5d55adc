// Text encoders through the raw ABI, for tables of cases.
import type { RawModule } from '../support/raw.js';

export function rawEncoders(module: RawModule) {
  const { call } = module;
  const encoder = new TextEncoder();
  const joined = (texts: readonly string[]) => {
    const bytes = texts.map((text) => encoder.encode(text));
    const all = new Uint8Array(bytes.reduce((sum, each) => sum + each.length, 0));
    let at = 0;
    for (const each of bytes) {
      all.set(each, at);
      at += each.length;
    }
    return [all, Uint32Array.from(bytes, (each) => each.length)] as const;
  };
  const finish = (handle: number) =>
    module.with([new Uint32Array(1)], (outcome) => {
      do module.check(call.sl_abi_job_step!(handle, 3000, outcome!));
      while (module.u32(outcome!, 1)[0] === 9);
    });
  const load = (bytes: number, length: number) => {
    const kind = 0x4f434e45; // ENCO
    const reader = module.made(call.sl_abi_reader_create!(kind, length));
    try {
      module.check(call.sl_abi_reader_feed!(reader, bytes, length));
      return module.made(call.sl_abi_encoder_load!(reader));
    } finally {
      call.sl_abi_reader_destroy!(reader);
    }
  };
  return {
    finish,
    load,
    /** `model`: the eleven numbers of sl_abi_encoder_create(). */
    make(
      model: readonly number[],
      pieces: readonly string[],
      scores: readonly number[],
      tensors: readonly (readonly number[])[],
    ): number {
      const [text, lengths] = joined(pieces);
      const handle = module.with(
        [Uint32Array.from(model), text, lengths, Float64Array.from(scores)],
        (m, t, l, s) =>
          module.made(call.sl_abi_encoder_create!(m!, t!, text.length, l!, s!, lengths.length)),
      );
      for (const tensor of tensors)
        module.with([Float32Array.from(tensor)], (values) =>
          module.check(call.sl_abi_encoder_add!(handle, values!, tensor.length)),
        );
      return handle;
    },
    embed(handle: number, texts: readonly string[], width: number): Float32Array {
      const [bytes, lengths] = joined(texts);
      const { length } = texts;
      const arrays = [bytes, lengths, new Float32Array(length * width), new Uint32Array(length)];
      return module.with(arrays, (t, l, out, counts) => {
        module.check(
          call.sl_abi_encoder_begin!(handle, t!, bytes.length, l!, length, out!, counts!),
        );
        finish(handle);
        return module.f32(out!, length * width).slice();
      });
    },
    tokens(handle: number, text: string, most: number): number[] {
      const bytes = encoder.encode(text);
      return module.with([bytes, new Uint32Array(most), new Uint32Array(1)], (at, ids, found) => {
        module.check(call.sl_abi_encoder_tokens!(handle, at!, bytes.length, most, ids!, found!));
        return Array.from(module.u32(ids!, Math.min(most, module.u32(found!, 1)[0]!)));
      });
    },
    throughFile(handle: number): number {
      const writer = module.made(call.sl_abi_encoder_save!(handle));
      const length = module.with([new Float64Array(2)], (at) => {
        module.check(call.sl_abi_writer_size!(writer, at!));
        return module.f64(at!, 1)[0]!;
      });
      return module.with([new Uint8Array(length), new Uint32Array(1)], (bytes, written) => {
        module.check(call.sl_abi_writer_next!(writer, bytes!, length, written!));
        module.check(call.sl_abi_writer_destroy!(writer));
        return load(bytes!, length);
      });
    },
    id(handle: number): string {
      return module.with([new Uint32Array(8)], (at) => {
        module.check(call.sl_abi_encoder_id!(handle, at!));
        return Array.from(new Uint8Array(module.u32(at!, 4).buffer), (byte) =>
          byte.toString(16).padStart(2, '0'),
        ).join('');
      });
    },
  };
}
