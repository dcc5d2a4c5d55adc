#include "kernelpack/module.h"

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

typedef struct range {
  size_t from, to; // 0, 0: there is none
} range;

struct sl_kernel_module {
  sl_kernel_parts parts;
  sl_wasm_writer out;
  range sections[SECTIONS];
  global *globals;
  exported *exports;
  uint32_t exported_functions, depth, arena;
  bool has_arena;
};

static bool has(const sl_kernel_module *m, uint32_t id) { return m->sections[id].to != 0; }

// The sections in the order of the format: data count stands before code.
static uint32_t rank(uint32_t id) { return id == DATA_COUNT ? 2 * ELEMENTS + 1 : 2 * id; }

static void find_section(sl_kernel_module *m, uint32_t *last) {
  sl_wasm_reader *r = &m->parts.r;
  const uint32_t id = sl_wasm_u8(r);
  const size_t whole = sl_wasm_enter(r);
  if (id == CUSTOM) { // names, producers: left out of the copy
    uint32_t length;
    sl_wasm_name(r, &length);
  } else {
    sl_wasm_supported(r, id < SECTIONS, "sections of WebAssembly 1.0 and data count");
    sl_wasm_form(r, id != IMPORTS, "a module that imports nothing");
    sl_wasm_form(r, id != START, "a module without start function");
    sl_wasm_form(r, id != ELEMENTS, "a module whose table is empty");
    if (!sl_wasm_form(r, rank(id) > *last, "sections in their order, each once")) return;
    *last = rank(id);
    m->sections[id] = (range){r->at, r->end};
  }
  if (r->failed == SL_OK) r->at = r->end;
  sl_wasm_leave(r, whole);
}

static void find_sections(sl_kernel_module *m) {
  static const uint8_t head[8] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  static const uint8_t needed[] = {TYPES, FUNCTIONS, MEMORIES, EXPORTS, CODE};
  sl_wasm_reader *r = &m->parts.r;
  uint32_t last = 0;
  sl_wasm_skip(r, 8);
  if (r->failed != SL_OK) return;
  sl_wasm_form(r, memcmp(r->bytes, head, 8) == 0, "WebAssembly of version 1");
  while (r->failed == SL_OK && r->at < r->end) find_section(m, &last);
  for (size_t i = 0; i < sizeof needed; i++)
    sl_wasm_form(r, has(m, needed[i]), "types, functions, a memory, exports and code");
  sl_wasm_put(&m->out, head, 8);
}

// Begins a section of the copy, reading what the module has of it.
static size_t begin(sl_kernel_module *m, uint32_t id) {
  sl_wasm_reader *r = &m->parts.r;
  r->at = m->sections[id].from;
  r->end = m->sections[id].to;
  sl_wasm_put_u8(&m->out, id);
  return sl_wasm_open(&m->out);
}

static void end(sl_kernel_module *m, size_t opened) {
  sl_wasm_leave(&m->parts.r, m->parts.r.end);
  sl_wasm_close(&m->out, opened);
}

// Copies what was read since `from`.
static void copy(sl_kernel_module *m, size_t from) {
  sl_wasm_put(&m->out, m->parts.r.bytes + from, m->parts.r.at - from);
}

// The types of a list, checked; how many.
static uint32_t read_list(sl_kernel_parts *p, uint32_t most) {
  const uint32_t count = sl_wasm_upto(&p->r, most, "fewer parameters and results");
  for (uint32_t i = 0; i < count; i++) sl_kernel_value_type(p);
  return count;
}

static sl_status write_types(sl_kernel_module *m) {
  static const uint8_t pay[] = {0x60, 1, I32, 1, I32};
  sl_kernel_parts *p = &m->parts;
  sl_wasm_reader *r = &p->r;
  const size_t opened = begin(m, TYPES);
  p->type_count = sl_wasm_upto(r, SL_KERNEL_FUNCTIONS_MAX, "fewer types");
  SL_TRY(SL_ALLOC(&p->types, p->type_count));
  sl_wasm_put_u32(&m->out, p->type_count + p->metered);
  const size_t from = r->at, to = m->out.count;
  for (uint32_t i = 0; i < p->type_count; i++) {
    sl_kernel_type *type = &p->types[i];
    sl_wasm_form(r, sl_wasm_u8(r) == 0x60, "types of functions");
    type->parameters = read_list(p, SL_KERNEL_PARAMETERS_MAX);
    type->parameters_at = to + (r->at - from) - type->parameters;
    type->results = read_list(p, 16);
    type->results_at = to + (r->at - from) - type->results;
  }
  copy(m, from);
  if (p->metered) sl_wasm_put(&m->out, pay, sizeof pay);
  end(m, opened);
  return SL_OK;
}

