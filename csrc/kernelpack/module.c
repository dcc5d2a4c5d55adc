#include "kernelpack/parts.h"

#define FUEL_NAME "sublinear.fuel"
#define MEMORY_NAME "memory"
#define HEAP_NAME "__heap_base"
#define PAGE 65536u

enum { I32 = 0x7f, I64 = 0x7e, EXPORT_FUNCTION = 0, EXPORT_MEMORY = 2, EXPORT_GLOBAL = 3 };

enum {
  CUSTOM,
  TYPES,
  IMPORTS,
  FUNCTIONS,
  TABLES,
  MEMORIES,
  GLOBALS,
  EXPORTS,
  START,
  ELEMENTS,
  CODE,
  DATA,
  DATA_COUNT,
  SECTIONS,
};

typedef struct global {
  bool constant; // an immutable i32
  int64_t value;
} global;

typedef struct exported {
  size_t name_at; // in the copy
  uint32_t name_length, function;
} exported;

struct sl_kernel_module {
  sl_kernel_parts parts;
  sl_wasm_writer out;
  sl_wasm_reader sections[SECTIONS];
  bool has[SECTIONS];
  global *globals;
  exported *exports;
  uint32_t exported_functions, depth, arena;
  bool has_arena;
};

// The sections in the order of the format: data count stands before code.
static uint32_t rank(uint32_t id) { return id == DATA_COUNT ? 2 * ELEMENTS + 1 : 2 * id; }

static sl_status find_sections(sl_kernel_module *m, const uint8_t *wasm, size_t count) {
  static const uint8_t head[8] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  sl_wasm_reader r = {wasm, 0, count, 0};
  if (count < 8) return sl_wasm_short(&r);
  if (memcmp(wasm, head, 8) != 0) return sl_wasm_bad(&r, "WebAssembly of version 1");
  r.at = 8;
  uint32_t last = 0;
  while (r.at < r.end) {
    uint8_t id;
    const sl_wasm_reader before = r;
    sl_wasm_reader part;
    SL_TRY(sl_wasm_u8(&r, &id));
    SL_TRY(sl_wasm_part(&r, &part));
    if (id == CUSTOM) { // names, producers: left out of the copy
      const uint8_t *name;
      uint32_t length;
      SL_TRY(sl_wasm_name(&part, &name, &length));
      continue;
    }
    if (id >= SECTIONS)
      return sl_wasm_unsupported(&before, "sections of WebAssembly 1.0 and data count");
    if (id == IMPORTS) return sl_wasm_bad(&before, "a module that imports nothing");
    if (id == START) return sl_wasm_bad(&before, "a module without start function");
    if (id == ELEMENTS) return sl_wasm_bad(&before, "a module whose table is empty");
    if (rank(id) <= last) return sl_wasm_bad(&before, "sections in their order, each once");
    last = rank(id);
    m->sections[id] = part;
    m->has[id] = true;
  }
  static const uint8_t needed[] = {TYPES, FUNCTIONS, MEMORIES, EXPORTS, CODE};
  for (size_t i = 0; i < sizeof needed; i++) {
    if (!m->has[needed[i]]) return sl_wasm_bad(&r, "types, functions, a memory, exports and code");
  }
  return SL_OK;
}

static sl_status at_end(const sl_wasm_reader *r) {
  return r->at == r->end ? SL_OK : sl_wasm_bad(r, "a section as long as it says");
}

// The types of a list, checked; how many.
static sl_status read_list(sl_kernel_parts *p, sl_wasm_reader *r, uint32_t most, uint32_t *count) {
  uint8_t type;
  SL_TRY(sl_wasm_upto(r, most, "fewer parameters and results", count));
  for (uint32_t i = 0; i < *count; i++) SL_TRY(sl_kernel_value_type(p, r, &type));
  return SL_OK;
}

