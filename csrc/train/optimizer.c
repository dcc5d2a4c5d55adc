#include "train/optimizer.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "simd/kernels.h"
#include "simd/simd.h"

#define NOINLINE __attribute__((noinline))

sl_optimizer_options sl_optimizer_options_default(uint32_t kind) {
  if (kind == SL_OPTIMIZER_SGD)
    return (sl_optimizer_options){.kind = kind, .rate = 0.01, .momentum = 0.9};
  return (sl_optimizer_options){.kind = kind,
                                .rate = 0.001,
                                .beta1 = 0.9,
                                .beta2 = 0.999,
                                .epsilon = 1e-8,
                                .decay = kind == SL_OPTIMIZER_ADAMW ? 0.01 : 0};
}

sl_status sl_optimizer_options_check(const sl_optimizer_options *options) {
  const sl_optimizer_options *o = options;
  SL_REQUIRE(o->kind <= SL_OPTIMIZER_ADAMW, SL_ERR_OPTION, "kind", "one of sl_optimizer_kind");
  SL_REQUIRE(o->rate > 0 && o->rate <= 1e6, SL_ERR_OPTION, "rate", "above 0, at most 1e6");
  SL_REQUIRE(o->decay >= 0 && o->decay <= 1, SL_ERR_OPTION, "decay", "0 to 1");
  if (o->kind == SL_OPTIMIZER_SGD) {
    SL_REQUIRE(o->momentum >= 0 && o->momentum < 1, SL_ERR_OPTION, "momentum", "0 to below 1");
    return SL_OK;
  }
  SL_REQUIRE(o->beta1 >= 0 && o->beta1 < 1, SL_ERR_OPTION, "beta1", "0 to below 1");
  SL_REQUIRE(o->beta2 >= 0 && o->beta2 < 1, SL_ERR_OPTION, "beta2", "0 to below 1");
  SL_REQUIRE(o->epsilon > 0 && o->epsilon <= 1, SL_ERR_OPTION, "epsilon", "above 0, at most 1");
  return SL_OK;
}

uint32_t sl_optimizer_slots(const sl_optimizer_options *options) {
  if (options->kind != SL_OPTIMIZER_SGD) return 2;
  return options->momentum > 0 ? 1 : 0;
}

sl_status sl_optimizer_begin(sl_optimizer *optimizer, const sl_optimizer_options *options,
                             size_t count) {
  memset(optimizer, 0, sizeof *optimizer);
  SL_TRY(sl_optimizer_options_check(options));
  sl_optimizer o = {.options = *options, .count = count, .power1 = 1, .power2 = 1};
  const uint32_t slots = sl_optimizer_slots(options);
  if (slots > 0) SL_TRY(SL_ALLOC_ZERO(&o.first, count));
  if (slots > 1) {
    const sl_status status = SL_ALLOC_ZERO(&o.second, count);
    if (status != SL_OK) {
      sl_free(o.first);
      return status;
    }
  }
  *optimizer = o;
  return SL_OK;
}

void sl_optimizer_end(sl_optimizer *optimizer) {
  sl_free(optimizer->first);
  sl_free(optimizer->second);
  memset(optimizer, 0, sizeof *optimizer);
}

void sl_optimizer_reset(sl_optimizer *optimizer) {
  optimizer->steps = 0;
  optimizer->power1 = optimizer->power2 = 1;
  if (optimizer->first != NULL) memset(optimizer->first, 0, optimizer->count * sizeof(float));
  if (optimizer->second != NULL) memset(optimizer->second, 0, optimizer->count * sizeof(float));
}

// The numbers of one step.
typedef struct factors {
  float rate, keep; // keep: what the decay of ADAMW leaves of a parameter
  float decay;      // what is added to the gradient of a parameter
  float momentum, beta1, rest1, beta2, rest2;
  float root; // 1 / sqrt(1 - beta2^t)
  float epsilon;
} factors;

