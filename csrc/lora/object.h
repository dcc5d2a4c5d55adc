// What an adapter holds. Internal to the room; the contract is lora.h.
#ifndef SL_LORA_OBJECT_H
#define SL_LORA_OBJECT_H

#include <stdbool.h>

#include "base/blocks.h"
#include "base/rng.h"
#include "lora/lora.h"
#include "train/matrix.h"

typedef enum sl_lora_work {
  SL_LORA_NOTHING,
  SL_LORA_APPLY,
  SL_LORA_LEARN,
} sl_lora_work;

// Where the batch in hand is.
typedef enum sl_lora_phase {
  SL_LORA_GATHER,  // which rows, which keys
  SL_LORA_KEYS,    // keys through the adapter
  SL_LORA_ROWS,    // rows: forward, loss, backward
  SL_LORA_RETURN,  // keys: backward
  SL_LORA_DESCEND, // the step
} sl_lora_phase;

// What only learning needs. Arrays are blocks.
typedef struct sl_lora_learning {
  sl_blocks blocks;
  sl_lora_question question; // with copies of the arrays
  sl_optimizer optimizer;
  sl_schedule schedule;
  sl_rng rng;
  sl_lora_phase phase;
  uint32_t *order; // rows
  uint32_t next;   // the first row of the batch in hand
  uint32_t here;   // rows of it
  uint32_t at;     // the next one in this phase
  uint32_t piece;  // rows in one piece of work
  uint32_t keys;
  uint64_t step, batches; // of all epochs; of one
  double sum, batch_loss; // of losses in this epoch, times rows
  float *before;          // parameters before this epoch
  float *gradient;
  float *x, *y, *slopes, *hidden, *hidden_slopes; // of a piece
  float *logits;                                  // CROSS_ENTROPY: a row
  double *lengths;                                // of a piece
  // INFO_NCE
  uint32_t *key_ids;
  float *key_x, *key_hidden, *key_unit, *key_slopes;
  double *key_lengths;
  float *contrast;
} sl_lora_learning;

struct sl_lora {
  sl_job job; // the first member
  sl_lora_shape shape;
  float scale;       // alpha / rank
  float *parameters; // A, then B
  size_t count;
  float *weights; // NULL: the identity
  float *merged;  // NULL: not merged
  sl_lora_work doing;
  uint64_t work;
  // APPLY
  const float *x;
  float *out;
  uint32_t rows, row, unit, piece; // piece: rows in one piece of work
  float *space;                    // of the products; hidden numbers after it
  sl_lora_learning *learning;
  sl_optimizer optimizer; // of sl_lora_descend
  bool has_optimizer;
  double *history;
  sl_lora_facts facts;
  void *labels;
  size_t labels_bytes;
};

enum { SL_LORA_PIECE = 1 << 24 }; // products in one piece of work, about

static inline const float *sl_lora_a(const sl_lora *lora) { return lora->parameters; }
static inline const float *sl_lora_b(const sl_lora *lora) {
  return lora->parameters + (size_t)lora->shape.rank * lora->shape.inputs;
}

// Products that one row takes in a forward pass.
uint64_t sl_lora_row_work(const sl_lora *lora);

// y (rows x outputs) = the adapter of x (rows x inputs).
//   hidden   rows x rank, written: A x; NULL where it is merged
void sl_lora_forward(const sl_lora *lora, const float *x, uint32_t rows, float *hidden, float *y,
                     float *space);

// Adds the gradients of rows to `gradient`.
//   hidden          as sl_lora_forward wrote it
//   slopes          rows x outputs, read
//   hidden_slopes   rows x rank, written
//   by_x            rows x inputs, written; or NULL
void sl_lora_back(const sl_lora *lora, const float *x, const float *hidden, const float *slopes,
                  uint32_t rows, float *hidden_slopes, float *gradient, float *by_x, float *space);

// Ends what is running; steps of learning that were made stay.
void sl_lora_give_up(sl_lora *lora);
// Ends what is running. Errors: ERR_STATE ("lora"): it is merged.
sl_status sl_lora_require_open(sl_lora *lora);

// Errors: ERR_NOT_FINITE (name, position): NaN, or larger than SL_LORA_LARGEST.
sl_status sl_lora_check(const char *name, const float *x, size_t n);

sl_status sl_lora_shape_check(const sl_lora_shape *shape, bool has_weights, uint64_t weights);
sl_status sl_lora_make(const sl_lora_shape *shape, const float *weights, sl_lora **out);

sl_status sl_lora_learn_step(sl_lora *lora, uint64_t work);
void sl_lora_learn_stop(sl_lora *lora, sl_outcome why);
void sl_lora_learn_free(sl_lora *lora);

#endif
