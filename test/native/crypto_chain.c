// Witness chains: heads by their definition, every flipped byte of a file, memory that ends.
#include "crypto_vectors.h"

#include "base/bytes.h"
#include "crypto/file.h"

enum { ENTRIES = 12, FILE_BYTES = 1 << 14 };

static sl_chain *make_chain(uint32_t entries) {
  sl_chain *chain;
  assert_ok(sl_chain_create((const uint8_t *)"test", 4, &chain));
  for (uint32_t i = 0; i < entries; i++) {
    uint8_t payload[200];
    make_message(payload, i * 13 % 200);
    assert_ok(sl_chain_append(chain, i % 3, payload, i * 13 % 200));
  }
  return chain;
}

// The first wrong entry, found `work` units at a time.
static uint32_t verify(sl_chain *chain, uint64_t work) {
  uint32_t wrong;
  sl_outcome outcome;
  assert_ok(sl_chain_begin_verify(chain));
  do assert_ok(sl_job_step(sl_chain_job(chain), work, &outcome));
  while (outcome == SL_OUTCOME_RUNNING);
  assert_ok(sl_chain_finish_verify(chain, &wrong));
  return wrong;
}

static void heads_by_definition(void **state) {
  (void)state;
  sl_chain *chain = make_chain(ENTRIES);
  uint8_t head[32], wanted[32], bytes[300] = "sublinear.witness.1";
  memcpy(bytes + 20, "test", 4);
  sl_sha256_of(bytes, 24, wanted);
  assert_ok(sl_chain_head(chain, 0, head));
  assert_memory_equal(head, wanted, 32);
  for (uint32_t i = 0; i < ENTRIES; i++) {
    uint32_t type;
    const uint8_t *payload;
    size_t count;
    assert_ok(sl_chain_entry(chain, i, &type, &payload, &count));
    assert_int_equal(type, i % 3);
    assert_int_equal(count, i * 13 % 200);
    memcpy(bytes, head, 32);
    sl_put_u32(bytes + 32, type);
    memcpy(bytes + 36, payload, count);
    sl_sha256_of(bytes, 36 + count, wanted);
    assert_ok(sl_chain_head(chain, i + 1, head));
    assert_memory_equal(head, wanted, 32);
  }
  uint8_t statement[SL_CHAIN_STATEMENT_BYTES];
  assert_ok(sl_chain_statement(chain, ENTRIES, statement));
  assert_memory_equal(statement, "sublinear.witness.head.1", 24);
  assert_true(sl_get_u64(statement + 24) == ENTRIES);
  assert_memory_equal(statement + 32, head, 32);
  for (uint64_t work = 1; work < 100; work += 9) assert_int_equal(verify(chain, work), ENTRIES);
  assert_refused(sl_chain_head(chain, ENTRIES + 1, head), SL_ERR_INDEX, "entries");
  assert_refused(sl_chain_statement(chain, ENTRIES + 1, statement), SL_ERR_INDEX, "entries");
  sl_chain_destroy(chain);
}

static size_t save(const sl_chain *chain, uint8_t *file) {
  sl_writer *writer;
  uint32_t written;
  assert_ok(sl_chain_save(chain, &writer));
  const size_t size = (size_t)sl_writer_size(writer);
  assert_true(size <= FILE_BYTES);
  assert_ok(sl_writer_next(writer, file, (uint32_t)size, &written));
  sl_writer_destroy(writer);
  return size;
}

static sl_status load(const uint8_t *file, size_t size, sl_chain **out) {
  sl_reader *reader;
  *out = NULL;
  assert_ok(sl_reader_create(SL_FILE_CHAIN, size, &reader));
  sl_status status = sl_reader_feed(reader, file, size);
  if (status == SL_OK) status = sl_reader_end(reader);
  if (status == SL_OK) status = sl_chain_load(reader, out);
  sl_reader_destroy(reader);
  return status;
}

static void comes_back_from_a_file(void **state) {
  (void)state;
  uint8_t *file = malloc(FILE_BYTES);
  for (uint32_t entries = 0; entries < ENTRIES; entries += 3) {
    sl_chain *chain = make_chain(entries), *loaded;
    uint8_t head[32], again[32];
    assert_ok(load(file, save(chain, file), &loaded));
    assert_int_equal(sl_chain_count(loaded), entries);
    assert_int_equal(verify(loaded, 100), entries);
    // And goes on where it ended.
    assert_ok(sl_chain_append(chain, 9, (const uint8_t *)"more", 4));
    assert_ok(sl_chain_append(loaded, 9, (const uint8_t *)"more", 4));
    assert_ok(sl_chain_head(chain, entries + 1, head));
    assert_ok(sl_chain_head(loaded, entries + 1, again));
    assert_memory_equal(head, again, 32);
    sl_chain_destroy(chain);
    sl_chain_destroy(loaded);
  }
  free(file);
}

