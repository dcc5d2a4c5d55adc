// The bodies of functions: read once to find their runs of instructions, and written with what these pay.
#include "kernelpack/parts.h"

typedef enum label_kind {
  LABEL_FUNCTION,
  LABEL_BLOCK,
  LABEL_LOOP,
  LABEL_IF,
  LABEL_ELSE
} label_kind;

typedef struct label {
  uint8_t kind;
  bool targeted; // a branch goes to its end
  bool entered;  // the code before it can be reached
} label;

// A walk through a body. Without `out` it counts the instructions of runs, with it they are known.
typedef struct walk {
  sl_kernel_parts *p;
  sl_wasm_reader r;
  sl_wasm_writer *out;
  uint32_t locals; // parameters too: the index of the local with the fuel
  uint32_t run;    // the current one, or the next one
  size_t next_run;
  bool live;  // the code here can be reached
  bool ended; // the last `end` was there
  uint32_t depth;
  label labels[SL_KERNEL_NESTING_MAX + 1];
} walk;

enum { LOCAL_GET = 0x20, LOCAL_SET, LOCAL_TEE, GLOBAL_GET, GLOBAL_SET };

sl_status sl_kernel_push(uint32_t **list, size_t *count, size_t *room, uint32_t value) {
  if (*count == *room) {
    const size_t more = 2 * *room + 64;
    SL_TRY(SL_REALLOC(list, more));
    *room = more;
  }
  (*list)[(*count)++] = value;
  return SL_OK;
}

static void emit(const walk *w, uint32_t opcode, uint32_t index) {
  sl_wasm_put_u8(w->out, opcode);
  sl_wasm_put_u32(w->out, index);
}

static void fuel_to_global(const walk *w) {
  emit(w, LOCAL_GET, w->locals);
  emit(w, GLOBAL_SET, sl_kernel_fuel_global(w->p));
}
static void fuel_from_global(const walk *w) {
  emit(w, GLOBAL_GET, sl_kernel_fuel_global(w->p));
  emit(w, LOCAL_SET, w->locals);
}

static bool metering(const walk *w) { return w->out != NULL && w->p->metered; }

// What follows is a run of its own: it pays for what it has.
static sl_status begin_run(walk *w) {
  if (!w->live) return SL_OK;
  sl_kernel_parts *p = w->p;
  w->run = (uint32_t)w->next_run++;
  if (w->out == NULL) return sl_kernel_push(&p->runs, &p->runs_count, &p->runs_room, 0);
  const uint32_t cost = p->runs[w->run];
  if (!metering(w) || cost == 0) return SL_OK;
  emit(w, LOCAL_GET, w->locals);
  sl_wasm_put_u8(w->out, 0x42); // i64.const
  sl_wasm_put_signed(w->out, cost);
  sl_wasm_put_u8(w->out, 0x7d); // i64.sub
  emit(w, LOCAL_TEE, w->locals);
  sl_wasm_put_u8(w->out, 0x42);
  sl_wasm_put_u8(w->out, 0);
  sl_wasm_put_u8(w->out, 0x53); // i64.lt_s
  emit(w, 0x0d, w->depth);      // br_if to where there is no fuel
  return SL_OK;
}

static void pays(walk *w) {
  if (w->live && w->out == NULL) w->p->runs[w->run]++;
}

static sl_status open_label(walk *w, label_kind kind) {
  if (w->depth == SL_KERNEL_NESTING_MAX)
    return sl_wasm_unsupported(&w->r, "fewer blocks in blocks");
  w->labels[++w->depth] = (label){(uint8_t)kind, false, w->live};
  return SL_OK;
}

// A branch to label `relative`; in a metered function the label of the function is one further out.
static sl_status target(walk *w, uint32_t relative, uint32_t *out) {
  if (relative > w->depth) return sl_wasm_bad(&w->r, "a label around the branch");
  label *l = &w->labels[w->depth - relative];
  if (w->live) l->targeted = true;
  *out = relative + (l->kind == LABEL_FUNCTION && metering(w));
  return SL_OK;
}

static sl_status block_type(walk *w) {
  sl_kernel_parts *p = w->p;
  sl_wasm_reader *r = &w->r;
  if (r->at == r->end) return sl_wasm_short(r);
  uint8_t type;
  if (r->bytes[r->at] == 0x40) return sl_wasm_u8(r, &type);
  if (r->bytes[r->at] >= 0x41 && r->bytes[r->at] < 0x80) return sl_kernel_value_type(p, r, &type);
  int64_t index;
  SL_TRY(sl_wasm_signed(r, 33, &index));
  if (index < 0 || index >= p->type_count) return sl_wasm_bad(r, "a type of the module");
  if ((p->features & SL_KERNEL_MULTI_VALUE) == 0)
    return sl_wasm_unsupported(r, "no feature that is not declared");
  p->used |= SL_KERNEL_MULTI_VALUE;
  return SL_OK;
}

