// What a router holds. Internal to the room; the contract is router.h.
#ifndef SL_ROUTER_OBJECT_H
#define SL_ROUTER_OBJECT_H

#include <stdbool.h>

#include "bandit/regression.h"
#include "gnn/logistic.h"
#include "router/fastgrnn.h"
#include "router/router.h"

typedef enum sl_router_phase {
  SL_ROUTER_BEGIN,
  SL_ROUTER_LEARN,
  SL_ROUTER_SOLVE,  // RIDGE: the weights of one route
  SL_ROUTER_ANSWER, // scores of the held-out examples
  SL_ROUTER_COOL,   // the temperature
  SL_ROUTER_WEIGH,  // confidences
  SL_ROUTER_SETTLE, // isotonic functions, sets, the table of thresholds
} sl_router_phase;

// A step of an isotonic function: its value from `from` on.
typedef struct sl_router_knot {
  double from, value;
} sl_router_knot;

// A held-out example as the table of thresholds has it; sl_router_held says what they are.
typedef struct sl_router_row {
  double key, first, second;
} sl_router_row;

// What only learning needs.
typedef struct sl_router_learning {
  float *vectors;   // examples x stride, unit vectors for SIMILARITY
  uint32_t *labels; // NULL with values
  float *values;
  uint32_t *order; // examples: those to learn from, then those held out
  double *answers; // held x routes
  double *x, *z;   // a row of RIDGE, of its right-hand sides
  double *block;   // of its factor
  double *mean;    // of the values of each route
  sl_logistic *logistic;
  double *gradient, *momentum, *square; // of FASTGRNN
  uint32_t *places;                     // SIMILARITY: the next place of each route
  uint32_t next, pass;
  uint64_t updates;
  sl_rng rng;
  // The temperature: bounds of 1 / T, the slope and curvature of the log loss at the one in hand.
  double low, high, beta, slope, curvature;
} sl_router_learning;

struct sl_router {
  sl_job job;                  // the first member
  sl_router_question question; // without the arrays
  bool by_value, has_model;
  uint32_t trained, held, stride, calibration, iterations;
  sl_router_phase phase;
  uint64_t work;
  // The model.
  double *parameters;
  size_t parameter_count;
  float *examples;  // SIMILARITY: trained x stride, by routes
  uint32_t *ids;    // their numbers
  uint32_t *begins; // routes + 1
  // Calibration.
  double temperature;
  sl_router_knot *knots;
  uint32_t *knot_begins; // routes + 1; labels: all belong to the first one
  double *levels;        // held, ascending: what the probability of the right route lacks to 1
  sl_router_row *table;  // held
  double accuracy, error;
  // Work space of a score.
  float *query;       // stride
  double *score;      // routes
  double *net_work;   // FASTGRNN
  double *best;       // neighbours
  uint32_t *best_ids; // neighbours
  sl_router_learning learning;
  void *labels;
  size_t labels_bytes;
};

static inline bool sl_router_is_linear(const sl_router *r) {
  return r->question.scorer == SL_ROUTER_RIDGE || r->question.scorer == SL_ROUTER_LOGISTIC;
}
sl_fastgrnn sl_router_net(const sl_router *r);

// Errors: ERR_OPTION. Allocates nothing.
sl_status sl_router_question_check(const sl_router_question *question);

// Allocates what scoring needs beside the model.
sl_status sl_router_prepare(sl_router *r);
void sl_router_forget_learning(sl_router *r);

// x over its length into `to`, which has `stride` numbers. Errors: ERR_RANGE (name: it is zero).
sl_status sl_router_unit(const float *x, uint32_t dimension, uint32_t stride, const char *name,
                         uint64_t position, float *to);

// Scores of a vector of `stride` numbers (SIMILARITY: a unit vector) into out. O(as sl_router_score).
void sl_router_answer(sl_router *r, const float *x, double *out);
// The most similar ones of a route into best, best_ids. Returns how many.
uint32_t sl_router_most_similar(sl_router *r, const float *x, uint32_t route);

// Probabilities from scores with the temperature. out may be scores.
void sl_router_soften(const sl_router *r, const double *scores, double *out);
uint32_t sl_router_largest(const double *x, uint32_t count);
// The confidence that is calibrated, from scores and probabilities.
double sl_router_key(const sl_router *r, const double *scores, const double *probabilities,
                     uint32_t top);
// The value of isotonic function k, x itself where there is none.
double sl_router_isotonic(const sl_router *r, uint32_t k, double x);

// One piece of the temperature, of the confidences, of the isotonic functions and what follows.
void sl_router_cool(sl_router *r);
void sl_router_weigh(sl_router *r);
sl_status sl_router_settle(sl_router *r, bool *done);

#endif