static sl_status write_functions(sl_kernel_module *m) {
  sl_kernel_parts *p = &m->parts;
  sl_wasm_reader *r = &p->r;
  const size_t opened = begin(m, FUNCTIONS);
  p->function_count = sl_wasm_upto(r, SL_KERNEL_FUNCTIONS_MAX, "fewer functions");
  SL_TRY(SL_ALLOC_ZERO(&p->functions, p->function_count));
  sl_wasm_put_u32(&m->out, p->function_count + p->metered);
  const size_t from = r->at;
  for (uint32_t i = 0; i < p->function_count; i++) {
    p->functions[i].type = sl_wasm_u32(r);
    if (!sl_wasm_form(r, p->functions[i].type < p->type_count, "a type of the module"))
      return r->failed;
  }
  copy(m, from);
  if (p->metered) sl_wasm_put_u32(&m->out, sl_kernel_pay_type(p));
  end(m, opened);
  return SL_OK;
}

// Linkers write a table whether or not there is a pointer to a function. Nothing can use it: it is left out.
static void check_tables(sl_kernel_module *m) {
  sl_wasm_reader *r = &m->parts.r;
  if (!has(m, TABLES)) return;
  r->at = m->sections[TABLES].from;
  r->end = m->sections[TABLES].to;
  sl_wasm_form(r, sl_wasm_u8(r) == 1, "at most one table");
  sl_wasm_form(r, sl_wasm_u8(r) == 0x70, "a table of functions");
  const uint32_t flags = sl_wasm_u8(r);
  sl_wasm_form(r, flags <= 1, "a table of functions");
  sl_wasm_u32(r);
  if (flags == 1) sl_wasm_u32(r);
  sl_wasm_leave(r, r->end);
}

static sl_status write_memory(sl_kernel_module *m) {
  sl_kernel_parts *p = &m->parts;
  sl_wasm_reader *r = &p->r;
  const size_t opened = begin(m, MEMORIES);
  sl_wasm_form(r, sl_wasm_u8(r) == 1, "one memory");
  const uint32_t flags = sl_wasm_u8(r);
  sl_wasm_supported(r, flags <= 1, "a memory of 32 bits that is not shared");
  p->least_pages = sl_wasm_u32(r);
  const uint32_t most = flags == 1 ? sl_wasm_u32(r) : PAGE;
  sl_wasm_form(r, p->least_pages <= most && most <= PAGE,
               "from the minimum to the maximum, at most 65536 pages");
  if (r->failed == SL_OK && p->least_pages > p->pages)
    return sl_fail(SL_ERR_OPTION, "pages", "no fewer than the module asks for", p->least_pages);
  sl_wasm_put(&m->out, (const uint8_t[]){1, 1}, 2);
  sl_wasm_put_u32(&m->out, p->pages);
  sl_wasm_put_u32(&m->out, p->pages);
  end(m, opened);
  return SL_OK;
}

// A constant and `end`. Its opcode, and of constants of i32 the value.
static uint32_t read_constant(sl_kernel_parts *p, int64_t *value) {
  sl_wasm_reader *r = &p->r;
  const uint32_t opcode = sl_wasm_u8(r);
  *value = 0;
  if (opcode == 0x41 || opcode == 0x42) {
    *value = sl_wasm_signed(r, opcode == 0x41 ? 32 : 64);
  } else if (opcode == 0x43 || opcode == 0x44) {
    sl_wasm_skip(r, opcode == 0x43 ? 4 : 8);
  } else {
    sl_wasm_form(r, opcode == 0xfd && sl_wasm_u8(r) == 12, "a constant");
    sl_kernel_use(p, SL_KERNEL_SIMD);
    sl_wasm_skip(r, 16);
  }
  sl_wasm_form(r, sl_wasm_u8(r) == 0x0b, "one constant");
  return opcode;
}

