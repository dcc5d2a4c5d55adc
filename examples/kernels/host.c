// Answers queries from nothing but a file: vectors, and the program that searches them. The C library verifies the file and
// meters the program; wasm2c (Debian's package wabt) translates it to C, cc makes a library of that, which this host loads.
//
//   cc examples/kernels/host.c $(pkg-config --cflags --libs sublinear) -ldl -o host
//   ./host vectors.slk <public key or hash of the manifest, in hexadecimal> examples/kernels/glue.c 0.5 0.5 0.1
#include <ctype.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "format/hash_tree.h"
#include "format/segments.h"
#include "kernelpack/module.h"

#define BUNDLE 0x4c444e42u // "BNDL"

typedef struct segment {
  const uint8_t *bytes, *entry;
  size_t length;
} segment;

static void fail(const char *what) {
  fprintf(stderr, "%s: %s, expected %s\n", what, sl_status_text(sl_last_error()->status),
          sl_last_error()->expected);
  exit(1);
}
static void refuse(const char *why) {
  fprintf(stderr, "%s\n", why);
  exit(1);
}

static uint8_t *read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) refuse("the file cannot be read");
  *length = (size_t)ftell(file);
  rewind(file);
  uint8_t *bytes = malloc(*length + 1);
  if (bytes == NULL || fread(bytes, 1, *length, file) != *length) refuse("the file cannot be read");
  fclose(file);
  return bytes;
}

// A segment whose bytes have the hash that the directory says (docs/format.md has the bytes).
static segment find(const uint8_t *file, const char *name) {
  const uint32_t count = sl_get_u32(file + 20);
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t *entry = file + SL_SEGMENTS_HEADER + (size_t)128 * i;
    if (strncmp((const char *)entry, name, 32) != 0) continue;
    segment s = {file + sl_get_u64(entry + 72), entry, (size_t)sl_get_u64(entry + 80)};
    const uint32_t block = sl_get_u32(entry + 88);
    uint8_t root[32];
    if (sl_hash_tree_blocks(s.bytes, s.length, block > 0 ? block : (uint32_t)s.length + 1, NULL,
                            root) != SL_OK)
      fail(name);
    if (memcmp(root, entry + 96, 32) != 0) refuse("a segment is damaged");
    return s;
  }
  fprintf(stderr, "there is no segment %s\n", name);
  exit(1);
}

static void hex(const char *text, uint8_t *out) {
  for (int i = 0; i < 32; i++) {
    unsigned byte;
    if (sscanf(text + 2 * i, "%2x", &byte) != 1) refuse("expected 64 hexadecimal digits");
    out[i] = (uint8_t)byte;
  }
}

// Whether the manifest has this hash, or is signed by this key.
static bool is_trusted(const uint8_t *file, segment manifest, const uint8_t trusted[32]) {
  static const char line[] = "sublinear kernel pack 1\n";
  uint8_t hash[32];
  if (sl_hash_of(SL_HASH_SHA256, manifest.bytes, manifest.length, hash, 32) != SL_OK)
    fail("manifest");
  if (memcmp(hash, trusted, 32) == 0) return true;
  const segment signatures = find(file, "signatures");
  const size_t begun = sizeof line - 1, length = begun + manifest.length;
  uint8_t *statement = malloc(length);
  if (statement == NULL) refuse("no memory");
  memcpy(statement, line, begun);
  memcpy(statement + begun, manifest.bytes, manifest.length);
  bool found = false;
  for (size_t at = 0; at + 96 <= signatures.length; at += 96) {
    const uint8_t *key = signatures.bytes + at;
    found = found ||
            (memcmp(key, trusted, 32) == 0 && sl_ed25519_verify(key, key + 32, statement, length));
  }
  free(statement);
  return found;
}

// What follows a key in the manifest, which whoever is trusted has written.
static const char *value_of(const char *manifest, const char *key) {
  const char *at = strstr(manifest, key);
  if (at == NULL) refuse("the manifest lacks something");
  for (at += strlen(key); *at == ':' || *at == '"' || isspace((unsigned char)*at);) at++;
  return at;
}

