// Modules of kernels: what is refused and why, what a metered copy consists of, and bytes that are not a module at all.
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "kernelpack/module.h"

typedef struct bytes {
  uint8_t at[4096];
  size_t count;
} bytes;

static void hex(bytes *b, const char *text) {
  unsigned byte;
  int used;
  for (; sscanf(text, "%2x%n", &byte, &used) == 1; text += used) b->at[b->count++] = (uint8_t)byte;
}

static void leb(bytes *b, size_t value) {
  for (; value >= 0x80; value >>= 7) b->at[b->count++] = (uint8_t)(value | 0x80);
  b->at[b->count++] = (uint8_t)value;
}

static void section(bytes *b, unsigned id, const char *text) {
  if (text == NULL) return;
  bytes content = {.count = 0};
  hex(&content, text);
  b->at[b->count++] = (uint8_t)id;
  leb(b, content.count);
  memcpy(b->at + b->count, content.at, content.count);
  b->count += content.count;
}

// A module: sections by their numbers, in hexadecimal. What is not said is a function f(i32) -> i32 that returns its
// argument, its export and a memory of a page.
typedef struct parts {
  const char *section[13];
  const char *body; // locals and instructions of function 0
  const char *more; // of the other functions, with their lengths
  unsigned functions;
} parts;

static bytes module_of(parts p) {
  static const char *usual[13] = {
      [1] = "01 60 01 7f 01 7f", [5] = "01 00 01", [7] = "01 01 66 00 00"};
  static const unsigned order[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11};
  bytes b = {.count = 0};
  hex(&b, "00 61 73 6d 01 00 00 00");
  const unsigned functions = p.functions > 0 ? p.functions : 1;
  for (size_t i = 0; i < 12; i++) {
    const unsigned id = order[i];
    char text[3000];
    const char *content = p.section[id] != NULL ? p.section[id] : usual[id];
    if (id == 3 && content == NULL) {
      size_t n = (size_t)sprintf(text, "%02x", functions);
      for (unsigned f = 0; f < functions; f++) n += (size_t)sprintf(text + n, "00");
      content = text;
    }
    if (id == 10 && content == NULL) {
      bytes body = {.count = 0};
      const char *own = p.body != NULL ? p.body : "00 20 00 0b";
      hex(&body, own);
      sprintf(text, "%02x %02x%s%s", functions, (unsigned)body.count, own,
              p.more != NULL ? p.more : "");
      content = text;
    }
    section(&b, id, content);
  }
  return b;
}

static sl_status make(const bytes *b, uint32_t metered, sl_kernel_module **out) {
  // As long as it is: the sanitizers see a read beyond its end.
  uint8_t *copy = malloc(b->count > 0 ? b->count : 1);
  memcpy(copy, b->at, b->count);
  const sl_status status =
      sl_kernel_module_create(copy, b->count, 3, SL_KERNEL_FEATURES, metered, out);
  free(copy);
  return status;
}

static sl_status try_parts(parts p) {
  const bytes b = module_of(p);
  sl_kernel_module *m;
  const sl_status status = make(&b, 1, &m);
  sl_kernel_module_destroy(m);
  return status;
}

static void assert_bytes(const sl_kernel_module *m, const char *wanted) {
  bytes b = {.count = 0};
  hex(&b, wanted);
  const uint8_t *got;
  size_t count;
  assert_ok(sl_kernel_module_output(m, &got, &count));
  assert_int_equal(count, b.count);
  assert_memory_equal(got, b.at, count);
}

static void writes_a_copy_of_one_size(void **state) {
  (void)state;
  const bytes b = module_of((parts){.section = {[5] = "01 01 01 ff ff 03"}});
  sl_kernel_module *m;
  assert_ok(make(&b, 0, &m));
  assert_bytes(m,
               "00 61 73 6d 01 00 00 00 01 86 80 80 80 00 01 60 01 7f 01 7f 03 82 80 80 80 00 01 00"
               "05 84 80 80 80 00 01 01 03 03"
               "07 92 80 80 80 00 82 80 80 80 00 01 66 00 00 06 6d 65 6d 6f 72 79 02 00"
               "0a 8a 80 80 80 00 01 84 80 80 80 00 00 20 00 0b");
  sl_kernel_module_destroy(m);
}