static inline sl_f32x4 square_root(sl_f32x4 x) {
#ifdef __wasm_simd128__
  return (sl_f32x4)__builtin_wasm_sqrt_f32x4(x);
#else
  return (sl_f32x4){sqrtf(x[0]), sqrtf(x[1]), sqrtf(x[2]), sqrtf(x[3])};
#endif
}

static NOINLINE void descend(const factors *f, float *p, const float *g, float *v, size_t n) {
  for (size_t i = 0; i + 4 <= n; i += 4) {
    const sl_f32x4 at = sl_f32x4_load(p + i);
    sl_f32x4 slope = sl_f32x4_load(g + i) + f->decay * at;
    if (v != NULL) {
      slope = f->momentum * sl_f32x4_load(v + i) + slope;
      sl_f32x4_store(v + i, slope);
    }
    sl_f32x4_store(p + i, at - f->rate * slope);
  }
}

static NOINLINE void adapt(const factors *f, float *p, const float *g, float *m, float *s,
                           size_t n) {
  for (size_t i = 0; i + 4 <= n; i += 4) {
    const sl_f32x4 at = sl_f32x4_load(p + i);
    const sl_f32x4 slope = sl_f32x4_load(g + i) + f->decay * at;
    const sl_f32x4 mean = f->beta1 * sl_f32x4_load(m + i) + f->rest1 * slope;
    const sl_f32x4 size = f->beta2 * sl_f32x4_load(s + i) + f->rest2 * (slope * slope);
    sl_f32x4_store(m + i, mean);
    sl_f32x4_store(s + i, size);
    const sl_f32x4 by = square_root(size) * f->root + f->epsilon;
    sl_f32x4_store(p + i, f->keep * at - f->rate * (mean / by));
  }
}

static void update(const factors *f, float *p, const float *g, float *first, float *second,
                   size_t n) {
  if (second != NULL)
    adapt(f, p, g, first, second, n);
  else
    descend(f, p, g, first, n);
}

void sl_optimizer_step(sl_optimizer *optimizer, double factor, float *parameters,
                       const float *gradient) {
  sl_optimizer *o = optimizer;
  const bool adam = o->options.kind != SL_OPTIMIZER_SGD;
  const bool apart = o->options.kind == SL_OPTIMIZER_ADAMW;
  const double rate = o->options.rate * factor;
  o->steps++;
  factors f = {.rate = (float)rate,
               .keep = apart ? (float)(1 - rate * o->options.decay) : 1,
               .decay = apart ? 0 : (float)o->options.decay,
               .momentum = (float)o->options.momentum};
  if (adam) {
    o->power1 *= o->options.beta1;
    o->power2 *= o->options.beta2;
    f.rate = (float)(rate / (1 - o->power1));
    f.root = (float)(1 / sqrt(1 - o->power2));
    f.beta1 = (float)o->options.beta1, f.rest1 = (float)(1 - o->options.beta1);
    f.beta2 = (float)o->options.beta2, f.rest2 = (float)(1 - o->options.beta2);
    f.epsilon = (float)o->options.epsilon;
  }
  const size_t full = o->count & ~(size_t)3, rest = o->count - full;
  update(&f, parameters, gradient, o->first, o->second, full);
  if (rest == 0) return;
  float p[4] = {0}, g[4] = {0}, first[4] = {0}, second[4] = {0};
  memcpy(p, parameters + full, rest * sizeof *p);
  memcpy(g, gradient + full, rest * sizeof *g);
  if (o->first != NULL) memcpy(first, o->first + full, rest * sizeof *first);
  if (o->second != NULL) memcpy(second, o->second + full, rest * sizeof *second);
  update(&f, p, g, o->first != NULL ? first : NULL, o->second != NULL ? second : NULL, 4);
  memcpy(parameters + full, p, rest * sizeof *p);
  if (o->first != NULL) memcpy(o->first + full, first, rest * sizeof *first);
  if (o->second != NULL) memcpy(o->second + full, second, rest * sizeof *second);
}

double sl_clip_norm(float *gradient, size_t count, double most) {
  const double norm = sl_norm2_f32(gradient, count);
  if (norm > most && isfinite(norm)) sl_scale_f32((float)(most / norm), gradient, count);
  return norm;
}
