// Algorithm selection that learns: which of several methods to use for a task, from features of
// the task and from what earlier runs have cost.
//
//   sl_chooser_create
//     -> [ sl_chooser_choose -> (the caller runs the method) -> sl_chooser_report ]*
//      | sl_chooser_begin_fit -> sl_job_step(sl_chooser_job(...), ...)      a table of runs at once
//      | sl_chooser_begin_compile -> steps -> sl_chooser_read_compiled      a decision tree of it
//
// A run has solved its task, has failed, or was stopped early: then its cost is a lower limit
// (censored). Costs are numbers >= 0 of one unit; a run that costs more than `timeout`, or that has
// failed, counts as penalty * timeout (PAR10 with the penalty 10). Learning is on logarithms of
// costs; what is censored is replaced by its expectation above the limit (Schmee and Hahn 1979,
// doi:10.1080/00401706.1979.10489811).
//
// Of each method the newest knowledge is a sample of `capacity` runs (Vitter 1985, algorithm R,
// doi:10.1145/3147.3165): memory is bounded however many are reported. With the same seed and the
// same calls, choices have the same bits in every build.
#ifndef SL_CHOOSER_CHOOSER_H
#define SL_CHOOSER_CHOOSER_H

#include <stddef.h>
#include <stdint.h>

#include "base/container.h"
#include "base/job.h"
#include "base/status.h"

typedef struct sl_chooser sl_chooser;

typedef enum sl_chooser_policy {
  // A tree for each method whose leaves are contexts, and in each the posterior of its mean cost
  // and of failing. Exploring draws from it. Elmachtoub et al. 2017, arXiv:1706.04687.
  SL_CHOOSER_THOMPSON,
  // The nearest runs of each method, features standardised after sign(x) log(1 + |x|).
  SL_CHOOSER_NEAREST,
  // A regression forest for each method (Breiman 2001, doi:10.1023/A:1010933404324; Hutter et al.
  // 2014, doi:10.1016/j.artint.2013.10.003). Exploring asks one tree of it (Eckles and Kaptein
  // 2014, arXiv:1410.4009). Exploring by either of these two draws a share of its choices evenly,
  // which falls with the number of reports.
  SL_CHOOSER_FOREST
} sl_chooser_policy;

#define SL_CHOOSER_MOST_METHODS 256
#define SL_CHOOSER_MOST_FEATURES 256
// Decisions whose features are remembered until they are reported.
#define SL_CHOOSER_PENDING 1024

// Creates one.
//   options   12 numbers: methods (1 .. 256), features (0 .. 256), policy, seed (an integer below
//             2^53), timeout (in [1e-200, 1e300]), penalty (in [1, 1000]), capacity (runs kept of
//             each method, 8 .. 65536), neighbours (1 .. 64), trees (1 .. 256), most risk (in
//             (0, 1]; 1: no limit), confidence of the risk (in [0.5, 1)), least runs of a context
//             (1 .. 1000)
//   label     label_bytes bytes, copied: names and whatever else the host wants to find in a file
//   Errors: ERR_OPTION (an option by its name), ERR_MEMORY. Later 8 features + 17 bytes for each
//   run kept, with SL_CHOOSER_NEAREST 8 features more, and 64 for each node of a tree: with
//   SL_CHOOSER_FOREST about 2 * trees / 3 of them for each run.
sl_status sl_chooser_create(const double *options, const uint8_t *label, size_t label_bytes,
                            sl_chooser **out);

// Frees it. NULL is allowed.
void sl_chooser_destroy(sl_chooser *chooser);

// Bytes held, a checkpoint included.
size_t sl_chooser_bytes(const sl_chooser *chooser);

// Adds methods at the end, of which nothing is known.
//   label   replaces the one that is there
//   Errors: ERR_OPTION ("methods": fewer than there are, or more than 256), ERR_MEMORY.
sl_status sl_chooser_set_methods(sl_chooser *chooser, uint32_t methods, const uint8_t *label,
                                 size_t label_bytes);

// 20 numbers, written: the 12 options; then runs reported, decisions made, runs kept, whether there
// is a checkpoint, bytes and address of the label, bytes held, 0.
#define SL_CHOOSER_FACTS 20
void sl_chooser_facts(const sl_chooser *chooser, double *facts);

