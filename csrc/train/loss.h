// Losses and their gradients. f32 in and out, sums in f64; the same bits in every build. Internal to
// the rooms that learn.
//
// None allocates, none fails: NaN and infinities go through, and a loss that is not finite says that
// learning has diverged. Gradients are those of the value that is returned, a mean over rows. A
// gradient may be NULL: only the value is computed.
#ifndef SL_TRAIN_LOSS_H
#define SL_TRAIN_LOSS_H

#include <stddef.h>
#include <stdint.h>

typedef enum sl_loss {
  SL_LOSS_SQUARED = 0,       // mean over all numbers of (y - t)^2
  SL_LOSS_CROSS_ENTROPY = 1, // mean over rows of -log softmax(y)[label]
  SL_LOSS_INFO_NCE = 2,      // cross-entropy of which key belongs to a query
} sl_loss;

// Mean squared error: sum (y[i] - t[i])^2 / n; its gradient is 2 (y[i] - t[i]) / n.
//   y, t       n, read
//   gradient   n, written; may be y
//   O(n). 0 for n = 0.
double sl_loss_squared(const float *y, const float *t, size_t n, float *gradient);

// Softmax cross-entropy: mean over rows of log(sum_j e^(y_j)) - y_label; its gradient is
// (softmax(y) - [j = label]) / rows. A label's own entry is minus the sum of the others, so that it
// keeps its digits where the probability is near 1.
//   scores     rows x classes, read
//   labels     rows, below `classes`, read
//   gradient   rows x classes, written; may be scores
//   work       classes f32, written
//   O(rows * classes). 0 for rows = 0.
double sl_loss_cross_entropy(const float *scores, uint32_t rows, uint32_t classes,
                             const uint32_t *labels, float *gradient, float *work);

// InfoNCE: the cross-entropy of key i among all keys for query i, scores being inner products over a
// temperature. Key `first + i` belongs to query i; all others are its negatives.
//
// A batch in pieces: keys once, then some of its queries after others, with the gradient by the keys
// added up and `share` = 1 / (queries of the batch). Whole: first = 0, share = 1 / rows, key_gradient
// zeroed before.
//   queries           rows x dimension, read (unit vectors: sl_unit_rows)
//   keys              count x dimension, count >= first + rows; read
//   same              count numbers, or NULL: a key with the number of a query's own key is not its
//                     negative (the same document, clicked in two searches of a batch)
//   temperature       > 0
//   query_gradient    rows x dimension, written
//   key_gradient      count x dimension, added to; NULL where it is not wanted
//   work              sl_info_nce_work(rows, count) f32, written
//   Returns the sum of the losses of its queries times `share`. O(rows * count * dimension).
// Based on: A. van den Oord, Y. Li, O. Vinyals, arXiv:1807.03748.
double sl_loss_info_nce(const float *queries, uint32_t rows, uint32_t first, const float *keys,
                        uint32_t count, uint32_t dimension, const uint32_t *same,
                        double temperature, double share, float *query_gradient,
                        float *key_gradient, float *work);
size_t sl_info_nce_work(uint32_t rows, uint32_t count);

// Each row over its Euclidean length; a row of zeros stays one.
//   x         rows x dimension, read
//   out       rows x dimension, written; may be x
//   lengths   rows f64, written
void sl_unit_rows(const float *x, uint32_t rows, uint32_t dimension, float *out, double *lengths);

// The gradient by x from the gradient g by the unit rows u: (g - (u g) u) / length; 0 for a row of
// zeros.
//   unit       rows x dimension, as sl_unit_rows wrote them, read
//   lengths    rows, read
//   gradient   rows x dimension, read and written
void sl_unit_rows_gradient(const float *unit, const double *lengths, uint32_t rows,
                           uint32_t dimension, float *gradient);

#endif
