// Shortest paths and what is made of them: trees of distances, routes between two nodes, the k
// shortest paths, orders of acyclic graphs, and the measures that rest on distances.
//
// Edges have the graph's weights as lengths, or length 1 each. Lengths are summed in f64 from the
// source onwards: an answer is the least of these sums, and two paths tie when their sums are the
// same double. Between nodes without a path the distance is Infinity and the predecessor
// SL_PATHS_NONE; a source has none either.
//
// One sl_paths serves one graph and any number of questions, one after the other:
//
//   sl_paths_create -> [ sl_paths_begin -> sl_job_step(sl_paths_job(...), ...) -> sl_paths_read ]*
#ifndef SL_PATHS_PATHS_H
#define SL_PATHS_PATHS_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "graph/graph.h"

#define SL_PATHS_NONE UINT32_MAX

// Numbers that every question is given, and that every answer has. What is not named in the lists
// below is 0.
#define SL_PATHS_OPTIONS 8
#define SL_PATHS_NUMBERS 16

// What can be asked, with its options, its nodes and its answer. Each answer begins with the
// outcome and the edge operations done (numbers 0 and 1). "Address" is that of an array which lies
// there until the next begin or clear.
//
// Options that several have:
//   weighted   1: edges have their weights as lengths; 0: each has length 1
//   reverse    1: edges are followed backwards
typedef enum sl_paths_question {
  // Distances from the nearest of the sources. O(edges + nodes) unweighted, by breadth-first search
  // that changes its direction; O((edges + nodes) log nodes) weighted.
  //   options  0 weighted, 1 reverse, 2 limit: nodes further away than this count as not reached
  //            (>= 0; Infinity: none), 3 what: 0 levels, 1 distances; 4: 1: these alone, without
  //            predecessors and sources (addresses 0)
  //   nodes    the sources, at least one; twice is once
  //   answer   2 nodes reached, 3 address of levels (n u32; NONE: not reached) or distances (n
  //            f64), 4 of predecessors (n u32; of several that tie the smallest), 5 of the source
  //            each node belongs to (n u32)
  SL_PATHS_TREE = 0,
  // The shortest path between two nodes: a search from both ends, or with the landmarks of
  // PREPARE towards the target. After the first question on a graph: O(what it touches).
  //   options  0 weighted
  //   nodes    source and target
  //   answer   2 length, 3 number of nodes on the path (0: there is none), 4 address of them (u32),
  //            5 nodes settled
  SL_PATHS_ROUTE = 1,
  // Distances from and to landmarks, kept for ROUTE until the object is destroyed.
  //   options  0 weighted, 1 how many landmarks (1 .. 64)
  //   answer   2 landmarks made (fewer where there are no more nodes)
  SL_PATHS_PREPARE = 2,
  // The k shortest paths without a node twice, by rising length.
  //   options  0 weighted, 1 k (1 .. 65,536)
  //   nodes    source and target, different
  //   answer   2 number of paths, 3 address of their lengths (f64), 4 of offsets (u32, one more
  //            than paths), 5 of their nodes (u32, one after the other)
  SL_PATHS_SHORTEST_SIMPLE = 3,
  // An order in which every edge goes forward: of the nodes that may come next always the smallest.
  // O(edges + nodes log nodes).
  //   answer   2 number of nodes in the order; all, or the graph has a cycle; 3 address of the
  //            order (u32), 4 nodes of a cycle (0: none), 5 address of the cycle (u32)
  SL_PATHS_ORDER = 4,
  // The longest path of an acyclic directed graph, and how much later each node may begin without
  // making it longer.
  //   options  0 weighted; 1 address of durations of the nodes (n f64, >= 0 and finite, read now),
  //            0: none; 2 length of an edge without weight
  //   answer   2 length, 3 number of nodes on it, 4 their address (u32), 5 earliest beginning, 6
  //            latest, 7 slack (n f64 each). Reading it fails with ERR_UNSUPPORTED ("graph", a
  //            node) where the graph has a cycle through that node
  SL_PATHS_CRITICAL = 5,
  // Distances of all pairs: n searches.
  //   options  0 weighted
  //   answer   2 address of the distances (n x n f64, a row a source), 3 rows done
  SL_PATHS_ALL = 6,
  // Largest distances, over the pairs that have a path. Undirected and strongly connected graphs:
  // by bounds, a few searches in practice; else a search a node.
  //   options  0 weighted, 1 what: 0 the diameter, 1 the radius too, 2 the eccentricity of each
  //   answer   2 diameter, 3 and 4 nodes that far apart, 5 radius, 6 a node of it, 7 searches, 8
  //            address of eccentricities (n f64; what 2), 9 whether all nodes reach each other
  SL_PATHS_ECCENTRICITY = 7,
  // Sums of distances and of their inverses. Unweighted: 64 searches at once.
  //   options  0 weighted, 1 reverse: 0 distances to the node, 1 from it
  //   nodes    those that are asked for; none: all of them
  //   answer   2 number of nodes, 3 address of the sums of distances (f64), 4 of inverse distances
  //            (f64), 5 of how many nodes each was reached by, itself included (u32)
  SL_PATHS_CLOSENESS = 8,
  // For each node the share of shortest paths through it, summed over all ordered pairs of others.
  // Complete when all sources are done: trees on an undirected graph are counted at the end.
  //   options  0 weighted
  //   answer   2 address of scores (n f64), 3 sources done
  SL_PATHS_BETWEENNESS = 9,
  // The same divided by n (n - 1), from random pairs.
  //   options  0 weighted, 1 epsilon (0 < epsilon < 1): wanted of every score at once, 2 confidence
  //            (0 < confidence < 1), 3 seed
  //   answer   2 address of scores (n f64), 3 half width: with the confidence no score is further
  //            off, 4 samples
  SL_PATHS_BETWEENNESS_SAMPLED = 10,
  // The edges of an acyclic directed graph without those that a longer path makes needless. O(nodes *
  // edges) at worst; a node reads what lies between it and the last of its successors.
  //   answer   2 number of edges, 3 and 4 addresses of where they lead from and to (u32, ascending), 5
  //            of their weights (f64; 0: the graph has none). Reading it fails as of CRITICAL
  SL_PATHS_REDUCTION = 11,
} sl_paths_question;

