// Any bytes as the file of a witness chain: loading fails cleanly or gives a chain that is saved again as the
// same bytes. A file that differs from a good one has another head, or is found to be wrong.
#include "saved.h"

#include "crypto/file.h"

static saved_file good;
static uint8_t good_head[SL_SHA256_BYTES];
enum { ENTRIES = 9 };

static void make_good(void) {
  sl_chain *chain;
  sl_writer *writer = NULL;
  if (sl_chain_create((const uint8_t *)"fuzz", 4, &chain) != SL_OK) abort();
  for (uint32_t i = 0; i < ENTRIES; i++)
    if (sl_chain_append(chain, i, (const uint8_t *)"a payload of some bytes", i * 2) != SL_OK)
      abort();
  if (sl_chain_head(chain, ENTRIES, good_head) != SL_OK) abort();
  good = write_saved(sl_chain_save(chain, &writer), writer);
  sl_chain_destroy(chain);
}

static void use(sl_chain *chain, saved_file file) {
  sl_writer *writer = NULL;
  saved_file again = write_saved(sl_chain_save(chain, &writer), writer);
  if (again.length != file.length || memcmp(again.bytes, file.bytes, file.length) != 0) abort();
  free(again.bytes);
  const uint32_t count = sl_chain_count(chain);
  uint64_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t type;
    const uint8_t *payload;
    size_t bytes;
    if (sl_chain_entry(chain, i, &type, &payload, &bytes) != SL_OK) abort();
    for (size_t k = 0; k < bytes; k++) sum += payload[k];
  }
  uint32_t right;
  sl_outcome outcome;
  if (sl_chain_begin_verify(chain) != SL_OK) abort();
  do {
    if (sl_job_step(sl_chain_job(chain), 1 + sum % 5, &outcome) != SL_OK) abort();
  } while (outcome == SL_OUTCOME_RUNNING);
  if (sl_chain_finish_verify(chain, &right) != SL_OK) abort();
  uint8_t head[SL_SHA256_BYTES];
  if (right == count && sl_chain_head(chain, count, head) != SL_OK) abort();
  const bool same = file.length == good.length && memcmp(file.bytes, good.bytes, file.length) == 0;
  if (right == count && memcmp(head, good_head, sizeof head) == 0 && !same) abort();
  if (sl_chain_append(chain, 1, (const uint8_t *)"more", 4) == SL_OK &&
      sl_chain_count(chain) != count + 1)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  if (good.bytes == NULL) make_good();
  sl_set_memory_limit((size_t)1 << 26);
  saved_file file = saved_from(bytes, length, good);
  sl_reader *reader = read_saved(SL_FILE_CHAIN, file);
  sl_chain *chain;
  if (reader != NULL && sl_chain_load(reader, &chain) == SL_OK) {
    use(chain, file);
    sl_chain_destroy(chain);
  }
  sl_reader_destroy(reader);
  free(file.bytes);
  if (sl_bytes_in_use() != 0) abort();
  return 0;
}
