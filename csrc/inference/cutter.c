#include <string.h>

#include "base/memory.h"
#include "inference/pieces.h"

#define NOINLINE __attribute__((noinline))

// To BERT words of more characters are unknown.
enum { MOST_WORD_CHARACTERS = 100 };

static sl_status make_room(void **array, size_t size, uint32_t *room, size_t wanted) {
  if (wanted <= *room) return SL_OK;
  size_t more = *room + (size_t)*room / 2 + 64;
  if (more < wanted) more = wanted;
  if (more > UINT32_MAX) more = UINT32_MAX;
  SL_TRY(sl_realloc(array, more, size));
  *room = (uint32_t)more;
  return SL_OK;
}

void sl_cutter_drop(sl_cutter *c) {
  sl_free(c->word);
  sl_free(c->best);
  sl_free(c->last);
  sl_free(c->from);
  sl_free(c->ids);
  *c = (sl_cutter){.pieces = NULL};
}

size_t sl_cutter_bytes(const sl_cutter *c) {
  const size_t place = sizeof *c->best + sizeof *c->last + sizeof *c->from;
  return c->word_room + c->place_room * place + c->id_room * sizeof *c->ids;
}

static sl_status add_id(sl_cutter *c, uint32_t id) {
  if (c->count >= c->most) {
    c->more = c->done = true;
    return SL_OK;
  }
  SL_TRY(make_room((void **)&c->ids, sizeof *c->ids, &c->id_room, c->count + (size_t)1));
  c->ids[c->count++] = id;
  return SL_OK;
}

// The mark at the end of a text of BERT.
static sl_status add_end(sl_cutter *c) {
  if (c->pieces->cutting != SL_CUTTING_BERT) return SL_OK;
  const bool more = c->more;
  c->most++;
  SL_TRY(add_id(c, c->pieces->last_id));
  c->more = c->more || more;
  return SL_OK;
}

sl_status sl_cutter_begin(sl_cutter *c, const sl_pieces *pieces, const uint8_t *text, size_t bytes,
                          uint32_t most) {
  SL_REQUIRE(bytes < 1u << 31, SL_ERR_OVERFLOW, "text", "less than 2 GB");
  c->pieces = pieces;
  c->text = text;
  c->bytes = bytes;
  c->at = 0;
  c->most = most;
  c->more = c->in_word = c->begun = false;
  c->done = bytes == 0;
  c->before = 0;
  c->count = 0;
  if (pieces->cutting != SL_CUTTING_BERT) return SL_OK;
  if (most == 0) {
    c->more = c->done = true;
    return SL_OK;
  }
  SL_TRY(add_id(c, pieces->first_id));
  c->most = most - 1; // a place is kept for the mark at the end
  return c->done ? add_end(c) : SL_OK;
}

// ---- unigram ------------------------------------------------------------------------------------

static bool space_at(const sl_cutter *c, size_t at) {
  return c->text[at] == ' ' || sl_is_space_sign(c->text + at, c->bytes - at);
}

// The next word with the space before it: to the next space, or to the end of the text where pieces
// have spaces within them.
static NOINLINE sl_status take_word(sl_cutter *c) {
  size_t end = c->at;
  uint32_t n = 0;
  // A space stands before the text.
  const bool first = !c->begun;
  if (!first) end += c->text[end] == ' ' ? 1 : 3;
  while (end < c->bytes && !(c->pieces->apart && space_at(c, end))) end++;
  const size_t wanted = end - c->at + 1;
  SL_TRY(make_room((void **)&c->word, 1, &c->word_room, wanted));
  if (c->place_room < wanted + 1) {
    // One room for three arrays: it grows when all of them have.
    uint32_t room[3] = {c->place_room, c->place_room, c->place_room};
    SL_TRY(make_room((void **)&c->best, sizeof *c->best, &room[0], wanted + 1));
    SL_TRY(make_room((void **)&c->last, sizeof *c->last, &room[1], wanted + 1));
    SL_TRY(make_room((void **)&c->from, sizeof *c->from, &room[2], wanted + 1));
    c->place_room = room[0];
  }
  c->word[n++] = ' ';
  for (size_t at = first ? 0 : c->at + (c->text[c->at] == ' ' ? 1 : 3); at < end;) {
    const bool sign = sl_is_space_sign(c->text + at, c->bytes - at);
    c->word[n++] = sign ? ' ' : c->text[at];
    at += sign ? 3 : 1;
  }
  for (uint32_t i = 0; i < n;) {
    const uint32_t length = sl_character_bytes(c->word + i, n - i);
    for (uint32_t j = 1; j <= length; j++) {
      c->best[i + j] = 0;
      c->last[i + j] = 0;
      c->from[i + j] = i;
    }
    i += length;
  }
  c->best[0] = c->before;
  c->word_bytes = n;
  c->place = 0;
  c->at = end;
  c->in_word = c->begun = true;
  return SL_OK;
}

