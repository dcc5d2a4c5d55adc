// Raw ABI of attention/hyperbolic_attention.h.
#include "attention/hyperbolic_attention.h"
#include "base/abi_job.h"

static uint32_t whole(double x) { return x > 0 ? x < 4294967295.0 ? (uint32_t)x : UINT32_MAX : 0; }
static bool addressable(double count) { return count < (double)(SIZE_MAX / 8); }

// 0 after a failure.
sl_handle SL_ABI(sl_abi_hyperbolic_create)(void) {
  sl_hyperbolic *made;
  if (sl_hyperbolic_create(&made) != SL_OK) return 0;
  return sl_abi_job_register(sl_hyperbolic_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_hyperbolic_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_hyperbolic_kind);
}

// asked: eleven numbers: batch, tokens, tokens of keys, heads, heads of keys, size, causal,
// sl_hyperbolic_model, beta, curvature, whether there is a mask (1: tokens x keys, 2: for each item).
// queries: batch * tokens * heads * size f32; keys, values: the same of keys; out: as queries, written.
// The arrays must stay until the work has ended.
int32_t SL_ABI(sl_abi_hyperbolic_begin)(sl_handle handle, const double *asked, const float *queries,
                                        const float *keys, const float *values, const uint8_t *mask,
                                        float *out) {
  sl_hyperbolic *attention;
  SL_TRY(sl_abi_job_get(handle, &sl_hyperbolic_kind, &attention));
  uint32_t n[8];
  for (int i = 0; i < 8; i++) n[i] = whole(asked[i]);
  const double each = (double)n[0] * n[5], all = each * n[1] * n[3], held = each * n[2] * n[4];
  const double masks = (double)n[1] * n[2] * (asked[10] > 1 ? n[0] : 1.0);
  SL_REQUIRE(addressable(all) && addressable(held) && addressable(masks), SL_ERR_OVERFLOW, "asked",
             "fewer tokens or heads");
  const sl_hyperbolic_options options = {
      n[0],          n[1],     n[2],         n[3],
      n[4],          n[5],     n[6],         n[7],
      asked[8],      asked[9], queries,      (size_t)all,
      keys,          values,   (size_t)held, asked[10] > 0 ? mask : NULL,
      (size_t)masks, out};
  return sl_hyperbolic_begin(attention, &options);
}
