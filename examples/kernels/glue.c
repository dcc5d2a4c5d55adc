// What stands between host.c and a program that wasm2c has translated: its memory, its traps, its fuel. Compiled by host.c
// with the program. Each access of the program is checked against the size of its memory.
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

static Z_program_instance_t instance;
static jmp_buf trap;

void wasm_rt_trap(wasm_rt_trap_t code) { longjmp(trap, (int)code + 1); }
bool wasm_rt_is_initialized(void) { return true; }
uint32_t wasm_rt_register_func_type(uint32_t parameters, uint32_t results, ...) {
  return parameters + results + 1;
}
void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t pages, uint32_t most) {
  memory->data = calloc(pages, 65536);
  memory->pages = pages;
  memory->max_pages = most;
  memory->size = memory->data == NULL ? 0 : pages * 65536u;
}
void wasm_rt_free_memory(wasm_rt_memory_t *memory) { free(memory->data); }

uint8_t *glue_open(uint32_t *size) {
  if (setjmp(trap) != 0) return NULL;
  Z_program_init_module();
  Z_program_instantiate(&instance);
  *size = Z_programZ_memory(&instance)->size;
  return Z_programZ_memory(&instance)->data;
}

// Whether it ended; if not and the fuel is negative, this was the reason.
bool glue_nearest(const uint32_t a[7], int64_t *fuel, uint32_t *returned) {
  u64 *meter = Z_programZ_sublinearZ2Efuel(&instance);
  *meter = (u64)*fuel;
  const bool ended = setjmp(trap) == 0;
  if (ended) *returned = Z_programZ_nearest(&instance, a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
  *fuel = (int64_t)*meter;
  return ended;
}