static void meters_each_run_of_instructions(void **state) {
  (void)state;
  // loop { local.get 0; br_if 0 } local.get 0
  const bytes b = module_of((parts){.body = "00 03 40 20 00 0d 00 0b 20 00 0b"});
  sl_kernel_module *m;
  double facts[SL_KERNEL_FACTS];
  assert_ok(make(&b, 1, &m));
  assert_ok(sl_kernel_module_read(m, facts));
  assert_int_equal((int)facts[SL_KERNEL_FACT_INSTRUCTIONS], 3);
  assert_int_equal((int)facts[SL_KERNEL_FACT_RUNS], 3); // before the loop, in it, behind it
  assert_int_equal((int)facts[SL_KERNEL_FACT_DEPTH], 1);
  const uint8_t *got;
  size_t count;
  assert_ok(sl_kernel_module_output(m, &got, &count));
  bytes body = {.count = 0};
  hex(&body, "01 01 7e 23 00 21 01 02 40"
             "03 40 20 01 42 02 7d 22 01 42 00 53 0d 01 20 00 0d 00" // the loop pays two
             "20 01 42 01 7d 22 01 42 00 53 0d 01 0b 20 00"          // what is behind it pays one
             "20 01 24 00 0f 0b 20 01 24 00 00 0b");
  bool found = false;
  for (size_t i = 0; i + body.count <= count; i++)
    found = found || memcmp(got + i, body.at, body.count) == 0;
  assert_true(found);
  sl_kernel_module_destroy(m);
}

static void tells_exports_and_arena(void **state) {
  (void)state;
  const bytes b = module_of((parts){
      .section = {
          [6] = "02 7f 01 41 00 0b 7f 00 41 90 ce 00 0b",
          [7] =
              "03 01 66 00 00 06 6d 65 6d 6f 72 79 02 00 0b 5f 5f 68 65 61 70 5f 62 61 73 65 03 01",
          [11] = "02 00 41 10 0b 03 01 02 03 01 02 05 06"}});
  sl_kernel_module *m;
  double facts[SL_KERNEL_FACTS];
  assert_ok(make(&b, 1, &m));
  assert_ok(sl_kernel_module_read(m, facts));
  assert_int_equal((int)facts[SL_KERNEL_FACT_ARENA], 10000);
  assert_int_equal((int)facts[SL_KERNEL_FACT_EXPORTS], 1);
  assert_int_equal((int)facts[SL_KERNEL_FACT_PAGES], 1);
  const char *name;
  size_t length;
  uint8_t types[80];
  uint32_t counts[2];
  assert_ok(sl_kernel_module_export(m, 0, &name, &length, types, counts));
  assert_int_equal(length, 1);
  assert_int_equal(name[0], 'f');
  assert_int_equal(counts[0] * 16 + counts[1], 0x11);
  assert_int_equal(types[0] + types[1], 2 * 0x7f);
  assert_refused(sl_kernel_module_export(m, 1, &name, &length, types, counts), SL_ERR_INDEX,
                 "index");
  sl_kernel_module_destroy(m);
}

#define assert_bad(code, text, ...)                                                                \
  do {                                                                                             \
    assert_refused(try_parts((parts)__VA_ARGS__), code, "bytes");                                  \
    if (strstr(sl_last_error()->expected, text) == NULL)                                           \
      fail_msg("expected %s", sl_last_error()->expected);                                          \
  } while (0)

