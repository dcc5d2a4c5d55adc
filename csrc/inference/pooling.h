// Rows of tokens to rows of texts. Internal to the room.
//
// Rows of several texts follow each other: text t has tokens[t] of them, which may be none.
#ifndef SL_INFERENCE_POOLING_H
#define SL_INFERENCE_POOLING_H

#include <stdint.h>

// to += from, n elements.
void sl_add_row(float *to, const float *from, uint32_t n);

// The mean row of each text that has tokens, one after another. Returns how many those are.
//   rows    of `width`, read
//   means   as many rows as texts have tokens, written; may be where `rows` is
uint32_t sl_take_means(const float *rows, const uint32_t *tokens, uint32_t texts, uint32_t width,
                       float *means);

// The first row of each text that has tokens, one after another.
void sl_take_first(const float *rows, const uint32_t *tokens, uint32_t texts, uint32_t width,
                   float *out);

// In their place: what was taken goes to the row of its text, zeros to texts without tokens.
//   rows    texts x width, read and written
void sl_spread_rows(const uint32_t *tokens, uint32_t texts, uint32_t width, float *rows);

#endif
