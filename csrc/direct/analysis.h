// What a symmetric factorisation knows before it sees a number: the order of the rows, the fill, and
// the panels that the factor is stored in. Internal to the room.
//
// A panel is a run of neighbouring columns of the factor with (nearly) the same rows below them,
// stored dense. Columns of one row pattern (supernodes) are cut into panels of at most
// SL_PANEL_WIDTH columns, so that what one step does is bounded.
#ifndef SL_DIRECT_ANALYSIS_H
#define SL_DIRECT_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "direct/amd.h"
#include "direct/nested.h"
#include "sparse/csr.h"

#define SL_PANEL_WIDTH 64

typedef enum sl_direct_ordering {
  SL_DIRECT_ORDER_MINIMUM_DEGREE = 0, // approximate
  SL_DIRECT_ORDER_NATURAL = 1,        // as the rows stand
  SL_DIRECT_ORDER_NESTED = 2,         // nested dissection
  // MINIMUM_DEGREE, and NESTED where so many operations are predicted that looking for it pays, and
  // fewer are then
  SL_DIRECT_ORDER_AUTO = 3,
} sl_direct_ordering;

typedef struct sl_panel {
  uint32_t first, width; // columns first .. first + width - 1
  uint32_t rows_at;      // its rows are analysis.rows[rows_at .. rows_at + count), ascending; the
  uint32_t count;        // first `width` of them are its own columns
  size_t values_at;      // of its count x width values, column by column
} sl_panel;

typedef struct sl_analysis {
  const sl_csr *matrix;
  uint32_t n;
  sl_direct_ordering ordering; // the one that is used, once the counts are known
  bool simple;                 // panels of one column: made row by row (up-looking)
  uint32_t *order;             // n: the row at each place
  uint32_t *place;             // n: the place of each row
  uint8_t *tied; // n: 1 where the row at a place is to stay in one panel with the next; or NULL
  uint32_t panels;
  sl_panel *panel;        // panels
  uint32_t *panel_of;     // n: of a column; NULL where they are simple
  uint32_t *rows;         // row_count: of all panels; of simple ones, written by the factorisation
  double row_count;       // as numbers: they may be more than memory can hold
  double value_count;     // values of all panels
  double fill;            // entries of the factor, its diagonal included, zeros that panels add not
  double flops;           // of the factorisation: additions and multiplications
  uint32_t largest_count; // of a panel
  // While it is made.
  uint32_t stage, cursor;
  bool wants_panels;
  bool looks; // for another order, if this one takes many operations
  bool given; // the order: no factorisation follows, so that rows are found here
  bool walks; // counts are found along with the tree, as long as that takes few steps
  sl_amd *amd;
  sl_nested *nested;
  uint32_t *other; // n: the order by minimum degree, while there are two
  double other_flops;
  uint32_t *offsets, *indices; // the pattern in which pairs are single rows, or NULL
  uint32_t *mate;              // n: the row that a row is paired with, until the order is there
  uint32_t *first;             // n: the first row of each pair, until the order is there
  int32_t *parent;             // n: elimination tree; simple factors keep it
  uint32_t *counts;            // n: entries of each column
  uint32_t *scratch[4];        // n each
  uint32_t supers;
  uint32_t *super_start; // supers + 1
  uint64_t walked;       // steps of that
  uint64_t work;         // units spent
} sl_analysis;

// A given order has this bit where the row is tied to the next.
#define SL_TIED 0x80000000u

// Prepares an analysis without making it.
//   matrix   read and kept as long as the analysis lives: square, with a symmetric pattern
//   order    n, read: the order to use (a permutation and SL_TIED: the caller's duty), for values that are
//            there already; NULL to find one for a factorisation that follows
//   dense    panels are made whether they pay or not (pivots are exchanged inside them)
//   entries  nnz, read during this call: scaled values of the pattern, by which rows are paired
//            whose diagonal is too small (direct/pairs.h); NULL for no pairs
//   out      written; destroy it also after a failure
//   Errors: ERR_MEMORY, ERR_OVERFLOW. Allocates about 30 bytes a row, and while it runs what
//   sl_amd_bytes says.
sl_status sl_analysis_begin(const sl_csr *matrix, sl_direct_ordering ordering,
                            const uint32_t *order, bool dense, const double *entries,
                            sl_analysis *out);

// Goes on for about `work` entries. done: written. Errors: ERR_MEMORY, ERR_OVERFLOW ("matrix": the
// factor has more rows than can be indexed).
sl_status sl_analysis_step(sl_analysis *analysis, uint64_t work, bool *done);

// True once fill, flops and the counts of panels, rows and values are known: what comes then
// allocates in proportion to the fill.
bool sl_analysis_has_counts(const sl_analysis *analysis);

// Frees everything. A zeroed one is allowed.
void sl_analysis_destroy(sl_analysis *analysis);

size_t sl_analysis_bytes(const sl_analysis *analysis);

// The order (analysis_order.c): which one, rows that stay in pairs, and whether another order takes fewer
// operations.

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
