// An index whose lists are read when a question needs them.
#include "text/file.h"
#include "text/file_parts.h"

#define TAG_SIZES SL_TAG('S', 'I', 'Z', 'E')

struct sl_places {
  uint32_t terms;
  uint64_t *ends;  // of the lists of each term
  uint32_t *bytes; // that the lists of a term take in memory; 0: they are not there
};

void sl_places_free(sl_places *places) {
  if (places == NULL) return;
  sl_free(places->ends);
  sl_free(places->bytes);
  sl_free(places);
}

size_t sl_places_bytes(const sl_places *places) {
  if (places == NULL) return 0;
  return sizeof *places + places->terms * (sizeof *places->ends + sizeof *places->bytes);
}

bool sl_places_has(const sl_places *places, uint32_t term) { return places->bytes[term] > 0; }

// ---- writing ------------------------------------------------------------------------------------

static sl_status add_sizes(sl_fulltext *index, sl_writer *writer) {
  sl_text_out lists = {0}, sizes = {0};
  SL_TRY(sl_text_put_head(index, writer));
  const sl_status status = sl_text_put_lists(index, &lists, &sizes);
  if (status == SL_OK) sl_writer_add_copy(writer, TAG_SIZES, sizes.at, sizes.used);
  sl_free(lists.at);
  sl_free(sizes.at);
  return status;
}

sl_status sl_fulltext_save_head(sl_fulltext *index, sl_writer **out) {
  SL_TRY(sl_writer_create(SL_FILE_TEXT_HEAD, out));
  const sl_status status = add_sizes(index, *out);
  if (status != SL_OK) {
    sl_writer_destroy(*out);
    *out = NULL;
    return status;
  }
  sl_writer_watch(*out, &index->version);
  return SL_OK;
}

sl_status sl_fulltext_lists(sl_fulltext *index, double *numbers) {
  sl_text_out lists = {0};
  SL_TRY(sl_text_settle(index));
  const sl_status status = sl_text_put_lists(index, &lists, NULL);
  if (status != SL_OK) {
    sl_free(lists.at);
    return status;
  }
  sl_free(index->results.at);
  index->results = (sl_buffer){lists.at, lists.room};
  numbers[0] = (double)(uintptr_t)lists.at;
  numbers[1] = lists.used;
  return SL_OK;
}

// ---- reading ------------------------------------------------------------------------------------

static sl_status take_sizes(sl_fulltext *index, sl_reader *reader, sl_text_in *in) {
  const uint32_t terms = index->corpus.term_count;
  if (terms > (size_t)(in->end - in->at)) return sl_reader_bad(reader, "a size for each word");
  SL_TRY(SL_ALLOC_ZERO(&index->places, 1));
  sl_places *places = index->places;
  SL_TRY(SL_ALLOC_ZERO(&places->ends, terms));
  SL_TRY(SL_ALLOC_ZERO(&places->bytes, terms));
  places->terms = terms;
  uint64_t end = 0;
  for (uint32_t term = 0; term < terms; term++) {
    uint32_t bytes;
    // A number for each field at least.
    if (!sl_text_get(in, &bytes) || bytes < index->corpus.fields)
      return sl_reader_bad(reader, "sizes of lists");
    end += bytes;
    places->ends[term] = end;
  }
  return in->at == in->end ? SL_OK : sl_reader_bad(reader, "sizes of lists and nothing else");
}

static sl_status read_head(sl_fulltext *index, sl_reader *reader) {
  sl_text_in in = {0};
  SL_TRY(sl_text_take_head(index, reader));
  sl_status status = sl_text_take(reader, TAG_SIZES, &in);
  if (status == SL_OK) status = take_sizes(index, reader, &in);
  sl_free(in.block);
  return status == SL_OK ? sl_reader_close(reader) : status;
}

sl_status sl_fulltext_load_head(sl_reader *reader, sl_fulltext **out) {
  *out = NULL;
  sl_fulltext *index;
  SL_TRY(SL_ALLOC_ZERO(&index, 1));
  sl_fulltext_begin(index);
  const sl_status status = read_head(index, reader);
  if (status != SL_OK) {
    sl_fulltext_destroy(index);
    return status;
  }
  *out = index;
  return SL_OK;
}

// ---- lists that come and go ---------------------------------------------------------------------

static sl_status check_term(const sl_fulltext *index, uint32_t term) {
  SL_REQUIRE(index->places != NULL, SL_ERR_STATE, "index", "an index that is read by ranges");
  SL_REQUIRE(term < index->places->terms, SL_ERR_INDEX, "term", "a word of the index");
  return SL_OK;
}

