#include "common.hpp"

extern "C" {
#include "attention/cache.h"
#include "attention/dag.h"
#include "attention/fixed.h"
#include "attention/gradient.h"
#include "attention/hyperbolic_attention.h"
#include "attention/linear.h"
#include "attention/linear_gradient.h"
#include "attention/selective.h"
}

SL_OBJECT(sl_kv_cache, sl_kv_cache_destroy)
SL_OBJECT(sl_attention_gradient, sl_attention_gradient_destroy)
SL_OBJECT(sl_linear_state, sl_linear_state_destroy)
SL_OBJECT(sl_linear_gradient, sl_linear_gradient_destroy)
SL_OBJECT(sl_selective, sl_selective_destroy)
SL_OBJECT(sl_hyperbolic, sl_hyperbolic_destroy)
SL_OBJECT(sl_fixed_block, sl_fixed_block_destroy)
SL_FIELDS(sl_attention_options, queries, query_count, tokens, heads, causal, window, global, mask,
          mask_count, bias, bias_count, scale, out, out_count)
SL_FIELDS(sl_attention_gradient_options, batch, tokens, key_tokens, heads, kv_heads, size, causal,
          window, scale, queries, upstream, query_count, keys, values, key_count, query_out,
          key_out, value_out)
SL_FIELDS(sl_linear_options, queries, query_count, tokens, heads, keys, values, key_count,
          key_tokens, causal, chunk, out)
SL_FIELDS(sl_linear_gradient_options, batch, tokens, key_tokens, heads, kv_heads, size, causal,
          queries, upstream, query_count, keys, values, key_count, query_out, key_out, value_out)
SL_FIELDS(sl_selective_shape, batch, channels, states, groups, softplus, a, a_count, d, d_count,
          delta_bias, delta_bias_count)
SL_FIELDS(sl_selective_options, x, delta, count, tokens, b, c, state_count, z, out)
SL_FIELDS(sl_hyperbolic_options, batch, tokens, key_tokens, heads, kv_heads, size, causal, model,
          beta, curvature, queries, query_count, keys, values, key_count, mask, mask_count, out)
SL_FIELDS(sl_dag_options, node_count, from, to, edges, weights, side, side_count, sight, mask,
          order, longest)

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
  sl::object<sl_linear_state>("LinearState")
      .create<sl_linear_state_create>("create")
      .create<sl_linear_state_fork>("fork")
      .method<sl_linear_state_reset>("reset")
      .method<sl_linear_state_begin>("begin")
      .method<sl_linear_state_job>("job")
      .method<sl_linear_state_length>("length")
      .method<sl_linear_state_features>("features")
      .method<sl_linear_state_projection>("projection")
      .method<sl_linear_state_bytes>("bytes");
  sl::object<sl_linear_gradient>("LinearGradient")
      .create<sl_linear_gradient_create>("create")
      .method<sl_linear_gradient_begin>("begin")
      .method<sl_linear_gradient_job>("job");
  sl::object<sl_selective>("SelectiveScan")
      .create<sl_selective_create>("create")
      .create<sl_selective_fork>("fork")
      .method<sl_selective_reset>("reset")
      .method<sl_selective_read>("read")
      .method<sl_selective_write>("write")
      .method<sl_selective_begin>("begin")
      .method<sl_selective_job>("job")
      .method<sl_selective_length>("length")
      .method<sl_selective_bytes>("bytes");
  sl::object<sl_hyperbolic>("HyperbolicAttention")
      .create<sl_hyperbolic_create>("create")
      .method<sl_hyperbolic_begin>("begin")
      .method<sl_hyperbolic_job>("job");
  sl::function<sl_dag_mask>("dagMask");
  sl::object<sl_fixed_block>("FixedBlock")
      .create<sl_fixed_block_create>("create")
      .method<sl_fixed_block_set>("set")
      .method<sl_fixed_block_begin>("begin")
      .method<sl_fixed_block_job>("job")
      .method<sl_fixed_block_bytes>("bytes");
}
