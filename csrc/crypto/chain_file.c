#include <string.h>

#include "base/memory.h"

#include "crypto/chain_object.h"
#include "crypto/file.h"

#define TAG_CONTEXT SL_TAG('C', 'T', 'X', 'T')
#define TAG_TYPES SL_TAG('T', 'Y', 'P', 'E')
#define TAG_OFFSETS SL_TAG('O', 'F', 'F', 'S')
#define TAG_HEADS SL_TAG('H', 'E', 'A', 'D')
#define TAG_PAYLOADS SL_TAG('D', 'A', 'T', 'A')

sl_status sl_chain_save(const sl_chain *chain, sl_writer **out) {
  SL_TRY(sl_writer_create(SL_FILE_CHAIN, out));
  const size_t count = chain->count;
  sl_writer_add(*out, TAG_CONTEXT, chain->context, chain->context_bytes);
  sl_writer_add(*out, TAG_TYPES, chain->types, count * 4);
  sl_writer_add(*out, TAG_OFFSETS, chain->offsets, (count + 1) * 8);
  sl_writer_add(*out, TAG_HEADS, chain->heads, (count + 1) * SL_SHA256_BYTES);
  sl_writer_add(*out, TAG_PAYLOADS, chain->payloads, (size_t)chain->offsets[count]);
  sl_writer_watch(*out, &chain->version);
  return SL_OK;
}

// The next section, of whatever size.
static sl_status take(sl_reader *reader, uint32_t tag, size_t *bytes, void **out) {
  sl_section section;
  SL_TRY(sl_reader_section(reader, &section));
  *bytes = section.bytes;
  return sl_reader_take(reader, tag, section.bytes, out);
}

static bool are_ordered(const uint64_t *offsets, uint32_t count, uint64_t end) {
  bool right = offsets[0] == 0 && offsets[count] == end;
  for (uint32_t i = 0; i < count && right; i++) right = offsets[i] <= offsets[i + 1];
  return right;
}

static sl_status read_file(sl_chain *chain, sl_reader *reader) {
  size_t types;
  SL_TRY(sl_reader_end(reader));
  SL_TRY(take(reader, TAG_CONTEXT, &chain->context_bytes, (void **)&chain->context));
  SL_TRY(take(reader, TAG_TYPES, &types, (void **)&chain->types));
  if (types % 4 != 0 || types / 4 >= UINT32_MAX) return sl_reader_bad(reader, "a type an entry");
  const uint32_t count = (uint32_t)(types / 4);
  const uint64_t heads = (uint64_t)count + 1;
  SL_TRY(sl_reader_take(reader, TAG_OFFSETS, heads * 8, (void **)&chain->offsets));
  SL_TRY(sl_reader_take(reader, TAG_HEADS, heads * SL_SHA256_BYTES, (void **)&chain->heads));
  uint8_t first[SL_SHA256_BYTES];
  sl_chain_first_head(chain, first);
  if (memcmp(first, chain->heads, sizeof first) != 0)
    return sl_reader_bad(reader, "a first head that follows from the context");
  SL_TRY(take(reader, TAG_PAYLOADS, &chain->room, (void **)&chain->payloads));
  if (!are_ordered(chain->offsets, count, chain->room))
    return sl_reader_bad(reader, "offsets that rise from 0 to the bytes of the payloads");
  chain->count = chain->entries = count;
  return sl_reader_close(reader);
}

sl_status sl_chain_load(sl_reader *reader, sl_chain **out) {
  *out = NULL;
  sl_chain *chain;
  SL_TRY(SL_ALLOC_ZERO(&chain, 1));
  chain->job.kind = &sl_chain_kind;
  const sl_status status = read_file(chain, reader);
  if (status == SL_OK)
    *out = chain;
  else
    sl_chain_destroy(chain);
  return status;
}
