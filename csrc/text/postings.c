#include "text/postings.h"

#include <string.h>

#include "text/room.h"

enum { MOST_HEAD = 3 + SL_MOST_IMPACTS * 10 + 2 * 16 * 32 };

void sl_impacts_add(sl_impacts *impacts, uint32_t frequency, uint32_t length) {
  sl_impact *at = impacts->at;
  uint32_t kept = 0, i = 0;
  for (; i < impacts->count && at[i].frequency >= frequency; i++) {
    if (at[i].length <= length) return;
  }
  // It stands before place i, and those behind that are no better go.
  uint32_t end = i;
  while (end < impacts->count && at[end].length >= length) end++;
  if (i > 0 && at[i - 1].frequency == frequency) i--; // the same frequency, a longer one
  kept = impacts->count - end;
  if (i + 1 + kept > SL_MOST_IMPACTS) {
    // One pair too many: the last two become one that bounds both.
    sl_impact all[SL_MOST_IMPACTS + 1];
    memcpy(all, at, i * sizeof *at);
    all[i] = (sl_impact){frequency, length};
    memcpy(all + i + 1, at + end, kept * sizeof *at);
    all[SL_MOST_IMPACTS - 1].length = all[SL_MOST_IMPACTS].length;
    memcpy(at, all, sizeof impacts->at);
    impacts->count = SL_MOST_IMPACTS;
    return;
  }
  memmove(at + i + 1, at + end, kept * sizeof *at);
  at[i] = (sl_impact){frequency, length};
  impacts->count = i + 1 + kept;
}

void sl_postings_free(sl_postings *postings) {
  sl_free(postings->data);
  sl_free(postings->blocks);
  postings->data = NULL;
  postings->blocks = NULL;
}

size_t sl_postings_bytes(const sl_postings *p) {
  return p->room + (p->blocks == NULL ? 0 : sizeof *p->blocks + p->blocks->room * sizeof(sl_block));
}

static uint32_t tail_count(const sl_postings *p) {
  return p->count - sl_postings_blocks(p) * SL_PACK;
}

// The documents of the tail, in order; starts: where the positions of each begin.
static uint32_t read_tail(const sl_postings *p, uint32_t *documents, uint32_t *frequencies,
                          uint32_t *starts) {
  const uint8_t *at = p->data + p->sealed, *end = p->data + p->used;
  const uint32_t blocks = sl_postings_blocks(p);
  uint32_t document = blocks == 0 ? UINT32_MAX : p->blocks->block[blocks - 1].last, count = 0;
  while (at < end) {
    const uint32_t number = sl_get_number(&at);
    document += 1 + (number >> 1);
    documents[count] = document;
    const uint32_t frequency = (number & 1) != 0 ? 1 : sl_get_number(&at);
    frequencies[count] = frequency;
    starts[count] = (uint32_t)(at - p->data);
    if (p->positions) {
      for (uint32_t left = frequency; left > 0; left -= *at++ < 128) {
      }
    }
    count++;
  }
  return count;
}

static uint32_t number_bytes(uint32_t number) {
  return number < 1u << 7    ? 1
         : number < 1u << 14 ? 2
         : number < 1u << 21 ? 3
         : number < 1u << 28 ? 4
                             : 5;
}

static uint8_t *put(uint8_t *to, uint32_t number) {
  for (; number >= 128; number >>= 7) *to++ = (uint8_t)(number | 128);
  *to++ = (uint8_t)number;
  return to;
}

static sl_status make_block_room(sl_postings *p) {
  const uint32_t count = sl_postings_blocks(p), room = p->blocks == NULL ? 0 : p->blocks->room;
  if (count < room) return SL_OK;
  const uint32_t more = room == 0 ? 1 : room + (room + 1) / 2;
  void *blocks = p->blocks;
  SL_TRY(sl_realloc(&blocks, sizeof *p->blocks + more * sizeof(sl_block), 1));
  p->blocks = blocks;
  if (room == 0) memset(p->blocks, 0, sizeof *p->blocks);
  p->blocks->room = more;
  return SL_OK;
}

