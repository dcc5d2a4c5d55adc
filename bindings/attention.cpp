#include "common.hpp"

extern "C" {
#include "attention/cache.h"
#include "attention/gradient.h"
}

SL_OBJECT(sl_kv_cache, sl_kv_cache_destroy)
SL_OBJECT(sl_attention_gradient, sl_attention_gradient_destroy)
SL_FIELDS(sl_attention_options, queries, query_count, tokens, heads, causal, window, global, mask,
          mask_count, bias, bias_count, scale, out, out_count)
SL_FIELDS(sl_attention_gradient_options, batch, tokens, key_tokens, heads, kv_heads, size, causal,
          window, scale, queries, upstream, query_count, keys, values, key_count, query_out,
          key_out, value_out)

EMSCRIPTEN_BINDINGS(attention) {
  sl::object<sl_kv_cache>("KvCache")
      .create<sl_kv_cache_create>("create")
      .method<sl_kv_cache_append>("append")
      .method<sl_kv_cache_truncate>("truncate")
      .method<sl_kv_cache_attend>("attend")
      .method<sl_kv_cache_job>("job")
      .method<sl_kv_cache_length>("length")
      .method<sl_kv_cache_first>("first")
      .method<sl_kv_cache_bytes>("bytes")
      .create<sl_kv_cache_fork>("fork");
  sl::object<sl_attention_gradient>("AttentionGradient")
      .create<sl_attention_gradient_create>("create")
      .method<sl_attention_gradient_begin>("begin")
      .method<sl_attention_gradient_job>("job")
      .method<sl_attention_gradient_bytes>("bytes");
}
