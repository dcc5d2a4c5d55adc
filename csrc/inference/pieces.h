// The pieces of a vocabulary as a tree of bytes. Internal to the room.
#ifndef SL_INFERENCE_PIECES_H
#define SL_INFERENCE_PIECES_H

#include "inference/tokens.h"

#define SL_NO_PIECE UINT32_MAX

struct sl_pieces {
  uint32_t cutting, count, reserved;
  uint8_t *text; // as it was given
  size_t text_bytes;
  uint32_t *lengths;
  double *scores;
  // Nodes are numbers from 0, the root. Its children stand in a table of their own; the others in a
  // hash table of (node, byte), whose size is a power of two.
  uint32_t first[256];
  struct {
    uint32_t key, child;
  } *edges;
  uint32_t edge_mask;
  uint32_t *piece_at; // of each node, or SL_NO_PIECE
  uint32_t nodes;
  uint32_t inside;                        // the node of ##, 0 where no piece begins so
  uint32_t first_id, last_id, unknown_id; // of BERT: [CLS], [SEP], [UNK]
  // No piece has a space within it: of UNIGRAM, every way to cut a text passes before each space.
  bool apart;
};

// The number of a word that is a piece as a whole, or SL_NO_PIECE.
uint32_t sl_pieces_find(const sl_pieces *p, const uint8_t *word, size_t bytes);

static inline uint32_t sl_edge_place(uint32_t key) {
  const uint32_t mixed = key * 0x9e3779b1u;
  return mixed ^ (mixed >> 15);
}

// The child of a node, or 0.
static inline uint32_t sl_pieces_child(const sl_pieces *p, uint32_t node, uint8_t byte) {
  if (node == 0) return p->first[byte];
  const uint32_t key = node << 8 | byte;
  for (uint32_t at = sl_edge_place(key);; at++) {
    const uint32_t i = at & p->edge_mask;
    if (p->edges[i].key == key) return p->edges[i].child;
    if (p->edges[i].child == 0) return 0;
  }
}

// Bytes of the character that begins here, 1 where it is no UTF-8.
static inline uint32_t sl_character_bytes(const uint8_t *at, size_t left) {
  const uint32_t wanted = at[0] < 0xc2   ? 1
                          : at[0] < 0xe0 ? 2
                          : at[0] < 0xf0 ? 3
                          : at[0] < 0xf5 ? 4
                                         : 1;
  if (wanted > left) return 1;
  for (uint32_t i = 1; i < wanted; i++)
    if ((at[i] & 0xc0) != 0x80) return 1;
  return wanted;
}

// True where U+2581 stands, which SentencePiece writes for a space.
static inline bool sl_is_space_sign(const uint8_t *at, size_t left) {
  return left >= 3 && at[0] == 0xe2 && at[1] == 0x96 && at[2] == 0x81;
}

#endif
