// Raw ABI of text/fulltext.h.
#include "base/abi_container.h"
#include "base/abi_job.h"

#include "text/fulltext.h"

static const sl_kind SL_HANDLE_TEXT_FILTER[1] = {{"the handle of a filter of documents"}};

static sl_status get_text(sl_handle handle, sl_fulltext **out) {
  return sl_abi_job_get(handle, &sl_fulltext_kind, out);
}

// The handle, or 0. language: 0 none, 1 English.
sl_handle SL_ABI(sl_abi_text_create)(uint32_t field_count, uint32_t language, int32_t positions,
                                     const uint8_t *schema, uint32_t schema_bytes) {
  const sl_fulltext_options options = {field_count, (sl_language)language, positions != 0};
  sl_fulltext *index;
  if (sl_fulltext_create(&options, schema, schema_bytes, &index) != SL_OK) return 0;
  return sl_abi_job_register(sl_fulltext_job(index), 0, NULL);
}

int32_t SL_ABI(sl_abi_text_destroy)(sl_handle handle) {
  return sl_abi_job_close(handle, &sl_fulltext_kind);
}

// Words that are left out, parted by line feeds.
int32_t SL_ABI(sl_abi_text_leave_out)(sl_handle handle, const uint8_t *words, uint32_t word_bytes) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  return sl_fulltext_leave_out(index, words, word_bytes);
}

// Documents: parts of 3 numbers each. added: a u32, written.
int32_t SL_ABI(sl_abi_text_add)(sl_handle handle, const uint8_t *document, uint32_t document_bytes,
                                const uint32_t *parts, uint32_t part_count, int32_t replace,
                                uint32_t *added) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  return sl_fulltext_add(index, document, document_bytes, parts, part_count, replace != 0, added);
}

// Documents by their keys, one after another. removed: a u32, written.
int32_t SL_ABI(sl_abi_text_remove)(sl_handle handle, const uint8_t *keys, uint32_t key_bytes,
                                   const uint32_t *key_lengths, uint32_t key_count,
                                   uint32_t *removed) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  return sl_fulltext_remove(index, keys, key_bytes, key_lengths, key_count, removed);
}

// present: a u32, written.
int32_t SL_ABI(sl_abi_text_has)(sl_handle handle, const uint8_t *keys, uint32_t key_bytes,
                                uint32_t *present) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  *present = sl_fulltext_has(index, keys, key_bytes);
  return SL_OK;
}

// size: a u32, written.
int32_t SL_ABI(sl_abi_text_size)(sl_handle handle, uint32_t *size) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  *size = sl_fulltext_size(index);
  return SL_OK;
}

// numbers: 10, and 2 more a field, written.
int32_t SL_ABI(sl_abi_text_facts)(sl_handle handle, double *numbers) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  sl_fulltext_facts(index, numbers);
  return SL_OK;
}

// The bytes that it was made with: their address, and how many.
int32_t SL_ABI(sl_abi_text_schema)(sl_handle handle, const uint8_t **schema, uint32_t *bytes) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  sl_fulltext_schema(index, schema, bytes);
  return SL_OK;
}

// All keys, one after another; lengths: a u32 each, written. keys may be NULL.
int32_t SL_ABI(sl_abi_text_keys)(sl_handle handle, uint8_t *keys, uint32_t *lengths) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  sl_fulltext_keys(index, keys, lengths);
  return SL_OK;
}

// Begins; then sl_abi_job_step.
int32_t SL_ABI(sl_abi_text_optimize)(sl_handle handle) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  return sl_fulltext_optimize(index);
}

static sl_fulltext_question question_of(uint32_t k, uint32_t offset, int32_t scorer, double k1,
                                        double b, int32_t counted) {
  return (sl_fulltext_question){.k = k,
                                .offset = offset,
                                .scorer = (sl_scorer_kind)scorer,
                                .k1 = k1,
                                .b = b,
                                .count = counted != 0};
}

// clauses: 7 numbers each. boosts: a number a field. filter_handle: 0 for none. numbers: five, written.
int32_t SL_ABI(sl_abi_text_search)(sl_handle handle, const double *clauses, uint32_t clause_count,
                                   const uint8_t *text, uint32_t text_bytes, uint32_t k,
                                   uint32_t offset, int32_t scorer, double k1, double b,
                                   int32_t counted, const double *boosts, sl_handle filter_handle,
                                   double *numbers) {
  sl_fulltext *index;
  sl_fulltext_filter *filter = NULL;
  SL_TRY(get_text(handle, &index));
  if (filter_handle != 0)
    SL_TRY(sl_handle_get(filter_handle, SL_HANDLE_TEXT_FILTER, (void **)&filter));
  const sl_fulltext_question question = question_of(k, offset, scorer, k1, b, counted);
  return sl_fulltext_search(index, clauses, clause_count, text, text_bytes, &question, boosts,
                            filter, numbers);
}

