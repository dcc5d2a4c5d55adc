// Raw ABI of chooser/chooser.h.
#include "base/abi_container.h"
#include "base/abi_job.h"

#include "chooser/chooser.h"

static sl_status get(sl_handle handle, sl_chooser **out) {
  return sl_abi_job_get(handle, &sl_chooser_kind, out);
}

// options: twelve doubles; label: label_bytes bytes, copied. 0 after a failure.
sl_handle SL_ABI(sl_abi_chooser_create)(const double *options, const uint8_t *label,
                                        size_t label_bytes) {
  sl_chooser *made;
  if (sl_chooser_create(options, label, label_bytes, &made) != SL_OK) return 0;
  return sl_abi_job_register(sl_chooser_job(made), 0, NULL);
}

int32_t SL_ABI(sl_abi_chooser_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_chooser_kind);
}

// facts: twenty doubles, written.
int32_t SL_ABI(sl_abi_chooser_facts)(sl_handle handle, double *facts) {
  sl_chooser *chooser;
  SL_TRY(get(handle, &chooser));
  sl_chooser_facts(chooser, facts);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_chooser_set_methods)(sl_handle handle, uint32_t methods, const uint8_t *label,
                                           size_t label_bytes) {
  sl_chooser *chooser;
  SL_TRY(get(handle, &chooser));
  return sl_chooser_set_methods(chooser, methods, label, label_bytes);
}

// features: one for each; eligible: a byte for each method; numbers: 12 + 4 for each method,
// written.
int32_t SL_ABI(sl_abi_chooser_choose)(sl_handle handle, const double *features,
                                      const uint8_t *eligible, uint32_t how, double *numbers) {
  sl_chooser *chooser;
  SL_TRY(get(handle, &chooser));
  return sl_chooser_choose(chooser, features, eligible, how, numbers);
}

// id: 0 for the features given.
int32_t SL_ABI(sl_abi_chooser_report)(sl_handle handle, double id, const double *features,
                                      uint32_t method, double cost, uint32_t ending) {
  sl_chooser *chooser;
  SL_TRY(get(handle, &chooser));
  return sl_chooser_report(chooser, id, features, method, cost, ending);
}

// Copied; then sl_abi_job_step.
int32_t SL_ABI(sl_abi_chooser_begin_fit)(sl_handle handle, uint32_t count, const double *features,
                                         const uint32_t *methods, const double *costs,
                                         const uint32_t *endings) {
  sl_chooser *chooser;
  SL_TRY(get(handle, &chooser));
  return sl_chooser_begin_fit(chooser, count, features, methods, costs, endings);
}

int32_t SL_ABI(sl_abi_chooser_begin_compile)(sl_handle handle, uint32_t depth, uint32_t least) {
  sl_chooser *chooser;
  SL_TRY(get(handle, &chooser));
  return sl_chooser_begin_compile(chooser, depth, least);
}

// out: four doubles, written.
int32_t SL_ABI(sl_abi_chooser_read_compiled)(sl_handle handle, double *out) {
  sl_chooser *chooser;
  SL_TRY(get(handle, &chooser));
  return sl_chooser_read_compiled(chooser, out);
}

int32_t SL_ABI(sl_abi_chooser_checkpoint)(sl_handle handle) {
  sl_chooser *chooser;
  SL_TRY(get(handle, &chooser));
  return sl_chooser_checkpoint(chooser);
}

int32_t SL_ABI(sl_abi_chooser_exchange)(sl_handle handle) {
  sl_chooser *chooser;
  SL_TRY(get(handle, &chooser));
  return sl_chooser_exchange(chooser);
}

int32_t SL_ABI(sl_abi_chooser_clear)(sl_handle handle) {
  sl_chooser *chooser;
  SL_TRY(get(handle, &chooser));
  sl_chooser_clear(chooser);
  return SL_OK;
}

// The handle of a writer, or 0.
sl_handle SL_ABI(sl_abi_chooser_save)(sl_handle handle) {
  sl_chooser *chooser;
  sl_writer *writer = NULL;
  if (get(handle, &chooser) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_chooser_save(chooser, &writer), writer, handle, SL_HANDLE_JOB);
}

// The chooser, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_chooser_load)(sl_handle reader_handle) {
  sl_reader *reader;
  sl_chooser *chooser;
  if (sl_abi_get_reader(reader_handle, &reader) != SL_OK) return 0;
  if (sl_chooser_load(reader, &chooser) != SL_OK) return 0;
  return sl_abi_job_register(sl_chooser_job(chooser), 0, NULL);
}