static sl_status write_types(sl_kernel_module *m) {
  static const uint8_t pay[] = {0x60, 1, I32, 1, I32};
  sl_kernel_parts *p = &m->parts;
  sl_wasm_reader r = m->sections[TYPES];
  sl_wasm_writer *out = &m->out;
  SL_TRY(sl_wasm_upto(&r, SL_KERNEL_FUNCTIONS_MAX, "fewer types", &p->type_count));
  SL_TRY(SL_ALLOC(&p->types, p->type_count));
  sl_wasm_put_u8(out, TYPES);
  const size_t opened = sl_wasm_open(out);
  sl_wasm_put_u32(out, p->type_count + (p->metered ? 1 : 0));
  const size_t from = r.at, to = out->count;
  for (uint32_t i = 0; i < p->type_count; i++) {
    sl_kernel_type *type = &p->types[i];
    uint8_t form;
    SL_TRY(sl_wasm_u8(&r, &form));
    if (form != 0x60) return sl_wasm_bad(&r, "types of functions");
    SL_TRY(read_list(p, &r, SL_KERNEL_PARAMETERS_MAX, &type->parameters));
    type->parameters_at = to + (r.at - from) - type->parameters;
    SL_TRY(read_list(p, &r, 16, &type->results));
    type->results_at = to + (r.at - from) - type->results;
  }
  SL_TRY(at_end(&r));
  sl_wasm_put(out, r.bytes + from, r.at - from);
  if (p->metered) sl_wasm_put(out, pay, sizeof pay);
  sl_wasm_close(out, opened);
  return SL_OK;
}

static sl_status write_functions(sl_kernel_module *m) {
  sl_kernel_parts *p = &m->parts;
  sl_wasm_reader r = m->sections[FUNCTIONS];
  sl_wasm_writer *out = &m->out;
  SL_TRY(sl_wasm_upto(&r, SL_KERNEL_FUNCTIONS_MAX, "fewer functions", &p->function_count));
  SL_TRY(SL_ALLOC_ZERO(&p->functions, p->function_count));
  sl_wasm_put_u8(out, FUNCTIONS);
  const size_t opened = sl_wasm_open(out);
  sl_wasm_put_u32(out, p->function_count + (p->metered ? 1 : 0));
  for (uint32_t i = 0; i < p->function_count; i++) {
    uint32_t type;
    SL_TRY(sl_wasm_u32(&r, &type));
    if (type >= p->type_count) return sl_wasm_bad(&r, "a type of the module");
    p->functions[i].type = type;
    sl_wasm_put_u32(out, type);
  }
  SL_TRY(at_end(&r));
  if (p->metered) sl_wasm_put_u32(out, sl_kernel_pay_type(p));
  sl_wasm_close(out, opened);
  return SL_OK;
}

// Linkers write a table whether or not there is a pointer to a function. Nothing can use it: it is left out.
static sl_status check_tables(const sl_kernel_module *m) {
  if (!m->has[TABLES]) return SL_OK;
  sl_wasm_reader r = m->sections[TABLES];
  uint32_t count, limit;
  uint8_t type, flags;
  SL_TRY(sl_wasm_u32(&r, &count));
  if (count != 1) return sl_wasm_bad(&r, "at most one table");
  SL_TRY(sl_wasm_u8(&r, &type));
  SL_TRY(sl_wasm_u8(&r, &flags));
  if (type != 0x70 || flags > 1) return sl_wasm_bad(&r, "a table of functions");
  for (uint32_t i = 0; i <= flags; i++) SL_TRY(sl_wasm_u32(&r, &limit));
  return at_end(&r);
}

static sl_status write_memory(sl_kernel_module *m) {
  sl_kernel_parts *p = &m->parts;
  sl_wasm_reader r = m->sections[MEMORIES];
  sl_wasm_writer *out = &m->out;
  uint32_t count, most;
  uint8_t flags;
  SL_TRY(sl_wasm_u32(&r, &count));
  if (count != 1) return sl_wasm_bad(&r, "one memory");
  SL_TRY(sl_wasm_u8(&r, &flags));
  if (flags > 1) return sl_wasm_unsupported(&r, "a memory of 32 bits that is not shared");
  SL_TRY(sl_wasm_upto(&r, PAGE, "at most 65536 pages", &p->least_pages));
  if (flags == 1) {
    SL_TRY(sl_wasm_upto(&r, PAGE, "at most 65536 pages", &most));
    if (most < p->least_pages) return sl_wasm_bad(&r, "a maximum that is no less than the minimum");
  }
  SL_TRY(at_end(&r));
  if (p->least_pages > p->pages)
    return sl_fail(SL_ERR_OPTION, "pages", "no fewer than the module asks for", p->least_pages);
  sl_wasm_put_u8(out, MEMORIES);
  const size_t opened = sl_wasm_open(out);
  sl_wasm_put_u8(out, 1);
  sl_wasm_put_u8(out, 1);
  sl_wasm_put_u32(out, p->pages);
  sl_wasm_put_u32(out, p->pages);
  sl_wasm_close(out, opened);
  return SL_OK;
}

