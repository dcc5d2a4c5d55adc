#include "common.hpp"

extern "C" {
#include "kernelpack/module.h"
}

SL_OBJECT(sl_kernel_module, sl_kernel_module_destroy)

EMSCRIPTEN_BINDINGS(kernelpack) {
  sl::object<sl_kernel_module>("KernelModule")
      .create<sl_kernel_module_create>("create")
      .method<sl_kernel_module_output>("output")
      .method<sl_kernel_module_read>("read")
      .method<sl_kernel_module_export>("export");
}
