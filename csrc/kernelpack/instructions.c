// The immediates of instructions, and which of them there are: WebAssembly 2.0 without references, tables and indirect calls.
#include "kernelpack/parts.h"

enum {
  I32 = 0x7f,
  I64 = 0x7e,
  F32 = 0x7d,
  F64 = 0x7c,
  V128 = 0x7b,
};

void sl_kernel_use(sl_kernel_parts *p, uint32_t feature) {
  sl_wasm_supported(&p->r, (p->features & feature) != 0, "no feature that is not declared");
  p->used |= feature;
}

uint32_t sl_kernel_value_type(sl_kernel_parts *p) {
  const uint32_t type = sl_wasm_u8(&p->r);
  if (type == V128)
    sl_kernel_use(p, SL_KERNEL_SIMD);
  else
    sl_wasm_supported(&p->r, type >= F64 && type <= I32, "types i32, i64, f32, f64, v128");
  return type;
}

// align and offset of an access of 2^most bytes.
static void access(sl_kernel_parts *p, uint32_t most) {
  sl_wasm_form(&p->r, sl_wasm_u32(&p->r) <= most, "an alignment of at most the size");
  sl_wasm_u32(&p->r);
}

static void memory(sl_kernel_parts *p) { sl_wasm_form(&p->r, sl_wasm_u8(&p->r) == 0, "memory 0"); }

// log2 of the bytes that 0x28..0x3e access.
static const uint8_t access_bits[] = {2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1,
                                      2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2};

void sl_kernel_read_plain(sl_kernel_parts *p, uint32_t opcode, uint32_t locals) {
  sl_wasm_reader *r = &p->r;
  if (opcode >= 0x45 && opcode <= 0xbf) return;
  if (opcode >= 0x28 && opcode <= 0x3e) {
    access(p, access_bits[opcode - 0x28]);
    return;
  }
  switch (opcode) {
  case 0x1a: // drop
  case 0x1b: // select
    return;
  case 0x20: // local.get, set, tee
  case 0x21:
  case 0x22:
    sl_wasm_form(r, sl_wasm_u32(r) < locals, "a local of its function");
    return;
  case 0x23: // global.get, set
  case 0x24:
    sl_wasm_form(r, sl_wasm_u32(r) < p->global_count, "a global of the module");
    return;
  case 0x3f: // memory.size, grow
  case 0x40:
    memory(p);
    return;
  case 0x41:
  case 0x42:
    sl_wasm_signed(r, opcode == 0x41 ? 32 : 64);
    return;
  case 0x43:
  case 0x44:
    sl_wasm_skip(r, opcode == 0x43 ? 4 : 8);
    return;
  default:
    if (opcode >= 0xc0 && opcode <= 0xc4)
      sl_kernel_use(p, SL_KERNEL_SIGN_EXTENSION);
    else
      sl_wasm_supported(r, false,
                        "instructions without tables, references, exceptions and threads");
  }
}

bool sl_kernel_read_prefixed(sl_kernel_parts *p) {
  sl_wasm_reader *r = &p->r;
  const uint32_t sub = sl_wasm_u32(r);
  if (sub <= 7) {
    sl_kernel_use(p, SL_KERNEL_SATURATING);
    return false;
  }
  sl_wasm_supported(r, sub <= 11, "instructions without tables");
  sl_kernel_use(p, SL_KERNEL_BULK_MEMORY);
  if (sub <= 9) sl_wasm_form(r, sl_wasm_u32(r) < p->data_count, "a data segment of the module");
  if (sub != 9) memory(p);
  if (sub == 10) memory(p);
  return sub != 9;
}

// log2 of the bytes of vector loads and stores 0..11 and 84..93, and how many lanes 21..34 have.
static const uint8_t vector_bits[] = {4, 3, 3, 3, 3, 3, 3, 0, 1, 2, 3, 4};
static const uint8_t lane_bits[] = {0, 1, 2, 3, 0, 1, 2, 3, 2, 3};
static const uint8_t lanes[] = {16, 16, 16, 8, 8, 8, 4, 4, 2, 2, 4, 4, 2, 2};

// Numbers below 256 that no instruction has.
static const uint8_t vector_gaps[] = {0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb,
                                      0xc2, 0xc5, 0xc6, 0xcf, 0xd0, 0xd2, 0xd3, 0xd4, 0xe2, 0xee};

void sl_kernel_read_vector(sl_kernel_parts *p) {
  sl_wasm_reader *r = &p->r;
  sl_kernel_use(p, SL_KERNEL_SIMD);
  const uint32_t sub = sl_wasm_u32(r);
  if (!sl_wasm_supported(r, sub <= 255 && memchr(vector_gaps, (int)sub, sizeof vector_gaps) == NULL,
                         "vector instructions that are not relaxed"))
    return;
  uint32_t lane = 0, most = 0;
  if (sub <= 11) {
    access(p, vector_bits[sub]);
  } else if (sub == 12) {
    sl_wasm_skip(r, 16);
  } else if (sub == 13) {
    most = 32;
    for (int i = 0; i < 16; i++) {
      const uint32_t one = sl_wasm_u8(r);
      if (one > lane) lane = one;
    }
  } else if (sub >= 84 && sub <= 93) {
    access(p, lane_bits[sub - 84]);
    if (sub <= 91) most = 16u >> lane_bits[sub - 84];
  } else if (sub >= 21 && sub <= 34) {
    most = lanes[sub - 21];
  }
  if (most == 0) return;
  if (sub != 13) lane = sl_wasm_u8(r);
  sl_wasm_form(r, lane < most, "a lane of the vector");
}