// A constant and `end`. Of constants of i32 the value is written.
static sl_status read_constant(sl_kernel_parts *p, sl_wasm_reader *r, uint8_t *opcode,
                               int64_t *value) {
  uint8_t end;
  *value = 0;
  SL_TRY(sl_wasm_u8(r, opcode));
  switch (*opcode) {
  case 0x41:
    SL_TRY(sl_wasm_signed(r, 32, value));
    break;
  case 0x42:
    SL_TRY(sl_wasm_signed(r, 64, value));
    break;
  case 0x43:
    SL_TRY(sl_wasm_skip(r, 4));
    break;
  case 0x44:
    SL_TRY(sl_wasm_skip(r, 8));
    break;
  case 0xfd:
    SL_TRY(sl_wasm_u8(r, &end));
    if (end != 12) return sl_wasm_bad(r, "a constant");
    if ((p->features & SL_KERNEL_SIMD) == 0)
      return sl_wasm_unsupported(r, "no feature that is not declared");
    p->used |= SL_KERNEL_SIMD;
    SL_TRY(sl_wasm_skip(r, 16));
    break;
  default:
    return sl_wasm_bad(r, "a constant");
  }
  SL_TRY(sl_wasm_u8(r, &end));
  return end == 0x0b ? SL_OK : sl_wasm_bad(r, "one constant");
}

static sl_status write_globals(sl_kernel_module *m) {
  static const uint8_t fuel[] = {I64, 1, 0x42, 0, 0x0b};
  sl_kernel_parts *p = &m->parts;
  sl_wasm_reader r = m->sections[GLOBALS];
  sl_wasm_writer *out = &m->out;
  if (m->has[GLOBALS])
    SL_TRY(sl_wasm_upto(&r, SL_KERNEL_GLOBALS_MAX, "fewer globals", &p->global_count));
  SL_TRY(SL_ALLOC_ZERO(&m->globals, p->global_count));
  if (p->global_count == 0 && !p->metered) return at_end(&r);
  sl_wasm_put_u8(out, GLOBALS);
  const size_t opened = sl_wasm_open(out);
  sl_wasm_put_u32(out, p->global_count + (p->metered ? 1 : 0));
  const size_t from = r.at;
  for (uint32_t i = 0; i < p->global_count; i++) {
    uint8_t type, is_mutable, opcode;
    SL_TRY(sl_kernel_value_type(p, &r, &type));
    SL_TRY(sl_wasm_u8(&r, &is_mutable));
    if (is_mutable > 1) return sl_wasm_bad(&r, "a global that is mutable or not");
    SL_TRY(read_constant(p, &r, &opcode, &m->globals[i].value));
    m->globals[i].constant = type == I32 && is_mutable == 0 && opcode == 0x41;
  }
  SL_TRY(at_end(&r));
  if (m->has[GLOBALS]) sl_wasm_put(out, r.bytes + from, r.at - from);
  if (p->metered) sl_wasm_put(out, fuel, sizeof fuel);
  sl_wasm_close(out, opened);
  return SL_OK;
}

static bool is_name(const uint8_t *name, uint32_t length, const char *word) {
  return length == strlen(word) && memcmp(name, word, length) == 0;
}