static sl_status write_globals(sl_kernel_module *m) {
  static const uint8_t fuel[] = {I64, 1, 0x42, 0, 0x0b};
  sl_kernel_parts *p = &m->parts;
  sl_wasm_reader *r = &p->r;
  if (!has(m, GLOBALS) && !p->metered) return SL_OK;
  const size_t opened = begin(m, GLOBALS);
  if (has(m, GLOBALS)) p->global_count = sl_wasm_upto(r, SL_KERNEL_GLOBALS_MAX, "fewer globals");
  SL_TRY(SL_ALLOC_ZERO(&m->globals, p->global_count));
  sl_wasm_put_u32(&m->out, p->global_count + p->metered);
  const size_t from = r->at;
  for (uint32_t i = 0; i < p->global_count; i++) {
    global *g = &m->globals[i];
    const uint32_t type = sl_kernel_value_type(p), is_mutable = sl_wasm_u8(r);
    sl_wasm_form(r, is_mutable <= 1, "a global that is mutable or not");
    g->constant = read_constant(p, &g->value) == 0x41 && type == I32 && is_mutable == 0;
  }
  copy(m, from);
  if (p->metered) sl_wasm_put(&m->out, fuel, sizeof fuel);
  end(m, opened);
  return SL_OK;
}

static bool is_name(const uint8_t *name, uint32_t length, const char *word) {
  return length == strlen(word) && memcmp(name, word, length) == 0;
}

static void write_function_export(sl_kernel_module *m, const uint8_t *name, uint32_t length,
                                  uint32_t index) {
  sl_wasm_reader *r = &m->parts.r;
  sl_wasm_form(r, index < m->parts.function_count, "a function of the module");
  sl_wasm_form(r, !is_name(name, length, MEMORY_NAME) && !is_name(name, length, FUEL_NAME),
               "names other than memory and " FUEL_NAME);
  for (uint32_t i = 0; i < m->exported_functions && m->out.failed == SL_OK; i++) {
    const exported *other = &m->exports[i];
    sl_wasm_form(
        r, other->name_length != length || memcmp(m->out.bytes + other->name_at, name, length) != 0,
        "names that differ");
  }
  if (r->failed != SL_OK) return;
  sl_wasm_put_u32(&m->out, length);
  m->exports[m->exported_functions++] = (exported){m->out.count, length, index};
  sl_wasm_put(&m->out, name, length);
  sl_wasm_put_u8(&m->out, EXPORT_FUNCTION);
  sl_wasm_put_u32(&m->out, index);
}

// One export of the module, of which only functions are in the copy.
static void write_export(sl_kernel_module *m) {
  const sl_kernel_parts *p = &m->parts;
  sl_wasm_reader *r = &m->parts.r;
  uint32_t length;
  const uint8_t *name = sl_wasm_name(r, &length);
  const uint32_t kind = sl_wasm_u8(r), index = sl_wasm_u32(r);
  if (r->failed != SL_OK) return;
  if (kind == EXPORT_FUNCTION) {
    write_function_export(m, name, length, index);
  } else if (kind == EXPORT_MEMORY) {
    sl_wasm_form(r, index == 0 && is_name(name, length, MEMORY_NAME), "the memory as \"memory\"");
  } else if (sl_wasm_form(r,
                          kind == EXPORT_GLOBAL && index < p->global_count &&
                              m->globals[index].constant && is_name(name, length, HEAP_NAME) &&
                              !m->has_arena,
                          "functions, a memory and a constant __heap_base")) {
    m->has_arena = true;
    m->arena = (uint32_t)m->globals[index].value;
  }
}

