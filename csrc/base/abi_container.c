// Raw ABI of base/container.h: files that are written and read piece by piece. What is saved or
// loaded is with its module (sl_abi_graph_save, sl_abi_graph_load).
#include "base/abi_container.h"
#include "base/abi.h"
#include "base/bytes.h"
#include "base/instance.h"
#include "base/memory.h"

static const sl_kind SL_HANDLE_WRITER[1] = {{"the handle of a writer"}};
static const sl_kind SL_HANDLE_READER[1] = {{"the handle of a reader"}};

// A writer reads what it saves in every call. The handle of that is kept, so that destroying it
// first is an error and not a read of freed memory.
typedef struct abi_writer {
  sl_writer *writer;
  sl_handle source;
  sl_handle_kind kind;
} abi_writer;

sl_handle sl_abi_hand_out_writer(sl_status status, sl_writer *writer, sl_handle source,
                                 sl_handle_kind kind) {
  abi_writer *made;
  sl_handle handle;
  if (status != SL_OK) return 0;
  status = SL_ALLOC(&made, 1);
  if (status == SL_OK) {
    *made = (abi_writer){writer, source, kind};
    status = sl_handle_create(SL_HANDLE_WRITER, made, &handle);
    if (status == SL_OK) return handle;
    sl_free(made);
  }
  sl_writer_destroy(writer);
  return 0;
}

static sl_status get_writer(sl_handle handle, sl_writer **out) {
  abi_writer *found;
  void *source;
  SL_TRY(sl_handle_get(handle, SL_HANDLE_WRITER, (void **)&found));
  SL_TRY(sl_handle_get(found->source, found->kind, &source));
  *out = found->writer;
  return SL_OK;
}

int32_t SL_ABI(sl_abi_writer_size)(sl_handle handle, double *out) {
  sl_writer *writer;
  SL_TRY(get_writer(handle, &writer));
  *out = (double)sl_writer_size(writer);
  return SL_OK;
}

int32_t SL_ABI(sl_abi_writer_next)(sl_handle handle, void *buffer, uint32_t capacity,
                                   uint32_t *written) {
  sl_writer *writer;
  SL_TRY(get_writer(handle, &writer));
  return sl_writer_next(writer, buffer, capacity, written);
}

int32_t SL_ABI(sl_abi_writer_destroy)(sl_handle handle) {
  abi_writer *found;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_WRITER, (void **)&found));
  sl_writer_destroy(found->writer);
  sl_free(found);
  return SL_OK;
}

sl_status sl_abi_get_reader(sl_handle handle, sl_reader **out) {
  return sl_handle_get(handle, SL_HANDLE_READER, (void **)out);
}

// kind: the four letters as a little-endian number. length: 0 when it is not known.
sl_handle SL_ABI(sl_abi_reader_create)(uint32_t kind, double length) {
  sl_reader *reader;
  sl_handle handle;
  uint64_t known = length > 0 && length < 0x1p53 ? (uint64_t)length : 0;
  if (sl_reader_create((sl_file_kind)kind, known, &reader) != SL_OK) return 0;
  if (sl_handle_create(SL_HANDLE_READER, reader, &handle) == SL_OK) return handle;
  sl_reader_destroy(reader);
  return 0;
}

int32_t SL_ABI(sl_abi_reader_feed)(sl_handle handle, const void *bytes, size_t count) {
  sl_reader *reader;
  SL_TRY(sl_abi_get_reader(handle, &reader));
  return sl_reader_feed(reader, bytes, count);
}

// Writes the tag of the next section that was not taken, the address of its bytes and how many;
// zeros when all were taken. ERR_STATE until all of its bytes have come.
int32_t SL_ABI(sl_abi_reader_section)(sl_handle handle, uint32_t *out) {
  sl_reader *reader;
  SL_TRY(sl_abi_get_reader(handle, &reader));
  sl_section section;
  SL_TRY(sl_reader_section(reader, &section));
  out[0] = section.tag;
  out[1] = (uint32_t)(uintptr_t)section.data;
  out[2] = (uint32_t)section.bytes;
  return SL_OK;
}

int32_t SL_ABI(sl_abi_reader_destroy)(sl_handle handle) {
  sl_reader *reader;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_READER, (void **)&reader));
  sl_reader_destroy(reader);
  return SL_OK;
}

#ifdef SL_SHARED
// What the host of instances (instance.h) needs besides.
int32_t SL_INSTANCE_ABI(sl_instance_keep_pieces)(sl_handle handle) {
  sl_reader *reader;
  SL_TRY(sl_abi_get_reader(handle, &reader));
  sl_reader_keep_pieces(reader);
  return SL_OK;
}

uint32_t SL_INSTANCE_ABI(sl_instance_crc32c)(uint32_t crc, const void *bytes, size_t count) {
  return sl_crc32c(crc, bytes, count);
}
#endif
