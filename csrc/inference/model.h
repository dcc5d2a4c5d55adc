// The parts of an encoder: its tensors, and the work that is under way. Internal to the room.
#ifndef SL_INFERENCE_MODEL_H
#define SL_INFERENCE_MODEL_H

#include <stdbool.h>

#include "crypto/sha256.h"
#include "gemm/product.h"
#include "inference/encoder.h"

enum { SL_MOST_LAYERS = 64 };

typedef enum sl_tensor_kind { SL_TENSOR_TABLE, SL_TENSOR_VECTOR, SL_TENSOR_WEIGHTS } sl_tensor_kind;

// What tensor i is. Vectors are rows x 1.
typedef struct sl_tensor {
  sl_tensor_kind kind;
  uint32_t rows, columns;
} sl_tensor;

// Tensors of a layer by their place in the list; without RESIDUAL where in is width.
enum {
  SL_GAIN_1,
  SL_BIAS_1,
  SL_ATTEND,
  SL_ATTEND_BIAS,
  SL_GIVE,
  SL_GIVE_BIAS,
  SL_RESIDUAL,
  SL_RESIDUAL_BIAS,
  SL_GAIN_2,
  SL_BIAS_2,
  SL_WIDEN,
  SL_WIDEN_BIAS,
  SL_NARROW,
  SL_NARROW_BIAS,
  SL_LAYER_TENSORS
};

// A tensor that is kept: a matrix, or numbers.
typedef union sl_kept {
  sl_dense_matrix *weights;
  float *numbers; // of a table of I8: a scale a row, then codes
} sl_kept;

// What is to be done next in a group of texts.
typedef enum sl_encoder_op {
  SL_OP_GATHER, // cut texts until there are tokens enough
  SL_OP_NORM_1, // not of BERT
  SL_OP_ATTEND, // the product before attention
  SL_OP_HEADS, // some heads of a text: scores, then their products with values, then to their place
  SL_OP_RESIDUAL,
  SL_OP_GIVE,
  SL_OP_NORM_2,
  SL_OP_WIDEN,
  SL_OP_NARROW,
  SL_OP_NORM_3, // of BERT
  SL_OP_MEAN,
  SL_OP_END, // the last product, and length 1
} sl_encoder_op;

struct sl_encoder {
  sl_job job; // the first member
  sl_encoder_shape shape;
  sl_pieces *pieces;
  sl_kept *tensors;
  uint32_t tensor_count, kept; // kept: how many are there
  size_t tensor_bytes;
  float *timing; // most_tokens x dimension; of BERT the tensor
  sl_sha256 hash;
  float *row; // for saving
  sl_cutter cutter, single;
  sl_product *product;
  // The work.
  struct {
    const uint8_t *texts;
    const uint32_t *ids;
    uint32_t count;
    float *out;
    uint32_t *counts; // the caller's
    // Own copies, as all that follows relies on them: of each text its length, and its ids.
    uint32_t *lengths, *used;
    size_t lengths_room;         // of both together
    size_t at;                   // bytes of texts, or ids, that are done
    uint32_t first, next;        // texts of the group
    uint32_t layer, text, token; // of HEADS: the text, and its first token
    uint32_t head, heads, part;  // the first of these heads, how many, which of its three parts
    uint32_t tokens;             // of the group
    sl_encoder_op op;
    bool cutting, multiplying;
    uint64_t work, product_work;
    uint32_t *group; // ids of the group
    uint32_t group_room;
    float *x, *y, *h, *f, *scores, *mean; // places in `block`
    float *block;
    size_t block_room;
  } run;
};

// sl_encoder_create() with pieces that are the encoder's from then on, also after a failure.
sl_status sl_encoder_make(const sl_encoder_shape *shape, sl_pieces *pieces, sl_encoder **out);

sl_tensor sl_encoder_tensor(const sl_encoder *encoder, uint32_t i);
// Of a layer, one of the list above.
sl_kept sl_encoder_part(const sl_encoder *encoder, uint32_t layer, uint32_t part);
static inline bool sl_encoder_is_bert(const sl_encoder *e) {
  return e->shape.pooling != SL_POOLING_NONE;
}
static inline uint32_t sl_encoder_in(const sl_encoder *e, uint32_t layer) {
  return layer == 0 ? e->shape.dimension : e->shape.width;
}
static inline bool sl_encoder_has_residual(const sl_encoder *e, uint32_t layer) {
  return layer == 0 && e->shape.dimension != e->shape.width;
}

// Bytes of a tensor as it is kept in files: of I8 its scales, then its codes.
size_t sl_encoder_stored_bytes(const sl_encoder *encoder, uint32_t i);

// Keeps the next tensor from its stored bytes; `block` is freed or kept, also after a failure.
sl_status sl_encoder_keep(sl_encoder *encoder, void *block);

// Errors: ERR_STATE ("encoder": tensors are missing), ERR_MEMORY.
sl_status sl_encoder_ready(sl_encoder *encoder);

#endif