// One export of the module, of which only functions are in the copy.
static sl_status write_export(sl_kernel_module *m, sl_wasm_reader *r) {
  const sl_kernel_parts *p = &m->parts;
  const uint8_t *name;
  uint32_t length, index;
  uint8_t kind;
  SL_TRY(sl_wasm_name(r, &name, &length));
  SL_TRY(sl_wasm_u8(r, &kind));
  SL_TRY(sl_wasm_u32(r, &index));
  if (kind == EXPORT_MEMORY) {
    if (index != 0 || !is_name(name, length, MEMORY_NAME))
      return sl_wasm_bad(r, "the memory as \"memory\"");
    return SL_OK;
  }
  if (kind == EXPORT_GLOBAL) {
    if (index >= p->global_count) return sl_wasm_bad(r, "a global of the module");
    const global g = m->globals[index];
    if (!g.constant || !is_name(name, length, HEAP_NAME) || m->has_arena)
      return sl_wasm_bad(r, "no global other than __heap_base");
    m->has_arena = true;
    m->arena = (uint32_t)g.value;
    return SL_OK;
  }
  if (kind != EXPORT_FUNCTION) return sl_wasm_bad(r, "functions, a memory and __heap_base");
  if (index >= p->function_count) return sl_wasm_bad(r, "a function of the module");
  if (is_name(name, length, MEMORY_NAME) || is_name(name, length, FUEL_NAME))
    return sl_wasm_bad(r, "names other than memory and " FUEL_NAME);
  for (uint32_t i = 0; i < m->exported_functions; i++) {
    const exported *other = &m->exports[i];
    if (m->out.failed == SL_OK && other->name_length == length &&
        memcmp(m->out.bytes + other->name_at, name, length) == 0)
      return sl_wasm_bad(r, "names that differ");
  }
  sl_wasm_put_u32(&m->out, length);
  m->exports[m->exported_functions++] = (exported){m->out.count, length, index};
  sl_wasm_put(&m->out, name, length);
  sl_wasm_put_u8(&m->out, EXPORT_FUNCTION);
  sl_wasm_put_u32(&m->out, index);
  return SL_OK;
}

static sl_status write_exports(sl_kernel_module *m) {
  sl_wasm_reader r = m->sections[EXPORTS];
  sl_wasm_writer *out = &m->out;
  uint32_t count;
  SL_TRY(sl_wasm_upto(&r, SL_KERNEL_GLOBALS_MAX, "fewer exports", &count));
  SL_TRY(SL_ALLOC(&m->exports, count));
  sl_wasm_put_u8(out, EXPORTS);
  const size_t opened = sl_wasm_open(out);
  const size_t count_opened = sl_wasm_open(out); // how many there will be
  for (uint32_t i = 0; i < count; i++) SL_TRY(write_export(m, &r));
  SL_TRY(at_end(&r));
  sl_wasm_put_name(out, MEMORY_NAME, strlen(MEMORY_NAME));
  sl_wasm_put_u8(out, EXPORT_MEMORY);
  sl_wasm_put_u8(out, 0);
  uint32_t left = m->exported_functions + 1;
  if (m->parts.metered) {
    sl_wasm_put_name(out, FUEL_NAME, strlen(FUEL_NAME));
    sl_wasm_put_u8(out, EXPORT_GLOBAL);
    sl_wasm_put_u32(out, sl_kernel_fuel_global(&m->parts));
    left++;
  }
  if (out->failed == SL_OK) {
    for (uint32_t i = 0; i < 5; i++, left >>= 7)
      out->bytes[count_opened - 5 + i] = (uint8_t)((left & 0x7f) | (i < 4 ? 0x80 : 0));
  }
  sl_wasm_close(out, opened);
  return SL_OK;
}

static sl_status write_code(sl_kernel_module *m) {
  sl_kernel_parts *p = &m->parts;
  sl_wasm_reader r = m->sections[CODE];
  sl_wasm_writer *out = &m->out;
  uint32_t count;
  SL_TRY(sl_wasm_u32(&r, &count));
  if (count != p->function_count) return sl_wasm_bad(&r, "a body for each function");
  sl_wasm_put_u8(out, CODE);
  const size_t opened = sl_wasm_open(out);
  sl_wasm_put_u32(out, count + (p->metered ? 1 : 0));
  for (uint32_t i = 0; i < count; i++) {
    sl_wasm_reader body;
    SL_TRY(sl_wasm_part(&r, &body));
    SL_TRY(sl_kernel_read_body(p, &body, i));
    SL_TRY(sl_kernel_write_body(p, &body, i, out));
    SL_TRY(out->failed);
  }
  SL_TRY(at_end(&r));
  if (p->metered) sl_kernel_write_pay(p, out);
  sl_wasm_close(out, opened);
  return SL_OK;
}