sl_status sl_fulltext_wanted(sl_fulltext *index, const double *clauses, uint32_t clause_count,
                             const uint8_t *text, uint32_t text_bytes, const double *boosts,
                             double *numbers) {
  SL_REQUIRE(index->places != NULL, SL_ERR_STATE, "index", "an index that is read by ranges");
  const sl_fulltext_question question = sl_fulltext_question_default();
  if (index->asked == NULL) SL_TRY(SL_ALLOC_ZERO(&index->asked, 1));
  sl_asked *a = index->asked;
  a->wanted_count = 0;
  a->collecting = true;
  sl_status status =
      sl_asked_begin(index, clauses, clause_count, text, text_bytes, &question, boosts);
  a->collecting = false;
  sl_asked_end(a);
  if (status == SL_OK)
    status = sl_buffer_reserve(&index->results, (uint64_t)a->wanted_count * 4 * sizeof(double));
  SL_TRY(status);
  const sl_places *places = index->places;
  double *to = index->results.at;
  for (uint32_t i = 0; i < a->wanted_count; i++) {
    const uint32_t term = a->wanted[i];
    const uint64_t from = term == 0 ? 0 : places->ends[term - 1];
    *to++ = term;
    *to++ = (double)from;
    *to++ = (double)(places->ends[term] - from);
    *to++ = places->bytes[term];
  }
  numbers[0] = a->wanted_count;
  numbers[1] = (double)(uintptr_t)index->results.at;
  return SL_OK;
}

static void drop(sl_fulltext *index, uint32_t term) {
  sl_corpus *c = &index->corpus;
  for (uint32_t list = sl_first_list(c, term); list != SL_NONE; list = c->lists[list].next) {
    sl_postings *p = &c->lists[list];
    c->postings -= p->count;
    sl_postings_free(p);
    *p = (sl_postings){.last = SL_NO_DOCUMENT,
                       .next = p->next,
                       .field = p->field,
                       .positions = p->positions,
                       .pending = SL_NONE};
  }
  c->list_bytes -= index->places->bytes[term];
  index->places->bytes[term] = 0;
}

static sl_status take_lists(sl_fulltext *index, uint32_t term, sl_text_in *in) {
  sl_corpus *c = &index->corpus;
  const char *wrong = NULL;
  for (uint32_t f = 0; f < c->fields; f++) {
    uint32_t count, list, before = UINT32_MAX;
    SL_REQUIRE(sl_text_get(in, &count), SL_ERR_FORMAT, "bytes", "lists of a word");
    if (count == 0) continue;
    SL_TRY(sl_corpus_list(c, term, f, &list));
    for (uint32_t i = 0; i < count; i++) {
      SL_TRY(sl_text_take_posting(index, in, NULL, list, before, &wrong));
      SL_REQUIRE(wrong == NULL, SL_ERR_FORMAT, "bytes", wrong);
      before = c->lists[list].last;
    }
    sl_postings *p = &c->lists[list];
    SL_TRY(sl_trim_room((void **)&p->data, 1, &p->room, p->used));
  }
  SL_REQUIRE(in->at == in->end, SL_ERR_FORMAT, "bytes", "lists of a word and nothing else");
  return SL_OK;
}

sl_status sl_fulltext_give(sl_fulltext *index, uint32_t term, const uint8_t *bytes,
                           uint32_t count) {
  SL_TRY(check_term(index, term));
  sl_places *places = index->places;
  if (places->bytes[term] > 0) return SL_OK;
  const uint64_t from = term == 0 ? 0 : places->ends[term - 1];
  SL_REQUIRE(count == places->ends[term] - from, SL_ERR_SHAPE, "bytes", "the lists of the word");
  sl_text_in in = {.at = bytes, .end = bytes + count};
  const sl_status status = take_lists(index, term, &in);
  const sl_corpus *c = &index->corpus;
  uint64_t held = 1;
  for (uint32_t list = sl_first_list(c, term); list != SL_NONE; list = c->lists[list].next)
    held += sl_postings_bytes(&c->lists[list]);
  places->bytes[term] = held > UINT32_MAX ? UINT32_MAX : (uint32_t)held;
  index->corpus.list_bytes += places->bytes[term];
  if (status != SL_OK) drop(index, term);
  return status;
}

sl_status sl_fulltext_forget(sl_fulltext *index, uint32_t term) {
  SL_TRY(check_term(index, term));
  if (index->places->bytes[term] > 0) drop(index, term);
  return SL_OK;
}
