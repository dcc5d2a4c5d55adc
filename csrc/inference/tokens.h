// Texts to numbers of pieces: a vocabulary, and the ways in which models cut texts.
//
// Based on: T. Kudo, "Subword regularization" (2018), arXiv:1804.10959 (unigram: the cutting with
// the best sum of scores); M. Schuster, K. Nakajima, "Japanese and Korean voice search" (2012),
// doi:10.1109/ICASSP.2012.6289079 (WordPiece: the longest piece first). Unigram follows the
// JavaScript tokenizer that the Universal Sentence Encoder lite is used with, ties and places that no
// piece ends at included, so that both give the same numbers.
#ifndef SL_INFERENCE_TOKENS_H
#define SL_INFERENCE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// How texts are cut.
//   UNIGRAM     SentencePiece: U+2581 stands before the text and for each space; pieces with scores.
//               What no piece begins with is number 0, neighbours of that are one.
//   WORDS       what stands between spaces is looked up as a whole; unknown words are left out
//   WORDPIECE   a word is the longest piece, then longest pieces that are written with ## before
//               them; a word that cannot be cut so is left out
//   BERT        the same, where [UNK] stands for such a word, and [CLS] and [SEP] before and after the
//               text: the vocabulary must have all three
typedef enum sl_cutting {
  SL_CUTTING_UNIGRAM = 0,
  SL_CUTTING_WORDS = 1,
  SL_CUTTING_WORDPIECE = 2,
  SL_CUTTING_BERT = 3,
} sl_cutting;

// Longer pieces are refused.
#define SL_MOST_PIECE_BYTES 255u

typedef struct sl_pieces sl_pieces;

// A copy of a vocabulary.
//   cutting      sl_cutting
//   text         UTF-8 of all pieces, one after another, read; where a piece stands twice, the later
//                number is given
//   text_bytes   the sum of lengths
//   lengths      bytes of each, count, at most SL_MOST_PIECE_BYTES; 0: a number without a text
//   scores       logarithms of probabilities, count, read; of UNIGRAM alone, else NULL
//   reserved     the first so many pieces are never found in texts
//   Errors: ERR_OPTION ("cutting"; "pieces": of BERT, without its three), ERR_SHAPE ("pieces": lengths
//   and bytes differ), ERR_RANGE
//   ("pieces": one is too long, by position), ERR_NOT_FINITE ("scores"), ERR_EMPTY ("pieces"),
//   ERR_OVERFLOW, ERR_MEMORY. O(text_bytes).
sl_status sl_pieces_create(uint32_t cutting, const uint8_t *text, size_t text_bytes,
                           const uint32_t *lengths, const double *scores, uint32_t count,
                           uint32_t reserved, sl_pieces **out);

// Frees it. NULL is allowed.
void sl_pieces_destroy(sl_pieces *pieces);

uint32_t sl_pieces_count(const sl_pieces *pieces);
uint32_t sl_pieces_cutting(const sl_pieces *pieces);
uint32_t sl_pieces_reserved(const sl_pieces *pieces);
size_t sl_pieces_bytes(const sl_pieces *pieces);
const uint8_t *sl_pieces_text(const sl_pieces *pieces, size_t *bytes);
const uint32_t *sl_pieces_lengths(const sl_pieces *pieces);
const double *sl_pieces_scores(const sl_pieces *pieces); // NULL where there are none

// A text that is being cut. Zeroed before the first one; the same may cut many, one after another.
typedef struct sl_cutter {
  const sl_pieces *pieces;
  const uint8_t *text;
  size_t bytes, at; // at: bytes of the text that were taken into the word
  uint32_t most;    // ids at most
  bool done;        // ids are all that is wanted of the text
  bool more;        // there would have been more than `most`
  bool begun;       // the space before the text was taken
  bool in_word;     // a word is being looked at, from `place` on
  // The word, and for each place in it the best score of a way there, its last piece and where that
  // piece begins.
  uint8_t *word;
  double *best;
  uint32_t *last, *from;
  uint32_t word_bytes, word_room, place, place_room;
  double before; // best score at the beginning of the word
  uint32_t *ids; // found so far
  uint32_t count, id_room;
} sl_cutter;

// Begins with a text: UTF-8 in normal form NFKC, which the caller sees to; bytes that are no UTF-8
// are unknown characters. It stays the caller's until the cutter is done.
//   most   ids at most, >= 1; the text is cut off there, of BERT before [SEP]
// Errors: ERR_OVERFLOW ("text": 2^31 bytes or more), ERR_MEMORY.
sl_status sl_cutter_begin(sl_cutter *cutter, const sl_pieces *pieces, const uint8_t *text,
                          size_t bytes, uint32_t most);

// Goes on for about `work` bytes. cutter->done says whether it has ended. Reads no further than it
// must to know the first `most` ids: to the end of the word that the last of them stands in.
//   Errors: ERR_MEMORY; the text is given up. Allocates 20 bytes a byte of the longest word.
//   O(bytes * longest piece).
sl_status sl_cutter_step(sl_cutter *cutter, uint64_t work);

size_t sl_cutter_bytes(const sl_cutter *cutter);

// Frees what it holds.
void sl_cutter_drop(sl_cutter *cutter);

#endif