static sl_status write_exports(sl_kernel_module *m) {
  sl_wasm_writer *out = &m->out;
  const size_t opened = begin(m, EXPORTS);
  const uint32_t count = sl_wasm_upto(&m->parts.r, SL_KERNEL_GLOBALS_MAX, "fewer exports");
  SL_TRY(SL_ALLOC(&m->exports, count));
  const size_t count_at = sl_wasm_open(out); // how many there will be
  for (uint32_t i = 0; i < count; i++) write_export(m);
  sl_wasm_put_name(out, MEMORY_NAME, strlen(MEMORY_NAME));
  sl_wasm_put(out, (const uint8_t[]){EXPORT_MEMORY, 0}, 2);
  if (m->parts.metered) {
    sl_wasm_put_name(out, FUEL_NAME, strlen(FUEL_NAME));
    sl_wasm_put_u8(out, EXPORT_GLOBAL);
    sl_wasm_put_u32(out, sl_kernel_fuel_global(&m->parts));
  }
  sl_wasm_fill(out, count_at, m->exported_functions + 1 + m->parts.metered);
  end(m, opened);
  return SL_OK;
}

static sl_status write_code(sl_kernel_module *m) {
  sl_kernel_parts *p = &m->parts;
  sl_wasm_reader *r = &p->r;
  const size_t opened = begin(m, CODE);
  sl_wasm_form(r, sl_wasm_u32(r) == p->function_count, "a body for each function");
  sl_wasm_put_u32(&m->out, p->function_count + p->metered);
  for (uint32_t i = 0; i < p->function_count && r->failed == SL_OK; i++) {
    const size_t whole = sl_wasm_enter(r), from = r->at;
    sl_kernel_read_body(p, i);
    if (r->failed != SL_OK) break;
    r->at = from;
    sl_kernel_write_body(p, i, &m->out);
    sl_wasm_leave(r, whole);
    SL_TRY(m->out.failed);
  }
  if (p->metered) sl_kernel_write_pay(p, &m->out);
  end(m, opened);
  return SL_OK;
}

// One segment. An active one must lie in the memory: engines would trap when they make the instance.
static void check_segment(sl_kernel_module *m, uint64_t *most) {
  sl_kernel_parts *p = &m->parts;
  sl_wasm_reader *r = &p->r;
  int64_t offset = 0;
  const uint32_t flags = sl_wasm_u32(r);
  sl_wasm_form(r, flags <= 1, "data of memory 0");
  if (flags == 0) sl_wasm_form(r, read_constant(p, &offset) == 0x41, "an address of 32 bits");
  const uint32_t length = sl_wasm_u32(r);
  sl_wasm_skip(r, length);
  if (flags == 1) return;
  const uint64_t to = (uint64_t)(uint32_t)offset + length;
  sl_wasm_form(r, to <= (uint64_t)p->least_pages * PAGE, "data inside the memory");
  if (to > *most) *most = to;
}

static void write_data(sl_kernel_module *m) {
  sl_kernel_parts *p = &m->parts;
  sl_wasm_reader *r = &p->r;
  uint64_t most = 0;
  if (has(m, DATA)) {
    const size_t opened = begin(m, DATA), from = r->at;
    const uint32_t count = sl_wasm_upto(r, SL_KERNEL_GLOBALS_MAX, "fewer data segments");
    sl_wasm_form(r, !has(m, DATA_COUNT) || count == p->data_count, "as many data segments as said");
    for (uint32_t i = 0; i < count; i++) check_segment(m, &most);
    copy(m, from);
    end(m, opened);
  } else {
    sl_wasm_form(r, p->data_count == 0, "as many data segments as said");
  }
  if (!m->has_arena) m->arena = (uint32_t)most;
  sl_wasm_form(r, m->arena >= most && m->arena <= (uint64_t)p->pages * PAGE,
               "a heap behind the data, inside the memory");
}

static void write_data_count(sl_kernel_module *m) {
  if (!has(m, DATA_COUNT)) return;
  const size_t opened = begin(m, DATA_COUNT);
  m->parts.data_count = sl_wasm_upto(&m->parts.r, SL_KERNEL_GLOBALS_MAX, "fewer data segments");
  sl_wasm_put_u32(&m->out, m->parts.data_count);
  end(m, opened);
}

