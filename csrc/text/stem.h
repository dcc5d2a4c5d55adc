// The stem of an English word. Internal to the room.
#ifndef SL_TEXT_STEM_H
#define SL_TEXT_STEM_H

#include <stdint.h>

// Stems a word in place, by the English stemmer of the Snowball project ("Porter2").
//   word    length bytes, read and written: ASCII letters in lower case and apostrophes. Words with
//           other bytes are left as they are
//   Returns the length of the stem, at most `length`. O(length).
uint32_t sl_stem_english(uint8_t *word, uint32_t length);

#endif
