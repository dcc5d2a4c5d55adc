// The immediates of instructions, and which of them there are: WebAssembly 2.0 without references, tables and indirect calls.
#include "kernelpack/parts.h"

enum {
  I32 = 0x7f,
  I64 = 0x7e,
  F32 = 0x7d,
  F64 = 0x7c,
  V128 = 0x7b,
};

static sl_status need(sl_kernel_parts *p, const sl_wasm_reader *r, uint32_t feature) {
  if ((p->features & feature) == 0)
    return sl_wasm_unsupported(r, "no feature that is not declared");
  p->used |= feature;
  return SL_OK;
}

sl_status sl_kernel_value_type(sl_kernel_parts *p, sl_wasm_reader *r, uint8_t *type) {
  SL_TRY(sl_wasm_u8(r, type));
  if (*type == V128) return need(p, r, SL_KERNEL_SIMD);
  return *type >= F64 && *type <= I32 ? SL_OK
                                      : sl_wasm_unsupported(r, "types i32, i64, f32, f64, v128");
}

// align and offset of an access of 2^most bytes.
static sl_status access(sl_wasm_reader *r, uint32_t most) {
  uint32_t align, offset;
  SL_TRY(sl_wasm_upto(r, most, "an alignment of at most the size", &align));
  return sl_wasm_u32(r, &offset);
}

static sl_status zero_byte(sl_wasm_reader *r) {
  uint8_t byte;
  SL_TRY(sl_wasm_u8(r, &byte));
  return byte == 0 ? SL_OK : sl_wasm_bad(r, "memory 0");
}

// log2 of the bytes that 0x28..0x3e access.
static const uint8_t access_bits[] = {2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1,
                                      2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2};

sl_status sl_kernel_read_plain(sl_kernel_parts *p, sl_wasm_reader *r, uint32_t opcode,
                               uint32_t locals) {
  uint32_t index;
  int64_t number;
  if (opcode >= 0x45 && opcode <= 0xbf) return SL_OK;
  if (opcode >= 0xc0 && opcode <= 0xc4) return need(p, r, SL_KERNEL_SIGN_EXTENSION);
  if (opcode >= 0x28 && opcode <= 0x3e) return access(r, access_bits[opcode - 0x28]);
  switch (opcode) {
  case 0x1a: // drop
  case 0x1b: // select
    return SL_OK;
  case 0x20: // local.get, set, tee
  case 0x21:
  case 0x22:
    SL_TRY(sl_wasm_u32(r, &index));
    return index < locals ? SL_OK : sl_wasm_bad(r, "a local of its function");
  case 0x23: // global.get, set
  case 0x24:
    SL_TRY(sl_wasm_u32(r, &index));
    return index < p->global_count ? SL_OK : sl_wasm_bad(r, "a global of the module");
  case 0x3f: // memory.size, grow
  case 0x40:
    return zero_byte(r);
  case 0x41:
    return sl_wasm_signed(r, 32, &number);
  case 0x42:
    return sl_wasm_signed(r, 64, &number);
  case 0x43:
    return sl_wasm_skip(r, 4);
  case 0x44:
    return sl_wasm_skip(r, 8);
  default:
    r->at--;
    return sl_wasm_unsupported(r,
                               "instructions without tables, references, exceptions and threads");
  }
}

sl_status sl_kernel_read_prefixed(sl_kernel_parts *p, sl_wasm_reader *r, bool *lengthy) {
  uint32_t sub, data;
  SL_TRY(sl_wasm_u32(r, &sub));
  *lengthy = sub == 8 || sub == 10 || sub == 11;
  if (sub <= 7) return need(p, r, SL_KERNEL_SATURATING);
  if (sub > 11) return sl_wasm_unsupported(r, "instructions without tables");
  SL_TRY(need(p, r, SL_KERNEL_BULK_MEMORY));
  if (sub == 8 || sub == 9) {
    SL_TRY(sl_wasm_u32(r, &data));
    if (!p->has_data_count || data >= p->data_count)
      return sl_wasm_bad(r, "a data segment of the module");
  }
  if (sub != 9) SL_TRY(zero_byte(r));
  return sub == 10 ? zero_byte(r) : SL_OK;
}

// log2 of the bytes of vector loads and stores 0..11 and 84..93, and how many lanes 21..34 have.
static const uint8_t vector_bits[] = {4, 3, 3, 3, 3, 3, 3, 0, 1, 2, 3, 4};
static const uint8_t lane_bits[] = {0, 1, 2, 3, 0, 1, 2, 3, 2, 3};
static const uint8_t lanes[] = {16, 16, 16, 8, 8, 8, 4, 4, 2, 2, 4, 4, 2, 2};

// Numbers below 256 that no instruction has.
static bool is_vector_gap(uint32_t sub) {
  static const uint8_t gaps[] = {0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb,
                                 0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee};
  return memchr(gaps, (int)sub, sizeof gaps) != NULL;
}

sl_status sl_kernel_read_vector(sl_kernel_parts *p, sl_wasm_reader *r) {
  uint32_t sub;
  uint8_t lane;
  SL_TRY(need(p, r, SL_KERNEL_SIMD));
  SL_TRY(sl_wasm_u32(r, &sub));
  if (sub > 255 || is_vector_gap(sub))
    return sl_wasm_unsupported(r, "vector instructions that are not relaxed");
  if (sub <= 11) return access(r, vector_bits[sub]);
  if (sub == 12) return sl_wasm_skip(r, 16);
  if (sub == 13) {
    for (int i = 0; i < 16; i++) {
      SL_TRY(sl_wasm_u8(r, &lane));
      if (lane >= 32) return sl_wasm_bad(r, "lanes of two vectors");
    }
    return SL_OK;
  }
  const bool lane_access = sub >= 84 && sub <= 91;
  if (sub >= 84 && sub <= 93) SL_TRY(access(r, lane_bits[sub - 84]));
  if (!lane_access && (sub < 21 || sub > 34)) return SL_OK;
  SL_TRY(sl_wasm_u8(r, &lane));
  const uint32_t most = lane_access ? 16u >> lane_bits[sub - 84] : lanes[sub - 21];
  return lane < most ? SL_OK : sl_wasm_bad(r, "a lane of the vector");
}
