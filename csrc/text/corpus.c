// The parts of an index: lists, slots, memory.
#include "text/index.h"

void sl_corpus_free(sl_corpus *c) {
  for (uint32_t i = 0; i < c->list_count; i++) sl_postings_free(&c->lists[i]);
  sl_lexicon_free(&c->words);
  sl_lexicon_free(&c->stems);
  sl_lexicon_free(&c->keys);
  sl_free(c->terms);
  sl_free(c->lists);
  sl_free(c->slot_keys);
  sl_free(c->lengths);
  *c = (sl_corpus){0};
}

size_t sl_corpus_bytes(const sl_corpus *c) {
  return sl_lexicon_bytes(&c->words) + sl_lexicon_bytes(&c->stems) + sl_lexicon_bytes(&c->keys) +
         ((size_t)c->term_room + c->slot_keys_room + c->lengths_room) * sizeof(uint32_t) +
         c->list_room * sizeof *c->lists + c->list_bytes;
}

uint32_t sl_corpus_find_list(const sl_corpus *c, uint32_t term, uint32_t field) {
  uint32_t list = sl_first_list(c, term);
  while (list != SL_NONE && c->lists[list].field != field) list = c->lists[list].next;
  return list;
}

sl_status sl_corpus_list(sl_corpus *c, uint32_t term, uint32_t field, uint32_t *list) {
  *list = sl_corpus_find_list(c, term, field);
  if (*list != SL_NONE) return SL_OK;
  SL_REQUIRE(c->list_count < 1u << 31, SL_ERR_OVERFLOW, "words", "fewer different words");
  SL_TRY(SL_MAKE_ROOM(&c->lists, &c->list_room, c->list_count + 1));
  *list = c->list_count++;
  c->lists[*list] = (sl_postings){.last = SL_NO_DOCUMENT,
                                  .next = sl_first_list(c, term),
                                  .field = (uint16_t)field,
                                  .positions = c->positions,
                                  .pending = SL_NONE};
  c->terms[2 * (size_t)term] = *list;
  return SL_OK;
}

sl_status sl_corpus_reserve_slot(sl_corpus *c) {
  SL_REQUIRE(c->slots < (1u << 31) - 1 && c->slots < UINT32_MAX / c->fields, SL_ERR_OVERFLOW,
             "documents", "fewer documents, or fewer fields");
  SL_TRY(SL_MAKE_ROOM(&c->slot_keys, &c->slot_keys_room, c->slots + 1));
  return SL_MAKE_ROOM(&c->lengths, &c->lengths_room, (c->slots + 1) * c->fields);
}

sl_status sl_buffer_reserve(sl_buffer *buffer, uint64_t bytes) {
  SL_REQUIRE(bytes <= UINT32_MAX, SL_ERR_OVERFLOW, "k", "fewer results");
  return sl_make_room(&buffer->at, 1, &buffer->room, (uint32_t)bytes);
}
