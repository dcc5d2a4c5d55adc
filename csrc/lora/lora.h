// A low-rank adapter: a correction of a frozen matrix, or of vectors, that is small enough to be
// learned on a device.
//
//   y = W x + (alpha / rank) B A x        W: outputs x inputs, never changed; or the identity
//   A: rank x inputs, B: outputs x rank
//
//   sl_lora_create(&shape, weights, &lora);                     B = 0: at first y = W x
//   sl_lora_learn(lora, &question);
//   do sl_job_step(sl_lora_job(lora), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_lora_apply(lora, x, rows, unit, out);                    and the same loop of steps
//
// f32 with the order of summation of gemm/product.h: the same bits in every build, however the work is
// cut into steps.
//
// Based on:
//   adapters      E. Hu et al., ICLR 2022, arXiv:2106.09685
//   InfoNCE       A. van den Oord, Y. Li, O. Vinyals, arXiv:1807.03748
//   optimisers    train/optimizer.h
#ifndef SL_LORA_LORA_H
#define SL_LORA_LORA_H

#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"
#include "base/status.h"
#include "train/loss.h"
#include "train/optimizer.h"
#include "train/schedule.h"

#define SL_LORA_MOST_DIMENSION 65536u
#define SL_LORA_MOST_WEIGHTS (1u << 26) // inputs * outputs of a frozen matrix
#define SL_LORA_LARGEST 1e15f           // of numbers that are given, in size

typedef struct sl_lora_shape {
  uint32_t inputs, outputs; // 1 to SL_LORA_MOST_DIMENSION; without weights the same
  uint32_t rank;            // 1 to the smaller of both
  double alpha;             // > 0, at most 1e6
  uint32_t seed;            // of the first A
} sl_lora_shape;

typedef struct sl_lora sl_lora;

// An adapter that does nothing yet: B = 0, A normal with variance 1 / inputs.
//   weights       outputs x inputs, read and copied; NULL: the identity
//   weight_count  outputs * inputs, or 0 for NULL
//   Errors: ERR_OPTION ("inputs", "outputs", "rank", "alpha"), ERR_SHAPE ("weights"),
//   ERR_NOT_FINITE ("weights", position), ERR_OVERFLOW ("weights"), ERR_MEMORY.
//   O(rank (inputs + outputs) + outputs * inputs).
sl_status sl_lora_create(const sl_lora_shape *shape, const float *weights, size_t weight_count,
                         sl_lora **out);
void sl_lora_destroy(sl_lora *lora);
size_t sl_lora_bytes(const sl_lora *lora);

// The work of sl_lora_apply and sl_lora_learn, whichever was begun last. Units are products of two
// numbers. Every call that changes the adapter, sl_lora_apply and sl_lora_backward give up what is
// running, as sl_job_stop does.
sl_job *sl_lora_job(sl_lora *lora);
extern const sl_job_kind sl_lora_kind;

// Begins to compute y of vectors.
//   x      rows x inputs, read; unchanged until the job has ended
//   unit   not 0: each y is divided by its length (a y of zeros stays)
//   out    rows x outputs, written: while the job goes on, row after row; not x
//   Errors: ERR_NOT_FINITE ("vectors", position: NaN, or beyond SL_LORA_LARGEST), ERR_MEMORY.
//   O(rows (outputs inputs + rank (inputs + outputs))), without weights or merged less.
sl_status sl_lora_apply(sl_lora *lora, const float *x, uint32_t rows, uint32_t unit, float *out);

// The gradients of a loss from its gradient by y, for loops of the caller's own.
//   x          rows x inputs, read
//   slopes     rows x outputs, read: the derivatives of the loss by y
//   gradient   sl_lora_parameter_count numbers, written: by A, then by B
//   by_x       rows x inputs, written; or NULL
//   Errors: ERR_NOT_FINITE ("vectors", "slopes"; position), ERR_STATE (merged), ERR_MEMORY.
//   Allocates work space. As sl_lora_apply, three times.
sl_status sl_lora_backward(sl_lora *lora, const float *x, const float *slopes, uint32_t rows,
                           float *gradient, float *by_x);

// What sl_lora_descend does from now on; its state is that before a first step.
//   Errors: sl_optimizer_options_check, ERR_MEMORY.
sl_status sl_lora_optimizer(sl_lora *lora, const sl_optimizer_options *options);

// One step along a gradient: clipped to the norm `clip` (> 0, INFINITY for none), with the rate times
// `factor` (0 to 1000).
//   gradient   sl_lora_parameter_count numbers, read
//   Errors: ERR_STATE ("optimizer": none, or the adapter is merged), ERR_OPTION ("clip",
//   "factor"), ERR_NOT_FINITE ("gradient", position), ERR_RANGE ("gradient": the step leads to numbers
//   that are not finite); the parameters and the state of the optimiser are then as they were.
//   ERR_MEMORY.
sl_status sl_lora_descend(sl_lora *lora, const float *gradient, double clip, double factor);

