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
  sl_wasm_reader *r;
  sl_wasm_writer *out;
  uint32_t locals; // parameters too: the index of the local with the fuel
  uint32_t run;    // the current one
  uint32_t next_run;
  bool live;  // the code here can be reached
  bool ended; // the last `end` was there
  uint32_t depth;
  label labels[SL_KERNEL_NESTING_MAX + 1];
} walk;

enum { LOCAL_GET = 0x20, LOCAL_SET, LOCAL_TEE, GLOBAL_GET, GLOBAL_SET };

// Room for one more element. O(1) amortised.
static void push(sl_kernel_parts *p, uint32_t **list, size_t *count, size_t *room, uint32_t value) {
  if (*count == *room) {
    const size_t more = 2 * *room + 64;
    const sl_status status = SL_REALLOC(list, more);
    if (status != SL_OK) {
      p->r.failed = status;
      return;
    }
    *room = more;
  }
  (*list)[(*count)++] = value;
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
static void begin_run(walk *w) {
  if (!w->live || w->r->failed != SL_OK) return;
  sl_kernel_parts *p = w->p;
  w->run = w->next_run++;
  if (w->out == NULL) {
    push(p, &p->runs, &p->runs_count, &p->runs_room, 0);
    return;
  }
  const uint32_t cost = p->runs[w->run];
  if (!p->metered || cost == 0) return;
  static const uint8_t below_zero[] = {0x42, 0x00, 0x53}; // i64.const 0, i64.lt_s
  emit(w, LOCAL_GET, w->locals);
  sl_wasm_put_u8(w->out, 0x42); // i64.const
  sl_wasm_put_signed(w->out, cost);
  sl_wasm_put_u8(w->out, 0x7d); // i64.sub
  emit(w, LOCAL_TEE, w->locals);
  sl_wasm_put(w->out, below_zero, sizeof below_zero);
  emit(w, 0x0d, w->depth); // br_if to where there is no fuel
}

static void pays(walk *w) {
  if (w->live && w->out == NULL && w->r->failed == SL_OK) w->p->runs[w->run]++;
}

static void open_label(walk *w, label_kind kind) {
  if (!sl_wasm_supported(w->r, w->depth < SL_KERNEL_NESTING_MAX, "fewer blocks in blocks")) return;
  w->labels[++w->depth] = (label){(uint8_t)kind, false, w->live};
}

// A branch to label `relative`; in a metered function the label of the function is one further out.
static uint32_t target(walk *w, uint32_t relative) {
  if (!sl_wasm_form(w->r, relative <= w->depth, "a label around the branch")) return relative;
  label *l = &w->labels[w->depth - relative];
  if (w->live) l->targeted = true;
  return relative + (l->kind == LABEL_FUNCTION && metering(w));
}

static void block_type(walk *w) {
  sl_kernel_parts *p = w->p;
  const uint32_t first = sl_wasm_u8(w->r);
  if (first == 0x40 || w->r->failed != SL_OK) return;
  w->r->at--;
  if (first > 0x40 && first < 0x80) {
    sl_kernel_value_type(p);
    return;
  }
  const int64_t index = sl_wasm_signed(w->r, 33);
  sl_wasm_form(w->r, index >= 0 && index < p->type_count, "a type of the module");
  sl_kernel_use(p, SL_KERNEL_MULTI_VALUE);
}

// Copies what was read since `from`, where the body is being written.
static void copy(const walk *w, size_t from) {
  if (w->out != NULL) sl_wasm_put(w->out, w->r->bytes + from, w->r->at - from);
}

static void walk_branch(walk *w, uint32_t opcode) {
  const uint32_t relative = sl_wasm_u32(w->r), to = target(w, relative);
  if (w->out != NULL) {
    if (to != relative) fuel_to_global(w);
    emit(w, opcode, to);
  }
  if (opcode == 0x0d)
    begin_run(w);
  else
    w->live = false;
}

static void walk_table(walk *w) {
  const uint32_t count = sl_wasm_u32(w->r);
  // Each label takes a byte: no loop is longer than the body.
  if (!sl_wasm_need(w->r, count < w->r->end - w->r->at, SL_ERR_TRUNCATED, "more bytes")) return;
  const size_t from = w->r->at;
  bool leaves = false;
  for (uint32_t i = 0; i <= count; i++) {
    const uint32_t relative = sl_wasm_u32(w->r);
    if (target(w, relative) != relative) leaves = true;
  }
  if (w->out != NULL) {
    if (leaves) fuel_to_global(w);
    emit(w, 0x0e, count);
    w->r->at = from;
    for (uint32_t i = 0; i <= count; i++) sl_wasm_put_u32(w->out, target(w, sl_wasm_u32(w->r)));
  }
  w->live = false;
}

static void walk_call(walk *w, size_t from) {
  sl_kernel_parts *p = w->p;
  const uint32_t index = sl_wasm_u32(w->r);
  if (!sl_wasm_form(w->r, index < p->function_count, "a function of the module")) return;
  if (w->out == NULL) push(p, &p->calls, &p->calls_count, &p->calls_room, index);
  if (metering(w)) fuel_to_global(w);
  copy(w, from);
  if (metering(w)) fuel_from_global(w);
}

static void walk_end(walk *w, size_t from) {
  const label l = w->labels[w->depth];
  if (l.kind == LABEL_FUNCTION) {
    sl_wasm_form(w->r, w->r->at == w->r->end, "the end of a function at its last byte");
    if (metering(w)) {
      fuel_to_global(w);
      sl_wasm_put(w->out, (const uint8_t[]){0x0f, 0x0b},
                  2); // return; the end that is reached without fuel
      fuel_to_global(w);
      sl_wasm_put_u8(w->out, 0x00); // unreachable
    }
    copy(w, from);
    w->ended = true;
    return;
  }
  copy(w, from);
  w->depth--;
  // Behind an `if` control comes from two sides, behind a block from its branches too. A loop is only left forwards.
  if (l.kind != LABEL_IF && l.kind != LABEL_ELSE && !(l.kind == LABEL_BLOCK && l.targeted)) return;
  w->live = l.entered;
  begin_run(w);
}

// Writes what was read, and begins a run behind it.
static void divide(walk *w, size_t from) {
  copy(w, from);
  begin_run(w);
}

static void walk_one(walk *w) {
  const size_t from = w->r->at;
  const uint32_t opcode = sl_wasm_u8(w->r);
  switch (opcode) {
  case 0x01: // nop
    copy(w, from);
    return;
  case 0x02: // block, loop, if
  case 0x03:
  case 0x04:
    if (opcode == 0x04) pays(w);
    block_type(w);
    copy(w, from);
    open_label(w, opcode == 0x02 ? LABEL_BLOCK : opcode == 0x03 ? LABEL_LOOP : LABEL_IF);
    if (opcode != 0x02) begin_run(w);
    return;
  case 0x05: // else
    if (!sl_wasm_form(w->r, w->labels[w->depth].kind == LABEL_IF, "an else of an if")) return;
    w->labels[w->depth].kind = LABEL_ELSE;
    w->live = w->labels[w->depth].entered;
    divide(w, from);
    return;
  case 0x0b:
    walk_end(w, from);
    return;
  default:
    break;
  }
  pays(w);
  switch (opcode) {
  case 0x0f: // return
    if (metering(w)) fuel_to_global(w);
    copy(w, from);
    w->live = false;
    return;
  case 0x00: // unreachable
    copy(w, from);
    w->live = false;
    return;
  case 0x0c: // br, br_if
  case 0x0d:
    walk_branch(w, opcode);
    return;
  case 0x0e:
    walk_table(w);
    return;
  case 0x10:
    walk_call(w, from);
    return;
  case 0xfc:
    if (sl_kernel_read_prefixed(w->p) && metering(w)) {
      fuel_to_global(w);
      emit(w, 0x10, sl_kernel_pay_function(w->p));
      fuel_from_global(w);
    }
    break;
  case 0xfd:
    sl_kernel_read_vector(w->p);
    break;
  default:
    sl_kernel_read_plain(w->p, opcode, w->locals);
  }
  copy(w, from);
}

// Locals: the declarations are checked, and written with that of the fuel.
static void walk_locals(walk *w) {
  const uint32_t groups = sl_wasm_upto(w->r, SL_KERNEL_LOCALS_MAX, "fewer locals");
  if (w->out != NULL) sl_wasm_put_u32(w->out, groups + w->p->metered);
  const size_t from = w->r->at;
  for (uint32_t i = 0; i < groups; i++) {
    w->locals += sl_wasm_upto(w->r, SL_KERNEL_LOCALS_MAX - w->locals, "fewer locals");
    sl_kernel_value_type(w->p);
  }
  copy(w, from);
  if (!metering(w)) return;
  emit(w, 1, 0x7e); // one i64
  fuel_from_global(w);
  emit(w, 0x02, 0x40); // the block that a run without fuel leaves
}

// From the reader's place to its end. How many instructions there are.
static uint32_t walk_body(walk *w, sl_kernel_parts *p, uint32_t index, sl_wasm_writer *out) {
  w->p = p;
  w->r = &p->r;
  w->out = out;
  w->locals = p->types[p->functions[index].type].parameters;
  w->next_run = 0;
  w->live = true;
  w->depth = 0;
  w->ended = false;
  w->labels[0] = (label){LABEL_FUNCTION, false, true};
  walk_locals(w);
  begin_run(w);
  uint32_t count = 0;
  // The last `end` is at the last byte, or refused.
  for (; p->r.failed == SL_OK && p->r.at < p->r.end; count++) walk_one(w);
  sl_wasm_need(&p->r, w->ended, SL_ERR_TRUNCATED, "more bytes");
  return count;
}

void sl_kernel_read_body(sl_kernel_parts *p, uint32_t index) {
  walk w;
  sl_kernel_function *f = &p->functions[index];
  f->first_call = (uint32_t)p->calls_count;
  p->runs_count = 0;
  const uint32_t instructions = walk_body(&w, p, index, NULL);
  f->calls = (uint32_t)p->calls_count - f->first_call;
  f->frame = w.locals + instructions;
  p->all_runs += p->runs_count;
  for (size_t i = 0; i < p->runs_count; i++) p->instructions += p->runs[i];
}

void sl_kernel_write_body(sl_kernel_parts *p, uint32_t index, sl_wasm_writer *out) {
  walk w;
  const size_t opened = sl_wasm_open(out);
  walk_body(&w, p, index, out);
  sl_wasm_close(out, opened);
}

void sl_kernel_write_pay(const sl_kernel_parts *p, sl_wasm_writer *out) {
  const size_t opened = sl_wasm_open(out);
  walk w;
  w.out = out;
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
