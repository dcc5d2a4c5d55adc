// Raw ABI of attention/selective.h.
#include "attention/selective.h"
#include "base/abi_job.h"

#include "attention/selective_parts.h"

static sl_status get(sl_handle handle, sl_selective **out) {
  return sl_abi_job_get(handle, &sl_selective_kind, out);
}

// 0 after a failure. shape: batch, channels, states, groups, softplus, whether there is a D, whether
// there is a bias of delta. a: channels * states f32; d, delta_bias: channels f32 each.
sl_handle SL_ABI(sl_abi_selective_create)(const uint32_t *shape, const float *a, const float *d,
                                          const float *delta_bias) {
  const double count = (double)shape[1] * shape[2];
  sl_selective *made;
  if (count >= (double)(SIZE_MAX / 8)) {
    (void)sl_fail(SL_ERR_OVERFLOW, "channels", "fewer channels or states", SL_NO_POSITION);
    return 0;
  }
  const sl_selective_shape all = {shape[0],      shape[1],
                                  shape[2],      shape[3],
                                  shape[4],      a,
                                  (size_t)count, shape[5] != 0 ? d : NULL,
                                  shape[1],      shape[6] != 0 ? delta_bias : NULL,
                                  shape[1]};
  if (sl_selective_create(&all, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_selective_job(made), 0, NULL);
}

sl_handle SL_ABI(sl_abi_selective_fork)(sl_handle handle) {
  sl_selective *scan, *made;
  if (get(handle, &scan) != SL_OK || sl_selective_fork(scan, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_selective_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_selective_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_selective_kind);
}

int32_t SL_ABI(sl_abi_selective_reset)(sl_handle handle) {
  sl_selective *scan;
  SL_TRY(get(handle, &scan));
  sl_selective_reset(scan);
  return SL_OK;
}

// out, written: tokens, bytes.
int32_t SL_ABI(sl_abi_selective_info)(sl_handle handle, double *out) {
  sl_selective *scan;
  SL_TRY(get(handle, &scan));
  out[0] = sl_selective_length(scan);
  out[1] = (double)sl_selective_bytes(scan);
  return SL_OK;
}

// out: batch * channels * states f32.
int32_t SL_ABI(sl_abi_selective_read)(sl_handle handle, float *out) {
  sl_selective *scan;
  SL_TRY(get(handle, &scan));
  sl_selective_read(scan, out);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_selective_write)(sl_handle handle, const float *in, uint32_t count) {
  sl_selective *scan;
  SL_TRY(get(handle, &scan));
  return sl_selective_write(scan, in, count);
}

// x, delta, z: batch * tokens * channels f32 each (z: 0 for none); b, c: batch * tokens * groups *
// states. out: as x, written. The arrays must stay until the work has ended.
int32_t SL_ABI(sl_abi_selective_begin)(sl_handle handle, uint32_t tokens, const float *x,
                                       const float *delta, const float *b, const float *c,
                                       const float *z, float *out) {
  sl_selective *s;
  SL_TRY(get(handle, &s));
  const double each = (double)s->batch * tokens, count = each * s->channels;
  const double states = each * s->groups * s->states;
  SL_REQUIRE(count < (double)(SIZE_MAX / 8) && states < (double)(SIZE_MAX / 8), SL_ERR_OVERFLOW,
             "tokens", "fewer tokens");
  const sl_selective_options options = {x, delta, (size_t)count, tokens, b, c, (size_t)states,
                                        z, out};
  return sl_selective_begin(s, &options);
}