typedef struct sl_paths sl_paths;

// Makes the object for a graph, which must outlive it. Errors: ERR_MEMORY. O(1).
sl_status sl_paths_create(sl_graph *graph, sl_paths **out);

// Frees it. NULL is allowed.
void sl_paths_destroy(sl_paths *paths);

// Bytes held, the graph not counted.
size_t sl_paths_bytes(const sl_paths *paths);

// Starts a question; a running one is dropped.
//   question   sl_paths_question
//   options    SL_PATHS_OPTIONS numbers, read
//   nodes      count of them, read
//   Errors: ERR_OPTION (the option's name), ERR_EMPTY, ERR_INDEX ("source", "target", "sources",
//           "nodes", position), ERR_RANGE ("graph": the largest weight times the number of nodes is
//           above 2^1023), ERR_UNSUPPORTED ("graph": undirected, for the order, the critical
//           path and the reduction), ERR_NOT_POSITIVE ("durations", position), ERR_MEMORY, also where the answer will
//           not fit. Allocates what the question needs; O(edges) for the first weighted one.
sl_status sl_paths_begin(sl_paths *paths, uint32_t question, const double *options,
                         const uint32_t *nodes, uint32_t count);

// The question that was begun last, as work in steps (base/job.h).
//   Outcomes: CONVERGED: answered. TIME_LIMIT, WORK_LIMIT: stopped before, the answer is what has
//   been reached.
sl_job *sl_paths_job(sl_paths *paths);
extern const sl_job_kind sl_paths_kind;

// Gives the answer. numbers: SL_PATHS_NUMBERS, written.
//   Errors: ERR_STATE (not begun, or still running), ERR_MEMORY.
sl_status sl_paths_read(sl_paths *paths, double *numbers);

// Frees what the last question holds, its answer too. Landmarks and the workspace of routes stay.
void sl_paths_clear(sl_paths *paths);

#endif