// A forged chain differs in its head, or is found to be wrong at its first changed entry: what is changed
// in memory here a forger would change in a file with right checksums.
static void every_change_is_seen(void **state) {
  (void)state;
  sl_chain *chain = make_chain(ENTRIES);
  uint8_t head[32];
  assert_ok(sl_chain_head(chain, ENTRIES, head));
  for (uint32_t i = 0; i < ENTRIES; i++) {
    uint32_t type;
    const uint8_t *payload;
    size_t count;
    assert_ok(sl_chain_entry(chain, i, &type, &payload, &count));
    for (size_t bit = 0; bit < 8 * count; bit += 5) {
      uint8_t *byte = (uint8_t *)(uintptr_t)&payload[bit / 8];
      *byte ^= (uint8_t)(1 << bit % 8);
      assert_int_equal(verify(chain, 3), i);
      *byte ^= (uint8_t)(1 << bit % 8);
    }
  }
  assert_int_equal(verify(chain, 3), ENTRIES);
  sl_chain_destroy(chain);
}

// Every bit of a file flipped, and every length cut.
static void every_damaged_file_is_refused(void **state) {
  (void)state;
  sl_chain *chain = make_chain(5), *loaded;
  uint8_t *file = malloc(FILE_BYTES);
  const size_t size = save(chain, file);
  for (size_t bit = 0; bit < 8 * size; bit++) {
    file[bit / 8] ^= (uint8_t)(1 << bit % 8);
    assert_int_not_equal(load(file, size, &loaded), SL_OK);
    assert_null(loaded);
    file[bit / 8] ^= (uint8_t)(1 << bit % 8);
  }
  for (size_t length = 0; length < size; length++)
    assert_int_not_equal(load(file, length, &loaded), SL_OK);
  assert_ok(load(file, size, &loaded));
  sl_chain_destroy(loaded);
  sl_chain_destroy(chain);
  free(file);
}

static void keeps_what_it_has_when_memory_ends(void **state) {
  (void)state;
  sl_chain *chain = make_chain(8);
  uint8_t *payload = calloc(100000, 1);
  for (uint64_t bytes = 0;; bytes += 20000) {
    sl_memory_budget budget;
    sl_memory_budget_begin(&budget, bytes);
    const sl_status status = sl_chain_append(chain, 1, payload, 100000);
    sl_memory_budget_end(&budget);
    if (status == SL_OK) break;
    assert_int_equal(status, SL_ERR_MEMORY);
    assert_int_equal(verify(chain, 1000), 8);
  }
  assert_int_equal(verify(chain, 1000), 9);
  sl_chain_destroy(chain);
  free(payload);
  for (uint64_t bytes = 0; bytes < 600; bytes += 30) {
    sl_memory_budget budget;
    sl_memory_budget_begin(&budget, bytes);
    const sl_status status = sl_chain_create((const uint8_t *)"context", 7, &chain);
    sl_memory_budget_end(&budget);
    if (status == SL_OK) sl_chain_destroy(chain);
  }
}

static void is_verified_in_steps(void **state) {
  (void)state;
  sl_chain *chain = make_chain(0);
  uint32_t wrong;
  sl_outcome outcome;
  assert_refused(sl_chain_finish_verify(chain, &wrong), SL_ERR_STATE, "chain");
  uint8_t *payload = calloc(1 << 20, 1);
  assert_ok(sl_chain_append(chain, 1, payload, 1 << 20));
  assert_ok(sl_chain_begin_verify(chain));
  int steps = 0;
  do {
    assert_ok(sl_job_step(sl_chain_job(chain), 100, &outcome));
    steps++;
  } while (outcome == SL_OUTCOME_RUNNING);
  assert_in_range(steps, 160, 170); // 16,384 blocks
  assert_ok(sl_chain_begin_verify(chain));
  assert_ok(sl_job_step(sl_chain_job(chain), 100, &outcome));
  // What is appended ends a verification that is under way.
  assert_ok(sl_chain_append(chain, 1, payload, 10));
  assert_int_equal(sl_job_step(sl_chain_job(chain), 100, &outcome), SL_ERR_STATE);
  sl_chain_destroy(chain);
  free(payload);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      property(heads_by_definition),
      property(comes_back_from_a_file),
      property(every_change_is_seen),
      property(every_damaged_file_is_refused),
      property(keeps_what_it_has_when_memory_ends),
      property(is_verified_in_steps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
