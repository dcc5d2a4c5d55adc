// What every bundle has, whatever its rooms: memory and the last error.
#include "common.hpp"

#include <emscripten/stack.h>

extern "C" {
#include "base/capabilities.h"
#include "base/job.h"
}

namespace {

// Where C functions write small results (`double *out`), so that a number needs no allocation.
alignas(16) char out_slots[256];

void *out() { return out_slots; }

// 0 after a failure.
void *alloc(size_t bytes) {
  void *block;
  return sl_alloc(bytes, 1, &block) == SL_OK ? block : nullptr;
}

sl_status error_status() { return sl_last_error()->status; }
const char *error_argument() { return sl_last_error()->argument; }
const char *error_expected() { return sl_last_error()->expected; }
uint64_t error_position() { return sl_last_error()->position; }

} // namespace

SL_OBJECT(sl_job, sl_job_destroy)

EMSCRIPTEN_BINDINGS(base) {
  sl::function<out>("out");
  sl::function<alloc>("alloc");
  sl::function<sl_free>("free");
  sl::function<sl_bytes_in_use>("bytesInUse");
  sl::function<sl_bytes_peak>("bytesPeak");
  sl::function<sl_set_memory_limit>("setMemoryLimit");
  sl::function<error_status>("errorStatus");
  sl::function<error_argument>("errorArgument");
  sl::function<error_expected>("errorExpected");
  sl::function<error_position>("errorPosition");
  sl::object<sl_job>("Job")
      .method<sl_job_step>("step")
      .method<sl_job_stop>("stop")
      .method<sl_job_work>("work")
      .method<sl_job_expected>("expected");
  sl::function<sl_capabilities>("capabilities");
  sl::function<emscripten_stack_get_current>("stackPointer");
}
