// The order of a symmetric factor: which one, rows that stay in pairs, and whether another order takes
// fewer operations. Internal to the room: steps of analysis.c.
#ifndef SL_DIRECT_ANALYSIS_ORDER_H
#define SL_DIRECT_ANALYSIS_ORDER_H

#include "direct/analysis.h"

// Begins the order of a pattern, which is kept until it is done: analysis->amd or ->nested.
sl_status sl_analysis_order(sl_analysis *analysis, uint32_t n, const uint32_t *offsets,
                            const uint32_t *indices);

// The same for the pattern in which pairs of rows are single ones, where there are such pairs.
sl_status sl_analysis_order_pairs(sl_analysis *analysis, const double *entries);

// The order of pairs becomes one of rows.
void sl_analysis_expand_pairs(sl_analysis *analysis);

// Notes pairs that have come to stand side by side. Errors: ERR_MEMORY.
sl_status sl_analysis_tie(sl_analysis *analysis);

// Once the operations are known: begins nested dissection in place of minimum degree where that may
// pay, or goes back to the latter where it was better. again: written: the counts are to be found anew.
sl_status sl_analysis_look_further(sl_analysis *analysis, bool *again);

#endif
