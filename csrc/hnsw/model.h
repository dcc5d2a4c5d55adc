// What codes with tails (codes.h) are measured from: centre and widths, and the early vectors that
// they are learned from.
#ifndef SL_HNSW_MODEL_H
#define SL_HNSW_MODEL_H

#include <math.h>

#include "base/status.h"
#include "hnsw/rows.h"
#include "quant/product.h"

// A width is at least this part of the largest: a dimension that was constant may change one day.
#define SL_LEAST_WIDTH (1.0f / 64)

// The factor of the standard deviation in the bound of RaBitQ (arXiv:2405.12497, 5.2.4).
#define SL_RABITQ_EPSILON 1.9

// What a factor below the least normal f32 may cost a key: half of the least f32 for each of a
// product of 2^31.
#define SL_KEY_UNDERFLOW 0x1p-118

// Bits an element of rabitq codes of more than one, 0 for others.
static inline uint32_t sl_codes_levels(sl_codes codes) {
  if (codes < SL_CODES_RABITQ2 || codes > SL_CODES_RABITQ8) return 0;
  return 2u << (codes - SL_CODES_RABITQ2);
}
// Are rows of this kind codes of rotated vectors?
static inline bool sl_codes_rotate(sl_codes codes) {
  return codes >= SL_CODES_RABITQ && codes <= SL_CODES_RABITQ8;
}

// Do rows of this kind have a tail?
static inline bool sl_codes_have_tails(sl_codes codes) {
  bool others = codes >= SL_CODES_RABITQ && codes <= SL_CODES_PRODUCT;
  return codes == SL_CODES_INT8 || codes == SL_CODES_FLOAT16 || others;
}

// rabitq: the part of an error that may lie in the direction of a query, as the bound has it: the
// factor above of the standard deviation in as many directions as there are elements of a rotated
// vector. Vectors of few dimensions are as many directions only, always the same ones after the
// rotation, and their errors hardly spread beyond: all there is, in four.
static inline double sl_rabitq_spread(const sl_store *store) {
  enum { FEW = 16 };
  uint32_t elements = store->codes == SL_CODES_RABITQ ? 8 * store->padded : store->padded;
  uint32_t directions = store->dimension <= FEW ? store->dimension : elements;
  double spread = SL_RABITQ_EPSILON / sqrt(directions > 1 ? directions - 1.0 : 1.0);
  return spread < 1 ? spread : 1;
}

// product: parts of a vector, with its zeros.
static inline uint32_t sl_codes_parts(const sl_store *store) { return store->padded / SL_PART; }

// The parts of store->model: two sets of a number, the reach, and three times `dimension` more, so
// that rows can be read with the one and written with the other; and scratch. Of product codes a set
// has a share, 1 where vectors are rotated, else 0, and the codebook behind these (product.h).
static inline size_t sl_model_set_numbers(const sl_store *store) {
  bool product = store->codes == SL_CODES_PRODUCT;
  size_t book = product ? 2 + SL_PART_BOOK * (size_t)sl_codes_parts(store) : 0;
  return 1 + 3 * (size_t)store->dimension + book;
}
static inline float *sl_model_set(const sl_store *store, bool other) {
  return store->model + (store->second_model != other ? sl_model_set_numbers(store) : 0);
}
static inline float *sl_model_centre(const sl_store *store) {
  return sl_model_set(store, false) + 1;
}
static inline float *sl_model_widths(const sl_store *store) {
  return sl_model_centre(store) + store->dimension;
}
static inline float *sl_model_origin(const sl_store *store) {
  return sl_model_widths(store) + store->dimension;
}
// The largest difference to the centre, in the dimension of width 1.
static inline float sl_model_reach(const sl_store *store) { return sl_model_set(store, false)[0]; }

// Two places for `dimension` numbers, the second for sl_codes_bits() of rabitq. The first is used by
// every function that reads a vector, the second by those that code a vector or a query.
static inline float *sl_codes_read_buffer(const sl_store *store) {
  return store->model + 2 * sl_model_set_numbers(store);
}
static inline float *sl_codes_scratch(const sl_store *store) {
  return sl_codes_read_buffer(store) + store->vector_bytes / sizeof(float);
}

// int8: the squares of the widths, 32767 for 1; `padded` of them, kept in step with the widths, as
// store->error_share is: three standard deviations of the product of a vector with the error of a
// code, relative to the product of their lengths. Errors are independent and as large as widths w,
// vectors as large as w^2: the variance is sum w^6 / (sum w^4 sum w^2), 1 / n for equal widths.
static inline int16_t *sl_codes_weights(const sl_store *store) {
  return (int16_t *)(sl_codes_scratch(store) + store->vector_bytes / sizeof(float));
}
enum { SL_WEIGHT_ONE = 32767 };
void sl_codes_weigh(sl_store *store);

// rabitq: the elements of a rotated vector.
static inline uint32_t sl_codes_bits(const sl_store *store) {
  return store->codes == SL_CODES_RABITQ ? 8 * store->padded : store->padded;
}
// rabitq of two bits and more: values of a code and of an exact row, a byte each.
static inline uint8_t *sl_codes_values(const sl_store *store) {
  return (uint8_t *)(sl_codes_scratch(store) + sl_codes_bits(store));
}

// product: the share of a set and its codebook; in the scratch, behind `padded` elements, room for
// two codebooks, sixteen numbers a part, and the values of a code, a byte each.
static inline float *sl_codes_share(const sl_store *store, bool other) {
  return sl_model_set(store, other) + 1 + 3 * (size_t)store->dimension;
}
static inline float *sl_codes_turned(const sl_store *store, bool other) {
  return sl_codes_share(store, other) + 1;
}
static inline float *sl_codes_book(const sl_store *store, bool other) {
  return sl_codes_share(store, other) + 2;
}
static inline float *sl_codes_book_scratch(const sl_store *store) {
  return sl_codes_scratch(store) + store->padded;
}
static inline float *sl_codes_parts_scratch(const sl_store *store) {
  return sl_codes_book_scratch(store) + (size_t)2 * SL_PART_BOOK * sl_codes_parts(store);
}
static inline uint8_t *sl_codes_part_values(const sl_store *store) {
  return (uint8_t *)(sl_codes_parts_scratch(store) + SL_CENTROIDS * (size_t)sl_codes_parts(store));
}

// Makes centre and widths (0 and 1) at the first call, and room for early vectors among `capacity`.
// Errors: ERR_MEMORY.
sl_status sl_codes_reserve(sl_store *store, uint32_t capacity);

// Bytes of these. O(1).
uint64_t sl_codes_bytes(const sl_store *store);

// Of these, what is not early vectors. O(1).
uint64_t sl_codes_model_bytes(const sl_store *store);

// Gives a store a copy of the model of another of the same shape, scratch included: two stores that
// share rows write to none of each other's memory then. Errors: ERR_MEMORY. O(dimension).
sl_status sl_codes_copy_model(sl_store *store, const float *model);

// What the float16 rows beside rabitq and product codes are measured from; NULL for other codes.
const float *sl_codes_origin(const sl_store *store);

// Forgets the early vectors; what is learned stays from then on, unless there are exact rows.
void sl_codes_drop_early(sl_store *store);

// The numbers that rows are read with, one after another: f32 reach, dimension f32 each of centre
// and widths, and of the origin of float16 rows beside rabitq codes; of product codes always of the
// origin, then the share, the mark of rotation and the codebook.
uint32_t sl_codes_model_numbers(const sl_store *store);
const float *sl_codes_model(const sl_store *store);
// False where a number could not have been learned.
bool sl_codes_set_model(sl_store *store, const void *model);

#endif
