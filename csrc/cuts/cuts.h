// How a graph holds together and where it falls apart: components, blocks, cores, triangles,
// colours, spanning forests, flows, cuts and matchings.
//
// Edges have the graph's weights as weights or capacities, or 1 each. A graph's weights are positive
// and finite and its parallel edges are merged (graph/graph.h); loops never cross a cut, are in no
// triangle and in no matching, and are passed over. Questions that make sense for undirected graphs
// alone refuse a directed one with ERR_UNSUPPORTED ("graph").
//
// One sl_cuts serves one graph and any number of questions, one after the other:
//
//   sl_cuts_create -> [ sl_cuts_begin -> sl_job_step(sl_cuts_job(...), ...) -> sl_cuts_read ]*
#ifndef SL_CUTS_CUTS_H
#define SL_CUTS_CUTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/job.h"
#include "base/status.h"
#include "graph/graph.h"

#define SL_CUTS_NONE UINT32_MAX

// Numbers that every question is given, and that every answer has. What is not named in the lists
// below is 0.
#define SL_CUTS_OPTIONS 8
#define SL_CUTS_NUMBERS 16

// What can be asked, with its options, its nodes and its answer. Each answer begins with the
// outcome and the operations done (numbers 0 and 1). "Address" is that of an array which lies there
// until the next begin or clear.
typedef enum sl_cuts_question {
  // Connected components, edges of a directed graph taken both ways. O(edges + nodes).
  //   answer   2 number of components, 3 address of the component of each node (n u32; numbered in
  //            the order of their smallest node), 4 of their sizes (u32)
  SL_CUTS_COMPONENTS = 0,
  // Strongly connected components, numbered so that every edge goes from a component to itself or
  // to a larger number. In an undirected graph they are the connected components. O(edges + nodes).
  //   options  0 condense: 1 gives the edges between components too
  //   answer   2 number of components, 3 address of the component of each node (n u32), 4 of their
  //            sizes (u32), 5 number of edges of the condensation, 6 and 7 addresses of the
  //            components they lead from and to (u32, each pair once, by rising from)
  SL_CUTS_STRONG = 1,
  // Blocks (biconnected components), articulation points and bridges. Undirected. O(edges + nodes).
  //   answer   2 number of blocks, 3 address of offsets (u32, one more than blocks), 4 of their
  //            nodes (u32, one block after the other, ascending in each), 5 number of articulation
  //            points, 6 their address (u32, ascending), 7 number of bridges, 8 and 9 addresses of
  //            their smaller and larger ends (u32, ascending), 10 number of 2-edge-connected
  //            components, 11 address of that of each node (n u32, numbered by smallest node)
  SL_CUTS_BLOCKS = 2,
  // Two sides without an edge inside, or an odd cycle. Edges of a directed graph are taken both
  // ways; a loop is a cycle of one node. O(edges + nodes).
  //   answer   2 number of nodes of the odd cycle (0: the graph is bipartite), 3 its address (u32),
  //            4 address of sides (n u32: 0 or 1; the smallest node of each component is on side 0)
  SL_CUTS_BIPARTITE = 3,
  // Core numbers. Undirected. O(edges + nodes).
  //   answer   2 largest core number (the degeneracy), 3 address of the core number of each node (n
  //            u32), 4 of an order in which each node has at most that many later neighbours (n u32)
  SL_CUTS_CORES = 4,
  // Triangles and clustering coefficients. Undirected. O(edges * sqrt(edges)).
  //   answer   2 number of triangles, 3 address of those of each node (n f64), 4 of local
  //            coefficients (n f64; 0 below degree 2), 5 their mean, 6 transitivity (3 triangles /
  //            pairs of neighbours; 0 where there are none)
  SL_CUTS_TRIANGLES = 5,
  // Colours, so that neighbours differ, each node the smallest that is free. Undirected, without
  // loops. O(edges + nodes), the third O((edges + nodes) log nodes).
  //   options  0 order: 0 falling degree, 1 smallest degree last (at most degeneracy + 1 colours), 2
  //            most colours among the neighbours first (DSATUR; exact on bipartite graphs)
  //   answer   2 number of colours, 3 address of colours (n u32)
  SL_CUTS_COLOURING = 6,
  // A spanning forest of least (or largest) weight. Of several, the one that takes the edges (u, v),
  // u < v, in lexicographic order where weights are equal. Undirected. O(edges log nodes).
  //   options  0 maximum: 1 for the largest weight
  //   answer   2 number of edges, 3 and 4 addresses of their ends (u32, u < v, ascending), 5 of
  //            weights (f64), 6 total weight, 7 number of trees
  SL_CUTS_SPANNING = 7,
  // The largest flow from one node to another, weights as capacities, and a minimum cut that proves
  // it. An undirected edge carries its capacity in either direction. O(nodes^2 sqrt(edges)) at worst.
  //   options  0 method: 0 single paths as long as that is cheap, then push-relabel; 1 push-relabel
  //   nodes    source and target, different
  //   answer   2 capacity of the cut: the value of the flow, 3 how far it may be from the value of
  //            the maximum flow (0 for whole capacities whose sums are below 2^53), 4 address of
  //            the sides (n u32: 1 with the source; the smallest such side), 5 number of edges with
  //            flow, 6, 7, 8 addresses of where they lead from and to (u32) and of the flow (f64, > 0),
  //            9 number of edges of the cut, 10, 11, 12 from, to, capacity
  SL_CUTS_FLOW = 8,
  // A cut of least weight of all that divide the graph. Undirected, at least two nodes. O(nodes (edges
  // + nodes) log nodes) at worst.
  //   answer   2 its weight, 3 how far it may be from the least (0 for whole weights whose sum is
  //            below 2^53), 4 address of the sides (n u32: 0 or 1), 5 number of edges across, 6, 7, 8
  //            addresses of their ends (u32; from is on side 1) and weights (f64)
  SL_CUTS_MINIMUM = 9,
  // A tree of cuts: the least cut between any two nodes is the least edge on the way between them,
  // and divides the nodes as the tree without that edge. Undirected. n - 1 flows.
  //   answer   2 address of the parent of each node (n u32; NONE at node 0), 3 of the weight of the
  //            cut towards it (n f64), 4 how far any of them may be from the least
  SL_CUTS_TREE = 10,
  // A matching of as many edges as there can be. Undirected. O(edges sqrt(nodes)) in a bipartite
  // graph, O(nodes^3) at worst in others.
  //   answer   2 number of edges, 3 address of the partner of each node (n u32; NONE), 4 whether the
  //            graph is bipartite, 5 and 6 number and address of the nodes that prove it (u32,
  //            ascending): in a bipartite graph a vertex cover of that size; in others a set S
  //            without which the graph has |S| + nodes - 2 edges odd components (Tutte, Berge)
  SL_CUTS_MATCHING = 11,
  // Nodes that touch every edge, at most twice as many as are needed. Undirected. O(edges + nodes).
  //   answer   2 number of nodes, 3 their address (u32, ascending), 4 so many are needed at least
  SL_CUTS_COVER = 12,
  // A matching of largest total weight, of all or of those with as many edges as there can be, and
  // prices that prove it. Undirected. O(nodes^2 edges) at worst, about nodes * edges in practice.
  //   options  0 most: 1 for as many edges as there can be
  //   answer   2 number of edges, 3 address of the partner of each node (n u32; NONE), 4 total weight,
  //            5 how far it may be from the largest (0 for whole weights whose largest times nodes is
  //            below 2^53), 6 address of the price of each node (n f64), 7 number of sets of
  //            nodes with a price, 8 address of the smallest set of each node (n u32; NONE), 9 of the
  //            smallest set around each set (u32; NONE), 10 of their prices (f64, >= 0), 11 and 12 with
  //            most: number and address of nodes that prove that there are no more edges (as of
  //            MATCHING, a barrier)
  //   For each edge the prices of its ends and of the sets that both are in add up to its weight at
  //   least; to its weight, if it is taken. A set with a price has an odd number of nodes, all but one
  //   of which are matched in it. Without most no price is negative, and nodes without a partner have
  //   price 0; with most they have the least price of all.
  SL_CUTS_WEIGHTED = 13,
} sl_cuts_question;

