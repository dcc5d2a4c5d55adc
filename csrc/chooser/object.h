// The object of a chooser, for the files of this module.
#ifndef SL_CHOOSER_OBJECT_H
#define SL_CHOOSER_OBJECT_H

#include "chooser/chooser.h"
#include "chooser/tree.h"

// What is known of one method. Arrays grow with its runs.
typedef struct sl_chooser_method {
  uint32_t count;  // runs kept
  uint32_t room;   // of the arrays of runs
  uint32_t roots;  // trees: the contexts, then those of a forest; 0 before the first run
  uint64_t seen;   // runs reported
  uint64_t next;   // as many make the trees grow anew
  double *values;  // rows of features
  double *costs;   // logarithms, of failed runs that of the penalty
  double *targets; // the same, of censored runs the expectation
  uint8_t *endings;
  double *scaled; // NEAREST: rows as distances take them
  double *scale;  // NEAREST: mean and 1 / deviation of each feature
  uint32_t *root; // roots
  sl_chooser_node *nodes;
  uint32_t node_count;
} sl_chooser_method;

typedef struct sl_chooser_options {
  uint32_t methods, features, policy, capacity, neighbours, trees, least;
  double timeout, penalty, most_risk, confidence;
  uint64_t seed;
} sl_chooser_options;

// What learning changes: a checkpoint is a copy of it.
typedef struct sl_chooser_state {
  uint32_t methods; // in `method`
  uint64_t reports, decisions;
  sl_rng rng;
  sl_chooser_method *method;
} sl_chooser_state;

// A table on its way in.
typedef struct sl_chooser_table {
  uint32_t rows, at; // taken in so far
  uint32_t method;   // whose trees are grown next, after the last row
  double *features, *costs;
  uint32_t *methods, *endings;
} sl_chooser_table;

typedef struct sl_chooser_compiled {
  uint32_t rows, predicted; // tasks; of these, with costs
  uint32_t depth, least, open;
  double *features, *costs; // logarithms
  uint32_t *rows_of, *moved, *sorted;
  double *sums; // 4 * methods
  struct sl_chooser_open {
    uint32_t node, begin, end, depth;
  } stack[20];
  double *nodes;
  uint32_t node_count, node_room;
} sl_chooser_compiled;

struct sl_chooser {
  sl_job job;
  uint64_t work;
  uint64_t version; // changes with whatever a file holds
  sl_chooser_options options;
  uint8_t *label;
  size_t label_bytes;
  sl_chooser_state now, kept;
  bool has_kept;
  double *pending;  // SL_CHOOSER_PENDING rows of features, decision i at i % SL_CHOOSER_PENDING
  uint64_t decided; // ids given: never reset, so that an id means one decision
  double *row;      // a row of features
  sl_chooser_table table;
  sl_chooser_compiled compiled;
};

// What is known of a method near a task.
typedef struct sl_chooser_view {
  double mean, m2, ok, fail; // as in a leaf
  uint32_t failures, runs;   // that are certain, for the risk
  uint32_t leaf;             // its context
} sl_chooser_view;

// Adds a run that was checked, and grows the trees where it is time. ERR_MEMORY: nothing is
// changed.
sl_status sl_chooser_take_run(sl_chooser *c, const double *features, uint32_t method, double cost,
                              uint32_t ending, bool grow);

// Grows the trees of a method anew. ERR_MEMORY: the old ones stay.
sl_status sl_chooser_grow(sl_chooser *c, sl_chooser_method *m, uint32_t number);

// Looks at a task (a row of clean features). tree: which of a forest's alone, or 0 for all.
sl_chooser_view sl_chooser_look(const sl_chooser *c, const sl_chooser_method *m, const double *row,
                                uint32_t tree);

// The expected cost: failures at penalty * timeout; Infinity where nothing is known.
double sl_chooser_expected(const sl_chooser *c, const sl_chooser_view *view);

// The runs of a method that are near: their places among those kept. near: room for `capacity`.
// Returns how many.
uint32_t sl_chooser_near(const sl_chooser *c, const sl_chooser_method *m, const double *row,
                         uint32_t *near);

// Copies features, infinities clamped.
void sl_chooser_clean(const sl_chooser *c, const double *features, double *row);

// Logarithm of a cost, and of penalty * timeout.
double sl_chooser_log_cost(const sl_chooser *c, double cost);
double sl_chooser_log_penalty(const sl_chooser *c);

void sl_chooser_state_free(sl_chooser_state *state);
// Makes room for as many runs. ERR_MEMORY: what is there stays.
sl_status sl_chooser_method_make(const sl_chooser *c, sl_chooser_method *m, uint32_t rows);

// The rows that distances are taken of, anew from the scale that is there.
void sl_chooser_scale_kept(const sl_chooser *c, sl_chooser_method *m);

sl_status sl_chooser_options_read(const double *numbers, sl_chooser_options *out);

// The steps of compiling: false once it has ended.
sl_status sl_chooser_compile_step(sl_chooser *c, uint64_t work, bool *done);
void sl_chooser_compiled_free(sl_chooser_compiled *compiled);

#endif
