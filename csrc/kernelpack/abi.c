// Raw ABI of kernelpack/module.h.
#include "base/abi.h"

#include "kernelpack/module.h"

static const sl_kind SL_HANDLE_KERNEL_MODULE[1] = {{"the handle of a kernel module"}};

static sl_status get(sl_handle handle, sl_kernel_module **out) {
  return sl_handle_get(handle, SL_HANDLE_KERNEL_MODULE, (void **)out);
}

// The handle, or 0. bytes: count of them, read.
sl_handle SL_ABI(sl_abi_kernel_module_create)(const uint8_t *bytes, size_t count, uint32_t pages,
                                              uint32_t features, uint32_t metered) {
  sl_kernel_module *m;
  sl_handle handle = 0;
  if (sl_kernel_module_create(bytes, count, pages, features, metered, &m) == SL_OK &&
      sl_handle_create(SL_HANDLE_KERNEL_MODULE, m, &handle) != SL_OK)
    sl_kernel_module_destroy(m);
  return handle;
}

int32_t SL_ABI(sl_abi_kernel_module_destroy)(sl_handle handle) {
  sl_kernel_module *m;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_KERNEL_MODULE, (void **)&m));
  sl_kernel_module_destroy(m);
  return SL_OK;
}

// Where the copy is until the module is destroyed, and its length.
int32_t SL_ABI(sl_abi_kernel_module_output)(sl_handle handle, const uint8_t **copy, size_t *count) {
  sl_kernel_module *m;
  SL_TRY(get(handle, &m));
  return sl_kernel_module_output(m, copy, count);
}

// facts: 8 doubles, written.
int32_t SL_ABI(sl_abi_kernel_module_read)(sl_handle handle, double *facts) {
  sl_kernel_module *m;
  SL_TRY(get(handle, &m));
  return sl_kernel_module_read(m, facts);
}

// types: 80 bytes, written; counts: 2 numbers, written.
int32_t SL_ABI(sl_abi_kernel_module_export)(sl_handle handle, uint32_t index, const char **name,
                                            size_t *length, uint8_t *types, uint32_t *counts) {
  sl_kernel_module *m;
  SL_TRY(get(handle, &m));
  return sl_kernel_module_export(m, index, name, length, types, counts);
}
