// Raw ABI of attention/dag.h.
#include "attention/dag.h"
#include "base/abi.h"

// asked: nodes, edges, sl_dag_sight, whether there are weights, nodes of `side`. from, to: edges u32
// each; weights: as many f64; side: u32. mask: nodes * nodes bytes; order: nodes u32; longest: nodes f64; cycle: one
// u32; all written.
int32_t SL_ABI(sl_abi_dag_mask)(const uint32_t *asked, const uint32_t *from, const uint32_t *to,
                                const double *weights, const uint32_t *side, uint8_t *mask,
                                uint32_t *order, double *longest, uint32_t *cycle) {
  const sl_dag_options options = {.node_count = asked[0],
                                  .from = from,
                                  .to = to,
                                  .edges = asked[1],
                                  .weights = asked[3] != 0 ? weights : NULL,
                                  .side = side,
                                  .side_count = asked[4],
                                  .sight = asked[2],
                                  .mask = mask,
                                  .order = order,
                                  .longest = longest};
  return sl_dag_mask(&options, cycle);
}