// Segments are copied. Active ones must lie in the memory: engines would trap when they make the instance.
static sl_status write_data(sl_kernel_module *m) {
  const sl_kernel_parts *p = &m->parts;
  sl_wasm_reader r = m->sections[DATA];
  uint32_t count = 0;
  uint64_t end = 0;
  const size_t from = r.at;
  if (m->has[DATA]) SL_TRY(sl_wasm_upto(&r, SL_KERNEL_GLOBALS_MAX, "fewer data segments", &count));
  if (m->has[DATA_COUNT] && count != p->data_count)
    return sl_wasm_bad(&r, "as many data segments as said");
  for (uint32_t i = 0; i < count; i++) {
    uint32_t flags, length;
    uint8_t opcode;
    int64_t offset = 0;
    SL_TRY(sl_wasm_u32(&r, &flags));
    if (flags > 1) return sl_wasm_bad(&r, "data of memory 0");
    if (flags == 0) {
      SL_TRY(read_constant(&m->parts, &r, &opcode, &offset));
      if (opcode != 0x41) return sl_wasm_bad(&r, "an address of 32 bits");
    }
    SL_TRY(sl_wasm_u32(&r, &length));
    SL_TRY(sl_wasm_skip(&r, length));
    if (flags == 1) continue;
    const uint64_t to = (uint64_t)(uint32_t)offset + length;
    if (to > (uint64_t)p->least_pages * PAGE) return sl_wasm_bad(&r, "data inside the memory");
    if (to > end) end = to;
  }
  SL_TRY(at_end(&r));
  if (!m->has_arena) m->arena = (uint32_t)end;
  if (m->arena > (uint64_t)p->pages * PAGE || m->arena < end)
    return sl_wasm_bad(&r, "a heap behind the data, inside the memory");
  if (!m->has[DATA]) return SL_OK;
  sl_wasm_put_u8(&m->out, DATA);
  const size_t opened = sl_wasm_open(&m->out);
  sl_wasm_put(&m->out, r.bytes + from, r.at - from);
  sl_wasm_close(&m->out, opened);
  return SL_OK;
}

static sl_status write_data_count(sl_kernel_module *m) {
  sl_kernel_parts *p = &m->parts;
  if (!m->has[DATA_COUNT]) return SL_OK;
  sl_wasm_reader r = m->sections[DATA_COUNT];
  SL_TRY(sl_wasm_upto(&r, SL_KERNEL_GLOBALS_MAX, "fewer data segments", &p->data_count));
  SL_TRY(at_end(&r));
  p->has_data_count = true;
  sl_wasm_put_u8(&m->out, DATA_COUNT);
  const size_t opened = sl_wasm_open(&m->out);
  sl_wasm_put_u32(&m->out, p->data_count);
  sl_wasm_close(&m->out, opened);
  return SL_OK;
}

// Takes functions that nobody is left to call, one after the other, as far as there are any: who calls whom in a circle is
// never among them. Sizes are checked on the way.
static sl_status measure_chains(sl_kernel_module *m, uint32_t *ready) {
  sl_kernel_parts *p = &m->parts;
  const sl_wasm_reader *r = &m->sections[CODE];
  for (size_t i = 0; i < p->calls_count; i++) p->functions[p->calls[i]].callers++;
  uint32_t count = 0;
  for (uint32_t i = 0; i < p->function_count; i++) {
    if (p->functions[i].callers == 0) ready[count++] = i;
  }
  for (uint32_t i = 0; i < count; i++) {
    sl_kernel_function *f = &p->functions[ready[i]];
    f->depth++;
    f->chain += f->frame;
    if (f->depth > SL_KERNEL_DEPTH_MAX || f->chain > SL_KERNEL_FRAME_MAX)
      return sl_wasm_unsupported(r, "fewer calls in calls, smaller functions");
    if (f->depth > m->depth) m->depth = f->depth;
    for (uint32_t j = 0; j < f->calls; j++) {
      const uint32_t index = p->calls[f->first_call + j];
      sl_kernel_function *callee = &p->functions[index];
      if (f->depth > callee->depth) callee->depth = f->depth;
      if (f->chain > callee->chain) callee->chain = f->chain;
      if (--callee->callers == 0) ready[count++] = index;
    }
  }
  return count == p->function_count ? SL_OK : sl_wasm_unsupported(r, "functions without recursion");
}

