// Which of some routes a vector belongs to, or which of some models should answer it: learned from
// examples, calibrated on examples that were held out.
//
//   sl_router_create(&question, &router);
//   do sl_job_step(sl_router_job(router), work, &outcome); while (outcome == SL_OUTCOME_RUNNING);
//   sl_router_score(router, vector, probabilities, scores);
//
// Two kinds of examples. Labels: each example belongs to one route, and a score becomes the
// probability that the route is right. Values: of each example it is known what each route is worth
// (1 where its answer was right), and a score becomes the expected gain over route 0, the one that is
// taken unless another one is worth more. What is learned then is the value, not the error, of a
// route: models that fail together should not be told apart by that.
//
// Based on:
//   FastGRNN            A. Kusupati et al., NeurIPS 2018, arXiv:1901.02358
//   Adam                D. Kingma, J. Ba, ICLR 2015, arXiv:1412.6980
//   temperature         C. Guo, G. Pleiss, Y. Sun, K. Weinberger, ICML 2017, arXiv:1706.04599
//   isotonic            B. Zadrozny, C. Elkan, KDD 2002, doi:10.1145/775047.775151
//   conformal sets      V. Vovk, A. Gammerman, G. Shafer, "Algorithmic learning in a random world", 2005
//   routing by gain     I. Ong et al., "RouteLLM", 2024, arXiv:2406.18665
#ifndef SL_ROUTER_ROUTER_H
#define SL_ROUTER_ROUTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"
#include "base/status.h"

typedef enum sl_router_scorer {
  SL_ROUTER_SIMILARITY = 0, // mean cosine of the `neighbours` most similar examples of a route
  SL_ROUTER_RIDGE = 1,      // linear least squares with a penalty
  SL_ROUTER_LOGISTIC = 2,   // multinomial logistic regression (gnn/logistic.h)
  SL_ROUTER_FASTGRNN = 3,   // a gated recurrent network over `steps` parts of the vector
} sl_router_scorer;

typedef enum sl_router_calibration {
  SL_ROUTER_NONE = 0,        // scores over a fixed temperature: 0.05 for cosines, 1 otherwise
  SL_ROUTER_TEMPERATURE = 1, // the temperature of the least log loss; labels only
  SL_ROUTER_ISOTONIC = 2,    // the best non-decreasing function of the confidence, or of the gain
  // ISOTONIC from 50 examples that are held out on, TEMPERATURE from 10 on, otherwise NONE with
  // nothing held out. Values: ISOTONIC or NONE.
  SL_ROUTER_AUTOMATIC = 3,
} sl_router_calibration;

#define SL_ROUTER_MOST_HELD 65536u // examples that are held out at most
#define SL_ROUTER_LEAST_HELD 10u   // for a calibration
#define SL_ROUTER_MOST_ROUTES 65536u
#define SL_ROUTER_MOST_DIMENSION 65536u
#define SL_ROUTER_LARGEST 1e15f // of a vector's numbers and of values, in size

typedef struct sl_router_question {
  uint32_t examples, dimension, routes;
  const float *vectors;   // examples x dimension, read
  const uint32_t *labels; // examples, below `routes`, read; NULL where there are values
  const float *values;    // examples x routes, read; NULL where there are labels
  uint32_t scorer, calibration;
  double holdout;       // 0 to 0.9: the share of the examples, of each route with labels, held out
  uint32_t neighbours;  // SIMILARITY: 1 to 64
  double l2;            // RIDGE: > 0; LOGISTIC, FASTGRNN: >= 0
  uint32_t iterations;  // LOGISTIC: iterations; FASTGRNN: passes over the examples; >= 1
  uint32_t hidden;      // FASTGRNN: 1 to 1024 numbers of state
  uint32_t rank;        // FASTGRNN: of its two matrices, 0 for full ones
  uint32_t steps;       // FASTGRNN: divides the dimension
  double learning_rate; // FASTGRNN: of Adam, > 0 and at most 1
  uint32_t seed;        // of what is held out, of first weights and of the order of examples
} sl_router_question;

// SIMILARITY, AUTOMATIC, holdout 0.25, neighbours 5, l2 0.001, 300 iterations, hidden 16, rank 0,
// steps 1, learning rate 0.01, seed 1.
sl_router_question sl_router_question_default(void);

typedef struct sl_router sl_router;

// Begins to learn. Everything is copied.
//   Errors: ERR_EMPTY ("vectors"), ERR_OPTION (the option's name, or "routes": two at least; "holdout":
//   a calibration that was asked for needs 10 examples), ERR_INDEX ("labels", position), ERR_EMPTY
//   ("labels", position = a route without an example), ERR_NOT_FINITE ("vectors", "values";
//   position), ERR_RANGE ("vectors", position: SIMILARITY), ERR_OVERFLOW, ERR_MEMORY.
sl_status sl_router_create(const sl_router_question *question, sl_router **out);
void sl_router_destroy(sl_router *router);
size_t sl_router_bytes(const sl_router *router);

// The work. SIMILARITY: O(held * trained * d); RIDGE: O(examples d^2), others O(examples * passes) of
// their model. Outcomes: CONVERGED; TIME_LIMIT, WORK_LIMIT: stopped before there was a model.
sl_job *sl_router_job(sl_router *router);
extern const sl_job_kind sl_router_kind;

