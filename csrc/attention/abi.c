// Raw ABI of attention/kv_cache.h and attention/gradient.h.
#include "attention/gradient.h"
#include "attention/kv_cache.h"
#include "base/abi_job.h"

#include "attention/cache.h"

static sl_status get(sl_handle handle, sl_kv_cache **out) {
  return sl_abi_job_get(handle, &sl_kv_cache_kind, out);
}

// 0 after a failure. shape: batch, kv_heads, size, block, window.
sl_handle SL_ABI(sl_abi_kv_cache_create)(const uint32_t *shape) {
  sl_kv_cache *made;
  if (sl_kv_cache_create(shape[0], shape[1], shape[2], shape[3], shape[4], &made) != SL_OK)
    return 0;
  return sl_abi_job_register(sl_kv_cache_job(made), 0, NULL);
}

sl_handle SL_ABI(sl_abi_kv_cache_fork)(sl_handle handle) {
  sl_kv_cache *cache, *made;
  if (get(handle, &cache) != SL_OK || sl_kv_cache_fork(cache, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_kv_cache_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_kv_cache_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_kv_cache_kind);
}

// keys, values: batch * tokens * kv_heads * size f32 each.
int32_t SL_ABI(sl_abi_kv_cache_append)(sl_handle handle, const float *keys, const float *values,
                                       uint32_t tokens) {
  sl_kv_cache *c;
  SL_TRY(get(handle, &c));
  const double count = (double)c->batch * tokens * c->kv_heads * c->size;
  SL_REQUIRE(count < (double)(SIZE_MAX / 8), SL_ERR_OVERFLOW, "tokens", "fewer tokens");
  return sl_kv_cache_append(c, keys, values, (size_t)count, tokens);
}

int32_t SL_ABI(sl_abi_kv_cache_truncate)(sl_handle handle, uint32_t token) {
  sl_kv_cache *c;
  SL_TRY(get(handle, &c));
  return sl_kv_cache_truncate(c, token);
}

// out, written: tokens, the first one that is held, bytes.
int32_t SL_ABI(sl_abi_kv_cache_info)(sl_handle handle, double *out) {
  sl_kv_cache *c;
  SL_TRY(get(handle, &c));
  out[0] = sl_kv_cache_length(c);
  out[1] = sl_kv_cache_first(c);
  out[2] = (double)sl_kv_cache_bytes(c);
  return SL_OK;
}

static uint32_t whole(double x) { return x > 0 ? x < 4294967295.0 ? (uint32_t)x : UINT32_MAX : 0; }
static bool addressable(double count) { return count < (double)(SIZE_MAX / 8); }

// asked: eight numbers: tokens, heads, causal, window, global; whether there is a mask (1: tokens x
// keys, 2: for each item); whether there is a bias (1: tokens x keys, 2: for each head, 3: for each
// item and head); scale. The arrays must stay until the work has ended.
int32_t SL_ABI(sl_abi_kv_cache_attend)(sl_handle handle, const double *asked, const float *queries,
                                       const uint8_t *mask, const float *bias, float *out) {
  sl_kv_cache *c;
  SL_TRY(get(handle, &c));
  const uint32_t tokens = whole(asked[0]), heads = whole(asked[1]);
  const double all = (double)c->batch * tokens * heads * c->size;
  const double pairs = (double)tokens * c->length;
  const double masks = asked[5] > 1 ? c->batch : 1;
  const double biases = (asked[6] > 1 ? heads : 1.0) * (asked[6] > 2 ? c->batch : 1.0);
  SL_REQUIRE(addressable(all) && addressable(pairs * masks) && addressable(pairs * biases),
             SL_ERR_OVERFLOW, "asked", "fewer tokens or heads");
  const sl_attention_options options = {
      .queries = queries,
      .query_count = (size_t)all,
      .tokens = tokens,
      .heads = heads,
      .causal = asked[2] > 0,
      .window = whole(asked[3]),
      .global = whole(asked[4]),
      .mask = asked[5] > 0 ? mask : NULL,
      .mask_count = (size_t)(pairs * masks),
      .bias = asked[6] > 0 ? bias : NULL,
      .bias_count = (size_t)(pairs * biases),
      .scale = asked[7],
      .out = out,
      .out_count = (size_t)all,
  };
  return sl_kv_cache_attend(c, &options);
}

// 0 after a failure.
sl_handle SL_ABI(sl_abi_attention_gradient_create)(void) {
  sl_attention_gradient *made;
  if (sl_attention_gradient_create(&made) != SL_OK) return 0;
  return sl_abi_job_register(sl_attention_gradient_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_attention_gradient_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_attention_gradient_kind);
}

// asked: nine numbers: batch, tokens, tokens of keys, heads, heads of keys, size, causal, window, scale
// (0: 1 / sqrt(size)). queries, upstream: batch * tokens * heads * size f32 each; keys, values: the
// same of keys. query_out; key_out, value_out: as many, written. The arrays must stay until the work
// has ended.
int32_t SL_ABI(sl_abi_attention_gradient_begin)(sl_handle handle, const double *asked,
                                                const float *queries, const float *upstream,
                                                const float *keys, const float *values,
                                                float *query_out, float *key_out,
                                                float *value_out) {
  sl_attention_gradient *gradient;
  SL_TRY(sl_abi_job_get(handle, &sl_attention_gradient_kind, &gradient));
  uint32_t n[8];
  for (int i = 0; i < 8; i++) n[i] = whole(asked[i]);
  const double each = (double)n[0] * n[5], all = each * n[1] * n[3], held = each * n[2] * n[4];
  SL_REQUIRE(addressable(all) && addressable(held), SL_ERR_OVERFLOW, "asked",
             "fewer tokens or heads");
  const sl_attention_gradient_options options = {
      n[0],    n[1],     n[2],        n[3], n[4],   n[5],         n[6],      n[7],    asked[8],
      queries, upstream, (size_t)all, keys, values, (size_t)held, query_out, key_out, value_out};
  return sl_attention_gradient_begin(gradient, &options);
}