static sl_status decode(sl_kernel_module *m, const uint8_t *wasm, size_t count) {
  SL_TRY(find_sections(m, wasm, count));
  sl_wasm_put(&m->out, wasm, 8);
  SL_TRY(write_types(m));
  SL_TRY(write_functions(m));
  SL_TRY(check_tables(m));
  SL_TRY(write_memory(m));
  SL_TRY(write_globals(m));
  SL_TRY(write_exports(m));
  SL_TRY(write_data_count(m));
  SL_TRY(write_code(m));
  SL_TRY(write_data(m));
  SL_TRY(m->out.failed);
  uint32_t *ready;
  SL_TRY(SL_ALLOC(&ready, m->parts.function_count));
  const sl_status measured = measure_chains(m, ready);
  sl_free(ready);
  return measured;
}

sl_status sl_kernel_module_create(const uint8_t *wasm, size_t count, uint32_t pages,
                                  uint32_t features, uint32_t metered, sl_kernel_module **out) {
  *out = NULL;
  SL_REQUIRE(pages >= 1 && pages <= SL_KERNEL_PAGES_MAX, SL_ERR_OPTION, "pages", "1 to 32768");
  SL_REQUIRE(features <= SL_KERNEL_FEATURES, SL_ERR_OPTION, "features", "known features");
  SL_REQUIRE(count <= SL_KERNEL_BYTES_MAX, SL_ERR_UNSUPPORTED, "wasm", "at most 1 MiB");
  sl_kernel_module *m;
  SL_TRY(SL_ALLOC_ZERO(&m, 1));
  m->parts.pages = pages;
  m->parts.features = features;
  m->parts.metered = metered != 0;
  const sl_status status = decode(m, wasm, count);
  // Only facts and the copy are asked for later.
  sl_free(m->parts.calls);
  sl_free(m->parts.runs);
  sl_free(m->globals);
  m->parts.calls = m->parts.runs = NULL;
  m->globals = NULL;
  if (status == SL_OK)
    *out = m;
  else
    sl_kernel_module_destroy(m);
  return status;
}

void sl_kernel_module_destroy(sl_kernel_module *m) {
  if (m == NULL) return;
  sl_free(m->parts.types);
  sl_free(m->parts.functions);
  sl_free(m->exports);
  sl_free(m->out.bytes);
  sl_free(m);
}

sl_status sl_kernel_module_output(const sl_kernel_module *m, const uint8_t **bytes, size_t *count) {
  *bytes = m->out.bytes;
  *count = m->out.count;
  return SL_OK;
}

sl_status sl_kernel_module_read(const sl_kernel_module *m, double *numbers) {
  numbers[SL_KERNEL_FACT_FEATURES] = m->parts.used;
  numbers[SL_KERNEL_FACT_EXPORTS] = m->exported_functions;
  numbers[SL_KERNEL_FACT_ARENA] = m->arena;
  numbers[SL_KERNEL_FACT_PAGES] = m->parts.least_pages;
  numbers[SL_KERNEL_FACT_FUNCTIONS] = m->parts.function_count;
  numbers[SL_KERNEL_FACT_INSTRUCTIONS] = (double)m->parts.instructions;
  numbers[SL_KERNEL_FACT_RUNS] = (double)m->parts.all_runs;
  numbers[SL_KERNEL_FACT_DEPTH] = m->depth;
  return SL_OK;
}

sl_status sl_kernel_module_export(const sl_kernel_module *m, uint32_t index, const char **name,
                                  size_t *length, uint8_t *types, uint32_t *counts) {
  SL_REQUIRE(index < m->exported_functions, SL_ERR_INDEX, "index", "an exported function");
  const exported *e = &m->exports[index];
  const sl_kernel_type *type = &m->parts.types[m->parts.functions[e->function].type];
  const uint8_t *bytes = m->out.bytes;
  *name = (const char *)bytes + e->name_at;
  *length = e->name_length;
  memcpy(types, bytes + type->parameters_at, type->parameters);
  memcpy(types + type->parameters, bytes + type->results_at, type->results);
  counts[0] = type->parameters;
  counts[1] = type->results;
  return SL_OK;
}
