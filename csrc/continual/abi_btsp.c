// Raw ABI of continual/btsp.h.
#include "base/abi.h"

#include <string.h>

#include "continual/btsp.h"

static const sl_kind SL_HANDLE_BTSP[1] = {{"the handle of a one-shot memory"}};

static sl_status get(sl_handle handle, sl_btsp **out) {
  return sl_handle_get(handle, SL_HANDLE_BTSP, (void **)out);
}

// 0 after a failure.
sl_handle SL_ABI(sl_abi_btsp_create)(uint32_t input_count, uint32_t neuron_count, double plateau,
                                     double connected, uint32_t seed) {
  const sl_btsp_options o = {.inputs = input_count,
                             .neurons = neuron_count,
                             .plateau = plateau,
                             .connected = connected,
                             .seed = seed};
  sl_btsp *made;
  sl_handle handle = 0;
  if (sl_btsp_create(&o, &made) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_BTSP, made, &handle) != SL_OK) sl_btsp_destroy(made);
  return handle;
}

int32_t SL_ABI(sl_abi_btsp_destroy)(sl_handle handle) {
  sl_btsp *memory;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_BTSP, (void **)&memory));
  sl_btsp_destroy(memory);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_btsp_bytes)(sl_handle handle, size_t *out) {
  sl_btsp *memory;
  SL_TRY(get(handle, &memory));
  *out = sl_btsp_bytes(memory);
  return SL_OK;
}

// out: room for as many u32 as there are neurons; out_count: how many were written.
int32_t SL_ABI(sl_abi_btsp_store)(sl_handle handle, const uint32_t *active, uint32_t active_count,
                                  uint32_t *out, uint32_t *out_count) {
  sl_btsp *memory;
  SL_TRY(get(handle, &memory));
  return sl_btsp_store(memory, active, active_count, out, out_count);
}

// The same. threshold: NaN for the one of the smallest error.
int32_t SL_ABI(sl_abi_btsp_recall)(sl_handle handle, const uint32_t *active, uint32_t active_count,
                                   double threshold, uint32_t *out, uint32_t *out_count) {
  sl_btsp *memory;
  SL_TRY(get(handle, &memory));
  return sl_btsp_recall(memory, active, active_count, threshold, out, out_count);
}

// Five numbers: inputs, neurons, items, mean number of active inputs, share of synapses that are 1.
int32_t SL_ABI(sl_abi_btsp_facts)(sl_handle handle, double *out5) {
  sl_btsp *memory;
  SL_TRY(get(handle, &memory));
  sl_btsp_facts f;
  sl_btsp_facts_read(memory, &f);
  const double numbers[5] = {f.inputs, f.neurons, f.items, f.active, f.weight};
  memcpy(out5, numbers, sizeof numbers);
  return SL_OK;
}

// Three numbers: probability of a hit, of a false alarm, share of synapses that are 1.
int32_t SL_ABI(sl_abi_btsp_chances)(uint32_t input_count, uint32_t active_count, uint32_t cue_count,
                                    double items, double plateau, double connected, double *out3) {
  const sl_btsp_load load = {.inputs = input_count,
                             .active = active_count,
                             .cue = cue_count,
                             .items = items,
                             .plateau = plateau,
                             .connected = connected};
  sl_btsp_chance chance;
  SL_TRY(sl_btsp_chances(&load, &chance));
  const double numbers[3] = {chance.hit, chance.false_alarm, chance.weight};
  memcpy(out3, numbers, sizeof numbers);
  return SL_OK;
}