// Packs the tail, which is full. Errors: ERR_MEMORY; it is the same then.
static __attribute__((noinline)) sl_status seal(sl_postings *p, const uint32_t *lengths,
                                                uint32_t stride) {
  uint32_t documents[SL_PACK], frequencies[SL_PACK], starts[SL_PACK], ends[SL_PACK];
  uint8_t head[MOST_HEAD];
  SL_TRY(make_block_room(p));
  read_tail(p, documents, frequencies, starts);
  const uint32_t blocks = sl_postings_blocks(p), last = documents[SL_PACK - 1];
  uint32_t before = blocks == 0 ? UINT32_MAX : p->blocks->block[blocks - 1].last;
  uint32_t position_bytes = 0;
  sl_impacts impacts = {0};
  for (uint32_t i = 0; i < SL_PACK; i++) {
    sl_impacts_add(&impacts, frequencies[i], lengths[(size_t)documents[i] * stride]);
    ends[i] = p->used;
    if (i + 1 < SL_PACK) { // the next begins with its gap and its frequency
      const uint32_t gap = documents[i + 1] - documents[i] - 1, f = frequencies[i + 1];
      ends[i] = starts[i + 1] - number_bytes(2 * gap + (f == 1)) - (f == 1 ? 0 : number_bytes(f));
    }
    position_bytes += ends[i] - starts[i];
  }
  for (uint32_t i = 0; i < SL_PACK; i++) {
    const uint32_t document = documents[i];
    documents[i] = document - before - 1;
    before = document;
    frequencies[i]--;
  }
  uint8_t *to = head;
  const uint32_t gap_bits = sl_pack_bits(documents), bits = sl_pack_bits(frequencies);
  *to++ = (uint8_t)gap_bits;
  *to++ = (uint8_t)bits;
  *to++ = (uint8_t)impacts.count;
  for (uint32_t i = 0; i < impacts.count; i++) {
    to = put(put(to, impacts.at[i].frequency), impacts.at[i].length);
  }
  sl_pack(documents, gap_bits, to);
  to += 16 * gap_bits;
  sl_pack(frequencies, bits, to);
  to += 16 * bits;
  const uint32_t head_bytes = (uint32_t)(to - head);
  SL_TRY(SL_MAKE_ROOM(&p->data, &p->room, p->sealed + head_bytes + position_bytes));
  uint8_t *tail = p->data + p->sealed;
  for (uint32_t i = 0, done = 0; i < SL_PACK; i++) {
    memmove(tail + done, p->data + starts[i], ends[i] - starts[i]);
    done += ends[i] - starts[i];
  }
  memmove(tail + head_bytes, tail, position_bytes);
  memcpy(tail, head, head_bytes);
  p->blocks->block[p->blocks->count++] = (sl_block){last, p->sealed};
  if (blocks == 0) p->blocks->impacts = impacts;
  p->sealed += head_bytes + position_bytes;
  p->used = p->sealed;
  return SL_OK;
}

sl_status sl_postings_reserve(sl_postings *p, uint32_t frequency, const uint32_t *lengths,
                              uint32_t stride) {
  const uint64_t wanted = 10 + (p->positions ? 5 * (uint64_t)frequency : 0);
  if (tail_count(p) == SL_PACK) {
    SL_TRY(seal(p, lengths, stride));
  }
  SL_REQUIRE(p->used + wanted < UINT32_MAX - MOST_HEAD, SL_ERR_OVERFLOW, "fields",
             "less than 4 GB for a word");
  return SL_MAKE_ROOM(&p->data, &p->room, p->used + (uint32_t)wanted);
}

void sl_postings_add(sl_postings *p, uint32_t document, uint32_t frequency, uint32_t length) {
  sl_put_number(p, 2 * (document - p->last - 1) + (frequency == 1));
  if (frequency != 1) sl_put_number(p, frequency);
  p->last = document;
  p->count++;
  if (p->blocks != NULL) sl_impacts_add(&p->blocks->impacts, frequency, length);
}

// ---- reading ------------------------------------------------------------------------------------

