// Where terms stand one after another.
#include "text/asked.h"

typedef struct phrase {
  sl_cursor_in *cursors;
  const uint32_t *terms;
  uint32_t count, rarest;
  uint32_t *positions[2]; // of the rarest one, and of another
  uint32_t room[2];
} phrase;

// The next document from `document` on that has all of them.
static uint32_t next_document(const phrase *p, uint32_t document) {
  for (uint32_t i = 0; i < p->count;) {
    sl_cursor_in *c = &p->cursors[(p->rarest + i) % p->count];
    sl_cursor_to(c, document);
    if (c->document == SL_NO_DOCUMENT) return SL_NO_DOCUMENT;
    if (c->document > document) {
      document = c->document;
      i = i == 0 ? 1 : 0;
    } else {
      i++;
    }
  }
  return document;
}

static sl_status read_positions(phrase *p, int which, uint32_t term, uint32_t *count) {
  sl_cursor_in *c = &p->cursors[term];
  *count = sl_cursor_frequency(c);
  SL_TRY(SL_MAKE_ROOM(&p->positions[which], &p->room[which], *count));
  sl_cursor_positions(c, p->positions[which]);
  return SL_OK;
}

// How often the phrase is in the document where all cursors stand.
static sl_status count_places(phrase *p, uint32_t *found) {
  uint32_t left;
  SL_TRY(read_positions(p, 0, p->rarest, &left));
  const uint32_t place = p->terms[2 * p->rarest + 1];
  for (uint32_t term = 0; term < p->count && left > 0; term++) {
    if (term == p->rarest) continue;
    uint32_t count, kept = 0, k = 0;
    SL_TRY(read_positions(p, 1, term, &count));
    const uint32_t *here = p->positions[1], shift = p->terms[2 * term + 1];
    for (uint32_t i = 0; i < left; i++) {
      // Sums, so that nothing is below zero.
      const uint64_t wanted = (uint64_t)p->positions[0][i] + shift;
      while (k < count && (uint64_t)here[k] + place < wanted) k++;
      if (k < count && (uint64_t)here[k] + place == wanted)
        p->positions[0][kept++] = p->positions[0][i];
    }
    left = kept;
  }
  *found = left;
  return SL_OK;
}

static sl_status find_all(phrase *p, sl_source *out) {
  uint32_t documents_room = 0, frequencies_room = 0;
  for (uint32_t document = 0; (document = next_document(p, document)) != SL_NO_DOCUMENT;
       document++) {
    uint32_t found;
    SL_TRY(count_places(p, &found));
    if (found == 0) continue;
    SL_TRY(SL_MAKE_ROOM(&out->documents, &documents_room, out->count + 1));
    SL_TRY(SL_MAKE_ROOM(&out->frequencies, &frequencies_room, out->count + 1));
    out->documents[out->count] = document;
    out->frequencies[out->count++] = found;
  }
  return SL_OK;
}

sl_status sl_phrase_find(const sl_corpus *corpus, const uint32_t *terms, uint32_t count,
                         uint32_t field, sl_source *out) {
  phrase p = {.terms = terms, .count = count};
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t list = sl_corpus_find_list(corpus, terms[2 * i], field);
    if (list == SL_NONE || corpus->lists[list].count == 0) return SL_OK;
  }
  SL_TRY(SL_ALLOC(&p.cursors, count));
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t list = sl_corpus_find_list(corpus, terms[2 * i], field);
    sl_cursor_open(&p.cursors[i], &corpus->lists[list]);
    if (corpus->lists[list].count < p.cursors[p.rarest].list->count) p.rarest = i;
  }
  const sl_status status = find_all(&p, out);
  sl_free(p.cursors);
  sl_free(p.positions[0]);
  sl_free(p.positions[1]);
  if (status != SL_OK) {
    sl_free(out->documents);
    sl_free(out->frequencies);
    out->documents = out->frequencies = NULL;
    out->count = 0;
  }
  return status;
}