typedef struct sl_router_facts {
  uint32_t outcome, routes, dimension, trained, held, scorer, calibration, by_value;
  double temperature;
  uint32_t steps_of_calibration; // of the isotonic functions together
  uint32_t iterations;           // made: LOGISTIC iterations, FASTGRNN passes
  double accuracy; // of the held-out examples without a threshold, labels only; NaN without any
  double error;    // expected calibration error of them before isotonic calibration, ten equal bins
} sl_router_facts;
// Errors: ERR_STATE (the job has not ended).
sl_status sl_router_facts_read(const sl_router *router, sl_router_facts *out);

// Scores one vector.
//   vector          dimension f32, read
//   probabilities   routes f64, written: labels: they add up to 1, or to less, as with ISOTONIC none is
//                   above that of the route with the largest score; values: expected gains over route 0
//   scores          routes f64, written: what they were made of: cosines, weighted sums, values
//   Errors: ERR_STATE (the job has not ended, or ended before there was a model), ERR_NOT_FINITE
//   ("vector", position), ERR_RANGE ("vector": SIMILARITY).
//   SIMILARITY: O(trained * d); RIDGE, LOGISTIC: O(routes * d); FASTGRNN: O(d h + steps h^2).
sl_status sl_router_score(sl_router *router, const float *vector, double *probabilities,
                          double *scores);

// The nearest examples of a route: SIMILARITY.
//   ids            `neighbours` u32, written: numbers of examples, the most similar first; as many as
//                  there are
//   similarities   as many f64, written
//   count          written
//   Errors: those of sl_router_score; ERR_INDEX ("route"), ERR_UNSUPPORTED ("scorer").
sl_status sl_router_nearest(sl_router *router, const float *vector, uint32_t route, uint32_t *ids,
                            double *similarities, uint32_t *count);

// The least probability of the routes of a conformal set: sets hold the right route of a new
// example like those held out with probability 1 - alpha at least. Labels only.
//   out   written: routes of this probability (before isotonic calibration) and more are in the set;
//         0 where so few were held out that all routes are
//   Errors: ERR_STATE, ERR_OPTION ("alpha": not between 0 and 1), ERR_UNSUPPORTED ("values").
sl_status sl_router_level(const sl_router *router, double alpha, double *out);

// Probabilities as the sets are made of: sl_router_score before isotonic calibration.
//   scores          routes f64 that sl_router_score wrote, read
//   probabilities   routes f64, written
sl_status sl_router_softmax(const sl_router *router, const double *scores, double *probabilities);

typedef enum sl_router_aim {
  SL_ROUTER_SHARE = 0,   // labels: of vectors that get a route; values: of those that route 1 gets
  SL_ROUTER_QUALITY = 1, // labels: of right ones among them; values: the mean value
} sl_router_aim;

typedef struct sl_router_threshold {
  double threshold; // labels: the least confidence of a route that is taken; values: gains above it
  double share, share_low, share_high;       // as for SL_ROUTER_SHARE, with its interval
  double quality, quality_low, quality_high; // as for SL_ROUTER_QUALITY
  uint32_t reached; // 0: no threshold has the quality; this one is the best
} sl_router_threshold;

// The threshold that comes nearest to an aim on the held-out examples, with intervals of 95 %
// (Wilson's for shares, normal for mean values) for vectors like those.
//   target   0 to 1 for SHARE; any number for QUALITY: the least there should be, with the largest
//            share of labels, or the smallest share of route 1
//   Errors: ERR_STATE ("holdout": nothing was held out), ERR_OPTION ("target", "aim"),
//   ERR_UNSUPPORTED ("routes": values with more than two).
//   O(held).
sl_status sl_router_threshold_find(const sl_router *router, uint32_t aim, double target,
                                   sl_router_threshold *out);

// The held-out examples in the order of their confidence, the largest first.
//   numbers   written: the address of `count` rows of three f64: confidence and 1 where the route was
//             right, 0; or gain, value of route 0, value of route 1
//   Errors: ERR_STATE (the job has not ended).
sl_status sl_router_held(const sl_router *router, const double **numbers, uint32_t *count);

// Parameters of the model: RIDGE, LOGISTIC: for each route dimension weights and its constant;
// FASTGRNN as router/fastgrnn.h says; SIMILARITY: none.
//   Errors: ERR_STATE.
sl_status sl_router_parameters(const sl_router *router, const double **numbers, uint32_t *count);

// Everything as a file (docs/format.md).
//   labels   bytes, read and copied: kept as they are, for names of routes
//   Errors: ERR_STATE, ERR_MEMORY. The router must outlive the writer.
sl_status sl_router_save(const sl_router *router, const void *labels, size_t bytes,
                         sl_writer **out);

// Takes what sl_router_save wrote. Errors: as sl_reader_take(); ERR_FORMAT. Untrusted bytes are safe.
sl_status sl_router_load(sl_reader *reader, sl_router **out);

// The labels that were in the file; valid as long as the router. NULL when there are none.
const void *sl_router_labels(const sl_router *router);
size_t sl_router_labels_bytes(const sl_router *router);

#endif
