// Off-policy evaluation: what would another policy have earned on a log of choices?
//
// Each row of the log has the arm that was chosen, its reward, and the probability with which the
// logging policy chose it. Row i counts with the weight w_i = target(arm_i) / propensity_i.
//
//   IPS      mean of w r: unbiased where the log gives every arm of the target a chance
//   SNIPS    sum of w r / sum of w: a little bias for much less variance
//   CLIPPED  IPS with min(w, clip): biased towards 0, its variance bounded
//   DM       the mean of what a model of the rewards predicts for the target: as good as the model
//   DR       DM plus the weighted errors of the model: unbiased where IPS is, with less variance
//
// The model is a ridge regression for each arm on (1, context), fitted on the other folds, shrunk to
// their mean reward. A log with an effective sample size (sum w)^2 / sum w^2 below
// SL_EVALUATION_LEAST_ESS says too little about the target: nothing is estimated from it.
//
// Based on:
//   D. Horvitz, D. Thompson, JASA 47 (1952), doi:10.1080/01621459.1952.10483446 (IPS)
//   A. Swaminathan, T. Joachims, NeurIPS 2015 (SNIPS)
//   M. Dudik, J. Langford, L. Li, ICML 2011, arXiv:1103.4601 (DM, DR)
//   B. Efron, R. Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13 (intervals)
//   A. Kong, University of Chicago TR 348 (1992) (effective sample size)
#ifndef SL_BANDIT_EVALUATE_H
#define SL_BANDIT_EVALUATE_H

#include <stdint.h>

#include "base/job.h"

enum { SL_IPS, SL_SNIPS, SL_CLIPPED, SL_DM, SL_DR, SL_ESTIMATORS };

#define SL_EVALUATION_LEAST_ESS 30

// A log, and what is asked about it. The arrays stay where they are, unchanged, as long as the
// evaluation.
typedef struct sl_evaluation_question {
  size_t rows;                // >= 1
  uint32_t arms;              // >= 1
  uint32_t dimension;         // of contexts, 0 to 4095
  const uint32_t *actions;    // rows numbers below `arms`
  const double *rewards;      // rows
  const double *propensities; // rows, above 0 and at most 1
  const double *contexts;     // rows * dimension; NULL with dimension 0
  const double *target;       // target_rows * arms: probabilities of each arm, each row sums to 1
  uint32_t target_rows;       // 1: the same for every row of the log; or rows
  uint32_t methods;           // bits 1 << SL_IPS ...
  double clip;                // > 0; 0: sqrt(rows)
  uint32_t folds;             // 2 to 100, for models
  uint32_t resamples;         // of the bootstrap; 0: no intervals (NaN)
  double ridge;               // > 0, of models
  double confidence;          // of intervals, between 0 and 1
  uint64_t seed;
} sl_evaluation_question;

// No log; all methods, target_rows 1, clip 0, folds 5, ridge 1, resamples 1000, confidence 0.95,
// seed 1.
sl_evaluation_question sl_evaluation_question_default(void);

typedef struct sl_evaluation sl_evaluation;
extern const sl_job_kind sl_evaluation_kind;

// Begins an evaluation; sl_job_step does it.
//   Errors: ERR_OPTION, ERR_EMPTY ("rewards"), ERR_RANGE ("arms", "dimension"), ERR_MEMORY.
//   In steps, position = row: ERR_INDEX ("actions"), ERR_NOT_FINITE ("rewards", "contexts"),
//   ERR_RANGE ("propensities", "target", "rewards", "contexts"), ERR_MEMORY.
//   O(rows (arms + folds dimension^2 + resamples)).
sl_status sl_evaluation_create(const sl_evaluation_question *question, sl_evaluation **out);
void sl_evaluation_destroy(sl_evaluation *evaluation);
sl_job *sl_evaluation_job(sl_evaluation *evaluation);

// What each method found: SL_EVALUATION_NUMBERS numbers a method, in the order of the enum.
//   0 value, 1 standard error, 2 and 3 the interval, 4 effective sample size, 5 largest weight,
//   6 mean weight (near 1 where the log covers the target), 7 1 where it was refused
// NaN: not asked for, or refused. The error of DM is that of the sample and of what its models have
// learned from noise; how far no such model can be right, it cannot know.
//   Errors: ERR_STATE (has not ended).
#define SL_EVALUATION_NUMBERS 8u
sl_status sl_evaluation_read(const sl_evaluation *evaluation, double *out);

#endif
