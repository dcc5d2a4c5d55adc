// Any bytes as a module of kernels: refused, or a copy that is decoded again to itself.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "kernelpack/module.h"

#define REQUIRE(cond)                                                                              \
  do {                                                                                             \
    if (!(cond)) {                                                                                 \
      fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #cond);                           \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void read_facts(const sl_kernel_module *m) {
  double facts[SL_KERNEL_FACTS];
  REQUIRE(sl_kernel_module_read(m, facts) == SL_OK);
  REQUIRE(facts[SL_KERNEL_FACT_ARENA] <= 65536.0 * 4);
  REQUIRE(facts[SL_KERNEL_FACT_DEPTH] <= SL_KERNEL_DEPTH_MAX);
  for (uint32_t i = 0; i < (uint32_t)facts[SL_KERNEL_FACT_EXPORTS]; i++) {
    const char *name;
    size_t count;
    uint8_t types[80];
    uint32_t counts[2];
    REQUIRE(sl_kernel_module_export(m, i, &name, &count, types, counts) == SL_OK);
    for (uint32_t t = 0; t < counts[0] + counts[1]; t++)
      REQUIRE(types[t] >= 0x7b && types[t] <= 0x7f);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  // A copy as long as it is: the sanitizers see a read beyond its end.
  uint8_t *own = malloc(length + 1);
  memcpy(own, bytes, length);
  uint8_t *tight = realloc(own, length > 0 ? length : 1);
  sl_set_memory_limit((size_t)1 << 24);
  sl_kernel_module *plain, *metered, *again;
  const sl_status status = sl_kernel_module_create(tight, length, 4, SL_KERNEL_FEATURES, 0, &plain);
  const sl_status other =
      sl_kernel_module_create(tight, length, 4, SL_KERNEL_FEATURES, 1, &metered);
  REQUIRE(status == other || status == SL_ERR_MEMORY || other == SL_ERR_MEMORY);
  free(tight);
  if (status == SL_OK) {
    const uint8_t *copy, *second;
    size_t count, second_count;
    read_facts(plain);
    (void)sl_kernel_module_output(plain, &copy, &count);
    // The copy's lengths are padded: it may be a little longer than what a module may have.
    if (count <= SL_KERNEL_BYTES_MAX) {
      REQUIRE(sl_kernel_module_create(copy, count, 4, SL_KERNEL_FEATURES, 0, &again) == SL_OK);
      (void)sl_kernel_module_output(again, &second, &second_count);
      REQUIRE(count == second_count && memcmp(copy, second, count) == 0);
      sl_kernel_module_destroy(again);
    }
  }
  if (other == SL_OK) read_facts(metered);
  sl_kernel_module_destroy(plain);
  sl_kernel_module_destroy(metered);
  sl_set_memory_limit(SIZE_MAX);
  REQUIRE(sl_bytes_in_use() == 0);
  return 0;
}
