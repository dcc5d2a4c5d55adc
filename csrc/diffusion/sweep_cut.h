// Sweep cut: the best prefix of an ordering, of undirected graphs.
#ifndef SL_DIFFUSION_SWEEP_CUT_H
#define SL_DIFFUSION_SWEEP_CUT_H

#include <stdint.h>

#include "base/status.h"
#include "diffusion/pagerank.h"

// The cut that a sweep over the nodes finds: undirected graphs.
typedef struct sl_sweep_cut_result {
  uint32_t size;      // nodes of the cluster, the first of `order`; 0 when every cut is empty
  double conductance; // cut / min(volume, volume of the rest); 1 when size = 0
  double cut;         // weight of the edges that leave the cluster
  double volume;      // sum of strengths in it; a loop counts once
} sl_sweep_cut_result;

// Orders nodes by score / strength and takes the prefix of least conductance, of those within the
// limits. A prefix whose smaller side has no more than 2^-40 of the volume is left out: where weights
// do not add up exactly, rounding leaves that much.
//   nodes, scores  count entries each, read; distinct nodes; scores finite and >= 0
//   max_nodes      the largest size, or 0 for no limit
//   max_volume     the largest volume, > 0, or INFINITY for no limit; when the first node has more,
//                  size = 0
//   order          count entries, written: the nodes by falling score / strength, ties by rising
//                  node; all of them, whatever the limits
//   Does not touch a run.
//   Errors: ERR_UNSUPPORTED ("graph": directed), ERR_EMPTY ("nodes"), ERR_INDEX, ERR_ARGUMENT
//           ("nodes": one is there twice), ERR_NOT_FINITE, ERR_NOT_POSITIVE ("scores"), ERR_OPTION
//           ("max_volume"), ERR_MEMORY.
//   Scratch 16 bytes an entry. O((count + edges of the nodes within the limits) log count). Safe on
//   untrusted data: yes.
sl_status sl_sweep_cut(const sl_pagerank *pagerank, const uint32_t *nodes, const double *scores,
                       uint32_t count, uint32_t max_nodes, double max_volume, uint32_t *order,
                       sl_sweep_cut_result *result);

#endif