// numbers: four, written.
int32_t SL_ABI(sl_abi_text_explain)(sl_handle handle, const uint8_t *keys, uint32_t key_bytes,
                                    const double *clauses, uint32_t clause_count,
                                    const uint8_t *text, uint32_t text_bytes, int32_t scorer,
                                    double k1, double b, const double *boosts, double *numbers) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  const sl_fulltext_question question = question_of(1, 0, scorer, k1, b, 0);
  return sl_fulltext_explain(index, keys, key_bytes, clauses, clause_count, text, text_bytes,
                             &question, boosts, numbers);
}

// numbers: three, written.
int32_t SL_ABI(sl_abi_text_facets)(sl_handle handle, uint32_t field, uint32_t most,
                                   double *numbers) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  return sl_fulltext_facets(index, field, most, numbers);
}

// fields: bits. numbers: three, written.
int32_t SL_ABI(sl_abi_text_suggest)(sl_handle handle, const uint8_t *text, uint32_t text_bytes,
                                    uint32_t fields, uint32_t most, double *numbers) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  return sl_fulltext_suggest(index, text, text_bytes, fields, most, numbers);
}

// numbers: two, written.
int32_t SL_ABI(sl_abi_text_marks)(sl_handle handle, const uint8_t *document,
                                  uint32_t document_bytes, const double *clauses,
                                  uint32_t clause_count, const uint8_t *text, uint32_t text_bytes,
                                  double *numbers) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  return sl_fulltext_marks(index, document, document_bytes, clauses, clause_count, text, text_bytes,
                           numbers);
}

// The handle of a filter, or 0.
sl_handle SL_ABI(sl_abi_text_filter_create)(const uint8_t *keys, uint32_t key_bytes,
                                            const uint32_t *key_lengths, uint32_t key_count) {
  sl_fulltext_filter *filter;
  sl_handle handle = 0;
  if (sl_fulltext_filter_create(keys, key_bytes, key_lengths, key_count, &filter) != SL_OK)
    return 0;
  if (sl_handle_create(SL_HANDLE_TEXT_FILTER, filter, &handle) != SL_OK)
    sl_fulltext_filter_destroy(filter);
  return handle;
}

int32_t SL_ABI(sl_abi_text_filter_destroy)(sl_handle handle) {
  sl_fulltext_filter *filter;
  SL_TRY(sl_handle_release(handle, SL_HANDLE_TEXT_FILTER, (void **)&filter));
  sl_fulltext_filter_destroy(filter);
  return SL_OK;
}

// The handle of a writer, or 0.
sl_handle SL_ABI(sl_abi_text_save)(sl_handle handle) {
  sl_fulltext *index;
  sl_writer *writer = NULL;
  if (get_text(handle, &index) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_fulltext_save(index, &writer), writer, handle, SL_HANDLE_JOB);
}

// The index, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_text_load)(sl_handle reader_handle) {
  sl_reader *reader;
  sl_fulltext *index;
  if (sl_abi_get_reader(reader_handle, &reader) != SL_OK) return 0;
  if (sl_fulltext_load(reader, &index) != SL_OK) return 0;
  return sl_abi_job_register(sl_fulltext_job(index), 0, NULL);
}

// The handle of a writer of the head, or 0.
sl_handle SL_ABI(sl_abi_text_save_head)(sl_handle handle) {
  sl_fulltext *index;
  sl_writer *writer = NULL;
  if (get_text(handle, &index) != SL_OK) return 0;
  return sl_abi_hand_out_writer(sl_fulltext_save_head(index, &writer), writer, handle,
                                SL_HANDLE_JOB);
}

// An index whose lists are given later, or 0. The reader stays and is to be destroyed.
sl_handle SL_ABI(sl_abi_text_load_head)(sl_handle reader_handle) {
  sl_reader *reader;
  sl_fulltext *index;
  if (sl_abi_get_reader(reader_handle, &reader) != SL_OK) return 0;
  if (sl_fulltext_load_head(reader, &index) != SL_OK) return 0;
  return sl_abi_job_register(sl_fulltext_job(index), 0, NULL);
}

// numbers: two, written.
int32_t SL_ABI(sl_abi_text_lists)(sl_handle handle, double *numbers) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  return sl_fulltext_lists(index, numbers);
}

// clauses: 7 numbers each. boosts: a number a field. numbers: two, written.
int32_t SL_ABI(sl_abi_text_wanted)(sl_handle handle, const double *clauses, uint32_t clause_count,
                                   const uint8_t *text, uint32_t text_bytes, const double *boosts,
                                   double *numbers) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  return sl_fulltext_wanted(index, clauses, clause_count, text, text_bytes, boosts, numbers);
}

// The lists of a word.
int32_t SL_ABI(sl_abi_text_give)(sl_handle handle, uint32_t term, const uint8_t *lists,
                                 uint32_t list_bytes) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  return sl_fulltext_give(index, term, lists, list_bytes);
}

int32_t SL_ABI(sl_abi_text_forget)(sl_handle handle, uint32_t term) {
  sl_fulltext *index;
  SL_TRY(get_text(handle, &index));
  return sl_fulltext_forget(index, term);
}