static void refuses_ways_out(void **state) {
  (void)state;
  assert_bad(SL_ERR_FORMAT, "imports nothing", {.section = {[2] = "01 01 61 01 62 00 00"}});
  assert_bad(SL_ERR_FORMAT, "imports nothing", {.section = {[2] = "00"}});
  assert_bad(SL_ERR_FORMAT, "start", {.section = {[8] = "00"}});
  assert_bad(SL_ERR_FORMAT, "table is empty", {.section = {[9] = "00"}});
  assert_bad(SL_ERR_FORMAT, "one memory", {.section = {[5] = "02 00 01 00 01"}});
  assert_bad(SL_ERR_UNSUPPORTED, "not shared", {.section = {[5] = "01 03 01 01"}});
  assert_bad(SL_ERR_UNSUPPORTED, "not shared", {.section = {[5] = "01 04 01"}});
  assert_bad(SL_ERR_FORMAT, "__heap_base",
             {.section = {[6] = "01 7f 00 41 00 0b", [7] = "01 01 66 03 00"}});
  assert_bad(
      SL_ERR_FORMAT, "__heap_base",
      {.section = {
           [6] = "01 7f 01 41 00 0b", [7] = "01 0b 5f 5f 68 65 61 70 5f 62 61 73 65 03 00"}});
  assert_bad(SL_ERR_FORMAT, "names that differ", {.section = {[7] = "02 01 66 00 00 01 66 00 00"}});
  assert_bad(SL_ERR_FORMAT, "names other than",
             {.section = {[7] = "01 06 6d 65 6d 6f 72 79 00 00"}});
  assert_bad(SL_ERR_FORMAT, "names other than",
             {.section = {[7] = "01 0e 73 75 62 6c 69 6e 65 61 72 2e 66 75 65 6c 00 00"}});
  assert_refused(try_parts((parts){.section = {[5] = "01 00 04"}}), SL_ERR_OPTION, "pages");
}

// What the copy adds has numbers that the module's instructions may not use.
static void refuses_the_fuel_to_the_module(void **state) {
  (void)state;
  assert_bad(SL_ERR_FORMAT, "global of the module", {.body = "00 23 00 1a 20 00 0b"});
  assert_bad(SL_ERR_FORMAT, "global of the module",
             {.section = {[6] = "01 7f 01 41 00 0b"}, .body = "00 20 00 24 01 20 00 0b"});
  assert_bad(SL_ERR_FORMAT, "local of its function", {.body = "00 20 01 0b"});
  assert_bad(SL_ERR_FORMAT, "local of its function", {.body = "01 02 7e 20 00 21 03 20 00 0b"});
  assert_bad(SL_ERR_FORMAT, "function of the module", {.body = "00 20 00 10 01 0b"});
  assert_bad(SL_ERR_FORMAT, "label", {.body = "00 0c 01 0b"});
  assert_bad(SL_ERR_FORMAT, "label", {.body = "00 02 40 20 00 0e 01 00 02 0b 20 00 0b"});
  assert_bad(SL_ERR_FORMAT, "type of the module", {.body = "00 02 01 0b 20 00 0b"});
  assert_bad(SL_ERR_FORMAT, "type of the module", {.section = {[3] = "01 01"}});
  assert_ok(try_parts((parts){.body = "00 20 00 0c 00 0b"}));
}

static void refuses_what_engines_do_differently(void **state) {
  (void)state;
  assert_bad(SL_ERR_UNSUPPORTED, "recursion", {.body = "00 20 00 10 00 0b"});
  assert_bad(SL_ERR_UNSUPPORTED, "recursion",
             {.functions = 2, .body = "00 20 00 10 01 0b", .more = "06 00 20 00 10 00 0b"});
  assert_ok(
      try_parts((parts){.functions = 2, .body = "00 20 00 10 01 0b", .more = "04 00 20 00 0b"}));
  assert_bad(SL_ERR_UNSUPPORTED, "not relaxed", {.body = "00 fd 80 02 20 00 0b"});
  assert_bad(SL_ERR_UNSUPPORTED, "not relaxed", {.body = "00 fd 9a 01 20 00 0b"});
  assert_bad(SL_ERR_UNSUPPORTED, "threads", {.body = "00 fe 03 00 20 00 0b"});
  assert_bad(SL_ERR_UNSUPPORTED, "tables", {.body = "00 20 00 11 00 00 0b"});
  assert_bad(SL_ERR_UNSUPPORTED, "exceptions", {.body = "00 06 40 0b 20 00 0b"});
  assert_bad(SL_ERR_UNSUPPORTED, "tables", {.body = "00 fc 0c 00 00 0b"});
  assert_bad(SL_ERR_UNSUPPORTED, "types i32", {.body = "01 01 70 20 00 0b"});
  assert_bad(SL_ERR_UNSUPPORTED, "fewer locals", {.body = "01 ff ff ff ff 0f 7f 20 00 0b"});
}

