// Raw ABI of attention/linear.h and attention/linear_gradient.h.
#include "attention/linear.h"
#include "attention/linear_gradient.h"
#include "base/abi_job.h"

#include "attention/linear_parts.h"

static sl_status get(sl_handle handle, sl_linear_state **out) {
  return sl_abi_job_get(handle, &sl_linear_state_kind, out);
}
static uint32_t whole(double x) { return x > 0 ? x < 4294967295.0 ? (uint32_t)x : UINT32_MAX : 0; }
static bool addressable(double count) { return count < (double)(SIZE_MAX / 8); }

// 0 after a failure. shape: batch, kv_heads, size, sl_feature_map, features, seed.
sl_handle SL_ABI(sl_abi_linear_state_create)(const uint32_t *shape) {
  sl_linear_state *made;
  if (sl_linear_state_create(shape[0], shape[1], shape[2], shape[3], shape[4], shape[5], &made) !=
      SL_OK)
    return 0;
  return sl_abi_job_register(sl_linear_state_job(made), 0, NULL);
}

sl_handle SL_ABI(sl_abi_linear_state_fork)(sl_handle handle) {
  sl_linear_state *state, *made;
  if (get(handle, &state) != SL_OK || sl_linear_state_fork(state, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_linear_state_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_linear_state_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_linear_state_kind);
}

int32_t SL_ABI(sl_abi_linear_state_reset)(sl_handle handle) {
  sl_linear_state *state;
  SL_TRY(get(handle, &state));
  sl_linear_state_reset(state);
  return SL_OK;
}

// out, written: tokens, features, bytes, the address of the projection (0: none).
int32_t SL_ABI(sl_abi_linear_state_info)(sl_handle handle, double *out) {
  sl_linear_state *state;
  SL_TRY(get(handle, &state));
  out[0] = sl_linear_state_length(state);
  out[1] = sl_linear_state_features(state);
  out[2] = (double)sl_linear_state_bytes(state);
  out[3] = (double)(uintptr_t)sl_linear_state_projection(state);
  return SL_OK;
}

// asked: five numbers: tokens, heads, tokens of keys, causal, chunk. The arrays, as long as these say,
// must stay until the work has ended.
int32_t SL_ABI(sl_abi_linear_state_begin)(sl_handle handle, const double *asked,
                                          const float *queries, const float *keys,
                                          const float *values, float *out) {
  sl_linear_state *s;
  SL_TRY(get(handle, &s));
  const uint32_t tokens = whole(asked[0]), heads = whole(asked[1]), added = whole(asked[2]);
  const double each = (double)s->batch * s->size;
  const double all = each * tokens * heads, held = each * added * s->kv_heads;
  SL_REQUIRE(addressable(all) && addressable(held), SL_ERR_OVERFLOW, "asked",
             "fewer tokens or heads");
  const sl_linear_options options = {queries,      (size_t)all,     tokens,       heads,
                                     keys,         values,          (size_t)held, added,
                                     asked[3] > 0, whole(asked[4]), out};
  return sl_linear_state_begin(s, &options);
}

// 0 after a failure.
sl_handle SL_ABI(sl_abi_linear_gradient_create)(void) {
  sl_linear_gradient *made;
  if (sl_linear_gradient_create(&made) != SL_OK) return 0;
  return sl_abi_job_register(sl_linear_gradient_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_linear_gradient_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_linear_gradient_kind);
}

// asked: seven numbers: batch, tokens, tokens of keys, heads, heads of keys, size, causal. queries,
// upstream: batch * tokens * heads * size f32 each; keys, values: the same of keys. query_out; key_out,
// value_out: as many, written. The arrays must stay until the work has ended.
int32_t SL_ABI(sl_abi_linear_gradient_begin)(sl_handle handle, const double *asked,
                                             const float *queries, const float *upstream,
                                             const float *keys, const float *values,
                                             float *query_out, float *key_out, float *value_out) {
  sl_linear_gradient *gradient;
  SL_TRY(sl_abi_job_get(handle, &sl_linear_gradient_kind, &gradient));
  uint32_t n[7];
  for (int i = 0; i < 7; i++) n[i] = whole(asked[i]);
  const double each = (double)n[0] * n[5], all = each * n[1] * n[3], held = each * n[2] * n[4];
  SL_REQUIRE(addressable(all) && addressable(held), SL_ERR_OVERFLOW, "asked",
             "fewer tokens or heads");
  const sl_linear_gradient_options options = {
      n[0],     n[1],        n[2], n[3],   n[4],         n[5],      n[6],    queries,
      upstream, (size_t)all, keys, values, (size_t)held, query_out, key_out, value_out};
  return sl_linear_gradient_begin(gradient, &options);
}
