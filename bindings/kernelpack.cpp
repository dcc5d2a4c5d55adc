#include "common.hpp"

extern "C" {
#include "crypto/ed25519.h"
#include "crypto/hash.h"
#include "kernelpack/module.h"
}

SL_OBJECT(sl_kernel_module, sl_kernel_module_destroy)

// What signatures of packs need of the room crypto, which lies in another bundle, under the names that it has there.
EMSCRIPTEN_BINDINGS(kernelpack) {
  sl::function<sl_hash_of>("hashOf");
  sl::function<sl_ed25519_verify_many>("ed25519VerifyMany");
  sl::function<sl_ed25519_is_key>("ed25519IsKey");
  sl::object<sl_kernel_module>("KernelModule")
      .create<sl_kernel_module_create>("create")
      .method<sl_kernel_module_output>("output")
      .method<sl_kernel_module_read>("read")
      .method<sl_kernel_module_export>("export");
}