static void refuses_bad_forms(void **state) {
  (void)state;
  assert_bad(SL_ERR_FORMAT, "last byte", {.body = "00 20 00 0b 01"});
  assert_bad(SL_ERR_TRUNCATED, "more bytes", {.body = "00 20 00"});
  assert_bad(SL_ERR_TRUNCATED, "more bytes", {.body = "00 41 0b"}); // the last byte is a number
  assert_bad(SL_ERR_FORMAT, "else of an if", {.body = "00 02 40 05 0b 20 00 0b"});
  assert_bad(SL_ERR_FORMAT, "32 bits", {.body = "00 20 80 80 80 80 10 0b"});
  assert_bad(SL_ERR_FORMAT, "signed", {.body = "00 41 ff ff ff ff 4f 0b"});
  assert_bad(SL_ERR_FORMAT, "alignment", {.body = "00 20 00 28 03 00 0b"});
  assert_bad(SL_ERR_FORMAT, "lane", {.body = "00 fd 15 10 0b"});
  assert_bad(SL_ERR_FORMAT, "data segment", {.body = "00 fc 09 00 20 00 0b"});
  assert_bad(SL_ERR_FORMAT, "inside the memory",
             {.section = {[11] = "01 00 41 ff ff 03 0b 02 01 02"}});
  assert_bad(SL_ERR_FORMAT, "inside the memory", {.section = {[11] = "01 00 41 7f 0b 01 01"}});
  assert_bad(SL_ERR_FORMAT, "as many data", {.section = {[12] = "01"}});
  assert_bad(SL_ERR_FORMAT, "a constant", {.section = {[6] = "01 7f 00 23 00 0b"}});
  assert_bad(SL_ERR_FORMAT, "a body for each", {.section = {[10] = "00"}});
  assert_bad(SL_ERR_FORMAT, "as long as it says", {.section = {[3] = "01 00 00"}});
  bytes b = module_of((parts){.body = NULL});
  sl_kernel_module *m;
  for (size_t count = 0; count < b.count; count++) {
    bytes part = b;
    part.count = count;
    assert_int_not_equal(make(&part, 1, &m), SL_OK);
    assert_null(m);
  }
  section(&b, 3, "01 00");
  assert_refused(make(&b, 1, &m), SL_ERR_FORMAT, "bytes");
  b = module_of((parts){.body = NULL});
  section(&b, 0, "02 c3 28");
  assert_refused(make(&b, 1, &m), SL_ERR_FORMAT, "bytes"); // a name that is no UTF-8
}

static void knows_what_is_declared(void **state) {
  (void)state;
  static const struct {
    const char *body;
    uint32_t feature;
  } uses[] = {
      {"00 20 00 fd 0f fd 15 00 0b", SL_KERNEL_SIMD},
      {"00 41 00 41 00 20 00 fc 0b 00 20 00 0b", SL_KERNEL_BULK_MEMORY},
      {"00 20 00 c0 0b", SL_KERNEL_SIGN_EXTENSION},
      {"00 20 00 be fc 00 0b", SL_KERNEL_SATURATING},
      {"00 20 00 02 00 0b 0b", SL_KERNEL_MULTI_VALUE},
  };
  for (size_t i = 0; i < 5; i++) {
    const bytes b = module_of((parts){.body = uses[i].body});
    sl_kernel_module *m;
    double facts[SL_KERNEL_FACTS];
    assert_ok(make(&b, 1, &m));
    assert_ok(sl_kernel_module_read(m, facts));
    assert_int_equal((uint32_t)facts[SL_KERNEL_FACT_FEATURES], uses[i].feature);
    sl_kernel_module_destroy(m);
    const uint32_t others = SL_KERNEL_FEATURES & ~uses[i].feature;
    assert_refused(sl_kernel_module_create(b.at, b.count, 1, others, 1, &m), SL_ERR_UNSUPPORTED,
                   "bytes");
  }
  const bytes b = module_of((parts){.body = NULL});
  sl_kernel_module *m;
  assert_refused(sl_kernel_module_create(b.at, b.count, 0, 0, 1, &m), SL_ERR_OPTION, "pages");
  assert_refused(sl_kernel_module_create(b.at, b.count, 40000, 0, 1, &m), SL_ERR_OPTION, "pages");
  assert_refused(sl_kernel_module_create(b.at, b.count, 1, 64, 1, &m), SL_ERR_OPTION, "features");
}