// A place that no piece has reached has score 0, as in the tokenizer that this one equals.
static inline void offer(sl_cutter *c, uint32_t end, double score, uint32_t id) {
  if (c->best[end] == 0 || score >= c->best[end]) {
    c->best[end] = score;
    c->last[end] = id;
    c->from[end] = c->place;
  }
}

static NOINLINE void look(sl_cutter *c, uint32_t until) {
  const sl_pieces *p = c->pieces;
  while (c->place < until) {
    const uint32_t length = sl_character_bytes(c->word + c->place, c->word_bytes - c->place);
    const double before = c->best[c->place];
    bool found = false;
    uint32_t node = 0;
    for (uint32_t i = c->place; i < c->word_bytes; i++) {
      node = sl_pieces_child(p, node, c->word[i]);
      if (node == 0) break;
      const uint32_t id = p->piece_at[node];
      if (id == SL_NO_PIECE) continue;
      found = true;
      offer(c, i + 1, before + p->scores[id], id);
    }
    if (!found) offer(c, c->place + length, before, 0);
    c->place += length;
  }
}

// The pieces of the best way through the word.
static sl_status end_word(sl_cutter *c) {
  c->in_word = false;
  c->before = c->best[c->word_bytes];
  // Turned round: from[place] is then where the piece that begins there ends.
  uint32_t next = 0, end = c->word_bytes;
  while (end > 0) {
    const uint32_t start = c->from[end];
    c->from[end] = next;
    next = end;
    end = start;
  }
  for (uint32_t place = next; place != 0 && !c->done; place = c->from[place]) {
    const uint32_t id = c->last[place];
    if (id == 0 && c->count > 0 && c->ids[c->count - 1] == 0) continue;
    SL_TRY(add_id(c, id));
  }
  c->done = c->done || c->at == c->bytes;
  return SL_OK;
}

static sl_status step_unigram(sl_cutter *c, uint64_t work) {
  for (uint64_t done = 0; !c->done && done < work;) {
    if (!c->in_word) SL_TRY(take_word(c));
    const uint32_t left = c->word_bytes - c->place;
    const uint32_t here = work - done < left ? (uint32_t)(work - done) : left;
    look(c, c->place + here);
    done += here;
    if (c->place >= c->word_bytes) SL_TRY(end_word(c));
  }
  return SL_OK;
}

// ---- words --------------------------------------------------------------------------------------

// Pieces of the word, at most MOST_WORD_CHARACTERS; 0 where it cannot be cut.
static uint32_t find_pieces(const sl_pieces *p, const uint8_t *word, size_t bytes,
                            uint32_t *found) {
  uint32_t count = 0, characters = 0;
  for (size_t i = 0; i < bytes; i += sl_character_bytes(word + i, bytes - i))
    if (++characters > MOST_WORD_CHARACTERS) return 0;
  for (size_t at = 0; at < bytes;) {
    uint32_t node = at == 0 ? 0 : p->inside, id = SL_NO_PIECE;
    size_t end = at;
    if (at > 0 && node == 0) return 0;
    for (size_t i = at; i < bytes; i++) {
      node = sl_pieces_child(p, node, word[i]);
      if (node == 0) break;
      const bool whole = i + 1 == bytes || (word[i + 1] & 0xc0) != 0x80;
      if (whole && p->piece_at[node] != SL_NO_PIECE) {
        id = p->piece_at[node];
        end = i + 1;
      }
    }
    if (id == SL_NO_PIECE || count == MOST_WORD_CHARACTERS) return 0;
    found[count++] = id;
    at = end;
  }
  return count;
}

static sl_status cut_wordpiece(sl_cutter *c, const uint8_t *word, size_t bytes) {
  const sl_pieces *p = c->pieces;
  uint32_t found[MOST_WORD_CHARACTERS], count = find_pieces(p, word, bytes, found);
  if (count == 0 && p->cutting == SL_CUTTING_BERT) found[count++] = p->unknown_id;
  for (uint32_t i = 0; i < count && !c->done; i++) SL_TRY(add_id(c, found[i]));
  return SL_OK;
}

static sl_status step_words(sl_cutter *c, uint64_t work) {
  const size_t from = c->at;
  while (!c->done && c->at - from < work) {
    size_t end = c->at;
    while (end < c->bytes && c->text[end] != ' ') end++;
    const uint8_t *word = c->text + c->at;
    const size_t bytes = end - c->at;
    if (bytes > 0 && c->pieces->cutting >= SL_CUTTING_WORDPIECE) {
      SL_TRY(cut_wordpiece(c, word, bytes));
    } else if (bytes > 0) {
      const uint32_t id = sl_pieces_find(c->pieces, word, bytes);
      if (id != SL_NO_PIECE) SL_TRY(add_id(c, id));
    }
    c->at = end < c->bytes ? end + 1 : end;
    c->done = c->done || c->at == c->bytes;
  }
  return c->done ? add_end(c) : SL_OK;
}

sl_status sl_cutter_step(sl_cutter *c, uint64_t work) {
  return c->pieces->cutting == SL_CUTTING_UNIGRAM ? step_unigram(c, work) : step_words(c, work);
}