// Takes functions that nobody is left to call, one after the other, as far as there are any: who calls whom in a circle is
// never among them. Sizes are checked on the way.
static sl_status measure_chains(sl_kernel_module *m, uint32_t *ready) {
  sl_kernel_parts *p = &m->parts;
  for (size_t i = 0; i < p->calls_count; i++) p->functions[p->calls[i]].callers++;
  uint32_t count = 0;
  for (uint32_t i = 0; i < p->function_count; i++) {
    if (p->functions[i].callers == 0) ready[count++] = i;
  }
  for (uint32_t i = 0; i < count; i++) {
    sl_kernel_function *f = &p->functions[ready[i]];
    f->depth++;
    f->chain += f->frame;
    sl_wasm_supported(&p->r, f->depth <= SL_KERNEL_DEPTH_MAX && f->chain <= SL_KERNEL_FRAME_MAX,
                      "fewer calls in calls, smaller functions");
    if (p->r.failed != SL_OK) return p->r.failed;
    if (f->depth > m->depth) m->depth = f->depth;
    for (uint32_t j = 0; j < f->calls; j++) {
      const uint32_t index = p->calls[f->first_call + j];
      sl_kernel_function *callee = &p->functions[index];
      if (f->depth > callee->depth) callee->depth = f->depth;
      if (f->chain > callee->chain) callee->chain = f->chain;
      if (--callee->callers == 0) ready[count++] = index;
    }
  }
  sl_wasm_supported(&p->r, count == p->function_count, "functions without recursion");
  return p->r.failed;
}

static sl_status decode(sl_kernel_module *m) {
  const sl_wasm_reader *r = &m->parts.r;
  find_sections(m);
  SL_TRY(r->failed);
  SL_TRY(write_types(m));
  SL_TRY(r->failed);
  SL_TRY(write_functions(m));
  check_tables(m);
  SL_TRY(write_memory(m));
  SL_TRY(write_globals(m));
  SL_TRY(r->failed);
  SL_TRY(write_exports(m));
  write_data_count(m);
  SL_TRY(r->failed);
  SL_TRY(write_code(m));
  write_data(m);
  SL_TRY(r->failed);
  SL_TRY(m->out.failed);
  uint32_t *ready;
  SL_TRY(SL_ALLOC(&ready, m->parts.function_count));
  const sl_status measured = measure_chains(m, ready);
  sl_free(ready);
  return measured;
}

static void free_working(sl_kernel_module *m) {
  sl_free(m->parts.calls);
  sl_free(m->parts.runs);
  sl_free(m->globals);
  m->parts.calls = m->parts.runs = NULL;
  m->globals = NULL;
}

sl_status sl_kernel_module_create(const uint8_t *bytes, size_t count, uint32_t pages,
                                  uint32_t features, uint32_t metered, sl_kernel_module **out) {
  *out = NULL;
  SL_REQUIRE(pages >= 1 && pages <= SL_KERNEL_PAGES_MAX, SL_ERR_OPTION, "pages", "1 to 32768");
  SL_REQUIRE(features <= SL_KERNEL_FEATURES, SL_ERR_OPTION, "features", "known features");
  SL_REQUIRE(count <= SL_KERNEL_BYTES_MAX, SL_ERR_UNSUPPORTED, "bytes", "at most 1 MiB");
  sl_kernel_module *m;
  SL_TRY(SL_ALLOC_ZERO(&m, 1));
  m->parts.r = (sl_wasm_reader){bytes, 0, count, SL_OK};
  m->parts.pages = pages;
  m->parts.features = features;
  m->parts.metered = metered != 0;
  const sl_status status = decode(m);
  free_working(m);
  m->parts.r.bytes = NULL; // not kept
  if (status == SL_OK)
    *out = m;
  else
    sl_kernel_module_destroy(m);
  return status;
}

void sl_kernel_module_destroy(sl_kernel_module *m) {
  if (m == NULL) return;
  free_working(m);
  sl_free(m->parts.types);
  sl_free(m->parts.functions);
  sl_free(m->exports);
  sl_free(m->out.bytes);
  sl_free(m);
}

sl_status sl_kernel_module_output(const sl_kernel_module *m, const uint8_t **copy, size_t *count) {
  *copy = m->out.bytes;
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
