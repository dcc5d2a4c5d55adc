#include "inference/pieces.h"

#include <string.h>

#include "base/memory.h"

// Pieces of UNIGRAM have one space where their text has U+2581: in texts both are the same.
typedef struct bytes_of {
  uint8_t at[SL_MOST_PIECE_BYTES];
  uint32_t count;
  bool never;  // it cannot stand in a text
  bool within; // has a space that is not its first character
} bytes_of;

static void read_piece(const sl_pieces *p, const uint8_t *text, uint32_t length, bytes_of *out) {
  *out = (bytes_of){.count = 0};
  for (uint32_t i = 0; i < length; i++) {
    const bool sign = p->cutting == SL_CUTTING_UNIGRAM && sl_is_space_sign(text + i, length - i);
    if (!sign && text[i] == ' ') out->never = true;
    if (sign) out->within = out->within || out->count > 0;
    out->at[out->count++] = sign ? ' ' : text[i];
    if (sign) i += 2;
  }
}

static void put(sl_pieces *p, const bytes_of *b, uint32_t id) {
  uint32_t node = 0;
  for (uint32_t i = 0; i < b->count; i++) {
    uint32_t child = sl_pieces_child(p, node, b->at[i]);
    if (child == 0) {
      child = p->nodes++;
      p->piece_at[child] = SL_NO_PIECE;
      if (node == 0) {
        p->first[b->at[i]] = child;
      } else {
        const uint32_t key = node << 8 | b->at[i];
        uint32_t at = sl_edge_place(key);
        while (p->edges[at & p->edge_mask].child != 0) at++;
        p->edges[at & p->edge_mask].key = key;
        p->edges[at & p->edge_mask].child = child;
      }
    }
    node = child;
  }
  if (node != 0) p->piece_at[node] = id;
}

static sl_status fill(sl_pieces *p, const uint8_t *text, const uint32_t *lengths,
                      const double *scores) {
  uint32_t size = 16;
  while (size < 2 * p->text_bytes) size *= 2;
  p->edge_mask = size - 1;
  SL_TRY(SL_ALLOC(&p->text, p->text_bytes));
  SL_TRY(SL_ALLOC(&p->lengths, p->count));
  SL_TRY(sl_alloc_zero(size, sizeof *p->edges, (void **)&p->edges));
  SL_TRY(SL_ALLOC(&p->piece_at, p->text_bytes + 1));
  if (p->text_bytes > 0) memcpy(p->text, text, p->text_bytes);
  memcpy(p->lengths, lengths, p->count * sizeof *lengths);
  if (scores != NULL) {
    SL_TRY(SL_ALLOC(&p->scores, p->count));
    memcpy(p->scores, scores, p->count * sizeof *scores);
  }
  p->nodes = 1;
  p->piece_at[0] = SL_NO_PIECE;
  p->apart = true;
  bytes_of b;
  for (uint32_t i = 0; i < p->count; text += lengths[i++]) {
    read_piece(p, text, lengths[i], &b);
    if (i < p->reserved || b.never) continue;
    put(p, &b, i);
    p->apart = p->apart && !b.within;
  }
  // Given back: what common beginnings have saved.
  SL_TRY(SL_REALLOC(&p->piece_at, p->nodes));
  const uint32_t sign = sl_pieces_child(p, 0, '#');
  p->inside = sign == 0 ? 0 : sl_pieces_child(p, sign, '#');
  return SL_OK;
}

uint32_t sl_pieces_find(const sl_pieces *p, const uint8_t *word, size_t bytes) {
  uint32_t node = 0;
  for (size_t i = 0; i < bytes; i++) {
    node = sl_pieces_child(p, node, word[i]);
    if (node == 0) return SL_NO_PIECE;
  }
  return node == 0 ? SL_NO_PIECE : p->piece_at[node];
}

static sl_status find_marks(sl_pieces *p) {
  if (p->cutting != SL_CUTTING_BERT) return SL_OK;
  p->first_id = sl_pieces_find(p, (const uint8_t *)"[CLS]", 5);
  p->last_id = sl_pieces_find(p, (const uint8_t *)"[SEP]", 5);
  p->unknown_id = sl_pieces_find(p, (const uint8_t *)"[UNK]", 5);
  SL_REQUIRE(p->first_id != SL_NO_PIECE && p->last_id != SL_NO_PIECE &&
                 p->unknown_id != SL_NO_PIECE,
             SL_ERR_OPTION, "pieces", "[CLS], [SEP] and [UNK] among them");
  return SL_OK;
}

sl_status sl_pieces_create(uint32_t cutting, const uint8_t *text, size_t text_bytes,
                           const uint32_t *lengths, const double *scores, uint32_t count,
                           uint32_t reserved, sl_pieces **out) {
  *out = NULL;
  SL_REQUIRE(cutting <= SL_CUTTING_BERT, SL_ERR_OPTION, "cutting", "one of sl_cutting");
  SL_REQUIRE(count > 0, SL_ERR_EMPTY, "pieces", "one piece at least");
  SL_REQUIRE((scores != NULL) == (cutting == SL_CUTTING_UNIGRAM), SL_ERR_OPTION, "scores",
             "scores of unigram pieces, and of no others");
  // Numbers of nodes and a byte are one key of 32 bits.
  SL_REQUIRE(text_bytes < 1u << 24, SL_ERR_OVERFLOW, "pieces", "texts of less than 16 MB");
  size_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    SL_REQUIRE_AT(lengths[i] <= SL_MOST_PIECE_BYTES, SL_ERR_RANGE, "pieces",
                  "pieces of at most 255 bytes", i);
    sum += lengths[i];
    SL_REQUIRE_AT(scores == NULL || scores[i] - scores[i] == 0, SL_ERR_NOT_FINITE, "scores",
                  "finite numbers", i);
  }
  SL_REQUIRE(sum == text_bytes, SL_ERR_SHAPE, "pieces", "lengths that add up to their bytes");
  sl_pieces *made;
  SL_TRY(SL_ALLOC_ZERO(&made, 1));
  made->cutting = cutting;
  made->count = count;
  made->reserved = reserved;
  made->text_bytes = text_bytes;
  sl_status status = fill(made, text, lengths, scores);
  if (status == SL_OK) status = find_marks(made);
  if (status != SL_OK) {
    sl_pieces_destroy(made);
    return status;
  }
  *out = made;
  return SL_OK;
}

void sl_pieces_destroy(sl_pieces *p) {
  if (p == NULL) return;
  sl_free(p->text);
  sl_free(p->lengths);
  sl_free(p->scores);
  sl_free(p->edges);
  sl_free(p->piece_at);
  sl_free(p);
}

uint32_t sl_pieces_count(const sl_pieces *p) { return p->count; }
uint32_t sl_pieces_cutting(const sl_pieces *p) { return p->cutting; }
uint32_t sl_pieces_reserved(const sl_pieces *p) { return p->reserved; }
const uint32_t *sl_pieces_lengths(const sl_pieces *p) { return p->lengths; }
const double *sl_pieces_scores(const sl_pieces *p) { return p->scores; }
const uint8_t *sl_pieces_text(const sl_pieces *p, size_t *bytes) {
  *bytes = p->text_bytes;
  return p->text;
}
size_t sl_pieces_bytes(const sl_pieces *p) {
  return sizeof *p + p->text_bytes + p->count * (sizeof *p->lengths) +
         (p->scores != NULL ? p->count * sizeof *p->scores : 0) +
         (p->edge_mask + (size_t)1) * sizeof *p->edges + p->nodes * sizeof *p->piece_at;
}