typedef struct sl_lora_question {
  uint32_t loss; // sl_loss
  uint32_t rows;
  const float *vectors; // rows x inputs; INFO_NCE: queries
  const float *targets; // SQUARED: rows x outputs
  const uint32_t
      *labels; // CROSS_ENTROPY: rows, below outputs; INFO_NCE: the document of each query
  // INFO_NCE only. Scores are cosines of the adapted query and documents over the temperature; the
  // other documents of a batch are the negatives of a query, with those that are given for any query
  // of it.
  const float *documents; // document_count x outputs; with `both` x inputs
  uint32_t document_count;
  const uint32_t *negative_begins; // rows + 1, from 0 up; or NULL: none are given
  const uint32_t *negatives;       // negative_begins[rows] numbers of documents
  uint32_t both;                   // 1: documents go through the adapter as well
  double temperature;              // 1e-4 to 1e4
  uint32_t epochs;                 // 1 to 1,000,000 passes over all rows
  uint32_t batch;                  // 1 to 65536 rows a step; INFO_NCE: 2 at least
  double clip;                     // largest norm of a gradient, > 0; INFINITY: none
  uint32_t optimizer;              // and its options (train/optimizer.h)
  double rate, momentum, beta1, beta2, epsilon, decay;
  uint32_t schedule; // over all steps of this call (train/schedule.h)
  double warmup;     // steps, a whole number
  double last;
  double every; // steps, a whole number
  double factor;
  uint32_t seed; // of the order of the rows
} sl_lora_question;

// SQUARED; 10 epochs of batches of 32, ADAMW with rate 0.001 and decay 0.01, CONSTANT, clip 1,
// temperature 0.05.
sl_lora_question sl_lora_question_default(void);

// Begins to learn; A and B go on from what they are. Everything is copied.
//   Errors: ERR_EMPTY ("vectors", "documents"), ERR_OPTION (an option's name), ERR_NOT_FINITE
//   ("vectors", "targets", "documents"; position), ERR_INDEX ("labels", "negatives"; position),
//   ERR_SHAPE ("negative_begins"), ERR_STATE (merged), ERR_OVERFLOW, ERR_MEMORY.
//   Outcomes: CONVERGED: all epochs are over; TIME_LIMIT, WORK_LIMIT: stopped, the steps that were made
//   count; BREAKDOWN: the loss or a parameter became infinite, and A and B are what they were before
//   that epoch. O(epochs * rows) times that of sl_lora_backward; INFO_NCE: O(batch * keys * outputs)
//   beside, for each batch.
sl_status sl_lora_learn(sl_lora *lora, const sl_lora_question *question);

typedef struct sl_lora_facts {
  uint32_t inputs, outputs, rank, has_weights, merged;
  double alpha;
  // Of what was learned last; outcome RUNNING and zeros where nothing was.
  uint32_t outcome, epochs; // whole ones
  double steps;
  double loss; // mean over the batches of the epoch in hand, or of the last whole one
  double norm; // of the last gradient, before it was clipped
} sl_lora_facts;
sl_status sl_lora_facts_read(const sl_lora *lora, sl_lora_facts *out);

// The losses of the whole epochs of what was learned last; valid until the next call of sl_lora_learn.
sl_status sl_lora_history(const sl_lora *lora, const double **numbers, uint32_t *count);

// A, row by row, then B, row by row. Valid as long as the adapter.
sl_status sl_lora_parameters(const sl_lora *lora, const float **numbers, uint32_t *count);

// Replaces A and B.
//   parameters   rank (inputs + outputs) numbers, read
//   Errors: ERR_SHAPE ("parameters": another count), ERR_NOT_FINITE ("parameters", position), ERR_STATE
//   (merged).
sl_status sl_lora_set_parameters(sl_lora *lora, const float *parameters, size_t count);

// Computes W + (alpha / rank) B A once, so that sl_lora_apply takes one product. W is kept beside it:
// after sl_lora_unmerge everything is, bit by bit, as it was before. Nothing is learned meanwhile.
//   Errors: ERR_OVERFLOW (more than SL_LORA_MOST_WEIGHTS numbers), ERR_MEMORY.
//   Nothing happens where it is merged (or not). O(outputs * inputs * rank).
sl_status sl_lora_merge(sl_lora *lora);
sl_status sl_lora_unmerge(sl_lora *lora);

// W + (alpha / rank) B A, merged or not.
//   out   outputs x inputs, written
//   Errors: ERR_OVERFLOW, ERR_MEMORY.
sl_status sl_lora_matrix(const sl_lora *lora, float *out);

// A and B as a file (docs/format.md). Not W: its checksum is in the file.
//   labels   bytes, read and copied: kept as they are
//   Errors: ERR_MEMORY. A copy: learning may go on while the file is written.
sl_status sl_lora_save(const sl_lora *lora, const void *labels, size_t bytes, sl_writer **out);

// Takes what sl_lora_save wrote. Untrusted bytes are safe.
//   weights   as they were when the adapter was made: outputs x inputs, or NULL
//   Errors: as sl_reader_take(); ERR_FORMAT; ERR_SHAPE ("weights": another count, none, or none are
//   wanted), ERR_CHECKSUM ("weights": others), ERR_NOT_FINITE.
sl_status sl_lora_load(sl_reader *reader, const float *weights, size_t weight_count, sl_lora **out);

// The labels that were in the file; valid as long as the adapter. NULL when there are none.
const void *sl_lora_labels(const sl_lora *lora);
size_t sl_lora_labels_bytes(const sl_lora *lora);

#endif