// Copies what was read since `from`, where the body is being written.
static void copy(const walk *w, size_t from) {
  if (w->out != NULL) sl_wasm_put(w->out, w->r.bytes + from, w->r.at - from);
}

static sl_status walk_branch(walk *w, uint32_t opcode) {
  uint32_t relative, to;
  SL_TRY(sl_wasm_u32(&w->r, &relative));
  SL_TRY(target(w, relative, &to));
  if (w->out != NULL) {
    if (to != relative) fuel_to_global(w);
    emit(w, opcode, to);
  }
  if (opcode == 0x0d) return begin_run(w);
  w->live = false;
  return SL_OK;
}

static sl_status walk_table(walk *w) {
  uint32_t count, relative, to;
  SL_TRY(sl_wasm_u32(&w->r, &count));
  // Each label takes a byte: a count beyond that is refused before anything is written.
  if (count >= w->r.end - w->r.at) return sl_wasm_short(&w->r);
  const size_t from = w->r.at;
  bool leaves = false;
  for (uint32_t i = 0; i <= count; i++) {
    SL_TRY(sl_wasm_u32(&w->r, &relative));
    SL_TRY(target(w, relative, &to));
    leaves = leaves || to != relative;
  }
  if (w->out != NULL) {
    if (leaves) fuel_to_global(w);
    emit(w, 0x0e, count);
    w->r.at = from;
    for (uint32_t i = 0; i <= count; i++) {
      SL_TRY(sl_wasm_u32(&w->r, &relative));
      SL_TRY(target(w, relative, &to));
      sl_wasm_put_u32(w->out, to);
    }
  }
  w->live = false;
  return SL_OK;
}

static sl_status walk_call(walk *w, size_t from) {
  sl_kernel_parts *p = w->p;
  uint32_t index;
  SL_TRY(sl_wasm_u32(&w->r, &index));
  if (index >= p->function_count) return sl_wasm_bad(&w->r, "a function of the module");
  if (w->out == NULL) return sl_kernel_push(&p->calls, &p->calls_count, &p->calls_room, index);
  if (metering(w)) fuel_to_global(w);
  copy(w, from);
  if (metering(w)) fuel_from_global(w);
  return SL_OK;
}

static sl_status walk_end(walk *w, size_t from) {
  const label l = w->labels[w->depth];
  if (l.kind == LABEL_FUNCTION) {
    if (w->r.at != w->r.end) return sl_wasm_bad(&w->r, "the end of a function at its last byte");
    if (metering(w)) {
      fuel_to_global(w);
      sl_wasm_put_u8(w->out, 0x0f); // return
      sl_wasm_put_u8(w->out, 0x0b); // of the block whose end is reached without fuel
      fuel_to_global(w);
      sl_wasm_put_u8(w->out, 0x00); // unreachable
    }
    copy(w, from);
    w->ended = true;
    return SL_OK;
  }
  copy(w, from);
  w->depth--;
  // Behind an `if` control comes from two sides, behind a block from its branches too. A loop is only left forwards.
  const bool meets =
      l.kind == LABEL_IF || l.kind == LABEL_ELSE || (l.kind == LABEL_BLOCK && l.targeted);
  if (!meets) return SL_OK;
  w->live = l.entered;
  return begin_run(w);
}

static sl_status walk_one(walk *w) {
  const size_t from = w->r.at;
  uint8_t opcode;
  bool lengthy = false;
  SL_TRY(sl_wasm_u8(&w->r, &opcode));
  switch (opcode) {
  case 0x01: // nop
    copy(w, from);
    return SL_OK;
  case 0x02: // block, loop
  case 0x03:
    SL_TRY(block_type(w));
    copy(w, from);
    SL_TRY(open_label(w, opcode == 0x02 ? LABEL_BLOCK : LABEL_LOOP));
    return opcode == 0x02 ? SL_OK : begin_run(w);
  case 0x04: // if
    pays(w);
    SL_TRY(block_type(w));
    copy(w, from);
    SL_TRY(open_label(w, LABEL_IF));
    return begin_run(w);
  case 0x05: // else
    if (w->labels[w->depth].kind != LABEL_IF) return sl_wasm_bad(&w->r, "an else of an if");
    copy(w, from);
    w->labels[w->depth].kind = LABEL_ELSE;
    w->live = w->labels[w->depth].entered;
    return begin_run(w);
  case 0x0b:
    return walk_end(w, from);
  default:
    break;
  }
  pays(w);
  switch (opcode) {
  case 0x00: // unreachable, return
  case 0x0f:
    if (opcode == 0x0f && metering(w)) fuel_to_global(w);
    copy(w, from);
    w->live = false;
    return SL_OK;
  case 0x0c: // br, br_if
  case 0x0d:
    return walk_branch(w, opcode);
  case 0x0e:
    return walk_table(w);
  case 0x10:
    return walk_call(w, from);
  case 0xfc:
    SL_TRY(sl_kernel_read_prefixed(w->p, &w->r, &lengthy));
    if (lengthy && metering(w)) {
      fuel_to_global(w);
      emit(w, 0x10, sl_kernel_pay_function(w->p));
      fuel_from_global(w);
    }
    break;
  case 0xfd:
    SL_TRY(sl_kernel_read_vector(w->p, &w->r));
    break;
  default:
    SL_TRY(sl_kernel_read_plain(w->p, &w->r, opcode, w->locals));
  }
  copy(w, from);
  return SL_OK;
}