static __attribute__((noinline)) void load_block(sl_cursor_in *c, uint32_t block) {
  const sl_postings *p = c->list;
  c->block = block;
  c->at = 0;
  c->read_at = 0;
  if (block == sl_postings_blocks(p)) {
    c->count = read_tail(p, c->documents, c->frequencies, c->starts);
    c->has_frequencies = true;
    return;
  }
  const uint8_t *at = p->data + p->blocks->block[block].at;
  const uint32_t gap_bits = at[0], bits = at[1];
  uint32_t numbers = 2 * at[2];
  for (at += 3; numbers > 0; numbers -= *at++ < 128) {
  }
  uint32_t document = block == 0 ? UINT32_MAX : p->blocks->block[block - 1].last;
  sl_unpack(at, gap_bits, c->documents);
  for (int i = 0; i < SL_PACK; i++) c->documents[i] = document += c->documents[i] + 1;
  c->packed = at + 16 * gap_bits;
  c->read = c->packed + 16 * bits;
  c->count = SL_PACK;
  c->has_frequencies = false;
}

void sl_cursor_frequencies(sl_cursor_in *c) {
  if (c->has_frequencies) return;
  const uint32_t bits = (uint32_t)(c->read - c->packed) / 16;
  sl_unpack(c->packed, bits, c->frequencies);
  for (int i = 0; i < SL_PACK; i++) c->frequencies[i]++;
  c->has_frequencies = true;
}

void sl_cursor_open(sl_cursor_in *c, const sl_postings *list) {
  c->list = list;
  c->count = 0;
  c->block = 0;
  c->document = SL_NO_DOCUMENT;
  if (list->count == 0) return;
  load_block(c, 0);
  c->document = c->documents[0];
}

void sl_cursor_seek(sl_cursor_in *c, uint32_t document) {
  const sl_postings *p = c->list;
  if (c->document >= document) return;
  const uint32_t blocks = sl_postings_blocks(p);
  if (c->documents[c->count - 1] < document) {
    if (document > p->last) {
      c->document = SL_NO_DOCUMENT;
      return;
    }
    // Twice as far each time, then by halves.
    uint32_t low = c->block + 1, step = 1, high = low;
    const sl_block *at = p->blocks->block;
    while (high < blocks && at[high].last < document) {
      low = high + 1;
      high += step;
      step *= 2;
    }
    if (high > blocks) high = blocks;
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      if (at[middle].last < document)
        low = middle + 1;
      else
        high = middle;
    }
    load_block(c, low);
  }
  uint32_t i = c->at;
  // In a packed block the last one is not below; so is it in a tail, as the list's last is not.
  while (i + 16 < c->count && c->documents[i + 16] < document) i += 16;
  while (c->documents[i] < document) i++;
  c->at = i;
  c->document = c->documents[i];
}

bool sl_cursor_next_block(sl_cursor_in *c) {
  const uint32_t blocks = sl_postings_blocks(c->list);
  const bool more = c->block + 1 < blocks || (c->block + 1 == blocks && tail_count(c->list) > 0);
  c->document = SL_NO_DOCUMENT;
  if (!more) return false;
  load_block(c, c->block + 1);
  c->document = c->documents[0];
  return true;
}

uint32_t sl_cursor_frequency(sl_cursor_in *c) {
  sl_cursor_frequencies(c);
  return c->frequencies[c->at];
}

void sl_cursor_positions(sl_cursor_in *c, uint32_t *positions) {
  const uint32_t frequency = sl_cursor_frequency(c);
  const uint8_t *at;
  if (c->block == sl_postings_blocks(c->list)) {
    at = c->list->data + c->starts[c->at];
  } else {
    for (; c->read_at < c->at; c->read_at++) {
      for (uint32_t left = c->frequencies[c->read_at]; left > 0; left -= *c->read++ < 128) {
      }
    }
    at = c->read;
  }
  uint32_t position = 0;
  for (uint32_t i = 0; i < frequency; i++) positions[i] = position += sl_get_number(&at);
}

uint32_t sl_cursor_block_end(const sl_cursor_in *c) { return c->documents[c->count - 1]; }

void sl_cursor_impacts(const sl_cursor_in *c, sl_impacts *impacts) {
  impacts->count = 0;
  if (c->block == sl_postings_blocks(c->list)) return;
  const uint8_t *at = c->list->data + c->list->blocks->block[c->block].at + 2;
  impacts->count = *at++;
  for (uint32_t i = 0; i < impacts->count; i++) {
    impacts->at[i].frequency = sl_get_number(&at);
    impacts->at[i].length = sl_get_number(&at);
  }
}
