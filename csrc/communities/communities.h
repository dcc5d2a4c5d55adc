// Communities of a graph: sets of nodes with more edges among them than the null model has.
//
// One sl_communities serves one graph and any number of questions, one after the other:
//
//   sl_communities_create -> [ sl_communities_begin -> sl_job_step(...) -> sl_communities_read ]*
//
// A partition is one label a node. The labels of an answer are 0 .. count - 1, by falling size of the
// community, those of one size by their smallest node.
//
// With w the weights (1 each where they do not count), m their sum over the edges, k the strengths
// (sums of a node's weights; an undirected loop counts twice), L_c the weights within community c, n_c
// its nodes and g the resolution, the qualities are
//   modularity, undirected   sum over c of L_c / m - g (k_c / 2m)^2               (Newman, Girvan 2004)
//   modularity, directed     sum over c of L_c / m - g kout_c kin_c / m^2         (Leicht, Newman 2008)
//   constant Potts model     sum over c of L_c - g n_c (n_c - 1) / 2, directed g n_c (n_c - 1)
//                                                                       (Traag, Van Dooren, Nesterov 2011)
// A graph without edges has modularity 0.
#ifndef SL_COMMUNITIES_COMMUNITIES_H
#define SL_COMMUNITIES_COMMUNITIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "graph/graph.h"

// Numbers that every question is given, and that every answer has. What is not named below is 0.
#define SL_COMMUNITIES_OPTIONS 16
#define SL_COMMUNITIES_NUMBERS 8
#define SL_EMBEDDING_POWERS 8

// What can be asked. Each answer begins with the outcome and the edge operations done (numbers 0 and
// 1). "Address" is that of an array which lies there until the next begin or clear.
//
// Options that several have:
//   weighted     1: edges have their weights; 0: each has weight 1
//   objective    0 modularity, 1 constant Potts model
//   resolution   >= 0 and finite; the larger, the smaller the communities
//   seed         an integer, 0 .. 2^53
typedef enum sl_communities_question {
  // Leiden: nodes move, communities are refined, what is refined becomes a node; repeated from what
  // has been found. Every community is connected, whenever it ends, and the quality is at least that
  // of the start. O(edges) a level in practice.
  //   options  0 weighted, 1 objective, 2 resolution, 3 iterations (>= 1; Infinity: until one changes
  //            nothing), 4 randomness of the refinement (>= 0, in mean edge weights; 0: always the best),
  //            5 seed, 6 hierarchy: 1 to keep the levels of the last iteration
  //   labels   a start (n, any numbers), or none: every node alone
  //   answer   2 number of communities, 3 quality of the labels, computed from them, 4 address of the
  //            labels (n u32), 5 iterations done, 6 number of levels, 7 their address (levels x n u32,
  //            the finest first; each is within the next, the last one is the labels)
  //   outcome  CONVERGED: the last iteration changed nothing; ITERATION_LIMIT
  SL_COMMUNITIES_LEIDEN = 0,
  // Louvain: the same without the refinement. Communities need not be connected. Option 4 has no
  // meaning.
  SL_COMMUNITIES_LOUVAIN = 1,
  // Label propagation: every node takes the label that most of its edges lead to, directions
  // ignored, until all nodes have such a label.
  //   options  0 weighted, 1 method: 0 a queue in random order, ties at random; 1 by colour classes,
  //            deterministic: a node keeps its label when it is among the best, else the largest wins,
  //            2 seed, 3 sweeps at most (method 1; >= 1, Infinity)
  //   labels   a start (n, any numbers), or none: every node its own
  //   answer   2 number of communities, 4 address of the labels, 5 sweeps (method 1)
  SL_COMMUNITIES_PROPAGATION = 2,
  // The quality of given labels. O(edges + nodes).
  //   options  0 weighted, 1 objective, 2 resolution
  //   labels   n, any numbers
  //   answer   2 number of communities, 3 quality
  SL_COMMUNITIES_QUALITY = 3,
  // FastRP: a vector for each node, near those of nodes with the same neighbourhood. A sparse random
  // matrix is averaged over neighbours again and again (loops and directions do not count); each time
  // the rows are made unit vectors and added with a weight. A node without neighbours has a vector
  // of zeros. O(powers * edges * dimension).
  //   options  0 weighted, 1 dimension (1 .. 4,096), 2 normalisation strength (-4 .. 4): the random
  //            row of a node is scaled by its share of all strength to this power, 3 seed, 4 number of
  //            powers (1 .. 8), 5 .. 12 their weights, that of one averaging first
  //   labels   none
  //   answer   2 dimension, 4 address of the vectors (n x dimension f32), 5 powers done
  SL_COMMUNITIES_EMBEDDING = 4,
} sl_communities_question;

typedef struct sl_communities sl_communities;

// Makes the object for a graph, which must outlive it. Errors: ERR_MEMORY. O(1).
sl_status sl_communities_create(sl_graph *graph, sl_communities **out);

// Frees it. NULL is allowed.
void sl_communities_destroy(sl_communities *communities);

// Bytes held, the graph not counted.
size_t sl_communities_bytes(const sl_communities *communities);

// Starts a question; a running one is dropped.
//   question   sl_communities_question
//   options    SL_COMMUNITIES_OPTIONS numbers, read
//   labels     count of them (n or 0), read
//   Errors: ERR_OPTION (the option's name), ERR_SHAPE ("labels": not one a node), ERR_RANGE ("graph":
//           the quality is beyond f64), ERR_MEMORY. Allocates what the question needs. O(edges).
sl_status sl_communities_begin(sl_communities *communities, uint32_t question,
                               const double *options, const uint32_t *labels, uint32_t count);

// The question that was begun last, as work in steps (base/job.h).
//   Outcomes: CONVERGED, ITERATION_LIMIT; TIME_LIMIT, WORK_LIMIT: stopped before. What has been found
//   until then is the answer, connected (Leiden), with its quality; stopping takes O(edges). The
//   quality of given labels has no part to give: reading it after a stop is ERR_STATE.
sl_job *sl_communities_job(sl_communities *communities);
extern const sl_job_kind sl_communities_kind;

// Gives the answer. numbers: SL_COMMUNITIES_NUMBERS, written.
//   Errors: ERR_STATE (not begun, or still running), ERR_RANGE ("graph": the quality is beyond f64).
sl_status sl_communities_read(sl_communities *communities, double *numbers);

// Frees what the last question holds, its answer too.
void sl_communities_clear(sl_communities *communities);

#endif
