// Raw ABI of attention/fixed.h.
#include "attention/fixed.h"
#include "base/abi_job.h"

static sl_status get(sl_handle handle, sl_fixed_block **out) {
  return sl_abi_job_get(handle, &sl_fixed_block_kind, out);
}

// 0 after a failure. shape: width, heads, inner, causal, multiplier and shift of scores.
sl_handle SL_ABI(sl_abi_fixed_block_create)(const uint32_t *shape) {
  sl_fixed_block *made;
  if (sl_fixed_block_create(shape[0], shape[1], shape[2], shape[3], shape[4], shape[5], &made) !=
      SL_OK)
    return 0;
  return sl_abi_job_register(sl_fixed_block_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_fixed_block_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_fixed_block_kind);
}

// asked: sl_fixed_part, elements of values, elements of bias (0: none), multiplier, shift.
int32_t SL_ABI(sl_abi_fixed_block_set)(sl_handle handle, const uint32_t *asked,
                                       const int8_t *values, const int32_t *bias) {
  sl_fixed_block *block;
  SL_TRY(get(handle, &block));
  return sl_fixed_block_set(block, asked[0], values, asked[1], asked[2] > 0 ? bias : NULL, asked[2],
                            asked[3], asked[4]);
}

// x: count int32, read and written; it must stay until the work has ended.
int32_t SL_ABI(sl_abi_fixed_block_begin)(sl_handle handle, int32_t *x, uint32_t count,
                                         uint32_t tokens) {
  sl_fixed_block *block;
  SL_TRY(get(handle, &block));
  return sl_fixed_block_begin(block, x, count, tokens);
}

double SL_ABI(sl_abi_fixed_block_bytes)(sl_handle handle) {
  sl_fixed_block *block;
  return get(handle, &block) == SL_OK ? (double)sl_fixed_block_bytes(block) : 0;
}