typedef struct sl_cuts sl_cuts;

// Makes the object for a graph, which must outlive it. Errors: ERR_MEMORY. O(1).
sl_status sl_cuts_create(sl_graph *graph, sl_cuts **out);

// Frees it. NULL is allowed.
void sl_cuts_destroy(sl_cuts *cuts);

// Bytes held, the graph not counted.
size_t sl_cuts_bytes(const sl_cuts *cuts);

// Starts a question; a running one is dropped.
//   question   sl_cuts_question
//   options    SL_CUTS_OPTIONS numbers, read
//   nodes      count of them, read
//   Errors: ERR_OPTION (the option's name), ERR_INDEX ("source", "target"), ERR_SHAPE ("nodes"),
//           ERR_UNSUPPORTED ("graph"), ERR_RANGE ("graph": weights whose sum is above the largest
//           double), ERR_MEMORY. Allocates what the question needs. O(edges + nodes).
sl_status sl_cuts_begin(sl_cuts *cuts, uint32_t question, const double *options,
                        const uint32_t *nodes, uint32_t count);

// The question that was begun last, as work in steps (base/job.h).
//   Outcomes: CONVERGED: answered. TIME_LIMIT, WORK_LIMIT: stopped before; there is no answer then.
sl_job *sl_cuts_job(sl_cuts *cuts);
extern const sl_job_kind sl_cuts_kind;

// Gives the answer. numbers: SL_CUTS_NUMBERS, written. Of a question that was stopped only the
// first two are.
//   Errors: ERR_STATE (not begun, or still running).
sl_status sl_cuts_read(sl_cuts *cuts, double *numbers);

// Frees what the last question holds, its answer too.
void sl_cuts_clear(sl_cuts *cuts);

#endif