static uint8_t *read_file(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail_msg("%s cannot be read", path);
  uint8_t *all = malloc(1 << 16);
  *count = fread(all, 1, 1 << 16, file);
  fclose(file);
  return all;
}

// The example kernels: decoded, cut at every byte, and changed in up to four places.
static void any_bytes_are_decoded_or_refused(void **state) {
  (void)state;
  static const char *names[] = {"examples/kernels/kernels.wasm", "examples/kernels/nearest.wasm"};
  sl_rng rng;
  sl_rng_seed(&rng, 11);
  for (int file = 0; file < 2; file++) {
    size_t count;
    uint8_t *whole = read_file(names[file], &count), *changed = malloc(count);
    sl_kernel_module *m;
    double facts[SL_KERNEL_FACTS];
    assert_ok(sl_kernel_module_create(whole, count, 16, SL_KERNEL_FEATURES, 1, &m));
    assert_ok(sl_kernel_module_read(m, facts));
    assert_int_equal((int)facts[SL_KERNEL_FACT_EXPORTS], file == 0 ? 4 : 1);
    sl_kernel_module_destroy(m);
    // The linker's last section says who made the module: a cut before it is a whole module.
    for (size_t cut = 0; cut + 200 < count; cut++) {
      uint8_t *part = malloc(cut + 1);
      memcpy(part, whole, cut);
      assert_int_not_equal(sl_kernel_module_create(part, cut, 16, SL_KERNEL_FEATURES, 1, &m),
                           SL_OK);
      free(part);
    }
    int accepted = 0;
    for (int round = 0; round < 4000; round++) {
      memcpy(changed, whole, count);
      for (int i = 0; i <= round % 4; i++)
        changed[sl_rng_below(&rng, (uint32_t)count)] = (uint8_t)sl_rng_below(&rng, 256);
      if (sl_kernel_module_create(changed, count, 16, SL_KERNEL_FEATURES, 1, &m) == SL_OK)
        accepted++;
      sl_kernel_module_destroy(m);
    }
    assert_in_range(accepted, 1, 3999);
    free(whole);
    free(changed);
  }
}

static void gives_everything_back_when_memory_ends(void **state) {
  (void)state;
  size_t count;
  uint8_t *whole = read_file("examples/kernels/kernels.wasm", &count);
  sl_kernel_module *m;
  int refused = 0;
  for (size_t limit = 0; limit < 60000; limit += 500) {
    sl_set_memory_limit(limit);
    const sl_status status = sl_kernel_module_create(whole, count, 16, SL_KERNEL_FEATURES, 1, &m);
    if (status != SL_OK) {
      assert_int_equal(status, SL_ERR_MEMORY);
      refused++;
    }
    sl_kernel_module_destroy(m);
    assert_int_equal(sl_bytes_in_use(), 0);
  }
  assert_in_range(refused, 5, 119);
  free(whole);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(writes_a_copy_of_one_size),
      property(meters_each_run_of_instructions),
      property(tells_exports_and_arena),
      property(refuses_ways_out),
      property(refuses_the_fuel_to_the_module),
      property(refuses_what_engines_do_differently),
      property(refuses_bad_forms),
      property(knows_what_is_declared),
      property(any_bytes_are_decoded_or_refused),
      property(gives_everything_back_when_memory_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