// Chooses a method.
//   features   one for each; NaN where it is missing, infinite ones count as +-1e308
//   eligible   a byte for each method, 0: not to be chosen; NULL for all
//   how        bits: 1 explores, 2 makes a decision that can be reported by its id, 4 makes a
//              schedule. Without 1 and 2 nothing of the chooser changes
//   numbers    SL_CHOOSER_CHOICE(methods), written: the method; its id (0 without a decision);
//              whether its risk is within the limit; entries of the schedule. Then four for each
//              method: predicted cost (the geometric mean of runs that did not fail, penalty *
//              timeout for the share that did; Infinity where nothing is known), risk, the cost
//              drawn by exploring (the predicted one otherwise), runs reported. Then the schedule:
//              method and budget, in their order
//   risk       the probability of failing that is not exceeded with the confidence given, as far as
//              runs of one context are alike and independent: Clopper and Pearson, of the context
//              that the runs themselves have shaped. While a method is within the limit, none above
//              it is chosen
//   schedule   short runs of other methods before the method chosen, which gets what is left of the
//              timeout: each as long as it pays on the runs known near here, if methods fail
//              independently
//   Errors: ERR_EMPTY ("eligible": none is). O(methods * (trees * depth | capacity * features)).
#define SL_CHOOSER_EXPLORE 1u
#define SL_CHOOSER_DECIDE 2u
#define SL_CHOOSER_SCHEDULE 4u
#define SL_CHOOSER_SLOTS 4u
#define SL_CHOOSER_CHOICE(methods) (4 + 4 * (size_t)(methods) + 2 * SL_CHOOSER_SLOTS)
sl_status sl_chooser_choose(sl_chooser *chooser, const double *features, const uint8_t *eligible,
                            uint32_t how, double *numbers);

// Reports a run.
//   id        of a decision among the last SL_CHOOSER_PENDING, reported any number of times; or 0
//             for features given
//   features  read where id is 0
//   ending    0 solved, 1 failed, 2 censored: stopped, and cost is what it had cost by then
//   Errors: ERR_INDEX ("id", "method"), ERR_NOT_FINITE or ERR_RANGE ("cost"), ERR_OPTION
//   ("ending"), ERR_MEMORY: nothing is changed then. The trees of the method are grown anew each
//   time that its runs have become a quarter more: that takes O(trees * features * capacity *
//   depth), some ms for a forest.
sl_status sl_chooser_report(sl_chooser *chooser, double id, const double *features, uint32_t method,
                            double cost, uint32_t ending);

// Begins taking in a table of runs, then growing all trees anew. Outcome: CONVERGED.
//   count      runs; features: count times as many numbers; methods, costs, endings: count each.
//              All are copied
//   Errors: as sl_chooser_report, with the position; nothing is taken in then. Stopped from outside
//   the rest is not taken in. Work: features times runs of a method times trees.
sl_status sl_chooser_begin_fit(sl_chooser *chooser, uint32_t count, const double *features,
                               const uint32_t *methods, const double *costs,
                               const uint32_t *endings);

// Begins a decision tree that says what the chooser would predict for the tasks it knows (at most
// 1024 of them), so that the sum of log(cost of the method of a leaf / lowest cost) is small.
//   depth   0 .. 16;  least: tasks of a leaf, >= 1
//   Errors: ERR_OPTION, ERR_EMPTY ("chooser": no run is known), ERR_MEMORY.
sl_status sl_chooser_begin_compile(sl_chooser *chooser, uint32_t depth, uint32_t least);

// numbers: four, written: nodes; their address (f64, 5 + methods each: feature or -1 for a leaf,
// threshold, whether a missing feature goes left, left, right; geometric means of the predicted
// costs), valid until the next begin; tasks; mean of log(cost / lowest cost) over them. Errors:
// ERR_STATE.
sl_status sl_chooser_read_compiled(const sl_chooser *chooser, double *numbers);

// The fit or tree that was begun last, as work in steps.
sl_job *sl_chooser_job(sl_chooser *chooser);
extern const sl_job_kind sl_chooser_kind;

// Keeps a copy of all that is known, instead of the one before. Errors: ERR_MEMORY.
sl_status sl_chooser_checkpoint(sl_chooser *chooser);

// Exchanges what is known with the copy. Errors: ERR_STATE ("chooser": no checkpoint, or a job
// runs).
sl_status sl_chooser_exchange(sl_chooser *chooser);

// Forgets what is known and keeps the checkpoint.
void sl_chooser_clear(sl_chooser *chooser);

// Saves, as base/container.h says; the chooser must stay as it is as long as the writer. Decisions
// that have not been reported and the checkpoint are no part of the file. Errors: ERR_MEMORY.
sl_status sl_chooser_save(sl_chooser *chooser, sl_writer **out);

// From a file that was read whole. Errors: those of the reader, ERR_FORMAT, ERR_MEMORY. Safe on
// untrusted bytes: yes.
sl_status sl_chooser_load(sl_reader *reader, sl_chooser **out);

#endif
