// Runs a fuzz target on given files instead of generated ones: the corpora as ordinary tests, with
// any compiler.
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const uint8_t *data, size_t size) {
  // A block of exactly this size: reading past it is found.
  uint8_t *copy = malloc(size ? size : 1);
  for (size_t i = 0; i < size; i++) copy[i] = data[i];
  LLVMFuzzerTestOneInput(copy, size);
  free(copy);
}

// Every beginning of the file, and the file with each byte changed.
static void run_file(const char *path) {
  static uint8_t data[1 << 16];
  FILE *file = fopen(path, "rb");
  if (file == NULL) abort();
  size_t size = fread(data, 1, sizeof data, file);
  fclose(file);
  for (size_t cut = 0; cut <= size; cut++) run(data, cut);
  for (size_t at = 0; at < size; at++) {
    uint8_t kept = data[at];
    const uint8_t changes[6] = {0, '\n', ' ', '9', '-', (uint8_t)(kept ^ 0x80)};
    for (int k = 0; k < 6; k++) {
      data[at] = changes[k];
      run(data, size);
    }
    data[at] = kept;
  }
}

int main(int count, char **arguments) {
  int files = 0;
  for (int k = 1; k < count; k++) {
    DIR *folder = opendir(arguments[k]);
    if (folder == NULL) abort();
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
      char path[4096];
      if (entry->d_name[0] == '.') continue;
      snprintf(path, sizeof path, "%s/%s", arguments[k], entry->d_name);
      run_file(path);
      files++;
    }
    closedir(folder);
  }
  printf("%d files\n", files);
  return files == 0;
}