// Locals: the declarations are checked, and written with that of the fuel.
static sl_status walk_locals(walk *w) {
  uint32_t groups, count;
  SL_TRY(sl_wasm_upto(&w->r, SL_KERNEL_LOCALS_MAX, "fewer groups of locals", &groups));
  if (w->out != NULL) sl_wasm_put_u32(w->out, groups + (w->p->metered ? 1 : 0));
  const size_t from = w->r.at;
  for (uint32_t i = 0; i < groups; i++) {
    uint8_t type;
    SL_TRY(sl_wasm_u32(&w->r, &count));
    if (count > SL_KERNEL_LOCALS_MAX - w->locals) return sl_wasm_unsupported(&w->r, "fewer locals");
    w->locals += count;
    SL_TRY(sl_kernel_value_type(w->p, &w->r, &type));
  }
  copy(w, from);
  if (!metering(w)) return SL_OK;
  emit(w, 1, 0x7e); // one i64
  fuel_from_global(w);
  emit(w, 0x02, 0x40); // the block that a run without fuel leaves
  return SL_OK;
}

static sl_status walk_body(walk *w, sl_kernel_parts *p, const sl_wasm_reader *body, uint32_t index,
                           sl_wasm_writer *out, uint32_t *instructions) {
  w->p = p;
  w->r = *body;
  w->out = out;
  w->locals = p->types[p->functions[index].type].parameters;
  w->next_run = 0;
  w->live = true;
  w->depth = 0;
  w->ended = false;
  w->labels[0] = (label){LABEL_FUNCTION, false, true};
  SL_TRY(walk_locals(w));
  SL_TRY(begin_run(w));
  uint32_t count = 0;
  // The last `end` is at the last byte, or refused.
  while (w->r.at < w->r.end) {
    SL_TRY(walk_one(w));
    count++;
  }
  if (!w->ended) return sl_wasm_short(&w->r);
  *instructions = count;
  return SL_OK;
}

sl_status sl_kernel_read_body(sl_kernel_parts *p, const sl_wasm_reader *body, uint32_t index) {
  walk w;
  sl_kernel_function *f = &p->functions[index];
  uint32_t instructions;
  f->first_call = (uint32_t)p->calls_count;
  p->runs_count = 0;
  SL_TRY(walk_body(&w, p, body, index, NULL, &instructions));
  f->calls = (uint32_t)p->calls_count - f->first_call;
  f->frame = w.locals + instructions;
  p->all_runs += p->runs_count;
  for (size_t i = 0; i < p->runs_count; i++) p->instructions += p->runs[i];
  return SL_OK;
}

sl_status sl_kernel_write_body(sl_kernel_parts *p, const sl_wasm_reader *body, uint32_t index,
                               sl_wasm_writer *out) {
  walk w;
  uint32_t instructions;
  const size_t opened = sl_wasm_open(out);
  SL_TRY(walk_body(&w, p, body, index, out, &instructions));
  sl_wasm_close(out, opened);
  return SL_OK;
}

void sl_kernel_write_pay(const sl_kernel_parts *p, sl_wasm_writer *out) {
  const size_t opened = sl_wasm_open(out);
  const walk w = {.out = out};
  const uint32_t fuel = sl_kernel_fuel_global(p);
  // fuel -= bytes >> 4
  static const uint8_t paid[] = {0x20, 0x00, 0xad, 0x42, 0x04, 0x88, 0x7d};
  static const uint8_t left[] = {0x42, 0x00, 0x53, 0x04, 0x40, 0x00, 0x0b, 0x20, 0x00, 0x0b};
  sl_wasm_put_u8(out, 0); // locals
  emit(&w, GLOBAL_GET, fuel);
  sl_wasm_put(out, paid, sizeof paid);
  emit(&w, GLOBAL_SET, fuel);
  emit(&w, GLOBAL_GET, fuel);
  sl_wasm_put(out, left, sizeof left); // below 0: unreachable; the number of bytes
  sl_wasm_close(out, opened);
}
