// What every bundle has that reads and writes files.
#include "common.hpp"

extern "C" {
#include "base/container.h"
}

namespace {

// Tag, address and size of the next section as three u32.
uint32_t peek(const sl_reader *reader, void *out3) {
  return sl_reader_peek(reader, static_cast<sl_section *>(out3));
}

} // namespace

SL_OBJECT(sl_writer, sl_writer_destroy)
SL_OBJECT(sl_reader, sl_reader_destroy)

EMSCRIPTEN_BINDINGS(container) {
  sl::object<sl_writer>("Writer").method<sl_writer_size>("size").method<sl_writer_next>("next");
  sl::object<sl_reader>("Reader")
      .create<sl_reader_create>("create")
      .method<sl_reader_keep_pieces>("keepPieces")
      .method<sl_reader_feed>("feed")
      .method<peek>("peek");
}