// The program as a library in a folder of its own.
static void *translate(const uint8_t *wasm, size_t length, const char *glue) {
  char folder[] = "/tmp/sublinear-host-XXXXXX", path[64], command[1200];
  if (mkdtemp(folder) == NULL) refuse("no folder for the program");
  snprintf(path, sizeof path, "%s/program.wasm", folder);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(wasm, 1, length, file) != length || fclose(file) != 0)
    refuse("the program cannot be written");
  snprintf(command, sizeof command,
           "cp '%s' %s/glue.c && cd %s && wasm2c program.wasm -n program -o program.c && "
           "${CC:-cc} -O2 -shared -fPIC -DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0 "
           "-DWASM_RT_USE_STACK_DEPTH_COUNT=0 -o program.so program.c glue.c -lm",
           glue, folder, folder);
  if (system(command) != 0) refuse("wasm2c or cc failed: apt-get install wabt gcc");
  snprintf(path, sizeof path, "%s/program.so", folder);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  snprintf(command, sizeof command, "rm -r %s", folder);
  if (library == NULL || system(command) != 0) refuse("the program cannot be loaded");
  return library;
}

int main(int count, char **words) {
  if (count < 5) refuse("expected a file, what is trusted, glue.c, and the numbers of a query");
  size_t length;
  uint8_t *file = read_file(words[1], &length), trusted[32], hash[32], wanted[32];
  hex(words[2], trusted);
  if (sl_segments_check(file, length, BUNDLE, (double)length) != SL_OK) fail(words[1]);
  const segment manifest = find(file, "manifest"), program = find(file, "program");
  if (!is_trusted(file, manifest, trusted)) refuse("nobody who is trusted has signed the file");
  char *text = calloc(manifest.length + 1, 1);
  if (text == NULL) refuse("no memory");
  memcpy(text, manifest.bytes, manifest.length);
  hex(value_of(text, "\"sha256\""), wanted);
  if (sl_hash_of(SL_HASH_SHA256, program.bytes, program.length, hash, 32) != SL_OK) fail("program");
  if (memcmp(hash, wanted, 32) != 0) refuse("the program is not that of the manifest");
  const segment vectors = find(file, "vectors");
  char root[65];
  for (int i = 0; i < 32; i++) snprintf(root + 2 * i, 3, "%02x", vectors.entry[96 + i]);
  if (strstr(text, root) == NULL) refuse("the vectors are not those of the manifest");

  sl_kernel_module *module;
  const uint8_t *wasm;
  size_t wasm_length;
  double facts[SL_KERNEL_FACTS];
  const uint32_t pages = (uint32_t)atoi(value_of(text, "\"pages\""));
  if (sl_kernel_module_create(program.bytes, program.length, pages, SL_KERNEL_FEATURES, 1,
                              &module) != SL_OK ||
      sl_kernel_module_output(module, &wasm, &wasm_length) != SL_OK ||
      sl_kernel_module_read(module, facts) != SL_OK)
    fail("program");
  void *library = translate(wasm, wasm_length, words[3]);
  uint8_t *(*open)(uint32_t *) = (uint8_t *(*)(uint32_t *))dlsym(library, "glue_open");
  bool (*nearest)(const uint32_t *, int64_t *, uint32_t *) =
      (bool (*)(const uint32_t *, int64_t *, uint32_t *))dlsym(library, "glue_nearest");
  uint32_t size, returned = 1;
  uint8_t *memory = open == NULL ? NULL : open(&size);
  if (memory == NULL || nearest == NULL) refuse("the program cannot be loaded");

  // Vectors, query and results one behind the other, at multiples of 16 behind the program's own data.
  enum { K = 3 };
  const uint32_t width = (uint32_t)count - 4, rows = (uint32_t)sl_get_u64(vectors.entry + 40);
  if (sl_get_u64(vectors.entry + 48) != width) refuse("the query has another number of numbers");
  const uint32_t at = ((uint32_t)facts[SL_KERNEL_FACT_ARENA] + 15) / 16 * 16;
  const uint64_t query = (at + vectors.length + 15) / 16 * 16, ids = query + 4u * width + 16;
  if (ids + 64 > size) refuse("the memory of the program is too small");
  memcpy(memory + at, vectors.bytes, vectors.length);
  for (uint32_t i = 0; i < width; i++) {
    const float number = strtof(words[4 + i], NULL);
    memcpy(memory + query + 4u * i, &number, 4);
  }
  const uint32_t arguments[7] = {
      at, (uint32_t)query, (uint32_t)ids, (uint32_t)ids + 16, rows, width, K};
  int64_t fuel = 100000000;
  if (!nearest(arguments, &fuel, &returned) || returned != 0)
    refuse(fuel < 0 ? "the fuel is used up" : "the program failed");
  for (int i = 0; i < K; i++) {
    float distance;
    memcpy(&distance, memory + ids + 16 + 4 * i, 4);
    printf("%u %.4f\n", sl_get_u32(memory + ids + 4 * i), distance);
  }
  fprintf(stderr, "%lld instructions\n", 100000000 - (long long)fuel);
  dlclose(library);
  sl_kernel_module_destroy(module);
  free(text);
  free(file);
  return 0;
}
