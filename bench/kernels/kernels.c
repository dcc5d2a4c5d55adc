// The distance kernels of csrc/simd in loops over data that stays in the L1 cache, for
// bench/vector.bench.ts: the same C as a WebAssembly module in the simd and the relaxed variant
// (run by serve.mjs) and as a native program (with NATIVE defined).
//
// Kernels: 0 dot1, 1 dot4, 2 squared1, 3 squared4 of f32; 4 dot4 of int8 codes. One call takes
// one query against four rows: a four-row kernel once, a one-row kernel four times. Each file of
// csrc/simd is compiled on its own, so that no kernel is moved into the loop.
#include "simd/distance_f32.h"
#include "simd/distance_i8.h"

#define DIMENSION_MOST 768

// The largest are four rows and a query of f32: 15 KB.
static float query_f32[DIMENSION_MOST], rows_f32[4][DIMENSION_MOST];
static uint16_t query_i14[DIMENSION_MOST], packed_i14[DIMENSION_MOST];
static int8_t rows_i8[4][DIMENSION_MOST];

// Integers, so that a reference is exact: x = ((31 i + 17 r + 5) mod 255 - 127), row 4 the query;
// f32 values are x / 128.
static int value(unsigned i, unsigned r) { return (int)((31 * i + 17 * r + 5) % 255) - 127; }

void kernels_fill(void) {
  for (unsigned i = 0; i < DIMENSION_MOST; i++) {
    query_f32[i] = (float)value(i, 4) / 128;
    query_i14[i] = (uint16_t)(64 * (value(i, 4) + 127));
    for (unsigned r = 0; r < 4; r++) {
      rows_f32[r][i] = (float)value(i, r) / 128;
      rows_i8[r][i] = (int8_t)value(i, r);
    }
  }
}

// `calls` calls of a kernel over n elements; the sum of the last call's four results. NaN for a
// kernel that is not there.
double kernels_run(unsigned kernel, unsigned n, unsigned calls) {
  const float *const f[4] = {rows_f32[0], rows_f32[1], rows_f32[2], rows_f32[3]};
  const int8_t *const b[4] = {rows_i8[0], rows_i8[1], rows_i8[2], rows_i8[3]};
  float out[4] = {0, 0, 0, 0};
  int32_t out_i8[4] = {0, 0, 0, 0};
  switch (kernel) {
  case 0:
    for (unsigned k = 0; k < calls; k++)
      for (unsigned r = 0; r < 4; r++) out[r] = sl_dot1_f32(query_f32, f[r], n);
    break;
  case 1:
    for (unsigned k = 0; k < calls; k++) sl_dot4_f32(query_f32, f, n, out);
    break;
  case 2:
    for (unsigned k = 0; k < calls; k++)
      for (unsigned r = 0; r < 4; r++) out[r] = sl_squared1_f32(query_f32, f[r], n);
    break;
  case 3:
    for (unsigned k = 0; k < calls; k++) sl_squared4_f32(query_f32, f, n, out);
    break;
  case 4:
    sl_i14_pack(query_i14, n, packed_i14);
    for (unsigned k = 0; k < calls; k++) sl_dot4_i14_i8(packed_i14, b, n, out_i8);
    break;
  default:
    return 0.0 / 0.0;
  }
  double sum = 0;
  for (unsigned r = 0; r < 4; r++) sum += (double)out[r] + out_i8[r];
  return sum;
}

#ifdef NATIVE
#include "protocol.h"

static double result;

static void load(const char *path) { (void)path; }

// METHOD is KERNEL:N, the number after it the calls. A tenth of them runs before the clock.
static const char *run(const char *method, double calls, peer_answer *answer) {
  unsigned kernel, n;
  if (sscanf(method, "%u:%u", &kernel, &n) != 2 || n > DIMENSION_MOST) return "unknown kernel";
  kernels_run(kernel, n, (unsigned)(calls / 10) + 1);
  double start = peer_now();
  result = kernels_run(kernel, n, (unsigned)calls);
  answer->milliseconds = peer_now() - start;
  answer->iterations = (long)calls;
  answer->result = &result;
  answer->length = 1;
  return NULL;
}

int main(void) {
  kernels_fill();
  return peer_serve(load, run);
}
#endif
